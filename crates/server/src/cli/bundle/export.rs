//! Writing a bundle to a file or to standard output.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, BufWriter, ErrorKind, Seek, SeekFrom};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use app::bundle::{Error, Export, Exported};
use clap::Args;
use events::{PilotId, Position};

use super::{BUFFER_BYTES, peek, rewound, steps};
use crate::cli::stand::{Manner, Place, Stand};
use crate::cli::{Ended, WrongArguments, tell};
use crate::progress::Progress;

/// What stands for standard output.
const STDOUT: &str = "-";
/// What follows the name of a bundle that is not whole yet.
const UNFINISHED: &str = ".part";
/// Facts are about people, even with what is personal sealed: a bundle is its owner's to hand on.
const MODE: u32 = 0o600;

/// What is written, and where.
#[derive(Args)]
#[command(after_help = "\
A bundle is text, a line for each fact, and proves itself: `inrete-verify bundle FILE`, and
`inrete verify --bundle FILE`, check it anywhere, without a database. docs/proofs.md has the format.

A log that was damaged is written as it is, for the check to tell what is wrong; it is not signed anew, and
the command ends with 3.")]
pub(crate) struct ExportArguments {
    /// Id, short name or HMIS project id.
    #[arg(long)]
    pilot: String,
    /// The file, replaced when the bundle is whole; standard output when not given, or `-`.
    #[arg(long, value_name = "FILE", default_value = STDOUT)]
    to: PathBuf,
    /// The position to begin with; 1 when not given.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(Position).range(1..))]
    first: Option<Position>,
    /// The position to end with; the last one when not given.
    #[arg(long, value_name = "SIZE", value_parser = clap::value_parser!(Position).range(1..))]
    size: Option<Position>,
    /// Go on with FILE.part, which an interrupted export of the same range has left.
    #[arg(long)]
    resume: bool,
}

pub(in crate::cli) async fn export(place: Place, given: ExportArguments) -> anyhow::Result<Ended> {
    let to_stdout = given.to.as_os_str() == STDOUT;
    if to_stdout && given.resume {
        let why = "only a file can be gone on with: say --to FILE";
        return Err(WrongArguments(why.to_owned()).into());
    }
    let stand = place.open(Manner::Passing).await?;
    let done = if to_stdout {
        to_standard_output(&stand, &given).await
    } else {
        to_a_file(&stand, &given).await
    };
    stand.close().await?;
    done
}

async fn to_standard_output(stand: &Stand, given: &ExportArguments) -> anyhow::Result<Ended> {
    let pilot = find(stand, &given.pilot).await?;
    let export = planned(stand, pilot, given.first, given.size).await?;
    let to = BufWriter::with_capacity(BUFFER_BYTES, io::stdout().lock());
    let mut progress = Progress::new("exporting", facts(&export));
    let written = export
        .write(&stand.app, export.anew(), to, |done| {
            progress.at(steps(done))
        })
        .await;
    progress.end();
    match written {
        // Whoever reads may have heard enough; that is no fault.
        Err(Error::Write(closed)) if closed.kind() == ErrorKind::BrokenPipe => Ok(Ended::Well),
        written => Ok(told(&export, &written?)),
    }
}

async fn to_a_file(stand: &Stand, given: &ExportArguments) -> anyhow::Result<Ended> {
    let pilot = find(stand, &given.pilot).await?;
    let target = Target::open(&given.to)?;
    let begun = match given.resume {
        true => peek(&target.file).with_context(|| target.reading())?,
        false => None,
    };
    // Without a word about it, the range is that of the unfinished bundle: the log may have gone on.
    let (first, size) = match &begun {
        Some(begun) => (
            given.first.or(Position::try_from(begun.first).ok()),
            given.size.or(Position::try_from(begun.size).ok()),
        ),
        None => (given.first, given.size),
    };
    let done = async {
        let export = planned(stand, pilot, first, size).await?;
        let written = target.write(stand, &export, begun.is_some()).await?;
        target.finish()?;
        Ok(told(&export, &written))
    };
    done.await
        .map_err(|error: anyhow::Error| target.leave(error))
}

/// The bundle of a range, which it may not be possible to write.
pub(super) async fn planned(
    stand: &Stand,
    pilot: PilotId,
    first: Option<Position>,
    size: Option<Position>,
) -> anyhow::Result<Export> {
    match stand.app.export(pilot, first, size).await {
        Err(wrong @ (Error::NoRange { .. } | Error::WithinCommand { .. })) => {
            Err(WrongArguments(wrong.to_string()).into())
        }
        planned => Ok(planned?),
    }
}

/// As [`Stand::find`], also for a log that was damaged so that its read models stand still.
pub(super) async fn find(stand: &Stand, name: &str) -> anyhow::Result<PilotId> {
    match stand.app.find_pilot(name).await {
        Err(app::Error::UnknownPilot { .. }) => stand.find(name).await,
        found => Ok(found?),
    }
}

