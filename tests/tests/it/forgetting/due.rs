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

#[test]
fn who_was_kept_long_enough_is_proposed_and_nobody_is_forgotten_for_it() {
    let place = Place::new();
    place.run(&["demo", "--load-only"]).ended(DONE);
    // A year into the pilot, only referrals that came to nothing can be due: whoever left is kept for two.
    for one in due(&place, "2025-10-01") {
        assert_eq!(one["why"], "not_admitted", "{one}");
    }
    let later = due(&place, LATER);
    let left: Vec<&Value> = later.iter().filter(|one| one["why"] == "left").collect();
    assert!(left.len() > 3, "{later:#?}");

    // On its day, and not on the day before.
    let first = left[0];
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let (person, over) = (text(&first["person"]), text(&first["over"]));
    let day: chrono::NaiveDate = over.parse().expect("a day");
    let since: chrono::NaiveDate = text(&first["since"]).parse().expect("a day");
    assert_eq!(since + chrono::Months::new(24), day);
    let before = day.pred_opt().expect("a day").to_string();
    assert!(persons(&due(&place, &over)).contains(&person));
    assert!(!persons(&due(&place, &before)).contains(&person));
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
