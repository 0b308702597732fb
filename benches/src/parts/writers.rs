//! Two processes on one log beside one: what a second server costs, and whether both get their turn.

use std::io::Write;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use sqlx::postgres::{PgConnectOptions, PgSslMode};
use tokio::io::{AsyncBufReadExt, BufReader};

use super::Bench;
use crate::contestants::ours::Ours;
use crate::load::{Span, Tally, drive};
use crate::report::{Ratio, Report, Row, hundredths, median, over};
use crate::server::POOL;
use crate::worker::{Task, Worker};

/// The word that makes this program a writer.
pub(crate) const WRITER: &str = "writer";

const DATABASE: &str = "writers";

/// Callers altogether.
const CALLERS: usize = 512;

const ONE: &str = "one process";
const TWO: &str = "two processes";
const EACH: [&str; 2] = ["two processes: the first", "two processes: the second"];

pub(super) async fn run(bench: &Bench<'_>) -> Result<Report> {
    let mut report = bench.report("writers").await?;
    report.note(bench.cells());
    report.note(format!(
        "{CALLERS} callers on one log, in one process or half of them in each of two; each process has a pool \
         of {POOL}"
    ));
    let ours = Ours::found(bench.server, DATABASE).await?;
    let mut writers = [bench.writer(&ours).await?, bench.writer(&ours).await?];
    let span = bench.terms.cell;
    let [first, second] = &mut writers;
    // The result is thrown away.
    tokio::try_join!(first.run(CALLERS / 2, span), second.run(CALLERS / 2, span))?;
    let (mut one, mut two) = (Vec::new(), Vec::new());
    let mut each = [Vec::new(), Vec::new()];
    for _ in 0..bench.terms.rounds {
        bench.server.settle(DATABASE).await?;
        bench.server.checkpoint().await?;
        one.push(first.run(CALLERS, span).await?);
        bench.server.settle(DATABASE).await?;
        let half = CALLERS / 2;
        let tallies = tokio::try_join!(first.run(half, span), second.run(half, span))?;
        let mut both = tallies.0.clone();
        both.merge(tallies.1.clone());
        two.push(both);
        each[0].push(tallies.0);
        each[1].push(tallies.1);
    }
    drop((writers, ours));
    bench.server.drop(DATABASE).await?;

    report.rows.push(row(ONE, CALLERS, &one));
    report.rows.push(row(TWO, CALLERS, &two));
    for (name, tallies) in EACH.iter().zip(&each) {
        report.rows.push(row(name, CALLERS / 2, tallies));
    }
    report.ratios = ratios(&report);
    Ok(report)
}

fn ratios(report: &Report) -> Vec<Ratio> {
    let two = report.times((TWO, CALLERS), (ONE, CALLERS));
    let p99 = EACH.map(|name| report.row(name, CALLERS / 2).and_then(|row| row.p99_ms));
    vec![
        Ratio::at_least("two processes over one", two, 0.8),
        Ratio::to_know(
            "p99 of the first process over the second's",
            over(p99[0], p99[1]),
        ),
    ]
}

fn row(name: &str, callers: usize, tallies: &[Tally]) -> Row {
    let middle = |number: fn(&Tally) -> f64| median(tallies.iter().map(number)).map(hundredths);
    let mut row = Row::new(name, callers);
    row.per_s = middle(Tally::per_second);
    row.p50_ms = middle(|tally| tally.percentile_ms(0.5));
    row.p99_ms = middle(|tally| tally.percentile_ms(0.99));
    row.each = tallies
        .iter()
        .map(|it| hundredths(it.per_second()))
        .collect();
    row
}

impl Bench<'_> {
    /// This program once more, as a writer to that log.
    async fn writer(&self, ours: &Ours) -> Result<Worker> {
        let program = std::env::current_exe()?;
        let arguments = [WRITER.into(), ours.log.to_string().into()];
        Worker::start(program, arguments, self.server.environment(DATABASE)).await
    }
}

/// What a writer does: appends to the log it was given whenever it is told to. The database is the
/// one that the environment's `PGHOST` and its like name.
pub(crate) async fn write(arguments: &[String]) -> Result<()> {
    let [log] = arguments else {
        bail!("a writer takes a log");
    };
    let options = PgConnectOptions::new().ssl_mode(PgSslMode::Disable);
    let ours = Ours::join(options, log.parse()?).await?;
    answer("ready")?;
    let mut tasks = BufReader::new(tokio::io::stdin()).lines();
    while let Some(task) = tasks.next_line().await.context("its tasks")? {
        let task: Task = serde_json::from_str(&task)?;
        let span = Span {
            warming: Duration::from_millis(task.warming_ms),
            measured: Duration::from_millis(task.measured_ms),
        };
        let tally = drive(&ours, task.callers, span).await?;
        answer(&serde_json::to_string(&tally)?)?;
    }
    Ok(())
}

fn answer(line: &str) -> Result<()> {
    let mut output = std::io::stdout().lock();
    writeln!(output, "{line}")?;
    Ok(output.flush()?)
}
