//! How far the read models of a log have come.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use eventlog::LogId;
use events::Position;
use sqlx::{PgConnection, PgExecutor};

use crate::{Error, Model};

/// One model's checkpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Checkpoint {
    position: Position,
    recorded_at: Option<DateTime<Utc>>,
    version: i32,
}

/// How the read models of a log stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Nothing was ever folded.
    New,
    /// All at one position, by today's folds.
    At(Position, Option<DateTime<Utc>>),
    /// Some have to be folded anew, up to the position of the others.
    Stale(Vec<Model>, Position),
}

/// The position that all read models of a log have reached; 0 when one of them was never folded.
///
/// # Errors
/// Faults of the database.
pub async fn position(db: impl PgExecutor<'_>, log: LogId) -> Result<Position, Error> {
    let models = i64::try_from(Model::ALL.len()).unwrap_or(i64::MAX);
    Ok(sqlx::query_scalar(
        "select case when count(*) < $2 then 0 else min(position) end
         from projections.checkpoint where log_id = $1",
    )
    .bind(log)
    .bind(models)
    .fetch_one(db)
    .await?)
}

/// How they stand, as the connection sees it.
pub(crate) async fn read(conn: &mut PgConnection, log: LogId) -> Result<Standing, Error> {
    let rows = sqlx::query_as(
        "select model, position, recorded_at, fold_version
         from projections.checkpoint where log_id = $1 order by model",
    )
    .bind(log)
    .fetch_all(conn)
    .await?;
    standing(rows)
}

/// How they stand, and nobody else moves them until the transaction ends.
pub(crate) async fn lock(conn: &mut PgConnection, log: LogId) -> Result<Standing, Error> {
    let rows = sqlx::query_as(
        "select model, position, recorded_at, fold_version
         from projections.checkpoint where log_id = $1 order by model for update",
    )
    .bind(log)
    .fetch_all(conn)
    .await?;
    standing(rows)
}

/// Puts a checkpoint at 0 for every model without one, with a version no fold has: a model that was
/// folded before, by whatever, is then folded anew.
pub(crate) async fn prepare(conn: &mut PgConnection, log: LogId) -> Result<(), Error> {
    let models: Vec<&str> = Model::ALL.iter().map(|model| model.name()).collect();
    sqlx::query(
        "insert into projections.checkpoint (log_id, model, position, fold_version)
         select $1, u.model, 0, $3 from unnest($2::text[]) as u (model)
         on conflict on constraint checkpoint_pkey do nothing",
    )
    .bind(log)
    .bind(models)
    .bind(NEVER_FOLDED)
    .execute(conn)
    .await?;
    Ok(())
}

/// Moves checkpoints.
pub(crate) async fn write(
    conn: &mut PgConnection,
    log: LogId,
    models: &[Model],
    position: Position,
    recorded_at: Option<DateTime<Utc>>,
) -> Result<(), Error> {
    let names: Vec<&str> = models.iter().map(|model| model.name()).collect();
    let versions: Vec<i32> = models.iter().map(|model| model.version()).collect();
    sqlx::query(
        "update projections.checkpoint as c
         set position = $4, recorded_at = $5, fold_version = u.version
         from unnest($2::text[], $3::integer[]) as u (model, version)
         where c.log_id = $1 and c.model = u.model",
    )
    .bind(log)
    .bind(names)
    .bind(versions)
    .bind(position)
    .bind(recorded_at)
    .execute(conn)
    .await?;
    Ok(())
}

/// The fold version of a checkpoint that no fold has written.
const NEVER_FOLDED: i32 = 0;

type Row = (String, Position, Option<DateTime<Utc>>, i32);

fn standing(rows: Vec<Row>) -> Result<Standing, Error> {
    let found: BTreeMap<String, Checkpoint> = rows
        .into_iter()
        .map(|(model, position, recorded_at, version)| {
            let checkpoint = Checkpoint {
                position,
                recorded_at,
                version,
            };
            (model, checkpoint)
        })
        .collect();
    let of = |model: Model| found.get(model.name());
    for model in Model::ALL {
        if of(model).is_some_and(|checkpoint| checkpoint.version > model.version()) {
            return Err(Error::Newer { model });
        }
    }
    let Some(furthest) = Model::ALL
        .into_iter()
        .filter_map(of)
        .max_by_key(|checkpoint| checkpoint.position)
    else {
        return Ok(Standing::New);
    };
    let stale = |model: &Model| {
        of(*model).is_none_or(|checkpoint| {
            checkpoint.version < model.version() || checkpoint.position != furthest.position
        })
    };
    let stale: Vec<Model> = Model::ALL.into_iter().filter(stale).collect();
    if stale.is_empty() {
        return Ok(Standing::At(furthest.position, furthest.recorded_at));
    }
    Ok(Standing::Stale(Model::together(&stale), furthest.position))
}
