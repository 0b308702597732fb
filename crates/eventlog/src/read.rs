//! Reading: by stream, by position, one fact.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use futures_util::stream::BoxStream;
use serde::{Deserialize, Serialize};
use sqlx::{FromRow, Row, postgres::PgRow};
use uuid::Uuid;

use crate::{Error, Invalid, Json, LogId, Position, Reader, Stored, Version, scan, sql};

/// The most facts read by position at once.
pub const READ_BATCH: usize = 1_000;

/// The most streams read at once.
pub const MAX_STREAMS_PER_READ: usize = 1_000;

/// A fact as it stands in the log, for ever.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Recorded {
    /// The log.
    pub log: LogId,
    /// Its place in the log.
    pub position: Position,
    /// The fact's id.
    pub id: Uuid,
    /// The stream it belongs to.
    pub stream: String,
    /// Its version in the stream that was read. When it was read by position: its version in
    /// [`stream`](Self::stream). When it was read as an entry of a stream: its version in *that*
    /// stream, which is another when the fact got there through [`also`](Self::also).
    pub version: Version,
    /// The further streams it is an entry of, in the order given by the append.
    pub also: Vec<String>,
    /// What kind of fact it is.
    pub kind: String,
    /// The number of the payload's shape, within its kind.
    pub shape: i16,
    /// The day it happened.
    pub occurred_on: NaiveDate,
    /// When it was first written down in a system it was brought over from.
    pub entered_at: Option<DateTime<Utc>>,
    /// When it was recorded here: the database's clock, never decreasing along positions.
    pub recorded_at: DateTime<Utc>,
    /// Who recorded it.
    pub actor: String,
    /// The command it is an outcome of.
    pub command: Uuid,
    /// The fact or message that led to it.
    pub cause: Option<Uuid>,
    /// What happened.
    pub payload: Json,
}

/// The version of a stream, given all its entries as [`Reader::stream`] returns them: what an
/// append decided upon them expects.
#[must_use]
pub fn version(entries: &[Recorded]) -> Version {
    entries.last().map_or(0, |last| last.version)
}

impl Reader {
    /// All entries of a stream, own and linked, in version order; empty when the stream or the log
    /// does not exist. Each has the version *in this stream*; [`version`] gives the stream's.
    ///
    /// # Errors
    /// Faults of the database.
    pub async fn stream(&self, log: LogId, stream: &str) -> Result<Vec<Recorded>, Error> {
        let mut found = self.streams(log, &[stream.to_owned()]).await?;
        Ok(found.remove(stream).unwrap_or_default())
    }

    /// All entries of several streams, as they were at one moment, with a key for every stream
    /// asked for. Otherwise as [`Reader::stream`].
    ///
    /// # Errors
    /// [`Invalid::TooManyStreams`], and faults of the database.
    pub async fn streams(
        &self,
        log: LogId,
        streams: &[String],
    ) -> Result<BTreeMap<String, Vec<Recorded>>, Error> {
        check_count(streams)?;
        let mut found: BTreeMap<String, Vec<Recorded>> = streams
            .iter()
            .map(|name| (name.clone(), Vec::new()))
            .collect();
        // Planned anew each time, here and below: a plan kept from when the tables were a page
        // small would read all of a table that has grown.
        let rows: Vec<Entry> = sqlx::query_as(sql::STREAMS)
            .bind(log)
            .bind(streams)
            .persistent(false)
            .fetch_all(&self.source)
            .await?;
        for Entry { stream, fact } in rows {
            found.entry(stream).or_default().push(fact);
        }
        Ok(found)
    }

    /// The own entries of a stream in every log there is, in version order; for logs that have no such
    /// stream none. For what is about somebody wherever it was recorded. One question, whose cost
    /// grows with the number of logs and not with what they hold.
    ///
    /// # Errors
    /// Faults of the database.
    pub async fn everywhere(&self, stream: &str) -> Result<Vec<(LogId, Vec<Recorded>)>, Error> {
        let rows: Vec<InLog> = sqlx::query_as(sql::EVERYWHERE)
            .bind(stream)
            .persistent(false)
            .fetch_all(&self.source)
            .await?;
        let mut logs: Vec<(LogId, Vec<Recorded>)> = Vec::new();
        for InLog { log, fact } in rows {
            match logs.last_mut() {
                Some((last, facts)) if *last == log => facts.extend(fact),
                _ => logs.push((log, fact.into_iter().collect())),
            }
        }
        Ok(logs)
    }

    /// The versions of several streams, as they were at one moment, with a key for every stream
    /// asked for: for who needs to know whether a stream has changed, not what it holds.
    ///
    /// # Errors
    /// [`Invalid::TooManyStreams`], and faults of the database.
    pub async fn versions(
        &self,
        log: LogId,
        streams: &[String],
    ) -> Result<BTreeMap<String, Version>, Error> {
        check_count(streams)?;
        let rows: Vec<(String, Version)> = sqlx::query_as(sql::VERSIONS)
            .bind(log)
            .bind(streams)
            .persistent(false)
            .fetch_all(&self.source)
            .await?;
        Ok(rows.into_iter().collect())
    }

