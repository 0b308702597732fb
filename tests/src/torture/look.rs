//! Reading a log as it grows, and holding each fact against all before it.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use anyhow::{Context, bail, ensure};
use chrono::{DateTime, Utc};
use eventlog::{EventLog, LogId, MAX_STREAMS_PER_READ, Position, READ_BATCH, Recorded, Version};
use uuid::Uuid;

/// What was seen of a log so far.
#[derive(Debug)]
pub(super) struct Look {
    pub(super) log: LogId,
    /// The last position.
    pub(super) last: Position,
    recorded_at: Option<DateTime<Utc>>,
    ids: HashSet<Uuid>,
    versions: HashMap<String, Version>,
    /// First and last position of every command.
    pub(super) commands: HashMap<Uuid, (Position, Position)>,
    /// What stands at each position, in short.
    prints: Vec<u64>,
}

impl Look {
    pub(super) fn new(log: LogId) -> Self {
        Self {
            log,
            last: 0,
            recorded_at: None,
            ids: HashSet::new(),
            versions: HashMap::new(),
            commands: HashMap::new(),
            prints: Vec::new(),
        }
    }

    /// Reads what is new, and fails at the first fact that cannot be.
    pub(super) async fn advance(&mut self, events: &EventLog) -> anyhow::Result<Vec<Recorded>> {
        let head = events.head(self.log).await.context("the head")?;
        ensure!(
            head.position >= self.last,
            "the log ended at position {}, and ends at {} now",
            self.last,
            head.position
        );
        let mut fresh = Vec::new();
        loop {
            let batch = events.read(self.log, self.last, READ_BATCH).await;
            let batch = batch.context("a page of the log")?;
            if batch.is_empty() {
                break;
            }
            for fact in batch {
                self.take(&fact)?;
                fresh.push(fact);
            }
        }
        ensure!(
            self.last == head.position,
            "the head stands at {}, the last fact at {}",
            head.position,
            self.last
        );
        if let Some(recorded_at) = self.recorded_at {
            ensure!(
                recorded_at == head.recorded_at,
                "the head's time {} is not the last fact's {recorded_at}",
                head.recorded_at
            );
        }
        Ok(fresh)
    }

    fn take(&mut self, fact: &Recorded) -> anyhow::Result<()> {
        let (position, command) = (fact.position, fact.command);
        ensure!(
            position == self.last + 1,
            "position {} is followed by {position}",
            self.last
        );
        if let Some(before) = self.recorded_at {
            ensure!(
                fact.recorded_at >= before,
                "position {position} was recorded at {}, the one before it at {before}",
                fact.recorded_at
            );
        }
        ensure!(
            self.ids.insert(fact.id),
            "position {position} has the id of an earlier fact: {fact:?}"
        );
        match self.commands.get_mut(&command) {
            None => drop(self.commands.insert(command, (position, position))),
            Some((_, last)) if *last == self.last && Some(fact.recorded_at) == self.recorded_at => {
                *last = position;
            }
            Some((first, last)) => bail!(
                "command {command} has the positions {first} to {last}, and {position} besides"
            ),
        }
        let version = self.entry(&fact.stream);
        ensure!(
            fact.version == version,
            "position {position} has version {} in stream {}, and should have {version}",
            fact.version,
            fact.stream
        );
        for stream in &fact.also {
            self.entry(stream);
        }
        self.prints.push(print(fact)?);
        self.last = position;
        self.recorded_at = Some(fact.recorded_at);
        Ok(())
    }

    fn entry(&mut self, stream: &str) -> Version {
        let version = self.versions.entry(stream.to_owned()).or_default();
        *version += 1;
        *version
    }

    /// Reads everything anew: it has to be what it was, and every stream as long as was counted.
    pub(super) async fn back(&self, events: &EventLog) -> anyhow::Result<()> {
        let mut after = 0;
        while after < self.last {
            let batch = events.read(self.log, after, READ_BATCH).await?;
            ensure!(!batch.is_empty(), "nothing follows position {after}");
            for (fact, before) in batch
                .iter()
                .zip(self.prints.iter().skip(usize::try_from(after)?))
            {
                ensure!(
                    print(fact)? == *before,
                    "position {} was something else: it is {fact:?} now",
                    fact.position
                );
            }
            after = batch.last().map_or(after, |last| last.position);
        }
        ensure!(after == self.last, "the log goes on to {after}");
        let names: Vec<String> = self.versions.keys().cloned().collect();
        for names in names.chunks(MAX_STREAMS_PER_READ) {
            for (stream, version) in events.versions(self.log, names).await? {
                let counted = self.versions.get(&stream).copied();
                ensure!(
                    counted == Some(version),
                    "stream {stream} is at version {version}, its entries are {counted:?}"
                );
            }
        }
        Ok(())
    }

    /// The log's own check.
    pub(super) async fn verify(&self, events: &EventLog) -> anyhow::Result<()> {
        let verification = events.verify(self.log).await.context("verifying")?;
        ensure!(
            verification.findings.is_empty(),
            "the log's own check finds: {:?}",
            verification.findings
        );
        ensure!(
            self.last == Position::try_from(verification.facts)?,
            "the log's own check counts {} facts, the last position is {}",
            verification.facts,
            self.last
        );
        Ok(())
    }
}

fn print(fact: &Recorded) -> anyhow::Result<u64> {
    let mut hasher = DefaultHasher::new();
    serde_json::to_string(fact)?.hash(&mut hasher);
    Ok(hasher.finish())
}
