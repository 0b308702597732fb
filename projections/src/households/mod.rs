//! The households: who they are, where they live, how they came and how they left.

mod consents;
pub mod fold;
mod rows;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use eventlog::LogId;
use events::{DwellingId, Event, Fact, HouseholdId, PilotId, Position, Stream};
use sqlx::PgExecutor;
use sqlx::types::Json;
use uuid::Uuid;

pub use consents::ConsentState;
pub use rows::*;

use crate::document::{self, Document, Keyed, Table, table};
use crate::held::{Moved, Stays};
use crate::{Error, Model};

/// The most households asked for at once.
pub const MAX_PAGE: usize = 500;

/// Which households are wanted; the default is all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only those that stand there.
    pub status: Option<HouseholdStatus>,
    /// Only those that live, or ever lived, in this dwelling.
    pub dwelling: Option<DwellingId>,
}

impl From<Option<HouseholdStatus>> for Filter {
    fn from(status: Option<HouseholdStatus>) -> Self {
        let dwelling = None;
        Self { status, dwelling }
    }
}

/// Households of a pilot, ordered by id: those after `after`, at most `limit` and never more than
/// [`MAX_PAGE`].
///
/// # Errors
/// Faults of the database.
pub async fn page(
    db: impl PgExecutor<'_>,
    log: LogId,
    filter: impl Into<Filter>,
    after: Option<HouseholdId>,
    limit: usize,
) -> Result<Vec<HouseholdRow>, Error> {
    let filter = filter.into();
    let rows: Vec<Json<HouseholdRow>> = sqlx::query_scalar(
        "select row from projections.household
         where log_id = $1
           and ($2::text is null or status = $2)
           and ($3::uuid is null or $3 = any (dwellings))
           and ($4::uuid is null or household > $4)
         order by household limit $5",
    )
    .bind(log)
    .bind(filter.status.map(HouseholdStatus::code))
    .bind(filter.dwelling.map(|id| id.0))
    .bind(after.map(|id| id.0))
    .bind(i64::try_from(limit.min(MAX_PAGE)).unwrap_or(i64::MAX))
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

/// Ids of households of a pilot, in their order: those after `after`, at most `limit`; all when none is
/// given.
///
/// # Errors
/// Faults of the database.
pub async fn ids(
    db: impl PgExecutor<'_>,
    log: LogId,
    filter: impl Into<Filter>,
    after: Option<HouseholdId>,
    limit: Option<usize>,
) -> Result<Vec<HouseholdId>, Error> {
    let filter = filter.into();
    let ids: Vec<Uuid> = sqlx::query_scalar(IDS)
        .bind(log)
        .bind(filter.status.map(HouseholdStatus::code))
        .bind(filter.dwelling.map(|id| id.0))
        .bind(after.map(|id| id.0))
        .bind(limit.map(|limit| i64::try_from(limit).unwrap_or(i64::MAX)))
        .fetch_all(db)
        .await?;
    Ok(ids.into_iter().map(HouseholdId).collect())
}

const IDS: &str = "select household from projections.household
     where log_id = $1
       and ($2::text is null or status = $2)
       and ($3::uuid is null or $3 = any (dwellings))
       and ($4::uuid is null or household > $4)
     order by household limit $5";

/// How many households of a pilot stand where.
///
/// # Errors
/// Faults of the database.
pub async fn counts(
    db: impl PgExecutor<'_>,
    log: LogId,
) -> Result<BTreeMap<HouseholdStatus, i64>, Error> {
    let counted: Vec<(String, i64)> = sqlx::query_as(
        "select status, count(*) from projections.household where log_id = $1 group by status",
    )
    .bind(log)
    .fetch_all(db)
    .await?;
    let count = |status: HouseholdStatus| {
        let mut found = counted.iter().filter(|(code, _)| code == status.code());
        (status, found.next().map_or(0, |(_, count)| *count))
    };
    Ok(HouseholdStatus::ALL.into_iter().map(count).collect())
}

/// One household.
///
/// # Errors
/// Faults of the database.
pub async fn one(
    db: impl PgExecutor<'_>,
    log: LogId,
    household: HouseholdId,
) -> Result<Option<HouseholdRow>, Error> {
    document::one::<Households>(db, log, household).await
}

/// Some households, ordered by id.
///
/// # Errors
/// Faults of the database.
pub async fn some(
    db: impl PgExecutor<'_>,
    log: LogId,
    households: &[HouseholdId],
) -> Result<Vec<HouseholdRow>, Error> {
    let mut rows = document::some::<Households>(db, log, households).await?;
    rows.sort_unstable_by_key(|row| row.household);
    Ok(rows)
}

/// The read model.
pub(crate) struct Households;

impl Document for Households {
    type Key = HouseholdId;
    type Row = HouseholdRow;
    type Past = fold::Past;
    const MODEL: Model = Model::Households;
    const TABLE: Table = Table {
        // Its columns follow from the document, but for the status.
        save: "insert into projections.household
             (log_id, household, position, status, admitted_on, exited_on, dwellings, row)
         select $1, u.key, u.position, u.word,
                (u.row -> 'admission' ->> 'on')::date, (u.row -> 'exit' ->> 'on')::date,
                array(select (stay ->> 'dwelling')::uuid
                      from jsonb_array_elements(u.row -> 'occupancies') as stay),
                u.row
         from unnest($2::uuid[], $3::bigint[], $4::text[]::jsonb[], $5::text[])
              as u (key, position, row, word)
         on conflict on constraint household_pkey do update set
             position = excluded.position, status = excluded.status,
             admitted_on = excluded.admitted_on, exited_on = excluded.exited_on,
             dwellings = excluded.dwellings, row = excluded.row",
        copy: None,
        ..table!("household", "household")
    };

    fn key(row: &HouseholdRow) -> HouseholdId {
        row.household
    }
    fn id(key: HouseholdId) -> Uuid {
        key.0
    }
    fn position(row: &HouseholdRow) -> Position {
        row.position
    }
    fn word(row: &HouseholdRow) -> Option<&'static str> {
        Some(row.status().code())
    }
}

impl Keyed for Households {
    fn entry(_: PilotId, stream: Stream) -> Option<HouseholdId> {
        match stream {
            Stream::Household(id) => Some(id),
            _ => None,
        }
    }
    fn streams(key: HouseholdId) -> Vec<Stream> {
        vec![Stream::Household(key)]
    }
    fn needs_history(event: &Event) -> bool {
        fold::needs_history(event)
    }
    fn asks(past: &mut fold::Past, event: &Event) -> bool {
        past.asks(event)
    }
    fn fold(key: HouseholdId, entries: &[&Fact]) -> Option<HouseholdRow> {
        fold::fold(key, entries)
    }
    fn advance(row: HouseholdRow, entries: &[&Fact]) -> HouseholdRow {
        fold::advance(row, entries)
    }
    /// The census wants to know in which dwellings its times are others than before.
    fn seen(id: HouseholdId, row: Option<&HouseholdRow>, stays: &mut Stays, moved: &mut Moved) {
        let is = row.map(stays_of).unwrap_or_default();
        let Some(was) = stays.remove(&id) else {
            stays.insert(id, is);
            return;
        };
        if was != is {
            for (stay, _) in was.iter().chain(&is) {
                moved.entry(stay.dwelling).or_default().insert(id);
            }
        }
    }
}

/// A time in a dwelling, and what ended it.
pub(crate) type Stay = (OccupancyRow, Option<Position>);

fn stays_of(row: &HouseholdRow) -> Vec<Stay> {
    let ends = fold::endings(row);
    row.occupancies.iter().cloned().zip(ends).collect()
}
