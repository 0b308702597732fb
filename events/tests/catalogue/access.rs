//! The facts of access logs on disk. The same rules as for a pilot's facts, and one more: nothing in
//! them is a text that somebody wrote.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::Path;

use events::access::{
    ACCESS_CATALOGUE, AccessEvent, AccessStream, Holder, installation_log, labels, log_of,
    without_access_logs,
};
use events::{AccountId, CATALOGUE, PilotId, Shape, TokenId};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{FOLDER as ROOT, complaint, file_name, places, without_wording};

/// Their folder in the catalogue's.
pub(super) const FOLDER: &str = "access";

/// Writes the schemas that are missing.
pub(super) fn write_missing(folder: &Path) {
    fs::create_dir_all(folder).expect("a folder");
    for shape in ACCESS_CATALOGUE {
        match File::create_new(folder.join(file_name(shape, "schema"))) {
            Ok(mut file) => {
                let text = serde_json::to_string_pretty(&(shape.schema)());
                let text = text.expect("a schema");
                writeln!(file, "{text}").expect("written");
            }
            Err(fault) => assert_eq!(fault.kind(), ErrorKind::AlreadyExists),
        }
    }
}

fn read(shape: &Shape, what: &str) -> Value {
    let path = ROOT.join(FOLDER).join(file_name(shape, what));
    let text = fs::read_to_string(&path);
    let text = text.unwrap_or_else(|fault| panic!("{}: {fault}", path.display()));
    serde_json::from_str(&text).expect("JSON")
}

#[test]
fn every_shape_is_the_one_that_was_recorded_and_opens() {
    for shape in ACCESS_CATALOGUE {
        let generated = (shape.schema)().to_value();
        let (schema, sample) = (read(shape, "schema"), read(shape, "sample"));
        assert_eq!(complaint(&schema, &generated), None, "{}", shape.kind);
        let validator = jsonschema::options()
            .should_validate_formats(true)
            .build(&super::codes::spelled_out(&schema))
            .unwrap();
        assert!(validator.is_valid(&sample), "{}", shape.kind);
        let event = AccessEvent::decode(shape.kind, shape.number, sample.clone()).unwrap();
        let encoded = event.encode().unwrap();
        assert_eq!((event.kind(), &encoded.data), (shape.kind, &sample));
        assert!(labels(shape.kind).is_some());
        let mut stray = sample.clone();
        stray["unheard_of"] = json!(1);
        assert!(!validator.is_valid(&stray));
        assert!(AccessEvent::decode(shape.kind, shape.number, stray).is_err());
        for place in places(&sample) {
            assert!(
                !sample.pointer(&place).unwrap().is_null(),
                "{}{place}",
                shape.kind
            );
        }
    }
}

#[test]
fn the_folder_holds_them_and_nothing_else() {
    let expected: BTreeSet<String> = ACCESS_CATALOGUE
        .iter()
        .flat_map(|shape| ["schema", "sample"].map(|what| file_name(shape, what)))
        .collect();
    let found: BTreeSet<String> = fs::read_dir(ROOT.join(FOLDER))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(expected, found);
    // A log is told by its first fact: no kind belongs to both.
    for shape in ACCESS_CATALOGUE {
        assert!(CATALOGUE.iter().all(|other| other.kind != shape.kind));
    }
}

/// Forms of a text in which nobody can write something.
const FORMS: [&str; 2] = ["uuid", "date-time"];

/// Places in a schema where a text may stand that is neither an id nor a time nor a code.
fn texts(schema: &Value, here: &str, found: &mut Vec<String>) {
    match schema {
        Value::Object(map) => {
            let may_be_text = match &map.get("type") {
                Some(Value::String(one)) => one == "string",
                Some(Value::Array(several)) => several.contains(&json!("string")),
                _ => false,
            };
            let form = map.get("format").and_then(Value::as_str);
            let is_formed = form.is_some_and(|form| FORMS.contains(&form));
            if may_be_text && !is_formed && !map.contains_key("x-code-list") {
                found.push(here.to_owned());
            }
            for (key, inner) in map {
                texts(inner, &format!("{here}/{key}"), found);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| texts(item, here, found)),
        _ => {}
    }
}

#[test]
fn there_is_no_text_in_them() {
    for shape in ACCESS_CATALOGUE {
        let mut found = Vec::new();
        texts(&without_wording(&read(shape, "schema")), "", &mut found);
        assert!(found.is_empty(), "{}: {found:?}", shape.kind);
    }
    let mut found = Vec::new();
    let name = json!({ "properties": { "name": { "type": ["string", "null"] } } });
    texts(&name, "", &mut found);
    assert_eq!(found, ["/properties/name"]);
}

#[test]
fn access_logs_are_told_from_pilots() {
    let pilots = [1, 2].map(Uuid::from_u128);
    let access = pilots.map(|pilot| log_of(PilotId(pilot)));
    let all = [
        pilots[0],
        access[1],
        installation_log(),
        access[0],
        pilots[1],
    ];
    assert_eq!(without_access_logs(&all), pilots);
    assert_eq!(without_access_logs(&pilots), pilots);
}

#[test]
fn holders_and_streams_are_read_as_they_are_written() {
    let id = Uuid::from_u128(7);
    for holder in [Holder::Account(AccountId(id)), Holder::Token(TokenId(id))] {
        assert_eq!(holder.to_string().parse(), Ok(holder));
        let stream = AccessStream::from(holder);
        assert_eq!(stream.to_string().parse(), Ok(stream));
        // One is written with a colon, the other with a slash: neither is taken for the other.
        assert!(stream.to_string().parse::<Holder>().is_err());
        assert!(holder.to_string().parse::<AccessStream>().is_err());
    }
    for stream in [
        AccessStream::SignIn,
        AccessStream::Roles,
        AccessStream::BreakGlass,
        AccessStream::Person(id.into()),
    ] {
        assert_eq!(stream.to_string().parse(), Ok(stream));
    }
    for none in ["", "operator", "account:", "token:x", "person:7"] {
        assert!(none.parse::<Holder>().is_err(), "{none}");
        assert!(none.parse::<AccessStream>().is_err(), "{none}");
    }
}

#[test]
fn every_fact_belongs_to_a_stream_and_no_stream_twice() {
    for shape in ACCESS_CATALOGUE {
        let sample = read(shape, "sample");
        let event = AccessEvent::decode(shape.kind, shape.number, sample.clone()).unwrap();
        let streams: Vec<AccessStream> = event.also().into_iter().chain([event.stream()]).collect();
        let distinct: BTreeSet<_> = streams.iter().collect();
        assert_eq!(distinct.len(), streams.len(), "{}", shape.kind);
        // Whoever looks for what is about a person finds it in her stream.
        let hers = event.person().map(AccessStream::Person);
        assert!(
            hers.is_none_or(|hers| streams.contains(&hers)),
            "{}",
            shape.kind
        );
        // Whoever looks for what is about an account or a token finds it there.
        let text = sample["holder"].as_object().and_then(|of| of.iter().next());
        if let Some((kind, id)) = text {
            let own = format!("{kind}/{}", id.as_str().unwrap());
            assert!(
                streams.iter().any(|it| it.to_string() == own),
                "{}",
                shape.kind
            );
        }
    }
}
