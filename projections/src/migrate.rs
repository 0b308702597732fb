//! The read models' own schema, brought up to date.

use std::borrow::Cow;

use sqlx::{AssertSqlSafe, Connection, PgConnection, migrate::Migrator};

use crate::{Error, Model, builder};

/// The schema that holds everything of the read models, its list of migrations included.
pub const SCHEMA: &str = "projections";

/// Held while migrating: two servers that start at once do it one after the other. An arbitrary
/// number, this crate's own.
const ADVISORY_LOCK: i64 = 0x7072_6f6a_6563_7421;

static MIGRATIONS: Migrator = sqlx::migrate!();

/// Creates the schema and tables of the read models, or brings them up to date, in one transaction.
/// Comes after [`eventlog::migrate`]. May be called at every start and by several servers at once.
///
/// A table is made here only in a database in which nothing was folded yet. One whose definition changed,
/// or that is new, is left to the [`Builder`](crate::Builder), which fills it beside the old one first.
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
        "do $$
         declare
             wanted text;
         begin
             foreach wanted in array array['projections', 'projections_next', 'projections_old'] loop
                 if to_regnamespace(wanted) is null then
                     execute format('create schema %I authorization inrete_owner', wanted);
                 end if;
             end loop;
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
    let folded: bool = sqlx::query_scalar("select exists (select from projections.checkpoint)")
        .fetch_one(&mut *tx)
        .await?;
    if !folded {
        for model in Model::ALL {
            define(&mut tx, model).await?;
        }
    }
    builder::clear_unless_building(&mut tx).await?;
    tx.commit().await?;
    Ok(())
}

/// Makes the table of a model, in the place of one that another definition made: nobody misses its
/// rows, there are none.
async fn define(conn: &mut PgConnection, model: Model) -> Result<(), Error> {
    let made_by: Option<i64> =
        sqlx::query_scalar("select mark from projections.definition where model = $1")
            .bind(model.name())
            .fetch_optional(&mut *conn)
            .await?;
    if made_by == Some(model.mark()) {
        return Ok(());
    }
    let drop = format!("drop table if exists projections.{}", model.table());
    sqlx::raw_sql(AssertSqlSafe(drop))
        .execute(&mut *conn)
        .await?;
    sqlx::raw_sql(model.definition())
        .execute(&mut *conn)
        .await?;
    defined(conn, model).await
}

/// The table that is there was made by the model's definition.
pub(crate) async fn defined(conn: &mut PgConnection, model: Model) -> Result<(), Error> {
    sqlx::query(
        "insert into projections.definition (model, sql, mark) values ($1, $2, $3)
         on conflict on constraint definition_pkey do update set
             sql = excluded.sql, mark = excluded.mark",
    )
    .bind(model.name())
    .bind(model.definition())
    .bind(model.mark())
    .execute(conn)
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
