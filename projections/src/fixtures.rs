//! Stories for tests: facts as a log would hold them.

use std::collections::BTreeMap;

use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use events::codes::{
    AdmissionDecision, AssessmentStage, BreachKind, Completion, CorrectionReason, Currency,
    EmploymentStatus, ExitReason, ExpenseLine, FollowUpMonth, FollowUpResult, GoalDomain,
    GoalWithdrawalReason, IncidentKind, IncomeStage, JobEndReason, LivingSituation, MoveReason,
    PartnerKind, Phase, ReferralSource, Relation, RiskLevel, Safety, SchoolingKind, Service,
    Severity, TrainingKind, TrainingResult, UnavailableReason, Urgency, VisitKind, VisitPurpose,
};
use events::*;
use uuid::Uuid;

pub(crate) const PILOT: PilotId = PilotId(Uuid::from_u128(1));

/// Ids by number; kinds of ids do not overlap.
pub(crate) fn household(n: u8) -> HouseholdId {
    HouseholdId(Uuid::from_u128(0x1000 + u128::from(n)))
}

pub(crate) fn dwelling(n: u8) -> DwellingId {
    DwellingId(Uuid::from_u128(0x2000 + u128::from(n)))
}

pub(crate) fn person(n: u8) -> PersonId {
    PersonId(Uuid::from_u128(0x3000 + u128::from(n)))
}

pub(crate) fn goal(n: u8) -> GoalId {
    GoalId(Uuid::from_u128(0x4000 + u128::from(n)))
}

pub(crate) fn job(n: u8) -> JobId {
    JobId(Uuid::from_u128(0x5000 + u128::from(n)))
}

/// The `n`th day of the story.
pub(crate) fn day(n: u64) -> NaiveDate {
    NaiveDate::from_ymd_opt(2024, 1, 1).expect("a day") + Days::new(n)
}

pub(crate) fn sealed<T>(owner: u8) -> Sealed<T> {
    Sealed::new(SealedBytes {
        person: person(owner),
        key: "a2V5".into(),
        nonce: "bm9uY2U=".into(),
        text: "dGV4dA==".into(),
    })
}

/// The facts so far.
#[derive(Debug, Default)]
pub(crate) struct Story {
    pub(crate) facts: Vec<Fact>,
    /// Where each household lives, as far as its facts have been recorded.
    lives_in: BTreeMap<HouseholdId, DwellingId>,
}

impl Story {
    /// Records a fact in its own stream and those it concerns; returns its position.
    pub(crate) fn record(&mut self, on: u64, event: impl Into<Event>) -> Position {
        let event = event.into();
        let (stream, also) = self.streams(&event);
        self.record_in(stream, also, on, event)
    }

    pub(crate) fn record_in(
        &mut self,
        stream: Stream,
        also: Vec<Stream>,
        on: u64,
        event: Event,
    ) -> Position {
        let position = self.facts.len() as Position + 1;
        self.facts.push(Fact {
            position,
            id: Uuid::from_u128(0x9_0000 + position as u128),
            stream,
            also,
            occurred_on: day(on),
            recorded_at: DateTime::<Utc>::UNIX_EPOCH + TimeDelta::seconds(position),
            entered_at: None,
            actor: "test".into(),
            command: Uuid::from_u128(0x8_0000 + position as u128),
            cause: None,
            event,
        });
        position
    }

    /// What the fact at `position` should have said.
    pub(crate) fn correct(
        &mut self,
        position: Position,
        on: u64,
        event: impl Into<Event>,
    ) -> Position {
        let correction = RecordCorrected {
            position,
            replacement: Replacement {
                occurred_on: day(on),
                event: Box::new(event.into()),
            },
            reason: CorrectionReason::TypingError,
        };
        self.record(99, correction)
    }

    pub(crate) fn retract(&mut self, position: Position) -> Position {
        let reason = CorrectionReason::DidNotHappen;
        self.record(99, RecordRetracted { position, reason })
    }

    /// Somebody else says that it is so.
    pub(crate) fn confirm(&mut self, position: Position) -> Position {
        let confirmation = self.record(99, RecordConfirmed { position });
        self.facts[confirmation as usize - 1].actor = "another".into();
        confirmation
    }

