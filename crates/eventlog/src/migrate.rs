//! The log's own schema, brought up to date.

use std::borrow::Cow;

use sqlx::{Connection, PgConnection, migrate::Migrator};

use crate::Error;

/// The schema that holds everything of the log, its list of migrations included.
pub const SCHEMA: &str = "eventlog";
/// The role that owns schema, tables and functions. Nobody logs in as it.
pub const OWNER_ROLE: &str = "inrete_owner";
/// The role of whoever uses the log: it reads, and writes through the log's functions only. A
/// connection takes it on with `set role`, or a login role is made a member of it.
pub const SERVICE_ROLE: &str = "inrete_service";

/// Held while migrating: two servers that start at once do it one after the other. An arbitrary
/// number, this crate's own.
const ADVISORY_LOCK: i64 = 0x6576_656e_746c_6f67;

static MIGRATIONS: Migrator = sqlx::migrate!();

/// Creates the log's roles, schema, tables and functions, or brings them up to date, in one
/// transaction. May be called at every start and by several servers at once.
///
/// The connection's user needs the right to create schemas in the database, and `CREATEROLE` unless
/// the roles are there and granted to it (see [`ensure_roles`]). The user's own role is restored.
/// The connection must not be in a transaction.
///
/// A user that migrates stays a member of [`OWNER_ROLE`]. Where that is too much for the user the
/// service logs in as, migrate as another, and grant the service's user [`SERVICE_ROLE`] only.
///
/// # Errors
/// [`Error::Roles`], [`Error::Migration`], and faults of the database.
pub async fn migrate(conn: &mut PgConnection) -> Result<(), Error> {
    ensure_roles(conn).await?;
    let mut tx = conn.begin().await?;
    sqlx::query("select pg_advisory_xact_lock($1)")
        .bind(ADVISORY_LOCK)
        .execute(&mut *tx)
        .await?;
    // Not `if not exists`, which asks for the right to create even when there is nothing to do.
    sqlx::query(
        "do $$ begin
             if to_regnamespace('eventlog') is null then
                 create schema eventlog authorization inrete_owner;
             end if;
         end $$",
    )
    .execute(&mut *tx)
    .await?;
    // `local`: the transaction's end gives the connection its own role back.
    sqlx::query("set local role inrete_owner")
        .execute(&mut *tx)
        .await?;
    migrator()
        .run_direct(None, &mut *tx, false)
        .await
        .map_err(|error| Error::Migration(Box::new(error)))?;
    tx.commit().await?;
    Ok(())
}

/// Creates [`OWNER_ROLE`] and [`SERVICE_ROLE`] (without login) unless they are there, and makes the
/// connection's user a member of both unless it is. Roles belong to the whole cluster, so another
/// database's migration may be doing the same at this moment.
///
/// # Errors
/// [`Error::Roles`] when the user may not do it, and faults of the database.
pub async fn ensure_roles(conn: &mut PgConnection) -> Result<(), Error> {
    sqlx::query(
        "do $$
         declare
             wanted text;
             -- From 16 on, whoever made a role is its member and may still not take it on.
             taken_on constant text :=
                 case when current_setting('server_version_num')::integer >= 160000
                     then 'set' else 'member' end;
         begin
             foreach wanted in array array['inrete_owner', 'inrete_service'] loop
                 if to_regrole(wanted) is null then
                     begin
                         execute format('create role %I nologin', wanted);
                     exception when duplicate_object or unique_violation then
                         null; -- somebody else was faster
                     end;
                 end if;
                 if not pg_has_role(current_user, wanted, taken_on) then
                     begin
                         execute format('grant %I to %I', wanted, current_user);
                     exception when unique_violation then
                         null;
                     end;
                 end if;
             end loop;
         end $$",
    )
    .execute(conn)
    .await
    .map_err(|error| match &error {
        sqlx::Error::Database(database) if database.code() == Some(Cow::Borrowed("42501")) => {
            Error::Roles(error)
        }
        _ => error.into(),
    })?;
    Ok(())
}

fn migrator() -> Migrator {
    Migrator {
        migrations: Cow::Borrowed(&MIGRATIONS.migrations),
        // Held by the transaction, above: sqlx's own lock stays taken when a migration fails.
        locking: false,
        table_name: Cow::Borrowed("eventlog.migration"),
        ..Migrator::DEFAULT
    }
}
