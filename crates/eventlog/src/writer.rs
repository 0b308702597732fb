//! Group commit: appends that wait at the same time are recorded in one transaction.
//!
//! One task per log takes appends in, forms batches, and sends one batch at a time to the database:
//! while one is on its way, the next gathers. There is no waiting for more to come; a lone append
//! goes at once. Several processes may append to the same log: the head's row is the lock, and
//! PostgreSQL lets them have it in turn.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::join;
use sqlx::pool::PoolConnection;
use sqlx::{PgPool, Postgres};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot, watch};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use uuid::Uuid;

use crate::append::Ready;
use crate::next::{Edge, Next};
use crate::{Appended, Error, LogId, MAX_APPEND_BYTES, batch, sql, subscribe::Bell};

/// The most facts in one transaction.
pub const MAX_BATCH_FACTS: usize = 1_000;
/// The most that the facts of one transaction take, in bytes of memory.
pub const MAX_BATCH_BYTES: usize = 8 * 1024 * 1024;
/// The most appends that wait in one log's queue; further callers wait to be let in.
pub const MAX_WAITING: usize = 4_096;
/// The most that waiting appends of one log take, in bytes of memory, about.
pub const MAX_WAITING_BYTES: usize = 64 * 1024 * 1024;

/// How long the writer keeps its connection when nothing waits: the next append of a caller who just
/// got an answer comes sooner than that.
const LINGER: Duration = Duration::from_millis(1);
/// A batch of fewer appends lets those who are ready to append join it.
const FEW: usize = 48;
/// How long a log's task stays when nothing is appended.
const IDLE: Duration = Duration::from_secs(30);
/// The shortest time between two wake-ups for other processes.
const BETWEEN_NOTIFICATIONS: Duration = Duration::from_millis(5);
/// How long to wait before others are told again, when it failed.
const BETWEEN_TRIES: Duration = Duration::from_millis(100);
/// What one permit for memory stands for, in bytes.
const ROOM: usize = 1024;

const _: () =
    assert!(MAX_WAITING_BYTES >= 2 * MAX_APPEND_BYTES && MAX_BATCH_BYTES >= MAX_APPEND_BYTES);

/// The queues of a handle's logs.
#[derive(Debug, Default)]
pub(crate) struct Writers(Mutex<Queues>);

#[derive(Debug, Default)]
struct Queues {
    draining: bool,
    by_log: HashMap<LogId, Queue>,
}

#[derive(Debug)]
struct Queue {
    door: Door,
    task: JoinHandle<()>,
}

/// The way into a log's queue.
#[derive(Debug, Clone)]
struct Door {
    jobs: mpsc::Sender<Job>,
    room: Arc<Semaphore>,
}

/// An append that waits.
#[derive(Debug)]
struct Job {
    ready: Ready,
    answer: oneshot::Sender<Result<Appended, Error>>,
    /// Given back when it is answered.
    _room: OwnedSemaphorePermit,
}

impl Writers {
    pub(crate) async fn append(
        &self,
        pool: &PgPool,
        bell: &Arc<Bell>,
        ready: Ready,
    ) -> Result<Appended, Error> {
        let door = self.door(pool, bell, ready.log)?;
        let room = u32::try_from(ready.bytes / ROOM + 1).unwrap_or(u32::MAX);
        // The semaphore is never closed, but who asks it must be told so.
        let room = door.room.acquire_many_owned(room).await;
        let (answer, answered) = oneshot::channel();
        let mut job = Job {
            ready,
            answer,
            _room: room.map_err(|_| Error::Draining)?,
        };
        let mut jobs = door.jobs;
        // A queue that closed for lack of work, or with its runtime, gives the job back.
        while let Err(mpsc::error::SendError(back)) = jobs.send(job).await {
            jobs = self.door(pool, bell, back.ready.log)?.jobs;
            job = back;
        }
        // Unanswered: the task went down with its runtime.
        answered
            .await
            .unwrap_or_else(|_| Err(sqlx::Error::WorkerCrashed.into()))
    }

