//! What a fact says, value by value, as its schema tells what each value is.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use events::access::ACCESS_CATALOGUE;
use events::instruments::INSTRUMENTS;
use events::{CATALOGUE, codes};
use serde_json::{Map, Value};

use super::Known;
use super::words::Language;

/// Fields that every fact of a household has, and that say nothing to her.
const LEFT_OUT: [&str; 1] = ["household"];
/// Bound of nesting, deeper than any fact.
const DEPTH: usize = 16;

/// One line of what a fact says: so deep, so called, so valued. A value of none has lines of its own
/// below it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) depth: usize,
    pub(super) name: String,
    pub(super) value: Option<String>,
}

/// Tells facts in one language.
pub(super) struct Teller<'a> {
    pub(super) language: Language,
    pub(super) known: &'a Known,
    lists: BTreeMap<&'static str, codes::Listing>,
}

/// A value where it stands: what it is called, and what its schema says of it.
struct Told<'a> {
    /// The name of its field.
    field: &'a str,
    value: &'a Value,
    schema: &'a Value,
    /// The whole schema, which parts of it refer to.
    root: &'a Value,
    depth: usize,
}

impl<'a> Teller<'a> {
    pub(super) fn new(language: Language, known: &'a Known) -> Self {
        let lists = codes::all().into_iter().map(|list| (list.name, list));
        Self {
            language,
            known,
            lists: lists.collect(),
        }
    }

    /// What a fact of this kind and shape says.
    pub(super) fn fact(&self, kind: &str, shape: i16, data: &Value, depth: usize) -> Vec<Line> {
        let mut catalogue = CATALOGUE.iter().chain(ACCESS_CATALOGUE);
        let known = catalogue.find(|known| known.kind == kind && known.number == shape);
        let schema = known.map_or(Value::Null, |known| (known.schema)().to_value());
        let mut lines = Vec::new();
        if let Value::Object(map) = data {
            self.fields(map, &schema, &schema, depth, &mut lines);
        }
        lines
    }

