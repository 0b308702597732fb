//! Exit, shape 2.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::codes::{
    Completion, DismissalReason, EmploymentStatus, ExitReason, LivingSituation, Safety,
};
use crate::{Answer, HouseholdId, PersonId};

/// The household left on `occurred_on`: that night it no longer slept there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Exit {
    /// The household.
    pub household: HouseholdId,
    /// Everybody who was still there, and where each went.
    pub members: Vec<MemberExit>,
    /// Why the stay ended.
    pub reason: Answer<ExitReason>,
    /// How the programme ended for them.
    pub completion: Answer<Completion>,
    /// Why they were asked to leave; given only if they were.
    pub dismissal_reason: Option<DismissalReason>,
    /// Is the destination safe, as she sees it?
    pub client_safety: Answer<Safety>,
    /// Is the destination safe, as the worker sees it?
    pub worker_safety: Answer<Safety>,
    /// Was a safety plan for the time after agreed with her?
    pub safety_plan: Answer<bool>,
}

/// A person as she leaves with her household.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MemberExit {
    /// The person.
    pub person: PersonId,
    /// Where she went.
    pub destination: Answer<LivingSituation>,
    /// Was she working when she left? Asked of adults.
    pub employment: Answer<EmploymentStatus>,
}

/// Exit, shape 1: without the reason of a dismissal and without a safety plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Exit")]
pub(crate) struct ExitV1 {
    /// The household.
    pub(crate) household: HouseholdId,
    /// Everybody who was still there, and where each went.
    pub(crate) members: Vec<MemberExit>,
    /// Why the stay ended.
    pub(crate) reason: Answer<ExitReason>,
    /// How the programme ended for them.
    pub(crate) completion: Answer<Completion>,
    /// Is the destination safe, as she sees it?
    pub(crate) client_safety: Answer<Safety>,
    /// Is the destination safe, as the worker sees it?
    pub(crate) worker_safety: Answer<Safety>,
}

impl From<ExitV1> for Exit {
    fn from(old: ExitV1) -> Self {
        Self {
            household: old.household,
            members: old.members,
            reason: old.reason,
            completion: old.completion,
            dismissal_reason: None,
            client_safety: old.client_safety,
            worker_safety: old.worker_safety,
            safety_plan: Answer::NotCollected,
        }
    }
}
