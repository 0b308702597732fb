//! Putting a log back that a bundle has.

use std::collections::BTreeSet;
use std::io::BufRead;

use chrono::{DateTime, Utc};
use events::{Event, PilotId, Position, Stream};
use futures_util::TryStreamExt;
use proof::bundle::{Check, Header, Item, Kind, Line, Reader, Report, Trusted};
use proof::merkle::{self, Hash};
use proof::note::Note;
use proof::record::Record;
use uuid::Uuid;

use super::{Error, count, place};
use crate::{App, Database};

/// Facts that are put back in one transaction, at most; a command has no more.
pub const MAX_RESTORED_FACTS: usize = eventlog::MAX_FACTS_PER_APPEND;
/// Bytes of facts after which a transaction takes no further command.
pub const MAX_RESTORED_BYTES: usize = eventlog::MAX_APPEND_BYTES;

/// A bundle that was read whole: it holds, and this version knows every fact in it.
#[derive(Debug)]
pub struct Checked {
    /// What the check says.
    pub report: Report,
    header: Header,
    /// The leaf of each fact, from the first on: what is put back is what was checked.
    leaves: Vec<Hash>,
    checkpoints: Vec<Note>,
}

/// A bundle whose facts are in the log.
#[derive(Debug, Clone)]
pub struct Imported {
    /// The pilot.
    pub pilot: PilotId,
    /// How many facts of the bundle were there before.
    pub before: u64,
    /// How many were put back now.
    pub restored: u64,
    /// How many checkpoints are kept.
    pub checkpoints: u64,
    /// The sizes at which another checkpoint was kept before, which stays.
    pub other_checkpoints: Vec<u64>,
    /// Where the log ends.
    pub head: Position,
}

impl Checked {
    /// Reads a bundle from its start to its end.
    ///
    /// # Errors
    /// [`Error::Refused`], and whatever stands in the way of putting it back: [`Error::Unknown`],
    /// [`Error::Outside`], [`Error::Stream`], [`Error::NoCommand`], [`Error::Twice`].
    pub fn read(
        from: impl BufRead,
        trusted: Trusted,
        mut progress: impl FnMut(u64),
    ) -> Result<Self, Error> {
        let mut reader = Reader::new(from);
        let mut check = Check::new(trusted);
        let mut facts = Facts::default();
        let mut header = None;
        let mut checkpoints = Vec::new();
        let read = |error| Error::Refused(proof::bundle::Error::Read(error));
        while let Some(line) = reader.next().map_err(read)? {
            check.feed(&line).map_err(Error::Refused)?;
            match line.kind() {
                Some(Kind::Fact) => facts.next(&line),
                Some(Kind::Leaves) => progress(facts.leaves.len() as u64),
                _ => match line.item() {
                    Some(Item::Header(first)) => {
                        facts.position = first.first - 1;
                        header = Some(first);
                    }
                    Some(Item::Checkpoint { note, .. }) => checkpoints.extend(note.parse().ok()),
                    _ => {}
                },
            }
        }
        // That it holds is asked first: only then does it mean anything what a fact says.
        let report = check.finish().map_err(Error::Refused)?;
        let header = header.ok_or(Error::Refused(proof::bundle::Error::NotABundle))?;
        let leaves = facts.end(header.first)?;
        Ok(Self {
            report,
            header,
            leaves,
            checkpoints,
        })
    }

    /// The pilot whose log it is.
    #[must_use]
    pub fn pilot(&self) -> PilotId {
        PilotId(self.header.log)
    }
}

/// The facts of a bundle, as far as they can be put back.
#[derive(Debug, Default)]
struct Facts {
    position: u64,
    leaves: Vec<Hash>,
    /// Every fact's id, and every command's, with the position.
    ids: Vec<(Uuid, u64)>,
    commands: Vec<(Uuid, u64)>,
    command: Option<Command>,
    /// What was wrong first.
    error: Option<Error>,
}

/// A command that is going on.
#[derive(Debug)]
struct Command {
    id: Uuid,
    recorded_at: DateTime<Utc>,
    facts: usize,
}

impl Facts {
    fn next(&mut self, line: &Line<'_>) {
        self.position += 1;
        self.leaves.push(merkle::leaf(line.bytes));
        if self.error.is_some() {
            return;
        }
        // What is no record does not hold: the check tells more about it.
        if let Ok(record) = Record::parse(line.bytes) {
            self.error = self.look_at(&record).err();
        }
    }

