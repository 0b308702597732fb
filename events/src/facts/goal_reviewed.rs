//! GoalReviewed, shape 1.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{FreeText, GoalId, HouseholdId, Sealed};

/// A goal was looked at again on `occurred_on`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GoalReviewed {
    /// The household.
    pub household: HouseholdId,
    /// The goal.
    pub goal: GoalId,
    /// Goal attainment scaling: −2 much less than expected … 0 as expected … +2 much more.
    #[schemars(range(min = -2, max = 2))]
    pub attainment: i8,
    /// Remarks.
    pub note: Option<Sealed<FreeText>>,
}
