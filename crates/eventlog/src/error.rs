//! What can go wrong, told apart by what the caller can do about it.

use std::sync::Arc;

use sqlx::migrate::MigrateError;
use uuid::Uuid;

use crate::{LogId, Position, Version};

/// SQLSTATE raised when somebody tries to change or remove what was recorded.
pub const SQLSTATE_IMMUTABLE: &str = "EL001";
/// SQLSTATE raised when somebody tries to move the head of a log backwards.
pub const SQLSTATE_HEAD_BACKWARDS: &str = "EL002";
/// SQLSTATE raised when facts are put back that are not what was recorded.
pub const SQLSTATE_NOT_RECORDED: &str = "EL003";
/// SQLSTATE raised when a checkpoint contradicts one that was kept.
pub const SQLSTATE_OTHER_CHECKPOINT: &str = "EL004";

/// Why the log did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A stream is not at the version the append was decided upon; nothing was appended.
    /// Read the streams again and decide again, under the same command id.
    #[error("stream {stream} was expected at version {expected} and is at {actual}")]
    Conflict {
        /// The first stream, in the order of [`Append::expected`](crate::Append::expected), that differs.
        stream: String,
        /// The version the caller saw.
        expected: Version,
        /// The version the stream has.
        actual: Version,
    },
    /// The command id was used before for something else; nothing was appended.
    #[error("command {command} was appended before with other content")]
    CommandReused {
        /// The command.
        command: Uuid,
    },
    /// The log has a fact with this id, from another command; nothing was appended.
    #[error("the log already has a fact with the id {id}")]
    FactExists {
        /// The id.
        id: Uuid,
    },
    /// There is no such log.
    #[error("there is no log {log}")]
    UnknownLog {
        /// The log asked for.
        log: LogId,
    },
    /// There is such a log already.
    #[error("there is a log {log} already")]
    LogExists {
        /// The log asked for.
        log: LogId,
    },
    /// What was asked is outside the limits; the database was not asked.
    #[error("outside the limits of the log: {0}")]
    Invalid(#[from] Invalid),
    /// A position that must be there is not: the log was tampered with. See
    /// [`Reader::verify`](crate::Reader::verify).
    #[error("log {log} has no position {missing}, but has later ones")]
    Gap {
        /// The log.
        log: LogId,
        /// The position that is not there.
        missing: Position,
    },
    /// What is stored of the log's Merkle tree is not whole: the log was tampered with. See
    /// [`Reader::verify`](crate::Reader::verify).
    #[error("the Merkle tree of log {log} is not whole")]
    Tree {
        /// The log.
        log: LogId,
    },
    /// A fact that is to be put back is not the one that was recorded: it was altered, or it does not
    /// follow the log's last fact.
    #[error("position {position} is not what was recorded, or does not follow the log's last fact")]
    NotRecorded {
        /// The first position for which that is so.
        position: Position,
    },
    /// The handle was told to [drain](crate::EventLog::drain): nothing was appended.
    #[error("the log takes nothing more in: this process is ending")]
    Draining,
    /// The database cannot be reached, is too busy, or gave the transaction up. Trying again later,
    /// under the same command id, is safe: whether an append got through is then answered by the log.
    #[error("the database is not available")]
    Unavailable(#[source] Arc<sqlx::Error>),
    /// Any other error of the database.
    #[error("the database refused")]
    Database(#[source] sqlx::Error),
    /// The roles the log needs are not there and this database user cannot set them up.
    #[error(
        "the database user may not set up the roles {}: give it CREATEROLE, or let an administrator \
         create them (nologin) and grant them to it",
        crate::ROLES.join(", ")
    )]
    Roles(#[source] sqlx::Error),
    /// The tables are of a form that was never released.
    #[error(
        "the database was made by an earlier version that was never released (its migration \
         {migration} is another): begin with a new database or data directory; `make clean` removes \
         the demonstration's"
    )]
    Former {
        /// The migration that is another.
        migration: i64,
    },
    /// The tables of the log could not be brought up to date; nothing was changed.
    #[error("the schema of the log could not be brought up to date")]
    Migration(#[source] Box<MigrateError>),
}

impl From<MigrateError> for Error {
    fn from(error: MigrateError) -> Self {
        match error {
            MigrateError::VersionMismatch(migration) => Self::Former { migration },
            other => Self::Migration(Box::new(other)),
        }
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        use sqlx::Error as E;
        let passing = match &error {
            E::Io(_) | E::Tls(_) | E::PoolTimedOut | E::PoolClosed | E::WorkerCrashed => true,
            // A connection cut in the middle of a message is reported as a broken protocol.
            E::Protocol(_) => true,
            // Classes: 08 connection, 40 transaction rolled back, 53 resources, 55P03 a lock not
            // had in time, 57 cancelled, shutting down or starting up.
            E::Database(database) => database.code().is_some_and(|code| {
                ["08", "40", "53", "55P03", "57"]
                    .iter()
                    .any(|class| code.starts_with(class))
            }),
            _ => false,
        };
        if passing {
            Self::Unavailable(Arc::new(error))
        } else {
            Self::Database(error)
        }
    }
}