    fn streams(&mut self, event: &Event) -> (Stream, Vec<Stream>) {
        let mut also = Vec::new();
        let target = match event {
            Event::RecordCorrected(f) => Some(f.position),
            Event::RecordRetracted(f) => Some(f.position),
            Event::RecordConfirmed(f) => Some(f.position),
            _ => None,
        };
        if let Some(fact) = target.and_then(|at| self.facts.get(at as usize - 1)) {
            also.push(fact.stream);
            also.extend(&fact.also);
        }
        if let Some(household) = event.household() {
            also.extend(
                self.lives_in
                    .get(&household)
                    .map(|id| Stream::Dwelling(*id)),
            );
            if let Some(dwelling) = event.dwelling() {
                self.lives_in.insert(household, dwelling);
            }
        }
        also.extend(event.dwelling().map(Stream::Dwelling));
        let stream = event.stream().or(also.first().copied());
        let stream = stream.unwrap_or(Stream::Pilot);
        also.sort();
        also.dedup();
        also.retain(|other| *other != stream);
        (stream, also)
    }
}

/// A fact as it is handed to the log.
pub(crate) fn new_fact(fact: &Fact) -> eventlog::NewFact {
    let encoded = fact.event.encode().expect("JSON");
    eventlog::NewFact {
        id: fact.id,
        stream: fact.stream.to_string(),
        also: fact.also.iter().map(Stream::to_string).collect(),
        kind: encoded.kind,
        shape: encoded.shape,
        occurred_on: fact.occurred_on,
        entered_at: fact.entered_at,
        cause: fact.cause,
        payload: encoded.data,
    }
}

/// An append of some facts, under a command id that depends on the first of them.
pub(crate) fn append(log: eventlog::LogId, facts: Vec<eventlog::NewFact>) -> eventlog::Append {
    eventlog::Append {
        log,
        command: facts.first().map(|fact| fact.id).unwrap_or_default(),
        digest: vec![1],
        actor: "test".into(),
        expected: vec![],
        facts,
    }
}

// Facts with the fields that a test wants to choose.

pub(crate) fn opened(code: &str) -> Event {
    PilotOpened {
        title: "Prova".into(),
        place: "Trento".into(),
        code: code.into(),
        currency: Currency::Eur,
        hmis_project: Some(HmisProject {
            project_id: format!("hmis-{code}"),
            project_type: 13,
            tracking_method: None,
        }),
    }
    .into()
}

pub(crate) fn phase(phase: Phase) -> Event {
    let planned_end = None;
    PhaseStarted { phase, planned_end }.into()
}

pub(crate) fn partner(n: u8) -> Event {
    PartnerJoined {
        partner: PartnerId(Uuid::from_u128(0x6000 + u128::from(n))),
        kind: PartnerKind::Municipality,
        name: format!("Partner {n}"),
    }
    .into()
}

pub(crate) fn expense(n: u8) -> Event {
    ExpenseRecorded {
        expense: ExpenseId(Uuid::from_u128(0x7000 + u128::from(n))),
        line: ExpenseLine::Furniture,
        source: None,
        amount: rust_decimal::Decimal::new(12_50 + i64::from(n), 2),
        description: "Letti".into(),
    }
    .into()
}

pub(crate) fn registered(n: u8) -> Event {
    DwellingRegistered {
        dwelling: dwelling(n),
        label: format!("Casa {n}"),
        rooms: 3,
        beds: 4,
        step_free: Answer::Known(true),
    }
    .into()
}

pub(crate) fn available(n: u8) -> Event {
    let dwelling = dwelling(n);
    DwellingAvailable { dwelling }.into()
}

pub(crate) fn unavailable(n: u8) -> Event {
    DwellingUnavailable {
        dwelling: dwelling(n),
        reason: UnavailableReason::Works,
    }
    .into()
}

pub(crate) fn referred(h: u8) -> Event {
    ReferralReceived {
        household: household(h),
        source: Answer::Known(ReferralSource::Refuge),
        adults: 1,
        children: 1,
        urgency: Answer::Known(Urgency::Planned),
    }
    .into()
}

pub(crate) fn decided(h: u8, decision: AdmissionDecision) -> Event {
    AdmissionDecided {
        household: household(h),
        decision,
        reason: None,
    }
    .into()
}

pub(crate) fn member(n: u8, relation: Relation) -> Member {
    Member {
        person: person(n),
        identity: sealed(n),
        relation: Answer::Known(relation),
        birth: Answer::NotCollected,
        prior_living_situation: Answer::Known(LivingSituation::Refuge),
        without_home_since: Answer::DoesNotKnow,
        employment: Answer::Known(EmploymentStatus::Looking),
        citizenship: Answer::NotCollected,
    }
}

