//! The households: who they are, where they live, how they came and how they left.

pub mod fold;
mod rows;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use chrono::NaiveDate;
use eventlog::LogId;
use events::{DwellingId, HouseholdId, Position};
use sqlx::types::Json;
use sqlx::{PgConnection, PgExecutor};
use uuid::Uuid;

pub use rows::*;

use crate::Error;

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
    let row: Option<Json<HouseholdRow>> = sqlx::query_scalar(
        "select row from projections.household where log_id = $1 and household = $2",
    )
    .bind(log)
    .bind(household.0)
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| row.0))
}

pub(crate) async fn all(conn: &mut PgConnection, log: LogId) -> Result<Vec<HouseholdRow>, Error> {
    let rows: Vec<Json<HouseholdRow>> =
        sqlx::query_scalar("select row from projections.household where log_id = $1")
            .bind(log)
            .fetch_all(conn)
            .await?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

pub(crate) async fn load(
    conn: &mut PgConnection,
    log: LogId,
    households: impl Iterator<Item = HouseholdId>,
) -> Result<BTreeMap<HouseholdId, HouseholdRow>, Error> {
    let keys: Vec<Uuid> = households.map(|id| id.0).collect();
    let rows: Vec<Json<HouseholdRow>> = sqlx::query_scalar(
        "select row from projections.household where log_id = $1 and household = any ($2)",
    )
    .bind(log)
    .bind(keys)
    // Planned anew each time: the table grows while it is filled.
    .persistent(false)
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| (row.household, row.0)).collect())
}

pub(crate) async fn save(
    conn: &mut PgConnection,
    log: LogId,
    rows: &BTreeMap<HouseholdId, HouseholdRow>,
) -> Result<(), Error> {
    if rows.is_empty() {
        return Ok(());
    }
    let keys: Vec<Uuid> = rows.keys().map(|id| id.0).collect();
    let rows: Vec<&HouseholdRow> = rows.values().collect();
    let positions: Vec<Position> = rows.iter().map(|row| row.position).collect();
    let statuses: Vec<&str> = rows.iter().map(|row| row.status().code()).collect();
    let admitted = |row: &&HouseholdRow| row.admission.as_ref().map(|admission| admission.on);
    let exited = |row: &&HouseholdRow| row.exit.as_ref().map(|exit| exit.on);
    let admitted: Vec<Option<NaiveDate>> = rows.iter().map(admitted).collect();
    let exited: Vec<Option<NaiveDate>> = rows.iter().map(exited).collect();
    let dwellings: Vec<String> = rows.iter().map(|row| dwellings(row)).collect();
    let rows: Vec<Json<&HouseholdRow>> = rows.into_iter().map(Json).collect();
    sqlx::query(
        "insert into projections.household
             (log_id, household, position, status, admitted_on, exited_on, dwellings, row)
         select $1, u.household, u.position, u.status, u.admitted_on, u.exited_on,
                u.dwellings::uuid[], u.row
         from unnest($2::uuid[], $3::bigint[], $4::text[], $5::date[], $6::date[], $7::text[],
                     $8::jsonb[])
              as u (household, position, status, admitted_on, exited_on, dwellings, row)
         on conflict on constraint household_pkey do update set
             position = excluded.position, status = excluded.status,
             admitted_on = excluded.admitted_on, exited_on = excluded.exited_on,
             dwellings = excluded.dwellings, row = excluded.row",
    )
    .bind(log)
    .bind(keys)
    .bind(positions)
    .bind(statuses)
    .bind(admitted)
    .bind(exited)
    .bind(dwellings)
    .bind(rows)
    .execute(conn)
    .await?;
    Ok(())
}

/// The dwellings it ever lived in, as an array literal: arrays of arrays cannot be unnested.
fn dwellings(row: &HouseholdRow) -> String {
    let ids = row.occupancies.iter().map(|stay| stay.dwelling.to_string());
    format!("{{{}}}", ids.collect::<Vec<_>>().join(","))
}

pub(crate) async fn clear(conn: &mut PgConnection, log: LogId) -> Result<(), Error> {
    sqlx::query("delete from projections.household where log_id = $1")
        .bind(log)
        .execute(conn)
        .await?;
    Ok(())
}
