//! 8: bed occupancy.

use std::collections::BTreeSet;

use super::dwelling_occupancy::Nights;
use super::{Definition, Unit};
use crate::Subject;
use crate::context::Context;
use crate::indicator::{Outcome, Parts, Tally};

pub(super) const DEFINITION: Definition = Definition {
    number: 8,
    code: "bed_occupancy",
    version: 1,
    it: "Occupazione dei posti letto",
    en: "Bed occupancy",
    unit: Unit::NightsShare,
    formula: "person-nights / bed-nights; a person-night is a night of a person's stay on which her household occupied a dwelling, each person once a night; bed-nights are the beds of a dwelling times the nights it was available or occupied; unknown: nights of dwellings whose beds are not known, left out of both",
    compute,
};

fn compute(context: &Context<'_>) -> Outcome {
    let (mut person_nights, mut bed_nights, mut unknown) =
        (Tally::default(), Tally::default(), Tally::default());
    let mut beds_known = BTreeSet::new();
    for dwelling in context.snapshot.dwellings.values() {
        let nights = Nights::of(dwelling, context);
        let subject = Subject::Dwelling(dwelling.dwelling);
        match &dwelling.registration {
            Some(registration) => {
                beds_known.insert(dwelling.dwelling);
                let beds = nights.usable * u64::from(registration.beds);
                if beds > 0 {
                    bed_nights.add_many(beds, subject, nights.positions());
                }
            }
            None if nights.usable > 0 => {
                unknown.add_many(nights.usable, subject, nights.positions())
            }
            None => {}
        }
    }
    let mut counted = BTreeSet::new();
    for stay in context.stays() {
        let nights: BTreeSet<_> = context.nights(stay.entry, stay.exit).collect();
        let housed = stay
            .household
            .occupancies
            .iter()
            .filter(|o| beds_known.contains(&o.dwelling));
        for occupancy in housed {
            let slept = context
                .nights(occupancy.from, occupancy.until)
                .filter(|night| {
                    nights.contains(night) && counted.insert((stay.member.person, *night))
                })
                .count() as u64;
            if slept > 0 {
                let positions = stay.positions().chain([occupancy.position]);
                person_nights.add_many(slept, stay.subject(), positions);
            }
        }
    }
    let parts = Parts {
        denominator: bed_nights.into(),
        unknown: unknown.into(),
        ..Parts::of(person_nights)
    };
    Outcome {
        value: parts.rate(),
        parts,
        groups: Vec::new(),
    }
}
