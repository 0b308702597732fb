//! One pilot from its opening to a follow-up, as the mutations that tell it: what every pilot does.
//! The persons are invented; their words are found nowhere but here.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::house::{Answer, House};

/// The pilot.
pub(crate) const PILOT: Uuid = Uuid::from_u128(0x100);
/// Its short name.
pub(crate) const CODE: &str = "cortile";
/// An organisation.
pub(crate) const PARTNER: Uuid = Uuid::from_u128(0x200);
/// The flats: the first, the second, and one with works in it.
pub(crate) const FLATS: [Uuid; 3] = [
    Uuid::from_u128(0x301),
    Uuid::from_u128(0x302),
    Uuid::from_u128(0x303),
];
/// The household.
pub(crate) const HOUSEHOLD: Uuid = Uuid::from_u128(0x400);
/// She, her child, her mother.
pub(crate) const PERSONS: [Uuid; 3] = [
    Uuid::from_u128(0x501),
    Uuid::from_u128(0x502),
    Uuid::from_u128(0x503),
];
/// A goal.
pub(crate) const GOAL: Uuid = Uuid::from_u128(0x600);
/// A job.
pub(crate) const JOB: Uuid = Uuid::from_u128(0x700);
/// Money spent.
pub(crate) const EXPENSE: Uuid = Uuid::from_u128(0x800);

/// Her first name, as one asks for it.
pub(crate) const NAME: &str = "Zenobia";
/// The goal in her words.
pub(crate) const GOAL_TEXT: &str = "riaprire la merceria della nonna Ludmilla";
/// What was noted at the visit.
pub(crate) const VISIT_NOTE: &str = "teme il fratello Agapito e dorme poco";
/// What was noted at the visit, corrected.
pub(crate) const CORRECTED_NOTE: &str = "teme il cugino Agapito e dorme male";

/// Everything that is sealed. Nothing of it may be found in a database, a log or an error.
pub(crate) const SEALED: &[&str] = &[
    NAME,
    "Quaglierini",
    "Melisenda",
    "Ermengarda",
    "Stramaccioni",
    "1987-05-17",
    "2016-11-03",
    "1961-02-28",
    "chiamare il 0375 990817",
    "merceria",
    "Ludmilla",
    "Agapito",
    "permesso di soggiorno di Hortensia",
    "Hortensia",
    "passi avanti con la Wanda",
    "Wanda",
];

/// A command of the story.
pub(crate) struct Step {
    /// The mutation's name.
    pub(crate) mutation: &'static str,
    /// The day.
    pub(crate) on: &'static str,
    /// What is said.
    pub(crate) content: Value,
    /// The fact it becomes.
    pub(crate) kind: &'static str,
}

impl Step {
    fn new(mutation: &'static str, kind: &'static str, on: &'static str, content: Value) -> Self {
        Self {
            mutation,
            on,
            content,
            kind,
        }
    }

    /// Is it about the household?
    pub(crate) fn is_of_the_household(&self) -> bool {
        let household = json!(HOUSEHOLD);
        match self.mutation {
            "correctRecord" | "retractRecord" => true,
            _ => self.content["household"] == household,
        }
    }

    /// The whole input.
    pub(crate) fn input(&self, command: Uuid) -> Value {
        input(command, PILOT, self.on, self.content.clone())
    }
}

/// The input of a command.
pub(crate) fn input(command: Uuid, pilot: Uuid, on: &str, mut content: Value) -> Value {
    content["commandId"] = json!(command);
    content["pilot"] = json!(pilot);
    content["occurredOn"] = json!(on);
    content
}

/// The id of the `n`th command, from 0.
pub(crate) fn command(n: usize) -> Uuid {
    Uuid::from_u128(0xc000 + n as u128)
}

