//! DecisionClosed, shape 1.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::DecisionId;
use crate::codes::DecisionOutcome;

/// A decision was carried out, or given up, on `occurred_on`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DecisionClosed {
    /// The decision.
    pub decision: DecisionId,
    /// What became of it.
    pub outcome: DecisionOutcome,
}
