//! A pilot walked from end to end, through GraphQL alone.

use events::codes::Role;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::house::{House, list};
use crate::story::{self, *};

/// What queries show of the story.
const SHOWN: &str = "query($pilot: ID!, $on: NaiveDate!) {
    pilot(id: $pilot) {
        id code title place currency openedOn
        phases { startedOn phase plannedEnd }
        partners { id name kind joinedOn }
        expenses { id on line source amount description }
    }
    dwellings(pilot: $pilot, on: $on) {
        id label rooms beds stepFree available occupied
        availability { from available reason }
        occupancies { household from until }
    }
    households(pilot: $pilot, first: 10) { edges { node {
        id status enteredOn leftOn position
        referral { on source adults children urgency }
        decisions { on decision reason }
        members {
            person relation head ageAtEntry enteredOn priorLivingSituation employment
            identity { givenName familyName bornOn contact }
            left { on destination employment }
        }
        occupancies { dwelling from until reason }
        plan {
            agreedOn reviewDue
            goals { id domain due text reviews { on attainment note } }
        }
        contacts { position on kind purpose service minutes partners amount note }
        work {
            jobs { id person startedOn contract weeklyHours partner ended { on reason } }
            incomes { on person stage total sources { source amount } }
        }
        exit { on reason completion clientSafety workerSafety }
        followUps { on month result housing employment newViolence safety }
        timeline(first: 100) {
            edges { node { position kind label occurredOn correctedBy retractedBy } }
        }
    } } }
}";

/// After a mutation, what is to be seen at which place. `H` stands for the household.
fn seen_after(kind: &str) -> Vec<(&'static str, Value)> {
    match kind {
        "PilotOpened" => vec![
            ("/pilot/code", json!(CODE)),
            ("/pilot/currency", json!("EUR")),
            ("/pilot/openedOn", json!("2024-01-10")),
        ],
        "PartnerJoined" => vec![
            ("/pilot/partners/0/id", json!(PARTNER)),
            ("/pilot/partners/0/kind", json!("ANTI_VIOLENCE_CENTRE")),
        ],
        "PhaseStarted" => vec![("/pilot/phases/0/plannedEnd", json!("2025-01-09"))],
        "DwellingRegistered" => vec![
            ("/dwellings/0/label", json!("Alloggio 1")),
            ("/dwellings/0/stepFree", json!("YES")),
        ],
        "DwellingAvailable" => vec![("/dwellings/0/available", json!(true))],
        "DwellingUnavailable" => vec![
            ("/dwellings/2/available", json!(false)),
            ("/dwellings/2/availability/1/reason", json!("WORKS")),
        ],
        "ExpenseRecorded" => vec![
            ("/pilot/expenses/0/amount", json!("1234.50")),
            ("/pilot/expenses/0/source", json!(PARTNER)),
        ],
        "ReferralReceived" => vec![
            ("H/id", json!(HOUSEHOLD)),
            ("H/status", json!("REFERRED")),
            ("H/referral/urgency", json!("IMMEDIATE")),
        ],
        "AdmissionDecided" => vec![
            ("H/status", json!("ACCEPTED")),
            ("H/decisions/0/on", json!("2024-01-28")),
        ],
        "Admission" => vec![
            ("H/status", json!("RESIDENT")),
            ("H/enteredOn", json!("2024-02-01")),
            ("H/members/0/identity/givenName", json!(NAME)),
            ("H/members/0/identity/bornOn", json!("1987-05-17")),
            ("H/members/0/ageAtEntry", json!(36)),
            ("H/members/1/identity/contact", Value::Null),
            ("H/occupancies/0/dwelling", json!(FLATS[0])),
            ("/dwellings/0/occupied", json!(true)),
        ],
        "PlanAgreed" => vec![("H/plan/reviewDue", json!("2024-08-10"))],
        "GoalSet" => vec![
            ("H/plan/goals/0/id", json!(GOAL)),
            ("H/plan/goals/0/text", json!(GOAL_TEXT)),
        ],
        "HouseholdMemberJoined" => vec![
            ("H/members/2/person", json!(PERSONS[2])),
            ("H/members/2/identity/familyName", json!("Stramaccioni")),
            ("H/members/2/enteredOn", json!("2024-03-01")),
        ],
        "Visit" => vec![
            ("H/contacts/0/minutes", json!(45)),
            ("H/contacts/0/note", json!(VISIT_NOTE)),
        ],
        "ServiceProvided" => vec![
            ("H/contacts/1/service", json!("LEGAL")),
            ("H/contacts/1/amount", json!("80")),
        ],
        "JobPlacement" => vec![
            ("H/work/jobs/0/weeklyHours", json!(20)),
            ("H/work/jobs/0/ended", Value::Null),
        ],
        "IncomeRecorded" => vec![
            ("H/work/incomes/0/total", json!("812.34")),
            ("H/work/incomes/0/sources/1/amount", json!("200.00")),
        ],
        "GoalReviewed" => vec![
            ("H/plan/goals/0/reviews/0/attainment", json!(1)),
            (
                "H/plan/goals/0/reviews/0/note",
                json!("passi avanti con la Wanda"),
            ),
        ],
        "HouseholdMemberLeft" => vec![
            ("H/members/2/left/on", json!("2024-04-15")),
            ("H/members/2/left/destination", json!("FAMILY_PERMANENTLY")),
        ],
        "DwellingChanged" => vec![
            ("H/occupancies/0/until", json!("2024-05-01")),
            ("H/occupancies/1/dwelling", json!(FLATS[1])),
            ("/dwellings/0/occupied", json!(false)),
            ("/dwellings/1/occupied", json!(true)),
        ],
        "JobEnded" => vec![("H/work/jobs/0/ended/reason", json!("CONTRACT_ENDED"))],
        "RecordCorrected" => vec![
            ("H/contacts/0/minutes", json!(75)),
            ("H/contacts/0/on", json!("2024-03-04")),
            ("H/contacts/0/note", json!(CORRECTED_NOTE)),
        ],
        "RecordRetracted" => vec![("H/contacts/1", Value::Null)],
        "Exit" => vec![
            ("H/status", json!("LEFT")),
            ("H/leftOn", json!("2024-07-01")),
            ("H/exit/workerSafety", json!("PARTLY_SAFE")),
            ("H/members/0/left/destination", json!("RENTED")),
            ("H/members/1/left/on", json!("2024-07-01")),
            ("/dwellings/1/occupied", json!(false)),
        ],
        "FollowUpRecorded" => vec![
            ("H/followUps/0/month", json!("MONTH_3")),
            ("H/followUps/0/newViolence", json!("NO")),
        ],
        other => panic!("nothing is said of {other}"),
    }
}