/// The story, in its order: the `n`th step, from 0, is the fact at position `n + 1`.
pub(crate) fn story() -> Vec<Step> {
    let mut steps = beginning();
    steps.extend(stay());
    let at = |kind: &str| {
        let place = steps.iter().position(|step| step.kind == kind);
        place.map_or(0, |place| place + 1)
    };
    let (visit, service) = (at("Visit"), at("ServiceProvided"));
    steps.extend([
        Step::new(
            "correctRecord",
            "RecordCorrected",
            "2024-03-04",
            json!({
                "position": visit, "reason": "TYPING_ERROR",
                "replacement": { "visit": {
                    "household": HOUSEHOLD, "kind": "HOME", "purpose": "SUPPORT", "minutes": 75,
                    "present": [PERSONS[0]], "partners": [PARTNER], "note": CORRECTED_NOTE,
                } },
            }),
        ),
        Step::new(
            "retractRecord",
            "RecordRetracted",
            "2024-06-20",
            json!({ "position": service, "reason": "DID_NOT_HAPPEN" }),
        ),
        Step::new(
            "recordExit",
            "Exit",
            "2024-07-01",
            json!({
                "household": HOUSEHOLD, "reason": "GOALS_REACHED", "completion": "COMPLETED",
                "clientSafety": "SAFE", "workerSafety": "PARTLY_SAFE",
                "members": [
                    { "person": PERSONS[0], "destination": "RENTED", "employment": "LOOKING" },
                    { "person": PERSONS[1], "destination": "RENTED" },
                ],
            }),
        ),
        Step::new(
            "recordFollowUp",
            "FollowUpRecorded",
            "2024-10-01",
            json!({
                "household": HOUSEHOLD, "month": "MONTH_3", "result": "REACHED",
                "housing": "RENTED", "employment": "EMPLOYED", "newViolence": "NO",
                "safety": "SAFE",
            }),
        ),
    ]);
    steps
}

fn beginning() -> Vec<Step> {
    let mut steps = vec![
        Step::new(
            "openPilot",
            "PilotOpened",
            "2024-01-10",
            json!({ "title": "Il cortile", "place": "Casalmaggiore", "code": CODE, "currency": "EUR" }),
        ),
        Step::new(
            "addPartner",
            "PartnerJoined",
            "2024-01-10",
            json!({ "partner": PARTNER, "kind": "ANTI_VIOLENCE_CENTRE", "name": "Centro antiviolenza" }),
        ),
        Step::new(
            "startPhase",
            "PhaseStarted",
            "2024-01-10",
            json!({ "phase": "EXPERIMENTAL", "plannedEnd": "2025-01-09" }),
        ),
    ];
    for (n, flat) in FLATS.into_iter().enumerate() {
        steps.push(Step::new(
            "registerDwelling",
            "DwellingRegistered",
            "2024-01-11",
            json!({ "dwelling": flat, "label": format!("Alloggio {}", n + 1), "rooms": 3, "beds": 4, "stepFree": "YES" }),
        ));
        steps.push(Step::new(
            "makeDwellingAvailable",
            "DwellingAvailable",
            "2024-01-12",
            json!({ "dwelling": flat }),
        ));
    }
    steps.extend([
        Step::new(
            "makeDwellingUnavailable",
            "DwellingUnavailable",
            "2024-01-20",
            json!({ "dwelling": FLATS[2], "reason": "WORKS" }),
        ),
        Step::new(
            "recordExpense",
            "ExpenseRecorded",
            "2024-01-22",
            json!({ "expense": EXPENSE, "line": "FURNITURE", "source": PARTNER, "amount": "1234.50", "description": "Letti" }),
        ),
        Step::new(
            "receiveReferral",
            "ReferralReceived",
            "2024-01-25",
            json!({ "household": HOUSEHOLD, "source": "ANTI_VIOLENCE_CENTRE", "adults": 1, "children": 1, "urgency": "IMMEDIATE" }),
        ),
        Step::new(
            "decideAdmission",
            "AdmissionDecided",
            "2024-01-28",
            json!({ "household": HOUSEHOLD, "decision": "ACCEPTED" }),
        ),
    ]);
    steps
}

