//! The house is complete: every fact has its labels, its command, its mutation, and its place among
//! the replacements of a correction, or stands on a short list that says why not.

use std::collections::{BTreeMap, BTreeSet};

use crate::schema::{camel, members};

/// Facts that the service records itself, and why nobody does by hand.
pub(crate) const BY_THE_SERVICE: &[(&str, &str)] = &[
    (
        "ReportPublished",
        "its figures and digests are what the report's publisher computed and wrote",
    ),
    (
        "ReportRestated",
        "its causes are the facts that the report's publisher found to have moved a figure",
    ),
];

/// Facts that no correction replaces, and why.
const NEVER_REPLACED: &[(&str, &str)] = &[
    (
        "ReportPublished",
        "what was published was published: it is restated",
    ),
    (
        "ReportRestated",
        "what was published was published: it is restated",
    ),
    (
        "RecordConfirmed",
        "says nothing but which fact: it is retracted and made anew",
    ),
    (
        "RecordCorrected",
        "a correction of it is one more correction of the original",
    ),
    (
        "RecordRetracted",
        "says nothing but which fact: it is retracted itself",
    ),
];

/// Every type of fact.
fn kinds() -> BTreeSet<&'static str> {
    events::CATALOGUE.iter().map(|shape| shape.kind).collect()
}

/// The type of a fact as the field of that name is written.
fn field(kind: &str) -> String {
    let (first, rest) = kind.split_at(1);
    format!("{}{rest}", first.to_ascii_lowercase())
}

fn named(list: &[(&'static str, &str)]) -> BTreeSet<&'static str> {
    assert!(list.iter().all(|(_, reason)| !reason.is_empty()));
    list.iter().map(|(kind, _)| *kind).collect()
}

#[test]
fn every_fact_has_labels_and_a_command() {
    let commands: BTreeMap<_, _> = domain::COMMANDS.iter().map(|it| (it.kind, it)).collect();
    for kind in kinds() {
        let (it, en) = events::labels(kind).unwrap_or_else(|| panic!("{kind} has no labels"));
        assert!(!it.is_empty() && !en.is_empty(), "{kind} lacks a label");
        let command = commands.get(kind);
        let command = command.unwrap_or_else(|| panic!("no command records a {kind}"));
        assert!(
            !command.name.is_empty() && !command.it.is_empty() && !command.en.is_empty(),
            "the command of {kind} lacks a name or a label"
        );
    }
    let named: BTreeSet<_> = commands.keys().copied().collect();
    assert_eq!(named, kinds(), "commands of facts that there are not");
}

#[test]
fn every_fact_has_a_mutation_or_is_recorded_by_the_service() {
    let mutations = &members()["Mutation"];
    let without: BTreeSet<_> = domain::COMMANDS
        .iter()
        .filter(|command| !mutations.contains(&camel(command.name)))
        .map(|command| command.kind)
        .collect();
    assert_eq!(without, named(BY_THE_SERVICE));
}

#[test]
fn every_fact_can_replace_a_wrong_one_or_is_never_replaced() {
    let replacements = &members()["ReplacementInput"];
    let without: BTreeSet<_> = kinds()
        .into_iter()
        .filter(|kind| !replacements.contains(&field(kind)))
        .collect();
    assert_eq!(without, named(NEVER_REPLACED));
    let fields: BTreeSet<String> = kinds().into_iter().map(field).collect();
    let unknown: Vec<_> = replacements.difference(&fields).collect();
    assert!(unknown.is_empty(), "replacements of no fact: {unknown:?}");
}
