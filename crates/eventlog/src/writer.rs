//! Group commit: appends that wait at the same time are recorded in one transaction.
//!
//! One task per log takes appends in, forms batches, and sends them to the database: while one is on
//! its way, the next gathers. There is no waiting for more to come; a lone append goes at once.
//! Several processes may append to the same log: the head's row is the lock, and PostgreSQL lets them
//! have it in turn.
//!
//! Where the log will stand after a batch is known before it is stored, as long as nothing stands
//! against it. So the next batch is made ready meanwhile, and sent as soon as the one before is stored;
//! if that comes to nothing, it is made ready anew.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use futures_util::future::join;
use sqlx::pool::PoolConnection;
use sqlx::{PgPool, Postgres};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, Sleep, timeout};

use crate::append::Ready;
use crate::group::{Batch, Job, Told};
use crate::next::{Edge, Next};
use crate::queue::{Call, MAX_WAITING};
use crate::{Appended, Error, LogId, batch, sql, subscribe::Bell};

/// How long the writer keeps its connection when nothing waits, at least, and at most twice as long:
/// the next append of a caller who just got an answer comes sooner than that.
const LINGER: Duration = Duration::from_millis(1);
/// A batch of fewer appends lets those who are ready to append join it.
const FEW: usize = 48;
/// What a fact takes the database, at most, when there is nothing else to do.
const EACH_FACT: Duration = Duration::from_micros(30);
/// What a batch takes beside its facts, at most, where making it durable is quick.
const EACH_BATCH: Duration = Duration::from_micros(500);
/// How long a log's task stays when nothing is appended.
const IDLE: Duration = Duration::from_secs(30);
/// The shortest time between two wake-ups for other processes.
const BETWEEN_NOTIFICATIONS: Duration = Duration::from_millis(5);
/// How long to wait before others are told again, when it failed.
const BETWEEN_TRIES: Duration = Duration::from_millis(100);
/// Writes one log.
pub(crate) struct Writer {
    pool: PgPool,
    bell: Arc<Bell>,
    log: LogId,
    jobs: mpsc::Receiver<Job>,
    call: Arc<Call>,
    /// Taken in, in the order they came; at the front what has been looked at once already.
    waiting: VecDeque<Job>,
    conn: Option<PoolConnection<Postgres>>,
    /// When to look whether the connection is still of use.
    linger: Pin<Box<Sleep>>,
    /// Whether nothing came since the last look.
    idle: bool,
    /// Where the log stood when it was last written.
    edge: Option<Edge>,
    /// Whether nobody else wrote since, and nothing stood against what was appended: then the short
    /// way will do. Where it often does not, it is not tried often.
    smooth: bool,
    /// The batch to be sent when the one before is stored.
    prepared: Option<(Batch, Next)>,
    /// How many appends the batch had that was sent last.
    sent: usize,
    /// How long the last two batches took beside what their facts do.
    took: [Duration; 2],
    /// Wakes other processes.
    notify: watch::Sender<()>,
}

impl Writer {
    pub(crate) fn new(
        pool: PgPool,
        bell: Arc<Bell>,
        log: LogId,
        jobs: mpsc::Receiver<Job>,
        call: Arc<Call>,
    ) -> Self {
        let (notify, notified) = watch::channel(());
        tokio::spawn(tell_others(pool.clone(), log, notified));
        Self {
            pool,
            bell,
            log,
            jobs,
            call,
            waiting: VecDeque::new(),
            conn: None,
            linger: Box::pin(tokio::time::sleep(LINGER)),
            idle: false,
            edge: None,
            smooth: true,
            prepared: None,
            sent: 0,
            took: [Duration::ZERO; 2],
            notify,
        }
    }

