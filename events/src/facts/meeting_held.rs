//! MeetingHeld, shape 1.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::codes::Attendance;
use crate::{MeetingId, PartnerId};

/// The steering committee met on `occurred_on`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MeetingHeld {
    /// The meeting, planned before or not.
    pub meeting: MeetingId,
    /// Who was there and who was not, each partner once.
    pub attendance: Vec<PartnerAttendance>,
}

/// One partner's attendance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PartnerAttendance {
    /// The partner.
    pub partner: PartnerId,
    /// Was it there?
    pub attendance: Attendance,
}
