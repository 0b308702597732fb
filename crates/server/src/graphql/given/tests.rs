use super::*;

fn schema() -> Types {
    Types::of(&crate::graphql::sdl())
}

/// Fields that hold whatever JSON, and who sees to it that no id is in there unmasked.
const JSON: &[(&str, &str, &str)] = &[
    ("Event", "data", "given::data"),
    ("TimelineEntry", "data", "given::data"),
    ("HistoryEntry", "data", "app::histories"),
    ("Indicator", "parts", "given::parts"),
    ("Indicator", "groups", "given::groups"),
    // Counts, amounts and curves, by codes and partners.
    ("Indicator", "value", ""),
];

/// Numbers of household-level types that are no positions.
const COUNTS: &[&str] = &[
    "adults",
    "ageAtEntry",
    "attained",
    "attainment",
    "before",
    "children",
    "contacts",
    "count",
    "days",
    "doesNotKnow",
    "hours",
    "indicator",
    "indicators",
    "known",
    "minutes",
    "month",
    "notAttained",
    "notCollected",
    "notYetDue",
    "open",
    "prefersNotToAnswer",
    "score",
    "unknown",
    "version",
    "weeklyHours",
    "withoutMinutes",
];

#[test]
fn every_id_of_the_schema_has_a_line_and_every_line_a_field() {
    let schema = schema();
    let mut ids: BTreeSet<(&str, &str)> = BTreeSet::new();
    let mut fields: BTreeSet<(&str, &str)> = BTreeSet::new();
    for (parent, field) in schema.fields() {
        let name = field.name.node.as_str();
        fields.insert((parent, name));
        if base(&field.ty.node) == "ID" {
            ids.insert((parent, name));
        }
    }
    assert!(ids.len() > 50, "{ids:?}");
    for (parent, field) in &ids {
        assert!(given(parent, field).is_some(), "{parent}.{field}");
    }
    for (parent, field, how) in IDS {
        let is_there = match how {
            Stream => fields.contains(&(*parent, *field)),
            _ => ids.contains(&(*parent, *field)),
        };
        assert!(is_there, "there is no id {parent}.{field}");
    }
    for (parent, field) in TELLS_DAYS {
        assert!(fields.contains(&(*parent, *field)), "{parent}.{field}");
    }
}

#[test]
fn every_field_of_json_is_known() {
    let schema = schema();
    let found: BTreeSet<(&str, &str)> = schema
        .fields()
        .filter(|(_, field)| base(&field.ty.node) == "JSON")
        .map(|(parent, field)| (parent, field.name.node.as_str()))
        .collect();
    let known = JSON.iter().map(|(parent, field, _)| (*parent, *field));
    assert_eq!(found, known.collect());
}

#[test]
fn whatever_is_a_date_or_a_position_of_a_household_tells_days() {
    let schema = schema();
    let about = schema.reached(&HOUSEHOLDS);
    for expected in [
        "Household",
        "Goal",
        "Contact",
        "TimelineEntry",
        "AgendaItem",
    ] {
        assert!(about.contains(expected), "{about:?}");
    }
    // What is the pilot's keeps its dates.
    for other in [
        "Pilot",
        "PhaseEntry",
        "Dwelling",
        "Meeting",
        "Ledger",
        "Evaluation",
    ] {
        assert!(!about.contains(other), "{other}");
    }
    let mut dates = 0;
    for (parent, field) in schema.fields() {
        let name = field.name.node.as_str();
        let returned = base(&field.ty.node);
        let at = format!("{parent}.{name}");
        if !about.contains(parent) {
            continue;
        }
        match returned {
            "NaiveDate" | "DateTime" => {
                assert!(CALENDAR.tells(parent, name), "{at}");
                dates += 1;
            }
            "Int" => {
                let (place, count) = (POSITIONS.contains(&name), COUNTS.contains(&name));
                assert!(place != count, "is {at} a position or a count?");
                assert_eq!(CALENDAR.tells(parent, name), place, "{at}");
            }
            _ => {}
        }
    }
    assert!(dates > 40, "{dates}");
    for (parent, field) in [
        ("Query", "unseen"),
        ("Pilot", "agenda"),
        ("Household", "agenda"),
        ("Household", "lastContact"),
        ("Household", "consents"),
    ] {
        assert!(CALENDAR.tells(parent, field), "{parent}.{field}");
    }
    for (parent, field) in [
        ("Query", "households"),
        ("Query", "histories"),
        ("Household", "id"),
        ("Household", "status"),
        ("Member", "ageAtEntry"),
        ("Pilot", "openedOn"),
    ] {
        assert!(!CALENDAR.tells(parent, field), "{parent}.{field}");
    }
}

#[test]
fn a_new_date_tells_days_without_a_word_about_it() {
    let calendar = Calendar::of(
        "type Query { households: [Household!]! pilot: Pilot seen(on: NaiveDate): Household }
         type Household { pet: Pet status: String at: DateTime }
         type Pet { name: String bornOn: NaiveDate! seenOn: [NaiveDate!]! position: Int age: Int }
         type Pilot { openedOn: NaiveDate pets(on: NaiveDate): [Pet!]! days(on: NaiveDate): Int }
         scalar NaiveDate scalar DateTime",
    );
    for (parent, field) in [
        ("Household", "at"),
        ("Pet", "bornOn"),
        ("Pet", "seenOn"),
        ("Pet", "position"),
        ("Pilot", "pets"),
        ("Query", "seen"),
    ] {
        assert!(calendar.tells(parent, field), "{parent}.{field}");
    }
    for (parent, field) in [
        ("Household", "pet"),
        ("Household", "status"),
        ("Pet", "age"),
        ("Pilot", "openedOn"),
        ("Pilot", "days"),
        ("Query", "households"),
    ] {
        assert!(!calendar.tells(parent, field), "{parent}.{field}");
    }
}
