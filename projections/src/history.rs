//! What the folds share: the effective history of a stream's entries, and lists in order.

use std::slice;

use chrono::{DateTime, NaiveDate, Utc};
use events::{Effective, Event, Fact, Position, effective};

/// Does this fact change what an earlier one says? A row it touches cannot be folded on.
pub(crate) fn amends(event: &Event) -> bool {
    matches!(
        event,
        Event::RecordCorrected(_) | Event::RecordRetracted(_) | Event::RecordConfirmed(_)
    )
}

/// The effective history of some entries of one stream, in order of the original positions.
pub(crate) fn effective_of(entries: &[&Fact]) -> Vec<Effective> {
    if entries.iter().any(|fact| amends(&fact.event)) {
        let facts: Vec<Fact> = entries.iter().map(|fact| (*fact).clone()).collect();
        return effective(&facts);
    }
    // Without corrections every fact stands alone, and none needs to be copied first.
    entries
        .iter()
        .flat_map(|fact| effective(slice::from_ref(*fact)))
        .collect()
}

/// Takes one fact after the other in.
pub(crate) fn run<T>(
    mut row: Option<T>,
    history: &[Effective],
    evolve: impl Fn(Option<T>, &Effective) -> Option<T>,
) -> Option<T> {
    for fact in history {
        row = evolve(row, fact);
    }
    row
}

/// The position of the last entry; 0 without any.
pub(crate) fn last_position(entries: &[&Fact]) -> Position {
    entries.last().map_or(0, |fact| fact.position)
}

/// When it was first written down: elsewhere if it was brought over, else here.
pub(crate) fn entered_at(fact: &Effective) -> DateTime<Utc> {
    fact.entered_at.unwrap_or(fact.recorded_at)
}

/// Puts an item where it belongs in order of (day, position), after its equals.
pub(crate) fn insert<T>(list: &mut Vec<T>, item: T, key: impl Fn(&T) -> (NaiveDate, Position)) {
    let place = key(&item);
    let at = list.partition_point(|other| key(other) <= place);
    list.insert(at, item);
}