    fn look_at(&mut self, record: &Record) -> Result<(), Error> {
        let position = place(self.position);
        self.ids.push((record.id, self.position));
        self.command(record, position)?;
        for stream in [&record.stream].into_iter().chain(&record.also) {
            let stream = stream.parse::<Stream>();
            stream.map_err(|source| Error::Stream { position, source })?;
        }
        let data = serde_json::from_str(&record.data).unwrap_or_default();
        let event = Event::decode(&record.kind, record.shape, data);
        event.map_err(|source| Error::Unknown {
            position,
            kind: record.kind.clone(),
            source,
        })?;
        let fits = eventlog::restorable(record);
        fits.map_err(|source| Error::Outside { position, source })
    }

    /// Facts of one command follow each other, the first one with the command's digest.
    fn command(&mut self, record: &Record, position: Position) -> Result<(), Error> {
        let (id, recorded_at) = (record.command, record.recorded_at);
        if record.digest.is_some() {
            self.commands.push((id, self.position));
            let facts = 1;
            self.command = Some(Command {
                id,
                recorded_at,
                facts,
            });
            return Ok(());
        }
        match &mut self.command {
            Some(command)
                if command.id == id
                    && command.recorded_at == recorded_at
                    && command.facts < MAX_RESTORED_FACTS =>
            {
                command.facts += 1;
                Ok(())
            }
            // The bundle may begin within a command: whether its beginning is here is asked later.
            None if position > 1 && self.leaves.len() == 1 => {
                let facts = 1;
                self.command = Some(Command {
                    id,
                    recorded_at,
                    facts,
                });
                Ok(())
            }
            _ => Err(Error::NoCommand { position }),
        }
    }

    fn end(self, first: u64) -> Result<Vec<Hash>, Error> {
        let twice = [self.ids, self.commands].into_iter().filter_map(repeated);
        let twice = twice.min_by_key(|(_, position)| *position);
        let error = match (self.error, twice) {
            (Some(error), _) => error,
            (None, Some((id, position))) => {
                let position = place(position);
                Error::Twice { position, id }
            }
            (None, None) => {
                debug_assert_eq!(self.position + 1 - first, self.leaves.len() as u64);
                return Ok(self.leaves);
            }
        };
        Err(error)
    }
}

/// The first id that was there before.
fn repeated(mut ids: Vec<(Uuid, u64)>) -> Option<(Uuid, u64)> {
    ids.sort_unstable();
    let twice = ids.windows(2).filter(|two| two[0].0 == two[1].0);
    twice
        .map(|two| two[1])
        .min_by_key(|(_, position)| *position)
}

impl App {
    /// Puts the facts of a bundle back, those that are not here yet, and keeps its checkpoints. `from`
    /// reads the bundle again, from its start.
    ///
    /// Whole commands are put back, batch by batch, each in a transaction of its own: what was begun
    /// can be gone on with. Nothing is written unless the bundle continues what is here. The read models
    /// are left as they are ([`App::catch_up`]).
    ///
    /// # Errors
    /// [`Error::Gap`], [`Error::OtherBefore`], [`Error::Differs`], [`Error::Continues`] when nothing
    /// was written; [`Error::Changed`], [`Error::Root`], faults.
    pub async fn import(
        &self,
        database: &Database,
        checked: &Checked,
        from: impl BufRead,
        mut progress: impl FnMut(u64),
    ) -> Result<Imported, Error> {
        let (log, size) = (checked.header.log, place(checked.header.size));
        let head = match self.log().head(log).await {
            Ok(head) => head.position,
            Err(eventlog::Error::UnknownLog { .. }) => 0,
            Err(fault) => return Err(fault.into()),
        };
        self.continues(checked, head).await?;
        let there = head.min(size);
        let before = count(there) + 1 - checked.header.first;
        let mut rest = Rest::new(checked, from, there)?;
        let mut batch = rest.next()?;
        if let Some((first, _)) = batch.first() {
            if first.digest.is_none() {
                let position = place(first.position);
                return Err(Error::Continues { position });
            }
            self.log().ensure_log(log).await?;
            let mut restorer = database.restorer().await?;
            let mut restored = before;
            while !batch.is_empty() {
                restorer.restore(log, &batch).await?;
                restored += batch.len() as u64;
                progress(restored);
                batch = rest.next()?;
            }
            restorer.close().await?;
        }
        if self.log().root(log, size).await? != checked.report.root {
            return Err(Error::Root { size });
        }
        let other_checkpoints = self.keep(checked).await?;
        Ok(Imported {
            pilot: checked.pilot(),
            before,
            restored: checked.leaves.len() as u64 - before,
            checkpoints: checked.checkpoints.len() as u64,
            other_checkpoints,
            head: head.max(size),
        })
    }

