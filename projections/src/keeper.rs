//! Keeping the rows of one log warm, a batch at a time.

use eventlog::{LogId, Reader, Recorded};
use events::{Fact, PilotId, Position, Stream};
use sqlx::PgConnection;
use sqlx::postgres::PgPool;

use crate::census::Census;
use crate::checkpoint::{self, At, Standing};
use crate::document::{self, Document, Place, keyed};
use crate::held::{Held, Histories, Slots, Work};
use crate::known::Known;
use crate::{Error, Model, decode, timeline};

/// The most connections for writing rows. They are not the pool's own: what a fold reads of the log
/// comes through the pool, and would wait for ever if all of its connections were writing rows.
const WRITERS: u32 = 4;

/// The most streams whose whole histories are in memory at once.
const HISTORIES_PER_READ: usize = 200;

/// How a batch is written. Rows and checkpoint lost in a crash of the server are folded again, so nobody
/// waits for the disk. Not every server was built with lz4, which is faster by far for large documents.
const SETTINGS: &str = "set local lock_timeout = '5s';
     set local synchronous_commit = off;
     do $$ begin
         set local default_toast_compression = 'lz4';
     exception when others then
         null;
     end $$";

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
    pub(crate) events: Reader,
}

impl Keeper {
    /// Connects when it first writes; as the pool does, but beside it.
    pub(crate) fn beside(pool: &PgPool, events: &Reader) -> Self {
        let options = pool.options().clone();
        let writers = options
            .min_connections(0)
            .max_connections(WRITERS)
            .connect_lazy_with((*pool.connect_options()).clone());
        let events = events.clone();
        Self { writers, events }
    }

    /// Where the read models of a log stand. Those that stand still do not hold the others up: building
    /// them is the [`Builder`](crate::Builder)'s.
    pub(crate) async fn settle(&self, log: LogId) -> Result<At, Error> {
        loop {
            let mut conn = self.writers.acquire().await?;
            match checkpoint::read(&mut conn, log).await? {
                Standing::At(at) => return Ok(at),
                Standing::New => checkpoint::prepare(&mut conn, log).await?,
            }
        }
    }

    /// Folds a batch: rows and checkpoint in one transaction, and only if nobody else has.
    pub(crate) async fn keep(&self, log: LogId, facts: &[Fact]) -> Result<Kept, Error> {
        let (Some(first), Some(last)) = (facts.first(), facts.last()) else {
            return Ok(Kept::Done);
        };
        let mut tx = self.writers.begin().await?;
        sqlx::raw_sql(SETTINGS).execute(&mut *tx).await?;
        let at = match checkpoint::lock(&mut tx, log).await? {
            Standing::At(at) if at.position + 1 == first.position => at,
            _ => return Ok(Kept::Elsewhere),
        };
        let place = Place::Served;
        let mut held = Held::default();
        let events = &self.events;
        let rows = Rows::Table(&mut tx, place);
        let folded = fold(events, rows, log, facts, &at.warm, &mut held).await;
        match folded {
            Err(Error::Unsettled(_)) if at.warm.iter().any(|model| at.stale.contains(model)) => {
                // Rows of an earlier fold do not open: they stand still, and the others go on.
                tx.rollback().await?;
                let stale: Vec<Model> = at.stale.into_iter().collect();
                checkpoint::give_up(&mut *self.writers.acquire().await?, log, &stale).await?;
                return Ok(Kept::Elsewhere);
            }
            folded => folded?,
        }
        write(&mut tx, place, log, &mut held).await?;
        let (position, recorded_at) = (last.position, last.recorded_at);
        checkpoint::advance(&mut tx, log, &at.warm, position, Some(recorded_at)).await?;
        tx.commit().await?;
        Ok(Kept::Done)
    }
}

