//! A log in ranges, each a bundle of its own, so that old ones can be kept elsewhere.

use std::fs::{self, DirBuilder, File};
use std::io::{Read, Seek, SeekFrom};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;
use events::{PilotId, Position};
use inrete_verify::bundle::{self, signed_by, signers_json};
use inrete_verify::{Fails, Holds, Outcome};
use proof::bundle::{End, Footer, Item, Line, Report, Trusted};
use proof::checkpoint::Checkpoint;
use serde_json::json;

use super::export::{Target, find, planned, told};
use super::peek;
use crate::cli::stand::{Manner, Place, Stand};
use crate::cli::{Ended, say, tell};

/// What follows the positions in the name of a range.
const EXTENSION: &str = ".ndjson";
/// More than the last line of a bundle takes, in bytes.
const FOOTER_BYTES: u64 = 4096;

/// What is archived, and where.
#[derive(Args)]
#[command(after_help = "\
Writes FIRST-LAST.ndjson for each range that is complete, and leaves those that are there as they are, when
they are still what the log has. The range that is still growing is left for another time. Files of the
oldest ranges can be taken away: they still verify by themselves, the later ones by themselves and in
sequence (`inrete verify --archive DIR --first N`).")]
pub(crate) struct ArchiveArguments {
    /// Id, short name or HMIS project id.
    #[arg(long)]
    pilot: String,
    /// The directory; made when it is not there.
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
    /// How many facts a range has; it ends with a whole command.
    #[arg(long, value_name = "FACTS", default_value_t = 1_000_000, value_parser = clap::value_parser!(u64).range(1..))]
    every: u64,
}

/// A file of an archive, by its name.
#[derive(Debug)]
struct Range {
    first: u64,
    last: u64,
    path: PathBuf,
}

pub(in crate::cli) async fn archive(
    place: Place,
    given: ArchiveArguments,
) -> anyhow::Result<Ended> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(&given.to)
        .with_context(|| format!("making {}", given.to.display()))?;
    let stand = place.open(Manner::Passing).await?;
    let done = extend(&stand, &given).await;
    stand.close().await?;
    done
}

async fn extend(stand: &Stand, given: &ArchiveArguments) -> anyhow::Result<Ended> {
    let pilot = find(stand, &given.pilot).await?;
    let head = u64::try_from(stand.app.log().head(pilot.0).await?.position)?;
    let mut there = ranges(&given.to)?.into_iter().peekable();
    // What is before the oldest range is kept elsewhere.
    let mut next = there.peek().map_or(1, |range| range.first);
    let (mut kept, mut written) = (0, 0);
    loop {
        if let Some(range) = there.next_if(|range| range.first <= next) {
            let why = match range.first < next {
                true => Some("it begins before the range before it ends".to_owned()),
                false => unfit(stand, pilot, &range, head).await?,
            };
            if let Some(why) = why {
                tell(&format!("inrete: DAMAGED: {}: {why}", range.path.display()));
                return Ok(Ended::WithFindings);
            }
            next = range.last + 1;
            kept += 1;
            continue;
        }
        // Up to the next multiple, or to the range that comes after one that is missing.
        let last = ((next - 1) / given.every + 1).saturating_mul(given.every);
        let last = there.peek().map_or(last, |later| last.min(later.first - 1));
        if last > head {
            break;
        }
        let last = stand.app.end_of_command(pilot, place(last)?, place(head)?);
        let last = last.await?;
        if write(stand, pilot, &given.to, place(next)?, last).await? == Ended::WithFindings {
            return Ok(Ended::WithFindings);
        }
        next = u64::try_from(last)? + 1;
        written += 1;
    }
    say(&format!(
        "{}: positions up to {}; {written} ranges written, {kept} were there before",
        given.to.display(),
        next - 1
    ));
    Ok(Ended::Well)
}

