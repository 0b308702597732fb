//! Looking whether a log is what it claims to be.

use std::collections::BTreeMap;
use std::fmt;

use chrono::{DateTime, Utc};
use futures_util::TryStreamExt;
use proof::checkpoint::Checkpoint;
use proof::merkle::{Frontier, Hash};
use serde::Serialize;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::log::HeadRow;
use crate::scan::{self, Stored};
use crate::{Error, LogId, Position, Reader, Version, sql};

/// The most findings that are listed; further ones are only counted.
pub const MAX_FINDINGS: usize = 1_000;

/// What a look at a whole log found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Verification {
    /// The log.
    pub log: LogId,
    /// The position of its head.
    pub position: Position,
    /// How many facts there are.
    pub facts: u64,
    /// How many entries in further streams.
    pub links: u64,
    /// How many streams.
    pub streams: u64,
    /// How many commands.
    pub commands: u64,
    /// What is not as it must be; empty for a sound log. At most [`MAX_FINDINGS`].
    pub findings: Vec<Finding>,
    /// How many findings there were beyond those listed.
    pub unlisted: u64,
}

/// Something that cannot come about through appends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "finding", rename_all = "snake_case")]
pub enum Finding {
    /// Positions that are not there though later ones are, both ends included.
    MissingPositions {
        /// The first.
        from: Position,
        /// The last.
        to: Position,
    },
    /// The head does not stand at the last fact.
    HeadPosition {
        /// Where the head stands.
        head: Position,
        /// The last fact's position; 0 when there is none.
        last: Position,
    },
    /// The head's time is not that of the last fact.
    HeadRecordedAt {
        /// The last fact's position.
        position: Position,
    },
    /// A fact was recorded before the one at the position before it.
    RecordedEarlier {
        /// The fact's position.
        position: Position,
    },
    /// A stream's versions have a gap before this entry, or the version twice.
    StreamVersion {
        /// The entry's position.
        position: Position,
        /// The stream.
        stream: String,
        /// The version it should have.
        expected: Version,
        /// The version it has.
        actual: Version,
    },
    /// A stream's entry is at an earlier position than the entry before it.
    StreamOrder {
        /// The entry's position.
        position: Position,
        /// The stream.
        stream: String,
        /// Its version.
        version: Version,
    },
    /// An entry in a further stream, of a fact that is not there or does not name that stream.
    LinkWithoutFact {
        /// The position the entry points at.
        position: Position,
        /// The stream.
        stream: String,
    },
    /// A fact names a further stream that has no entry for it.
    FactWithoutLink {
        /// The fact's position.
        position: Position,
        /// The stream.
        stream: String,
    },
    /// A fact that begins a command does not follow a whole command, or one that does not begin a
    /// command is not of the command before it.
    Command {
        /// The fact's position.
        position: Position,
    },
    /// A command has another number of facts than its first fact says.
    CommandFacts {
        /// The position of its first fact.
        position: Position,
        /// How many it should have.
        expected: i64,
        /// How many it has.
        actual: i64,
    },
    /// A fact is not what was hashed when it was recorded: it, or its leaf, was changed.
    Leaf {
        /// The fact's position.
        position: Position,
    },
    /// A stored node of the Merkle tree is missing or is not what the leaves below it give, so it is
    /// not known which proofs were given.
    Node {
        /// The first position below the node.
        first: Position,
        /// The last position below it.
        last: Position,
    },
    /// A stored node of the Merkle tree that the log is too short for, or of a height that is not kept.
    NodeTooMany {
        /// Its height.
        height: i16,
        /// Its index at that height.
        index: i64,
    },
    /// The head's Merkle tree is not that of the facts.
    HeadTree {
        /// The head's position.
        position: Position,
    },
    /// A signed checkpoint has another root than the facts give: history up to there was rewritten
    /// after it was signed.
    Checkpoint {
        /// The number of facts it is about: something changed at or before this position.
        position: Position,
        /// The largest number of facts for which a checkpoint still holds: nothing changed up to here.
        holds_until: Position,
    },
    /// A checkpoint is about more facts than there are: the end of the log was cut off.
    CheckpointAhead {
        /// The number of facts it is about.
        size: Position,
    },
    /// What is kept as a checkpoint is none, or not of this log.
    CheckpointText {
        /// The number of facts it should be about.
        size: Position,
    },
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MissingPositions { from, to } if from == to => {
                write!(f, "position {from} is missing")
            }
            Self::MissingPositions { from, to } => {
                write!(f, "positions {from} to {to} are missing")
            }
            Self::HeadPosition { head, last } => {
                write!(
                    f,
                    "the head stands at position {head}, the last fact at {last}"
                )
            }
            Self::HeadRecordedAt { position } => {
                write!(
                    f,
                    "position {position}: the head's time is not that of this last fact"
                )
            }
            Self::RecordedEarlier { position } => {
                write!(f, "position {position}: recorded before the fact before it")
            }
            Self::StreamVersion {
                position,
                stream,
                expected,
                actual,
            } => write!(
                f,
                "position {position}: has version {actual} in stream {stream}, should have {expected}"
            ),
            Self::StreamOrder {
                position,
                stream,
                version,
            } => write!(
                f,
                "position {position}: version {version} of stream {stream} lies before an earlier version"
            ),
            Self::LinkWithoutFact { position, stream } => write!(
                f,
                "position {position}: stream {stream} has an entry for it, but there is no such fact, \
                 or it does not name that stream"
            ),
            Self::FactWithoutLink { position, stream } => {
                write!(
                    f,
                    "position {position}: names stream {stream}, which has no entry for it"
                )
            }
            Self::Command { position } => write!(
                f,
                "position {position}: begins a command where one is not finished, or belongs to none"
            ),
            Self::CommandFacts {
                position,
                expected,
                actual,
            } => write!(
                f,
                "position {position}: its command should have {expected} facts and has {actual}"
            ),
            Self::Leaf { position } => write!(
                f,
                "position {position}: the fact is not the one that was hashed when it was recorded"
            ),
            Self::Node { first, last } => write!(
                f,
                "positions {first} to {last}: the stored node of the Merkle tree above them is missing \
                 or another"
            ),
            Self::NodeTooMany { height, index } => write!(
                f,
                "the Merkle tree has a stored node at height {height}, index {index}, that it cannot have"
            ),
            Self::HeadTree { position } => write!(
                f,
                "the head at position {position} has another Merkle tree than the facts"
            ),
            Self::Checkpoint {
                position,
                holds_until,
            } => write!(
                f,
                "positions {} to {position}: not the history that the checkpoint of {position} facts was \
                 signed for",
                holds_until + 1
            ),
            Self::CheckpointAhead { size } => write!(
                f,
                "a checkpoint was signed for {size} facts, and there are fewer"
            ),
            Self::CheckpointText { size } => {
                write!(f, "what is kept as the checkpoint of {size} facts is none")
            }
        }
    }
}

