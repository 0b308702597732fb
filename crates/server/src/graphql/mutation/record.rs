//! Corrections and retractions.

use async_graphql::{InputObject, OneofObject};
use chrono::NaiveDate;
use events::codes::CorrectionReason;
use events::{Event, NotSealed, RecordCorrected, RecordRetracted, Replacement, Seal};

use super::content::{Content, NewIds};
use super::dwelling::*;
use super::household::*;
use super::pilot::*;
use crate::graphql::codes::Coded;

/// What a corrected fact should have said; of the same type as the original. Ids are given, not made.
#[derive(OneofObject)]
pub(crate) enum ReplacementInput {
    /// Replaces a `PilotOpened`.
    PilotOpened(PilotOpenedContent),
    /// Replaces a `PhaseStarted`.
    PhaseStarted(PhaseStartedContent),
    /// Replaces a `PartnerJoined`.
    PartnerJoined(PartnerJoinedContent),
    /// Replaces a `ExpenseRecorded`.
    ExpenseRecorded(ExpenseRecordedContent),
    /// Replaces a `DwellingRegistered`.
    DwellingRegistered(DwellingRegisteredContent),
    /// Replaces a `DwellingAvailable`.
    DwellingAvailable(DwellingAvailableContent),
    /// Replaces a `DwellingUnavailable`.
    DwellingUnavailable(DwellingUnavailableContent),
    /// Replaces a `ReferralReceived`.
    ReferralReceived(ReferralReceivedContent),
    /// Replaces a `AdmissionDecided`.
    AdmissionDecided(AdmissionDecidedContent),
    /// Replaces a `Admission`.
    Admission(AdmissionContent),
    /// Replaces a `HouseholdMemberJoined`.
    HouseholdMemberJoined(HouseholdMemberJoinedContent),
    /// Replaces a `HouseholdMemberLeft`.
    HouseholdMemberLeft(HouseholdMemberLeftContent),
    /// Replaces a `DwellingChanged`.
    DwellingChanged(DwellingChangedContent),
    /// Replaces a `PlanAgreed`.
    PlanAgreed(PlanAgreedContent),
    /// Replaces a `GoalSet`.
    GoalSet(GoalSetContent),
    /// Replaces a `GoalReviewed`.
    GoalReviewed(GoalReviewedContent),
    /// Replaces a `Visit`.
    Visit(VisitContent),
    /// Replaces a `ServiceProvided`.
    ServiceProvided(ServiceProvidedContent),
    /// Replaces a `JobPlacement`.
    JobPlacement(JobPlacementContent),
    /// Replaces a `JobEnded`.
    JobEnded(JobEndedContent),
    /// Replaces a `IncomeRecorded`.
    IncomeRecorded(IncomeRecordedContent),
    /// Replaces a `Exit`.
    Exit(ExitContent),
    /// Replaces a `FollowUpRecorded`.
    FollowUpRecorded(FollowUpRecordedContent),
}

impl ReplacementInput {
    fn content(&self) -> &dyn Content {
        match self {
            Self::PilotOpened(content) => content,
            Self::PhaseStarted(content) => content,
            Self::PartnerJoined(content) => content,
            Self::ExpenseRecorded(content) => content,
            Self::DwellingRegistered(content) => content,
            Self::DwellingAvailable(content) => content,
            Self::DwellingUnavailable(content) => content,
            Self::ReferralReceived(content) => content,
            Self::AdmissionDecided(content) => content,
            Self::Admission(content) => content,
            Self::HouseholdMemberJoined(content) => content,
            Self::HouseholdMemberLeft(content) => content,
            Self::DwellingChanged(content) => content,
            Self::PlanAgreed(content) => content,
            Self::GoalSet(content) => content,
            Self::GoalReviewed(content) => content,
            Self::Visit(content) => content,
            Self::ServiceProvided(content) => content,
            Self::JobPlacement(content) => content,
            Self::JobEnded(content) => content,
            Self::IncomeRecorded(content) => content,
            Self::Exit(content) => content,
            Self::FollowUpRecorded(content) => content,
        }
    }
}

/// A correction. `occurredOn` is when the fact really happened.
#[derive(InputObject)]
pub(crate) struct RecordCorrectedContent {
    /// Position of the fact that was wrong, or of an earlier correction of it.
    position: i64,
    /// What it should have said.
    replacement: ReplacementInput,
    /// Why.
    reason: Coded<CorrectionReason>,
}

impl Content for RecordCorrectedContent {
    fn event(&self, on: NaiveDate, seal: &dyn Seal, ids: &NewIds) -> Result<Event, NotSealed> {
        Ok(RecordCorrected {
            position: self.position,
            replacement: Replacement {
                occurred_on: on,
                event: Box::new(self.replacement.content().event(on, seal, ids)?),
            },
            reason: self.reason.0,
        }
        .into())
    }
}

/// A retraction.
#[derive(InputObject)]
pub(crate) struct RecordRetractedContent {
    /// Position of the fact that does not count any more.
    position: i64,
    /// Why.
    reason: Coded<CorrectionReason>,
}

impl Content for RecordRetractedContent {
    fn event(&self, _: NaiveDate, _: &dyn Seal, _: &NewIds) -> Result<Event, NotSealed> {
        Ok(RecordRetracted {
            position: self.position,
            reason: self.reason.0,
        }
        .into())
    }
}
