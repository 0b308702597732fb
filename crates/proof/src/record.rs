//! The bytes of a leaf: one fact as a CloudEvents 1.0 envelope in JSON, canonical after RFC 8785, so
//! that everybody gets the same bytes, and so the same hash, for the same fact.
//!
//! The keys, in their order; those in brackets are absent when there is no value:
//!
//! | Key | Value |
//! |---|---|
//! | `actor` | who recorded it |
//! | (`also`) | the further streams, joined with one space |
//! | (`causationid`) | the fact or message that led to it |
//! | (`commanddigest`) | on a command's first fact: the digest of its content, in hex |
//! | `commandid` | the command it is an outcome of |
//! | `data` | the payload |
//! | (`enteredat`) | when it was first written down elsewhere |
//! | `id` | the fact's id |
//! | `occurredon` | the day it happened, `YYYY-MM-DD` |
//! | `salt` | 32 hex digits of chance: who has only the hash cannot guess the fact |
//! | `sequence` | its position, a decimal number as text |
//! | `sequencetype` | `Integer` |
//! | `shape` | the number of the payload's shape, a JSON number |
//! | `source` | `urn:uuid:` and the log |
//! | `specversion` | `1.0` |
//! | `subject` | the stream it belongs to |
//! | `time` | when it was recorded, UTC, `2026-11-22T19:09:43.123456Z`; `enteredat` the same |
//! | `type` | what kind of fact it is |

use std::ops::Range;

use chrono::{DateTime, Datelike as _, NaiveDate, Timelike as _, Utc};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

pub use crate::canonical::CanonicalError;
use crate::{
    Position,
    canonical::{self, MAX_DIGITS, Scanner, decimal, write_padded},
    merkle::{self, Hash},
};

/// The length of the chance mixed into a record, in bytes.
pub const SALT_BYTES: usize = 16;

/// The length of the keys and of the values whose length is always the same.
const FIXED_BYTES: usize = 560;
/// What most data takes, in bytes: room for it is made beforehand.
const DATA_BYTES: usize = 512;

/// A fact, as it is proven.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The log.
    pub log: Uuid,
    /// Its place in the log, from 1.
    pub position: Position,
    /// The fact's id.
    pub id: Uuid,
    /// The stream it belongs to. Not empty.
    pub stream: String,
    /// The further streams it is an entry of. None is empty, and none has a space.
    pub also: Vec<String>,
    /// What kind of fact it is. Not empty.
    pub kind: String,
    /// The number of the payload's shape, within its kind.
    pub shape: i16,
    /// The day it happened, in the years 0 to 9999.
    pub occurred_on: NaiveDate,
    /// When it was first written down in a system it was brought over from, to the microsecond.
    pub entered_at: Option<DateTime<Utc>>,
    /// When it was recorded, to the microsecond.
    pub recorded_at: DateTime<Utc>,
    /// Who recorded it. Not empty.
    pub actor: String,
    /// The command it is an outcome of.
    pub command: Uuid,
    /// On the first fact of a command: the digest of the command's content, keyed by whoever keeps the
    /// log. The command's further facts follow it, and have none. Not empty.
    pub digest: Option<Vec<u8>>,
    /// The fact or message that led to it.
    pub cause: Option<Uuid>,
    /// Chance of its own for every fact, kept with it.
    pub salt: [u8; SALT_BYTES],
    /// What happened, as [`canonical`](canonical()) gives it.
    pub data: String,
}

