//! Words of the read models as GraphQL enums. The compiler holds them to what they stand for.

use async_graphql::Enum;

/// What is to be done.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "projections::agenda::Kind")]
pub(crate) enum AgendaKind {
    /// A referral is to be decided.
    ReferralDecision,
    /// An acceptance or an exit is to be confirmed by somebody else.
    Confirmation,
    /// The agreement of hospitality is to be signed.
    AgreementSigning,
    /// It is to be decided whether a stay is extended.
    ExtensionDecision,
    /// The hospitality ends.
    HospitalityEnd,
    /// A personal plan is to be agreed.
    Plan,
    /// A plan is to be reviewed.
    PlanReview,
    /// A goal is to be looked at.
    Goal,
    /// A household that left is to be asked again.
    FollowUp,
    /// A consent runs out.
    ConsentExpiry,
    /// The outcome of a referral to a service is to be found out.
    ServiceOutcome,
    /// A household lives there though the pilot has ended.
    StillIn,
    /// An expense is to be approved by somebody else.
    ExpenseApproval,
    /// A meeting is to be held.
    Meeting,
    /// A committee's decision is to be carried out.
    CommitteeDecision,
    /// A target is to be reached.
    Target,
    /// A period is to be closed.
    PeriodClosing,
    /// A report is to be published.
    Report,
    /// A phase ends as planned.
    PhaseEnd,
    /// A month of the experimental phase ends.
    PhaseMonth,
    /// The pilot is to be closed.
    PilotClosing,
}

/// How something to be done stands on a day.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "projections::agenda::State")]
pub(crate) enum AgendaState {
    /// It should have been done, and still can be.
    Overdue,
    /// It can be done now, or is due within fourteen days.
    Due,
    /// Its time has not come. Never counted as done.
    NotYetDue,
    /// It was done.
    Done,
    /// It was due, was not done, and can no longer be.
    Missed,
    /// It was given up, replaced, or what it was for ended before it was due.
    NoLongerNeeded,
}

/// An answer that is required of every household.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "projections::quality::Element")]
pub(crate) enum RequiredElement {
    /// Who referred the household.
    ReferralSource,
    /// How soon a place was needed.
    Urgency,
    /// What a member is to the head.
    Relation,
    /// When a member was born.
    Birth,
    /// Where a member lived before.
    PriorLivingSituation,
    /// Was an adult working when she entered?
    EmploymentAtEntry,
    /// A member's citizenship, where the pilot asks for it.
    Citizenship,
    /// An adult's income at entry.
    IncomeAtEntry,
    /// Where a member went.
    Destination,
    /// Was an adult working when she left?
    EmploymentAtExit,
    /// An adult's income at exit.
    IncomeAtExit,
    /// Why the stay ended.
    ExitReason,
    /// How the programme ended.
    Completion,
    /// Is the destination safe, as she sees it?
    ClientSafety,
    /// Is the destination safe, as the worker sees it?
    WorkerSafety,
    /// Was a safety plan agreed?
    SafetyPlan,
    /// Where she lives at a follow-up.
    FollowUpHousing,
    /// Is she working at a follow-up?
    FollowUpEmployment,
    /// Was there new violence by a follow-up?
    NewViolence,
    /// Is she safe at a follow-up?
    FollowUpSafety,
}

/// Whether a required answer is there.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "projections::quality::Completeness")]
pub(crate) enum AnswerState {
    /// It is.
    Known,
    /// She was asked and does not know.
    DoesNotKnow,
    /// She was asked and prefers not to answer.
    PrefersNotToAnswer,
    /// Nobody asked, though it was time.
    NotCollected,
    /// It is not time to ask yet: neither there nor missing.
    NotYetDue,
}

/// What was looked for among the facts of a household.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "projections::quality::Check")]
pub(crate) enum HouseholdCheck {
    /// Said to be working at entry, but without a job then and without earned income.
    EmployedWithoutJobOrIncome,
    /// Said not to be working at entry, but with earned income.
    NotEmployedButEarning,
    /// Said to be working at exit, but every job had ended, or there never was one.
    EmployedAtExitWithoutJob,
    /// Several jobs at once with more hours than a week allows.
    JobsOverlap,
    /// The reason of the exit is the return to the abuser, but everybody went elsewhere.
    ReturnedReasonElsewhere,
    /// Somebody returned to the abuser, but the reason of the exit is another.
    ReturnedForAnotherReason,
    /// Left because the goals were reached, but none was.
    GoalsReachedWithoutAttainment,
    /// Asked to leave because the goals were reached.
    AskedToLeaveWithGoalsReached,
    /// A goal was reviewed after the exit.
    GoalReviewedAfterExit,
    /// The head is a child.
    ChildAsHead,
    /// Not exactly one head entered.
    NotOneHead,
    /// Lives in a dwelling without having signed the agreement in time.
    HousedWithoutAgreement,
    /// Said to have died, but reached later.
    ReachedAfterDeath,
    /// A follow-up outside the days on which it can be done.
    FollowUpOutsideWindow,
    /// Reached at a follow-up, but nothing was asked.
    ReachedButNothingAsked,
}

/// What was looked for among the pilot's own facts.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "projections::quality::pilot::PilotCheck")]
pub(crate) enum PilotCheck {
    /// A phase began after one that follows it.
    PhasesOutOfOrder,
    /// A meeting was held, but no partner was there.
    MeetingOfNobody,
    /// More money was received for a pledge than was pledged.
    ReceivedMoreThanPledged,
    /// A phase began after the pilot was closed.
    PhaseAfterClosing,
}

/// An answer that is required of the pilot itself.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "projections::quality::pilot::PilotElement")]
pub(crate) enum PilotElement {
    /// Whose money was spent.
    ExpenseSource,
    /// Why a partner left.
    PartnerLeftReason,
}

/// Whole days from the day something happened to the day it was first written down.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "projections::quality::Band")]
pub(crate) enum DelayBand {
    /// On the same day.
    Days0,
    /// One to three days later.
    Days1To3,
    /// Four to six.
    Days4To6,
    /// Seven to ten.
    Days7To10,
    /// Eleven or more.
    Days11OrMore,
}

/// Where a consent stands on a day.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "projections::households::ConsentState")]
pub(crate) enum ConsentState {
    /// It holds.
    Given,
    /// It was taken back.
    Withdrawn,
    /// Its last day is over.
    Expired,
}

/// Whether an expense counts yet.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
pub(crate) enum ExpenseStanding {
    /// It waits for the approval of somebody else.
    Committed,
    /// It is spent.
    Spent,
}

impl From<projections::ledger::Standing> for ExpenseStanding {
    fn from(standing: projections::ledger::Standing) -> Self {
        match standing {
            projections::ledger::Standing::Committed => Self::Committed,
            projections::ledger::Standing::Spent(_) => Self::Spent,
        }
    }
}
