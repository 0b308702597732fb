//! The service as one subject reaches it: a second fence, beside the rules.
//!
//! Rules say what somebody may see of a pilot, where its name is heard. Whatever they let through is read
//! on connections that see her pilots and no others, so that a question which forgets to say whose rows
//! it wants, or says another's, gets none of them.

use std::collections::HashSet;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use chrono::{DateTime, Utc};
use eventlog::{LogId, Reader, Source};
use events::access::log_of;
use events::{PilotId, Position, Sealed};
use policy::{Action, Standing, Subject, within_reach};
use projections::Recalled;
use projections::pilots::PilotRow;
use uuid::Uuid;

use crate::{App, Done, Error, Personal, Proposal, Reading, pilots};

/// The service for one subject. There is no way from here to what is not fenced in. Cheap to clone.
#[derive(Clone)]
pub struct Fenced {
    app: App,
    sight: Sight,
    within: Arc<RwLock<Within>>,
}

/// What somebody may see anything of.
#[derive(Clone, Debug)]
struct Sight {
    /// Pilots; none means every pilot.
    pilots: Option<Vec<PilotId>>,
    /// Their access logs too?
    access_logs: bool,
}

/// What is inside the fence.
struct Within {
    reader: Reader,
    logs: HashSet<LogId>,
}

/// What a subject may see anything of: the one place where it follows from who she is. What of it she may
/// see is not decided here.
fn sight(subject: &Subject, now: DateTime<Utc>) -> Sight {
    let pilots = match subject.standing(now) {
        Standing::Every => None,
        Standing::Some(pilots) => Some(pilots.into_iter().collect()),
    };
    Sight {
        pilots,
        access_logs: within_reach(subject, Action::SeeAccessLog, now).is_ok(),
    }
}

impl App {
    /// The service as a subject reaches it.
    ///
    /// # Errors
    /// Faults of the database.
    pub async fn fenced(&self, subject: &Subject) -> Result<Fenced, Error> {
        let sight = sight(subject, self.now());
        let within = self.within(&sight).await?;
        Ok(Fenced {
            app: self.clone(),
            sight,
            within: Arc::new(RwLock::new(within)),
        })
    }

    async fn within(&self, sight: &Sight) -> Result<Within, Error> {
        let pilots = match &sight.pilots {
            Some(own) => own.clone(),
            None => self.pilot_logs().await?,
        };
        let mut logs: Vec<LogId> = pilots.iter().map(|pilot| pilot.0).collect();
        if sight.access_logs {
            logs.extend(pilots.iter().map(|pilot| log_of(*pilot)));
        }
        let source = Source::fenced(self.0.pools.read.clone(), &logs);
        Ok(Within {
            reader: self.log().through(source),
            logs: logs.into_iter().collect(),
        })
    }
}

impl Fenced {
    /// The logs inside the fence.
    pub fn reader(&self) -> Reader {
        let within = self.within.read().unwrap_or_else(PoisonError::into_inner);
        within.reader.clone()
    }

    /// What shows the read models inside the fence.
    pub fn source(&self) -> Source {
        self.reader().source().clone()
    }

    /// The time.
    pub fn now(&self) -> DateTime<Utc> {
        self.app.now()
    }

    /// A keyed digest: see [`vault::Vault::digest`].
    pub fn digest(&self, purpose: &str, bytes: &[u8]) -> [u8; 32] {
        self.app.vault().digest(purpose, bytes)
    }

    /// The pilots inside the fence, by short name.
    ///
    /// # Errors
    /// Faults of the database.
    pub async fn pilots(&self) -> Result<Vec<PilotRow>, Error> {
        Ok(projections::pilots::all(&self.source()).await?)
    }

    /// The pilot of this id, short name or HMIS project id. One outside the fence is not there.
    ///
    /// # Errors
    /// [`Error::UnknownPilot`], faults of the database.
    pub async fn find_pilot(&self, name: &str) -> Result<PilotId, Error> {
        match pilots::find(&self.reader(), name).await {
            // It may have been opened since.
            Err(Error::UnknownPilot { .. }) if self.sight.pilots.is_none() => {
                self.look_again().await?;
                pilots::find(&self.reader(), name).await
            }
            found => found,
        }
    }

    /// What was known of a pilot: see [`App::snapshot`].
    ///
    /// # Errors
    /// [`Error::UnknownPilot`] also for one outside the fence; those of [`App::snapshot`].
    pub async fn snapshot(
        &self,
        pilot: PilotId,
        as_of: Option<Position>,
    ) -> Result<Recalled, Error> {
        self.check(pilot)?;
        self.app.snapshot(pilot, as_of).await
    }

    /// Records what a proposal proposes: see [`App::execute`].
    ///
    /// # Errors
    /// [`Error::UnknownPilot`] also for one outside the fence; those of [`App::execute`].
    pub async fn execute(
        &self,
        pilot: PilotId,
        actor: &str,
        proposal: &Proposal,
    ) -> Result<Done, Error> {
        if self.sight.pilots.is_some() {
            self.check(pilot)?;
        }
        let done = self.app.execute(pilot, actor, proposal).await?;
        if self.check(pilot).is_err() {
            // It was opened just now.
            self.look_again().await?;
        }
        Ok(done)
    }

    /// Waits until the read models show a position: see [`App::wait_for`].
    ///
    /// # Errors
    /// [`Error::UnknownPilot`] for one outside the fence; faults of the database.
    pub async fn wait_for(
        &self,
        pilot: PilotId,
        position: Position,
        at_most: Duration,
    ) -> Result<bool, Error> {
        self.check(pilot)?;
        self.app.wait_for(pilot, position, at_most).await
    }

    /// Opens personal text: see [`App::open_sealed`].
    ///
    /// # Errors
    /// [`Error::UnknownPilot`] for what is outside the fence; those of [`App::open_sealed`].
    pub async fn open_sealed<T: Personal>(
        &self,
        reading: &Reading,
        fact: Uuid,
        sealed: &Sealed<T>,
    ) -> Result<T, Error> {
        self.check(reading.pilot)?;
        self.app.open_sealed(reading, fact, sealed).await
    }

    /// For what is checked elsewhere in this crate.
    pub(crate) fn app(&self) -> &App {
        &self.app
    }

    /// Is it inside the fence?
    pub(crate) fn check(&self, pilot: PilotId) -> Result<(), Error> {
        let within = self.within.read().unwrap_or_else(PoisonError::into_inner);
        if within.logs.contains(&pilot.0) {
            return Ok(());
        }
        Err(Error::UnknownPilot {
            name: pilot.to_string(),
        })
    }

    async fn look_again(&self) -> Result<(), Error> {
        let now = self.app.within(&self.sight).await?;
        *self.within.write().unwrap_or_else(PoisonError::into_inner) = now;
        Ok(())
    }
}