impl Reader {
    /// Reads a whole log, as it is at one moment, and reports everything that appends could not
    /// have brought about. Memory stays bounded; appends go on meanwhile.
    ///
    /// Every fact is hashed again and held against its leaf, the Merkle tree, the head and all
    /// checkpoints that were signed. Whoever rewrites all of these consistently is only found by a
    /// checkpoint kept elsewhere.
    ///
    /// # Errors
    /// [`Error::UnknownLog`], and faults of the database.
    pub async fn verify(&self, log: LogId) -> Result<Verification, Error> {
        // One view for all questions.
        let mut tx = self.source.at_one_moment().await?;
        let head: Option<HeadRow> = sqlx::query_as(sql::HEAD)
            .bind(log)
            .fetch_optional(&mut *tx)
            .await?;
        let head = head.ok_or(Error::UnknownLog { log })?;
        let mut look = Look::new(log, head.position);
        look.facts(&mut tx, &head).await?;
        look.versions(&mut tx).await?;
        look.links(&mut tx).await?;
        Ok(look.0)
    }
}

struct Look(Verification);

impl Look {
    fn new(log: LogId, position: Position) -> Self {
        Self(Verification {
            log,
            position,
            facts: 0,
            links: 0,
            streams: 0,
            commands: 0,
            findings: Vec::new(),
            unlisted: 0,
        })
    }

    fn found(&mut self, finding: Finding) {
        if self.0.findings.len() < MAX_FINDINGS {
            self.0.findings.push(finding);
        } else {
            self.0.unlisted += 1;
        }
    }

