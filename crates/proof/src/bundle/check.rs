//! Finding out whether a bundle holds.

use std::{collections::BTreeSet, io::BufRead};

use chrono::{DateTime, Utc};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::{
    End, Error, Footer, Header, Item, Kind, LEAVES_EVERY, Leaves, Line, LineFault, PositionFault,
    RangeFault, Reader, RootOf,
};
use crate::{
    Position,
    checkpoint::{self, Checkpoint, Verified},
    merkle::{self, Frontier, Hash},
    note::{Note, VerifierKey},
    record::Record,
};

/// What the outsider knows from elsewhere, and measures the bundle by.
#[derive(Debug, Clone, Default)]
pub struct Trusted {
    /// The keys the log signs with. Without any, the keys in the bundle have to do; with any, every
    /// checkpoint must be signed by one of these, and there must be one.
    pub keys: Vec<VerifierKey>,
    /// Witnesses: each must have cosigned at least one of the checkpoints.
    pub witnesses: Vec<VerifierKey>,
    /// Checkpoints that were kept from earlier: history must still lead through them.
    pub held: Vec<Note>,
}

/// What a bundle holds, all of it in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The log.
    pub log: Uuid,
    /// The origin of its checkpoints.
    pub origin: String,
    /// The position of the first fact.
    pub first: Position,
    /// The position of the last fact.
    pub size: u64,
    /// How many facts there are.
    pub facts: u64,
    /// How many schemas there are.
    pub schemas: u64,
    /// The root over all facts up to the last.
    pub root: Hash,
    /// How many checkpoints of the bundle were checked.
    pub checkpoints: u64,
    /// The largest size that is signed, by a checkpoint of the bundle or a held one; 0 when nothing is.
    /// What comes after it, nobody has vouched for yet.
    pub signed: u64,
    /// Who has signed the checkpoints.
    pub signers: Vec<Signer>,
    /// The witnesses that have cosigned, each with the largest size.
    pub witnesses: Vec<Witness>,
    /// The sizes of the held checkpoints that history leads through.
    pub held: Vec<u64>,
    /// The sizes of the held checkpoints from before the bundle begins, which it says nothing about.
    pub held_before: Vec<u64>,
}

/// A key that has signed checkpoints.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signer {
    /// The key.
    pub key: VerifierKey,
    /// Whether it is the outsider's own; otherwise, only the bundle says that it is the log's.
    pub trusted: bool,
}

/// A witness that has cosigned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Witness {
    /// Its key.
    pub key: VerifierKey,
    /// The largest size it has cosigned.
    pub size: u64,
    /// When it did, as it says.
    pub at: DateTime<Utc>,
}

/// Checks a whole bundle.
///
/// # Errors
/// What is wrong first: see [`Check`].
pub fn check<R: BufRead>(mut reader: Reader<R>, trusted: Trusted) -> Result<Report, Error> {
    let mut check = Check::new(trusted);
    while let Some(line) = reader.next().map_err(Error::Read)? {
        check.feed(&line)?;
    }
    check.finish()
}

/// Checks a bundle, line by line.
///
/// A fact that was altered shows only against the next leaf list. So a fault is kept back until that
/// list has shown whether an earlier fact is wrong: what is told is the first position that is.
///
/// The leaf hashes are kept, 32 bytes a fact: the checkpoints, for whatever size they are, come last.
#[derive(Debug)]
pub struct Check {
    trusted: Trusted,
    keys: Vec<VerifierKey>,
    stage: Stage,
    digest: Sha256,
    line: u64,
    header: Header,
    frontier: Frontier,
    /// The leaves of all facts so far.
    leaves: Vec<Hash>,
    /// How many of them were compared with a leaf list.
    listed: usize,
    /// The line of the first fact that was not.
    unlisted_line: u64,
    pending: Option<Pending>,
    recorded_at: Option<DateTime<Utc>>,
    /// The held checkpoints that are yet to come to, the next one last.
    held: Vec<Checkpoint>,
    /// The sizes at which the tree has the root it should have.
    sound: BTreeSet<u64>,
    /// The tree at the last checkpoint of the bundle.
    replayed: Frontier,
    checkpoint_size: Option<u64>,
    report: Report,
}

