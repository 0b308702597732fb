//! How far the read models of a log have come, and which of them are kept warm.
//!
//! A model is kept warm by who knows its table and whose fold is not older than the one that wrote
//! the rows. Rows of an older fold are kept warm too, by today's: they are not all that they could be
//! until the table that is built beside takes their place. A model with another table, or none, stands
//! still until then; nobody waits for it.

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
    table: i64,
}

/// How the read models of a log stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Nothing was ever folded.
    New,
    /// Those that are kept warm are at one position.
    At(At),
}

/// Where the read models of a log are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct At {
    /// Of those that are kept warm; the furthest of all when none is.
    pub(crate) position: Position,
    pub(crate) recorded_at: Option<DateTime<Utc>>,
    /// Kept warm, by today's fold or an earlier one.
    pub(crate) warm: Vec<Model>,
    /// To be built anew.
    pub(crate) stale: Vec<Model>,
}

/// The position that all read models of a log that are kept warm have reached; 0 when none is.
///
/// # Errors
/// Faults of the database.
pub async fn position(db: impl PgExecutor<'_>, log: LogId) -> Result<Position, Error> {
    Ok(sqlx::query_scalar(
        "select coalesce(min(c.position), 0)
         from projections.checkpoint as c
         join unnest($2::text[], $3::bigint[]) as u (model, mark)
           on c.model = u.model and c.table_mark = u.mark
         where c.log_id = $1 and c.fold_version > 0",
    )
    .bind(log)
    .bind(Model::ALL.map(Model::name))
    .bind(Model::ALL.map(Model::mark))
    .fetch_one(db)
    .await?)
}

/// How they stand, as the connection sees it.
pub(crate) async fn read(conn: &mut PgConnection, log: LogId) -> Result<Standing, Error> {
    let rows = sqlx::query_as(
        "select model, position, recorded_at, fold_version, table_mark
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
        "select model, position, recorded_at, fold_version, table_mark
         from projections.checkpoint where log_id = $1 order by model for update",
    )
    .bind(log)
    .fetch_all(conn)
    .await?;
    standing(rows)
}

/// Nobody else moves any log's checkpoints until the transaction ends.
pub(crate) async fn lock_all(conn: &mut PgConnection) -> Result<(), Error> {
    // Readers of checkpoints do not mind it.
    sqlx::query("lock table projections.checkpoint in exclusive mode")
        .execute(conn)
        .await?;
    Ok(())
}

/// The logs that were ever folded.
pub(crate) async fn logs(conn: &mut PgConnection) -> Result<Vec<LogId>, Error> {
    Ok(
        sqlx::query_scalar("select distinct log_id from projections.checkpoint order by log_id")
            .fetch_all(conn)
            .await?,
    )
}

/// Puts a checkpoint at 0 for every model of a log that has none at all. A model whose table is
/// another one, or is not there yet, gets one that no fold has written.
pub(crate) async fn prepare(conn: &mut PgConnection, log: LogId) -> Result<(), Error> {
    sqlx::query(
        "insert into projections.checkpoint
             (log_id, model, position, fold_version, table_mark)
         select $1, u.model, 0, case when d.mark is null then 0 else u.version end,
                coalesce(d.mark, 0)
         from unnest($2::text[], $3::integer[], $4::bigint[]) as u (model, version, mark)
         left join projections.definition as d on d.model = u.model and d.mark = u.mark
         where not exists (select from projections.checkpoint as c where c.log_id = $1)
         on conflict on constraint checkpoint_pkey do nothing",
    )
    .bind(log)
    .bind(Model::ALL.map(Model::name))
    .bind(Model::ALL.map(Model::version))
    .bind(Model::ALL.map(Model::mark))
    .execute(conn)
    .await?;
    Ok(())
}

