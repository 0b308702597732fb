//! Folds the logs as they grow.
//!
//! One leader per log, over all processes: who holds the log's advisory lock. The lock only keeps
//! others from doing the same work. What makes a fold run once per fact is the checkpoint, which is
//! locked, compared and moved in the transaction that writes the rows; two leaders at the same time
//! would hinder each other and do no harm.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use eventlog::{LogId, Reader};
use events::{CATALOGUE, Position};
use sqlx::postgres::PgPool;
use sqlx::{Connection, PgConnection};
use tokio::sync::{Notify, watch};
use tokio::task::{self, JoinError, JoinHandle, JoinSet};
use tokio::time::{Instant, sleep, timeout};

use crate::keeper::{Keeper, Kept, open};
use crate::{Builder, Error, Progress, builder, checkpoint};

/// How often new logs, and logs whose leader is gone, are looked for.
pub const SEEK_INTERVAL: Duration = Duration::from_secs(1);
/// How long a projection that stopped at a fact rests before it is tried again: a later version of
/// the program may have been started meanwhile.
pub const REST: Duration = Duration::from_secs(30);
/// How long is waited after a fault of the database: at first, and at most.
const BACKOFF: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(5));
/// How long a waiting caller sleeps before it looks at the checkpoint of a log led elsewhere: at
/// first, and at most.
const LOOK_AGAIN: (Duration, Duration) = (Duration::from_millis(5), Duration::from_millis(200));
/// How long stopping waits for batches that are being folded.
const STOP_GRACE: Duration = Duration::from_secs(10);
/// How long a leader rests that keeps nothing warm, until something is built.
const STILL: Duration = Duration::from_secs(1);
/// How long is waited before what is stale is built after it could not be, and before it is looked for
/// again.
const RENEW_PAUSE: Duration = Duration::from_secs(1);
/// How often a build says how far it is.
const TELL_INTERVAL: Duration = Duration::from_secs(10);
/// Tells these advisory locks from those of others in the same database.
const LOCKS: u64 = 0x7072_6f6a_6c6f_6721;

/// Starts folding.
#[derive(Debug)]
pub struct Runner;

/// A runner at work. Dropping it stops it at once, which loses nothing; [`RunnerHandle::stop`] lets
/// it finish what it is doing.
#[derive(Debug)]
pub struct RunnerHandle {
    shared: Arc<Shared>,
    stop: watch::Sender<bool>,
    task: Mutex<Option<JoinHandle<()>>>,
    /// Builds what is stale.
    renewal: JoinHandle<()>,
}

/// How the projection of a log stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// Position all read models have reached.
    pub position: Position,
    /// Position of the log's last fact.
    pub head: Position,
    /// Does this process fold it?
    pub leading: bool,
    /// Why it stands still, if it does as far as this process knows: the whole chain of errors.
    pub error: Option<String>,
}

#[derive(Debug)]
struct Shared {
    pool: PgPool,
    keeper: Keeper,
    logs: Mutex<HashMap<LogId, watch::Sender<Local>>>,
    /// Rung when a log should be looked for at once.
    seek: Notify,
    /// Rung when read models were found that are to be built anew.
    stale: Notify,
}

/// What this process knows of a log's projection.
#[derive(Clone, Debug, Default)]
struct Local {
    leading: bool,
    position: Position,
    error: Option<String>,
    /// It stands still in front of a fact.
    stopped: bool,
}

impl Runner {
    /// Starts folding every pilot's log of the database, on tasks of the current tokio runtime.
    ///
    /// Read models that are stale are built anew in the background by the builder, if there is one;
    /// without, they stay as they are.
    ///
    /// Besides the pool it takes up to five connections of its own, and one more while it builds.
    pub fn start(pool: PgPool, events: Reader, builder: Option<Builder>) -> RunnerHandle {
        let shared = Arc::new(Shared {
            keeper: Keeper::beside(&pool, &events),
            pool,
            logs: Mutex::new(HashMap::new()),
            seek: Notify::new(),
            stale: Notify::new(),
        });
        let (stop, stopped) = watch::channel(false);
        let task = tokio::spawn(Seeker::new(Arc::clone(&shared), stopped).run());
        let task = Mutex::new(Some(task));
        let renewal = tokio::spawn(renew(Arc::clone(&shared), builder));
        RunnerHandle {
            shared,
            stop,
            task,
            renewal,
        }
    }
}

