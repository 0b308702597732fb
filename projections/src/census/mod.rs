//! The dwellings: when each could be lived in, and who lived in it.

pub mod fold;
mod rows;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use eventlog::LogId;
use events::{DwellingId, Position};
use sqlx::types::Json;
use sqlx::{PgConnection, PgExecutor};
use uuid::Uuid;

pub use rows::*;

use crate::Error;

/// All dwellings of a pilot, ordered by id.
///
/// # Errors
/// Faults of the database.
pub async fn all(db: impl PgExecutor<'_>, log: LogId) -> Result<Vec<DwellingRow>, Error> {
    let rows: Vec<Json<DwellingRow>> = sqlx::query_scalar(
        "select row from projections.dwelling where log_id = $1 order by dwelling",
    )
    .bind(log)
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

/// One dwelling.
///
/// # Errors
/// Faults of the database.
pub async fn one(
    db: impl PgExecutor<'_>,
    log: LogId,
    dwelling: DwellingId,
) -> Result<Option<DwellingRow>, Error> {
    let row: Option<Json<DwellingRow>> = sqlx::query_scalar(
        "select row from projections.dwelling where log_id = $1 and dwelling = $2",
    )
    .bind(log)
    .bind(dwelling.0)
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| row.0))
}

pub(crate) async fn load(
    conn: &mut PgConnection,
    log: LogId,
    dwellings: &BTreeSet<DwellingId>,
) -> Result<BTreeMap<DwellingId, DwellingRow>, Error> {
    let keys: Vec<Uuid> = dwellings.iter().map(|id| id.0).collect();
    let rows: Vec<Json<DwellingRow>> = sqlx::query_scalar(
        "select row from projections.dwelling where log_id = $1 and dwelling = any ($2)",
    )
    .bind(log)
    .bind(keys)
    // Planned anew each time: the table grows while it is filled.
    .persistent(false)
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| (row.dwelling, row.0)).collect())
}

/// Writes the rows that are there and removes those that are not.
pub(crate) async fn save(
    conn: &mut PgConnection,
    log: LogId,
    rows: &BTreeMap<DwellingId, Option<DwellingRow>>,
) -> Result<(), Error> {
    let gone = rows.iter().filter(|(_, row)| row.is_none());
    let gone: Vec<Uuid> = gone.map(|(id, _)| id.0).collect();
    if !gone.is_empty() {
        sqlx::query("delete from projections.dwelling where log_id = $1 and dwelling = any ($2)")
            .bind(log)
            .bind(gone)
            .execute(&mut *conn)
            .await?;
    }
    let rows: Vec<&DwellingRow> = rows.values().flatten().collect();
    if rows.is_empty() {
        return Ok(());
    }
    let keys: Vec<Uuid> = rows.iter().map(|row| row.dwelling.0).collect();
    let positions: Vec<Position> = rows.iter().map(|row| row.position).collect();
    let rows: Vec<Json<&DwellingRow>> = rows.into_iter().map(Json).collect();
    sqlx::query(
        "insert into projections.dwelling (log_id, dwelling, position, row)
         select $1, u.dwelling, u.position, u.row
         from unnest($2::uuid[], $3::bigint[], $4::jsonb[]) as u (dwelling, position, row)
         on conflict on constraint dwelling_pkey do update set
             position = excluded.position, row = excluded.row",
    )
    .bind(log)
    .bind(keys)
    .bind(positions)
    .bind(rows)
    .execute(conn)
    .await?;
    Ok(())
}

pub(crate) async fn clear(conn: &mut PgConnection, log: LogId) -> Result<(), Error> {
    sqlx::query("delete from projections.dwelling where log_id = $1")
        .bind(log)
        .execute(conn)
        .await?;
    Ok(())
}
