//! Pseudonyms: how households and persons are named to somebody who is not given their own ids.
//!
//! A pseudonym is a UUID of version 8, made with the installation's secret for ids from the pilot, the
//! evaluator, what kind of thing it names, and the id itself. So it is the same whenever she asks, and
//! another one for everybody else and in every other pilot; nobody without the secret can tell one from
//! chance, or go from one to another. Nothing is stored.
//!
//! # What two evaluators find out together
//!
//! No id of a household, of a member, or of anything that belongs to a household is the same for both.
//! What they see of the *same facts* is, though:
//!
//! - Positions of the log are what evidence is made of and what proofs are about; they are the same for
//!   everybody. Two evaluators who lay the positions of two histories side by side know which pseudonyms
//!   stand for the same household. So do days, amounts and sequences of what happened: a history is a
//!   fingerprint of itself.
//! - Pseudonyms keep apart what is *not* pooled: a list that leaks, a paper's annex, another pilot's
//!   data. They are no anonymity, and no bar to evaluators who break what they signed.
//!
//! The strict form is a grant whose dates are [relative](Names::tells_days): days since admission for
//! days, and no positions and no order of recording in anything that is about a household. What is left
//! for both to compare is what happened to a household and how many days apart; with few households that
//! can be enough. A position in an indicator's evidence then names a fact and nobody. Who asks again every
//! day still sees on which day something new is there.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;
use std::ops::Bound;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{Datelike, NaiveDate};
use events::access::Holder;
use events::{HouseholdId, Mask, Month, Named, PersonId, PilotId, Position, Stream};
use policy::{Naming, Subject};
use projections::households::{self, Filter, HouseholdRow, MAX_PAGE};
use serde_json::{Value, json};
use uuid::Uuid;
use vault::Vault;

use crate::{Error, Fenced};

/// What the secret makes pseudonyms for.
const PURPOSE: &str = "pseudonym";

/// Pseudonyms of so many pilots' households are kept in memory, for one evaluator each. Beyond that the
/// one that was not asked for longest is made anew when it is.
const MAX_DIRECTORIES: usize = 64;

/// How one pilot's households, and what belongs to them, are named to one reader.
#[derive(Clone)]
pub struct Names {
    pilot: PilotId,
    given: Given,
}

#[derive(Clone)]
enum Given {
    /// As everybody who works with them calls them.
    Own,
    Pseudonyms {
        vault: Vault,
        /// Whom they are for.
        evaluator: Holder,
        /// Is she told days since admission, and no dates?
        days: bool,
    },
}

impl Names {
    /// Their own ids.
    pub fn own(pilot: PilotId) -> Self {
        let given = Given::Own;
        Self { pilot, given }
    }

    /// Pseudonyms for an evaluator. `days`: is she told days since admission, and no dates?
    pub fn pseudonyms(pilot: PilotId, vault: &Vault, evaluator: Holder, days: bool) -> Self {
        let given = Given::Pseudonyms {
            vault: vault.clone(),
            evaluator,
            days,
        };
        Self { pilot, given }
    }

    /// The pilot.
    pub fn pilot(&self) -> PilotId {
        self.pilot
    }

    /// Are these pseudonyms?
    pub fn are_pseudonyms(&self) -> bool {
        matches!(self.given, Given::Pseudonyms { .. })
    }

    /// Is whoever is given these told days since admission only, and no dates?
    pub fn tells_days(&self) -> bool {
        matches!(self.given, Given::Pseudonyms { days: true, .. })
    }

    /// What she is given for an id.
    pub fn id(&self, named: Named, id: Uuid) -> Uuid {
        match &self.given {
            Given::Own => id,
            // Flats are the pilot's, and everybody knows when they were free: where a household lived
            // would tell its days.
            Given::Pseudonyms { days: false, .. } if named == Named::Dwelling => id,
            Given::Pseudonyms {
                vault, evaluator, ..
            } => vault.id(
                PURPOSE,
                &[
                    &self.pilot.to_string(),
                    &evaluator.to_string(),
                    named.code(),
                    &id.to_string(),
                ],
            ),
        }
    }

    /// What she is given for a household.
    pub fn household(&self, household: HouseholdId) -> Uuid {
        self.id(Named::Household, household.0)
    }

    /// What she is given for a person.
    pub fn person(&self, person: PersonId) -> Uuid {
        self.id(Named::Person, person.0)
    }

