//! Closed periods. What is recorded about one later is late, and accepted.

use chrono::NaiveDate;
use events::{Effective, Event, PeriodClosed};

use crate::Refusal;
use crate::finding::Findings;

/// Notes periods that begin before the pilot or overlap one closed earlier.
pub(crate) fn check(facts: &[Effective], opened_on: Option<NaiveDate>, found: &mut Findings) {
    let mut closed: Vec<&PeriodClosed> = Vec::new();
    for fact in facts {
        let Event::PeriodClosed(period) = &fact.event else {
            continue;
        };
        if let Some(earliest) = opened_on.filter(|&opened_on| period.from < opened_on) {
            found.note(
                fact,
                Refusal::DayOutOfRange {
                    field: "from",
                    given: period.from,
                    earliest,
                    latest: fact.occurred_on.max(earliest),
                },
            );
        }
        let overlaps = |other: &&&PeriodClosed| period.from <= other.to && other.from <= period.to;
        if let Some(other) = closed.iter().find(overlaps) {
            found.note(
                fact,
                Refusal::PeriodOverlaps {
                    from: other.from,
                    to: other.to,
                },
            );
        }
        closed.push(period);
    }
}
