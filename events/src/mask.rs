//! A fact for somebody who is given neither the ids of households nor anything that is sealed.
//!
//! What each part of a payload is follows from the schema of its shape, never from how a value looks.
//! What the schema does not speak of is left out.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use chrono::NaiveDate;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::{CATALOGUE, Month};

/// What an id names that must not be the same for everybody who sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Named {
    /// A household.
    Household,
    /// A person.
    Person,
    /// A goal of a household's.
    Goal,
    /// A job of somebody's.
    Job,
    /// A course of somebody's.
    Training,
    /// A consent.
    Consent,
    /// A referral to a service.
    ServiceReferral,
    /// An incident.
    Incident,
    /// A fact.
    Fact,
    /// A command.
    Command,
    /// A dwelling, as far as it says where a household lived.
    Dwelling,
}

impl Named {
    /// The word for it. Pseudonyms depend on it: it never changes.
    pub fn code(self) -> &'static str {
        match self {
            Self::Household => "household",
            Self::Person => "person",
            Self::Goal => "goal",
            Self::Job => "job",
            Self::Training => "training",
            Self::Consent => "consent",
            Self::ServiceReferral => "service_referral",
            Self::Incident => "incident",
            Self::Fact => "fact",
            Self::Command => "command",
            Self::Dwelling => "dwelling",
        }
    }
}

/// What is put in the place of what somebody does not get.
pub trait Mask {
    /// The id she is given instead.
    fn id(&self, named: Named, id: Uuid) -> Uuid;

    /// What she is given for a day; the day itself if nothing else is said.
    fn day(&self, day: NaiveDate) -> Value {
        json!(day)
    }

    /// What she is given for a month; the month itself if nothing else is said.
    fn month(&self, month: Month) -> Value {
        json!(month)
    }
}

/// The types of ids that facts hold, and what is done with each. An id of a type that is not here is
/// left out.
const IDS: &[(&str, Text)] = &[
    ("HouseholdId", Text::Id(Named::Household)),
    ("PersonId", Text::Id(Named::Person)),
    ("GoalId", Text::Id(Named::Goal)),
    ("JobId", Text::Id(Named::Job)),
    ("TrainingId", Text::Id(Named::Training)),
    ("ConsentId", Text::Id(Named::Consent)),
    ("ServiceReferralId", Text::Id(Named::ServiceReferral)),
    ("IncidentId", Text::Id(Named::Incident)),
    ("DwellingId", Text::Id(Named::Dwelling)),
    // What belongs to the pilot and not to a household.
    ("PilotId", Text::Any),
    ("PartnerId", Text::Any),
    ("ExpenseId", Text::Any),
    ("PledgeId", Text::Any),
    ("MeetingId", Text::Any),
    ("DecisionId", Text::Any),
    ("AgreementId", Text::Any),
    ("ReportId", Text::Any),
];

/// Deeper than any payload, corrections of corrections included.
const MAX_DEPTH: usize = 32;

/// What a fact says, masked: ids and days as `mask` gives them, and of what is sealed only that it is.
///
/// A fact of a type or shape that is not known is withheld as a whole.
pub fn masked(kind: &str, shape: i16, data: &Value, mask: &dyn Mask) -> Value {
    by_shape(kind, shape, data, mask, 0)
}

fn by_shape(kind: &str, shape: i16, data: &Value, mask: &dyn Mask, depth: usize) -> Value {
    let plan = PLANS
        .iter()
        .find(|plan| plan.kind == kind && plan.shape == shape);
    match plan {
        Some(known) if depth < MAX_DEPTH => known.plan.apply(data, mask, depth),
        _ => withheld(),
    }
}

/// The plan of every shape.
static PLANS: LazyLock<Vec<OfShape>> = LazyLock::new(|| {
    let plans = CATALOGUE.iter().map(|shape| {
        let schema = (shape.schema)().to_value();
        OfShape {
            kind: shape.kind,
            shape: shape.number,
            plan: Plan::of(&schema, &schema, 0),
        }
    });
    plans.collect()
});

struct OfShape {
    kind: &'static str,
    shape: i16,
    plan: Plan,
}

/// In place of what is sealed.
fn sealed() -> Value {
    json!({ "sealed": true })
}

/// In place of what nothing is known of.
fn withheld() -> Value {
    json!({ "withheld": true })
}

