//! Who may do what: everything that can be asked or done, by every role in every standing, against the
//! expectations in `expected.txt`.

mod asked;
mod expected;
mod fields;
mod roots;
mod shared;
mod site;
mod statements;
mod times;
mod tokens;

use async_graphql::parser::types::{TypeKind, TypeSystemDefinition};

pub(crate) use expected::{Outcome, expected};

use crate::house::Answer;

/// What an answer says; anything else in words.
fn outcome(answer: &Answer) -> Result<Outcome, String> {
    let codes = answer.codes();
    let all = |code: &str| !codes.is_empty() && codes.iter().all(|it| it == code);
    if codes.is_empty() {
        Ok(Outcome::Allow)
    } else if all("FORBIDDEN") {
        Ok(Outcome::Deny)
    } else if all("NOT_FOUND") {
        Ok(Outcome::NotFound)
    } else {
        Err(answer.text.clone())
    }
}

/// The names of the fields of every type of objects in the schema.
fn schema() -> Vec<(String, Vec<String>)> {
    let document = async_graphql::parser::parse_schema(server::graphql::sdl());
    let mut types = Vec::new();
    for definition in document.expect("a schema").definitions {
        if let TypeSystemDefinition::Type(defined) = definition
            && let TypeKind::Object(object) = defined.node.kind
        {
            let fields = object.fields.iter();
            let fields = fields.map(|field| field.node.name.node.to_string());
            types.push((defined.node.name.node.to_string(), fields.collect()));
        }
    }
    types
}

/// Every field has a line, and every line a field.
#[test]
fn every_field_of_the_schema_has_a_line() {
    let mut unused: std::collections::BTreeSet<String> =
        ["query", "mutation", "subscription", "field", "answer"]
            .iter()
            .flat_map(|kind| {
                expected(kind)
                    .into_keys()
                    .map(move |name| format!("{kind} {name}"))
            })
            .collect();
    let (below, answers) = (expected("field"), expected("answer"));
    let mut missing = Vec::new();
    for (of, fields) in schema() {
        for field in fields {
            let root = match of.as_str() {
                "Query" => Some("query"),
                "Mutation" => Some("mutation"),
                "Subscription" => Some("subscription"),
                _ => None,
            };
            let found = match root {
                Some(kind) => expected(kind)
                    .contains_key(&field)
                    .then(|| format!("{kind} {field}")),
                None => expected::field(&below, &of, &field)
                    .map(|line| format!("field {}", line.name))
                    .or_else(|| {
                        let line = expected::field(&answers, &of, &field);
                        line.map(|line| format!("answer {}", line.name))
                    }),
            };
            match found {
                Some(line) => _ = unused.remove(&line),
                None => missing.push(format!("{of}.{field}")),
            }
        }
    }
    assert!(missing.is_empty(), "no line in expected.txt: {missing:?}");
    assert!(unused.is_empty(), "a line about nothing: {unused:?}");
}
