//! `inrete-verify proof`.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use inrete_verify::{Fails, Holds, Outcome, input};
use proof::{
    checkpoint::{self as checkpoints, Checkpoint},
    merkle::{self, Hash},
    note::{Note, VerifierKey},
    tlog_proof::{FIRST_LINE, Proof, Proven},
};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::checkpoint;

/// The longest proof that is read, in bytes.
const MAX_PROOF_BYTES: usize = 16 * 1024 * 1024;

/// Check the proof of one fact: a C2SP tlog-proof, or the JSON object of the interface.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The proof.
    file: String,
    /// A key the log signs with, as you know it from elsewhere (name+id+base64, or @FILE).
    #[arg(long = "key", value_name = "VKEY|@FILE")]
    keys: Vec<String>,
    /// The key of a witness that must have cosigned the checkpoint (name+id+base64, or @FILE).
    #[arg(long = "witness", value_name = "VKEY|@FILE")]
    witnesses: Vec<String>,
    /// A checkpoint you kept: the proof must be of it, or lead from it to its own.
    #[arg(long, value_name = "NOTEFILE")]
    checkpoint: Option<String>,
    /// Answer with a JSON object.
    #[arg(long)]
    pub(crate) json: bool,
}

/// A proof as the interface of the log answers with it. Fields it may have besides are passed over.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    vkey: Option<String>,
    /// The signed note, in base64.
    note: String,
    /// The bytes of the leaf, in base64.
    record: String,
    index: Count,
    /// Hashes in hex, here and below.
    inclusion: Vec<String>,
    old_size: Option<Count>,
    old_root: Option<String>,
    consistency: Option<Vec<String>>,
}

/// A number, which some interfaces can only carry as text.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Count {
    Number(u64),
    Text(String),
}

/// A proof, of either form.
struct Given {
    vkey: Option<VerifierKey>,
    proof: Proof,
    old: Option<Old>,
}

/// An older tree that the proof leads on from.
struct Old {
    size: u64,
    root: Hash,
    consistency: Vec<Hash>,
}

pub(crate) fn run(args: &Args) -> Outcome {
    let own = input::keys(&args.keys)?;
    let witnesses = input::keys(&args.witnesses)?;
    let held = args.checkpoint.as_deref().map(input::note).transpose()?;
    let bytes = input::read(&args.file, MAX_PROOF_BYTES)?;
    let given = if bytes.starts_with(FIRST_LINE.as_bytes()) {
        from_text(&args.file, &bytes)?
    } else {
        from_json(&bytes).map_err(|why| Fails::Unusable(format!("{}: {why}", args.file)))?
    };
    let keys = match (own.is_empty(), &given.vkey) {
        (false, _) => own.clone(),
        (true, Some(vkey)) => vec![vkey.clone()],
        (true, None) => {
            let why = "the proof has no key in it, and none was given: give --key";
            return Err(Fails::Unusable(why.to_owned()));
        }
    };
    let proven = given.proof.verify(&keys, &witnesses).map_err(|error| {
        let position = given.proof.index.saturating_add(1);
        match Fails::refused(&error) {
            Fails::Refused { why, .. } => Fails::Refused {
                why,
                positions: Some((position, position)),
            },
            other => other,
        }
    })?;
    checkpoint::verify(&given.proof.note, &keys, &witnesses)?;
    if let Some(old) = &given.old {
        consistent(&proven, old)?;
    }
    if let Some(held) = &held {
        leads_from(held, &keys, &proven, given.old.as_ref())?;
    }
    Ok(holds(&proven, &given, held.is_some(), !own.is_empty()))
}

fn from_text(path: &str, bytes: &[u8]) -> Result<Given, Fails> {
    let proof = Proof::parse(bytes).map_err(|error| Fails::unusable(path, &error))?;
    Ok(Given {
        vkey: None,
        proof,
        old: None,
    })
}