/// Writes one range; nothing of it stays when the log is damaged there.
async fn write(
    stand: &Stand,
    pilot: PilotId,
    folder: &Path,
    first: Position,
    last: Position,
) -> anyhow::Result<Ended> {
    let export = planned(stand, pilot, Some(first), Some(last)).await?;
    let target = Target::open(&folder.join(format!("{first}-{last}{EXTENSION}")))?;
    let written = target.write(stand, &export, false).await?;
    let ended = told(&export, &written);
    match ended {
        Ended::Well => target.finish()?,
        Ended::WithFindings => target.remove()?,
    }
    Ok(ended)
}

/// Why a range is not what the log has.
async fn unfit(
    stand: &Stand,
    pilot: PilotId,
    range: &Range,
    head: u64,
) -> anyhow::Result<Option<String>> {
    let reading = || format!("reading {}", range.path.display());
    let file = File::open(&range.path).with_context(reading)?;
    let header = peek(&file).with_context(reading)?;
    let footer = footer(&file).with_context(reading)?;
    let (Some(header), Some(footer)) = (header, footer) else {
        return Ok(Some("it is no whole bundle".to_owned()));
    };
    if header.log != pilot.0 {
        return Ok(Some(format!("it is of another log, {}", header.log)));
    }
    if (header.first, header.size, footer.size) != (range.first, range.last, range.last) {
        return Ok(Some(format!(
            "it has the positions {} to {}, not those of its name",
            header.first, header.size
        )));
    }
    if range.last > head {
        return Ok(Some(format!("the log ends at position {head}")));
    }
    let (log, before) = (stand.app.log(), place(range.first - 1)?);
    if log.root(pilot.0, before).await? != header.root_before()
        || log.root(pilot.0, place(range.last)?).await? != footer.root
    {
        return Ok(Some(format!(
            "the log has another history up to position {}",
            range.last
        )));
    }
    Ok(None)
}

fn place(position: u64) -> anyhow::Result<Position> {
    Ok(position.try_into()?)
}

/// The last line of a bundle; none when it is none.
fn footer(mut file: &File) -> std::io::Result<Option<Footer>> {
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(FOOTER_BYTES)))?;
    let mut end = Vec::new();
    file.take(FOOTER_BYTES).read_to_end(&mut end)?;
    let Some(lines) = end.strip_suffix(b"\n") else {
        return Ok(None);
    };
    let line = Line {
        number: 0,
        bytes: lines
            .rsplit(|byte| *byte == b'\n')
            .next()
            .unwrap_or_default(),
        end: End::LineFeed,
    };
    Ok(match line.item() {
        Some(Item::Footer(footer)) => Some(footer),
        _ => None,
    })
}

/// The ranges of an archive, by their first positions. Other files are passed over.
fn ranges(folder: &Path) -> anyhow::Result<Vec<Range>> {
    let reading = || format!("reading {}", folder.display());
    let mut ranges = Vec::new();
    for entry in fs::read_dir(folder).with_context(reading)? {
        let path = entry.with_context(reading)?.path();
        let name = path.file_name().and_then(|name| name.to_str());
        let positions = name.and_then(|name| name.strip_suffix(EXTENSION)?.split_once('-'));
        if let Some((first, last)) = positions
            && let (Ok(first @ 1..), Ok(last)) = (first.parse::<u64>(), last.parse())
        {
            ranges.push(Range { first, last, path });
        }
    }
    ranges.sort_by_key(|range| (range.first, range.last));
    Ok(ranges)
}

/// Checks every bundle of an archive that begins with the position `first`, and that they follow each
/// other.
pub(super) fn check(folder: &Path, trusted: Trusted, first: u64) -> Outcome {
    let ranges = ranges(folder).map_err(|error| Fails::Unusable(format!("{error:#}")))?;
    if ranges.is_empty() {
        return Err(Fails::Unusable(format!(
            "{}: no bundle of an archive in it",
            folder.display()
        )));
    }
    let mut held = Vec::new();
    for note in trusted.held {
        let checkpoint = Checkpoint::of(&note);
        let size = checkpoint
            .map_err(|error| Fails::unusable("a checkpoint", &error))?
            .size;
        held.push((size, note));
    }
    let mut looked = Looked::default();
    let mut next = first;
    for range in &ranges {
        let of_range = held.extract_if(.., |(size, _)| (range.first..=range.last).contains(size));
        let trusted = Trusted {
            keys: trusted.keys.clone(),
            witnesses: Vec::new(),
            held: of_range.map(|(_, note)| note).collect(),
        };
        looked.look_at(range, trusted, next)?;
        next = range.last + 1;
    }
    let not_reached = held.into_iter().map(|(size, _)| size).collect();
    looked.end(first, not_reached)
}