async fn shown(house: &House, token: &str, on: &str) -> Value {
    let variables = json!({ "pilot": PILOT, "on": on });
    house.data(token, SHOWN, variables).await
}

fn at<'a>(shown: &'a Value, place: &str) -> &'a Value {
    let place = place.replacen(
        'H',
        "/households/edges/0/node",
        usize::from(place.starts_with('H')),
    );
    shown.pointer(&place).unwrap_or(&Value::Null)
}

#[tokio::test]
async fn every_command_shows_at_once() {
    let house = House::open().await;
    let token = house.token(Role::Coordinator, None).await;
    let mut of_the_household = Vec::new();
    for (n, step) in story().iter().enumerate() {
        let what = step.mutation;
        let payload = record(&house, &token, what, step.input(story::command(n))).await;
        assert_eq!(
            payload,
            json!({
                "__typename": "Recorded", "position": n + 1, "already": false, "visible": true,
                "pilot": PILOT,
                "event": { "kind": step.kind, "position": n + 1, "occurredOn": step.on },
            }),
            "{what}"
        );
        let shown = shown(&house, &token, step.on).await;
        for (place, expected) in seen_after(step.kind) {
            assert_eq!(
                at(&shown, place),
                &expected,
                "{place} after {what}: {shown:#}"
            );
        }
        if step.is_of_the_household() {
            of_the_household.push(json!(n + 1));
            let entries = at(&shown, "H/timeline/edges").as_array().cloned();
            let entries = entries.unwrap_or_default();
            let positions: Vec<Value> = entries
                .iter()
                .map(|it| it["node"]["position"].clone())
                .collect();
            assert_eq!(positions, of_the_household, "the timeline after {what}");
            assert_eq!(entries.last().unwrap()["node"]["kind"], step.kind);
        }
    }
    corrections_are_shown(&house, &token).await;
    figures_have_their_evidence(&house, &token).await;
    the_log_has_every_fact_once(&house, &token).await;
    nothing_sealed_is_in_the_database(&house).await;
    house.close().await;
}

