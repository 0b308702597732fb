use std::path::Path;

use proptest::prelude::*;

use super::*;
use crate::{Event, Shape};

/// Ids as nobody has them.
struct Turned;

impl Mask for Turned {
    fn id(&self, named: Named, id: Uuid) -> Uuid {
        Uuid::from_u128(!id.as_u128() ^ ((named as u128) << 64))
    }
}

/// Days and months as numbers.
struct Counted;

impl Mask for Counted {
    fn id(&self, named: Named, id: Uuid) -> Uuid {
        Turned.id(named, id)
    }
    fn day(&self, _: NaiveDate) -> Value {
        json!(7)
    }
    fn month(&self, _: Month) -> Value {
        json!(-3)
    }
}

fn sample(shape: &Shape) -> Value {
    let name = format!("{}.{}.sample.json", shape.kind, shape.number);
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("catalogue")
        .join(name);
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// The types of ids that only the pilot has.
const KEPT: [&str; 8] = [
    "PilotId",
    "PartnerId",
    "ExpenseId",
    "PledgeId",
    "MeetingId",
    "DecisionId",
    "AgreementId",
    "ReportId",
];

/// Ids in a fact with their types, as the types themselves say, not the schema: what `Debug` writes.
fn ids_of(event: &Event) -> Vec<(String, Uuid)> {
    let written = format!("{event:?}");
    let mut found = Vec::new();
    for (at, _) in written.match_indices('(') {
        let id = written
            .get(at + 1..at + 37)
            .and_then(|text| Uuid::parse_str(text).ok());
        let before = written[..at].rsplit(|c: char| !c.is_ascii_alphanumeric());
        if let (Some(id), Some(name)) = (id, before.into_iter().next()) {
            found.push((name.to_owned(), id));
        }
    }
    found
}

/// The ids of a fact that may not be in what is shown of it.
fn hidden(event: &Event) -> BTreeSet<Uuid> {
    let ids = ids_of(event).into_iter();
    ids.filter(|(name, _)| !KEPT.contains(&name.as_str()))
        .map(|(_, id)| id)
        .collect()
}

/// What stands where, without the values.
fn form(value: &Value) -> Value {
    match value {
        Value::Null => Value::Null,
        Value::Bool(_) => json!("yes or no"),
        Value::Number(_) => json!("number"),
        Value::String(text) if Uuid::parse_str(text).is_ok() => json!("id"),
        Value::String(_) => json!("text"),
        Value::Array(values) => values.iter().map(form).collect(),
        Value::Object(map) => map
            .iter()
            .map(|(name, it)| (name.clone(), form(it)))
            .collect(),
    }
}

/// The same with everything that is sealed replaced by what is said of it.
fn unsealed(value: &Value) -> Value {
    match value {
        Value::Object(map) if map.contains_key("nonce") => sealed(),
        Value::Object(map) => map
            .iter()
            .map(|(name, it)| (name.clone(), unsealed(it)))
            .collect(),
        Value::Array(values) => values.iter().map(unsealed).collect(),
        other => other.clone(),
    }
}

/// Every text in a value.
fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(values) => values.iter().flat_map(texts).collect(),
        Value::Object(map) => map.values().flat_map(texts).collect(),
        _ => Vec::new(),
    }
}

#[test]
fn every_shape_is_understood() {
    assert_eq!(PLANS.len(), CATALOGUE.len());
    for of in PLANS.iter() {
        assert!(
            !of.plan.is_unclear(),
            "{} {}: {:#?}",
            of.kind,
            of.shape,
            of.plan
        );
    }
}

#[test]
fn no_sample_shows_an_id_of_a_household_or_anything_that_is_sealed() {
    let mut seen = BTreeSet::new();
    for shape in CATALOGUE {
        let data = sample(shape);
        let event = Event::decode(shape.kind, shape.number, data.clone()).unwrap();
        seen.extend(ids_of(&event).into_iter().map(|(name, _)| name));
        let shown = masked(shape.kind, shape.number, &data, &Turned);
        let text = shown.to_string();
        for id in hidden(&event) {
            assert!(!text.contains(&id.to_string()), "{}: {text}", shape.kind);
        }
        for word in ["nonce", "\"key\"", "withheld"] {
            assert!(!text.contains(word), "{}: {word} in {text}", shape.kind);
        }
        // What is left is as it was.
        assert_eq!(form(&shown), form(&unsealed(&data)), "{}", shape.kind);
    }
    // The ids were looked for where they are.
    for known in IDS.iter().filter(|(name, _)| *name != "PilotId") {
        assert!(seen.contains(known.0), "no sample has a {}", known.0);
    }
    assert!(seen.contains("Sealed"), "{seen:?}");
}

#[test]
fn days_and_months_are_told_as_the_mask_tells_them() {
    for shape in CATALOGUE {
        let shown = masked(shape.kind, shape.number, &sample(shape), &Counted);
        for text in texts(&shown) {
            let is_day = text.parse::<NaiveDate>().is_ok();
            assert!(
                !is_day && text.parse::<Month>().is_err(),
                "{}: {text}",
                shape.kind
            );
        }
    }
}

