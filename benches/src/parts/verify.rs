//! Checking a whole log: every fact read and hashed again, and held against tree, head and
//! checkpoints; beside `copy`, which only reads.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use futures_util::TryStreamExt;
use sqlx::postgres::PgPoolCopyExt;

use super::Bench;
use super::loaded::DATABASE;
use crate::report::{Ratio, Report, Row, hundredths, median, over};
use crate::server::pool;

const FACTS: i64 = 1_000_000;
const FACTS_OF_SMOKE: i64 = 20_000;

/// Longer than it takes by far.
const LOADING: Duration = Duration::from_secs(300);

const COPY: &str = "copy to stdout, binary";
const VERIFY: &str = "in rete: verify";

pub(super) async fn run(bench: &mut Bench<'_>) -> Result<Report> {
    let mut report = bench.report("verify").await?;
    let smoke = bench.terms.smoke;
    let facts = if smoke { FACTS_OF_SMOKE } else { FACTS };
    let (server, rounds) = (bench.server, bench.terms.rounds);
    let loaded = bench.loaded(facts, LOADING).await?;
    server.settle(DATABASE).await?;
    server.checkpoint().await?;
    let head = loaded.head().await?;
    report.note(format!(
        "a log of {head} facts; the median of {rounds} rounds after one more"
    ));
    let copier = pool(server.options(DATABASE)).await?;
    let log = loaded.ours.log;
    let statement = format!(
        "copy (select * from eventlog.fact where log_id = '{log}' order by position) to stdout (format binary)"
    );
    let (mut copies, mut checks) = (Vec::new(), Vec::new());
    for round in 0..=rounds {
        let begun = Instant::now();
        let mut rows = copier.copy_out_raw(&statement).await?;
        while rows.try_next().await?.is_some() {}
        let copied = head as f64 / begun.elapsed().as_secs_f64();
        let begun = Instant::now();
        let verified = loaded.ours.events.verify(log).await?;
        let checked = head as f64 / begun.elapsed().as_secs_f64();
        if !verified.findings.is_empty() {
            bail!("the log has findings: {:?}", verified.findings);
        }
        if round > 0 {
            copies.push(copied);
            checks.push(checked);
        }
    }
    for (name, rates) in [(COPY, copies), (VERIFY, checks)] {
        let mut row = Row::new(name, 1);
        row.per_s = median(rates.clone()).map(hundredths);
        row.each = rates.into_iter().map(hundredths).collect();
        report.rows.push(row);
    }
    let ratio = over(report.per_second(VERIFY, 1), report.per_second(COPY, 1));
    report.ratios = vec![Ratio::to_know("verify over copy", ratio)];
    Ok(report)
}
