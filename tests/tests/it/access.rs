//! Who may do what: every root field for every role, in the own pilot and in another's, and without
//! a good token.

use std::collections::BTreeSet;

use events::codes::Role;
use chrono::TimeDelta;
use events::PilotId;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::house::{Answer, House, list};
use crate::mutations;
use crate::story::{self, *};

/// Another pilot, and its short name.
const OTHER: Uuid = Uuid::from_u128(0x1ff);
const OTHER_CODE: &str = "altrove";
/// A pilot that does not exist, under a short name that nobody has.
const NOBODYS: Uuid = Uuid::from_u128(0x1ee);
const NOBODYS_CODE: &str = "nessuno";

/// Who may ask each question. Whoever is not named is refused.
const QUESTIONS: &[(&str, &str, &[Role])] = {
    use Role::*;
    &[
        (
            "pilots",
            "query { pilots { id } }",
            &[
                Coordinator,
                CommitteeMember,
                Evaluator,
                Auditor,
                Administrator,
            ],
        ),
        (
            "pilot",
            "query($pilot: ID!) { pilot(id: $pilot) { id code } }",
            &[
                Coordinator,
                CommitteeMember,
                Evaluator,
                Auditor,
                Administrator,
            ],
        ),
        (
            "dwellings",
            "query($pilot: ID!) { dwellings(pilot: $pilot) { label available } }",
            &[Coordinator, CommitteeMember, Evaluator],
        ),
        (
            "households",
            "query($pilot: ID!) { households(pilot: $pilot) { edges { node { id status } } } }",
            &[Coordinator, Evaluator],
        ),
        (
            "household",
            "query($pilot: ID!, $household: ID!) {
                household(pilot: $pilot, id: $household) { id status }
            }",
            &[Coordinator, Evaluator],
        ),
        (
            "unseen",
            "query($pilot: ID!) { unseen(pilot: $pilot, days: 0) { days household { id } } }",
            &[Coordinator, Evaluator],
        ),
        (
            "indicators",
            "query($pilot: ID!) {
                indicators(pilot: $pilot, period: { from: \"2024-01-01\", to: \"2024-12-31\" }) {
                    position indicators { code text }
                }
            }",
            &[Coordinator, Evaluator],
        ),
        (
            "events",
            "query($pilot: ID!) { events(pilot: $pilot) { head edges { node { position } } } }",
            &[Coordinator, Evaluator, Auditor],
        ),
    ]
};

/// Fields below the root that take more than the root does, for those who get past the root.
const FIELDS: &[(&str, &str, &[Role])] = {
    use Role::*;
    &[
        (
            "Pilot.expenses",
            "query($pilot: ID!) { pilot(id: $pilot) { expenses { amount } } }",
            &[Coordinator],
        ),
        (
            "Pilot.ledger",
            "query($pilot: ID!) { pilot(id: $pilot) { ledger { balance { all { spent } } } } }",
            &[Coordinator],
        ),
        (
            "PilotQuality.households",
            "query($pilot: ID!) { pilot(id: $pilot) { quality {
                households { timeliness { before } }
            } } }",
            &[Coordinator, Evaluator],
        ),
        (
            "Household.notes",
            "query($pilot: ID!) { households(pilot: $pilot) { edges { node {
                notes { text }
            } } } }",
            &[Coordinator],
        ),
        (
            "GoalTerms.text",
            "query($pilot: ID!) { households(pilot: $pilot) { edges { node {
                goals { terms { text } }
            } } } }",
            &[Coordinator],
        ),
        (
            "Dwelling.occupancies",
            "query($pilot: ID!) { dwellings(pilot: $pilot) { occupancies { household } } }",
            &[Coordinator, Evaluator],
        ),
        (
            "Member.identity",
            "query($pilot: ID!) { households(pilot: $pilot) { edges { node {
                members { identity { givenName } }
            } } } }",
            &[Coordinator],
        ),
        (
            "Goal.text",
            "query($pilot: ID!) { households(pilot: $pilot) { edges { node {
                plan { goals { text } }
            } } } }",
            &[Coordinator],
        ),
        (
            "GoalReview.note",
            "query($pilot: ID!) { households(pilot: $pilot) { edges { node {
                plan { goals { reviews { note } } }
            } } } }",
            &[Coordinator],
        ),
        (
            "Contact.note",
            "query($pilot: ID!) { households(pilot: $pilot) { edges { node {
                contacts { note }
            } } } }",
            &[Coordinator],
        ),
        (
            "Event.data",
            "query($pilot: ID!) { events(pilot: $pilot) { edges { node { position data } } } }",
            &[Coordinator, Evaluator],
        ),
        (
            "Event.kind",
            "query($pilot: ID!) { events(pilot: $pilot) { edges { node { position kind } } } }",
            &[Coordinator, Evaluator],
        ),
        (
            "Event.stream",
            "query($pilot: ID!) { events(pilot: $pilot) { edges { node { position stream } } } }",
            &[Coordinator, Evaluator],
        ),
        (
            "Event.occurredOn",
            "query($pilot: ID!) { events(pilot: $pilot) { edges { node { occurredOn } } } }",
            &[Coordinator, Evaluator],
        ),
    ]
};

