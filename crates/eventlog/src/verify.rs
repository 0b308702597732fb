//! Looking whether a log is what it claims to be.

use std::fmt;

use chrono::{DateTime, Utc};
use futures_util::TryStreamExt;
use serde::Serialize;
use sqlx::{Acquire, PgConnection};
use uuid::Uuid;

use crate::{Error, EventLog, LogId, Position, Version, sql};

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
    /// A command's positions do not all hold facts of that command, recorded at its time.
    CommandRange {
        /// The command.
        command: Uuid,
        /// The first position of its range.
        first: Position,
        /// The last position of its range.
        last: Position,
        /// How many of its facts are there.
        facts: i64,
    },
    /// A fact whose command is not there, or does not cover its position.
    FactWithoutCommand {
        /// The fact's position.
        position: Position,
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
            Self::CommandRange {
                command,
                first,
                last,
                facts,
            } => write!(
                f,
                "positions {first} to {last}: only {facts} of them are facts of command {command}"
            ),
            Self::FactWithoutCommand { position } => {
                write!(
                    f,
                    "position {position}: its command is not there, or does not cover it"
                )
            }
        }
    }
}

impl EventLog {
    /// Reads a whole log, as it is at one moment, and reports everything that appends could not
    /// have brought about. Memory stays bounded; appends go on meanwhile.
    ///
    /// This finds damage and clumsy tampering. Whoever rewrites everything consistently is only
    /// found by proofs kept elsewhere.
    ///
    /// # Errors
    /// [`Error::UnknownLog`], and faults of the database.
    pub async fn verify(&self, log: LogId) -> Result<Verification, Error> {
        let mut conn = self.pool.acquire().await?;
        let mut tx = conn.begin().await?;
        // One snapshot for all questions.
        sqlx::query("set transaction isolation level repeatable read, read only")
            .execute(&mut *tx)
            .await?;
        let head: Option<(LogId, Position, DateTime<Utc>)> = sqlx::query_as(sql::HEAD)
            .bind(log)
            .fetch_optional(&mut *tx)
            .await?;
        let (_, position, recorded_at) = head.ok_or(Error::UnknownLog { log })?;
        let mut look = Look::new(log, position);
        look.positions(&mut tx, recorded_at).await?;
        look.versions(&mut tx).await?;
        look.links(&mut tx).await?;
        look.commands(&mut tx).await?;
        tx.rollback().await?;
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

    async fn positions(
        &mut self,
        conn: &mut PgConnection,
        head_recorded_at: DateTime<Utc>,
    ) -> Result<(), Error> {
        let mut rows = sqlx::query_as::<_, (Position, DateTime<Utc>)>(sql::VERIFY_POSITIONS)
            .bind(self.0.log)
            .persistent(false)
            .fetch(conn);
        let mut last: Option<(Position, DateTime<Utc>)> = None;
        while let Some((position, recorded_at)) = rows.try_next().await? {
            self.0.facts += 1;
            let (before, earlier) = last.map_or((0, None), |(at, time)| (at, Some(time)));
            if position != before + 1 {
                self.found(Finding::MissingPositions {
                    from: before + 1,
                    to: position - 1,
                });
            }
            if earlier.is_some_and(|earlier| recorded_at < earlier) {
                self.found(Finding::RecordedEarlier { position });
            }
            last = Some((position, recorded_at));
        }
        let head = self.0.position;
        match last {
            Some((position, recorded_at)) => {
                if position != head {
                    self.found(Finding::HeadPosition {
                        head,
                        last: position,
                    });
                } else if recorded_at != head_recorded_at {
                    self.found(Finding::HeadRecordedAt { position });
                }
            }
            None if head != 0 => self.found(Finding::HeadPosition { head, last: 0 }),
            None => {}
        }
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

    async fn commands(&mut self, conn: &mut PgConnection) -> Result<(), Error> {
        let mut rows = sqlx::query_as::<_, (Uuid, Position, Position, i64)>(sql::VERIFY_COMMANDS)
            .bind(self.0.log)
            .persistent(false)
            .fetch(&mut *conn);
        while let Some((command, first, last, facts)) = rows.try_next().await? {
            self.0.commands += 1;
            if facts != last - first + 1 {
                self.found(Finding::CommandRange {
                    command,
                    first,
                    last,
                    facts,
                });
            }
        }
        drop(rows);
        let mut rows = sqlx::query_scalar::<_, Position>(sql::VERIFY_FACT_WITHOUT_COMMAND)
            .bind(self.0.log)
            .persistent(false)
            .fetch(conn);
        while let Some(position) = rows.try_next().await? {
            self.found(Finding::FactWithoutCommand { position });
        }
        Ok(())
    }
}
