//! Reaching the database: migrations as its administrator, everything else under a role that may do
//! what it is for and nothing else.

use std::time::Duration;

use eventlog::LogId;
use proof::merkle::Hash;
use proof::record::Record;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Connection, PgConnection, PgPool};

use crate::Error;

/// Connections that add to logs, at most: those that decide read on them too. One writes a log.
pub const APPEND_CONNECTIONS: u32 = 6;
/// Connections that see all read models and logs, beside those that write rows.
pub const PROJECT_CONNECTIONS: u32 = 3;
/// Connections that read for those who ask.
pub const READ_CONNECTIONS: u32 = 6;
/// Connections that read a log to evaluate it.
pub const REPORT_CONNECTIONS: u32 = 3;

/// Connections of one process at most, in all pools.
pub const MAX_CONNECTIONS: u32 =
    APPEND_CONNECTIONS + PROJECT_CONNECTIONS + READ_CONNECTIONS + REPORT_CONNECTIONS;

/// Connections of one process beside its pools: four that write rows, one that holds the leaderships,
/// one that builds, and one that listens.
pub const CONNECTIONS_BESIDE: u32 = 7;

/// How long a request waits for a free connection before the database counts as unavailable.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);
/// A connection that nobody needed for so long is given back.
const IDLE: Duration = Duration::from_secs(120);

/// After a role's name: who logs in to have that role alone, where there is such a one.
const LOGIN: &str = "_login";

/// The way to one database.
#[derive(Clone, Debug)]
pub struct Database {
    admin: PgConnectOptions,
    logins: bool,
}

impl Database {
    /// `admin` may create schemas and roles; it is used for migrations, to build read models anew, and
    /// to put facts back that were recorded elsewhere.
    pub fn new(admin: PgConnectOptions) -> Self {
        Self {
            admin,
            logins: false,
        }
    }

    /// The same, where PostgreSQL lets in whoever can reach it under whatever name, as the embedded one
    /// does: then the service logs in for each role as somebody who has that one and no other. A
    /// statement of somebody else's making could not take on another.
    #[must_use]
    pub fn with_logins(self) -> Self {
        Self {
            logins: true,
            ..self
        }
    }

    /// Brings the log's schema and the read models' up to date. Several processes may do it at once.
    ///
    /// # Errors
    /// [`Error::Unavailable`], [`Error::Log`] when roles or schema of the log cannot be set up,
    /// [`Error::Projections`], [`Error::Database`].
    pub async fn migrate(&self) -> Result<(), Error> {
        let mut connection = PgConnection::connect_with(&self.admin).await?;
        eventlog::migrate(&mut connection).await?;
        projections::migrate(&mut connection).await?;
        if self.logins {
            ensure_logins(&mut connection).await?;
        }
        connection.close().await?;
        Ok(())
    }

    /// The connections of one process. All but the first are made when they are needed.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn pools(&self) -> Result<Pools, Error> {
        // What begins a read tells whether the connection is still good.
        let reading = |connections| options(connections).test_before_acquire(false);
        let (append, read) = (APPEND_CONNECTIONS, reading(READ_CONNECTIONS));
        let report = reading(REPORT_CONNECTIONS);
        let lazily = |options: PgPoolOptions, role| options.connect_lazy_with(self.acting_as(role));
        Ok(Pools {
            append: options(append)
                .connect_with(self.acting_as(eventlog::APPEND_ROLE))
                .await?,
            project: lazily(options(PROJECT_CONNECTIONS), eventlog::PROJECT_ROLE),
            read: lazily(read, eventlog::READ_ROLE),
            report: lazily(report, eventlog::REPORT_ROLE),
        })
    }

    /// Set at the start of the session, so that even `reset role` comes back to it.
    fn acting_as(&self, role: &str) -> PgConnectOptions {
        let options = self.admin.clone();
        let options = match self.logins {
            true => options.username(&format!("{role}{LOGIN}")),
            false => options,
        };
        options.options([("role", role)])
    }

    /// What builds read models anew: the tables are the owner's, and the service itself may make none.
    /// It connects when it builds.
    pub fn builder(&self) -> projections::Builder {
        projections::Builder::new(self.admin.clone())
    }

    /// A way to put facts back, which the service itself has not: it may not say when something was
    /// recorded.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn restorer(&self) -> Result<Restorer, Error> {
        let owner = [("role", eventlog::OWNER_ROLE)];
        let options = self.admin.clone().options(owner);
        Ok(Restorer(PgConnection::connect_with(&options).await?))
    }
}

fn options(connections: u32) -> PgPoolOptions {
    PgPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .idle_timeout(IDLE)
}

/// The connections of one process to one database, by role.
#[derive(Clone, Debug)]
pub struct Pools {
    /// [`eventlog::APPEND_ROLE`].
    pub(crate) append: PgPool,
    /// [`eventlog::PROJECT_ROLE`].
    pub(crate) project: PgPool,
    /// [`eventlog::READ_ROLE`]: to be fenced, or it shows nothing.
    pub(crate) read: PgPool,
    /// [`eventlog::REPORT_ROLE`]: the same.
    pub(crate) report: PgPool,
}

impl Pools {
    /// Ends in order.
    pub async fn close(&self) {
        for pool in [&self.append, &self.project, &self.read, &self.report] {
            pool.close().await;
        }
    }
}

/// Puts facts back, as the owner of the log.
#[derive(Debug)]
pub struct Restorer(PgConnection);

impl Restorer {
    /// Puts whole commands back at the end of a log, in one transaction: see [`eventlog::restore`].
    ///
    /// # Errors
    /// Those of [`eventlog::restore`].
    pub async fn restore(
        &mut self,
        log: LogId,
        facts: &[(Record, Hash)],
    ) -> Result<(), eventlog::Error> {
        eventlog::restore(&mut self.0, log, facts).await
    }

    /// Ends in order.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn close(self) -> Result<(), Error> {
        Ok(self.0.close().await?)
    }
}

/// Makes a login for each role of the service, unless it is there.
async fn ensure_logins(connection: &mut PgConnection) -> Result<(), Error> {
    sqlx::query(
        "do $$
         declare
             wanted text;
         begin
             foreach wanted in array array['inrete_append', 'inrete_project', 'inrete_read',
                 'inrete_report']
             loop
                 if to_regrole(wanted || '_login') is null then
                     begin
                         execute format('create role %I login in role %I', wanted || '_login', wanted);
                     exception when duplicate_object or unique_violation then
                         null; -- somebody else was faster
                     end;
                 end if;
             end loop;
         end $$",
    )
    .execute(connection)
    .await?;
    Ok(())
}
