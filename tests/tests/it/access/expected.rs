//! What is expected, as `expected.txt` has it.

use std::collections::BTreeMap;

use events::CodeList;
use events::codes::Role;

/// The file.
const TEXT: &str = include_str!("expected.txt");

/// What somebody is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Allow,
    Deny,
    NotFound,
    Partial,
}

impl Outcome {
    fn read(word: &str) -> Option<Self> {
        match word {
            "allow" => Some(Self::Allow),
            "deny" => Some(Self::Deny),
            "notfound" => Some(Self::NotFound),
            "partial" => Some(Self::Partial),
            _ => None,
        }
    }
}

/// A line of the file.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    pub(crate) kind: &'static str,
    pub(crate) name: String,
    /// Nothing for what is only asked below a root field.
    pub(crate) outside: Option<Outcome>,
    pub(crate) roles: BTreeMap<Role, Outcome>,
}

/// The lines of a kind, by name. Pages have a method before their path.
pub(crate) fn expected(kind: &str) -> BTreeMap<String, Line> {
    let mut found = BTreeMap::new();
    for line in lines().filter(|line| line.kind == kind) {
        let name = line.name.clone();
        assert!(
            found.insert(name, line.clone()).is_none(),
            "twice: {line:?}"
        );
    }
    found
}

fn lines() -> impl Iterator<Item = Line> {
    let written = TEXT.lines().map(str::trim);
    let written = written.filter(|line| !line.is_empty() && !line.starts_with('#'));
    written.map(line)
}

fn line(text: &'static str) -> Line {
    let wrong = || panic!("not a line of expectations: {text}");
    let mut words: Vec<&'static str> = text.split_whitespace().collect();
    let roles = Role::ENTRIES.len();
    if words.len() < roles + 3 {
        wrong();
    }
    let told = words.split_off(words.len() - roles);
    let outside = words.pop().unwrap_or_default();
    let read = |word: &str| Outcome::read(word).unwrap_or_else(|| panic!("{word}? {text}"));
    Line {
        kind: words[0],
        name: words[1..].join(" "),
        outside: (outside != "-").then(|| read(outside)),
        roles: Role::ENTRIES
            .iter()
            .zip(told)
            .map(|(entry, word)| (entry.value, read(word)))
            .collect(),
    }
}

/// What is expected of a field of a type: its own line, or that of the type.
pub(crate) fn field<'a>(
    lines: &'a BTreeMap<String, Line>,
    of: &str,
    field: &str,
) -> Option<&'a Line> {
    lines
        .get(&format!("{of}.{field}"))
        .or_else(|| lines.get(&format!("{of}.*")))
}

#[test]
fn every_line_is_read_and_every_kind_known() {
    let known = [
        "query",
        "mutation",
        "subscription",
        "field",
        "answer",
        "page",
    ];
    let all: Vec<Line> = lines().collect();
    assert!(all.iter().all(|line| known.contains(&line.kind)));
    assert_eq!(
        all.len(),
        known.map(|kind| expected(kind).len()).iter().sum::<usize>()
    );
    let partial = |line: &&Line| line.roles.values().any(|it| *it == Outcome::Partial);
    for line in all.iter().filter(partial) {
        // Nobody but an operator has a part of something.
        let whose = line.roles.iter().filter(|it| *it.1 == Outcome::Partial);
        assert!(
            whose.map(|it| *it.0).eq([Role::PartnerOperator]),
            "{line:?}"
        );
    }
}