/// What was read last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Nothing,
    Schemas,
    Facts,
    Checkpoints,
    Footer,
}

/// A fault that waits for the next leaf list.
#[derive(Debug)]
struct Pending {
    error: Error,
    /// The position at which it was found.
    at: Position,
    /// The hash of the line it was found in.
    leaf: Option<Hash>,
}

impl Check {
    /// Before the first line.
    #[must_use]
    pub fn new(trusted: Trusted) -> Self {
        let header = Header {
            log: Uuid::nil(),
            origin: String::new(),
            first: 1,
            frontier: Frontier::default(),
            size: 0,
            vkeys: Vec::new(),
        };
        Self {
            trusted,
            keys: Vec::new(),
            stage: Stage::Nothing,
            digest: Sha256::new(),
            line: 0,
            frontier: Frontier::default(),
            leaves: Vec::new(),
            listed: 0,
            unlisted_line: 0,
            pending: None,
            recorded_at: None,
            held: Vec::new(),
            sound: BTreeSet::new(),
            replayed: Frontier::default(),
            checkpoint_size: None,
            report: Report {
                log: header.log,
                origin: String::new(),
                first: header.first,
                size: header.size,
                facts: 0,
                schemas: 0,
                root: merkle::EMPTY_ROOT,
                checkpoints: 0,
                signed: 0,
                signers: Vec::new(),
                witnesses: Vec::new(),
                held: Vec::new(),
                held_before: Vec::new(),
            },
            header,
        }
    }

    /// Takes the next line in. After an error, nothing more is to be fed.
    ///
    /// # Errors
    /// What is wrong first.
    pub fn feed(&mut self, line: &Line<'_>) -> Result<(), Error> {
        self.line = line.number;
        match (self.stage, line.end) {
            (Stage::Footer, _) => {
                let line = line.number;
                return Err(Error::AfterFooter { line });
            }
            (_, End::LineFeed) => {}
            (_, End::CutOff) => return Err(self.cut_off()),
            (_, End::TooLong) => {
                let error = self.line_error(line.kind().unwrap_or(Kind::Fact), LineFault::TooLong);
                return Err(self.pending_or(error));
            }
        }
        if self.stage == Stage::Nothing {
            return self.header(line);
        }
        match line.kind() {
            Some(Kind::Schema) if self.stage == Stage::Schemas => self.schema(line),
            Some(Kind::Leaves) if self.stage < Stage::Checkpoints => self.leaves(line),
            Some(Kind::Checkpoint) => self.checkpoint(line),
            Some(Kind::Footer) => self.footer(line),
            // Whatever stands where a fact belongs is one that was damaged.
            Some(Kind::Fact) | None if self.wants_fact() || self.pending.is_some() => {
                self.fact(line);
                Ok(())
            }
            Some(Kind::Fact) | None if self.wants_leaves() => {
                Err(self.line_error(Kind::Leaves, LineFault::Missing))
            }
            Some(Kind::Fact) => Err(Error::Position {
                position: self.frontier.size() + 1,
                line: line.number,
                why: PositionFault::Beyond,
            }),
            Some(kind) => {
                let error = self.line_error(kind, LineFault::Unexpected);
                Err(self.pending_or(error))
            }
            // After the facts, there is nothing else that it can have been.
            None => Err(self.line_error(Kind::Checkpoint, LineFault::Malformed)),
        }
    }

    /// After the last line.
    ///
    /// # Errors
    /// What is wrong first.
    pub fn finish(mut self) -> Result<Report, Error> {
        match self.stage {
            Stage::Nothing => return Err(Error::NotABundle),
            Stage::Footer => {}
            _ => return Err(self.cut_off()),
        }
        let mut report = self.report;
        if !self.trusted.keys.is_empty() && report.signed == 0 && report.size > 0 {
            return Err(Error::Unsigned);
        }
        for witness in &self.trusted.witnesses {
            if !report.witnesses.iter().any(|seen| seen.key == *witness) {
                let name = witness.name().to_owned();
                return Err(Error::Unwitnessed { name });
            }
        }
        report.root = self.frontier.root();
        Ok(report)
    }

