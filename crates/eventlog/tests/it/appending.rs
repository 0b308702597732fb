//! One caller at a time: what an append does, and what it refuses.

use chrono::{DateTime, NaiveDate};
use eventlog::{Append, Appended, Error, Invalid, NewFact, version};
use futures_util::TryStreamExt;
use serde_json::{Value, json};

use crate::support::{Database, append, fact, fact_also, id};

#[tokio::test]
async fn what_was_appended_is_read_again() {
    let db = Database::new().await;
    let (log, events) = (db.log, &db.events);
    let first = NewFact {
        entered_at: DateTime::from_timestamp_micros(1_600_000_000_123_456),
        cause: Some(id()),
        shape: 3,
        payload: json!({
            "text": "perché no — \u{1f3e0} \\u0000 \"quoted\"",
            "numbers": [0, -1, 1.5, 1e-7, 9_007_199_254_740_991_i64],
            "nested": {"b": [true, null, {}], "a": []},
        }),
        ..fact_also("house/1", &["person/1", "area/9"])
    };
    let command = append(
        log,
        &[("house/1", 0)],
        vec![first.clone(), fact("person/1")],
    );
    let appended = events.append(command.clone()).await.unwrap();
    assert!(matches!(
        appended,
        Appended::Now {
            first: 1,
            last: 2,
            ..
        }
    ));

    let read = events.at(log, 1).await.unwrap().unwrap();
    assert_eq!(read.id, first.id);
    assert_eq!(read.stream, "house/1");
    assert_eq!(read.also, ["person/1", "area/9"]);
    assert_eq!((read.kind.as_str(), read.shape), ("thing/happened", 3));
    assert_eq!(read.occurred_on, first.occurred_on);
    assert_eq!(read.entered_at, first.entered_at);
    assert_eq!(read.recorded_at, appended.recorded_at());
    assert_eq!(read.actor, "somebody");
    assert_eq!(read.command, command.command);
    assert_eq!(read.cause, first.cause);
    assert_eq!(read.payload.value(), first.payload);
    assert_eq!(events.at(log, 3).await.unwrap(), None);

    let head = events.head(log).await.unwrap();
    assert_eq!(
        (head.position, head.recorded_at),
        (2, appended.recorded_at())
    );
    assert_eq!(events.logs().await.unwrap(), [head]);
}

#[tokio::test]
async fn a_fact_has_a_version_in_each_of_its_streams() {
    let db = Database::new().await;
    let (log, events) = (db.log, &db.events);
    let facts = vec![
        fact_also("a", &["b"]),
        fact("b"),
        fact_also("b", &["a", "c"]),
        fact("a"),
    ];
    events
        .append(append(log, &[("a", 0), ("b", 0)], facts))
        .await
        .unwrap();
    events
        .append(append(log, &[("c", 1)], vec![fact_also("c", &["a"])]))
        .await
        .unwrap();

    let names = ["a", "b", "c", "d"].map(str::to_owned);
    let streams = events.streams(log, &names).await.unwrap();
    let seen = |name: &str| -> Vec<(i64, i64, String)> {
        let entries = streams[name].iter();
        entries
            .map(|e| (e.version, e.position, e.stream.clone()))
            .collect()
    };
    let entry = |version, position, stream: &str| (version, position, stream.to_owned());
    assert_eq!(
        seen("a"),
        [
            entry(1, 1, "a"),
            entry(2, 3, "b"),
            entry(3, 4, "a"),
            entry(4, 5, "c")
        ]
    );
    assert_eq!(
        seen("b"),
        [entry(1, 1, "a"), entry(2, 2, "b"), entry(3, 3, "b")]
    );
    assert_eq!(seen("c"), [entry(1, 3, "b"), entry(2, 5, "c")]);
    assert_eq!(seen("d"), []);
    for (name, version) in events.versions(log, &names).await.unwrap() {
        assert_eq!(version, eventlog::version(&streams[&name]), "{name}");
    }
    assert_eq!(version(&streams["a"]), 4);
    assert_eq!(version(&streams["d"]), 0);
    assert_eq!(events.stream(log, "a").await.unwrap(), streams["a"]);
    // Read by position, the version is the one in the fact's own stream.
    assert_eq!(events.at(log, 3).await.unwrap().unwrap().version, 3);
}

