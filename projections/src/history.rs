//! What the folds share: the effective history of a stream's entries, and lists in order.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, Utc};
use events::{EffectiveRef, Event, Fact, Position, effective_refs};
use uuid::Uuid;

/// Does this fact change what an earlier one says? A row it touches cannot be folded on.
pub(crate) fn amends(event: &Event) -> bool {
    matches!(
        event,
        Event::RecordCorrected(_) | Event::RecordRetracted(_) | Event::RecordConfirmed(_)
    )
}

/// The effective history of some entries of one stream, in order of the original positions.
pub(crate) fn effective_of<'a>(entries: &[&'a Fact]) -> Vec<EffectiveRef<'a>> {
    if entries.iter().any(|fact| amends(&fact.event)) {
        return effective_refs(entries.iter().copied());
    }
    // Without corrections every fact stands as it was recorded.
    entries
        .iter()
        .map(|fact| EffectiveRef::as_recorded(fact))
        .collect()
}

/// What is remembered of the facts behind a row while it stays in memory from the first of them on, so
/// that only few need the history: things that others may refer to whatever their order, such as goals,
/// and that a fact has named before.
#[derive(Clone, Debug, Default)]
pub(crate) struct Named(BTreeSet<Uuid>);

impl Named {
    /// Must the row be folded from its whole history when this fact arrives? So it must when it begins
    /// a thing that was named before. Remembers the fact; `names` says which thing it names, and
    /// whether it begins it.
    pub(crate) fn asks(
        &mut self,
        event: &Event,
        names: impl Fn(&Event) -> Option<(Uuid, bool)>,
    ) -> bool {
        let said = match event {
            Event::RecordCorrected(corrected) => &corrected.replacement.event,
            _ => event,
        };
        let named = names(said);
        let again = named.is_some_and(|(id, begins)| !self.0.insert(id) && begins);
        again || amends(event)
    }
}

/// Takes one fact after the other in.
fn run<T>(
    mut row: Option<T>,
    history: &[EffectiveRef<'_>],
    evolve: impl Fn(Option<T>, &EffectiveRef<'_>) -> Option<T>,
) -> Option<T> {
    for fact in history {
        row = evolve(row, fact);
    }
    row
}

/// A row that is folded from the entries of its key's streams.
pub(crate) trait Folded: Sized {
    /// Whose row it is.
    type Key: Copy;
    /// A row of which nothing is known yet.
    fn empty(key: Self::Key) -> Self;
    /// Whose it is.
    fn key(&self) -> Self::Key;
    /// The last fact folded in is at this place.
    fn reach(&mut self, position: Position);
}

/// Rows with a constructor `new`, a field for their key, and `position`.
macro_rules! folded {
    ($row:ty, $key:ident: $of:ty) => {
        impl $crate::history::Folded for $row {
            type Key = $of;
            fn empty(key: $of) -> Self {
                Self::new(key)
            }
            fn key(&self) -> $of {
                self.$key
            }
            fn reach(&mut self, position: events::Position) {
                self.position = position;
            }
        }
    };
}
pub(crate) use folded;

/// The row that a history comes to which `entries` were read for; none without entries.
pub(crate) fn whole<R: Folded>(
    key: R::Key,
    entries: &[&Fact],
    history: &[EffectiveRef<'_>],
    evolve: impl Fn(Option<R>, &EffectiveRef<'_>, R::Key) -> Option<R>,
) -> Option<R> {
    let row = run(None, history, |row, fact| evolve(row, fact, key));
    close(row, entries, key)
}

/// The row with further entries, none of which amends anything.
pub(crate) fn further<R: Folded>(
    row: R,
    entries: &[&Fact],
    evolve: impl Fn(Option<R>, &EffectiveRef<'_>, R::Key) -> Option<R>,
) -> R {
    let key = row.key();
    let history = effective_of(entries);
    let next = run(Some(row), &history, |row, fact| evolve(row, fact, key));
    close(next, entries, key).unwrap_or_else(|| R::empty(key))
}

/// A row of which there are entries is there, and stands at the last of them.
fn close<R: Folded>(row: Option<R>, entries: &[&Fact], key: R::Key) -> Option<R> {
    let Some(last) = entries.last() else {
        return row;
    };
    let mut row = row.unwrap_or_else(|| R::empty(key));
    row.reach(last.position);
    Some(row)
}

/// When it was first written down: elsewhere if it was brought over, else here.
pub(crate) fn entered_at(fact: &EffectiveRef<'_>) -> DateTime<Utc> {
    fact.entered_at.unwrap_or(fact.recorded_at)
}

/// Puts an item where it belongs in order of (day, position), after its equals.
pub(crate) fn insert<T>(list: &mut Vec<T>, item: T, key: impl Fn(&T) -> (NaiveDate, Position)) {
    let place = key(&item);
    let at = list.partition_point(|other| key(other) <= place);
    list.insert(at, item);
}
