//! Appending: what may be asked, and the one call that does it.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::ops::RangeInclusive;

use chrono::{DateTime, Datelike, NaiveDate, Utc};
use proof::record::{CanonicalError, Draft, Drafted, SALT_BYTES};
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::{Error, EventLog, Invalid, LogId, Position, Reader, Version, batch, sql};

/// The most facts in one append.
pub const MAX_FACTS_PER_APPEND: usize = 1_000;
/// The most streams an append is decided upon.
pub const MAX_EXPECTED_PER_APPEND: usize = 1_000;
/// The most further streams a fact is an entry of.
pub const MAX_ALSO_PER_FACT: usize = 64;
/// The longest name of a stream, in bytes.
pub const MAX_STREAM_NAME_BYTES: usize = 200;
/// The longest name of a kind, in bytes.
pub const MAX_KIND_BYTES: usize = 100;
/// The longest name of an actor, in bytes.
pub const MAX_ACTOR_BYTES: usize = 200;
/// The longest digest of a command, in bytes.
pub const MAX_DIGEST_BYTES: usize = 64;
/// The longest payload, in bytes of compact JSON.
pub const MAX_PAYLOAD_BYTES: usize = 256 * 1024;
/// The deepest nesting of a payload: a number or text has depth 1. What is nested deeper than 127
/// could be written, but not read again.
pub const MAX_PAYLOAD_DEPTH: usize = 64;
/// The longest payloads of an append together, in bytes of compact JSON.
pub const MAX_APPEND_BYTES: usize = 8 * 1024 * 1024;
/// What a fact takes beside its payload, about, in bytes of memory.
const FACT_BYTES: usize = 512;
/// The years a fact's dates may fall in.
pub const YEARS: RangeInclusive<i32> = 1..=9999;

/// What an append is decided upon: a stream, and the version of it that was seen. A stream that no
/// fact of the append mentions is only checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expected {
    /// The stream.
    pub stream: String,
    /// The version seen; 0 when the stream must not exist yet.
    pub version: Version,
}

/// A fact to be recorded.
#[derive(Debug, Clone, PartialEq)]
pub struct NewFact {
    /// Its id, unique in its log.
    pub id: Uuid,
    /// The stream it belongs to. Visible ASCII, at most [`MAX_STREAM_NAME_BYTES`].
    pub stream: String,
    /// Further streams of the same log it concerns: it becomes an entry of each, with a version in
    /// each. At most [`MAX_ALSO_PER_FACT`], all different, none of them [`stream`](Self::stream).
    pub also: Vec<String>,
    /// What kind of fact it is. Visible ASCII, at most [`MAX_KIND_BYTES`].
    pub kind: String,
    /// The number of the payload's shape, within its kind.
    pub shape: i16,
    /// The day it happened.
    pub occurred_on: NaiveDate,
    /// When the fact was first written down in a system it was brought over from, kept to the
    /// microsecond; `None` when it is recorded here first.
    pub entered_at: Option<DateTime<Utc>>,
    /// The fact or message that led to it.
    pub cause: Option<Uuid>,
    /// What happened. Kept as its RFC 8785 canonical text: keys sorted, numbers as IEEE doubles.
    /// Integers beyond ±(2^53 − 1) are refused; what needs more digits belongs into a text.
    pub payload: Value,
}

/// Facts to be recorded together, or not at all.
#[derive(Debug, Clone, PartialEq)]
pub struct Append {
    /// The log.
    pub log: LogId,
    /// The command's id. Repeating it gives the first outcome again.
    pub command: Uuid,
    /// A digest of the command's content, made by the caller and equal on every retry. Should be
    /// keyed: the content of a small command can be guessed from a plain digest.
    pub digest: Vec<u8>,
    /// Who records it. At most [`MAX_ACTOR_BYTES`], no control characters.
    pub actor: String,
    /// What the append is decided upon. A stream that is not mentioned here is not checked.
    pub expected: Vec<Expected>,
    /// The facts, in the order of their positions.
    pub facts: Vec<NewFact>,
}

/// How an append went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Appended {
    /// The facts were recorded by this call.
    Now {
        /// The position of the first fact.
        first: Position,
        /// The position of the last fact.
        last: Position,
        /// When they were recorded.
        recorded_at: DateTime<Utc>,
    },
    /// The command was appended before, with the same digest: its first outcome again. The facts
    /// of this call were not looked at.
    Before {
        /// The position of the first fact.
        first: Position,
        /// The position of the last fact.
        last: Position,
        /// When they were recorded.
        recorded_at: DateTime<Utc>,
    },
}

