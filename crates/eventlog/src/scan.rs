//! Reading a log from one end to the other: `copy … to stdout` in binary form, range by range.
//!
//! This is the fastest way out of PostgreSQL, and each range is read whole before anybody looks at
//! it: a slow reader keeps neither a connection nor a snapshot.

use std::str;

use chrono::{DateTime, NaiveDate, Utc};
use futures_util::TryStreamExt;
use futures_util::stream::{self, BoxStream, StreamExt};
use proof::merkle::{HASH_BYTES, Hash};
use proof::record::{Record, SALT_BYTES};
use sqlx::PgConnection;
use tokio::sync::mpsc;
use uuid::Uuid;

use crate::read::gapless;
use crate::{Error, Json, LogId, Position, READ_BATCH, Recorded, Source, sql};

/// How many batches are read ahead of whoever reads.
const AHEAD: usize = 2;

/// What every binary copy starts with (PostgreSQL's documentation of `COPY`, "Binary Format").
const SIGNATURE: &[u8] = b"PGCOPY\n\xff\r\n\0";
/// The days from chrono's first day to PostgreSQL's, 2000-01-01.
const DAY_ZERO: i32 = 730_120;
/// PostgreSQL's time zero, 2000-01-01T00:00:00Z, in microseconds since 1970.
const TIME_ZERO: i64 = 946_684_800_000_000;

/// A fact with all that its proof takes.
#[derive(Debug, Clone, PartialEq)]
pub struct Stored {
    /// The fact.
    pub fact: Recorded,
    /// Its chance.
    pub salt: [u8; SALT_BYTES],
    /// Its leaf, as the log has it: the hash of its record, unless somebody changed one of them.
    pub leaf: Hash,
    /// On a command's first fact: the digest of the command's content.
    pub digest: Option<Vec<u8>>,
    /// On a command's first fact: how many facts the command has.
    pub command_facts: Option<i32>,
}

impl Stored {
    /// The record whose bytes are hashed.
    #[must_use]
    pub fn into_record(self) -> Record {
        let Self {
            fact, salt, digest, ..
        } = self;
        Record {
            log: fact.log,
            position: u64::try_from(fact.position).unwrap_or_default(),
            id: fact.id,
            stream: fact.stream,
            also: fact.also,
            kind: fact.kind,
            shape: fact.shape,
            occurred_on: fact.occurred_on,
            entered_at: fact.entered_at,
            recorded_at: fact.recorded_at,
            actor: fact.actor,
            command: fact.command,
            digest,
            cause: fact.cause,
            salt,
            data: fact.payload.into_text(),
        }
    }
}

/// Follows a range of a log, batch by batch; a task reads ahead.
pub(crate) fn facts(
    source: Source,
    log: LogId,
    after: Position,
    upto: Position,
) -> BoxStream<'static, Result<Vec<Recorded>, Error>> {
    ahead(source, log, after, upto, move |batch, after| {
        let facts: Vec<Recorded> = batch.into_iter().map(|stored: Plain| stored.0).collect();
        gapless(log, after, &facts)?;
        Ok(facts)
    })
}

/// As [`facts`], with all that proofs take, and whether positions are missing or not.
pub(crate) fn stored(
    source: Source,
    log: LogId,
    after: Position,
    upto: Position,
) -> BoxStream<'static, Result<Vec<Stored>, Error>> {
    ahead(source, log, after, upto, |batch, _| Ok(batch))
}

fn ahead<T: FromCopy, U: Send + 'static>(
    source: Source,
    log: LogId,
    after: Position,
    upto: Position,
    finish: impl Fn(Vec<T>, Position) -> Result<Vec<U>, Error> + Send + 'static,
) -> BoxStream<'static, Result<Vec<U>, Error>> {
    // Started by the first who asks: a stream that is only made costs nothing.
    let start = async move {
        let (send, receive) = mpsc::channel(AHEAD);
        tokio::spawn(async move {
            let mut after = after;
            while after < upto {
                let batch = async {
                    let mut conn = source.acquire().await?;
                    range(&mut conn, log, after, upto).await
                };
                let read = match batch.await {
                    Ok((batch, _)) if batch.is_empty() => return,
                    Ok((batch, last)) => finish(batch, after).map(|batch| (batch, last)),
                    Err(error) => Err(error),
                };
                let failed = read.is_err();
                let sent = send.send(read.map(|(batch, last)| {
                    after = last;
                    batch
                }));
                if sent.await.is_err() || failed {
                    return;
                }
            }
        });
        receive
    };
    let batches = |receive| {
        stream::unfold(receive, |mut receive: mpsc::Receiver<_>| async move {
            receive.recv().await.map(|batch| (batch, receive))
        })
    };
    stream::once(start).flat_map(batches).boxed()
}

