//! Checkpoints (`c2sp.org/tlog-checkpoint`): the size and root of a log's tree, as the text of a
//! [signed note](Note), which witnesses may cosign.

use std::fmt;

use chrono::{DateTime, Utc};

use crate::{
    merkle::{Hash, MAX_SIZE},
    note::{self, Note, SignerKey, VerifierKey},
};

/// What a log says about itself at a size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// Which log it is: not empty, without line feeds; best the name of its key, which looks like a
    /// URL without scheme.
    pub origin: String,
    /// The number of leaves.
    pub size: u64,
    /// The root over them.
    pub root: Hash,
    /// Further lines, which mean nothing here. None is empty.
    pub extensions: Vec<String>,
}

/// A witness that has cosigned a checkpoint, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Witnessed {
    /// The witness's key.
    pub witness: VerifierKey,
    /// When it cosigned, to the second, as it says.
    pub at: DateTime<Utc>,
}

/// A checkpoint that is signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// What was signed.
    pub checkpoint: Checkpoint,
    /// The keys of the log that signed it: at least one.
    pub signed_by: Vec<VerifierKey>,
    /// The witnesses that cosigned it.
    pub witnessed: Vec<Witnessed>,
}

/// Why something is not a checkpoint, or not signed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A note whose text is not that of a checkpoint, or a checkpoint that has no text.
    #[error("not a checkpoint: {why}")]
    Malformed {
        /// What is wrong.
        why: &'static str,
    },
    /// The note is not one, or not signed.
    #[error(transparent)]
    Note(#[from] note::Error),
}

impl Checkpoint {
    /// The checkpoint with this text; [`Display`](fmt::Display) gives the same again.
    ///
    /// # Errors
    /// [`Error::Malformed`].
    pub fn parse(text: &str) -> Result<Self, Error> {
        let malformed = |why| Error::Malformed { why };
        let text = text
            .strip_suffix('\n')
            .ok_or(malformed("it does not end with a line feed"))?;
        let mut lines = text.split('\n');
        let (Some(origin), Some(size), Some(root)) = (lines.next(), lines.next(), lines.next())
        else {
            return Err(malformed("it has fewer than three lines"));
        };
        let checkpoint = Self {
            origin: origin.to_owned(),
            size: decimal(size).ok_or(malformed("the size is not a number"))?,
            root: Hash::from_base64(root).map_err(|_| malformed("the root is not a hash"))?,
            extensions: lines.map(str::to_owned).collect(),
        };
        checkpoint.check()?;
        Ok(checkpoint)
    }

    /// The checkpoint that a note is about. The note is not verified.
    ///
    /// # Errors
    /// [`Error::Malformed`].
    pub fn of(note: &Note) -> Result<Self, Error> {
        Self::parse(note.text())
    }

    /// The checkpoint as a note, signed with the log's key. A log must never sign two checkpoints of
    /// which one is not a continuation of the other.
    ///
    /// # Errors
    /// [`Error::Malformed`] and [`note::Error::Text`].
    pub fn sign(&self, key: &SignerKey) -> Result<Note, Error> {
        self.check()?;
        Ok(Note::sign(&self.to_string(), key)?)
    }

    fn check(&self) -> Result<(), Error> {
        let malformed = |why| Err(Error::Malformed { why });
        let broken = |line: &String| line.is_empty() || line.contains('\n');
        if broken(&self.origin) || self.extensions.iter().any(broken) {
            return malformed("a line is empty");
        }
        if self.size > MAX_SIZE {
            return malformed("the size is beyond the limit");
        }
        Ok(())
    }
}

impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{}\n{}\n{}",
            self.origin,
            self.size,
            self.root.to_base64()
        )?;
        self.extensions
            .iter()
            .try_for_each(|line| writeln!(f, "{line}"))
    }
}

/// The checkpoint of a note, when one of the log's keys has signed it. Witnesses that have not signed
/// are not missed here.
///
/// # Errors
/// [`Error::Malformed`]; [`note::Error::WrongSignature`] when the signature of any known key or witness
/// is wrong; [`note::Error::NoKnownKey`] when no key of the log has signed.
pub fn verify(
    note: &Note,
    keys: &[VerifierKey],
    witnesses: &[VerifierKey],
) -> Result<Verified, Error> {
    let checkpoint = Checkpoint::of(note)?;
    let signed = note.verify(keys)?;
    let signed_by = signed
        .into_iter()
        .map(|signed| signed.key.clone())
        .collect();
    let witnessed = match note.verify(witnesses) {
        Ok(signed) => signed,
        Err(note::Error::NoKnownKey { .. }) => Vec::new(),
        Err(error) => return Err(error.into()),
    };
    let witnessed = witnessed
        .into_iter()
        .filter_map(|signed| {
            let (witness, at) = (signed.key.clone(), signed.at?);
            Some(Witnessed { witness, at })
        })
        .collect();
    Ok(Verified {
        checkpoint,
        signed_by,
        witnessed,
    })
}

/// A number in decimal digits, without leading zeros.
pub(crate) fn decimal(text: &str) -> Option<u64> {
    let canonical = text == "0" || !text.starts_with(['0', '+']);
    canonical.then(|| text.parse().ok())?
}
