//! Checking a bundle, and putting what was found into words.

use proof::bundle::{
    CompareError, Error, Growth, Reader, Report, Signer, Trusted, check as check_bundle, compare,
};
use serde_json::{Value, json};

use crate::{Fails, Holds, Outcome, chain, input};

/// Checks a whole bundle, and that nothing of an earlier one has changed in it, if one is given.
///
/// # Errors
/// What does not hold, or why it could not be checked.
pub fn run(file: &str, trusted: Trusted, earlier: Option<&str>) -> Outcome {
    let Some(earlier) = earlier else {
        return check(file, trusted).map(|report| holds(&report, None));
    };
    if file == input::STDIN || earlier == input::STDIN {
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
    let grown = compare(
        Reader::new(input::open(earlier)?),
        Reader::new(input::open(file)?),
    )
    .map_err(|error| uncontinued(&error));
    match (report, grown) {
        (Ok(report), Ok(growth)) => Ok(holds(&report, Some(growth))),
        (Ok(_), Err(fails)) | (Err(fails), Ok(_)) => Err(fails),
        (Err(one), Err(other)) => Err(nearer(one, other)),
    }
}

/// Checks one bundle.
///
/// # Errors
/// What does not hold, or why it could not be checked.
pub fn check(path: &str, trusted: Trusted) -> Result<Report, Fails> {
    let reader = Reader::new(input::open(path)?);
    check_bundle(reader, trusted).map_err(|error| match error {
        Error::Read(_) | Error::NotABundle => Fails::unusable(path, &error),
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
pub fn signed_by(signers: &[Signer]) -> Vec<String> {
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
pub fn signers_json(signers: &[Signer]) -> Vec<Value> {
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