/// Where the story has the first fact of a kind, from 0.
fn place(kind: &str) -> usize {
    let place = story().iter().position(|step| step.kind == kind);
    place.unwrap_or_else(|| panic!("the story has no {kind}"))
}

async fn corrections_are_shown(house: &House, token: &str) {
    let position = |kind: &str| json!(place(kind) + 1);
    let shown = shown(house, token, "2024-12-31").await;
    for entry in list(at(&shown, "H/timeline/edges")) {
        let entry = &entry["node"];
        let (corrected, retracted) = match entry["kind"].as_str() {
            Some("Visit") => (json!([position("RecordCorrected")]), json!([])),
            Some("ServiceProvided") => (json!([]), json!([position("RecordRetracted")])),
            _ => (json!([]), json!([])),
        };
        assert_eq!(entry["correctedBy"], corrected, "{entry}");
        assert_eq!(entry["retractedBy"], retracted, "{entry}");
    }
}

async fn figures_have_their_evidence(house: &House, token: &str) {
    let query = "query($pilot: ID!, $asOf: Int) {
        indicators(pilot: $pilot, period: { from: \"2024-01-01\", to: \"2024-12-31\" }, asOf: $asOf) {
            position definitionsVersion
            indicators { number code text title formula numerator denominator evidence parts groups value }
        }
    }";
    let story = story();
    let head = story.len();
    let now = house.data(token, query, json!({ "pilot": CODE })).await;
    assert_eq!(now["indicators"]["position"], head);
    let figures = list(&now["indicators"]["indicators"]).to_vec();
    assert!(figures.len() > 5, "{now:#}");
    for figure in &figures {
        for position in list(&figure["evidence"]) {
            let position = position.as_u64().expect("a position");
            assert!((1..=head as u64).contains(&position), "{figure:#}");
        }
    }
    let of = |figures: &[Value], code: &str| {
        let found = figures.iter().find(|figure| figure["code"] == code);
        found.cloned().unwrap_or_else(|| panic!("no figure {code}"))
    };
    let served = of(&figures, "people_served");
    assert_eq!(served["text"], "3", "{served:#}");
    assert!(list(&served["evidence"]).len() >= 2, "{served:#}");

    // What was known before anybody entered.
    let before = place("Admission");
    let then = house
        .data(token, query, json!({ "pilot": PILOT, "asOf": before }))
        .await;
    assert_eq!(then["indicators"]["position"], before);
    let figures = list(&then["indicators"]["indicators"]).to_vec();
    assert_eq!(of(&figures, "people_served")["text"], "0");
}

async fn the_log_has_every_fact_once(house: &House, token: &str) {
    let query = "query($pilot: ID!, $after: String) {
        events(pilot: $pilot, first: 7, after: $after) {
            head
            edges { cursor node { position kind occurredOn stream version } }
            pageInfo { hasNextPage endCursor }
        }
    }";
    let story = story();
    let mut after = Value::Null;
    let mut seen = Vec::new();
    loop {
        let variables = json!({ "pilot": PILOT, "after": after });
        let page = house.data(token, query, variables).await["events"].take();
        assert_eq!(page["head"], story.len());
        seen.extend(list(&page["edges"]).iter().cloned());
        after = page["pageInfo"]["endCursor"].clone();
        if page["pageInfo"]["hasNextPage"] == false {
            break;
        }
    }
    assert_eq!(seen.len(), story.len());
    for (n, (edge, step)) in seen.iter().zip(&story).enumerate() {
        assert_eq!(edge["node"]["position"], n + 1);
        assert_eq!(edge["node"]["kind"], step.kind);
        assert_eq!(edge["node"]["occurredOn"], step.on);
    }
}