/// Two pilots, each with the same story; and a token of each role for the first.
struct Pilots {
    house: House,
    told: usize,
    tokens: Vec<(Role, String)>,
}

impl Pilots {
    async fn open() -> Self {
        let house = House::open().await;
        let installer = house.token(Role::Coordinator, None).await;
        let told = tell(&house, &installer).await;
        for (n, mut step) in story().into_iter().enumerate() {
            if step.kind == "PilotOpened" {
                step.content["code"] = json!(OTHER_CODE);
            }
            let input = input(story::command(500 + n), OTHER, step.on, step.content);
            let payload = record(&house, &installer, step.mutation, input).await;
            assert_eq!(payload["__typename"], "Recorded", "{payload}");
        }
        let mut tokens = Vec::new();
        for role in Role::ALL {
            tokens.push((role, house.token(role, Some(&[PilotId(PILOT)])).await));
        }
        Self {
            house,
            told,
            tokens,
        }
    }

    fn token(&self, role: Role) -> &str {
        let found = self.tokens.iter().find(|(known, _)| *known == role);
        &found.expect("a token of every role").1
    }

    async fn ask(&self, token: &str, query: &str, pilot: &str) -> Answer {
        let mut variables = json!({});
        if query.contains("$pilot") {
            variables["pilot"] = json!(pilot);
        }
        if query.contains("$household") {
            variables["household"] = json!(HOUSEHOLD);
        }
        self.house.ask(token, query, variables).await
    }

    /// Both logs are as the two stories left them.
    async fn assert_untouched(&self) {
        for pilot in [PILOT, OTHER] {
            let head = self.house.app.log().head(pilot).await.expect("a head");
            assert_eq!(head.position, self.told as i64);
        }
    }
}

/// Every root field of a type.
fn roots(of: &str) -> BTreeSet<String> {
    let sdl = server::graphql::sdl();
    let schema = async_graphql::parser::parse_schema(sdl).expect("a schema");
    let mut names = BTreeSet::new();
    for definition in schema.definitions {
        use async_graphql::parser::types::{TypeKind, TypeSystemDefinition};
        if let TypeSystemDefinition::Type(defined) = definition
            && defined.node.name.node == of
            && let TypeKind::Object(object) = defined.node.kind
        {
            let fields = object.fields.into_iter();
            names.extend(fields.map(|field| field.node.name.node.to_string()));
        }
    }
    names
}

#[tokio::test]
async fn questions_are_for_some_roles_in_their_own_pilots() {
    let asked: BTreeSet<String> = QUESTIONS.iter().map(|it| it.0.to_owned()).collect();
    assert_eq!(asked, roots("Query"), "every question is in the table");

    let pilots = Pilots::open().await;
    for (field, query, allowed) in QUESTIONS {
        for (role, token) in &pilots.tokens {
            let what = format!("{field} for {role:?}");
            let may = allowed.contains(role);
            for own in [PILOT.to_string(), CODE.to_owned()] {
                let answer = pilots.ask(token, query, &own).await;
                let expected: &[&str] = if may { &[] } else { &["FORBIDDEN"] };
                assert_eq!(answer.codes(), expected, "{what}, own: {}", answer.text);
                let told_of_other = [OTHER.to_string(), OTHER_CODE.to_owned()];
                assert!(
                    !told_of_other.iter().any(|it| answer.text.contains(it)),
                    "{what}: {}",
                    answer.text
                );
            }
            if !query.contains("$pilot") {
                continue;
            }
            // What is another's is like what is not there, letter by letter.
            for (others, nobodys) in [
                (OTHER.to_string(), NOBODYS.to_string()),
                (OTHER_CODE.to_owned(), NOBODYS_CODE.to_owned()),
            ] {
                let refused = pilots.ask(token, query, &others).await;
                let expected = if may { "NOT_FOUND" } else { "FORBIDDEN" };
                assert_eq!(refused.codes(), [expected], "{what}, other's");
                let unknown = pilots.ask(token, query, &nobodys).await;
                assert_eq!(refused.status, unknown.status, "{what}");
                assert_eq!(
                    refused.text.replace(&others, "it"),
                    unknown.text.replace(&nobodys, "it"),
                    "{what}"
                );
            }
        }
    }
    pilots.house.close().await;
}

