//! The short way to append, for who knows where the log stands: taken when nothing stands against it,
//! and never wrong when something does.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use eventlog::{APPEND_ROLE, Appended, Error, EventLog, LogId};
use futures_util::future::{join, join_all};
use sqlx::postgres::PgPoolOptions;
use sqlx::{AssertSqlSafe, PgConnection};

use crate::support::{Database, PATIENCE, append, fact, fact_also};

/// Long enough for what is ready to happen, if it happens, and shorter than a call of the short way waits.
const A_WHILE: Duration = Duration::from_millis(40);

/// A log whose database counts how often its functions are called.
async fn counted() -> (Database, EventLog) {
    let db = Database::new().await;
    sqlx::raw_sql(
        "do $$ begin
             execute format('alter database %I set track_functions = ''all''', current_database());
         end $$",
    )
    .execute(&mut db.admin().await)
    .await
    .unwrap();
    let events = EventLog::new(db.pool(2).await);
    (db, events)
}

/// How often the long way was gone, and the short one.
async fn calls(db: &Database, events: EventLog) -> (i64, i64) {
    events.drain().await;
    drop(events);
    let mut admin = db.admin().await;
    db.settled(&mut admin).await;
    let calls: Vec<(String, i64)> =
        sqlx::query_as("select funcname::text, calls from pg_stat_user_functions")
            .fetch_all(&mut admin)
            .await
            .unwrap();
    let calls: HashMap<String, i64> = calls.into_iter().collect();
    let of = |name| calls.get(name).copied().unwrap_or_default();
    (of("append"), of("append_next") + of("append_one"))
}

#[tokio::test]
async fn who_writes_alone_goes_the_short_way() {
    let (db, events) = counted().await;
    let log = db.log;
    // Enough for nodes of the tree, and in streams that begin and continue, with further streams.
    for seen in 0..7 {
        let facts = (0..100).map(|n| match n {
            0..50 => fact("s/1"),
            50..99 => fact_also("s/1", &["t/1"]),
            _ => fact_also("s/2", &["t/1", "s/1"]),
        });
        let expected = [
            ("s/1", 100 * seen),
            ("t/1", 50 * seen),
            ("s/2", seen),
            ("s/3", 0),
        ];
        let appended = events.append(append(log, &expected, facts.collect())).await;
        let Appended::Now { first, last, .. } = appended.unwrap() else {
            panic!("it is new");
        };
        assert_eq!((first, last), (100 * seen + 1, 100 * seen + 100));
    }
    let found = events.verify(log).await.unwrap();
    assert_eq!((found.facts, found.findings), (700, vec![]));
    let proof = events.inclusion(log, 300, 700).await.unwrap();
    assert_eq!(proof.len(), 10);
    let streams = ["s/1", "s/2", "t/1"].map(str::to_owned);
    let versions = events.versions(log, &streams).await.unwrap();
    assert!(versions.into_values().eq([700, 7, 350]));
    assert_eq!(calls(&db, events).await, (1, 6));
}