/// What is known of a record before the fact is recorded: all but its data, which is written with it, its
/// position and its time. The fields are those of [`Record`].
#[derive(Debug, Clone, Copy)]
pub struct Draft<'a> {
    /// The log.
    pub log: Uuid,
    /// The fact's id.
    pub id: Uuid,
    /// The stream it belongs to.
    pub stream: &'a str,
    /// The further streams.
    pub also: &'a [String],
    /// What kind of fact it is.
    pub kind: &'a str,
    /// The number of the payload's shape.
    pub shape: i16,
    /// The day it happened.
    pub occurred_on: NaiveDate,
    /// When it was first written down elsewhere.
    pub entered_at: Option<DateTime<Utc>>,
    /// Who records it.
    pub actor: &'a str,
    /// The command.
    pub command: Uuid,
    /// The digest of the command's content, on its first fact.
    pub digest: Option<&'a [u8]>,
    /// The fact or message that led to it.
    pub cause: Option<Uuid>,
    /// Chance of its own.
    pub salt: &'a [u8; SALT_BYTES],
}

/// A record but for its position and the time it was recorded, which come in between. The hash of its
/// leaf is made up to there: what is left to do takes a few dozen bytes, however long the data.
#[derive(Debug, Clone)]
pub struct Drafted {
    text: String,
    /// Where in the text the data begins, and where it ends.
    data: Range<usize>,
    /// Where the position belongs.
    position: usize,
    /// Where the time belongs.
    time: usize,
    begun: Sha256,
}

impl Draft<'_> {
    /// Writes it, with this data.
    ///
    /// # Errors
    /// As [`canonical`](canonical()).
    pub fn write(&self, data: &Value) -> Result<Drafted, CanonicalError> {
        let mut out = Vec::with_capacity(self.capacity() + DATA_BYTES);
        self.write_before_data(&mut out);
        let begins = out.len();
        canonical::write(&mut out, data)?;
        let ends = out.len();
        self.write_before_sequence(&mut out);
        let position = out.len();
        self.write_before_time(&mut out);
        let time = out.len();
        self.write_end(&mut out);
        let begun = Sha256::new()
            .chain_update([merkle::LEAF])
            .chain_update(&out[..position]);
        Ok(Drafted {
            text: canonical::text(out),
            data: begins..ends,
            position,
            time,
            begun,
        })
    }

    fn write_before_data(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"{\"actor\":");
        canonical::write_text(out, self.actor);
        if !self.also.is_empty() {
            out.extend_from_slice(b",\"also\":");
            match self.also {
                [one] => canonical::write_text(out, one),
                more => canonical::write_text(out, &more.join(" ")),
            }
        }
        if let Some(cause) = self.cause {
            out.extend_from_slice(b",\"causationid\":\"");
            write_uuid(out, cause);
            out.push(b'"');
        }
        if let Some(digest) = self.digest {
            out.extend_from_slice(b",\"commanddigest\":\"");
            canonical::write_hex(out, digest);
            out.push(b'"');
        }
        out.extend_from_slice(b",\"commandid\":\"");
        write_uuid(out, self.command);
        out.extend_from_slice(b"\",\"data\":");
    }

    fn write_before_sequence(&self, out: &mut Vec<u8>) {
        if let Some(entered_at) = self.entered_at {
            out.extend_from_slice(b",\"enteredat\":\"");
            write_time(out, entered_at);
            out.push(b'"');
        }
        out.extend_from_slice(b",\"id\":\"");
        write_uuid(out, self.id);
        out.extend_from_slice(b"\",\"occurredon\":\"");
        write_date(out, self.occurred_on);
        out.extend_from_slice(b"\",\"salt\":\"");
        canonical::write_hex(out, self.salt);
        out.extend_from_slice(b"\",\"sequence\":\"");
    }

    fn write_before_time(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"\",\"sequencetype\":\"Integer\",\"shape\":");
        if self.shape < 0 {
            out.push(b'-');
        }
        write_padded(out, self.shape.unsigned_abs().into(), 1);
        out.extend_from_slice(b",\"source\":\"urn:uuid:");
        write_uuid(out, self.log);
        out.extend_from_slice(b"\",\"specversion\":\"1.0\",\"subject\":");
        canonical::write_text(out, self.stream);
        out.extend_from_slice(b",\"time\":\"");
    }

    fn write_end(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"\",\"type\":");
        canonical::write_text(out, self.kind);
        out.push(b'}');
    }

    /// Enough for the bytes without the data, unless a name has to be escaped.
    fn capacity(&self) -> usize {
        FIXED_BYTES
            + self.actor.len()
            + self.also.iter().map(|also| also.len() + 1).sum::<usize>()
            + self.digest.map_or(0, |digest| 2 * digest.len() + 20)
            + self.stream.len()
            + self.kind.len()
    }
}

