//! Who has been kept as long as the pilots' own rules say.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use events::{HouseholdId, PersonId, PilotId};
use projections::retention::{self, Due, Term};

use crate::{App, Error, Held};

impl App {
    /// Those that a pilot speaks of whose time is over on `today`, by the rules of every pilot that
    /// speaks of them: for somebody to look at and to decide. Who was forgotten, has no key or is under
    /// a restriction is not among them; the notes of a household go with its head.
    ///
    /// # Errors
    /// Faults of the database.
    pub async fn due(&self, pilot: PilotId, today: NaiveDate) -> Result<Vec<Due>, Error> {
        let mut held: BTreeMap<PersonId, BTreeSet<HouseholdId>> = BTreeMap::new();
        let mut terms: BTreeMap<HouseholdId, Term> = BTreeMap::new();
        let mut spoken_of = BTreeMap::new();
        for log in self.pilot_logs().await? {
            let persons = self.persons(log).await?;
            for (person, households) in households_of(&persons) {
                held.entry(person).or_default().extend(households);
                spoken_of
                    .entry(person)
                    .or_insert_with(BTreeSet::new)
                    .insert(log);
            }
            terms.extend(retention::terms(&*self.snapshot(log, None).await?, today));
        }
        held.retain(|person, _| spoken_of[person].contains(&pilot));
        let over = retention::due(&held, &terms, &BTreeSet::new(), today);
        let persons: Vec<PersonId> = over.iter().map(|due| due.person).collect();
        let mut spared: BTreeSet<PersonId> = persons.iter().copied().collect();
        for some in persons.chunks(vault::MAX_PERSONS) {
            for person in self.vault().known(some).await?.1 {
                spared.remove(&person);
            }
        }
        for person in persons {
            for log in &spoken_of[&person] {
                if self.is_restricted(*log, person).await? {
                    spared.insert(person);
                }
            }
        }
        Ok(retention::due(&held, &terms, &spared, today))
    }
}

/// Whose text is held, each with the households that it is about. The notes of a household are not
/// there when somebody heads it: they go with her.
fn households_of(
    persons: &BTreeMap<PersonId, Held>,
) -> impl Iterator<Item = (PersonId, BTreeSet<HouseholdId>)> {
    let headed: BTreeSet<HouseholdId> = persons
        .values()
        .flat_map(|held| held.heads.iter().copied())
        .collect();
    persons.iter().filter_map(move |(person, held)| {
        if !held.households.is_empty() {
            return Some((*person, held.households.clone()));
        }
        let notes_of = HouseholdId(person.0);
        (!headed.contains(&notes_of)).then(|| (*person, [notes_of].into()))
    })
}