#[tokio::test]
async fn what_stands_against_it_is_told_all_the_same() {
    let (db, events) = counted().await;
    let log = db.log;
    let mut length = 0;
    let mut smoothly = async |times: i64| {
        for _ in 0..times {
            let appended = append(log, &[("own", length)], vec![fact("own")]);
            events.append(appended).await.unwrap();
            length += 1;
        }
    };
    let conflict = |result: Result<Appended, Error>| match result {
        Err(Error::Conflict {
            stream,
            expected,
            actual,
        }) => (stream, expected, actual),
        other => panic!("{other:?}"),
    };
    smoothly(2).await;
    let known = append(log, &[("s", 0), ("t", 0)], vec![fact_also("s", &["t"])]);
    events.append(known.clone()).await.unwrap();

    // Each time the short way is tried, then the long one says why; the next goes the long way too.
    let lost = [("s", 0, 1), ("s", 2, 1), ("t", 0, 1), ("t", 2, 1)];
    for (stream, seen, is) in lost {
        let refused = events.append(append(log, &[(stream, seen)], vec![fact(stream)]));
        assert_eq!(conflict(refused.await), (stream.to_owned(), seen, is));
        smoothly(2).await;
    }
    let only_looked_at = append(log, &[("t", 0), ("u", 0)], vec![fact("u")]);
    let refused = events.append(only_looked_at).await;
    assert_eq!(conflict(refused), ("t".to_owned(), 0, 1));
    smoothly(2).await;
    let mut taken = append(log, &[("u", 0)], vec![fact("u")]);
    taken.facts[0].id = known.facts[0].id;
    let refused = events.append(taken).await;
    assert!(
        matches!(refused, Err(Error::FactExists { .. })),
        "{refused:?}"
    );
    smoothly(2).await;
    let again = events.append(known.clone()).await.unwrap();
    assert!(matches!(
        again,
        Appended::Before {
            first: 3,
            last: 3,
            ..
        }
    ));
    smoothly(2).await;
    let mut other = known;
    other.digest = vec![8];
    let refused = events.append(other).await;
    assert!(
        matches!(refused, Err(Error::CommandReused { .. })),
        "{refused:?}"
    );
    smoothly(2).await;

    let found = events.verify(log).await.unwrap();
    assert_eq!((found.facts, found.findings), (19, vec![]));
    // The long way: once to begin with, then each of eight times for the answer and for the next. The
    // short one: twice to begin with, then each time in vain and for the one after the next; but what
    // ended with the violation of a key, as it did twice, is not counted.
    assert_eq!(calls(&db, events).await, (1 + 2 * 8, 2 + 2 * 8 - 2));
}

#[tokio::test]
async fn who_does_not_write_alone_finds_the_way_back() {
    let (db, events) = counted().await;
    let other = EventLog::new(db.pool(2).await);
    let log = db.log;
    for seen in 0..20 {
        let of = |stream| append(log, &[(stream, seen)], vec![fact(stream)]);
        assert_eq!(events.append(of("s")).await.unwrap().last(), 2 * seen + 1);
        assert_eq!(other.append(of("t")).await.unwrap().last(), 2 * seen + 2);
    }
    other.drain().await;
    drop(other);
    for seen in 20..30 {
        let alone = append(log, &[("s", seen)], vec![fact("s")]);
        assert_eq!(events.append(alone).await.unwrap().last(), 21 + seen);
    }
    let found = events.verify(log).await.unwrap();
    assert_eq!((found.facts, found.findings), (50, vec![]));
    // Each finds out once that it is not alone and goes the long way from then on; when the other is
    // gone, the long way is gone twice more: to learn where the log stands, and that it stood there.
    assert_eq!(calls(&db, events).await, (40 + 2, 2 + 8));
}

/// The functions of the short way.
const SHORT: [&str; 2] = ["append_next", "append_one"];

/// One fact, appended by hand at a place and a time that are given as SQL. Whether it was.
async fn by_hand(
    conn: &mut PgConnection,
    function: &str,
    before: &str,
    frontier: &str,
    at: &str,
    leaf: &str,
) -> bool {
    let rest = if function == "append_one" {
        format!(
            "gen_random_uuid(), '\\x07', 'somebody', gen_random_uuid(), 's', 1, false, 'kind',
             1::smallint,
             '2026-03-01', null, null, sha256('salt'), {leaf}, '{{}}'"
        )
    } else {
        format!(
            "null, null, null, null, null, null, array[gen_random_uuid()], '{{1}}',
             array['\\x07'::bytea], '{{somebody}}', array[gen_random_uuid()], '{{s}}', '{{1}}',
             '{{kind}}', '{{1}}', '{{2026-03-01}}', null, null, sha256('salt'), {leaf}, null,
             '{{\"{{}}\"}}', null, null, null"
        )
    };
    let turn = if function == "append_one" {
        ""
    } else {
        "17, null, false,"
    };
    let statement = format!(
        "select eventlog.{function}(h.log_id, {turn} {before}, {frontier}, {at}, sha256('after'),
             {rest}) is not null
         from eventlog.head as h"
    );
    let stored = sqlx::query_scalar(AssertSqlSafe(statement));
    match stored.fetch_one(conn).await {
        Err(sqlx::Error::Database(error)) if error.code() == Some("EL005".into()) => false,
        stored => stored.unwrap(),
    }
}

