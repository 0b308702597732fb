//! A log, or a range of it, as one file that proves itself: lines of RFC 8785 JSON, each ended by a
//! line feed.
//!
//! | | Line | What it says |
//! |---|---|---|
//! | 1 | `{"bundle":"inrete-bundle/1","first":F,"frontier":"…","log":"…","origin":"…","size":N,"vkeys":["…"]}` | the facts F to N of a log, and the [`Frontier`] (base64) of all before F |
//! | 2 | `{"schema":{…}}`, any number | JSON Schemas of the payloads |
//! | 3 | the records' own [bytes](crate::record), F to N | the facts |
//! | | after every position divisible by 256, and after N: `{"count":K,"first":P,"leaves":"…"}` | the K leaf hashes (base64) the log keeps for the facts since the last such line |
//! | 4 | `{"checkpoint":"…","size":M}`, ascending | what was signed: [notes](crate::note) |
//! | 5 | `{"digest":"…","root":"…","size":N}` | hex SHA-256 of all lines of 1, 2 and 4 with their line feeds; hex root at N |
//!
//! A [`Writer`] writes down what a log has, right or wrong; [`check`](check()) finds out
//! whether it holds; [`compare`](compare()) tells whether it continues an earlier bundle.

mod check;
mod compare;
mod error;
mod write;

use std::{
    fmt,
    io::{self, BufRead, Read as _},
};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use uuid::Uuid;

pub use self::{
    check::{Check, Report, Signer, Trusted, Witness, check},
    compare::{CompareError, Growth, Which, compare},
    error::{Error, LineFault, PositionFault, RangeFault, RootOf},
    write::Writer,
};
use crate::{
    Position, canonical,
    canonical::Scanner,
    merkle::{Frontier, HASH_BYTES, Hash},
    note::VerifierKey,
};

/// The format, and its version.
pub const FORMAT: &str = "inrete-bundle/1";
/// The longest line that is read, in bytes, without its line feed.
pub const MAX_LINE_BYTES: usize = 4 * 1024 * 1024;
/// After every position divisible by this one stands a leaf list.
pub const LEAVES_EVERY: u64 = 256;

/// The first line: which facts of which log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// The log.
    pub log: Uuid,
    /// The origin of its checkpoints.
    pub origin: String,
    /// The position of the first fact: 1 when the log is whole.
    pub first: Position,
    /// The frontier of the tree over all facts before the first.
    pub frontier: Frontier,
    /// The size of the log at the end of the bundle: the position of the last fact. One less than
    /// `first` when there are no facts.
    pub size: u64,
    /// The keys the log says it signs with.
    pub vkeys: Vec<VerifierKey>,
}

/// The leaf hashes a log keeps for neighbouring facts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leaves {
    /// The position of the first.
    pub first: Position,
    /// The hashes, by position.
    pub hashes: Vec<Hash>,
}

/// The last line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Footer {
    /// The SHA-256 of all lines that are no facts, leaf lists or footers, with their line feeds.
    pub digest: Hash,
    /// The root of the tree at the end of the bundle.
    pub root: Hash,
    /// The size of the log at the end of the bundle.
    pub size: u64,
}

/// What a line is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item<'a> {
    /// The first line.
    Header(Header),
    /// A JSON Schema, as its canonical text.
    Schema(&'a str),
    /// The bytes of a record, not yet looked at.
    Fact(&'a [u8]),
    /// A leaf list.
    Leaves(Leaves),
    /// A checkpoint.
    Checkpoint {
        /// The size it is for, as the line says.
        size: u64,
        /// The text of the note, not yet looked at.
        note: String,
    },
    /// The last line.
    Footer(Footer),
}

/// What a line is meant to be, going by how it starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// [`Item::Header`].
    Header,
    /// [`Item::Schema`].
    Schema,
    /// [`Item::Fact`].
    Fact,
    /// [`Item::Leaves`].
    Leaves,
    /// [`Item::Checkpoint`].
    Checkpoint,
    /// [`Item::Footer`].
    Footer,
}

/// How a line ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// With a line feed, as it should.
    LineFeed,
    /// The bundle ended first.
    CutOff,
    /// It is longer than [`MAX_LINE_BYTES`]; the rest was not read.
    TooLong,
}