#[tokio::test]
async fn a_repeated_command_gets_its_first_outcome() {
    let db = Database::new().await;
    let (log, events) = (db.log, &db.events);
    let command = append(log, &[("a", 0)], vec![fact("a"), fact("a")]);
    assert_eq!(events.outcome(log, command.command).await.unwrap(), None);
    let now = events.append(command.clone()).await.unwrap();
    events
        .append(append(log, &[], vec![fact("a")]))
        .await
        .unwrap();

    // The stream has moved on and the facts are others: the command is what counts.
    let retry = Append {
        facts: vec![fact("z")],
        ..command.clone()
    };
    let Appended::Now {
        first,
        last,
        recorded_at,
    } = now
    else {
        panic!("{now:?}");
    };
    let before = Appended::Before {
        first,
        last,
        recorded_at,
    };
    assert_eq!(events.append(command.clone()).await.unwrap(), before);
    assert_eq!(events.append(retry).await.unwrap(), before);
    let outcome = events.outcome(log, command.command).await.unwrap().unwrap();
    assert_eq!(
        (outcome.first, outcome.last, outcome.recorded_at),
        (first, last, recorded_at)
    );
    assert_eq!(outcome.digest, command.digest);

    let other = Append {
        digest: vec![8; 32],
        ..command.clone()
    };
    let refused = events.append(other).await;
    assert!(matches!(refused, Err(Error::CommandReused { command: c }) if c == command.command));
    assert_eq!(events.head(log).await.unwrap().position, 3);
}

#[tokio::test]
async fn a_conflict_in_one_stream_leaves_all_alone() {
    let db = Database::new().await;
    let (log, events) = (db.log, &db.events);
    events
        .append(append(
            log,
            &[],
            vec![fact("a"), fact_also("b", &["guard"])],
        ))
        .await
        .unwrap();
    let stale = append(
        log,
        &[("a", 1), ("guard", 0), ("b", 7)],
        vec![fact("a"), fact("b"), fact_also("c", &["a"])],
    );
    let refused = events.append(stale.clone()).await;
    let Err(Error::Conflict {
        stream,
        expected,
        actual,
    }) = refused
    else {
        panic!("{refused:?}");
    };
    // The first that differs, though no fact mentions it.
    assert_eq!((stream.as_str(), expected, actual), ("guard", 0, 1));
    assert_eq!(events.head(log).await.unwrap().position, 2);
    assert_eq!(events.stream(log, "a").await.unwrap().len(), 1);
    assert_eq!(events.stream(log, "c").await.unwrap(), []);
    assert_eq!(events.outcome(log, stale.command).await.unwrap(), None);

    // Decided again, under the same id.
    let fresh = Append {
        expected: append(log, &[("a", 1), ("guard", 1), ("b", 1)], vec![]).expected,
        ..stale
    };
    let appended = events.append(fresh).await.unwrap();
    assert_eq!((appended.first(), appended.last()), (3, 5));
    // Only checked: the guard did not grow.
    assert_eq!(events.stream(log, "guard").await.unwrap().len(), 1);
}

#[tokio::test]
async fn an_id_is_used_once_in_a_log() {
    let db = Database::new().await;
    let (log, events) = (db.log, &db.events);
    let once = fact("a");
    events
        .append(append(log, &[], vec![once.clone()]))
        .await
        .unwrap();
    let refused = events
        .append(append(log, &[], vec![fact("b"), once.clone()]))
        .await;
    assert!(matches!(refused, Err(Error::FactExists { id }) if id == once.id));
    assert_eq!(events.head(log).await.unwrap().position, 1);
}

