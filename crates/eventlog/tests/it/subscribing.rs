//! A subscription hands out every fact once, in order, whatever happens to connections.

use std::time::Duration;

use eventlog::{EventLog, LISTENER_NAME, Recorded};
use futures_util::StreamExt;
use sqlx::PgConnection;
use tokio::time::timeout;
use uuid::Uuid;

use crate::support::{Database, PATIENCE, append, fact, id};

/// No test takes this long: what is not heard is never read.
const NEVER: Duration = Duration::from_secs(24 * 60 * 60);
/// Between two looks at the server's list of connections.
const PAUSE: Duration = Duration::from_millis(10);

const WRITERS: usize = 4;
const APPENDS: i64 = 60;
const TOTAL: i64 = 4 * APPENDS * 2;

/// Reads to the end; returns the positions in the order handed out.
async fn follow(events: EventLog, log: Uuid, after: i64) -> Vec<i64> {
    let mut subscription = events.subscribe(log, after);
    let mut seen = Vec::new();
    while subscription.position() < TOTAL {
        let batch = subscription.next().await.unwrap();
        assert!(!batch.is_empty() && batch.len() <= eventlog::READ_BATCH);
        seen.extend(batch.iter().map(|fact: &Recorded| fact.position));
        assert_eq!(seen.last(), Some(&subscription.position()));
    }
    seen
}

async fn listeners(conn: &mut PgConnection) -> Vec<i32> {
    sqlx::query_scalar(
        "select pid from pg_stat_activity
         where datname = current_database() and application_name = $1",
    )
    .bind(LISTENER_NAME)
    .fetch_all(conn)
    .await
    .unwrap()
}

