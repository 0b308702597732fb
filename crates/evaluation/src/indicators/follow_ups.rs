//! What the indicators of the time after the exit share: who was reached at which follow-up.

use events::Position;
use events::codes::{CodeList, FollowUpMonth, FollowUpResult};
use projections::households::{ExitRow, FollowUpRow, HouseholdRow};

use crate::Subject;
use crate::context::Context;

/// A household that was reached in the period at one of its follow-ups. Reached twice for the same month,
/// it is one follow-up with two answers.
pub(super) struct Reached<'a> {
    pub(super) household: &'a HouseholdRow,
    exit: &'a ExitRow,
    pub(super) month: FollowUpMonth,
    /// What was answered, in order of days; never empty.
    pub(super) answers: Vec<&'a FollowUpRow>,
}

/// Every follow-up of the period at which somebody was reached. Nobody asked, nobody found and nobody
/// willing are no follow-ups here.
pub(super) fn reached<'a>(context: &Context<'a>) -> Vec<Reached<'a>> {
    let snapshot = context.snapshot;
    let mut all = Vec::new();
    for household in snapshot.households.values() {
        let exit = household.exit.as_ref();
        let Some(exit) = exit.filter(|exit| context.has_come(exit.on)) else {
            continue;
        };
        for month in FollowUpMonth::ENTRIES.iter().map(|entry| entry.value) {
            let answers: Vec<&FollowUpRow> = household
                .follow_ups
                .iter()
                .filter(|row| row.month == month && row.result == FollowUpResult::Reached)
                .filter(|row| context.in_period(row.on))
                .collect();
            if !answers.is_empty() {
                all.push(Reached {
                    household,
                    exit,
                    month,
                    answers,
                });
            }
        }
    }
    all
}

impl Reached<'_> {
    pub(super) fn subject(&self) -> Subject {
        Subject::Household(self.household.household)
    }

    /// The exit, and what was answered.
    pub(super) fn positions(&self) -> impl Iterator<Item = Position> {
        let answers = self.answers.iter().map(|answer| answer.position);
        [self.exit.position].into_iter().chain(answers)
    }
}