    /// The facts after a position, in order: at most `limit`, and never more than [`READ_BATCH`].
    /// Only an empty answer means that the head (or no log) was reached.
    ///
    /// # Errors
    /// Faults of the database.
    pub async fn read(
        &self,
        log: LogId,
        after: Position,
        limit: usize,
    ) -> Result<Vec<Recorded>, Error> {
        self.batch(log, after, Position::MAX, limit).await
    }

    /// The facts from the first up to and including a position, in batches of [`READ_BATCH`]: as
    /// [`Reader::range`] after 0.
    pub fn read_to(
        &self,
        log: LogId,
        upto: Position,
    ) -> BoxStream<'static, Result<Vec<Recorded>, Error>> {
        self.range(log, 0, upto)
    }

    /// The facts after one position up to and including another, in batches of [`READ_BATCH`], so
    /// that memory stays bounded; two batches are read ahead. Ends early at the head. What is read stays the same however long
    /// it takes, because nothing recorded changes. The stream's only errors are
    /// [`Error::Gap`] and faults of the database, and it ends after one.
    pub fn range(
        &self,
        log: LogId,
        after: Position,
        upto: Position,
    ) -> BoxStream<'static, Result<Vec<Recorded>, Error>> {
        scan::facts(self.source.clone(), log, after, upto)
    }

    /// As [`Reader::range`], with all that proofs take; positions that are missing do not end it.
    pub fn stored(
        &self,
        log: LogId,
        after: Position,
        upto: Position,
    ) -> BoxStream<'static, Result<Vec<Stored>, Error>> {
        scan::stored(self.source.clone(), log, after, upto)
    }

    /// The fact at a position.
    ///
    /// # Errors
    /// Faults of the database.
    pub async fn at(&self, log: LogId, position: Position) -> Result<Option<Recorded>, Error> {
        Ok(sqlx::query_as(sql::AT)
            .bind(log)
            .bind(position)
            .persistent(false)
            .fetch_optional(&self.source)
            .await?)
    }

    /// The fact of an id.
    ///
    /// # Errors
    /// Faults of the database.
    pub async fn by_id(&self, log: LogId, id: Uuid) -> Result<Option<Recorded>, Error> {
        Ok(sqlx::query_as(sql::BY_ID)
            .bind(log)
            .bind(id)
            .persistent(false)
            .fetch_optional(&self.source)
            .await?)
    }

    async fn batch(
        &self,
        log: LogId,
        after: Position,
        upto: Position,
        limit: usize,
    ) -> Result<Vec<Recorded>, Error> {
        let limit = i64::try_from(limit.min(READ_BATCH)).unwrap_or(i64::MAX);
        Ok(sqlx::query_as(sql::READ)
            .bind(log)
            .bind(after)
            .bind(upto)
            .bind(limit)
            .persistent(false)
            .fetch_all(&self.source)
            .await?)
    }
}

fn check_count(streams: &[String]) -> Result<(), Invalid> {
    let count = streams.len();
    if count > MAX_STREAMS_PER_READ {
        return Err(Invalid::TooManyStreams { count });
    }
    Ok(())
}

/// Refuses a batch that does not follow `after` without a gap.
pub(crate) fn gapless(log: LogId, after: Position, batch: &[Recorded]) -> Result<(), Error> {
    for (missing, fact) in (after.max(0) + 1..).zip(batch) {
        if fact.position != missing {
            return Err(Error::Gap { log, missing });
        }
    }
    Ok(())
}

/// A fact as an entry of a stream.
struct Entry {
    stream: String,
    fact: Recorded,
}

impl FromRow<'_, PgRow> for Entry {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        let mut fact = Recorded::from_row(row)?;
        fact.version = row.try_get("in_version")?;
        let stream = row.try_get("in_stream")?;
        Ok(Self { stream, fact })
    }
}

/// A log, and a fact of it if it has one.
struct InLog {
    log: LogId,
    fact: Option<Recorded>,
}

impl FromRow<'_, PgRow> for InLog {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        let position: Option<Position> = row.try_get("position")?;
        let fact = position.map(|_| Recorded::from_row(row)).transpose()?;
        let log = row.try_get("in_log")?;
        Ok(Self { log, fact })
    }
}

impl FromRow<'_, PgRow> for Recorded {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            log: row.try_get("log_id")?,
            position: row.try_get("position")?,
            id: row.try_get("id")?,
            stream: row.try_get("stream")?,
            version: row.try_get("version")?,
            also: row.try_get::<Option<_>, _>("also")?.unwrap_or_default(),
            kind: row.try_get("kind")?,
            shape: row.try_get("shape")?,
            occurred_on: row.try_get("occurred_on")?,
            entered_at: row.try_get("entered_at")?,
            recorded_at: row.try_get("recorded_at")?,
            actor: row.try_get("actor")?,
            command: row.try_get("command_id")?,
            cause: row.try_get("cause")?,
            payload: Json::kept(row.try_get("payload")?),
        })
    }
}
