//! FollowUpRecorded, shape 1.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::codes::{EmploymentStatus, FollowUpMonth, FollowUpResult, LivingSituation, Safety};
use crate::{Answer, HouseholdId};

/// The household was asked again, or the attempt failed, on `occurred_on`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FollowUpRecorded {
    /// The household.
    pub household: HouseholdId,
    /// Which follow-up it is.
    pub month: FollowUpMonth,
    /// What came of it.
    pub result: FollowUpResult,
    /// Where she lives.
    pub housing: Answer<LivingSituation>,
    /// Is she working?
    pub employment: Answer<EmploymentStatus>,
    /// Was there new violence since the exit, or since the last follow-up?
    pub new_violence: Answer<bool>,
    /// Is she safe?
    pub safety: Answer<Safety>,
}