/// What may stand in one place of a payload, and what is done with it.
#[derive(Clone, Debug, Default, PartialEq)]
struct Plan {
    text: Text,
    /// Numbers, and yes or no.
    number: bool,
    list: Option<Box<Plan>>,
    object: Object,
    /// What stands here was not understood: none of it is shown.
    unclear: bool,
}

/// What a text is.
#[derive(Clone, Debug, Default, PartialEq)]
enum Text {
    /// There is none.
    #[default]
    None,
    /// One of these words.
    Words(BTreeSet<String>),
    /// Anything that everybody who sees the fact may see.
    Any,
    /// An id that is not given out as it is.
    Id(Named),
    Day,
    Month,
}

/// What an object is.
#[derive(Clone, Debug, Default, PartialEq)]
enum Object {
    /// There is none.
    #[default]
    None,
    /// A sealed value.
    Sealed,
    /// Another fact, with its kind and shape.
    Event,
    /// These parts.
    Parts(BTreeMap<String, Plan>),
}

impl Plan {
    fn of(schema: &Value, root: &Value, depth: usize) -> Self {
        let Some(map) = schema.as_object().filter(|_| depth < MAX_DEPTH) else {
            return Self::unclear();
        };
        if map.contains_key("x-sealed") {
            return Self::object(Object::Sealed);
        }
        if let Some(name) = map.get("$ref").and_then(Value::as_str) {
            return Self::of_named(name, root, depth);
        }
        let mut plan = Self::default();
        let choices = ["oneOf", "anyOf"].iter().filter_map(|key| map.get(*key));
        let mut said = false;
        for choice in choices.filter_map(Value::as_array).flatten() {
            plan = plan.or(Self::of(choice, root, depth + 1));
            said = true;
        }
        match map.get("type") {
            Some(Value::String(kind)) => plan.or(Self::of_type(kind, map, root, depth)),
            Some(Value::Array(kinds)) => kinds.iter().fold(plan, |plan, kind| {
                plan.or(Self::of_type(
                    kind.as_str().unwrap_or_default(),
                    map,
                    root,
                    depth,
                ))
            }),
            // Without a type anything may stand here, unless it is one of several.
            _ if said => plan,
            _ => Self::unclear(),
        }
    }

    /// Of a schema that has a name: the type's own.
    fn of_named(pointer: &str, root: &Value, depth: usize) -> Self {
        let inner = pointer.strip_prefix('#');
        let (Some(target), Some(name)) = (
            inner.and_then(|inner| root.pointer(inner)),
            pointer.rsplit('/').next(),
        ) else {
            return Self::unclear();
        };
        match name {
            "Event" => Self::object(Object::Event),
            "Month" => Self::text(Text::Month),
            _ if target.get("format").is_some_and(|it| it == "uuid") => {
                match IDS.iter().find(|(known, _)| *known == name) {
                    Some((_, text)) => Self::text(text.clone()),
                    None => Self::unclear(),
                }
            }
            _ => Self::of(target, root, depth + 1),
        }
    }

    fn of_type(kind: &str, map: &Map<String, Value>, root: &Value, depth: usize) -> Self {
        match kind {
            "null" => Self::default(),
            "boolean" | "integer" | "number" => Self {
                number: true,
                ..Self::default()
            },
            "string" => match (map.get("const"), map.get("format").and_then(Value::as_str)) {
                (Some(Value::String(word)), _) => Self::text(Text::Words([word.clone()].into())),
                (_, Some("date")) => Self::text(Text::Day),
                // An id without a type of its own, and whatever else has a form that is not known.
                (_, Some(_)) => Self::unclear(),
                (_, None) => Self::text(Text::Any),
            },
            "array" => Self {
                list: map
                    .get("items")
                    .map(|items| Box::new(Self::of(items, root, depth + 1))),
                ..Self::default()
            },
            "object" => match map.get("properties").and_then(Value::as_object) {
                Some(parts) => Self::object(Object::Parts(
                    parts
                        .iter()
                        .map(|(name, part)| (name.clone(), Self::of(part, root, depth + 1)))
                        .collect(),
                )),
                None => Self::unclear(),
            },
            _ => Self::unclear(),
        }
    }

    fn unclear() -> Self {
        Self {
            unclear: true,
            ..Self::default()
        }
    }

    fn text(text: Text) -> Self {
        Self {
            text,
            ..Self::default()
        }
    }