/// The facts of the next range in which there are any, at most [`READ_BATCH`] of them, and the last's
/// position.
pub(crate) async fn range<T: FromCopy>(
    conn: &mut PgConnection,
    log: LogId,
    after: Position,
    upto: Position,
) -> Result<(Vec<T>, Position), Error> {
    let statement = format!(
        "copy ({}) to stdout (format binary)",
        sql::range(T::COLUMNS, log, after, upto)
    );
    let mut copied = conn.copy_out_raw(&statement).await?;
    let mut facts = Vec::with_capacity(READ_BATCH);
    let mut last = after;
    let mut left: Vec<u8> = Vec::new();
    let mut begun = false;
    while let Some(message) = copied.try_next().await? {
        // As a rule a message is a row.
        let joined;
        let mut bytes = if left.is_empty() {
            &message[..]
        } else {
            left.extend_from_slice(&message);
            joined = std::mem::take(&mut left);
            &joined[..]
        };
        if !begun {
            match header(bytes) {
                Some(rest) => (bytes, begun) = (rest?, true),
                None => {
                    left = bytes.to_vec();
                    continue;
                }
            }
        }
        while let Some((row, rest)) = tuple(bytes) {
            bytes = rest;
            let Some(row) = row else { break };
            let (fact, position) = T::read(log, row)?;
            facts.push(fact);
            last = position;
        }
        left.extend_from_slice(bytes);
    }
    Ok((facts, last))
}

/// What a fact is read into.
pub(crate) trait FromCopy: Sized + Send + 'static {
    const COLUMNS: &'static str;
    fn read(log: LogId, row: Row<'_>) -> Result<(Self, Position), Error>;
}

/// A fact without what its proof takes.
pub(crate) struct Plain(pub(crate) Recorded);

impl FromCopy for Plain {
    const COLUMNS: &'static str = "f.position, f.version, f.recorded_at, f.entered_at, f.id, \
         f.command_id, f.cause, f.occurred_on, f.shape, f.stream, f.kind, f.actor, f.also, f.payload";

    fn read(log: LogId, mut row: Row<'_>) -> Result<(Self, Position), Error> {
        let fact = row.fact(log)?;
        let position = fact.position;
        Ok((Self(fact), position))
    }
}

impl FromCopy for Stored {
    const COLUMNS: &'static str = "f.position, f.version, f.recorded_at, f.entered_at, f.id, \
         f.command_id, f.cause, f.occurred_on, f.shape, f.stream, f.kind, f.actor, f.also, f.payload, \
         f.command_facts, f.command_digest, f.salt, f.leaf";

    fn read(log: LogId, mut row: Row<'_>) -> Result<(Self, Position), Error> {
        let fact = row.fact(log)?;
        let position = fact.position;
        let command_facts = row
            .optional()?
            .map(fixed)
            .transpose()?
            .map(i32::from_be_bytes);
        let digest = row.optional()?.map(<[u8]>::to_vec);
        // Of another length only when somebody changed them; then the leaf is not the record's.
        let salt = row.field()?.try_into().unwrap_or([0; SALT_BYTES]);
        let leaf = Hash(row.field()?.try_into().unwrap_or([0; HASH_BYTES]));
        let stored = Self {
            fact,
            salt,
            leaf,
            digest,
            command_facts,
        };
        Ok((stored, position))
    }
}

/// The fields of one row that were not read yet.
pub(crate) struct Row<'a>(&'a [u8]);

