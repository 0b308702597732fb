//! Evaluations and reports on the command line.

use std::path::{Path, PathBuf};

use anyhow::Context;
use chrono::NaiveDate;
use clap::{Args, Subcommand, ValueEnum};
use evaluation::{DefinitionSet, Indicator, Period, definition_of, definition_set, newest_set};
use projections::{Recalled, Snapshot};
use report::{Edition, Request};

use super::stand::{Manner, Place, Stand};
use super::{Ended, NotThere, Scope, WrongArguments, say, tell};
use crate::graphql::text;

/// What to evaluate.
#[derive(Args)]
pub(crate) struct IndicatorsArguments {
    #[command(flatten)]
    scope: Scope,
    /// Version of the set of definitions; the newest when none is given.
    #[arg(long)]
    definitions: Option<u16>,
    /// Tell the parts and groups of each indicator too.
    #[arg(long, conflicts_with = "json")]
    parts: bool,
    /// Answer in JSON, for machines.
    #[arg(long)]
    json: bool,
}

/// What to report.
#[derive(Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct ReportArguments {
    #[command(subcommand)]
    tables: Option<Tables>,
    #[command(flatten)]
    scope: Option<Scope>,
    /// What is written to standard output.
    #[arg(long, value_enum, default_value_t = Format::Json)]
    format: Format,
    /// Write report.json and report.csv into this folder instead.
    #[arg(long)]
    out: Option<PathBuf>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    Json,
    Csv,
}

#[derive(Subcommand)]
enum Tables {
    /// The housing tables of HUD's APR and CAPER, as CSV. People are counted once over all pilots
    /// given.
    Hmis {
        /// Id, short name or HMIS project id; may be repeated.
        #[arg(long, required = true)]
        pilot: Vec<String>,
        /// First day.
        #[arg(long)]
        from: NaiveDate,
        /// Last day.
        #[arg(long)]
        to: NaiveDate,
        /// The folder to write into.
        #[arg(long)]
        out: PathBuf,
    },
}

/// One pilot as it stood.
async fn scoped(stand: &Stand, scope: &Scope) -> anyhow::Result<Recalled> {
    let pilot = stand.find(&scope.pilot).await?;
    Ok(stand.app.snapshot(pilot, scope.as_of).await?)
}

fn edition(set: &DefinitionSet, snapshot: &Snapshot, period: Period) -> anyhow::Result<Edition> {
    let opening = snapshot.pilot.opening.as_ref();
    let indicators = evaluation::evaluate_with(set, snapshot, period);
    Ok(report::edition(Request {
        pilot: snapshot.pilot.pilot,
        code: opening.map_or("", |opening| opening.code.as_str()),
        title: opening.map_or("", |opening| opening.title.as_str()),
        period,
        position: snapshot.position,
        definitions_version: set.version,
        indicators: &indicators,
    })?)
}

pub(super) async fn indicators(place: Place, given: IndicatorsArguments) -> anyhow::Result<Ended> {
    let set = match given.definitions {
        None => newest_set(),
        Some(version) => definition_set(version)
            .ok_or_else(|| NotThere(format!("there is no set of definitions {version}")))?,
    };
    let stand = place.open(Manner::Passing).await?;
    let snapshot = scoped(&stand, &given.scope).await;
    stand.close().await?;
    let snapshot = snapshot?;
    let period = given.scope.period()?;
    if given.json {
        say(std::str::from_utf8(&edition(set, &snapshot, period)?.json)?);
        return Ok(Ended::Well);
    }
    let title = snapshot
        .pilot
        .opening
        .as_ref()
        .map_or("", |opening| opening.title.as_str());
    say(&format!(
        "{title}: {} to {}, as of position {}, definitions {}",
        period.from(),
        period.to(),
        snapshot.position,
        set.version
    ));
    let indicators = evaluation::evaluate_with(set, &snapshot, period);
    for indicator in &indicators {
        say(&format!("{:>3}  {}", indicator.number, titles(indicator)));
        say(&format!("     {}", text(&indicator.value)));
        if given.parts {
            say_parts(indicator);
        }
    }
    Ok(Ended::Well)
}

