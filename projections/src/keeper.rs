//! Keeping the rows of one log warm: a batch at a time, or all of it anew.

use std::collections::BTreeMap;

use eventlog::{EventLog, LogId, Recorded};
use events::{Fact, PilotId, Position, Stream};
use sqlx::PgConnection;
use sqlx::postgres::PgPool;

use crate::batch::{Batch, Histories};
use crate::checkpoint::{self, Standing};
use crate::{Error, Model, census, decode, households, pilots, timeline};

/// The most connections for writing rows. They are not the pool's own: what a fold reads of the log
/// comes through the pool, and would wait for ever if all of its connections were writing rows.
const WRITERS: u32 = 4;

/// The most streams whose whole histories are in memory at once.
const HISTORIES_PER_READ: usize = 500;

/// How far a rebuild has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Position of the last fact folded.
    pub position: Position,
    /// Position of the last fact to be folded.
    pub of: Position,
}

/// What became of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kept {
    /// Its rows and the checkpoint are committed.
    Done,
    /// Nothing was written: the checkpoint was not where the batch begins.
    Elsewhere,
}

/// Writes rows, on connections of its own.
#[derive(Clone, Debug)]
pub(crate) struct Keeper {
    pub(crate) writers: PgPool,
    pub(crate) events: EventLog,
}

impl Keeper {
    /// Connects when it first writes; as the pool does, but beside it.
    pub(crate) fn beside(pool: &PgPool, events: &EventLog) -> Self {
        let options = pool.options().clone();
        let writers = options
            .min_connections(0)
            .max_connections(WRITERS)
            .connect_lazy_with((*pool.connect_options()).clone());
        let events = events.clone();
        Self { writers, events }
    }

    /// Brings the read models of a log to one position by today's folds, folding anew those that are
    /// not there; returns the position.
    pub(crate) async fn settle(&self, log: LogId) -> Result<Position, Error> {
        loop {
            let standing = checkpoint::read(&mut *self.writers.acquire().await?, log).await?;
            match standing {
                Standing::At(position, _) => return Ok(position),
                Standing::New => {
                    checkpoint::prepare(&mut *self.writers.acquire().await?, log).await?;
                }
                Standing::Stale(models, position) => {
                    if position > 0 {
                        let names: Vec<&str> = models.iter().map(|model| model.name()).collect();
                        tracing::info!(%log, ?names, position, "folding read models anew");
                    }
                    self.rebuild(log, &models, |_| {}).await?;
                }
            }
        }
    }

    /// Folds a batch: rows and checkpoint in one transaction, and only if nobody else has.
    pub(crate) async fn keep(&self, log: LogId, facts: &[Fact]) -> Result<Kept, Error> {
        let (Some(first), Some(last)) = (facts.first(), facts.last()) else {
            return Ok(Kept::Done);
        };
        let mut tx = self.writers.begin().await?;
        sqlx::query("set local lock_timeout = '5s'")
            .execute(&mut *tx)
            .await?;
        match checkpoint::lock(&mut tx, log).await? {
            Standing::At(position, _) if position + 1 == first.position => {}
            _ => return Ok(Kept::Elsewhere),
        }
        self.fold(&mut tx, log, facts, &Model::ALL).await?;
        let (position, recorded_at) = (last.position, last.recorded_at);
        checkpoint::write(&mut tx, log, &Model::ALL, position, Some(recorded_at)).await?;
        tx.commit().await?;
        Ok(Kept::Done)
    }

