//! `inrete-verify checkpoint`, and what the other subcommands say about checkpoints.

use proof::{
    checkpoint::{self, Checkpoint, Verified},
    note::{Note, VerifierKey},
};
use serde_json::{Value, json};

use inrete_verify::{Fails, Holds, Outcome, input};

/// Check the signatures under a checkpoint.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The checkpoint, a signed note.
    file: String,
    /// A key the log signs with, as you know it from elsewhere (name+id+base64, or @FILE).
    #[arg(long = "key", value_name = "VKEY|@FILE", required = true)]
    keys: Vec<String>,
    /// The key of a witness that must have cosigned (name+id+base64, or @FILE).
    #[arg(long = "witness", value_name = "VKEY|@FILE")]
    witnesses: Vec<String>,
    /// Answer with a JSON object.
    #[arg(long)]
    pub(crate) json: bool,
}

pub(crate) fn run(args: &Args) -> Outcome {
    let keys = input::keys(&args.keys)?;
    let witnesses = input::keys(&args.witnesses)?;
    let note = input::note(&args.file)?;
    Checkpoint::of(&note).map_err(|error| Fails::unusable(&args.file, &error))?;
    let verified = verify(&note, &keys, &witnesses)?;
    let mut json = to_json(&verified);
    json["holds"] = true.into();
    Ok(Holds {
        lines: lines(&verified),
        json,
    })
}

/// A checkpoint that is signed by one of the keys, and cosigned by every witness.
pub(crate) fn verify(
    note: &Note,
    keys: &[VerifierKey],
    witnesses: &[VerifierKey],
) -> Result<Verified, Fails> {
    let verified =
        checkpoint::verify(note, keys, witnesses).map_err(|error| Fails::refused(&error))?;
    for witness in witnesses {
        if !verified
            .witnessed
            .iter()
            .any(|seen| seen.witness == *witness)
        {
            return Err(Fails::Refused {
                why: format!(
                    "the witness {} has not cosigned the checkpoint",
                    witness.name()
                ),
                positions: None,
            });
        }
    }
    Ok(verified)
}

pub(crate) fn lines(verified: &Verified) -> Vec<String> {
    let Checkpoint {
        origin, size, root, ..
    } = &verified.checkpoint;
    let mut lines = vec![
        format!("checkpoint of {origin} at size {size}"),
        format!("root: {root}"),
    ];
    for key in &verified.signed_by {
        lines.push(format!("signed by {key}"));
    }
    for witnessed in &verified.witnessed {
        let (name, at) = (witnessed.witness.name(), witnessed.at);
        lines.push(format!("witness {name} cosigned it at {at}"));
    }
    lines
}

pub(crate) fn to_json(verified: &Verified) -> Value {
    let witnesses: Vec<_> = verified
        .witnessed
        .iter()
        .map(|witnessed| {
            let at = witnessed
                .at
                .to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
            json!({"vkey": witnessed.witness.to_string(), "at": at})
        })
        .collect();
    let signers = verified.signed_by.iter().map(ToString::to_string);
    json!({
        "origin": verified.checkpoint.origin,
        "size": verified.checkpoint.size,
        "root": verified.checkpoint.root.to_string(),
        "signers": signers.collect::<Vec<_>>(),
        "witnesses": witnesses,
    })
}
