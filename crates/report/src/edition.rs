//! An edition: what the indicators of one pilot said of one period at one position of its log.

use evaluation::interval::LEVEL;
use evaluation::{Group, Indicator, Interval, Part, Parts, Period, Value, definition_of};
use events::{PilotId, Position};
use serde_json::{Map, Value as Json, json};
use sha2::{Digest, Sha256};

use crate::figures;

/// Name of the document's shape, written into it. A changed shape gets a new name.
pub const FORMAT: &str = "inrete-edition-2";

/// What an edition is made of.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// The pilot.
    pub pilot: PilotId,
    /// Its short name.
    pub code: &'a str,
    /// What it is called in public.
    pub title: &'a str,
    /// The period the figures are about.
    pub period: Period,
    /// Position of the log up to which facts were looked at.
    pub position: Position,
    /// Version of the set of definitions the indicators were evaluated with
    /// ([`evaluation::DefinitionSet::version`]).
    pub definitions_version: u16,
    /// What [`evaluation::evaluate`] made of the facts.
    pub indicators: &'a [Indicator],
}

/// One edition as files. Everything in it is for evaluators: no person, household or dwelling is named, but
/// nothing is withheld either.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edition {
    /// Canonical JSON (RFC 8785).
    pub json: Vec<u8>,
    /// One line a figure.
    pub csv: Vec<u8>,
    /// SHA-256, in hexadecimal, of the canonical JSON without its own member `digest`.
    pub digest: String,
}

/// No edition can be made, or what was given is none.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The document has no canonical form.
    #[error("the edition cannot be written as canonical JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// A line of the CSV cannot be written.
    #[error("the edition cannot be written as CSV: {0}")]
    Csv(#[from] csv::Error),
    /// The bytes are no edition.
    #[error(
        "this is no edition: it is not an object with a `digest`; give the JSON file of an edition"
    )]
    NotAnEdition,
    /// The digest does not fit the rest.
    #[error(
        "the digest in the edition is {stated}, but its contents have {actual}: it was changed"
    )]
    Changed {
        /// The digest it states.
        stated: String,
        /// The digest of its contents.
        actual: String,
    },
}

/// Writes an edition.
///
/// # Errors
/// [`Error::Json`] and [`Error::Csv`]; no value of today's indicators leads to either.
pub fn edition(request: Request<'_>) -> Result<Edition, Error> {
    let mut document = document(request);
    let digest = digest(&document)?;
    document.insert("digest".to_owned(), digest.clone().into());
    let json = serde_json_canonicalizer::to_vec(&document)?;
    let csv = figures::csv(request, &digest)?;
    Ok(Edition { json, csv, digest })
}

/// Checks that an edition's JSON is what its digest says; gives the digest.
///
/// # Errors
/// [`Error::NotAnEdition`] and [`Error::Changed`].
pub fn verify(json: &[u8]) -> Result<String, Error> {
    let Ok(Json::Object(mut document)) = serde_json::from_slice(json) else {
        return Err(Error::NotAnEdition);
    };
    let Some(Json::String(stated)) = document.remove("digest") else {
        return Err(Error::NotAnEdition);
    };
    let actual = digest(&document)?;
    if stated == actual {
        Ok(actual)
    } else {
        Err(Error::Changed { stated, actual })
    }
}

fn digest(document: &Map<String, Json>) -> Result<String, Error> {
    let bytes = serde_json_canonicalizer::to_vec(document)?;
    Ok(Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect())
}

fn document(request: Request<'_>) -> Map<String, Json> {
    let Request {
        pilot,
        code,
        title,
        period,
        position,
        definitions_version,
        indicators,
    } = request;
    [
        ("format", json!(FORMAT)),
        (
            "pilot",
            json!({ "id": pilot.to_string(), "code": code, "title": title }),
        ),
        (
            "period",
            json!({ "from": period.from().to_string(), "to": period.to().to_string() }),
        ),
        ("position", json!(position)),
        ("definitions_version", json!(definitions_version)),
        ("indicators", indicators.iter().map(indicator).collect()),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value))
    .collect()
}

