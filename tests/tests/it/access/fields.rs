//! Fields below the root: each alone, as the walk through the schema asks for it, by every role in its own
//! pilot.

use std::collections::{BTreeMap, BTreeSet};

use async_graphql::parser::types::{Selection, SelectionSet};
use events::codes::Role;

use super::asked::variables;
use super::expected::{Outcome, expected, field};
use super::site::{Site, Standing, roles};
use super::{outcome, schema};
use crate::story::{HOUSEHOLD, PILOT};
use crate::walk_fields::{Fields, QUERIES, fields};

/// A question for one field alone.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Way(String);

/// The ways to each field below the root, as the walk goes them.
fn ways() -> BTreeMap<(String, String), BTreeSet<Way>> {
    let fields = fields();
    let mut ways = BTreeMap::new();
    for query in QUERIES {
        let document = async_graphql::parser::parse_query(query).expect("GraphQL");
        for (_, operation) in document.operations.iter() {
            let set = &operation.node.selection_set.node;
            walk(&fields, "Query", set, &mut Vec::new(), &mut ways);
        }
    }
    ways
}

fn walk(
    fields: &Fields,
    of: &str,
    set: &SelectionSet,
    before: &mut Vec<String>,
    ways: &mut BTreeMap<(String, String), BTreeSet<Way>>,
) {
    for selection in &set.items {
        let Selection::Field(asked) = &selection.node else {
            panic!("no fragments here");
        };
        let asked = &asked.node;
        let name = asked.name.node.to_string();
        let Some(next) = fields[of].get(&name) else {
            continue;
        };
        let arguments: Vec<String> = asked
            .arguments
            .iter()
            .map(|(name, value)| format!("{}: {}", name.node, value.node))
            .collect();
        let step = match arguments[..] {
            [] => name.clone(),
            _ => format!("{name}({})", arguments.join(", ")),
        };
        before.push(step);
        if of != "Query" {
            let of_objects = fields.contains_key(next);
            let way = question(before, of_objects);
            ways.entry((of.to_owned(), name)).or_default().insert(way);
        }
        walk(fields, next, &asked.selection_set.node, before, ways);
        before.pop();
    }
}

fn question(steps: &[String], of_objects: bool) -> Way {
    let mut text = steps.join(" { ");
    if of_objects {
        text.push_str(" { __typename }");
    }
    text.push_str(&" }".repeat(steps.len() - 1));
    let declared: Vec<&str> = [
        ("$pilot", "$pilot: ID!"),
        ("$household", "$household: ID!"),
        ("$on", "$on: NaiveDate!"),
    ]
    .into_iter()
    .filter(|(name, _)| text.contains(name))
    .map(|(_, declared)| declared)
    .collect();
    Way(match declared[..] {
        [] => format!("query {{ {text} }}"),
        _ => format!("query({}) {{ {text} }}", declared.join(", ")),
    })
}

/// Some way is open to her, or none.
async fn seen(site: &Site, role: Role, ways: &BTreeSet<Way>) -> Result<Outcome, String> {
    for Way(query) in ways {
        let variables = variables(query, &PILOT.to_string(), HOUSEHOLD);
        let answer = site.ask(role, Standing::Own, query, variables).await;
        match outcome(&answer)? {
            Outcome::Allow => return Ok(Outcome::Allow),
            Outcome::Deny => {}
            other => return Err(format!("{other:?}: {}", answer.text)),
        }
    }
    Ok(Outcome::Deny)
}

#[tokio::test]
async fn each_field_is_for_some_roles() {
    let site = Site::open().await;
    let lines = expected("field");
    let answers = expected("answer");
    let ways = ways();
    let mut unexpected = Vec::new();
    let mut cases = 0;
    for (of, fields) in schema() {
        if ["Query", "Mutation", "Subscription"].contains(&of.as_str()) {
            continue;
        }
        for name in fields {
            if field(&answers, &of, &name).is_some() {
                continue;
            }
            let line = field(&lines, &of, &name).expect("a line");
            let ways = ways.get(&(of.clone(), name.clone()));
            let ways = ways.unwrap_or_else(|| panic!("no way to {of}.{name}"));
            for role in roles() {
                cases += 1;
                let found = seen(&site, role, ways).await;
                if found.as_ref() != Ok(&line.roles[&role]) {
                    unexpected.push(format!("{of}.{name} for {role:?}: {found:?}, {ways:?}"));
                }
            }
        }
    }
    assert!(
        unexpected.is_empty(),
        "{} of {cases} cases were unexpected:\n{}",
        unexpected.len(),
        unexpected.join("\n")
    );
    assert!(cases > 3_000, "only {cases} cases were tried");
    site.house.close().await;
}

/// What is denied is said where it is, and no more.
#[tokio::test]
async fn a_denied_field_is_named_by_its_path() {
    let site = Site::open().await;
    let query = "query($pilot: ID!) { pilot(id: $pilot) { code expenses { amount } } }";
    let variables = variables(query, &PILOT.to_string(), HOUSEHOLD);
    let answer = site
        .ask(Role::Funder, Standing::Own, query, variables)
        .await;
    let error = &answer.json()["errors"][0];
    assert_eq!(error["path"], serde_json::json!(["pilot", "expenses"]));
    assert_eq!(error["extensions"]["reason"], "ROLE");
    assert!(error["locations"][0]["line"].as_u64() > Some(0), "{error}");
    site.house.close().await;
}
