//! The shell: the only place where log, rules, vault and read models meet.
//!
//! One door each: [`App::execute`] records, [`App::snapshot`] tells what was known at a position,
//! [`App::open_sealed`] opens personal text and says in the access log that it did, [`App::forget`]
//! forgets a person. Callers have checked who is asking ([`access`] knows her roles) and what she may
//! ([`policy`] decides). Who asks for somebody gets the service as she reaches it ([`App::fenced`]):
//! what is not hers is not to be had through that, whatever is asked.

pub mod access;
pub mod bundle;
mod checkpoint;
mod database;
mod due;
mod execute;
mod fenced;
mod forget;
pub mod histories;
pub mod keys;
mod load;
mod persons;
mod pilots;
mod pseudonyms;
mod read;
pub mod watch;

use std::sync::{Arc, OnceLock};

use chrono::{DateTime, Utc};
use domain::Refusal;
use eventlog::{EventLog, Reader, Source};
use events::{PersonId, PilotId, Position};
use projections::{Builder, Recall, Recalled, Runner, RunnerHandle};
use sqlx::PgPool;
use uuid::Uuid;
use vault::Vault;

pub use checkpoint::{CosignatureRequest, Cosigned, FactProof, Since, Unprovable};
pub use database::{
    APPEND_CONNECTIONS, CONNECTIONS_BESIDE, Database, MAX_CONNECTIONS, PROJECT_CONNECTIONS, Pools,
    READ_CONNECTIONS, REPORT_CONNECTIONS, Restorer,
};
pub use domain::{Draft, Proposal};
pub use execute::Done;
pub use fenced::Fenced;
pub use forget::{Forgot, Receipt};
pub use keys::LogKeys;
pub use load::{Loaded, Rejected, Strictness};
pub use persons::{Export, ExportedFact, ExportedLog, Held};
pub use pseudonyms::Names;
pub use read::{GATHERING, Personal, Reading};

/// The service on one database.
#[derive(Clone)]
pub struct App(Arc<Inner>);

struct Inner {
    pools: Pools,
    /// Adds, and reads what is decided on.
    log: EventLog,
    /// Sees everything, to fold it.
    whole: Reader,
    vault: Vault,
    /// What was known before.
    recall: Recall,
    /// What checkpoints are signed with, when they are.
    keys: OnceLock<LogKeys>,
    /// Keeps the read models warm, while this process serves.
    runner: Option<RunnerHandle>,
    /// Personal text that is about to be opened.
    reads: read::Waiting,
    /// Households by the names that evaluators know them by.
    directories: pseudonyms::Directories,
}

