//! A log that gets long: what an append, a stream, a position, a proof and a vacuum cost at each
//! length, and what is on the disk.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use proof::merkle;
use rand_less::Spread;
use serde_json::{Map, Value};

use super::Bench;
use super::loaded::{DATABASE, LENGTH, Loaded, stream_name};
use crate::load::drive;
use crate::report::{Ratio, Report, Row, hundredths, median, over};
use crate::server::Server;

const STEPS: [i64; 5] = [1_000_000, 2_000_000, 4_000_000, 7_000_000, 10_000_000];
const STEPS_OF_SMOKE: [i64; 3] = [10_000, 20_000, 40_000];

/// Loading altogether; what is not loaded by then is left out, and said.
const LOADING: Duration = Duration::from_secs(360);

const CALLERS: usize = 32;

/// Streams and positions that are read, one after another.
const READS: i64 = 400;

const APPEND: &str = "append";
const STREAM: &str = "read a stream of 10";
const POSITION: &str = "read a position";
const INCLUSION: &str = "proof of a fact";
const CONSISTENCY: &str = "proof that it only grew";
const SIZES: &str = "sizes and vacuum";

pub(super) async fn run(bench: &mut Bench<'_>) -> Result<Report> {
    let mut report = bench.report("long").await?;
    let steps = if bench.terms.smoke {
        &STEPS_OF_SMOKE[..]
    } else {
        &STEPS
    };
    let (server, span) = (bench.server, bench.terms.cell);
    let mut loading = Duration::ZERO;
    let mut measured = Vec::new();
    for &step in steps {
        let begun = Instant::now();
        let loaded = bench.loaded(step, LOADING.saturating_sub(loading)).await?;
        loading += begun.elapsed();
        if loaded.facts < step {
            report.note(format!(
                "loading was stopped after {:.0} s at {} facts, short of {step}",
                loading.as_secs_f64(),
                loaded.facts
            ));
        }
        let facts = loaded.facts;
        if measured.contains(&facts) {
            continue;
        }
        let vacuum = vacuum(server).await?;
        let tally = drive(&loaded.ours, CALLERS, span).await?;
        let mut append = Row::new(APPEND, CALLERS);
        append.per_s = Some(hundredths(tally.per_second()));
        append.p50_ms = Some(hundredths(tally.percentile_ms(0.5)));
        append.p99_ms = Some(hundredths(tally.percentile_ms(0.99)));
        let mut rows = vec![append];
        rows.push(streams(loaded).await?);
        rows.push(positions(loaded).await?);
        rows.extend(proofs(loaded).await?);
        let mut sizes = Row::new(SIZES, 0).with("vacuum_s", hundredths(vacuum));
        let sizes_mb = self::sizes(server).await?;
        let total: f64 = sizes_mb.values().filter_map(Value::as_f64).sum();
        sizes = sizes.with("total_mb", hundredths(total));
        sizes = sizes.with("bytes_each", (total * 1e6 / facts as f64).round());
        sizes = sizes.with("mb", sizes_mb);
        rows.push(sizes);
        report
            .rows
            .extend(rows.into_iter().map(|row| row.with("facts", facts)));
        measured.push(facts);
        if facts < step {
            break;
        }
    }
    report.note(format!(
        "each length measured once: {CALLERS} callers append, then {READS} reads one after another; vacuum (with \
         analyze) of all tables of the log, as it is after loading"
    ));
    if let (Some(&first), Some(&last)) = (measured.first(), measured.last()) {
        report.ratios = ratios(&report, first, last);
    }
    Ok(report)
}

fn ratios(report: &Report, first: i64, last: i64) -> Vec<Ratio> {
    let find = |name: &str, facts: i64| {
        let mut rows = report.rows.iter();
        rows.find(|row| row.name == name && row.more["facts"] == facts)
    };
    let rate = |facts| find(APPEND, facts).and_then(|row| row.per_s);
    let p50 = |name, facts| find(name, facts).and_then(|row| row.p50_ms);
    let of =
        |what: &str, ratio| Ratio::to_know(format!("{what} at {last} facts over {first}"), ratio);
    vec![
        of("appends a second", over(rate(last), rate(first))),
        of(
            "p50 of a stream",
            over(p50(STREAM, last), p50(STREAM, first)),
        ),
        of(
            "p50 of a position",
            over(p50(POSITION, last), p50(POSITION, first)),
        ),
        of(
            "p50 of a proof",
            over(p50(INCLUSION, last), p50(INCLUSION, first)),
        ),
    ]
}

