//! Following a log: a position is the truth, notifications only wake.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures_util::stream::{self, BoxStream, StreamExt};
use sqlx::postgres::{PgListener, PgPool, PgPoolOptions};
use tokio::sync::broadcast::{self, error::RecvError};
use tokio::task::JoinHandle;

use crate::read::gapless;
use crate::{Error, LogId, Position, READ_BATCH, Reader, Recorded};

/// The channel on which appends notify; the payload is the log's id.
pub const CHANNEL: &str = "eventlog";
/// The listening connection's `application_name`.
pub const LISTENER_NAME: &str = "eventlog listener";
/// How long a subscription sleeps at most before it looks again, though it heard nothing; unless
/// [told otherwise](crate::EventLog::polling_every).
pub const POLL_INTERVAL: Duration = Duration::from_secs(5);

/// How long a lost listener waits before it connects again: at first, and at most.
const RECONNECT_AFTER: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(5));
/// How many wake-ups a subscription may be behind before it just looks.
const BELL_CAPACITY: usize = 64;

/// Follows a log from a position on, for ever: every fact once, in order.
#[derive(Debug)]
pub struct Subscription {
    events: Reader,
    log: LogId,
    after: Position,
    bell: broadcast::Receiver<Ring>,
}

/// Something may be new.
#[derive(Debug, Clone, Copy)]
enum Ring {
    In(LogId),
    /// Notifications may have been missed.
    Anywhere,
}

/// The process's one listening connection, shared by all subscriptions of a [`Reader`].
#[derive(Debug)]
pub(crate) struct Bell {
    rings: broadcast::Sender<Ring>,
    listener: Mutex<Option<JoinHandle<()>>>,
}

impl Reader {
    /// Follows a log from after a position on; 0 for all of it. A log that does not exist yet has
    /// no facts yet.
    pub fn subscribe(&self, log: LogId, after: Position) -> Subscription {
        Subscription {
            events: self.clone(),
            log,
            after,
            bell: self.bell.rings.subscribe(),
        }
    }
}

impl Subscription {
    /// The next facts, at least one and at most [`READ_BATCH`]; waits until there are some.
    /// Dropping the future loses nothing.
    ///
    /// # Errors
    /// Faults of the database and [`Error::Gap`]. The subscription stays where it was and can be
    /// asked again.
    pub async fn next(&mut self) -> Result<Vec<Recorded>, Error> {
        self.events.bell.listen(self.events.source.pool());
        loop {
            // What rang before the read is answered by the read.
            self.bell = self.bell.resubscribe();
            let batch = self.events.read(self.log, self.after, READ_BATCH).await?;
            if let Some(last) = batch.last() {
                gapless(self.log, self.after, &batch)?;
                self.after = last.position;
                return Ok(batch);
            }
            // No answer in time is the slow poll.
            let _ = tokio::time::timeout(self.events.poll, self.rung()).await;
        }
    }

    /// The position of the last fact handed out.
    #[must_use]
    pub fn position(&self) -> Position {
        self.after
    }

    /// As a stream of batches, which never ends. After an error it goes on where it was.
    #[must_use]
    pub fn into_stream(self) -> BoxStream<'static, Result<Vec<Recorded>, Error>> {
        stream::unfold(self, |mut this| async move {
            let next = this.next().await;
            Some((next, this))
        })
        .boxed()
    }

    async fn rung(&mut self) {
        loop {
            match self.bell.recv().await {
                Ok(Ring::In(log)) if log != self.log => {}
                // `Closed` cannot be: the sender lives in the `Reader` held by `self`.
                Ok(_) | Err(RecvError::Lagged(_) | RecvError::Closed) => return,
            }
        }
    }
}

impl Bell {
    pub(crate) fn new() -> Self {
        let (rings, _) = broadcast::channel(BELL_CAPACITY);
        let listener = Mutex::new(None);
        Self { rings, listener }
    }

    /// Wakes who follows a log in this process.
    pub(crate) fn ring(&self, log: LogId) {
        // Fails when nobody waits, which is fine.
        let _ = self.rings.send(Ring::In(log));
    }

    /// Starts the listener unless it runs. It may have ended with a runtime that is gone.
    fn listen(&self, pool: &PgPool) {
        let mut listener = self.listener.lock().unwrap_or_else(PoisonError::into_inner);
        if listener.as_ref().is_none_or(JoinHandle::is_finished) {
            *listener = Some(tokio::spawn(listen(pool.clone(), self.rings.clone())));
        }
    }
}

impl Drop for Bell {
    fn drop(&mut self) {
        let listener = self
            .listener
            .get_mut()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(listener) = listener {
            listener.abort();
        }
    }
}

/// Listens until the pool it was made from is closed.
async fn listen(pool: PgPool, rings: broadcast::Sender<Ring>) {
    // A connection of its own, so that a small pool is not one smaller.
    let options = pool.connect_options();
    let own = PgPoolOptions::new()
        .max_connections(1)
        .max_lifetime(None)
        .idle_timeout(None)
        .connect_lazy_with((*options).clone().application_name(LISTENER_NAME));
    let closed = pool.close_event();
    drop(pool);
    tokio::select! {
        () = closed => own.close().await,
        () = keep_listening(&own, &rings) => {}
    }
}

/// Listens for ever, connecting again as often as needed.
async fn keep_listening(own: &PgPool, rings: &broadcast::Sender<Ring>) {
    let (first, most) = RECONNECT_AFTER;
    let mut pause = first;
    loop {
        match connect(own).await {
            Ok(mut listener) => {
                pause = first;
                let error = forward(&mut listener, rings).await;
                tracing::warn!(%error, "the log's listening connection was lost");
            }
            Err(error) => tracing::warn!(%error, "the log's listening connection failed"),
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(most);
    }
}

async fn connect(pool: &PgPool) -> Result<PgListener, sqlx::Error> {
    let mut listener = PgListener::connect_with(pool).await?;
    listener.listen(CHANNEL).await?;
    Ok(listener)
}

/// Passes notifications on until the connection fails.
async fn forward(listener: &mut PgListener, rings: &broadcast::Sender<Ring>) -> sqlx::Error {
    // What was appended while nobody listened. Sending fails when nobody waits, which is fine.
    let _ = rings.send(Ring::Anywhere);
    loop {
        let ring = match listener.try_recv().await {
            Ok(Some(notification)) => notification
                .payload()
                .parse()
                .map_or(Ring::Anywhere, Ring::In),
            Ok(None) => Ring::Anywhere,
            Err(error) => return error,
        };
        let _ = rings.send(ring);
    }
}