/// An admission of a head and her children.
pub(crate) fn admitted(h: u8, into: Option<u8>, head: u8, children: &[u8]) -> Event {
    let children = children.iter().map(|n| member(*n, Relation::Child));
    Admission {
        household: household(h),
        dwelling: into.map(dwelling),
        members: [member(head, Relation::Head)]
            .into_iter()
            .chain(children)
            .collect(),
    }
    .into()
}

pub(crate) fn joined(h: u8, child: u8) -> Event {
    HouseholdMemberJoined {
        household: household(h),
        member: member(child, Relation::Child),
    }
    .into()
}

pub(crate) fn left(h: u8, who: u8, new_head: Option<u8>) -> Event {
    HouseholdMemberLeft {
        household: household(h),
        person: person(who),
        destination: Answer::Known(LivingSituation::Rented),
        employment: Answer::NotCollected,
        new_head: new_head.map(person),
    }
    .into()
}

pub(crate) fn moved(h: u8, to: u8) -> Event {
    DwellingChanged {
        household: household(h),
        dwelling: dwelling(to),
        reason: MoveReason::HouseholdSize,
    }
    .into()
}

pub(crate) fn planned(h: u8) -> Event {
    PlanAgreed {
        household: household(h),
        review_due: Some(day(90)),
    }
    .into()
}

pub(crate) fn goal_set(h: u8, n: u8) -> Event {
    GoalSet {
        household: household(h),
        goal: goal(n),
        domain: GoalDomain::Housing,
        due: None,
        text: Some(sealed(1)),
    }
    .into()
}

pub(crate) fn reviewed(h: u8, n: u8, attainment: i8) -> Event {
    GoalReviewed {
        household: household(h),
        goal: goal(n),
        attainment,
        note: None,
    }
    .into()
}

pub(crate) fn goal_revised(h: u8, n: u8, due: Option<u64>, words: Option<u8>) -> Event {
    GoalRevised {
        household: household(h),
        goal: goal(n),
        domain: GoalDomain::Income,
        due: due.map(day),
        text: words.map(sealed),
    }
    .into()
}

pub(crate) fn goal_withdrawn(h: u8, n: u8, reason: GoalWithdrawalReason) -> Event {
    GoalWithdrawn {
        household: household(h),
        goal: goal(n),
        reason: Answer::Known(reason),
    }
    .into()
}

pub(crate) fn assessed(h: u8, who: u8, stage: AssessmentStage, score: Option<u8>) -> Event {
    AssessmentScored {
        household: household(h),
        person: person(who),
        instrument: instruments::SELF_SUFFICIENCY_MATRIX.into(),
        version: 1,
        stage,
        scores: vec![Score {
            area: "housing".into(),
            score,
        }],
    }
    .into()
}

pub(crate) fn risk(h: u8, who: u8, stage: AssessmentStage, level: RiskLevel) -> Event {
    RiskAssessed {
        household: household(h),
        person: person(who),
        instrument: "sara_s".into(),
        version: 1,
        stage,
        level,
    }
    .into()
}

pub(crate) fn incident(h: u8, n: u8, severity: Severity) -> Event {
    IncidentReported {
        household: household(h),
        incident: IncidentId(Uuid::from_u128(0xA000 + u128::from(n))),
        kind: IncidentKind::ThreatByAbuser,
        severity,
        note: Some(sealed(1)),
    }
    .into()
}

pub(crate) fn breached(h: u8, n: Option<u8>) -> Event {
    ProtectionBreached {
        household: household(h),
        kind: BreachKind::AddressDisclosed,
        incident: n.map(|n| IncidentId(Uuid::from_u128(0xA000 + u128::from(n)))),
        note: None,
    }
    .into()
}

pub(crate) fn training_started(h: u8, n: u8) -> Event {
    TrainingStarted {
        household: household(h),
        person: person(1),
        training: TrainingId(Uuid::from_u128(0xB000 + u128::from(n))),
        kind: TrainingKind::Language,
        hours: Some(60),
        partner: None,
    }
    .into()
}

pub(crate) fn training_ended(h: u8, n: u8, result: TrainingResult) -> Event {
    TrainingEnded {
        household: household(h),
        training: TrainingId(Uuid::from_u128(0xB000 + u128::from(n))),
        result: Answer::Known(result),
    }
    .into()
}

pub(crate) fn schooled(h: u8, who: u8) -> Event {
    SchoolingStarted {
        household: household(h),
        person: person(who),
        kind: SchoolingKind::Primary,
    }
    .into()
}