/// What became of a command that was appended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The digest it was appended with.
    pub digest: Vec<u8>,
    /// The position of the first fact.
    pub first: Position,
    /// The position of the last fact.
    pub last: Position,
    /// When they were recorded.
    pub recorded_at: DateTime<Utc>,
}

impl Appended {
    /// The position of the first fact.
    #[must_use]
    pub fn first(&self) -> Position {
        let (Self::Now { first, .. } | Self::Before { first, .. }) = *self;
        first
    }

    /// The position of the last fact: what a reader waits for.
    #[must_use]
    pub fn last(&self) -> Position {
        let (Self::Now { last, .. } | Self::Before { last, .. }) = *self;
        last
    }

    /// When the facts were recorded.
    #[must_use]
    pub fn recorded_at(&self) -> DateTime<Utc> {
        let (Self::Now { recorded_at, .. } | Self::Before { recorded_at, .. }) = *self;
        recorded_at
    }
}

impl EventLog {
    /// Records all facts, or none.
    ///
    /// Appends to one log that are under way at the same time, from all clones of this handle, are
    /// recorded together in one transaction; each is answered for itself, and none fails because of
    /// another. When many wait, this call waits for room before it is taken in.
    ///
    /// When this future is dropped before it is done, or ends with [`Error::Unavailable`], the
    /// facts may have been recorded all the same: the database does not know that nobody waits any
    /// more. That is what command ids are for. Ask [`Reader::outcome`], or append again under the
    /// same id.
    ///
    /// # Errors
    /// [`Error::Conflict`], [`Error::CommandReused`], [`Error::FactExists`],
    /// [`Error::UnknownLog`], [`Error::Invalid`], [`Error::Draining`], and faults of the database.
    pub async fn append(&self, append: Append) -> Result<Appended, Error> {
        let ready = Ready::check(append)?;
        self.writers.append(&self.pool, &self.bell, ready).await
    }

    /// As [`EventLog::append`], on a connection of the caller's: within a transaction, the facts are
    /// recorded if and when it commits, and every other append to the log waits until then (and
    /// gives up as [`Error::Unavailable`] after ten seconds). Keep such a transaction short, and
    /// append to several logs in one order everywhere.
    ///
    /// # Errors
    /// As [`EventLog::append`]. An isolation level above `read committed` adds failures to serialize.
    pub async fn append_on(conn: &mut PgConnection, append: &Append) -> Result<Appended, Error> {
        let ready = Ready::check(append.clone())?;
        let answers = batch::append(conn, &[&ready], &[], true).await?;
        answers
            .appended
            .into_iter()
            .next()
            .unwrap_or(Err(Error::UnknownLog { log: append.log }))
    }

    /// Records what still waits and lets no more in: for a clean end of the process. Appends that come
    /// later, through any clone, get [`Error::Draining`].
    pub async fn drain(&self) {
        self.writers.drain().await;
    }
}

impl Reader {
    /// What became of a command; `None` when it was not appended (or is being appended just now).
    /// A retry that finds an outcome needs no new decision.
    ///
    /// # Errors
    /// Faults of the database.
    pub async fn outcome(&self, log: LogId, command: Uuid) -> Result<Option<Outcome>, Error> {
        let row: Option<(Vec<u8>, Position, Position, DateTime<Utc>)> =
            sqlx::query_as(sql::OUTCOME)
                .bind(log)
                .bind(command)
                .persistent(false)
                .fetch_optional(&self.source)
                .await?;
        Ok(row.map(|(digest, first, last, recorded_at)| Outcome {
            digest,
            first,
            last,
            recorded_at,
        }))
    }
}

/// An append within all limits.
#[derive(Debug)]
pub(crate) struct Ready {
    pub(crate) log: LogId,
    pub(crate) command: Uuid,
    pub(crate) digest: Vec<u8>,
    pub(crate) actor: String,
    pub(crate) expected: Vec<Expected>,
    /// For each expected stream: whether it must not exist, and the first entry it gets is a fact of
    /// its own. That fact's key then tells whether it has facts already.
    pub(crate) begins: Vec<bool>,
    pub(crate) facts: Vec<ReadyFact>,
    /// About how much memory it takes.
    pub(crate) bytes: usize,
}

/// A fact within all limits. Its payload is in `drafted`, and no longer in `new`.
#[derive(Debug)]
pub(crate) struct ReadyFact {
    pub(crate) new: NewFact,
    /// The version it has in its stream, where the append says what version that is at.
    pub(crate) version: Option<Version>,
    /// The further streams, joined with one space.
    pub(crate) also: Option<String>,
    /// The versions it has in each of them.
    pub(crate) also_versions: Vec<Option<Version>>,
    /// Its chance.
    pub(crate) salt: [u8; SALT_BYTES],
    /// Its record, but for where and when it is recorded. Its leaf is hashed so far: here, each caller
    /// does it for itself.
    pub(crate) drafted: Drafted,
}

