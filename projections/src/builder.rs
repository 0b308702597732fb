//! Building read models beside those that are read, and putting them in their place at once.
//!
//! The new rows are folded from the log into tables of another schema, made by the same `table.sql`,
//! while the old ones stay warm and are read. When the new tables have come near the old ones, a short
//! transaction holds the checkpoints, folds the rest, and exchanges the tables. A reader that is in
//! the way makes it wait and try again; nobody queues behind it for longer than [`SWAP_PATIENCE`].
//!
//! A build that ends early, however that happens, leaves the old rows as they are. What it had built
//! is cleared away by the next one, which begins at the first fact.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, Utc};
use eventlog::{LogId, Reader};
use events::{Fact, Position};
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use tokio::time::{Instant, sleep};

use crate::checkpoint::{self, Standing};
use crate::chunks::chunks;
use crate::document::Place;
use crate::held::Held;
use crate::keeper::{Rows, fold, write};
use crate::{Error, Model, migrate};

/// How long the exchange waits for a lock, and others behind it, before it lets them pass.
pub const SWAP_PATIENCE: Duration = Duration::from_millis(100);

/// Facts that are folded at once: a row that is touched by several of them is folded on once.
const CHUNK: usize = 20_000;
/// So many facts may be behind the rows that stay in memory between chunks, counted for each row anew:
/// a fact of a household is behind some ten rows.
const HELD_FACTS: usize = 12_000_000;
/// With no more facts than these left, the checkpoints are held and the rest is folded.
const NEAR: Position = 500;
/// How long is waited before the exchange is tried again: at first, and at most.
const SWAP_PAUSE: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(2));
/// How long is waited for a builder that has ended without saying so.
const LOCK_PATIENCE: Duration = Duration::from_secs(3);
/// How often is looked whether it has.
const LOCK_INTERVAL: Duration = Duration::from_millis(50);
/// Held by the one who builds. An arbitrary number, its own.
const ADVISORY_LOCK: i64 = 0x7072_6f6a_6275_6c64;

/// How far a build has come.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Progress {
    /// The log whose facts are being folded.
    pub log: LogId,
    /// Facts folded so far, of all logs.
    pub position: Position,
    /// Facts there are to be folded, as far as is known; more may be recorded meanwhile.
    pub of: Position,
    /// Facts folded in a second.
    pub rate: f64,
    /// How long it will still take at this rate; none before there is one.
    pub left: Option<Duration>,
}

/// Builds read models anew, with the rights of the tables' owner.
#[derive(Clone, Debug)]
pub struct Builder {
    options: PgConnectOptions,
    held: usize,
    chunk: usize,
}