#[tokio::test]
async fn logs_share_nothing() {
    let db = Database::new().await;
    let (one, events) = (db.log, &db.events);
    let two = id();
    events.create_log(two).await.unwrap();
    let again = events.create_log(two).await;
    assert!(matches!(again, Err(Error::LogExists { log }) if log == two));
    assert!(!events.ensure_log(two).await.unwrap());

    let command = append(one, &[("a", 0)], vec![fact("a"), fact("a")]);
    let same = Append {
        log: two,
        digest: vec![1],
        ..command.clone()
    };
    events.append(command.clone()).await.unwrap();
    // The same command, fact ids and streams: another log knows nothing of them.
    let appended = events.append(same).await.unwrap();
    assert!(matches!(
        appended,
        Appended::Now {
            first: 1,
            last: 2,
            ..
        }
    ));
    for log in [one, two] {
        let facts = events.read(log, 0, 10).await.unwrap();
        assert_eq!(facts.len(), 2);
        assert!(facts.iter().all(|fact| fact.log == log));
    }

    let nowhere = id();
    let refused = events
        .append(Append {
            log: nowhere,
            ..command
        })
        .await;
    assert!(matches!(refused, Err(Error::UnknownLog { log }) if log == nowhere));
    assert!(matches!(
        events.head(nowhere).await,
        Err(Error::UnknownLog { .. })
    ));
    assert_eq!(events.read(nowhere, 0, 10).await.unwrap(), []);
}

#[tokio::test]
async fn reading_comes_in_bounded_batches() {
    let db = Database::new().await;
    let (log, events) = (db.log, &db.events);
    let total = 2 * eventlog::READ_BATCH + 7;
    let mut left = total;
    while left > 0 {
        let count = left.min(eventlog::MAX_FACTS_PER_APPEND);
        let facts = (0..count).map(|_| fact("a")).collect();
        events.append(append(log, &[], facts)).await.unwrap();
        left -= count;
    }
    let positions = |facts: &[eventlog::Recorded]| -> Vec<i64> {
        facts.iter().map(|fact| fact.position).collect()
    };
    assert_eq!(positions(&events.read(log, 3, 2).await.unwrap()), [4, 5]);
    let most = events.read(log, 0, usize::MAX).await.unwrap();
    assert_eq!(most.len(), eventlog::READ_BATCH);

    let upto = i64::try_from(total).unwrap() - 1;
    let batches: Vec<_> = events.read_to(log, upto).try_collect().await.unwrap();
    assert!(
        batches
            .iter()
            .all(|batch| batch.len() <= eventlog::READ_BATCH)
    );
    assert_eq!(positions(&batches.concat()), (1..=upto).collect::<Vec<_>>());
    let batches: Vec<_> = events
        .range(log, upto, i64::MAX)
        .try_collect()
        .await
        .unwrap();
    assert_eq!(positions(&batches.concat()), [upto + 1]);
}

