//! What an outsider checks a log by: checkpoints, proofs, and the cosignatures of witnesses.
//!
//! Nothing is handed out that does not hold: what the database says is checked here as an outsider
//! would check it, before it is signed or told.

use std::fmt;

use chrono::{DateTime, Utc};
use events::{PilotId, Position};
use proof::checkpoint::Checkpoint;
use proof::merkle::{self, Hash};
use proof::note::{Algorithm, Note, Signature, VerifierKey};
use proof::tlog_proof::Proof;
use uuid::Uuid;

use crate::{App, Error};

/// That a fact is in the log, and that the log continues an older one.
#[derive(Debug, Clone)]
pub struct FactProof {
    /// The key that the note is verified with. Whoever doubts the log has it from elsewhere.
    pub vkey: VerifierKey,
    /// The record's bytes, its index, the way from its leaf to the root, and the checkpoint.
    pub proof: Proof,
    /// When it was asked for: how an older log leads on to this one.
    pub since: Option<Since>,
}

/// That a log is the beginning of a later one.
#[derive(Debug, Clone)]
pub struct Since {
    /// How many facts it had.
    pub size: u64,
    /// Its root.
    pub root: Hash,
    /// The proof (RFC 9162 section 2.1.4).
    pub consistency: Vec<Hash>,
}

/// What is sent to a witness: the body of `add-checkpoint` (`c2sp.org/tlog-witness`) is its
/// [`Display`](fmt::Display).
#[derive(Debug, Clone)]
pub struct CosignatureRequest {
    /// The size that the witness has cosigned last.
    pub old: u64,
    /// That the log with that size is the beginning of this one.
    pub consistency: Vec<Hash>,
    /// What is to be cosigned.
    pub note: Note,
}

/// A cosignature that is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cosigned {
    /// How many facts it is about.
    pub size: u64,
    /// When the witness signed, as it says.
    pub at: DateTime<Utc>,
}

/// Why something is not proven or signed.
#[derive(Debug, thiserror::Error)]
pub enum Unprovable {
    /// A fact that an older log does not have.
    #[error(
        "position {position} is not among the first {size} facts: ask for a size of {position} or more"
    )]
    OutsideSize {
        /// The fact.
        position: Position,
        /// How many facts were asked about.
        size: Position,
    },
    /// A log does not lead on to one that is smaller.
    #[error(
        "a log of {size} facts cannot continue one of {old} facts: ask for a size of {old} or more"
    )]
    Shrunk {
        /// The older size.
        old: Position,
        /// The size it should lead on to.
        size: Position,
    },
    /// The checkpoint of this size is kept, and it is that of another installation.
    #[error(
        "a checkpoint of {size} facts is kept here already, which says that the log is `{origin}`, and by the keys of this installation it is `{own}`: restore the keys/log.key that belongs to it, or ask for another size"
    )]
    OtherOrigin {
        /// The size.
        size: u64,
        /// What the kept one says.
        origin: String,
        /// What this installation calls the log.
        own: String,
    },
    /// The log is not what was signed.
    #[error(
        "the log does not agree with its checkpoint of {size} facts, so it was altered; nothing is signed or proven before that is cleared up: run inrete verify"
    )]
    Contradicted {
        /// The size of the checkpoint.
        size: u64,
    },
    /// The fact is not what was recorded.
    #[error(
        "the fact at position {position} is not the one that was recorded there: run inrete verify"
    )]
    Altered {
        /// Its position.
        position: Position,
    },
    /// Keys of logs sign otherwise than witnesses do.
    #[error("{name} is not the key of a witness (its algorithm is not that of cosignatures)")]
    NoWitness {
        /// The key's name.
        name: String,
    },
    /// A line that is no signature.
    #[error("line {line} is no signature (— name base64)")]
    NoSignature {
        /// Which, from 1.
        line: usize,
    },
    /// The witness has cosigned more than is kept here, and answered with that.
    #[error(
        "the witness does not cosign this: it says that it has cosigned {size} facts of this log; if it has, ask with --old {size}"
    )]
    SeenMore {
        /// What the witness says.
        size: u64,
    },
    /// Nobody, or somebody else, has signed.
    #[error("there is no cosignature of {name} in what was given")]
    NotCosigned {
        /// The witness.
        name: String,
    },
    /// A signature that does not fit.
    #[error(
        "the cosignature is not one of {name} under a checkpoint that is kept here; it is not kept"
    )]
    WrongCosignature {
        /// The witness.
        name: String,
    },
    /// Something cannot be signed.
    #[error("the checkpoint cannot be signed")]
    Unsigned(#[source] proof::checkpoint::Error),
}