#[tokio::test]
async fn some_fields_take_more_than_their_root() {
    let pilots = Pilots::open().await;
    for (field, query, allowed) in FIELDS {
        let root = QUESTIONS
            .iter()
            .find(|it| query.contains(&format!("{{ {}(", it.0)));
        let (_, _, at_root) = root.expect("a root");
        for role in *at_root {
            let answer = pilots.ask(pilots.token(*role), query, CODE).await;
            let codes = answer.codes();
            if allowed.contains(role) {
                assert!(codes.is_empty(), "{field} for {role:?}: {}", answer.text);
            } else {
                let forbidden = !codes.is_empty() && codes.iter().all(|it| it == "FORBIDDEN");
                assert!(forbidden, "{field} for {role:?}: {}", answer.text);
                let body = answer.json();
                for error in list(&body["errors"]) {
                    let path = list(&error["path"]);
                    let (_, name) = field.split_once('.').unwrap();
                    assert_eq!(path.last(), Some(&json!(name)), "{error}");
                    assert!(error["locations"][0]["line"].as_u64() > Some(0), "{error}");
                }
            }
            if *role != Role::Coordinator {
                for sealed in SEALED {
                    assert!(!answer.text.contains(sealed), "{field} for {role:?}");
                }
            }
        }
    }

    // What an auditor does see: that facts were recorded, when and by whom.
    let query = "query($pilot: ID!) { events(pilot: $pilot) {
        head edges { node { id position version recordedAt actor command } }
    } }";
    let seen = pilots.ask(pilots.token(Role::Auditor), query, CODE).await;
    assert_eq!(seen.codes(), Vec::<String>::new());
    let edges = seen.json()["data"]["events"]["edges"].take();
    assert_eq!(list(&edges).len(), pilots.told);

    // An evaluator reads what a fact says; what is sealed stays sealed.
    let query = "query($pilot: ID!) { events(pilot: $pilot) { edges { node { kind data } } } }";
    let seen = pilots.ask(pilots.token(Role::Evaluator), query, CODE).await;
    assert!(seen.text.contains("Admission"), "{}", seen.text);
    for sealed in SEALED {
        assert!(!seen.text.contains(sealed), "{sealed}");
    }
    pilots.house.close().await;
}

