//! ReportRestated, shape 1.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::codes::RestatementReason;
use crate::facts::Artefact;
use crate::{Position, ReportId};

/// A published edition was replaced on `occurred_on`, because what it says is known better now. The old one stays what it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReportRestated {
    /// The new edition.
    pub report: ReportId,
    /// The edition it replaces: of the same period, language and audience.
    pub restates: ReportId,
    /// Version of the definitions.
    pub definitions: u16,
    /// The position of the log that was evaluated.
    pub position: Position,
    /// Why.
    pub reason: RestatementReason,
    /// The facts that moved a figure, ascending.
    pub causes: Vec<Position>,
    /// The released figures, as canonical JSON (RFC 8785).
    pub figures: String,
    /// What was written from them.
    pub artefacts: Vec<Artefact>,
}
