//! 40: facts recorded after their period was closed, by indicator affected.

use std::collections::BTreeSet;

use events::Position;

use super::{Definition, Unit};
use crate::Subject;
use crate::context::Context;
use crate::indicator::{Group, Outcome, Parts, Share, Tally, Value};
use crate::late::{LATE_FACTS, LateFact, late_facts};

pub(super) const DEFINITION: Definition = Definition {
    number: LATE_FACTS,
    code: "late_facts",
    version: 1,
    it: "Registrazioni tardive",
    en: "Late facts",
    unit: Unit::Facts,
    formula: "facts recorded after the closure of a period that holds the day they are about, if that day lies in the period asked for; corrections and retractions count where what they change lay in a closed period or comes to lie in one; confirmations do not; a closure that was retracted closes nothing; by_indicator: how many of them move each indicator, that is without which (and what amends them) its figure or a group's would be another, all else and the moment of evaluation being the same; moving, moving_nothing, and untraced: the pilot's own facts, and those beyond the number of facts that is folded anew; excluded: every other fact that had happened, which the figures were compared on",
    compute,
};

fn compute(context: &Context<'_>) -> Outcome {
    let late = late_facts(context.set, context.snapshot, context.period);
    let mut all = Tally::default();
    let mut moving = Tally::default();
    let mut moving_nothing = Tally::default();
    let mut untraced = Tally::default();
    for fact in &late {
        let named = [fact.position, fact.closure];
        let positions = || named.into_iter().chain(fact.about.iter().copied());
        let subject = Subject::Fact(fact.position);
        all.add(subject, positions());
        let tally = match &fact.moves {
            None => &mut untraced,
            Some(moves) if moves.is_empty() => &mut moving_nothing,
            Some(_) => &mut moving,
        };
        tally.add(subject, positions());
    }
    let excluded = compared(context, &late);
    let groups = vec![
        by_indicator(context, &late, &moving),
        group("moving", moving),
        group("moving_nothing", moving_nothing),
        group("untraced", untraced),
    ];
    Outcome {
        value: Value::Count(all.count()),
        parts: Parts {
            excluded: excluded.into(),
            ..Parts::of(all)
        },
        groups,
    }
}

fn group(code: &'static str, tally: Tally) -> Group {
    Group {
        code,
        value: Value::Count(tally.count()),
        parts: Parts::of(tally),
    }
}

fn by_indicator(context: &Context<'_>, late: &[LateFact], moving: &Tally) -> Group {
    let moves = |number| {
        let moved = late.iter().filter_map(|fact| fact.moves.as_ref());
        moved.filter(|moves| moves.contains(&number)).count() as u64
    };
    let others = context.set.definitions();
    let shares = others
        .filter(|definition| definition.number != LATE_FACTS)
        .map(|definition| Share {
            code: definition.code,
            count: moves(definition.number),
        })
        .collect();
    Group {
        code: "by_indicator",
        value: Value::Distribution(shares),
        parts: Parts::of(moving.clone()),
    }
}

/// What the figures were compared on: everything else that had happened, and what amends it. Nothing
/// when there was nothing to compare.
fn compared(context: &Context<'_>, late: &[LateFact]) -> Tally {
    let mut tally = Tally::default();
    if late.is_empty() {
        return tally;
    }
    let known: BTreeSet<Position> = late.iter().map(|fact| fact.position).collect();
    let timeline = &context.snapshot.timeline;
    let households = timeline.entries.iter().filter(|fact| {
        let amends = timeline.amendments.contains_key(&fact.position);
        amends || context.has_come(fact.on)
    });
    let own = context.snapshot.pilot_quality.written.iter();
    let own = own.filter(|row| context.has_come(row.on));
    let positions = households
        .map(|row| row.position)
        .chain(own.map(|row| row.position));
    for position in positions.filter(|position| !known.contains(position)) {
        tally.add(Subject::Fact(position), [position]);
    }
    tally
}