impl Ready {
    pub(crate) fn check(append: Append) -> Result<Self, Error> {
        let count = append.facts.len();
        if count == 0 {
            return Err(Invalid::NoFacts.into());
        }
        if count > MAX_FACTS_PER_APPEND {
            return Err(Invalid::TooManyFacts { count }.into());
        }
        if append.digest.is_empty() || append.digest.len() > MAX_DIGEST_BYTES {
            let bytes = append.digest.len();
            return Err(Invalid::Digest { bytes }.into());
        }
        let actor = &append.actor;
        if actor.is_empty() || actor.len() > MAX_ACTOR_BYTES || actor.chars().any(char::is_control)
        {
            return Err(Invalid::Actor.into());
        }
        check_expected(&append.expected)?;
        // One is different from itself: no set is needed for it, here and below.
        let mut ids = HashSet::with_capacity(if count > 1 { count } else { 0 });
        let mut facts = Vec::with_capacity(count);
        let mut bytes = 0;
        let mut salts = Salts::draw(count)?;
        let command = Whole {
            log: append.log,
            command: append.command,
            actor: &append.actor,
        };
        for new in append.facts {
            if count > 1 && !ids.insert(new.id) {
                return Err(Invalid::IdTwice { fact: new.id }.into());
            }
            let digest = facts.is_empty().then_some(append.digest.as_slice());
            let fact = ReadyFact::check(new, &command, digest, salts.next())?;
            bytes += fact.drafted.data().len();
            if bytes > MAX_APPEND_BYTES {
                return Err(Invalid::AppendBytes { bytes }.into());
            }
            facts.push(fact);
        }
        let begins = number(&append.expected, &mut facts);
        Ok(Self {
            log: append.log,
            command: append.command,
            digest: append.digest,
            actor: append.actor,
            expected: append.expected,
            begins,
            facts,
            bytes: bytes + count * FACT_BYTES,
        })
    }

    /// Whether the versions are known that its facts will have in all their streams.
    pub(crate) fn is_numbered(&self) -> bool {
        self.facts
            .iter()
            .all(|fact| fact.version.is_some() && fact.also_versions.iter().all(Option::is_some))
    }
}

/// What the facts of an append have in common.
struct Whole<'a> {
    log: LogId,
    command: Uuid,
    actor: &'a str,
}

/// Chance for each fact.
enum Salts {
    One(Option<[u8; SALT_BYTES]>),
    Several(std::vec::IntoIter<[u8; SALT_BYTES]>),
}

/// How many salts are drawn at once for appends of a single fact: asking the system takes as long as
/// hashing a fact, however little is asked for.
const DRAWN_AT_ONCE: usize = 32;

thread_local! {
    /// Drawn, and not given to any fact yet.
    static DRAWN: RefCell<Vec<[u8; SALT_BYTES]>> = const { RefCell::new(Vec::new()) };
}

impl Salts {
    fn draw(count: usize) -> Result<Self, Error> {
        if count > 1 {
            return Ok(Self::Several(chance(count)?.into_iter()));
        }
        let salt = DRAWN.with_borrow_mut(|drawn| {
            if drawn.is_empty() {
                *drawn = chance(DRAWN_AT_ONCE)?;
            }
            // Each is given away once.
            Ok::<_, Error>(drawn.pop())
        });
        Ok(Self::One(salt?))
    }

    fn next(&mut self) -> [u8; SALT_BYTES] {
        let salt = match self {
            Self::One(salt) => salt.take(),
            Self::Several(salts) => salts.next(),
        };
        // As many were drawn as there are facts.
        salt.unwrap_or_default()
    }
}

fn chance(count: usize) -> Result<Vec<[u8; SALT_BYTES]>, Error> {
    let mut salts = vec![[0; SALT_BYTES]; count];
    getrandom::fill(salts.as_flattened_mut())
        .map_err(|error| sqlx::Error::Io(std::io::Error::from(error)))?;
    Ok(salts)
}