    /// Reads all facts once, in order.
    async fn facts(&mut self, conn: &mut PgConnection, head: &HeadRow) -> Result<(), Error> {
        let mut tree = Tree::read(conn, self.0.log).await?;
        let mut history = History::default();
        let mut after = 0;
        loop {
            let (batch, last) =
                scan::range::<Stored>(conn, self.0.log, after, Position::MAX).await?;
            if batch.is_empty() {
                break;
            }
            after = last;
            for stored in batch {
                self.0.facts += 1;
                history.next(self, &stored);
                tree.next(self, stored);
            }
        }
        history.end(self, head);
        tree.end(self, head);
        Ok(())
    }

    async fn versions(&mut self, conn: &mut PgConnection) -> Result<(), Error> {
        let mut rows = sqlx::query_as::<_, (String, Version, Position)>(sql::VERIFY_VERSIONS)
            .bind(self.0.log)
            .persistent(false)
            .fetch(conn);
        let mut last: Option<(String, Version, Position)> = None;
        let mut entries = 0;
        while let Some((stream, actual, position)) = rows.try_next().await? {
            entries += 1;
            let before = last.take().filter(|(name, ..)| *name == stream);
            let (version, earlier) = before.map_or_else(
                || {
                    self.0.streams += 1;
                    (0, 0)
                },
                |(_, version, position)| (version, position),
            );
            if actual != version + 1 {
                self.found(Finding::StreamVersion {
                    position,
                    stream: stream.clone(),
                    expected: version + 1,
                    actual,
                });
            }
            if position <= earlier {
                self.found(Finding::StreamOrder {
                    position,
                    stream: stream.clone(),
                    version: actual,
                });
            }
            last = Some((stream, actual, position));
        }
        self.0.links = entries - self.0.facts;
        Ok(())
    }

    async fn links(&mut self, conn: &mut PgConnection) -> Result<(), Error> {
        let mut rows = sqlx::query_as::<_, (Position, String)>(sql::VERIFY_ALSO_WITHOUT_FACT)
            .bind(self.0.log)
            .persistent(false)
            .fetch(&mut *conn);
        while let Some((position, stream)) = rows.try_next().await? {
            self.found(Finding::LinkWithoutFact { position, stream });
        }
        drop(rows);
        let mut rows = sqlx::query_as::<_, (Position, String)>(sql::VERIFY_FACT_WITHOUT_ALSO)
            .bind(self.0.log)
            .persistent(false)
            .fetch(conn);
        while let Some((position, stream)) = rows.try_next().await? {
            self.found(Finding::FactWithoutLink { position, stream });
        }
        Ok(())
    }
}

/// What the facts so far say about the next.
#[derive(Default)]
struct History {
    last: Option<(Position, DateTime<Utc>)>,
    /// The command that is going on: its id, its first position, its time, how many facts it should
    /// have and how many there were.
    command: Option<(Uuid, Position, DateTime<Utc>, i64, i64)>,
}

impl History {
    fn next(&mut self, look: &mut Look, stored: &Stored) {
        let fact = &stored.fact;
        let (position, recorded_at) = (fact.position, fact.recorded_at);
        let (before, earlier) = self.last.map_or((0, None), |(at, time)| (at, Some(time)));
        if position != before + 1 {
            look.found(Finding::MissingPositions {
                from: before + 1,
                to: position - 1,
            });
        }
        if earlier.is_some_and(|earlier| recorded_at < earlier) {
            look.found(Finding::RecordedEarlier { position });
        }
        self.last = Some((position, recorded_at));
        self.command(look, stored);
    }

    fn command(&mut self, look: &mut Look, stored: &Stored) {
        let fact = &stored.fact;
        let position = fact.position;
        if let (Some(_), Some(facts)) = (&stored.digest, stored.command_facts) {
            self.close(look);
            look.0.commands += 1;
            self.command = Some((fact.command, position, fact.recorded_at, facts.into(), 1));
            return;
        }
        match &mut self.command {
            Some((command, _, at, expected, actual))
                if *command == fact.command
                    && *at == fact.recorded_at
                    && *actual < *expected
                    && stored.digest.is_none() =>
            {
                *actual += 1;
            }
            _ => look.found(Finding::Command { position }),
        }
    }

    fn close(&mut self, look: &mut Look) {
        if let Some((_, position, _, expected, actual)) = self.command.take()
            && expected != actual
        {
            look.found(Finding::CommandFacts {
                position,
                expected,
                actual,
            });
        }
    }