    /// What she is given for the name of a stream.
    pub fn stream(&self, stream: &str) -> String {
        if !self.are_pseudonyms() {
            return stream.to_owned();
        }
        let stream = match stream.parse() {
            Ok(Stream::Household(id)) => Stream::Household(HouseholdId(self.household(id))),
            Ok(Stream::Person(id)) => Stream::Person(PersonId(self.person(id))),
            Ok(other) => other,
            // No stream of a pilot's.
            Err(_) => return String::new(),
        };
        stream.to_string()
    }

    /// What she is given for what a fact says: what is sealed stays so, and whoever is given pseudonyms is
    /// not given the sealed text either.
    pub fn data(&self, kind: &str, shape: i16, data: Value) -> Value {
        match self.are_pseudonyms() {
            true => events::masked(kind, shape, &data, self),
            false => data,
        }
    }

    /// The same, with days and months counted from a day.
    pub(crate) fn since(&self, origin: NaiveDate) -> Since<'_> {
        Since {
            names: self,
            origin,
        }
    }
}

impl fmt::Debug for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let given = match &self.given {
            Given::Own => "own ids",
            Given::Pseudonyms { .. } => "pseudonyms",
        };
        write!(f, "{given} in {}", self.pilot)
    }
}

impl Mask for Names {
    fn id(&self, named: Named, id: Uuid) -> Uuid {
        Self::id(self, named, id)
    }
}

/// Names, and days and months counted from a day.
pub(crate) struct Since<'a> {
    names: &'a Names,
    origin: NaiveDate,
}

impl Since<'_> {
    /// Days from then on; before it they are negative.
    pub(crate) fn days(&self, day: NaiveDate) -> i64 {
        day.signed_duration_since(self.origin).num_days()
    }
}

impl Mask for Since<'_> {
    fn id(&self, named: Named, id: Uuid) -> Uuid {
        self.names.id(named, id)
    }

    fn day(&self, day: NaiveDate) -> Value {
        json!(self.days(day))
    }

    fn month(&self, month: Month) -> Value {
        const MONTHS: i64 = 12;
        let count = |year: i32, month: u32| i64::from(year) * MONTHS + i64::from(month);
        let origin = count(self.origin.year(), self.origin.month());
        json!(count(month.year(), month.month()) - origin)
    }
}

/// The households of a pilot by their pseudonyms, for one evaluator.
#[derive(Default)]
struct Directory {
    /// As of which position of the read models.
    upto: Position,
    by_pseudonym: BTreeMap<Uuid, HouseholdId>,
    pseudonyms: HashMap<HouseholdId, Uuid>,
}

/// Directories that were made, by the pilot and by whom they are for: nobody's is ever looked into for
/// somebody else.
#[derive(Default)]
pub(crate) struct Directories(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    asked: u64,
    all: HashMap<(PilotId, Holder), (u64, Arc<Directory>)>,
}

impl Directories {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn get(&self, place: (PilotId, Holder)) -> Arc<Directory> {
        let mut kept = self.kept();
        kept.asked += 1;
        let now = kept.asked;
        match kept.all.get_mut(&place) {
            Some((asked, directory)) => {
                *asked = now;
                Arc::clone(directory)
            }
            None => Arc::default(),
        }
    }

    fn put(&self, place: (PilotId, Holder), directory: &Arc<Directory>) {
        let mut kept = self.kept();
        let now = kept.asked;
        kept.all.insert(place, (now, Arc::clone(directory)));
        if kept.all.len() > MAX_DIRECTORIES {
            let oldest = kept.all.iter().min_by_key(|(_, (asked, _))| *asked);
            if let Some(oldest) = oldest.map(|(place, _)| *place) {
                kept.all.remove(&oldest);
            }
        }
    }
}

impl Fenced {
    /// The names that somebody is given in a pilot, by her roles of now.
    pub fn names(&self, subject: &Subject, pilot: PilotId) -> Names {
        match policy::naming(subject, pilot, self.now()) {
            Naming::Own => Names::own(pilot),
            Naming::Pseudonyms {
                evaluator,
                relative_dates,
            } => Names::pseudonyms(pilot, self.app().vault(), evaluator, relative_dates),
        }
    }