impl RunnerHandle {
    /// Waits until the read models have reached a position, but not longer than `patience`; returns
    /// whether they have. When not, what was recorded is recorded and will show later.
    ///
    /// # Errors
    /// Faults of the database, when the log is led by another process.
    pub async fn wait_for(
        &self,
        log: LogId,
        position: Position,
        patience: Duration,
    ) -> Result<bool, Error> {
        let reached = Box::pin(self.shared.reached(log, position));
        timeout(patience, reached).await.unwrap_or(Ok(false))
    }

    /// How the projection of a log stands.
    ///
    /// # Errors
    /// [`eventlog::Error::UnknownLog`] within [`Error::Log`], and faults of the database.
    pub async fn status(&self, log: LogId) -> Result<Status, Error> {
        let head = self.shared.keeper.events.head(log).await?.position;
        let position = checkpoint::position(&self.shared.pool, log).await?;
        let local = self.shared.local(log).borrow().clone();
        Ok(Status {
            position,
            head,
            leading: local.leading,
            error: local.error,
        })
    }

    /// Finishes the batches that are being folded, gives up all leaderships, and ends.
    pub async fn stop(&self) {
        let _ = self.stop.send(true);
        // What was built beside is of no use yet, and cleared away by the next build.
        self.renewal.abort();
        let task = self.task();
        if let Some(mut task) = task
            && timeout(STOP_GRACE, &mut task).await.is_err()
        {
            tracing::warn!("a batch took too long to be folded and was given up");
            task.abort();
        }
        // Whoever shuts the database down after this should not find it in use.
        let _ = timeout(STOP_GRACE, self.shared.keeper.writers.close()).await;
    }

    fn task(&self) -> Option<JoinHandle<()>> {
        self.task
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
    }
}

impl Drop for RunnerHandle {
    fn drop(&mut self) {
        self.renewal.abort();
        if let Some(task) = self.task() {
            task.abort();
        }
    }
}

impl Shared {
    fn local(&self, log: LogId) -> watch::Receiver<Local> {
        let mut logs = self.logs.lock().unwrap_or_else(PoisonError::into_inner);
        logs.entry(log).or_default().subscribe()
    }

    fn note(&self, log: LogId, change: impl FnOnce(&mut Local)) {
        let mut logs = self.logs.lock().unwrap_or_else(PoisonError::into_inner);
        logs.entry(log).or_default().send_modify(change);
    }

    /// Ends with true when the position is reached, and with false when it will not be.
    async fn reached(&self, log: LogId, position: Position) -> Result<bool, Error> {
        let mut local = self.local(log);
        let (mut pause, most) = LOOK_AGAIN;
        if !local.borrow().leading {
            // It may be a new log, which nobody leads yet.
            self.seek.notify_one();
        }
        loop {
            let here = local.borrow_and_update().clone();
            if here.position >= position {
                return Ok(true);
            }
            if here.leading {
                pause = most;
            } else {
                if checkpoint::position(&self.pool, log).await? >= position {
                    return Ok(true);
                }
                if here.stopped {
                    return Ok(false);
                }
                pause = (pause * 2).min(most);
            }
            // The sender lives in `self`, so that waiting for it does not fail.
            let _ = timeout(pause, local.changed()).await;
        }
    }
}

/// Looks for logs without a leader, and leads those it gets.
struct Seeker {
    shared: Arc<Shared>,
    stopped: watch::Receiver<bool>,
    /// Holds the advisory locks of all logs led here. When it is lost, so are they.
    locks: Option<PgConnection>,
    leaders: JoinSet<Result<(), Error>>,
    leading: HashMap<task::Id, LogId>,
    /// Logs that are not to be led before a moment.
    resting: HashMap<LogId, Instant>,
    /// Logs that were found to be, or not to be, a pilot's.
    pilots: HashSet<LogId>,
    others: HashSet<LogId>,
}

impl Seeker {
    fn new(shared: Arc<Shared>, stopped: watch::Receiver<bool>) -> Self {
        Self {
            shared,
            stopped,
            locks: None,
            leaders: JoinSet::new(),
            leading: HashMap::new(),
            resting: HashMap::new(),
            pilots: HashSet::new(),
            others: HashSet::new(),
        }
    }

    async fn run(mut self) {
        let mut stopped = self.stopped.clone();
        while !*stopped.borrow() {
            tokio::select! {
                sought = self.seek() => if let Err(error) = sought {
                    tracing::warn!(error = chain(&error), "no further logs can be led yet");
                },
                () = asked(&mut stopped) => break,
            }
            tokio::select! {
                () = asked(&mut stopped) => {}
                () = self.shared.seek.notified() => {}
                Some(ended) = self.leaders.join_next_with_id() => self.ended(ended).await,
                () = sleep(SEEK_INTERVAL) => {}
            }
        }
        while let Some(ended) = self.leaders.join_next_with_id().await {
            self.ended(ended).await;
        }
        if let Some(locks) = self.locks.take() {
            // Closing it gives the locks back; failing to, the server does.
            let _ = locks.close().await;
        }
    }

