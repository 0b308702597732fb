//! Checking bundles without a database: what `inrete-verify bundle` does, in its words.

use std::fmt;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::PathBuf;

use clap::Args;
use proof::bundle::{
    self, CompareError, Growth, Reader, Report, Signer, Trusted, check as check_bundle, compare,
};
use proof::note::{MAX_NOTE_BYTES, Note, VerifierKey};
use serde_json::{Value, json};

use super::{BUFFER_BYTES, archive};
use crate::cli::{Ended, WrongArguments, say, tell};

/// What stands for standard input.
const STDIN: &str = "-";

/// What is checked instead of the database, and by what.
#[derive(Args)]
pub(crate) struct CheckArguments {
    /// Check this bundle, and nothing in the database. `-` is standard input.
    #[arg(long, value_name = "FILE", group = "offline", conflicts_with = "pilot")]
    bundle: Option<String>,
    /// Check the bundles of this archive, and that they follow each other; nothing in the database.
    #[arg(long, value_name = "DIR", group = "offline", conflicts_with = "pilot")]
    archive: Option<PathBuf>,
    /// A key the log signs with, as you know it from elsewhere (name+id+base64, or @FILE). Of a
    /// database, a key that counts besides the installation's own.
    #[arg(long = "key", value_name = "VKEY|@FILE")]
    pub(in crate::cli) keys: Vec<String>,
    /// The key of a witness that must have cosigned the bundle (name+id+base64, or @FILE).
    #[arg(long = "witness", value_name = "VKEY|@FILE", requires = "bundle")]
    witnesses: Vec<String>,
    /// A checkpoint you kept: the history in the bundle or archive must lead through it.
    #[arg(long = "checkpoint", value_name = "NOTEFILE", requires = "offline")]
    checkpoints: Vec<String>,
    /// A bundle you kept: nothing of it may have changed.
    #[arg(long, value_name = "OLDBUNDLE", requires = "bundle")]
    earlier: Option<String>,
    /// The position that the archive begins with, where earlier ranges are kept elsewhere.
    #[arg(long, value_name = "N", requires = "archive", value_parser = clap::value_parser!(u64).range(1..))]
    first: Option<u64>,
}

/// What holds: for people, and for programs.
pub(super) struct Holds {
    pub(super) lines: Vec<String>,
    pub(super) json: Value,
}

/// What does not.
#[derive(Debug)]
pub(super) enum Fails {
    /// History does not hold: between the positions, where they are known.
    Refused {
        why: String,
        positions: Option<(u64, u64)>,
    },
    /// There was nothing to check, or nothing to check it by.
    Unusable(String),
}

pub(super) type Outcome = Result<Holds, Fails>;

impl CheckArguments {
    /// Checks a bundle or an archive; none when neither was given.
    pub(in crate::cli) fn run(&self, as_json: bool) -> Option<anyhow::Result<Ended>> {
        let outcome = match (&self.bundle, &self.archive) {
            (Some(file), _) => self.bundle(file),
            (None, Some(folder)) => self.archive(folder),
            (None, None) => return None,
        };
        Some(told(outcome, as_json))
    }

    fn trusted(&self) -> Result<Trusted, Fails> {
        let held = self.checkpoints.iter().map(|path| note(path));
        Ok(Trusted {
            keys: read_keys(&self.keys)?,
            witnesses: read_keys(&self.witnesses)?,
            held: held.collect::<Result<_, _>>()?,
        })
    }

    fn archive(&self, folder: &std::path::Path) -> Outcome {
        archive::check(folder, self.trusted()?, self.first.unwrap_or(1))
    }

    fn bundle(&self, file: &str) -> Outcome {
        let trusted = self.trusted()?;
        let Some(earlier) = &self.earlier else {
            return check(file, trusted).map(|report| holds(&report, None));
        };
        if file == STDIN || earlier == STDIN {
            let why = "with --earlier, both bundles are read twice: neither can be standard input";
            return Err(Fails::Unusable(why.to_owned()));
        }
        if let Err(Fails::Refused { why, .. }) = check(earlier, Trusted::default()) {
            let why = format!("{earlier}: the earlier bundle does not hold itself: {why}");
            return Err(Fails::Unusable(why));
        }
        let report = check(file, trusted);
        if let Err(unusable @ Fails::Unusable(_)) = report {
            return Err(unusable);
        }
        let grown = compare(Reader::new(open(earlier)?), Reader::new(open(file)?))
            .map_err(|error| uncontinued(&error));
        match (report, grown) {
            (Ok(report), Ok(growth)) => Ok(holds(&report, Some(growth))),
            (Ok(_), Err(fails)) | (Err(fails), Ok(_)) => Err(fails),
            (Err(one), Err(other)) => Err(nearer(one, other)),
        }
    }
}

