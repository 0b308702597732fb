//! A witness (`c2sp.org/tlog-witness`): it cosigns what logs say about themselves, as long as that
//! continues all they have said before. It needs no database.
//!
//! What it has cosigned last is in files, one for each log: the signed note, with its own cosignature
//! under it. A file is replaced as a whole and made durable before anybody gets the cosignature, and
//! one request at a time is between reading and replacing, whatever process it is in.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use app::keys::WitnessKey;
use chrono::{DateTime, Utc};
use clap::{Args, Subcommand};
use poem::http::StatusCode;
use poem::http::header::CONTENT_TYPE;
use poem::web::Data;
use poem::{Body, EndpointExt, Response, Route, handler};
use proof::checkpoint::{self, Checkpoint};
use proof::merkle::{self, EMPTY_ROOT, Hash, MAX_PROOF_HASHES};
use proof::note::{Algorithm, Note, Signature, VerifierKey};

use super::checkpoint::read_text;
use super::serve::stop_signal;
use super::stand::{Place, make_private};
use super::{Ended, NotThere, WrongArguments, say, tell};
use crate::http::{Listener, Proxies};

/// The address a witness listens on when none is given.
const DEFAULT_ADDRESS: &str = "127.0.0.1:8018";
/// A request's body at most, in bytes: 63 hashes and a checkpoint take some four thousand.
const MAX_BODY_BYTES: usize = 64 * 1024;
/// A request's body arrives within this time: nobody holds a connection by sending slowly.
const BODY_TIMEOUT: Duration = Duration::from_secs(15);
/// How long open requests may take to end when the witness stops.
const DRAIN: Duration = Duration::from_secs(10);
/// What a witness that has seen more answers with, says the protocol.
const SIZE: &str = "text/x.tlog.size";
const TEXT: &str = "text/plain; charset=utf-8";

/// A witness of its own: its key, its memory, no database.
#[derive(Subcommand)]
#[command(after_help = "\
All that a witness has is in DATA/witness: `key` (keep it secret), `logs` (public keys of the logs it
knows, one a line, `#` before a comment), and `seen`, what it has cosigned last of each log. Never put an
older copy of `seen` back: a witness that forgets can be made to cosign two histories.")]
pub(crate) enum WitnessCommand {
    /// Prints the witness's public key; makes it at the first time.
    Key {
        /// What the witness is called, for good: best like an address, `witness.example.org/w1`.
        /// `witness-` and chance when not given.
        #[arg(long)]
        name: Option<String>,
    },
    /// Answers `POST /add-checkpoint` (c2sp.org/tlog-witness) until it is stopped.
    Serve(WitnessServeArguments),
    /// Does the same for one request from a file, and prints the cosignature.
    Sign(SignArguments),
}

/// Where to listen, and for whom.
#[derive(Args)]
pub(crate) struct WitnessServeArguments {
    /// Address and port; port 0 takes a free one.
    #[arg(long, default_value = DEFAULT_ADDRESS)]
    listen: String,
    /// The public key of a log to cosign for; may be repeated. Those in DATA/witness/logs count too.
    #[arg(long = "log", value_name = "VKEY")]
    logs: Vec<VerifierKey>,
}

/// What to cosign.
#[derive(Args)]
pub(crate) struct SignArguments {
    /// The request, as `inrete cosignature request` prints it; `-` is standard input.
    file: PathBuf,
    /// The public key of a log to cosign for; may be repeated. Those in DATA/witness/logs count too.
    #[arg(long = "log", value_name = "VKEY")]
    logs: Vec<VerifierKey>,
}

pub(super) async fn witness(place: Place, command: WitnessCommand) -> anyhow::Result<Ended> {
    match command {
        WitnessCommand::Key { name } => {
            let key = key(&place.data, name.as_deref())?;
            say(&key.signer().cosigner().to_string());
        }
        WitnessCommand::Sign(given) => {
            let request = read_text(&given.file)?;
            let witness = Witness::open(&place.data, given.logs)?;
            let signature = witness.cosign(request.as_bytes(), now()).map_err(told)?;
            say(&signature.to_string());
        }
        WitnessCommand::Serve(given) => serve(&place.data, given).await?,
    }
    Ok(Ended::Well)
}

