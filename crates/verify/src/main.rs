//! Checks bundles and proofs of a log, offline.
//!
//! Exit codes: 0 all holds; 1 refused, history does not hold; 2 wrong usage, or what is given cannot be
//! read as what it should be.

mod checkpoint;
mod proof;

use std::{
    io::{self, Write as _},
    process::ExitCode,
};

use ::proof::bundle::Trusted;
use clap::{Parser, Subcommand};
use inrete_verify::{Fails, Outcome, bundle, input};

/// Checks what a log says about itself, without trusting whoever keeps it. Nothing is sent anywhere.
#[derive(Debug, Parser)]
#[command(
    name = "inrete-verify",
    version,
    after_help = "A file called - is standard input.\n\
                  Exit codes: 0 all holds, 1 refused, 2 wrong usage or not readable."
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Check a whole bundle, and that history leads through what was kept from earlier.
    Bundle(BundleArgs),
    /// Check the proof of one fact: a C2SP tlog-proof, or the JSON object of the interface.
    Proof(proof::Args),
    /// Check the signatures under a checkpoint.
    Checkpoint(checkpoint::Args),
}

/// Check a whole bundle, and that history leads through what was kept from earlier.
#[derive(Debug, clap::Args)]
struct BundleArgs {
    /// The bundle.
    file: String,
    /// A key the log signs with, as you know it from elsewhere (name+id+base64, or @FILE).
    #[arg(long = "key", value_name = "VKEY|@FILE")]
    keys: Vec<String>,
    /// The key of a witness that must have cosigned (name+id+base64, or @FILE).
    #[arg(long = "witness", value_name = "VKEY|@FILE")]
    witnesses: Vec<String>,
    /// A checkpoint you kept: history must lead through it.
    #[arg(long = "checkpoint", value_name = "NOTEFILE")]
    checkpoints: Vec<String>,
    /// A bundle you kept: nothing of it may have changed.
    #[arg(long, value_name = "OLDBUNDLE")]
    earlier: Option<String>,
    /// Answer with a JSON object.
    #[arg(long)]
    json: bool,
}

fn bundle(args: &BundleArgs) -> Outcome {
    let trusted = Trusted {
        keys: input::keys(&args.keys)?,
        witnesses: input::keys(&args.witnesses)?,
        held: args
            .checkpoints
            .iter()
            .map(|path| input::note(path))
            .collect::<Result<_, _>>()?,
    };
    bundle::run(&args.file, trusted, args.earlier.as_deref())
}

fn main() -> ExitCode {
    let (json, outcome) = match Cli::parse().command {
        Command::Bundle(args) => (args.json, bundle(&args)),
        Command::Proof(args) => (args.json, proof::run(&args)),
        Command::Checkpoint(args) => (args.json, checkpoint::run(&args)),
    };
    let (out, code) = match &outcome {
        Ok(holds) if json => (format!("{}\n", holds.json), 0),
        Ok(holds) => (
            holds.lines.iter().map(|line| format!("{line}\n")).collect(),
            0,
        ),
        Err(fails) => {
            let code = if matches!(fails, Fails::Refused { .. }) {
                1
            } else {
                2
            };
            // Who does not listen any more has the exit code.
            let _ = writeln!(io::stderr().lock(), "inrete-verify: {fails}");
            (
                if json {
                    format!("{}\n", fails.json())
                } else {
                    String::new()
                },
                code,
            )
        }
    };
    let _ = io::stdout().lock().write_all(out.as_bytes());
    ExitCode::from(code)
}
