//! What is to be done.

use async_graphql::{ID, SimpleObject};
use chrono::NaiveDate;
use events::HouseholdId;
use events::codes::{
    AdmissionDecision, DecisionOutcome, FollowUpMonth, FollowUpResult, Phase, ReferralResult,
};
use projections::agenda::{
    Done, Entry, Filter, HouseholdAgenda, Mark, Outcome, PilotAgenda, Subject, list,
};

use super::codes::Coded;
use super::words::{AgendaKind, AgendaState};

/// What is wanted; everything of what is not named.
pub(crate) fn filter(
    states: Option<Vec<AgendaState>>,
    kinds: Option<Vec<AgendaKind>>,
    household: Option<HouseholdId>,
) -> Filter {
    Filter {
        states: states.into_iter().flatten().map(Into::into).collect(),
        kinds: kinds.into_iter().flatten().map(Into::into).collect(),
        household,
        due_by: None,
    }
}

/// What is to be done for the pilot and these households.
pub(crate) fn items<'a>(
    pilot: &PilotAgenda,
    households: impl IntoIterator<Item = &'a HouseholdAgenda>,
    on: NaiveDate,
    filter: &Filter,
) -> Vec<AgendaItem> {
    let entries = list(pilot, households, on, filter);
    entries.into_iter().map(AgendaItem::from).collect()
}

/// Something that is to be done, and how it stands on the day asked for.
#[derive(SimpleObject)]
pub(crate) struct AgendaItem {
    /// What is to be done.
    kind: AgendaKind,
    /// How it stands.
    state: AgendaState,
    /// About whom or what.
    subject: AgendaSubject,
    /// The day of the fact it follows from.
    since: NaiveDate,
    /// Position of the fact it follows from.
    position: i64,
    /// The day by which.
    due: NaiveDate,
    /// The first of the only days on which it can be done, where there are such.
    window_opens: Option<NaiveDate>,
    /// The last of those days.
    window_closes: Option<NaiveDate>,
    /// How it was done.
    done: Option<AgendaDone>,
    /// The fact by which it was given up or replaced.
    dropped: Option<AgendaMark>,
    /// The fact after which it could no longer be done.
    ended: Option<AgendaMark>,
    /// Positions of every fact it is known from, ascending.
    positions: Vec<i64>,
}

/// Whom or what something is about: what is named, and nothing else.
#[derive(SimpleObject, Default)]
pub(crate) struct AgendaSubject {
    /// The household.
    household: Option<ID>,
    /// The household's goal.
    goal: Option<ID>,
    /// The household's follow-up.
    follow_up: Option<Coded<FollowUpMonth>>,
    /// The consent given in the household.
    consent: Option<ID>,
    /// The household's referral to a service.
    service_referral: Option<ID>,
    /// The expense.
    expense: Option<ID>,
    /// The meeting.
    meeting: Option<ID>,
    /// The committee's decision.
    decision: Option<ID>,
    /// Number of the indicator that has a target.
    indicator: Option<u16>,
    /// First day of the period.
    #[graphql(name = "from")]
    first_day: Option<NaiveDate>,
    /// Last day of the period.
    to: Option<NaiveDate>,
    /// The phase.
    phase: Option<Coded<Phase>>,
    /// The month of the phase, from 1.
    month: Option<u32>,
}

/// Place and day of a fact.
#[derive(SimpleObject)]
pub(crate) struct AgendaMark {
    /// Position of the fact.
    position: i64,
    /// The day.
    on: NaiveDate,
}

/// The fact by which something was done, and what came of it.
#[derive(SimpleObject)]
pub(crate) struct AgendaDone {
    /// Position of the fact.
    position: i64,
    /// The day.
    on: NaiveDate,
    /// The decision, of a referral.
    admission: Option<Coded<AdmissionDecision>>,
    /// The attainment, of a goal: −2 to +2.
    attainment: Option<i8>,
    /// The result, of a follow-up.
    follow_up: Option<Coded<FollowUpResult>>,
    /// What came of a referral to a service.
    service: Option<Coded<ReferralResult>>,
    /// What came of a committee's decision.
    decision: Option<Coded<DecisionOutcome>>,
}

impl From<Entry> for AgendaItem {
    fn from(entry: Entry) -> Self {
        let item = entry.item;
        Self {
            kind: item.kind.into(),
            state: entry.state.into(),
            subject: item.subject.into(),
            since: item.since,
            position: item.from,
            due: item.due,
            window_opens: item.window.map(|window| window.opens),
            window_closes: item.window.map(|window| window.closes),
            done: item.done.map(AgendaDone::from),
            dropped: item.dropped.map(AgendaMark::from),
            ended: item.ended.map(AgendaMark::from),
            positions: item.positions(),
        }
    }
}

impl From<Subject> for AgendaSubject {
    fn from(subject: Subject) -> Self {
        let of = |household: HouseholdId| Self {
            household: Some(household.to_string().into()),
            ..Self::default()
        };
        match subject {
            Subject::Household(household) => of(household),
            Subject::Goal(household, goal) => Self {
                goal: Some(goal.to_string().into()),
                ..of(household)
            },
            Subject::FollowUp(household, month) => Self {
                follow_up: Some(Coded(month)),
                ..of(household)
            },
            Subject::Consent(household, consent) => Self {
                consent: Some(consent.to_string().into()),
                ..of(household)
            },
            Subject::ServiceReferral(household, referral) => Self {
                service_referral: Some(referral.to_string().into()),
                ..of(household)
            },
            Subject::Expense(expense) => Self {
                expense: Some(expense.to_string().into()),
                ..Self::default()
            },
            Subject::Meeting(meeting) => Self {
                meeting: Some(meeting.to_string().into()),
                ..Self::default()
            },
            Subject::Decision(decision) => Self {
                decision: Some(decision.to_string().into()),
                ..Self::default()
            },
            Subject::Indicator(number) => Self {
                indicator: Some(number),
                ..Self::default()
            },
            Subject::Period(from, to) => Self {
                first_day: Some(from),
                to: Some(to),
                ..Self::default()
            },
            Subject::Phase(phase) => Self {
                phase: Some(Coded(phase)),
                ..Self::default()
            },
            Subject::Month(phase, month) => Self {
                phase: Some(Coded(phase)),
                month: Some(month),
                ..Self::default()
            },
            Subject::Pilot => Self::default(),
        }
    }
}

impl From<Mark> for AgendaMark {
    fn from(mark: Mark) -> Self {
        Self {
            position: mark.position,
            on: mark.on,
        }
    }
}

impl From<Done> for AgendaDone {
    fn from(done: Done) -> Self {
        let mut said = Self {
            position: done.position,
            on: done.on,
            admission: None,
            attainment: None,
            follow_up: None,
            service: None,
            decision: None,
        };
        match done.result {
            None => {}
            Some(Outcome::Admission(decision)) => said.admission = Some(Coded(decision)),
            Some(Outcome::Goal(attainment)) => said.attainment = Some(attainment),
            Some(Outcome::FollowUp(result)) => said.follow_up = Some(Coded(result)),
            Some(Outcome::Service(result)) => said.service = Some(Coded(result)),
            Some(Outcome::Decision(outcome)) => said.decision = Some(Coded(outcome)),
        }
        said
    }
}
