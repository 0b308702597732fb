//! The raw history of every household, and what became of each fact.

pub mod fold;
mod rows;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use eventlog::LogId;
use events::{HouseholdId, Position};
use sqlx::types::Json;
use sqlx::{PgConnection, PgExecutor};
use uuid::Uuid;

pub use rows::*;

use crate::Error;

/// The most facts asked for at once.
pub const MAX_PAGE: usize = 500;

/// The facts of a household after a position, in order: at most `limit` and never more than
/// [`MAX_PAGE`].
///
/// # Errors
/// Faults of the database.
pub async fn page(
    db: impl PgExecutor<'_>,
    log: LogId,
    household: HouseholdId,
    after: Position,
    limit: usize,
) -> Result<Vec<TimelineRow>, Error> {
    let rows: Vec<Json<TimelineRow>> = sqlx::query_scalar(
        "select row from projections.timeline
         where log_id = $1 and household = $2 and position > $3
         order by position limit $4",
    )
    .bind(log)
    .bind(household.0)
    .bind(after)
    .bind(i64::try_from(limit.min(MAX_PAGE)).unwrap_or(i64::MAX))
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

/// The fact at a position; none when it belongs to no household.
///
/// # Errors
/// Faults of the database.
pub async fn at(
    db: impl PgExecutor<'_>,
    log: LogId,
    position: Position,
) -> Result<Option<TimelineRow>, Error> {
    let row: Option<Json<TimelineRow>> = sqlx::query_scalar(
        "select row from projections.timeline where log_id = $1 and position = $2",
    )
    .bind(log)
    .bind(position)
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| row.0))
}

pub(crate) async fn all(conn: &mut PgConnection, log: LogId) -> Result<Vec<TimelineRow>, Error> {
    let rows: Vec<Json<TimelineRow>> =
        sqlx::query_scalar("select row from projections.timeline where log_id = $1")
            .bind(log)
            .fetch_all(conn)
            .await?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

pub(crate) async fn load(
    conn: &mut PgConnection,
    log: LogId,
    positions: &[Position],
) -> Result<BTreeMap<Position, TimelineRow>, Error> {
    if positions.is_empty() {
        return Ok(BTreeMap::new());
    }
    let rows: Vec<Json<TimelineRow>> = sqlx::query_scalar(
        "select row from projections.timeline where log_id = $1 and position = any ($2)",
    )
    .bind(log)
    .bind(positions)
    // Planned anew each time: the table grows while it is filled.
    .persistent(false)
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| (row.position, row.0)).collect())
}

pub(crate) async fn save(
    conn: &mut PgConnection,
    log: LogId,
    rows: &BTreeMap<Position, TimelineRow>,
) -> Result<(), Error> {
    if rows.is_empty() {
        return Ok(());
    }
    let positions: Vec<Position> = rows.keys().copied().collect();
    let households: Vec<Uuid> = rows.values().map(|row| row.household.0).collect();
    let rows: Vec<Json<&TimelineRow>> = rows.values().map(Json).collect();
    sqlx::query(
        "insert into projections.timeline (log_id, position, household, row)
         select $1, u.position, u.household, u.row
         from unnest($2::bigint[], $3::uuid[], $4::jsonb[]) as u (position, household, row)
         on conflict on constraint timeline_pkey do update set row = excluded.row",
    )
    .bind(log)
    .bind(positions)
    .bind(households)
    .bind(rows)
    .execute(conn)
    .await?;
    Ok(())
}

pub(crate) async fn clear(conn: &mut PgConnection, log: LogId) -> Result<(), Error> {
    sqlx::query("delete from projections.timeline where log_id = $1")
        .bind(log)
        .execute(conn)
        .await?;
    Ok(())
}
