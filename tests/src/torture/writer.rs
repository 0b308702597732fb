//! A process that appends straight through the log's own interface, with many callers at once, and
//! keeps a journal on standard output of all that it asks and is told.
//!
//! What a command holds follows from its id alone. So a journal is short, and whoever knows an id can
//! repeat its command.

use std::io::{BufRead, Write};
use std::time::Duration;

use anyhow::Context;
use chrono::{DateTime, NaiveDate};
use eventlog::{Append, Appended, Error, EventLog, Expected, LogId, NewFact, Position, Version};
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use tokio::sync::watch;
use tokio::time::sleep;
use uuid::Uuid;

/// Callers of one writer; they share its connections. Enough that the log parts them into halves, of which
/// one is inserted while the other is made durable.
pub(super) const CALLERS: u64 = 48;

const CONNECTIONS: u32 = 8;
/// Few, so that callers meet in them.
const STREAMS: u32 = 24;
/// How often a caller decides again when somebody else was faster.
const DECISIONS: u32 = 4;
/// Milliseconds between two commands of a caller: in a rush at the beginning of a round, and after
/// that, so that a log does not grow while others are waited for.
const RUSH: std::ops::Range<u64> = 0..5;
const AMBLE: std::ops::Range<u64> = 40..120;
/// While the other writer has the log to itself, almost: this one only shows that it is there.
const LULL: std::ops::Range<u64> = 3_000..9_000;
/// Commands a caller sends one upon the other in such a round.
const AT_ONCE: u32 = 40;
const AGAIN: Duration = Duration::from_millis(20);
const LATER: Duration = Duration::from_millis(200);
/// Commands of a rush.
const RUSHED: u32 = 40;
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);

/// Where a writer works.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// The log it appends to.
    pub log: LogId,
    /// Where its chance begins.
    pub seed: u64,
    /// Which writer it is.
    pub number: u64,
}

impl Place {
    /// What this writer does in a round.
    fn pace(&self, round: u64) -> Pace {
        match (Shared::of(round), self.number) {
            (Shared::Streams, _) => Pace::Common,
            (Shared::Log, _) | (Shared::Nothing, 0) => Pace::Own,
            (Shared::Nothing, _) => Pace::Lull,
        }
    }
}

/// What the writers share in a round. Where they meet in a stream, a group goes the log's long way nearly
/// always, as does one in which something is refused. Groups that follow each other before the first is
/// durable there are many only when each caller has a stream of its own: groups of one writer when it is
/// alone, else of both in turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shared {
    /// All of it.
    Streams,
    /// The log, but no stream.
    Log,
    /// One has it to itself.
    Nothing,
}

impl Shared {
    pub(super) fn of(round: u64) -> Self {
        match round % 3 {
            0 => Self::Nothing,
            1 => Self::Streams,
            _ => Self::Log,
        }
    }
}

/// How a writer goes about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pace {
    /// Its callers write to all streams.
    Common,
    /// Its callers write to what is their own, nearly always, as fast as it goes.
    Own,
    /// It writes hardly anything.
    Lull,
}

impl Pace {
    fn pause(self, steps: u32) -> Option<std::ops::Range<u64>> {
        match self {
            Self::Own if steps < AT_ONCE => None,
            Self::Lull => Some(LULL),
            Self::Common if steps < RUSHED => Some(RUSH),
            Self::Common | Self::Own => Some(AMBLE),
        }
    }

    /// Of how many commands each hundredth is drawn.
    fn commands(self) -> u32 {
        match self {
            Self::Own => 100_000,
            Self::Common | Self::Lull => 100,
        }
    }
}

/// How a command is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Manner {
    /// As it is.
    Plain,
    /// Under its id, with the digest of something else.
    Forged,
    /// A new command with a fact whose id the log has.
    Taken,
}

/// What came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Told {
    /// Recorded: by this call or before, from, to, and when in microseconds.
    Recorded(bool, Position, Position, i64),
    Conflict,
    Reused,
    Taken,
    Unavailable,
}

