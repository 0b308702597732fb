//! The guard against personal text in the clear: walks every schema and wants to know of each
//! string why it can hold no sentence about anybody.

use super::*;

/// The strings that people write and everybody may read, and why.
const CLEAR: &[(&str, &str)] = &[
    ("PilotOpened.title", "the pilot's public name"),
    (
        "PilotOpened.place",
        "a municipality or an area, larger than any address",
    ),
    (
        "PilotOpened.code",
        "a word for addresses and the command line",
    ),
    (
        "PilotOpened.hmis_project.project_id",
        "the number of a project in a published standard",
    ),
    ("PartnerJoined.name", "the public name of an organisation"),
    (
        "DwellingRegistered.label",
        "what a flat is called, never its address",
    ),
    (
        "ExpenseRecorded.description",
        "what money was spent on, never a person",
    ),
    (
        "AgreementAdopted.title",
        "the public title of an agreement between organisations",
    ),
    (
        "DecisionTaken.title",
        "what a committee of organisations decided, never about a person",
    ),
    (
        "ReportPublished.figures",
        "figures that passed disclosure control, as they were published",
    ),
    (
        "ReportRestated.figures",
        "figures that passed disclosure control, as they were published",
    ),
    (
        "AssessmentScored.instrument",
        "one word of the registry of instruments, without a space",
    ),
    (
        "AssessmentScored.scores[].area",
        "one word of the registry of instruments, without a space",
    ),
    (
        "RiskAssessed.instrument",
        "one word of the registry of instruments, without a space",
    ),
    (
        "RecordCorrected.replacement.event.kind",
        "the type's name of another fact: decoding knows which there are",
    ),
    (
        "RecordCorrected.replacement.event.data",
        "the payload of another fact: it has a schema of its own, and is walked there",
    ),
];

/// Formats that hold no sentence.
const FORMATS: &[&str] = &["uuid", "date", "date-time"];

/// Patterns that hold no sentence: a decimal number, a month, a SHA-256.
const PATTERNS: &[&str] = &[
    r"^-?\d+(\.\d+)?([eE]\d+)?$",
    r"^-?[0-9]+(\.[0-9]+)?$",
    "^[0-9]{4}-(0[1-9]|1[0-2])$",
    "^[0-9a-f]{64}$",
];

/// One walk through one schema.
struct Walk<'a> {
    root: &'a Value,
    /// Places of the list that were come by.
    listed: BTreeSet<&'static str>,
    /// Where a sentence could stand in the clear.
    found: Vec<String>,
}

impl<'a> Walk<'a> {
    fn of(name: &str, root: &'a Value) -> Self {
        let mut walk = Self {
            root,
            listed: BTreeSet::new(),
            found: Vec::new(),
        };
        walk.visit(root, name, 0);
        walk
    }

    fn visit(&mut self, schema: &Value, place: &str, depth: usize) {
        /// Deeper than any payload: a schema that goes on for ever is refused, not followed.
        const DEPTH_LIMIT: usize = 32;
        if let Some((listed, _)) = CLEAR.iter().find(|(listed, _)| *listed == place) {
            self.listed.insert(listed);
            return;
        }
        let Some(map) = schema.as_object().filter(|_| depth < DEPTH_LIMIT) else {
            return self.blame(place, "anything may stand here");
        };
        if map.contains_key("x-sealed") {
            if without_wording(&self.resolved(schema)) != *SEALED {
                self.blame(place, "is marked as sealed and is not");
            }
            return;
        }
        if map.contains_key("const") || map.contains_key("enum") {
            return;
        }
        if let Some(list) = map.get("x-code-list") {
            // The decoder takes no word that its list does not hold.
            if !list.as_str().is_some_and(codes::is_list) {
                self.blame(place, "is of a code list that there is not");
            }
            return;
        }
        if let Some(name) = map.get("$ref").and_then(Value::as_str) {
            return match name
                .strip_prefix('#')
                .and_then(|inner| self.root.pointer(inner))
            {
                Some(target) => self.visit(target, place, depth + 1),
                None => self.blame(place, "refers to a schema elsewhere"),
            };
        }
        let choices = ["oneOf", "anyOf"]
            .iter()
            .filter_map(|key| map.get(*key)?.as_array());
        let choices: Vec<&Value> = choices.flatten().collect();
        for choice in &choices {
            self.visit(choice, place, depth + 1);
        }
        match map.get("type") {
            Some(Value::String(kind)) => self.visit_type(map, kind, place, depth),
            Some(Value::Array(kinds)) => kinds
                .iter()
                .for_each(|kind| self.visit_type(map, kind.as_str().unwrap_or(""), place, depth)),
            _ if choices.is_empty() => self.blame(place, "anything may stand here"),
            _ => {}
        }
    }