#[tokio::test]
async fn nobody_says_when_or_where_something_is_recorded() {
    for function in SHORT {
        said_by(function).await;
    }
}

async fn said_by(function: &str) {
    let db = Database::new().await;
    let mut conn = db.service().await;
    let (now, leaf) = ("clock_timestamp()", "sha256('leaf')");
    let wrong = [
        ("0", "''", "clock_timestamp() + interval '1 s'", leaf),
        ("0", "''", "clock_timestamp() - interval '2 s'", leaf),
        ("0", "''", "h.created_at - interval '1 us'", leaf),
        ("1", "sha256('other')", now, leaf),
        ("0", "sha256('other')", now, leaf),
        ("-1", "''", now, leaf),
        ("0", "''", now, "'\\x00'"),
    ];
    for (before, frontier, at, leaf) in wrong {
        let appended = by_hand(&mut conn, function, before, frontier, at, leaf).await;
        assert!(!appended, "{function} {before} {frontier} {at} {leaf}");
        assert_eq!(db.events.head(db.log).await.unwrap().position, 0);
    }
    // Nothing else was wrong with them.
    assert!(by_hand(&mut conn, function, "0", "''", now, leaf).await);
    assert_eq!(db.events.head(db.log).await.unwrap().position, 1);
}

/// A fact that begins a stream, appended by hand at `before` as the call that has the turn `turn`, with
/// the turn before it as SQL. The SQLSTATE, if there is one, when it was not.
async fn by_turns(
    conn: &mut PgConnection,
    turns: (i64, &str),
    place: (i64, &str),
) -> Result<(), String> {
    seeing(conn, turns, place, "false", "null, null").await
}

/// As [`by_turns`], and whether it shares the log with others and what it sees of further streams, as SQL.
async fn seeing(
    conn: &mut PgConnection,
    (turn, previous): (i64, &str),
    (before, frontier): (i64, &str),
    shared: &str,
    seen: &str,
) -> Result<(), String> {
    let statement = format!(
        "select eventlog.append_next(h.log_id, {turn}, {previous}, {shared}, {before}, {frontier},
             clock_timestamp(), sha256('{turn}'), null, null, null, array['s/{turn}'], {seen},
             array[gen_random_uuid()], '{{1}}', array['\\x07'::bytea], '{{somebody}}',
             array[gen_random_uuid()], array['s/{turn}'], '{{1}}', '{{kind}}', '{{1}}',
             '{{2026-03-01}}', null, null, sha256('salt'), sha256('leaf'), null, '{{\"{{}}\"}}',
             null, null, null) is not null
         from eventlog.head as h"
    );
    let stored: Result<bool, _> = sqlx::query_scalar(AssertSqlSafe(statement))
        .fetch_one(conn)
        .await;
    match stored {
        Ok(true) => Ok(()),
        Ok(false) => Err(String::new()),
        Err(error) => {
            let code = error.as_database_error().and_then(|error| error.code());
            Err(code.unwrap().into_owned())
        }
    }
}

/// Has calls of the short way wait, however slow the machine. Two processes must not be so patient: they
/// would wait in a ring.
async fn be_patient(db: &Database) {
    let patient = "alter function eventlog.append_next set lock_timeout = '1min'";
    let mut admin = db.admin().await;
    sqlx::raw_sql(patient).execute(&mut admin).await.unwrap();
}

#[tokio::test]
async fn the_second_of_two_calls_is_stored_after_the_first_or_not_at_all() {
    for stored in [true, false] {
        let db = Database::new().await;
        be_patient(&db).await;
        let mut held = db.pool.begin().await.unwrap();
        by_turns(&mut held, (1, "null"), (0, "''")).await.unwrap();
        let mut conn = db.service().await;
        let second =
            tokio::spawn(async move { by_turns(&mut conn, (2, "1"), (1, "sha256('1')")).await });
        tokio::time::sleep(A_WHILE).await;
        assert!(!second.is_finished());
        assert_eq!(db.events.head(db.log).await.unwrap().position, 0);
        if stored {
            held.commit().await.unwrap();
        } else {
            held.rollback().await.unwrap();
        }
        let undone = || Err("EL005".to_owned());
        let (answer, position) = if stored { (Ok(()), 2) } else { (undone(), 0) };
        assert_eq!(second.await.unwrap(), answer);
        assert_eq!(db.events.head(db.log).await.unwrap().position, position);
    }
}

