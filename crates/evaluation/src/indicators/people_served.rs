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
    formula: "persons present in the period: entry <= last day and no exit before the first day, so that leavers and stayers add up to it; with_a_night: those with at least one night in it (entry <= night < exit, an entry and exit on one day counting one night), which leaves out who left on the first day; adults are 18 or older at the later of entry (of the latest stay) and period start; unknown only when the birth is not known",
    compute,
};

fn compute(context: &Context<'_>) -> Outcome {
    let mut people: BTreeMap<PersonId, Vec<Stay<'_>>> = BTreeMap::new();
    for stay in context.present() {
        people.entry(stay.member.person).or_default().push(stay);
    }
    let first_day = context.period.from();
    let (mut all, mut adults, mut children, mut unknown, mut with_a_night) = (
        Tally::default(),
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
        if stays.iter().any(|stay| stay.last_night >= first_day) {
            with_a_night.add(latest.person(), stays.iter().flat_map(Stay::positions));
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
        group("with_a_night", &with_a_night),
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
