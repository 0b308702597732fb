//! Access logs and the rights of persons, inside a subject's fence. What of it she may is decided before.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use eventlog::Recorded;
use events::access::{AccessEvent, Holder, RoleGranted};
use events::codes::{BreakGlassFinding, BreakGlassReason, ErasureReason, RestrictionReason, Role};
use events::{HouseholdId, PersonId, PilotId, Position};
use policy::{Grants, Scope};
use uuid::Uuid;

use super::{BrokenGlass, access_log, decode};
use crate::{Error, FactProof, Fenced, Forgot, Held};

/// Which of a pilot's two logs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogOf {
    /// What happened.
    #[default]
    Pilot,
    /// Who may see it and who looked.
    Access,
}

impl LogOf {
    /// Its id, as a pilot's: what is asked of a log is asked of either.
    fn id(self, pilot: PilotId) -> PilotId {
        match self {
            Self::Pilot => pilot,
            Self::Access => PilotId(access_log(Scope::Pilot(pilot))),
        }
    }
}

impl Fenced {
    fn check_scope(&self, scope: Scope) -> Result<(), Error> {
        match scope {
            Scope::EveryPilot => Ok(()),
            Scope::Pilot(pilot) => self.check(pilot),
        }
    }

    /// Facts of a pilot's access log after a position, and where it ends.
    ///
    /// # Errors
    /// [`Error::UnknownPilot`] for one outside the fence; [`Error::AccessLog`]; faults.
    pub async fn access_page(
        &self,
        pilot: PilotId,
        after: Position,
        limit: usize,
    ) -> Result<(Vec<(Recorded, AccessEvent)>, Position), Error> {
        self.check(pilot)?;
        let log = access_log(Scope::Pilot(pilot));
        let reader = self.reader();
        let head = match reader.head(log).await {
            // It is made with the first entry.
            Err(eventlog::Error::UnknownLog { .. }) => return Ok((Vec::new(), 0)),
            head => head?.position,
        };
        let facts = reader.read(log, after, limit).await?.into_iter();
        let opened = facts.map(|recorded| {
            let event = decode(&recorded)?;
            Ok((recorded, event))
        });
        Ok((opened.collect::<Result<_, Error>>()?, head))
    }

    /// Everybody who has or had a role there: see [`crate::App::holders`].
    ///
    /// # Errors
    /// [`Error::UnknownPilot`] for a pilot outside the fence; [`Error::AccessLog`]; faults.
    pub async fn holders(
        &self,
        scope: Scope,
        as_of: Option<DateTime<Utc>>,
    ) -> Result<Vec<(Holder, Grants)>, Error> {
        self.check_scope(scope)?;
        self.app().holders(scope, as_of).await
    }

    /// Grants a role: see [`crate::App::grant`].
    ///
    /// # Errors
    /// [`Error::UnknownPilot`] for a pilot outside the fence; those of [`crate::App::grant`].
    pub async fn grant(
        &self,
        actor: &str,
        command: Uuid,
        scope: Scope,
        granted: RoleGranted,
    ) -> Result<Position, Error> {
        self.check_scope(scope)?;
        self.app().grant(actor, command, scope, granted).await
    }

    /// Revokes a role: see [`crate::App::revoke`].
    ///
    /// # Errors
    /// [`Error::UnknownPilot`] for a pilot outside the fence; those of [`crate::App::revoke`].
    pub async fn revoke(
        &self,
        actor: &str,
        command: Uuid,
        scope: Scope,
        holder: Holder,
        role: Role,
    ) -> Result<Option<Position>, Error> {
        self.check_scope(scope)?;
        self.app().revoke(actor, command, scope, holder, role).await
    }

    /// Opens a household that is not shared: see [`crate::App::break_glass`].
    ///
    /// # Errors
    /// [`Error::UnknownPilot`] for one outside the fence; those of [`crate::App::break_glass`].
    pub async fn break_glass(
        &self,
        holder: Holder,
        command: Uuid,
        pilot: PilotId,
        household: HouseholdId,
        reason: BreakGlassReason,
    ) -> Result<BrokenGlass, Error> {
        self.check(pilot)?;
        self.app()
            .break_glass(holder, command, pilot, household, reason)
            .await
    }

    /// Every such opening: see [`crate::App::broken_glasses`].
    ///
    /// # Errors
    /// [`Error::UnknownPilot`] for one outside the fence; those of [`crate::App::broken_glasses`].
    pub async fn broken_glasses(&self, pilot: PilotId) -> Result<Vec<BrokenGlass>, Error> {
        self.check(pilot)?;
        self.app().broken_glasses(pilot).await
    }