#[test]
fn what_is_not_known_is_withheld() {
    let id = "01926f3a-5c10-7d41-9a2e-3b7f10c4e801";
    let data = json!({ "household": id });
    assert_eq!(masked("Admission", 99, &data, &Turned), withheld());
    assert_eq!(masked("Nothing", 1, &data, &Turned), withheld());
    // A part that the shape does not have.
    let more = json!({ "household": id, "other": id, "until": id });
    let shown = masked("ExtensionGranted", 1, &more, &Turned);
    assert!(!shown.to_string().contains(id), "{shown}");
    assert_eq!(shown.as_object().unwrap().len(), 2);
    // A correction of something unknown.
    let event = json!({ "kind": "Nothing", "shape": 1, "data": data });
    let correction = json!({
        "position": 3, "reason": "other",
        "replacement": { "occurred_on": "2024-01-01", "event": event },
    });
    let shown = masked("RecordCorrected", 1, &correction, &Turned);
    assert!(!shown.to_string().contains(id), "{shown}");
    assert_eq!(shown["replacement"]["event"]["data"], withheld());
}

#[test]
fn a_schema_that_says_too_little_shows_nothing() {
    let id = "01926f3a-5c10-7d41-9a2e-3b7f10c4e801";
    for schema in [
        json!({ "type": "string", "format": "uuid" }),
        json!({ "type": "string", "format": "date-time" }),
        json!({ "$ref": "#/$defs/NewId",
            "$defs": { "NewId": { "type": "string", "format": "uuid" } } }),
        json!({ "$ref": "#/$defs/Missing" }),
        json!({}),
        json!(true),
        json!({ "type": "object" }),
        json!({ "anyOf": [
            { "$ref": "#/$defs/PersonId" }, { "$ref": "#/$defs/HouseholdId" },
        ], "$defs": {
            "PersonId": { "type": "string", "format": "uuid" },
            "HouseholdId": { "type": "string", "format": "uuid" },
        } }),
    ] {
        let plan = Plan::of(&schema, &schema, 0);
        assert!(plan.is_unclear(), "{schema}");
        for value in [json!(id), json!({ "id": id }), json!([id])] {
            let shown = plan.apply(&value, &Turned, 0).to_string();
            assert!(!shown.contains(id), "{schema}: {shown}");
        }
    }
}

/// A sample with other ids in the places of its own, of a few: the same may stand in several.
fn of_few() -> impl Strategy<Value = (usize, Vec<u128>)> {
    (0..CATALOGUE.len(), prop::collection::vec(0..6u128, 1..40))
}

/// Ids that stand in the places of a value's own.
fn with_ids(value: &mut Value, ids: &mut impl Iterator<Item = u128>) {
    match value {
        Value::String(text) if Uuid::parse_str(text).is_ok() => {
            // As ids of the time are: all alike but for a few bits.
            let id = 0x0192_6f3a_5c10_7d41_9a2e_3b7f_10c4_e800 + ids.next().unwrap_or_default();
            *text = Uuid::from_u128(id).to_string();
        }
        Value::Array(values) => values.iter_mut().for_each(|it| with_ids(it, ids)),
        Value::Object(map) => map.values_mut().for_each(|it| with_ids(it, ids)),
        _ => {}
    }
}

/// Each id of a value with what stands in its place in another one.
fn pairs<'a>(before: &'a Value, after: &'a Value, found: &mut Vec<(&'a str, &'a str)>) {
    match (before, after) {
        (Value::String(one), Value::String(another)) => found.push((one, another)),
        (Value::Array(one), Value::Array(another)) => {
            let both = one.iter().zip(another);
            both.for_each(|(one, another)| pairs(one, another, found));
        }
        (Value::Object(one), Value::Object(another)) => {
            let both = one
                .iter()
                .filter_map(|(name, it)| Some((it, another.get(name)?)));
            both.for_each(|(one, another)| pairs(one, another, found));
        }
        _ => {}
    }
}

proptest! {
    #[test]
    fn no_id_of_a_household_is_left_and_the_same_id_is_the_same((which, ids) in of_few()) {
        let shape = &CATALOGUE[which];
        let mut data = sample(shape);
        with_ids(&mut data, &mut ids.iter().copied().cycle());
        let event = Event::decode(shape.kind, shape.number, data.clone()).unwrap();
        let shown = masked(shape.kind, shape.number, &data, &Turned);

        // An id may stand in several places, for the pilot in one and for a household in another.
        let kept: BTreeSet<Uuid> = ids_of(&event)
            .into_iter()
            .filter(|(name, _)| KEPT.contains(&name.as_str()))
            .map(|(_, id)| id)
            .collect();
        let text = shown.to_string();
        for id in hidden(&event).difference(&kept) {
            prop_assert!(!text.contains(&id.to_string()), "{}", text);
        }

        let plain = unsealed(&data);
        prop_assert_eq!(form(&shown), form(&plain));
        // Masked again it looks the same; and it is masked again, not recognised.
        let again = masked(shape.kind, shape.number, &shown, &Turned);
        prop_assert_eq!(form(&again), form(&shown).clone());

        // Ids that stand for the same kind of thing are joined as they were before.
        let mut found = Vec::new();
        pairs(&plain, &shown, &mut found);
        let ids = found.iter().filter(|(before, after)| {
            before != after && Uuid::parse_str(before).is_ok()
        });
        let mut known: BTreeMap<&str, &str> = BTreeMap::new();
        let mut given: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for (before, after) in ids {
            // The same pseudonym never stands for two ids.
            let first = known.insert(after, before);
            prop_assert!(first.is_none_or(|first| first == *before));
            given.entry(before).or_default().insert(after);
        }
        // And an id has one for each kind of thing that it names.
        for (id, given) in given {
            let kinds: BTreeSet<String> = ids_of(&event)
                .into_iter()
                .filter(|(_, known)| known.to_string() == id)
                .map(|(name, _)| name)
                .collect();
            prop_assert!(given.len() <= kinds.len(), "{}: {:?} {:?}", id, given, kinds);
        }
    }
}
