//! Which further streams a household's fact is an entry of.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use events::{DwellingId, Event, Fact, HouseholdId, PersonId, Stream, effective};

use crate::finding::Findings;
use crate::household::Household;

/// Is this a fact about who is where? Those are entries of dwellings' and persons' streams too.
pub(crate) fn is_about_whereabouts(event: &Event) -> bool {
    matches!(
        event,
        Event::Admission(_)
            | Event::HouseholdMemberJoined(_)
            | Event::HouseholdMemberLeft(_)
            | Event::DwellingChanged(_)
            | Event::Exit(_)
    )
}

/// Dwellings and persons.
#[derive(Clone, Debug, Default)]
pub(crate) struct Named {
    pub(crate) dwellings: BTreeSet<DwellingId>,
    pub(crate) persons: BTreeSet<PersonId>,
}

impl Named {
    /// All that facts about whereabouts ever named, corrected and retracted ones too: a
    /// retraction taken back brings its dwelling and its people back.
    pub(crate) fn ever(facts: &[Fact]) -> Self {
        let mut named = Self::default();
        for fact in facts {
            named.add(&fact.event);
        }
        named
    }

    /// Adds what `event`, or the replacement in it, names.
    pub(crate) fn add(&mut self, event: &Event) {
        match event {
            Event::Admission(admission) => {
                self.dwellings.extend(admission.dwelling);
                self.persons
                    .extend(admission.members.iter().map(|member| member.person));
            }
            Event::HouseholdMemberJoined(joined) => {
                self.persons.insert(joined.member.person);
            }
            Event::HouseholdMemberLeft(left) => {
                self.persons.insert(left.person);
            }
            Event::DwellingChanged(changed) => {
                self.dwellings.insert(changed.dwelling);
            }
            Event::Exit(exit) => self.persons.extend(exit.members.iter().map(|m| m.person)),
            Event::RecordCorrected(correction) => self.add(&correction.replacement.event),
            _ => {}
        }
    }

    fn streams(&self) -> BTreeSet<Stream> {
        let dwellings = self.dwellings.iter().map(|&id| Stream::Dwelling(id));
        dwellings
            .chain(self.persons.iter().map(|&id| Stream::Person(id)))
            .collect()
    }
}

/// The further streams that `event`, on `on`, concerns; `facts` are its household's so far.
pub(crate) fn also(
    household: HouseholdId,
    facts: &[Fact],
    event: &Event,
    on: NaiveDate,
) -> BTreeSet<Stream> {
    let mut named = Named::default();
    match event {
        Event::HouseholdMemberJoined(_) | Event::HouseholdMemberLeft(_) => {
            named.dwellings = dwellings_on(household, facts, on);
        }
        Event::DwellingChanged(_) => named.dwellings = Named::ever(facts).dwellings,
        Event::Exit(_) | Event::RecordCorrected(_) | Event::RecordRetracted(_) => {
            named = Named::ever(facts);
        }
        _ => {}
    }
    named.add(event);
    named.streams()
}

fn dwellings_on(household: HouseholdId, facts: &[Fact], on: NaiveDate) -> BTreeSet<DwellingId> {
    let household = Household::of(household, &effective(facts), &mut Findings::default());
    let there = household
        .stays
        .iter()
        .filter(|stay| stay.from.on <= on && stay.until.is_none_or(|until| on <= until));
    there.map(|stay| stay.dwelling).collect()
}