/// Why something was not done. What a person can mend says how; nothing here holds personal text.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A rule is against it.
    #[error(transparent)]
    Refused(Refusal),
    /// Another pilot has this short name.
    #[error("another pilot has the short name `{code}`: choose another")]
    CodeTaken {
        /// The short name.
        code: String,
        /// The pilot that has it.
        pilot: PilotId,
    },
    /// The command id was used before for something else.
    #[error(
        "command {command} was recorded before with other content: use a new id for a new command"
    )]
    CommandReused {
        /// The command.
        command: Uuid,
    },
    /// Others kept changing what the command is decided on.
    #[error("others are changing the same records: try again with the same command id")]
    Busy,
    /// There is no such pilot.
    #[error("there is no pilot `{name}`")]
    UnknownPilot {
        /// What was asked for.
        name: String,
    },
    /// The log does not reach that far.
    #[error("the log ends at position {head}: there is no position {position} yet")]
    BeyondHead {
        /// What was asked for.
        position: Position,
        /// Where the log ends.
        head: Position,
    },
    /// The database cannot be reached or is too busy; whether something was recorded is not known.
    #[error("the database is not available: try again, with the same command id")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The log refused or failed.
    #[error("the log failed")]
    Log(#[source] eventlog::Error),
    /// The read models failed.
    #[error("the read models failed")]
    Projections(#[source] projections::Error),
    /// Personal text could not be opened.
    #[error("personal text cannot be opened: {0}")]
    Sealed(#[source] vault::Error),
    /// A person that this is about was forgotten. Her text is gone, and no more is recorded.
    #[error("person {person} was forgotten: if she comes back, she is recorded as a new person")]
    Forgotten {
        /// Who.
        person: PersonId,
    },
    /// A restriction stands against forgetting her.
    #[error(
        "person {person} must not be forgotten: a restriction was placed in pilot {pilot}; it has to be lifted first"
    )]
    Restricted {
        /// Who.
        person: PersonId,
        /// Whose access log says so.
        pilot: PilotId,
    },
    /// Nothing is held about such a person.
    #[error("nothing is held about a person or household {person}")]
    UnknownPerson {
        /// Who was asked for.
        person: PersonId,
    },
    /// Reading personal text could not be recorded, and so it was not read.
    #[error("personal text stays closed: that it is read cannot be recorded")]
    NotRecorded(#[source] Arc<Error>),
    /// A fact of an access log does not open.
    #[error("the access log does not open")]
    AccessLog(#[source] events::DecodeError),
    /// Personal text could not be sealed.
    #[error(transparent)]
    NotSealed(#[from] events::NotSealed),
    /// A proof or a signature that is not given.
    #[error(transparent)]
    Unprovable(#[from] Unprovable),
    /// A role that is not granted.
    #[error(transparent)]
    NotGranted(#[from] access::NotGranted),
    /// An emergency opening that is not there, or not hers to review.
    #[error(transparent)]
    NotBroken(#[from] access::NotBroken),
    /// This service was started without them.
    #[error("the keys that checkpoints are signed with are not there")]
    NoKeys,
    /// A value has no JSON form.
    #[error("a value cannot be written")]
    Encoding(#[source] serde_json::Error),
    /// The database failed.
    #[error("the database failed")]
    Database(#[source] sqlx::Error),
}

impl From<eventlog::Error> for Error {
    fn from(error: eventlog::Error) -> Self {
        match error {
            eventlog::Error::Unavailable(source) => Self::Unavailable(Box::new(source)),
            eventlog::Error::Draining => Self::Unavailable(Box::new(error)),
            eventlog::Error::CommandReused { command } => Self::CommandReused { command },
            eventlog::Error::UnknownLog { log } => Self::UnknownPilot {
                name: log.to_string(),
            },
            other => Self::Log(other),
        }
    }
}

impl From<vault::Error> for Error {
    fn from(error: vault::Error) -> Self {
        use vault::Error as E;
        match error {
            E::Forgotten { person } => Self::Forgotten { person },
            // The log knows which errors pass; what is left is the vault's.
            E::Database(source) => match eventlog::Error::from(source) {
                eventlog::Error::Database(source) => Self::Sealed(E::Database(source)),
                passing => passing.into(),
            },
            E::Rotating => Self::Unavailable(Box::new(error)),
            other => Self::Sealed(other),
        }
    }
}

impl From<projections::Error> for Error {
    fn from(error: projections::Error) -> Self {
        use projections::Error as E;
        match error {
            E::Unavailable(_) | E::Unsettled(_) => Self::Unavailable(Box::new(error)),
            other => Self::Projections(other),
        }
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        // The log knows which errors pass.
        match eventlog::Error::from(error) {
            eventlog::Error::Database(source) => Self::Database(source),
            other => other.into(),
        }
    }
}

impl App {
    /// The service over a database, without keeping read models warm: for short commands, which
    /// bring them up to date themselves ([`App::catch_up`]).
    pub fn new(pools: Pools, vault: Vault) -> Self {
        Self::over(pools, vault, |_, _| None)
    }

    /// The service over a database, keeping its read models warm until [`App::stop`].
    pub fn serving(pools: Pools, vault: Vault) -> Self {
        Self::running(pools, vault, None)
    }

    /// The same, and read models of an earlier version are built anew meanwhile: see
    /// [`Database::builder`].
    pub fn serving_and_building(pools: Pools, vault: Vault, builder: Builder) -> Self {
        Self::running(pools, vault, Some(builder))
    }

    fn running(pools: Pools, vault: Vault, builder: Option<Builder>) -> Self {
        Self::over(pools, vault, |pools, whole| {
            Some(Runner::start(pools.project.clone(), whole.clone(), builder))
        })
    }

    fn over(
        pools: Pools,
        vault: Vault,
        runner: impl FnOnce(&Pools, &Reader) -> Option<RunnerHandle>,
    ) -> Self {
        let log = EventLog::new(pools.append.clone());
        let whole = log.through(Source::whole(pools.project.clone()));
        let runner = runner(&pools, &whole);
        Self(Arc::new(Inner {
            pools,
            log,
            whole,
            vault,
            recall: Recall::default(),
            keys: OnceLock::new(),
            runner,
            reads: read::Waiting::default(),
            directories: pseudonyms::Directories::default(),
        }))
    }

    /// The same service, able to sign. The first keys it was given stay.
    #[must_use]
    pub fn with_keys(self, keys: LogKeys) -> Self {
        let _ = self.0.keys.set(keys);
        self
    }

    /// The keys that checkpoints are signed with.
    ///
    /// # Errors
    /// [`Error::NoKeys`].
    pub fn keys(&self) -> Result<&LogKeys, Error> {
        self.0.keys.get().ok_or(Error::NoKeys)
    }

    /// Ends in order: what still waits is recorded, nothing more is taken in, and the keeping warm
    /// ends.
    pub async fn stop(&self) {
        self.0.log.drain().await;
        if let Some(runner) = &self.0.runner {
            runner.stop().await;
        }
    }

    /// Gives the connections back; nothing can be done afterwards.
    pub async fn close(&self) {
        self.0.pools.close().await;
        self.0.vault.pool().close().await;
    }

    /// The logs, to add to. Reads all of them.
    pub fn log(&self) -> &EventLog {
        &self.0.log
    }

    /// The logs and read models of every pilot, for who folds, and for who runs the installation.
    /// Whoever reads for somebody else reads through [`App::fenced`].
    pub fn whole(&self) -> &Reader {
        &self.0.whole
    }

    /// The connections under [`App::whole`], which also write rows of read models.
    pub fn models(&self) -> &PgPool {
        &self.0.pools.project
    }

    /// The vault.
    pub fn vault(&self) -> &Vault {
        &self.0.vault
    }

    /// The time. Read here and nowhere below.
    pub fn now(&self) -> DateTime<Utc> {
        #[expect(
            clippy::disallowed_methods,
            reason = "the shell is the edge where time comes in"
        )]
        Utc::now()
    }

    /// A new id, later than every earlier one.
    pub fn new_id(&self) -> Uuid {
        #[expect(
            clippy::disallowed_methods,
            reason = "the shell is the edge where ids come in"
        )]
        Uuid::now_v7()
    }

    /// Waits until the read models show `position`, but not longer than `at_most`. False when they
    /// do not: the fact is recorded all the same.
    pub async fn wait_for(
        &self,
        pilot: PilotId,
        position: Position,
        at_most: std::time::Duration,
    ) -> Result<bool, Error> {
        match &self.0.runner {
            Some(runner) => Ok(runner.wait_for(pilot.0, position, at_most).await?),
            None => Ok(projections::wait_for(self.models(), pilot.0, position, at_most).await?),
        }
    }

    /// Brings the read models of a pilot up to the head of its log.
    pub async fn catch_up(&self, pilot: PilotId) -> Result<Position, Error> {
        Ok(projections::catch_up(self.models(), self.whole(), pilot.0).await?)
    }

    /// What was known of a pilot at `as_of`; at the head of its log when none is given.
    ///
    /// # Errors
    /// [`Error::UnknownPilot`], [`Error::BeyondHead`], faults.
    pub async fn snapshot(
        &self,
        pilot: PilotId,
        as_of: Option<Position>,
    ) -> Result<Recalled, Error> {
        let reports = self.0.pools.report.clone();
        let facts = self.log().through(Source::fenced(reports, &[pilot.0]));
        let head = facts.head(pilot.0).await?.position;
        let position = as_of.unwrap_or(head);
        if position > head || position < 0 {
            return Err(Error::BeyondHead { position, head });
        }
        Ok(self.0.recall.at(&facts, pilot, position).await?)
    }
}

impl sources::Ids for App {
    fn id(&self, purpose: &str, parts: &[&str]) -> Uuid {
        self.0.vault.id(purpose, parts)
    }
}
