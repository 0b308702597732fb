//! The GraphQL schema: as committed, with a rule for every field, no mutation that is not a command,
//! and every word of every code list.

use std::collections::{BTreeMap, BTreeSet};

use async_graphql::parser::types::{TypeKind, TypeSystemDefinition};

use crate::catalogue::BY_THE_SERVICE;

/// Where the schema is committed.
const COMMITTED: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../crates/server/schema.graphql"
);
/// Set to 1, the committed schema is written instead of compared.
const UPDATE: &str = "INRETE_UPDATE_SCHEMA";

/// Mutations that are no commands of a pilot: what they record is in access logs.
pub(crate) const OF_ACCESS: &[&str] = &[
    "breakGlass",
    "forgetPerson",
    "grantRole",
    "liftRestriction",
    "placeRestriction",
    "reviewBreakGlass",
    "revokeRole",
];

/// Names of fields or values, by type.
pub(crate) fn members() -> BTreeMap<String, BTreeSet<String>> {
    let document = async_graphql::parser::parse_schema(server::graphql::sdl());
    let mut all = BTreeMap::new();
    for definition in document.expect("a schema").definitions {
        let TypeSystemDefinition::Type(defined) = definition else {
            continue;
        };
        let members = match defined.node.kind {
            TypeKind::Object(object) => {
                let fields = object.fields.into_iter();
                fields.map(|it| it.node.name.node.to_string()).collect()
            }
            TypeKind::InputObject(input) => {
                let fields = input.fields.into_iter();
                fields.map(|it| it.node.name.node.to_string()).collect()
            }
            TypeKind::Enum(list) => {
                let values = list.values.into_iter();
                values.map(|it| it.node.value.node.to_string()).collect()
            }
            _ => continue,
        };
        all.insert(defined.node.name.node.to_string(), members);
    }
    all
}

/// A command's name as mutations are written.
pub(crate) fn camel(snake: &str) -> String {
    let mut words = snake.split('_');
    let mut name = words.next().unwrap_or_default().to_owned();
    for word in words {
        let (first, rest) = word.split_at(1);
        name.push_str(&first.to_ascii_uppercase());
        name.push_str(rest);
    }
    name
}

#[test]
fn the_schema_is_the_committed_one() {
    let now = server::graphql::sdl();
    if std::env::var_os(UPDATE).is_some_and(|value| value == "1") {
        std::fs::write(COMMITTED, &now).expect("the schema is written");
    }
    let committed = std::fs::read_to_string(COMMITTED).unwrap_or_default();
    let (mut old, mut new) = (committed.lines(), now.lines());
    for line in 1.. {
        match (old.next(), new.next()) {
            (None, None) => break,
            (old, new) => assert_eq!(
                old, new,
                "crates/server/schema.graphql differs at line {line}: if that is meant, run this \
                 test with {UPDATE}=1"
            ),
        }
    }
}

#[test]
fn every_field_has_a_rule() {
    let schema = server::graphql::schema();
    assert_eq!(
        server::graphql::visible_to_nobody(&schema),
        Vec::<String>::new()
    );
}

#[test]
fn every_mutation_is_a_command_that_somebody_gives() {
    let by_hand = domain::COMMANDS
        .iter()
        .filter(|command| BY_THE_SERVICE.iter().all(|(kind, _)| *kind != command.kind));
    let commands = by_hand.map(|command| camel(command.name));
    let of_access = OF_ACCESS.iter().map(|name| (*name).to_owned());
    assert_eq!(members()["Mutation"], commands.chain(of_access).collect());
}

#[test]
fn every_code_of_a_list_is_a_value_of_its_enum() {
    const MISSING: [&str; 3] = ["DOES_NOT_KNOW", "PREFERS_NOT_TO_ANSWER", "NOT_COLLECTED"];
    /// What is computed is never asked for.
    const COMPUTED: &[&str] = &["AgeBand", "LivingSituationClass"];

    let members = members();
    for list in events::codes::all() {
        let name = list.name;
        // Those that left their list too: what was recorded with them is still answered with them.
        let codes: BTreeSet<String> = list
            .codes
            .iter()
            .map(|entry| entry.code.to_ascii_uppercase())
            .collect();
        let answers: BTreeSet<String> = codes
            .iter()
            .cloned()
            .chain(MISSING.map(str::to_owned))
            .collect();
        let (plain, answer) = (members.get(name), members.get(&format!("{name}Answer")));
        assert!(plain.is_none_or(|values| *values == codes), "{name}");
        assert!(
            answer.is_none_or(|values| *values == answers),
            "{name}Answer"
        );
        let known = plain.is_some() || answer.is_some();
        assert_ne!(known, COMPUTED.contains(&name), "{name} in the schema");
    }
}
