//! 39: completeness of the required answers.

use std::collections::BTreeSet;

use events::Position;
use projections::quality::{Completeness, Element, completeness};

use super::{Definition, Unit};
use crate::Subject;
use crate::context::Context;
use crate::indicator::{Group, Outcome, Parts, Share, Tally, Value};

pub(super) const DEFINITION: Definition = Definition {
    number: 39,
    code: "completeness",
    version: 1,
    it: "Completezza dei dati",
    en: "Completeness",
    unit: Unit::AnswersShare,
    formula: "required answers that are known / required answers whose time came in the period; of entries on the day of entry, of exits on the day of exit, income within 30 days of either (when first recorded, else on the day after), of follow-ups when recorded within their window, else on the day after it; employment and income are asked of adults, citizenship where the pilot's rules ask it; unknown: does not know, prefers not to answer (also: refused the follow-up), not collected (also: not reached, missed); excluded: not yet due; groups: one for each required answer, as a distribution of these five",
    compute,
};

/// The answers of one element, or of all.
#[derive(Clone, Default)]
struct Answers {
    counts: [u64; Completeness::ALL.len()],
    known: Tally,
    due: Tally,
    not_yet_due: Tally,
    missing: Tally,
}

impl Answers {
    fn add(&mut self, answer: Completeness, subject: Subject, positions: &BTreeSet<Position>) {
        for (count, of) in self.counts.iter_mut().zip(Completeness::ALL) {
            *count += u64::from(of == answer);
        }
        let tallies: &mut [&mut Tally] = match answer {
            Completeness::NotYetDue => &mut [&mut self.not_yet_due],
            Completeness::Known => &mut [&mut self.known, &mut self.due],
            _ => &mut [&mut self.missing, &mut self.due],
        };
        for tally in tallies {
            tally.add(subject, positions.iter().copied());
        }
    }

    fn parts(&self) -> Parts {
        Parts {
            denominator: self.due.clone().into(),
            excluded: self.not_yet_due.clone().into(),
            unknown: self.missing.clone().into(),
            ..Parts::of(self.known.clone())
        }
    }

    fn distribution(&self) -> Value {
        let shares = self.counts.iter().zip(Completeness::ALL);
        Value::Distribution(
            shares
                .map(|(count, answer)| Share {
                    code: answer.code(),
                    count: *count,
                })
                .collect(),
        )
    }
}

fn compute(context: &Context<'_>) -> Outcome {
    let snapshot = context.snapshot;
    let mut all = Answers::default();
    let mut elements = Element::ALL.map(|element| (element, Answers::default()));
    for (household, row) in &snapshot.quality {
        let Some(agenda) = snapshot.agenda.get(household) else {
            continue;
        };
        let rules = &snapshot.pilot_agenda.rules;
        let required = completeness(row, agenda, rules, context.last_day);
        // Whether an answer is missing or not yet due depends on all that is known of the stay.
        let positions: BTreeSet<Position> = required
            .iter()
            .flat_map(|required| required.positions.iter().copied())
            .collect();
        let counted = required
            .iter()
            .filter(|required| required.settled.is_none_or(|day| context.in_period(day)));
        for required in counted {
            let subject = match required.person {
                Some(person) => Subject::Stay(*household, person),
                None => Subject::Household(*household),
            };
            all.add(required.answer, subject, &positions);
            let of_element = elements
                .iter_mut()
                .filter(|(element, _)| *element == required.element);
            for (_, answers) in of_element {
                answers.add(required.answer, subject, &positions);
            }
        }
    }
    let groups = elements
        .iter()
        .map(|(element, answers)| Group {
            code: element.code(),
            value: answers.distribution(),
            parts: answers.parts(),
        })
        .collect();
    let parts = all.parts();
    Outcome {
        value: parts.ratio(),
        parts,
        groups,
    }
}