/// Reads every row of every table, as text.
async fn nothing_sealed_is_in_the_database(house: &House) {
    let superuser = house.superuser().await;
    let tables: Vec<String> = sqlx::query_scalar(
        "select format('%I.%I', n.nspname, c.relname)
         from pg_class as c join pg_namespace as n on n.oid = c.relnamespace
         where c.relkind in ('r', 'p', 'm')
           and n.nspname not in ('pg_catalog', 'information_schema') and n.nspname !~ '^pg_toast'",
    )
    .fetch_all(&superuser)
    .await
    .expect("the tables");
    assert!(tables.len() >= 8, "{tables:?}");
    let mut rows = 0;
    for table in tables {
        let query = sqlx::AssertSqlSafe(format!("select t::text from {table} as t"));
        let texts: Vec<String> = sqlx::query_scalar(query)
            .fetch_all(&superuser)
            .await
            .expect("the rows");
        rows += texts.len();
        for text in texts {
            for sealed in SEALED {
                let hex: String = sealed.bytes().map(|byte| format!("{byte:02x}")).collect();
                assert!(
                    !text.contains(sealed) && !text.contains(&hex),
                    "{sealed:?} is in {table}"
                );
            }
        }
    }
    assert!(rows > story().len(), "the tables hold {rows} rows");
}

#[tokio::test]
async fn a_retry_is_answered_with_the_first_outcome() {
    let house = House::open().await;
    let token = house.token(Role::Coordinator, None).await;
    let told = tell(&house, &token).await;

    // Another process of the service answers as this one does.
    let neighbour = house.neighbour(true).await;
    let neighbour = House::over(house.database.clone(), neighbour).await;
    let mut first_names = Vec::new();
    for (n, step) in story().iter().enumerate() {
        let asked = if n % 2 == 0 { &house } else { &neighbour };
        let again = record(asked, &token, step.mutation, step.input(story::command(n))).await;
        assert_eq!(again["__typename"], "Recorded", "{}", step.mutation);
        assert_eq!(again["position"], n + 1, "{}", step.mutation);
        assert_eq!(again["already"], true, "{}", step.mutation);

        // The same id on another day is another command; so is another name, though it is sealed.
        let mut other = step.input(story::command(n));
        if step.kind == "Admission" {
            other["members"][0]["identity"]["givenName"] = json!("Altra");
            first_names.push(n);
        } else {
            other["occurredOn"] = json!("2024-12-01");
        }
        let reused = record(&house, &token, step.mutation, other).await;
        assert_eq!(
            reused["__typename"], "Conflict",
            "{}: {reused}",
            step.mutation
        );
        assert_eq!(reused["kind"], "COMMAND_REUSED", "{}", step.mutation);
    }
    assert_eq!(first_names.len(), 1);
    neighbour.close().await;
    let head = house.app.log().head(PILOT).await.unwrap();
    assert_eq!(head.position, told as i64);
    house.close().await;
}

