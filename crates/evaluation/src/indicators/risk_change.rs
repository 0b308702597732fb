//! 30: risk level change.

use std::collections::BTreeMap;

use events::codes::RiskLevel;
use events::instruments::{Gives, INSTRUMENTS};
use events::{PersonId, Position};
use projections::safety::RiskRow;

use super::shares::{Shares, counted};
use super::{Definition, Unit};
use crate::Subject;
use crate::context::{Context, Stay};
use crate::indicator::{Group, Outcome, Parts, Tally};

pub(super) const DEFINITION: Definition = Definition {
    number: 30,
    code: "risk_level_change",
    version: 1,
    it: "Variazione del livello di rischio",
    en: "Risk level change",
    unit: Unit::Persons,
    formula: "persons with a night in the period, by the level of risk they were first and last assessed with by its end, where an instrument in one version was used at least twice; levels of different instruments are not compared: of several it is the one used first; groups: direction (lower, same, higher); each instrument by itself; assessed_once: assessed, but with no instrument twice; not_assessed; excluded: children never assessed; unknown: everybody else without two comparable assessments",
    compute,
};

/// Name of each way from a first level to a last one, both in the order of the code list.
const TRANSITIONS: [[&str; 4]; 4] = [
    [
        "low_to_low",
        "low_to_medium",
        "low_to_high",
        "low_to_extreme",
    ],
    [
        "medium_to_low",
        "medium_to_medium",
        "medium_to_high",
        "medium_to_extreme",
    ],
    [
        "high_to_low",
        "high_to_medium",
        "high_to_high",
        "high_to_extreme",
    ],
    [
        "extreme_to_low",
        "extreme_to_medium",
        "extreme_to_high",
        "extreme_to_extreme",
    ],
];

/// Where the last level lies against the first.
const DIRECTIONS: [&str; 3] = ["lower", "same", "higher"];

/// How grave a level is, from 0.
fn rank(level: RiskLevel) -> usize {
    match level {
        RiskLevel::Low => 0,
        RiskLevel::Medium => 1,
        RiskLevel::High => 2,
        RiskLevel::Extreme => 3,
    }
}

/// The first and the last assessment with one instrument in one version.
#[derive(Clone, Copy)]
struct Pair<'a> {
    first: &'a RiskRow,
    last: &'a RiskRow,
}

impl Pair<'_> {
    fn transition(&self) -> &'static str {
        TRANSITIONS[rank(self.first.level)][rank(self.last.level)]
    }

    fn direction(&self) -> &'static str {
        match rank(self.last.level).cmp(&rank(self.first.level)) {
            std::cmp::Ordering::Less => DIRECTIONS[0],
            std::cmp::Ordering::Equal => DIRECTIONS[1],
            std::cmp::Ordering::Greater => DIRECTIONS[2],
        }
    }
}

/// Somebody served, and what is known of her risk.
#[derive(Default)]
struct Person<'a> {
    stays: Vec<Stay<'a>>,
    /// By day, each once.
    risks: BTreeMap<(chrono::NaiveDate, Position), &'a RiskRow>,
}

impl<'a> Person<'a> {
    /// The pairs of all instruments used twice, that used first first.
    fn pairs(&self) -> Vec<Pair<'a>> {
        let mut pairs: Vec<Pair<'a>> = Vec::new();
        for risk in self.risks.values().copied() {
            let same = |pair: &&mut Pair<'a>| {
                pair.first.instrument == risk.instrument && pair.first.version == risk.version
            };
            match pairs.iter_mut().find(same) {
                Some(pair) => pair.last = risk,
                None => pairs.push(Pair {
                    first: risk,
                    last: risk,
                }),
            }
        }
        pairs.retain(|pair| pair.first.position != pair.last.position);
        pairs
    }

    fn positions(&self, pair: Option<Pair<'_>>) -> Vec<Position> {
        let stays = self.stays.iter().flat_map(Stay::positions);
        match pair {
            Some(pair) => stays
                .chain([pair.first.position, pair.last.position])
                .collect(),
            None => stays
                .chain(self.risks.values().map(|risk| risk.position))
                .collect(),
        }
    }

    fn is_unassessed_child(&self) -> bool {
        let child = |stay: &Stay<'_>| stay.is_adult() == Some(false);
        self.risks.is_empty() && self.stays.iter().all(child)
    }
}

fn people<'a>(context: &Context<'a>) -> BTreeMap<PersonId, Person<'a>> {
    let mut people: BTreeMap<PersonId, Person<'a>> = BTreeMap::new();
    for stay in context.served() {
        let id = stay.member.person;
        let person = people.entry(id).or_default();
        let safety = context.safety(stay.household.household).into_iter();
        let risks = safety.flat_map(|safety| safety.risks_of(id, context.last_day()));
        person
            .risks
            .extend(risks.map(|risk| ((risk.on, risk.position), risk)));
        person.stays.push(stay);
    }
    people
}

/// The pairs of one instrument.
fn by_instrument(code: &'static str, people: &BTreeMap<PersonId, Person<'_>>) -> Group {
    let (mut paired, mut shares) = (Tally::default(), transitions());
    for (id, person) in people {
        let pairs = person.pairs().into_iter();
        for pair in pairs.filter(|pair| pair.first.instrument == code) {
            shares.add(pair.transition());
            paired.add(Subject::Person(*id), person.positions(Some(pair)));
        }
    }
    Group {
        code,
        value: shares.measured(),
        parts: Parts::of(paired),
    }
}

fn transitions() -> Shares {
    Shares::of(TRANSITIONS.into_iter().flatten())
}

fn compute(context: &Context<'_>) -> Outcome {
    let people = people(context);
    let (mut paired, mut excluded, mut unknown) =
        (Tally::default(), Tally::default(), Tally::default());
    let (mut once, mut never) = (Tally::default(), Tally::default());
    let (mut shares, mut directions) = (transitions(), Shares::of(DIRECTIONS));
    for (id, person) in &people {
        let pair = person.pairs().first().copied();
        let positions = person.positions(pair);
        let tallies: &mut [&mut Tally] = match pair {
            Some(pair) => {
                shares.add(pair.transition());
                directions.add(pair.direction());
                &mut [&mut paired]
            }
            None if person.is_unassessed_child() => &mut [&mut excluded],
            None if person.risks.is_empty() => &mut [&mut unknown, &mut never],
            None => &mut [&mut unknown, &mut once],
        };
        for tally in tallies {
            tally.add(Subject::Person(*id), positions.clone());
        }
    }
    let levels = INSTRUMENTS
        .iter()
        .filter(|instrument| matches!(instrument.gives, Gives::Levels(_)));
    let mut groups = vec![Group {
        code: "direction",
        value: directions.measured(),
        parts: Parts::of(paired.clone()),
    }];
    groups.extend(levels.map(|instrument| by_instrument(instrument.code, &people)));
    groups.extend([
        counted("assessed_once", once),
        counted("not_assessed", never),
    ]);
    Outcome {
        value: shares.measured(),
        parts: Parts {
            excluded: excluded.into(),
            unknown: unknown.into(),
            ..Parts::of(paired)
        },
        groups,
    }
}