/// What is to be built anew.
#[derive(Clone, Copy, Debug)]
enum Wanted<'a> {
    /// Models that are not what today's folds and tables make of the log.
    Stale,
    /// These, of all logs.
    Models(&'a [Model]),
    /// These, of one log.
    Log(LogId, &'a [Model]),
}

impl Builder {
    /// Connects for as long as it builds, as a user that may take on [`eventlog::OWNER_ROLE`]: the one
    /// that migrates.
    pub fn new(options: PgConnectOptions) -> Self {
        Self {
            options: options.options([("role", eventlog::OWNER_ROLE)]),
            held: HELD_FACTS,
            chunk: CHUNK,
        }
    }

    /// The same, with other bounds on what is in memory.
    #[cfg(test)]
    pub(crate) fn holding(self, held: usize, chunk: usize) -> Self {
        Self {
            held,
            chunk,
            ..self
        }
    }

    /// Builds what is stale: read models with another fold or table than when they were built, and
    /// those that are new. Returns them; none when there is nothing to do.
    ///
    /// # Errors
    /// Those of [`Builder::rebuild`].
    pub async fn renew(
        &self,
        events: &Reader,
        progress: impl FnMut(Progress),
    ) -> Result<Vec<Model>, Error> {
        Box::pin(self.build(events, Wanted::Stale, progress)).await
    }

    /// Builds models of all logs anew, up to where those that are read have come, and puts them in
    /// their place at once. Returns what was built: also what is stale, and dwellings and households
    /// always together.
    ///
    /// Readers and recording go on. Dropping the future leaves everything as it was.
    ///
    /// # Errors
    /// [`Error::Building`] when another process builds; [`Error::Payload`] or [`Error::Stream`] for a
    /// fact that does not open; [`Error::Newer`]; faults of the database.
    pub async fn rebuild(
        &self,
        events: &Reader,
        models: &[Model],
        progress: impl FnMut(Progress),
    ) -> Result<Vec<Model>, Error> {
        Box::pin(self.build(events, Wanted::Models(models), progress)).await
    }

    /// The same for the rows of one log; of all, if anything is stale.
    ///
    /// # Errors
    /// Those of [`Builder::rebuild`].
    pub async fn rebuild_log(
        &self,
        events: &Reader,
        log: LogId,
        models: &[Model],
        progress: impl FnMut(Progress),
    ) -> Result<Vec<Model>, Error> {
        Box::pin(self.build(events, Wanted::Log(log, models), progress)).await
    }

    async fn build(
        &self,
        events: &Reader,
        wanted: Wanted<'_>,
        progress: impl FnMut(Progress),
    ) -> Result<Vec<Model>, Error> {
        let mut conn = PgConnection::connect_with(&self.options).await?;
        lock(&mut conn).await?;
        let built = self.build_on(&mut conn, events, wanted, progress).await;
        if built.is_err() {
            // What cannot be cleared away now is by the next build.
            let _ = clear(&mut conn).await;
        }
        // Closing it gives the lock back; failing to, the server does.
        let _ = conn.close().await;
        built
    }

    async fn build_on(
        &self,
        conn: &mut PgConnection,
        events: &Reader,
        wanted: Wanted<'_>,
        progress: impl FnMut(Progress),
    ) -> Result<Vec<Model>, Error> {
        clear(conn).await?;
        let stale = stale(conn).await?;
        let mut models = stale.clone();
        let mut only = None;
        match wanted {
            Wanted::Stale => {}
            Wanted::Models(some) => models.extend(some),
            Wanted::Log(log, some) => {
                models.extend(some);
                only = stale.is_empty().then_some(log);
            }
        }
        let models = Model::together(&models);
        if models.is_empty() {
            return Ok(models);
        }
        prepare(conn).await?;
        for model in &models {
            // Indexes come later: it is faster to make them at once than row by row.
            make(conn, *model, |statement| !is_index(statement)).await?;
        }
        let mut build = Build {
            events,
            models,
            only,
            held: self.held,
            chunk: self.chunk,
            reached: BTreeMap::new(),
            started: Instant::now(),
            folded: 0,
            progress,
        };
        build.come_near(conn).await?;
        for model in &build.models {
            make(conn, *model, is_index).await?;
        }
        let (mut pause, most) = SWAP_PAUSE;
        loop {
            build.come_near(conn).await?;
            match build.exchange(conn).await {
                Ok(()) => break,
                Err(error) if is_in_the_way(&error) => {
                    tracing::debug!("readers are in the way of a new table; trying again");
                    sleep(pause).await;
                    pause = (pause * 2).min(most);
                }
                Err(error) => return Err(error),
            }
        }
        let models = build.models.clone();
        drop(build);
        // Nobody can be reading them: who did held the exchange up.
        if let Err(error) = clear(conn).await {
            tracing::warn!(%error, "old tables are left for the next build to clear away");
        }
        Ok(models)
    }
}

/// Where a log's new rows have come.
type Reached = BTreeMap<LogId, (Position, Option<DateTime<Utc>>)>;

/// A build under way.
struct Build<'a, P> {
    events: &'a Reader,
    models: Vec<Model>,
    only: Option<LogId>,
    held: usize,
    chunk: usize,
    reached: Reached,
    started: Instant,
    folded: Position,
    progress: P,
}

