//! The schema `identity` in the log's database: brought up to date, and reached under its own role.

use std::borrow::Cow;
use std::time::Duration;

use sqlx::migrate::Migrator;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Connection, PgConnection, PgPool};

use crate::Error;

/// The schema that holds everything of this crate, its list of migrations included.
pub const SCHEMA: &str = "identity";

/// The role of whoever asks who somebody is. It has no rights anywhere else, and nobody else has any
/// here.
pub const SERVICE_ROLE: &str = "inrete_identity";

/// Connections of one process at most: every request takes one for a moment.
pub const MAX_CONNECTIONS: u32 = 5;

/// Who logs in to have [`SERVICE_ROLE`] alone, where there is such a one.
const LOGIN: &str = "inrete_identity_login";

/// How long a request waits for a free connection before the database counts as unavailable.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);

/// Held while migrating. An arbitrary number, its own.
const ADVISORY_LOCK: i64 = 0x6964_656e_7469_7479;

const NOT_ALLOWED: &str = "42501";

static MIGRATIONS: Migrator = sqlx::migrate!();

/// The way to one database.
#[derive(Clone, Debug)]
pub struct Database {
    admin: PgConnectOptions,
    login: bool,
}

impl Database {
    /// `admin` may create schemas and roles.
    pub fn new(admin: PgConnectOptions) -> Self {
        Self {
            admin,
            login: false,
        }
    }

    /// The same, where PostgreSQL lets in whoever can reach it under whatever name, as the embedded one
    /// does: then the service logs in as somebody who has its role and no other. A statement of somebody
    /// else's making could not take on another.
    #[must_use]
    pub fn with_login(self) -> Self {
        Self {
            login: true,
            ..self
        }
    }

    /// Brings role, schema and tables up to date. Several processes may do it at once.
    ///
    /// # Errors
    /// [`Error::Roles`], [`Error::Migration`], faults of the database.
    pub async fn migrate(&self) -> Result<(), Error> {
        let mut connection = PgConnection::connect_with(&self.admin).await?;
        ensure_role(&mut connection).await?;
        if self.login {
            ensure_login(&mut connection).await?;
        }
        let mut tx = connection.begin().await?;
        sqlx::query("select pg_advisory_xact_lock($1)")
            .bind(ADVISORY_LOCK)
            .execute(&mut *tx)
            .await?;
        sqlx::query("create schema if not exists identity")
            .execute(&mut *tx)
            .await?;
        let migrator = Migrator {
            migrations: Cow::Borrowed(&MIGRATIONS.migrations),
            // Held by the transaction, above.
            locking: false,
            table_name: Cow::Borrowed("identity.migration"),
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

    /// Connections under this crate's own role.
    ///
    /// # Errors
    /// Faults of the database.
    pub async fn pool(&self) -> Result<PgPool, Error> {
        // Set at the start of the session, so that even `reset role` comes back to it.
        let options = self.admin.clone();
        let options = match self.login {
            true => options.username(LOGIN),
            false => options,
        };
        let options = options.options([("role", SERVICE_ROLE)]);
        Ok(PgPoolOptions::new()
            .max_connections(MAX_CONNECTIONS)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .connect_with(options)
            .await?)
    }
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
             if to_regrole('inrete_identity') is null then
                 begin
                     create role inrete_identity nologin;
                 exception when duplicate_object or unique_violation then
                     null; -- somebody else was faster
                 end;
             end if;
             if not pg_has_role(current_user, 'inrete_identity', taken_on) then
                 begin
                     execute format('grant inrete_identity to %I', current_user);
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

/// Makes the login, unless it is there.
async fn ensure_login(connection: &mut PgConnection) -> Result<(), Error> {
    sqlx::query(
        "do $$ begin
             if to_regrole('inrete_identity_login') is null then
                 begin
                     create role inrete_identity_login login in role inrete_identity;
                 exception when duplicate_object or unique_violation then
                     null; -- somebody else was faster
                 end;
             end if;
         end $$",
    )
    .execute(connection)
    .await?;
    Ok(())
}

fn code(error: &sqlx::Error) -> Option<String> {
    Some(error.as_database_error()?.code()?.into_owned())
}

/// Is it this constraint that was broken?
pub(crate) fn broke(error: &sqlx::Error, constraint: &str) -> bool {
    let database = error.as_database_error();
    database.is_some_and(|it| it.constraint() == Some(constraint))
}
