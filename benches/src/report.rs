//! What a part found out: a table for people, a file for machines.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::server::Server;

/// How long the machine is looked at before a part.
const LOOKED_AT: Duration = Duration::from_secs(1);

/// Up to this share of the processors' time may go elsewhere before it is said.
const STILL: f64 = 0.05;

/// A part's result.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    part: &'static str,
    date: String,
    machine: Value,
    versions: Value,
    settings: Map<String, Value>,
    /// What has to be known to read the numbers.
    pub(crate) notes: Vec<String>,
    /// Who could not be measured, and why.
    pub(crate) missing: Vec<Missing>,
    pub(crate) rows: Vec<Row>,
    pub(crate) ratios: Vec<Ratio>,
}

/// One line of the table: medians over the repetitions.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) callers: usize,
    pub(crate) per_s: Option<f64>,
    pub(crate) p50_ms: Option<f64>,
    pub(crate) p99_ms: Option<f64>,
    /// `per_s` of each repetition.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) each: Vec<f64>,
    #[serde(flatten)]
    pub(crate) more: Map<String, Value>,
}

#[derive(Debug, Clone, Serialize)]
pub(crate) struct Missing {
    pub(crate) name: String,
    pub(crate) why: String,
}

/// One number against another, or against a limit.
#[derive(Debug, Serialize)]
pub(crate) struct Ratio {
    what: String,
    ratio: Option<f64>,
    /// `None`: only to be known.
    target: Option<f64>,
    /// Whether `ratio` is to be below `target`, not at least it.
    below: bool,
    reached: Option<bool>,
}

impl Row {
    pub(crate) fn new(name: impl Into<String>, callers: usize) -> Row {
        Row {
            name: name.into(),
            callers,
            per_s: None,
            p50_ms: None,
            p99_ms: None,
            each: Vec::new(),
            more: Map::new(),
        }
    }

    pub(crate) fn with(mut self, name: &str, value: impl Into<Value>) -> Row {
        self.more.insert(name.to_owned(), value.into());
        self
    }
}

impl Ratio {
    pub(crate) fn at_least(what: impl Into<String>, ratio: Option<f64>, target: f64) -> Ratio {
        Ratio {
            what: what.into(),
            ratio: ratio.map(hundredths),
            target: Some(target),
            below: false,
            reached: Some(ratio.is_some_and(|ratio| ratio >= target)),
        }
    }

    pub(crate) fn below(what: impl Into<String>, ratio: Option<f64>, target: f64) -> Ratio {
        Ratio {
            what: what.into(),
            ratio: ratio.map(hundredths),
            target: Some(target),
            below: true,
            reached: Some(ratio.is_some_and(|ratio| ratio < target)),
        }
    }

    pub(crate) fn to_know(what: impl Into<String>, ratio: Option<f64>) -> Ratio {
        Ratio {
            what: what.into(),
            ratio: ratio.map(hundredths),
            target: None,
            below: false,
            reached: None,
        }
    }
}

impl Report {
    pub(crate) async fn new(part: &'static str, server: &Server) -> Result<Report> {
        let busy = busy().await?;
        let notes = (busy > STILL).then(|| {
            let percent = busy * 100.0;
            format!("the machine was not still before: {percent:.0} % of its time went elsewhere")
        });
        Ok(Report {
            part,
            date: now(),
            machine: machine(server, busy)?,
            versions: versions(server).await?,
            settings: server.settings().await?,
            notes: notes.into_iter().collect(),
            missing: Vec::new(),
            rows: Vec::new(),
            ratios: Vec::new(),
        })
    }

    pub(crate) fn note(&mut self, note: impl Into<String>) {
        self.notes.push(note.into());
    }

    /// The row of a name and a number of callers.
    pub(crate) fn per_second(&self, name: &str, callers: usize) -> Option<f64> {
        self.row(name, callers)?.per_s
    }