#[tokio::test]
async fn facts_that_are_there_before_the_head_has_moved_make_way_for_who_holds_it() {
    let db = Database::new().await;
    let mut holder = db.admin().await;
    let hold = "begin; select from eventlog.head for update";
    sqlx::raw_sql(hold).execute(&mut holder).await.unwrap();
    let mut conn = db.service().await;
    let undone = by_turns(&mut conn, (1, "null"), (0, "''")).await;
    assert_eq!(undone, Err("55P03".to_owned()));
    // As does who follows nobody, when nobody comes.
    let undone = by_turns(&mut conn, (2, "1"), (1, "sha256('1')")).await;
    assert_eq!(undone, Err("EL005".to_owned()));
    sqlx::raw_sql("rollback")
        .execute(&mut holder)
        .await
        .unwrap();
    let undone = by_turns(&mut conn, (2, "1"), (1, "sha256('1')")).await;
    assert_eq!(undone, Err("EL005".to_owned()));
    by_turns(&mut conn, (1, "null"), (0, "''")).await.unwrap();
    assert_eq!(db.events.head(db.log).await.unwrap().position, 1);
}

#[tokio::test]
async fn who_shares_a_log_looks_at_its_streams_after_the_call_before() {
    // The call before writes s/1, and this one s/2.
    let seen = |streams: &str, versions: &str| format!("array[{streams}], '{{{versions}}}'");
    let cases = [
        (seen("'s/1'", "1"), Ok(())),
        (seen("'s/1', 's/2', 's/3'", "1, 0, 0"), Ok(())),
        (seen("'s/1'", "0"), Err("EL006".to_owned())),
        (seen("'s/2', 's/1'", "0, 2"), Err("EL006".to_owned())),
        (seen("'s/2'", "1"), Err("EL006".to_owned())),
    ];
    for (seen, answer) in cases {
        let db = Database::new().await;
        be_patient(&db).await;
        let mut held = db.pool.begin().await.unwrap();
        by_turns(&mut held, (1, "null"), (0, "''")).await.unwrap();
        let mut conn = db.service().await;
        let second = tokio::spawn(async move {
            let place = (1, "sha256('1')");
            self::seeing(&mut conn, (2, "1"), place, "true", &seen).await
        });
        tokio::time::sleep(A_WHILE).await;
        assert!(!second.is_finished());
        held.commit().await.unwrap();
        let position = 1 + i64::from(answer.is_ok());
        assert_eq!(second.await.unwrap(), answer);
        assert_eq!(db.events.head(db.log).await.unwrap().position, position);
    }
}

/// Two handles to a log, as of two processes.
async fn two_processes(db: &Database) -> [EventLog; 2] {
    let mut processes = Vec::new();
    for name in ["first", "second"] {
        let pool = PgPoolOptions::new()
            .max_connections(4)
            .acquire_timeout(PATIENCE);
        let options = db.options_of(APPEND_ROLE).application_name(name);
        processes.push(EventLog::new(pool.connect_with(options).await.unwrap()));
    }
    processes.try_into().unwrap()
}

/// A stream that a caller of each process appends to.
const COMMON: &str = "t";