    fn object(object: Object) -> Self {
        Self {
            object,
            ..Self::default()
        }
    }

    /// Where one or the other may stand.
    fn or(self, other: Self) -> Self {
        let (text, clear) = self.text.or(other.text);
        let (object, alike) = self.object.or(other.object);
        let list = match (self.list, other.list) {
            (Some(one), Some(another)) => Some(Box::new(one.or(*another))),
            (one, another) => one.or(another),
        };
        Self {
            text,
            number: self.number || other.number,
            list,
            object,
            unclear: self.unclear || other.unclear || !clear || !alike,
        }
    }

    fn apply(&self, value: &Value, mask: &dyn Mask, depth: usize) -> Value {
        if self.unclear {
            return withheld();
        }
        match value {
            Value::Null => Value::Null,
            Value::Bool(_) | Value::Number(_) if self.number => value.clone(),
            Value::String(text) => self.text.apply(text, mask),
            Value::Array(values) => match &self.list {
                Some(plan) => {
                    let masked = values.iter().map(|it| plan.apply(it, mask, depth));
                    masked.collect()
                }
                None => withheld(),
            },
            Value::Object(map) => self.object.apply(map, mask, depth),
            _ => withheld(),
        }
    }

    /// Is something in it, at any depth, that was not understood?
    #[cfg(test)]
    fn is_unclear(&self) -> bool {
        let parts = match &self.object {
            Object::Parts(parts) => parts.values().any(Self::is_unclear),
            _ => false,
        };
        self.unclear || parts || self.list.as_ref().is_some_and(|list| list.is_unclear())
    }
}

impl Text {
    /// Where one or the other may stand; and can they be told from each other, or need not be?
    fn or(self, other: Self) -> (Self, bool) {
        match (self, other) {
            (Self::None, text) | (text, Self::None) => (text, true),
            (Self::Words(mut words), Self::Words(more)) => {
                words.extend(more);
                (Self::Words(words), true)
            }
            (Self::Words(_), Self::Any) | (Self::Any, Self::Words(_)) => (Self::Any, true),
            (one, another) => {
                let alike = one == another;
                (one, alike)
            }
        }
    }

    fn apply(&self, text: &str, mask: &dyn Mask) -> Value {
        let masked = match self {
            Self::None => None,
            Self::Words(words) => words.contains(text).then(|| json!(text)),
            Self::Any => Some(json!(text)),
            Self::Id(named) => {
                let id = Uuid::parse_str(text).ok();
                id.map(|id| json!(mask.id(*named, id)))
            }
            Self::Day => text.parse().ok().map(|day| mask.day(day)),
            Self::Month => text.parse().ok().map(|month| mask.month(month)),
        };
        masked.unwrap_or_else(withheld)
    }
}

impl Object {
    fn or(self, other: Self) -> (Self, bool) {
        match (self, other) {
            (Self::None, object) | (object, Self::None) => (object, true),
            (Self::Parts(mut parts), Self::Parts(more)) => {
                for (name, plan) in more {
                    let known = parts.remove(&name).unwrap_or_default();
                    parts.insert(name, known.or(plan));
                }
                (Self::Parts(parts), true)
            }
            (one, another) => {
                let alike = one == another;
                (one, alike)
            }
        }
    }

    fn apply(&self, map: &Map<String, Value>, mask: &dyn Mask, depth: usize) -> Value {
        match self {
            Self::None => withheld(),
            Self::Sealed => sealed(),
            Self::Event => of_event(map, mask, depth),
            Self::Parts(parts) => {
                let known = map.iter().filter_map(|(name, value)| {
                    let plan = parts.get(name)?;
                    Some((name.clone(), plan.apply(value, mask, depth)))
                });
                Value::Object(known.collect())
            }
        }
    }
}

/// A fact within a fact.
fn of_event(map: &Map<String, Value>, mask: &dyn Mask, depth: usize) -> Value {
    let kind = map.get("kind").and_then(Value::as_str);
    let shape = map.get("shape").and_then(Value::as_i64);
    let shape = shape.and_then(|shape| i16::try_from(shape).ok());
    match (kind, shape, map.get("data")) {
        (Some(kind), Some(shape), Some(data)) => json!({
            "kind": kind,
            "shape": shape,
            "data": by_shape(kind, shape, data, mask, depth + 1),
        }),
        _ => withheld(),
    }
}

#[cfg(test)]
mod tests;
