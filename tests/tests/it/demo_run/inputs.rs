//! What commands take, from the schema: inputs that are malformed, and inputs that might be meant.

use std::collections::{BTreeMap, BTreeSet};

use async_graphql::parser::types::{
    BaseType, InputObjectType, Type, TypeKind, TypeSystemDefinition,
};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::CODE;

/// Fields whose text is sealed before it is a fact. What is said in any other is no secret.
const SEALED_FIELDS: [&str; 5] = ["givenName", "familyName", "contact", "note", "text"];

/// What a command takes, by the type's name.
pub(super) struct Inputs {
    objects: BTreeMap<String, InputObjectType>,
    one_of: BTreeSet<String>,
    enums: BTreeMap<String, String>,
    /// Every mutation with its input's type.
    pub(super) mutations: Vec<(String, String)>,
}

impl Inputs {
    pub(super) fn of_the_schema() -> Self {
        let document = async_graphql::parser::parse_schema(server::graphql::sdl());
        let mut all = Self {
            objects: BTreeMap::new(),
            one_of: BTreeSet::new(),
            enums: BTreeMap::new(),
            mutations: Vec::new(),
        };
        for definition in document.expect("a schema").definitions {
            let TypeSystemDefinition::Type(defined) = definition else {
                continue;
            };
            let defined = defined.node;
            let name = defined.name.node.to_string();
            match defined.kind {
                TypeKind::InputObject(input) => {
                    let mut directives = defined.directives.iter();
                    if directives.any(|one| one.node.name.node == "oneOf") {
                        all.one_of.insert(name.clone());
                    }
                    all.objects.insert(name, input);
                }
                TypeKind::Enum(list) => {
                    let first = list.values[0].node.value.node.to_string();
                    all.enums.insert(name, first);
                }
                TypeKind::Object(object) if name == "Mutation" => {
                    all.mutations = object
                        .fields
                        .into_iter()
                        .map(|field| {
                            let input = &field.node.arguments[0].node.ty.node;
                            (field.node.name.node.to_string(), named(input))
                        })
                        .collect();
                }
                _ => {}
            }
        }
        all
    }

    /// An input in which every field has this value.
    pub(super) fn all_of(&self, name: &str, value: &str) -> Value {
        let fields = self.objects[name].fields.iter();
        let of = fields.map(|field| (field.node.name.node.to_string(), json!(value)));
        of.collect::<Map<_, _>>().into()
    }

    /// A well-formed input, with something personal wherever that is sealed.
    pub(super) fn plausible(&self, name: &str, about: &About<'_>) -> Value {
        let fields = self.objects[name].fields.iter().map(|field| &field.node);
        // One of them only; with a note, if there is one to have.
        let chosen = |field: &str| field == "visit" || field == "noteAdded";
        let only = self.one_of.contains(name).then(|| {
            let mut names = fields.clone().map(|field| field.name.node.as_str());
            names
                .clone()
                .find(|name| chosen(name))
                .or_else(|| names.next())
        });
        let wanted = fields.filter(|field| only.is_none_or(|only| only == Some(&field.name.node)));
        let of = wanted.map(|field| {
            let name = field.name.node.as_str();
            (name.to_owned(), self.value(name, &field.ty.node, about))
        });
        of.collect::<Map<_, _>>().into()
    }

    fn value(&self, field: &str, ty: &Type, about: &About<'_>) -> Value {
        let name = match &ty.base {
            BaseType::List(of) => return json!([self.value(field, of, about)]),
            BaseType::Named(name) => name.as_str(),
        };
        match (field, name) {
            ("pilot", _) => json!(CODE),
            ("commandId", _) => json!(about.command),
            ("household", _) => json!(about.household),
            ("person" | "newHead" | "present" | "persons", _) => json!(about.person),
            (_, "NaiveDate") => json!(about.on),
            (_, "Int") => json!(1),
            (_, "Boolean") => json!(true),
            (_, "Decimal") => json!("12.50"),
            (_, "UUID" | "ID") => json!(Uuid::from_u128(0xdead)),
            (field, "String") if SEALED_FIELDS.contains(&field) => json!(about.text),
            (_, "String") => json!("prova"),
            (_, name) if self.objects.contains_key(name) => self.plausible(name, about),
            (_, name) => self
                .enums
                .get(name)
                .map_or(Value::Null, |first| json!(first)),
        }
    }
}

/// Whom a command is about, and what it says of her.
pub(super) struct About<'a> {
    pub(super) command: Uuid,
    pub(super) household: &'a str,
    pub(super) person: &'a str,
    pub(super) on: &'a str,
    pub(super) text: &'a str,
}

fn named(ty: &Type) -> String {
    match &ty.base {
        BaseType::Named(name) => name.to_string(),
        BaseType::List(of) => named(of),
    }
}
