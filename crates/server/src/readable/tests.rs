use std::path::Path;

use events::access::ACCESS_CATALOGUE;
use events::{CATALOGUE, PersonId, PilotId, Shape};
use serde_json::json;
use uuid::Uuid;

use super::words::FIELDS;
use super::*;

/// Parts of a payload that are no field: how an answer, a sealed value and a fact in a fact are written.
const NO_FIELD: [&str; 7] = ["known", "key", "nonce", "text", "person", "shape", "data"];

fn sample(shape: &Shape, folder: &str) -> Value {
    let catalogue = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../events/catalogue");
    let name = format!("{}.{}.sample.json", shape.kind, shape.number);
    let text = std::fs::read_to_string(catalogue.join(folder).join(name)).expect("a sample");
    serde_json::from_str(&text).expect("JSON")
}

/// Shapes of facts that may be about a person.
fn about_persons() -> impl Iterator<Item = (&'static Shape, &'static str)> {
    let of_household = |shape: &&Shape| {
        let schema = (shape.schema)().to_value();
        schema["properties"].get("household").is_some() || shape.kind.starts_with("Record")
    };
    let facts = CATALOGUE
        .iter()
        .filter(of_household)
        .map(|shape| (shape, ""));
    facts.chain(ACCESS_CATALOGUE.iter().map(|shape| (shape, "access")))
}

fn properties(schema: &Value, found: &mut BTreeSet<String>) {
    match schema {
        Value::Array(items) => items.iter().for_each(|item| properties(item, found)),
        Value::Object(map) => {
            if let Some(Value::Object(fields)) = map.get("properties") {
                found.extend(fields.keys().cloned());
            }
            map.values().for_each(|inner| properties(inner, found));
        }
        _ => {}
    }
}

#[test]
fn every_field_that_may_be_about_a_person_is_called_something() {
    let mut found = BTreeSet::new();
    for (shape, _) in about_persons() {
        properties(&(shape.schema)().to_value(), &mut found);
    }
    assert!(found.len() > 60);
    let unnamed: Vec<&String> = found
        .iter()
        .filter(|name| !NO_FIELD.contains(&name.as_str()))
        .filter(|name| FIELDS.iter().all(|line| line.0 != name.as_str()))
        .collect();
    assert!(unnamed.is_empty(), "give {unnamed:?} a line in words.rs");
}

/// A fact as an export has it, its sealed values opened.
fn exported(position: i64, shape: &Shape, mut data: Value) -> ExportedFact {
    open(&mut data);
    let labels = events::labels(shape.kind).or(events::access::labels(shape.kind));
    ExportedFact {
        id: Uuid::from_u128(0xf000 + position.unsigned_abs() as u128),
        position,
        kind: shape.kind.to_owned(),
        shape: shape.number,
        label: labels.expect("labels"),
        occurred_on: "2025-03-05".parse().expect("a day"),
        recorded_at: "2025-03-06T09:07:00Z".parse().expect("a time"),
        actor: "account:0".to_owned(),
        data,
    }
}

/// Puts something readable where something is sealed.
fn open(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(open),
        Value::Object(map) if map.contains_key("nonce") => *value = json!("does_not_know, dice"),
        Value::Object(map) => {
            for (key, inner) in map.iter_mut() {
                match key.as_str() {
                    "identity" => {
                        *inner = json!({
                            "given_name": "Fittilda", "family_name": "Fittiziani",
                            "born_on": "1990-02-01", "contact": null,
                        });
                    }
                    _ => open(inner),
                }
            }
        }
        _ => {}
    }
}

fn export(facts: Vec<ExportedFact>, access: Vec<ExportedFact>) -> Export {
    Export {
        person: PersonId(Uuid::from_u128(7)),
        taken_at: "2025-04-01T10:00:00Z".parse().expect("a time"),
        pilots: vec![ExportedLog {
            pilot: PilotId(Uuid::from_u128(1)),
            title: Some("Il cortile".to_owned()),
            facts,
            access,
        }],
    }
}

#[test]
fn no_code_and_no_date_is_left_as_machines_write_it() {
    let lists = events::codes::all();
    let codes: BTreeSet<&str> = lists
        .iter()
        .flat_map(|list| list.codes.iter().map(|code| code.code))
        .filter(|code| code.contains('_'))
        .collect();
    for (shape, folder) in about_persons() {
        let fact = exported(1, shape, sample(shape, folder));
        for language in [Language::It, Language::En] {
            let export = export(vec![fact.clone()], Vec::new());
            let text = document(&export, Known::default(), language);
            let told: String = text
                .lines()
                .filter(|line| line.trim().starts_with("- "))
                .collect();
            assert!(!told.is_empty(), "{} says nothing: {text}", shape.kind);
            let words = told.split(|letter: char| !(letter.is_alphanumeric() || letter == '_'));
            let raw: Vec<&str> = words.filter(|word| codes.contains(word)).collect();
            // Her own words are left as they are.
            assert!(
                raw.iter().all(|word| *word == "does_not_know"),
                "{raw:?} in {text}"
            );
            let dated = told
                .split(' ')
                .any(|word| word.parse::<chrono::NaiveDate>().is_ok());
            assert!(!dated, "{text}");
            assert!(!told.contains("{") && !told.contains("known"), "{text}");
        }
    }
}

