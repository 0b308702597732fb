//! Late facts: recorded after a period was closed that holds the day they are about.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use events::{Event, Fact, Position, effective};
use serde::{Deserialize, Serialize};

/// A closed period: from [`events::PeriodClosed`]. One that was retracted is open again and is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(
    missing_docs,
    reason = "the fact of the same name documents its fields"
)]
pub struct ClosureRow {
    pub position: Position,
    pub on: NaiveDate,
    pub from: NaiveDate,
    pub to: NaiveDate,
}

/// A late fact.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct LateRow {
    /// Its place.
    pub position: Position,
    /// The day in the closed period that it is about: its own, or of a correction or retraction the
    /// day of what it changes.
    pub on: NaiveDate,
    /// Place of the closure it came after.
    pub closure: Position,
    /// Places of what a correction or retraction is about: the original and what had amended it.
    pub about: Vec<Position>,
}

/// The closure after which something about `on` came that was recorded at `position`: the first one;
/// none when it was not late.
pub fn closed_before(
    closures: &[ClosureRow],
    position: Position,
    on: NaiveDate,
) -> Option<Position> {
    let holding = closures
        .iter()
        .filter(|closure| closure.position < position && closure.from <= on && on <= closure.to);
    holding.map(|closure| closure.position).min()
}

/// The late ones among some facts: all entries of their streams, in order of position. A correction
/// is late when what it corrects lay in a closed period or comes to lie in one, a retraction when it
/// takes something out of one or brings it back. A confirmation changes nothing and is never late.
pub fn late(closures: &[ClosureRow], facts: &[&Fact]) -> Vec<LateRow> {
    if closures.is_empty() {
        return Vec::new();
    }
    let families = Families::of(facts);
    facts
        .iter()
        .filter_map(|fact| {
            let days = match fact.event {
                Event::RecordConfirmed(_) => Vec::new(),
                Event::RecordCorrected(_) | Event::RecordRetracted(_) => families.days(fact),
                _ => vec![fact.occurred_on],
            };
            days.into_iter().find_map(|on| {
                let position = fact.position;
                let closure = closed_before(closures, position, on)?;
                Some(LateRow {
                    position,
                    on,
                    closure,
                    about: families.before(position),
                })
            })
        })
        .collect()
}

/// Originals with what amends them.
struct Families<'a> {
    root_of: BTreeMap<Position, Position>,
    members: BTreeMap<Position, Vec<&'a Fact>>,
}

impl<'a> Families<'a> {
    fn of(facts: &[&'a Fact]) -> Self {
        let targets = facts.iter().filter_map(|fact| target(&fact.event));
        let amended: BTreeSet<Position> = targets.collect();
        let mut families = Self {
            root_of: BTreeMap::new(),
            members: BTreeMap::new(),
        };
        for fact in facts {
            let root = match target(&fact.event) {
                Some(target) => families.root_of.get(&target).copied().unwrap_or(target),
                None if amended.contains(&fact.position) => fact.position,
                None => continue,
            };
            families.root_of.insert(fact.position, root);
            families.members.entry(root).or_default().push(fact);
        }
        families
    }

    /// The members of its family before a correction or retraction.
    fn before(&self, position: Position) -> Vec<Position> {
        let root = self.root_of.get(&position);
        let members = root.and_then(|root| self.members.get(root));
        let earlier = members.into_iter().flatten().map(|fact| fact.position);
        earlier.filter(|member| *member < position).collect()
    }

    /// The days on which what a correction or retraction is about was said to have happened, before
    /// it and after it.
    fn days(&self, amendment: &Fact) -> Vec<NaiveDate> {
        let root = self.root_of.get(&amendment.position);
        let Some(members) = root.and_then(|root| self.members.get(root)) else {
            return Vec::new();
        };
        let day = |until: &dyn Fn(Position) -> bool| {
            let known = members.iter().filter(|fact| until(fact.position));
            let known: Vec<Fact> = known.map(|fact| (*fact).clone()).collect();
            // Of one family at most one stands.
            effective(&known).first().map(|fact| fact.occurred_on)
        };
        let before = day(&|position| position < amendment.position);
        let after = day(&|position| position <= amendment.position);
        before.into_iter().chain(after).collect()
    }
}

fn target(event: &Event) -> Option<Position> {
    match event {
        Event::RecordCorrected(corrected) => Some(corrected.position),
        Event::RecordRetracted(retracted) => Some(retracted.position),
        _ => None,
    }
}
