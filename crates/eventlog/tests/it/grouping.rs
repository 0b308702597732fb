//! Appends that go together are still each for itself.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use eventlog::{Append, Appended, Error, EventLog, MAX_WAITING, NewFact};
use futures_util::future::join_all;
use proptest::prelude::*;
use tokio::time::{sleep, timeout};
use uuid::Uuid;

use crate::support::{Database, PATIENCE, append, fact, id};

/// Long enough for what is ready to happen, if it happens.
const A_WHILE: Duration = Duration::from_millis(150);
const CASES: u32 = 24;
const STREAMS: [&str; 3] = ["a", "b", "c"];

#[tokio::test]
async fn what_waits_for_one_log_does_not_hold_up_another() {
    let db = Database::new().await;
    let other = id();
    db.events.create_log(other).await.unwrap();
    let mut held = db.pool.begin().await.unwrap();
    EventLog::append_on(&mut held, &append(db.log, &[], vec![fact("a")]))
        .await
        .unwrap();
    let events = db.events.clone();
    let blocked = append(db.log, &[], vec![fact("a")]);
    let blocked = tokio::spawn(async move { events.append(blocked).await });
    for _ in 0..10 {
        let free = db.events.append(append(other, &[], vec![fact("a")]));
        timeout(PATIENCE / 10, free).await.unwrap().unwrap();
    }
    assert!(!blocked.is_finished());
    held.commit().await.unwrap();
    assert_eq!(blocked.await.unwrap().unwrap().first(), 2);
}

#[tokio::test]
async fn who_gives_up_while_waiting_has_recorded_nothing() {
    let db = Database::new().await;
    let log = db.log;
    let mut held = db.pool.begin().await.unwrap();
    EventLog::append_on(&mut held, &append(log, &[], vec![fact("a")]))
        .await
        .unwrap();
    // The first is on its way to the database, where it waits; the others wait here.
    let mut tasks = Vec::new();
    for n in 0..21 {
        let (events, command) = (db.events.clone(), append(log, &[], vec![fact("a")]));
        let id = command.command;
        tasks.push((
            n,
            id,
            tokio::spawn(async move { events.append(command).await }),
        ));
        if n == 0 {
            sleep(A_WHILE).await;
        }
    }
    sleep(A_WHILE).await;
    let mut given_up = Vec::new();
    for (n, id, task) in &tasks {
        if n % 2 == 1 {
            task.abort();
            given_up.push(*id);
        }
    }
    sleep(A_WHILE).await;
    held.rollback().await.unwrap();
    for (n, _, task) in tasks {
        if n % 2 == 0 {
            timeout(PATIENCE, task).await.unwrap().unwrap().unwrap();
        }
    }
    for id in given_up {
        assert_eq!(db.events.outcome(log, id).await.unwrap(), None);
    }
    assert_eq!(db.events.head(log).await.unwrap().position, 11);
}

