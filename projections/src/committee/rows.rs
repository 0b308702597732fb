//! What is known about a steering committee.

use chrono::NaiveDate;
use events::codes::DecisionOutcome;
use events::{DecisionId, MeetingId, PartnerAttendance, PartnerId, PilotId, Position};
use serde::{Deserialize, Serialize};

/// A pilot's steering committee.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CommitteeRow {
    /// The pilot.
    pub pilot: PilotId,
    /// Meetings planned or held, in order of the position they are first known from.
    pub meetings: Vec<MeetingRow>,
    /// Decisions, in order of (day, position).
    pub decisions: Vec<DecisionRow>,
    /// Position of the last fact folded in, corrections included.
    pub position: Position,
}

/// A meeting, from [`events::MeetingPlanned`] and [`events::MeetingHeld`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MeetingRow {
    /// The meeting.
    pub meeting: MeetingId,
    /// How it was planned; none when it was held without.
    pub planned: Option<PlannedRow>,
    /// How it was held; none as long as it was not.
    pub held: Option<HeldRow>,
}

/// From [`events::MeetingPlanned`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[expect(
    missing_docs,
    reason = "the fact of the same name documents its fields"
)]
pub struct PlannedRow {
    pub position: Position,
    pub on: NaiveDate,
    pub planned_for: NaiveDate,
}

/// From [`events::MeetingHeld`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[expect(
    missing_docs,
    reason = "the fact of the same name documents its fields"
)]
pub struct HeldRow {
    pub position: Position,
    pub on: NaiveDate,
    pub attendance: Vec<PartnerAttendance>,
}

/// From [`events::DecisionTaken`] and [`events::DecisionClosed`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[expect(
    missing_docs,
    reason = "the fact of the same name documents its fields"
)]
pub struct DecisionRow {
    pub position: Position,
    pub on: NaiveDate,
    pub decision: DecisionId,
    pub meeting: Option<MeetingId>,
    pub title: String,
    pub responsible: Option<PartnerId>,
    pub due: Option<NaiveDate>,
    pub closed: Option<DecisionClosedRow>,
}

/// From [`events::DecisionClosed`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[expect(
    missing_docs,
    reason = "the fact of the same name documents its fields"
)]
pub struct DecisionClosedRow {
    pub position: Position,
    pub on: NaiveDate,
    pub outcome: DecisionOutcome,
}

impl CommitteeRow {
    /// A committee nothing is known of yet.
    pub fn new(pilot: PilotId) -> Self {
        Self {
            pilot,
            meetings: Vec::new(),
            decisions: Vec::new(),
            position: 0,
        }
    }

    /// The meeting with this id.
    pub fn meeting(&self, meeting: MeetingId) -> Option<&MeetingRow> {
        self.meetings.iter().find(|row| row.meeting == meeting)
    }
}
