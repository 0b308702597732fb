//! What each mutation takes: about the command, and the content of the fact.

use async_graphql::{ID, InputObject};
use chrono::NaiveDate;
use uuid::Uuid;

use super::dwelling::*;
use super::household::*;
use super::pilot::*;
use super::record::*;

/// What every command says about itself.
#[derive(InputObject)]
pub(crate) struct About {
    /// Made by whoever asks, new for every command; repeating it repeats the answer.
    pub(crate) command_id: Uuid,
    /// Id, short name or HMIS project id of the pilot.
    pub(crate) pilot: ID,
    /// When it happened.
    pub(crate) occurred_on: NaiveDate,
}

/// Opens a pilot.
#[derive(InputObject)]
pub(crate) struct OpenPilotInput {
    /// Made by whoever asks, new for every command; repeating it repeats the answer.
    pub(crate) command_id: Uuid,
    /// The new pilot's id, if it is not to be made from the command's.
    pub(crate) pilot: Option<ID>,
    /// The day it officially starts.
    pub(crate) occurred_on: NaiveDate,
    /// What is said of it.
    #[graphql(flatten)]
    pub(crate) content: PilotOpenedContent,
}

macro_rules! inputs {
    ($( $input:ident: $content:ident, $doc:literal; )+) => {
        $(
            #[doc = $doc]
            #[derive(InputObject)]
            pub(crate) struct $input {
                /// About the command.
                #[graphql(flatten)]
                pub(crate) about: About,
                /// What the fact says.
                #[graphql(flatten)]
                pub(crate) content: $content,
            }
        )+
    };
}

inputs! {
    StartPhaseInput: PhaseStartedContent, "A phase of the pilot begins.";
    AddPartnerInput: PartnerJoinedContent, "An organisation takes part.";
    RecordExpenseInput: ExpenseRecordedContent, "Money was spent.";
    RegisterDwellingInput: DwellingRegisteredContent, "A dwelling becomes part of the pilot.";
    MakeDwellingAvailableInput: DwellingAvailableContent, "A dwelling can be lived in.";
    MakeDwellingUnavailableInput: DwellingUnavailableContent, "A dwelling cannot be given to a household.";
    ReceiveReferralInput: ReferralReceivedContent, "Somebody asks for a place for a household.";
    DecideAdmissionInput: AdmissionDecidedContent, "A referral is decided.";
    AdmitInput: AdmissionContent, "A household enters.";
    AddMemberInput: HouseholdMemberJoinedContent, "Somebody joins a household.";
    RecordMemberLeftInput: HouseholdMemberLeftContent, "Somebody leaves while the rest of the household stays.";
    ChangeDwellingInput: DwellingChangedContent, "A household moves to another dwelling, or into its first one.";
    AgreePlanInput: PlanAgreedContent, "A personal plan is agreed.";
    SetGoalInput: GoalSetContent, "A goal is set.";
    ReviewGoalInput: GoalReviewedContent, "A goal is looked at again.";
    RecordVisitInput: VisitContent, "The coordinator or an operator was in contact with the household.";
    RecordServiceInput: ServiceProvidedContent, "A service was provided.";
    PlaceInJobInput: JobPlacementContent, "A member started a job.";
    EndJobInput: JobEndedContent, "A job ended.";
    RecordIncomeInput: IncomeRecordedContent, "The monthly income of a member is known.";
    RecordExitInput: ExitContent, "The household left.";
    RecordFollowUpInput: FollowUpRecordedContent, "The household was asked again, or the attempt failed.";
    CorrectRecordInput: RecordCorrectedContent, "A recorded fact was wrong.";
    RetractRecordInput: RecordRetractedContent, "A recorded fact does not count any more.";
}
