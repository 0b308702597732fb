//! The catalogue of facts, and the code lists.

use events::CATALOGUE;
use events::codes::ListedCode;
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
            .map(|list| json!({ "list": list.name, "version": list.version, "codes": list.codes }))
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
    for list in events::codes::all() {
        let codes: Vec<String> = list.codes.iter().map(code).collect();
        say(&format!(
            "{:<24} version {}  {}",
            list.name,
            list.version,
            codes.join(", ")
        ));
    }
    Ok(Ended::Well)
}

/// A code, with the version it came with if that is not the first, and the one it left with.
fn code(entry: &ListedCode) -> String {
    match (entry.since, entry.until) {
        (1, None) => entry.code.to_owned(),
        (since, None) => format!("{} (since {since})", entry.code),
        (1, Some(until)) => format!("{} (gone since {until})", entry.code),
        (since, Some(until)) => format!("{} (since {since}, gone since {until})", entry.code),
    }
}

/// The command that records a fact of this type.
fn command(kind: &str) -> Option<&'static str> {
    domain::COMMANDS
        .iter()
        .find(|command| command.kind == kind)
        .map(|command| command.name)
}
