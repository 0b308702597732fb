//! Forgetting a person.

use std::collections::{BTreeMap, BTreeSet};

use events::access::{
    AccessEvent, PersonForgotten, RestrictionLifted, RestrictionPlaced, is_restricted, log_of,
};
use events::codes::{ErasureReason, RestrictionReason};
use events::{HouseholdId, PersonId, PilotId, Position};
use serde::Serialize;
use sqlx::{Postgres, Transaction};
use vault::{Destroyed, Rotated, Scrubbed};

use crate::{App, Error, Held, access};

/// Held while somebody is forgotten or restricted: neither happens between the other's question and
/// its deed. An arbitrary number, its own.
const ADVISORY_LOCK: i64 = 0x0066_6f72_6765_7400;

/// Somebody was forgotten.
#[derive(Clone, Debug)]
pub struct Forgot {
    /// Who: she, and her children if they were to be.
    pub persons: Vec<PersonId>,
    /// The households whose notes went with their head.
    pub notes_of: Vec<HouseholdId>,
    /// The new master key, and what became of the old one.
    pub rotated: Rotated,
    /// Where it is recorded.
    pub receipts: Vec<Receipt>,
    /// What the vault's files were cleared of; what was left there is wrapped by the old master key.
    pub scrubbed: Scrubbed,
}

/// Where it is recorded that somebody was forgotten.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Receipt {
    /// The pilot, in whose access log it is.
    pub pilot: PilotId,
    /// Who.
    pub person: PersonId,
    /// The position there.
    pub position: Position,
}

/// What is to be forgotten, by pilot.
#[derive(Default)]
struct Doomed {
    persons: BTreeSet<PersonId>,
    notes_of: BTreeSet<HouseholdId>,
    pilots: Vec<(PilotId, BTreeMap<PersonId, BTreeSet<HouseholdId>>)>,
}

impl App {
    /// Forgets a person in every pilot, for good: her key is deleted, the master key that had
    /// wrapped it replaced and destroyed, and the receipt recorded. With her go the notes of the
    /// households that she headed and, `with_children`, those who came to them as her children.
    /// Facts, proofs, figures and published reports stay as they are.
    ///
    /// After an error it may be repeated: what is done stays done, and the rest is done then.
    ///
    /// # Errors
    /// [`Error::UnknownPerson`]; [`Error::Restricted`]; [`Error::Sealed`] when the master key cannot
    /// be replaced; faults.
    pub async fn forget(
        &self,
        actor: &str,
        person: PersonId,
        reason: ErasureReason,
        with_children: bool,
    ) -> Result<Forgot, Error> {
        let alone = self.alone().await?;
        let doomed = self.doomed(person, with_children).await?;
        for (pilot, persons) in &doomed.pilots {
            for &person in persons.keys() {
                self.check_unrestricted(*pilot, person).await?;
            }
        }
        // Nothing is deleted before it is sure that the old master key can go too.
        let current = self.vault().current().await?;
        self.vault()
            .masters()
            .can_renew(&current)
            .map_err(vault::Error::from)?;
        let notes = doomed
            .notes_of
            .iter()
            .map(|household| PersonId(household.0));
        let keys: Vec<PersonId> = doomed.persons.iter().copied().chain(notes).collect();
        self.vault().forget(&keys).await?;
        let rotated = self.vault().rotate().await?;
        let mut receipts = Vec::new();
        for (pilot, persons) in &doomed.pilots {
            for (&one, notes_of) in persons {
                let forgotten = PersonForgotten {
                    person: one,
                    reason,
                    with: (one != person).then_some(person),
                    notes_of: notes_of.iter().copied().collect(),
                    master_key_destroyed: rotated.old == Destroyed::Gone,
                };
                receipts.push(self.receipt(*pilot, actor, forgotten).await?);
            }
        }
        // She is forgotten already: what fails here is told, and undoes nothing.
        let scrubbed = self.vault().scrub().await.unwrap_or_else(|error| {
            tracing::warn!(%error, "the vault's files could not be cleared of deleted keys");
            Scrubbed::default()
        });
        alone.rollback().await?;
        Ok(Forgot {
            persons: doomed.persons.into_iter().collect(),
            notes_of: doomed.notes_of.into_iter().collect(),
            rotated,
            receipts,
            scrubbed,
        })
    }

    /// From now on she must not be forgotten.
    ///
    /// # Errors
    /// [`Error::UnknownPerson`], [`Error::Forgotten`], faults.
    pub async fn restrict(
        &self,
        pilot: PilotId,
        actor: &str,
        person: PersonId,
        reason: RestrictionReason,
    ) -> Result<Position, Error> {
        if !self.persons(pilot).await?.contains_key(&person) {
            return Err(Error::UnknownPerson { person });
        }
        let alone = self.alone().await?;
        if self.vault().known(&[person]).await?.0.contains(&person) {
            return Err(Error::Forgotten { person });
        }
        let placed = RestrictionPlaced { person, reason };
        let recorded = self
            .record_access(pilot, actor, self.new_id(), &[placed.into()])
            .await?;
        alone.rollback().await?;
        Ok(recorded.last())
    }