/// Waits for a listener that is not `known`.
async fn listener(conn: &mut PgConnection, known: Option<i32>) -> i32 {
    let found = async {
        loop {
            match listeners(conn)
                .await
                .into_iter()
                .find(|pid| Some(*pid) != known)
            {
                Some(pid) => return pid,
                None => tokio::time::sleep(PAUSE).await,
            }
        }
    };
    timeout(PATIENCE, found)
        .await
        .expect("a listener comes back")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_missed_or_repeated() {
    let db = Database::new().await;
    let (log, events) = (db.log, db.events.clone().polling_every(NEVER));
    let mut followers = Vec::new();
    // From the start, from within, and from a position that is not there yet.
    for after in [0, 0, 37, TOTAL - 5] {
        followers.push((after, tokio::spawn(follow(events.clone(), log, after))));
    }
    // As of another process.
    let elsewhere = EventLog::new(db.pool(2).await).polling_every(NEVER);
    followers.push((1, tokio::spawn(follow(elsewhere, log, 1))));

    let mut writers = Vec::new();
    for writer in 0..WRITERS {
        let events = db.events.clone();
        writers.push(tokio::spawn(async move {
            for _ in 0..APPENDS {
                let stream = format!("s/{writer}");
                events
                    .append(append(log, &[], vec![fact(&stream), fact("all")]))
                    .await
                    .unwrap();
            }
        }));
    }
    // While they write, nobody is left to listen, again and again.
    let mut admin = db.admin().await;
    while !writers.iter().all(tokio::task::JoinHandle::is_finished) {
        for pid in listeners(&mut admin).await {
            sqlx::query("select pg_terminate_backend($1)")
                .bind(pid)
                .execute(&mut admin)
                .await
                .unwrap();
        }
        tokio::time::sleep(PAUSE * 5).await;
    }
    for writer in writers {
        writer.await.unwrap();
    }
    for (after, follower) in followers {
        let seen = timeout(PATIENCE, follower)
            .await
            .expect("the end is reached")
            .unwrap();
        assert_eq!(seen, (after + 1..=TOTAL).collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn a_lost_listener_comes_back_and_an_unused_one_goes() {
    let db = Database::new().await;
    let (log, mut admin) = (db.log, db.admin().await);
    let heard = db.events.clone().polling_every(NEVER);
    let mut one = heard.subscribe(log, 0);
    let mut two = heard.subscribe(log, 0).into_stream();
    let waiting = tokio::spawn(async move { (one.next().await.unwrap(), one) });
    let first = listener(&mut admin, None).await;
    sqlx::query("select pg_terminate_backend($1)")
        .bind(first)
        .execute(&mut admin)
        .await
        .unwrap();
    let second = listener(&mut admin, Some(first)).await;

    let appended = db
        .events
        .append(append(log, &[], vec![fact("a")]))
        .await
        .unwrap();
    let (batch, one) = timeout(PATIENCE, waiting).await.unwrap().unwrap();
    assert_eq!((batch.len(), one.position()), (1, appended.last()));
    assert_eq!(two.next().await.unwrap().unwrap(), batch);
    // All subscriptions share it.
    assert_eq!(listeners(&mut admin).await, [second]);

    let Database { events, pool, .. } = db;
    drop((one, two, heard, events, pool));
    let gone = async {
        while !listeners(&mut admin).await.is_empty() {
            tokio::time::sleep(PAUSE).await;
        }
    };
    timeout(PATIENCE, gone)
        .await
        .expect("the listener ends with the last handle");
}

#[tokio::test]
async fn a_poll_finds_what_was_not_heard() {
    let db = Database::new().await;
    let mut subscription = db.events.clone().polling_every(PAUSE).subscribe(db.log, 0);
    let mut admin = db.admin().await;
    let waiting = tokio::spawn(async move { subscription.next().await.unwrap() });
    listener(&mut admin, None).await;
    // A fact that nobody was told of.
    sqlx::raw_sql(
        "do $$
         declare log uuid := (select log_id from eventlog.head);
         begin
             insert into eventlog.fact values
                 (log, 1, 1, now(), null, log, log, null, now(), 1, 1, 'x', 'x', 'x', 's', 'k', 'a',
                  null, '{}');
         end $$",
    )
    .execute(&mut admin)
    .await
    .unwrap();
    let batch = timeout(PATIENCE, waiting).await.unwrap().unwrap();
    assert_eq!(batch.len(), 1);
}

#[tokio::test]
async fn a_dropped_wait_loses_nothing() {
    let db = Database::new().await;
    let mut subscription = db.events.subscribe(db.log, 0);
    let mut seen = Vec::new();
    for _ in 0..40 {
        let two = vec![fact("a"), fact("a")];
        let (next, _) = tokio::join!(
            timeout(PAUSE / 10, subscription.next()),
            db.events.append(append(db.log, &[], two)),
        );
        seen.extend(next.into_iter().flat_map(Result::unwrap));
    }
    while subscription.position() < 80 {
        seen.extend(subscription.next().await.unwrap());
    }
    let positions: Vec<i64> = seen.iter().map(|fact| fact.position).collect();
    assert_eq!(positions, (1..=80).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_subscription_hears_its_own_log() {
    let db = Database::new().await;
    let later = id();
    let mut subscription = db.events.clone().polling_every(NEVER).subscribe(later, 0);
    let events = db.events.clone();
    let log = db.log;
    let noise = tokio::spawn(async move {
        for _ in 0..100 {
            events
                .append(append(log, &[], vec![fact("a")]))
                .await
                .unwrap();
        }
        // The log followed is made after the subscription.
        events.create_log(later).await.unwrap();
        events
            .append(append(later, &[], vec![fact("b")]))
            .await
            .unwrap();
    });
    let batch = timeout(PATIENCE, subscription.next())
        .await
        .unwrap()
        .unwrap();
    noise.await.unwrap();
    assert_eq!(batch.len(), 1);
    assert_eq!((batch[0].log, batch[0].stream.as_str()), (later, "b"));
}

/// As when PostgreSQL is started anew, again and again: every connection is lost.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_follow_through_lost_connections() {
    const FOLLOWERS: i64 = 40;
    let db = Database::new().await;
    let log = db.log;
    let elsewhere = EventLog::new(db.pool(3).await);
    let mut followers = Vec::new();
    for n in 0..FOLLOWERS {
        let events = if n % 2 == 0 { &db.events } else { &elsewhere };
        let mut subscription = events
            .clone()
            .polling_every(Duration::from_millis(500))
            .subscribe(log, n);
        followers.push(tokio::spawn(async move {
            let mut seen = Vec::new();
            while subscription.position() < TOTAL {
                // An error says nothing about what comes next.
                match subscription.next().await {
                    Ok(batch) => seen.extend(batch.iter().map(|fact| fact.position)),
                    Err(_) => tokio::time::sleep(PAUSE).await,
                }
                if n % 10 == 0 {
                    tokio::time::sleep(PAUSE * 3).await;
                }
            }
            (n, seen)
        }));
    }
    let events = db.events.clone();
    let writer = tokio::spawn(async move {
        for _ in 0..TOTAL / 2 {
            let command = append(log, &[], vec![fact("a"), fact("b")]);
            while events.append(command.clone()).await.is_err() {
                tokio::time::sleep(PAUSE).await;
            }
        }
    });
    let mut admin = db.admin().await;
    while !writer.is_finished() {
        sqlx::query(
            "select pg_terminate_backend(pid) from pg_stat_activity
             where datname = current_database() and pid <> pg_backend_pid()",
        )
        .execute(&mut admin)
        .await
        .unwrap();
        tokio::time::sleep(PAUSE * 10).await;
    }
    writer.await.unwrap();
    for follower in followers {
        let (after, seen) = timeout(PATIENCE, follower).await.unwrap().unwrap();
        assert_eq!(seen, (after + 1..=TOTAL).collect::<Vec<_>>());
    }
}