impl<'a> Row<'a> {
    fn optional(&mut self) -> Result<Option<&'a [u8]>, Error> {
        let (length, rest) = self.0.split_first_chunk().ok_or_else(broken)?;
        let Ok(length) = usize::try_from(i32::from_be_bytes(*length)) else {
            self.0 = rest;
            return Ok(None);
        };
        let (field, rest) = rest.split_at_checked(length).ok_or_else(broken)?;
        self.0 = rest;
        Ok(Some(field))
    }

    fn field(&mut self) -> Result<&'a [u8], Error> {
        self.optional()?.ok_or_else(broken)
    }

    fn text(&mut self) -> Result<String, Error> {
        text(self.field()?)
    }

    fn id(&mut self) -> Result<Uuid, Error> {
        Ok(Uuid::from_bytes(fixed(self.field()?)?))
    }

    fn long(&mut self) -> Result<i64, Error> {
        Ok(i64::from_be_bytes(fixed(self.field()?)?))
    }

    fn fact(&mut self, log: LogId) -> Result<Recorded, Error> {
        Ok(Recorded {
            log,
            position: self.long()?,
            version: self.long()?,
            recorded_at: time(self.field()?)?,
            entered_at: self.optional()?.map(time).transpose()?,
            id: self.id()?,
            command: self.id()?,
            cause: match self.optional()? {
                Some(id) => Some(Uuid::from_bytes(fixed(id)?)),
                None => None,
            },
            occurred_on: day(self.field()?)?,
            shape: i16::from_be_bytes(fixed(self.field()?)?),
            stream: self.text()?,
            kind: self.text()?,
            actor: self.text()?,
            also: self.optional()?.map_or_else(|| Ok(Vec::new()), texts)?,
            payload: Json::kept(self.text()?),
        })
    }
}

/// What comes after the header, which may not be whole yet.
fn header(bytes: &[u8]) -> Option<Result<&[u8], Error>> {
    // Signature, flags, the length of an extension, which is empty.
    let (header, rest) = bytes.split_at_checked(SIGNATURE.len() + 8)?;
    Some(if header.starts_with(SIGNATURE) {
        Ok(rest)
    } else {
        Err(broken())
    })
}

/// The next row and what comes after it; `None` when it is not whole yet. The end is a row too, with
/// nothing in it.
fn tuple(bytes: &[u8]) -> Option<(Option<Row<'_>>, &[u8])> {
    let (count, mut rest) = bytes.split_first_chunk()?;
    let Ok(count) = u16::try_from(i16::from_be_bytes(*count)) else {
        return Some((None, rest));
    };
    let fields = rest;
    for _ in 0..count {
        let (length, after) = rest.split_first_chunk()?;
        let length = usize::try_from(i32::from_be_bytes(*length)).unwrap_or(0);
        rest = after.get(length..)?;
    }
    let row = Row(&fields[..fields.len() - rest.len()]);
    Some((Some(row), rest))
}

fn fixed<const N: usize>(field: &[u8]) -> Result<[u8; N], Error> {
    field.try_into().map_err(|_| broken())
}

fn text(field: &[u8]) -> Result<String, Error> {
    str::from_utf8(field)
        .map(str::to_owned)
        .map_err(|_| broken())
}

fn day(field: &[u8]) -> Result<NaiveDate, Error> {
    let days = i32::from_be_bytes(fixed(field)?);
    days.checked_add(DAY_ZERO)
        .and_then(NaiveDate::from_num_days_from_ce_opt)
        .ok_or_else(broken)
}

fn time(field: &[u8]) -> Result<DateTime<Utc>, Error> {
    let micros = i64::from_be_bytes(fixed(field)?);
    micros
        .checked_add(TIME_ZERO)
        .and_then(DateTime::from_timestamp_micros)
        .ok_or_else(broken)
}

/// An array of texts: the number of dimensions, flags, the elements' type, then for its one dimension
/// the length and the first index, then the elements.
fn texts(field: &[u8]) -> Result<Vec<String>, Error> {
    let mut head = field;
    let mut number = || {
        let (number, rest) = head.split_first_chunk().ok_or_else(broken)?;
        head = rest;
        Ok::<i32, Error>(i32::from_be_bytes(*number))
    };
    let dimensions = number()?;
    let _flags = number()?;
    let _type = number()?;
    if dimensions == 0 {
        return Ok(Vec::new());
    }
    let length = number()?;
    let _first = number()?;
    let mut elements = Row(head);
    (0..length).map(|_| elements.text()).collect()
}

fn broken() -> Error {
    Error::Database(sqlx::Error::Decode(
        "a copy of facts is not what this version reads".into(),
    ))
}
