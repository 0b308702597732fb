//! Writing a log down.

use std::fmt;
use std::io::{self, BufRead, Write};

use eventlog::Stored;
use events::{CATALOGUE, PilotId, Position};
use futures_util::TryStreamExt;
use proof::bundle::{Check, End, Header, Kind, Reader, Trusted, Writer};
use proof::checkpoint::Checkpoint;
use proof::merkle::{self, Frontier, Hash};
use proof::note::Note;
use serde_json::{Value, json};

use super::{Error, count, place};
use crate::{App, Unprovable};

/// Damage of a log that is listed; more is counted.
pub const MAX_DAMAGE: usize = 100;

/// A bundle that is to be written: which facts, and what comes before them.
#[derive(Debug, Clone)]
pub struct Export {
    pilot: PilotId,
    header: Header,
    /// The schemas of all facts, and the code lists that they name.
    schemas: Vec<Value>,
    /// The header's and the schemas' lines.
    start: Vec<u8>,
}

/// How far a bundle was written: up to a leaf list.
#[derive(Debug, Clone)]
pub struct Unfinished {
    /// How many bytes of it hold; what comes after them is to be cut off.
    pub bytes: u64,
    /// The tree over all facts up to there.
    frontier: Frontier,
}

/// A bundle that was written.
#[derive(Debug)]
pub struct Exported {
    /// How many facts are in it, with those that an unfinished one had.
    pub facts: u64,
    /// The root in its footer.
    pub root: Hash,
    /// How many checkpoints are in it.
    pub checkpoints: u64,
    /// How many kept checkpoints are not: another installation signed them, before the log was brought
    /// over from there.
    pub foreign: u64,
    /// What is wrong with the log, of what was seen on the way; at most [`MAX_DAMAGE`]. A log that is
    /// damaged gets no new signature.
    pub damage: Vec<Damage>,
    /// How much more was seen.
    pub unlisted: u64,
    /// Why an undamaged log was not signed.
    pub unsigned: Option<Unprovable>,
}

/// Something wrong with a log that is written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Damage {
    /// Facts that are not there.
    Missing {
        /// The first.
        first: Position,
        /// The last.
        last: Position,
    },
    /// A fact that is not the one that was hashed when it was recorded.
    Altered {
        /// Its position.
        position: Position,
    },
    /// The facts do not have the root that was signed.
    Signed {
        /// The size that was signed.
        size: Position,
    },
    /// The facts do not have the root that the log keeps.
    Root {
        /// The size.
        size: Position,
    },
    /// What the log keeps of its tree, or of its checkpoints, is not whole.
    Tree,
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { first, last } if first == last => {
                write!(f, "position {first} is missing from the log")
            }
            Self::Missing { first, last } => {
                write!(f, "positions {first} to {last} are missing from the log")
            }
            Self::Altered { position } => write!(
                f,
                "position {position}: the fact is not the one that was hashed when it was recorded"
            ),
            Self::Signed { size } => write!(
                f,
                "the facts have another root at size {size} than the checkpoint that was signed"
            ),
            Self::Root { size } => {
                write!(
                    f,
                    "the facts have another root at size {size} than the log keeps"
                )
            }
            Self::Tree => f.write_str("what the log keeps of its tree or checkpoints is not whole"),
        }
    }
}

