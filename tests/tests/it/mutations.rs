//! What the story does not tell: every command that it leaves out, and inputs that are not plain.

use std::collections::BTreeSet;

use events::codes::{IncomeSource, Role};
use events::{Answer, Event, PersonId};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::house::House;
use crate::story::{self, *};

/// Another household, which never comes.
const OTHER: Uuid = Uuid::from_u128(0x401);
/// A child who joins late.
const SON: Uuid = Uuid::from_u128(0x504);
/// A second organisation.
const COLLEGE: Uuid = Uuid::from_u128(0x201);
const DECISION: Uuid = Uuid::from_u128(0x901);
const MEETING: Uuid = Uuid::from_u128(0x902);
const PLEDGE: Uuid = Uuid::from_u128(0x903);
const AGREEMENT: Uuid = Uuid::from_u128(0x904);
const CONSENT: Uuid = Uuid::from_u128(0x905);
const SERVICE_REFERRAL: Uuid = Uuid::from_u128(0x906);
const INCIDENT: Uuid = Uuid::from_u128(0x907);
const TRAINING: Uuid = Uuid::from_u128(0x908);

/// What is noted of the household, and of her alone.
pub(crate) const NOTES: [&str; 2] = ["la casa della zia Clorinda", "sogna Ravenna d'inverno"];

/// What is said: mutation, day, content.
pub(crate) type Said = (&'static str, &'static str, Value);

/// What is said after the story's stay, in an order that the rules allow; the first of it by
/// somebody else than who told the story.
pub(crate) fn said() -> Vec<Said> {
    let mut said = by_somebody_else();
    said.extend(of_the_pilot());
    said.extend(of_the_money());
    said.extend(of_the_dwellings());
    said.extend(of_the_other_household());
    let own = in_the_house()
        .into_iter()
        .chain(of_the_plan())
        .chain(of_services_and_work())
        .chain(at_the_end());
    said.extend(own.map(|(mutation, on, mut content)| {
        content["household"] = json!(HOUSEHOLD);
        (mutation, on, content)
    }));
    said.extend([
        (
            "recordPartnerLeft",
            "2025-06-01",
            json!({ "partner": COLLEGE, "reason": "AGREEMENT_ENDED" }),
        ),
        ("closePilot", "2025-07-01", json!({ "end": "AS_PLANNED" })),
    ]);
    said
}

/// What somebody else says, first.
pub(crate) fn by_somebody_else() -> Vec<Said> {
    let decided = story()
        .iter()
        .position(|step| step.kind == "AdmissionDecided");
    let decided = 1 + decided.expect("the story tells it");
    vec![
        (
            "approveExpense",
            "2024-01-23",
            json!({ "expense": EXPENSE }),
        ),
        (
            "confirmRecord",
            "2024-01-29",
            json!({ "position": decided }),
        ),
    ]
}

fn of_the_pilot() -> Vec<Said> {
    vec![
        (
            "setRules",
            "2024-01-10",
            json!({
                "approveExpensesAbove": "1000", "confirmAdmission": false, "confirmExit": true,
                "askCitizenship": true, "unseenAfterDays": 30,
                "retention": { "afterExitMonths": 24, "afterRefusalMonths": 6 },
            }),
        ),
        (
            "addPartner",
            "2024-01-15",
            json!({ "partner": COLLEGE, "kind": "SCHOOL", "name": "Scuola serale" }),
        ),
        (
            "adoptAgreement",
            "2024-01-16",
            json!({
                "agreement": AGREEMENT, "kind": "PROTOCOL", "title": "Protocollo d'intesa",
                "partners": [PARTNER, COLLEGE], "validUntil": "2026-12-31",
            }),
        ),
        (
            "setTarget",
            "2024-01-16",
            json!({ "indicator": 1, "value": "12", "direction": "AT_LEAST", "setBy": PARTNER }),
        ),
        (
            "planMeeting",
            "2024-02-01",
            json!({ "meeting": MEETING, "plannedFor": "2024-02-20" }),
        ),
        (
            "holdMeeting",
            "2024-02-20",
            json!({
                "meeting": MEETING,
                "attendance": [
                    { "partner": PARTNER, "attendance": "PRESENT" },
                    { "partner": COLLEGE, "attendance": "EXCUSED" },
                ],
            }),
        ),
        (
            "takeDecision",
            "2024-02-20",
            json!({
                "decision": DECISION, "meeting": MEETING, "title": "Proroga della sperimentazione",
                "responsible": PARTNER, "due": "2024-06-30",
            }),
        ),
        (
            "extendPhase",
            "2024-03-01",
            json!({ "phase": "EXPERIMENTAL", "plannedEnd": "2025-06-30", "decision": DECISION }),
        ),
        (
            "closeDecision",
            "2024-03-02",
            json!({ "decision": DECISION, "outcome": "CARRIED_OUT" }),
        ),
        (
            "closePeriod",
            "2024-07-10",
            json!({ "from": "2024-01-10", "to": "2024-03-31" }),
        ),
    ]
}

