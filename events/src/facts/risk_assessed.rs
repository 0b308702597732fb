//! RiskAssessed, shape 1.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::codes::{AssessmentStage, RiskLevel};
use crate::{HouseholdId, PersonId};

/// The risk that a member lives with was assessed on `occurred_on`. Only the level is recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RiskAssessed {
    /// The household.
    pub household: HouseholdId,
    /// Whose risk it is.
    pub person: PersonId,
    /// The instrument's code in the [registry](crate::instruments).
    #[schemars(regex(pattern = "^[a-z][a-z0-9_]*$"))]
    pub instrument: String,
    /// The instrument's version.
    pub version: u16,
    /// On which occasion.
    pub stage: AssessmentStage,
    /// The level.
    pub level: RiskLevel,
}
