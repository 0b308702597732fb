//! One thing that is due, and how it stands on a day.

use chrono::{Days, Months, NaiveDate};
use events::codes::{
    AdmissionDecision, DecisionOutcome, FollowUpMonth, FollowUpResult, Phase, ReferralResult,
};
use events::{
    ConsentId, DecisionId, ExpenseId, GoalId, HouseholdId, MeetingId, Position, ServiceReferralId,
};
use serde::{Deserialize, Serialize};

/// Days before it is due from which something shows as due.
pub const NOTICE_DAYS: i64 = 14;

/// Something that is to be done by a day. What it was like on a day is derived from the facts that
/// had happened by then.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Item {
    /// What is to be done.
    pub kind: Kind,
    /// About whom or what.
    pub subject: Subject,
    /// The day of the fact it follows from.
    pub since: NaiveDate,
    /// Place of the fact it follows from.
    pub from: Position,
    /// The day by which.
    pub due: NaiveDate,
    /// The only days on which it can be done, where there are such.
    pub window: Option<Window>,
    /// The fact by which it was done.
    pub done: Option<Done>,
    /// The fact by which it was given up or replaced.
    pub dropped: Option<Mark>,
    /// The fact after which it can no longer be done: missed when it was due before.
    pub ended: Option<Mark>,
}

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
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

impl Kind {
    /// Every kind: first the households', then the pilot's.
    pub const ALL: [Self; 21] = [
        Self::ReferralDecision,
        Self::Confirmation,
        Self::AgreementSigning,
        Self::ExtensionDecision,
        Self::HospitalityEnd,
        Self::Plan,
        Self::PlanReview,
        Self::Goal,
        Self::FollowUp,
        Self::ConsentExpiry,
        Self::ServiceOutcome,
        Self::StillIn,
        Self::ExpenseApproval,
        Self::Meeting,
        Self::CommitteeDecision,
        Self::Target,
        Self::PeriodClosing,
        Self::Report,
        Self::PhaseEnd,
        Self::PhaseMonth,
        Self::PilotClosing,
    ];

    /// The word for it, as in JSON.
    pub fn code(self) -> &'static str {
        match self {
            Self::ReferralDecision => "referral_decision",
            Self::Confirmation => "confirmation",
            Self::AgreementSigning => "agreement_signing",
            Self::ExtensionDecision => "extension_decision",
            Self::HospitalityEnd => "hospitality_end",
            Self::Plan => "plan",
            Self::PlanReview => "plan_review",
            Self::Goal => "goal",
            Self::FollowUp => "follow_up",
            Self::ConsentExpiry => "consent_expiry",
            Self::ServiceOutcome => "service_outcome",
            Self::StillIn => "still_in",
            Self::ExpenseApproval => "expense_approval",
            Self::Meeting => "meeting",
            Self::CommitteeDecision => "committee_decision",
            Self::Target => "target",
            Self::PeriodClosing => "period_closing",
            Self::Report => "report",
            Self::PhaseEnd => "phase_end",
            Self::PhaseMonth => "phase_month",
            Self::PilotClosing => "pilot_closing",
        }
    }
}

/// About whom or what something is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// A household.
    Household(HouseholdId),
    /// A goal of a household.
    Goal(HouseholdId, GoalId),
    /// A follow-up of a household.
    FollowUp(HouseholdId, FollowUpMonth),
    /// A consent given in a household.
    Consent(HouseholdId, ConsentId),
    /// A household's referral to a service.
    ServiceReferral(HouseholdId, ServiceReferralId),
    /// An expense.
    Expense(ExpenseId),
    /// A meeting.
    Meeting(MeetingId),
    /// A decision of the committee.
    Decision(DecisionId),
    /// An indicator's target.
    Indicator(u16),
    /// A run of days, both included.
    Period(NaiveDate, NaiveDate),
    /// A phase.
    Phase(Phase),
    /// A month of a phase, from 1.
    Month(Phase, u32),
    /// The pilot.
    Pilot,
}

impl Subject {
    /// The household it is about, if it is about one.
    pub fn household(self) -> Option<HouseholdId> {
        match self {
            Self::Household(household)
            | Self::Goal(household, _)
            | Self::FollowUp(household, _)
            | Self::Consent(household, _)
            | Self::ServiceReferral(household, _) => Some(household),
            _ => None,
        }
    }
}

