//! The steering committee.

use async_graphql::InputObject;
use chrono::NaiveDate;
use events::codes::{Attendance, DecisionOutcome};
use events::{
    DecisionClosed, DecisionId, DecisionTaken, MeetingHeld, MeetingId, MeetingPlanned,
    PartnerAttendance, PartnerId, Seal,
};
use uuid::Uuid;

use super::content::{Content, Made, NewIds};
use crate::graphql::codes::Coded;

/// A meeting that is called.
#[derive(InputObject)]
pub(crate) struct MeetingPlannedContent {
    /// The meeting's id, if it is not to be made from the command's.
    meeting: Option<Uuid>,
    /// The day it is planned for.
    planned_for: NaiveDate,
}

impl Content for MeetingPlannedContent {
    fn event(&self, _: NaiveDate, _: &dyn Seal, ids: &NewIds) -> Made {
        Ok(MeetingPlanned {
            meeting: ids.or(self.meeting, "meeting", 0),
            planned_for: self.planned_for,
        }
        .into())
    }
}

/// One partner's attendance.
#[derive(InputObject)]
pub(crate) struct PartnerAttendanceInput {
    /// The partner.
    partner: Uuid,
    /// Was it there?
    attendance: Coded<Attendance>,
}

/// A meeting that took place.
#[derive(InputObject)]
pub(crate) struct MeetingHeldContent {
    /// The meeting, if it was planned; else its id, if that is not to be made from the command's.
    meeting: Option<Uuid>,
    /// Who was there and who was not, each partner once.
    attendance: Vec<PartnerAttendanceInput>,
}

impl Content for MeetingHeldContent {
    fn event(&self, _: NaiveDate, _: &dyn Seal, ids: &NewIds) -> Made {
        let attendance = self.attendance.iter();
        Ok(MeetingHeld {
            meeting: ids.or(self.meeting, "meeting", 0),
            attendance: attendance
                .map(|one| PartnerAttendance {
                    partner: PartnerId(one.partner),
                    attendance: one.attendance.0,
                })
                .collect(),
        }
        .into())
    }
}

/// A decision of the steering committee.
#[derive(InputObject)]
pub(crate) struct DecisionTakenContent {
    /// The decision's id, if it is not to be made from the command's.
    decision: Option<Uuid>,
    /// The meeting it was taken in, if in one.
    meeting: Option<Uuid>,
    /// What was decided; never about a person.
    title: String,
    /// The partner who sees to it.
    responsible: Option<Uuid>,
    /// The day by which.
    due: Option<NaiveDate>,
}

impl Content for DecisionTakenContent {
    fn event(&self, _: NaiveDate, _: &dyn Seal, ids: &NewIds) -> Made {
        Ok(DecisionTaken {
            decision: ids.or(self.decision, "decision", 0),
            meeting: self.meeting.map(MeetingId),
            title: self.title.clone(),
            responsible: self.responsible.map(PartnerId),
            due: self.due,
        }
        .into())
    }
}

/// What became of a decision.
#[derive(InputObject)]
pub(crate) struct DecisionClosedContent {
    /// The decision.
    decision: Uuid,
    /// What became of it.
    outcome: Coded<DecisionOutcome>,
}

impl Content for DecisionClosedContent {
    fn event(&self, _: NaiveDate, _: &dyn Seal, _: &NewIds) -> Made {
        Ok(DecisionClosed {
            decision: DecisionId(self.decision),
            outcome: self.outcome.0,
        }
        .into())
    }
}