/// What was seen of an archive.
#[derive(Default)]
struct Looked {
    lines: Vec<String>,
    files: Vec<serde_json::Value>,
    facts: u64,
    held: Vec<u64>,
    last: Option<Report>,
}

impl Looked {
    fn look_at(&mut self, range: &Range, trusted: Trusted, next: u64) -> Result<(), Fails> {
        let path = range.path.display().to_string();
        let refused = |why: String, positions| Err(Fails::Refused { why, positions });
        let Range { first, last, .. } = *range;
        if first > next {
            let (from, to) = (next, first - 1);
            let why = format!("positions {from} to {to} are missing: no bundle has them");
            return refused(why, Some((from, to)));
        }
        if first < next {
            let why = format!("{path}: begins at position {first}, which another bundle has");
            return refused(why, None);
        }
        let header = File::open(&range.path).and_then(|file| peek(&file));
        let header = header.map_err(|error| Fails::unusable(&path, &error))?;
        let report = bundle::check(&path, trusted).map_err(|fails| match fails {
            Fails::Refused { why, positions } => {
                let why = format!("{path}: {why}");
                Fails::Refused { why, positions }
            }
            unusable => unusable,
        })?;
        if (report.first, report.size) != (first, last) {
            let (has, to) = (report.first, report.size);
            let why = format!("{path}: has the positions {has} to {to}, not those of its name");
            return refused(why, Some((first, last)));
        }
        if let (Some(before), Some(header)) = (&self.last, header) {
            if (before.log, &before.origin) != (report.log, &report.origin) {
                return refused(
                    format!("{path}: is of another log than the one before"),
                    None,
                );
            }
            if header.root_before() != before.root {
                let why = format!("{path}: does not continue the bundle before it");
                return refused(why, Some((1, first - 1)));
            }
        }
        self.lines.push(format!(
            "{path} holds: {} facts, positions {first} to {last}, root {}",
            report.facts, report.root
        ));
        self.files.push(json!({
            "file": path,
            "first": first,
            "size": last,
            "facts": report.facts,
            "root": report.root.to_string(),
            "signed": report.signed,
        }));
        self.facts += report.facts;
        self.held.extend(&report.held);
        self.last = Some(report);
        Ok(())
    }

    fn end(mut self, first: u64, not_reached: Vec<u64>) -> Outcome {
        let Some(report) = self.last else {
            return Err(Fails::Unusable("no bundle".to_owned()));
        };
        let Report {
            log,
            origin,
            size,
            root,
            ..
        } = &report;
        self.lines.push(format!(
            "the archive holds: {} facts, positions {first} to {size}, of log {log} ({origin})",
            self.facts
        ));
        self.lines.push(format!("root at size {size}: {root}"));
        self.lines.extend(signed_by(&report.signers));
        for size in &self.held {
            self.lines.push(format!(
                "history leads through your checkpoint at size {size}"
            ));
        }
        for size in &not_reached {
            self.lines.push(format!(
                "your checkpoint at size {size} is not of a position in the archive: not checked"
            ));
        }
        Ok(Holds {
            lines: self.lines,
            json: json!({
                "holds": true,
                "log": log.to_string(),
                "origin": origin,
                "first": first,
                "size": size,
                "facts": self.facts,
                "root": root.to_string(),
                "ownKey": report.signers.iter().any(|signer| signer.trusted),
                "signers": signers_json(&report.signers),
                "held": self.held,
                "notReached": not_reached,
                "files": self.files,
            }),
        })
    }
}
