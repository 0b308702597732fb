//! 15: exits by destination, reason, completion and safety.

use events::Answer;
use events::codes::{CodeList, Completion, LivingSituation};
use projections::households::{ExitRow, HouseholdRow};

use super::{Definition, Unit};
use crate::Subject;
use crate::context::Context;
use crate::indicator::{Group, Outcome, Parts, Share, Tally, Value};

pub(super) const DEFINITION: Definition = Definition {
    number: 15,
    code: "exits_by_kind",
    version: 1,
    it: "Uscite per destinazione, motivo, conclusione e sicurezza",
    en: "Exits by destination, reason, completion and safety",
    unit: Unit::Exits,
    formula: "exits of persons in the period; groups: destination, of persons; reason, completion, safety as the woman and as the worker see it, of households; dismissal_reason, of the households asked to leave; does not know, prefers not to answer and not collected apart, together unknown",
    compute,
};

/// Counts answers by code, and which of them are missing.
pub(super) fn distribution<'x, T: CodeList>(
    code: &'static str,
    answers: impl Iterator<Item = (Subject, Vec<events::Position>, Answer<T>)> + 'x,
) -> Group {
    let mut all = Tally::default();
    let mut unknown = Tally::default();
    let mut shares: Vec<Share> = T::ENTRIES
        .iter()
        .map(|entry| Share {
            code: entry.code,
            count: 0,
        })
        .collect();
    let missing = ["does_not_know", "prefers_not_to_answer", "not_collected"];
    shares.extend(missing.map(|code| Share { code, count: 0 }));
    for (subject, positions, answer) in answers {
        let word = match answer {
            Answer::Known(value) => value.code(),
            Answer::DoesNotKnow => missing[0],
            Answer::PrefersNotToAnswer => missing[1],
            Answer::NotCollected => missing[2],
        };
        if let Some(share) = shares.iter_mut().find(|share| share.code == word) {
            share.count += 1;
        }
        if answer.known().is_none() {
            unknown.add(subject, positions.iter().copied());
        }
        all.add(subject, positions);
    }
    Group {
        code,
        value: Value::Distribution(shares),
        parts: Parts {
            unknown: unknown.into(),
            ..Parts::of(all)
        },
    }
}

fn compute(context: &Context<'_>) -> Outcome {
    let mut persons = Tally::default();
    for stay in context.leavers() {
        persons.add(stay.subject(), stay.positions());
    }
    let destinations = context.leavers().filter_map(|stay| {
        let left = stay.member.left.as_ref()?;
        Some((stay.subject(), stay.positions().collect(), left.destination))
    });
    let households: Vec<(&HouseholdRow, &ExitRow)> = context
        .snapshot
        .households
        .values()
        .filter_map(|household| Some((household, household.exit.as_ref()?)))
        .filter(|(_, exit)| context.in_period(exit.on))
        .collect();
    let asked_to_leave = |(_, exit): &&(&HouseholdRow, &ExitRow)| {
        exit.completion == Answer::Known(Completion::AskedToLeave)
    };
    let dismissed: Vec<_> = households.iter().filter(asked_to_leave).copied().collect();
    fn of<'x, T: CodeList>(
        households: &'x [(&HouseholdRow, &ExitRow)],
        answer: fn(&ExitRow) -> Answer<T>,
    ) -> impl Iterator<Item = (Subject, Vec<events::Position>, Answer<T>)> + 'x {
        households.iter().map(move |(household, exit)| {
            (
                Subject::Household(household.household),
                vec![exit.position],
                answer(exit),
            )
        })
    }
    let groups = vec![
        distribution::<LivingSituation>("destination", destinations),
        distribution("reason", of(&households, |exit| exit.reason)),
        distribution("completion", of(&households, |exit| exit.completion)),
        distribution("client_safety", of(&households, |exit| exit.client_safety)),
        distribution("worker_safety", of(&households, |exit| exit.worker_safety)),
        distribution(
            "dismissal_reason",
            of(&dismissed, |exit| Answer::stated(exit.dismissal_reason)),
        ),
    ];
    Outcome {
        value: Value::Count(persons.count()),
        parts: Parts::of(persons),
        groups,
    }
}