async fn serve(data: &Path, given: WitnessServeArguments) -> anyhow::Result<()> {
    let stop = stop_signal()?;
    let witness = Witness::open(data, given.logs)?;
    let known = witness.known()?.len();
    if known == 0 {
        return Err(WrongArguments(format!(
            "the witness knows no log: give --log VKEY, or write public keys of logs into {}",
            witness.logs_file().display()
        ))
        .into());
    }
    let listener = Listener::bind(&given.listen, None).await;
    let listener = listener.with_context(|| format!("cannot listen on {}", given.listen))?;
    tell(&format!(
        "inrete: witness {} of {known} log keys at http://{}/add-checkpoint",
        witness.key.signer().name(),
        listener.address()
    ));
    let routes = Route::new()
        .at("/add-checkpoint", poem::post(add_checkpoint))
        .data(Arc::new(witness));
    listener
        .serve(routes, &Proxies::default(), stop, DRAIN)
        .await;
    Ok(())
}

#[handler]
async fn add_checkpoint(witness: Data<&Arc<Witness>>, body: Body) -> Response {
    let read = tokio::time::timeout(BODY_TIMEOUT, body.into_bytes_limit(MAX_BODY_BYTES));
    let Ok(read) = read.await else {
        let why = "the request did not arrive in time\n";
        return answer(StatusCode::REQUEST_TIMEOUT, TEXT, why.to_owned());
    };
    let Ok(request) = read else {
        let why = format!("a request has at most {MAX_BODY_BYTES} bytes\n");
        return answer(StatusCode::PAYLOAD_TOO_LARGE, TEXT, why);
    };
    let witness = Arc::clone(&witness);
    // Files are waited for, and other requests.
    let cosigned = tokio::task::spawn_blocking(move || witness.cosign(&request, now())).await;
    match cosigned {
        Ok(Ok(signature)) => answer(StatusCode::OK, TEXT, format!("{signature}\n")),
        Ok(Err(Refused::Seen { size } | Refused::Forked { size, .. })) => {
            answer(StatusCode::CONFLICT, SIZE, format!("{size}\n"))
        }
        Ok(Err(Refused::Fault(error))) => {
            tracing::error!(error = format!("{error:#}"), "the witness cannot cosign");
            let why = "the witness cannot cosign now\n";
            answer(StatusCode::INTERNAL_SERVER_ERROR, TEXT, why.to_owned())
        }
        Ok(Err(refused)) => answer(refused.status(), TEXT, format!("{refused}\n")),
        Err(_) => answer(StatusCode::INTERNAL_SERVER_ERROR, TEXT, String::new()),
    }
}

fn answer(status: StatusCode, content_type: &'static str, body: String) -> Response {
    Response::builder()
        .status(status)
        .header(CONTENT_TYPE, content_type)
        .header("x-content-type-options", "nosniff")
        .body(body)
}