/// A line of the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// A caller sends a command, decided on a version of its first fact's stream.
    Sends(u64, Uuid, Manner, Option<Version>),
    /// A caller is told.
    Told(u64, Told),
    /// What no database's absence explains.
    Fault(String),
    /// Nothing more is sent.
    Rests,
}

impl Line {
    fn write(&self) -> String {
        match self {
            Self::Sends(caller, id, manner, guard) => {
                let manner = match manner {
                    Manner::Plain => "plain",
                    Manner::Forged => "forged",
                    Manner::Taken => "taken",
                };
                format!("sends {caller} {id} {manner} {}", guard.unwrap_or(-1))
            }
            Self::Told(caller, told) => {
                let told = match told {
                    Told::Recorded(already, first, last, at) => {
                        format!("recorded {already} {first} {last} {at}")
                    }
                    Told::Conflict => "conflict".to_owned(),
                    Told::Reused => "reused".to_owned(),
                    Told::Taken => "taken".to_owned(),
                    Told::Unavailable => "unavailable".to_owned(),
                };
                format!("told {caller} {told}")
            }
            Self::Fault(text) => format!("fault {}", text.replace('\n', " ")),
            Self::Rests => "rests".to_owned(),
        }
    }

    /// Reads a whole line.
    pub(super) fn read(line: &str) -> Option<Self> {
        if let Some(text) = line.strip_prefix("fault ") {
            return Some(Self::Fault(text.to_owned()));
        }
        let words: Vec<&str> = line.split(' ').collect();
        Some(match words[..] {
            ["rests"] => Self::Rests,
            ["sends", caller, id, manner, guard] => {
                let manner = match manner {
                    "plain" => Manner::Plain,
                    "forged" => Manner::Forged,
                    "taken" => Manner::Taken,
                    _ => return None,
                };
                let guard = Some(guard.parse().ok()?).filter(|guard| *guard >= 0);
                Self::Sends(caller.parse().ok()?, id.parse().ok()?, manner, guard)
            }
            ["told", caller, ref told @ ..] => {
                let told = match *told {
                    ["recorded", already, first, last, at] => Told::Recorded(
                        already.parse().ok()?,
                        first.parse().ok()?,
                        last.parse().ok()?,
                        at.parse().ok()?,
                    ),
                    ["conflict"] => Told::Conflict,
                    ["reused"] => Told::Reused,
                    ["taken"] => Told::Taken,
                    ["unavailable"] => Told::Unavailable,
                    _ => return None,
                };
                Self::Told(caller.parse().ok()?, told)
            }
            _ => return None,
        })
    }
}

/// Connections under one of the service's roles.
pub(super) async fn acting_as(
    role: &str,
    options: PgConnectOptions,
    most: u32,
) -> anyhow::Result<PgPool> {
    let options = options.options([("role", role)]);
    let pool = PgPoolOptions::new()
        .max_connections(most)
        .acquire_timeout(ACQUIRE_TIMEOUT);
    Ok(pool.connect_with(options).await?)
}

/// Appends whenever it is told to on standard input, until that closes.
///
/// # Errors
/// When there is no database to begin with.
pub async fn write(url: &str, place: Place) -> anyhow::Result<()> {
    let options: PgConnectOptions = url.parse().context("the address of a database")?;
    let events = EventLog::new(acting_as(eventlog::APPEND_ROLE, options, CONNECTIONS).await?);
    let (tell, orders) = watch::channel(Order::default());
    let callers: Vec<_> = (0..CALLERS)
        .map(|number| Caller::new(events.clone(), place, number).work(orders.clone()))
        .map(tokio::spawn)
        .collect();
    drop(orders);
    // Lines of standard input are waited for off the runtime.
    let listening = tokio::task::spawn_blocking(move || {
        let order = |round| {
            tell.send_modify(|order| {
                order.number += 1;
                order.round = round;
            });
        };
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            order(
                line.strip_prefix("go ")
                    .and_then(|round| round.parse().ok()),
            );
        }
        order(None);
    });
    listening.await?;
    for caller in callers {
        caller.await?;
    }
    Ok(())
}