fn indicator(indicator: &Indicator) -> Json {
    let mut document = json!({
        "number": indicator.number,
        "code": indicator.code,
        "version": indicator.version,
        "value": value(&indicator.value),
        "parts": parts(&indicator.parts),
        "groups": indicator.groups.iter().map(group).collect::<Vec<_>>(),
        "evidence": indicator.evidence,
    });
    if let Some(definition) = definition_of(indicator.number, indicator.version) {
        document["title"] = json!({ "it": definition.it, "en": definition.en });
        document["unit"] = json!(definition.unit);
        document["formula"] = json!(definition.formula);
    }
    document
}

fn group(group: &Group) -> Json {
    json!({ "code": group.code, "value": value(&group.value), "parts": parts(&group.parts) })
}

fn parts(parts: &Parts) -> Json {
    json!({
        "numerator": part(&parts.numerator),
        "denominator": part(&parts.denominator),
        "excluded": part(&parts.excluded),
        "unknown": part(&parts.unknown),
    })
}

/// Whom a number is about stays inside: an edition names facts only.
fn part(part: &Part) -> Json {
    json!({ "count": part.count, "positions": part.positions })
}

fn value(value: &Value) -> Json {
    match value {
        Value::Count(count) => json!({ "kind": "count", "count": count }),
        Value::Ratio {
            numerator,
            denominator,
        } => {
            json!({
                "kind": "ratio",
                "numerator": numerator,
                "denominator": denominator,
                "interval": value.interval().map(interval),
            })
        }
        Value::Rate {
            numerator,
            denominator,
        } => {
            json!({ "kind": "rate", "numerator": numerator, "denominator": denominator })
        }
        Value::Days(days) => json!({ "kind": "days", "days": days }),
        Value::Money(amount) => json!({ "kind": "money", "amount": figures::money(amount) }),
        Value::Distribution(shares) => json!({
            "kind": "distribution",
            "shares": shares
                .iter()
                .map(|share| json!({ "code": share.code, "count": share.count }))
                .collect::<Vec<_>>(),
        }),
        Value::Amounts(amounts) => json!({
            "kind": "amounts",
            "amounts": amounts
                .iter()
                .map(|one| json!({ "key": one.key, "amount": figures::money(&one.amount) }))
                .collect::<Vec<_>>(),
        }),
        Value::Survival(survival) => json!({
            "kind": "survival",
            "median": day(survival.median),
            "interval": {
                "method": figures::LOG_LOG,
                "level": LEVEL.to_string(),
                "low": day(survival.median_lower),
                "high": day(survival.median_upper),
            },
            "curve": survival
                .curve
                .iter()
                .map(|step| json!({
                    "day": step.day,
                    "at_risk": step.at_risk,
                    "events": step.events,
                    "censored": step.censored,
                    "survival": figures::survival(step.survival),
                    "lower": step.lower.map(figures::survival),
                    "upper": step.upper.map(figures::survival),
                }))
                .collect::<Vec<_>>(),
        }),
        Value::Weekly {
            of,
            total,
            nights,
            weekly,
        } => json!({
            "kind": "weekly",
            "of": of,
            "total": total,
            "nights": nights,
            "weekly": weekly.to_string(),
        }),
        Value::Undefined(reason) => json!({ "kind": "undefined", "reason": reason.code() }),
    }
}

fn interval(interval: Interval) -> Json {
    json!({
        "method": interval.method.code(),
        "level": interval.level.to_string(),
        "low": figures::share(interval.low),
        "high": figures::share(interval.high),
    })
}

/// A day, or that it never came.
fn day(day: Option<i64>) -> Json {
    day.map_or(json!(figures::NOT_REACHED), |day| json!(day))
}
