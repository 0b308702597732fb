//! AssessmentScored, shape 1.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::codes::AssessmentStage;
use crate::{HouseholdId, PersonId};

/// A member was assessed with an instrument on `occurred_on`. Item texts are never recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AssessmentScored {
    /// The household.
    pub household: HouseholdId,
    /// Whose scores they are.
    pub person: PersonId,
    /// The instrument's code in the [registry](crate::instruments).
    #[schemars(regex(pattern = "^[a-z][a-z0-9_]*$"))]
    pub instrument: String,
    /// The instrument's version.
    pub version: u16,
    /// On which occasion.
    pub stage: AssessmentStage,
    /// The scores, each area once.
    pub scores: Vec<Score>,
}

/// A score in one area of an instrument.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Score {
    /// The area, as the registry has it; of the self-sufficiency matrix a goal's domain.
    #[schemars(regex(pattern = "^[a-z][a-z0-9_]*$"))]
    pub area: String,
    /// Within the instrument's range; none when the area does not apply to her.
    pub score: Option<u8>,
}
