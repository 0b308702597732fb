//! The handle on a database with logs.

use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use proof::merkle::{Frontier, HASH_BYTES, Hash};
use serde::{Serialize, Serializer};
use sqlx::PgPool;
use uuid::Uuid;

use crate::{Error, POLL_INTERVAL, Source, queue::Writers, sql, subscribe::Bell};

/// Names a log. Logs share nothing: neither positions, nor streams, nor command ids.
pub type LogId = Uuid;

/// The place of a fact in its log: 1…n without gaps, in commit order. 0 is before the first.
pub type Position = i64;

/// The number of entries in a stream; 0 when the stream does not exist. The entry that made the
/// stream `n` long has version `n`.
pub type Version = i64;

/// How far a log has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Head {
    /// The log.
    pub log: LogId,
    /// The position of its last fact; 0 when it has none.
    pub position: Position,
    /// When its last fact was recorded; the log's creation when it has none.
    pub recorded_at: DateTime<Utc>,
    /// The root of the Merkle tree of its facts.
    #[serde(serialize_with = "as_text")]
    pub root: Hash,
}

fn as_text<S: Serializer>(hash: &Hash, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(hash)
}

/// What of the logs of one database a [`Source`] shows. It reads, and can do nothing else. Cheap to
/// clone; clones share one listening connection.
///
/// The listening connection is opened by the first [`Subscription`](crate::Subscription) that
/// waits, lives outside the pool, and is closed when the last clone and subscription is dropped.
#[derive(Debug, Clone)]
pub struct Reader {
    pub(crate) source: Source,
    pub(crate) bell: Arc<Bell>,
    pub(crate) poll: Duration,
}

impl Reader {
    /// The logs of the source's database, which must have been [migrated](crate::migrate).
    pub fn new(source: Source) -> Self {
        Self {
            source,
            bell: Arc::new(Bell::new()),
            poll: POLL_INTERVAL,
        }
    }

    /// The same logs seen through another source. What wakes the subscriptions of one wakes those of
    /// the other.
    #[must_use]
    pub fn through(&self, source: Source) -> Self {
        Self {
            source,
            ..self.clone()
        }
    }

    /// Where it gets its connections.
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// The logs that are seen, in order.
    ///
    /// # Errors
    /// Faults of the database.
    pub async fn ids(&self) -> Result<Vec<LogId>, Error> {
        let ids = sqlx::query_scalar(sql::IDS).fetch_all(&self.source);
        Ok(ids.await?)
    }

    /// The heads of all logs that are seen, ordered by log.
    ///
    /// # Errors
    /// Faults of the database.
    pub async fn logs(&self) -> Result<Vec<Head>, Error> {
        let rows: Vec<HeadRow> = sqlx::query_as(sql::HEADS).fetch_all(&self.source).await?;
        rows.into_iter().map(Head::try_from).collect()
    }

    /// The head of a log.
    ///
    /// # Errors
    /// [`Error::UnknownLog`], [`Error::Tree`], and faults of the database.
    pub async fn head(&self, log: LogId) -> Result<Head, Error> {
        self.head_row(log).await?.try_into()
    }

    pub(crate) async fn head_row(&self, log: LogId) -> Result<HeadRow, Error> {
        let row: Option<HeadRow> = sqlx::query_as(sql::HEAD)
            .bind(log)
            .fetch_optional(&self.source)
            .await?;
        row.ok_or(Error::UnknownLog { log })
    }
}

/// The logs of one database, to be read and added to. Cheap to clone; clones share the pool and the
/// queues of appends.
#[derive(Debug, Clone)]
pub struct EventLog {
    reader: Reader,
    pub(crate) pool: PgPool,
    pub(crate) writers: Arc<Writers>,
}

impl Deref for EventLog {
    type Target = Reader;

    fn deref(&self) -> &Reader {
        &self.reader
    }
}

impl EventLog {
    /// The logs of the pool's database, which must have been [migrated](crate::migrate).
    pub fn new(pool: PgPool) -> Self {
        Self {
            reader: Reader::new(Source::whole(pool.clone())),
            pool,
            writers: Arc::default(),
        }
    }

    /// The same logs, with another time than [`POLL_INTERVAL`] after which a subscription that
    /// heard nothing looks all the same.
    #[must_use]
    pub fn polling_every(mut self, poll: Duration) -> Self {
        self.reader.poll = poll;
        self
    }

    /// Creates an empty log.
    ///
    /// # Errors
    /// [`Error::LogExists`], and faults of the database.
    pub async fn create_log(&self, log: LogId) -> Result<(), Error> {
        if self.ensure_log(log).await? {
            Ok(())
        } else {
            Err(Error::LogExists { log })
        }
    }

    /// Creates an empty log unless it is there; returns whether it is new.
    ///
    /// # Errors
    /// Faults of the database.
    pub async fn ensure_log(&self, log: LogId) -> Result<bool, Error> {
        Ok(sqlx::query_scalar(sql::CREATE_LOG)
            .bind(log)
            .fetch_one(&self.pool)
            .await?)
    }
}

/// A head as it is stored.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct HeadRow {
    pub(crate) log_id: LogId,
    pub(crate) position: Position,
    pub(crate) recorded_at: DateTime<Utc>,
    frontier: Vec<u8>,
}

impl HeadRow {
    /// The log's Merkle tree, at its right edge.
    pub(crate) fn frontier(&self) -> Result<Frontier, Error> {
        frontier(self.position, &self.frontier).ok_or(Error::Tree { log: self.log_id })
    }
}

/// The right edge of a log's Merkle tree from what is stored: from the smallest subtree to the largest.
pub(crate) fn frontier(position: Position, stored: &[u8]) -> Option<Frontier> {
    let hashes = stored.rchunks(HASH_BYTES).flatten().copied();
    let size = u64::try_from(position).ok()?;
    Frontier::from_bytes(size, &hashes.collect::<Vec<u8>>()).ok()
}

impl TryFrom<HeadRow> for Head {
    type Error = Error;

    fn try_from(row: HeadRow) -> Result<Self, Error> {
        Ok(Self {
            log: row.log_id,
            position: row.position,
            recorded_at: row.recorded_at,
            root: row.frontier()?.root(),
        })
    }
}
