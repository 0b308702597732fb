//! Runs a command with a throwaway cluster that its tests share: `throwaway cargo nextest run`.
//!
//! Ends with the command's exit code, and leaves nothing behind.

use std::error::Error;
use std::process::ExitCode;

use cluster::testing::{SHARED, Throwaway};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::process::Command;
use tokio::signal::unix::{SignalKind, signal};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<ExitCode, Box<dyn Error>> {
    let mut arguments = std::env::args_os().skip(1);
    let program = arguments.next().ok_or("throwaway needs a command to run")?;
    // Ctrl-C reaches the command too: it ends, and we after it.
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;

    let throwaway = Throwaway::start().await?;
    let mut command = Command::new(program)
        .args(arguments)
        .env(SHARED, throwaway.socket())
        .spawn()?;
    let status = loop {
        tokio::select! {
            status = command.wait() => break status?,
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {
                let pid = command.id().and_then(|pid| i32::try_from(pid).ok());
                if let Some(pid) = pid {
                    kill(Pid::from_raw(pid), Signal::SIGTERM)?;
                }
            }
        }
    };
    throwaway.stop().await?;
    Ok(status
        .code()
        .and_then(|code| u8::try_from(code).ok())
        .map_or(ExitCode::FAILURE, ExitCode::from))
}
