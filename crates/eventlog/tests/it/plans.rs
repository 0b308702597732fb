//! However large a log gets, reading and appending go through an index.

use eventlog::{EventLog, sql};
use sqlx::{AssertSqlSafe, PgConnection};
use uuid::Uuid;

use crate::support::{Database, append, fact_also, id};

const FACTS: usize = 10_000;
const FACTS_PER_APPEND: usize = 20;
/// PostgreSQL keeps a plan from the sixth time on.
const SEEDS: i64 = 10;
const STREAMS: usize = 100;

/// Several thousand facts in two logs, appended on a connection that made its plans when the tables
/// were known to be small.
async fn filled() -> Database {
    let db = Database::new().await;
    let other = id();
    db.events.create_log(other).await.unwrap();
    for seed in 0..SEEDS {
        let few = (0..2).map(|_| fact_also("s/0", &["t/0"])).collect();
        db.events
            .append(append(other, &[("s/0", 2 * seed)], few))
            .await
            .unwrap();
        if seed == 0 {
            analyze(&db).await;
        }
    }
    for log in [db.log, other] {
        let mut left = FACTS / 2;
        while left > 0 {
            let count = left.min(FACTS_PER_APPEND);
            let facts = (0..count).map(|n| {
                let (own, further) = (
                    format!("s/{}", (left + n) % STREAMS),
                    format!("t/{}", n % 7),
                );
                fact_also(&own, &[&further])
            });
            db.events
                .append(append(log, &[], facts.collect()))
                .await
                .unwrap();
            left -= count;
        }
    }
    db
}

async fn analyze(db: &Database) {
    sqlx::raw_sql("analyze eventlog.fact, eventlog.also, eventlog.node, eventlog.head")
        .execute(&mut db.admin().await)
        .await
        .unwrap();
}

