//! Kills the service again and again under load, and holds it against what it acknowledged.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, Subcommand};
use tests::torture::{self, Place, Plan, SEED};
use tokio::signal::unix::{SignalKind, signal};
use uuid::Uuid;

/// Times that each kind of death comes round at most before a new database is begun.
const ROUNDS: usize = 3;
const INTERRUPTED: u8 = 130;

/// Kills servers, writers and PostgreSQL under load, again and again, and checks after each time that
/// nothing acknowledged is lost, doubled, changed or out of order.
#[derive(Parser)]
#[command(name = "torture", max_term_width = 100)]
struct Arguments {
    /// How many times something is killed.
    #[arg(long, default_value_t = 1000)]
    cycles: u64,
    /// Where chance begins.
    #[arg(long, default_value_t = SEED)]
    seed: u64,
    /// Ends after this time, whatever has been done by then.
    #[arg(long)]
    minutes: Option<u64>,
    #[command(subcommand)]
    role: Option<Role>,
}

/// What this program starts itself for.
#[derive(Subcommand)]
enum Role {
    /// Appends to a log through its own interface.
    #[command(hide = true)]
    Writer {
        #[arg(long)]
        url: String,
        #[arg(long)]
        log: Uuid,
        #[arg(long)]
        seed: u64,
        #[arg(long)]
        number: u64,
    },
    /// Keeps PostgreSQL up.
    #[command(hide = true)]
    Keeper { data: PathBuf },
    /// Sees that nothing outlives the torture.
    #[command(hide = true)]
    Warden { scratch: PathBuf },
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let ended = match &arguments.role {
        Some(Role::Warden { scratch }) => {
            torture::guard(scratch);
            Ok(ExitCode::SUCCESS)
        }
        Some(Role::Keeper { data }) => torture::keep(data).map(|()| ExitCode::SUCCESS),
        Some(Role::Writer {
            url,
            log,
            seed,
            number,
        }) => {
            let (log, seed, number) = (*log, *seed, *number);
            runtime(torture::write(url, Place { log, seed, number })).map(|()| ExitCode::SUCCESS)
        }
        None => runtime(all(&arguments)),
    };
    ended.unwrap_or_else(|error| {
        drop(writeln!(std::io::stderr(), "torture: {error:#}"));
        ExitCode::FAILURE
    })
}

fn runtime<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    let ended = runtime.block_on(Box::pin(work));
    runtime.shutdown_background();
    ended
}

async fn all(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let plan = Plan {
        seed: arguments.seed,
        cycles: arguments.cycles,
        time: arguments.minutes.map(|it| Duration::from_secs(60 * it)),
        torture: std::env::current_exe()?,
        rounds: ROUNDS,
    };
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    say(&format!("torture with seed {}", plan.seed));
    // Whoever is interrupted leaves nothing running: all that was started ends with this future.
    tokio::select! {
        tally = Box::pin(torture::run(&plan, say)) => {
            say(&tally?.to_string());
            Ok(ExitCode::SUCCESS)
        }
        _ = interrupt.recv() => Ok(ExitCode::from(INTERRUPTED)),
        _ = terminate.recv() => Ok(ExitCode::from(INTERRUPTED)),
    }
}

fn say(line: &str) {
    drop(writeln!(std::io::stdout().lock(), "{line}"));
}
