//! Many clients at once, some of which give up: what was acknowledged is there, once and whole.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::{Duration, Instant};

use eventlog::{Append, Appended, Error, EventLog, Recorded};
use futures_util::TryStreamExt;
use sqlx::PgPool;
use uuid::Uuid;

use crate::support::{Database, append, fact, fact_also};

const CLIENTS: u64 = 64;
const POOLS: u64 = 4;
const CONNECTIONS_PER_POOL: u32 = 10;
const STREAMS: u64 = 100;

/// What a client knows about one of its commands.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Fate {
    Recorded {
        first: i64,
        last: i64,
    },
    Refused,
    RolledBack,
    /// The client did not wait for the answer.
    Unknown,
}

struct Told {
    append: Append,
    fate: Fate,
}

/// A client's chances: the same for every run, so that a run differs by its timing only.
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: u64) -> u64 {
        // xorshift
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }

    fn stream(&mut self) -> String {
        format!("s/{}", self.below(STREAMS))
    }
}

/// A command decided upon one or two streams read before, or upon none.
async fn decide(events: &EventLog, log: Uuid, chance: &mut Chance) -> Result<Append, Error> {
    let (one, two) = (chance.stream(), chance.stream());
    let mut facts: Vec<_> = (0..=chance.below(3)).map(|_| fact(&one)).collect();
    if one != two {
        facts.push(fact_also(&two, &[&one]));
    }
    if chance.below(4) == 0 {
        return Ok(append(log, &[], facts));
    }
    let names = BTreeSet::from([one, two]).into_iter().collect::<Vec<_>>();
    let versions = events.versions(log, &names).await?;
    let expected: Vec<(&str, i64)> = versions
        .iter()
        .map(|(name, &version)| (name.as_str(), version))
        .collect();
    Ok(append(log, &expected, facts))
}

fn fate(answer: Result<Appended, Error>) -> Fate {
    match answer {
        Ok(appended) => Fate::Recorded {
            first: appended.first(),
            last: appended.last(),
        },
        Err(Error::Conflict { .. }) => Fate::Refused,
        Err(error) => panic!("{error:?}"),
    }
}

async fn client(pool: PgPool, log: Uuid, number: u64, until: Instant) -> Vec<Told> {
    let events = EventLog::new(pool.clone());
    let mut chance =
        Chance(0x9e37_79b9_7f4a_7c15 ^ (number + 1).wrapping_mul(0x5851_f42d_4c95_7f2d));
    let mut told = Vec::new();
    while Instant::now() < until {
        let append = decide(&events, log, &mut chance).await.unwrap();
        let fate = match chance.below(10) {
            0 => {
                let mut tx = pool.begin().await.unwrap();
                let answer = EventLog::append_on(&mut tx, &append).await;
                let refused = fate(answer) == Fate::Refused;
                tx.rollback().await.unwrap();
                if refused {
                    Fate::Refused
                } else {
                    Fate::RolledBack
                }
            }
            1 | 2 => {
                let patience = Duration::from_micros(chance.below(4_000));
                let answer = tokio::time::timeout(patience, events.append(append.clone())).await;
                answer.map_or(Fate::Unknown, fate)
            }
            3 => {
                let (events, append) = (events.clone(), append.clone());
                let task = tokio::spawn(async move { events.append(append).await });
                for _ in 0..chance.below(6) {
                    tokio::task::yield_now().await;
                }
                task.abort();
                task.await.map_or(Fate::Unknown, fate)
            }
            _ => fate(events.append(append.clone()).await),
        };
        // Who does not know may ask again: a refusal now does not say that the first try did not
        // get through... but the command's own outcome comes before any refusal.
        let fate = match fate {
            Fate::Unknown if chance.below(2) == 0 => {
                self::fate(events.append(append.clone()).await)
            }
            fate => fate,
        };
        told.push(Told { append, fate });
    }
    told
}

/// The commands in the log with their facts, after looking that positions and times are in order.
fn commands(facts: &[Recorded]) -> HashMap<Uuid, Vec<&Recorded>> {
    let mut found: HashMap<Uuid, Vec<&Recorded>> = HashMap::new();
    for (position, fact) in (1..).zip(facts) {
        assert_eq!(fact.position, position);
        found.entry(fact.command).or_default().push(fact);
    }
    assert!(facts.is_sorted_by_key(|fact| fact.recorded_at));
    for facts in found.values() {
        assert!(
            facts
                .windows(2)
                .all(|two| two[0].position + 1 == two[1].position)
        );
        assert!(
            facts
                .iter()
                .all(|fact| fact.recorded_at == facts[0].recorded_at)
        );
    }
    found
}

/// Every stream's entries, as the facts by position tell them: their positions in version order.
fn streams(facts: &[Recorded]) -> BTreeMap<String, Vec<i64>> {
    let mut found: BTreeMap<String, Vec<i64>> = BTreeMap::new();
    for fact in facts {
        for stream in std::iter::once(&fact.stream).chain(&fact.also) {
            found.entry(stream.clone()).or_default().push(fact.position);
        }
    }
    found
}

