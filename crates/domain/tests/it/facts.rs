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
    Step::new(day(n), event)
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

fn sealed(n: u8) -> SealedBytes {
    SealedBytes {
        person: person(n),
        key: String::new(),
        nonce: String::new(),
        text: String::new(),
    }
}

pub(crate) fn member(n: u8, relation: Relation) -> Member {
    Member {
        person: person(n),
        identity: Sealed::new(sealed(n)),
        relation: Answer::Known(relation),
        birth: Answer::NotCollected,
        prior_living_situation: Answer::NotCollected,
        without_home_since: Answer::NotCollected,
        employment: Answer::NotCollected,
        citizenship: Answer::NotCollected,
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
            total: Answer::Known(Decimal::new(800, 0)),
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
        dismissal_reason: None,
        client_safety: Answer::NotCollected,
        worker_safety: Answer::NotCollected,
        safety_plan: Answer::NotCollected,
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

pub(crate) fn rules() -> RulesSet {
    RulesSet {
        approve_expenses_above: Some(Decimal::new(100, 0)),
        confirm_admission: false,
        confirm_exit: false,
        ask_citizenship: false,
        unseen_after_days: 30,
        retention: None,
    }
}

pub(crate) fn extended(phase: Phase, planned_end: u64, decision: Option<u8>) -> PhaseExtended {
    PhaseExtended {
        phase,
        planned_end: day(planned_end),
        decision: decision.map(decision_id),
    }
}

pub(crate) fn partner_left(n: u8) -> PartnerLeft {
    PartnerLeft {
        partner: partner(n),
        reason: Answer::NotCollected,
    }
}

pub(crate) fn adopted(n: u8, partners: &[u8]) -> AgreementAdopted {
    AgreementAdopted {
        agreement: id(9, n),
        kind: AgreementKind::Protocol,
        title: "Protocollo".to_owned(),
        partners: partners.iter().map(|&n| partner(n)).collect(),
        valid_until: None,
    }
}

pub(crate) fn target_set(indicator: u16) -> TargetSet {
    TargetSet {
        indicator,
        value: Decimal::new(75, 2),
        direction: TargetDirection::AtLeast,
        due: None,
        set_by: None,
    }
}

pub(crate) fn period(from: u64, to: u64) -> PeriodClosed {
    PeriodClosed {
        from: day(from),
        to: day(to),
    }
}

pub(crate) fn published(n: u8) -> ReportPublished {
    ReportPublished {
        report: id(10, n),
        from: day(5),
        to: day(30),
        definitions: 1,
        position: 1,
        language: Language::It,
        audience: Audience::Public,
        figures: "{}".to_owned(),
        artefacts: Vec::new(),
    }
}

pub(crate) fn restated(n: u8, restates: u8) -> ReportRestated {
    ReportRestated {
        report: id(10, n),
        restates: id(10, restates),
        definitions: 1,
        position: 2,
        reason: RestatementReason::LateFact,
        causes: vec![1, 2],
        figures: "{}".to_owned(),
        artefacts: Vec::new(),
    }
}

pub(crate) fn closed() -> PilotClosed {
    PilotClosed {
        end: PilotEnd::AsPlanned,
    }
}

pub(crate) fn euros(amount: i64) -> Money {
    Decimal::new(amount, 0)
}

pub(crate) fn pledged(n: u8, source: u8, amount: i64) -> FundingPledged {
    FundingPledged {
        pledge: id(11, n),
        source: partner(source),
        amount: euros(amount),
        purpose: FundingPurpose::Any,
    }
}

pub(crate) fn received(source: u8, pledge: Option<u8>, amount: i64) -> FundingReceived {
    FundingReceived {
        source: partner(source),
        pledge: pledge.map(|n| id(11, n)),
        amount: euros(amount),
    }
}

pub(crate) fn allocated(amount: i64) -> BudgetAllocated {
    BudgetAllocated {
        line: ExpenseLine::Furniture,
        source: None,
        amount: euros(amount),
    }
}

pub(crate) fn approved(n: u8) -> ExpenseApproved {
    ExpenseApproved { expense: id(8, n) }
}

pub(crate) fn reversed(n: u8, amount: i64) -> ExpenseReversed {
    ExpenseReversed {
        expense: id(8, n),
        amount: euros(amount),
        reason: ReversalReason::NotApproved,
    }
}

pub(crate) fn meeting_planned(n: u8, planned_for: u64) -> MeetingPlanned {
    MeetingPlanned {
        meeting: id(12, n),
        planned_for: day(planned_for),
    }
}

pub(crate) fn meeting_held(n: u8, partners: &[u8]) -> MeetingHeld {
    let was_there = |&n: &u8| PartnerAttendance {
        partner: partner(n),
        attendance: Attendance::Present,
    };
    MeetingHeld {
        meeting: id(12, n),
        attendance: partners.iter().map(was_there).collect(),
    }
}

fn decision_id(n: u8) -> DecisionId {
    id(13, n)
}

pub(crate) fn taken(n: u8, meeting: Option<u8>) -> DecisionTaken {
    DecisionTaken {
        decision: decision_id(n),
        meeting: meeting.map(|n| id(12, n)),
        title: "Proroga".to_owned(),
        responsible: None,
        due: None,
    }
}

pub(crate) fn decision_closed(n: u8) -> DecisionClosed {
    DecisionClosed {
        decision: decision_id(n),
        outcome: DecisionOutcome::CarriedOut,
    }
}

pub(crate) fn works(n: u8) -> WorksStarted {
    WorksStarted {
        dwelling: dwelling(n),
        kind: WorksKind::Renovation,
        planned_end: None,
    }
}

pub(crate) fn works_done(n: u8) -> WorksCompleted {
    WorksCompleted {
        dwelling: dwelling(n),
    }
}

pub(crate) fn dwelling_withdrawn(n: u8) -> DwellingWithdrawn {
    DwellingWithdrawn {
        dwelling: dwelling(n),
        reason: WithdrawalReason::EndOfLease,
    }
}

pub(crate) fn assessed_referral(n: u8) -> ReferralAssessed {
    ReferralAssessed {
        household: household(n),
        suitability: Suitability::Suitable,
        immediate_danger: Answer::Known(false),
        note: None,
    }
}

pub(crate) fn referral_withdrawn(n: u8) -> ReferralWithdrawn {
    ReferralWithdrawn {
        household: household(n),
        reason: Answer::NotCollected,
    }
}

pub(crate) fn consented(n: u8, what: u8, who: Option<u8>) -> ConsentGiven {
    ConsentGiven {
        household: household(n),
        consent: id(14, what),
        person: who.map(person),
        purposes: vec![ConsentPurpose::FollowUpContact],
        recipients: Vec::new(),
        indicators: Vec::new(),
        form: ConsentForm::Written,
        expires_on: None,
    }
}

pub(crate) fn consent_withdrawn(n: u8, what: u8) -> ConsentWithdrawn {
    ConsentWithdrawn {
        household: household(n),
        consent: id(14, what),
    }
}

pub(crate) fn signed(n: u8, ends_on: u64) -> AgreementSigned {
    AgreementSigned {
        household: household(n),
        ends_on: day(ends_on),
    }
}

pub(crate) fn granted(n: u8, until: u64) -> ExtensionGranted {
    ExtensionGranted {
        household: household(n),
        until: day(until),
        reason: ExtensionReason::NoHousing,
    }
}

pub(crate) fn revised(n: u8, what: u8) -> GoalRevised {
    GoalRevised {
        household: household(n),
        goal: goal(what),
        domain: GoalDomain::Housing,
        due: None,
        text: None,
    }
}

pub(crate) fn given_up(n: u8, what: u8) -> GoalWithdrawn {
    GoalWithdrawn {
        household: household(n),
        goal: goal(what),
        reason: Answer::NotCollected,
    }
}

pub(crate) fn scored(n: u8, who: u8, stage: AssessmentStage) -> AssessmentScored {
    AssessmentScored {
        household: household(n),
        person: person(who),
        instrument: "self_sufficiency_matrix".to_owned(),
        version: 1,
        stage,
        scores: vec![Score {
            area: "housing".to_owned(),
            score: Some(3),
        }],
    }
}

pub(crate) fn risk(n: u8, who: u8, stage: AssessmentStage) -> RiskAssessed {
    RiskAssessed {
        household: household(n),
        person: person(who),
        instrument: "sara_s".to_owned(),
        version: 1,
        stage,
        level: RiskLevel::Medium,
    }
}

pub(crate) fn service_referred(n: u8, what: u8, who: Option<u8>, to: u8) -> ServiceReferred {
    ServiceReferred {
        household: household(n),
        referral: id(15, what),
        person: who.map(person),
        partner: partner(to),
        service: Service::Legal,
    }
}

pub(crate) fn outcome(n: u8, what: u8) -> ReferralOutcome {
    ReferralOutcome {
        household: household(n),
        referral: id(15, what),
        outcome: ReferralResult::Attained,
    }
}

pub(crate) fn incident(n: u8, what: u8) -> IncidentReported {
    IncidentReported {
        household: household(n),
        incident: id(16, what),
        kind: IncidentKind::Conflict,
        severity: Severity::Minor,
        note: None,
    }
}

pub(crate) fn breach(n: u8, incident: Option<u8>) -> ProtectionBreached {
    ProtectionBreached {
        household: household(n),
        kind: BreachKind::AbuserAtDoor,
        incident: incident.map(|n| id(16, n)),
        note: None,
    }
}

pub(crate) fn training(n: u8, who: u8, what: u8) -> TrainingStarted {
    TrainingStarted {
        household: household(n),
        person: person(who),
        training: id(17, what),
        kind: TrainingKind::Language,
        hours: None,
        partner: None,
    }
}

pub(crate) fn training_ended(n: u8, what: u8) -> TrainingEnded {
    TrainingEnded {
        household: household(n),
        training: id(17, what),
        result: Answer::NotCollected,
    }
}

pub(crate) fn schooling(n: u8, who: u8) -> SchoolingStarted {
    SchoolingStarted {
        household: household(n),
        person: person(who),
        kind: SchoolingKind::Primary,
    }
}

pub(crate) fn noted(n: u8, who: Option<u8>) -> NoteAdded {
    NoteAdded {
        household: household(n),
        person: who.map(person),
        note: Sealed::new(sealed(1)),
    }
}

pub(crate) fn confirmed(position: Position) -> RecordConfirmed {
    RecordConfirmed { position }
}

/// The fact at `position` should have been `step`.
pub(crate) fn corrected(position: Position, step: Step) -> RecordCorrected {
    RecordCorrected {
        position,
        replacement: Replacement {
            occurred_on: step.on,
            event: Box::new(step.event),
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
