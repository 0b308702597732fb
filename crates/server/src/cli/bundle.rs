//! Logs as bundles: written to files, checked without a database, and put back.

mod archive;
mod check;
mod export;

use std::fs::File;
use std::io::{self, BufReader, Seek, SeekFrom};
use std::path::PathBuf;

use anyhow::Context;
use app::bundle::Checked;
use clap::Args;
use proof::bundle::{Header, Item, Reader, Trusted};

use super::stand::{Manner, Place, Stand};
use super::{Ended, say, tell};
use crate::progress::Progress;

pub(super) use archive::{ArchiveArguments, archive};
pub(super) use check::{CheckArguments, keys};
pub(super) use export::{ExportArguments, export};

/// How much is read or written at once, in bytes.
const BUFFER_BYTES: usize = 1024 * 1024;

/// What is put back.
#[derive(Args)]
#[command(after_help = "\
The whole bundle is checked first; nothing is written when anything in it is wrong. The log then has the
positions, times, hashes and root that it had. Run it again to go on after an interruption; the ranges of an
archive are brought over one after the other.

What is sealed stays sealed: a bundle has no keys. Personal text opens where the vault is that has the keys
it was sealed under, and only there.")]
pub(crate) struct ImportArguments {
    /// The bundle.
    file: PathBuf,
    /// A key the log signs with, as you know it from elsewhere (name+id+base64, or @FILE).
    #[arg(long = "key", value_name = "VKEY|@FILE")]
    keys: Vec<String>,
    /// Only check whether it could be put back.
    #[arg(long)]
    check_only: bool,
}

pub(super) async fn import(place: Place, given: ImportArguments) -> anyhow::Result<Ended> {
    let trusted = Trusted {
        keys: check::keys(&given.keys)?,
        ..Trusted::default()
    };
    let reading = || format!("reading {}", given.file.display());
    let file = File::open(&given.file).with_context(reading)?;
    let checked = read(&file, trusted).with_context(reading)?;
    let report = &checked.report;
    if given.check_only {
        say(&format!(
            "holds, and can be put back: {} facts, positions {} to {}, of log {} ({})",
            report.facts, report.first, report.size, report.log, report.origin
        ));
        say(&format!("root at size {}: {}", report.size, report.root));
    }
    if given.keys.is_empty() {
        tell(
            "inrete: no key of yours was used: the bundle fits together, but who made it is only what \
             it says itself (give --key)",
        );
    }
    if given.check_only {
        return Ok(Ended::Well);
    }
    let stand = place.open(Manner::Passing).await?;
    let done = put_back(&stand, &checked, &file).await;
    stand.close().await?;
    done
}

/// Reads a whole bundle and checks it.
fn read(file: &File, trusted: Trusted) -> anyhow::Result<Checked> {
    let header = peek(file).ok().flatten();
    let facts = header.map_or(0, |header| header.size + 1 - header.first);
    let mut progress = Progress::new("checking the bundle", steps(facts));
    let from = rewound(file)?;
    let checked = Checked::read(from, trusted, |done| progress.at(steps(done)))?;
    progress.end();
    Ok(checked)
}

async fn put_back(stand: &Stand, checked: &Checked, file: &File) -> anyhow::Result<Ended> {
    let app = &stand.app;
    let report = &checked.report;
    let mut progress = Progress::new("putting facts back", steps(report.facts));
    let imported = app
        .import(&stand.database, checked, rewound(file)?, |done| {
            progress.at(steps(done));
        })
        .await?;
    progress.end();
    let pilot = imported.pilot;
    say(&format!(
        "pilot {pilot}: {} facts put back, {} were there before; {} checkpoints kept",
        imported.restored, imported.before, imported.checkpoints
    ));
    say(&format!("root at size {}: {}", report.size, report.root));
    // Many facts take their time; what was put back is back, however that ends.
    tell("inrete: the facts are back; the read models are brought up to date");
    app.catch_up(pilot).await?;
    if imported.head > events::Position::try_from(report.size)? {
        tell(&format!(
            "inrete: the log here has gone on to position {}; it begins with all of the bundle",
            imported.head
        ));
    }
    for size in &imported.other_checkpoints {
        tell(&format!(
            "inrete: a checkpoint of {size} facts was kept here before, of another origin; it stays"
        ));
    }
    let own = app.keys()?.origin(pilot.0);
    if imported.checkpoints > 0 && own != report.origin {
        tell(&format!(
            "inrete: the checkpoints are those of `{}`, and this installation calls the log `{own}`: \
             give its keys to `inrete verify` with --key",
            report.origin
        ));
    }
    if let Some(code) = named(app, pilot).await? {
        tell(&format!(
            "inrete: another pilot has the short name `{code}` too: use the id"
        ));
    }
    tell(
        "inrete: what is sealed stays sealed: a bundle has no keys, and personal text opens only with \
         the master key it was sealed under",
    );
    Ok(Ended::Well)
}

/// The short name of a pilot that is not the only one to have it.
async fn named(app: &app::App, pilot: events::PilotId) -> anyhow::Result<Option<String>> {
    let row = projections::pilots::one(app.models(), pilot.0).await?;
    let Some(code) = row.and_then(|row| row.opening).map(|opening| opening.code) else {
        return Ok(None);
    };
    let all = projections::pilots::by_code(app.models(), &code).await?;
    Ok((all.len() > 1).then_some(code))
}

/// The header of a bundle, read from its start; none when it has none.
fn peek(file: &File) -> io::Result<Option<Header>> {
    let mut reader = Reader::new(rewound(file)?);
    let line = reader.next()?;
    Ok(match line.and_then(|line| line.item()) {
        Some(Item::Header(header)) => Some(header),
        _ => None,
    })
}

fn rewound(mut file: &File) -> io::Result<BufReader<&File>> {
    file.seek(SeekFrom::Start(0))?;
    Ok(BufReader::with_capacity(BUFFER_BYTES, file))
}

/// A number of facts, for showing how far it has come.
fn steps(facts: u64) -> usize {
    usize::try_from(facts).unwrap_or(usize::MAX)
}