#[tokio::test]
async fn what_is_outside_the_limits_is_refused_by_name() {
    let db = Database::new().await;
    let (log, events) = (db.log, &db.events);
    let with = |change: &dyn Fn(&mut NewFact)| {
        let mut changed = fact("a");
        change(&mut changed);
        append(log, &[], vec![changed])
    };
    let many: Vec<String> = (0..=eventlog::MAX_STREAMS_PER_READ)
        .map(|n| n.to_string())
        .collect();
    let too_many = |error| {
        matches!(
            error,
            Error::Invalid(Invalid::TooManyStreams { count: 1_001 })
        )
    };
    assert!(too_many(events.streams(log, &many).await.unwrap_err()));
    assert!(too_many(events.versions(log, &many).await.unwrap_err()));

    let long = |bytes: usize| "x".repeat(bytes);
    let deep = (0..eventlog::MAX_PAYLOAD_DEPTH).fold(json!(1), |inner, _| json!([inner]));
    let half = json!(long(eventlog::MAX_PAYLOAD_BYTES - 2));
    let twice = fact("a");
    let many: Vec<String> = (0..=eventlog::MAX_ALSO_PER_FACT)
        .map(|n| format!("s{n}"))
        .collect();

    type Refused = fn(&Invalid) -> bool;
    let cases: Vec<(Append, Refused)> = vec![
        (append(log, &[], vec![]), |i| matches!(i, Invalid::NoFacts)),
        (
            append(
                log,
                &[],
                (0..=eventlog::MAX_FACTS_PER_APPEND)
                    .map(|_| fact("a"))
                    .collect(),
            ),
            |i| matches!(i, Invalid::TooManyFacts { count: 1_001 }),
        ),
        (with(&|f| f.stream = String::new()), |i| {
            matches!(i, Invalid::StreamName { .. })
        }),
        (with(&|f| f.stream = "a b".into()), |i| {
            matches!(i, Invalid::StreamName { .. })
        }),
        (with(&|f| f.stream = "caffè".into()), |i| {
            matches!(i, Invalid::StreamName { .. })
        }),
        (with(&|f| f.stream = "a\0".into()), |i| {
            matches!(i, Invalid::StreamName { .. })
        }),
        (
            with(&|f| f.stream = long(eventlog::MAX_STREAM_NAME_BYTES + 1)),
            |i| matches!(i, Invalid::StreamName { .. }),
        ),
        (with(&|f| f.also = vec!["".into()]), |i| {
            matches!(i, Invalid::StreamName { .. })
        }),
        (with(&|f| f.also = vec!["a".into()]), |i| {
            matches!(i, Invalid::AlsoTwice { .. })
        }),
        (with(&|f| f.also = vec!["b".into(), "b".into()]), |i| {
            matches!(i, Invalid::AlsoTwice { .. })
        }),
        (with(&|f| f.also = many.clone()), |i| {
            matches!(i, Invalid::TooManyAlso { .. })
        }),
        (with(&|f| f.kind = String::new()), |i| {
            matches!(i, Invalid::Kind { .. })
        }),
        (
            with(&|f| f.kind = long(eventlog::MAX_KIND_BYTES + 1)),
            |i| matches!(i, Invalid::Kind { .. }),
        ),
        (
            with(&|f| f.occurred_on = NaiveDate::from_ymd_opt(0, 1, 1).unwrap()),
            |i| matches!(i, Invalid::Date { .. }),
        ),
        (with(&|f| f.occurred_on = NaiveDate::MAX), |i| {
            matches!(i, Invalid::Date { .. })
        }),
        (
            with(&|f| f.entered_at = Some(DateTime::<chrono::Utc>::MIN_UTC)),
            |i| matches!(i, Invalid::Date { .. }),
        ),
        (
            with(&|f| f.payload = json!(long(eventlog::MAX_PAYLOAD_BYTES - 1))),
            |i| matches!(i, Invalid::PayloadBytes { .. }),
        ),
        (with(&|f| f.payload = deep.clone()), |i| {
            matches!(i, Invalid::PayloadDepth { .. })
        }),
        (
            with(&|f| f.payload = json!({"a": [9_007_199_254_740_992_i64]})),
            |i| matches!(i, Invalid::PayloadNumber { pointer, .. } if pointer == "/a/0"),
        ),
        (with(&|f| f.payload = json!("a\0")), |i| {
            matches!(i, Invalid::PayloadNul { .. })
        }),
        (with(&|f| f.payload = json!([{"\0": 1}])), |i| {
            matches!(i, Invalid::PayloadNul { .. })
        }),
        (
            append(
                log,
                &[],
                (0..=eventlog::MAX_APPEND_BYTES / eventlog::MAX_PAYLOAD_BYTES)
                    .map(|_| NewFact {
                        payload: half.clone(),
                        ..fact("a")
                    })
                    .collect(),
            ),
            |i| matches!(i, Invalid::AppendBytes { .. }),
        ),
        (append(log, &[], vec![twice.clone(), twice]), |i| {
            matches!(i, Invalid::IdTwice { .. })
        }),
        (append(log, &[("a", 0), ("a", 0)], vec![fact("a")]), |i| {
            matches!(i, Invalid::ExpectedTwice { .. })
        }),
        (append(log, &[("a", -1)], vec![fact("a")]), |i| {
            matches!(i, Invalid::ExpectedVersion { version: -1, .. })
        }),
        (
            Append {
                actor: String::new(),
                ..with(&|_| ())
            },
            |i| matches!(i, Invalid::Actor),
        ),
        (
            Append {
                actor: "a\nb".into(),
                ..with(&|_| ())
            },
            |i| matches!(i, Invalid::Actor),
        ),
        (
            Append {
                digest: vec![],
                ..with(&|_| ())
            },
            |i| matches!(i, Invalid::Digest { bytes: 0 }),
        ),
        (
            Append {
                digest: vec![0; 65],
                ..with(&|_| ())
            },
            |i| matches!(i, Invalid::Digest { bytes: 65 }),
        ),
    ];
    for (index, (command, refused)) in cases.into_iter().enumerate() {
        match events.append(command).await {
            Err(Error::Invalid(invalid)) => assert!(refused(&invalid), "case {index}: {invalid}"),
            other => panic!("case {index}: {other:?}"),
        }
    }
    assert_eq!(events.head(log).await.unwrap().position, 0);
}

