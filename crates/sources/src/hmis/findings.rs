//! What a reader of the import has to know.

use std::collections::BTreeMap;

use serde::Serialize;

/// So many findings of one kind are listed line by line; the rest is counted.
const LISTED_EACH: u64 = 50;

/// A coded value has no more digits than this. Anything longer is no code and is not repeated.
const CODE_DIGITS: usize = 4;

/// How a finding weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The export says something that has no place here.
    NotMapped,
    /// The export leaves something open; it was filled in as the reason says.
    Assumed,
    /// The export contradicts itself or its specification; what the reason names was left out.
    Broken,
}

/// Something that did not go over as it stands in the export.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Finding {
    /// How it weighs.
    pub severity: Severity,
    /// The file.
    pub file: &'static str,
    /// Line of the row, or of the first one when it stands for several; 0 when it is about the
    /// whole file.
    pub line: u64,
    /// The column; empty when it is about the whole row.
    pub field: String,
    /// Why, in one sentence.
    pub reason: &'static str,
    /// The value, if it is a code; never anything else.
    pub value: Option<String>,
    /// How many rows it stands for.
    pub count: u64,
}

/// Collects findings; equal ones are counted, not repeated.
#[derive(Clone, Debug, Default)]
pub(super) struct Notes {
    kinds: BTreeMap<Kind, u64>,
    seen: BTreeMap<(Kind, Option<u64>), (u64, u64)>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Kind {
    severity: Severity,
    file: &'static str,
    field: String,
    reason: &'static str,
    value: Option<String>,
}

/// What a note is about: a file, a line of it and a column.
#[derive(Clone, Copy, Debug)]
pub(super) struct At<'a> {
    pub(super) file: &'static str,
    pub(super) line: u64,
    pub(super) field: &'a str,
}

impl Notes {
    /// Broken: listed line by line.
    pub(super) fn broken(&mut self, at: At<'_>, reason: &'static str, value: Option<&str>) {
        self.add(Severity::Broken, at, reason, value, true);
    }

    /// Assumed: counted under its first line.
    pub(super) fn assumed(&mut self, at: At<'_>, reason: &'static str) {
        self.add(Severity::Assumed, at, reason, None, false);
    }

    /// Assumed: listed line by line.
    pub(super) fn assumed_here(&mut self, at: At<'_>, reason: &'static str, value: Option<&str>) {
        self.add(Severity::Assumed, at, reason, value, true);
    }

    /// Not mapped: counted under its first line.
    pub(super) fn not_mapped(&mut self, at: At<'_>, reason: &'static str, value: Option<&str>) {
        self.add(Severity::NotMapped, at, reason, value, false);
    }

    /// Not mapped, `count` rows at once.
    pub(super) fn not_mapped_many(&mut self, at: At<'_>, reason: &'static str, count: u64) {
        let kind = Kind {
            severity: Severity::NotMapped,
            file: at.file,
            field: at.field.to_owned(),
            reason,
            value: None,
        };
        self.put(kind, at.line, None, count);
    }

    fn add(
        &mut self,
        severity: Severity,
        at: At<'_>,
        reason: &'static str,
        value: Option<&str>,
        listed: bool,
    ) {
        let kind = Kind {
            severity,
            file: at.file,
            field: at.field.to_owned(),
            reason,
            value: value.and_then(code),
        };
        let known = self.kinds.entry(kind.clone()).or_default();
        *known += 1;
        let line = (listed && *known <= LISTED_EACH).then_some(at.line);
        self.put(kind, at.line, line, 1);
    }

    fn put(&mut self, kind: Kind, line: u64, listed: Option<u64>, rows: u64) {
        let (first, count) = self.seen.entry((kind, listed)).or_insert((line, 0));
        *first = (*first).min(line);
        *count += rows;
    }

    /// The findings, by weight, file, line.
    pub(super) fn findings(&self) -> Vec<Finding> {
        let mut findings: Vec<Finding> = self
            .seen
            .iter()
            .map(|((kind, _), (line, count))| Finding {
                severity: kind.severity,
                file: kind.file,
                line: *line,
                field: kind.field.clone(),
                reason: kind.reason,
                value: kind.value.clone(),
                count: *count,
            })
            .collect();
        findings.sort_by(|a, b| {
            (b.severity, a.file, a.line, &a.field).cmp(&(a.severity, b.file, b.line, &b.field))
        });
        findings
    }
}

/// The text, if it can only be a code: a shifted column must not carry a name into a report.
fn code(text: &str) -> Option<String> {
    let digits =
        !text.is_empty() && text.len() <= CODE_DIGITS && text.bytes().all(|b| b.is_ascii_digit());
    digits.then(|| text.to_owned())
}