    /// The way into a log's queue, which is opened when there is none.
    fn door(&self, pool: &PgPool, bell: &Arc<Bell>, log: LogId) -> Result<Door, Error> {
        let mut queues = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if queues.draining {
            return Err(Error::Draining);
        }
        match queues.by_log.get(&log) {
            Some(queue) if !queue.door.jobs.is_closed() => return Ok(queue.door.clone()),
            _ => {}
        }
        queues.by_log.retain(|_, queue| !queue.task.is_finished());
        let (jobs, waiting) = mpsc::channel(MAX_WAITING);
        let door = Door {
            jobs,
            room: Arc::new(Semaphore::new(MAX_WAITING_BYTES / ROOM)),
        };
        let writer = Writer::new(pool.clone(), bell.clone(), log, waiting);
        let task = tokio::spawn(writer.run());
        queues.by_log.insert(
            log,
            Queue {
                door: door.clone(),
                task,
            },
        );
        Ok(door)
    }

    pub(crate) async fn drain(&self) {
        let queues = {
            let mut queues = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            queues.draining = true;
            std::mem::take(&mut queues.by_log)
        };
        for (_, Queue { door, task }) in queues {
            drop(door);
            // Fails only when the task's runtime is gone, and with it what it had to do.
            let _ = task.await;
        }
    }
}

/// Writes one log.
struct Writer {
    pool: PgPool,
    bell: Arc<Bell>,
    log: LogId,
    jobs: mpsc::Receiver<Job>,
    /// Taken in, in the order they came; at the front what has been looked at once already.
    waiting: VecDeque<Job>,
    conn: Option<PoolConnection<Postgres>>,
    /// Where the log stood when it was last written.
    edge: Option<Edge>,
    /// Whether nobody else wrote since, and nothing stood against what was appended: then the short
    /// way will do. Where it often does not, it is not tried often.
    smooth: bool,
    /// Wakes other processes.
    notify: watch::Sender<()>,
}

impl Writer {
    fn new(pool: PgPool, bell: Arc<Bell>, log: LogId, jobs: mpsc::Receiver<Job>) -> Self {
        let (notify, notified) = watch::channel(());
        tokio::spawn(tell_others(pool.clone(), log, notified));
        Self {
            pool,
            bell,
            log,
            jobs,
            waiting: VecDeque::new(),
            conn: None,
            edge: None,
            smooth: true,
            notify,
        }
    }

    async fn run(mut self) {
        let mut told = Told::default();
        loop {
            self.take_what_is_there();
            // When many wait, the database is not kept waiting while others are told.
            if self.waiting.len() < FEW {
                told.tell();
                if !self.take_in().await {
                    return;
                }
            }
            self.waiting.retain(|job| !job.answer.is_closed());
            let batch = Batch::form(&mut self.waiting);
            if batch.is_empty() {
                told.tell();
            } else {
                told = self.record(batch, told).await;
            }
        }
    }

    /// Waits until there is something to do; false when there never will be again.
    async fn take_in(&mut self) -> bool {
        if self.waiting.is_empty() {
            let next = match self.jobs.try_recv() {
                Ok(job) => Some(job),
                Err(_) => self.next().await,
            };
            match next {
                Some(job) => self.waiting.push_back(job),
                None => return false,
            }
        }
        self.take_what_is_there();
        // Who was answered just now may be about to ask again: in a small batch each more costs next
        // to nothing. Whoever is ready runs first; there is no waiting for time to pass.
        let mut before = 0;
        while self.waiting.len() > before && self.waiting.len() < FEW {
            before = self.waiting.len();
            tokio::task::yield_now().await;
            self.take_what_is_there();
        }
        true
    }

    fn take_what_is_there(&mut self) {
        while self.waiting.len() < MAX_WAITING
            && let Ok(job) = self.jobs.try_recv()
        {
            self.waiting.push_back(job);
        }
    }

