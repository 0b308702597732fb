//! HouseholdMemberJoined, shape 1.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::HouseholdId;
use crate::facts::Member;

/// Somebody joined the household on `occurred_on`: a birth, a child who was elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HouseholdMemberJoined {
    /// The household.
    pub household: HouseholdId,
    /// Who; never as the head.
    pub member: Member,
}