/// Italian and English title.
fn titles(indicator: &Indicator) -> String {
    match definition_of(indicator.number, indicator.version) {
        Some(definition) => format!("{} / {}", definition.it, definition.en),
        None => indicator.code.to_owned(),
    }
}

fn say_parts(indicator: &Indicator) {
    let parts = &indicator.parts;
    say(&format!(
        "       numerator {}, denominator {}, excluded {}, unknown {}; {} facts behind it",
        parts.numerator.count,
        parts.denominator.count,
        parts.excluded.count,
        parts.unknown.count,
        indicator.evidence.len()
    ));
    for group in &indicator.groups {
        say(&format!("       {}: {}", group.code, text(&group.value)));
    }
}

pub(super) async fn report(place: Place, given: ReportArguments) -> anyhow::Result<Ended> {
    if let Some(Tables::Hmis {
        pilot,
        from,
        to,
        out,
    }) = given.tables
    {
        let period = Period::new(from, to).map_err(|error| WrongArguments(error.to_string()))?;
        return hmis(place, &pilot, period, &out).await;
    }
    let incomplete = || WrongArguments("say which --pilot and which --period".to_owned());
    let scope = given.scope.ok_or_else(incomplete)?;
    let stand = place.open(Manner::Passing).await?;
    let snapshot = scoped(&stand, &scope).await;
    stand.close().await?;
    let edition = edition(newest_set(), &*snapshot?, scope.period()?)?;
    match given.out {
        Some(out) => {
            write(&out, "report.json", &edition.json)?;
            write(&out, "report.csv", &edition.csv)?;
            tell(&format!(
                "inrete: {} written, digest {}",
                out.display(),
                edition.digest
            ));
        }
        None => print(match given.format {
            Format::Json => &edition.json,
            Format::Csv => &edition.csv,
        })?,
    }
    Ok(Ended::Well)
}

async fn hmis(place: Place, names: &[String], period: Period, out: &Path) -> anyhow::Result<Ended> {
    let stand = place.open(Manner::Passing).await?;
    let snapshots = snapshots(&stand, names).await;
    stand.close().await?;
    let tables = evaluation::hmis::tables(&snapshots?, period);
    for table in &tables {
        write(
            out,
            &format!("{}.csv", table.name),
            &report::hmis::csv(table),
        )?;
        for gap in table.not_computed() {
            tell(&format!(
                "inrete: {}, {}: not computed: {}",
                table.name,
                gap.row,
                gap.gap.reason()
            ));
        }
    }
    tell(&format!(
        "inrete: {} tables written to {}",
        tables.len(),
        out.display()
    ));
    Ok(Ended::Well)
}

async fn snapshots(stand: &Stand, names: &[String]) -> anyhow::Result<Vec<Recalled>> {
    let mut pilots = Vec::new();
    for name in names {
        let pilot = stand.find(name).await?;
        if !pilots.contains(&pilot) {
            pilots.push(pilot);
        }
    }
    let mut snapshots = Vec::new();
    for pilot in pilots {
        snapshots.push(stand.app.snapshot(pilot, None).await?);
    }
    Ok(snapshots)
}

/// Writes a file whole or not at all.
fn write(folder: &Path, name: &str, bytes: &[u8]) -> anyhow::Result<()> {
    let path = folder.join(name);
    let aside = folder.join(format!(".{name}.new"));
    std::fs::create_dir_all(folder)
        .and_then(|()| std::fs::write(&aside, bytes))
        .and_then(|()| std::fs::rename(&aside, &path))
        .with_context(|| format!("writing {}", path.display()))
}

/// Writes bytes as they are: a report has no byte more.
fn print(bytes: &[u8]) -> anyhow::Result<()> {
    use std::io::Write;
    let mut output = std::io::stdout().lock();
    match output.write_all(bytes).and_then(|()| output.flush()) {
        Err(closed) if closed.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        other => Ok(other?),
    }
}