    /// One row's appends over another's: the median over the rounds of what they did in the same one,
    /// so that a machine that is slower in some minutes is so for both.
    pub(crate) fn times(&self, one: (&str, usize), other: (&str, usize)) -> Option<f64> {
        let (one, other) = (self.row(one.0, one.1)?, self.row(other.0, other.1)?);
        let rounds = one.each.iter().zip(&other.each);
        median(rounds.filter_map(|(one, other)| over(Some(*one), Some(*other))))
    }

    pub(crate) fn row(&self, name: &str, callers: usize) -> Option<&Row> {
        let mut rows = self.rows.iter();
        rows.find(|row| row.name == name && row.callers == callers)
    }

    /// Writes `bench/results/<part>.json`.
    pub(crate) fn write(&self) -> Result<()> {
        let directory = root().join("bench/results");
        fs::create_dir_all(&directory)?;
        let path = directory.join(format!("{}.json", self.part));
        let mut text = serde_json::to_string_pretty(self)?;
        text.push('\n');
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
        Ok(())
    }

    /// Shows the table.
    pub(crate) fn show(&self) {
        say(format!("\n{}", self.part));
        say(format!(
            "  {:<44} {:>7} {:>10} {:>9} {:>9}",
            "", "callers", "per s", "p50 ms", "p99 ms"
        ));
        for row in &self.rows {
            // What is a table of its own is for the file only.
            let more = row.more.iter().filter(|(_, value)| !value.is_object());
            let more: Vec<_> = more
                .map(|(name, value)| format!("{name} {value}"))
                .collect();
            say(format!(
                "  {:<44} {:>7} {:>10} {:>9} {:>9}  {}",
                row.name,
                row.callers,
                shown(row.per_s, 0),
                shown(row.p50_ms, 2),
                shown(row.p99_ms, 2),
                more.join(", ")
            ));
        }
        for missing in &self.missing {
            say(format!("  {}: not measured: {}", missing.name, missing.why));
        }
        for ratio in &self.ratios {
            let sign = if ratio.below { "<" } else { "≥" };
            let target = match (ratio.target, ratio.reached) {
                (Some(target), Some(true)) => format!("{sign} {target}: reached"),
                (Some(target), _) => format!("{sign} {target}: MISSED"),
                (None, _) => String::new(),
            };
            let number = shown(ratio.ratio, 2);
            say(format!("  {:<60} {number:>8}  {target}", ratio.what));
        }
        for note in &self.notes {
            say(format!("  · {note}"));
        }
    }
}

/// One over another, when both are there.
pub(crate) fn over(one: Option<f64>, other: Option<f64>) -> Option<f64> {
    let (one, other) = (one?, other?);
    (other > 0.0).then(|| one / other)
}

/// The middle one.
pub(crate) fn median(numbers: impl IntoIterator<Item = f64>) -> Option<f64> {
    let mut numbers: Vec<f64> = numbers.into_iter().filter(|it| it.is_finite()).collect();
    numbers.sort_unstable_by(f64::total_cmp);
    let middle = numbers.len() / 2;
    if numbers.len().is_multiple_of(2) {
        let lower = numbers.get(middle.checked_sub(1)?)?;
        return Some(f64::midpoint(*lower, *numbers.get(middle)?));
    }
    numbers.get(middle).copied()
}

pub(crate) fn hundredths(number: f64) -> f64 {
    (number * 100.0).round() / 100.0
}

#[expect(clippy::print_stdout, reason = "the table is what this program is for")]
pub(crate) fn say(line: impl AsRef<str>) {
    println!("{}", line.as_ref());
}

/// What goes on meanwhile, not part of the result.
#[expect(clippy::print_stderr, reason = "a person waits in front of it")]
pub(crate) fn tell(line: impl AsRef<str>) {
    eprintln!("{}", line.as_ref());
}

/// The project's directory, where this program was built.
pub(crate) fn root() -> PathBuf {
    let benches = Path::new(env!("CARGO_MANIFEST_DIR"));
    benches.parent().unwrap_or(benches).to_owned()
}

