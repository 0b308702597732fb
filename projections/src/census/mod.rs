//! The dwellings: when each could be lived in, and who lived in it.

pub mod fold;
mod rows;
#[cfg(test)]
mod tests;

use eventlog::LogId;
use events::{DwellingId, Position};
use sqlx::PgExecutor;
use uuid::Uuid;

pub use rows::*;

use crate::document::{self, Document, Table, table};
use crate::{Error, Model};

/// All dwellings of a pilot, ordered by id.
///
/// # Errors
/// Faults of the database.
pub async fn all(db: impl PgExecutor<'_>, log: LogId) -> Result<Vec<DwellingRow>, Error> {
    document::all::<Census>(db, log).await
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
    document::one::<Census>(db, log, dwelling).await
}

/// The read model. Not folded by key alone: see [`Held`](crate::held::Held).
pub(crate) struct Census;

impl Document for Census {
    type Key = DwellingId;
    type Row = DwellingRow;
    type Past = ();
    const MODEL: Model = Model::Census;
    const TABLE: Table = table!("dwelling", "dwelling");

    fn key(row: &DwellingRow) -> DwellingId {
        row.dwelling
    }
    fn id(key: DwellingId) -> Uuid {
        key.0
    }
    fn position(row: &DwellingRow) -> Position {
        row.position
    }
}
