//! HouseholdMemberJoined, shape 2.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::HouseholdId;
use crate::facts::Member;
use crate::facts::admission::MemberV1;

/// Somebody joined the household on `occurred_on`: a birth, a child who was elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HouseholdMemberJoined {
    /// The household.
    pub household: HouseholdId,
    /// Who; never as the head.
    pub member: Member,
}

/// HouseholdMemberJoined, shape 1: without citizenship.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "HouseholdMemberJoined")]
pub(crate) struct HouseholdMemberJoinedV1 {
    /// The household.
    pub(crate) household: HouseholdId,
    /// Who; never as the head.
    pub(crate) member: MemberV1,
}

impl From<HouseholdMemberJoinedV1> for HouseholdMemberJoined {
    fn from(old: HouseholdMemberJoinedV1) -> Self {
        Self {
            household: old.household,
            member: old.member.into(),
        }
    }
}