impl ReadyFact {
    fn check(
        mut new: NewFact,
        whole: &Whole<'_>,
        digest: Option<&[u8]>,
        salt: [u8; SALT_BYTES],
    ) -> Result<Self, Invalid> {
        let fact = new.id;
        check_stream(&new.stream)?;
        if !is_visible(&new.kind, MAX_KIND_BYTES) {
            return Err(Invalid::Kind { kind: new.kind });
        }
        let entered_year = new.entered_at.map(|at| at.year());
        if !YEARS.contains(&new.occurred_on.year())
            || entered_year.is_some_and(|year| !YEARS.contains(&year))
        {
            return Err(Invalid::Date { fact });
        }
        if new.also.len() > MAX_ALSO_PER_FACT {
            let count = new.also.len();
            return Err(Invalid::TooManyAlso { fact, count });
        }
        for (index, stream) in new.also.iter().enumerate() {
            check_stream(stream)?;
            if *stream == new.stream || new.also[..index].contains(stream) {
                let stream = stream.clone();
                return Err(Invalid::AlsoTwice { fact, stream });
            }
        }
        let value = new.payload.take();
        check_payload(fact, &value, 1)?;
        let draft = Draft {
            log: whole.log,
            id: new.id,
            stream: &new.stream,
            also: &new.also,
            kind: &new.kind,
            shape: new.shape,
            occurred_on: new.occurred_on,
            entered_at: new.entered_at,
            actor: whole.actor,
            command: whole.command,
            digest,
            cause: new.cause,
            salt: &salt,
        };
        let drafted = draft.write(&value).map_err(|error| match error {
            CanonicalError::Number { pointer } => Invalid::PayloadNumber { fact, pointer },
            CanonicalError::Depth => Invalid::PayloadDepth { fact },
        })?;
        let bytes = drafted.data().len();
        if bytes > MAX_PAYLOAD_BYTES {
            return Err(Invalid::PayloadBytes { fact, bytes });
        }
        let also = (!new.also.is_empty()).then(|| new.also.join(" "));
        Ok(Self {
            new,
            drafted,
            version: None,
            also,
            also_versions: Vec::new(),
            salt,
        })
    }
}

/// Gives facts their versions: where the append says what version a stream has, they follow. Which of
/// the streams begin with a fact of their own.
fn number(expected: &[Expected], facts: &mut [ReadyFact]) -> Vec<bool> {
    let mut begins = vec![false; expected.len()];
    // What most appends are.
    if let ([only], [fact]) = (expected, &mut *facts)
        && fact.new.also.is_empty()
    {
        if only.stream == fact.new.stream {
            fact.version = Some(only.version + 1);
            begins[0] = only.version == 0;
        }
        return begins;
    }
    let mut known: HashMap<&str, (usize, Version)> = expected
        .iter()
        .enumerate()
        .map(|(index, expected)| (expected.stream.as_str(), (index, expected.version)))
        .collect();
    for fact in facts {
        fact.version = known.get_mut(fact.new.stream.as_str()).map(|known| {
            known.1 += 1;
            begins[known.0] |= known.1 == 1;
            known.1
        });
        let also = fact.new.also.iter().map(|stream| {
            let known = known.get_mut(stream.as_str())?;
            known.1 += 1;
            Some(known.1)
        });
        fact.also_versions = also.collect();
    }
    begins
}

fn check_expected(expected: &[Expected]) -> Result<(), Invalid> {
    if expected.len() > MAX_EXPECTED_PER_APPEND {
        let count = expected.len();
        return Err(Invalid::TooManyExpected { count });
    }
    let several = expected.len() > 1;
    let mut seen = HashSet::with_capacity(if several { expected.len() } else { 0 });
    for Expected { stream, version } in expected {
        check_stream(stream)?;
        if several && !seen.insert(stream) {
            let stream = stream.clone();
            return Err(Invalid::ExpectedTwice { stream });
        }
        if *version < 0 {
            let (stream, version) = (stream.clone(), *version);
            return Err(Invalid::ExpectedVersion { stream, version });
        }
    }
    Ok(())
}

fn check_stream(stream: &str) -> Result<(), Invalid> {
    if is_visible(stream, MAX_STREAM_NAME_BYTES) {
        return Ok(());
    }
    let stream = stream.to_owned();
    Err(Invalid::StreamName { stream })
}

fn is_visible(text: &str, max_bytes: usize) -> bool {
    (1..=max_bytes).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

fn check_payload(fact: Uuid, value: &Value, depth: usize) -> Result<(), Invalid> {
    if depth > MAX_PAYLOAD_DEPTH {
        return Err(Invalid::PayloadDepth { fact });
    }
    let text = |text: &str| {
        if text.contains('\0') {
            return Err(Invalid::PayloadNul { fact });
        }
        Ok(())
    };
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => Ok(()),
        Value::String(value) => text(value),
        Value::Array(values) => values
            .iter()
            .try_for_each(|value| check_payload(fact, value, depth + 1)),
        Value::Object(values) => values.iter().try_for_each(|(key, value)| {
            text(key)?;
            check_payload(fact, value, depth + 1)
        }),
    }
}
