//! IncomeRecorded, shape 1.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::codes::IncomeStage;
use crate::{Answer, HouseholdId, Income, PersonId};

/// The monthly income of a member as known on `occurred_on`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct IncomeRecorded {
    /// The household.
    pub household: HouseholdId,
    /// Whose.
    pub person: PersonId,
    /// On which occasion.
    pub stage: IncomeStage,
    /// The income.
    pub income: Answer<Income>,
}
