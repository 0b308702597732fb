//! 9: turnover days.

use chrono::NaiveDate;
use events::Position;
use projections::census::{DwellingOccupancyRow, DwellingRow};

use super::{Definition, Unit};
use crate::Subject;
use crate::context::Context;
use crate::indicator::{Group, Outcome, Parts, Tally, Value, days};
use crate::round;

pub(super) const DEFINITION: Definition = Definition {
    number: 9,
    code: "turnover_days",
    version: 1,
    it: "Giorni tra un'uscita e l'ingresso successivo",
    en: "Turnover days",
    unit: Unit::Days,
    formula: "median of the day somebody moved in - the day the dwelling became empty, over the moves into a dwelling in the period that was lived in before; excluded: moves in while somebody else still lived there; groups: the mean; unavailable_days: how many of all these days the dwelling could not be given to anybody; net_of_unavailable: the median without those days; vacant: dwellings empty on the last day since somebody left them, whose days are not counted",
    compute,
};

/// One dwelling's time between two households.
struct Gap {
    days: i64,
    unavailable: i64,
    positions: Vec<Position>,
}

impl Gap {
    fn between(
        dwelling: &DwellingRow,
        before: &DwellingOccupancyRow,
        left: NaiveDate,
        next: &DwellingOccupancyRow,
    ) -> Self {
        let nights = || left.iter_days().take_while(|night| *night < next.from);
        let unavailable = nights().filter(|night| !dwelling.available_on(*night));
        let unavailable = i64::try_from(unavailable.count()).unwrap_or(i64::MAX);
        // What was last said before the gap, and what was said in it.
        let first = dwelling.availability.iter().rposition(|a| a.on <= left);
        let said = dwelling
            .availability
            .iter()
            .skip(first.unwrap_or(0))
            .take_while(|a| a.on < next.from)
            .map(|a| a.position);
        Self {
            days: next.from.signed_duration_since(left).num_days(),
            unavailable,
            positions: [before.position, next.position]
                .into_iter()
                .chain(before.ended_by)
                .chain(said)
                .collect(),
        }
    }
}

fn compute(context: &Context<'_>) -> Outcome {
    let (mut turned, mut overlaps, mut vacant, mut closed) = (
        Tally::default(),
        Tally::default(),
        Tally::default(),
        Tally::default(),
    );
    let (mut gross, mut net) = (Vec::new(), Vec::new());
    for dwelling in context.snapshot.dwellings.values() {
        let subject = Subject::Dwelling(dwelling.dwelling);
        let stays: Vec<&DwellingOccupancyRow> = dwelling
            .occupancies
            .iter()
            .filter(|stay| context.has_come(stay.from))
            .collect();
        for pair in stays.windows(2) {
            let (before, next) = (pair[0], pair[1]);
            if !context.in_period(next.from) {
                continue;
            }
            let Some(left) = before.until.filter(|left| *left <= next.from) else {
                overlaps.add(subject, [before.position, next.position]);
                continue;
            };
            let gap = Gap::between(dwelling, before, left, next);
            gross.push(gap.days);
            net.push(gap.days - gap.unavailable);
            let unavailable = u64::try_from(gap.unavailable).unwrap_or(0);
            if unavailable > 0 {
                closed.add_many(unavailable, subject, gap.positions.iter().copied());
            }
            turned.add(subject, gap.positions);
        }
        if let Some(last) = stays.last()
            && last.until.is_some_and(|left| context.has_come(left))
        {
            let positions = [last.position].into_iter().chain(last.ended_by);
            vacant.add(subject, positions);
        }
    }
    let parts = Parts {
        excluded: overlaps.into(),
        ..Parts::of(turned)
    };
    let group = |code, value, parts| Group { code, value, parts };
    Outcome {
        value: days(round::median(&gross)),
        groups: vec![
            group("mean", days(round::mean(&gross)), parts.clone()),
            group(
                "unavailable_days",
                Value::Count(closed.count()),
                Parts::of(closed),
            ),
            group(
                "net_of_unavailable",
                days(round::median(&net)),
                parts.clone(),
            ),
            group("vacant", Value::Count(vacant.count()), Parts::of(vacant)),
        ],
        parts,
    }
}
