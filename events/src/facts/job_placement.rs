//! JobPlacement, shape 1.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::codes::Contract;
use crate::{Answer, HouseholdId, JobId, PartnerId, PersonId};

/// A member started a job on `occurred_on`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct JobPlacement {
    /// The household.
    pub household: HouseholdId,
    /// Who.
    pub person: PersonId,
    /// The job.
    pub job: JobId,
    /// Kind of contract.
    pub contract: Answer<Contract>,
    /// Hours a week.
    pub weekly_hours: Option<u16>,
    /// The partner through whom she found it.
    pub partner: Option<PartnerId>,
}
