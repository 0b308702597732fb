//! What every indicator looks at: the stays, cut at the period's end and at what is known.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use events::{Answer, Event, HouseholdId, Position};
use projections::Snapshot;
use projections::census::last_night;
use projections::households::{HouseholdRow, MemberRow};
use projections::plans::PlansRow;
use projections::safety::SafetyRow;
use projections::timeline::Standing;
use projections::work::WorkRow;

use crate::{DefinitionSet, Period, Subject};

/// Age from which a person is an adult.
const ADULT: u16 = 18;

pub(crate) struct Context<'a> {
    pub(crate) snapshot: &'a Snapshot,
    pub(crate) period: Period,
    /// Last day that counts: the period's last, or the day of the last fact if that is earlier.
    pub(crate) last_day: NaiveDate,
    /// Where an open stay ends: the day after the period, or the day of the last fact.
    pub(crate) end: NaiveDate,
    /// The set of definitions that is evaluated.
    pub(crate) set: &'a DefinitionSet,
    /// The facts of the households as they count.
    pub(crate) standing: Vec<Standing>,
    /// The corrections that stand, by what they correct: facts of every stream.
    corrections: BTreeMap<Position, Position>,
}

/// One person's time with one household, as it stood at the end of the period.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stay<'a> {
    pub(crate) household: &'a HouseholdRow,
    pub(crate) member: &'a MemberRow,
    pub(crate) entry: NaiveDate,
    /// The day she left, if she had by then.
    pub(crate) exit: Option<NaiveDate>,
    /// Days from entry to exit, or to where an open stay ends.
    pub(crate) days: i64,
    /// Age at entry or at the period's start, whichever is later.
    age: Answer<u16>,
    /// Her last night, counted so far.
    pub(crate) last_night: NaiveDate,
}

/// A household's time in the pilot, as it stood at the end of the period.
#[derive(Clone, Debug)]
pub(crate) struct HouseholdStay {
    pub(crate) household: HouseholdId,
    /// The day it left, if it had by then.
    pub(crate) exit: Option<NaiveDate>,
    /// Days from admission to exit, or to where an open stay ends.
    pub(crate) days: i64,
    /// The facts that began and ended it.
    pub(crate) positions: Vec<Position>,
}

impl<'a> Context<'a> {
    pub(crate) fn new(set: &'a DefinitionSet, snapshot: &'a Snapshot, period: Period) -> Self {
        // An empty log knows nothing: any day will do.
        let as_of = snapshot
            .recorded_at
            .map_or(period.end(), |at| at.date_naive());
        Self {
            set,
            snapshot,
            period,
            last_day: period.to().min(as_of),
            end: period.end().min(as_of),
            standing: snapshot.timeline.standing(),
            corrections: snapshot.timeline.corrections(),
        }
    }

    /// The last day that counts.
    pub(crate) fn last_day(&self) -> NaiveDate {
        self.last_day
    }

    /// Had `day` come by the end of the period, and by the last fact?
    pub(crate) fn has_come(&self, day: NaiveDate) -> bool {
        day <= self.last_day
    }

    /// Had `day` come, and not before the period began?
    pub(crate) fn in_period(&self, day: NaiveDate) -> bool {
        self.period.from() <= day && self.has_come(day)
    }