/// Says what was written, and what is wrong with the log.
pub(super) fn told(export: &Export, written: &Exported) -> Ended {
    let header = export.header();
    tell(&format!(
        "inrete: exported {} facts, positions {} to {}, and {} checkpoints; root at size {}: {}",
        written.facts, header.first, header.size, written.checkpoints, header.size, written.root
    ));
    if written.foreign > 0 {
        tell(&format!(
            "inrete: left out: {} checkpoints of another origin than `{}`",
            written.foreign, header.origin
        ));
    }
    if let Some(why) = &written.unsigned {
        tell(&format!("inrete: not signed anew: {why}"));
    }
    if written.damage.is_empty() {
        return Ended::Well;
    }
    for damage in &written.damage {
        tell(&format!("inrete: DAMAGED: {damage}"));
    }
    if written.unlisted > 0 {
        tell(&format!("inrete: DAMAGED: {} more", written.unlisted));
    }
    tell("inrete: not signed anew: nothing is signed before that is cleared up");
    Ended::WithFindings
}

/// A bundle that is being written beside its place.
pub(super) struct Target {
    path: PathBuf,
    unfinished: PathBuf,
    file: File,
}

impl Target {
    /// Nobody else writes it at the same time.
    pub(super) fn open(path: &Path) -> anyhow::Result<Self> {
        let Some(name) = path.file_name() else {
            let why = format!("{} is no file", path.display());
            return Err(WrongArguments(why).into());
        };
        let mut aside = OsString::from(name);
        aside.push(UNFINISHED);
        let unfinished = path.with_file_name(aside);
        let opening = || format!("writing {}", unfinished.display());
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(MODE)
            .open(&unfinished)
            .with_context(opening)?;
        let locked = match file.try_lock() {
            Ok(()) => true,
            Err(TryLockError::WouldBlock) => false,
            Err(TryLockError::Error(error)) => return Err(error).with_context(opening),
        };
        // Whoever had the lock may have finished, and what was opened is no longer there.
        let own = file.metadata().with_context(opening)?.ino();
        if !locked || fs::metadata(&unfinished).is_ok_and(|there| there.ino() != own) {
            bail!("{} is being written at the moment", unfinished.display());
        }
        let path = path.to_owned();
        Ok(Self {
            path,
            unfinished,
            file,
        })
    }

    fn reading(&self) -> String {
        format!("reading {}", self.unfinished.display())
    }

    /// Writes the bundle; goes on with what is there, if that is wanted and holds.
    pub(super) async fn write(
        &self,
        stand: &Stand,
        export: &Export,
        resume: bool,
    ) -> anyhow::Result<Exported> {
        let unfinished = if resume {
            let from = rewound(&self.file).with_context(|| self.reading())?;
            let unfinished = export.resume(&stand.app, from).await?;
            let there = self.file.metadata().with_context(|| self.reading())?.len();
            tell(&format!(
                "inrete: going on with {}: {} of {there} bytes of it hold",
                self.unfinished.display(),
                unfinished.bytes
            ));
            unfinished
        } else {
            export.anew()
        };
        let writing = || format!("writing {}", self.unfinished.display());
        self.file.set_len(unfinished.bytes).with_context(writing)?;
        let mut file = &self.file;
        file.seek(SeekFrom::Start(unfinished.bytes))
            .with_context(writing)?;
        let to = BufWriter::with_capacity(BUFFER_BYTES, file);
        let mut progress = Progress::new("exporting", facts(export));
        let written = export
            .write(&stand.app, unfinished, to, |done| progress.at(steps(done)))
            .await;
        progress.end();
        Ok(written?)
    }

    /// Gives it its name, for good.
    pub(super) fn finish(&self) -> anyhow::Result<()> {
        let folder = match self.path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        self.file
            .sync_all()
            .and_then(|()| fs::rename(&self.unfinished, &self.path))
            .and_then(|()| File::open(folder)?.sync_all())
            .with_context(|| format!("writing {}", self.path.display()))
    }

    /// Leaves what was written for another time.
    fn leave(&self, error: anyhow::Error) -> anyhow::Error {
        if self.file.metadata().is_ok_and(|there| there.len() == 0) {
            let _ = self.remove();
            return error;
        }
        if let Some(Error::OtherBundle | Error::OtherHistory { .. }) = error.downcast_ref() {
            return error;
        }
        let unfinished = self.unfinished.display();
        error.context(format!(
            "{unfinished} is not whole; --resume goes on with it"
        ))
    }

    /// Gives it up.
    pub(super) fn remove(&self) -> anyhow::Result<()> {
        fs::remove_file(&self.unfinished)
            .with_context(|| format!("removing {}", self.unfinished.display()))
    }
}

fn facts(export: &Export) -> usize {
    let header = export.header();
    steps(header.size + 1 - header.first)
}
