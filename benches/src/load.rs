//! Callers in a closed loop: each asks, waits for the answer, asks again.

use std::future::Future;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use serde::{Deserialize, Serialize};
use tokio::task::JoinSet;

use crate::fact::Stream;

/// How often one append is tried again after it was refused as concurrent.
const MOST_REFUSALS: u64 = 1_000;

/// How one try to append went.
pub(crate) enum Answer {
    /// Recorded and durable; the mark is the store's own.
    Recorded(i64),
    /// Refused because of something concurrent: to be tried again.
    Refused,
}

/// Whoever can append one fact to a stream at the version its caller saw.
pub(crate) trait Store: Clone + Send + Sync + 'static {
    fn append(&self, stream: &Stream) -> impl Future<Output = Result<Answer>> + Send;
}

/// A time to run: what happens in `warming` is thrown away.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Span {
    pub(crate) warming: Duration,
    pub(crate) measured: Duration,
}

/// What was counted in a span. Only acknowledged appends count.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Tally {
    /// How long each took, from the first try to the acknowledgement.
    pub(crate) micros: Vec<u32>,
    /// What one entry of `micros` stands for: facts of a batch.
    pub(crate) each: u32,
    /// Tries that were refused as concurrent and made again.
    pub(crate) refused: u64,
    pub(crate) seconds: f64,
}

impl Tally {
    pub(crate) fn new(span: Span, each: u32) -> Tally {
        Tally {
            each,
            seconds: span.measured.as_secs_f64(),
            ..Tally::default()
        }
    }

    /// Takes in what happened at the same time elsewhere.
    pub(crate) fn merge(&mut self, other: Tally) {
        self.micros.extend(other.micros);
        self.refused += other.refused;
        self.each = other.each;
        self.seconds = other.seconds;
    }

    pub(crate) fn per_second(&self) -> f64 {
        self.micros.len() as f64 * f64::from(self.each) / self.seconds
    }

    /// The time that `share` of the appends stayed below, in milliseconds.
    pub(crate) fn percentile_ms(&self, share: f64) -> f64 {
        let mut sorted = self.micros.clone();
        sorted.sort_unstable();
        let last = sorted.len().saturating_sub(1);
        let index = (last as f64 * share).round() as usize;
        sorted
            .get(index)
            .map_or(f64::NAN, |&micros| f64::from(micros) / 1_000.0)
    }
}

/// When measuring begins and ends, for one caller.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock {
    from: Instant,
    until: Instant,
}

impl Clock {
    pub(crate) fn start(span: Span) -> Clock {
        let from = Instant::now() + span.warming;
        Clock {
            from,
            until: from + span.measured,
        }
    }

    pub(crate) fn is_over(&self) -> bool {
        Instant::now() >= self.until
    }

    /// Whether what ends now counts.
    pub(crate) fn counts(&self) -> bool {
        let now = Instant::now();
        self.from <= now && now < self.until
    }

    /// Takes in something that began at `begun` and ends now.
    pub(crate) fn note(&self, tally: &mut Tally, begun: Instant) {
        if self.counts() {
            let micros = u32::try_from(begun.elapsed().as_micros()).unwrap_or(u32::MAX);
            tally.micros.push(micros);
        }
    }
}

/// Lets so many callers append.
pub(crate) async fn drive(store: &impl Store, callers: usize, span: Span) -> Result<Tally> {
    let clock = Clock::start(span);
    let mut running = JoinSet::new();
    for _ in 0..callers {
        let store = store.clone();
        running.spawn(async move { call(&store, clock, span).await });
    }
    let mut total = Tally::new(span, 1);
    while let Some(ended) = running.join_next().await {
        total.merge(ended??);
    }
    Ok(total)
}

async fn call(store: &impl Store, clock: Clock, span: Span) -> Result<Tally> {
    let mut tally = Tally::new(span, 1);
    let mut stream = Stream::new();
    while !clock.is_over() {
        let begun = Instant::now();
        let mut refusals = 0;
        let mark = loop {
            match store.append(&stream).await? {
                Answer::Recorded(mark) => break mark,
                Answer::Refused => refusals += 1,
            }
            if refusals > MOST_REFUSALS {
                bail!("an append was refused {refusals} times");
            }
        };
        tally.refused += refusals;
        stream.recorded(mark);
        clock.note(&mut tally, begun);
    }
    Ok(tally)
}
