//! Whose text has been kept long enough: proposed, and never forgotten for it.

use super::*;

/// Long after everything.
const LATER: &str = "2040-01-01";

/// Who is proposed on a day.
fn due(place: &Place, on: &str) -> Vec<Value> {
    let ask = ["person", "due", "--pilot", CODE, "--on", on, "--json"];
    let said = place.run(&ask).ended(DONE).json();
    assert_eq!(said["on"], on);
    said["due"].as_array().expect("a list").clone()
}

fn persons(due: &[Value]) -> BTreeSet<String> {
    let ids = due.iter().map(|one| one["person"].as_str().expect("an id"));
    ids.map(str::to_owned).collect()
}

/// How many of the pilot's persons were forgotten.
fn forgotten(place: &Place) -> usize {
    let listed = place.run(&["person", "list", "--pilot", CODE, "--json"]);
    let listed = listed.ended(DONE).json();
    let rows = listed.as_array().expect("a list").iter();
    rows.filter(|row| row["key"] == "forgotten").count()
}

/// Somebody notes something about a household that was not admitted; the id that the note is sealed
/// under.
fn noted_of_a_declined(place: &Place) -> String {
    let token = token(place);
    let served = place.serve();
    let query = "query($pilot: ID!) { households(pilot: $pilot, status: DECLINED) { edges { node { id } } } }";
    let answer = ask(&served, &token, query, &json!({ "pilot": CODE }));
    let household = answer["households"]["edges"][0]["node"]["id"].clone();
    let input = json!({
        "commandId": crate::story::command(1),
        "pilot": CODE,
        "occurredOn": "2025-05-30",
        "household": household,
        "note": "Cerca un posto in un'altra provincia.",
    });
    let command = "mutation($input: AddNoteInput!) { addNote(input: $input) { __typename } }";
    let answer = ask(&served, &token, command, &json!({ "input": input }));
    assert_eq!(answer["addNote"]["__typename"], "Recorded");
    assert!(served.interrupt().success());
    household.as_str().expect("an id").to_owned()
}

/// Proposed on the day that is so many months after its time began, and not on the day before; who, and
/// the day.
fn is_due_on_its_day(place: &Place, one: &Value, months: u32) -> (String, String) {
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let (person, over) = (text(&one["person"]), text(&one["over"]));
    let day: chrono::NaiveDate = over.parse().expect("a day");
    let since: chrono::NaiveDate = text(&one["since"]).parse().expect("a day");
    assert_eq!(since + chrono::Months::new(months), day);
    let before = day.pred_opt().expect("a day").to_string();
    assert!(persons(&due(place, &over)).contains(&person));
    assert!(!persons(&due(place, &before)).contains(&person));
    (person, over)
}

#[test]
fn who_was_kept_long_enough_is_proposed_and_nobody_is_forgotten_for_it() {
    let place = Place::new();
    place.run(&["demo", "--load-only"]).ended(DONE);
    let declined = noted_of_a_declined(&place);
    let later = due(&place, LATER);
    let left: Vec<&Value> = later.iter().filter(|one| one["why"] == "left").collect();
    assert!(left.len() > 3, "{later:#?}");

    // Whoever left is kept for two years, what was noted of who never came for half a year.
    let refused: Vec<&Value> = later
        .iter()
        .filter(|one| one["why"] == "not_admitted")
        .collect();
    assert_eq!(refused.len(), 1, "{later:#?}");
    assert_eq!(refused[0]["person"], *declined);
    is_due_on_its_day(&place, refused[0], 6);
    let (person, over) = is_due_on_its_day(&place, left[0], 24);
    let words = place.run(&["person", "due", "--pilot", CODE, "--on", &over]);
    words.ended(DONE).says(&format!("{person}  left "));

    // Not while a restriction stands.
    let whom = ["--pilot", CODE, "--person", &person];
    let restrict = ["person", "restrict", "--reason", "audit"];
    place.run(&[&restrict[..], &whom].concat()).ended(DONE);
    let mut others = persons(&later);
    others.remove(&person);
    assert_eq!(persons(&due(&place, LATER)), others);
    place
        .run(&[&["person", "lift"], &whom[..]].concat())
        .ended(DONE);
    assert_eq!(persons(&due(&place, LATER)), persons(&later));

    // Asking forgot nobody. Somebody decides, and then she is gone from the list.
    assert_eq!(forgotten(&place), 0);
    let forget = ["person", "forget", "--reason", "retention_ended", "--yes"];
    place
        .run(&[&forget[..], &["--person", &person]].concat())
        .ended(DONE);
    assert_eq!(persons(&due(&place, LATER)), others);
}
