//! The short way to append: who wrote the log's last facts knows where it stands, and makes the next
//! ones ready to be stored, hashes and tree included. The database looks whether the log still stands
//! there; if not, nothing is done.

use std::time::Duration;

use chrono::{DateTime, NaiveDate, SubsecRound as _, TimeDelta, Utc};
use foldhash::HashMap;
use proof::merkle::{Frontier, HASH_BYTES, Hash};
use proof::record::{SALT_BYTES, time};
use sqlx::error::{BoxDynError, DatabaseError};
use sqlx::postgres::PgArguments;
use sqlx::{Arguments as _, Execute as _, PgConnection};
use tokio::time::Instant;
use uuid::Uuid;

use crate::append::{Ready, ReadyFact};
use crate::{Appended, Error, LogId, Position, Version, batch::place, log, sql};

/// Our clock may run faster than the database's by one part in so many. What is reckoned must not be
/// ahead of it.
const DRIFT: i32 = 1_000;

/// SQLSTATEs by which `eventlog.append_next` undoes what it did: the log stands elsewhere, somebody else
/// has locked the head, and somebody else has keys that it needs and waits for some that it has.
const ELSEWHERE: [&str; 3] = ["EL005", "55P03", "40P01"];
/// And this when streams are not as they are expected.
const WRITTEN: &str = "EL006";

/// How many arguments `eventlog.append_next` has.
const ARGUMENTS: usize = 33;
/// What they take for a fact, at most, beside its texts and its payload.
const EACH_BYTES: usize = 256;
/// The most streams whose versions are remembered, and those of one append more.
const MAX_KNOWN: usize = 8_192;

/// Names one call of `eventlog.append_next` among all that are under way in a database.
pub(crate) type Turn = i64;

/// Where a log stands.
#[derive(Debug, Clone)]
pub(crate) struct Edge {
    frontier: Frontier,
    recorded_at: DateTime<Utc>,
    clock: Clock,
}

/// What the database's clock showed, and when that was heard of.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock {
    showed: DateTime<Utc>,
    heard: Instant,
    /// What the call said of itself; a lone fact's says nothing.
    spent: Option<Spent>,
}

/// What the time went by with that a batch took the database.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Spent {
    /// Storing its facts.
    pub(crate) storing: Duration,
    /// All, but for making it durable: what the caller waits longer than that, it waits for the disk and
    /// for the way there and back.
    pub(crate) known: Duration,
}

impl Clock {
    /// As `eventlog.append_next` and `eventlog.append_one` answer it: a single time, or three of which
    /// the last is that.
    fn read(clocks: &[DateTime<Utc>]) -> Option<Self> {
        let showed = *clocks.last()?;
        let since = |begun: DateTime<Utc>, at: DateTime<Utc>| (at - begun).to_std();
        let spent = match clocks {
            [begun, stored, ended] => Some(Spent {
                // A clock may step back.
                storing: since(*begun, *stored).unwrap_or_default(),
                known: since(*begun, *ended).unwrap_or_default(),
            }),
            _ => None,
        };
        Some(Self {
            spent,
            ..Self::now(showed)
        })
    }

    /// Heard of at this moment, in a call that says nothing of itself.
    fn now(showed: DateTime<Utc>) -> Self {
        Self {
            showed,
            heard: Instant::now(),
            spent: None,
        }
    }

    /// What the call said of itself.
    pub(crate) fn spent(&self) -> Option<Spent> {
        self.spent
    }
}

impl Edge {
    /// Just heard of, with the frontier as it is stored. `None` when that is not one.
    pub(crate) fn new(
        position: Position,
        recorded_at: DateTime<Utc>,
        stored: &[u8],
    ) -> Option<Self> {
        Some(Self {
            frontier: log::frontier(position, stored)?,
            recorded_at,
            clock: Clock::now(recorded_at),
        })
    }

    /// The log's last position.
    pub(crate) fn position(&self) -> Position {
        Position::try_from(self.frontier.size()).unwrap_or(Position::MAX)
    }

    /// Reckons from a later look at the database's clock.
    pub(crate) fn heard(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// When what is recorded now was recorded.
    fn now(&self) -> DateTime<Utc> {
        let passed = TimeDelta::from_std(self.clock.heard.elapsed()).unwrap_or_default();
        let now = self.clock.showed + (passed - passed / DRIFT);
        now.trunc_subsecs(6).max(self.recorded_at)
    }
}

/// The calls that go before another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Previous {
    /// None are under way.
    Over,
    /// One of ours: what it writes is known.
    Own(Turn),
    /// Those that stand in line, other processes' too: the last of them, unless they are over.
    Shared(Option<Turn>),
}

