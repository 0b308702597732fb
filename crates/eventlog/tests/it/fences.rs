//! What is read for somebody is what is inside her fence, whatever is asked.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use eventlog::{Error, FENCE, READ_ROLE, REPORT_ROLE, Reader, Source};
use futures_util::TryStreamExt;
use proof::checkpoint::Checkpoint;
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;
use uuid::Uuid;

use crate::support::{Database, PATIENCE, append, fact_also, id};

/// Every table of the log, asked without naming a log.
const TABLES: [(&str, &str); 6] = [
    ("head", "select distinct log_id from eventlog.head"),
    ("fact", "select distinct log_id from eventlog.fact"),
    ("also", "select distinct log_id from eventlog.also"),
    ("node", "select distinct log_id from eventlog.node"),
    (
        "checkpoint",
        "select distinct log_id from eventlog.checkpoint",
    ),
    (
        "signature",
        "select distinct log_id from eventlog.signature",
    ),
];

const NOTHING: [Uuid; 0] = [];

/// Enough facts for a node to be kept.
const FACTS: i64 = 300;

/// A database with two logs that have rows in every table.
async fn two() -> (Database, Uuid, Uuid) {
    let db = Database::new().await;
    let (one, other) = (db.log, id());
    db.events.create_log(other).await.unwrap();
    for log in [one, other] {
        let facts = (0..FACTS).map(|_| fact_also("a", &["b"])).collect();
        db.events.append(append(log, &[], facts)).await.unwrap();
        let checkpoint = Checkpoint {
            origin: format!("example.test/{log}"),
            size: 300,
            root: db.events.root(log, FACTS).await.unwrap(),
            extensions: Vec::new(),
        };
        let key = proof::note::SignerKey::from_seed("example.test", [7; 32]).unwrap();
        let note = checkpoint.sign(&key).unwrap();
        db.events.keep_checkpoint(log, &note).await.unwrap();
    }
    (db, one, other)
}

async fn seen(source: &Source, question: &'static str) -> Vec<Uuid> {
    let seen = sqlx::query_scalar(question).fetch_all(source);
    seen.await.unwrap()
}