impl<P: FnMut(Progress)> Build<'_, P> {
    /// Folds until little is left. What is built is seen by nobody, so each piece is committed by
    /// itself.
    async fn come_near(&mut self, conn: &mut PgConnection) -> Result<(), Error> {
        loop {
            let targets = self.targets(conn).await?;
            if self.left(&targets) <= NEAR && !self.reached.is_empty() {
                return Ok(());
            }
            for (log, (upto, _)) in &targets {
                let mut reached = self.reached.get(log).copied().unwrap_or_default();
                let left = self.left(&targets);
                self.fold_log(conn, *log, &mut reached, *upto, Some(left))
                    .await?;
                self.reached.insert(*log, reached);
            }
            if targets.is_empty() {
                return Ok(());
            }
        }
    }

    /// Holds the checkpoints, folds what is left, and puts the new rows in the place of the old ones.
    async fn exchange(&mut self, conn: &mut PgConnection) -> Result<(), Error> {
        let mut tx = conn.begin().await?;
        sqlx::query("select set_config('lock_timeout', $1, true)")
            .bind(format!("{}ms", SWAP_PATIENCE.as_millis()))
            .execute(&mut *tx)
            .await?;
        match self.only {
            Some(log) => drop(checkpoint::lock(&mut tx, log).await?),
            None => checkpoint::lock_all(&mut tx).await?,
        }
        let targets = self.targets(&mut tx).await?;
        let mut reached = self.reached.clone();
        for (log, (upto, _)) in &targets {
            let place = reached.entry(*log).or_default();
            self.fold_log(&mut tx, *log, place, *upto, None).await?;
        }
        match self.only {
            Some(log) => self.replace_rows(&mut tx, log).await?,
            None => self.replace_tables(&mut tx).await?,
        }
        for (log, (_, recorded_at)) in &targets {
            let (position, last) = reached.get(log).copied().unwrap_or_default();
            let recorded_at = last.or(*recorded_at);
            checkpoint::built(&mut tx, *log, &self.models, position, recorded_at).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    async fn replace_tables(&self, conn: &mut PgConnection) -> Result<(), Error> {
        // Waits here for readers, so that the rest is done at once.
        for model in &self.models {
            let table = model.table();
            for sql in [
                format!("alter table if exists projections.{table} set schema projections_old"),
                format!("alter table projections_next.{table} set schema projections"),
            ] {
                // The names of tables are in the list of models.
                sqlx::query(AssertSqlSafe(sql)).execute(&mut *conn).await?;
            }
            migrate::defined(conn, *model).await?;
        }
        Ok(())
    }

    async fn replace_rows(&self, conn: &mut PgConnection, log: LogId) -> Result<(), Error> {
        for model in &self.models {
            let table = model.table();
            // The names of tables are in the list of models.
            let gone = format!("delete from projections.{table} where log_id = $1");
            sqlx::query(AssertSqlSafe(gone))
                .bind(log)
                .execute(&mut *conn)
                .await?;
            let new = format!(
                "insert into projections.{table}
                 select * from projections_next.{table} where log_id = $1"
            );
            sqlx::query(AssertSqlSafe(new))
                .bind(log)
                .execute(&mut *conn)
                .await?;
        }
        Ok(())
    }

    /// Where the rows of each log that are read have come.
    async fn targets(&self, conn: &mut PgConnection) -> Result<Reached, Error> {
        let mut targets = Reached::new();
        for log in checkpoint::logs(conn).await? {
            if self.only.is_none_or(|only| only == log)
                && let Standing::At(at) = checkpoint::read(conn, log).await?
            {
                targets.insert(log, (at.position, at.recorded_at));
            }
        }
        Ok(targets)
    }

    /// How many facts there are to fold until all logs are where they are to come.
    fn left(&self, targets: &Reached) -> Position {
        let left = targets.iter().map(|(log, (upto, _))| {
            let (reached, _) = self.reached.get(log).copied().unwrap_or_default();
            (upto - reached).max(0)
        });
        left.sum()
    }

    /// Folds a log on up to a position. With nothing said of what is left it is part of an exchange,
    /// whose transaction then writes everything.
    async fn fold_log(
        &mut self,
        conn: &mut PgConnection,
        log: LogId,
        reached: &mut (Position, Option<DateTime<Utc>>),
        upto: Position,
        left: Option<Position>,
    ) -> Result<(), Error> {
        let of = left.map(|left| self.folded + left);
        let mut held = match reached.0 {
            0 => Held::from_the_first_fact(),
            _ => Held::default(),
        };
        let mut chunks = chunks(self.events, log, reached.0, upto, self.chunk);
        while let Some(facts) = chunks.recv().await.transpose()? {
            let Some(last) = facts.last() else { continue };
            *reached = (last.position, Some(last.recorded_at));
            self.folded += i64::try_from(facts.len()).unwrap_or(0);
            self.fold_chunk(conn, log, &facts, &mut held).await?;
            if let Some(of) = of {
                self.tell(log, of);
            }
        }
        if reached.0 < upto {
            let missing = reached.0 + 1;
            return Err(Error::Log(eventlog::Error::Gap { log, missing }));
        }
        write(conn, Place::Next, log, &mut held).await
    }

    async fn fold_chunk(
        &mut self,
        conn: &mut PgConnection,
        log: LogId,
        facts: &[Fact],
        held: &mut Held,
    ) -> Result<(), Error> {
        let place = Place::Next;
        let rows = Rows::Table(conn, place);
        fold(self.events, rows, log, facts, &self.models, held).await?;
        if held.entries() > self.held {
            write(conn, place, log, held).await?;
            // Some room, so that not every chunk has to write.
            held.forget(self.held / 4 * 3);
        }
        Ok(())
    }

    fn tell(&mut self, log: LogId, of: Position) {
        let (folded, of) = (self.folded, of.max(self.folded));
        #[expect(
            clippy::cast_precision_loss,
            reason = "numbers of facts are far below 2^52, and nothing is decided by it"
        )]
        let (done, todo) = (folded as f64, (of - folded) as f64);
        let rate = done / self.started.elapsed().as_secs_f64().max(f64::EPSILON);
        (self.progress)(Progress {
            log,
            position: folded,
            of,
            rate,
            left: Duration::try_from_secs_f64(todo / rate).ok(),
        });
    }
}