fn of_the_money() -> Vec<Said> {
    vec![
        (
            "pledgeFunding",
            "2024-01-12",
            json!({ "pledge": PLEDGE, "source": PARTNER, "amount": "50000", "purpose": "MANAGEMENT" }),
        ),
        (
            "receiveFunding",
            "2024-01-20",
            json!({ "source": PARTNER, "pledge": PLEDGE, "amount": "20000" }),
        ),
        (
            "allocateBudget",
            "2024-01-20",
            json!({ "line": "FURNITURE", "source": PARTNER, "amount": "5000" }),
        ),
        (
            "reverseExpense",
            "2024-03-01",
            json!({ "expense": EXPENSE, "amount": "34.50", "reason": "REFUND" }),
        ),
    ]
}

fn of_the_dwellings() -> Vec<Said> {
    vec![
        (
            "startWorks",
            "2024-01-21",
            json!({ "dwelling": FLATS[2], "kind": "ACCESSIBILITY", "plannedEnd": "2024-03-31" }),
        ),
        (
            "completeWorks",
            "2024-04-02",
            json!({ "dwelling": FLATS[2] }),
        ),
        (
            "withdrawDwelling",
            "2024-06-30",
            json!({ "dwelling": FLATS[2], "reason": "END_OF_LEASE" }),
        ),
    ]
}

fn of_the_other_household() -> Vec<Said> {
    vec![
        (
            "receiveReferral",
            "2024-05-02",
            json!({ "household": OTHER, "source": "POLICE", "adults": 1, "children": 0 }),
        ),
        (
            "withdrawReferral",
            "2024-05-04",
            json!({ "household": OTHER, "reason": "HER_DECISION" }),
        ),
    ]
}

fn in_the_house() -> Vec<Said> {
    vec![
        (
            "assessReferral",
            "2024-01-26",
            json!({ "suitability": "SUITABLE", "immediateDanger": "NO", "note": NOTES[0] }),
        ),
        (
            "recordConsent",
            "2024-02-02",
            json!({
                "consent": CONSENT, "person": PERSONS[0], "form": "WRITTEN",
                "purposes": ["SHARING_WITH_PARTNERS", "RELEASE_OF_FIGURES"],
                "recipients": [PARTNER], "indicators": [1, 2], "expiresOn": "2025-02-02",
            }),
        ),
        (
            "withdrawConsent",
            "2024-06-01",
            json!({ "consent": CONSENT }),
        ),
        (
            "signAgreement",
            "2024-02-03",
            json!({ "endsOn": "2024-05-31" }),
        ),
        (
            "grantExtension",
            "2024-05-20",
            json!({ "until": "2024-07-31", "reason": "PLAN_NOT_FINISHED" }),
        ),
        (
            "startSchooling",
            "2024-02-05",
            json!({ "person": PERSONS[1], "kind": "PRIMARY" }),
        ),
        (
            "addMember",
            "2024-05-05",
            json!({ "member": {
                "person": SON, "relation": "CHILD", "citizenship": "NON_EU",
                "identity": {
                    "givenName": "Teofrasto", "familyName": "Quaglierini", "bornOn": "2014-02-03",
                },
            } }),
        ),
    ]
}

fn of_the_plan() -> Vec<Said> {
    vec![
        (
            "scoreAssessment",
            "2024-02-12",
            json!({
                "person": PERSONS[0], "instrument": "self_sufficiency_matrix", "version": 1,
                "stage": "ENTRY",
                "scores": [{ "area": "housing", "score": 2 }, { "area": "employment" }],
            }),
        ),
        (
            "assessRisk",
            "2024-02-12",
            json!({
                "person": PERSONS[0], "instrument": "sara_s", "version": 1, "stage": "ENTRY",
                "level": "MEDIUM",
            }),
        ),
        (
            "reviseGoal",
            "2024-04-20",
            json!({ "goal": GOAL, "domain": "EMPLOYMENT", "due": "2025-03-31", "text": NOTES[0] }),
        ),
        (
            "withdrawGoal",
            "2024-06-10",
            json!({ "goal": GOAL, "reason": "NO_LONGER_HERS" }),
        ),
        ("addNote", "2024-06-13", json!({ "note": NOTES[0] })),
        (
            "addNote",
            "2024-06-14",
            json!({ "person": PERSONS[0], "note": NOTES[1] }),
        ),
    ]
}