    pub(crate) async fn run(mut self) {
        let mut told = Told::default();
        loop {
            if let Some((batch, next)) = self.prepared.take() {
                if batch.is_awaited() {
                    told = self.short_way(batch, next, told).await;
                    continue;
                }
                // Whoever gave up by now has recorded nothing.
                self.put_back(batch);
            }
            self.take_what_is_there();
            // When many wait, the database is not kept waiting while others are told.
            if self.waiting.len() < self.enough().min(FEW) {
                told.tell();
                if !self.take_in().await {
                    return;
                }
            }
            let batch = self.form();
            if batch.is_empty() {
                told.tell();
                continue;
            }
            let next = self.edge.as_ref().filter(|_| self.smooth);
            told = match next.and_then(|edge| batch.after(edge)) {
                Some(next) => self.short_way(batch, next, told).await,
                None => self.long_way(batch, told).await,
            };
        }
    }

    /// How many appends are worth to be sent without asking who else is about to append. While one half
    /// of the callers are answered and ask again, the appends of the other half are stored. Where it
    /// takes long to make a batch durable, however few are in it, or another process has its turn in
    /// between, all had better go together.
    fn enough(&self) -> usize {
        let callers = self.waiting.len() + self.sent;
        if !self.smooth || self.flushes_are_slow() {
            return callers.max(1);
        }
        callers.div_ceil(2).max(1)
    }

    fn flushes_are_slow(&self) -> bool {
        self.took.iter().all(|beside| *beside > EACH_BATCH)
    }

    /// Learns how long a batch took.
    fn note(&mut self, facts: usize, begun: Instant) {
        let facts = u32::try_from(facts).unwrap_or(u32::MAX);
        let beside = begun.elapsed().saturating_sub(EACH_FACT * facts);
        self.took = [self.took[1], beside];
    }

    /// The next batch.
    fn form(&mut self) -> Batch {
        self.waiting.retain(|job| !job.answer.is_closed());
        let most = self.enough();
        Batch::form(&mut self.waiting, most)
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
        self.let_others_join().await;
        true
    }

    /// Who was answered just now may be about to ask again: in a small batch each more costs next to
    /// nothing. Whoever is ready runs first; there is no waiting for time to pass.
    async fn let_others_join(&mut self) {
        let mut before = 0;
        while self.waiting.len() > before && self.waiting.len() < self.enough().min(FEW) {
            before = self.waiting.len();
            tokio::task::yield_now().await;
            self.take_what_is_there();
        }
    }

    fn take_what_is_there(&mut self) {
        while self.waiting.len() < MAX_WAITING
            && let Ok(job) = self.jobs.try_recv()
        {
            self.waiting.push_back(job);
        }
    }