impl Drafted {
    /// The data, as [`canonical`](canonical()) gives it.
    #[must_use]
    pub fn data(&self) -> &str {
        &self.text[self.data.clone()]
    }

    /// What stands before the data.
    #[must_use]
    pub fn before_data(&self) -> &str {
        &self.text[..self.data.start]
    }

    /// What stands between the data and the position.
    #[must_use]
    pub fn before_sequence(&self) -> &str {
        &self.text[self.data.end..self.position]
    }

    /// What stands between the position and the time.
    #[must_use]
    pub fn before_time(&self) -> &str {
        &self.text[self.position..self.time]
    }

    /// What stands after the time.
    #[must_use]
    pub fn end(&self) -> &str {
        &self.text[self.time..]
    }

    /// The hash of its leaf, at a position and a time as [`time`](time()) gives it.
    #[must_use]
    pub fn leaf(&self, position: u64, time: &str) -> Hash {
        let hasher = self.begun.clone();
        let mut place = [0; MAX_DIGITS];
        let hasher = hasher
            .chain_update(decimal(&mut place, position, 1))
            .chain_update(self.before_time())
            .chain_update(time)
            .chain_update(self.end());
        Hash(hasher.finalize().into())
    }
}

/// A time as it stands in records: UTC, always six decimals.
#[must_use]
pub fn time(at: DateTime<Utc>) -> String {
    let mut out = Vec::new();
    write_time(&mut out, at);
    canonical::text(out)
}

/// Why bytes are not a record. What they say is not repeated: it may be about somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// Not UTF-8.
    #[error("the record is not UTF-8")]
    NotUtf8,
    /// A key is missing, or something else stands in its place: another key, a key out of order,
    /// white space.
    #[error("the key {key:?} is missing from the record, or something else stands in its place")]
    Key {
        /// The key.
        key: &'static str,
    },
    /// A value is not of its kind, or not in its canonical form.
    #[error("the value of {key:?} is not what a record has there")]
    Value {
        /// Its key.
        key: &'static str,
    },
    /// More bytes after the record, or other keys than a record has.
    #[error("there is more than a record has")]
    More,
    /// These are not the bytes of the record they were read as.
    #[error("the record is not in its canonical form")]
    NotCanonical,
}

/// The RFC 8785 text of a payload. Numbers are written as the doubles they are nearest to: what needs
/// more digits than those have belongs into a text.
///
/// # Errors
/// A number beyond ±(2^53 − 1), which JSON cannot carry exactly; more than 100 arrays and objects in
/// each other.
pub fn canonical(value: &Value) -> Result<String, CanonicalError> {
    let mut out = Vec::with_capacity(DATA_BYTES);
    canonical::write(&mut out, value)?;
    Ok(canonical::text(out))
}

