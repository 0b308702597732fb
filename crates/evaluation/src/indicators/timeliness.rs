//! 38: timeliness.

use chrono::NaiveDate;
use events::Position;

use super::{Definition, Unit};
use crate::Subject;
use crate::context::Context;
use crate::indicator::{Group, Outcome, Parts, Share, Tally, Value};

pub(super) const DEFINITION: Definition = Definition {
    number: 38,
    code: "timeliness",
    version: 1,
    it: "Tempestività delle registrazioni",
    en: "Timeliness",
    unit: Unit::Facts,
    formula: "facts of households that count (not retracted, no corrections) and happened in the period, as corrected, by days from that day to the day (UTC) they were first written down: 0, 1-3, 4-6, 7-10, 11 or more; excluded: written down before they happened",
    compute,
};

/// In version 1 the pilot's own facts were left out: how late an expense or a meeting was recorded did
/// not show.
pub(super) const DEFINITION_2: Definition = Definition {
    version: 2,
    formula: "facts of households, of the pilot, of its funding and of its committee that count (not retracted, no corrections) and happened in the period, as corrected, by days from that day to the day (UTC) they were first written down: 0, 1-3, 4-6, 7-10, 11 or more; excluded: written down before they happened",
    compute: compute_2,
    ..DEFINITION
};

/// Name of each band, and the last day that belongs to it.
const BANDS: [(&str, i64); 5] = [
    ("days_0", 0),
    ("days_1_3", 3),
    ("days_4_6", 6),
    ("days_7_10", 10),
    ("days_11_or_more", i64::MAX),
];

/// A fact, with the day it happened and the day it was written down.
struct Written {
    position: Position,
    corrected_by: Option<Position>,
    on: NaiveDate,
    written: NaiveDate,
}

fn compute(context: &Context<'_>) -> Outcome {
    banded(context, of_households(context))
}

fn compute_2(context: &Context<'_>) -> Outcome {
    let own = context.snapshot.pilot_quality.written.iter();
    let own = own.map(|fact| Written {
        position: fact.position,
        corrected_by: fact.corrected_by,
        on: fact.on,
        written: fact.written,
    });
    banded(context, of_households(context).chain(own))
}

fn of_households(context: &Context<'_>) -> impl Iterator<Item = Written> {
    context.standing.iter().map(|fact| Written {
        position: fact.position,
        corrected_by: fact.corrected_by,
        on: fact.on,
        written: fact.written,
    })
}

fn banded(context: &Context<'_>, facts: impl Iterator<Item = Written>) -> Outcome {
    let mut bands = BANDS.map(|(code, last)| (code, last, Tally::default()));
    let mut excluded = Tally::default();
    for fact in facts.filter(|fact| context.in_period(fact.on)) {
        let days = fact.written.signed_duration_since(fact.on).num_days();
        let tally = if days < 0 {
            Some(&mut excluded)
        } else {
            bands
                .iter_mut()
                .find(|(_, last, _)| days <= *last)
                .map(|(_, _, tally)| tally)
        };
        if let Some(tally) = tally {
            let positions = [fact.position].into_iter().chain(fact.corrected_by);
            tally.add(Subject::Fact(fact.position), positions);
        }
    }
    let mut all = Tally::default();
    for (_, _, tally) in &bands {
        all.merge(tally);
    }
    let shares = bands
        .iter()
        .map(|(code, _, tally)| Share {
            code,
            count: tally.count(),
        })
        .collect();
    let groups = bands
        .into_iter()
        .map(|(code, _, tally)| Group {
            code,
            value: Value::Count(tally.count()),
            parts: Parts {
                denominator: all.clone().into(),
                ..Parts::of(tally)
            },
        })
        .collect();
    let parts = Parts {
        excluded: excluded.into(),
        ..Parts::of(all)
    };
    Outcome {
        value: Value::Distribution(shares),
        parts,
        groups,
    }
}