    fn header(&mut self, line: &Line<'_>) -> Result<(), Error> {
        if !line.bytes.starts_with(b"{\"bundle\":\"inrete-bundle/1\"") {
            return Err(Error::NotABundle);
        }
        let Some(Item::Header(header)) = line.item() else {
            return Err(self.line_error(Kind::Header, LineFault::Malformed));
        };
        self.digest(line);
        self.stage = Stage::Schemas;
        self.frontier = header.frontier.clone();
        self.replayed = header.frontier.clone();
        self.keys = if self.trusted.keys.is_empty() {
            header.vkeys.clone()
        } else {
            self.trusted.keys.clone()
        };
        self.report.log = header.log;
        self.report.origin.clone_from(&header.origin);
        self.report.first = header.first;
        self.report.size = header.size;
        self.header = header;
        self.hold()?;
        self.reach_held()
    }

    /// Looks at the held checkpoints, before any fact is.
    fn hold(&mut self) -> Result<(), Error> {
        for note in std::mem::take(&mut self.trusted.held) {
            let held = |why| Error::Held {
                size: Checkpoint::of(&note).ok().map(|checkpoint| checkpoint.size),
                why,
            };
            let verified = self.verify(&note).map_err(held)?;
            if verified.checkpoint.size < self.header.first - 1 {
                self.report.held_before.push(verified.checkpoint.size);
                continue;
            }
            if verified.checkpoint.size <= self.header.size {
                self.signed(&verified);
            }
            self.held.push(verified.checkpoint);
        }
        self.held.sort_by_key(|held| std::cmp::Reverse(held.size));
        Ok(())
    }

    /// Compares the tree with the held checkpoints of its size.
    fn reach_held(&mut self) -> Result<(), Error> {
        let size = self.frontier.size();
        while let Some(held) = self.held.pop_if(|held| held.size == size) {
            if held.root != self.frontier.root() {
                return Err(self.root_error(RootOf::Held, size));
            }
            self.sound.insert(size);
            self.report.held.push(size);
        }
        Ok(())
    }

    fn schema(&mut self, line: &Line<'_>) -> Result<(), Error> {
        if line.item().is_none() {
            return Err(self.line_error(Kind::Schema, LineFault::Malformed));
        }
        self.digest(line);
        self.report.schemas += 1;
        Ok(())
    }

    fn wants_fact(&self) -> bool {
        self.stage < Stage::Checkpoints
            && self.frontier.size() < self.header.size
            && !self.wants_leaves()
    }

    fn wants_leaves(&self) -> bool {
        let size = self.frontier.size();
        self.listed < self.leaves.len()
            && (size.is_multiple_of(LEAVES_EVERY) || size == self.header.size)
    }

    /// A fact that is wrong is not taken in; nor is any after it.
    fn fact(&mut self, line: &Line<'_>) {
        self.stage = Stage::Facts;
        if self.pending.is_some() {
            return;
        }
        if self.listed == self.leaves.len() {
            self.unlisted_line = line.number;
        }
        let leaf = merkle::leaf(line.bytes);
        let at = self.frontier.size() + 1;
        if let Err((position, why)) = self.look_at(line.bytes, leaf, at) {
            let error = Error::Position {
                position,
                line: line.number,
                why,
            };
            let leaf = Some(leaf);
            self.pending = Some(Pending { error, at, leaf });
            return;
        }
        self.leaves.push(leaf);
        self.frontier.push(leaf);
        if let Err(error) = self.reach_held() {
            let leaf = None;
            let at = at + 1;
            self.pending = Some(Pending { error, at, leaf });
        }
    }

    fn look_at(
        &mut self,
        bytes: &[u8],
        leaf: Hash,
        at: Position,
    ) -> Result<(), (Position, PositionFault)> {
        let record = Record::parse(bytes).map_err(|error| (at, error.into()))?;
        if record.log != self.header.log {
            let log = record.log;
            return Err((at, PositionFault::OtherLog { log }));
        }
        let says = record.position;
        if says > at {
            let found = Some(says);
            return Err((at, PositionFault::Missing { found }));
        }
        if says < at {
            let index = says.checked_sub(self.header.first);
            let before = index.and_then(|index| self.leaves.get(usize::try_from(index).ok()?));
            if before == Some(&leaf) {
                return Err((says, PositionFault::Twice));
            }
            return Err((at, PositionFault::OutOfOrder { says }));
        }
        if self
            .recorded_at
            .is_some_and(|before| record.recorded_at < before)
        {
            let at_time = record.recorded_at;
            return Err((at, PositionFault::TimeBackwards { at: at_time }));
        }
        self.recorded_at = Some(record.recorded_at);
        Ok(())
    }