    fn visit_type(
        &mut self,
        map: &serde_json::Map<String, Value>,
        kind: &str,
        place: &str,
        depth: usize,
    ) {
        let is_one_of = |key: &str, list: &[&str]| {
            map.get(key)
                .and_then(Value::as_str)
                .is_some_and(|value| list.contains(&value))
        };
        match kind {
            "null" | "boolean" | "integer" | "number" => {}
            "string" if is_one_of("format", FORMATS) || is_one_of("pattern", PATTERNS) => {}
            "string" => self.blame(place, "a text in the clear"),
            "array" => match map.get("items") {
                Some(items) => self.visit(items, &format!("{place}[]"), depth + 1),
                None => self.blame(place, "anything may stand in this list"),
            },
            "object" => {
                if map.get("additionalProperties") != Some(&json!(false))
                    || map.contains_key("patternProperties")
                {
                    self.blame(place, "keys that nobody declared may stand here");
                }
                let properties = map.get("properties").and_then(Value::as_object);
                for (key, inner) in properties.into_iter().flatten() {
                    self.visit(inner, &format!("{place}.{key}"), depth + 1);
                }
            }
            _ => self.blame(place, "is of a type that the guard does not know"),
        }
    }

    fn blame(&mut self, place: &str, why: &str) {
        self.found.push(format!("{place}: {why}"));
    }

    /// `schema` with every reference replaced by what it refers to.
    fn resolved(&self, schema: &Value) -> Value {
        resolved(self.root, schema)
    }
}

fn resolved(root: &Value, schema: &Value) -> Value {
    match schema {
        Value::Object(map) => match map.get("$ref").and_then(Value::as_str) {
            Some(name) => name
                .strip_prefix('#')
                .and_then(|inner| root.pointer(inner))
                .map_or(Value::Null, |target| resolved(root, target)),
            None => map
                .iter()
                .map(|(key, value)| (key.clone(), resolved(root, value)))
                .collect(),
        },
        Value::Array(items) => items.iter().map(|item| resolved(root, item)).collect(),
        plain => plain.clone(),
    }
}

/// What a sealed value looks like, whatever it seals.
static SEALED: LazyLock<Value> = LazyLock::new(|| {
    let root = schemars::schema_for!(Sealed<FreeText>).to_value();
    let mut schema = resolved(&root, &root);
    if let Some(map) = schema.as_object_mut() {
        map.retain(|key, _| !["$schema", "$defs", "title"].contains(&key.as_str()));
    }
    without_wording(&schema)
});

#[test]
fn no_fact_holds_personal_text_in_the_clear() {
    let mut listed = BTreeSet::new();
    let mut found = Vec::new();
    for shape in CATALOGUE {
        let schema = read(shape, "schema");
        let walk = Walk::of(shape.kind, &schema);
        listed.extend(walk.listed);
        found.extend(walk.found);
    }
    assert!(
        found.is_empty(),
        "seal it, make it a code, or put it on the list with a reason:\n{}",
        found.join("\n")
    );
    for (place, why) in CLEAR {
        assert!(
            !why.is_empty() && listed.contains(place),
            "{place} is on the list for nothing"
        );
    }
}