impl Previous {
    fn turn(self) -> Option<Turn> {
        match self {
            Self::Over => None,
            Self::Own(turn) => Some(turn),
            Self::Shared(turn) => turn,
        }
    }
}

/// The end of the line in which processes that share a log stand with their groups. See
/// `eventlog.claimed`.
pub(crate) struct Line {
    /// Where the log will stand.
    pub(crate) end: Edge,
    /// The calls that must go first.
    pub(crate) previous: Previous,
    /// The last claim.
    seen: Option<Turn>,
}

/// What `eventlog.claimed` answers.
type Claimed = (
    Option<Turn>,
    Option<Turn>,
    Option<Position>,
    Option<DateTime<Utc>>,
    Option<Vec<u8>>,
    DateTime<Utc>,
);

impl Line {
    /// Looks where its end is; `None` when there is no such log.
    pub(crate) async fn look(conn: &mut PgConnection, log: LogId) -> Result<Option<Self>, Error> {
        let (seen, previous, position, recorded_at, frontier, showed): Claimed =
            sqlx::query_as(sql::CLAIMED)
                .bind(log)
                .fetch_one(conn)
                .await?;
        let clock = Clock::now(showed);
        let stands = position.zip(recorded_at).zip(frontier);
        Ok(stands.and_then(|((position, recorded_at), frontier)| {
            Some(Self {
                end: Edge::new(position, recorded_at, &frontier)?.heard(clock),
                previous: Previous::Shared(previous),
                seen,
            })
        }))
    }

    /// Joins it with facts that were made ready for its end; false when somebody else was faster.
    pub(crate) async fn join(
        &self,
        conn: &mut PgConnection,
        log: LogId,
        turn: Turn,
        next: &Next,
    ) -> Result<bool, Error> {
        let after = next.after();
        let joined = sqlx::query_scalar(sql::CLAIM)
            .bind(log)
            .bind(self.seen)
            .bind(turn)
            .bind(after.position())
            .bind(after.recorded_at)
            .bind(stored(&after.frontier))
            .fetch_one(conn)
            .await?;
        Ok(joined)
    }

    /// Sends everybody away: one of the groups came to nothing, and so will those behind it. `turn` is
    /// nobody's.
    pub(crate) async fn break_up(
        conn: &mut PgConnection,
        log: LogId,
        turn: Turn,
    ) -> Result<(), Error> {
        sqlx::query(sql::UNCLAIM)
            .bind(log)
            .bind(turn)
            .execute(conn)
            .await?;
        Ok(())
    }
}

/// The versions of streams that were written last, by nobody but us: as long as the log stands where we
/// have left it, so do they.
#[derive(Debug, Default)]
pub(crate) struct Known {
    recent: HashMap<String, Version>,
    /// Given up when there are enough recent ones: who goes on with such a stream asks the database.
    older: HashMap<String, Version>,
}

impl Known {
    fn version(&self, stream: &str) -> Option<Version> {
        let recent = self.recent.get(stream);
        recent.or_else(|| self.older.get(stream)).copied()
    }

    /// Takes in an append that was recorded the short way: all its versions are known.
    pub(crate) fn recorded(&mut self, ready: &mut Ready) {
        for fact in &mut ready.facts {
            let own = (std::mem::take(&mut fact.new.stream), fact.version);
            let also = fact.new.also.drain(..).zip(fact.also_versions.drain(..));
            for (stream, version) in std::iter::once(own).chain(also) {
                self.recent.extend(version.map(|version| (stream, version)));
            }
        }
        if self.recent.len() >= MAX_KNOWN / 2 {
            std::mem::swap(&mut self.recent, &mut self.older);
            self.recent.clear();
        }
    }

    /// Somebody else may have written.
    pub(crate) fn forget(&mut self) {
        *self = Self::default();
    }
}

/// What the database says of facts that were ready to be stored.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Answer {
    /// They are, and its clock showed this.
    Stored(Clock),
    /// They are not: the log stands elsewhere, or somebody is moving it.
    Elsewhere,
    /// They are not: something stands against them.
    Refused,
}

