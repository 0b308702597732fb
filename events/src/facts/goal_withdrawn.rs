//! GoalWithdrawn, shape 1.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::codes::GoalWithdrawalReason;
use crate::{Answer, GoalId, HouseholdId};

/// A goal was given up on `occurred_on`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GoalWithdrawn {
    /// The household.
    pub household: HouseholdId,
    /// The goal.
    pub goal: GoalId,
    /// Why.
    pub reason: Answer<GoalWithdrawalReason>,
}
