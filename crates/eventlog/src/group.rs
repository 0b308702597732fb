//! Appends that go to the database together: which may, and who is to be told what.

use std::collections::VecDeque;
use std::sync::Arc;

use foldhash::{HashMap, HashSet};
use tokio::sync::OwnedSemaphorePermit;
use uuid::Uuid;

use crate::answer::{Teller, When};
use crate::append::Ready;
use crate::next::{Edge, Known, Next, Previous, Turn};
use crate::queue::Call;
use crate::{Appended, Error, MAX_APPEND_BYTES};

/// The most facts in one transaction.
pub const MAX_BATCH_FACTS: usize = 1_000;
/// The most that the facts of one transaction take, in bytes of memory.
pub const MAX_BATCH_BYTES: usize = 8 * 1024 * 1024;
const _: () = assert!(MAX_BATCH_BYTES >= MAX_APPEND_BYTES);

/// An append that waits.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) ready: Ready,
    pub(crate) answer: Teller,
    /// Given back when it is answered.
    pub(crate) _room: OwnedSemaphorePermit,
}

/// What callers are to be told.
#[derive(Default)]
pub(crate) struct Told(pub(crate) Vec<(Job, Result<Appended, Error>)>);

impl Told {
    pub(crate) fn tell(&mut self, call: &Arc<Call>) {
        let when = if self.0.len() > 1 {
            When::WithTheOthers
        } else {
            When::AtOnce
        };
        for (job, answer) in self.0.drain(..) {
            job.answer.tell((answer, call.tell()), when);
        }
    }
}

/// Appends that go to the database together.
#[derive(Default)]
pub(crate) struct Batch {
    /// To be recorded, in this order. None depends on another.
    pub(crate) appends: Vec<Job>,
    /// Those that depend on one of them, or would be in its way: what stands against them already is
    /// said now, so that a hundred that lost against the same fact need not go one by one.
    pub(crate) checks: Vec<Job>,
}

impl Batch {
    pub(crate) fn of(job: Job) -> Self {
        Self {
            appends: vec![job],
            checks: Vec::new(),
        }
    }

    /// Takes as many as may go together from the front, and with what is on its way already. What stays
    /// behind keeps its order.
    pub(crate) fn form(
        waiting: &mut VecDeque<Job>,
        most: usize,
        on_its_way: Option<&Self>,
    ) -> Self {
        let mut forming = Forming::default();
        for job in on_its_way.iter().flat_map(|batch| &batch.appends) {
            forming.sent(&job.ready);
        }
        let places: Vec<Place> = waiting
            .iter()
            .take(most)
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

    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(crate) fn len(&self) -> usize {
        self.appends.len() + self.checks.len()
    }

    /// Whether it can be made ready for the short way, where the log will stand being known.
    pub(crate) fn is_plain(&self) -> bool {
        self.checks.is_empty() && self.appends.iter().all(|job| job.ready.is_numbered())
    }

    /// Whether everybody still waits for an answer.
    pub(crate) fn is_awaited(&self) -> bool {
        let mut jobs = self.appends.iter().chain(&self.checks);
        jobs.all(|job| !job.answer.is_closed())
    }

    /// Made ready for the short way; `None` when that will not do.
    pub(crate) fn after(
        &self,
        edge: &Edge,
        known: &Known,
        turn: Turn,
        previous: Previous,
    ) -> Option<Next> {
        if !self.checks.is_empty() {
            return None;
        }
        let ready: Vec<&Ready> = self.appends.iter().map(|job| &job.ready).collect();
        Next::ready(edge, known, &ready, turn, previous)
    }

    pub(crate) fn into_jobs(self) -> impl DoubleEndedIterator<Item = Job> {
        self.appends.into_iter().chain(self.checks)
    }

    pub(crate) fn fail(self, error: Error) -> Told {
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
    appends: usize,
    facts: usize,
    bytes: usize,
    commands: HashSet<Uuid>,
    ids: HashSet<Uuid>,
    /// The streams that are written, and by whom.
    written: HashMap<&'a str, By>,
}

/// Who writes a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum By {
    /// An append of the batch that is on its way.
    Earlier,
    /// An append of this batch, that expects it at a version.
    Expecting,
    /// An append of this batch, whatever its version.
    Any,
}

impl<'a> Forming<'a> {
    /// Takes in an append that is on its way.
    fn sent(&mut self, ready: &'a Ready) {
        self.commands.insert(ready.command);
        self.ids.extend(ready.facts.iter().map(|fact| fact.new.id));
        self.written
            .extend(streams(ready).map(|stream| (stream, By::Earlier)));
    }

    /// `None` when the batch is full.
    fn place(&mut self, ready: &'a Ready) -> Option<Place> {
        let (facts, bytes) = (self.facts + ready.facts.len(), self.bytes + ready.bytes);
        let full = facts > MAX_BATCH_FACTS || bytes > MAX_BATCH_BYTES;
        if full && self.appends > 0 {
            return None;
        }
        self.appends += 1;
        (self.facts, self.bytes) = (facts, bytes);
        let written = |stream: &str| self.written.get(stream).copied();
        let expected = || {
            ready
                .expected
                .iter()
                .map(|expected| written(&expected.stream))
        };
        if expected().any(|by| by == Some(By::Earlier))
            || !self.commands.insert(ready.command)
            || ready
                .facts
                .iter()
                .any(|fact| self.ids.contains(&fact.new.id))
        {
            return Some(Place::Later);
        }
        if expected().any(|by| by.is_some())
            || streams(ready).any(|stream| written(stream) == Some(By::Expecting))
        {
            return Some(Place::Check);
        }
        let expects = |stream: &str| ready.expected.iter().any(|other| other.stream == stream);
        let by = |stream| {
            if expects(stream) {
                By::Expecting
            } else {
                By::Any
            }
        };
        self.ids.extend(ready.facts.iter().map(|fact| fact.new.id));
        self.written
            .extend(streams(ready).map(|stream| (stream, by(stream))));
        Some(Place::Append)
    }
}

/// The streams that an append writes.
fn streams(ready: &Ready) -> impl Iterator<Item = &str> {
    ready.facts.iter().flat_map(|fact| {
        std::iter::once(&fact.new.stream)
            .chain(&fact.new.also)
            .map(String::as_str)
    })
}
