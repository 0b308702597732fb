//! The machine's own limit for single facts: pgbench inserts the same text into a table that has
//! nothing but a column of it. No key, no index, no version, no order, no id.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result, bail};
use tokio::process::Command;

use crate::fact::Admission;
use crate::load::{Span, Tally};
use crate::server::{Server, execute};

const TABLE: &str = "create table bare (payload jsonb not null)";

/// The fact is a parameter: it travels with every insert, as everybody's does.
const SCRIPT: &str = "insert into bare (payload) values (:fact);\n";

#[derive(Debug, Clone)]
pub(crate) struct Bare {
    program: PathBuf,
    environment: [(&'static str, String); 4],
    fact: String,
    threads: usize,
}

impl Bare {
    pub(crate) async fn found(server: &Server, database: &str) -> Result<Bare> {
        server.create(database).await?;
        let mut connection = server.connect(database).await?;
        execute(&mut connection, TABLE.to_owned()).await?;
        let program = server.programs().await?.join("pgbench");
        if !program.exists() {
            bail!("{} is missing", program.display());
        }
        Ok(Bare {
            program,
            environment: server.environment(database),
            fact: Admission::new().json()?,
            threads: std::thread::available_parallelism()?.get(),
        })
    }

    pub(crate) async fn drive(&self, clients: usize, span: Span) -> Result<Tally> {
        let directory = tempfile::tempdir()?;
        let script = directory.path().join("insert.sql");
        tokio::fs::write(&script, SCRIPT).await?;
        let seconds = seconds(clients, span);
        let until = now() + seconds * 1_000_000;
        let output = Command::new(&self.program)
            .args(["-n", "-M", "prepared", "-l"])
            .arg(format!(
                "--log-prefix={}",
                directory.path().join("log").display()
            ))
            .arg(format!("--client={clients}"))
            .arg(format!("--jobs={}", self.threads.min(clients)))
            .arg(format!("--time={seconds}"))
            .arg(format!("--define=fact={}", self.fact))
            .arg(format!("--file={}", script.display()))
            .envs(self.environment.clone())
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output()
            .await
            .context("cannot run pgbench")?;
        if !output.status.success() {
            bail!("pgbench: {}", String::from_utf8_lossy(&output.stderr));
        }
        let mut ended = Vec::new();
        let mut files = tokio::fs::read_dir(directory.path()).await?;
        while let Some(file) = files.next_entry().await? {
            if file.path() != script {
                let log = tokio::fs::read_to_string(file.path()).await?;
                ended.extend(log.lines().filter_map(transaction));
            }
        }
        tally(&ended, until, span)
    }
}

/// pgbench runs for whole seconds, and connects within them. Each of its clients has a new server
/// process, which spends the first moments looking things up: it gets more time to warm up than a
/// pool that is there already.
fn seconds(clients: usize, span: Span) -> u64 {
    let more = Duration::from_millis(500 + 4 * clients as u64);
    (span.warming + span.measured + more).as_secs_f64().ceil() as u64
}

/// When a transaction ended (microseconds of the epoch) and how long it took, from a line of
/// pgbench's log: client, number, microseconds, script, second, microsecond of the second.
fn transaction(line: &str) -> Option<(u64, u32)> {
    let mut words = line.split(' ');
    let took: u32 = words.nth(2)?.parse().ok()?;
    let second: u64 = words.nth(1)?.parse().ok()?;
    let microsecond: u64 = words.next()?.parse().ok()?;
    Some((second * 1_000_000 + microsecond, took))
}

/// Counts what ended in the last seconds before `until`, microseconds of the epoch.
fn tally(ended: &[(u64, u32)], until: u64, span: Span) -> Result<Tally> {
    let measured = u64::try_from(span.measured.as_micros()).unwrap_or(u64::MAX);
    let from = until.saturating_sub(measured);
    if ended.iter().all(|(at, _)| *at > from) {
        bail!("pgbench spent its time with connecting");
    }
    let counted = ended.iter().filter(|(at, _)| (from..until).contains(at));
    let mut tally = Tally::new(span, 1);
    tally.micros = counted.map(|(_, took)| *took).collect();
    Ok(tally)
}

/// Microseconds of the epoch, as pgbench writes them.
#[expect(clippy::disallowed_methods, reason = "a benchmark is an edge")]
fn now() -> u64 {
    let epoch = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    epoch.map_or(0, |it| u64::try_from(it.as_micros()).unwrap_or(u64::MAX))
}