    /// The label of a code of a list.
    pub(super) fn label(&self, list: &str, code: &str) -> Option<&'static str> {
        let codes = self.lists.get(list)?.codes.iter();
        let entry = codes.into_iter().find(|entry| entry.code == code)?;
        Some(self.language.of(entry.it, entry.en))
    }

    fn fields(
        &self,
        map: &Map<String, Value>,
        schema: &Value,
        root: &Value,
        depth: usize,
        lines: &mut Vec<Line>,
    ) {
        // A fact within a fact, as corrections carry one.
        if let (Some(Value::String(kind)), Some(shape), Some(data)) =
            (map.get("kind"), map.get("shape"), map.get("data"))
        {
            let shape = shape.as_i64().and_then(|shape| i16::try_from(shape).ok());
            lines.extend(self.fact(kind, shape.unwrap_or_default(), data, depth));
            return;
        }
        for (field, value) in map {
            if LEFT_OUT.contains(&field.as_str()) || value.is_null() || is_empty(value) {
                continue;
            }
            let schema = schema.get("properties").and_then(|all| all.get(field));
            let told = Told {
                field,
                value,
                schema: schema.unwrap_or(&Value::Null),
                root,
                depth,
            };
            self.field(&told, lines);
        }
    }

    fn field(&self, told: &Told<'_>, lines: &mut Vec<Line>) {
        let line = |value| Line {
            depth: told.depth,
            name: self.language.field(told.field),
            value,
        };
        let told = self.without_answer(told);
        match told.value {
            Value::Array(items) => {
                let item = resolved(told.schema, told.root).get("items");
                let schema = item.unwrap_or(&Value::Null);
                let each = items.iter().map(|value| Told {
                    value,
                    schema,
                    ..told
                });
                let plain: Option<Vec<String>> = each.map(|one| self.plain(&one)).collect();
                if let Some(plain) = plain {
                    lines.push(line(Some(plain.join(", "))));
                    return;
                }
                for value in items {
                    lines.push(line(None));
                    self.inner(value, &Told { schema, ..told }, lines);
                }
            }
            Value::Object(_) => match self.plain(&told) {
                Some(plain) => lines.push(line(Some(plain))),
                None => {
                    lines.push(line(None));
                    self.inner(told.value, &told, lines);
                }
            },
            _ => lines.extend(self.plain(&told).map(|plain| line(Some(plain)))),
        }
    }

    fn inner(&self, value: &Value, told: &Told<'_>, lines: &mut Vec<Line>) {
        if let Value::Object(map) = value
            && told.depth < DEPTH
        {
            let schema = resolved(told.schema, told.root);
            self.fields(map, schema, told.root, told.depth + 1, lines);
        }
    }

    /// An answer that is known is told as what is known.
    fn without_answer<'b>(&self, told: &Told<'b>) -> Told<'b> {
        let schema = resolved(told.schema, told.root);
        let known = told
            .value
            .get("known")
            .filter(|_| told.value.as_object().is_some_and(|map| map.len() == 1));
        let of = known.and_then(|value| {
            let choices = schema.get("oneOf")?.as_array()?;
            let properties = choices.iter().find_map(|choice| choice.get("properties"))?;
            Some((value, properties.get("known")?))
        });
        let (value, schema) = of.unwrap_or((told.value, schema));
        Told {
            value,
            schema,
            ..*told
        }
    }

    /// A value that fits into its line.
    fn plain(&self, told: &Told<'_>) -> Option<String> {
        let schema = resolved(told.schema, told.root);
        match told.value {
            Value::Bool(true) => Some(self.language.of("sì", "yes").to_owned()),
            Value::Bool(false) => Some("no".to_owned()),
            Value::Number(number) => Some(number.to_string()),
            Value::String(text) => Some(self.text(told, schema, text)),
            Value::Object(map) if map.contains_key("unreadable") => {
                let said = self
                    .language
                    .of("non si può più leggere", "cannot be read any more");
                Some(said.to_owned())
            }
            Value::Object(map) if map.contains_key("of_another_person") => {
                let said = self
                    .language
                    .of("riguarda un'altra persona", "is about another person");
                Some(said.to_owned())
            }
            _ => None,
        }
    }

    fn text(&self, told: &Told<'_>, schema: &Value, text: &str) -> String {
        let word = |key: &str| schema.get(key).and_then(Value::as_str);
        // What was sealed is hers, whatever it looks like; the one date in it is told as one.
        if schema.is_null() || schema.get("x-sealed").is_some() {
            let born = text.parse().ok().filter(|_| told.field == "born_on");
            return born.map_or_else(|| text.to_owned(), |day| self.language.day(day));
        }
        if let Some(missing) = self.language.missing(text) {
            return missing.to_owned();
        }
        if let Some(list) = word("x-code-list") {
            return self.label(list, text).unwrap_or(text).to_owned();
        }
        let date = || text.parse::<NaiveDate>().ok();
        let moment = || text.parse::<DateTime<Utc>>().ok();
        match word("format") {
            Some("uuid") => self.known.named(told.field, text, self.language),
            Some("date") => date().map_or_else(|| text.to_owned(), |day| self.language.day(day)),
            Some("date-time") => {
                moment().map_or_else(|| text.to_owned(), |at| self.language.moment(at))
            }
            _ => match told.field {
                "month" => self
                    .language
                    .month_of(text)
                    .unwrap_or_else(|| text.to_owned()),
                "amount" | "total" => self.language.amount(text),
                "instrument" => instrument(text),
                "area" => match self.label("GoalDomain", text) {
                    Some(label) => label.to_owned(),
                    None => text.replace('_', " "),
                },
                _ => text.to_owned(),
            },
        }
    }
}

/// The name of an instrument.
fn instrument(code: &str) -> String {
    let known = INSTRUMENTS.iter().find(|known| known.code == code);
    known.map_or_else(|| code.to_owned(), |known| known.name.to_owned())
}

fn is_empty(value: &Value) -> bool {
    value.as_array().is_some_and(Vec::is_empty)
}

/// A schema behind references, and behind the choice of leaving a value out.
fn resolved<'a>(schema: &'a Value, root: &'a Value) -> &'a Value {
    let mut schema = schema;
    for _ in 0..DEPTH {
        if let Some(place) = schema.get("$ref").and_then(Value::as_str) {
            let target = place
                .strip_prefix('#')
                .and_then(|place| root.pointer(place));
            match target {
                Some(target) => schema = target,
                None => return schema,
            }
            continue;
        }
        let choices = schema.get("anyOf").and_then(Value::as_array);
        let something = choices.and_then(|choices| {
            let not_null = |choice: &&Value| choice.get("type") != Some(&Value::from("null"));
            choices.iter().find(not_null)
        });
        match something {
            Some(something) => schema = something,
            None => return schema,
        }
    }
    schema
}
