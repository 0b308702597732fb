//! PhaseStarted, shape 1.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::codes::Phase;
use chrono::NaiveDate;

/// A phase of the pilot began on `occurred_on`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PhaseStarted {
    /// The phase.
    pub phase: Phase,
    /// Last day of the phase as planned.
    pub planned_end: Option<NaiveDate>,
}