    /// Folds models anew up to the position the log's read models have reached, in one transaction:
    /// readers see the old rows until it commits, and the leader waits that long to fold on.
    pub(crate) async fn rebuild(
        &self,
        log: LogId,
        models: &[Model],
        mut progress: impl FnMut(Progress),
    ) -> Result<Position, Error> {
        let mut models = Model::together(models);
        let mut tx = self.writers.begin().await?;
        checkpoint::prepare(&mut tx, log).await?;
        let of = match checkpoint::lock(&mut tx, log).await? {
            Standing::At(position, _) => position,
            Standing::New => 0,
            Standing::Stale(stale, position) => {
                // Otherwise they would stand at different positions.
                models.extend(stale);
                position
            }
        };
        let models = Model::together(&models);
        for model in &models {
            clear(&mut tx, log, *model).await?;
        }
        let mut at = 0;
        let mut recorded_at = None;
        while at < of {
            let mut batch = self.events.read(log, at, eventlog::READ_BATCH).await?;
            batch.retain(|recorded| recorded.position <= of);
            let facts = batch.iter().map(decode).collect::<Result<Vec<_>, _>>()?;
            let gap = facts.first().is_none_or(|fact| fact.position != at + 1);
            let Some(last) = facts.last().filter(|_| !gap) else {
                let missing = at + 1;
                return Err(Error::Log(eventlog::Error::Gap { log, missing }));
            };
            self.fold(&mut tx, log, &facts, &models).await?;
            (at, recorded_at) = (last.position, Some(last.recorded_at));
            progress(Progress { position: at, of });
        }
        checkpoint::write(&mut tx, log, &models, at, recorded_at).await?;
        tx.commit().await?;
        Ok(at)
    }

    /// Writes the rows of some models after a batch, given the rows before it.
    async fn fold(
        &self,
        conn: &mut PgConnection,
        log: LogId,
        facts: &[Fact],
        models: &[Model],
    ) -> Result<(), Error> {
        let batch = Batch::new(facts);
        if models.contains(&Model::Pilots) {
            let before = pilots::one(&mut *conn, log).await?;
            let streams = batch.pilot_streams(before.is_some());
            let histories = self.histories(log, &batch, streams).await?;
            if let Some(row) = batch.pilot(PilotId(log), before, &histories) {
                pilots::save(conn, log, &row).await?;
            }
        }
        if models.contains(&Model::Households) {
            let before = households::load(conn, log, batch.households.keys().copied()).await?;
            let streams = batch.household_streams(&before);
            let histories = self.histories(log, &batch, streams).await?;
            let housed = batch.households(&before, &histories);
            households::save(conn, log, &housed.rows).await?;

            let before = census::load(conn, log, &batch.touched(&housed)).await?;
            let streams = batch.dwelling_streams(&before);
            let histories = self.histories(log, &batch, streams).await?;
            let rows = batch.dwellings(before, &histories, &housed);
            census::save(conn, log, &rows).await?;
        }
        if models.contains(&Model::Timeline) {
            let before = timeline::load(conn, log, &batch.targets()).await?;
            timeline::save(conn, log, &batch.timeline(before)).await?;
        }
        Ok(())
    }

    /// The whole histories of streams, up to and including the batch.
    async fn histories(
        &self,
        log: LogId,
        batch: &Batch<'_>,
        streams: Vec<Stream>,
    ) -> Result<Histories, Error> {
        let upto = batch.facts.last().map_or(0, |fact| fact.position);
        let mut histories = BTreeMap::new();
        for streams in streams.chunks(HISTORIES_PER_READ) {
            let names: Vec<String> = streams.iter().map(Stream::to_string).collect();
            let mut found = self.events.streams(log, &names).await?;
            for (stream, name) in streams.iter().zip(&names) {
                let entries = found.remove(name).unwrap_or_default();
                let known = entries.iter().filter(|entry| entry.position <= upto);
                let facts = known.map(decode).collect::<Result<Vec<_>, _>>()?;
                histories.insert(*stream, facts);
            }
        }
        Ok(histories)
    }
}

/// Opens facts up to the first that does not open, and says why that one does not.
pub(crate) fn open(recorded: &[Recorded]) -> (Vec<Fact>, Option<Error>) {
    let mut facts = Vec::with_capacity(recorded.len());
    for recorded in recorded {
        match decode(recorded) {
            Ok(fact) => facts.push(fact),
            Err(error) => return (facts, Some(error)),
        }
    }
    (facts, None)
}

async fn clear(conn: &mut PgConnection, log: LogId, model: Model) -> Result<(), Error> {
    match model {
        Model::Pilots => pilots::clear(conn, log).await,
        Model::Census => census::clear(conn, log).await,
        Model::Households => households::clear(conn, log).await,
        Model::Timeline => timeline::clear(conn, log).await,
    }
}
