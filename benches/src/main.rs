//! Measures the log beside its peers and beside the machine, on one PostgreSQL of this run.
//!
//! ```text
//! bench [--seconds N] [--rounds N] [--smoke] [--only NAME,…] [--callers N,…] [part]...
//! ```
//!
//! Without a part, all of them. Each shows a table and writes `bench/results/<part>.json`; a smoke
//! run is short and small, and writes nothing. Nor does one of a few cells: `--only` takes those whose
//! names contain one of the words, `--callers` the numbers of callers (of connections, for copies).

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use tokio::signal::unix::{SignalKind, signal};

mod cells;
mod contestants;
mod fact;
mod load;
mod parts;
mod report;
mod server;
mod worker;

use load::Span;
use parts::{Bench, PARTS};
use report::tell;
use server::Server;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How long a cell warms up before it counts.
const WARMING: Duration = Duration::from_millis(400);

/// How long it counts.
const MEASURED: Duration = Duration::from_millis(2_500);

const MEASURED_OF_SMOKE: Duration = Duration::from_millis(600);

/// How often each cell is measured; the middle one counts.
const ROUNDS: usize = 3;

/// How much is measured.
#[derive(Debug, Clone)]
pub(crate) struct Terms {
    pub(crate) cell: Span,
    pub(crate) rounds: usize,
    /// Shorter and smaller than it should be, to see that everything runs.
    pub(crate) smoke: bool,
    /// Parts of the names of those who take part; empty for all.
    pub(crate) only: Vec<String>,
    /// The numbers of callers; empty for all.
    pub(crate) callers: Vec<usize>,
}

impl Terms {
    /// Whether one of that name takes part.
    pub(crate) fn lets_in(&self, name: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|part| name.contains(part.as_str()))
    }

    /// Those of the numbers of callers that were asked for.
    pub(crate) fn callers(&self, all: &[usize]) -> Vec<usize> {
        let asked = |callers: &usize| self.callers.is_empty() || self.callers.contains(callers);
        all.iter().copied().filter(asked).collect()
    }

    /// Whether all is measured as it should be, so that the result may be kept.
    fn are_whole(&self) -> bool {
        !self.smoke && self.only.is_empty() && self.callers.is_empty()
    }
}

/// What was asked for.
struct Asked {
    terms: Terms,
    parts: Vec<&'static str>,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let outcome = runtime().and_then(|runtime| match arguments.split_first() {
        // How this program runs itself a second time: see `parts::writers`.
        Some((first, rest)) if first == parts::WRITER => runtime.block_on(parts::write(rest)),
        _ => runtime.block_on(measure(&arguments)),
    });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tell(format!("bench: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn runtime() -> Result<tokio::runtime::Runtime> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    runtime.context("no threads")
}

/// Runs the parts; whatever ends them, PostgreSQL ends too.
async fn measure(arguments: &[String]) -> Result<()> {
    let asked = Asked::read(arguments)?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hangup = signal(SignalKind::hangup())?;
    let server = Server::start().await?;
    let outcome = tokio::select! {
        outcome = Box::pin(run(&asked, &server)) => outcome,
        _ = interrupt.recv() => Err(anyhow::anyhow!("interrupted")),
        _ = terminate.recv() => Err(anyhow::anyhow!("told to end")),
        _ = hangup.recv() => Err(anyhow::anyhow!("the terminal is gone")),
    };
    let stopped = server.stop().await;
    outcome.and(stopped)
}

async fn run(asked: &Asked, server: &Server) -> Result<()> {
    let mut bench = Bench::new(server, asked.terms.clone());
    for part in &asked.parts {
        tell(format!("{part}…"));
        let report = bench
            .run(part)
            .await
            .with_context(|| format!("part {part}"))?;
        report.show();
        // Any other run leaves the results of real ones alone.
        if asked.terms.are_whole() {
            report.write()?;
        }
    }
    Ok(())
}

impl Asked {
    fn read(arguments: &[String]) -> Result<Asked> {
        let mut terms = Terms {
            cell: Span {
                warming: WARMING,
                measured: MEASURED,
            },
            rounds: ROUNDS,
            smoke: false,
            only: Vec::new(),
            callers: Vec::new(),
        };
        let mut parts = Vec::new();
        let mut arguments = arguments.iter();
        while let Some(argument) = arguments.next() {
            let mut next = |what| {
                let value = arguments.next();
                value.with_context(|| format!("{what} is missing"))
            };
            match argument.as_str() {
                "--seconds" => {
                    terms.cell.measured = Duration::from_secs_f64(next("a number")?.parse()?)
                }
                "--rounds" => terms.rounds = next("a number")?.parse()?,
                "--smoke" => {
                    terms.smoke = true;
                    terms.cell.measured = MEASURED_OF_SMOKE;
                    terms.rounds = 1;
                }
                "--only" => terms
                    .only
                    .extend(next("a name")?.split(',').map(str::to_owned)),
                "--callers" => {
                    for callers in next("a number")?.split(',') {
                        terms.callers.push(callers.parse()?);
                    }
                }
                // Its columns are in the same table.
                "latency" => parts.push("append"),
                name => match PARTS.iter().find(|part| **part == name) {
                    Some(part) => parts.push(*part),
                    None => bail!("there is no part {name}, only {}", PARTS.join(", ")),
                },
            }
        }
        if parts.is_empty() {
            parts.extend(PARTS);
        }
        Ok(Asked { terms, parts })
    }
}