/// Writes a line of the journal at once; without a reader there is nothing left to do.
fn note(line: &Line) {
    let mut text = line.write();
    text.push('\n');
    let mut out = std::io::stdout().lock();
    if out.write_all(text.as_bytes()).is_err() || out.flush().is_err() {
        std::process::exit(0);
    }
}

/// What the callers are to do.
#[derive(Clone, Copy, Debug, Default)]
struct Order {
    /// Counts orders, so that none is missed.
    number: u64,
    /// Work in this round, or rest.
    round: Option<u64>,
}

struct Caller {
    events: EventLog,
    place: Place,
    number: u64,
    chance: ChaCha8Rng,
    /// What both writers' callers of this number draw from.
    common: ChaCha8Rng,
    /// The last command that was recorded.
    last: Option<Uuid>,
    pace: Pace,
    /// The version of the stream in which nobody else appends, as far as it is known.
    own: Option<Version>,
}

impl Caller {
    fn new(events: EventLog, place: Place, number: u64) -> Self {
        Self {
            events,
            place,
            number,
            chance: chance(&[place.seed]),
            common: chance(&[place.seed]),
            last: None,
            pace: Pace::Common,
            own: None,
        }
    }

    async fn work(mut self, mut orders: watch::Receiver<Order>) {
        let mut seen = 0;
        while orders.wait_for(|order| order.number != seen).await.is_ok() {
            let order = *orders.borrow();
            seen = order.number;
            let Some(round) = order.round else {
                note(&Line::Rests);
                continue;
            };
            // A writer that is started again in a round sends the same again.
            self.chance = chance(&[self.place.seed, round, self.place.number, self.number]);
            self.common = chance(&[self.place.seed, round, u64::MAX, self.number]);
            self.pace = self.place.pace(round);
            self.own = None;
            let mut steps = 0;
            while orders.borrow().number == seen {
                if steps > 0 || self.pace != Pace::Lull {
                    self.step(&orders).await;
                }
                steps += 1;
                let Some(pause) = self.pace.pause(steps) else {
                    continue;
                };
                let pause = Duration::from_millis(self.chance.random_range(pause));
                tokio::select! {
                    () = sleep(pause) => {}
                    _ = orders.wait_for(|order| order.number != seen) => {}
                }
            }
        }
    }

    async fn step(&mut self, orders: &watch::Receiver<Order>) {
        let (die, last) = (self.chance.random_range(0..self.pace.commands()), self.last);
        match (die, last) {
            (0..6, Some(last)) => {
                self.send(last, Manner::Plain, None).await;
            }
            (6..9, Some(last)) => {
                self.send(last, Manner::Forged, None).await;
            }
            (9..12, Some(_)) => {
                let id = Uuid::from_u128(self.chance.random());
                self.send(id, Manner::Taken, None).await;
            }
            (12..27, _) => {
                let id = Uuid::from_u128(self.common.random());
                self.decide(id, orders).await;
            }
            (100.., _) => {
                let id = own(self.place.number, self.number, self.chance.random());
                self.decide(id, orders).await;
            }
            _ => {
                let id = Uuid::from_u128(self.chance.random());
                self.decide(id, orders).await;
            }
        }
    }