    /// Leads every pilot's log that nobody leads.
    async fn seek(&mut self) -> Result<(), Error> {
        let heads = self.shared.keeper.events.logs().await?;
        let led: HashSet<LogId> = self.leading.values().copied().collect();
        self.resting.retain(|_, until| *until > Instant::now());
        let mut wanted = Vec::new();
        for head in heads {
            let log = head.log;
            let free = !led.contains(&log) && !self.resting.contains_key(&log);
            if free && head.position > 0 && self.is_pilot(head.log).await? {
                wanted.push(log);
            }
        }
        let locked = match self.try_lock(&wanted).await {
            Ok(locked) => locked,
            Err(error) => {
                self.give_up().await;
                return Err(error);
            }
        };
        for log in locked {
            let shared = Arc::clone(&self.shared);
            let stopped = self.stopped.clone();
            let leader = self.leaders.spawn(lead(shared, log, stopped));
            self.leading.insert(leader.id(), log);
        }
        Ok(())
    }

    /// A database may hold other logs. A pilot's begins with a fact from the catalogue.
    async fn is_pilot(&mut self, log: LogId) -> Result<bool, Error> {
        if self.pilots.contains(&log) {
            return Ok(true);
        }
        if self.others.contains(&log) {
            return Ok(false);
        }
        let first = self.shared.keeper.events.at(log, 1).await?;
        let known = |kind: &str| CATALOGUE.iter().any(|shape| shape.kind == kind);
        let is_pilot = first.is_none_or(|first| known(&first.kind));
        let found = if is_pilot {
            &mut self.pilots
        } else {
            &mut self.others
        };
        found.insert(log);
        Ok(is_pilot)
    }

    /// Those of the logs whose locks could be had. Asks the database even for none, to notice when
    /// the connection is lost.
    async fn try_lock(&mut self, logs: &[LogId]) -> Result<Vec<LogId>, Error> {
        if self.locks.is_none() {
            self.locks = Some(self.shared.keeper.writers.acquire().await?.detach());
        }
        let Some(locks) = self.locks.as_mut() else {
            return Ok(Vec::new());
        };
        let keys: Vec<i64> = logs.iter().map(|log| key(*log)).collect();
        let got: Vec<(LogId, bool)> = sqlx::query_as(
            "select u.log_id, pg_try_advisory_lock(u.key)
             from unnest($1::uuid[], $2::bigint[]) as u (log_id, key)",
        )
        .bind(logs)
        .bind(keys)
        .fetch_all(locks)
        .await?;
        let got = got.into_iter().filter(|(_, locked)| *locked);
        Ok(got.map(|(log, _)| log).collect())
    }

    /// A leader ended: it was asked to, it stands in front of a fact, or it broke down.
    async fn ended(&mut self, ended: Result<(task::Id, Result<(), Error>), JoinError>) {
        let (id, error) = match ended {
            Ok((id, Ok(()))) => (id, None),
            Ok((id, Err(error))) => (id, Some(chain(&error))),
            Err(error) if error.is_cancelled() => (error.id(), None),
            Err(error) => (error.id(), Some(chain(&error))),
        };
        let Some(log) = self.leading.remove(&id) else {
            return;
        };
        if let Some(error) = &error {
            tracing::error!(%log, error, "the projection stopped; recording goes on");
            self.resting.insert(log, Instant::now() + REST);
        }
        self.shared.note(log, |local| {
            local.leading = false;
            local.stopped = error.is_some();
            local.error = error;
        });
        if let Some(locks) = self.locks.as_mut() {
            let unlocked = sqlx::query("select pg_advisory_unlock($1)")
                .bind(key(log))
                .execute(locks)
                .await;
            if unlocked.is_err() {
                // Whatever it still holds goes with it.
                self.locks = None;
            }
        }
    }

    /// Without the connection that holds the locks nobody leads here any more.
    async fn give_up(&mut self) {
        self.locks = None;
        self.leaders.abort_all();
        while let Some(ended) = self.leaders.join_next_with_id().await {
            self.ended(ended).await;
        }
    }
}

