//! 16: returned to the abuser.

use std::collections::BTreeMap;

use events::codes::{ExitReason, LivingSituation};
use events::{Answer, HouseholdId, Position};
use projections::households::{ExitRow, HouseholdRow, MemberRow};

use super::follow_ups::reached;
use super::stable_housing::is_unknown;
use super::{Definition, Unit};
use crate::Subject;
use crate::context::Context;
use crate::indicator::{Group, Outcome, Parts, Tally};

pub(super) const DEFINITION: Definition = Definition {
    number: 16,
    code: "returned_to_abuser",
    version: 1,
    it: "Ritorno dal maltrattante",
    en: "Returned to the abuser",
    unit: Unit::ExitsShare,
    formula: "households that left in the period and returned to the abuser, by the destination of the head or by the reason of the exit / those of which it is known: by either it is so, or the destination is another; excluded: the head deceased; unknown: destination not known (no exit interview included) and the reason another or not known, not in the denominator; groups: exit_destination and exit_reason: by one of the two alone; persons: by the destination of each person who left in the period; at_follow_up: households reached in the period after their exit that at any of these follow-ups lived with the abuser / those of which it is known",
    compute,
};

/// Returned or not, or not known.
#[derive(Default)]
struct Answers {
    returned: Tally,
    known: Tally,
    excluded: Tally,
    unknown: Tally,
}

/// What is known of one return.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Return {
    Yes,
    No,
    Deceased,
    Unknown,
}

impl Return {
    fn by_place(place: Answer<LivingSituation>) -> Self {
        match place {
            Answer::Known(LivingSituation::ReturnedToAbuser) => Self::Yes,
            Answer::Known(LivingSituation::Deceased) => Self::Deceased,
            place if is_unknown(place) => Self::Unknown,
            _ => Self::No,
        }
    }

    fn by_reason(reason: Answer<ExitReason>) -> Self {
        match reason {
            Answer::Known(ExitReason::ReturnedToAbuser) => Self::Yes,
            Answer::Known(_) => Self::No,
            _ => Self::Unknown,
        }
    }
}

impl Answers {
    fn add(
        &mut self,
        answer: Return,
        subject: Subject,
        positions: impl IntoIterator<Item = Position> + Clone,
    ) {
        let tallies: &mut [&mut Tally] = match answer {
            Return::Yes => &mut [&mut self.returned, &mut self.known],
            Return::No => &mut [&mut self.known],
            Return::Deceased => &mut [&mut self.excluded],
            Return::Unknown => &mut [&mut self.unknown],
        };
        for tally in tallies {
            tally.add(subject, positions.clone());
        }
    }

    fn parts(self) -> Parts {
        Parts {
            denominator: self.known.into(),
            excluded: self.excluded.into(),
            unknown: self.unknown.into(),
            ..Parts::of(self.returned)
        }
    }

    fn group(self, code: &'static str) -> Group {
        let parts = self.parts();
        Group {
            code,
            value: parts.ratio(),
            parts,
        }
    }
}

/// Where the head went, who was it at the end.
fn destination(household: &HouseholdRow) -> Answer<LivingSituation> {
    let head = household.members.iter().rfind(|member| member.head);
    head.and_then(|head| head.left.as_ref())
        .map_or(Answer::NotCollected, |left| left.destination)
}

/// The facts that say who the head was and where she went.
fn positions(household: &HouseholdRow, exit: &ExitRow) -> Vec<Position> {
    let of_member = |member: &MemberRow| {
        let left = member.left.as_ref().map(|left| left.position);
        [member.position].into_iter().chain(left)
    };
    let members = household.members.iter().flat_map(of_member);
    members.chain([exit.position]).collect()
}

fn compute(context: &Context<'_>) -> Outcome {
    let mut either = Answers::default();
    let mut by_destination = Answers::default();
    let mut by_reason = Answers::default();
    for household in context.snapshot.households.values() {
        let exit = household.exit.as_ref();
        let Some(exit) = exit.filter(|exit| context.in_period(exit.on)) else {
            continue;
        };
        let place = Return::by_place(destination(household));
        let reason = match place {
            Return::Deceased => Return::Deceased,
            _ => Return::by_reason(exit.reason),
        };
        let together = match reason {
            Return::Yes => Return::Yes,
            _ => place,
        };
        let subject = Subject::Household(household.household);
        let positions = positions(household, exit);
        for (answers, answer) in [
            (&mut either, together),
            (&mut by_destination, place),
            (&mut by_reason, reason),
        ] {
            answers.add(answer, subject, positions.iter().copied());
        }
    }
    let mut persons = Answers::default();
    for stay in context.leavers() {
        if let Some(left) = &stay.member.left {
            let positions: Vec<Position> = stay.positions().collect();
            persons.add(
                Return::by_place(left.destination),
                stay.subject(),
                positions,
            );
        }
    }
    let either = either.parts();
    Outcome {
        value: either.ratio(),
        parts: either,
        groups: vec![
            by_destination.group("exit_destination"),
            by_reason.group("exit_reason"),
            persons.group("persons"),
            at_follow_up(context).group("at_follow_up"),
        ],
    }
}

/// Each household once, however often it was asked.
fn at_follow_up(context: &Context<'_>) -> Answers {
    let mut households: BTreeMap<HouseholdId, (Vec<Return>, Vec<Position>)> = BTreeMap::new();
    for follow_up in reached(context) {
        let (said, positions) = households.entry(follow_up.household.household).or_default();
        let answers = follow_up.answers.iter();
        said.extend(answers.map(|answer| Return::by_place(answer.housing)));
        positions.extend(follow_up.positions());
    }
    let mut all = Answers::default();
    for (household, (said, positions)) in households {
        let order = [Return::Yes, Return::Deceased, Return::No];
        let answer = order.into_iter().find(|answer| said.contains(answer));
        all.add(
            answer.unwrap_or(Return::Unknown),
            Subject::Household(household),
            positions,
        );
    }
    all
}