    fn leaves(&mut self, line: &Line<'_>) -> Result<(), Error> {
        if self.pending.is_none() && !self.wants_leaves() {
            if self.frontier.size() == self.header.size {
                return Err(self.line_error(Kind::Leaves, LineFault::Unexpected));
            }
            let at = self.frontier.size() + 1;
            let error = Error::Position {
                position: at,
                line: line.number,
                why: PositionFault::Missing { found: None },
            };
            let leaf = None;
            self.pending = Some(Pending { error, at, leaf });
        }
        let Some(Item::Leaves(list)) = line.item() else {
            let error = self.line_error(Kind::Leaves, LineFault::Malformed);
            return Err(self.pending_or(error));
        };
        let unlisted = &self.leaves[self.listed..];
        let first = self.frontier.size() + 1 - unlisted.len() as u64;
        if list.first == first {
            let altered = (first..)
                .zip(self.unlisted_line..)
                .zip(unlisted.iter().zip(&list.hashes))
                .find(|(_, (leaf, listed))| leaf != listed);
            if let Some(((position, line), _)) = altered {
                let why = PositionFault::Altered;
                return Err(Error::Position {
                    position,
                    line,
                    why,
                });
            }
        }
        if let Some(pending) = self.pending.take() {
            return Err(pending.seen(&list));
        }
        if list.first != first || list.hashes.len() != unlisted.len() {
            return Err(self.line_error(Kind::Leaves, LineFault::OtherFacts));
        }
        self.listed = self.leaves.len();
        Ok(())
    }

    /// All facts are there, and listed.
    fn facts_done(&mut self) -> Result<(), Error> {
        if let Some(pending) = self.pending.take() {
            return Err(pending.error);
        }
        if self.wants_leaves() {
            return Err(self.line_error(Kind::Leaves, LineFault::Missing));
        }
        let (first, last) = (self.frontier.size() + 1, self.header.size);
        if first <= last {
            let why = RangeFault::Missing;
            return Err(Error::Positions { first, last, why });
        }
        Ok(())
    }

    fn checkpoint(&mut self, line: &Line<'_>) -> Result<(), Error> {
        self.facts_done()?;
        self.stage = Stage::Checkpoints;
        let root_error = |check: &Self, size| check.root_error(RootOf::Checkpoint, size);
        let error = |why| Error::Line {
            line: line.number,
            kind: Kind::Checkpoint,
            why,
        };
        let Some(Item::Checkpoint { size, note }) = line.item() else {
            return Err(error(LineFault::Malformed));
        };
        self.digest(line);
        let note = note
            .parse::<Note>()
            .map_err(|why| error(checkpoint::Error::from(why).into()))?;
        let verified = self.verify(&note).map_err(error)?;
        let says = verified.checkpoint.size;
        if says != size {
            return Err(error(LineFault::OtherSize { size: says }));
        }
        if size > self.header.size {
            return Err(error(LineFault::Future { size }));
        }
        if self.checkpoint_size.is_some_and(|before| size < before) {
            return Err(error(LineFault::Descending));
        }
        if size < self.replayed.size() {
            return Err(error(LineFault::Past { size }));
        }
        self.checkpoint_size = Some(size);
        let upto = usize::try_from(size + 1 - self.header.first).unwrap_or(usize::MAX);
        let from = usize::try_from(self.replayed.size() + 1 - self.header.first);
        for leaf in &self.leaves[from.unwrap_or(usize::MAX)..upto] {
            self.replayed.push(*leaf);
        }
        if self.replayed.root() != verified.checkpoint.root {
            return Err(root_error(self, size));
        }
        self.sound.insert(size);
        self.signed(&verified);
        self.report.checkpoints += 1;
        Ok(())
    }

