//! What is asked, of a pilot by whatever name.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use uuid::Uuid;

use super::site::{STRANGER, UNSHARED};
use crate::mutations;
use crate::story::{self, *};

/// Every question, as short as it can be.
pub(crate) const QUESTIONS: &[(&str, &str)] = &[
    ("pilots", "query { pilots { id } }"),
    (
        "pilot",
        "query($pilot: ID!) { pilot(id: $pilot) { id code } }",
    ),
    (
        "dwellings",
        "query($pilot: ID!) { dwellings(pilot: $pilot) { label available } }",
    ),
    (
        "households",
        "query($pilot: ID!) { households(pilot: $pilot) { edges { node { id status } } } }",
    ),
    (
        "household",
        "query($pilot: ID!, $household: ID!) { household(pilot: $pilot, id: $household) { id status } }",
    ),
    (
        "unseen",
        "query($pilot: ID!) { unseen(pilot: $pilot, days: 0) { days household { id } } }",
    ),
    (
        "indicators",
        "query($pilot: ID!) {
            indicators(pilot: $pilot, period: { from: \"2024-01-01\", to: \"2024-12-31\" }) {
                position indicators { code text }
            }
        }",
    ),
    (
        "events",
        "query($pilot: ID!) { events(pilot: $pilot) { head edges { node { position } } } }",
    ),
    (
        "histories",
        "query($pilot: ID!) { histories(pilot: $pilot) { edges { node { household } } } }",
    ),
    (
        "consents",
        "query($pilot: ID!) { consents(pilot: $pilot) { household consent { state } } }",
    ),
    (
        "persons",
        "query($pilot: ID!) { persons(pilot: $pilot) { id restricted } }",
    ),
    (
        "accessLog",
        "query($pilot: ID!) { accessLog(pilot: $pilot) { head edges { node { position kind } } } }",
    ),
    (
        "breakGlassUses",
        "query($pilot: ID!) { breakGlassUses(pilot: $pilot, unreviewed: true) { position } }",
    ),
    (
        "holders",
        "query($pilot: ID!) { holders(pilot: $pilot) { holder roles { role } } }",
    ),
    (
        "checkpoint",
        "query($pilot: ID!) { checkpoint(pilot: $pilot) { size note } }",
    ),
    (
        "proof",
        "query($pilot: ID!) { proof(pilot: $pilot, position: 1) { leaf inclusion note } }",
    ),
];

/// What a question is asked with.
pub(crate) fn variables(query: &str, pilot: &str, household: Uuid) -> Value {
    let mut variables = json!({});
    if query.contains("$pilot") {
        variables["pilot"] = json!(pilot);
    }
    if query.contains("$household") {
        variables["household"] = json!(household);
    }
    if query.contains("$on") {
        variables["on"] = json!("2024-06-15");
    }
    variables
}

/// What each mutation is given, about a household, less the command's id and the pilot.
pub(crate) fn inputs(household: Uuid) -> BTreeMap<String, Value> {
    let mut inputs = BTreeMap::new();
    let told = story().into_iter();
    let told = told.map(|step| (step.mutation, step.on, step.content));
    for (mutation, on, mut content) in told.chain(mutations::said()) {
        if content.get("household").is_some() {
            content["household"] = json!(household);
        }
        content["occurredOn"] = json!(on);
        inputs.entry(mutation.to_owned()).or_insert(content);
    }
    // What an organisation records is recorded in its own name alone.
    inputs.insert("recordVisit".to_owned(), visit(household, &[PARTNER]));
    let holder = "token:00000000-0000-0000-0000-0000000000aa";
    let of_access = [
        (
            "breakGlass",
            json!({ "household": UNSHARED, "reason": "DANGER_TO_LIFE" }),
        ),
        (
            "reviewBreakGlass",
            json!({ "position": 1_000_000, "finding": "JUSTIFIED" }),
        ),
        (
            "placeRestriction",
            json!({ "person": PERSONS[0], "reason": "AUDIT" }),
        ),
        ("liftRestriction", json!({ "person": PERSONS[0] })),
        (
            "forgetPerson",
            // Not confirmed, so that she stays for the next one who asks.
            json!({
                "person": PERSONS[0], "confirm": PERSONS[1], "reason": "HER_REQUEST",
                "withChildren": false,
            }),
        ),
        ("grantRole", json!({ "holder": holder, "role": "AUDITOR" })),
        ("revokeRole", json!({ "holder": holder, "role": "FUNDER" })),
    ];
    for (mutation, content) in of_access {
        inputs.insert(mutation.to_owned(), content);
    }
    inputs
}

/// A visit in the name of some partners.
pub(crate) fn visit(household: Uuid, partners: &[Uuid]) -> Value {
    json!({
        "household": household, "kind": "OFFICE", "purpose": "SUPPORT", "minutes": 30,
        "present": [], "partners": partners, "occurredOn": "2024-06-10",
        "note": "ha portato i documenti",
    })
}

/// In another organisation's name.
pub(crate) fn in_anothers_name(mutation: &str, mut content: Value) -> Value {
    match mutation {
        "recordVisit" => content["partners"] = json!([STRANGER]),
        "recordService" => content["partner"] = json!(STRANGER),
        // To whom the household was referred is found by the referral's id.
        _ => content["referral"] = json!(Uuid::from_u128(0x9ee)),
    }
    content
}

/// The command with its id and its pilot. What is forgotten or restricted has no command's id.
pub(crate) fn given(mutation: &str, content: &Value, n: usize, pilot: &str) -> Value {
    let mut input = content.clone();
    input["pilot"] = json!(pilot);
    let without = ["placeRestriction", "liftRestriction", "forgetPerson"];
    if !without.contains(&mutation) {
        input["commandId"] = json!(story::command(n));
    }
    input
}

/// The text of a mutation.
pub(crate) fn mutation(name: &str) -> String {
    let (first, rest) = name.split_at(1);
    let input = format!("{}{rest}Input", first.to_ascii_uppercase());
    format!(
        "mutation($input: {input}!) {{ {name}(input: $input) {{
            __typename ... on Refused {{ code message field }}
        }} }}"
    )
}