#[tokio::test]
async fn questions_that_name_no_log_or_another_get_nothing_of_it() {
    let (db, one, other) = two().await;
    let pool = db.pool_of(READ_ROLE, 2).await;
    let both = {
        let mut both = [one, other];
        both.sort();
        both
    };
    for (table, question) in TABLES {
        let whole = Source::whole(pool.clone());
        assert_eq!(
            seen(&whole, question).await,
            NOTHING,
            "{table} without a fence"
        );
        let none = Source::fenced(pool.clone(), &[]);
        assert_eq!(
            seen(&none, question).await,
            NOTHING,
            "{table} inside nothing"
        );
        let own = Source::fenced(pool.clone(), &[one]);
        assert_eq!(seen(&own, question).await, [one], "{table}");
        let mut all = seen(&Source::fenced(pool.clone(), &both), question).await;
        all.sort();
        assert_eq!(all, both, "{table} of both");
    }
    let own = Reader::new(Source::fenced(pool, &[one]));
    assert_eq!(own.ids().await.unwrap(), [one]);
    assert_eq!(own.logs().await.unwrap().len(), 1);
    assert_eq!(own.head(one).await.unwrap().position, FACTS);
    let head = own.head(other).await;
    assert!(matches!(head, Err(Error::UnknownLog { log }) if log == other));
    assert_eq!(own.at(one, 1).await.unwrap().unwrap().log, one);
    assert_eq!(own.at(other, 1).await.unwrap(), None);
    assert_eq!(own.read(other, 0, 10).await.unwrap(), []);
    assert_eq!(own.stream(one, "b").await.unwrap().len(), 300);
    assert_eq!(own.stream(other, "b").await.unwrap(), []);
    let all: Vec<_> = own.range(one, 0, FACTS).try_collect().await.unwrap();
    assert_eq!(all.concat().len(), 300);
    let none: Vec<_> = own.range(other, 0, FACTS).try_collect().await.unwrap();
    assert_eq!(none.concat(), []);
    assert_eq!(own.verify(one).await.unwrap().findings, []);
    assert_eq!(own.checkpoints(one).await.unwrap().len(), 1);
    assert!(own.checkpoints(other).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_report_is_about_one_log() {
    let (db, one, other) = two().await;
    let pool = db.pool_of(REPORT_ROLE, 2).await;
    for (table, question) in &TABLES[..3] {
        let unset = Source::whole(pool.clone());
        assert_eq!(
            seen(&unset, question).await,
            NOTHING,
            "{table} without a fence"
        );
        let own = Source::fenced(pool.clone(), &[one]);
        assert_eq!(seen(&own, question).await, [one], "{table}");
        let both = Source::fenced(pool.clone(), &[one, other]);
        let refused = sqlx::query(*question).fetch_all(&both).await;
        let refused = refused.unwrap_err();
        let code = refused.as_database_error().and_then(|error| error.code());
        assert_eq!(code.as_deref(), Some("22P02"), "{table}: {refused}");
    }
}

/// What a connection that comes out of the pool next sees.
async fn left_behind(pool: &PgPool) -> (Option<String>, i64) {
    let left = sqlx::query_as(
        "select nullif(current_setting('inrete.pilots', true), ''),
                (select count(*) from eventlog.fact)",
    );
    left.fetch_one(pool).await.unwrap()
}

/// Drops a future after it was polled so often, unless it has ended.
async fn polled<F: Future>(future: F, mut times: usize) -> Option<F::Output> {
    let mut future = pin!(future);
    poll_fn(|context| {
        if times == 0 {
            return Poll::Ready(None);
        }
        times -= 1;
        future.as_mut().poll(context).map(Some)
    })
    .await
}

#[tokio::test]
async fn nothing_is_left_on_a_connection() {
    let (db, one, _) = two().await;
    let pool = db.pool_of(READ_ROLE, 1).await;
    let own = Source::fenced(pool.clone(), &[one]);
    assert_eq!(FENCE, "inrete.pilots");
    assert_eq!(seen(&own, TABLES[1].1).await, [one]);
    assert_eq!(left_behind(&pool).await, (None, 0));
    // A statement that fails.
    let failed = sqlx::query("select 1 / 0").execute(&own).await;
    failed.unwrap_err();
    assert_eq!(left_behind(&pool).await, (None, 0));
    // A request that is dropped at whatever moment: while it waits for a connection, while the
    // transaction is begun, while the statement runs.
    let (mut dropped, mut ended) = (0, 0);
    for times in (0..8).cycle().take(120) {
        let question = sqlx::query_scalar::<_, i64>("select count(*) from eventlog.fact")
            .persistent(times % 2 == 0)
            .fetch_one(&own);
        match polled(question, times).await {
            Some(counted) => {
                assert_eq!(counted.unwrap(), FACTS);
                ended += 1;
            }
            None => dropped += 1,
        }
        assert_eq!(left_behind(&pool).await, (None, 0), "dropped after {times}");
    }
    assert!(dropped > 20 && ended > 20, "{dropped} and {ended}");
    let slow = sqlx::query("select pg_sleep(0.2), count(*) from eventlog.fact").execute(&own);
    let given_up = tokio::time::timeout(Duration::from_millis(50), slow).await;
    given_up.unwrap_err();
    assert_eq!(left_behind(&pool).await, (None, 0));
    // A connection that is lent and left in the middle.
    let lent = own.acquire().await.unwrap();
    drop(lent);
    assert_eq!(left_behind(&pool).await, (None, 0));
    let lent = own.at_one_moment().await.unwrap();
    drop(lent);
    assert_eq!(left_behind(&pool).await, (None, 0));
}

#[tokio::test]
async fn connections_that_were_lost_are_not_noticed() {
    let (db, one, _) = two().await;
    let pool = PgPoolOptions::new()
        .max_connections(3)
        .acquire_timeout(PATIENCE)
        .test_before_acquire(false)
        .connect_with(db.options_of(READ_ROLE))
        .await
        .unwrap();
    let own = Source::fenced(pool.clone(), &[one]);
    let mut admin = db.admin().await;
    for _ in 0..3 {
        let mut lent = Vec::new();
        for _ in 0..3 {
            lent.push(own.acquire().await.unwrap());
        }
        drop(lent);
        while pool.num_idle() < 3 {
            tokio::task::yield_now().await;
        }
        sqlx::query(
            "select pg_terminate_backend(pid) from pg_stat_activity
             where datname = current_database() and pid <> pg_backend_pid()",
        )
        .execute(&mut admin)
        .await
        .unwrap();
        assert_eq!(seen(&own, TABLES[1].1).await, [one]);
    }
}

#[tokio::test]
async fn nothing_is_written_through_a_fence() {
    let (db, one, _) = two().await;
    // Even with a role that could.
    let pool = db.pool_of(eventlog::APPEND_ROLE, 1).await;
    let own = Source::fenced(pool, &[one]);
    let refused = sqlx::query("select eventlog.create_log(gen_random_uuid())").execute(&own);
    let refused = refused.await.unwrap_err();
    let code = refused.as_database_error().and_then(|error| error.code());
    assert_eq!(code.as_deref(), Some("25006"), "{refused}");
}

#[tokio::test]
async fn a_fenced_reader_is_woken_by_who_appends_beside_it() {
    let db = Database::new().await;
    let never = Duration::from_secs(3_600);
    let events = eventlog::EventLog::new(db.pool(2).await).polling_every(never);
    let pool = db.pool_of(READ_ROLE, 2).await;
    let reader = events.through(Source::fenced(pool, &[db.log]));
    let mut following = reader.subscribe(db.log, 0);
    let appending = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        let facts = vec![fact_also("a", &[])];
        events.append(append(db.log, &[], facts)).await.unwrap()
    };
    let both = futures_util::future::join(following.next(), appending);
    let (told, appended) = tokio::time::timeout(PATIENCE, both).await.unwrap();
    assert_eq!(told.unwrap()[0].position, appended.last());
}