    async fn next(&mut self) -> Option<Job> {
        // One look at the clock a millisecond, not a timer for each append.
        while self.conn.is_some() {
            if self.linger.is_elapsed() {
                self.idle = true;
                self.linger.as_mut().reset(Instant::now() + LINGER);
            }
            tokio::select! {
                biased;
                next = self.jobs.recv() => {
                    self.idle = false;
                    return next;
                }
                () = self.linger.as_mut() => {
                    if self.idle {
                        self.conn = None;
                    }
                }
            }
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

    /// Sends a batch that was made ready. Meanwhile the callers of the one before are told, and the
    /// next is made ready. Who is to be told next.
    async fn short_way(&mut self, batch: Batch, mut next: Next, mut before: Told) -> Told {
        let mut conn = match self.connection().await {
            Ok(conn) => conn,
            Err(error) => {
                self.take_back();
                before.tell();
                return batch.fail(error);
            }
        };
        self.sent = batch.len();
        let begun = Instant::now();
        let will_stand = next.after().clone();
        let mut sending = pin!(async move {
            let answer = next.send(&mut conn).await;
            (conn, next, answer)
        });
        let mut sent = poll_once(sending.as_mut()).await;
        before.tell();
        // The other half of the callers: then nobody else is about to ask.
        let others = if self.flushes_are_slow() {
            usize::MAX
        } else {
            self.sent
        };
        let mut hopeful = true;
        let (conn, next, answer) = loop {
            if let Some(sent) = sent.take() {
                break sent;
            }
            let more = others.saturating_sub(self.waiting.len());
            tokio::select! {
                biased;
                answer = &mut sending => sent = Some(answer),
                () = self.call.wait(&self.jobs, more), if hopeful => {
                    hopeful = false;
                    self.take_what_is_there();
                    let batch = self.form();
                    match batch.after(&will_stand) {
                        Some(next) => self.prepared = Some((batch, next)),
                        None => self.put_back(batch),
                    }
                }
            }
        };
        if !matches!(answer, Err(Error::Unavailable(_))) {
            self.conn = Some(conn);
        }
        if let Ok(Some(clock)) = answer {
            let appended = next.appended();
            self.note(appended.len(), begun);
            self.edge = Some(will_stand.heard(clock));
            return self.settle(batch, batch::Answers::all(appended));
        }
        // What was made ready to follow it does not.
        self.take_back();
        self.edge = Some(next.before());
        match answer {
            Ok(_) => self.long_way(batch, Told::default()).await,
            Err(error) => self.failed(batch, error).await,
        }
    }

    /// Sends a batch the long way, and tells the callers of the one before meanwhile; who is to be
    /// told next.
    async fn long_way(&mut self, batch: Batch, mut before: Told) -> Told {
        let (sent, ()) = join(self.send(&batch), async { before.tell() }).await;
        match sent {
            Ok(answers) => self.settle(batch, answers),
            Err(error) => self.failed(batch, error).await,
        }
    }

    async fn failed(&mut self, batch: Batch, error: Error) -> Told {
        // One of them is not to the database's liking: each for itself.
        if matches!(error, Error::Database(_)) && batch.len() > 1 {
            let mut told = Told::default();
            for job in batch.into_jobs() {
                let alone = Batch::of(job);
                told.0.extend(match self.send(&alone).await {
                    Ok(answers) => self.settle(alone, answers).0,
                    Err(error) => alone.fail(error).0,
                });
            }
            return told;
        }
        batch.fail(error)
    }

    async fn send(&mut self, batch: &Batch) -> Result<batch::Answers, Error> {
        let mut conn = self.connection().await?;
        self.sent = batch.len();
        let ready: Vec<&Ready> = batch.appends.iter().map(|job| &job.ready).collect();
        let checks: Vec<&Ready> = batch.checks.iter().map(|job| &job.ready).collect();
        let answers = batch::append(&mut conn, &ready, &checks, false).await;
        if !matches!(answers, Err(Error::Unavailable(_))) {
            self.conn = Some(conn);
        }
        let answers = answers?;
        let stood = self.edge.as_ref().map(Edge::position);
        self.smooth = (stood.is_none() || stood == answers.before)
            && answers
                .appended
                .iter()
                .all(|it| matches!(it, Ok(Appended::Now { .. })));
        self.edge.clone_from(&answers.edge);
        Ok(answers)
    }

    async fn connection(&mut self) -> Result<PoolConnection<Postgres>, Error> {
        match self.conn.take() {
            Some(conn) => Ok(conn),
            None => Ok(self.pool.acquire().await?),
        }
    }

    /// What was made ready in vain goes back to where it was.
    fn take_back(&mut self) {
        if let Some((batch, _)) = self.prepared.take() {
            self.put_back(batch);
        }
    }

    fn put_back(&mut self, batch: Batch) {
        for job in batch.into_jobs().rev() {
            self.waiting.push_front(job);
        }
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

/// Sets something going; what came of it, if it is done already.
async fn poll_once<F: Future>(mut going: Pin<&mut F>) -> Option<F::Output> {
    poll_fn(|cx| {
        Poll::Ready(match going.as_mut().poll(cx) {
            Poll::Ready(done) => Some(done),
            Poll::Pending => None,
        })
    })
    .await
}
