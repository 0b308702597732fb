//! Checkpoints, and the cosignatures of witnesses under them.

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use anyhow::Context;
use chrono::{DateTime, SecondsFormat, Utc};
use clap::{Args, Subcommand};
use events::Position;
use proof::checkpoint::Checkpoint;
use proof::note::{Note, VerifierKey};
use serde_json::{Value, json};

use super::stand::{Manner, Place, Stand};
use super::{Ended, WrongArguments, say, say_json, say_text};

/// What is read from a file or from standard input, at most, in bytes.
pub(super) const MAX_INPUT_BYTES: usize = 1024 * 1024;
/// What stands for standard input.
const STDIN: &str = "-";

/// Which checkpoint.
#[derive(Args)]
#[command(after_help = "\
The answer is a signed note (c2sp.org/signed-note, c2sp.org/tlog-checkpoint): who the log is, how many
facts it has, the root of its Merkle tree, and signatures. It is kept: every later one continues it.
Verify it with the keys that `inrete key show --pilot P` prints.")]
pub(crate) struct CheckpointArguments {
    /// Id, short name or HMIS project id.
    #[arg(long)]
    pilot: String,
    /// How many facts it is about, from the first; all when not given.
    #[arg(long, value_name = "SIZE", value_parser = clap::value_parser!(Position).range(0..))]
    size: Option<Position>,
    /// Answer in JSON, for machines: the note (base64) and what it says.
    #[arg(long)]
    json: bool,
}

/// Asking witnesses, and keeping what they answer.
#[derive(Subcommand)]
pub(crate) enum CosignatureCommand {
    /// Prints what to send to a witness: the body of its `add-checkpoint`.
    #[command(after_help = "\
A witness cosigns a checkpoint when it continues all that the witness has cosigned before: so nobody can
show different histories to different people. To ask one and keep its answer:

  inrete cosignature request --pilot P --witness VKEY \\
    | curl -sS --data-binary @- https://witness.example/add-checkpoint \\
    | inrete cosignature add --pilot P --witness VKEY")]
    Request(RequestArguments),
    /// Checks what a witness answered and keeps it: `inrete checkpoint` shows it from then on.
    Add(AddArguments),
}

/// What is to be cosigned, and by whom.
#[derive(Args)]
pub(crate) struct RequestArguments {
    /// Id, short name or HMIS project id.
    #[arg(long)]
    pilot: String,
    /// The witness's public key, name+id+base64, as `inrete witness key` prints it.
    #[arg(long, value_name = "VKEY")]
    witness: VerifierKey,
    /// How many facts are to be cosigned; all when not given.
    #[arg(long, value_name = "SIZE", value_parser = clap::value_parser!(Position).range(0..))]
    size: Option<Position>,
    /// How many facts the witness has cosigned before; by the cosignatures kept here when not given.
    #[arg(long, value_name = "SIZE", value_parser = clap::value_parser!(Position).range(0..))]
    old: Option<Position>,
}

/// What was cosigned, and by whom.
#[derive(Args)]
pub(crate) struct AddArguments {
    /// Id, short name or HMIS project id.
    #[arg(long)]
    pilot: String,
    /// The witness's public key, name+id+base64.
    #[arg(long, value_name = "VKEY")]
    witness: VerifierKey,
    /// What the witness answered; standard input when it is not given, or `-`.
    #[arg(default_value = STDIN)]
    file: PathBuf,
}

pub(super) async fn checkpoint(place: Place, given: CheckpointArguments) -> anyhow::Result<Ended> {
    let stand = place.open(Manner::Passing).await?;
    let done = sign(&stand, &given).await;
    stand.close().await?;
    done
}

async fn sign(stand: &Stand, given: &CheckpointArguments) -> anyhow::Result<Ended> {
    let pilot = stand.find(&given.pilot).await?;
    let note = stand.app.checkpoint(pilot, given.size).await?;
    if given.json {
        let vkeys = stand.app.keys()?.vkeys(pilot.0);
        say_json(&described(&note, &vkeys)?)?;
    } else {
        say_text(&note.to_string());
    }
    Ok(Ended::Well)
}