/// A limit of the log that was not kept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Invalid {
    /// An append without facts.
    #[error("an append needs at least one fact")]
    NoFacts,
    /// More than [`MAX_FACTS_PER_APPEND`](crate::MAX_FACTS_PER_APPEND) facts.
    #[error("{count} facts in one append")]
    TooManyFacts {
        /// How many.
        count: usize,
    },
    /// More than [`MAX_EXPECTED_PER_APPEND`](crate::MAX_EXPECTED_PER_APPEND) expectations.
    #[error("{count} expected versions in one append")]
    TooManyExpected {
        /// How many.
        count: usize,
    },
    /// More than [`MAX_ALSO_PER_FACT`](crate::MAX_ALSO_PER_FACT) further streams.
    #[error("the fact {fact} is to be an entry of {count} further streams")]
    TooManyAlso {
        /// The fact.
        fact: Uuid,
        /// How many.
        count: usize,
    },
    /// More than [`MAX_STREAMS_PER_READ`](crate::MAX_STREAMS_PER_READ) streams in one read.
    #[error("{count} streams in one read")]
    TooManyStreams {
        /// How many.
        count: usize,
    },
    /// A stream's name is empty, longer than
    /// [`MAX_STREAM_NAME_BYTES`](crate::MAX_STREAM_NAME_BYTES), or has a character that is not
    /// visible ASCII.
    #[error("a stream cannot be called {stream:?}")]
    StreamName {
        /// The name.
        stream: String,
    },
    /// A stream is expected twice in one append.
    #[error("the stream {stream} is expected twice")]
    ExpectedTwice {
        /// The stream.
        stream: String,
    },
    /// An expected version below 0.
    #[error("the stream {stream} cannot be at version {version}")]
    ExpectedVersion {
        /// The stream.
        stream: String,
        /// The version.
        version: Version,
    },
    /// A fact is to be an entry of one stream twice.
    #[error("the fact {fact} names the stream {stream} twice")]
    AlsoTwice {
        /// The fact.
        fact: Uuid,
        /// The stream.
        stream: String,
    },
    /// Two facts of one append have the same id.
    #[error("two facts with the id {fact}")]
    IdTwice {
        /// The id.
        fact: Uuid,
    },
    /// A kind is empty, longer than [`MAX_KIND_BYTES`](crate::MAX_KIND_BYTES), or has a character
    /// that is not visible ASCII.
    #[error("a kind cannot be called {kind:?}")]
    Kind {
        /// The kind.
        kind: String,
    },
    /// An actor is empty, longer than [`MAX_ACTOR_BYTES`](crate::MAX_ACTOR_BYTES), or has a
    /// control character.
    #[error("the actor is empty, too long, or has a control character")]
    Actor,
    /// A digest is empty or longer than [`MAX_DIGEST_BYTES`](crate::MAX_DIGEST_BYTES).
    #[error("a digest of {bytes} bytes")]
    Digest {
        /// Its length.
        bytes: usize,
    },
    /// A date or time outside [`YEARS`](crate::YEARS).
    #[error("the fact {fact} has a date outside the years a log can hold")]
    Date {
        /// The fact.
        fact: Uuid,
    },
    /// A payload longer than [`MAX_PAYLOAD_BYTES`](crate::MAX_PAYLOAD_BYTES), as compact JSON.
    #[error("the payload of the fact {fact} has {bytes} bytes")]
    PayloadBytes {
        /// The fact.
        fact: Uuid,
        /// Its length.
        bytes: usize,
    },
    /// A payload nested deeper than [`MAX_PAYLOAD_DEPTH`](crate::MAX_PAYLOAD_DEPTH).
    #[error("the payload of the fact {fact} is nested too deep")]
    PayloadDepth {
        /// The fact.
        fact: Uuid,
    },
    /// A payload with a number beyond ±(2^53 − 1), which readers of JSON would not agree about.
    #[error(
        "the payload of the fact {fact} has a number at {pointer:?} that JSON cannot carry exactly"
    )]
    PayloadNumber {
        /// The fact.
        fact: Uuid,
        /// Where the number stands, as a JSON pointer.
        pointer: String,
    },
    /// A payload with a text or a key that has the character U+0000, which PostgreSQL cannot keep.
    #[error("the payload of the fact {fact} has the character U+0000")]
    PayloadNul {
        /// The fact.
        fact: Uuid,
    },
    /// A size that the log has not grown to.
    #[error("there is no size {size}: the log has {head} facts")]
    Size {
        /// The size asked for.
        size: Position,
        /// The size it could be at most.
        head: Position,
    },
    /// A position that is not among the first `size` facts.
    #[error("position {position} is not among the first {size} facts")]
    Position {
        /// The position.
        position: Position,
        /// The number of facts.
        size: Position,
    },
    /// A note that is no checkpoint, or not one of this log's history.
    #[error("this is no checkpoint of this log's history")]
    Checkpoint,
    /// Payloads of more than [`MAX_APPEND_BYTES`](crate::MAX_APPEND_BYTES) together.
    #[error("{bytes} bytes of payload in one append")]
    AppendBytes {
        /// Their length.
        bytes: usize,
    },
}
