//! The handle on a database with logs.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::PgPool;
use uuid::Uuid;

use crate::{Error, POLL_INTERVAL, sql, subscribe::Bell};

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
}

/// The logs of one database. Cheap to clone; clones share the pool and one listening connection.
///
/// The listening connection is opened by the first [`Subscription`](crate::Subscription) that
/// waits, lives outside the pool, and is closed when the last clone and subscription is dropped.
#[derive(Debug, Clone)]
pub struct EventLog {
    pub(crate) pool: PgPool,
    pub(crate) bell: Arc<Bell>,
    pub(crate) poll: Duration,
}

impl EventLog {
    /// The logs of the pool's database, which must have been [migrated](crate::migrate).
    pub fn new(pool: PgPool) -> Self {
        let bell = Arc::new(Bell::new());
        let poll = POLL_INTERVAL;
        Self { pool, bell, poll }
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
        let rows: Vec<(LogId, Position, DateTime<Utc>)> =
            sqlx::query_as(sql::HEADS).fetch_all(&self.pool).await?;
        Ok(rows.into_iter().map(Head::from).collect())
    }

    /// The head of a log.
    ///
    /// # Errors
    /// [`Error::UnknownLog`], and faults of the database.
    pub async fn head(&self, log: LogId) -> Result<Head, Error> {
        let row: Option<(LogId, Position, DateTime<Utc>)> = sqlx::query_as(sql::HEAD)
            .bind(log)
            .fetch_optional(&self.pool)
            .await?;
        row.map(Head::from).ok_or(Error::UnknownLog { log })
    }
}

impl From<(LogId, Position, DateTime<Utc>)> for Head {
    fn from((log, position, recorded_at): (LogId, Position, DateTime<Utc>)) -> Self {
        Self {
            log,
            position,
            recorded_at,
        }
    }
}
