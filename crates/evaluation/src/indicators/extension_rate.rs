//! 13: extension rate.

use super::exits::distribution;
use super::service_intensity::residents;
use super::{Definition, Unit};
use crate::Subject;
use crate::context::Context;
use crate::indicator::{Group, Outcome, Parts, Tally, Value};
use events::Answer;

pub(super) const DEFINITION: Definition = Definition {
    number: 13,
    code: "extension_rate",
    version: 1,
    it: "Permanenze prorogate",
    en: "Extension rate",
    unit: Unit::StaysShare,
    formula: "stays of households with a night in the period that had been extended at least once by its end / stays of households with a night in the period; groups: due: the same without the stays not yet due, unknown: open stays without a recorded end of hospitality; not_yet_due: open stays not extended whose agreed last day had not come; extensions: granted in the period, however many to one household; reason, of these",
    compute,
};

fn compute(context: &Context<'_>) -> Outcome {
    let (mut extended, mut all, mut due, mut not_yet, mut no_end) = (
        Tally::default(),
        Tally::default(),
        Tally::default(),
        Tally::default(),
        Tally::default(),
    );
    for stay in residents(context) {
        let extensions = stay.household.extensions.iter();
        let granted = extensions
            .filter(|extension| context.has_come(extension.on))
            .map(|extension| extension.position);
        let granted: Vec<_> = granted.collect();
        let end = stay.household.hospitality_end(context.last_day());
        let positions = || {
            let agreed = end.map(|end| end.position);
            stay.positions.iter().chain(&granted).copied().chain(agreed)
        };
        let subject = stay.subject();
        all.add(subject, positions());
        if !granted.is_empty() {
            extended.add(subject, positions());
        }
        let open = granted.is_empty() && stay.exit.is_none();
        match end {
            Some(end) if open && !context.has_come(end.until) => not_yet.add(subject, positions()),
            None if open => no_end.add(subject, positions()),
            _ => due.add(subject, positions()),
        }
    }
    let reason = reasons(context);
    let of_due = Parts {
        denominator: due.into(),
        unknown: no_end.into(),
        excluded: not_yet.clone().into(),
        ..Parts::of(extended.clone())
    };
    let parts = Parts {
        denominator: all.into(),
        ..Parts::of(extended)
    };
    let group = |code, value, parts| Group { code, value, parts };
    Outcome {
        value: parts.ratio(),
        groups: vec![
            group("due", of_due.ratio(), of_due),
            group(
                "not_yet_due",
                Value::Count(not_yet.count()),
                Parts::of(not_yet),
            ),
            group(
                "extensions",
                Value::Count(reason.parts.numerator.count),
                reason.parts.clone(),
            ),
            reason,
        ],
        parts,
    }
}

/// The extensions granted in the period, by reason.
fn reasons(context: &Context<'_>) -> Group {
    let households = context.snapshot.households.values();
    let granted: Vec<_> = households
        .flat_map(|row| row.extensions.iter().map(move |of| (row.household, of)))
        .filter(|(_, extension)| context.in_period(extension.on))
        .collect();
    distribution(
        "reason",
        granted.iter().map(|(household, extension)| {
            let subject = Subject::Household(*household);
            let reason = Answer::Known(extension.reason);
            (subject, vec![extension.position], reason)
        }),
    )
}
