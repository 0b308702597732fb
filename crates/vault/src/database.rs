//! The vault's own database: made, brought up to date, reached, and cleared of what was deleted.

use std::borrow::Cow;
use std::time::Duration;

use sqlx::migrate::Migrator;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{AssertSqlSafe, Connection, PgConnection, PgPool};

use crate::Error;

/// The schema that holds everything of the vault, its list of migrations included.
pub const SCHEMA: &str = "vault";

/// The role of whoever uses the vault. It has no rights anywhere else, and nobody else has any here.
pub const SERVICE_ROLE: &str = "inrete_vault";

/// Connections of one process at most: every request takes one for a moment.
pub const MAX_CONNECTIONS: u32 = 8;

/// How long a request waits for a free connection before the database counts as unavailable.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);

/// Held while migrating. An arbitrary number, its own.
const ADVISORY_LOCK: i64 = 0x7661_756c_746d_6967;

/// The database that every server has.
const MAINTENANCE: &str = "postgres";

const NO_SUCH_DATABASE: &str = "3D000";
const DUPLICATE_DATABASE: &str = "42P04";
const UNIQUE_VIOLATION: &str = "23505";
const NOT_ALLOWED: &str = "42501";

static MIGRATIONS: Migrator = sqlx::migrate!();

/// The way to the vault's database.
#[derive(Clone, Debug)]
pub struct Database {
    admin: PgConnectOptions,
}

/// What was cleared away of deleted keys.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scrubbed {
    /// The tables were written anew without them, and the old files given back to the file system.
    pub rewritten: bool,
    /// The server began a new file of its write-ahead log, so that the old ones can go.
    pub log_switched: bool,
}

impl Database {
    /// `admin` may create the schema and the role.
    pub fn new(admin: PgConnectOptions) -> Self {
        Self { admin }
    }

    /// Makes the database, unless it is there.
    ///
    /// # Errors
    /// [`Error::NoDatabase`] when it cannot be made, faults of the database.
    pub async fn ensure(&self) -> Result<(), Error> {
        match PgConnection::connect_with(&self.admin).await {
            Ok(connection) => return Ok(connection.close().await?),
            Err(error) if code(&error).as_deref() == Some(NO_SUCH_DATABASE) => {}
            Err(error) => return Err(error.into()),
        }
        let name = self.admin.get_database().unwrap_or_default();
        self.create(name).await.map_err(|source| Error::NoDatabase {
            name: name.to_owned(),
            source,
        })
    }

    async fn create(&self, name: &str) -> Result<(), sqlx::Error> {
        let maintenance = self.admin.clone().database(MAINTENANCE);
        let mut connection = PgConnection::connect_with(&maintenance).await?;
        let quoted = name.replace('"', "\"\"");
        // A database cannot be named by a parameter; its name is quoted instead.
        let statement = AssertSqlSafe(format!("create database \"{quoted}\""));
        let made = sqlx::raw_sql(statement).execute(&mut connection).await;
        connection.close().await?;
        match made {
            Err(error)
                if [DUPLICATE_DATABASE, UNIQUE_VIOLATION]
                    .map(|it| Some(it.to_owned()))
                    .contains(&code(&error)) =>
            {
                Ok(())
            }
            made => made.map(|_| ()),
        }
    }

    /// Brings role, schema and tables up to date. Several processes may do it at once.
    ///
    /// # Errors
    /// [`Error::Roles`], [`Error::Migration`], faults of the database.
    pub async fn migrate(&self) -> Result<(), Error> {
        let mut connection = PgConnection::connect_with(&self.admin).await?;
        ensure_role(&mut connection).await?;
        let mut tx = connection.begin().await?;
        sqlx::query("select pg_advisory_xact_lock($1)")
            .bind(ADVISORY_LOCK)
            .execute(&mut *tx)
            .await?;
        sqlx::query("create schema if not exists vault")
            .execute(&mut *tx)
            .await?;
        close_to_others(&mut tx).await?;
        let migrator = Migrator {
            migrations: Cow::Borrowed(&MIGRATIONS.migrations),
            // Held by the transaction, above.
            locking: false,
            table_name: Cow::Borrowed("vault.migration"),
            ..Migrator::DEFAULT
        };
        migrator
            .run_direct(None, &mut *tx, false)
            .await
            .map_err(|error| Error::Migration(Box::new(error)))?;
        tx.commit().await?;
        connection.close().await?;
        Ok(())
    }

    /// Connections under the vault's own role.
    ///
    /// # Errors
    /// Faults of the database.
    pub async fn pool(&self) -> Result<PgPool, Error> {
        // Set at the start of the session, so that even `reset role` comes back to it.
        let options = self.admin.clone().options([("role", SERVICE_ROLE)]);
        Ok(PgPoolOptions::new()
            .max_connections(MAX_CONNECTIONS)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .connect_with(options)
            .await?)
    }

    /// Clears away what the server still has of deleted rows: the tables are written anew, and the
    /// write-ahead log goes on in a new file. What may not be done is left, and said: the rows are
    /// wrapped under a master key that is destroyed, and open nothing.
    ///
    /// # Errors
    /// Faults of the database.
    pub async fn scrub(&self) -> Result<Scrubbed, Error> {
        let mut connection = PgConnection::connect_with(&self.admin).await?;
        let done = |outcome: Result<_, sqlx::Error>| match outcome {
            Ok(_) => Ok(true),
            Err(error) if code(&error).as_deref() == Some(NOT_ALLOWED) => Ok(false),
            Err(error) => Err(Error::from(error)),
        };
        let vacuum = sqlx::raw_sql("vacuum full vault.person_key");
        let rewritten = done(vacuum.execute(&mut connection).await)?;
        let mut log_switched = true;
        for statement in ["checkpoint", "select pg_switch_wal()", "checkpoint"] {
            let outcome = sqlx::raw_sql(statement).execute(&mut connection).await;
            log_switched &= done(outcome)?;
        }
        connection.close().await?;
        Ok(Scrubbed {
            rewritten,
            log_switched,
        })
    }
}

/// Nobody comes in by being anybody. Only the owner of the database can see to that; where he is
/// somebody else it is his business.
async fn close_to_others(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    sqlx::query(
        "do $$ begin
             if pg_has_role(current_user,
                    (select datdba from pg_database where datname = current_database()), 'member')
             then
                 execute format('revoke all on database %I from public', current_database());
                 execute format('grant connect on database %I to inrete_vault', current_database());
             end if;
         end $$",
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Makes the role (without login) unless it is there, and the connection's user a member of it.
async fn ensure_role(connection: &mut PgConnection) -> Result<(), Error> {
    sqlx::query(
        "do $$
         declare
             -- From 16 on, whoever made a role is its member and may still not take it on.
             taken_on constant text :=
                 case when current_setting('server_version_num')::integer >= 160000
                     then 'set' else 'member' end;
         begin
             if to_regrole('inrete_vault') is null then
                 begin
                     create role inrete_vault nologin;
                 exception when duplicate_object or unique_violation then
                     null; -- somebody else was faster
                 end;
             end if;
             if not pg_has_role(current_user, 'inrete_vault', taken_on) then
                 begin
                     execute format('grant inrete_vault to %I', current_user);
                 exception when unique_violation then
                     null;
                 end;
             end if;
         end $$",
    )
    .execute(connection)
    .await
    .map_err(|error| match code(&error).as_deref() {
        Some(NOT_ALLOWED) => Error::Roles(error),
        _ => error.into(),
    })?;
    Ok(())
}

fn code(error: &sqlx::Error) -> Option<String> {
    Some(error.as_database_error()?.code()?.into_owned())
}
