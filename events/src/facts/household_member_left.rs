//! HouseholdMemberLeft, shape 1.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::codes::{EmploymentStatus, LivingSituation};
use crate::{Answer, HouseholdId, PersonId};

/// Somebody left on `occurred_on` while the rest of the household stayed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HouseholdMemberLeft {
    /// The household.
    pub household: HouseholdId,
    /// Who.
    pub person: PersonId,
    /// Where to.
    pub destination: Answer<LivingSituation>,
    /// Was she working when she left? Asked of adults.
    pub employment: Answer<EmploymentStatus>,
    /// The head from now on, when it was the head who left.
    pub new_head: Option<PersonId>,
}