/// Callers of both processes append to streams of their own, and one of each to a common one, until they
/// are told to stop. Then everything is there, once.
async fn both_append(db: &Database, processes: &[EventLog; 2], stop: &AtomicBool) {
    let log = db.log;
    let callers = (0..32_usize).map(async |caller| {
        let events = &processes[caller % 2];
        let stream = format!("s/{caller}");
        let (mut seen, mut commons) = (0, 0);
        while !stop.load(Ordering::Relaxed) || seen < 40 {
            // No key holds what one process writes to the common stream against what the other does.
            let (own, common) = match caller {
                0 => (fact_also(&stream, &[COMMON]), true),
                1 => (fact_also(COMMON, &[&stream]), true),
                _ => (fact(&stream), false),
            };
            let mut expected = vec![(stream.as_str(), seen)];
            if common {
                let asked = [COMMON.to_owned()];
                let version = events.versions(log, &asked).await.unwrap()[COMMON];
                expected.push((COMMON, version));
            }
            match events.append(append(log, &expected, vec![own])).await {
                Ok(_) => (seen, commons) = (seen + 1, commons + i64::from(common)),
                Err(Error::Conflict { stream, .. }) if common => assert_eq!(stream, COMMON),
                Err(error) => panic!("{error:?}"),
            }
        }
        (seen, commons)
    });
    let recorded = join_all(callers).await;
    let facts = recorded.iter().map(|(seen, _)| seen).sum::<i64>();
    let found = processes[0].verify(log).await.unwrap();
    assert_eq!(
        (i64::try_from(found.facts), found.findings),
        (Ok(facts), vec![])
    );
    let streams = (0..recorded.len()).map(|caller| format!("s/{caller}"));
    let streams: Vec<String> = streams.chain([COMMON.to_owned()]).collect();
    let versions = processes[0].versions(log, &streams).await.unwrap();
    for (caller, (seen, _)) in recorded.iter().enumerate() {
        assert_eq!(versions[&format!("s/{caller}")], *seen);
    }
    let commons: i64 = recorded.iter().map(|(_, commons)| commons).sum();
    assert_eq!(versions[COMMON], commons);
}

#[tokio::test]
async fn groups_of_two_processes_are_under_way_at_once() {
    let db = Database::new().await;
    let (processes, stop) = (two_processes(&db).await, AtomicBool::new(false));
    let seen = async {
        let both = two_groups_wait(&db, "count(distinct application_name)");
        let seen = tokio::time::timeout(PATIENCE, both).await;
        stop.store(true, Ordering::Relaxed);
        seen.expect("groups of both are held up at once");
    };
    join(both_append(&db, &processes, &stop), seen).await;
}

#[tokio::test]
async fn claims_of_who_is_gone_are_in_nobodys_way_for_long() {
    let db = Database::new().await;
    let (processes, stop) = (two_processes(&db).await, AtomicBool::new(false));
    let mut admin = db.admin().await;
    let disturb = async {
        // Now right behind what is recorded, and now far beyond.
        for size in (0..60).map(|n| 1_i64 << (n % 14)) {
            let claim = format!(
                "insert into eventlog.claim (log_id, turn, position, recorded_at, claimed_at, frontier)
                 select log_id, {size}, position + {size}, clock_timestamp(), clock_timestamp(),
                     (select string_agg(sha256('nobody'), '')
                      from generate_series(1, bit_count((position + {size})::bit(64))))
                 from eventlog.head
                 on conflict (log_id) do update set turn = excluded.turn,
                     position = excluded.position, recorded_at = excluded.recorded_at,
                     claimed_at = excluded.claimed_at, frontier = excluded.frontier"
            );
            sqlx::raw_sql(AssertSqlSafe(claim))
                .execute(&mut admin)
                .await
                .unwrap();
            tokio::time::sleep(A_WHILE / 4).await;
        }
        stop.store(true, Ordering::Relaxed);
    };
    join(both_append(&db, &processes, &stop), disturb).await;
}

#[tokio::test]
async fn nobody_waits_in_a_ring() {
    let db = Database::new().await;
    let patient = "do $$ begin
         execute format('alter database %I set deadlock_timeout = ''1h''', current_database());
     end $$";
    let mut admin = db.admin().await;
    sqlx::raw_sql(patient).execute(&mut admin).await.unwrap();
    // The first of two calls has not come to inserting its fact, the second has.
    let mut first = db.service().await;
    let begun = "begin; select pg_advisory_xact_lock(1)";
    sqlx::raw_sql(begun).execute(&mut first).await.unwrap();
    let mut conn = db.service().await;
    let second =
        tokio::spawn(async move { by_turns(&mut conn, (2, "1"), (1, "sha256('1')")).await });
    tokio::time::sleep(A_WHILE).await;
    // Somebody else is quicker than the first, and waits for the second.
    let (pool, log) = (db.pool(1).await, db.log);
    let other = tokio::spawn(async move {
        let mut held = pool.begin().await.unwrap();
        let three = append(log, &[], vec![fact("t"), fact("t"), fact("t")]);
        let appended = EventLog::append_on(&mut held, &three).await.unwrap();
        held.commit().await.unwrap();
        appended.last()
    });
    tokio::time::sleep(A_WHILE).await;
    let undone = by_turns(&mut first, (1, "null"), (0, "''")).await;
    assert!(undone.is_err());
    sqlx::raw_sql("rollback").execute(&mut first).await.unwrap();
    assert!(second.await.unwrap().is_err());
    let last = tokio::time::timeout(PATIENCE / 10, other).await.unwrap();
    assert_eq!(last.unwrap(), 3);
}