/// A checkpoint as an object. Whose signatures are not the log's are cosignatures; nothing is said
/// about whether they are right, which takes the witness's key.
fn described(note: &Note, vkeys: &[VerifierKey]) -> anyhow::Result<Value> {
    let checkpoint = Checkpoint::of(note)?;
    let ours = |id: u32, name: &str| {
        vkeys
            .iter()
            .find(|key| key.id() == id && key.name() == name)
    };
    let (mut signers, mut cosignatures) = (Vec::new(), Vec::new());
    for signature in note.signatures() {
        match ours(signature.id, &signature.name) {
            Some(key) => signers.push(key.to_string()),
            None => cosignatures.push(json!({
                "name": signature.name,
                "id": format!("{:08x}", signature.id),
                "at": stamp(&signature.bytes).map(shown),
            })),
        }
    }
    Ok(json!({
        "origin": checkpoint.origin,
        "size": checkpoint.size,
        "root": checkpoint.root.to_string(),
        "note": super::proof::base64(note.to_string().as_bytes()),
        "signers": signers,
        "cosignatures": cosignatures,
    }))
}

/// When a cosignature says it was made: its first eight bytes.
fn stamp(bytes: &[u8]) -> Option<DateTime<Utc>> {
    let (seconds, signature) = bytes.split_first_chunk::<8>()?;
    let seconds = i64::try_from(u64::from_be_bytes(*seconds)).ok()?;
    (signature.len() == 64).then(|| DateTime::from_timestamp_secs(seconds))?
}

fn shown(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

pub(super) async fn cosignature(
    place: Place,
    command: CosignatureCommand,
) -> anyhow::Result<Ended> {
    // Before anything is started: who gives it may be waiting for the database itself.
    let answer = match &command {
        CosignatureCommand::Add(given) => Some(read_text(&given.file)?),
        CosignatureCommand::Request(_) => None,
    };
    let stand = place.open(Manner::Passing).await?;
    let done = match (&command, answer) {
        (CosignatureCommand::Request(given), _) => request(&stand, given).await,
        (CosignatureCommand::Add(given), answer) => {
            add(&stand, given, &answer.unwrap_or_default()).await
        }
    };
    stand.close().await?;
    done
}

async fn request(stand: &Stand, given: &RequestArguments) -> anyhow::Result<Ended> {
    let pilot = stand.find(&given.pilot).await?;
    let asked = stand
        .app
        .cosignature_request(pilot, &given.witness, given.size, given.old);
    say_text(&asked.await?.to_string());
    Ok(Ended::Well)
}

async fn add(stand: &Stand, given: &AddArguments, answer: &str) -> anyhow::Result<Ended> {
    let pilot = stand.find(&given.pilot).await?;
    let added = stand
        .app
        .add_cosignature(pilot, &given.witness, answer)
        .await?;
    say(&format!(
        "{} cosigned {} facts at {}",
        given.witness.name(),
        added.size,
        shown(added.at)
    ));
    Ok(Ended::Well)
}

/// What is in a file, or comes from standard input; not more than [`MAX_INPUT_BYTES`].
pub(super) fn read_text(file: &Path) -> anyhow::Result<String> {
    let from_stdin = file.as_os_str() == STDIN;
    let name = match from_stdin {
        true => "standard input".to_owned(),
        false => file.display().to_string(),
    };
    let mut bytes = Vec::new();
    let limit = MAX_INPUT_BYTES as u64 + 1;
    let read = match from_stdin {
        true => io::stdin().lock().take(limit).read_to_end(&mut bytes),
        false => {
            std::fs::File::open(file).and_then(|file| file.take(limit).read_to_end(&mut bytes))
        }
    };
    read.with_context(|| format!("reading {name}"))?;
    if bytes.len() > MAX_INPUT_BYTES {
        let why = format!("{name} is longer than {MAX_INPUT_BYTES} bytes");
        return Err(WrongArguments(why).into());
    }
    String::from_utf8(bytes).map_err(|_| WrongArguments(format!("{name} is not UTF-8")).into())
}