impl App {
    /// The bundle of a pilot's facts from `first` (1 when not given) to `size` (the head when not
    /// given).
    ///
    /// # Errors
    /// [`crate::Error::BeyondHead`], [`Error::NoRange`], [`Error::WithinCommand`], no keys, faults.
    pub async fn export(
        &self,
        pilot: PilotId,
        first: Option<Position>,
        size: Option<Position>,
    ) -> Result<Export, Error> {
        let head = self.log().head(pilot.0).await?.position;
        let (first, size) = (first.unwrap_or(1), size.unwrap_or(head));
        if size > head {
            let position = size;
            return Err(crate::Error::BeyondHead { position, head }.into());
        }
        if first < 1 || size < first {
            return Err(Error::NoRange { first, size });
        }
        for end in [first - 1, size] {
            let last = self.end_of_command(pilot, end, head).await?;
            if last != end {
                let first = self.start_of_command(pilot, end).await?;
                return Err(Error::WithinCommand { first, last });
            }
        }
        let keys = self.keys()?;
        let header = Header {
            log: pilot.0,
            origin: keys.origin(pilot.0),
            first: count(first),
            frontier: self.log().frontier(pilot.0, first - 1).await?,
            size: count(size),
            vkeys: keys.vkeys(pilot.0),
        };
        Export::new(pilot, header).map_err(Error::Write)
    }

    /// The last position of the command that the fact at a position belongs to; `head` is where the log
    /// ends.
    ///
    /// # Errors
    /// Faults of the log.
    pub async fn end_of_command(
        &self,
        pilot: PilotId,
        position: Position,
        head: Position,
    ) -> Result<Position, Error> {
        let mut last = position;
        while last < head {
            let next = self.log().stored_at(pilot.0, last + 1).await?;
            // Where a fact is missing, nothing is known of commands.
            if next.is_none_or(|next| next.digest.is_some()) {
                break;
            }
            last += 1;
        }
        Ok(last)
    }

    async fn start_of_command(
        &self,
        pilot: PilotId,
        position: Position,
    ) -> Result<Position, Error> {
        let mut first = position;
        while first > 1 {
            let fact = self.log().stored_at(pilot.0, first).await?;
            if fact.is_none_or(|fact| fact.digest.is_some()) {
                break;
            }
            first -= 1;
        }
        Ok(first)
    }
}

impl Export {
    fn new(pilot: PilotId, header: Header) -> io::Result<Self> {
        let schema = |shape: &events::Shape| json!({"kind": shape.kind, "shape": shape.number, "schema": (shape.schema)()});
        // The schemas only name the lists that their codes are of.
        let codes = |list: events::codes::Listing| json!({"codeList": list});
        let lists = events::codes::all().into_iter().map(codes);
        let mut export = Self {
            pilot,
            header,
            schemas: CATALOGUE.iter().map(schema).chain(lists).collect(),
            start: Vec::new(),
        };
        let mut start = Vec::new();
        export.begin(&mut start)?;
        export.start = start;
        Ok(export)
    }

    fn begin<W: Write>(&self, to: W) -> io::Result<Writer<W>> {
        let mut writer = Writer::new(to, &self.header)?;
        for schema in &self.schemas {
            writer.schema(schema)?;
        }
        Ok(writer)
    }

    /// Its first line.
    #[must_use]
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// Where to begin when nothing was written.
    #[must_use]
    pub fn anew(&self) -> Unfinished {
        let frontier = self.header.frontier.clone();
        Unfinished { bytes: 0, frontier }
    }

    /// How far an unfinished bundle, read from its start, is one of this: every line is looked at, and
    /// the facts must be the log's.
    ///
    /// # Errors
    /// [`Error::OtherBundle`], [`Error::OtherHistory`], [`Error::Read`], faults of the log.
    pub async fn resume(&self, app: &App, from: impl BufRead) -> Result<Unfinished, Error> {
        let unfinished = self.holding(from)?;
        let (first, last) = (place(self.header.first), place(unfinished.frontier.size()));
        if app.log().root(self.pilot.0, last).await? != unfinished.frontier.root() {
            return Err(Error::OtherHistory { first, last });
        }
        Ok(unfinished)
    }