/// Facts ready to be stored: where the log stands after them is known before they are.
pub(crate) struct Next {
    statement: &'static str,
    arguments: Result<PgArguments, BoxDynError>,
    /// The number of its turn, by which the next can wait for it; a lone fact has none.
    turn: Option<Turn>,
    /// Where the log stands before.
    before: Edge,
    /// Where it stands after.
    after: Edge,
    /// The position of the last fact of each append.
    lasts: Vec<Position>,
}

impl Next {
    /// Facts to be stored when the log stands at `before`, which it does after the calls `previous`. `None`
    /// when a version is not known: a stream that is written is not expected.
    pub(crate) fn ready(
        before: &Edge,
        known: &Known,
        appends: &[&Ready],
        turn: Turn,
        previous: Previous,
    ) -> Option<Self> {
        // Looked at first, so that nothing is hashed in vain.
        if !appends.iter().all(|ready| ready.is_numbered()) {
            return None;
        }
        let facts = appends.iter().map(|ready| ready.facts.len()).sum();
        let mut columns = Columns::new(before, facts);
        for ready in appends {
            columns.push(ready, known)?;
        }
        let log = appends.first()?.log;
        let one = columns.one(appends).filter(|_| previous == Previous::Over);
        let (statement, arguments) = match one {
            Some(ready) => (sql::APPEND_ONE, columns.plain(log, ready)),
            None => (sql::APPEND_NEXT, columns.arrays(log, turn, previous)),
        };
        Some(Self {
            statement,
            arguments,
            turn: one.is_none().then_some(turn),
            before: before.clone(),
            after: Edge {
                frontier: columns.after,
                recorded_at: columns.at,
                clock: before.clock,
            },
            lasts: columns.lasts,
        })
    }

    /// Stores them, unless something stands against it.
    pub(crate) async fn send(&mut self, conn: &mut PgConnection) -> Result<Answer, Error> {
        // Once; there is nothing to be sent a second time.
        let arguments = std::mem::replace(&mut self.arguments, Ok(PgArguments::default()));
        let arguments = arguments.map_err(sqlx::Error::Encode)?;
        let answer: Result<Option<Vec<DateTime<Utc>>>, sqlx::Error> =
            sqlx::query_scalar_with(self.statement, arguments)
                .fetch_one(conn)
                .await;
        match answer {
            Ok(clocks) => Ok(clocks
                .and_then(|clocks| Clock::read(&clocks))
                .map_or(Answer::Refused, Answer::Stored)),
            Err(sqlx::Error::Database(error)) => match self.undone(&*error) {
                Some(answer) => Ok(answer),
                None => Err(sqlx::Error::Database(error).into()),
            },
            Err(error) => Err(error.into()),
        }
    }

    /// What an error says when it only says that something stands against it.
    fn undone(&self, error: &dyn DatabaseError) -> Option<Answer> {
        if error.is_unique_violation() {
            return Some(Answer::Refused);
        }
        let code = error.code().filter(|_| self.turn.is_some())?;
        if code == WRITTEN {
            return Some(Answer::Refused);
        }
        ELSEWHERE.contains(&&*code).then_some(Answer::Elsewhere)
    }

    /// The number of its turn; `None` when nothing can wait for it.
    pub(crate) fn turn(&self) -> Option<Turn> {
        self.turn
    }

    /// Where the log stood, when they were not.
    pub(crate) fn before(self) -> Edge {
        self.before
    }

    /// Where the log stands once they are stored.
    pub(crate) fn after(&self) -> &Edge {
        &self.after
    }

    /// What became of each append when they were stored.
    pub(crate) fn appended(&self) -> Vec<Appended> {
        let mut before = self.before.position();
        let appended = self.lasts.iter().map(|last| Appended::Now {
            first: std::mem::replace(&mut before, *last) + 1,
            last: *last,
            recorded_at: self.after.recorded_at,
        });
        appended.collect()
    }
}