fn of_services_and_work() -> Vec<Said> {
    vec![
        (
            "referToService",
            "2024-02-15",
            json!({
                "referral": SERVICE_REFERRAL, "person": PERSONS[0], "partner": PARTNER,
                "service": "LEGAL",
            }),
        ),
        (
            "recordReferralOutcome",
            "2024-03-15",
            json!({ "referral": SERVICE_REFERRAL, "outcome": "ATTAINED" }),
        ),
        (
            "reportIncident",
            "2024-03-20",
            json!({
                "incident": INCIDENT, "kind": "THREAT_BY_ABUSER", "severity": "SERIOUS",
                "note": NOTES[0],
            }),
        ),
        (
            "reportBreach",
            "2024-03-20",
            json!({ "kind": "ABUSER_AT_DOOR", "incident": INCIDENT, "note": NOTES[0] }),
        ),
        (
            "startTraining",
            "2024-03-01",
            json!({
                "person": PERSONS[0], "training": TRAINING, "kind": "LANGUAGE", "hours": 80,
                "partner": COLLEGE,
            }),
        ),
        (
            "endTraining",
            "2024-05-30",
            json!({ "training": TRAINING, "result": "CERTIFIED" }),
        ),
    ]
}

fn at_the_end() -> Vec<Said> {
    let leaves = |person: Uuid| json!({ "person": person, "destination": "RENTED" });
    vec![(
        "recordExit",
        "2024-07-01",
        json!({
            "reason": "GOALS_REACHED", "completion": "ASKED_TO_LEAVE",
            "dismissalReason": "HOUSE_RULES", "safetyPlan": "YES",
            "members": [leaves(PERSONS[0]), leaves(PERSONS[1]), leaves(SON)],
        }),
    )]
}

/// Says something that has to be recorded; its position.
pub(crate) async fn say(house: &House, token: &str, n: usize, said: &Said) -> i64 {
    let (mutation, on, content) = said;
    let input = input(story::command(500 + n), PILOT, on, content.clone());
    let payload = record(house, token, mutation, input).await;
    assert_eq!(payload["__typename"], "Recorded", "{mutation}: {payload:#}");
    payload["position"].as_i64().expect("a position")
}

/// The story up to the exit.
pub(crate) async fn tell_the_stay(house: &House, token: &str) {
    let mut told = story();
    told.retain(|step| {
        !matches!(
            step.kind,
            "Exit" | "FollowUpRecorded" | "RecordCorrected" | "RecordRetracted"
        )
    });
    for (n, step) in told.iter().enumerate() {
        let payload = record(house, token, step.mutation, step.input(story::command(n))).await;
        assert_eq!(payload["position"], n + 1, "{}: {payload:#}", step.mutation);
    }
}

async fn fact(house: &House, position: i64) -> Event {
    let recorded = house.app.log().at(PILOT, position).await.expect("no fault");
    let fact = projections::decode(&recorded.expect("a fact")).expect("it opens");
    fact.event
}

#[tokio::test]
async fn every_command_is_given_once() {
    let house = House::open().await;
    let token = house.token(Role::Coordinator, None).await;
    tell_the_stay(&house, &token).await;
    let second = house.token(Role::Coordinator, None).await;
    let mut names: BTreeSet<String> = story().iter().map(|step| step.mutation.into()).collect();
    let mut notes = Vec::new();
    for (n, one) in said().iter().enumerate() {
        let second_says = n < by_somebody_else().len();
        let token = if second_says { &second } else { &token };
        let position = say(&house, token, n, one).await;
        names.insert(one.0.to_owned());
        if let Event::NoteAdded(note) = fact(&house, position).await {
            notes.push(note.note.bytes.person);
        }
    }
    names.extend(
        crate::schema::OF_ACCESS
            .iter()
            .map(|name| (*name).to_owned()),
    );
    assert_eq!(names, crate::schema::members()["Mutation"]);
    assert_eq!(notes, [PersonId(HOUSEHOLD), PersonId(PERSONS[0])]);

    let query =
        "query($pilot: ID!) { events(pilot: $pilot, first: 200) { edges { node { data } } } }";
    let facts = house.data(&token, query, json!({ "pilot": PILOT })).await;
    let facts = facts.to_string();
    for word in ["Clorinda", "Ravenna", "Teofrasto", "2014-02-03"] {
        assert!(!facts.contains(word), "{word} is in the log");
    }
    assert!(facts.contains("non_eu"), "{facts}");
    house.close().await;
}

