//! What is due: plans, goals, follow-ups, meetings, expenses, reports, and what became of each.
//!
//! The rows keep what makes something due or settles it. What is due on a day, and how it stands,
//! depends on that day and on the pilot's rules: it is derived, and never stored.

pub mod household;
mod item;
pub mod pilot;
#[cfg(test)]
pub(crate) mod tests;

use std::collections::BTreeSet;

use chrono::NaiveDate;
use events::HouseholdId;

pub use household::HouseholdAgenda;
pub use item::{Done, Item, Kind, Mark, NOTICE_DAYS, Outcome, State, Subject, Window};
pub use pilot::PilotAgenda;

use household::Happened;

pub(crate) use item::after_months;

/// What is wanted of an agenda; the default is everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only what stands so; everything when empty.
    pub states: BTreeSet<State>,
    /// Only these kinds; all of them when empty.
    pub kinds: BTreeSet<Kind>,
    /// Only what is about this household.
    pub household: Option<HouseholdId>,
    /// Only what is due by this day.
    pub due_by: Option<NaiveDate>,
}

impl Filter {
    /// What is to be done now: due or overdue.
    pub fn open() -> Self {
        Self {
            states: [State::Overdue, State::Due].into(),
            ..Self::default()
        }
    }

    fn wants(&self, entry: &Entry) -> bool {
        let item = &entry.item;
        (self.states.is_empty() || self.states.contains(&entry.state))
            && (self.kinds.is_empty() || self.kinds.contains(&item.kind))
            && self
                .household
                .is_none_or(|id| item.subject.household() == Some(id))
            && self.due_by.is_none_or(|day| item.due <= day)
    }
}

/// Something to be done, and how it stands on the day that was asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// What is to be done.
    pub item: Item,
    /// How it stands.
    pub state: State,
}

/// A pilot's agenda on a day, in order of the days by which something is to be done.
pub fn list<'a>(
    pilot: &PilotAgenda,
    households: impl IntoIterator<Item = &'a HouseholdAgenda>,
    today: NaiveDate,
    filter: &Filter,
) -> Vec<Entry> {
    let mut items = pilot::items(pilot, &pilot.rules, today);
    let closing = pilot::closing(pilot, today);
    for household in households {
        items.extend(household::items(household, &pilot.rules, today));
        items.extend(closing.and_then(|closing| still_in(household, closing, today)));
    }
    let mut entries: Vec<Entry> = items
        .into_iter()
        .map(|item| {
            let state = item.state(today);
            Entry { item, state }
        })
        .filter(|entry| filter.wants(entry))
        .collect();
    entries.sort_by_key(|entry| {
        let item = &entry.item;
        (item.due, item.kind, item.subject, item.from)
    });
    entries
}

/// A household that had not left when the pilot was closed.
fn still_in(household: &HouseholdAgenda, closing: Mark, today: NaiveDate) -> Option<Item> {
    let happened = |is: fn(&Happened) -> bool| {
        let mut marks = household.marks.iter().filter(|mark| mark.on <= today);
        marks.find(|mark| is(&mark.what))
    };
    happened(|what| *what == Happened::Admission)?;
    let exit = happened(|what| matches!(what, Happened::Exit { .. }));
    if exit.is_some_and(|exit| exit.on <= closing.on) {
        return None;
    }
    let subject = Subject::Household(household.household);
    let mut item = Item::new(Kind::StillIn, subject, closing, closing.on);
    item.done = exit.map(|exit| Done {
        on: exit.on,
        position: exit.position,
        result: None,
    });
    Some(item)
}