    /// She may be forgotten again. None when there was no restriction.
    ///
    /// # Errors
    /// Faults.
    pub async fn lift_restriction(
        &self,
        pilot: PilotId,
        actor: &str,
        person: PersonId,
    ) -> Result<Option<Position>, Error> {
        if !self.is_restricted(pilot, person).await? {
            return Ok(None);
        }
        let lifted = RestrictionLifted { person };
        let recorded = self
            .record_access(pilot, actor, self.new_id(), &[lifted.into()])
            .await?;
        Ok(Some(recorded.last()))
    }

    /// Does a restriction stand against forgetting her?
    ///
    /// # Errors
    /// Faults.
    pub async fn is_restricted(&self, pilot: PilotId, person: PersonId) -> Result<bool, Error> {
        let facts = self.access_facts(pilot, person).await?;
        Ok(is_restricted(facts.iter().map(|(_, fact)| fact)))
    }

    /// What a pilot's access log says of persons who were forgotten, against the vault: those who
    /// have a key all the same, as after an older copy of the vault was put back.
    ///
    /// # Errors
    /// Faults.
    pub async fn unforgotten(&self, pilot: PilotId) -> Result<Vec<PersonId>, Error> {
        let mut receipts = BTreeSet::new();
        let mut after = 0;
        loop {
            let batch = self
                .log()
                .read(log_of(pilot), after, eventlog::READ_BATCH)
                .await?;
            let Some(last) = batch.last() else { break };
            after = last.position;
            for recorded in batch {
                if let AccessEvent::PersonForgotten(receipt) = access::decode(&recorded)? {
                    receipts.insert(receipt.person);
                    let notes = receipt.notes_of.iter();
                    receipts.extend(notes.map(|household| PersonId(household.0)));
                }
            }
        }
        let receipts: Vec<PersonId> = receipts.into_iter().collect();
        let mut kept = Vec::new();
        for some in receipts.chunks(vault::MAX_PERSONS) {
            kept.extend(self.vault().known(some).await?.1);
        }
        Ok(kept)
    }

    /// Waits until nobody else forgets or restricts; the transaction's end lets the next one.
    async fn alone(&self) -> Result<Transaction<'static, Postgres>, Error> {
        let mut alone = self.models().begin().await?;
        sqlx::query("select pg_advisory_xact_lock($1)")
            .bind(ADVISORY_LOCK)
            .execute(&mut *alone)
            .await?;
        Ok(alone)
    }

    async fn doomed(&self, person: PersonId, with_children: bool) -> Result<Doomed, Error> {
        let mut doomed = Doomed::default();
        let mut logs = Vec::new();
        for pilot in self.pilot_logs().await? {
            let held = self.persons(pilot).await?;
            if let Some(hers) = held.get(&person) {
                doomed.persons.insert(person);
                doomed.notes_of.extend(&hers.heads);
                if with_children {
                    doomed.persons.extend(children(&held, hers));
                }
            }
            logs.push((pilot, held));
        }
        if doomed.persons.is_empty() {
            return Err(Error::UnknownPerson { person });
        }
        // A child may be in another pilot too, and is forgotten there as well.
        for (pilot, held) in logs {
            let concerned: BTreeMap<PersonId, BTreeSet<HouseholdId>> = doomed
                .persons
                .iter()
                .filter_map(|one| Some((*one, held.get(one)?)))
                .map(|(one, held)| {
                    let notes = held.heads.iter().copied();
                    (one, notes.filter(|_| one == person).collect())
                })
                .collect();
            if !concerned.is_empty() {
                doomed.pilots.push((pilot, concerned));
            }
        }
        Ok(doomed)
    }

    /// The pilots that speak of somebody who is to be forgotten, or of her children when they are to go
    /// with her.
    ///
    /// # Errors
    /// [`Error::UnknownPerson`]; faults.
    pub async fn pilots_of(
        &self,
        person: PersonId,
        with_children: bool,
    ) -> Result<Vec<PilotId>, Error> {
        let doomed = self.doomed(person, with_children).await?;
        Ok(doomed.pilots.into_iter().map(|(pilot, _)| pilot).collect())
    }

    async fn check_unrestricted(&self, pilot: PilotId, person: PersonId) -> Result<(), Error> {
        if self.is_restricted(pilot, person).await? {
            return Err(Error::Restricted { person, pilot });
        }
        Ok(())
    }

    /// Records that she was forgotten, once.
    async fn receipt(
        &self,
        pilot: PilotId,
        actor: &str,
        forgotten: PersonForgotten,
    ) -> Result<Receipt, Error> {
        let person = forgotten.person;
        let parts = [pilot.to_string(), person.to_string()];
        let command = self.vault().id("forget", &[&parts[0], &parts[1]]);
        let recorded = self
            .record_access(pilot, actor, command, &[forgotten.into()])
            .await?;
        Ok(Receipt {
            pilot,
            person,
            position: recorded.last(),
        })
    }
}

/// Those who came as children to the households that she headed.
fn children(held: &BTreeMap<PersonId, Held>, hers: &Held) -> Vec<PersonId> {
    held.iter()
        .filter(|(_, other)| !other.child_in.is_disjoint(&hers.heads))
        .map(|(child, _)| *child)
        .collect()
}