/// Where rows are that are not in memory.
pub(crate) enum Rows<'a> {
    /// In tables.
    Table(&'a mut PgConnection, Place),
    /// In what was known before.
    Known(&'a mut Known),
}

/// Takes facts into the rows in memory, after those they need were read.
pub(crate) async fn fold(
    events: &Reader,
    mut rows: Rows<'_>,
    log: LogId,
    facts: &[Fact],
    models: &[Model],
    held: &mut Held,
) -> Result<(), Error> {
    let upto = facts.last().map_or(0, |fact| fact.position);
    let mut work = Work::new(PilotId(log), facts, models);
    match &mut rows {
        Rows::Table(conn, place) => read(conn, *place, log, held, &work).await?,
        Rows::Known(known) => known.give(held, &work),
    }
    let asked = held.asked(&work);
    held.apply(&mut work, &Histories::new());
    // The pilot's own streams come first, so that what is folded from several of them finds them
    // together; a household's row takes one.
    let asked: Vec<Stream> = asked.into_iter().collect();
    for streams in asked.chunks(HISTORIES_PER_READ) {
        let histories = histories_of(events, log, upto, streams).await?;
        held.apply(&mut work, &histories);
    }
    if models.contains(&Model::Census) {
        let touched = Held::touched(&work).into_iter();
        match &mut rows {
            Rows::Table(conn, place) => {
                let absent = held.dwellings.absent(touched);
                let rows = document::load::<Census>(conn, *place, log, &absent).await?;
                held.dwellings.put(&absent, rows);
            }
            Rows::Known(known) => known.give_dwellings(held, touched),
        }
        let asked: Vec<Stream> = held.asked_for_dwellings(&work).into_iter().collect();
        let mut histories = Histories::new();
        for streams in asked.chunks(HISTORIES_PER_READ) {
            histories.extend(histories_of(events, log, upto, streams).await?);
        }
        held.apply_to_dwellings(&work, &histories);
    }
    if models.contains(&Model::Timeline) {
        held.apply_to_timeline(facts);
    }
    Ok(())
}

/// The whole histories of streams, up to and including a position.
async fn histories_of(
    events: &Reader,
    log: LogId,
    upto: Position,
    streams: &[Stream],
) -> Result<Histories, Error> {
    let names: Vec<String> = streams.iter().map(Stream::to_string).collect();
    let mut found = events.streams(log, &names).await?;
    let mut histories = Histories::new();
    for (stream, name) in streams.iter().zip(&names) {
        let entries = found.remove(name).unwrap_or_default();
        let known = entries.iter().filter(|entry| entry.position <= upto);
        let facts = known.map(decode).collect::<Result<Vec<_>, _>>()?;
        histories.insert(*stream, facts);
    }
    Ok(histories)
}

macro_rules! tables {
    ($( $field:ident: $model:ty, )*) => {
        /// Reads the rows that the facts touch and that are not in memory.
        async fn read(
            conn: &mut PgConnection,
            place: Place,
            log: LogId,
            held: &mut Held,
            work: &Work<'_>,
        ) -> Result<(), Error> {
            $(
                let absent = held.$field.absent(work.$field.keys().copied());
                let rows = document::load::<$model>(conn, place, log, &absent).await?;
                held.$field.put(&absent, rows);
            )*
            Ok(())
        }

        /// Writes the rows that were folded on.
        pub(crate) async fn write(
            conn: &mut PgConnection,
            place: Place,
            log: LogId,
            held: &mut Held,
        ) -> Result<(), Error> {
            $(
                write_one(conn, place, log, &mut held.$field).await?;
            )*
            write_one(conn, place, log, &mut held.dwellings).await?;
            let marks = std::mem::take(&mut held.timeline);
            timeline::save(conn, place, log, &marks).await
        }
    };
}
keyed!(tables);

/// Writes the rows of one model that were folded on.
async fn write_one<D: Document>(
    conn: &mut PgConnection,
    place: Place,
    log: LogId,
    slots: &mut Slots<D>,
) -> Result<(), Error> {
    if let (Place::Next, Some(copy)) = (place, D::TABLE.copy) {
        document::copy::<D>(conn, log, copy, &slots.fresh()).await?;
        slots.fresh_are_written();
    }
    document::save::<D>(conn, place, log, &slots.changed()).await?;
    slots.written();
    Ok(())
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
