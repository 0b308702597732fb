//! 7: dwelling occupancy. What a dwelling's nights are is shared with bed occupancy.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use events::Position;
use projections::census::DwellingRow;

use super::{Definition, Unit};
use crate::Subject;
use crate::context::Context;
use crate::indicator::{Outcome, Parts, Tally};

pub(super) const DEFINITION: Definition = Definition {
    number: 7,
    code: "dwelling_occupancy",
    version: 1,
    it: "Occupazione degli alloggi",
    en: "Dwelling occupancy",
    unit: Unit::NightsShare,
    formula: "occupied dwelling-nights / dwelling-nights available or occupied, in the period up to the day of the last fact; excluded: nights neither available nor occupied from the dwelling's registration to its withdrawal",
    compute,
};

/// The nights of one dwelling in the period.
pub(super) struct Nights {
    pub(super) occupied: BTreeSet<NaiveDate>,
    /// Nights it was available or occupied.
    pub(super) usable: u64,
    /// Nights it was neither, though registered.
    pub(super) idle: u64,
    /// Facts that say when it was occupied.
    pub(super) occupied_by: BTreeSet<Position>,
    /// Facts that say when it was available.
    pub(super) available_by: BTreeSet<Position>,
}

impl Nights {
    pub(super) fn of(dwelling: &DwellingRow, context: &Context<'_>) -> Self {
        let mut occupied = BTreeSet::new();
        let mut occupied_by = BTreeSet::new();
        for stay in &dwelling.occupancies {
            let before = occupied.len();
            occupied.extend(context.nights(stay.from, stay.until));
            if occupied.len() > before {
                occupied_by.insert(stay.position);
                let ended = stay.until.is_some_and(|day| context.has_come(day));
                occupied_by.extend(stay.ended_by.filter(|_| ended));
            }
        }
        let (mut usable, mut idle) = (0, 0);
        // Nights that have come, and those of stays of one day that end the count.
        let coming = context
            .nights(context.period.from(), None)
            .filter(|night| *night < context.end)
            .collect::<BTreeSet<_>>();
        for night in coming.union(&occupied) {
            if occupied.contains(night) || dwelling.available_on(*night) {
                usable += 1;
            } else if dwelling.belongs_on(*night) {
                idle += 1;
            }
        }
        let first = dwelling
            .availability
            .iter()
            .rposition(|a| a.on <= context.period.from());
        let available_by = dwelling
            .availability
            .iter()
            .skip(first.unwrap_or(0))
            .take_while(|a| context.has_come(a.on))
            .map(|a| a.position)
            .chain(
                dwelling
                    .registration
                    .as_ref()
                    .map(|registration| registration.position),
            )
            .collect();
        Self {
            occupied,
            usable,
            idle,
            occupied_by,
            available_by,
        }
    }

    pub(super) fn positions(&self) -> impl Iterator<Item = Position> {
        self.occupied_by.iter().chain(&self.available_by).copied()
    }
}

fn compute(context: &Context<'_>) -> Outcome {
    let (mut occupied, mut usable, mut idle) =
        (Tally::default(), Tally::default(), Tally::default());
    for dwelling in context.snapshot.dwellings.values() {
        let nights = Nights::of(dwelling, context);
        let subject = Subject::Dwelling(dwelling.dwelling);
        if !nights.occupied.is_empty() {
            occupied.add_many(
                nights.occupied.len() as u64,
                subject,
                nights.occupied_by.iter().copied(),
            );
        }
        if nights.usable > 0 {
            usable.add_many(nights.usable, subject, nights.positions());
        }
        if nights.idle > 0 {
            idle.add_many(nights.idle, subject, nights.available_by.iter().copied());
        }
    }
    let parts = Parts {
        denominator: usable.into(),
        excluded: idle.into(),
        ..Parts::of(occupied)
    };
    Outcome {
        value: parts.rate(),
        parts,
        groups: Vec::new(),
    }
}