    /// Sends a command, some decided on the version that is seen, until it is known what became of
    /// it, or until it is left open.
    async fn decide(&mut self, id: Uuid, orders: &watch::Receiver<Order>) {
        let guarded = is_guarded(id);
        for _ in 0..DECISIONS {
            let guard = match guarded {
                true => match self.version(id).await {
                    Some(version) => Some(version),
                    None => return,
                },
                false => None,
            };
            let told = self.send(id, Manner::Plain, guard).await;
            if is_own(id) {
                self.own = match told {
                    Some(Told::Recorded(false, ..)) => guard.map(|version| version + 1),
                    _ => None,
                };
            }
            match told {
                Some(Told::Recorded(..)) => {
                    self.last = Some(id);
                    return;
                }
                Some(Told::Conflict) => {}
                Some(Told::Unavailable) if self.chance.random_bool(0.5) => sleep(AGAIN).await,
                // Left open; not too many of them.
                Some(Told::Unavailable) => return sleep(LATER).await,
                _ => return,
            }
            if orders.borrow().round.is_none() {
                return;
            }
        }
    }

    async fn version(&self, id: Uuid) -> Option<Version> {
        if is_own(id) && self.own.is_some() {
            return self.own;
        }
        let stream = first_stream(self.place.log, id);
        let asked = std::slice::from_ref(&stream);
        match self.events.versions(self.place.log, asked).await {
            Ok(versions) => versions.get(&stream).copied(),
            Err(Error::Unavailable(_)) => None,
            Err(fault) => {
                note(&Line::Fault(format!("{fault:?}")));
                None
            }
        }
    }

    async fn send(&self, id: Uuid, manner: Manner, guard: Option<Version>) -> Option<Told> {
        let mut append = command(self.place.log, id);
        if let Some(version) = guard {
            let stream = append.facts.first()?.stream.clone();
            append.expected.push(Expected { stream, version });
        }
        match manner {
            Manner::Plain => {}
            Manner::Forged => append.digest.reverse(),
            Manner::Taken => {
                let taken = content(self.last?).first()?.id;
                append.facts.last_mut()?.id = taken;
            }
        }
        note(&Line::Sends(self.number, id, manner, guard));
        let told = match self.events.append(append).await {
            Ok(appended) => Told::Recorded(
                matches!(appended, Appended::Before { .. }),
                appended.first(),
                appended.last(),
                appended.recorded_at().timestamp_micros(),
            ),
            Err(Error::Conflict { .. }) => Told::Conflict,
            Err(Error::CommandReused { .. }) => Told::Reused,
            Err(Error::FactExists { .. }) => Told::Taken,
            Err(Error::Unavailable(_)) => Told::Unavailable,
            Err(fault) => {
                note(&Line::Fault(format!("command {id}: {fault:?}")));
                Told::Unavailable
            }
        };
        note(&Line::Told(self.number, told));
        Some(told)
    }
}

/// Chance that begins where these numbers say.
pub(super) fn chance(numbers: &[u64]) -> ChaCha8Rng {
    let mut seed = 0;
    for number in numbers {
        seed = ChaCha8Rng::seed_from_u64(*number ^ seed).random();
    }
    ChaCha8Rng::seed_from_u64(seed)
}

fn chance_of(id: Uuid) -> ChaCha8Rng {
    let (high, low) = id.as_u64_pair();
    chance(&[high, low])
}

/// Whether a command is decided on the version of its first fact's stream.
fn is_guarded(id: Uuid) -> bool {
    is_own(id) || id.as_u128().is_multiple_of(3)
}

/// What the ids of commands begin with that have one fact, in a stream of their caller's own.
const OWN: u32 = 0x0e0e_0e0e;

/// The id of such a command.
fn own(writer: u64, caller: u64, chance: u64) -> Uuid {
    Uuid::from_u64_pair(u64::from(OWN) << 32 | writer << 16 | caller, chance)
}

fn is_own(id: Uuid) -> bool {
    id.as_u128() >> 96 == u128::from(OWN)
}

/// A command as it is sent, any number of times, when it is decided on nothing.
pub(super) fn command(log: LogId, id: Uuid) -> Append {
    Append {
        log,
        command: id,
        // Not the same from behind.
        digest: [b"torture/".as_slice(), id.as_bytes()].concat(),
        actor: format!("torture {}", id.as_u128() % 7),
        expected: Vec::new(),
        facts: content(id),
    }
}

