//! The pilot itself: its frame, phases, partners, rules, targets, closed periods, reports.

pub mod fold;
mod rows;
#[cfg(test)]
mod tests;

use eventlog::LogId;
use events::{Event, Fact, PilotId, Position, Stream};
use sqlx::PgExecutor;
use sqlx::types::Json;
use uuid::Uuid;

pub use rows::*;

use crate::document::{self, Document, Keyed, Table};
use crate::{Error, Model};

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
    document::one::<Pilots>(db, log, PilotId(log)).await
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

/// The read model.
pub(crate) struct Pilots;

impl Document for Pilots {
    type Key = PilotId;
    type Row = PilotRow;
    type Past = ();
    const MODEL: Model = Model::Pilots;
    // One row per log: the log is its key.
    const TABLE: Table = Table {
        all: "select row from projections.pilot where log_id = $1",
        some: "select row from projections.pilot where log_id = $1 and log_id = any ($2)",
        save: "insert into projections.pilot (log_id, position, code, hmis_project, row)
         select $1, u.position, u.row -> 'opening' ->> 'code',
                u.row -> 'opening' -> 'hmis_project' ->> 'project_id', u.row
         from unnest($2::uuid[], $3::bigint[], $4::text[]::jsonb[], $5::text[])
              as u (key, position, row, word)
         on conflict on constraint pilot_pkey do update set
             position = excluded.position, code = excluded.code,
             hmis_project = excluded.hmis_project, row = excluded.row",
        copy: None,
        remove: "delete from projections.pilot where log_id = $1 and log_id = any ($2)",
    };

    fn key(row: &PilotRow) -> PilotId {
        row.pilot
    }
    fn id(key: PilotId) -> Uuid {
        key.0
    }
    fn position(row: &PilotRow) -> Position {
        row.position
    }
}

impl Keyed for Pilots {
    fn entry(pilot: PilotId, stream: Stream) -> Option<PilotId> {
        matches!(stream, Stream::Pilot).then_some(pilot)
    }
    fn streams(_: PilotId) -> Vec<Stream> {
        vec![Stream::Pilot]
    }
    fn needs_history(event: &Event) -> bool {
        fold::needs_history(event)
    }
    fn fold(key: PilotId, entries: &[&Fact]) -> Option<PilotRow> {
        fold::fold(key, entries)
    }
    fn advance(row: PilotRow, entries: &[&Fact]) -> PilotRow {
        fold::advance(row, entries)
    }
}
