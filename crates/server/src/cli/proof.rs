//! The proof of one fact.

use app::FactProof;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use clap::Args;
use events::Position;
use proof::merkle::Hash;
use serde_json::{Value, json};

use super::stand::{Manner, Place, Stand};
use super::{Ended, say_json, say_text};

/// Which fact, and in what.
#[derive(Args)]
#[command(after_help = "\
Without --json, the answer is a text of c2sp.org/tlog-proof: the fact's record (base64), its index, the
hashes beside the way from it to the root, and the signed checkpoint. With --json it is one object:

  vkey         the log's key; whoever doubts the log should have it from elsewhere
  note         the signed checkpoint, in base64
  record       the bytes that are hashed into the leaf, in base64
  index        the position less one
  inclusion    the proof of RFC 9162 section 2.1.3, hashes in hex
  oldSize, oldRoot, consistency
               with --since: the log as it was, and the proof of RFC 9162 section 2.1.4 that it is the
               beginning of this one

The record shows what the fact says; what is personal in it is sealed. docs/proofs.md has the formats and
a verifier to copy; `inrete-verify proof` is another.")]
pub(crate) struct ProofArguments {
    /// Id, short name or HMIS project id.
    #[arg(long)]
    pilot: String,
    /// The fact's position, from 1.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(Position).range(1..))]
    position: Position,
    /// Among how many facts, from the first; all when not given.
    #[arg(long, value_name = "SIZE", value_parser = clap::value_parser!(Position).range(1..))]
    size: Option<Position>,
    /// Prove too that the first SIZE facts are what these begin with.
    #[arg(long, value_name = "SIZE", requires = "json", value_parser = clap::value_parser!(Position).range(0..))]
    since: Option<Position>,
    /// Answer in JSON, for machines.
    #[arg(long)]
    json: bool,
}

pub(super) async fn proof(place: Place, given: ProofArguments) -> anyhow::Result<Ended> {
    let stand = place.open(Manner::Passing).await?;
    let done = prove(&stand, &given).await;
    stand.close().await?;
    done
}

async fn prove(stand: &Stand, given: &ProofArguments) -> anyhow::Result<Ended> {
    let pilot = stand.find(&given.pilot).await?;
    let proven = stand
        .app
        .prove(pilot, given.position, given.size, given.since);
    let proven = proven.await?;
    if given.json {
        say_json(&object(&proven))?;
    } else {
        say_text(&proven.proof.to_string());
    }
    Ok(Ended::Well)
}

fn object(proven: &FactProof) -> Value {
    let FactProof { vkey, proof, since } = proven;
    let hex = |hashes: &[Hash]| hashes.iter().map(Hash::to_string).collect::<Vec<_>>();
    let mut object = json!({
        "vkey": vkey.to_string(),
        "note": base64(proof.note.to_string().as_bytes()),
        "record": base64(proof.extra.as_deref().unwrap_or_default()),
        "index": proof.index,
        "inclusion": hex(&proof.inclusion),
    });
    if let Some(since) = since {
        object["oldSize"] = since.size.into();
        object["oldRoot"] = since.root.to_string().into();
        object["consistency"] = hex(&since.consistency).into();
    }
    object
}

pub(super) fn base64(bytes: &[u8]) -> String {
    BASE64_STANDARD.encode(bytes)
}