    fn holding(&self, from: impl BufRead) -> Result<Unfinished, Error> {
        let mut holds = self.anew();
        let mut reader = Reader::new(from);
        let mut check = Check::new(Trusted::default());
        let mut frontier = self.header.frontier.clone();
        let mut start = &self.start[..];
        let mut bytes = 0;
        while let Some(line) = reader.next().map_err(Error::Read)? {
            if !start.is_empty() {
                let Some(rest) = start.strip_prefix(line.bytes) else {
                    return Err(Error::OtherBundle);
                };
                if line.end != End::LineFeed {
                    break;
                }
                start = rest.strip_prefix(b"\n").ok_or(Error::OtherBundle)?;
            }
            bytes += line.bytes.len() as u64 + 1;
            if check.feed(&line).is_err() {
                break;
            }
            match line.kind() {
                Some(Kind::Header | Kind::Schema) if start.is_empty() => holds.bytes = bytes,
                Some(Kind::Fact) => frontier.push(merkle::leaf(line.bytes)),
                Some(Kind::Leaves) => {
                    let frontier = frontier.clone();
                    holds = Unfinished { bytes, frontier };
                }
                Some(Kind::Checkpoint | Kind::Footer) => break,
                _ => {}
            }
        }
        Ok(holds)
    }

    /// Writes what comes after `unfinished`; `to` stands there.
    ///
    /// # Errors
    /// [`Error::Write`], faults of the log. What is wrong with the log is no error.
    pub async fn write<W: Write>(
        &self,
        app: &App,
        unfinished: Unfinished,
        to: W,
        mut progress: impl FnMut(u64),
    ) -> Result<Exported, Error> {
        let behind = if unfinished.bytes == 0 {
            0
        } else {
            self.start.len()
        };
        let mut writer = self.begin(Rest { to, behind }).map_err(Error::Write)?;
        let log = self.pilot.0;
        let mut look = Look::new(self, unfinished.frontier, &kept(app, log).await?);
        let size = place(self.header.size);
        let mut facts = app.log().stored(log, look.last, size);
        while let Some(batch) = facts.try_next().await? {
            for stored in batch {
                look.fact(&mut writer, stored).map_err(Error::Write)?;
            }
            progress(look.facts);
        }
        look.missing(size + 1);
        let root = look.root(app, log, size).await?;
        let mut unsigned = None;
        let mut fresh = None;
        if look.damage.is_empty() {
            match app.checkpoint(self.pilot, Some(size)).await {
                Ok(note) => fresh = Some(note),
                Err(crate::Error::Unprovable(Unprovable::Contradicted { size })) => {
                    look.found(Damage::Signed { size: place(size) });
                }
                Err(crate::Error::Unprovable(why)) => unsigned = Some(why),
                Err(fault) => return Err(fault.into()),
            }
        }
        let (checkpoints, foreign) = self.checkpoints(app, &mut writer, fresh).await?;
        writer.finish(root).map_err(Error::Write)?;
        Ok(Exported {
            facts: look.facts,
            root,
            checkpoints,
            foreign,
            damage: look.damage,
            unlisted: look.unlisted,
            unsigned,
        })
    }

    /// Writes the checkpoints that were kept of the range, and the one of its end that was signed now.
    async fn checkpoints<W: Write>(
        &self,
        app: &App,
        writer: &mut Writer<W>,
        fresh: Option<Note>,
    ) -> Result<(u64, u64), Error> {
        let kept = kept(app, self.pilot.0).await?;
        let (mut written, mut foreign, mut signed) = (0, 0, false);
        for note in kept.iter().flatten() {
            let Ok(Checkpoint { origin, size, .. }) = Checkpoint::of(note) else {
                continue;
            };
            if size + 1 < self.header.first || size > self.header.size {
                continue;
            }
            if origin != self.header.origin {
                foreign += 1;
                continue;
            }
            signed |= size == self.header.size;
            let written_down = writer.checkpoint(size, &note.to_string());
            written_down.map_err(Error::Write)?;
            written += 1;
        }
        if let Some(note) = fresh.filter(|_| !signed) {
            let written_down = writer.checkpoint(self.header.size, &note.to_string());
            written_down.map_err(Error::Write)?;
            written += 1;
        }
        Ok((written, foreign))
    }
}

