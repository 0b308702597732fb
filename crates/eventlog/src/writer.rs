//! Group commit: appends that wait at the same time are recorded in one transaction.
//!
//! One task per log takes appends in, forms batches, and sends them to the database: while one is on
//! its way, the next gathers. There is no waiting for strangers to come; a lone append goes at once.
//! Several processes may append to the same log: the head's row is the lock, and PostgreSQL lets them
//! have it in turn.
//!
//! Where the log will stand after a batch is known before it is stored, as long as nothing stands
//! against it. So the next batch is made ready meanwhile, and sent on a second connection: its facts are
//! inserted while the batch before is inserted and made durable, and it is committed after that one. If
//! the first comes to nothing, so does the second, and its appends go again.
//!
//! Processes that share a log stand in line with their batches: each says where the log will stand after
//! its own, so that the next can be made ready and inserted while that one is.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::future::join;
use sqlx::pool::PoolConnection;
use sqlx::{PgConnection, PgPool, Postgres};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, Sleep, timeout};

use crate::append::Ready;
use crate::group::{Batch, Job, Told};
use crate::next::{Answer, Clock, Edge, Known, Line, Next, Previous, Turn};
use crate::queue::{Call, MAX_WAITING};
use crate::{Appended, Error, LogId, batch, sql, subscribe::Bell};

/// How long the writer keeps its connection when nothing waits, at least, and at most twice as long:
/// the next append of a caller who just got an answer comes sooner than that.
const LINGER: Duration = Duration::from_millis(1);
/// So few callers go together: half of their appends take hardly less time than all.
const FEW_CALLERS: usize = 16;
/// A batch of fewer appends lets those who are ready to append join it.
const FEW: usize = 48;
/// From so many appends on it is worth two more ways there and back to have them inserted while another
/// process's are.
const WORTH_A_LINE: usize = 4;
/// How often a place in line is tried for.
const PLACES: usize = 4;
/// How long those who were answered have to go on, and perhaps to ask again, before others are served.
const GOING_ON: Duration = Duration::from_millis(1);
/// How long a log's task stays when nothing is appended.
const IDLE: Duration = Duration::from_secs(30);
/// The shortest time between two wake-ups for other processes.
const BETWEEN_NOTIFICATIONS: Duration = Duration::from_millis(5);
/// How long to wait before others are told again, when it failed.
const BETWEEN_TRIES: Duration = Duration::from_millis(100);
/// A pool of fewer connections is not asked for a second one: somebody else may need it.
const POOL_FOR_TWO: u32 = 4;

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
    /// For the batch that is sent while another is on its way.
    second: Option<PoolConnection<Postgres>>,
    /// On its way here, to be the second one.
    opening: Option<JoinHandle<Result<PoolConnection<Postgres>, sqlx::Error>>>,
    /// When to look whether the connections are still of use.
    linger: Pin<Box<Sleep>>,
    /// Whether nothing came since the last look.
    idle: bool,
    /// Where the log stood when it was last written.
    edge: Option<Edge>,
    /// Whether nobody else had written when it was written last.
    alone: bool,
    /// Whether nothing stood against what was appended last. Where something often does, what would fail
    /// then is not tried often.
    calm: bool,
    /// How streams stand, as long as nobody else writes.
    known: Known,
    /// The batch that is on its way, or will be next.
    first: Option<Flight>,
    /// The number of the last turn.
    turn: Turn,
    /// How many appends waited for an answer when the last one came.
    callers: usize,
    /// Of the last two batches, whether making it durable took longer than storing all that callers ask
    /// for.
    flushes: [Flush; 2],
    /// Wakes other processes.
    notify: watch::Sender<()>,
}

/// How long it takes to make a batch durable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Flush {
    /// Not so long as to store what all callers ask for.
    Quick,
    /// Longer.
    Slow,
}

/// A batch that goes the short way.
struct Flight {
    batch: Batch,
    stage: Stage,
    /// The number of its turn; `None` when nothing can follow before it is answered.
    turn: Option<Turn>,
    /// Where the log stands when it is stored.
    will_stand: Edge,
}

enum Stage {
    Ready(Next),
    Sent(Pin<Box<dyn Future<Output = Landed> + Send>>),
    Landed(Landed),
    /// Between two stages.
    Gone,
}

/// What came of a batch.
struct Landed {
    conn: PoolConnection<Postgres>,
    next: Next,
    answer: Result<Answer, Error>,
    /// How long that took.
    took: Duration,
}

impl Flight {
    fn new(batch: Batch, next: Next) -> Self {
        Self {
            batch,
            turn: next.turn(),
            will_stand: next.after().clone(),
            stage: Stage::Ready(next),
        }
    }

    fn is_sent(&self) -> bool {
        !matches!(self.stage, Stage::Ready(_))
    }

