//! The log's own schema, brought up to date.

use std::borrow::Cow;

use sqlx::{Connection, PgConnection, migrate::Migrator};

use crate::{Error, ensure_roles};

/// The schema that holds everything of the log, its list of migrations included.
pub const SCHEMA: &str = "eventlog";

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
/// A user that migrates stays a member of [`OWNER_ROLE`](crate::OWNER_ROLE). Where that is too much for
/// the user the service logs in as, migrate as another, and grant the service's user the other
/// [`ROLES`](crate::ROLES) only.
///
/// # Errors
/// [`Error::Roles`], [`Error::Former`], [`Error::Migration`], and faults of the database.
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
    migrator().run_direct(None, &mut *tx, false).await?;
    tx.commit().await?;
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
