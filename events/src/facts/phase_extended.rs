//! PhaseExtended, shape 1.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use chrono::NaiveDate;

use crate::DecisionId;
use crate::codes::Phase;

/// The planned end of a phase was moved on `occurred_on`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PhaseExtended {
    /// The phase.
    pub phase: Phase,
    /// Last day of the phase as planned from now on.
    pub planned_end: NaiveDate,
    /// The committee's decision it follows from, if there is one.
    pub decision: Option<DecisionId>,
}
