//! Small builders: numbers stand for ids and for days.

use chrono::{Days, NaiveDate};
use events::codes::*;
use events::*;
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::log::Step;

/// Day `n` of the pilot.
pub(crate) fn day(n: u64) -> NaiveDate {
    let first = NaiveDate::from_ymd_opt(2024, 1, 1).expect("a day");
    first.checked_add_days(Days::new(n)).expect("a day")
}

fn id<T: From<Uuid>>(kind: u128, n: u8) -> T {
    T::from(Uuid::from_u128((kind << 64) | u128::from(n)))
}

pub(crate) fn partner(n: u8) -> PartnerId {
    id(2, n)
}

pub(crate) fn dwelling(n: u8) -> DwellingId {
    id(3, n)
}

pub(crate) fn household(n: u8) -> HouseholdId {
    id(4, n)
}

pub(crate) fn person(n: u8) -> PersonId {
    id(5, n)
}

pub(crate) fn goal(n: u8) -> GoalId {
    id(6, n)
}

pub(crate) fn job(n: u8) -> JobId {
    id(7, n)
}

pub(crate) fn on(n: u64, event: impl Into<Event>) -> Step {
    (day(n), event.into())
}

pub(crate) fn opened() -> PilotOpened {
    PilotOpened {
        title: "In rete".to_owned(),
        place: "Casalmaggiore".to_owned(),
        code: "in-rete".to_owned(),
        currency: Currency::Eur,
        hmis_project: None,
    }
}

pub(crate) fn phase(phase: Phase) -> PhaseStarted {
    PhaseStarted {
        phase,
        planned_end: None,
    }
}

pub(crate) fn joined_as_partner(n: u8) -> PartnerJoined {
    PartnerJoined {
        partner: partner(n),
        kind: PartnerKind::Association,
        name: "Rete".to_owned(),
    }
}

pub(crate) fn expense(n: u8) -> ExpenseRecorded {
    ExpenseRecorded {
        expense: id(8, n),
        line: ExpenseLine::Furniture,
        source: None,
        amount: Decimal::new(12_50, 2),
        description: "Tavolo".to_owned(),
    }
}

pub(crate) fn registered(n: u8) -> DwellingRegistered {
    DwellingRegistered {
        dwelling: dwelling(n),
        label: "A1".to_owned(),
        rooms: 2,
        beds: 4,
        step_free: Answer::NotCollected,
    }
}

pub(crate) fn available(n: u8) -> DwellingAvailable {
    DwellingAvailable {
        dwelling: dwelling(n),
    }
}

pub(crate) fn unavailable(n: u8) -> DwellingUnavailable {
    DwellingUnavailable {
        dwelling: dwelling(n),
        reason: UnavailableReason::Works,
    }
}

pub(crate) fn referred(n: u8) -> ReferralReceived {
    ReferralReceived {
        household: household(n),
        source: Answer::NotCollected,
        adults: 1,
        children: 1,
        urgency: Answer::DoesNotKnow,
    }
}

pub(crate) fn decided(n: u8, decision: AdmissionDecision) -> AdmissionDecided {
    let reason =
        (decision != AdmissionDecision::Accepted).then_some(DecisionReason::NoDwellingFree);
    AdmissionDecided {
        household: household(n),
        decision,
        reason,
    }
}

pub(crate) fn accepted(n: u8) -> AdmissionDecided {
    decided(n, AdmissionDecision::Accepted)
}

pub(crate) fn member(n: u8, relation: Relation) -> Member {
    let bytes = SealedBytes {
        person: person(n),
        key: String::new(),
        nonce: String::new(),
        text: String::new(),
    };
    Member {
        person: person(n),
        identity: Sealed::new(bytes),
        relation: Answer::Known(relation),
        birth: Answer::NotCollected,
        prior_living_situation: Answer::NotCollected,
        without_home_since: Answer::NotCollected,
        employment: Answer::NotCollected,
    }
}

/// The first of `members` is the head.
pub(crate) fn admission(n: u8, home: Option<u8>, members: &[u8]) -> Admission {
    let relation = |index| {
        if index == 0 {
            Relation::Head
        } else {
            Relation::Child
        }
    };
    let members = members.iter().enumerate();
    Admission {
        household: household(n),
        dwelling: home.map(dwelling),
        members: members
            .map(|(index, &n)| member(n, relation(index)))
            .collect(),
    }
}

pub(crate) fn joined(n: u8, who: u8) -> HouseholdMemberJoined {
    HouseholdMemberJoined {
        household: household(n),
        member: member(who, Relation::Child),
    }
}

pub(crate) fn left(n: u8, who: u8, new_head: Option<u8>) -> HouseholdMemberLeft {
    HouseholdMemberLeft {
        household: household(n),
        person: person(who),
        destination: Answer::NotCollected,
        employment: Answer::NotCollected,
        new_head: new_head.map(person),
    }
}