fn shape(kind: &str) -> &'static Shape {
    let mut all = CATALOGUE.iter().chain(ACCESS_CATALOGUE);
    all.rfind(|shape| shape.kind == kind).expect("a shape")
}

#[test]
fn she_reads_what_was_recorded_and_who_read_it() {
    let her = Uuid::from_u128(7).to_string();
    let (goal, partner) = (Uuid::from_u128(8), Uuid::from_u128(9));
    let household = Uuid::from_u128(5);
    let goal_set = json!({
        "household": household, "goal": goal, "domain": "housing", "due": "2025-12-01",
        "text": "Voglio la mia porta",
    });
    let review = json!({ "household": household, "goal": goal, "attainment": 1, "note": null });
    let visit = json!({
        "household": household, "kind": "home", "purpose": "support", "minutes": 45,
        "present": [her, Uuid::from_u128(6)], "partners": [partner], "note": "prima riga\nseconda",
    });
    let correction = json!({
        "position": 3, "reason": "typing_error",
        "replacement": { "occurred_on": "2025-03-04", "event": {
            "kind": "Visit", "shape": 1, "data": {
                "household": household, "kind": "phone", "purpose": "support", "minutes": 10,
                "present": [], "partners": [], "note": { "unreadable": "no key" },
            },
        } },
    });
    let facts = vec![
        exported(1, shape("GoalSet"), goal_set),
        exported(2, shape("GoalReviewed"), review),
        exported(3, shape("Visit"), visit),
        exported(4, shape("RecordCorrected"), correction),
    ];
    let read = json!({
        "person": her, "group": "text", "purpose": "care", "facts": [facts[2].id, facts[0].id],
    });
    let taken = json!({ "person": her, "purpose": "her_request", "facts": 4 });
    let placed = json!({ "person": her, "reason": "legal_claim" });
    let access = vec![
        exported(1, shape("PersonalDataRead"), read),
        exported(2, shape("ExportTaken"), taken),
        exported(3, shape("RestrictionPlaced"), placed),
    ];
    let mut known = Known::default();
    known
        .names
        .insert(partner.to_string(), "Centro antiviolenza".to_owned());
    known
        .names
        .insert("account:0".to_owned(), "Coordinatrice".to_owned());
    let text = document(&export(facts, access), known, Language::It);
    for said in [
        "# I tuoi dati\n",
        "del 1º aprile 2025, ore 10:00 UTC",
        "## Progetto: Il cortile\n",
        "### Chi ha letto i tuoi dati\n",
        "| 6 marzo 2025, ore 09:07 UTC | Coordinatrice | Note e testi (n. 1, n. 3) | Lavoro con la persona |\n",
        "| Coordinatrice | Copia di tutti i dati | Richiesta della persona |\n",
        "#### 5 marzo 2025: Limitazione del trattamento (n. 3)\n",
        "- motivo: Difesa di un diritto in giudizio\n",
        "#### 5 marzo 2025: Obiettivo fissato (n. 1)\n",
        "- entro il: 1º dicembre 2025\n",
        "- con le sue parole: Voglio la mia porta\n",
        "- obiettivo: «Voglio la mia porta»\n",
        "- presenti: lei, un'altra persona\n",
        "- enti presenti: Centro antiviolenza\n",
        "- nota: prima riga\n  seconda\n",
        "**Corretto dalla registrazione n. 4.**\n",
        "- avvenuto il: 4 marzo 2025\n",
        "    - minuti: 10\n",
        "    - nota: non si può più leggere\n",
        "Registrato il 6 marzo 2025, ore 09:07 UTC, da Coordinatrice.\n",
    ] {
        assert!(text.contains(said), "{said:?} is not in {text}");
    }
    // Nobody else's id, and no household's.
    assert!(!text.contains(&Uuid::from_u128(6).to_string()));
    assert!(!text.contains(&household.to_string()));
}

#[test]
fn who_read_nothing_is_told_so() {
    let none = document(
        &export(Vec::new(), Vec::new()),
        Known::default(),
        Language::It,
    );
    assert!(none.contains("### Chi ha letto i tuoi dati\n\nNessuno.\n"));
    let none = document(
        &export(Vec::new(), Vec::new()),
        Known::default(),
        Language::En,
    );
    assert!(none.contains("### Who read your data\n\nNobody.\n"));
}
