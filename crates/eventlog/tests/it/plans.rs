//! However large a log gets, reading and appending go through an index.

use eventlog::sql;
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
    let mut conn = db.service().await;
    let two = vec!["s/3".to_owned(), "t/1".to_owned()];

    let streams = plan(&mut conn, sql::STREAMS, |q| q.bind(log).bind(two)).await;
    assert!(streams.contains("fact_stream_version_key"), "{streams}");
    assert!(streams.contains("also_pkey"), "{streams}");
    let read = plan(&mut conn, sql::READ, |q| {
        q.bind(log).bind(2_000_i64).bind(i64::MAX).bind(500_i64)
    });
    let read = read.await;
    assert!(read.contains("Index Scan using fact_pkey"), "{read}");
    let at = plan(&mut conn, sql::AT, |q| q.bind(log).bind(2_000_i64)).await;
    assert!(at.contains("Index Scan using fact_pkey"), "{at}");
    let outcome = plan(&mut conn, sql::OUTCOME, |q| q.bind(log).bind(log)).await;
    let versions = plan(&mut conn, sql::VERSIONS, |q| {
        q.bind(log).bind(vec!["s/3", "t/1"])
    })
    .await;
    let range = AssertSqlSafe(format!(
        "explain {}",
        sql::range("f.position, f.payload", log, 2_000, i64::MAX)
    ));
    let range: Vec<(String,)> = sqlx::query_as(range).fetch_all(&mut conn).await.unwrap();
    let range: String = range.into_iter().map(|(line,)| line + "\n").collect();
    assert!(range.contains("Index Scan using fact_pkey"), "{range}");
    let nodes = plan(&mut conn, sql::NODES, |q| {
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

/// How often each table was read from end to end.
async fn scans(db: &Database) -> Vec<(String, i64)> {
    // Closed connections have reported what they did.
    db.pool.close().await;
    let mut admin = db.admin().await;
    loop {
        let others: i64 = sqlx::query_scalar(
            "select count(*) from pg_stat_activity where datname = current_database()
             and pid <> pg_backend_pid() and backend_type = 'client backend'",
        )
        .fetch_one(&mut admin)
        .await
        .unwrap();
        if others == 0 {
            break;
        }
        tokio::task::yield_now().await;
    }
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
