//! Reaching the database: migrations as its administrator, everything else as the service.

use std::borrow::Cow;
use std::time::Duration;

use eventlog::LogId;
use proof::merkle::Hash;
use proof::record::Record;
use sqlx::migrate::Migrator;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Connection, PgConnection, PgPool};

use crate::Error;

/// Connections of one process at most. PostgreSQL allows 100 by default, and several processes may
/// serve one database.
pub const MAX_CONNECTIONS: u32 = 24;

/// How long a request waits for a free connection before the database counts as unavailable.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);

/// Held while this crate's own tables are brought up to date. An arbitrary number, its own.
const ADVISORY_LOCK: i64 = 0x0069_6e72_6574_6500;

static MIGRATIONS: Migrator = sqlx::migrate!();

/// The way to one database.
#[derive(Clone, Debug)]
pub struct Database {
    admin: PgConnectOptions,
}

impl Database {
    /// `admin` may create schemas and roles; it is used for migrations, to build read models anew, and
    /// to put facts back that were recorded elsewhere.
    pub fn new(admin: PgConnectOptions) -> Self {
        Self { admin }
    }

    /// Brings every schema up to date. Several processes may do it at once.
    ///
    /// # Errors
    /// [`Error::Unavailable`], [`Error::Log`] when roles or schema of the log cannot be set up,
    /// [`Error::Projections`], [`Error::Database`].
    pub async fn migrate(&self) -> Result<(), Error> {
        let mut connection = PgConnection::connect_with(&self.admin).await?;
        eventlog::migrate(&mut connection).await?;
        projections::migrate(&mut connection).await?;
        migrate_access(&mut connection).await?;
        connection.close().await?;
        Ok(())
    }

    /// Connections under the service's own role, which may add to the log and read it, and nothing
    /// else to it.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn pool(&self) -> Result<PgPool, Error> {
        // Set at the start of the session, so that even `reset role` comes back to it.
        let options = self
            .admin
            .clone()
            .options([("role", eventlog::SERVICE_ROLE)]);
        Ok(PgPoolOptions::new()
            .max_connections(MAX_CONNECTIONS)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .connect_with(options)
            .await?)
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

async fn migrate_access(connection: &mut PgConnection) -> Result<(), Error> {
    let mut tx = connection.begin().await?;
    sqlx::query("select pg_advisory_xact_lock($1)")
        .bind(ADVISORY_LOCK)
        .execute(&mut *tx)
        .await?;
    sqlx::query("create schema if not exists access")
        .execute(&mut *tx)
        .await?;
    let migrator = Migrator {
        migrations: Cow::Borrowed(&MIGRATIONS.migrations),
        // Held by the transaction, above.
        locking: false,
        table_name: Cow::Borrowed("access.migration"),
        ..Migrator::DEFAULT
    };
    migrator
        .run_direct(None, &mut *tx, false)
        .await
        .map_err(|error| Error::Database(sqlx::Error::Migrate(Box::new(error))))?;
    tx.commit().await?;
    Ok(())
}