async fn streams(loaded: &Loaded) -> Result<Row> {
    let mut spread = Spread::over(loaded.facts / LENGTH);
    let mut millis = Vec::new();
    for _ in 0..READS {
        let name = stream_name(spread.next());
        let begun = Instant::now();
        let facts = loaded.ours.events.stream(loaded.ours.log, &name).await?;
        millis.push(begun.elapsed().as_secs_f64() * 1_000.0);
        if facts.len() as i64 != LENGTH {
            bail!("{name} has {} facts", facts.len());
        }
    }
    Ok(latencies(STREAM, millis))
}

async fn positions(loaded: &Loaded) -> Result<Row> {
    let mut spread = Spread::over(loaded.head().await?);
    let mut millis = Vec::new();
    for _ in 0..READS {
        let position = spread.next() + 1;
        let begun = Instant::now();
        let fact = loaded.ours.events.at(loaded.ours.log, position).await?;
        millis.push(begun.elapsed().as_secs_f64() * 1_000.0);
        if fact.is_none() {
            bail!("there is no position {position}");
        }
    }
    Ok(latencies(POSITION, millis))
}

/// Proofs against the log as it is, each checked.
async fn proofs(loaded: &Loaded) -> Result<[Row; 2]> {
    let (events, log) = (&loaded.ours.events, loaded.ours.log);
    let head = events.head(log).await?;
    let size = u64::try_from(head.position)?;
    let mut spread = Spread::over(head.position);
    let (mut inclusion, mut consistency) = (Vec::new(), Vec::new());
    for _ in 0..READS {
        let position = spread.next() + 1;
        let begun = Instant::now();
        let hashes = events.inclusion(log, position, head.position).await?;
        inclusion.push(begun.elapsed().as_secs_f64() * 1_000.0);
        let Some(stored) = events.stored_at(log, position).await? else {
            bail!("there is no position {position}");
        };
        let index = u64::try_from(position - 1)?;
        merkle::verify_inclusion(stored.into_record().leaf(), index, size, &hashes, head.root)?;

        let begun = Instant::now();
        let hashes = events.consistency(log, position, head.position).await?;
        consistency.push(begun.elapsed().as_secs_f64() * 1_000.0);
        let old = events.root(log, position).await?;
        merkle::verify_consistency(index + 1, old, size, head.root, &hashes)?;
    }
    Ok([
        latencies(INCLUSION, inclusion),
        latencies(CONSISTENCY, consistency),
    ])
}

fn latencies(name: &str, mut millis: Vec<f64>) -> Row {
    millis.sort_unstable_by(f64::total_cmp);
    let mut row = Row::new(name, 1);
    let total: f64 = millis.iter().sum();
    row.per_s = Some(hundredths(millis.len() as f64 * 1_000.0 / total));
    row.p99_ms = millis.get(millis.len() * 99 / 100).copied().map(hundredths);
    row.p50_ms = median(millis).map(hundredths);
    row
}

/// Vacuums and analyzes everything; returns the seconds.
async fn vacuum(server: &Server) -> Result<f64> {
    let mut connection = server.connect(DATABASE).await?;
    let tables: Vec<String> = sqlx::query_scalar(
        "select string_agg(c.oid::regclass::text, ', ') from pg_class as c \
         where c.relnamespace = 'eventlog'::regnamespace and c.relkind = 'r'",
    )
    .fetch_all(&mut connection)
    .await?;
    let begun = Instant::now();
    let statement = format!("vacuum (analyze) {}", tables.join(""));
    crate::server::execute(&mut connection, statement).await?;
    let seconds = begun.elapsed().as_secs_f64();
    crate::server::execute(&mut connection, "checkpoint".to_owned()).await?;
    Ok(seconds)
}

/// Megabytes of every table of the log (without its indexes) and of every index.
async fn sizes(server: &Server) -> Result<Map<String, Value>> {
    let mut connection = server.connect(DATABASE).await?;
    let sizes: Vec<(String, i64)> = sqlx::query_as(
        "select c.relname::text, pg_table_size(c.oid) from pg_class as c \
         where c.relnamespace = 'eventlog'::regnamespace and c.relkind in ('r', 'i') \
         order by c.relkind desc, pg_table_size(c.oid) desc",
    )
    .fetch_all(&mut connection)
    .await?;
    let megabytes = |bytes: i64| Value::from(hundredths(bytes as f64 / 1e6));
    Ok(sizes
        .into_iter()
        .map(|(name, bytes)| (name, megabytes(bytes)))
        .collect())
}

/// Places all over a range, the same in every run, without a generator of chance.
mod rand_less {
    /// Far from the last one, and prime: every place comes once before any comes again.
    const STRIDE: i64 = 7_654_321;

    pub(super) struct Spread {
        next: i64,
        count: i64,
    }

    impl Spread {
        pub(super) fn over(count: i64) -> Spread {
            Spread { next: 0, count }
        }

        pub(super) fn next(&mut self) -> i64 {
            self.next = (self.next + STRIDE) % self.count.max(1);
            self.next
        }
    }
}
