//! 5: days from decision to entry.

use super::admission_rate::cases;
use super::{Definition, Unit};
use crate::context::Context;
use crate::indicator::{Group, Outcome, Parts, Tally, Value, days};
use crate::round;

pub(super) const DEFINITION: Definition = Definition {
    number: 5,
    code: "decision_to_entry",
    version: 1,
    it: "Giorni dalla decisione all'ingresso",
    en: "Days from decision to entry",
    unit: Unit::Days,
    formula: "median of the day of entry - the day of acceptance, over the households that entered in the period; unknown: entered without a recorded acceptance; groups: the mean, and how many were accepted by the last day and had neither entered nor taken their referral back, whose days are not counted",
    compute,
};

fn compute(context: &Context<'_>) -> Outcome {
    let (mut measured, mut unknown, mut to_come) =
        (Tally::default(), Tally::default(), Tally::default());
    let mut took = Vec::new();
    for case in cases(context) {
        match (case.accepted_on(), case.admission) {
            (Some(accepted), Some(admission)) if context.in_period(admission.on) => {
                took.push(admission.on.signed_duration_since(accepted).num_days());
                measured.add(case.subject(), case.positions());
            }
            (None, Some(admission)) if context.in_period(admission.on) => {
                unknown.add(case.subject(), case.positions());
            }
            (Some(_), None) if case.withdrawal.is_none() => {
                to_come.add(case.subject(), case.positions());
            }
            _ => {}
        }
    }
    let parts = Parts {
        unknown: unknown.into(),
        ..Parts::of(measured)
    };
    Outcome {
        value: days(round::median(&took)),
        groups: vec![
            Group {
                code: "mean",
                value: days(round::mean(&took)),
                parts: parts.clone(),
            },
            Group {
                code: "accepted_not_entered",
                value: Value::Count(to_come.count()),
                parts: Parts::of(to_come),
            },
        ],
        parts,
    }
}