/// A future that is answered may lie there without being polled for as long as its owner likes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_does_not_go_on_when_answered_holds_nobody_up() {
    const ASLEEP: usize = 20;
    const AWAKE: usize = 5;
    let db = Database::new().await;
    let log = db.log;
    let one = || {
        let (events, new) = (db.events.clone(), append(log, &[], vec![fact("a")]));
        async move { events.append(new).await }
    };
    // Asked for, all at once, and then left alone.
    let mut asleep: Vec<_> = (0..ASLEEP).map(|_| Box::pin(one())).collect();
    for asking in &mut asleep {
        let mut once = std::task::Context::from_waker(std::task::Waker::noop());
        assert!(asking.as_mut().poll(&mut once).is_pending());
    }
    let recorded = async {
        while db.events.head(log).await.unwrap().position < 20 {
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(PATIENCE, recorded).await.unwrap();
    for _ in 0..10 {
        let awake = join_all((0..AWAKE).map(|_| one()));
        for answer in timeout(PATIENCE, awake).await.unwrap() {
            answer.unwrap();
        }
    }
    for answer in join_all(asleep).await {
        assert!(answer.unwrap().last() <= 20);
    }
}

#[tokio::test]
async fn more_than_may_wait_are_let_in_one_after_the_other() {
    let db = Database::new().await;
    let appends = (0..MAX_WAITING + 500).map(|n| {
        let stream = format!("s/{n}");
        db.events
            .append(append(db.log, &[(&stream, 0)], vec![fact(&stream)]))
    });
    let answers = join_all(appends).await;
    let mut positions: Vec<i64> = answers
        .into_iter()
        .map(|answer| answer.unwrap().first())
        .collect();
    positions.sort_unstable();
    let all = i64::try_from(MAX_WAITING + 500).unwrap();
    assert_eq!(positions, (1..=all).collect::<Vec<_>>());
    assert_eq!(db.events.verify(db.log).await.unwrap().findings, []);
}

#[tokio::test]
async fn a_drained_log_has_answered_everybody_and_takes_no_more() {
    let db = Database::new().await;
    let mut tasks = Vec::new();
    for _ in 0..50 {
        let (events, command) = (db.events.clone(), append(db.log, &[], vec![fact("a")]));
        tasks.push(tokio::spawn(async move { events.append(command).await }));
    }
    tokio::task::yield_now().await;
    db.events.drain().await;
    let late = db.events.append(append(db.log, &[], vec![fact("a")])).await;
    assert!(matches!(late, Err(Error::Draining)));
    let mut recorded = 0;
    for task in tasks {
        match task.await.unwrap() {
            Ok(_) => recorded += 1,
            Err(error) => assert!(matches!(error, Error::Draining), "{error:?}"),
        }
    }
    assert!(recorded > 0);
    assert_eq!(db.events.head(db.log).await.unwrap().position, recorded);
}

#[tokio::test]
async fn one_that_the_database_refuses_does_not_fail_its_neighbours() {
    let db = Database::new().await;
    sqlx::raw_sql(
        "create function pg_temp_refuse() returns trigger language plpgsql as
             $$ begin raise exception 'not this one'; end $$;
         create trigger refuse_one before insert on eventlog.fact for each row
             when (new.actor = 'unwelcome') execute function pg_temp_refuse()",
    )
    .execute(&mut db.admin().await)
    .await
    .unwrap();
    let appends = (0..60).map(|n| {
        let mut command = append(db.log, &[], vec![fact("a")]);
        if n % 20 == 7 {
            command.actor = "unwelcome".to_owned();
        }
        db.events.append(command)
    });
    let answers = join_all(appends).await;
    for (n, answer) in answers.into_iter().enumerate() {
        if n % 20 == 7 {
            assert!(matches!(answer, Err(Error::Database(_))), "{answer:?}");
        } else {
            answer.unwrap();
        }
    }
    assert_eq!(db.events.head(db.log).await.unwrap().position, 57);
    assert_eq!(db.events.verify(db.log).await.unwrap().findings, []);
}

#[tokio::test]
async fn losers_of_one_race_are_told_together() {
    let db = Database::new().await;
    let appends = (0..300).map(|_| {
        db.events
            .append(append(db.log, &[("hot", 0)], vec![fact("hot")]))
    });
    let answers = timeout(PATIENCE / 4, join_all(appends)).await.unwrap();
    let (won, lost): (Vec<_>, Vec<_>) = answers.into_iter().partition(Result::is_ok);
    assert_eq!((won.len(), lost.len()), (1, 299));
    for answer in lost {
        assert!(matches!(
            answer,
            Err(Error::Conflict {
                expected: 0,
                actual: 1,
                ..
            })
        ));
    }
}

/// Appends sent at once, and how each stream stood that they expect something of.
#[derive(Debug, Clone)]
struct Shot {
    /// Of one process or the other.
    process: bool,
    command: u8,
    digest: u8,
    /// Streams with how far off the expectation is from what it was before the shots.
    expected: BTreeMap<usize, i64>,
    /// Stream, further stream, id.
    facts: Vec<(usize, Option<usize>, u16)>,
}

fn shot() -> impl Strategy<Value = Shot> {
    let stream = 0..STREAMS.len();
    let off = prop_oneof![6 => Just(0_i64), 2 => 1..3_i64, 1 => Just(-1_i64)];
    let fact = (
        stream.clone(),
        prop::option::weighted(0.3, stream.clone()),
        0..400_u16,
    );
    (
        any::<bool>(),
        0..60_u8,
        0..2_u8,
        prop::collection::btree_map(stream, off, 0..3),
        prop::collection::vec(fact, 1..4),
    )
        .prop_map(|(process, command, digest, expected, facts)| Shot {
            process,
            command,
            digest,
            expected,
            facts,
        })
}

/// A shot that expects all its streams, nearly always at the versions they have: what processes that share
/// a log send in line.
fn aimed() -> impl Strategy<Value = Shot> {
    let off = prop_oneof![9 => Just(0_i64), 1 => Just(1_i64)];
    (shot(), off).prop_map(|(mut shot, off)| {
        for &(own, further, _) in &shot.facts {
            for stream in std::iter::once(own).chain(further) {
                shot.expected.insert(stream, off);
            }
        }
        shot
    })
}

fn as_append(log: Uuid, shot: &Shot, versions: &BTreeMap<String, i64>) -> Append {
    let mut ids = std::collections::BTreeSet::new();
    let facts: Vec<NewFact> = shot
        .facts
        .iter()
        .filter(|(.., number)| ids.insert(*number))
        .map(|&(own, further, number)| NewFact {
            id: Uuid::from_u128(u128::from(number)),
            also: further
                .filter(|&further| further != own)
                .map(|further| STREAMS[further].to_owned())
                .into_iter()
                .collect(),
            ..fact(STREAMS[own])
        })
        .collect();
    let expected: Vec<(&str, i64)> = shot
        .expected
        .iter()
        .map(|(&stream, off)| (STREAMS[stream], (versions[STREAMS[stream]] + off).max(0)))
        .collect();
    Append {
        command: Uuid::from_u128(u128::from(shot.command)),
        digest: vec![shot.digest],
        ..append(log, &expected, facts)
    }
}

/// Both processes write streams of their own for a while, so that each knows of the other and nothing
/// stands against either.
async fn calmly(processes: &[EventLog; 2], log: Uuid) {
    for _ in 0..3 {
        let appends = (0..12).map(|caller| {
            let stream = format!("calm/{log}/{caller}");
            let events = &processes[caller % 2];
            async move {
                let asked = std::slice::from_ref(&stream);
                let seen = events.versions(log, asked).await.unwrap()[&stream];
                let own = append(log, &[(&stream, seen)], vec![fact(&stream)]);
                let appended = events.append(own).await.unwrap();
                assert!(matches!(appended, Appended::Now { .. }));
            }
        });
        join_all(appends).await;
    }
}

/// Sends all of them at once through two processes' handles, then looks for a serial order.
async fn volley(processes: &[EventLog; 2], log: Uuid, shots: &[Shot]) {
    let events = &processes[0];
    let names = STREAMS.map(str::to_owned);
    let start = events.versions(log, &names).await.unwrap();
    let before = events.head(log).await.unwrap().position;
    let appends: Vec<Append> = shots
        .iter()
        .map(|shot| as_append(log, shot, &start))
        .collect();
    let sent = appends
        .iter()
        .zip(shots)
        .map(|(append, shot)| processes[usize::from(shot.process)].append(append.clone()));
    let answers = join_all(sent).await;

    // The order is that of the positions. Everybody who was recorded saw just what was there.
    let mut recorded: Vec<(&Append, i64, i64)> = Vec::new();
    for (append, answer) in appends.iter().zip(&answers) {
        if let Ok(Appended::Now { first, last, .. }) = answer {
            recorded.push((append, *first, *last));
        }
    }
    recorded.sort_by_key(|&(_, first, _)| first);
    let mut versions = start;
    // Each stream's versions at any moment of the volley.
    let mut seen: HashMap<&str, Vec<i64>> = HashMap::new();
    for (name, version) in &versions {
        seen.entry(name.as_str()).or_default().push(*version);
    }
    let mut seen: HashMap<String, Vec<i64>> = seen
        .into_iter()
        .map(|(name, all)| (name.to_owned(), all))
        .collect();
    let mut next = before + 1;
    for (append, first, last) in recorded {
        assert_eq!(
            (first, last),
            (next, next + i64::try_from(append.facts.len()).unwrap() - 1)
        );
        next = last + 1;
        for expected in &append.expected {
            assert_eq!(versions[&expected.stream], expected.version);
        }
        for fact in &append.facts {
            for stream in std::iter::once(&fact.stream).chain(&fact.also) {
                *versions.entry(stream.clone()).or_default() += 1;
            }
        }
        for (name, version) in &versions {
            seen.entry(name.clone()).or_default().push(*version);
        }
    }
    assert_eq!(events.versions(log, &names).await.unwrap(), versions);
    assert_eq!(events.head(log).await.unwrap().position, next - 1);
    for (append, answer) in appends.iter().zip(answers) {
        match answer {
            Ok(Appended::Now { .. }) => {}
            Ok(Appended::Before { first, last, .. }) => {
                let outcome = events.outcome(log, append.command).await.unwrap().unwrap();
                assert_eq!((outcome.first, outcome.last), (first, last));
                assert_eq!(outcome.digest, append.digest);
            }
            Err(Error::Conflict {
                stream,
                expected,
                actual,
            }) => {
                assert_ne!(expected, actual);
                assert!(
                    seen[&stream].contains(&actual),
                    "{stream} was never at {actual}"
                );
                let asked = append.expected.iter().find(|one| one.stream == stream);
                assert_eq!(asked.map(|one| one.version), Some(expected));
            }
            Err(Error::CommandReused { command }) => {
                let outcome = events.outcome(log, command).await.unwrap().unwrap();
                assert_ne!(outcome.digest, append.digest);
            }
            Err(Error::FactExists { id }) => {
                assert!(append.facts.iter().any(|fact| fact.id == id));
            }
            Err(error) => panic!("{error:?}"),
        }
    }
    assert_eq!(events.verify(log).await.unwrap().findings, []);
}

#[test]
fn appends_sent_at_once_equal_some_serial_order() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let (db, processes) = runtime.block_on(async {
        let db = Database::new().await;
        let other = EventLog::new(db.pool(4).await);
        let processes = [db.events.clone(), other];
        (db, processes)
    });
    let config = ProptestConfig {
        cases: CASES,
        failure_persistence: None,
        ..Default::default()
    };
    let shots = prop_oneof![
        prop::collection::vec(shot(), 1..40),
        prop::collection::vec(aimed(), 1..40)
    ];
    let volleys = prop::collection::vec((any::<bool>(), shots), 1..4);
    proptest!(config, |(volleys in volleys)| {
        runtime.block_on(async {
            let log = id();
            db.events.create_log(log).await.unwrap();
            for (calm, shots) in &volleys {
                if *calm {
                    calmly(&processes, log).await;
                }
                volley(&processes, log, shots).await;
            }
        });
    });
    runtime.block_on(db.pool.close());
}
