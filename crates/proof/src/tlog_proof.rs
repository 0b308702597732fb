//! The proof of one fact as a text of its own (`c2sp.org/tlog-proof`): the record, its index, the way
//! from its leaf to the root, and a checkpoint with that root.

use std::fmt;

use base64::{Engine as _, prelude::BASE64_STANDARD};

use crate::{
    checkpoint::{self, Verified, decimal},
    merkle::{self, Hash, MAX_PROOF_HASHES},
    note::{self, Note, VerifierKey},
    record::{Record, RecordError},
};

/// The first line of a proof's text.
pub const FIRST_LINE: &str = "c2sp.org/tlog-proof@v1";

/// A proof that a fact is in a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// The bytes of the [record](crate::record), which the proof is about. The format calls them
    /// extra: they are believed only as far as their hash leads to the root.
    pub extra: Option<Vec<u8>>,
    /// The index of the leaf: the fact's position less 1.
    pub index: u64,
    /// The inclusion proof: see [`merkle::inclusion_nodes`].
    pub inclusion: Vec<Hash>,
    /// The checkpoint whose root it leads to.
    pub note: Note,
}

/// A fact that is proven.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proven {
    /// The fact.
    pub record: Record,
    /// The checkpoint it is under, and who signed that.
    pub checkpoint: Verified,
}

/// Why a proof does not prove anything.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Bytes that are not a proof.
    #[error("not a proof: {why}")]
    Malformed {
        /// What is wrong.
        why: &'static str,
    },
    /// The note under the proof is not one.
    #[error(transparent)]
    Note(#[from] note::Error),
    /// The checkpoint is not one, or not signed.
    #[error("the checkpoint: {0}")]
    Checkpoint(#[from] checkpoint::Error),
    /// The proof does not have the record.
    #[error("the record is not in the proof")]
    NoRecord,
    /// The record does not lead to the checkpoint's root.
    #[error("position {position}: {why}")]
    Inclusion {
        /// The position that was to be proven.
        position: u64,
        /// What is wrong.
        why: merkle::Error,
    },
    /// The bytes are under the root, but are not a record.
    #[error("position {position}: {why}")]
    Record {
        /// The position.
        position: u64,
        /// What is wrong.
        why: RecordError,
    },
    /// The record says of itself that it is at another position.
    #[error("position {position}: the record there says that it is at position {says}")]
    Position {
        /// The position that was to be proven.
        position: u64,
        /// The position the record says.
        says: u64,
    },
}

impl Proof {
    /// The proof with these bytes; [`Display`](fmt::Display) gives the same again.
    ///
    /// # Errors
    /// [`Error::Malformed`] and [`Error::Note`].
    pub fn parse(bytes: &[u8]) -> Result<Self, Error> {
        let malformed = |why| Error::Malformed { why };
        let text = std::str::from_utf8(bytes).map_err(|_| malformed("it is not UTF-8"))?;
        let (head, note) = text
            .split_once("\n\n")
            .ok_or(malformed("it has no empty line before a checkpoint"))?;
        let mut lines = head.split('\n').peekable();
        if lines.next() != Some(FIRST_LINE) {
            return Err(malformed("its first line is another"));
        }
        let extra = lines
            .next_if(|line| line.starts_with("extra "))
            .and_then(|line| line.strip_prefix("extra "))
            .map(|text| BASE64_STANDARD.decode(text))
            .transpose()
            .map_err(|_| malformed("its extra data are not base64"))?;
        let index = lines
            .next()
            .and_then(|line| decimal(line.strip_prefix("index ")?))
            .ok_or(malformed("it has no index"))?;
        let inclusion = lines
            .map(Hash::from_base64)
            .collect::<Result<Vec<_>, _>>()
            .map_err(|_| malformed("a line of it is not a hash"))?;
        if inclusion.len() > MAX_PROOF_HASHES {
            return Err(malformed("it has too many hashes"));
        }
        Ok(Self {
            extra,
            index,
            inclusion,
            note: Note::parse(note.as_bytes())?,
        })
    }

    /// The fact, when a key of the log has signed the checkpoint, the record's leaf is under its root,
    /// and the record says the same position.
    ///
    /// # Errors
    /// What is wrong first.
    pub fn verify(&self, keys: &[VerifierKey], witnesses: &[VerifierKey]) -> Result<Proven, Error> {
        let checkpoint = checkpoint::verify(&self.note, keys, witnesses)?;
        let bytes = self.extra.as_ref().ok_or(Error::NoRecord)?;
        let leaf = merkle::leaf(bytes);
        let position = self.index.saturating_add(1);
        let tree = &checkpoint.checkpoint;
        merkle::verify_inclusion(leaf, self.index, tree.size, &self.inclusion, tree.root)
            .map_err(|why| Error::Inclusion { position, why })?;
        let record = Record::parse(bytes).map_err(|why| Error::Record { position, why })?;
        if record.position != position {
            let says = record.position;
            return Err(Error::Position { position, says });
        }
        Ok(Proven { record, checkpoint })
    }
}

impl fmt::Display for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{FIRST_LINE}")?;
        if let Some(extra) = &self.extra {
            writeln!(f, "extra {}", BASE64_STANDARD.encode(extra))?;
        }
        writeln!(f, "index {}", self.index)?;
        for hash in &self.inclusion {
            writeln!(f, "{}", hash.to_base64())?;
        }
        write!(f, "\n{}", self.note)
    }
}
