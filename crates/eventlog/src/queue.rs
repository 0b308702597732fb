//! The way to a log's writer: bounded queues, one for each log that is written.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use sqlx::PgPool;
use tokio::sync::{Notify, Semaphore, mpsc};
use tokio::task::JoinHandle;

use crate::append::Ready;
use crate::group::Job;
use crate::writer::Writer;
use crate::{Appended, Error, LogId, MAX_APPEND_BYTES, answer, subscribe::Bell};

/// The most appends that wait in one log's queue; further callers wait to be let in.
pub const MAX_WAITING: usize = 4_096;
/// The most that waiting appends of one log take, in bytes of memory, about.
pub const MAX_WAITING_BYTES: usize = 64 * 1024 * 1024;

/// What one permit for memory stands for, in bytes.
const ROOM: usize = 1024;

const _: () = assert!(MAX_WAITING_BYTES >= 2 * MAX_APPEND_BYTES);

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
    call: Arc<Call>,
}

/// Calls the writer when so many appends wait: it has no use for each single one.
#[derive(Debug)]
pub(crate) struct Call {
    at: AtomicUsize,
    /// How many callers were told and have not gone on since. They may be about to ask again.
    told: AtomicUsize,
    made: Notify,
}

/// Goes to a caller with what it is told, and ends when the caller goes on, or is gone.
#[derive(Debug)]
pub(crate) struct GoesOn(Arc<Call>);

impl Drop for GoesOn {
    fn drop(&mut self) {
        if self.0.told.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.0.made.notify_one();
        }
    }
}

impl Call {
    fn new() -> Self {
        Self {
            at: AtomicUsize::new(usize::MAX),
            told: AtomicUsize::new(0),
            made: Notify::new(),
        }
    }

    /// One more waits.
    fn look(&self, jobs: &mpsc::Sender<Job>) {
        let waiting = jobs.max_capacity() - jobs.capacity();
        let at = self.at.load(Ordering::SeqCst);
        // Only the first of them calls.
        if waiting >= at && self.at.swap(usize::MAX, Ordering::SeqCst) != usize::MAX {
            self.made.notify_one();
        }
    }

    /// One more caller is told.
    pub(crate) fn tell(self: &Arc<Self>) -> GoesOn {
        self.told.fetch_add(1, Ordering::SeqCst);
        GoesOn(self.clone())
    }

    /// Waits until so many wait. Ends at once when they do already.
    pub(crate) async fn wait(&self, jobs: &mpsc::Receiver<Job>, count: usize) {
        self.wait_while(jobs, count, || true).await;
    }

    /// Waits until so many wait, or all who were told have gone on.
    pub(crate) async fn wait_for_told(&self, jobs: &mpsc::Receiver<Job>, count: usize) {
        let some_are_told = || self.told.load(Ordering::SeqCst) > 0;
        self.wait_while(jobs, count, some_are_told).await;
    }

    async fn wait_while(
        &self,
        jobs: &mpsc::Receiver<Job>,
        count: usize,
        there_is_hope: impl Fn() -> bool,
    ) {
        self.at.store(count, Ordering::SeqCst);
        while jobs.len() < count && there_is_hope() {
            self.made.notified().await;
            self.at.store(count, Ordering::SeqCst);
        }
    }
}

impl Writers {
    pub(crate) async fn append(
        &self,
        pool: &PgPool,
        bell: &Arc<Bell>,
        ready: Ready,
    ) -> Result<Appended, Error> {
        let mut door = self.door(pool, bell, ready.log)?;
        let room = u32::try_from(ready.bytes / ROOM + 1).unwrap_or(u32::MAX);
        // The semaphore is never closed, but who asks it must be told so.
        let room = door.room.clone().acquire_many_owned(room).await;
        let (answer, answered) = answer::place();
        let mut job = Job {
            ready,
            answer,
            _room: room.map_err(|_| Error::Draining)?,
        };
        // A queue that closed for lack of work, or with its runtime, gives the job back.
        while let Err(mpsc::error::SendError(back)) = door.jobs.send(job).await {
            door = self.door(pool, bell, back.ready.log)?;
            job = back;
        }
        door.call.look(&door.jobs);
        match answered.await {
            Some((answer, _goes_on)) => answer,
            // The task went down with its runtime.
            None => Err(sqlx::Error::WorkerCrashed.into()),
        }
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
            call: Arc::new(Call::new()),
        };
        let call = door.call.clone();
        let writer = Writer::new(pool.clone(), bell.clone(), log, waiting, call);
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