/// A checkpoint that is kept.
struct Kept {
    checkpoint: Checkpoint,
    note: Note,
}

impl App {
    /// The signed checkpoint of the first `size` facts, of all when no size is given: by every key
    /// that signs, and with all signatures and cosignatures that are kept. It is kept too.
    ///
    /// # Errors
    /// [`Error::UnknownPilot`], [`Error::BeyondHead`], [`Error::NoKeys`],
    /// [`Unprovable::OtherOrigin`], [`Unprovable::Contradicted`], faults.
    pub async fn checkpoint(&self, pilot: PilotId, size: Option<Position>) -> Result<Note, Error> {
        let head = self.log().head(pilot.0).await?.position;
        let size = within(size.unwrap_or(head), head)?;
        let keys = self.keys()?;
        let origin = keys.origin(pilot.0);
        let kept = self.kept(pilot.0).await?;
        let (leaves, root) = (count(size), self.log().root(pilot.0, size).await?);
        self.agree(pilot.0, leaves, root, &kept).await?;

        let same = kept.iter().find(|kept| kept.checkpoint.size == leaves);
        if let Some(Kept { checkpoint, .. }) = same
            && checkpoint.origin != origin
        {
            return Err(Unprovable::OtherOrigin {
                size: leaves,
                origin: checkpoint.origin.clone(),
                own: origin,
            }
            .into());
        }
        let checkpoint = Checkpoint {
            origin,
            size: leaves,
            root,
            extensions: Vec::new(),
        };
        let mut signers = keys.signers(pilot.0).into_iter();
        let first = signers.next().ok_or(Error::NoKeys)?;
        let unsigned = |error| Error::from(Unprovable::Unsigned(error));
        let mut note = checkpoint.sign(&first).map_err(unsigned)?;
        for signer in signers {
            let signed = checkpoint.sign(&signer).map_err(unsigned)?;
            signed
                .signatures()
                .iter()
                .for_each(|one| note.add(one.clone()));
        }
        let known = |note: &Note, one: &Signature| {
            let key = |kept: &Signature| (kept.id, &kept.name) == (one.id, &one.name);
            note.signatures().iter().any(key)
        };
        let before = same.map(|kept| &kept.note);
        let new = |one: &Signature| before.is_none_or(|before| !known(before, one));
        if note.signatures().iter().any(new) {
            self.log().keep_checkpoint(pilot.0, &note).await?;
        }
        // By this installation's keys first; then by keys that have retired, and by witnesses.
        for one in before.into_iter().flat_map(Note::signatures) {
            if !known(&note, one) {
                note.add(one.clone());
            }
        }
        Ok(note)
    }

