//! Why a bundle is refused.

use std::{fmt, io};

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{Kind, MAX_LINE_BYTES};
use crate::{Position, checkpoint, record::RecordError};

/// Why a bundle is refused.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It could not be read.
    #[error("the bundle cannot be read")]
    Read(#[source] io::Error),
    /// It does not start like a bundle.
    #[error("not a bundle: the first line is not the header of one")]
    NotABundle,
    /// A line that is no fact is wrong.
    #[error("line {line}, {kind}: {why}")]
    Line {
        /// Which, from 1.
        line: u64,
        /// What it is, or what should stand there.
        kind: Kind,
        /// What is wrong.
        why: LineFault,
    },
    /// A fact is wrong: the first one that is.
    #[error("position {position} (line {line}): {why}")]
    Position {
        /// Which.
        position: Position,
        /// The line it stands in, or should.
        line: u64,
        /// What is wrong.
        why: PositionFault,
    },
    /// Facts are wrong, and it cannot be told more exactly which.
    #[error("positions {first} to {last}: {why}")]
    Positions {
        /// The first of the range.
        first: Position,
        /// The last of the range.
        last: Position,
        /// What is wrong.
        why: RangeFault,
    },
    /// The bundle ends before its footer.
    #[error("the bundle is cut off after line {line} (position {position})")]
    CutOff {
        /// The last line.
        line: u64,
        /// The last position that was read whole.
        position: Position,
    },
    /// There is more after the footer.
    #[error("line {line}: there are bytes after the footer")]
    AfterFooter {
        /// The line after the footer.
        line: u64,
    },
    /// A checkpoint that was kept from earlier is not one of this log.
    #[error("the held checkpoint{}: {why}", .size.map_or_else(String::new, |size| format!(" at size {size}")))]
    Held {
        /// The size it is for, when it can be read.
        size: Option<u64>,
        /// What is wrong.
        why: LineFault,
    },
    /// The outsider brought keys, and nothing is signed.
    #[error("nothing in the bundle is signed: it has no checkpoint")]
    Unsigned,
    /// A witness has cosigned no checkpoint.
    #[error("the witness {name} has cosigned no checkpoint")]
    Unwitnessed {
        /// Its name.
        name: String,
    },
}

/// What can be wrong with a line that is no fact.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LineFault {
    /// It is not exactly what is written there: not canonical, or a value is not of its kind.
    #[error("it is not in its canonical form")]
    Malformed,
    /// It is longer than any line may be.
    #[error("it is longer than {MAX_LINE_BYTES} bytes")]
    TooLong,
    /// It does not belong here.
    #[error("it does not belong here")]
    Unexpected,
    /// It should stand here, and does not.
    #[error("it is missing here")]
    Missing,
    /// A leaf list is for other facts than those before it.
    #[error("it is not for the facts before it")]
    OtherFacts,
    /// A checkpoint is none, or not signed as it should be.
    #[error(transparent)]
    Checkpoint(#[from] checkpoint::Error),
    /// A checkpoint is of another log.
    #[error("it is of the origin {origin:?}, not of this log")]
    Origin {
        /// The origin it has.
        origin: String,
    },
    /// A checkpoint is for another size than its line says.
    #[error("it is for size {size}, not for the one the line says")]
    OtherSize {
        /// The size it is for.
        size: u64,
    },
    /// A checkpoint is for a size the bundle does not reach.
    #[error("it is for size {size}, which the bundle does not reach")]
    Future {
        /// The size it is for.
        size: u64,
    },
    /// A checkpoint is for a size before the bundle begins.
    #[error("it is for size {size}, which is before the bundle begins")]
    Past {
        /// The size it is for.
        size: u64,
    },
    /// A checkpoint is for a smaller size than the one before it.
    #[error("it is for a smaller size than the one before it")]
    Descending,
    /// The footer's digest is another.
    #[error(
        "the digest is not that of the header, schemas and checkpoints: one of them was altered"
    )]
    Digest,
    /// The footer's size is another.
    #[error("the size is not that of the header")]
    Size,
    /// The footer's root is another, though a signed checkpoint vouches for all facts.
    #[error("the root is not that of the facts")]
    Root,
}

/// What can be wrong with a fact.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PositionFault {
    /// The line is not a record.
    #[error("{0}")]
    Record(#[from] RecordError),
    /// The record's hash is not the leaf.
    #[error("altered: the record does not hash to the leaf that is listed for it")]
    Altered,
    /// The fact is not there.
    #[error("missing{}", .found.map_or_else(String::new, |found| format!(": position {found} stands in its place")))]
    Missing {
        /// The position that stands there instead.
        found: Option<Position>,
    },
    /// The same fact again.
    #[error("there twice")]
    Twice,
    /// An earlier position is said to be here.
    #[error("out of order: the record here says that it is at position {says}")]
    OutOfOrder {
        /// The position the record says.
        says: Position,
    },
    /// Recorded before the fact before it.
    #[error("recorded at {at}, before the fact before it")]
    TimeBackwards {
        /// When it says it was recorded.
        at: DateTime<Utc>,
    },
    /// A fact of another log.
    #[error("it is a fact of another log, {log}")]
    OtherLog {
        /// The log it says.
        log: Uuid,
    },
    /// A fact after the last.
    #[error("it is beyond the size of the bundle")]
    Beyond,
}

/// What can be wrong with a range of facts.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RangeFault {
    /// They are not there.
    #[error("missing")]
    Missing,
    /// The tree over them has another root.
    #[error("altered: their root is not that of the {of} at size {size}")]
    Root {
        /// What has another root.
        of: RootOf,
        /// The size it is for.
        size: u64,
    },
}

/// What the root of a tree is measured by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RootOf {
    /// A checkpoint the outsider has kept.
    Held,
    /// A checkpoint of the bundle.
    Checkpoint,
    /// The footer of the bundle.
    Footer,
}

impl fmt::Display for RootOf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Held => "held checkpoint",
            Self::Checkpoint => "bundle's checkpoint",
            Self::Footer => "footer",
        })
    }
}

impl Error {
    /// The first position that is wrong, when it is known.
    #[must_use]
    pub fn position(&self) -> Option<Position> {
        match self {
            Self::Position { position, .. } => Some(*position),
            _ => None,
        }
    }

    /// The narrowest range of positions that is wrong, when it is known.
    #[must_use]
    pub fn positions(&self) -> Option<(Position, Position)> {
        match self {
            Self::Position { position, .. } => Some((*position, *position)),
            Self::Positions { first, last, .. } => Some((*first, *last)),
            _ => None,
        }
    }
}
