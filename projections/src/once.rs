//! What can be asked of the read models of one log without a runner.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use eventlog::{LogId, READ_BATCH, Reader};
use events::{PilotId, Position};
use futures_util::StreamExt;
use sqlx::PgConnection;
use sqlx::postgres::PgPool;
use tokio::time::{Instant, sleep, timeout};

use crate::document::{Document, keyed};
use crate::held::Held;
use crate::keeper::{Keeper, open};
use crate::runner::key;
use crate::{Error, Model, checkpoint, decode, snapshot};

/// How long is waited before looking again whether the leader has caught up, or is gone.
const LOOK_AGAIN: Duration = Duration::from_millis(20);
/// How long a leader is waited for that makes no progress.
const LEADER_PATIENCE: Duration = Duration::from_secs(2);

/// Waits until the read models have reached a position, whoever folds them, but not longer than
/// `patience`; returns whether they have.
///
/// # Errors
/// Faults of the database.
pub async fn wait_for(
    pool: &PgPool,
    log: LogId,
    position: Position,
    patience: Duration,
) -> Result<bool, Error> {
    let reached = async {
        while checkpoint::position(pool, log).await? < position {
            sleep(LOOK_AGAIN).await;
        }
        Ok(true)
    };
    timeout(patience, reached).await.unwrap_or(Ok(false))
}

/// Folds until the read models have reached where the log stands now, or waits until the log's
/// leader has; returns that position. For short commands that have no [`Runner`](crate::Runner).
///
/// # Errors
/// [`Error::Payload`] or [`Error::Stream`] for a fact that does not open; [`Error::Unsettled`] when no
/// read model is kept warm; faults of the database.
pub async fn catch_up(pool: &PgPool, events: &Reader, log: LogId) -> Result<Position, Error> {
    let head = events.head(log).await?.position;
    let keeper = Keeper::beside(pool, events);
    let reached = Box::pin(reach(pool, &keeper, log, head)).await;
    keeper.writers.close().await;
    reached.map(|()| head)
}

async fn reach(pool: &PgPool, keeper: &Keeper, log: LogId, head: Position) -> Result<(), Error> {
    let mut seen = checkpoint::position(pool, log).await?;
    if seen >= head {
        return Ok(());
    }
    // Beside the writers, and closed with this function, however it ends: so the lock is given back.
    let mut lock = keeper.writers.acquire().await?.detach();
    let mut since = Instant::now();
    while !try_lock(&mut lock, log).await? {
        // The lock spares double work and guards nothing: a leader that stands still is passed by.
        if since.elapsed() > LEADER_PATIENCE {
            break;
        }
        sleep(LOOK_AGAIN).await;
        let position = checkpoint::position(pool, log).await?;
        if position >= head {
            return Ok(());
        }
        if position > seen {
            (seen, since) = (position, Instant::now());
        }
    }
    fold_to(keeper, log, head).await
}

async fn try_lock(conn: &mut PgConnection, log: LogId) -> Result<bool, Error> {
    Ok(sqlx::query_scalar("select pg_try_advisory_lock($1)")
        .bind(key(log))
        .fetch_one(conn)
        .await?)
}

async fn fold_to(keeper: &Keeper, log: LogId, head: Position) -> Result<(), Error> {
    loop {
        // Asked each time: a batch may have been folded by somebody else.
        let at = keeper.settle(log).await?;
        if at.position >= head {
            return Ok(());
        }
        if at.warm.is_empty() {
            return Err(Error::Unsettled(None));
        }
        let recorded = keeper.events.read(log, at.position, READ_BATCH).await?;
        let (facts, error) = open(&recorded);
        keeper.keep(log, &facts).await?;
        if let Some(error) = error {
            return Err(error);
        }
    }
}

/// A row that is not what the log comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The read model.
    pub model: Model,
    /// Which of its rows: the pilot's, dwelling's or household's id, or a fact's position.
    pub key: String,
    /// What is wrong with the row in the table.
    pub what: Wrong,
}

/// What is wrong with a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// It is not there.
    Missing,
    /// It should not be there.
    Extra,
    /// It says something else.
    Changed,
}

/// Folds the log in memory up to where the tables stand, and says where these are different; nothing
/// when all is well.
///
/// # Errors
/// Those of [`Snapshot::load`](crate::Snapshot::load); [`Error::Unsettled`] also while rows are those of
/// an earlier fold; [`Error::Payload`] or [`Error::Stream`] for a fact that does not open.
pub async fn compare(pool: &PgPool, events: &Reader, log: LogId) -> Result<Vec<Difference>, Error> {
    let (at, warm) = snapshot::load(pool, log).await?;
    if at.as_ref().is_some_and(|at| !at.stale.is_empty()) {
        return Err(Error::Unsettled(None));
    }
    let upto = at.map_or(0, |at| at.position);
    let mut facts = Vec::new();
    let mut batches = events.range(log, 0, upto);
    while let Some(batch) = batches.next().await.transpose()? {
        for recorded in &batch {
            facts.push(decode(recorded)?);
        }
    }
    Ok(differences(warm, snapshot::fold(PilotId(log), &facts)))
}

macro_rules! differences {
    ($( $field:ident: $model:ty, )*) => {
        fn differences(warm: Held, cold: Held) -> Vec<Difference> {
            let mut found = Vec::new();
            $( differ(
                &mut found,
                <$model>::MODEL,
                &warm.$field.into_rows(),
                &cold.$field.into_rows(),
            ); )*
            let (is, should_be) = (warm.dwellings.into_rows(), cold.dwellings.into_rows());
            differ(&mut found, Model::Census, &is, &should_be);
            differ(&mut found, Model::Timeline, &warm.timeline, &cold.timeline);
            found
        }
    };
}
keyed!(differences);

fn differ<K: Ord + ToString, R: PartialEq>(
    differences: &mut Vec<Difference>,
    model: Model,
    warm: &BTreeMap<K, R>,
    cold: &BTreeMap<K, R>,
) {
    let keys: BTreeSet<&K> = warm.keys().chain(cold.keys()).collect();
    for key in keys {
        let what = match (warm.get(key), cold.get(key)) {
            (None, _) => Wrong::Missing,
            (_, None) => Wrong::Extra,
            (warm, cold) if warm != cold => Wrong::Changed,
            _ => continue,
        };
        let key = key.to_string();
        differences.push(Difference { model, key, what });
    }
}