    async fn next(&mut self) -> Option<Job> {
        if self.conn.is_some() {
            if let Ok(next) = timeout(LINGER, self.jobs.recv()).await {
                return next;
            }
            self.conn = None;
        }
        match timeout(IDLE, self.jobs.recv()).await {
            Ok(next) => next,
            Err(_) => {
                // Who is just sending gets the job back, or it is still taken in.
                self.jobs.close();
                self.jobs.recv().await
            }
        }
    }

    /// Records a batch, and tells the callers of the one before meanwhile; who is to be told next.
    async fn record(&mut self, batch: Batch, mut before: Told) -> Told {
        let (sent, ()) = join(self.send(&batch), async { before.tell() }).await;
        match sent {
            Ok(answers) => self.settle(batch, answers),
            // One of them is not to the database's liking: each for itself.
            Err(Error::Database(_)) if batch.len() > 1 => {
                let mut told = Told::default();
                for job in batch.into_jobs() {
                    let alone = Batch::of(job);
                    told.0.extend(match self.send(&alone).await {
                        Ok(answers) => self.settle(alone, answers).0,
                        Err(error) => alone.fail(error).0,
                    });
                }
                told
            }
            Err(error) => {
                self.conn = None;
                batch.fail(error)
            }
        }
    }

    async fn send(&mut self, batch: &Batch) -> Result<batch::Answers, Error> {
        let conn = match &mut self.conn {
            Some(conn) => conn,
            none => none.insert(self.pool.acquire().await?),
        };
        let ready: Vec<&Ready> = batch.appends.iter().map(|job| &job.ready).collect();
        if self.smooth
            && batch.checks.is_empty()
            && let Some(edge) = &self.edge
            && let Some(next) = Next::ready(edge, &ready)
            && let Some((appended, edge)) = next.send(conn, self.log).await?
        {
            self.edge = Some(edge);
            return Ok(batch::Answers::all(appended));
        }
        let checks: Vec<&Ready> = batch.checks.iter().map(|job| &job.ready).collect();
        let answers = batch::append(conn, &ready, &checks, false).await?;
        let stood = self.edge.as_ref().map(Edge::position);
        self.smooth = (stood.is_none() || stood == answers.before)
            && answers
                .appended
                .iter()
                .all(|it| matches!(it, Ok(Appended::Now { .. })));
        self.edge.clone_from(&answers.edge);
        Ok(answers)
    }

    /// What everybody is to be told; who has to go again is put first in the queue.
    fn settle(&mut self, batch: Batch, answers: batch::Answers) -> Told {
        let mut told = Told::default();
        let mut recorded = false;
        for (job, answer) in batch.appends.into_iter().zip(answers.appended) {
            recorded |= matches!(answer, Ok(Appended::Now { .. }));
            told.0.push((job, answer));
        }
        let mut again = Vec::new();
        for (job, answer) in batch.checks.into_iter().zip(answers.checked) {
            match answer {
                Some(answer) => told.0.push((job, answer)),
                None => again.push(job),
            }
        }
        for job in again.into_iter().rev() {
            self.waiting.push_front(job);
        }
        if recorded {
            self.bell.ring(self.log);
            self.notify.send_replace(());
        }
        told
    }
}

/// What callers are to be told.
#[derive(Default)]
struct Told(Vec<(Job, Result<Appended, Error>)>);

impl Told {
    fn tell(&mut self) {
        for (job, answer) in self.0.drain(..) {
            // Fails when nobody waits any more, which is fine.
            let _ = job.answer.send(answer);
        }
    }
}

/// Wakes other processes that follow the log, apart from the transactions that append: a commit that
/// notifies would wait for those of all other logs.
async fn tell_others(pool: PgPool, log: LogId, mut notified: watch::Receiver<()>) {
    let log = log.to_string();
    while notified.changed().await.is_ok() {
        while let Err(error) = sqlx::query(sql::NOTIFY).bind(&log).execute(&pool).await {
            if matches!(error, sqlx::Error::PoolClosed) {
                return;
            }
            // They look from time to time anyway.
            tracing::debug!(%error, "others were not told of new facts yet");
            tokio::time::sleep(BETWEEN_TRIES).await;
        }
        tokio::time::sleep(BETWEEN_NOTIFICATIONS).await;
    }
}