#[tokio::test]
async fn what_is_at_the_limits_is_recorded_and_read() {
    let db = Database::new().await;
    let (log, events) = (db.log, &db.events);
    let deep = (1..eventlog::MAX_PAYLOAD_DEPTH).fold(json!(1), |inner, _| json!([inner]));
    let payloads = [
        deep,
        json!("x".repeat(eventlog::MAX_PAYLOAD_BYTES - 2)),
        Value::Null,
    ];
    let stream = "s".repeat(eventlog::MAX_STREAM_NAME_BYTES);
    let also: Vec<String> = (0..eventlog::MAX_ALSO_PER_FACT)
        .map(|n| format!("{n:0>200}"))
        .collect();
    let facts = payloads.iter().map(|payload| NewFact {
        payload: payload.clone(),
        kind: "k".repeat(eventlog::MAX_KIND_BYTES),
        also: also.clone(),
        occurred_on: NaiveDate::from_ymd_opt(9999, 12, 31).unwrap(),
        ..fact(&stream)
    });
    let command = Append {
        digest: vec![0; eventlog::MAX_DIGEST_BYTES],
        actor: "a".repeat(eventlog::MAX_ACTOR_BYTES),
        ..append(log, &[], facts.collect())
    };
    events.append(command).await.unwrap();
    let read = events.stream(log, &also[3]).await.unwrap();
    let read: Vec<Value> = read.iter().map(|fact| fact.payload.value()).collect();
    assert_eq!(read, payloads);
}

#[tokio::test]
async fn the_clock_of_the_log_does_not_step_back() {
    let db = Database::new().await;
    // As if the machine's clock had been an hour ahead when the log was made.
    let mut admin = db.admin().await;
    let ahead = id();
    sqlx::query(
        "insert into eventlog.head (log_id, position, recorded_at, created_at, frontier)
         select $1, 0, now() + interval '1 hour', now(), ''",
    )
    .bind(ahead)
    .execute(&mut admin)
    .await
    .unwrap();
    let before = db.events.head(ahead).await.unwrap().recorded_at;
    let appended = db
        .events
        .append(append(ahead, &[], vec![fact("a")]))
        .await
        .unwrap();
    assert_eq!(appended.recorded_at(), before);
    assert_eq!(db.events.verify(ahead).await.unwrap().findings, []);
}

#[tokio::test]
async fn a_database_that_is_gone_is_unavailable() {
    let db = Database::new().await;
    db.pool.close().await;
    let refused = db.events.append(append(db.log, &[], vec![fact("a")])).await;
    assert!(matches!(refused, Err(Error::Unavailable(_))), "{refused:?}");
}
