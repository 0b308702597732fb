//! What a person may ask for: that what is wrong about her is corrected, and to see what is held.

use events::codes::{ReadPurpose, Role};
use events::{PersonId, PilotId};
use serde_json::{Value, json};

use crate::house::House;
use crate::mutations::{say, tell_the_stay};
use crate::story::{self, *};

/// Her name as it should have been written.
const RIGHT: &str = "Zenobia Teodora";

async fn name(house: &House, token: &str) -> Value {
    let query = "query($pilot: ID!, $id: ID!) { household(pilot: $pilot, id: $id) {
        members { identity { givenName } }
        timeline(first: 100) { edges { node { kind correctedBy } } }
    } }";
    let variables = json!({ "pilot": PILOT, "id": HOUSEHOLD });
    house.data(token, query, variables).await["household"].take()
}

#[tokio::test]
async fn a_name_that_was_written_wrongly_is_corrected_and_both_are_hers_to_see() {
    let house = House::open().await;
    let token = house.token(Role::Coordinator, None).await;
    tell_the_stay(&house, &token).await;
    let place = story::story()
        .iter()
        .position(|step| step.kind == "Admission");
    let place = place.expect("an admission");
    let mut content = story::story().swap_remove(place).content;
    content["members"][0]["identity"]["givenName"] = json!(RIGHT);
    let correction = json!({
        "position": place + 1, "reason": "TYPING_ERROR", "replacement": { "admission": content },
    });
    let position = say(
        &house,
        &token,
        0,
        &("correctRecord", "2024-02-01", correction),
    )
    .await;

    let shown = name(&house, &token).await;
    assert_eq!(shown["members"][0]["identity"]["givenName"], RIGHT);
    let history = shown["timeline"]["edges"]
        .as_array()
        .expect("a list")
        .iter();
    let mut admission = history.filter(|edge| edge["node"]["kind"] == "Admission");
    let admission = admission.next().expect("the admission, as it was recorded");
    assert_eq!(admission["node"]["correctedBy"], json!([position]));

    // Her copy has the name as it is and as it was: both are held.
    let she = PersonId(PERSONS[0]);
    let copy = house
        .app
        .export_person("test", ReadPurpose::HerRequest, she);
    let copy = serde_json::to_value(copy.await.expect("a copy")).expect("JSON");
    let facts = copy["pilots"][0]["facts"].as_array().expect("a list");
    let at = |position: i64| {
        let mut facts = facts.iter();
        facts
            .find(|fact| fact["position"] == position)
            .expect("a fact")
    };
    let was = &at(place as i64 + 1)["data"]["members"][0]["identity"];
    let is = &at(position)["data"]["replacement"]["event"]["data"]["members"][0]["identity"];
    assert_eq!(
        (&was["given_name"], &is["given_name"]),
        (&json!(NAME), &json!(RIGHT))
    );

    // And both go with her key.
    house.app.vault().forget(&[she]).await.expect("her key");
    assert_eq!(
        name(&house, &token).await["members"][0]["identity"],
        Value::Null
    );
    let again = house
        .app
        .export_person("test", ReadPurpose::HerRequest, she)
        .await;
    assert!(matches!(again, Err(app::Error::Forgotten { person }) if person == she));
    let known = house.app.persons(PilotId(PILOT)).await.expect("persons");
    assert!(known.contains_key(&she), "the facts stay");
    house.close().await;
}
