//! The handle on a database with logs.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use proof::merkle::{Frontier, HASH_BYTES, Hash};
use serde::{Serialize, Serializer};
use sqlx::PgPool;
use uuid::Uuid;

use crate::{Error, POLL_INTERVAL, queue::Writers, sql, subscribe::Bell};

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

/// The logs of one database. Cheap to clone; clones share the pool, the queues of
/// appends, and one listening connection.
///
/// The listening connection is opened by the first [`Subscription`](crate::Subscription) that
/// waits, lives outside the pool, and is closed when the last clone and subscription is dropped.
#[derive(Debug, Clone)]
pub struct EventLog {
    pub(crate) pool: PgPool,
    pub(crate) bell: Arc<Bell>,
    pub(crate) writers: Arc<Writers>,
    pub(crate) poll: Duration,
}

impl EventLog {
    /// The logs of the pool's database, which must have been [migrated](crate::migrate).
    pub fn new(pool: PgPool) -> Self {
        let bell = Arc::new(Bell::new());
        Self {
            pool,
            bell,
            writers: Arc::default(),
            poll: POLL_INTERVAL,
        }
    }

    /// The same logs, with another time than [`POLL_INTERVAL`] after which a subscription that
    /// heard nothing looks all the same.
    #[must_use]
    pub fn polling_every(self, poll: Duration) -> Self {
        Self { poll, ..self }
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

    /// The heads of all logs, ordered by log.
    ///
    /// # Errors
    /// Faults of the database.
    pub async fn logs(&self) -> Result<Vec<Head>, Error> {
        let rows: Vec<HeadRow> = sqlx::query_as(sql::HEADS).fetch_all(&self.pool).await?;
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
            .fetch_optional(&self.pool)
            .await?;
        row.ok_or(Error::UnknownLog { log })
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
