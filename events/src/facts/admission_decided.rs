//! AdmissionDecided, shape 1.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::HouseholdId;
use crate::codes::{AdmissionDecision, DecisionReason};

/// The referral was decided on `occurred_on`. Waiting may be followed by another decision; accepted and declined are final.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AdmissionDecided {
    /// The household.
    pub household: HouseholdId,
    /// What was decided.
    pub decision: AdmissionDecision,
    /// Why; always given unless accepted.
    pub reason: Option<DecisionReason>,
}