/// Facts ready to be stored, by column. See `eventlog.append_next`.
struct Columns<'a> {
    before: &'a Edge,
    after: Frontier,
    at: DateTime<Utc>,
    /// `at` as it stands in records.
    time: String,
    /// The position of the last fact of each append.
    lasts: Vec<Position>,
    node_heights: Vec<i16>,
    node_indices: Vec<i64>,
    node_hashes: Vec<[u8; HASH_BYTES]>,
    begun: Vec<&'a str>,
    guard_streams: Vec<&'a str>,
    guard_versions: Vec<Version>,
    commands: Vec<Uuid>,
    command_facts: Vec<Option<i32>>,
    digests: Vec<Option<&'a [u8]>>,
    actors: Vec<&'a str>,
    ids: Vec<Uuid>,
    streams: Vec<&'a str>,
    versions: Vec<Version>,
    kinds: Vec<&'a str>,
    shapes: Vec<i16>,
    occurred_on: Vec<NaiveDate>,
    entered_at: Vec<Option<DateTime<Utc>>>,
    causes: Vec<Option<Uuid>>,
    salts: Vec<u8>,
    leaves: Vec<u8>,
    also: Vec<Option<&'a str>>,
    payloads: Vec<&'a str>,
    link_facts: Vec<i32>,
    link_streams: Vec<&'a str>,
    link_versions: Vec<Version>,
}

impl<'a> Columns<'a> {
    fn new(before: &'a Edge, facts: usize) -> Self {
        let at = before.now();
        Self {
            before,
            after: before.frontier.clone(),
            at,
            time: time(at),
            lasts: Vec::with_capacity(facts),
            node_heights: Vec::new(),
            node_indices: Vec::new(),
            node_hashes: Vec::new(),
            begun: Vec::with_capacity(facts),
            guard_streams: Vec::with_capacity(facts),
            guard_versions: Vec::with_capacity(facts),
            commands: Vec::with_capacity(facts),
            command_facts: Vec::with_capacity(facts),
            digests: Vec::with_capacity(facts),
            actors: Vec::with_capacity(facts),
            ids: Vec::with_capacity(facts),
            streams: Vec::with_capacity(facts),
            versions: Vec::with_capacity(facts),
            kinds: Vec::with_capacity(facts),
            shapes: Vec::with_capacity(facts),
            occurred_on: Vec::with_capacity(facts),
            entered_at: Vec::with_capacity(facts),
            causes: Vec::with_capacity(facts),
            salts: Vec::with_capacity(facts * SALT_BYTES),
            leaves: Vec::with_capacity(facts * HASH_BYTES),
            also: Vec::with_capacity(facts),
            payloads: Vec::with_capacity(facts),
            link_facts: Vec::new(),
            link_streams: Vec::new(),
            link_versions: Vec::new(),
        }
    }

    fn push(&mut self, ready: &'a Ready, known: &Known) -> Option<()> {
        for (index, fact) in ready.facts.iter().enumerate() {
            let ReadyFact { new, .. } = fact;
            let first = index == 0;
            self.leaf(fact);
            self.commands.push(ready.command);
            self.command_facts
                .push(first.then(|| place(ready.facts.len())));
            self.digests.push(first.then_some(ready.digest.as_slice()));
            self.actors.push(&ready.actor);
            self.ids.push(new.id);
            self.streams.push(&new.stream);
            self.versions.push(fact.version?);
            self.kinds.push(&new.kind);
            self.shapes.push(new.shape);
            self.occurred_on.push(new.occurred_on);
            self.entered_at.push(new.entered_at);
            self.causes.push(new.cause);
            self.salts.extend_from_slice(&fact.salt);
            self.also.push(fact.also.as_deref());
            self.payloads.push(fact.drafted.data());
            for (stream, version) in new.also.iter().zip(&fact.also_versions) {
                self.link_facts.push(place(self.ids.len()));
                self.link_streams.push(stream);
                self.link_versions.push((*version)?);
            }
        }
        for (expected, begins) in ready.expected.iter().zip(&ready.begins) {
            if let Some(version) = known.version(&expected.stream) {
                // As it should be, or there is a conflict to be told of.
                (version == expected.version).then_some(())?;
            } else if *begins {
                self.begun.push(&expected.stream);
            } else {
                self.guard_streams.push(&expected.stream);
                self.guard_versions.push(expected.version);
            }
        }
        self.lasts.push(Position::try_from(self.after.size()).ok()?);
        Some(())
    }

    /// Adds a leaf to the tree.
    fn leaf(&mut self, fact: &ReadyFact) {
        let position = self.after.size() + 1;
        let leaf = fact.drafted.leaf(position, &self.time);
        self.leaves.extend_from_slice(&leaf.0);
        let nodes = (
            &mut self.node_heights,
            &mut self.node_indices,
            &mut self.node_hashes,
        );
        self.after.push_stored(leaf, |node, hash| {
            nodes.0.push(node.height.into());
            nodes.1.push(i64::try_from(node.index).unwrap_or(i64::MAX));
            nodes.2.push(hash.0);
        });
    }

