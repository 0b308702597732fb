//! The order in which proposals can be accepted.
//!
//! By day. Within a day dwellings open first and close last; in between, household by household:
//! those that were there before those that enter, and whoever gives up a person or a dwelling before
//! whoever takes it.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use uuid::Uuid;

/// Where on its day something belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Turn {
    /// The pilot and its dwellings.
    Opening,
    /// A household; its number in order of entries.
    Household(usize),
    /// Dwellings that close.
    Closing,
}

/// Something with a place in the order.
#[derive(Debug)]
pub(super) struct Step<T> {
    pub(super) on: NaiveDate,
    pub(super) turn: Turn,
    /// Order within the turn.
    pub(super) rank: u8,
    /// The household's first day.
    pub(super) begins: bool,
    /// Persons and dwellings it needs to be free.
    pub(super) takes: Vec<Uuid>,
    /// Persons and dwellings it sets free.
    pub(super) frees: Vec<Uuid>,
    pub(super) what: T,
}

/// Puts steps in order; equal ones stay as they came.
pub(super) fn in_order<T>(steps: Vec<Step<T>>) -> Vec<T> {
    let mut days: BTreeMap<NaiveDate, BTreeMap<Turn, Vec<Step<T>>>> = BTreeMap::new();
    for step in steps {
        days.entry(step.on)
            .or_default()
            .entry(step.turn)
            .or_default()
            .push(step);
    }
    let mut ordered = Vec::new();
    for mut turns in days.into_values() {
        for turn in turns_in_order(&turns) {
            let mut steps = turns.remove(&turn).unwrap_or_default();
            steps.sort_by_key(|step| step.rank);
            ordered.extend(steps.into_iter().map(|step| step.what));
        }
    }
    ordered
}

fn turns_in_order<T>(turns: &BTreeMap<Turn, Vec<Step<T>>>) -> Vec<Turn> {
    let of = |turn: &Turn, pick: fn(&Step<T>) -> &Vec<Uuid>| -> BTreeSet<Uuid> {
        turns[turn]
            .iter()
            .flat_map(|s| pick(s).iter().copied())
            .collect()
    };
    let mut left: Vec<(Turn, BTreeSet<Uuid>, BTreeSet<Uuid>)> = turns
        .keys()
        .map(|turn| (*turn, of(turn, |s| &s.takes), of(turn, |s| &s.frees)))
        .collect();
    left.sort_by_key(|(turn, ..)| {
        let begins = turns[turn].iter().any(|step| step.begins);
        let class = match turn {
            Turn::Opening => 0,
            Turn::Household(_) if !begins => 1,
            Turn::Household(_) => 2,
            Turn::Closing => 3,
        };
        (class, *turn)
    });
    let mut ordered = Vec::new();
    while !left.is_empty() {
        // The first that waits for nobody. Two that wait for each other have no order: the first
        // goes ahead and is refused.
        let next = left
            .iter()
            .position(|(turn, takes, _)| {
                let free = |(other, _, frees): &(Turn, BTreeSet<Uuid>, BTreeSet<Uuid>)| {
                    other == turn || takes.is_disjoint(frees)
                };
                *turn != Turn::Closing && left.iter().all(free)
            })
            .unwrap_or(0);
        ordered.push(left.remove(next).0);
    }
    ordered
}
