//! MeetingPlanned, shape 1.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use chrono::NaiveDate;

use crate::MeetingId;

/// A meeting of the steering committee was called on `occurred_on`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MeetingPlanned {
    /// The meeting.
    pub meeting: MeetingId,
    /// The day it is planned for.
    pub planned_for: NaiveDate,
}