/// Moves checkpoints on; by which fold most of the rows were written stays as it is.
pub(crate) async fn advance(
    conn: &mut PgConnection,
    log: LogId,
    models: &[Model],
    position: Position,
    recorded_at: Option<DateTime<Utc>>,
) -> Result<(), Error> {
    let names: Vec<&str> = models.iter().map(|model| model.name()).collect();
    sqlx::query(
        "update projections.checkpoint set position = $3, recorded_at = $4
         where log_id = $1 and model = any ($2)",
    )
    .bind(log)
    .bind(names)
    .bind(position)
    .bind(recorded_at)
    .execute(conn)
    .await?;
    Ok(())
}

/// The rows of models were folded from the first fact to a position, by today's folds.
pub(crate) async fn built(
    conn: &mut PgConnection,
    log: LogId,
    models: &[Model],
    position: Position,
    recorded_at: Option<DateTime<Utc>>,
) -> Result<(), Error> {
    let names: Vec<&str> = models.iter().map(|model| model.name()).collect();
    let versions: Vec<i32> = models.iter().map(|model| model.version()).collect();
    let marks: Vec<i64> = models.iter().map(|model| model.mark()).collect();
    sqlx::query(
        "insert into projections.checkpoint
             (log_id, model, position, recorded_at, fold_version, table_mark)
         select $1, u.model, $5, $6, u.version, u.mark
         from unnest($2::text[], $3::integer[], $4::bigint[]) as u (model, version, mark)
         on conflict on constraint checkpoint_pkey do update set
             position = excluded.position, recorded_at = excluded.recorded_at,
             fold_version = excluded.fold_version, table_mark = excluded.table_mark",
    )
    .bind(log)
    .bind(names)
    .bind(versions)
    .bind(marks)
    .bind(position)
    .bind(recorded_at)
    .execute(conn)
    .await?;
    Ok(())
}

/// Gives the keeping warm of some models up: their rows do not open any more.
pub(crate) async fn give_up(
    conn: &mut PgConnection,
    log: LogId,
    models: &[Model],
) -> Result<(), Error> {
    let names: Vec<&str> = models.iter().map(|model| model.name()).collect();
    sqlx::query(
        "update projections.checkpoint set fold_version = 0
         where log_id = $1 and model = any ($2)",
    )
    .bind(log)
    .bind(names)
    .execute(conn)
    .await?;
    Ok(())
}

type Row = (String, Position, Option<DateTime<Utc>>, i32, i64);

fn standing(rows: Vec<Row>) -> Result<Standing, Error> {
    let found: BTreeMap<String, Checkpoint> = rows
        .into_iter()
        .map(|(model, position, recorded_at, version, table)| {
            let checkpoint = Checkpoint {
                position,
                recorded_at,
                version,
                table,
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
    let kept = |model: &Model| {
        of(*model).filter(|checkpoint| checkpoint.version > 0 && checkpoint.table == model.mark())
    };
    let furthest = |checkpoint: &&Checkpoint| checkpoint.position;
    let Some(furthest) = Model::ALL
        .iter()
        .filter_map(kept)
        .max_by_key(furthest)
        .or_else(|| found.values().max_by_key(furthest))
    else {
        return Ok(Standing::New);
    };
    let warm = |model: &Model| kept(model).is_some_and(|c| c.position == furthest.position);
    let current =
        |model: &Model| warm(model) && of(*model).is_some_and(|c| c.version == model.version());
    // Dwellings are kept warm with the households, or not at all.
    let mut warm: Vec<Model> = Model::ALL.into_iter().filter(warm).collect();
    let still: Vec<Model> = Model::ALL
        .into_iter()
        .filter(|m| !warm.contains(m))
        .collect();
    let still = Model::together(&still);
    warm.retain(|model| !still.contains(model));
    let stale: Vec<Model> = Model::ALL.into_iter().filter(|m| !current(m)).collect();
    Ok(Standing::At(At {
        position: furthest.position,
        recorded_at: furthest.recorded_at,
        warm,
        stale: Model::together(&stale),
    }))
}