/// Keys, each given itself, or as `@` and a file that has one on each line.
pub(in crate::cli) fn keys(given: &[String]) -> anyhow::Result<Vec<VerifierKey>> {
    read_keys(given).map_err(|fails| WrongArguments(fails.to_string()).into())
}

/// Answers, and how the command ends.
fn told(outcome: Outcome, as_json: bool) -> anyhow::Result<Ended> {
    match outcome {
        Ok(holds) => {
            if as_json {
                say(&holds.json.to_string());
            } else {
                holds.lines.iter().for_each(|line| say(line));
            }
            Ok(Ended::Well)
        }
        Err(fails) => {
            if as_json {
                say(&fails.json().to_string());
            }
            match fails {
                Fails::Refused { .. } => {
                    tell(&format!("inrete: {fails}"));
                    Ok(Ended::WithFindings)
                }
                Fails::Unusable(why) => Err(WrongArguments(why).into()),
            }
        }
    }
}

impl Fails {
    /// Something that cannot be used, with the whole chain of what led to it.
    pub(super) fn unusable(what: impl fmt::Display, error: &dyn std::error::Error) -> Self {
        Self::Unusable(format!("{what}: {}", chain(error)))
    }

    fn json(&self) -> Value {
        match self {
            Self::Refused { why, positions } => json!({
                "holds": false,
                "refused": true,
                "error": why,
                "first": positions.map(|(first, _)| first),
                "last": positions.map(|(_, last)| last),
            }),
            Self::Unusable(why) => json!({"holds": false, "refused": false, "error": why}),
        }
    }
}

impl fmt::Display for Fails {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused { why, .. } => write!(f, "refused: {why}"),
            Self::Unusable(why) => f.write_str(why),
        }
    }
}

/// Checks one bundle.
pub(super) fn check(path: &str, trusted: Trusted) -> Result<Report, Fails> {
    let reader = Reader::new(open(path)?);
    check_bundle(reader, trusted).map_err(|error| match error {
        bundle::Error::Read(_) | bundle::Error::NotABundle => Fails::unusable(path, &error),
        refusal => Fails::Refused {
            why: chain(&refusal),
            positions: refusal.positions(),
        },
    })
}

fn uncontinued(error: &CompareError) -> Fails {
    let positions = match error {
        CompareError::Read(..) | CompareError::NotABundle(_) | CompareError::Apart { .. } => {
            return Fails::Unusable(chain(error));
        }
        CompareError::OtherLog => None,
        CompareError::Differs { position } => Some((*position, *position)),
        CompareError::Missing { first, last } => Some((*first, *last)),
        CompareError::Before { last } => Some((1, *last)),
    };
    let why = chain(error);
    Fails::Refused { why, positions }
}

/// Of two refusals, the one that names the first position most exactly.
fn nearer(one: Fails, other: Fails) -> Fails {
    let end = |fails: &Fails| match fails {
        Fails::Refused { positions, .. } => positions.map_or(u64::MAX, |(_, last)| last),
        Fails::Unusable(_) => u64::MAX,
    };
    if end(&other) < end(&one) { other } else { one }
}

fn holds(report: &Report, grown: Option<Growth>) -> Holds {
    Holds {
        lines: lines(report, grown),
        json: to_json(report, grown),
    }
}

/// Who has signed.
pub(super) fn signed_by(signers: &[Signer]) -> Vec<String> {
    let mut lines = Vec::new();
    for signer in signers {
        let whose = if signer.trusted {
            "your key"
        } else {
            "a key that is in the bundle"
        };
        lines.push(format!("checkpoints signed by {}, {whose}", signer.key));
    }
    if !signers.iter().any(|signer| signer.trusted) {
        lines.push(
            "no key of yours was used: the bundle fits together, but who made it is only what it \
             says itself (give --key)"
                .to_owned(),
        );
    }
    lines
}

