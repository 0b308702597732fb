//! JobEnded, shape 1.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::codes::JobEndReason;
use crate::{Answer, HouseholdId, JobId};

/// A job ended; `occurred_on` is its last day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct JobEnded {
    /// The household.
    pub household: HouseholdId,
    /// The job.
    pub job: JobId,
    /// Why.
    pub reason: Answer<JobEndReason>,
}
