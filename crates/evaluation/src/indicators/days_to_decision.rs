//! 3: days from referral to decision.

use super::admission_rate::{Verdict, cases};
use super::{Definition, Unit};
use crate::context::Context;
use crate::indicator::{Group, Outcome, Parts, Tally, Value, days};
use crate::round;
use events::codes::AdmissionDecision;

pub(super) const DEFINITION: Definition = Definition {
    number: 3,
    code: "referral_to_decision",
    version: 1,
    it: "Giorni dalla segnalazione alla decisione",
    en: "Days from referral to decision",
    unit: Unit::Days,
    formula: "median of the day of the first final decision (accepted or declined; waiting is none) - the day of the referral, over the referrals decided in the period; unknown: decided without a recorded referral, or entered in the period without a recorded decision; groups: the mean, the medians of those accepted and declined, and how many are pending (received by the last day and neither decided nor taken back), whose days are not counted",
    compute,
};

fn compute(context: &Context<'_>) -> Outcome {
    let (mut measured, mut unknown, mut pending) =
        (Tally::default(), Tally::default(), Tally::default());
    let (mut accepted, mut declined) = (Tally::default(), Tally::default());
    let (mut of_all, mut of_accepted, mut of_declined) = (Vec::new(), Vec::new(), Vec::new());
    for case in cases(context) {
        let subject = case.subject();
        if case.verdict() == Verdict::Pending {
            pending.add(subject, case.positions());
        }
        let Some(decision) = case.decision else {
            if case.admission.is_some_and(|row| context.in_period(row.on)) {
                unknown.add(subject, case.positions());
            }
            continue;
        };
        if !context.in_period(decision.on) {
            continue;
        }
        let Some(referral) = case.referral else {
            unknown.add(subject, case.positions());
            continue;
        };
        let took = decision.on.signed_duration_since(referral.on).num_days();
        let positions = [referral.position, decision.position];
        measured.add(subject, positions);
        of_all.push(took);
        let (tally, list) = match decision.decision {
            AdmissionDecision::Accepted => (&mut accepted, &mut of_accepted),
            _ => (&mut declined, &mut of_declined),
        };
        tally.add(subject, positions);
        list.push(took);
    }
    let parts = Parts {
        unknown: unknown.into(),
        ..Parts::of(measured)
    };
    let group = |code, value, parts| Group { code, value, parts };
    Outcome {
        value: days(round::median(&of_all)),
        groups: vec![
            group("mean", days(round::mean(&of_all)), parts.clone()),
            group(
                "accepted",
                days(round::median(&of_accepted)),
                Parts::of(accepted),
            ),
            group(
                "declined",
                days(round::median(&of_declined)),
                Parts::of(declined),
            ),
            group("pending", Value::Count(pending.count()), Parts::of(pending)),
        ],
        parts,
    }
}