    fn footer(&mut self, line: &Line<'_>) -> Result<(), Error> {
        self.facts_done()?;
        let error = |why| Error::Line {
            line: line.number,
            kind: Kind::Footer,
            why,
        };
        let Some(Item::Footer(Footer { digest, root, size })) = line.item() else {
            return Err(error(LineFault::Malformed));
        };
        if size != self.header.size {
            return Err(error(LineFault::Size));
        }
        if digest.0 != <[u8; 32]>::from(self.digest.finalize_reset()) {
            return Err(error(LineFault::Digest));
        }
        if root != self.frontier.root() {
            if size == 0 || self.sound.contains(&size) {
                return Err(error(LineFault::Root));
            }
            return Err(self.root_error(RootOf::Footer, size));
        }
        // Held checkpoints that were never reached.
        if let Some(held) = self.held.first() {
            let (first, last) = (size + 1, held.size);
            let why = RangeFault::Missing;
            return Err(Error::Positions { first, last, why });
        }
        self.report.facts = self.leaves.len() as u64;
        self.stage = Stage::Footer;
        Ok(())
    }

    /// A note, by the keys that count, of this log.
    fn verify(&self, note: &Note) -> Result<Verified, LineFault> {
        let verified = checkpoint::verify(note, &self.keys, &self.trusted.witnesses)?;
        if verified.checkpoint.origin != self.header.origin {
            let origin = verified.checkpoint.origin;
            return Err(LineFault::Origin { origin });
        }
        Ok(verified)
    }

    /// Takes down who has signed.
    fn signed(&mut self, verified: &Verified) {
        let size = verified.checkpoint.size;
        let trusted = !self.trusted.keys.is_empty();
        self.report.signed = self.report.signed.max(size);
        for key in &verified.signed_by {
            if !self.report.signers.iter().any(|signer| signer.key == *key) {
                let key = key.clone();
                self.report.signers.push(Signer { key, trusted });
            }
        }
        for checkpoint::Witnessed { witness, at } in &verified.witnessed {
            let seen = self.report.witnesses.iter_mut();
            match seen.into_iter().find(|seen| seen.key == *witness) {
                Some(seen) if seen.size > size => {}
                Some(seen) => (seen.size, seen.at) = (size, *at),
                None => self.report.witnesses.push(Witness {
                    key: witness.clone(),
                    size,
                    at: *at,
                }),
            }
        }
    }

    fn digest(&mut self, line: &Line<'_>) {
        self.digest.update(line.bytes);
        self.digest.update(b"\n");
    }

    fn line_error(&self, kind: Kind, why: LineFault) -> Error {
        let line = self.line;
        Error::Line { line, kind, why }
    }

    /// The facts after the largest size at which all was well, up to the one at which it is not.
    fn root_error(&self, of: RootOf, size: u64) -> Error {
        let first = self
            .sound
            .range(..size)
            .next_back()
            .map_or(1, |sound| sound + 1);
        let (last, why) = (size, RangeFault::Root { of, size });
        Error::Positions { first, last, why }
    }

    fn cut_off(&mut self) -> Error {
        let error = Error::CutOff {
            line: self.line,
            position: self.frontier.size(),
        };
        self.pending_or(error)
    }

    fn pending_or(&mut self, error: Error) -> Error {
        self.pending.take().map_or(error, |pending| pending.error)
    }
}

impl Pending {
    /// The fault, once the leaf list is there that may tell more about it.
    fn seen(self, list: &Leaves) -> Error {
        let listed = |position: Position| {
            let index = usize::try_from(position.checked_sub(list.first)?).ok()?;
            list.hashes.get(index).copied()
        };
        let Self { error, at, leaf } = self;
        let Error::Position { line, ref why, .. } = error else {
            return error;
        };
        let (Some(own), Some(leaf)) = (listed(at), leaf) else {
            return error;
        };
        let position = |why| Error::Position {
            position: at,
            line,
            why,
        };
        match why {
            // A fact that the log has at another place was moved or repeated, not altered.
            PositionFault::Missing { found: Some(says) }
                if listed(*says).is_none_or(|listed| listed == leaf) =>
            {
                error
            }
            PositionFault::Twice => error,
            _ if own != leaf => position(PositionFault::Altered),
            _ => error,
        }
    }
}
