//! Comparing a bundle with one that was kept from before.

use std::{
    fmt,
    io::{self, BufRead},
};

use super::{End, Header, Item, Kind, Reader};
use crate::{
    Position,
    merkle::{Frontier, Hash, leaf},
};

/// How far history has grown since the earlier bundle. Nothing of what both have differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Growth {
    /// The size of the log in the earlier bundle.
    pub old: u64,
    /// Its size in the later one.
    pub new: u64,
}

/// Which of two bundles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// The one that was kept.
    Earlier,
    /// The one that is compared with it.
    Later,
}

/// Why a bundle does not continue an earlier one.
#[derive(Debug, thiserror::Error)]
pub enum CompareError {
    /// One of them could not be read.
    #[error("the {0} bundle cannot be read")]
    Read(Which, #[source] io::Error),
    /// One of them is none.
    #[error("the {0} bundle has no header: it is not one")]
    NotABundle(Which),
    /// They are of different logs.
    #[error("the earlier bundle is of another log")]
    OtherLog,
    /// A fact was changed.
    #[error("position {position}: the earlier bundle has another record there")]
    Differs {
        /// The first that differs.
        position: Position,
    },
    /// Facts went missing from the end.
    #[error("positions {first} to {last} are missing: the earlier bundle has them")]
    Missing {
        /// The first that is missing.
        first: Position,
        /// The last one the earlier bundle has.
        last: Position,
    },
    /// One bundle starts later than the other, and what it says of the facts before differs.
    #[error("positions 1 to {last}: not all of them are what they were in the earlier bundle")]
    Before {
        /// The last of the range in which something differs.
        last: Position,
    },
    /// There are facts between the two bundles that neither has.
    #[error("nothing can be compared: neither bundle has the positions {first} to {last}")]
    Apart {
        /// The first that is in neither.
        first: Position,
        /// The last that is in neither.
        last: Position,
    },
}

impl fmt::Display for Which {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Earlier => "earlier",
            Self::Later => "later",
        })
    }
}

/// Whether the later bundle has all that the earlier one has, unchanged. The facts are compared byte by
/// byte, in their order; that each bundle holds in itself is for [`check`](super::check()) to say.
///
/// # Errors
/// The first position that differs, or what stands in the way of comparing.
pub fn compare<A: BufRead, B: BufRead>(
    old: Reader<A>,
    new: Reader<B>,
) -> Result<Growth, CompareError> {
    let mut old = Facts::open(old, Which::Earlier)?;
    let mut new = Facts::open(new, Which::Later)?;
    let growth = Growth {
        old: old.header.size,
        new: new.header.size,
    };
    if (old.header.log, &old.header.origin) != (new.header.log, &new.header.origin) {
        return Err(CompareError::OtherLog);
    }
    // Where one starts later, the other shows whether it says the same about what was before.
    let start = old.header.first.max(new.header.first);
    for (facts, end) in [
        (old.header.first, growth.old),
        (new.header.first, growth.new),
    ] {
        if facts < start && end < start - 1 {
            let (first, last) = (end + 1, start - 1);
            return Err(CompareError::Apart { first, last });
        }
    }
    if old.root_before(start)? != new.root_before(start)? {
        let last = start - 1;
        return Err(CompareError::Before { last });
    }
    for position in start.. {
        match (old.next()?, new.next()?) {
            (Some(one), Some(other)) if one == other => {}
            (Some(_), Some(_)) => return Err(CompareError::Differs { position }),
            (Some(_), None) => {
                let (first, last) = (position, growth.old.max(position));
                return Err(CompareError::Missing { first, last });
            }
            (None, _) => break,
        }
    }
    Ok(growth)
}

/// The facts of a bundle, in their order.
struct Facts<R> {
    which: Which,
    reader: Reader<R>,
    header: Header,
}

impl<R: BufRead> Facts<R> {
    fn open(mut reader: Reader<R>, which: Which) -> Result<Self, CompareError> {
        let line = reader
            .next()
            .map_err(|error| CompareError::Read(which, error))?;
        match line.and_then(|line| line.item()) {
            Some(Item::Header(header)) => Ok(Self {
                which,
                reader,
                header,
            }),
            _ => Err(CompareError::NotABundle(which)),
        }
    }

    /// The root before a position, from the header and the facts up to it.
    fn root_before(&mut self, position: Position) -> Result<Hash, CompareError> {
        let mut frontier: Frontier = self.header.frontier.clone();
        while frontier.size() + 1 < position {
            let Some(record) = self.next()? else { break };
            frontier.push(leaf(record));
        }
        Ok(frontier.root())
    }

    fn next(&mut self) -> Result<Option<&[u8]>, CompareError> {
        let which = self.which;
        // Found first and borrowed after: a borrow that may be returned from within a loop would be
        // held by its next round.
        loop {
            let line = self.reader.next();
            let line = line.map_err(|error| CompareError::Read(which, error))?;
            let Some(line) = line.filter(|line| line.end == End::LineFeed) else {
                return Ok(None);
            };
            match line.kind() {
                Some(Kind::Checkpoint | Kind::Footer) => return Ok(None),
                Some(Kind::Header | Kind::Schema | Kind::Leaves) => {}
                // What looks like nothing is a fact that was damaged.
                Some(Kind::Fact) | None => break,
            }
        }
        Ok(Some(self.reader.last()))
    }
}