async fn plan(
    conn: &mut PgConnection,
    statement: &'static str,
    bind: impl FnOnce(Query<'_>) -> Query<'_>,
) -> String {
    let explain = AssertSqlSafe(format!("explain {statement}"));
    let lines: Vec<(String,)> = bind(sqlx::query_as(explain)).fetch_all(conn).await.unwrap();
    lines.into_iter().map(|(line,)| line + "\n").collect()
}

type Query<'q> = sqlx::query::QueryAs<'q, sqlx::Postgres, (String,), sqlx::postgres::PgArguments>;

#[tokio::test]
async fn reads_go_through_an_index() {
    let db = filled().await;
    // The nodes of a long log.
    sqlx::raw_sql(
        "insert into eventlog.node select gen_random_uuid(), 8, n, '' from generate_series(0, 9999) as n",
    )
    .execute(&mut db.admin().await)
    .await
    .unwrap();
    analyze(&db).await;
    let log: Uuid = db.log;
    reads_are_planned_well(&mut db.service().await, log).await;
    lookups_are_planned_well(&mut db.service().await, log).await;
    // Behind a fence, of one log and of many, the same.
    let many: Vec<String> = (0..99).map(|_| id().to_string()).collect();
    for others in ["", &format!(",{}", many.join(","))] {
        let mut reading = db.role(eventlog::READ_ROLE).await;
        sqlx::query("select set_config('inrete.pilots', $1, false)")
            .bind(format!("{{{log}{others}}}"))
            .execute(&mut reading)
            .await
            .unwrap();
        reads_are_planned_well(&mut reading, log).await;
    }
}

async fn reads_are_planned_well(conn: &mut PgConnection, log: Uuid) {
    let two = vec!["s/3".to_owned(), "t/1".to_owned()];
    let streams = plan(conn, sql::STREAMS, |q| q.bind(log).bind(two)).await;
    assert!(streams.contains("fact_stream_version_key"), "{streams}");
    assert!(streams.contains("also_pkey"), "{streams}");
    let read = plan(conn, sql::READ, |q| {
        q.bind(log).bind(2_000_i64).bind(i64::MAX).bind(500_i64)
    });
    let read = read.await;
    assert!(read.contains("Index Scan using fact_pkey"), "{read}");
    let at = plan(conn, sql::AT, |q| q.bind(log).bind(2_000_i64)).await;
    assert!(at.contains("Index Scan using fact_pkey"), "{at}");
    let outcome = plan(conn, sql::OUTCOME, |q| q.bind(log).bind(log)).await;
    let versions = plan(conn, sql::VERSIONS, |q| {
        q.bind(log).bind(vec!["s/3", "t/1"])
    })
    .await;
    let range = AssertSqlSafe(format!(
        "explain {}",
        sql::range("f.position, f.payload", log, 2_000, i64::MAX)
    ));
    let range: Vec<(String,)> = sqlx::query_as(range).fetch_all(&mut *conn).await.unwrap();
    let range: String = range.into_iter().map(|(line,)| line + "\n").collect();
    assert!(range.contains("Index Scan using fact_pkey"), "{range}");
    let nodes = plan(conn, sql::NODES, |q| {
        q.bind(log)
            .bind([0_i16, 8])
            .bind([0_i64, 0])
            .bind([4_i64, 2])
    })
    .await;
    assert!(nodes.contains("node_pkey"), "{nodes}");
    assert!(nodes.contains("fact_pkey"), "{nodes}");
    for plan in [streams, versions, read, at, outcome, range, nodes] {
        assert!(!plan.contains("Seq Scan"), "{plan}");
    }
}

/// What is about somebody wherever it was recorded, and one fact by its id. Every log is looked at, each
/// through the index that has its streams; the heads alone are read from end to end.
async fn lookups_are_planned_well(conn: &mut PgConnection, log: Uuid) {
    let everywhere = plan(conn, sql::EVERYWHERE, |q| q.bind("s/3")).await;
    assert!(
        everywhere.contains("fact_stream_version_key"),
        "{everywhere}"
    );
    assert!(!everywhere.contains("Seq Scan on fact"), "{everywhere}");
    let by_id = plan(conn, sql::BY_ID, |q| q.bind(log).bind(log)).await;
    assert!(by_id.contains("fact_id_key"), "{by_id}");
}

/// How often each table was read from end to end.
async fn scans(db: &Database) -> Vec<(String, i64)> {
    let mut admin = db.admin().await;
    db.settled(&mut admin).await;
    sqlx::query_as(
        "select relname::text, seq_scan from pg_stat_user_tables
         where schemaname = 'eventlog' and relname in ('fact', 'also', 'node') order by 1",
    )
    .fetch_all(&mut admin)
    .await
    .unwrap()
}

#[tokio::test]
async fn appending_never_reads_a_whole_table() {
    let empty = Database::new().await;
    let filled = filled().await;
    // Making the tables may read them; appending ten thousand facts adds nothing to that, though
    // the connections made their plans when there was next to nothing to read.
    assert_eq!(scans(&filled).await, scans(&empty).await);
}

#[tokio::test]
async fn an_append_looks_at_a_few_rows_however_long_the_log() {
    // Tables of so many facts nobody analyzed, when the plans are made: from about a hundred on, each
    // index that begins with the log seems as good as the right one.
    for planned_with in [0, 128, 512] {
        looks_at_a_few_rows(planned_with).await;
    }
}

async fn looks_at_a_few_rows(planned_with: usize) {
    const APPENDS: i64 = 400;
    let db = Database::new().await;
    let log = db.log;
    let mut admin = db.admin().await;
    sqlx::raw_sql("alter table eventlog.fact set (autovacuum_enabled = off)")
        .execute(&mut admin)
        .await
        .unwrap();
    if planned_with > 0 {
        let facts = (0..planned_with).map(|n| fact_also(&format!("of/{n}"), &[]));
        let before = append(log, &[], facts.collect());
        db.events.append(before).await.unwrap();
    }
    // One connection, which makes all its plans now. Every other append is refused, and so goes the
    // long way.
    let events = EventLog::new(db.pool(1).await);
    for seen in 0..APPENDS / 2 {
        let expected = [("s/0", seen), ("t/0", seen)];
        let next = append(log, &expected, vec![fact_also("s/0", &["t/0"])]);
        let known = next.facts[0].id;
        events.append(next).await.unwrap();
        let lost = if seen % 2 == 0 { "s/0" } else { "t/0" };
        let mut refused = append(log, &[(lost, seen)], vec![fact_also("s/1", &[])]);
        if seen % 4 == 0 {
            refused.expected.clear();
            refused.facts[0].id = known;
        }
        events.append(refused).await.unwrap_err();
    }
    // And smoothly, the short way.
    for seen in 0..APPENDS {
        let next = append(log, &[("u/0", seen)], vec![fact_also("u/0", &[])]);
        events.append(next).await.unwrap();
    }
    events.drain().await;
    drop(events);
    db.settled(&mut admin).await;
    let read: i64 = sqlx::query_scalar(
        "select sum(idx_tup_read)::bigint from pg_stat_user_indexes
         where schemaname = 'eventlog' and relname in ('fact', 'also')",
    )
    .fetch_one(&mut admin)
    .await
    .unwrap();
    assert!(
        read < 12 * APPENDS,
        "planned with {planned_with}: {read} entries of indexes were read"
    );
}