    /// What is known of a household's work.
    pub(crate) fn work(&self, household: HouseholdId) -> Option<&'a WorkRow> {
        self.snapshot.work.get(&household)
    }

    /// What was agreed with a household.
    pub(crate) fn plans(&self, household: HouseholdId) -> Option<&'a PlansRow> {
        self.snapshot.plans.get(&household)
    }

    /// What is known of a household's safety.
    pub(crate) fn safety(&self, household: HouseholdId) -> Option<&'a SafetyRow> {
        self.snapshot.safety.get(&household)
    }

    /// Every stay begun by the end of the period.
    pub(crate) fn stays(&self) -> impl Iterator<Item = Stay<'a>> {
        let snapshot = self.snapshot;
        snapshot
            .households
            .values()
            .flat_map(|household| {
                household
                    .members
                    .iter()
                    .map(move |member| (household, member))
            })
            .filter(|(_, member)| self.has_come(member.entered_on))
            .map(|(household, member)| self.stay(household, member))
    }

    /// Stays with at least one day in the period, that of leaving included: whoever left on its first
    /// day is one of its leavers.
    pub(crate) fn present(&self) -> impl Iterator<Item = Stay<'a>> {
        self.stays()
            .filter(|stay| stay.exit.is_none_or(|day| day >= self.period.from()))
    }

    /// Stays with at least one night in the period.
    pub(crate) fn served(&self) -> impl Iterator<Item = Stay<'a>> {
        self.stays()
            .filter(|stay| stay.last_night >= self.period.from())
    }

    /// Stays that ended in the period.
    pub(crate) fn leavers(&self) -> impl Iterator<Item = Stay<'a>> {
        self.stays()
            .filter(|stay| stay.exit.is_some_and(|day| self.in_period(day)))
    }

    /// Stays that had not ended.
    pub(crate) fn stayers(&self) -> impl Iterator<Item = Stay<'a>> {
        self.stays().filter(|stay| stay.exit.is_none())
    }

    /// The stays of whole households begun by the end of the period. Who was the head when does not matter.
    pub(crate) fn household_stays(&self) -> impl Iterator<Item = HouseholdStay> {
        self.snapshot.households.values().filter_map(|household| {
            let admission = household.admission.as_ref()?;
            let exit = household
                .exit
                .as_ref()
                .filter(|exit| self.has_come(exit.on));
            let until = exit.map_or(self.end, |exit| exit.on);
            let positions =
                std::iter::once(admission.position).chain(exit.map(|exit| exit.position));
            self.has_come(admission.on).then(|| HouseholdStay {
                household: household.household,
                exit: exit.map(|exit| exit.on),
                days: until.signed_duration_since(admission.on).num_days(),
                positions: positions.collect(),
            })
        })
    }

    fn stay(&self, household: &'a HouseholdRow, member: &'a MemberRow) -> Stay<'a> {
        let entry = member.entered_on;
        let exit = member
            .left
            .as_ref()
            .map(|left| left.on)
            .filter(|day| self.has_come(*day));
        let until = exit.unwrap_or(self.end);
        let birthday_counts = entry.max(self.period.from());
        Stay {
            household,
            member,
            entry,
            exit,
            days: until.signed_duration_since(entry).num_days(),
            age: member
                .birth
                .map(|birth| birth.age_on(birthday_counts, entry)),
            last_night: last_night(entry, Some(until)).unwrap_or(entry),
        }
    }

    /// The nights from `first` on, until `until` or where an open stay ends, that lie in the period.
    pub(crate) fn nights(
        &self,
        first: NaiveDate,
        until: Option<NaiveDate>,
    ) -> impl Iterator<Item = NaiveDate> + use<> {
        let (from, to) = (self.period.from(), self.period.to());
        let until = until.filter(|day| self.has_come(*day)).unwrap_or(self.end);
        let last = last_night(first, Some(until)).unwrap_or(first);
        let begun = self.has_come(first);
        first
            .max(from)
            .iter_days()
            .take_while(move |night| begun && *night <= last.min(to))
    }

    /// What the correction at this place names.
    fn corrected(&self, correction: Position) -> Option<Position> {
        match &self.snapshot.timeline.amendments.get(&correction)?.event {
            Event::RecordCorrected(corrected) => Some(corrected.position),
            _ => None,
        }
    }

    /// The facts at these places, each with the correction that stands for it. An admission names more
    /// people than the one who is counted: that the others were no longer there belongs to it.
    pub(crate) fn evidence(&self, positions: impl Iterator<Item = Position>) -> Vec<Position> {
        let mut named: BTreeSet<Position> = positions.collect();
        let entered = self.stays().map(|stay| stay.positions());
        let entered = entered.map(|mut positions| (positions.next(), positions.next()));
        let gone = entered.filter(|(entry, _)| entry.is_some_and(|entry| named.contains(&entry)));
        let gone: Vec<Position> = gone.filter_map(|(_, left)| left).collect();
        named.extend(gone);
        let mut all = named.clone();
        for position in &named {
            // A correction may name an earlier one, without which it means nothing.
            let mut next = self.corrections.get(position).copied();
            while let Some(correction) = next.filter(|correction| correction != position) {
                all.insert(correction);
                next = self.corrected(correction).filter(|at| *at < correction);
            }
        }
        all.into_iter().collect()
    }
}

impl<'a> Stay<'a> {
    pub(crate) fn subject(&self) -> Subject {
        Subject::Stay(self.household.household, self.member.person)
    }

    pub(crate) fn person(&self) -> Subject {
        Subject::Person(self.member.person)
    }

    /// Completed years at entry or at the period's start, whichever is later.
    pub(crate) fn age(&self) -> Answer<u16> {
        self.age
    }

    /// Is she an adult? None when her age is not known.
    pub(crate) fn is_adult(&self) -> Option<bool> {
        self.age.known().map(|age| *age >= ADULT)
    }

    /// The facts that began and ended it.
    pub(crate) fn positions(&self) -> impl Iterator<Item = Position> + use<> {
        let left = self
            .exit
            .and(self.member.left.as_ref())
            .map(|left| left.position);
        std::iter::once(self.member.position).chain(left)
    }
}
