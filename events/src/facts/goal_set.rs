//! GoalSet, shape 1.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::codes::GoalDomain;
use crate::{FreeText, GoalId, HouseholdId, Sealed};
use chrono::NaiveDate;

/// A goal was set in the plan on `occurred_on`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GoalSet {
    /// The household.
    pub household: HouseholdId,
    /// The goal.
    pub goal: GoalId,
    /// What it is about.
    pub domain: GoalDomain,
    /// The day by which it is to be reached.
    pub due: Option<NaiveDate>,
    /// The goal in her words.
    pub text: Option<Sealed<FreeText>>,
}
