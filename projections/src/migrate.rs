//! The read models' own schema, brought up to date.

use std::borrow::Cow;

use sqlx::{Connection, PgConnection, migrate::Migrator};

use crate::{Error, Model};

/// The schema that holds everything of the read models, its list of migrations included.
pub const SCHEMA: &str = "projections";

/// Held while migrating: two servers that start at once do it one after the other. An arbitrary
/// number, this crate's own.
const ADVISORY_LOCK: i64 = 0x7072_6f6a_6563_7421;

static MIGRATIONS: Migrator = sqlx::migrate!();

/// Creates the schema and tables of the read models, or brings them up to date, in one transaction.
/// Comes after [`eventlog::migrate`]. May be called at every start and by several servers at once.
///
/// A table whose definition changed is made anew and is empty until its rows are folded again,
/// which the [`Runner`](crate::Runner) does by itself.
///
/// # Errors
/// [`Error::Migration`], those of [`eventlog::ensure_roles`], and faults of the database.
pub async fn migrate(conn: &mut PgConnection) -> Result<(), Error> {
    eventlog::ensure_roles(conn).await?;
    let mut tx = conn.begin().await?;
    sqlx::query("select pg_advisory_xact_lock($1)")
        .bind(ADVISORY_LOCK)
        .execute(&mut *tx)
        .await?;
    // Not `if not exists`, which asks for the right to create even when there is nothing to do.
    sqlx::query(
        "do $$ begin
             if to_regnamespace('projections') is null then
                 create schema projections authorization inrete_owner;
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
    for model in Model::ALL {
        define(&mut tx, model).await?;
    }
    tx.commit().await?;
    Ok(())
}

async fn define(conn: &mut PgConnection, model: Model) -> Result<(), Error> {
    let made_by: Option<String> =
        sqlx::query_scalar("select sql from projections.definition where model = $1")
            .bind(model.name())
            .fetch_optional(&mut *conn)
            .await?;
    if made_by.as_deref() == Some(model.definition()) {
        return Ok(());
    }
    sqlx::raw_sql(model.definition())
        .execute(&mut *conn)
        .await?;
    // Its rows are gone: whoever leads a log finds the checkpoint missing and folds them anew.
    sqlx::query("delete from projections.checkpoint where model = $1")
        .bind(model.name())
        .execute(&mut *conn)
        .await?;
    sqlx::query(
        "insert into projections.definition (model, sql) values ($1, $2)
         on conflict on constraint definition_pkey do update set sql = excluded.sql",
    )
    .bind(model.name())
    .bind(model.definition())
    .execute(&mut *conn)
    .await?;
    Ok(())
}

fn migrator() -> Migrator {
    Migrator {
        migrations: Cow::Borrowed(&MIGRATIONS.migrations),
        // Held by the transaction, above: sqlx's own lock stays taken when a migration fails.
        locking: false,
        table_name: Cow::Borrowed("projections.migration"),
        ..Migrator::DEFAULT
    }
}
