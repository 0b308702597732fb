//! Confirmations, corrections, retractions.

use async_graphql::{InputObject, OneofObject};
use chrono::NaiveDate;
use events::codes::CorrectionReason;
use events::{RecordConfirmed, RecordCorrected, RecordRetracted, Replacement, Seal};

use super::care::*;
use super::committee::*;
use super::content::{Content, Made, NewIds};
use super::dwelling::*;
use super::funding::*;
use super::household::*;
use super::pilot::*;
use super::plan::*;
use super::work::*;
use crate::graphql::codes::Coded;

/// Makes the input of a replacement: one field for each type of fact that can be corrected.
macro_rules! replacements {
    ($( $kind:ident($content:ident), $doc:literal; )+) => {
        /// What a corrected fact should have said; of the same type as the original. Ids are given, not made.
        #[derive(OneofObject)]
        pub(crate) enum ReplacementInput {
            $( #[doc = $doc] $kind($content), )+
        }

        impl ReplacementInput {
            fn content(&self) -> &dyn Content {
                match self {
                    $( Self::$kind(content) => content, )+
                }
            }
        }
    };
}

// In the order of the facts' catalogue. A published report is not corrected but restated.
replacements! {
    PilotOpened(PilotOpenedContent), "Replaces a `PilotOpened`.";
    RulesSet(RulesSetContent), "Replaces a `RulesSet`.";
    PhaseStarted(PhaseStartedContent), "Replaces a `PhaseStarted`.";
    PhaseExtended(PhaseExtendedContent), "Replaces a `PhaseExtended`.";
    PartnerJoined(PartnerJoinedContent), "Replaces a `PartnerJoined`.";
    PartnerLeft(PartnerLeftContent), "Replaces a `PartnerLeft`.";
    AgreementAdopted(AgreementAdoptedContent), "Replaces a `AgreementAdopted`.";
    TargetSet(TargetSetContent), "Replaces a `TargetSet`.";
    PeriodClosed(PeriodClosedContent), "Replaces a `PeriodClosed`.";
    PilotClosed(PilotClosedContent), "Replaces a `PilotClosed`.";
    FundingPledged(FundingPledgedContent), "Replaces a `FundingPledged`.";
    FundingReceived(FundingReceivedContent), "Replaces a `FundingReceived`.";
    BudgetAllocated(BudgetAllocatedContent), "Replaces a `BudgetAllocated`.";
    ExpenseRecorded(ExpenseRecordedContent), "Replaces a `ExpenseRecorded`.";
    ExpenseApproved(ExpenseApprovedContent), "Replaces a `ExpenseApproved`.";
    ExpenseReversed(ExpenseReversedContent), "Replaces a `ExpenseReversed`.";
    MeetingPlanned(MeetingPlannedContent), "Replaces a `MeetingPlanned`.";
    MeetingHeld(MeetingHeldContent), "Replaces a `MeetingHeld`.";
    DecisionTaken(DecisionTakenContent), "Replaces a `DecisionTaken`.";
    DecisionClosed(DecisionClosedContent), "Replaces a `DecisionClosed`.";
    DwellingRegistered(DwellingRegisteredContent), "Replaces a `DwellingRegistered`.";
    WorksStarted(WorksStartedContent), "Replaces a `WorksStarted`.";
    WorksCompleted(WorksCompletedContent), "Replaces a `WorksCompleted`.";
    DwellingAvailable(DwellingAvailableContent), "Replaces a `DwellingAvailable`.";
    DwellingUnavailable(DwellingUnavailableContent), "Replaces a `DwellingUnavailable`.";
    DwellingWithdrawn(DwellingWithdrawnContent), "Replaces a `DwellingWithdrawn`.";
    ReferralReceived(ReferralReceivedContent), "Replaces a `ReferralReceived`.";
    ReferralAssessed(ReferralAssessedContent), "Replaces a `ReferralAssessed`.";
    AdmissionDecided(AdmissionDecidedContent), "Replaces a `AdmissionDecided`.";
    ReferralWithdrawn(ReferralWithdrawnContent), "Replaces a `ReferralWithdrawn`.";
    ConsentGiven(ConsentGivenContent), "Replaces a `ConsentGiven`.";
    ConsentWithdrawn(ConsentWithdrawnContent), "Replaces a `ConsentWithdrawn`.";
    Admission(AdmissionContent), "Replaces a `Admission`.";
    AgreementSigned(AgreementSignedContent), "Replaces a `AgreementSigned`.";
    HouseholdMemberJoined(HouseholdMemberJoinedContent), "Replaces a `HouseholdMemberJoined`.";
    HouseholdMemberLeft(HouseholdMemberLeftContent), "Replaces a `HouseholdMemberLeft`.";
    DwellingChanged(DwellingChangedContent), "Replaces a `DwellingChanged`.";
    ExtensionGranted(ExtensionGrantedContent), "Replaces a `ExtensionGranted`.";
    PlanAgreed(PlanAgreedContent), "Replaces a `PlanAgreed`.";
    GoalSet(GoalSetContent), "Replaces a `GoalSet`.";
    GoalRevised(GoalRevisedContent), "Replaces a `GoalRevised`.";
    GoalReviewed(GoalReviewedContent), "Replaces a `GoalReviewed`.";
    GoalWithdrawn(GoalWithdrawnContent), "Replaces a `GoalWithdrawn`.";
    AssessmentScored(AssessmentScoredContent), "Replaces a `AssessmentScored`.";
    RiskAssessed(RiskAssessedContent), "Replaces a `RiskAssessed`.";
    Visit(VisitContent), "Replaces a `Visit`.";
    ServiceProvided(ServiceProvidedContent), "Replaces a `ServiceProvided`.";
    ServiceReferred(ServiceReferredContent), "Replaces a `ServiceReferred`.";
    ReferralOutcome(ReferralOutcomeContent), "Replaces a `ReferralOutcome`.";
    IncidentReported(IncidentReportedContent), "Replaces a `IncidentReported`.";
    ProtectionBreached(ProtectionBreachedContent), "Replaces a `ProtectionBreached`.";
    JobPlacement(JobPlacementContent), "Replaces a `JobPlacement`.";
    JobEnded(JobEndedContent), "Replaces a `JobEnded`.";
    TrainingStarted(TrainingStartedContent), "Replaces a `TrainingStarted`.";
    TrainingEnded(TrainingEndedContent), "Replaces a `TrainingEnded`.";
    IncomeRecorded(IncomeRecordedContent), "Replaces a `IncomeRecorded`.";
    SchoolingStarted(SchoolingStartedContent), "Replaces a `SchoolingStarted`.";
    Exit(ExitContent), "Replaces a `Exit`.";
    FollowUpRecorded(FollowUpRecordedContent), "Replaces a `FollowUpRecorded`.";
    NoteAdded(NoteAddedContent), "Replaces a `NoteAdded`.";
}

/// A confirmation.
#[derive(InputObject)]
pub(crate) struct RecordConfirmedContent {
    /// Position of the fact, or of the correction that gave it its present content.
    position: i64,
}

impl Content for RecordConfirmedContent {
    fn event(&self, _: NaiveDate, _: &dyn Seal, _: &NewIds) -> Made {
        Ok(RecordConfirmed {
            position: self.position,
        }
        .into())
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
    fn event(&self, on: NaiveDate, seal: &dyn Seal, ids: &NewIds) -> Made {
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
    fn event(&self, _: NaiveDate, _: &dyn Seal, _: &NewIds) -> Made {
        Ok(RecordRetracted {
            position: self.position,
            reason: self.reason.0,
        }
        .into())
    }
}
