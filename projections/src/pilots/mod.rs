//! The pilot itself: its frame, phases, partners, rules, targets, closed periods, reports.

pub mod fold;
mod rows;
#[cfg(test)]
mod tests;

use eventlog::LogId;
use events::PilotId;
use sqlx::types::Json;
use sqlx::{PgConnection, PgExecutor};

pub use rows::*;

use crate::Error;

/// All pilots, ordered by code.
///
/// # Errors
/// Faults of the database.
pub async fn all(db: impl PgExecutor<'_>) -> Result<Vec<PilotRow>, Error> {
    let rows: Vec<Json<PilotRow>> =
        sqlx::query_scalar("select row from projections.pilot order by code, log_id")
            .fetch_all(db)
            .await?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

/// One pilot.
///
/// # Errors
/// Faults of the database.
pub async fn one(db: impl PgExecutor<'_>, log: LogId) -> Result<Option<PilotRow>, Error> {
    let row: Option<Json<PilotRow>> =
        sqlx::query_scalar("select row from projections.pilot where log_id = $1")
            .bind(log)
            .fetch_optional(db)
            .await?;
    Ok(row.map(|row| row.0))
}

/// The pilots with a code, ordered by id: one, unless two were opened with it at the same moment.
///
/// # Errors
/// Faults of the database.
pub async fn by_code(db: impl PgExecutor<'_>, code: &str) -> Result<Vec<PilotRow>, Error> {
    let rows: Vec<Json<PilotRow>> =
        sqlx::query_scalar("select row from projections.pilot where code = $1 order by log_id")
            .bind(code)
            .fetch_all(db)
            .await?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

/// The pilots imported from an HMIS project, ordered by id.
///
/// # Errors
/// Faults of the database.
pub async fn by_hmis_project(
    db: impl PgExecutor<'_>,
    project_id: &str,
) -> Result<Vec<PilotRow>, Error> {
    let rows: Vec<Json<PilotRow>> = sqlx::query_scalar(
        "select row from projections.pilot where hmis_project = $1 order by log_id",
    )
    .bind(project_id)
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

/// The pilot of this code, or imported from this HMIS project; of several, the one with the code,
/// and then the one with the lowest id.
///
/// # Errors
/// Faults of the database.
pub async fn find(db: impl PgExecutor<'_>, name: &str) -> Result<Option<PilotId>, Error> {
    let log: Option<LogId> = sqlx::query_scalar(
        "select log_id from projections.pilot where code = $1 or hmis_project = $1
         order by code is distinct from $1, log_id limit 1",
    )
    .bind(name)
    .fetch_optional(db)
    .await?;
    Ok(log.map(PilotId))
}

pub(crate) async fn save(conn: &mut PgConnection, log: LogId, row: &PilotRow) -> Result<(), Error> {
    let opening = row.opening.as_ref();
    let hmis = opening.and_then(|opening| opening.hmis_project.as_ref());
    sqlx::query(
        "insert into projections.pilot (log_id, position, code, hmis_project, row)
         values ($1, $2, $3, $4, $5)
         on conflict on constraint pilot_pkey do update set
             position = excluded.position, code = excluded.code,
             hmis_project = excluded.hmis_project, row = excluded.row",
    )
    .bind(log)
    .bind(row.position)
    .bind(opening.map(|opening| opening.code.as_str()))
    .bind(hmis.map(|hmis| hmis.project_id.as_str()))
    .bind(Json(row))
    .execute(conn)
    .await?;
    Ok(())
}

pub(crate) async fn clear(conn: &mut PgConnection, log: LogId) -> Result<(), Error> {
    sqlx::query("delete from projections.pilot where log_id = $1")
        .bind(log)
        .execute(conn)
        .await?;
    Ok(())
}