/// The only days on which something can be done, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    /// First day.
    pub opens: NaiveDate,
    /// Last day.
    pub closes: NaiveDate,
}

impl Window {
    /// So many months on both sides of a day.
    pub fn around(day: NaiveDate, months: u32) -> Self {
        Self {
            opens: day.checked_sub_months(Months::new(months)).unwrap_or(day),
            closes: after_months(day, months),
        }
    }

    /// Does `day` lie in it?
    pub fn contains(self, day: NaiveDate) -> bool {
        self.opens <= day && day <= self.closes
    }
}

/// Place and day of a fact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Mark {
    /// The day.
    pub on: NaiveDate,
    /// The place.
    pub position: Position,
}

/// The fact by which something was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {
    /// The day.
    pub on: NaiveDate,
    /// Place of the fact.
    pub position: Position,
    /// What came of it, where something could.
    pub result: Option<Outcome>,
}

/// What came of something that was to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Of a referral.
    Admission(AdmissionDecision),
    /// Of a goal: its attainment, −2 to +2.
    Goal(i8),
    /// Of a follow-up.
    FollowUp(FollowUpResult),
    /// Of a referral to a service.
    Service(ReferralResult),
    /// Of a decision of the committee.
    Decision(DecisionOutcome),
}

/// How something stands on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It should have been done, and still can be.
    Overdue,
    /// It can be done now, or is due within [`NOTICE_DAYS`].
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

impl State {
    /// Every state: first those in which something is to be done.
    pub const ALL: [Self; 6] = [
        Self::Overdue,
        Self::Due,
        Self::NotYetDue,
        Self::Done,
        Self::Missed,
        Self::NoLongerNeeded,
    ];

    /// The word for it, as in JSON.
    pub fn code(self) -> &'static str {
        match self {
            Self::Overdue => "overdue",
            Self::Due => "due",
            Self::NotYetDue => "not_yet_due",
            Self::Done => "done",
            Self::Missed => "missed",
            Self::NoLongerNeeded => "no_longer_needed",
        }
    }
}

impl Item {
    /// Something to be done by `due` because of the fact at `from`.
    pub(super) fn new(kind: Kind, subject: Subject, from: Mark, due: NaiveDate) -> Self {
        Self {
            kind,
            subject,
            since: from.on,
            from: from.position,
            due,
            window: None,
            done: None,
            dropped: None,
            ended: None,
        }
    }

    /// How it stands on `today`. What happened later does not count.
    pub fn state(&self, today: NaiveDate) -> State {
        let by_then = |mark: &Mark| mark.on <= today;
        if self.done.is_some_and(|done| done.on <= today) {
            return State::Done;
        }
        if self.dropped.as_ref().is_some_and(by_then) {
            return State::NoLongerNeeded;
        }
        if let Some(window) = self.window {
            return match () {
                () if today > window.closes => State::Missed,
                () if today >= window.opens => State::Due,
                () => State::NotYetDue,
            };
        }
        match self.ended.filter(by_then) {
            Some(ended) if self.due < ended.on => State::Missed,
            Some(_) => State::NoLongerNeeded,
            None if self.due < today => State::Overdue,
            None if self.due.signed_duration_since(today).num_days() <= NOTICE_DAYS => State::Due,
            None => State::NotYetDue,
        }
    }

    /// Every place it is known from, ascending.
    pub fn positions(&self) -> Vec<Position> {
        let done = self.done.map(|done| done.position);
        let marks = [self.dropped, self.ended].into_iter().flatten();
        let mut positions: Vec<Position> = marks
            .map(|mark| mark.position)
            .chain(done)
            .chain([self.from])
            .collect();
        positions.sort_unstable();
        positions.dedup();
        positions
    }
}

/// So many days after `day`; at the end of the calendar, that day itself.
pub(super) fn after_days(day: NaiveDate, days: u64) -> NaiveDate {
    day.checked_add_days(Days::new(days)).unwrap_or(day)
}

/// So many calendar months after `day`; the last day of a month that is too short.
pub(crate) fn after_months(day: NaiveDate, months: u32) -> NaiveDate {
    day.checked_add_months(Months::new(months)).unwrap_or(day)
}
