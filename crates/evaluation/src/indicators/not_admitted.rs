//! 4: not admitted, by reason.

use events::Answer;
use events::codes::DecisionReason;
use projections::households::DecisionRow;

use super::admission_rate::{Case, Verdict, cases};
use super::exits::distribution;
use super::{Definition, Unit};
use crate::context::Context;
use crate::indicator::{Group, Outcome, Part, Parts, Tally, Value};

pub(super) const DEFINITION: Definition = Definition {
    number: 4,
    code: "not_admitted",
    version: 1,
    it: "Nuclei non ammessi, per motivo",
    en: "Households not admitted, by reason",
    unit: Unit::Referrals,
    formula: "households declined in the period; groups: reason, of these; persons: how many there were in them when they were referred, unknown without a recorded referral; unmet_demand: those declined because no dwelling was free, and their persons; waiting: on the waiting list on the last day and neither decided nor taken back, who are not counted above, and those of them that wait for a free dwelling",
    compute,
};

fn waits_for_a_dwelling(decision: &DecisionRow) -> bool {
    decision.reason == Some(DecisionReason::NoDwellingFree)
}

/// How many households, and how many persons in them.
fn households(code: &'static str, persons: &'static str, cases: &[&Case<'_>]) -> [Group; 2] {
    let (mut all, mut people, mut unknown) = (Tally::default(), Tally::default(), Tally::default());
    for case in cases {
        all.add(case.subject(), case.positions());
        match case.referral {
            Some(referral) => people.add_many(
                u64::from(referral.adults) + u64::from(referral.children),
                case.subject(),
                case.positions(),
            ),
            None => unknown.add(case.subject(), case.positions()),
        }
    }
    [
        Group {
            code,
            value: Value::Count(all.count()),
            parts: Parts::of(all),
        },
        Group {
            code: persons,
            value: Value::Count(people.count()),
            parts: Parts {
                unknown: unknown.into(),
                ..Parts::of(people)
            },
        },
    ]
}

fn compute(context: &Context<'_>) -> Outcome {
    let cases = cases(context);
    let declined: Vec<&Case<'_>> = cases
        .iter()
        .filter(|case| matches!(case.verdict(), Verdict::Declined(on) if context.in_period(on)))
        .collect();
    let unmet: Vec<&Case<'_>> = declined
        .iter()
        .filter(|case| case.decision.is_some_and(waits_for_a_dwelling))
        .copied()
        .collect();
    let waiting: Vec<&Case<'_>> = cases
        .iter()
        .filter(|case| case.verdict() == Verdict::Pending && case.waiting.is_some())
        .collect();
    let for_a_dwelling: Vec<&Case<'_>> = waiting
        .iter()
        .filter(|case| case.waiting.is_some_and(waits_for_a_dwelling))
        .copied()
        .collect();
    let reason = distribution(
        "reason",
        declined.iter().map(|case| {
            let reason = case.decision.and_then(|decision| decision.reason);
            let positions = case.positions().collect();
            (case.subject(), positions, Answer::stated(reason))
        }),
    );
    let [all, persons] = households("declined", "persons", &declined);
    let mut groups = vec![reason.clone(), persons];
    groups.extend(households("unmet_demand", "unmet_demand_persons", &unmet));
    groups.extend(households("waiting", "waiting_persons", &waiting));
    groups.extend(households(
        "waiting_for_a_dwelling",
        "waiting_for_a_dwelling_persons",
        &for_a_dwelling,
    ));
    let unknown: Part = reason.parts.unknown;
    Outcome {
        value: all.value,
        parts: Parts {
            unknown,
            ..all.parts
        },
        groups,
    }
}