#[tokio::test]
async fn what_is_known_of_a_stream_is_forgotten_when_somebody_else_writes() {
    let (db, events) = counted().await;
    let other = EventLog::new(db.pool(2).await);
    let log = db.log;
    for seen in 0..5 {
        let appended = append(log, &[("s", seen)], vec![fact("s")]);
        events.append(appended).await.unwrap();
    }
    let theirs = append(log, &[("s", 5)], vec![fact("s")]);
    other.append(theirs).await.unwrap();
    // Looked at only, so that no key of a fact would tell.
    let late = append(log, &[("s", 5), ("t", 0)], vec![fact("t")]);
    let refused = events.append(late).await;
    assert!(
        matches!(
            refused,
            Err(Error::Conflict {
                expected: 5,
                actual: 6,
                ..
            })
        ),
        "{refused:?}"
    );
    let found = events.verify(log).await.unwrap();
    assert_eq!((found.facts, found.findings), (6, vec![]));
}

/// Callers who append until they are told to stop; how many facts each of them recorded.
async fn many_callers(events: &EventLog, log: LogId, stop: &AtomicBool) -> Vec<i64> {
    let callers = (0..40).map(async |caller| {
        let stream = format!("s/{caller}");
        // Some concern what others write.
        let further = format!("t/{}", caller % 4);
        let mut seen = 0;
        while !stop.load(Ordering::Relaxed) || seen < 20 {
            let also: &[&str] = if seen % 10 == 9 { &[&further] } else { &[] };
            let one = fact_also(&stream, also);
            let appended = append(log, &[(&stream, seen)], vec![one]);
            events.append(appended).await.unwrap();
            seen += 1;
        }
        seen
    });
    join_all(callers).await
}

/// Holds up whoever is about to insert facts until two groups are, in one call each, as `count` counts
/// them, in SQL.
async fn two_groups_wait(db: &Database, count: &str) {
    let held_up = format!(
        "select {count} from pg_stat_activity
         where datname = current_database() and wait_event_type = 'Lock'
             and query like 'select eventlog.append_next(%'"
    );
    let mut admin = db.admin().await;
    let mut holder = db.admin().await;
    loop {
        let hold = "begin; lock table eventlog.fact in share mode";
        sqlx::raw_sql(hold).execute(&mut holder).await.unwrap();
        tokio::time::sleep(A_WHILE).await;
        let held_up: i64 = sqlx::query_scalar(AssertSqlSafe(held_up.as_str()))
            .fetch_one(&mut admin)
            .await
            .unwrap();
        sqlx::raw_sql("rollback")
            .execute(&mut holder)
            .await
            .unwrap();
        if held_up == 2 {
            return;
        }
    }
}

#[tokio::test]
async fn two_groups_are_under_way_at_once() {
    let db = Database::new().await;
    be_patient(&db).await;
    let (log, events, stop) = (db.log, db.events.clone(), AtomicBool::new(false));
    let seen = async {
        let seen = tokio::time::timeout(PATIENCE, two_groups_wait(&db, "count(*)")).await;
        stop.store(true, Ordering::Relaxed);
        seen.expect("two groups are held up at once");
    };
    let (recorded, ()) = join(many_callers(&events, log, &stop), seen).await;
    let facts = u64::try_from(recorded.iter().sum::<i64>()).unwrap();
    let concern_t_1 = recorded.iter().skip(1).step_by(4);
    let found = events.verify(log).await.unwrap();
    assert_eq!((found.facts, found.findings), (facts, vec![]));
    assert_eq!(
        events.versions(log, &["t/1".to_owned()]).await.unwrap()["t/1"],
        concern_t_1.map(|recorded| recorded / 10).sum::<i64>()
    );
}