pub(crate) fn moved(n: u8, home: u8) -> DwellingChanged {
    let reason = MoveReason::HouseholdSize;
    DwellingChanged {
        household: household(n),
        dwelling: dwelling(home),
        reason,
    }
}

pub(crate) fn plan(n: u8) -> PlanAgreed {
    PlanAgreed {
        household: household(n),
        review_due: None,
    }
}

pub(crate) fn goal_set(n: u8, what: u8) -> GoalSet {
    GoalSet {
        household: household(n),
        goal: goal(what),
        domain: GoalDomain::Employment,
        due: None,
        text: None,
    }
}

pub(crate) fn reviewed(n: u8, what: u8) -> GoalReviewed {
    GoalReviewed {
        household: household(n),
        goal: goal(what),
        attainment: 0,
        note: None,
    }
}

pub(crate) fn visit(n: u8, present: &[u8]) -> Visit {
    Visit {
        household: household(n),
        kind: VisitKind::Home,
        purpose: VisitPurpose::Support,
        minutes: 60,
        present: present.iter().map(|&n| person(n)).collect(),
        partners: Vec::new(),
        note: None,
    }
}

pub(crate) fn service(n: u8, who: Option<u8>) -> ServiceProvided {
    ServiceProvided {
        household: household(n),
        person: who.map(person),
        partner: None,
        service: Service::Legal,
        minutes: Some(30),
        amount: None,
        note: None,
    }
}

pub(crate) fn placed(n: u8, who: u8, what: u8) -> JobPlacement {
    JobPlacement {
        household: household(n),
        person: person(who),
        job: job(what),
        contract: Answer::NotCollected,
        weekly_hours: Some(20),
        partner: None,
    }
}

pub(crate) fn job_ended(n: u8, what: u8) -> JobEnded {
    JobEnded {
        household: household(n),
        job: job(what),
        reason: Answer::NotCollected,
    }
}

pub(crate) fn income(n: u8, who: u8) -> IncomeRecorded {
    IncomeRecorded {
        household: household(n),
        person: person(who),
        stage: IncomeStage::Update,
        income: Answer::Known(Income {
            total: Some(Decimal::new(800, 0)),
            sources: Vec::new(),
        }),
    }
}

pub(crate) fn exit(n: u8, members: &[u8]) -> Exit {
    let leaves = |&n: &u8| MemberExit {
        person: person(n),
        destination: Answer::NotCollected,
        employment: Answer::NotCollected,
    };
    Exit {
        household: household(n),
        members: members.iter().map(leaves).collect(),
        reason: Answer::NotCollected,
        completion: Answer::NotCollected,
        client_safety: Answer::NotCollected,
        worker_safety: Answer::NotCollected,
    }
}

pub(crate) fn follow_up(n: u8, month: FollowUpMonth) -> FollowUpRecorded {
    FollowUpRecorded {
        household: household(n),
        month,
        result: FollowUpResult::Reached,
        housing: Answer::Known(LivingSituation::Rented),
        employment: Answer::NotCollected,
        new_violence: Answer::Known(false),
        safety: Answer::NotCollected,
    }
}

/// The fact at `position` should have been `step`.
pub(crate) fn corrected(position: Position, (occurred_on, event): Step) -> RecordCorrected {
    RecordCorrected {
        position,
        replacement: Replacement {
            occurred_on,
            event: Box::new(event),
        },
        reason: CorrectionReason::TypingError,
    }
}

pub(crate) fn retracted(position: Position) -> RecordRetracted {
    RecordRetracted {
        position,
        reason: CorrectionReason::Duplicate,
    }
}

/// Place of [`accepted`] in what [`referred_household`] gives.
pub(crate) const DECISION: Position = 8;
/// Place of the admission in what [`admitted_household`] gives.
pub(crate) const ADMISSION: Position = 9;

/// A pilot with a partner and two dwellings; household 1 is referred and accepted.
pub(crate) fn referred_household() -> Vec<Step> {
    vec![
        on(5, opened()),
        on(5, joined_as_partner(1)),
        on(0, registered(1)),
        on(1, available(1)),
        on(0, registered(2)),
        on(1, available(2)),
        on(10, referred(1)),
        on(12, accepted(1)),
    ]
}

/// The same with household 1 in dwelling 1 from day 20: person 1, the head, and her child 2.
pub(crate) fn admitted_household() -> Vec<Step> {
    with(
        referred_household(),
        [on(20, admission(1, Some(1), &[1, 2]))],
    )
}

/// The same with household 2 referred and accepted, next at position 12.
pub(crate) fn second_household() -> Vec<Step> {
    with(
        admitted_household(),
        [on(10, referred(2)), on(12, accepted(2))],
    )
}

/// `given`, and then `more`.
pub(crate) fn with(mut given: Vec<Step>, more: impl IntoIterator<Item = Step>) -> Vec<Step> {
    given.extend(more);
    given
}