pub(crate) fn visit(h: u8, minutes: u16) -> Event {
    Visit {
        household: household(h),
        kind: VisitKind::Home,
        purpose: VisitPurpose::Support,
        minutes,
        present: vec![],
        partners: vec![],
        note: Some(sealed(1)),
    }
    .into()
}

pub(crate) fn service(h: u8) -> Event {
    ServiceProvided {
        household: household(h),
        person: None,
        partner: Some(PartnerId(Uuid::from_u128(0x6001))),
        service: Service::Legal,
        minutes: None,
        amount: Some(rust_decimal::Decimal::new(10_00, 2)),
        note: None,
    }
    .into()
}

pub(crate) fn placed(h: u8, n: u8) -> Event {
    JobPlacement {
        household: household(h),
        person: person(1),
        job: job(n),
        contract: Answer::NotCollected,
        weekly_hours: Some(20),
        partner: None,
    }
    .into()
}

pub(crate) fn job_ended(h: u8, n: u8) -> Event {
    JobEnded {
        household: household(h),
        job: job(n),
        reason: Answer::Known(JobEndReason::ContractEnded),
    }
    .into()
}

pub(crate) fn income(h: u8) -> Event {
    IncomeRecorded {
        household: household(h),
        person: person(1),
        stage: IncomeStage::Entry,
        income: Answer::Known(Income::default()),
    }
    .into()
}

pub(crate) fn exited(h: u8, who: &[u8]) -> Event {
    let member = |n: &u8| MemberExit {
        person: person(*n),
        destination: Answer::Known(LivingSituation::PublicHousing),
        employment: Answer::NotCollected,
    };
    Exit {
        household: household(h),
        members: who.iter().map(member).collect(),
        reason: Answer::Known(ExitReason::GoalsReached),
        completion: Answer::Known(Completion::Completed),
        dismissal_reason: None,
        client_safety: Answer::Known(Safety::Safe),
        worker_safety: Answer::NotCollected,
        safety_plan: Answer::Known(true),
    }
    .into()
}

pub(crate) fn asked_again(h: u8) -> Event {
    FollowUpRecorded {
        household: household(h),
        month: FollowUpMonth::Month3,
        result: FollowUpResult::Reached,
        housing: Answer::Known(LivingSituation::PublicHousing),
        employment: Answer::DoesNotKnow,
        new_violence: Answer::PrefersNotToAnswer,
        safety: Answer::Known(Safety::Safe),
    }
    .into()
}

/// Stories at random, sensible or not: folds are total.
pub(crate) mod any {
    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::sample::select;

    use super::*;

    /// One step of a story.
    #[derive(Clone, Debug)]
    pub(crate) enum Step {
        Happened(u64, Event),
        /// The earlier fact of its kind that comes `.0`th (modulo how many there are) should have
        /// said this.
        Corrected(usize, u64, Event),
        Retracted(usize),
        Confirmed(usize),
    }

    /// A story of up to `steps` facts.
    pub(crate) fn story(steps: usize) -> impl Strategy<Value = Story> {
        story_of(event, steps)
    }

    /// A story of up to `steps` of these facts, their corrections, retractions and confirmations.
    pub(crate) fn story_of<S: Strategy<Value = Event>>(
        event: impl Fn() -> S,
        steps: usize,
    ) -> impl Strategy<Value = Story> {
        vec(step(event), 1..steps).prop_map(|steps| {
            let mut story = Story::default();
            story.record(0, opened("prova"));
            for step in steps {
                tell(&mut story, step);
            }
            story
        })
    }

    fn tell(story: &mut Story, step: Step) {
        let nth = |positions: Vec<Position>, n: usize| {
            (!positions.is_empty()).then(|| positions[n % positions.len()])
        };
        match step {
            Step::Happened(on, event) => {
                story.record(on, event);
            }
            Step::Corrected(n, on, event) => {
                let alike = |fact: &&Fact| match &fact.event {
                    Event::RecordCorrected(f) => f.replacement.event.kind() == event.kind(),
                    other => other.kind() == event.kind(),
                };
                let alike = story.facts.iter().filter(alike).map(|fact| fact.position);
                if let Some(position) = nth(alike.collect(), n) {
                    story.correct(position, on, event);
                }
            }
            Step::Retracted(n) => {
                let all = story.facts.iter().map(|fact| fact.position).collect();
                if let Some(position) = nth(all, n) {
                    story.retract(position);
                }
            }
            Step::Confirmed(n) => {
                let all = story.facts.iter().map(|fact| fact.position).collect();
                if let Some(position) = nth(all, n) {
                    story.confirm(position);
                }
            }
        }
    }