/// Why a checkpoint is not cosigned.
#[derive(Debug, thiserror::Error)]
enum Refused {
    #[error("not a request to cosign: {0}")]
    Malformed(String),
    #[error("the log {origin:?} is not known here")]
    UnknownLog { origin: String },
    #[error("the checkpoint is not signed by a key of the log: {0}")]
    NotSigned(#[source] checkpoint::Error),
    #[error("the old size {old} is beyond the checkpoint's size {size}")]
    Backwards { old: u64, size: u64 },
    #[error("{size} facts of this log were cosigned last: the request must start from there")]
    Seen { size: u64 },
    #[error("another root was cosigned for the same {size} facts: the log has two histories")]
    Forked { size: u64 },
    #[error("the checkpoint does not continue the one that was cosigned last: {0}")]
    Inconsistent(#[source] merkle::Error),
    #[error("the witness cannot cosign")]
    Fault(#[source] anyhow::Error),
}

impl Refused {
    fn status(&self) -> StatusCode {
        match self {
            Self::Malformed(_) | Self::Backwards { .. } => StatusCode::BAD_REQUEST,
            Self::UnknownLog { .. } => StatusCode::NOT_FOUND,
            Self::NotSigned(_) => StatusCode::FORBIDDEN,
            Self::Seen { .. } | Self::Forked { .. } => StatusCode::CONFLICT,
            Self::Inconsistent(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Fault(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

impl From<anyhow::Error> for Refused {
    fn from(error: anyhow::Error) -> Self {
        Self::Fault(error)
    }
}

/// What a refusal is on the command line.
fn told(refused: Refused) -> anyhow::Error {
    match refused {
        Refused::Fault(error) => error,
        Refused::UnknownLog { .. } => NotThere(refused.to_string()).into(),
        Refused::Malformed(_) => WrongArguments(refused.to_string()).into(),
        other => other.into(),
    }
}

/// What is asked for: the body of `add-checkpoint`.
struct Request {
    old: u64,
    consistency: Vec<Hash>,
    note: Note,
    checkpoint: Checkpoint,
}

impl Request {
    fn parse(body: &[u8]) -> Result<Self, Refused> {
        let malformed = |why: &str| Refused::Malformed(why.to_owned());
        let text = std::str::from_utf8(body).map_err(|_| malformed("it is not UTF-8"))?;
        let (head, rest) = text
            .split_once("\n\n")
            .ok_or_else(|| malformed("it has no empty line before a checkpoint"))?;
        let mut lines = head.split('\n');
        let old = lines.next().and_then(|line| line.strip_prefix("old "));
        let canonical = |old: &&str| *old == "0" || !old.starts_with(['0', '+']);
        let old = old.filter(canonical).and_then(|old| old.parse().ok());
        let old = old.ok_or_else(|| malformed("its first line is not `old` and a number"))?;
        let consistency: Vec<Hash> = lines
            .map(Hash::from_base64)
            .collect::<Result<_, _>>()
            .map_err(|_| malformed("a line of its proof is not a hash"))?;
        if consistency.len() > MAX_PROOF_HASHES {
            return Err(malformed("its proof has too many hashes"));
        }
        let note = Note::parse(rest.as_bytes()).map_err(|why| malformed(&why.to_string()))?;
        let checkpoint = Checkpoint::of(&note).map_err(|why| malformed(&why.to_string()))?;
        Ok(Self {
            old,
            consistency,
            note,
            checkpoint,
        })
    }
}

/// What was cosigned last of a log.
struct Seen {
    size: u64,
    root: Hash,
    at: Option<DateTime<Utc>>,
}

struct Witness {
    folder: PathBuf,
    key: WitnessKey,
    /// Log keys that were given, beside those in the file.
    given: Vec<VerifierKey>,
}

impl Witness {
    fn open(data: &Path, given: Vec<VerifierKey>) -> anyhow::Result<Self> {
        let key = key(data, None)?;
        let folder = folder(data);
        let witness = Self { folder, key, given };
        let seen = witness.folder.join("seen");
        if !seen.is_dir() {
            make_private(&seen)?;
            sync(&witness.folder)?;
        }
        let logs = witness.given.iter();
        if let Some(wrong) = logs
            .clone()
            .find(|key| key.algorithm() != Algorithm::Ed25519)
        {
            let why = format!("--log: {} is not the key of a log", wrong.name());
            return Err(WrongArguments(why).into());
        }
        Ok(witness)
    }

    fn logs_file(&self) -> PathBuf {
        self.folder.join("logs")
    }

    /// The keys of the logs it cosigns for. The file is read each time: it may grow meanwhile.
    fn known(&self) -> anyhow::Result<Vec<VerifierKey>> {
        let mut known = self.given.clone();
        let file = self.logs_file();
        let lines = match fs::read_to_string(&file) {
            Ok(lines) => lines,
            Err(missing) if missing.kind() == io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(error).context(format!("reading {}", file.display())),
        };
        for (index, line) in lines.lines().map(str::trim).enumerate() {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let key = line.parse().ok();
            let key = key.filter(|key: &VerifierKey| key.algorithm() == Algorithm::Ed25519);
            known.push(key.with_context(|| {
                let line = index + 1;
                format!(
                    "{}: line {line} is not the public key of a log",
                    file.display()
                )
            })?);
        }
        Ok(known)
    }

    /// The cosignature under the checkpoint of a request, when it continues what was cosigned before.
    /// It is remembered when this returns.
    fn cosign(&self, request: &[u8], now: DateTime<Utc>) -> Result<Signature, Refused> {
        let request = Request::parse(request)?;
        let origin = &request.checkpoint.origin;
        let mut keys = self.known()?;
        keys.retain(|key| key.name() == origin);
        if keys.is_empty() {
            let origin = origin.clone();
            return Err(Refused::UnknownLog { origin });
        }
        let note = signed_by(&request.note, &keys)?;
        let (old, size, root) = (
            request.old,
            request.checkpoint.size,
            request.checkpoint.root,
        );
        if old > size {
            return Err(Refused::Backwards { old, size });
        }
        // Until the end, nobody else is between here and there.
        let _alone = self.alone()?;
        let seen = self.seen(origin)?;
        if old != seen.size {
            return Err(Refused::Seen { size: seen.size });
        }
        if old == size && root != seen.root {
            tracing::warn!(note = note.to_string(), "a log shows two histories");
            return Err(Refused::Forked { size });
        }
        merkle::verify_consistency(old, seen.root, size, root, &request.consistency).map_err(
            |why| {
                tracing::warn!(
                    note = note.to_string(),
                    "a log does not continue its history"
                );
                Refused::Inconsistent(why)
            },
        )?;
        // A larger tree is never older, whatever the clock does.
        let at = seen.at.map_or(now, |before| before.max(now));
        let cosigned = note.cosign(self.key.signer(), at);
        let signature = cosigned.context("the clock is wrong")?;
        let mut kept = note;
        kept.add(signature.clone());
        self.remember(origin, &kept)?;
        tracing::info!(origin, size, "cosigned");
        Ok(signature)
    }

    /// What was cosigned last of a log; nothing, of nothing, when it is new.
    fn seen(&self, origin: &str) -> anyhow::Result<Seen> {
        let file = self.file(origin);
        let bytes = match fs::read(&file) {
            Ok(bytes) => bytes,
            Err(missing) if missing.kind() == io::ErrorKind::NotFound => {
                return Ok(Seen {
                    size: 0,
                    root: EMPTY_ROOT,
                    at: None,
                });
            }
            Err(error) => return Err(error).context(format!("reading {}", file.display())),
        };
        let own = [self.key.signer().cosigner()];
        let read = || -> Result<(Checkpoint, Option<DateTime<Utc>>), checkpoint::Error> {
            let note = Note::parse(&bytes)?;
            let at = note.verify(&own)?.first().and_then(|signed| signed.at);
            Ok((Checkpoint::of(&note)?, at))
        };
        let (checkpoint, at) = read()
            .ok()
            .filter(|(checkpoint, _)| checkpoint.origin == origin)
            .with_context(|| {
                format!(
                    "{}: this is not what the witness remembered; it cosigns nothing of that log before the file is put right",
                    file.display()
                )
            })?;
        Ok(Seen {
            size: checkpoint.size,
            root: checkpoint.root,
            at,
        })
    }

    /// Replaces what is remembered, durably.
    fn remember(&self, origin: &str, note: &Note) -> anyhow::Result<()> {
        let file = self.file(origin);
        let aside = file.with_extension("new");
        let replace = || -> io::Result<()> {
            let mut options = OpenOptions::new();
            options.write(true).create(true).truncate(true).mode(0o600);
            let mut written = options.open(&aside)?;
            written.write_all(note.to_string().as_bytes())?;
            written.sync_all()?;
            fs::rename(&aside, &file)?;
            sync(&self.folder.join("seen"))
        };
        replace().with_context(|| format!("writing {}", file.display()))
    }

    /// One for each log. Origins may have any characters.
    fn file(&self, origin: &str) -> PathBuf {
        let name = merkle::leaf(origin.as_bytes());
        self.folder.join("seen").join(format!("{name}.note"))
    }

    /// Held while something is looked up, decided, and remembered: by one at a time, in any process.
    fn alone(&self) -> anyhow::Result<File> {
        let folder = self.folder.join("seen");
        let lock = || -> io::Result<File> {
            let folder = File::open(&folder)?;
            folder.lock()?;
            Ok(folder)
        };
        lock().with_context(|| format!("locking {}", folder.display()))
    }
}

/// The note with the signatures of its log alone.
fn signed_by(note: &Note, keys: &[VerifierKey]) -> Result<Note, Refused> {
    let not_signed = |error| Refused::NotSigned(checkpoint::Error::Note(error));
    note.verify(keys).map_err(not_signed)?;
    let known = |signature: &&Signature| {
        let mut keys = keys.iter();
        keys.any(|key| (key.id(), key.name()) == (signature.id, &signature.name))
    };
    let lines = note.signatures().iter().filter(known);
    let lines: String = lines.map(|signature| format!("{signature}\n")).collect();
    format!("{}\n{lines}", note.text())
        .parse()
        .map_err(not_signed)
}

fn folder(data: &Path) -> PathBuf {
    data.join("witness")
}

fn key(data: &Path, name: Option<&str>) -> anyhow::Result<WitnessKey> {
    let file = folder(data).join("key");
    match WitnessKey::open_or_create(&file, name) {
        Err(error @ (app::keys::Error::Name { .. } | app::keys::Error::Exists { .. })) => {
            Err(WrongArguments(error.to_string()).into())
        }
        other => Ok(other?),
    }
}

/// A name is only as durable as its folder.
fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

fn now() -> DateTime<Utc> {
    #[expect(
        clippy::disallowed_methods,
        reason = "a cosignature says when it was made: this is the edge where time comes in"
    )]
    Utc::now()
}