fn check(told: &Told, found: Option<&Vec<&Recorded>>, streams: &BTreeMap<String, Vec<i64>>) {
    let Some(found) = found else {
        assert!(
            !matches!(told.fate, Fate::Recorded { .. }),
            "acknowledged and not there"
        );
        return;
    };
    let (first, last) = (found[0].position, found[found.len() - 1].position);
    match told.fate {
        Fate::Recorded { first: f, last: l } => assert_eq!((first, last), (f, l)),
        Fate::Unknown => {}
        Fate::Refused | Fate::RolledBack => panic!("{:?} and there", told.fate),
    }
    // Whole, and decided upon what was there when it was recorded.
    let ids = |facts: &mut dyn Iterator<Item = Uuid>| facts.collect::<Vec<_>>();
    assert_eq!(
        ids(&mut found.iter().map(|fact| fact.id)),
        ids(&mut told.append.facts.iter().map(|fact| fact.id)),
    );
    for expected in &told.append.expected {
        let before = streams[&expected.stream].partition_point(|&position| position < first);
        assert_eq!(
            i64::try_from(before).unwrap(),
            expected.version,
            "{}",
            expected.stream
        );
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a test's only configuration is its environment"
)]
fn soak() -> (Duration, bool) {
    let asked = std::env::var("INRETE_SOAK_SECONDS").ok();
    let seconds = asked
        .as_ref()
        .map_or(5, |value| value.parse().expect("a number of seconds"));
    (Duration::from_secs(seconds), asked.is_some())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_is_there_once_and_whole() {
    let db = Database::new().await;
    let (log, (length, report)) = (db.log, soak());
    let mut pools = Vec::new();
    for _ in 0..POOLS {
        pools.push(db.pool(CONNECTIONS_PER_POOL).await);
    }
    let until = Instant::now() + length;
    let mut clients = Vec::new();
    for (number, pool) in (0..CLIENTS).zip(pools.iter().cycle()) {
        clients.push(tokio::spawn(client(pool.clone(), log, number, until)));
    }
    let mut told = Vec::new();
    for client in clients {
        told.extend(client.await.unwrap());
    }
    // A closed pool has no connection left on which an append may be under way.
    for pool in pools {
        pool.close().await;
    }

    let facts = db.events.read_to(log, i64::MAX).try_concat().await.unwrap();
    let (by_command, by_stream) = (commands(&facts), streams(&facts));
    for told in &told {
        check(told, by_command.get(&told.append.command), &by_stream);
    }
    let known: BTreeSet<Uuid> = told.iter().map(|told| told.append.command).collect();
    assert!(by_command.keys().all(|command| known.contains(command)));
    let names: Vec<String> = by_stream.keys().cloned().collect();
    for (name, entries) in db.events.streams(log, &names).await.unwrap() {
        let read: Vec<(i64, i64)> = entries.iter().map(|e| (e.version, e.position)).collect();
        assert_eq!(
            read,
            (1..)
                .zip(by_stream[&name].iter().copied())
                .collect::<Vec<_>>()
        );
    }
    let verified = db.events.verify(log).await.unwrap();
    assert_eq!(verified.findings, []);
    assert_eq!(usize::try_from(verified.facts).unwrap(), facts.len());

    let count = |wanted: fn(&Fate) -> bool| told.iter().filter(|told| wanted(&told.fate)).count();
    let counts = [
        count(|fate| matches!(fate, Fate::Recorded { .. })),
        count(|fate| *fate == Fate::Refused),
        count(|fate| *fate == Fate::RolledBack),
        count(|fate| *fate == Fate::Unknown),
    ];
    if report {
        let [recorded, refused, rolled_back, unknown] = counts;
        eprintln!(
            "{CLIENTS} clients, {length:?}: {recorded} acknowledged, {refused} refused, \
             {rolled_back} rolled back, {unknown} not waited for; {} commands and {} facts in the log",
            by_command.len(),
            facts.len(),
        );
    }
    assert!(
        counts.iter().all(|&count| count > 0),
        "not everything was tried: {counts:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_command_sent_twice_at_once_is_recorded_once() {
    let db = Database::new().await;
    let log = db.log;
    for _ in 0..50 {
        let command = append(log, &[], vec![fact("a"), fact("b")]);
        let tries = (0..3).map(|_| {
            let (events, command) = (db.events.clone(), command.clone());
            tokio::spawn(async move { events.append(command).await.unwrap() })
        });
        let mut now = 0;
        let mut positions = BTreeSet::new();
        for answer in futures_util::future::join_all(tries).await {
            let answer = answer.unwrap();
            now += usize::from(matches!(answer, Appended::Now { .. }));
            positions.insert((answer.first(), answer.last()));
        }
        assert_eq!((now, positions.len()), (1, 1));
    }
    assert_eq!(db.events.head(log).await.unwrap().position, 100);
}