    /// That the fact at `position` is among the first `size`, or among all; with `since`, also that
    /// these continue the first `since` facts. The checkpoint that it ends in is signed and kept.
    ///
    /// # Errors
    /// As [`App::checkpoint`]; [`Unprovable::OutsideSize`], [`Unprovable::Shrunk`],
    /// [`Unprovable::Altered`].
    pub async fn prove(
        &self,
        pilot: PilotId,
        position: Position,
        size: Option<Position>,
        since: Option<Position>,
    ) -> Result<FactProof, Error> {
        let (log, head) = (self.log(), self.log().head(pilot.0).await?.position);
        let size = within(size.unwrap_or(head), head)?;
        if within(position, head)? > size || position < 1 {
            return Err(Unprovable::OutsideSize { position, size }.into());
        }
        if let Some(old) = since
            && within(old, head)? > size
        {
            return Err(Unprovable::Shrunk { old, size }.into());
        }
        let note = self.checkpoint(pilot, Some(size)).await?;
        let root = log.root(pilot.0, size).await?;
        let altered = || Unprovable::Altered { position };
        let stored = log
            .stored_at(pilot.0, position)
            .await?
            .ok_or_else(altered)?;
        let record = stored.into_record().bytes();
        let inclusion = log.inclusion(pilot.0, position, size).await?;
        let (index, leaf) = (count(position - 1), merkle::leaf(&record));
        merkle::verify_inclusion(leaf, index, count(size), &inclusion, root)
            .map_err(|_| altered())?;
        let since = match since {
            None => None,
            Some(old) => Some(Since {
                size: count(old),
                root: log.root(pilot.0, old).await?,
                consistency: self.lead(pilot.0, old, size).await?,
            }),
        };
        let vkey = self.keys()?.vkeys(pilot.0).into_iter().next();
        Ok(FactProof {
            vkey: vkey.ok_or(Error::NoKeys)?,
            proof: Proof {
                extra: Some(record),
                index,
                inclusion,
                note,
            },
            since,
        })
    }

    /// What a witness is asked to cosign: the first `size` facts, or all, as they continue the `old`
    /// ones that it has cosigned last, as far as is known here.
    ///
    /// # Errors
    /// As [`App::checkpoint`]; [`Unprovable::NoWitness`], [`Unprovable::Shrunk`].
    pub async fn cosignature_request(
        &self,
        pilot: PilotId,
        witness: &VerifierKey,
        size: Option<Position>,
        old: Option<Position>,
    ) -> Result<CosignatureRequest, Error> {
        check_witness(witness)?;
        let head = self.log().head(pilot.0).await?.position;
        let size = within(size.unwrap_or(head), head)?;
        let old = match old {
            Some(old) => within(old, head)?,
            None => {
                let kept = self.kept(pilot.0).await?;
                let cosigned = |kept: &&Kept| {
                    let known = std::slice::from_ref(witness);
                    kept.note.verify(known).is_ok()
                };
                let last = kept.iter().rev().find(cosigned);
                last.map_or(0, |kept| place(kept.checkpoint.size))
            }
        };
        if old > size {
            return Err(Unprovable::Shrunk { old, size }.into());
        }
        let note = self.checkpoint(pilot, Some(size)).await?;
        Ok(CosignatureRequest {
            old: count(old),
            consistency: self.lead(pilot.0, old, size).await?,
            note,
        })
    }

    /// Keeps the cosignature of a witness under one of the log's checkpoints, from what the witness
    /// has answered. An earlier one of the same checkpoint stays.
    ///
    /// # Errors
    /// [`Unprovable`] when there is none in it, or it is not right; faults.
    pub async fn add_cosignature(
        &self,
        pilot: PilotId,
        witness: &VerifierKey,
        answer: &str,
    ) -> Result<Cosigned, Error> {
        check_witness(witness)?;
        if let Ok(size) = answer.trim().parse() {
            return Err(Unprovable::SeenMore { size }.into());
        }
        let mut own = None;
        for (index, line) in answer.lines().enumerate() {
            if line.is_empty() {
                continue;
            }
            let signature =
                Signature::parse(line).map_err(|_| Unprovable::NoSignature { line: index + 1 })?;
            if (signature.id, signature.name.as_str()) == (witness.id(), witness.name()) {
                own = Some(signature);
            }
        }
        let name = || witness.name().to_owned();
        let own = own.ok_or_else(|| Unprovable::NotCosigned { name: name() })?;
        // What was asked for last is most likely what was answered.
        for Kept { checkpoint, note } in self.kept(pilot.0).await?.into_iter().rev() {
            let mut cosigned = note;
            cosigned.add(own.clone());
            let known = std::slice::from_ref(witness);
            let at = cosigned
                .verify(known)
                .ok()
                .and_then(|signed| signed.first()?.at);
            if let Some(at) = at {
                self.log().keep_checkpoint(pilot.0, &cosigned).await?;
                let size = checkpoint.size;
                return Ok(Cosigned { size, at });
            }
        }
        Err(Unprovable::WrongCosignature { name: name() }.into())
    }

