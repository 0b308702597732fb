//! Facts in the order in which things happened, and things that one fact begins and others name.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use events::{Effective, Event, Position};

/// A day, and the place of the fact that says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Dated {
    pub(crate) on: NaiveDate,
    pub(crate) position: Position,
}

impl Dated {
    pub(crate) fn of(fact: &Effective) -> Self {
        Self {
            on: fact.occurred_on,
            position: fact.position,
        }
    }
}

/// The facts by day; on one day, what must come first comes first, then the order of recording.
pub(crate) fn in_time(facts: &[Effective]) -> Vec<&Effective> {
    let mut sorted: Vec<&Effective> = facts.iter().collect();
    sorted.sort_by_key(|fact| (fact.occurred_on, rank(&fact.event), fact.position));
    sorted
}

fn rank(event: &Event) -> u8 {
    match event {
        Event::ReferralReceived(_) => 0,
        Event::AdmissionDecided(_) => 1,
        Event::Admission(_) => 2,
        // What was signed is extended, also on the same day.
        Event::ExtensionGranted(_) => 4,
        Event::Exit(_) | Event::DwellingWithdrawn(_) => 5,
        _ => 3,
    }
}

/// What happens once is what was recorded first.
pub(crate) fn first(facts: &[Effective], is: fn(&Event) -> bool) -> Option<Dated> {
    facts.iter().find(|fact| is(&fact.event)).map(Dated::of)
}

/// Things with an id of their own, each begun by one fact. Of two facts with the same id the one
/// recorded first is the one.
#[derive(Debug)]
pub(crate) struct Begun<K>(BTreeMap<K, Dated>);

/// Why a thing cannot be named on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Missing {
    /// No fact begins it.
    Unknown,
    /// It begins on a later day.
    NotYet(NaiveDate),
}

impl<K: Copy + Ord> Begun<K> {
    /// The things that `which` finds begun in `facts`, which are in the order of recording.
    pub(crate) fn of(facts: &[Effective], which: impl Fn(&Event) -> Option<K>) -> Self {
        let mut begun = BTreeMap::new();
        for fact in facts {
            if let Some(key) = which(&fact.event) {
                begun.entry(key).or_insert(Dated::of(fact));
            }
        }
        Self(begun)
    }

    /// The fact that began `key`.
    pub(crate) fn get(&self, key: K) -> Option<Dated> {
        self.0.get(&key).copied()
    }

    /// # Errors
    /// The day of the fact that began `key`, when that is not `fact`.
    pub(crate) fn check_first(&self, key: K, fact: &Effective) -> Result<(), NaiveDate> {
        match self.get(key) {
            Some(first) if first.position != fact.position => Err(first.on),
            _ => Ok(()),
        }
    }

    /// # Errors
    /// [`Missing`] when `key` has not begun by `on`.
    pub(crate) fn check_begun(&self, key: K, on: NaiveDate) -> Result<(), Missing> {
        match self.get(key) {
            None => Err(Missing::Unknown),
            Some(first) if first.on > on => Err(Missing::NotYet(first.on)),
            Some(_) => Ok(()),
        }
    }
}