    /// Sends it off.
    async fn send(&mut self, mut conn: PoolConnection<Postgres>) {
        if let Stage::Ready(mut next) = std::mem::replace(&mut self.stage, Stage::Gone) {
            let begun = Instant::now();
            self.stage = Stage::Sent(Box::pin(async move {
                let answer = next.send(&mut conn).await;
                let took = begun.elapsed();
                Landed {
                    conn,
                    next,
                    answer,
                    took,
                }
            }));
            poll_fn(|cx| {
                self.go_on(cx);
                Poll::Ready(())
            })
            .await;
        }
    }

    /// Whether it is answered.
    fn go_on(&mut self, cx: &mut Context<'_>) -> bool {
        if let Stage::Sent(sending) = &mut self.stage
            && let Poll::Ready(landed) = sending.as_mut().poll(cx)
        {
            self.stage = Stage::Landed(landed);
        }
        matches!(self.stage, Stage::Landed(_))
    }

    /// Waits until it is answered, while the one behind it goes on too.
    async fn is_answered(&mut self, mut behind: Option<&mut Self>) {
        poll_fn(|cx| {
            if let Some(behind) = &mut behind {
                behind.go_on(cx);
            }
            if self.go_on(cx) {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        })
        .await;
    }
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
            second: None,
            opening: None,
            linger: Box::pin(tokio::time::sleep(LINGER)),
            idle: false,
            edge: None,
            alone: true,
            calm: true,
            known: Known::default(),
            first: None,
            turn: first_turn(),
            callers: 0,
            flushes: [Flush::Quick; 2],
            notify,
        }
    }

    pub(crate) async fn run(mut self) {
        let mut told = Told::default();
        loop {
            if let Some(flight) = self.first.take() {
                told = self.follow(flight, told).await;
                continue;
            }
            self.take_what_is_there();
            // When many wait, the database is not kept waiting while others are told.
            if self.waiting.len() < self.worth_going() {
                told.tell(&self.call);
                if !self.take_in().await {
                    return;
                }
            }
            let batch = self.form(None);
            if batch.is_empty() {
                told.tell(&self.call);
                continue;
            }
            let turn = self.next_turn();
            let next = self.edge.as_ref().filter(|_| self.smooth());
            match next.and_then(|edge| batch.after(edge, &self.known, turn, Previous::Over)) {
                Some(next) => self.first = Some(Flight::new(batch, next)),
                None => told = self.long_way(batch, told).await,
            }
        }
    }

    /// The most appends that go together. While one half of the callers are answered and ask again, the
    /// appends of the other half are stored. Where it takes longer to make a batch durable than to store
    /// it, or another process has its turn in between, all had better go together.
    fn most(&self) -> usize {
        if self.all_together() {
            return usize::MAX;
        }
        self.callers.div_ceil(2).max(1)
    }

    /// How many appends are worth to be sent without asking who else is about to append.
    fn enough(&self) -> usize {
        self.most().min(self.callers).max(1)
    }

    /// With so many nobody else is waited for. Where another process has its turn meanwhile, the database
    /// has something to do until all are there.
    fn worth_going(&self) -> usize {
        if self.alone {
            self.enough().min(FEW)
        } else {
            self.enough()
        }
    }

    /// Whether the short way will do.
    fn smooth(&self) -> bool {
        self.alone && self.calm
    }

    fn all_together(&self) -> bool {
        !self.smooth() || self.callers < FEW_CALLERS || self.flushes == [Flush::Slow; 2]
    }

    /// Learns who waited for an answer when this one came, before anybody is told of it.
    fn count(&mut self, answered: usize, on_their_way: usize) {
        self.callers = self.waiting.len() + self.jobs.len() + answered + on_their_way;
    }

    /// Learns how long it took to make a batch of so many appends durable.
    fn note(&mut self, appends: usize, clock: Clock, took: Duration) {
        let Some(spent) = clock.spent() else { return };
        let appends = u32::try_from(appends.max(1)).unwrap_or(u32::MAX);
        let callers = u32::try_from(self.callers).unwrap_or(u32::MAX);
        let storing_all = spent.storing.saturating_mul(callers) / appends;
        let flush = if took.saturating_sub(spent.known) > storing_all {
            Flush::Slow
        } else {
            Flush::Quick
        };
        self.flushes = [self.flushes[1], flush];
    }

    /// The next batch.
    fn form(&mut self, on_its_way: Option<&Batch>) -> Batch {
        self.waiting.retain(|job| !job.answer.is_closed());
        let most = self.most();
        Batch::form(&mut self.waiting, most, on_its_way)
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
    /// nothing. Whoever is ready runs first; there is no waiting for time to pass, unless somebody who was
    /// answered does not go on.
    async fn let_others_join(&mut self) {
        let enough = self.worth_going();
        let more = enough.saturating_sub(self.waiting.len());
        if more > 0 {
            let told = self.call.wait_for_told(&self.jobs, more);
            // Whoever has not gone on by then is not waited for.
            let _ = timeout(GOING_ON, told).await;
            self.take_what_is_there();
        }
        // The last of them may be asking at this moment.
        let mut before = 0;
        while self.waiting.len() > before && self.waiting.len() < enough {
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
                        (self.conn, self.second, self.opening) = (None, None, None);
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

    /// Sends a batch, if that is not done already, and waits for the answer. Meanwhile the callers of
    /// the one before are told, and the next is made ready and sent after it. Who is to be told next.
    async fn follow(&mut self, mut flight: Flight, mut before: Told) -> Told {
        if !flight.is_sent() {
            if !flight.batch.is_awaited() {
                // Whoever gave up by now has recorded nothing.
                self.put_back(flight.batch);
                before.tell(&self.call);
                return before;
            }
            match self.connection().await {
                Ok(conn) => flight.send(conn).await,
                Err(error) => {
                    before.tell(&self.call);
                    return flight.batch.fail(error);
                }
            }
        }
        before.tell(&self.call);
        let others = if self.all_together() {
            usize::MAX
        } else {
            // Half of the callers, or all that are left.
            let others = self.callers.saturating_sub(flight.batch.len());
            others.clamp(1, self.enough())
        };
        let mut behind: Option<Flight> = None;
        let mut hopeful = true;
        loop {
            let more = others.saturating_sub(self.waiting.len());
            tokio::select! {
                biased;
                () = flight.is_answered(behind.as_mut()) => break,
                () = self.call.wait(&self.jobs, more), if hopeful => {
                    hopeful = false;
                    self.take_what_is_there();
                    behind = self.ready_behind(&flight);
                    if let Some(behind) = &mut behind
                        && flight.turn.is_some()
                        && let Some(conn) = self.second_connection().await
                    {
                        behind.send(conn).await;
                    }
                }
            }
        }
        let Stage::Landed(Landed {
            conn,
            next,
            answer,
            took,
        }) = flight.stage
        else {
            // It was waited for.
            return flight.batch.fail(sqlx::Error::WorkerCrashed.into());
        };
        self.keep(conn, &answer);
        let on_their_way = behind.as_ref().map_or(0, |behind| behind.batch.len());
        self.count(flight.batch.len(), on_their_way);
        if let Ok(Answer::Stored(clock)) = answer {
            let appended = next.appended();
            self.note(appended.len(), clock, took);
            self.edge = Some(flight.will_stand.heard(clock));
            self.first = behind;
            return self.recorded(flight.batch, appended);
        }
        self.edge = Some(next.before());
        self.known.forget();
        // What was sent behind it has come to nothing, too; unless all is well but for the answer.
        let mut told = match behind {
            Some(behind) => self.fall_back(behind).await,
            None => Told::default(),
        };
        let others = match answer {
            Ok(_) => self.long_way(flight.batch, Told::default()).await,
            Err(error) => self.failed(flight.batch, error).await,
        };
        told.0.extend(others.0);
        told
    }

    /// Makes a batch ready to be stored behind the one that is on its way.
    fn ready_behind(&mut self, flight: &Flight) -> Option<Flight> {
        let batch = self.form(Some(&flight.batch));
        if batch.is_empty() {
            return None;
        }
        let turn = self.next_turn();
        let previous = flight.turn.map_or(Previous::Over, Previous::Own);
        let next = batch.after(&flight.will_stand, &self.known, turn, previous);
        match next {
            Some(next) => Some(Flight::new(batch, next)),
            None => {
                self.put_back(batch);
                None
            }
        }
    }

    /// What is to be told of a batch when the one before it was not stored, as far as is known.
    async fn fall_back(&mut self, mut behind: Flight) -> Told {
        if behind.is_sent() {
            behind.is_answered(None).await;
        }
        if let Stage::Landed(landed) = behind.stage {
            let Landed {
                conn, next, answer, ..
            } = landed;
            self.keep(conn, &answer);
            match answer {
                Ok(Answer::Stored(clock)) => {
                    // Then the one before was stored as well.
                    self.edge = Some(behind.will_stand.heard(clock));
                    return self.recorded(behind.batch, next.appended());
                }
                Err(error @ Error::Unavailable(_)) => return behind.batch.fail(error),
                Ok(Answer::Elsewhere | Answer::Refused) | Err(_) => {}
            }
        }
        self.put_back(behind.batch);
        Told::default()
    }

    /// Keeps a connection that is good.
    fn keep(&mut self, conn: PoolConnection<Postgres>, answer: &Result<Answer, Error>) {
        if matches!(answer, Err(Error::Unavailable(_))) {
            return;
        }
        if self.conn.is_none() {
            self.conn = Some(conn);
        } else {
            self.second = Some(conn);
        }
    }

    /// A second connection, when there is one without waiting for it.
    async fn second_connection(&mut self) -> Option<PoolConnection<Postgres>> {
        if let Some(conn) = self.conn.take().or_else(|| self.second.take()) {
            return Some(conn);
        }
        match &mut self.opening {
            Some(opening) if opening.is_finished() => {
                let opened = opening.await;
                self.opening = None;
                opened.ok()?.ok()
            }
            Some(_) => None,
            None => {
                if self.pool.options().get_max_connections() >= POOL_FOR_TWO {
                    let pool = self.pool.clone();
                    self.opening = Some(tokio::spawn(async move { pool.acquire().await }));
                }
                None
            }
        }
    }

    /// Sends a batch the long way, and tells the callers of the one before meanwhile; who is to be
    /// told next.
    async fn long_way(&mut self, batch: Batch, mut before: Told) -> Told {
        let call = self.call.clone();
        let (sent, ()) = join(self.send(&batch), async { before.tell(&call) }).await;
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
        self.known.forget();
        let answers = self.send_on(&mut conn, batch).await;
        if !matches!(answers, Err(Error::Unavailable(_))) {
            self.conn = Some(conn);
        }
        self.count(batch.len(), 0);
        let answers = answers?;
        let stood = self.edge.as_ref().map(Edge::position);
        self.alone = stood.is_none() || stood == answers.before;
        self.calm = answers
            .appended
            .iter()
            .all(|it| matches!(it, Ok(Appended::Now { .. })));
        self.edge.clone_from(&answers.edge);
        Ok(answers)
    }

    async fn send_on(
        &mut self,
        conn: &mut PgConnection,
        batch: &Batch,
    ) -> Result<batch::Answers, Error> {
        let in_line = self.calm && !self.alone && batch.len() >= WORTH_A_LINE && batch.is_plain();
        if in_line && let Some(answers) = self.in_line(conn, batch).await? {
            return Ok(answers);
        }
        let ready: Vec<&Ready> = batch.appends.iter().map(|job| &job.ready).collect();
        let checks: Vec<&Ready> = batch.checks.iter().map(|job| &job.ready).collect();
        batch::append(conn, &ready, &checks, false).await
    }

    /// Sends a batch behind those of other processes. `None` when something stands against it.
    async fn in_line(
        &mut self,
        conn: &mut PgConnection,
        batch: &Batch,
    ) -> Result<Option<batch::Answers>, Error> {
        for _ in 0..PLACES {
            let Some(line) = Line::look(conn, self.log).await? else {
                return Ok(None);
            };
            let turn = self.next_turn();
            let next = batch.after(&line.end, &self.known, turn, line.previous);
            let Some(mut next) = next else {
                return Ok(None);
            };
            if !line.join(conn, self.log, turn, &next).await? {
                continue;
            }
            let answer = next.send(conn).await;
            if let Ok(Answer::Stored(clock)) = answer {
                let after = next.after().clone().heard(clock);
                let answers = batch::Answers::next(&line.end, next.appended(), after);
                return Ok(Some(answers));
            }
            if !matches!(answer, Err(Error::Unavailable(_))) {
                Line::break_up(conn, self.log, self.next_turn()).await?;
            }
            if !matches!(answer?, Answer::Elsewhere) {
                return Ok(None);
            }
        }
        Ok(None)
    }

    fn next_turn(&mut self) -> Turn {
        self.turn = self.turn.wrapping_add(1);
        self.turn
    }

    async fn connection(&mut self) -> Result<PoolConnection<Postgres>, Error> {
        match self.conn.take().or_else(|| self.second.take()) {
            Some(conn) => Ok(conn),
            None => Ok(self.pool.acquire().await?),
        }
    }

    fn put_back(&mut self, batch: Batch) {
        for job in batch.into_jobs().rev() {
            self.waiting.push_front(job);
        }
    }

    /// What everybody is to be told whose appends were recorded the short way.
    fn recorded(&mut self, mut batch: Batch, appended: Vec<Appended>) -> Told {
        for job in &mut batch.appends {
            self.known.recorded(&mut job.ready);
        }
        self.settle(batch, batch::Answers::all(appended))
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

/// Where turns are counted from: nobody else's are near.
fn first_turn() -> Turn {
    let mut bytes = [0; size_of::<Turn>()];
    // Without chance it is 0: who meets somebody else's turn only waits for it.
    let _ = getrandom::fill(&mut bytes);
    Turn::from_ne_bytes(bytes)
}