/// Appends that go to the database together.
#[derive(Default)]
struct Batch {
    /// To be recorded, in this order. None depends on another.
    appends: Vec<Job>,
    /// Those that depend on one of them, or would be in its way: what stands against them already is
    /// said now, so that a hundred that lost against the same fact need not go one by one.
    checks: Vec<Job>,
}

impl Batch {
    fn of(job: Job) -> Self {
        Self {
            appends: vec![job],
            checks: Vec::new(),
        }
    }

    /// Takes as many as may go together from the front. What stays behind keeps its order.
    fn form(waiting: &mut VecDeque<Job>) -> Self {
        let mut forming = Forming::default();
        let places: Vec<Place> = waiting
            .iter()
            .map_while(|job| forming.place(&job.ready))
            .collect();
        let mut batch = Self::default();
        let mut later = VecDeque::new();
        for place in places {
            let Some(job) = waiting.pop_front() else {
                break;
            };
            match place {
                Place::Append => batch.appends.push(job),
                Place::Check => batch.checks.push(job),
                Place::Later => later.push_back(job),
            }
        }
        while let Some(job) = later.pop_back() {
            waiting.push_front(job);
        }
        batch
    }

    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn len(&self) -> usize {
        self.appends.len() + self.checks.len()
    }

    fn into_jobs(self) -> impl Iterator<Item = Job> {
        self.appends.into_iter().chain(self.checks)
    }

    fn fail(self, error: Error) -> Told {
        let mut error = Some(error);
        let told = self.into_jobs().map(|job| {
            let why = match error.take() {
                Some(Error::Unavailable(source)) => {
                    error = Some(Error::Unavailable(source.clone()));
                    Error::Unavailable(source)
                }
                // Only a batch of one fails in another way.
                Some(other) => other,
                None => sqlx::Error::WorkerCrashed.into(),
            };
            (job, Err(why))
        });
        Told(told.collect())
    }
}

/// Where an append goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Append,
    Check,
    Later,
}

/// What the batch has so far.
#[derive(Default)]
struct Forming<'a> {
    facts: usize,
    bytes: usize,
    commands: HashSet<Uuid>,
    ids: HashSet<Uuid>,
    /// The streams that are written, and whether the append that does expects them at a version.
    written: HashMap<&'a str, bool>,
}

impl<'a> Forming<'a> {
    /// `None` when the batch is full.
    fn place(&mut self, ready: &'a Ready) -> Option<Place> {
        let (facts, bytes) = (self.facts + ready.facts.len(), self.bytes + ready.bytes);
        let full = facts > MAX_BATCH_FACTS || bytes > MAX_BATCH_BYTES;
        if full && !self.commands.is_empty() {
            return None;
        }
        (self.facts, self.bytes) = (facts, bytes);
        if !self.commands.insert(ready.command)
            || ready
                .facts
                .iter()
                .any(|fact| self.ids.contains(&fact.new.id))
        {
            return Some(Place::Later);
        }
        let expects = |stream: &str| ready.expected.iter().any(|other| other.stream == stream);
        let streams = || {
            ready.facts.iter().flat_map(|fact| {
                std::iter::once(&fact.new.stream)
                    .chain(&fact.new.also)
                    .map(String::as_str)
            })
        };
        let depends = ready
            .expected
            .iter()
            .any(|expected| self.written.contains_key(expected.stream.as_str()))
            || streams().any(|stream| self.written.get(stream) == Some(&true));
        if depends {
            return Some(Place::Check);
        }
        self.ids.extend(ready.facts.iter().map(|fact| fact.new.id));
        self.written
            .extend(streams().map(|stream| (stream, expects(stream))));
        Some(Place::Append)
    }
}