/// What the walk finds in a made-up fact with one field, `field`.
fn found_in(field: Value) -> Vec<String> {
    let schema = json!({
        "type": "object",
        "properties": { "field": field },
        "additionalProperties": false,
        "$defs": { "Name": { "type": "string" }, "Loop": { "$ref": "#/$defs/Loop" } }
    });
    Walk::of("MadeUp", &schema).found
}

#[test]
fn the_guard_finds_text_wherever_it_hides() {
    let object = |property: Value| json!({ "type": "object", "properties": { "inner": property }, "additionalProperties": false });
    let text = json!({ "type": "string" });
    let clear = [
        text.clone(),
        json!({ "type": ["string", "null"] }),
        json!({ "type": "string", "format": "email" }),
        json!({ "type": "string", "pattern": ".*" }),
        json!({ "type": "string", "maxLength": 80 }),
        json!({ "$ref": "#/$defs/Name" }),
        json!({ "$ref": "#/$defs/Loop" }),
        json!({ "$ref": "https://example.org/name.json" }),
        json!({ "anyOf": [{ "$ref": "#/$defs/Name" }, { "type": "null" }] }),
        json!({ "oneOf": [{ "const": "not_collected" }, object(text.clone())] }),
        json!({ "type": "array", "items": text }),
        json!({ "type": "array" }),
        object(json!({ "type": "string", "x-scaled": true })),
        json!({ "type": "object" }),
        json!({ "type": "object", "additionalProperties": { "type": "string" } }),
        json!({ "type": "object", "properties": {} , "patternProperties": { "x": text }, "additionalProperties": false }),
        json!({ "type": "string", "x-sealed": true }),
        json!({ "type": "string", "x-code-list": "Nickname" }),
        json!({ "type": "string", "x-code-list": true }),
        json!({ "type": "object", "properties": { "text": text }, "additionalProperties": false, "x-sealed": true }),
        json!({ "description": "whatever" }),
        json!({}),
        json!(true),
    ];
    for field in clear {
        assert_eq!(found_in(field.clone()).len(), 1, "{field}");
    }
}

#[test]
fn the_guard_lets_dates_codes_numbers_and_sealed_text_pass() {
    let harmless = [
        json!({ "type": "string", "format": "uuid" }),
        json!({ "type": ["string", "null"], "format": "date" }),
        json!({ "type": "string", "enum": ["one", "two"] }),
        json!({ "oneOf": [{ "type": "string", "const": "one" }] }),
        json!({ "type": "string", "x-code-list": "Relation" }),
        json!({ "type": "string", "pattern": "^[0-9]{4}-(0[1-9]|1[0-2])$" }),
        json!({ "type": "array", "items": { "type": "integer" } }),
        json!({ "anyOf": [SEALED.clone(), { "type": "null" }] }),
    ];
    for field in harmless {
        assert_eq!(found_in(field.clone()), Vec::<String>::new(), "{field}");
    }
}

#[test]
fn the_guard_knows_the_types_that_facts_are_made_of() {
    /// A fact as somebody in a hurry would write it.
    #[derive(serde::Serialize, schemars::JsonSchema)]
    #[schemars(deny_unknown_fields)]
    struct Hurried {
        person: events::PersonId,
        born: events::Answer<events::Birth>,
        amount: Option<events::Money>,
        note: Option<Sealed<FreeText>>,
        // From here on it went wrong.
        nickname: events::Answer<String>,
        remark: Option<String>,
        who: events::Identity,
        open_note: FreeText,
    }
    let schema = schemars::schema_for!(Hurried).to_value();
    let found = Walk::of("Hurried", &schema).found;
    let places: Vec<&str> = found
        .iter()
        .filter_map(|line| line.split(": ").next())
        .collect();
    assert_eq!(
        places.iter().copied().collect::<BTreeSet<_>>(),
        BTreeSet::from([
            "Hurried.nickname.known",
            "Hurried.open_note",
            "Hurried.remark",
            "Hurried.who.contact",
            "Hurried.who.family_name",
            "Hurried.who.given_name",
        ])
    );
}
