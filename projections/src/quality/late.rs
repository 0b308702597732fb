//! Late facts: recorded after a period was closed that holds the day they are about.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use events::{Event, Fact, Position};
use serde::{Deserialize, Serialize};

use crate::history::amends;
use crate::pilots::ClosureRow;
use crate::timeline::Timeline;

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
    let told = facts.iter().map(|fact| Told {
        position: fact.position,
        on: fact.occurred_on,
        amends: amends(&fact.event).then_some(*fact),
    });
    late_of(closures, told)
}

/// The same among the facts of households, however many there are.
pub fn late_of_households(closures: &[ClosureRow], timeline: &Timeline) -> Vec<LateRow> {
    let told = timeline.entries.iter().map(|entry| Told {
        position: entry.position,
        on: entry.on,
        amends: timeline.amendments.get(&entry.position),
    });
    late_of(closures, told)
}

/// As much of a fact as it takes.
#[derive(Clone, Copy)]
struct Told<'a> {
    position: Position,
    on: NaiveDate,
    /// The fact, if it amends another.
    amends: Option<&'a Fact>,
}

fn late_of<'a>(
    closures: &[ClosureRow],
    facts: impl Iterator<Item = Told<'a>> + Clone,
) -> Vec<LateRow> {
    if closures.is_empty() {
        return Vec::new();
    }
    let families = Families::of(facts.clone());
    facts
        .filter_map(|fact| {
            let days = match fact.amends.map(|fact| &fact.event) {
                Some(Event::RecordConfirmed(_)) => Vec::new(),
                Some(_) => families.days(fact.position),
                None => vec![fact.on],
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
    members: BTreeMap<Position, Vec<Told<'a>>>,
}

impl<'a> Families<'a> {
    fn of(facts: impl Iterator<Item = Told<'a>> + Clone) -> Self {
        let named = |fact: &Told<'_>| fact.amends.and_then(|fact| target(&fact.event));
        let amended: BTreeSet<Position> = facts.clone().filter_map(|fact| named(&fact)).collect();
        let mut families = Self {
            root_of: BTreeMap::new(),
            members: BTreeMap::new(),
        };
        for fact in facts {
            let root = match named(&fact) {
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
    fn days(&self, amendment: Position) -> Vec<NaiveDate> {
        let Some((root, members)) = self
            .root_of
            .get(&amendment)
            .and_then(|root| self.members.get_key_value(root))
        else {
            return Vec::new();
        };
        let upto = members.partition_point(|fact| fact.position <= amendment);
        let before = day(*root, &members[..upto.saturating_sub(1)]);
        let after = day(*root, &members[..upto]);
        before.into_iter().chain(after).collect()
    }
}

/// The day of what stands of a family, as [`events::effective`] tells it.
fn day(root: Position, members: &[Told<'_>]) -> Option<NaiveDate> {
    let mut gone = BTreeSet::new();
    for member in members.iter().rev() {
        if let Some(Event::RecordRetracted(retracted)) = member.amends.map(|fact| &fact.event)
            && !gone.contains(&member.position)
        {
            gone.insert(retracted.position);
        }
    }
    if gone.contains(&root) {
        return None;
    }
    let stands = members
        .iter()
        .rev()
        .filter(|member| !gone.contains(&member.position));
    let mut last_first = stands.filter_map(|member| match member.amends.map(|fact| &fact.event) {
        None => Some(member.on),
        Some(Event::RecordCorrected(corrected)) => Some(corrected.replacement.occurred_on),
        Some(_) => None,
    });
    last_first.next()
}

fn target(event: &Event) -> Option<Position> {
    match event {
        Event::RecordCorrected(corrected) => Some(corrected.position),
        Event::RecordRetracted(retracted) => Some(retracted.position),
        _ => None,
    }
}
