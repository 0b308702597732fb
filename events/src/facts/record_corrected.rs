//! RecordCorrected, shape 1.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::codes::CorrectionReason;
use crate::{Event, Position};
use chrono::NaiveDate;

/// A recorded fact was wrong. The original stays in the log; what counts is the replacement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RecordCorrected {
    /// The fact that was wrong, or an earlier correction of it.
    pub position: Position,
    /// What it should have said; of the same type.
    pub replacement: Replacement,
    /// Why.
    pub reason: CorrectionReason,
}

/// What a corrected fact should have said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Replacement {
    /// When it happened.
    pub occurred_on: NaiveDate,
    /// What happened.
    pub event: Box<Event>,
}
