//! Every command: its mutation, what the mutation takes, and the content of the fact it becomes. A
//! mutation's name is the command's, as [`domain::COMMANDS`] has it; a test compares them.

use async_graphql::{Context, ID, InputObject, Object};
use chrono::NaiveDate;
use uuid::Uuid;

use super::care::*;
use super::committee::*;
use super::content::NewIds;
use super::dwelling::*;
use super::funding::*;
use super::household::*;
use super::pilot::*;
use super::plan::*;
use super::record::*;
use super::work::*;
use super::{Object as PolicyObject, PilotId, RecordPayload, asked, bad_input, execute, record};
use crate::graphql::roots::allow;

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

/// The one command that is about no pilot there is.
#[derive(Default)]
pub(crate) struct OpeningCommands;

#[Object]
impl OpeningCommands {
    /// Opens a pilot, with a log of its own. The role must be for every pilot.
    async fn open_pilot(
        &self,
        ctx: &Context<'_>,
        input: OpenPilotInput,
    ) -> async_graphql::Result<RecordPayload> {
        let (app, _) = asked(ctx)?;
        let id = input.pilot.as_ref().map(|id| Uuid::parse_str(id));
        let id = id.transpose().map_err(|_| bad_input("pilot: not an id"))?;
        let pilot =
            PilotId(id.unwrap_or_else(|| NewIds::new(app, input.command_id).id("pilot", 0)));
        allow(ctx, &PolicyObject::Pilot(pilot))?;
        execute(
            ctx,
            pilot,
            input.command_id,
            input.occurred_on,
            input.content,
        )
        .await
    }
}