    /// Records a review of one: see [`crate::App::review_break_glass`].
    ///
    /// # Errors
    /// [`Error::UnknownPilot`] for one outside the fence; those of [`crate::App::review_break_glass`].
    pub async fn review_break_glass(
        &self,
        reviewer: Holder,
        command: Uuid,
        pilot: PilotId,
        position: Position,
        finding: BreakGlassFinding,
    ) -> Result<Position, Error> {
        self.check(pilot)?;
        self.app()
            .review_break_glass(reviewer, command, pilot, position, finding)
            .await
    }

    /// Everybody that a pilot's log speaks of: see [`crate::App::persons`].
    ///
    /// # Errors
    /// [`Error::UnknownPilot`] for one outside the fence; faults.
    pub async fn persons(&self, pilot: PilotId) -> Result<BTreeMap<PersonId, Held>, Error> {
        self.check(pilot)?;
        self.app().persons_through(&self.reader(), pilot).await
    }

    /// Those of some persons who were forgotten.
    ///
    /// # Errors
    /// Faults of the vault.
    pub async fn forgotten(&self, persons: &[PersonId]) -> Result<Vec<PersonId>, Error> {
        let mut forgotten = Vec::new();
        for some in persons.chunks(vault::MAX_PERSONS) {
            forgotten.extend(self.app().vault().known(some).await?.0);
        }
        Ok(forgotten)
    }

    /// Does a restriction stand against forgetting her?
    ///
    /// # Errors
    /// [`Error::UnknownPilot`] for a pilot outside the fence; faults.
    pub async fn is_restricted(&self, pilot: PilotId, person: PersonId) -> Result<bool, Error> {
        self.check(pilot)?;
        self.app().is_restricted(pilot, person).await
    }

    /// Places a restriction: see [`crate::App::restrict`].
    ///
    /// # Errors
    /// [`Error::UnknownPilot`] for a pilot outside the fence; those of [`crate::App::restrict`].
    pub async fn restrict(
        &self,
        pilot: PilotId,
        actor: &str,
        person: PersonId,
        reason: RestrictionReason,
    ) -> Result<Position, Error> {
        self.check(pilot)?;
        self.app().restrict(pilot, actor, person, reason).await
    }

    /// Lifts one: see [`crate::App::lift_restriction`].
    ///
    /// # Errors
    /// [`Error::UnknownPilot`] for a pilot outside the fence; faults.
    pub async fn lift_restriction(
        &self,
        pilot: PilotId,
        actor: &str,
        person: PersonId,
    ) -> Result<Option<Position>, Error> {
        self.check(pilot)?;
        self.app().lift_restriction(pilot, actor, person).await
    }

    /// The pilots that speak of somebody who is to be forgotten, or of her children when they are to go
    /// with her. One that is outside the fence is among them: nobody is forgotten in a part.
    ///
    /// # Errors
    /// [`Error::UnknownPerson`]; faults.
    pub async fn pilots_of(
        &self,
        person: PersonId,
        with_children: bool,
    ) -> Result<Vec<PilotId>, Error> {
        self.app().pilots_of(person, with_children).await
    }

    /// Forgets a person, in every pilot: see [`crate::App::forget`].
    ///
    /// # Errors
    /// [`Error::UnknownPilot`] when a pilot that speaks of her is outside the fence; those of
    /// [`crate::App::forget`].
    pub async fn forget(
        &self,
        actor: &str,
        person: PersonId,
        reason: ErasureReason,
        with_children: bool,
    ) -> Result<Forgot, Error> {
        for pilot in self.pilots_of(person, with_children).await? {
            self.check(pilot)?;
        }
        self.app()
            .forget(actor, person, reason, with_children)
            .await
    }

    /// The signed checkpoint of one of a pilot's logs: see [`crate::App::checkpoint`].
    ///
    /// # Errors
    /// [`Error::UnknownPilot`] for a pilot outside the fence; those of [`crate::App::checkpoint`].
    pub async fn checkpoint(
        &self,
        pilot: PilotId,
        of: LogOf,
        size: Option<Position>,
    ) -> Result<proof::note::Note, Error> {
        self.check(pilot)?;
        self.app().checkpoint(of.id(pilot), size).await
    }

    /// That a fact is in one of a pilot's logs, without saying what it says: the record is left out, and
    /// its leaf told instead. See [`crate::App::prove`].
    ///
    /// # Errors
    /// [`Error::UnknownPilot`] for a pilot outside the fence; those of [`crate::App::prove`].
    pub async fn prove(
        &self,
        pilot: PilotId,
        of: LogOf,
        position: Position,
        size: Option<Position>,
        since: Option<Position>,
    ) -> Result<(proof::merkle::Hash, FactProof), Error> {
        self.check(pilot)?;
        let mut proven = self
            .app()
            .prove(of.id(pilot), position, size, since)
            .await?;
        let record = proven.proof.extra.take().unwrap_or_default();
        Ok((proof::merkle::leaf(&record), proven))
    }
}