    /// The household that is named so to a reader. None when none is: also for its own id, when she is
    /// given pseudonyms, and for a pseudonym of somebody else's.
    ///
    /// # Errors
    /// Faults of the database.
    pub async fn household_named(
        &self,
        names: &Names,
        name: Uuid,
    ) -> Result<Option<HouseholdRow>, Error> {
        let pilot = names.pilot.0;
        let household = match self.directory(names).await? {
            None => Some(HouseholdId(name)),
            Some(directory) => directory.by_pseudonym.get(&name).copied(),
        };
        // For a name that is nobody's as much is done, and what is looked for is nobody's either, also
        // when the name is somebody's own id: neither time nor answer tells it from chance.
        let nobody = || HouseholdId(names.household(HouseholdId(name)));
        let household = household.unwrap_or_else(nobody);
        Ok(households::one(&self.source(), pilot, household).await?)
    }

    /// Households in the order of their names to a reader: those after `after`, at most `limit` and never
    /// more than [`MAX_PAGE`].
    ///
    /// # Errors
    /// Faults of the database.
    pub async fn households_named(
        &self,
        names: &Names,
        filter: impl Into<Filter>,
        after: Option<Uuid>,
        limit: usize,
    ) -> Result<Vec<HouseholdRow>, Error> {
        let filter = filter.into();
        if !names.are_pseudonyms() {
            let (pilot, after) = (names.pilot.0, after.map(HouseholdId));
            let rows = households::page(&self.source(), pilot, filter, after, limit).await?;
            return Ok(rows);
        }
        let found = self.page_named(names, filter, after, limit).await?;
        let ids: Vec<HouseholdId> = found.iter().map(|(_, id)| *id).collect();
        let rows = households::some(&self.source(), names.pilot.0, &ids).await?;
        let mut rows: Vec<(Uuid, HouseholdRow)> = rows
            .into_iter()
            .map(|row| (names.household(row.household), row))
            .collect();
        rows.sort_by_key(|(name, _)| *name);
        Ok(rows.into_iter().map(|(_, row)| row).collect())
    }

    /// The same, with their names and nothing else.
    pub(crate) async fn page_named(
        &self,
        names: &Names,
        filter: impl Into<Filter>,
        after: Option<Uuid>,
        limit: usize,
    ) -> Result<Vec<(Uuid, HouseholdId)>, Error> {
        let (pilot, filter, limit) = (names.pilot.0, filter.into(), limit.min(MAX_PAGE));
        let Some(directory) = self.directory(names).await? else {
            let after = after.map(HouseholdId);
            let ids = households::ids(&self.source(), pilot, filter, after, Some(limit)).await?;
            return Ok(ids.into_iter().map(|id| (id.0, id)).collect());
        };
        let wanted: Option<HashSet<HouseholdId>> = match filter == Filter::default() {
            true => None,
            false => {
                let ids = households::ids(&self.source(), pilot, filter, None, None).await?;
                Some(ids.into_iter().collect())
            }
        };
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let all = directory.by_pseudonym.range((from, Bound::Unbounded));
        let found = all
            .filter(|(_, id)| wanted.as_ref().is_none_or(|wanted| wanted.contains(*id)))
            .map(|(name, id)| (*name, *id));
        Ok(found.take(limit).collect())
    }

    /// The pilot's households by their pseudonyms; nothing when they go by their own ids.
    ///
    /// It takes as many digests as there are households that were not there the last time, and looks at
    /// the read model of households only when something was recorded since.
    async fn directory(&self, names: &Names) -> Result<Option<Arc<Directory>>, Error> {
        let Given::Pseudonyms { evaluator, .. } = &names.given else {
            return Ok(None);
        };
        let pilot = names.pilot;
        let place = (pilot, *evaluator);
        let known = self.app().0.directories.get(place);
        let upto = projections::position(&self.source(), pilot.0).await?;
        if known.upto == upto {
            return Ok(Some(known));
        }
        let ids = households::ids(&self.source(), pilot.0, None, None, None).await?;
        let mut directory = Directory {
            upto,
            ..Directory::default()
        };
        for id in ids {
            let known = known.pseudonyms.get(&id).copied();
            let pseudonym = known.unwrap_or_else(|| names.household(id));
            directory.by_pseudonym.insert(pseudonym, id);
            directory.pseudonyms.insert(id, pseudonym);
        }
        let directory = Arc::new(directory);
        self.app().0.directories.put(place, &directory);
        Ok(Some(directory))
    }
}

#[cfg(test)]
mod tests;