fn first_stream(log: LogId, id: Uuid) -> String {
    let facts = command(log, id).facts.into_iter().next();
    facts.map_or_else(String::new, |fact| fact.stream)
}

/// The facts of a command.
pub(super) fn content(id: Uuid) -> Vec<NewFact> {
    let mut chance = chance_of(id);
    if is_own(id) {
        let stream = format!("torture/own-{:x}", id.as_u128() >> 64);
        return vec![NewFact {
            stream,
            also: Vec::new(),
            ..fact(&mut chance)
        }];
    }
    let count = match chance.random_range(0..100) {
        0..60 => 1,
        60..97 => chance.random_range(2..6),
        _ => 40,
    };
    (0..count).map(|_| fact(&mut chance)).collect()
}

fn fact(chance: &mut ChaCha8Rng) -> NewFact {
    let base = chance.random_range(0..STREAMS);
    let name = |number: u32| format!("torture/{}", number % STREAMS);
    let also = (0..chance.random_range(0..3)).map(|n| name(base + 1 + n));
    let day = NaiveDate::from_ymd_opt(2020, 1, 1).expect("a day");
    let micros = chance.random_range(0..2_000_000_000_000_000);
    NewFact {
        id: Uuid::from_u128(chance.random()),
        stream: name(base),
        also: also.collect(),
        kind: format!("torture/kind-{}", chance.random_range(0..5)),
        shape: chance.random_range(1..4),
        occurred_on: day + chrono::Days::new(chance.random_range(0..2000)),
        entered_at: Some(micros)
            .filter(|_| chance.random_bool(0.2))
            .and_then(DateTime::from_timestamp_micros),
        cause: Some(Uuid::from_u128(chance.random())).filter(|_| chance.random_bool(0.2)),
        payload: payload(chance),
    }
}

/// What a double keeps.
const LARGEST: i64 = (1 << 53) - 1;

fn payload(chance: &mut ChaCha8Rng) -> Value {
    let long = match chance.random_range(0..100) {
        // Too long for a page.
        0 => chance.random_range(20_000..40_000),
        _ => chance.random_range(0..200),
    };
    let text: String = (0..long)
        .map(|_| char::from(chance.random_range(b' '..b'~')))
        .collect();
    json!({
        "text": text,
        "also": "però – \u{1f3e0}\u{7f}",
        "number": chance.random_range(-LARGEST..=LARGEST),
        "half": 12.5,
        "nothing": null,
        "list": [chance.random_range(0..9), { "deep": [true, {}] }],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_journal_reads_as_it_was_written() {
        let id = Uuid::from_u128(7);
        for line in [
            Line::Sends(3, id, Manner::Plain, None),
            Line::Sends(3, id, Manner::Taken, Some(0)),
            Line::Told(1, Told::Recorded(true, 4, 5, 1_700_000_000_000_000)),
            Line::Told(1, Told::Unavailable),
            Line::Fault("some text".to_owned()),
            Line::Rests,
        ] {
            assert_eq!(Line::read(&line.write()), Some(line));
        }
        assert_eq!(Line::read("told 1 recorded true 4"), None);
    }

    #[test]
    fn a_command_is_its_id() {
        let (log, id) = (Uuid::from_u128(1), Uuid::from_u128(2));
        assert_eq!(command(log, id), command(log, id));
        assert_ne!(content(id), content(Uuid::from_u128(3)));
        let (ours, theirs) = (own(0, 1, 7), own(1, 1, 7));
        assert!(is_own(ours) && is_guarded(ours) && !is_own(id));
        assert_eq!(first_stream(log, ours), first_stream(log, own(0, 1, 8)));
        assert_ne!(first_stream(log, ours), first_stream(log, theirs));
        let mut forged = command(log, id);
        forged.digest.reverse();
        assert_ne!(forged, command(log, id));
    }
}