#[tokio::test]
async fn only_a_coordinator_records_and_only_in_her_pilots() {
    let pilots = Pilots::open().await;
    let commands = story()
        .into_iter()
        .map(|step| (step.mutation, step.on, step.content))
        .chain(mutations::said());
    let mut told = BTreeSet::new();
    let once = commands.filter(|(mutation, ..)| told.insert((*mutation).to_owned()));
    let once: Vec<_> = once.collect();
    assert_eq!(told, roots("Mutation"), "every mutation is tried");

    for (n, (mutation, on, content)) in once.into_iter().enumerate() {
        let sent = |pilot: Uuid, n: usize| input(story::command(n), pilot, on, content.clone());
        for (role, token) in &pilots.tokens {
            let own = send(&pilots.house, token, mutation, sent(PILOT, 1000 + n)).await;
            let others = send(&pilots.house, token, mutation, sent(OTHER, 1000 + n)).await;
            let what = format!("{mutation} for {role:?}");
            if *role == Role::Coordinator {
                // If it was recorded already, a rule is against it, not the token.
                assert_eq!(own.codes(), Vec::<String>::new(), "{what}: {}", own.text);
                let decided = &own.json()["data"][mutation]["__typename"];
                let again = decided == "Refused" || decided == "Recorded";
                assert!(again, "{what}: {}", own.text);
            } else {
                assert_eq!(own.codes(), ["FORBIDDEN"], "{what}");
            }
            let denied = match (role, mutation) {
                // A pilot that is to be opened need not be there.
                (Role::Coordinator, "openPilot") => "FORBIDDEN",
                (Role::Coordinator, _) => "NOT_FOUND",
                _ => "FORBIDDEN",
            };
            assert_eq!(others.codes(), [denied], "{what}, other's");
            let nobodys = send(&pilots.house, token, mutation, sent(NOBODYS, 1000 + n)).await;
            assert_eq!(
                others.text.replace(&OTHER.to_string(), "it"),
                nobodys.text.replace(&NOBODYS.to_string(), "it"),
                "{what}"
            );
        }
    }
    let others = pilots.house.app.log().head(OTHER).await.unwrap();
    assert_eq!(others.position, pilots.told as i64);
    let nobodys = pilots.house.app.log().head(NOBODYS).await;
    assert!(nobodys.is_err(), "a pilot was opened: {nobodys:?}");
    pilots.house.close().await;
}

#[tokio::test]
async fn without_a_good_token_nothing_is_said() {
    let pilots = Pilots::open().await;
    let house = &pilots.house;
    let now = house.app.now();
    let expired = house
        .token_until(Role::Coordinator, None, Some(now - TimeDelta::seconds(1)))
        .await;
    let revoked = house.token(Role::Coordinator, None).await;
    let id = house.token_id(&revoked).await;
    assert!(house.app.revoke_token(id).await.unwrap());
    let good = pilots.token(Role::Coordinator);
    let bad = [
        ("none", None),
        ("expired", Some(format!("Bearer {expired}"))),
        ("revoked", Some(format!("Bearer {revoked}"))),
        ("invented", Some("Bearer inrete_00".to_owned())),
        ("empty", Some("Bearer ".to_owned())),
        ("another scheme", Some(format!("Basic {good}"))),
        ("no scheme", Some(good.to_owned())),
        (
            "shortened",
            Some(format!("Bearer {}", &good[..good.len() - 1])),
        ),
    ];
    let queries = QUESTIONS.iter().map(|it| {
        let variables = json!({ "pilot": PILOT, "household": HOUSEHOLD });
        json!({ "query": it.1, "variables": variables })
    });
    let mutations = story().into_iter().enumerate().map(|(n, step)| {
        let variables = json!({ "input": step.input(story::command(2000 + n)) });
        json!({ "query": mutation(step.mutation), "variables": variables })
    });
    let bodies: Vec<Value> = queries.chain(mutations).collect();
    for (what, header) in bad {
        for body in &bodies {
            let mut request = house.request(Method::POST, "/graphql").json(body);
            if let Some(header) = &header {
                request = request.header("authorization", header);
            }
            let answer = Answer::of(request).await;
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{what}");
            assert_eq!(answer.codes(), ["UNAUTHENTICATED"], "{what}");
            assert!(answer.json().get("data").is_none(), "{what}");
        }
    }
    pilots.assert_untouched().await;
    pilots.house.close().await;
}

#[tokio::test]
async fn a_household_is_found_in_its_own_pilot_only() {
    let house = House::open().await;
    let token = house.token(Role::Coordinator, None).await;
    tell(&house, &token).await;
    let opening =
        json!({ "title": "Altro", "place": "Altrove", "code": OTHER_CODE, "currency": "EUR" });
    let opening = input(story::command(900), OTHER, "2024-01-10", opening);
    record(&house, &token, "openPilot", opening).await;
    let query = "query($pilot: ID!, $id: ID!) { household(pilot: $pilot, id: $id) { id } }";
    let asked = |id: Uuid| house.ask(&token, query, json!({ "pilot": OTHER_CODE, "id": id }));
    let (elsewhere, nowhere) = (asked(HOUSEHOLD).await, asked(NOBODYS).await);
    assert_eq!(elsewhere.codes(), ["NOT_FOUND"]);
    assert_eq!(
        elsewhere.text.replace(&HOUSEHOLD.to_string(), "it"),
        nowhere.text.replace(&NOBODYS.to_string(), "it")
    );
    house.close().await;
}
