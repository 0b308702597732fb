//! 12: length of stay, those who are still there counted as far as they have come.

use super::{Definition, Unit};
use crate::Subject;
use crate::context::Context;
use crate::indicator::{Outcome, Parts, Tally, Undefined, Value};
use crate::survival::{self, Observation};

pub(super) const DEFINITION: Definition = Definition {
    number: 12,
    code: "length_of_stay_censored",
    version: 1,
    it: "Durata della permanenza, con chi è ancora presente",
    en: "Length of stay, censored",
    unit: Unit::Days,
    formula: "Kaplan-Meier median of days from the admission to the exit of a household, over all stays of households begun by the period's end, also those that ended before it began: only those of the period would favour the long ones; censored at the period's end or the day of the last fact; numerator: stays that had ended, denominator: all of them",
    compute,
};

fn compute(context: &Context<'_>) -> Outcome {
    let (mut ended, mut all) = (Tally::default(), Tally::default());
    let mut observations = Vec::new();
    for stay in context.household_stays() {
        let subject = Subject::Household(stay.household);
        all.add(subject, stay.positions.iter().copied());
        if stay.exit.is_some() {
            ended.add(subject, stay.positions.iter().copied());
        }
        observations.push(Observation {
            day: stay.days.max(0),
            event: stay.exit.is_some(),
        });
    }
    let value = match survival::kaplan_meier(&observations) {
        Some(survival) => Value::Survival(survival),
        None => Value::Undefined(Undefined::NothingToMeasure),
    };
    Outcome {
        value,
        parts: Parts {
            denominator: all.into(),
            ..Parts::of(ended)
        },
        groups: Vec::new(),
    }
}
