//! The steering committee.

use async_graphql::{ID, Object, SimpleObject};
use chrono::NaiveDate;
use events::codes::{Attendance, DecisionOutcome};
use projections::committee::{CommitteeRow, DecisionRow, MeetingRow};

use super::codes::Coded;

/// A pilot's steering committee.
pub(crate) struct Committee(pub(crate) CommitteeRow);

#[Object]
impl Committee {
    /// Meetings planned or held, in the order in which they became known.
    async fn meetings(&self) -> Vec<Meeting> {
        self.0.meetings.iter().map(Meeting::from).collect()
    }

    /// Decisions, in order of time.
    async fn decisions(&self) -> Vec<CommitteeDecision> {
        let decisions = self.0.decisions.iter();
        decisions.map(CommitteeDecision::from).collect()
    }
}

/// A meeting.
#[derive(SimpleObject)]
pub(crate) struct Meeting {
    /// Its id.
    id: ID,
    /// How it was planned, if it was.
    planned: Option<MeetingPlan>,
    /// How it was held, if it was.
    held: Option<MeetingHeld>,
}

/// A meeting was planned.
#[derive(SimpleObject)]
pub(crate) struct MeetingPlan {
    /// Position of the fact.
    position: i64,
    /// The day it was planned.
    on: NaiveDate,
    /// The day it was planned for.
    planned_for: NaiveDate,
}

/// A meeting was held.
#[derive(SimpleObject)]
pub(crate) struct MeetingHeld {
    /// Position of the fact.
    position: i64,
    /// The day.
    on: NaiveDate,
    /// Which partners were there.
    attendance: Vec<MeetingAttendance>,
}

/// One partner's attendance.
#[derive(SimpleObject)]
pub(crate) struct MeetingAttendance {
    /// The partner.
    partner: ID,
    /// Was it there?
    attendance: Coded<Attendance>,
}

impl From<&MeetingRow> for Meeting {
    fn from(row: &MeetingRow) -> Self {
        Self {
            id: row.meeting.to_string().into(),
            planned: row.planned.as_ref().map(|planned| MeetingPlan {
                position: planned.position,
                on: planned.on,
                planned_for: planned.planned_for,
            }),
            held: row.held.as_ref().map(|held| MeetingHeld {
                position: held.position,
                on: held.on,
                attendance: held
                    .attendance
                    .iter()
                    .map(|one| MeetingAttendance {
                        partner: one.partner.to_string().into(),
                        attendance: Coded(one.attendance),
                    })
                    .collect(),
            }),
        }
    }
}

/// A decision of the committee.
#[derive(SimpleObject)]
pub(crate) struct CommitteeDecision {
    /// Its id.
    id: ID,
    /// Position of the fact.
    position: i64,
    /// The day.
    on: NaiveDate,
    /// The meeting it was taken in, if in one.
    meeting: Option<ID>,
    /// What was decided.
    title: String,
    /// The partner that is to carry it out.
    responsible: Option<ID>,
    /// The day by which.
    due: Option<NaiveDate>,
    /// How it was closed, if it was.
    closed: Option<DecisionClosed>,
}

/// A decision of the committee was closed.
#[derive(SimpleObject)]
pub(crate) struct DecisionClosed {
    /// Position of the fact.
    position: i64,
    /// The day.
    on: NaiveDate,
    /// What came of it.
    outcome: Coded<DecisionOutcome>,
}

impl From<&DecisionRow> for CommitteeDecision {
    fn from(row: &DecisionRow) -> Self {
        Self {
            id: row.decision.to_string().into(),
            position: row.position,
            on: row.on,
            meeting: row.meeting.map(|meeting| meeting.to_string().into()),
            title: row.title.clone(),
            responsible: row.responsible.map(|partner| partner.to_string().into()),
            due: row.due,
            closed: row.closed.as_ref().map(|closed| DecisionClosed {
                position: closed.position,
                on: closed.on,
                outcome: Coded(closed.outcome),
            }),
        }
    }
}