/// A line of a bundle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line<'a> {
    /// Which, from 1.
    pub number: u64,
    /// Its bytes, without the line feed.
    pub bytes: &'a [u8],
    /// How it ended.
    pub end: End,
}

/// The lines of a bundle, one at a time: no more than one is held in memory.
#[derive(Debug)]
pub struct Reader<R> {
    from: R,
    line: Vec<u8>,
    number: u64,
}

impl<R: BufRead> Reader<R> {
    /// Reads from the start of a bundle.
    pub fn new(from: R) -> Self {
        let (line, number) = (Vec::new(), 0);
        Self { from, line, number }
    }

    /// The next line; none at the end. A line that is too long is the last one to be asked for.
    ///
    /// # Errors
    /// Those of the source.
    #[expect(
        clippy::should_implement_trait,
        reason = "a line borrows from the reader, which an iterator's items cannot"
    )]
    pub fn next(&mut self) -> io::Result<Option<Line<'_>>> {
        self.line.clear();
        let limit = MAX_LINE_BYTES as u64 + 1;
        let mut limited = (&mut self.from).take(limit);
        if limited.read_until(b'\n', &mut self.line)? == 0 {
            return Ok(None);
        }
        self.number += 1;
        let (bytes, end) = match self.line.strip_suffix(b"\n") {
            Some(bytes) => (bytes, End::LineFeed),
            None if self.line.len() > MAX_LINE_BYTES => (&self.line[..], End::TooLong),
            None => (&self.line[..], End::CutOff),
        };
        let number = self.number;
        Ok(Some(Line { number, bytes, end }))
    }

    /// The bytes of the line that was read last and ended well.
    fn last(&self) -> &[u8] {
        self.line.strip_suffix(b"\n").unwrap_or(&self.line)
    }
}

impl<'a> Line<'a> {
    /// What it is meant to be; none when it starts like none of the lines of a bundle.
    #[must_use]
    pub fn kind(&self) -> Option<Kind> {
        const STARTS: [(&[u8], Kind); 6] = [
            (b"{\"actor\":", Kind::Fact),
            (b"{\"count\":", Kind::Leaves),
            (b"{\"schema\":", Kind::Schema),
            (b"{\"checkpoint\":", Kind::Checkpoint),
            (b"{\"digest\":", Kind::Footer),
            (b"{\"bundle\":", Kind::Header),
        ];
        STARTS
            .iter()
            .find(|(start, _)| self.bytes.starts_with(start))
            .map(|(_, kind)| *kind)
    }

    /// What it is; none when it is not exactly what a [`Writer`] writes, or did not end well.
    #[must_use]
    pub fn item(&self) -> Option<Item<'a>> {
        if self.end != End::LineFeed {
            return None;
        }
        let kind = self.kind()?;
        if kind == Kind::Fact {
            return Some(Item::Fact(self.bytes));
        }
        let mut scan = Scanner::new(std::str::from_utf8(self.bytes).ok()?);
        let item = match kind {
            Kind::Fact => return None,
            Kind::Header => Item::Header(Header::scan(&mut scan)?),
            Kind::Schema => {
                scan.skip("{\"schema\":")?;
                let schema = scan.value().filter(|value| value.starts_with('{'))?;
                Item::Schema(schema)
            }
            Kind::Leaves => Item::Leaves(Leaves::scan(&mut scan)?),
            Kind::Checkpoint => {
                scan.skip("{\"checkpoint\":")?;
                let note = scan.text()?.into_owned();
                scan.skip(",\"size\":")?;
                let size = scan.number()?.parse().ok()?;
                Item::Checkpoint { size, note }
            }
            Kind::Footer => Item::Footer(Footer::scan(&mut scan)?),
        };
        scan.skip("}")?;
        scan.is_done().then_some(item)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Header => "header",
            Self::Schema => "schema",
            Self::Fact => "fact",
            Self::Leaves => "leaf list",
            Self::Checkpoint => "checkpoint",
            Self::Footer => "footer",
        })
    }
}

impl Header {
    /// The root of the tree over all facts before the first.
    #[must_use]
    pub fn root_before(&self) -> Hash {
        self.frontier.root()
    }

