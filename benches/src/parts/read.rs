//! Reading a whole log from the first fact to the last and folding it, beside `copy`, which is as
//! fast as rows leave PostgreSQL.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use eventlog::{Position, Recorded, Version};
use futures_util::TryStreamExt;
use sqlx::postgres::PgPoolCopyExt;

use super::Bench;
use super::loaded::{DATABASE, Loaded};
use crate::report::{Ratio, Report, Row, hundredths, median, over};
use crate::server::pool;

const FACTS: i64 = 1_000_000;
const FACTS_OF_SMOKE: i64 = 20_000;

/// Longer than it takes by far.
const LOADING: Duration = Duration::from_secs(300);

const COPY_TEXT: &str = "copy to stdout";
const COPY_BINARY: &str = "copy to stdout, binary";
const READ: &str = "in rete: read and fold";
const WAYS: [&str; 3] = [COPY_TEXT, COPY_BINARY, READ];

/// What a projection does, as small as it can be.
#[derive(Debug, Default)]
struct Fold {
    facts: i64,
    kinds: HashMap<String, u64>,
    versions: HashMap<String, Version>,
    payload_bytes: usize,
}

pub(super) async fn run(bench: &mut Bench<'_>) -> Result<Report> {
    let mut report = bench.report("read").await?;
    let facts = if bench.terms.smoke {
        FACTS_OF_SMOKE
    } else {
        FACTS
    };
    let (server, rounds) = (bench.server, bench.terms.rounds);
    let begun = Instant::now();
    let loaded = bench.loaded(facts, LOADING).await?;
    let loading = begun.elapsed().as_secs_f64();
    server.settle(DATABASE).await?;
    server.checkpoint().await?;
    let head = loaded.head().await?;
    report.note(format!(
        "a log of {head} facts, all read by one caller; copy has all columns, its bytes are counted and \
         thrown away; the median of {rounds} rounds after one more; loading {facts} facts took {loading:.0} s"
    ));
    let copier = pool(server.options(DATABASE)).await?;
    let mut seconds: HashMap<&str, Vec<f64>> = HashMap::new();
    let mut bytes: HashMap<&str, usize> = HashMap::new();
    // The round before the first is thrown away.
    for round in 0..=rounds {
        for way in WAYS {
            let begun = Instant::now();
            let read = match way {
                READ => sequential(loaded, head).await?,
                _ => copied(&copier, loaded, way == COPY_BINARY).await?,
            };
            if round > 0 {
                seconds
                    .entry(way)
                    .or_default()
                    .push(begun.elapsed().as_secs_f64());
                bytes.insert(way, read);
            }
        }
    }
    for way in WAYS {
        let rates = seconds[way].iter().map(|seconds| head as f64 / seconds);
        let mut row = Row::new(way, 1);
        row.per_s = median(rates.clone()).map(hundredths);
        row.each = rates.map(hundredths).collect();
        report.rows.push(row.with("bytes", bytes[way]));
    }
    report.ratios = ratios(&report);
    Ok(report)
}

fn ratios(report: &Report) -> Vec<Ratio> {
    let [text, binary, ours] = WAYS.map(|way| report.per_second(way, 1));
    vec![
        Ratio::at_least("read and fold over copy", over(ours, text), 0.5),
        Ratio::at_least("read and fold over copy, binary", over(ours, binary), 0.5),
    ]
}

/// Reads the log from the first fact to the last and folds it; returns the bytes of payload.
async fn sequential(loaded: &Loaded, head: Position) -> Result<usize> {
    let mut fold = Fold::default();
    let mut batches = loaded.ours.events.read_to(loaded.ours.log, head);
    while let Some(batch) = batches.try_next().await? {
        for fact in batch {
            fold.take(fact);
        }
    }
    if fold.facts != head || fold.versions.is_empty() || fold.kinds.is_empty() {
        bail!("{} facts were read, and not {head}", fold.facts);
    }
    Ok(fold.payload_bytes)
}

async fn copied(pool: &sqlx::PgPool, loaded: &Loaded, binary: bool) -> Result<usize> {
    let log = loaded.ours.log;
    let format = if binary { "binary" } else { "text" };
    let statement = format!(
        "copy (select * from eventlog.fact where log_id = '{log}') to stdout (format {format})"
    );
    let mut rows = pool.copy_out_raw(&statement).await?;
    let mut bytes = 0;
    while let Some(chunk) = rows.try_next().await? {
        bytes += chunk.len();
    }
    Ok(bytes)
}

impl Fold {
    fn take(&mut self, fact: Recorded) {
        self.facts += 1;
        match self.kinds.get_mut(&fact.kind) {
            Some(count) => *count += 1,
            None => drop(self.kinds.insert(fact.kind, 1)),
        }
        self.payload_bytes += fact.payload.text().len();
        let version = self.versions.entry(fact.stream).or_default();
        *version = fact.version.max(*version);
    }
}
