//! A pilot's log as a [bundle](proof::bundle), and a bundle back as a log.
//!
//! What is written is what the log has, right or wrong, so that whoever checks the bundle sees what is
//! wrong. What is put back was checked before, all of it. Neither holds more in memory than a batch of
//! facts; a check holds their hashes.

mod export;
mod import;

use std::io;

use eventlog::Invalid;
use events::{DecodeError, Position};
use uuid::Uuid;

pub use export::{Damage, Export, Exported, MAX_DAMAGE, Unfinished};
pub use import::{Checked, Imported, MAX_RESTORED_BYTES, MAX_RESTORED_FACTS};

/// Why a bundle was not written, or not put back.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It could not be read.
    #[error("the bundle cannot be read")]
    Read(#[source] io::Error),
    /// It could not be written.
    #[error("the bundle cannot be written")]
    Write(#[source] io::Error),
    /// The range has no fact.
    #[error("there is no range {first} to {size}")]
    NoRange {
        /// Where it should begin.
        first: Position,
        /// Where it should end.
        size: Position,
    },
    /// A range that ends within a command could not be put back: a command is recorded whole.
    #[error(
        "positions {first} to {last} were recorded together, by one command: a bundle ends at {last} or before {first}"
    )]
    WithinCommand {
        /// The command's first position.
        first: Position,
        /// Its last one.
        last: Position,
    },
    /// An unfinished bundle does not begin as this one does.
    #[error(
        "the unfinished bundle is of another range, or was begun by another version or with other keys: begin anew"
    )]
    OtherBundle,
    /// An unfinished bundle is not of the log as it is now.
    #[error(
        "the log does not have positions {first} to {last} as the unfinished bundle has them: begin anew"
    )]
    OtherHistory {
        /// The first.
        first: Position,
        /// The last.
        last: Position,
    },
    /// The bundle does not hold.
    #[error("the bundle is refused")]
    Refused(#[source] proof::bundle::Error),
    /// A fact that the program does not know.
    #[error("position {position}: a fact that cannot be read here, of the kind {kind}")]
    Unknown {
        /// Its position.
        position: Position,
        /// What it is called.
        kind: String,
        /// What is wrong.
        #[source]
        source: DecodeError,
    },
    /// A fact that no log takes.
    #[error("position {position}: not a fact that a log takes")]
    Outside {
        /// Its position.
        position: Position,
        /// The limit that is not kept.
        #[source]
        source: Invalid,
    },
    /// A fact of no stream of a pilot.
    #[error("position {position}: a fact of no stream of a pilot")]
    Stream {
        /// Its position.
        position: Position,
        /// The stream.
        #[source]
        source: events::BadStream,
    },
    /// A fact that is neither the first of a command nor of the one before it.
    #[error("position {position}: the fact belongs to no whole command")]
    NoCommand {
        /// Its position.
        position: Position,
    },
    /// An id that another fact or command has.
    #[error("position {position}: the id {id} is there before")]
    Twice {
        /// The later position.
        position: Position,
        /// The id.
        id: Uuid,
    },
    /// The bundle does not go on where the log here ends.
    #[error(
        "the bundle begins at position {first}, and the log here ends at {head}: bring over what is before it first"
    )]
    Gap {
        /// Where the bundle begins.
        first: Position,
        /// Where the log ends.
        head: Position,
    },
    /// What is before the bundle is another history than the one here.
    #[error("positions 1 to {last}: the log here has another history than the bundle continues")]
    OtherBefore {
        /// The position before the bundle's first.
        last: Position,
    },
    /// The log here has another fact.
    #[error("position {position}: the log here has another fact than the bundle")]
    Differs {
        /// The first that differs.
        position: Position,
    },
    /// The log here ends within a command, and the bundle goes on with it.
    #[error(
        "position {position}: only the beginning of its command is here, and a command is recorded whole"
    )]
    Continues {
        /// The first fact that is not here.
        position: Position,
    },
    /// The file was changed while it was read.
    #[error("position {position}: the bundle was changed since it was checked")]
    Changed {
        /// Where.
        position: Position,
    },
    /// After all, the log has another root than the bundle.
    #[error("the log here has another root at size {size} than the bundle")]
    Root {
        /// The size.
        size: Position,
    },
    /// The service failed.
    #[error("{0}")]
    App(#[source] crate::Error),
}

impl From<crate::Error> for Error {
    fn from(error: crate::Error) -> Self {
        Self::App(error)
    }
}

impl From<eventlog::Error> for Error {
    fn from(error: eventlog::Error) -> Self {
        Self::App(error.into())
    }
}

/// A position as the log counts.
fn place(position: u64) -> Position {
    Position::try_from(position).unwrap_or(Position::MAX)
}

/// A position of the log as bundles count.
fn count(position: Position) -> u64 {
    u64::try_from(position).unwrap_or_default()
}