    /// The checkpoints that are kept, from the smallest.
    async fn kept(&self, log: Uuid) -> Result<Vec<Kept>, Error> {
        let notes = self.log().checkpoints(log).await?.into_iter();
        let parsed = notes.map(|note| match Checkpoint::of(&note) {
            Ok(checkpoint) => Ok(Kept { checkpoint, note }),
            Err(_) => Err(Error::Log(eventlog::Error::Tree { log })),
        });
        parsed.collect()
    }

    /// A tree is only signed when it leads on from the checkpoint before it and to the one after it.
    async fn agree(&self, log: Uuid, size: u64, root: Hash, kept: &[Kept]) -> Result<(), Error> {
        let before = kept.iter().rfind(|kept| kept.checkpoint.size <= size);
        let after = kept.iter().find(|kept| kept.checkpoint.size >= size);
        let pairs = [before.map(|it| (it, true)), after.map(|it| (it, false))];
        for (Kept { checkpoint, .. }, is_before) in pairs.into_iter().flatten() {
            let (there, here) = ((checkpoint.size, checkpoint.root), (size, root));
            let (old, new) = if is_before {
                (there, here)
            } else {
                (here, there)
            };
            let contradicted = || Unprovable::Contradicted {
                size: checkpoint.size,
            };
            // A log that came back from an older copy may be shorter than what was signed.
            let lead = self
                .log()
                .consistency(log, place(old.0), place(new.0))
                .await;
            let proof = match lead {
                Err(eventlog::Error::Invalid(_)) => return Err(contradicted().into()),
                other => other?,
            };
            merkle::verify_consistency(old.0, old.1, new.0, new.1, &proof)
                .map_err(|_| contradicted())?;
        }
        Ok(())
    }

    /// That the first `old` facts lead on to the first `size`. It was checked that it does.
    async fn lead(&self, log: Uuid, old: Position, size: Position) -> Result<Vec<Hash>, Error> {
        let (older, newer) = (
            self.log().root(log, old).await?,
            self.log().root(log, size).await?,
        );
        let proof = self.log().consistency(log, old, size).await?;
        let size = count(size);
        merkle::verify_consistency(count(old), older, size, newer, &proof)
            .map_err(|_| Unprovable::Contradicted { size })?;
        Ok(proof)
    }
}

impl fmt::Display for CosignatureRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "old {}", self.old)?;
        for hash in &self.consistency {
            writeln!(f, "{}", hash.to_base64())?;
        }
        write!(f, "\n{}", self.note)
    }
}

fn within(position: Position, head: Position) -> Result<Position, Error> {
    if (0..=head).contains(&position) {
        Ok(position)
    } else {
        Err(Error::BeyondHead { position, head })
    }
}

fn check_witness(key: &VerifierKey) -> Result<(), Unprovable> {
    match key.algorithm() {
        Algorithm::CosignatureV1 => Ok(()),
        Algorithm::Ed25519 => Err(Unprovable::NoWitness {
            name: key.name().to_owned(),
        }),
    }
}

/// Positions are never negative here.
fn count(position: Position) -> u64 {
    u64::try_from(position).unwrap_or_default()
}

/// Sizes of checkpoints that are kept are never larger.
fn place(size: u64) -> Position {
    Position::try_from(size).unwrap_or(Position::MAX)
}
