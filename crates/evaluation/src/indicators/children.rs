//! 29: children in school or child care.

use std::collections::BTreeMap;

use events::codes::{AgeBand, CodeList};
use events::{PersonId, Position};
use projections::work::SchoolingRow;

use super::shares::ratio;
use super::{Definition, Unit};
use crate::context::{Context, Stay};
use crate::indicator::{Group, Outcome, Parts, Tally, days};
use crate::round;

pub(super) const DEFINITION: Definition = Definition {
    number: 29,
    code: "children",
    version: 1,
    it: "Minori a scuola o in servizi per l'infanzia",
    en: "Children in school or child care",
    unit: Unit::PersonsShare,
    formula: "children of 3 to 17 with a night in the period who had begun school or child care during it or an earlier part of their stay / children of 3 to 17 with a night in the period; age at the later of entry (of the latest stay) and period start; excluded: younger than 3, whose nursery is nobody's duty; unknown: age not known; groups: the age bands, 0_2 included; days_to_placement: median of days from entry to the first school or child care of the stay, over the numerator, 0 for who went there already",
    compute,
};

/// The bands of children. The first is optional: not part of the figure itself.
const BANDS: [AgeBand; 5] = [
    AgeBand::From0To2,
    AgeBand::From3To5,
    AgeBand::From6To10,
    AgeBand::From11To13,
    AgeBand::From14To17,
];

/// A child, or somebody of unknown age.
struct Child<'a> {
    stays: Vec<Stay<'a>>,
    /// None when the age is not known.
    band: Option<AgeBand>,
    placed: Option<Placed<'a>>,
}

/// The first school of a child's latest stay with one.
#[derive(Clone, Copy)]
struct Placed<'a> {
    schooling: &'a SchoolingRow,
    days: i64,
}

impl Child<'_> {
    fn positions(&self) -> Vec<Position> {
        let stays = self.stays.iter().flat_map(Stay::positions);
        let placed = self.placed.map(|placed| placed.schooling.position);
        stays.chain(placed).collect()
    }
}

fn placed<'a>(context: &Context<'a>, stay: &Stay<'a>) -> Option<Placed<'a>> {
    let work = context.work(stay.household.household)?;
    let schooling = work
        .schoolings
        .iter()
        .filter(|row| row.person == stay.member.person && context.has_come(row.on))
        .find(|row| stay.exit.is_none_or(|exit| row.on <= exit))?;
    let days = schooling.on.signed_duration_since(stay.entry).num_days();
    Some(Placed {
        schooling,
        // Who went there before she came went there on the day of entry.
        days: days.max(0),
    })
}

/// Everybody served who was no adult, or may have been none.
fn children<'a>(context: &Context<'a>) -> BTreeMap<PersonId, Child<'a>> {
    let mut people: BTreeMap<PersonId, Vec<Stay<'a>>> = BTreeMap::new();
    for stay in context.served() {
        people.entry(stay.member.person).or_default().push(stay);
    }
    let child = |(person, mut stays): (PersonId, Vec<Stay<'a>>)| {
        stays.sort_by_key(|stay| (stay.entry, stay.member.position));
        let latest = stays.last()?;
        if latest.is_adult() == Some(true) {
            return None;
        }
        let band = latest.age().known().map(|age| AgeBand::of(*age));
        let placed = stays.iter().rev().find_map(|stay| placed(context, stay));
        let child = Child {
            stays,
            band,
            placed,
        };
        Some((person, child))
    };
    people.into_iter().filter_map(child).collect()
}

/// The share in school of the children of some bands.
fn in_school(children: &BTreeMap<PersonId, Child<'_>>, bands: &[AgeBand]) -> Parts {
    let (mut placed, mut all) = (Tally::default(), Tally::default());
    for (person, child) in children {
        if child.band.is_none_or(|band| !bands.contains(&band)) {
            continue;
        }
        all.add(crate::Subject::Person(*person), child.positions());
        if child.placed.is_some() {
            placed.add(crate::Subject::Person(*person), child.positions());
        }
    }
    Parts {
        denominator: all.into(),
        ..Parts::of(placed)
    }
}

fn compute(context: &Context<'_>) -> Outcome {
    let children = children(context);
    let (optional, counted) = BANDS.split_at(1);
    let (mut excluded, mut unknown) = (Tally::default(), Tally::default());
    let mut lengths = Vec::new();
    for (person, child) in &children {
        match child.band {
            Some(band) if optional.contains(&band) => {
                excluded.add(crate::Subject::Person(*person), child.positions());
            }
            Some(_) => lengths.extend(child.placed.map(|placed| placed.days)),
            None => unknown.add(crate::Subject::Person(*person), child.positions()),
        }
    }
    let parts = Parts {
        excluded: excluded.into(),
        unknown: unknown.into(),
        ..in_school(&children, counted)
    };
    let mut groups: Vec<Group> = BANDS
        .iter()
        .map(|band| ratio(band.code(), in_school(&children, &[*band])))
        .collect();
    groups.push(Group {
        code: "days_to_placement",
        value: days(round::median(&lengths)),
        parts: Parts {
            numerator: parts.numerator.clone(),
            ..Parts::default()
        },
    });
    Outcome {
        value: parts.ratio(),
        parts,
        groups,
    }
}
