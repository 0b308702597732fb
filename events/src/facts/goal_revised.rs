//! GoalRevised, shape 1.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use chrono::NaiveDate;

use crate::codes::GoalDomain;
use crate::{FreeText, GoalId, HouseholdId, Sealed};

/// A goal was changed on `occurred_on`. What is given takes the place of what was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GoalRevised {
    /// The household.
    pub household: HouseholdId,
    /// The goal.
    pub goal: GoalId,
    /// What it is about from now on.
    pub domain: GoalDomain,
    /// The day by which it is to be reached from now on.
    pub due: Option<NaiveDate>,
    /// The goal in her words, if they changed.
    pub text: Option<Sealed<FreeText>>,
}
