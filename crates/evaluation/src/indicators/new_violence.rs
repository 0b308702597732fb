//! 17: new violence after the exit.

use events::Answer;
use events::codes::{CodeList, FollowUpMonth};

use super::follow_ups::{Reached, reached};
use super::{Definition, Unit};
use crate::context::Context;
use crate::indicator::{Group, Outcome, Parts, Tally};

pub(super) const DEFINITION: Definition = Definition {
    number: 17,
    code: "new_violence_after_exit",
    version: 1,
    it: "Nuova violenza dopo l'uscita",
    en: "New violence after exit",
    unit: Unit::FollowUpsShare,
    formula: "follow-ups that report new violence / follow-ups at which the household was reached, in the period; a household's follow-up of one month counts once, and reports violence if any answer to it does; unknown: reached, and no answer about violence, who stay in the denominator; groups: answered: the same without the unknown; each month",
    compute,
};

fn parts<'a>(follow_ups: impl Iterator<Item = &'a Reached<'a>>) -> [Parts; 2] {
    let (mut violent, mut all, mut unknown, mut answered) = (
        Tally::default(),
        Tally::default(),
        Tally::default(),
        Tally::default(),
    );
    for follow_up in follow_ups {
        let says = |wanted| {
            let mut answers = follow_up.answers.iter();
            answers.any(|answer| answer.new_violence == Answer::Known(wanted))
        };
        let tallies: &mut [&mut Tally] = match (says(true), says(false)) {
            (true, _) => &mut [&mut violent, &mut answered, &mut all],
            (false, true) => &mut [&mut answered, &mut all],
            (false, false) => &mut [&mut unknown, &mut all],
        };
        for tally in tallies {
            tally.add(follow_up.subject(), follow_up.positions());
        }
    }
    [all, answered].map(|denominator| Parts {
        denominator: denominator.into(),
        unknown: unknown.clone().into(),
        ..Parts::of(violent.clone())
    })
}

fn compute(context: &Context<'_>) -> Outcome {
    let follow_ups = reached(context);
    let group = |code, parts: Parts| Group {
        code,
        value: parts.ratio(),
        parts,
    };
    let [all, answered] = parts(follow_ups.iter());
    let mut groups = vec![group("answered", answered)];
    for month in FollowUpMonth::ENTRIES {
        let of_month = follow_ups.iter().filter(|of| of.month == month.value);
        let [of_month, _] = parts(of_month);
        groups.push(group(month.code, of_month));
    }
    Outcome {
        value: all.ratio(),
        parts: all,
        groups,
    }
}