/// Executes some statements of a model's definition beside the table that is read.
async fn make(
    conn: &mut PgConnection,
    model: Model,
    which: impl Fn(&str) -> bool,
) -> Result<(), Error> {
    for statement in statements(model) {
        if which(statement) {
            sqlx::raw_sql(Place::Next.sql(statement))
                .execute(&mut *conn)
                .await?;
        }
    }
    Ok(())
}

/// A definition's statements: each ends with its line.
pub(crate) fn statements(model: Model) -> impl Iterator<Item = &'static str> {
    let statements = model.definition().split_inclusive(";\n");
    statements.map(str::trim).filter(|it| !it.is_empty())
}

/// Comments may come first.
pub(crate) fn is_index(statement: &str) -> bool {
    let mut lines = statement.lines().map(str::trim);
    let first = lines.find(|line| !line.is_empty() && !line.starts_with("--"));
    first.is_some_and(|it| it.starts_with("create index") || it.starts_with("create unique index"))
}

/// How this connection writes.
async fn prepare(conn: &mut PgConnection) -> Result<(), Error> {
    // What was written before a crash of the server is built again anyway. Not every server was built
    // with lz4, which is faster by far for large documents.
    sqlx::raw_sql(
        "set synchronous_commit = off;
         do $$ begin
             set default_toast_compression = 'lz4';
         exception when others then
             null;
         end $$",
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The models that are to be built anew: of any log, or because their table is another.
///
/// # Errors
/// [`Error::Newer`], and faults of the database.
pub(crate) async fn stale(conn: &mut PgConnection) -> Result<Vec<Model>, Error> {
    let mut stale = Vec::new();
    let made: Vec<(String, i64)> = sqlx::query_as("select model, mark from projections.definition")
        .fetch_all(&mut *conn)
        .await?;
    for model in Model::ALL {
        let known = (model.name().to_owned(), model.mark());
        if !made.contains(&known) {
            stale.push(model);
        }
    }
    for log in checkpoint::logs(conn).await? {
        if let Standing::At(at) = checkpoint::read(conn, log).await? {
            stale.extend(at.stale);
        }
    }
    Ok(Model::together(&stale))
}

/// Takes the lock of the one who builds.
async fn lock(conn: &mut PgConnection) -> Result<(), Error> {
    let since = Instant::now();
    loop {
        let locked: bool = sqlx::query_scalar("select pg_try_advisory_lock($1)")
            .bind(ADVISORY_LOCK)
            .fetch_one(&mut *conn)
            .await?;
        if locked {
            return Ok(());
        }
        if since.elapsed() > LOCK_PATIENCE {
            return Err(Error::Building);
        }
        sleep(LOCK_INTERVAL).await;
    }
}

/// Clears away what other builds have left, unless somebody builds.
pub(crate) async fn clear_unless_building(conn: &mut PgConnection) -> Result<(), Error> {
    let free: bool = sqlx::query_scalar("select pg_try_advisory_xact_lock($1)")
        .bind(ADVISORY_LOCK)
        .fetch_one(&mut *conn)
        .await?;
    if free {
        clear(conn).await?;
    }
    Ok(())
}

/// Clears away what other builds have left, and the tables that were replaced.
async fn clear(conn: &mut PgConnection) -> Result<(), Error> {
    sqlx::query(
        "do $$
         declare
             found record;
         begin
             for found in
                 select n.nspname, c.relname
                 from pg_catalog.pg_class as c
                 join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
                 where n.nspname in ('projections_next', 'projections_old')
                   and c.relkind in ('r', 'p')
             loop
                 execute format('drop table %I.%I', found.nspname, found.relname);
             end loop;
         end $$",
    )
    .execute(conn)
    .await?;
    Ok(())
}

const LOCK_NOT_AVAILABLE: &str = "55P03";
const DEADLOCK: &str = "40P01";

/// Did the exchange have to wait too long for a lock?
fn is_in_the_way(error: &Error) -> bool {
    let source = match error {
        Error::Unavailable(source) => source.as_ref(),
        Error::Database(source) => source,
        _ => return false,
    };
    let code = source.as_database_error().and_then(|error| error.code());
    code.is_some_and(|code| code == LOCK_NOT_AVAILABLE || code == DEADLOCK)
}
