//! 2: admission rate. What became of a referral is shared with the other indicators of the way in.

use chrono::NaiveDate;
use events::Position;
use events::codes::AdmissionDecision;
use projections::households::{
    AdmissionRow, DecisionRow, HouseholdRow, ReferralRow, ReferralWithdrawalRow,
};

use super::{Definition, Unit};
use crate::Subject;
use crate::context::Context;
use crate::indicator::{Group, Outcome, Parts, Tally, Value};

pub(super) const DEFINITION: Definition = Definition {
    number: 2,
    code: "admission_rate",
    version: 1,
    it: "Tasso di ammissione",
    en: "Admission rate",
    unit: Unit::ReferralsShare,
    formula: "referrals accepted / referrals decided, both by the first final decision (accepted or declined; waiting is none) and by the day in the period it was taken on; who entered without a recorded decision was accepted on the day of entry; excluded: taken back in the period before a final decision; groups: pending (received by the last day and neither decided nor taken back, whenever received), waiting (those of them with a place on the waiting list), withdrawn (the excluded), withdrawn_after_acceptance (taken back in the period though accepted, still accepted in the rate)",
    compute,
};

/// A household on its way in, as far as it had come by the last day.
#[derive(Clone, Copy)]
pub(super) struct Case<'a> {
    pub(super) household: &'a HouseholdRow,
    pub(super) referral: Option<&'a ReferralRow>,
    /// The first final decision.
    pub(super) decision: Option<&'a DecisionRow>,
    /// The last decision that it has to wait.
    pub(super) waiting: Option<&'a DecisionRow>,
    pub(super) withdrawal: Option<&'a ReferralWithdrawalRow>,
    pub(super) admission: Option<&'a AdmissionRow>,
}

/// What had become of a referral, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Accepted(NaiveDate),
    Declined(NaiveDate),
    /// Taken back before anybody decided.
    Withdrawn(NaiveDate),
    Pending,
}

/// Every household that was referred, decided on or taken in by the last day.
pub(super) fn cases<'a>(context: &Context<'a>) -> Vec<Case<'a>> {
    let snapshot = context.snapshot;
    snapshot
        .households
        .values()
        .map(|household| {
            let come = |decision: &&DecisionRow| context.has_come(decision.on);
            let decisions = || household.decisions.iter().filter(come);
            let is_final =
                |decision: &&DecisionRow| decision.decision != AdmissionDecision::Waiting;
            Case {
                household,
                referral: household
                    .referral
                    .as_ref()
                    .filter(|referral| context.has_come(referral.on)),
                decision: decisions().find(is_final),
                waiting: decisions().rfind(|decision| !is_final(decision)),
                withdrawal: household
                    .withdrawal
                    .as_ref()
                    .filter(|withdrawal| context.has_come(withdrawal.on)),
                admission: household
                    .admission
                    .as_ref()
                    .filter(|admission| context.has_come(admission.on)),
            }
        })
        .filter(|case| {
            case.referral.is_some() || case.decision.is_some() || case.admission.is_some()
        })
        .collect()
}

impl Case<'_> {
    pub(super) fn subject(&self) -> Subject {
        Subject::Household(self.household.household)
    }

    pub(super) fn verdict(&self) -> Verdict {
        match (self.decision, self.admission, self.withdrawal) {
            (Some(decision), ..) if decision.decision == AdmissionDecision::Accepted => {
                Verdict::Accepted(decision.on)
            }
            (Some(decision), ..) => Verdict::Declined(decision.on),
            (None, Some(admission), _) => Verdict::Accepted(admission.on),
            (None, None, Some(withdrawal)) => Verdict::Withdrawn(withdrawal.on),
            (None, None, None) => Verdict::Pending,
        }
    }

    /// The day on which it was accepted, if there was a decision and it said so.
    pub(super) fn accepted_on(&self) -> Option<NaiveDate> {
        self.decision
            .filter(|decision| decision.decision == AdmissionDecision::Accepted)
            .map(|decision| decision.on)
    }

    /// The facts of its way in, as far as it had come.
    pub(super) fn positions(&self) -> impl Iterator<Item = Position> + use<> {
        let positions = [
            self.referral.map(|row| row.position),
            self.waiting.map(|row| row.position),
            self.decision.map(|row| row.position),
            self.withdrawal.map(|row| row.position),
            self.admission.map(|row| row.position),
        ];
        positions.into_iter().flatten()
    }
}

fn compute(context: &Context<'_>) -> Outcome {
    let mut accepted = Tally::default();
    let mut decided = Tally::default();
    let mut pending = Tally::default();
    let mut waiting = Tally::default();
    let mut withdrawn = Tally::default();
    let mut withdrawn_later = Tally::default();
    for case in cases(context) {
        let subject = case.subject();
        let tallies: &mut [&mut Tally] = match case.verdict() {
            Verdict::Accepted(on) if context.in_period(on) => &mut [&mut accepted, &mut decided],
            Verdict::Declined(on) if context.in_period(on) => &mut [&mut decided],
            Verdict::Withdrawn(on) if context.in_period(on) => &mut [&mut withdrawn],
            Verdict::Pending if case.waiting.is_some() => &mut [&mut pending, &mut waiting],
            Verdict::Pending => &mut [&mut pending],
            _ => &mut [],
        };
        for tally in tallies {
            tally.add(subject, case.positions());
        }
        if let (Verdict::Accepted(_), Some(withdrawal)) = (case.verdict(), case.withdrawal)
            && context.in_period(withdrawal.on)
        {
            withdrawn_later.add(subject, case.positions());
        }
    }
    let count = |code, tally: &Tally| Group {
        code,
        value: Value::Count(tally.count()),
        parts: Parts::of(tally.clone()),
    };
    let groups = vec![
        count("pending", &pending),
        count("waiting", &waiting),
        count("withdrawn", &withdrawn),
        count("withdrawn_after_acceptance", &withdrawn_later),
    ];
    let parts = Parts {
        denominator: decided.into(),
        excluded: withdrawn.into(),
        ..Parts::of(accepted)
    };
    Outcome {
        value: parts.ratio(),
        parts,
        groups,
    }
}