fn shown(number: Option<f64>, decimals: usize) -> String {
    number.map_or_else(|| "-".to_owned(), |number| format!("{number:.decimals$}"))
}

#[expect(clippy::disallowed_methods, reason = "a benchmark is an edge")]
fn now() -> String {
    chrono::Utc::now().format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// The share of the processors' time that others take, looked at for a while before a part begins.
async fn busy() -> Result<f64> {
    let before = ticks()?;
    tokio::time::sleep(LOOKED_AT).await;
    let after = ticks()?;
    let all = after.0 - before.0;
    Ok((all - (after.1 - before.1)) / all.max(1.0))
}

/// What the processors did since they were started, and how much of it was nothing.
fn ticks() -> Result<(f64, f64)> {
    let stat = fs::read_to_string("/proc/stat")?;
    let numbers = stat.lines().next().unwrap_or_default().split_whitespace();
    let numbers: Vec<f64> = numbers.filter_map(|it| it.parse().ok()).collect();
    // user, nice, system, idle, waiting for a disk, …
    let idle = numbers.iter().skip(3).take(2).sum();
    Ok((numbers.iter().take(8).sum(), idle))
}

fn machine(server: &Server, busy: f64) -> Result<Value> {
    let cpuinfo = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let meminfo = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    Ok(json!({
        "cpu": field(&cpuinfo, "model name"),
        "cores": std::thread::available_parallelism()?.get(),
        "memory": field(&meminfo, "MemTotal"),
        "kernel": kernel.trim(),
        "filesystem": filesystem(server.base()),
        "flush_8kb_ms": hundredths(server.flush_ms()?),
        "busy_before": hundredths(busy),
    }))
}

fn field(text: &str, name: &str) -> String {
    let line = text.lines().find(|line| line.starts_with(name));
    let value = line.and_then(|line| line.split_once(':'));
    value.map_or_else(String::new, |(_, value)| value.trim().to_owned())
}

/// Type and options of the file system a directory is on.
fn filesystem(directory: &Path) -> String {
    let mounts = fs::read_to_string("/proc/mounts").unwrap_or_default();
    let found = mounts.lines().filter_map(|line| {
        let words: Vec<_> = line.split(' ').collect();
        let [_, place, kind, options, ..] = words[..] else {
            return None;
        };
        directory
            .starts_with(place)
            .then(|| (place.len(), format!("{kind} ({options})")))
    });
    found
        .max_by_key(|(length, _)| *length)
        .map_or_else(String::new, |(_, name)| name)
}

async fn versions(server: &Server) -> Result<Value> {
    let mut versions = Map::new();
    let postgresql = server.setting("server_version").await?;
    versions.insert("postgresql".to_owned(), postgresql.into());
    for (name, program) in [("rust", "rustc"), ("node", "node")] {
        let output = Command::new(program).arg("--version").output();
        let said = output.map(|it| String::from_utf8_lossy(&it.stdout).trim().to_owned());
        versions.insert(name.to_owned(), said.unwrap_or_default().into());
    }
    let crates = include_str!("../Cargo.lock");
    for name in ["disintegrate-postgres", "postgres-es", "mire", "sqlx"] {
        versions.insert(name.to_owned(), locked(crates, name).into());
    }
    for name in [
        "@eventide/message-db",
        "@event-driven-io/emmett-postgresql",
        "pg",
    ] {
        let path = format!("benches/node_modules/{name}/package.json");
        let text = fs::read_to_string(root().join(path)).unwrap_or_default();
        let package: Value = serde_json::from_str(&text).unwrap_or_default();
        versions.insert(name.to_owned(), package["version"].clone());
    }
    Ok(versions.into())
}

/// The versions of a crate in a lock file.
fn locked(lock: &str, name: &str) -> String {
    let head = format!("name = \"{name}\"");
    let mut lines = lock.lines();
    let mut found = Vec::new();
    while lines.any(|line| line == head) {
        let version = lines.next().and_then(|line| line.split('"').nth(1));
        found.extend(version);
    }
    found.join(", ")
}
