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
use crate::document::{Place, json};

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

/// All facts of some households, in order.
///
/// # Errors
/// Faults of the database.
pub async fn of(
    db: impl PgExecutor<'_>,
    log: LogId,
    households: &[HouseholdId],
) -> Result<Vec<TimelineRow>, Error> {
    let ids: Vec<Uuid> = households.iter().map(|household| household.0).collect();
    let rows: Vec<Json<TimelineRow>> = sqlx::query_scalar(
        "select row from projections.timeline
         where log_id = $1 and household = any ($2)
         order by position",
    )
    .bind(log)
    .bind(ids)
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

pub(crate) async fn all(
    conn: &mut PgConnection,
    log: LogId,
) -> Result<BTreeMap<Position, TimelineRow>, Error> {
    let rows: Vec<Json<TimelineRow>> =
        sqlx::query_scalar("select row from projections.timeline where log_id = $1")
            .bind(log)
            .fetch_all(conn)
            .await?;
    Ok(rows.into_iter().map(|row| (row.position, row.0)).collect())
}

pub(crate) async fn load(
    conn: &mut PgConnection,
    place: Place,
    log: LogId,
    positions: &[Position],
) -> Result<BTreeMap<Position, TimelineRow>, Error> {
    if positions.is_empty() {
        return Ok(BTreeMap::new());
    }
    let some = "select row from projections.timeline where log_id = $1 and position = any ($2)";
    let rows: Vec<Json<TimelineRow>> = sqlx::query_scalar(place.sql(some))
        .bind(log)
        .bind(positions)
        // Planned anew each time: the table grows while it is filled.
        .persistent(false)
        .fetch_all(conn)
        .await?;
    Ok(rows.into_iter().map(|row| (row.position, row.0)).collect())
}

/// Writes rows, new or marked.
pub(crate) async fn save(
    conn: &mut PgConnection,
    place: Place,
    log: LogId,
    rows: impl Iterator<Item = &TimelineRow>,
) -> Result<(), Error> {
    let mut positions: Vec<Position> = Vec::new();
    let mut households: Vec<Uuid> = Vec::new();
    let mut texts: Vec<String> = Vec::new();
    for row in rows {
        positions.push(row.position);
        households.push(row.household.0);
        texts.push(json(row)?);
    }
    if positions.is_empty() {
        return Ok(());
    }
    let save = "insert into projections.timeline (log_id, position, household, row)
         select $1, u.position, u.household, u.row::jsonb
         from unnest($2::bigint[], $3::uuid[], $4::text[]) as u (position, household, row)
         on conflict on constraint timeline_pkey do update set row = excluded.row";
    sqlx::query(place.sql(save))
        .bind(log)
        .bind(positions)
        .bind(households)
        .bind(texts)
        .execute(conn)
        .await?;
    Ok(())
}

/// Adds rows to a table that has none of them yet, the fast way.
pub(crate) async fn copy(
    conn: &mut PgConnection,
    log: LogId,
    rows: impl Iterator<Item = &TimelineRow>,
) -> Result<(), Error> {
    let mut bytes = COPY_HEADER.to_vec();
    for row in rows {
        let text = json(row)?;
        bytes.extend(4_i16.to_be_bytes());
        field(&mut bytes, log.as_bytes());
        field(&mut bytes, &row.position.to_be_bytes());
        field(&mut bytes, row.household.0.as_bytes());
        let length = i32::try_from(text.len() + 1).unwrap_or(i32::MAX);
        bytes.extend(length.to_be_bytes());
        bytes.push(JSONB_VERSION);
        bytes.extend(text.as_bytes());
    }
    bytes.extend((-1_i16).to_be_bytes());
    let mut copied = conn
        .copy_in_raw(
            "copy projections_next.timeline (log_id, position, household, row)
             from stdin (format binary)",
        )
        .await?;
    for piece in bytes.chunks(COPY_BYTES) {
        copied.send(piece).await?;
    }
    copied.finish().await?;
    Ok(())
}

/// What every binary copy starts with (PostgreSQL's documentation of `COPY`, "Binary Format"):
/// signature, no flags, no extension.
const COPY_HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
/// The first byte of a binary `jsonb`; text follows.
const JSONB_VERSION: u8 = 1;
/// How much is sent at once.
const COPY_BYTES: usize = 256 << 10;

fn field(bytes: &mut Vec<u8>, field: &[u8]) {
    let length = i32::try_from(field.len()).unwrap_or(i32::MAX);
    bytes.extend(length.to_be_bytes());
    bytes.extend(field);
}