impl Record {
    /// The bytes that are hashed. A day or time outside the years 0 to 9999, an empty name, or a space
    /// in one of [`also`](Self::also) gives bytes that [`parse`](Self::parse) refuses or reads
    /// differently; what is finer than a microsecond is cut off.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        let draft = self.draft();
        let mut out = Vec::with_capacity(draft.capacity() + self.data.len());
        draft.write_before_data(&mut out);
        out.extend_from_slice(self.data.as_bytes());
        draft.write_before_sequence(&mut out);
        write_padded(&mut out, self.position, 1);
        draft.write_before_time(&mut out);
        write_time(&mut out, self.recorded_at);
        draft.write_end(&mut out);
        out
    }

    fn draft(&self) -> Draft<'_> {
        Draft {
            log: self.log,
            id: self.id,
            stream: &self.stream,
            also: &self.also,
            kind: &self.kind,
            shape: self.shape,
            occurred_on: self.occurred_on,
            entered_at: self.entered_at,
            actor: &self.actor,
            command: self.command,
            digest: self.digest.as_deref(),
            cause: self.cause,
            salt: &self.salt,
        }
    }

    /// The hash of the fact's leaf.
    #[must_use]
    pub fn leaf(&self) -> Hash {
        merkle::leaf(&self.bytes())
    }

    /// The record with these bytes: exactly those that [`bytes`](Self::bytes) gives for it.
    ///
    /// # Errors
    /// What stands in the way first.
    pub fn parse(bytes: &[u8]) -> Result<Self, RecordError> {
        let text = std::str::from_utf8(bytes).map_err(|_| RecordError::NotUtf8)?;
        let mut read = Reading(Scanner::new(text));
        read.skip("actor", "{\"actor\":")?;
        let actor = read.name("actor")?;
        let mut also = Vec::new();
        if read.has(",\"also\":") {
            also.extend(read.name("also")?.split(' ').map(str::to_owned));
        }
        let cause = if read.has(",\"causationid\":") {
            Some(read.uuid("causationid", "")?)
        } else {
            None
        };
        let digest = if read.has(",\"commanddigest\":") {
            let bytes = |text: &str| {
                let pairs = text.as_bytes().as_chunks::<2>();
                let (pairs, []) = pairs else { return None };
                let digits = pairs.iter().map(|pair| canonical::unhex::<1>(pair));
                let bytes: Option<Vec<u8>> = digits.map(|byte| byte.map(|[byte]| byte)).collect();
                bytes.filter(|bytes| !bytes.is_empty())
            };
            Some(read.text_as("commanddigest", bytes)?)
        } else {
            None
        };
        read.skip("commandid", ",\"commandid\":")?;
        let command = read.uuid("commandid", "")?;
        read.skip("data", ",\"data\":")?;
        let data = read.0.value().ok_or(RecordError::Value { key: "data" })?;
        let entered_at = if read.has(",\"enteredat\":") {
            Some(read.time("enteredat")?)
        } else {
            None
        };
        read.skip("id", ",\"id\":")?;
        let id = read.uuid("id", "")?;
        read.skip("occurredon", ",\"occurredon\":")?;
        let occurred_on = read.date("occurredon")?;
        read.skip("salt", ",\"salt\":")?;
        let salt = read.text_as("salt", |text| canonical::unhex(text.as_bytes()))?;
        read.skip("sequence", ",\"sequence\":")?;
        let position = read.text_as("sequence", |text| text.parse().ok())?;
        read.skip("sequencetype", ",\"sequencetype\":\"Integer\"")?;
        read.skip("shape", ",\"shape\":")?;
        let key = "shape";
        let shape = read.0.number().and_then(|number| number.parse().ok());
        let shape = shape.ok_or(RecordError::Value { key })?;
        read.skip("source", ",\"source\":")?;
        let log = read.uuid("source", "urn:uuid:")?;
        read.skip("specversion", ",\"specversion\":\"1.0\"")?;
        read.skip("subject", ",\"subject\":")?;
        let stream = read.name("subject")?;
        read.skip("time", ",\"time\":")?;
        let recorded_at = read.time("time")?;
        read.skip("type", ",\"type\":")?;
        let kind = read.name("type")?;
        if !read.has("}") || !read.0.is_done() {
            return Err(RecordError::More);
        }
        let record = Self {
            log,
            position,
            id,
            stream,
            also,
            kind,
            shape,
            occurred_on,
            entered_at,
            recorded_at,
            actor,
            command,
            digest,
            cause,
            salt,
            data: data.to_owned(),
        };
        // Whatever was read too kindly above.
        if record.also.iter().any(String::is_empty) || record.bytes() != bytes {
            return Err(RecordError::NotCanonical);
        }
        Ok(record)
    }
}