    /// The append, when it is all there is, and `eventlog.append_one` can store it.
    fn one<'r>(&self, appends: &[&'r Ready]) -> Option<&'r Ready> {
        let [ready] = appends else { return None };
        let [fact] = &ready.facts[..] else {
            return None;
        };
        let [expected] = &ready.expected[..] else {
            return None;
        };
        let plain = expected.stream == fact.new.stream
            && fact.new.also.is_empty()
            && self.node_hashes.is_empty();
        plain.then_some(ready)
    }

    fn plain(&self, log: LogId, ready: &Ready) -> Result<PgArguments, BoxDynError> {
        let fact = &ready.facts[0];
        let mut query = sqlx::query(sql::APPEND_ONE)
            .bind(log)
            .bind(self.before.position())
            .bind(stored(&self.before.frontier))
            .bind(self.at)
            .bind(stored(&self.after))
            .bind(ready.command)
            .bind(&ready.digest)
            .bind(&ready.actor)
            .bind(fact.new.id)
            .bind(&fact.new.stream)
            .bind(fact.version)
            .bind(self.begun.is_empty() && self.guard_streams.is_empty())
            .bind(&fact.new.kind)
            .bind(fact.new.shape)
            .bind(fact.new.occurred_on)
            .bind(fact.new.entered_at)
            .bind(fact.new.cause)
            .bind(&fact.salt[..])
            .bind(&self.leaves)
            .bind(fact.drafted.data());
        Ok(query.take_arguments()?.unwrap_or_default())
    }

    fn arrays(
        &self,
        log: LogId,
        turn: Turn,
        previous: Previous,
    ) -> Result<PgArguments, BoxDynError> {
        // What it takes is known, about: it is not to be moved as it grows.
        let texts = |texts: &[&str]| texts.iter().map(|text| text.len() + 4).sum::<usize>();
        let bytes = texts(&self.payloads)
            + texts(&self.streams)
            + texts(&self.actors)
            + texts(&self.kinds)
            + texts(&self.begun)
            + texts(&self.guard_streams)
            + self.ids.len() * EACH_BYTES;
        let mut arguments = PgArguments::default();
        arguments.reserve(ARGUMENTS, bytes);
        let mut query = sqlx::query_with(sql::APPEND_NEXT, arguments)
            .bind(log)
            .bind(turn)
            .bind(previous.turn())
            .bind(matches!(previous, Previous::Shared(_)))
            .bind(self.before.position())
            .bind(stored(&self.before.frontier))
            .bind(self.at)
            .bind(stored(&self.after))
            .bind(some(&self.node_heights))
            .bind(some(&self.node_indices))
            .bind(some(&self.node_hashes))
            .bind(some(&self.begun))
            .bind(some(&self.guard_streams))
            .bind(some(&self.guard_versions))
            .bind(&self.commands)
            .bind(&self.command_facts)
            .bind(&self.digests)
            .bind(&self.actors)
            .bind(&self.ids)
            .bind(&self.streams)
            .bind(&self.versions)
            .bind(&self.kinds)
            .bind(&self.shapes)
            .bind(&self.occurred_on)
            .bind(or_none(&self.entered_at))
            .bind(or_none(&self.causes))
            .bind(&self.salts)
            .bind(&self.leaves)
            .bind(or_none(&self.also))
            .bind(&self.payloads)
            .bind(some(&self.link_facts))
            .bind(some(&self.link_streams))
            .bind(some(&self.link_versions));
        Ok(query.take_arguments()?.unwrap_or_default())
    }
}

/// A frontier as it is stored: from the smallest subtree to the largest.
fn stored(frontier: &Frontier) -> Vec<u8> {
    let hashes = frontier.hashes().iter().rev();
    hashes.flat_map(|Hash(hash)| hash).copied().collect()
}

/// An array, unless it is empty.
fn some<T>(column: &[T]) -> Option<&[T]> {
    (!column.is_empty()).then_some(column)
}

/// An array, unless it has nothing but null, as it does most of the time.
fn or_none<T>(column: &[Option<T>]) -> Option<&[Option<T>]> {
    column.iter().any(Option::is_some).then_some(column)
}
