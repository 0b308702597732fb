//! 6: people served.

use std::collections::BTreeMap;

use events::PersonId;

use super::{Definition, Unit};
use crate::context::{Context, Stay};
use crate::indicator::{Group, Outcome, Parts, Tally, Value};

pub(super) const DEFINITION: Definition = Definition {
    number: 6,
    code: "people_served",
    version: 1,
    it: "Persone accolte",
    en: "People served",
    unit: Unit::Persons,
    formula: "persons with at least one night in the period: entry <= night < exit, an entry and exit on one day counting one night, an open stay ending at the day of the last fact or the day after the period; adults are 18 or older at the later of entry (of the latest stay) and period start; unknown only when the birth is not known",
    compute,
};

fn compute(context: &Context<'_>) -> Outcome {
    let mut people: BTreeMap<PersonId, Vec<Stay<'_>>> = BTreeMap::new();
    for stay in context.served() {
        people.entry(stay.member.person).or_default().push(stay);
    }
    let (mut all, mut adults, mut children, mut unknown) = (
        Tally::default(),
        Tally::default(),
        Tally::default(),
        Tally::default(),
    );
    for stays in people.into_values() {
        let Some(latest) = stays.iter().max_by_key(|s| (s.entry, s.member.position)) else {
            continue;
        };
        let group = match latest.is_adult() {
            Some(true) => &mut adults,
            Some(false) => &mut children,
            None => &mut unknown,
        };
        for tally in [group, &mut all] {
            tally.add(latest.person(), stays.iter().flat_map(Stay::positions));
        }
    }
    let group = |code, tally: &Tally| Group {
        code,
        value: Value::Count(tally.count()),
        parts: Parts::of(tally.clone()),
    };
    let groups = vec![
        group("adults", &adults),
        group("children", &children),
        group("unknown", &unknown),
    ];
    Outcome {
        value: Value::Count(all.count()),
        parts: Parts {
            unknown: unknown.into(),
            ..Parts::of(all)
        },
        groups,
    }
}