fn lines(report: &Report, grown: Option<Growth>) -> Vec<String> {
    let Report {
        log,
        origin,
        first,
        size,
        facts,
        root,
        signed,
        ..
    } = report;
    let mut lines = vec![
        format!("holds: {facts} facts, positions {first} to {size}, of log {log} ({origin})"),
        format!("root at size {size}: {root}"),
    ];
    lines.extend(signed_by(&report.signers));
    if signed < size {
        let after = (signed + 1).max(*first);
        lines.push(format!(
            "positions {after} to {size} are under no signed checkpoint yet"
        ));
    }
    for witness in &report.witnesses {
        let (name, size, at) = (witness.key.name(), witness.size, witness.at);
        lines.push(format!("witness {name} cosigned size {size} at {at}"));
    }
    for size in &report.held {
        lines.push(format!(
            "history leads through your checkpoint at size {size}"
        ));
    }
    for size in &report.held_before {
        lines.push(format!(
            "your checkpoint at size {size} is from before the bundle begins: not checked"
        ));
    }
    if let Some(Growth { old, new }) = grown {
        lines.push(format!(
            "nothing of the earlier bundle has changed; the log has grown from {old} to {new}"
        ));
    }
    lines
}

/// The signers as objects.
pub(super) fn signers_json(signers: &[Signer]) -> Vec<Value> {
    let object = |signer: &Signer| json!({"vkey": signer.key.to_string(), "yours": signer.trusted});
    signers.iter().map(object).collect()
}

fn to_json(report: &Report, grown: Option<Growth>) -> Value {
    let witnesses: Vec<_> = report
        .witnesses
        .iter()
        .map(|witness| {
            let at = witness
                .at
                .to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
            json!({"vkey": witness.key.to_string(), "size": witness.size, "at": at})
        })
        .collect();
    json!({
        "holds": true,
        "log": report.log.to_string(),
        "origin": report.origin,
        "first": report.first,
        "size": report.size,
        "facts": report.facts,
        "schemas": report.schemas,
        "root": report.root.to_string(),
        "checkpoints": report.checkpoints,
        "signed": report.signed,
        "ownKey": report.signers.iter().any(|signer| signer.trusted),
        "signers": signers_json(&report.signers),
        "witnesses": witnesses,
        "held": report.held,
        "heldBefore": report.held_before,
        "earlierSize": grown.map(|growth| growth.old),
    })
}

/// A file, to be read from its start.
fn open(path: &str) -> Result<Box<dyn BufRead>, Fails> {
    if path == STDIN {
        let stdin = io::stdin();
        return Ok(Box::new(BufReader::with_capacity(BUFFER_BYTES, stdin)));
    }
    let file = File::open(path).map_err(|error| Fails::unusable(path, &error))?;
    Ok(Box::new(BufReader::with_capacity(BUFFER_BYTES, file)))
}

fn read(path: &str) -> Result<Vec<u8>, Fails> {
    let mut bytes = Vec::new();
    open(path)?
        .take(MAX_NOTE_BYTES as u64 + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| Fails::unusable(path, &error))?;
    if bytes.len() > MAX_NOTE_BYTES {
        return Err(Fails::Unusable(format!(
            "{path}: longer than {MAX_NOTE_BYTES} bytes"
        )));
    }
    Ok(bytes)
}

fn note(path: &str) -> Result<Note, Fails> {
    Note::parse(&read(path)?).map_err(|error| Fails::unusable(path, &error))
}

fn read_keys(given: &[String]) -> Result<Vec<VerifierKey>, Fails> {
    let mut keys = Vec::new();
    for text in given {
        let Some(path) = text.strip_prefix('@') else {
            keys.push(key(text, text)?);
            continue;
        };
        let bytes = read(path)?;
        let lines = String::from_utf8(bytes).map_err(|error| Fails::unusable(path, &error))?;
        let before = keys.len();
        for line in lines.lines().map(str::trim).filter(|line| !line.is_empty()) {
            keys.push(key(path, line)?);
        }
        if keys.len() == before {
            return Err(Fails::Unusable(format!("{path}: no key in it")));
        }
    }
    Ok(keys)
}

fn key(from: &str, text: &str) -> Result<VerifierKey, Fails> {
    text.parse().map_err(|error| Fails::unusable(from, &error))
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        let more = error.to_string();
        // Some errors repeat what they are made of.
        if !text.ends_with(&more) {
            text = format!("{text}: {more}");
        }
        source = error.source();
    }
    text
}