    fn step<S: Strategy<Value = Event>>(event: impl Fn() -> S) -> impl Strategy<Value = Step> {
        prop_oneof![
            8 => (0..40_u64, event()).prop_map(|(on, event)| Step::Happened(on, event)),
            2 => (any::<usize>(), 0..40_u64, event())
                .prop_map(|(n, on, event)| Step::Corrected(n, on, event)),
            1 => any::<usize>().prop_map(Step::Retracted),
            1 => any::<usize>().prop_map(Step::Confirmed),
        ]
    }

    fn event() -> impl Strategy<Value = Event> {
        let (h, d, p, n) = (0..2_u8, 0..3_u8, 1..5_u8, 0..2_u8);
        let home =
            prop_oneof![
                d.clone().prop_map(registered),
                d.clone().prop_map(available),
                d.clone().prop_map(unavailable),
                (h.clone(), proptest::option::of(d.clone()), p.clone())
                    .prop_map(|(h, d, p)| admitted(h, d, p, &[p + 1])),
                (h.clone(), p.clone()).prop_map(|(h, p)| joined(h, p)),
                (h.clone(), p.clone(), proptest::option::of(p.clone()))
                    .prop_map(|(h, p, head)| left(h, p, head)),
                (h.clone(), d).prop_map(|(h, d)| moved(h, d)),
                (h.clone(), vec(p, 0..3)).prop_map(|(h, who)| exited(h, &who)),
            ];
        let path = path();
        let decision = select(vec![
            AdmissionDecision::Accepted,
            AdmissionDecision::Waiting,
        ]);
        let life = prop_oneof![
            h.clone().prop_map(referred),
            (h.clone(), decision).prop_map(|(h, decision)| decided(h, decision)),
            h.clone().prop_map(planned),
            (h.clone(), n.clone()).prop_map(|(h, n)| goal_set(h, n)),
            (h.clone(), n.clone(), -2..3_i8).prop_map(|(h, n, to)| reviewed(h, n, to)),
            (h.clone(), 1..90_u16).prop_map(|(h, minutes)| visit(h, minutes)),
            h.clone().prop_map(service),
            (h.clone(), n.clone()).prop_map(|(h, n)| placed(h, n)),
            (h.clone(), n).prop_map(|(h, n)| job_ended(h, n)),
            h.clone().prop_map(income),
            h.prop_map(asked_again),
        ];
        let money = prop_oneof![
            Just(phase(Phase::Preparation)),
            any::<u8>().prop_map(partner),
            any::<u8>().prop_map(expense),
        ];
        prop_oneof![6 => home, 5 => life, 4 => path, 1 => money]
    }

    /// What happens on a household's path.
    fn path() -> impl Strategy<Value = Event> {
        let (h, p, n) = (0..2_u8, 1..4_u8, 0..2_u8);
        let stage = select(vec![AssessmentStage::Entry, AssessmentStage::Exit]);
        let level = select(vec![RiskLevel::Low, RiskLevel::High]);
        let result = select(vec![TrainingResult::Certified, TrainingResult::DroppedOut]);
        let (due, words) = (
            proptest::option::of(0..60_u64),
            proptest::option::of(1..3_u8),
        );
        prop_oneof![
            (h.clone(), n.clone(), due, words)
                .prop_map(|(h, n, due, words)| goal_revised(h, n, due, words)),
            (
                h.clone(),
                n.clone(),
                select(vec![
                    GoalWithdrawalReason::Replaced,
                    GoalWithdrawalReason::NotAttainable,
                ])
            )
                .prop_map(|(h, n, reason)| goal_withdrawn(h, n, reason)),
            (
                h.clone(),
                p.clone(),
                stage.clone(),
                proptest::option::of(1..6_u8)
            )
                .prop_map(|(h, p, stage, score)| assessed(h, p, stage, score)),
            (h.clone(), p.clone(), stage, level)
                .prop_map(|(h, p, stage, level)| risk(h, p, stage, level)),
            (h.clone(), n.clone()).prop_map(|(h, n)| incident(h, n, Severity::Serious)),
            (h.clone(), proptest::option::of(n.clone())).prop_map(|(h, n)| breached(h, n)),
            (h.clone(), n.clone()).prop_map(|(h, n)| training_started(h, n)),
            (h.clone(), n, result).prop_map(|(h, n, result)| training_ended(h, n, result)),
            (h, p).prop_map(|(h, p)| schooled(h, p)),
        ]
    }
}
