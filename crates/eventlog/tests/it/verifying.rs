//! What appends cannot bring about is found, whoever did it.

use eventlog::{Error, Finding, MAX_FINDINGS};
use futures_util::TryStreamExt;
use sqlx::PgConnection;

use crate::support::{Database, append, fact, fact_also, id};

/// Six facts at positions 1…6 from four commands.
async fn recorded() -> Database {
    let db = Database::new().await;
    for facts in [
        vec![fact("a"), fact_also("a", &["b"])],
        vec![fact("a")],
        vec![fact_also("b", &["a"]), fact("c")],
        vec![fact("c")],
    ] {
        db.events.append(append(db.log, &[], facts)).await.unwrap();
    }
    db
}

/// A connection that takes the guards away, which only an administrator can.
async fn vandal(db: &Database) -> PgConnection {
    let mut conn = db.acting_as("set session_replication_role = replica").await;
    for table in ["head", "fact", "also", "node", "checkpoint"] {
        let statement = format!("alter table eventlog.{table} disable trigger user");
        sqlx::raw_sql(sqlx::AssertSqlSafe(statement))
            .execute(&mut conn)
            .await
            .unwrap();
    }
    conn
}

async fn damaged(statement: &'static str) -> Vec<Finding> {
    let db = recorded().await;
    sqlx::raw_sql(statement)
        .execute(&mut vandal(&db).await)
        .await
        .unwrap();
    db.events.verify(db.log).await.unwrap().findings
}

#[tokio::test]
async fn a_sound_log_has_no_findings() {
    let db = recorded().await;
    let found = db.events.verify(db.log).await.unwrap();
    assert_eq!((found.position, found.facts, found.links), (6, 6, 2));
    assert_eq!((found.streams, found.commands), (3, 4));
    assert_eq!((found.findings, found.unlisted), (vec![], 0));
    let empty = id();
    db.events.create_log(empty).await.unwrap();
    assert_eq!(db.events.verify(empty).await.unwrap().findings, []);
    assert!(matches!(
        db.events.verify(id()).await,
        Err(Error::UnknownLog { .. })
    ));
}

#[tokio::test]
async fn a_removed_fact_is_found() {
    let findings = damaged("delete from eventlog.fact where position = 3").await;
    assert!(findings.contains(&Finding::MissingPositions { from: 3, to: 3 }));
    let version = Finding::StreamVersion {
        position: 4,
        stream: "a".into(),
        expected: 3,
        actual: 4,
    };
    assert!(findings.contains(&version), "{findings:?}");
}

#[tokio::test]
async fn a_removed_end_is_found() {
    let findings = damaged("delete from eventlog.fact where position = 6").await;
    let head = [
        Finding::HeadPosition { head: 6, last: 5 },
        Finding::HeadTree { position: 6 },
    ];
    assert_eq!(findings, head);
}

#[tokio::test]
async fn a_changed_time_is_found() {
    let findings = damaged(
        "update eventlog.fact set recorded_at = recorded_at - interval '1 day' where position = 6",
    )
    .await;
    assert!(findings.contains(&Finding::RecordedEarlier { position: 6 }));
    assert!(findings.contains(&Finding::HeadRecordedAt { position: 6 }));
}

#[tokio::test]
async fn changed_links_are_found() {
    let stray =
        damaged("update eventlog.also set stream = 'z', version = 1 where position = 2").await;
    let link = Finding::LinkWithoutFact {
        position: 2,
        stream: "z".into(),
    };
    assert!(stray.contains(&link), "{stray:?}");
    let fact = Finding::FactWithoutLink {
        position: 2,
        stream: "b".into(),
    };
    assert!(stray.contains(&fact), "{stray:?}");
    // The versions 4 and 1 of `a` change places.
    let moved = damaged(
        "update eventlog.fact set version = 9 where position = 1;
         update eventlog.also set version = 1 where stream = 'a';
         update eventlog.fact set version = 4 where position = 1",
    )
    .await;
    let order = |f: &Finding| matches!(f, Finding::StreamOrder { position: 2, .. });
    assert!(moved.iter().any(order), "{moved:?}");
}

#[tokio::test]
async fn a_changed_command_is_found() {
    let findings = damaged(
        "update eventlog.fact set command_digest = null, command_facts = null where position = 4",
    )
    .await;
    let orphans = [4, 5].map(|position| Finding::Command { position });
    let leaf = Finding::Leaf { position: 4 };
    assert_eq!(findings, [orphans[0].clone(), leaf, orphans[1].clone()]);
}

/// One row changed by somebody who can do everything, but hashes nothing anew.
#[tokio::test]
async fn a_changed_fact_is_found() {
    for change in [
        "payload = '{\"what\":\"else\"}'",
        "occurred_on = occurred_on - 1",
        "entered_at = now()",
        "recorded_at = recorded_at + interval '1 us'",
        "actor = 'another'",
        "kind = 'another'",
        "shape = 2",
        "id = gen_random_uuid()",
        "cause = gen_random_uuid()",
        "salt = sha256('x')",
        "leaf = sha256('x')",
        "command_digest = 'x'",
        "also = '{z}'",
        "stream = 'z'",
    ] {
        let db = recorded().await;
        let statement = format!("update eventlog.fact set {change} where position = 4");
        sqlx::raw_sql(sqlx::AssertSqlSafe(statement))
            .execute(&mut vandal(&db).await)
            .await
            .unwrap();
        let findings = db.events.verify(db.log).await.unwrap().findings;
        let leaf = Finding::Leaf { position: 4 };
        assert!(findings.contains(&leaf), "{change}: {findings:?}");
    }
}

#[tokio::test]
async fn findings_are_bounded_and_readers_stop_at_a_gap() {
    let db = Database::new().await;
    for _ in 0..3 {
        let facts = (0..500).map(|_| fact("a")).collect();
        db.events.append(append(db.log, &[], facts)).await.unwrap();
    }
    sqlx::raw_sql("delete from eventlog.fact where position % 2 = 0")
        .execute(&mut vandal(&db).await)
        .await
        .unwrap();
    let found = db.events.verify(db.log).await.unwrap();
    assert_eq!(found.findings.len(), MAX_FINDINGS);
    assert!(found.unlisted > 0);

    let read: Result<Vec<_>, Error> = db.events.read_to(db.log, 10).try_collect().await;
    assert!(matches!(read, Err(Error::Gap { missing: 2, .. })));
    let next = db.events.subscribe(db.log, 0).next().await;
    assert!(matches!(next, Err(Error::Gap { missing: 2, .. })));
}