/// Reading a record, key by key.
struct Reading<'a>(Scanner<'a>);

impl Reading<'_> {
    fn has(&mut self, exactly: &str) -> bool {
        self.0.skip(exactly).is_some()
    }

    fn skip(&mut self, key: &'static str, exactly: &str) -> Result<(), RecordError> {
        self.0.skip(exactly).ok_or(RecordError::Key { key })
    }

    fn text_as<T>(
        &mut self,
        key: &'static str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Result<T, RecordError> {
        let text = self.0.text();
        text.and_then(|text| read(&text))
            .ok_or(RecordError::Value { key })
    }

    fn name(&mut self, key: &'static str) -> Result<String, RecordError> {
        match self.0.text() {
            Some(text) if !text.is_empty() => Ok(text.into_owned()),
            _ => Err(RecordError::Value { key }),
        }
    }

    fn uuid(&mut self, key: &'static str, prefix: &str) -> Result<Uuid, RecordError> {
        self.text_as(key, |text| text.strip_prefix(prefix)?.parse().ok())
    }

    fn date(&mut self, key: &'static str) -> Result<NaiveDate, RecordError> {
        self.text_as(key, |text| read_date(text.as_bytes()))
    }

    fn time(&mut self, key: &'static str) -> Result<DateTime<Utc>, RecordError> {
        self.text_as(key, |text| {
            let (date, time) = text.as_bytes().split_at_checked(10)?;
            let [b'T', h, i, b':', m, n, b':', s, t, b'.', micros @ .., b'Z'] = time else {
                return None;
            };
            if micros.len() != 6 {
                return None;
            }
            let clock = read_date(date)?.and_hms_micro_opt(
                digits(&[*h, *i])?,
                digits(&[*m, *n])?,
                digits(&[*s, *t])?,
                digits(micros)?,
            )?;
            Some(clock.and_utc())
        })
    }
}

fn read_date(text: &[u8]) -> Option<NaiveDate> {
    let [y, e, a, r, b'-', m, n, b'-', d, f] = text else {
        return None;
    };
    NaiveDate::from_ymd_opt(
        i32::try_from(digits(&[*y, *e, *a, *r])?).ok()?,
        digits(&[*m, *n])?,
        digits(&[*d, *f])?,
    )
}

fn digits(text: &[u8]) -> Option<u32> {
    text.iter().try_fold(0, |number, digit| {
        digit
            .is_ascii_digit()
            .then(|| number * 10 + u32::from(digit - b'0'))
    })
}

fn write_uuid(out: &mut Vec<u8>, id: Uuid) {
    let mut text = Uuid::encode_buffer();
    out.extend_from_slice(id.hyphenated().encode_lower(&mut text).as_bytes());
}

fn write_date(out: &mut Vec<u8>, date: NaiveDate) {
    if date.year() < 0 {
        out.push(b'-');
    }
    write_padded(out, date.year().unsigned_abs().into(), 4);
    out.push(b'-');
    write_padded(out, date.month().into(), 2);
    out.push(b'-');
    write_padded(out, date.day().into(), 2);
}

fn write_time(out: &mut Vec<u8>, at: DateTime<Utc>) {
    // By way of microseconds, so that a leap second becomes the one after it.
    let at = DateTime::from_timestamp_micros(at.timestamp_micros()).unwrap_or(at);
    write_date(out, at.date_naive());
    out.push(b'T');
    write_padded(out, at.hour().into(), 2);
    out.push(b':');
    write_padded(out, at.minute().into(), 2);
    out.push(b':');
    write_padded(out, at.second().into(), 2);
    out.push(b'.');
    write_padded(out, at.timestamp_subsec_micros().into(), 6);
    out.push(b'Z');
}