#[tokio::test]
async fn a_missing_amount_says_why() {
    let house = House::open().await;
    let token = house.token(Role::Coordinator, None).await;
    tell_the_stay(&house, &token).await;
    let inputs = [
        json!({ "total": "10", "sources": [{ "source": "EARNED" }] }),
        json!({ "totalMissing": "DOES_NOT_KNOW", "sources": [{ "source": "EARNED", "missing": "PREFERS_NOT_TO_ANSWER" }] }),
        json!({ "totalMissing": "PREFERS_NOT_TO_ANSWER" }),
        json!({ "missing": "DOES_NOT_KNOW" }),
        json!({}),
    ];
    let mut recorded = Vec::new();
    for (n, mut content) in inputs.into_iter().enumerate() {
        content["household"] = json!(HOUSEHOLD);
        content["person"] = json!(PERSONS[0]);
        content["stage"] = json!("UPDATE");
        let position = say(&house, &token, n, &("recordIncome", "2024-06-12", content)).await;
        let Event::IncomeRecorded(fact) = fact(&house, position).await else {
            panic!("no income at {position}");
        };
        let parts = fact.income.map(|income| {
            let parts = income.sources.into_iter().map(|part| part.amount);
            (income.total, parts.collect::<Vec<_>>())
        });
        recorded.push(parts);
    }
    let (unknown, refused) = (Answer::DoesNotKnow, Answer::PrefersNotToAnswer);
    assert_eq!(
        recorded,
        [
            Answer::Known((Answer::Known(10.into()), vec![Answer::NotCollected])),
            Answer::Known((unknown, vec![refused])),
            Answer::Known((refused, vec![])),
            Answer::DoesNotKnow,
            Answer::NotCollected,
        ]
    );
    house.close().await;
}

#[tokio::test]
async fn a_code_that_left_its_list_is_shown_and_not_chosen() {
    let house = House::open().await;
    let token = house.token(Role::Coordinator, None).await;
    tell_the_stay(&house, &token).await;
    let content = json!({
        "household": HOUSEHOLD, "person": PERSONS[0], "stage": "UPDATE",
        "sources": [{ "source": "CITIZENSHIP_INCOME", "amount": "500" }],
    });
    let chosen = input(story::command(500), PILOT, "2024-06-12", content);
    let answer = send(&house, &token, "recordIncome", chosen).await;
    assert_eq!(answer.codes(), ["BAD_USER_INPUT"], "{}", answer.text);
    assert_eq!(
        answer.json()["errors"][0]["message"],
        "a value of IncomeSource has left its list and cannot be chosen any more, in RecordIncomeInput"
    );

    // Another service recorded it while it could be chosen.
    let amount = events::IncomeAmount {
        source: IncomeSource::CitizenshipIncome,
        amount: Answer::Known(500.into()),
    };
    let fact = events::IncomeRecorded {
        household: events::HouseholdId(HOUSEHOLD),
        person: PersonId(PERSONS[0]),
        stage: events::codes::IncomeStage::Update,
        income: Answer::Known(events::Income {
            total: Answer::NotCollected,
            sources: vec![amount],
        }),
    };
    let on = "2024-06-12".parse().expect("a day");
    let proposal = domain::Proposal::plain(story::command(501), on, fact);
    let done = house
        .app
        .execute(events::PilotId(PILOT), "import:old", &proposal)
        .await;
    done.expect("it is recorded");
    house
        .app
        .catch_up(events::PilotId(PILOT))
        .await
        .expect("no fault");
    let query = "query($pilot: ID!, $id: ID!) {
        household(pilot: $pilot, id: $id) { work { incomes { sources { source amount } } } }
    }";
    let shown = house
        .data(&token, query, json!({ "pilot": PILOT, "id": HOUSEHOLD }))
        .await;
    let incomes = &shown["household"]["work"]["incomes"];
    assert_eq!(
        incomes[1]["sources"],
        json!([{ "source": "CITIZENSHIP_INCOME", "amount": "500" }]),
        "{incomes:#}"
    );
    house.close().await;
}

#[tokio::test]
async fn a_new_fact_is_corrected_like_any_other() {
    let house = House::open().await;
    let token = house.token(Role::Coordinator, None).await;
    tell_the_stay(&house, &token).await;
    let content = json!({ "meeting": MEETING, "plannedFor": "2024-02-20" });
    let planned = say(&house, &token, 0, &("planMeeting", "2024-02-01", content)).await;
    let replacement =
        json!({ "meetingPlanned": { "meeting": MEETING, "plannedFor": "2024-02-27" } });
    let content =
        json!({ "position": planned, "reason": "TYPING_ERROR", "replacement": replacement });
    let position = say(&house, &token, 1, &("correctRecord", "2024-02-01", content)).await;
    let Event::RecordCorrected(correction) = fact(&house, position).await else {
        panic!("no correction at {position}");
    };
    let expected = events::MeetingPlanned {
        meeting: events::MeetingId(MEETING),
        planned_for: "2024-02-27".parse().expect("a day"),
    };
    assert_eq!(correction.position, planned);
    assert_eq!(*correction.replacement.event, Event::from(expected));
    house.close().await;
}
