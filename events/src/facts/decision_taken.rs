//! DecisionTaken, shape 1.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use chrono::NaiveDate;

use crate::{DecisionId, MeetingId, PartnerId};

/// The steering committee decided something on `occurred_on`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DecisionTaken {
    /// The decision.
    pub decision: DecisionId,
    /// The meeting it was taken in, if in one.
    pub meeting: Option<MeetingId>,
    /// What was decided; never about a person.
    pub title: String,
    /// The partner who sees to it.
    pub responsible: Option<PartnerId>,
    /// The day by which.
    pub due: Option<NaiveDate>,
}
