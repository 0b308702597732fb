//! Exit, shape 1.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::codes::{Completion, EmploymentStatus, ExitReason, LivingSituation, Safety};
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
    /// Is the destination safe, as she sees it?
    pub client_safety: Answer<Safety>,
    /// Is the destination safe, as the worker sees it?
    pub worker_safety: Answer<Safety>,
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
