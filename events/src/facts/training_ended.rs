//! TrainingEnded, shape 1.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::codes::TrainingResult;
use crate::{Answer, HouseholdId, TrainingId};

/// A course ended for a member; `occurred_on` is its last day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TrainingEnded {
    /// The household.
    pub household: HouseholdId,
    /// The course.
    pub training: TrainingId,
    /// How.
    pub result: Answer<TrainingResult>,
}