    /// Whether the bundle goes on from where the log is, or is part of it.
    async fn continues(&self, checked: &Checked, head: Position) -> Result<(), Error> {
        let Header { log, first, .. } = checked.header;
        let first = place(first);
        if first > head + 1 {
            return Err(Error::Gap { first, head });
        }
        let last = first - 1;
        if last > 0 && self.log().root(log, last).await? != checked.header.root_before() {
            return Err(Error::OtherBefore { last });
        }
        let end = head.min(place(checked.header.size));
        let mut position = first;
        let mut facts = self.log().stored(log, last, end);
        let mut leaves = checked.leaves.iter();
        while let Some(batch) = facts.try_next().await? {
            for stored in batch {
                let (at, kept) = (stored.fact.position, stored.leaf);
                let leaf = leaves.next();
                if at != position
                    || leaf != Some(&kept)
                    || leaf != Some(&stored.into_record().leaf())
                {
                    return Err(Error::Differs { position });
                }
                position += 1;
            }
        }
        if position <= end {
            return Err(Error::Differs { position });
        }
        Ok(())
    }

    /// Keeps the checkpoints; the sizes that have another one.
    async fn keep(&self, checked: &Checked) -> Result<Vec<u64>, Error> {
        let mut others = BTreeSet::new();
        for note in &checked.checkpoints {
            match self.log().keep_checkpoint(checked.header.log, note).await {
                Ok(()) => {}
                Err(eventlog::Error::Database(refused)) if is_other(&refused) => {
                    let checkpoint = proof::checkpoint::Checkpoint::of(note);
                    others.extend(checkpoint.ok().map(|checkpoint| checkpoint.size));
                }
                Err(fault) => return Err(fault.into()),
            }
        }
        Ok(others.into_iter().collect())
    }
}

/// Another checkpoint of the size is kept: its root is the same, so it is of another installation.
fn is_other(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|error| error.code());
    code.is_some_and(|code| code == eventlog::SQLSTATE_OTHER_CHECKPOINT)
}

/// The facts of a bundle that are yet to be put back, in batches of whole commands.
struct Rest<'a, R> {
    checked: &'a Checked,
    reader: Reader<R>,
    /// The position that was read last.
    position: Position,
    /// What was read after the last batch.
    begun: Vec<(Record, Hash)>,
}

impl<'a, R: BufRead> Rest<'a, R> {
    fn new(checked: &'a Checked, from: R, after: Position) -> Result<Self, Error> {
        let mut rest = Self {
            checked,
            reader: Reader::new(from),
            position: place(checked.header.first) - 1,
            begun: Vec::new(),
        };
        while rest.position < after {
            rest.line()?;
        }
        Ok(rest)
    }

    /// The next fact's bytes; none after the last.
    fn line(&mut self) -> Result<Option<Vec<u8>>, Error> {
        if self.position >= place(self.checked.header.size) {
            return Ok(None);
        }
        self.position += 1;
        let position = self.position;
        while let Some(line) = self.reader.next().map_err(Error::Read)? {
            if line.kind() == Some(Kind::Fact) {
                return Ok(Some(line.bytes.to_vec()));
            }
        }
        Err(Error::Changed { position })
    }

    fn fact(&mut self) -> Result<Option<(Record, Hash)>, Error> {
        let Some(bytes) = self.line()? else {
            return Ok(None);
        };
        let position = self.position;
        let changed = || Error::Changed { position };
        let place = position - place(self.checked.header.first);
        let place = usize::try_from(place).map_err(|_| changed())?;
        let leaf = *self.checked.leaves.get(place).ok_or_else(changed)?;
        if merkle::leaf(&bytes) != leaf {
            return Err(changed());
        }
        let record = Record::parse(&bytes).map_err(|_| changed())?;
        Ok(Some((record, leaf)))
    }

    /// The next commands, not more than fit; empty at the end.
    fn next(&mut self) -> Result<Vec<(Record, Hash)>, Error> {
        let mut batch = std::mem::take(&mut self.begun);
        let mut bytes: usize = batch.iter().map(|(record, _)| record.data.len()).sum();
        // Where the last command of the batch begins.
        let mut command = 0;
        while let Some(fact) = self.fact()? {
            let begins = fact.0.digest.is_some();
            if begins && (batch.len() >= MAX_RESTORED_FACTS || bytes >= MAX_RESTORED_BYTES) {
                self.begun.push(fact);
                return Ok(batch);
            }
            if batch.len() >= MAX_RESTORED_FACTS {
                self.begun = batch.split_off(command);
                self.begun.push(fact);
                return Ok(batch);
            }
            if begins {
                command = batch.len();
            }
            bytes += fact.0.data.len();
            batch.push(fact);
        }
        Ok(batch)
    }
}