/// Folds a log as it grows, until asked to stop. Faults of the database are waited out.
///
/// # Errors
/// Those that waiting does not mend.
async fn lead(
    shared: Arc<Shared>,
    log: LogId,
    mut stopped: watch::Receiver<bool>,
) -> Result<(), Error> {
    shared.note(log, |local| {
        local.leading = true;
        local.stopped = false;
    });
    let (first, most) = BACKOFF;
    let mut pause = first;
    loop {
        let before = shared.local(log).borrow().position;
        let followed = Box::pin(follow(&shared, log, stopped.clone())).await;
        let error = match followed {
            Ok(()) => return Ok(()),
            Err(error) if error.is_lasting() => return Err(error),
            Err(error) => error,
        };
        tracing::warn!(%log, error = chain(&error), "a batch could not be folded yet");
        shared.note(log, |local| local.error = Some(chain(&error)));
        if shared.local(log).borrow().position > before {
            pause = first;
        }
        let _ = timeout(pause, asked(&mut stopped)).await;
        pause = (pause * 2).min(most);
    }
}

/// Folds on from the checkpoint until asked to stop.
async fn follow(
    shared: &Shared,
    log: LogId,
    mut stopped: watch::Receiver<bool>,
) -> Result<(), Error> {
    'settle: loop {
        let at = shared.keeper.settle(log).await?;
        let position = at.position;
        if !at.stale.is_empty() {
            shared.stale.notify_one();
        }
        if at.warm.is_empty() {
            shared.note(log, |local| {
                local.error = Some(chain(&Error::Unsettled(None)))
            });
            tokio::select! {
                () = asked(&mut stopped) => return Ok(()),
                () = sleep(STILL) => continue 'settle,
            }
        }
        shared.note(log, |local| {
            local.position = position;
            local.error = None;
        });
        let mut subscription = shared.keeper.events.subscribe(log, position);
        loop {
            let recorded = tokio::select! {
                () = asked(&mut stopped) => return Ok(()),
                recorded = subscription.next() => recorded?,
            };
            let (facts, error) = open(&recorded);
            if shared.keeper.keep(log, &facts).await? == Kept::Elsewhere {
                // Somebody else folded, or is folding anew.
                continue 'settle;
            }
            if let Some(last) = facts.last() {
                shared.note(log, |local| local.position = last.position);
            }
            if let Some(error) = error {
                return Err(error);
            }
        }
    }
}

/// Builds what is stale, now and whenever a leader finds that something is.
async fn renew(shared: Arc<Shared>, builder: Option<Builder>) {
    loop {
        if let Err(error) = renew_once(&shared, builder.as_ref()).await {
            // Somebody else may be building, or the database is away: what is stale stays so.
            tracing::warn!(
                error = chain(&error),
                "read models could not be built anew yet"
            );
            sleep(RENEW_PAUSE).await;
            continue;
        }
        shared.stale.notified().await;
        sleep(RENEW_PAUSE).await;
    }
}

async fn renew_once(shared: &Shared, builder: Option<&Builder>) -> Result<(), Error> {
    let stale = builder::stale(&mut *shared.pool.acquire().await?).await?;
    if stale.is_empty() {
        return Ok(());
    }
    let names: Vec<&str> = stale.iter().map(|model| model.name()).collect();
    let Some(builder) = builder else {
        tracing::warn!(
            ?names,
            "read models are of another version, and nobody here builds them"
        );
        return Ok(());
    };
    tracing::info!(?names, "building read models anew beside the old ones");
    let mut told = Instant::now();
    let progress = |progress: Progress| {
        if told.elapsed() >= TELL_INTERVAL {
            told = Instant::now();
            let Progress {
                position, of, rate, ..
            } = progress;
            tracing::info!(position, of, rate, left = ?progress.left, "building read models");
        }
    };
    let built = builder.renew(&shared.keeper.events, progress).await?;
    let names: Vec<&str> = built.iter().map(|model| model.name()).collect();
    tracing::info!(?names, "read models were built anew");
    Ok(())
}

/// Waits until the runner is asked to stop, or its handle is gone.
async fn asked(stopped: &mut watch::Receiver<bool>) {
    let _ = stopped.wait_for(|stop| *stop).await;
}

/// The key of a log's advisory lock.
pub(crate) fn key(log: LogId) -> i64 {
    let (high, low) = log.as_u64_pair();
    // Two logs that happen to share a key are led by one process, which is all right.
    (high.rotate_left(1) ^ low ^ LOCKS).cast_signed()
}

/// An error and what led to it, on one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text.push_str(": ");
        text.push_str(&error.to_string());
        source = error.source();
    }
    text
}
