//! The catalogue of facts.

use events::CATALOGUE;
use serde_json::{Value, json};

use super::{Ended, say, say_json};

pub(super) fn catalogue(as_json: bool) -> anyhow::Result<Ended> {
    if as_json {
        let facts: Vec<Value> = CATALOGUE
            .iter()
            .map(|shape| {
                let (it, en) = events::labels(shape.kind).unwrap_or_default();
                json!({
                    "kind": shape.kind,
                    "shape": shape.number,
                    "label": { "it": it, "en": en },
                    "command": command(shape.kind),
                    "schema": (shape.schema)(),
                })
            })
            .collect();
        let codes: Vec<Value> = events::codes::all()
            .into_iter()
            .map(|(name, entries)| {
                let entries: Vec<Value> = entries
                    .into_iter()
                    .map(|(code, it, en)| json!({ "code": code, "it": it, "en": en }))
                    .collect();
                json!({ "list": name, "codes": entries })
            })
            .collect();
        say_json(&json!({ "facts": facts, "codeLists": codes }))?;
        return Ok(Ended::Well);
    }
    for shape in CATALOGUE {
        let (it, en) = events::labels(shape.kind).unwrap_or_default();
        say(&format!(
            "{:<24} shape {}  {it} / {en}",
            shape.kind, shape.number
        ));
    }
    Ok(Ended::Well)
}

/// The command that records a fact of this type.
fn command(kind: &str) -> Option<&'static str> {
    domain::COMMANDS
        .iter()
        .find(|command| command.kind == kind)
        .map(|command| command.name)
}