#[tokio::test]
async fn refusals_say_which_rule() {
    let house = House::open().await;
    let token = house.token(Role::Coordinator, None).await;
    let told = tell(&house, &token).await;
    let other = Uuid::from_u128(0x4ff);
    let member = |person: u128| {
        json!({
            "person": Uuid::from_u128(person), "relation": "HEAD",
            "identity": { "givenName": "Altra", "familyName": "Persona" },
        })
    };
    let prepared = [
        (
            "receiveReferral",
            "2024-05-02",
            json!({ "household": other, "source": "POLICE", "adults": 1, "children": 0 }),
        ),
        (
            "decideAdmission",
            "2024-05-03",
            json!({ "household": other, "decision": "ACCEPTED" }),
        ),
    ];
    for (n, (mutation, on, content)) in prepared.into_iter().enumerate() {
        let input = input(story::command(100 + n), PILOT, on, content);
        let payload = record(&house, &token, mutation, input).await;
        assert_eq!(payload["__typename"], "Recorded", "{payload}");
    }
    let visit_at = place("Visit") + 1;
    let visit = |minutes: u16, partner: Uuid| {
        json!({
            "household": HOUSEHOLD, "kind": "HOME", "purpose": "SUPPORT", "minutes": minutes,
            "partners": [partner],
        })
    };
    let refused = [
        (
            "admit",
            "2024-05-10",
            json!({ "household": other, "dwelling": FLATS[1], "members": [member(0x5f1)] }),
            "dwelling_occupied",
            json!("dwelling"),
        ),
        (
            "admit",
            "2024-05-10",
            json!({ "household": other, "dwelling": FLATS[2], "members": [member(0x5f1)] }),
            "dwelling_not_available",
            json!("dwelling"),
        ),
        (
            "admit",
            "2024-05-10",
            json!({ "household": other, "dwelling": FLATS[0], "members": [] }),
            "no_members",
            json!("members"),
        ),
        (
            "placeInJob",
            "2024-07-02",
            json!({ "household": HOUSEHOLD, "person": PERSONS[0], "contract": "SEASONAL" }),
            "after_exit",
            json!("occurredOn"),
        ),
        (
            "recordVisit",
            "2999-01-01",
            visit(30, PARTNER),
            "in_the_future",
            json!("occurredOn"),
        ),
        (
            "recordVisit",
            "1800-01-01",
            visit(30, PARTNER),
            "too_long_ago",
            json!("occurredOn"),
        ),
        (
            "recordVisit",
            "2024-03-07",
            visit(30, Uuid::from_u128(0x2ff)),
            "partner_unknown",
            json!("partner"),
        ),
        (
            "recordVisit",
            "2024-03-07",
            visit(0, PARTNER),
            "out_of_range",
            json!("minutes"),
        ),
        (
            "recordFollowUp",
            "2024-07-20",
            json!({ "household": HOUSEHOLD, "month": "MONTH_6", "result": "UNREACHABLE" }),
            "follow_up_too_early",
            json!("occurredOn"),
        ),
        (
            "retractRecord",
            "2024-06-20",
            json!({ "position": 1, "reason": "DUPLICATE" }),
            "opening_stays",
            json!("position"),
        ),
        (
            "retractRecord",
            "2024-06-20",
            json!({ "position": 5000, "reason": "DUPLICATE" }),
            "no_such_fact",
            json!("position"),
        ),
        (
            "correctRecord",
            "2024-06-20",
            json!({ "position": visit_at, "reason": "OTHER", "replacement": { "planAgreed": { "household": HOUSEHOLD } } }),
            "kind_differs",
            json!("replacement"),
        ),
        (
            "openPilot",
            "2024-06-20",
            json!({ "title": "Doppio", "place": "Qui", "code": "doppio", "currency": "EUR" }),
            "pilot_already_opened",
            Value::Null,
        ),
    ];
    for (n, (mutation, on, content, code, field)) in refused.into_iter().enumerate() {
        let input = input(story::command(200 + n), PILOT, on, content);
        let payload = record(&house, &token, mutation, input).await;
        assert_eq!(payload["__typename"], "Refused", "{mutation}: {payload}");
        assert_eq!(payload["code"], code, "{mutation}: {payload}");
        assert_eq!(payload["field"], field, "{mutation}: {payload}");
        assert!(payload["message"].as_str().unwrap().len() > 10, "{payload}");
    }
    let head = house.app.log().head(PILOT).await.unwrap();
    assert_eq!(head.position, told as i64 + 2);
    house.close().await;
}

#[tokio::test]
async fn a_short_name_belongs_to_one_pilot() {
    let house = House::open().await;
    let token = house.token(Role::Coordinator, None).await;
    tell(&house, &token).await;
    let opening = |code: &str| json!({ "title": "Altro", "place": "Altrove", "code": code, "currency": "EUR" });
    let other = Uuid::from_u128(0x1ff);
    let day = "2024-02-01";
    let taken = input(story::command(300), other, day, opening(CODE));
    let taken = record(&house, &token, "openPilot", taken).await;
    assert_eq!(taken["code"], "code_taken", "{taken}");

    let free = input(story::command(301), other, day, opening("altro"));
    let free = record(&house, &token, "openPilot", free).await;
    assert_eq!(free["position"], 1, "{free}");

    let replacement = json!({ "pilotOpened": opening(CODE) });
    let content = json!({ "position": 1, "reason": "OTHER", "replacement": replacement });
    let corrected = input(story::command(302), other, day, content);
    let corrected = record(&house, &token, "correctRecord", corrected).await;
    assert_eq!(corrected["code"], "code_taken", "{corrected}");
    house.close().await;
}
