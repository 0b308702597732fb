//! ReportPublished, shape 1.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use chrono::NaiveDate;

use crate::codes::{Audience, Language, ReportFormat};
use crate::{Position, ReportId};

/// An edition of a report was published on `occurred_on`. It renders from this fact alone, for ever the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReportPublished {
    /// The edition.
    pub report: ReportId,
    /// First day of the period.
    pub from: NaiveDate,
    /// Its last day.
    pub to: NaiveDate,
    /// Version of the definitions.
    pub definitions: u16,
    /// The position of the log that was evaluated.
    pub position: Position,
    /// Its language.
    pub language: Language,
    /// Whom it is for.
    pub audience: Audience,
    /// The released figures, as canonical JSON (RFC 8785).
    pub figures: String,
    /// What was written from them.
    pub artefacts: Vec<Artefact>,
}

/// One file of a published edition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Artefact {
    /// Its format.
    pub format: ReportFormat,
    /// SHA-256 of its bytes, in lower-case hexadecimal.
    #[schemars(regex(pattern = "^[0-9a-f]{64}$"))]
    pub sha256: String,
}
