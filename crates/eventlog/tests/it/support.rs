//! A migrated database, and short ways to say what is appended.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use chrono::NaiveDate;
use eventlog::{Append, EventLog, Expected, NewFact};
use serde_json::json;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::{ConnectOptions, PgConnection};
use uuid::Uuid;

/// A test that waits longer than this for something hangs.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) struct Database {
    inner: cluster::testing::TestDatabase,
    /// Connections that took on the role that appends.
    pub(crate) pool: PgPool,
    pub(crate) events: EventLog,
    pub(crate) log: Uuid,
}

impl Database {
    /// A database with one empty log.
    pub(crate) async fn new() -> Self {
        let inner = cluster::testing::database().await;
        let mut conn = inner.options().connect().await.unwrap();
        eventlog::migrate(&mut conn).await.unwrap();
        let pool = service_pool(&inner, 4).await;
        let events = EventLog::new(pool.clone());
        let log = id();
        events.create_log(log).await.unwrap();
        Self {
            inner,
            pool,
            events,
            log,
        }
    }

    /// A further pool, as of another server process.
    pub(crate) async fn pool(&self, connections: u32) -> PgPool {
        service_pool(&self.inner, connections).await
    }

    /// A connection of the superuser.
    pub(crate) async fn admin(&self) -> PgConnection {
        self.inner.options().connect().await.unwrap()
    }

    /// A connection of the role that appends.
    pub(crate) async fn service(&self) -> PgConnection {
        self.acting_as("set role inrete_append").await
    }

    /// How to connect under a role.
    pub(crate) fn options_of(&self, role: &str) -> PgConnectOptions {
        self.inner.options().options([("role", role)])
    }

    /// A connection under a role.
    pub(crate) async fn role(&self, role: &str) -> PgConnection {
        self.options_of(role).connect().await.unwrap()
    }

    /// A pool of connections under a role.
    pub(crate) async fn pool_of(&self, role: &str, connections: u32) -> PgPool {
        let options = PgPoolOptions::new()
            .max_connections(connections)
            .acquire_timeout(PATIENCE);
        options.connect_with(self.options_of(role)).await.unwrap()
    }

    /// A connection of somebody who is a member of a role, and of no other.
    pub(crate) async fn member(&self, role: &str) -> PgConnection {
        let mut conn = self.admin().await;
        let statement = format!(
            "do $$ begin create role test_of_{role} login; exception when others then null; end $$;
             grant {role} to test_of_{role};
             set session authorization test_of_{role}"
        );
        let statement = sqlx::AssertSqlSafe(statement);
        sqlx::raw_sql(statement).execute(&mut conn).await.unwrap();
        conn
    }

    /// Waits until all other connections are closed: then they have reported what they did. This
    /// database's own pool is closed for it.
    pub(crate) async fn settled(&self, admin: &mut PgConnection) {
        self.pool.close().await;
        loop {
            let others: i64 = sqlx::query_scalar(
                "select count(*) from pg_stat_activity where datname = current_database()
                 and pid <> pg_backend_pid() and backend_type = 'client backend'",
            )
            .fetch_one(&mut *admin)
            .await
            .unwrap();
            if others == 0 {
                return;
            }
            tokio::task::yield_now().await;
        }
    }

    /// A connection of the superuser that first says something.
    pub(crate) async fn acting_as(&self, statement: &'static str) -> PgConnection {
        let mut conn = self.admin().await;
        sqlx::query(statement).execute(&mut conn).await.unwrap();
        conn
    }
}

async fn service_pool(database: &cluster::testing::TestDatabase, connections: u32) -> PgPool {
    PgPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(PATIENCE)
        .after_connect(|conn, _| {
            Box::pin(async move {
                sqlx::query("set role inrete_append").execute(conn).await?;
                Ok(())
            })
        })
        .connect_with(database.options())
        .await
        .unwrap()
}

/// An id that no other call in this process gives.
pub(crate) fn id() -> Uuid {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    Uuid::from_u128(u128::from(NEXT.fetch_add(1, Ordering::Relaxed)) << 64 | 0xfac7)
}

pub(crate) fn fact(stream: &str) -> NewFact {
    fact_also(stream, &[])
}

pub(crate) fn fact_also(stream: &str, also: &[&str]) -> NewFact {
    NewFact {
        id: id(),
        stream: stream.to_owned(),
        also: also.iter().map(|&name| name.to_owned()).collect(),
        kind: "thing/happened".to_owned(),
        shape: 1,
        occurred_on: NaiveDate::from_ymd_opt(2026, 3, 1).unwrap(),
        entered_at: None,
        cause: None,
        payload: json!({"what": "it"}),
    }
}

pub(crate) fn append(log: Uuid, expected: &[(&str, i64)], facts: Vec<NewFact>) -> Append {
    Append {
        log,
        command: id(),
        digest: vec![7; 32],
        actor: "somebody".to_owned(),
        expected: expected
            .iter()
            .map(|&(stream, version)| Expected {
                stream: stream.to_owned(),
                version,
            })
            .collect(),
        facts,
    }
}

/// The SQLSTATE of a refusal.
pub(crate) fn sqlstate<T>(result: Result<T, sqlx::Error>) -> String {
    match result {
        Err(sqlx::Error::Database(error)) => error.code().unwrap_or_default().into_owned(),
        Err(error) => panic!("not a refusal: {error}"),
        Ok(_) => "was not refused".to_owned(),
    }
}