/// Makes the mutations of a group of commands: for each what it says, its name, what it takes, and
/// the content of the fact.
macro_rules! commands {
    (
        #[doc = $group_doc:literal]
        $group:ident:
        $( #[doc = $doc:literal] $name:ident($input:ident: $content:ident); )+
    ) => {
        $(
            #[doc = $doc]
            #[derive(InputObject)]
            pub(crate) struct $input {
                /// About the command.
                #[graphql(flatten)]
                about: About,
                /// What the fact says.
                #[graphql(flatten)]
                content: $content,
            }
        )+

        #[doc = $group_doc]
        #[derive(Default)]
        pub(crate) struct $group;

        #[Object]
        impl $group {
            $(
                #[doc = $doc]
                async fn $name(
                    &self,
                    ctx: &Context<'_>,
                    input: $input,
                ) -> async_graphql::Result<RecordPayload> {
                    record(ctx, input.about, input.content).await
                }
            )+
        }
    };
}

commands! {
    /// The pilot itself.
    PilotCommands:
    /// A phase of the pilot begins.
    start_phase(StartPhaseInput: PhaseStartedContent);
    /// The planned end of a phase is moved.
    extend_phase(ExtendPhaseInput: PhaseExtendedContent);
    /// The pilot's own rules are set.
    set_rules(SetRulesInput: RulesSetContent);
    /// An organisation takes part.
    add_partner(AddPartnerInput: PartnerJoinedContent);
    /// An organisation takes part no longer.
    record_partner_left(RecordPartnerLeftInput: PartnerLeftContent);
    /// The partners adopted an agreement.
    adopt_agreement(AdoptAgreementInput: AgreementAdoptedContent);
    /// A target is set for an indicator.
    set_target(SetTargetInput: TargetSetContent);
    /// A period is closed.
    close_period(ClosePeriodInput: PeriodClosedContent);
    /// The pilot ends.
    close_pilot(ClosePilotInput: PilotClosedContent);
}

commands! {
    /// Money.
    FundingCommands:
    /// A partner promised money.
    pledge_funding(PledgeFundingInput: FundingPledgedContent);
    /// Money arrived.
    receive_funding(ReceiveFundingInput: FundingReceivedContent);
    /// So much may be spent on a budget line.
    allocate_budget(AllocateBudgetInput: BudgetAllocatedContent);
    /// Money was spent.
    record_expense(RecordExpenseInput: ExpenseRecordedContent);
    /// An expense is approved by somebody else than who recorded it.
    approve_expense(ApproveExpenseInput: ExpenseApprovedContent);
    /// An expense came back, or is not to be paid.
    reverse_expense(ReverseExpenseInput: ExpenseReversedContent);
}

commands! {
    /// The steering committee.
    CommitteeCommands:
    /// A meeting of the steering committee is called.
    plan_meeting(PlanMeetingInput: MeetingPlannedContent);
    /// The steering committee met.
    hold_meeting(HoldMeetingInput: MeetingHeldContent);
    /// The steering committee decided something.
    take_decision(TakeDecisionInput: DecisionTakenContent);
    /// A decision was carried out, or given up.
    close_decision(CloseDecisionInput: DecisionClosedContent);
}

commands! {
    /// Dwellings.
    DwellingCommands:
    /// A dwelling becomes part of the pilot.
    register_dwelling(RegisterDwellingInput: DwellingRegisteredContent);
    /// Works on a dwelling begin.
    start_works(StartWorksInput: WorksStartedContent);
    /// Works on a dwelling are finished.
    complete_works(CompleteWorksInput: WorksCompletedContent);
    /// A dwelling can be lived in.
    make_dwelling_available(MakeDwellingAvailableInput: DwellingAvailableContent);
    /// A dwelling cannot be given to a household.
    make_dwelling_unavailable(MakeDwellingUnavailableInput: DwellingUnavailableContent);
    /// A dwelling is no part of the pilot any more.
    withdraw_dwelling(WithdrawDwellingInput: DwellingWithdrawnContent);
}

commands! {
    /// Households.
    HouseholdCommands:
    /// Somebody asks for a place for a household.
    receive_referral(ReceiveReferralInput: ReferralReceivedContent);
    /// A referral is looked into, before the decision.
    assess_referral(AssessReferralInput: ReferralAssessedContent);
    /// A referral is decided.
    decide_admission(DecideAdmissionInput: AdmissionDecidedContent);
    /// A referral is taken back, before anybody entered.
    withdraw_referral(WithdrawReferralInput: ReferralWithdrawnContent);
    /// She consented.
    record_consent(RecordConsentInput: ConsentGivenContent);
    /// She took a consent back.
    withdraw_consent(WithdrawConsentInput: ConsentWithdrawnContent);
    /// A household enters.
    admit(AdmitInput: AdmissionContent);
    /// She signed the agreement of hospitality.
    sign_agreement(SignAgreementInput: AgreementSignedContent);
    /// Somebody joins a household.
    add_member(AddMemberInput: HouseholdMemberJoinedContent);
    /// Somebody leaves while the rest of the household stays.
    record_member_left(RecordMemberLeftInput: HouseholdMemberLeftContent);
    /// A household moves to another dwelling, or into its first one.
    change_dwelling(ChangeDwellingInput: DwellingChangedContent);
    /// The stay is extended.
    grant_extension(GrantExtensionInput: ExtensionGrantedContent);
    /// The household left.
    record_exit(RecordExitInput: ExitContent);
    /// The household was asked again, or the attempt failed.
    record_follow_up(RecordFollowUpInput: FollowUpRecordedContent);
}

commands! {
    /// What households do and get while they are there.
    CareCommands:
    /// A personal plan is agreed.
    agree_plan(AgreePlanInput: PlanAgreedContent);
    /// A goal is set.
    set_goal(SetGoalInput: GoalSetContent);
    /// A goal is changed.
    revise_goal(ReviseGoalInput: GoalRevisedContent);
    /// A goal is looked at again.
    review_goal(ReviewGoalInput: GoalReviewedContent);
    /// A goal is given up.
    withdraw_goal(WithdrawGoalInput: GoalWithdrawnContent);
    /// A member was assessed with an instrument.
    score_assessment(ScoreAssessmentInput: AssessmentScoredContent);
    /// The risk that a member lives with was assessed.
    assess_risk(AssessRiskInput: RiskAssessedContent);
    /// The coordinator or an operator was in contact with the household.
    record_visit(RecordVisitInput: VisitContent);
    /// A service was provided.
    record_service(RecordServiceInput: ServiceProvidedContent);
    /// The household is sent to a partner's service.
    refer_to_service(ReferToServiceInput: ServiceReferredContent);
    /// It is known what came of a referral to a service.
    record_referral_outcome(RecordReferralOutcomeInput: ReferralOutcomeContent);
    /// Something happened to the household or in the house.
    report_incident(ReportIncidentInput: IncidentReportedContent);
    /// The household's protection was broken.
    report_breach(ReportBreachInput: ProtectionBreachedContent);
    /// A member started a job.
    place_in_job(PlaceInJobInput: JobPlacementContent);
    /// A job ended.
    end_job(EndJobInput: JobEndedContent);
    /// A member began a course.
    start_training(StartTrainingInput: TrainingStartedContent);
    /// A course ended.
    end_training(EndTrainingInput: TrainingEndedContent);
    /// The monthly income of a member is known.
    record_income(RecordIncomeInput: IncomeRecordedContent);
    /// A child began school or child care.
    start_schooling(StartSchoolingInput: SchoolingStartedContent);
    /// Somebody wrote a note.
    add_note(AddNoteInput: NoteAddedContent);
}

commands! {
    /// Records, of whatever stream.
    RecordCommands:
    /// Somebody else than who recorded it confirms what a fact says.
    confirm_record(ConfirmRecordInput: RecordConfirmedContent);
    /// A recorded fact was wrong: says what it should have said. The original stays in the log.
    correct_record(CorrectRecordInput: RecordCorrectedContent);
    /// A recorded fact does not count any more. It stays in the log.
    retract_record(RetractRecordInput: RecordRetractedContent);
}