    fn end(mut self, look: &mut Look, head: &HeadRow) {
        self.close(look);
        match self.last {
            Some((last, recorded_at)) => {
                if last != head.position {
                    let head = head.position;
                    look.found(Finding::HeadPosition { head, last });
                } else if recorded_at != head.recorded_at {
                    look.found(Finding::HeadRecordedAt { position: last });
                }
            }
            None if head.position != 0 => look.found(Finding::HeadPosition {
                head: head.position,
                last: 0,
            }),
            None => {}
        }
    }
}

/// The Merkle tree of the facts so far, and what is stored of the log's.
struct Tree {
    frontier: Frontier,
    /// Stored nodes that were not met yet.
    nodes: BTreeMap<(u8, u64), Hash>,
    /// Signed checkpoints that were not met yet, by size.
    checkpoints: BTreeMap<Position, Option<Hash>>,
    holds_until: Position,
    /// Since a position is missing, the tree says nothing any more.
    broken: bool,
}

impl Tree {
    async fn read(conn: &mut PgConnection, log: LogId) -> Result<Self, Error> {
        let mut this = Self {
            frontier: Frontier::default(),
            nodes: BTreeMap::new(),
            checkpoints: BTreeMap::new(),
            holds_until: 0,
            broken: false,
        };
        let mut rows = sqlx::query_as::<_, (i16, i64, Vec<u8>)>(sql::VERIFY_NODES)
            .bind(log)
            .persistent(false)
            .fetch(&mut *conn);
        while let Some((height, index, hash)) = rows.try_next().await? {
            // What fits nowhere is kept under a key that is never met.
            let height = u8::try_from(height).unwrap_or(u8::MAX);
            let index = u64::try_from(index).unwrap_or(u64::MAX);
            let hash = hash.try_into().map_or(proof::merkle::EMPTY_ROOT, Hash);
            this.nodes.insert((height, index), hash);
        }
        drop(rows);
        let mut rows = sqlx::query_as::<_, (Position, String)>(sql::VERIFY_CHECKPOINTS)
            .bind(log)
            .persistent(false)
            .fetch(conn);
        while let Some((size, body)) = rows.try_next().await? {
            let checkpoint = Checkpoint::parse(&body).ok();
            let root = checkpoint.filter(|it| Position::try_from(it.size) == Ok(size));
            this.checkpoints.insert(size, root.map(|it| it.root));
        }
        Ok(this)
    }

    fn next(&mut self, look: &mut Look, stored: Stored) {
        let position = stored.fact.position;
        let leaf = stored.leaf;
        if stored.into_record().leaf() != leaf {
            look.found(Finding::Leaf { position });
        }
        self.broken |= u64::try_from(position).is_ok_and(|at| at != self.frontier.size() + 1);
        if self.broken {
            return;
        }
        let nodes = &mut self.nodes;
        self.frontier.push_stored(leaf, |node, hash| {
            if nodes.remove(&(node.height, node.index)) != Some(hash) {
                let leaves = node.leaves();
                look.found(Finding::Node {
                    first: place(leaves.start + 1),
                    last: place(leaves.end),
                });
            }
        });
        if let Some(root) = self.checkpoints.remove(&position) {
            self.checkpoint(look, position, root);
        }
    }

    fn checkpoint(&mut self, look: &mut Look, position: Position, root: Option<Hash>) {
        match root {
            None => look.found(Finding::CheckpointText { size: position }),
            Some(root) if root == self.frontier.root() => self.holds_until = position,
            Some(_) => look.found(Finding::Checkpoint {
                position,
                holds_until: self.holds_until,
            }),
        }
    }

    fn end(mut self, look: &mut Look, head: &HeadRow) {
        if let Some(root) = self.checkpoints.remove(&0)
            && root != Some(proof::merkle::EMPTY_ROOT)
        {
            look.found(Finding::CheckpointText { size: 0 });
        }
        if self.broken {
            return;
        }
        for (height, index) in self.nodes.into_keys() {
            let height = height.into();
            let index = place(index);
            look.found(Finding::NodeTooMany { height, index });
        }
        if head.frontier().ok().as_ref() != Some(&self.frontier) {
            let position = head.position;
            look.found(Finding::HeadTree { position });
        }
        for size in self.checkpoints.into_keys() {
            look.found(Finding::CheckpointAhead { size });
        }
    }
}

fn place(number: u64) -> Position {
    Position::try_from(number).unwrap_or(Position::MAX)
}