    fn write(&self, line: &mut Vec<u8>) {
        line.extend_from_slice(format!("{{\"bundle\":\"{FORMAT}\",\"first\":").as_bytes());
        line.extend_from_slice(self.first.to_string().as_bytes());
        line.extend_from_slice(b",\"frontier\":\"");
        let frontier = BASE64_STANDARD.encode(self.frontier.to_bytes());
        line.extend_from_slice(frontier.as_bytes());
        line.extend_from_slice(format!("\",\"log\":\"{}\",\"origin\":", self.log).as_bytes());
        canonical::write_text(line, &self.origin);
        line.extend_from_slice(format!(",\"size\":{},\"vkeys\":[", self.size).as_bytes());
        for (index, vkey) in self.vkeys.iter().enumerate() {
            if index > 0 {
                line.push(b',');
            }
            canonical::write_text(line, &vkey.to_string());
        }
        line.extend_from_slice(b"]}");
    }

    /// All but the last brace, here and below.
    fn scan(scan: &mut Scanner<'_>) -> Option<Self> {
        scan.skip("{\"bundle\":")?;
        if scan.text()? != FORMAT {
            return None;
        }
        scan.skip(",\"first\":")?;
        let first: Position = scan.number()?.parse().ok()?;
        scan.skip(",\"frontier\":")?;
        let frontier = BASE64_STANDARD.decode(&*scan.text()?).ok()?;
        let frontier = Frontier::from_bytes(first.checked_sub(1)?, &frontier).ok()?;
        scan.skip(",\"log\":")?;
        let log = scan.text()?;
        let log = log
            .parse::<Uuid>()
            .ok()
            .filter(|id| id.to_string() == log)?;
        scan.skip(",\"origin\":")?;
        let origin = scan.text()?.into_owned();
        scan.skip(",\"size\":")?;
        let size = scan
            .number()?
            .parse()
            .ok()
            .filter(|size| *size >= first - 1)?;
        scan.skip(",\"vkeys\":[")?;
        let mut vkeys = Vec::new();
        while scan.skip("]").is_none() {
            if !vkeys.is_empty() {
                scan.skip(",")?;
            }
            let vkey = scan.text()?;
            vkeys.push(
                vkey.parse()
                    .ok()
                    .filter(|key: &VerifierKey| key.to_string() == vkey)?,
            );
        }
        Some(Self {
            log,
            origin,
            first,
            frontier,
            size,
            vkeys,
        })
    }
}

impl Leaves {
    fn write(&self, line: &mut Vec<u8>) {
        let (count, first) = (self.hashes.len(), self.first);
        let start = format!("{{\"count\":{count},\"first\":{first},\"leaves\":\"");
        line.extend_from_slice(start.as_bytes());
        let bytes: Vec<u8> = self.hashes.iter().flat_map(|hash| hash.0).collect();
        line.extend_from_slice(BASE64_STANDARD.encode(bytes).as_bytes());
        line.extend_from_slice(b"\"}");
    }

    fn scan(scan: &mut Scanner<'_>) -> Option<Self> {
        scan.skip("{\"count\":")?;
        let count: usize = scan.number()?.parse().ok()?;
        scan.skip(",\"first\":")?;
        let first = scan.number()?.parse().ok()?;
        scan.skip(",\"leaves\":")?;
        let bytes = BASE64_STANDARD.decode(&*scan.text()?).ok()?;
        let (hashes, rest) = bytes.as_chunks::<HASH_BYTES>();
        if !rest.is_empty() || hashes.len() != count {
            return None;
        }
        let hashes = hashes.iter().copied().map(Hash).collect();
        Some(Self { first, hashes })
    }
}

impl Footer {
    fn write(&self, line: &mut Vec<u8>) {
        let Self { digest, root, size } = self;
        let text = format!("{{\"digest\":\"{digest}\",\"root\":\"{root}\",\"size\":{size}}}");
        line.extend_from_slice(text.as_bytes());
    }

    fn scan(scan: &mut Scanner<'_>) -> Option<Self> {
        scan.skip("{\"digest\":")?;
        let digest = scan.text()?.parse().ok()?;
        scan.skip(",\"root\":")?;
        let root = scan.text()?.parse().ok()?;
        scan.skip(",\"size\":")?;
        let size = scan.number()?.parse().ok()?;
        Some(Self { digest, root, size })
    }
}
