//! `inrete`: records a social pilot as it happens, and tells what it achieved.

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    server::cli::run(server::cli::Arguments::parse())
}