fn from_json(bytes: &[u8]) -> Result<Given, String> {
    let answer: Answer = serde_json::from_slice(bytes)
        .map_err(|error| format!("neither a {FIRST_LINE} nor the JSON of a proof: {error}"))?;
    let base64 = |what: &str, text: &str| {
        let bytes = BASE64_STANDARD.decode(text);
        bytes.map_err(|_| format!("the {what} is not base64"))
    };
    let note = base64("note", &answer.note)?;
    let proof = Proof {
        extra: Some(base64("record", &answer.record)?),
        index: answer.index.value("index")?,
        inclusion: hashes("inclusion", &answer.inclusion)?,
        note: Note::parse(&note).map_err(|error| error.to_string())?,
    };
    let old = match (answer.old_size, answer.old_root) {
        (Some(size), Some(root)) => Some(Old {
            size: size.value("oldSize")?,
            root: hash("oldRoot", &root)?,
            consistency: hashes("consistency", &answer.consistency.unwrap_or_default())?,
        }),
        (None, None) => None,
        _ => return Err("oldSize and oldRoot go together".to_owned()),
    };
    let vkey = answer.vkey.map(|vkey| vkey.parse::<VerifierKey>());
    let vkey = vkey.transpose().map_err(|error| error.to_string())?;
    Ok(Given { vkey, proof, old })
}

impl Count {
    fn value(&self, what: &str) -> Result<u64, String> {
        match self {
            Self::Number(number) => Ok(*number),
            Self::Text(text) => text.parse().map_err(|_| format!("{what} is not a number")),
        }
    }
}

fn hash(what: &str, text: &str) -> Result<Hash, String> {
    text.parse()
        .map_err(|_| format!("{what} has something that is not a hash in hex"))
}

fn hashes(what: &str, texts: &[String]) -> Result<Vec<Hash>, String> {
    texts.iter().map(|text| hash(what, text)).collect()
}

fn consistent(proven: &Proven, old: &Old) -> Result<(), Fails> {
    let Checkpoint { size, root, .. } = &proven.checkpoint.checkpoint;
    merkle::verify_consistency(old.size, old.root, *size, *root, &old.consistency).map_err(
        |error| {
            let why = format!(
                "the log at size {size} is not shown to continue the one at size {}: {error}",
                old.size
            );
            Fails::Refused {
                why,
                positions: None,
            }
        },
    )
}

/// Whether the checkpoint that was kept is the one the fact is under, or the one before it.
fn leads_from(
    held: &Note,
    keys: &[VerifierKey],
    proven: &Proven,
    old: Option<&Old>,
) -> Result<(), Fails> {
    let refused = |why| {
        let positions = None;
        Err(Fails::Refused { why, positions })
    };
    let held = match checkpoints::verify(held, keys, &[]) {
        Ok(verified) => verified.checkpoint,
        Err(error) => return refused(format!("the held checkpoint: {error}")),
    };
    let new = &proven.checkpoint.checkpoint;
    if held.origin != new.origin {
        let why = format!(
            "the held checkpoint is of the origin {:?}, not of this log",
            held.origin
        );
        return refused(why);
    }
    let trees = old.map(|old| (old.size, old.root));
    let mut of_its_size = trees
        .into_iter()
        .chain([(new.size, new.root)])
        .filter(|(size, _)| *size == held.size)
        .peekable();
    if of_its_size.peek().is_none() {
        return refused(format!(
            "the proof says nothing about the held checkpoint's size, {}",
            held.size
        ));
    }
    if of_its_size.any(|(_, root)| root != held.root) {
        return refused(format!(
            "the log has another root at size {} than the held checkpoint: its history was changed",
            held.size
        ));
    }
    Ok(())
}

fn holds(proven: &Proven, given: &Given, held: bool, own_key: bool) -> Holds {
    let record = &proven.record;
    let mut lines = vec![
        format!(
            "holds: position {} of log {} is {} (shape {}) of {}, which happened on {}",
            record.position,
            record.log,
            record.kind,
            record.shape,
            record.stream,
            record.occurred_on
        ),
        format!("recorded at {} by {}", record.recorded_at, record.actor),
    ];
    lines.extend(checkpoint::lines(&proven.checkpoint));
    if !own_key {
        lines.push(
            "no key of yours was used: the proof fits together, but who made it is only what it says \
             itself (give --key)"
                .to_owned(),
        );
    }
    if let Some(old) = &given.old {
        lines.push(format!("the log continues the one at size {}", old.size));
    }
    if held {
        lines.push("it is the log of your checkpoint".to_owned());
    }
    let bytes = given.proof.extra.as_deref().unwrap_or_default();
    let json = json!({
        "holds": true,
        "position": record.position,
        "record": serde_json::from_slice(bytes).unwrap_or(Value::Null),
        "checkpoint": checkpoint::to_json(&proven.checkpoint),
        "ownKey": own_key,
        "oldSize": given.old.as_ref().map(|old| old.size),
        "held": held,
    });
    Holds { lines, json }
}
