//! 1: referrals received, by source.

use super::exits::distribution;
use super::{Definition, Unit};
use crate::Subject;
use crate::context::Context;
use crate::indicator::{Group, Outcome, Parts, Tally, Value};

pub(super) const DEFINITION: Definition = Definition {
    number: 1,
    code: "referrals_received",
    version: 1,
    it: "Segnalazioni ricevute, per provenienza",
    en: "Referrals received, by source",
    unit: Unit::Referrals,
    formula: "households referred in the period, whatever became of them; groups: source, the three ways of a missing answer apart, together unknown; persons, adults, children: how many there were in these households when they were referred",
    compute,
};

fn compute(context: &Context<'_>) -> Outcome {
    let referrals: Vec<_> = context
        .snapshot
        .households
        .values()
        .filter_map(|household| Some((household.household, household.referral.as_ref()?)))
        .filter(|(_, referral)| context.in_period(referral.on))
        .collect();
    let (mut all, mut adults, mut children) =
        (Tally::default(), Tally::default(), Tally::default());
    for (household, referral) in &referrals {
        let subject = Subject::Household(*household);
        all.add(subject, [referral.position]);
        for (tally, number) in [
            (&mut adults, referral.adults),
            (&mut children, referral.children),
        ] {
            if number > 0 {
                tally.add_many(u64::from(number), subject, [referral.position]);
            }
        }
    }
    let mut persons = adults.clone();
    persons.merge(&children);
    let source = distribution(
        "source",
        referrals.iter().map(|(household, referral)| {
            let subject = Subject::Household(*household);
            (subject, vec![referral.position], referral.source)
        }),
    );
    let count = |code, tally: Tally| Group {
        code,
        value: Value::Count(tally.count()),
        parts: Parts::of(tally),
    };
    Outcome {
        value: Value::Count(all.count()),
        parts: Parts {
            unknown: source.parts.unknown.clone(),
            ..Parts::of(all)
        },
        groups: vec![
            source,
            count("persons", persons),
            count("adults", adults),
            count("children", children),
        ],
    }
}