fn stay() -> Vec<Step> {
    vec![
        Step::new(
            "admit",
            "Admission",
            "2024-02-01",
            json!({
                "household": HOUSEHOLD, "dwelling": FLATS[0],
                "members": [
                    {
                        "person": PERSONS[0], "relation": "HEAD", "employment": "LOOKING",
                        "priorLivingSituation": "REFUGE",
                        "identity": {
                            "givenName": NAME, "familyName": "Quaglierini",
                            "bornOn": "1987-05-17", "contact": "chiamare il 0375 990817",
                        },
                    },
                    {
                        "person": PERSONS[1], "relation": "CHILD",
                        "priorLivingSituation": "REFUGE",
                        "identity": {
                            "givenName": "Melisenda", "familyName": "Quaglierini",
                            "bornOn": "2016-11-03",
                        },
                    },
                ],
            }),
        ),
        Step::new(
            "agreePlan",
            "PlanAgreed",
            "2024-02-10",
            json!({ "household": HOUSEHOLD, "reviewDue": "2024-08-10" }),
        ),
        Step::new(
            "setGoal",
            "GoalSet",
            "2024-02-10",
            json!({ "household": HOUSEHOLD, "goal": GOAL, "domain": "EMPLOYMENT", "due": "2024-12-31", "text": GOAL_TEXT }),
        ),
        Step::new(
            "addMember",
            "HouseholdMemberJoined",
            "2024-03-01",
            json!({
                "household": HOUSEHOLD,
                "member": {
                    "person": PERSONS[2], "relation": "OTHER_RELATIVE",
                    "identity": {
                        "givenName": "Ermengarda", "familyName": "Stramaccioni",
                        "bornOn": "1961-02-28",
                    },
                },
            }),
        ),
        Step::new(
            "recordVisit",
            "Visit",
            "2024-03-05",
            json!({
                "household": HOUSEHOLD, "kind": "HOME", "purpose": "SUPPORT", "minutes": 45,
                "present": [PERSONS[0]], "partners": [PARTNER], "note": VISIT_NOTE,
            }),
        ),
        Step::new(
            "recordService",
            "ServiceProvided",
            "2024-03-06",
            json!({
                "household": HOUSEHOLD, "person": PERSONS[0], "partner": PARTNER,
                "service": "LEGAL", "minutes": 60, "amount": "80",
                "note": "permesso di soggiorno di Hortensia",
            }),
        ),
        Step::new(
            "placeInJob",
            "JobPlacement",
            "2024-03-15",
            json!({ "household": HOUSEHOLD, "person": PERSONS[0], "job": JOB, "contract": "FIXED_TERM", "weeklyHours": 20, "partner": PARTNER }),
        ),
        Step::new(
            "recordIncome",
            "IncomeRecorded",
            "2024-03-20",
            json!({
                "household": HOUSEHOLD, "person": PERSONS[0], "stage": "UPDATE", "total": "812.34",
                "sources": [
                    { "source": "EARNED", "amount": "612.34" },
                    { "source": "SINGLE_CHILD_ALLOWANCE", "amount": "200.00" },
                ],
            }),
        ),
        Step::new(
            "reviewGoal",
            "GoalReviewed",
            "2024-04-10",
            json!({ "household": HOUSEHOLD, "goal": GOAL, "attainment": 1, "note": "passi avanti con la Wanda" }),
        ),
        Step::new(
            "recordMemberLeft",
            "HouseholdMemberLeft",
            "2024-04-15",
            json!({ "household": HOUSEHOLD, "person": PERSONS[2], "destination": "FAMILY_PERMANENTLY" }),
        ),
        Step::new(
            "changeDwelling",
            "DwellingChanged",
            "2024-05-01",
            json!({ "household": HOUSEHOLD, "dwelling": FLATS[1], "reason": "HOUSEHOLD_SIZE" }),
        ),
        Step::new(
            "endJob",
            "JobEnded",
            "2024-06-01",
            json!({ "household": HOUSEHOLD, "job": JOB, "reason": "CONTRACT_ENDED" }),
        ),
    ]
}

/// The text of a mutation.
pub(crate) fn mutation(name: &str) -> String {
    let (first, rest) = name.split_at(1);
    let input = format!("{}{rest}Input", first.to_ascii_uppercase());
    format!(
        "mutation($input: {input}!) {{ {name}(input: $input) {{
            __typename
            ... on Recorded {{ position already visible pilot event {{ kind position occurredOn }} }}
            ... on Refused {{ code message field }}
            ... on Conflict {{ kind message }}
        }} }}"
    )
}

/// Sends a command; the whole answer.
pub(crate) async fn send(house: &House, token: &str, name: &str, input: Value) -> Answer {
    let variables = json!({ "input": input });
    house.ask(token, &mutation(name), variables).await
}

/// Sends a command that is decided, be it against it; the payload.
pub(crate) async fn record(house: &House, token: &str, name: &str, input: Value) -> Value {
    let answer = send(house, token, name, input).await;
    let mut body = answer.json();
    assert!(body.get("errors").is_none(), "{name}: {body:#}");
    body["data"][name].take()
}

/// Tells the whole story.
pub(crate) async fn tell(house: &House, token: &str) -> usize {
    let story = story();
    for (n, step) in story.iter().enumerate() {
        let payload = record(house, token, step.mutation, step.input(command(n))).await;
        assert_eq!(payload["position"], n + 1, "{}: {payload:#}", step.mutation);
    }
    story.len()
}