/// The checkpoints that were kept; none when what is kept is none.
async fn kept(app: &App, log: eventlog::LogId) -> Result<Option<Vec<Note>>, Error> {
    match app.log().checkpoints(log).await {
        Ok(notes) => Ok(Some(notes)),
        Err(eventlog::Error::Tree { .. }) => Ok(None),
        Err(fault) => Err(fault.into()),
    }
}

/// What is seen of a log on the way.
struct Look {
    /// The position that was seen last.
    last: Position,
    facts: u64,
    frontier: Frontier,
    /// Since a fact is missing, the tree says nothing any more.
    broken: bool,
    /// The checkpoints that are yet to come to, the next one last.
    signed: Vec<Checkpoint>,
    damage: Vec<Damage>,
    unlisted: u64,
}

impl Look {
    fn new(export: &Export, frontier: Frontier, kept: &Option<Vec<Note>>) -> Self {
        let size = frontier.size();
        let notes = kept.iter().flatten().map(Checkpoint::of);
        let readable: Option<Vec<Checkpoint>> = notes.map(Result::ok).collect();
        let whole = kept.is_some() && readable.is_some();
        let mut signed = readable.unwrap_or_default();
        signed.retain(|checkpoint| checkpoint.size > size);
        signed.sort_by_key(|checkpoint| std::cmp::Reverse(checkpoint.size));
        let mut look = Self {
            last: place(size),
            facts: size + 1 - export.header.first,
            frontier,
            broken: false,
            signed,
            damage: Vec::new(),
            unlisted: 0,
        };
        if !whole {
            look.found(Damage::Tree);
        }
        look
    }

    fn found(&mut self, damage: Damage) {
        if self.damage.len() < MAX_DAMAGE {
            self.damage.push(damage);
        } else {
            self.unlisted += 1;
        }
    }

    fn fact<W: Write>(&mut self, writer: &mut Writer<W>, stored: Stored) -> io::Result<()> {
        let (position, leaf) = (stored.fact.position, stored.leaf);
        self.missing(position);
        self.last = position;
        self.facts += 1;
        let mut record = stored.into_record().bytes();
        if merkle::leaf(&record) != leaf {
            self.found(Damage::Altered { position });
            // A payload that somebody wrote by hand; a line it has to be all the same.
            for byte in &mut record {
                if *byte == b'\n' {
                    *byte = b' ';
                }
            }
        }
        if !self.broken {
            self.frontier.push(leaf);
            let size = self.frontier.size();
            while let Some(signed) = self.signed.pop_if(|signed| signed.size == size) {
                if signed.root != self.frontier.root() {
                    self.found(Damage::Signed { size: position });
                }
            }
        }
        writer.fact(count(position), &record, leaf)
    }

    /// The facts before `next`, if they were not seen.
    fn missing(&mut self, next: Position) {
        let (first, last) = (self.last + 1, next - 1);
        if first <= last {
            self.broken = true;
            self.found(Damage::Missing { first, last });
        }
    }

    /// The root that the log keeps; that of the facts when it keeps none.
    async fn root(
        &mut self,
        app: &App,
        log: eventlog::LogId,
        size: Position,
    ) -> Result<Hash, Error> {
        let own = self.frontier.root();
        let kept = match app.log().root(log, size).await {
            Ok(root) => root,
            Err(eventlog::Error::Tree { .. }) => {
                self.found(Damage::Tree);
                return Ok(own);
            }
            Err(fault) => return Err(fault.into()),
        };
        let head = app.log().head(log).await?;
        let of_head = if head.position == size {
            head.root
        } else {
            kept
        };
        if !self.broken && (kept != own || of_head != own) {
            self.found(Damage::Root { size });
        }
        Ok(of_head)
    }
}

/// Writes what comes after the bytes that are there already.
struct Rest<W> {
    to: W,
    behind: usize,
}

impl<W: Write> Write for Rest<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.behind > 0 {
            let there = self.behind.min(bytes.len());
            self.behind -= there;
            return Ok(there);
        }
        self.to.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}
