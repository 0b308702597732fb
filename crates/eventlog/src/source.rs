//! Where reads get their connections, and what of the database is seen through them.
//!
//! A role that reads for others sees the logs named by [`FENCE`] and no others: PostgreSQL adds that
//! to every question (row-level security). A fenced [`Source`] sets it in a transaction of its own for
//! each connection it lends, so that it is gone with the transaction and nobody who gets the
//! connection later has it; a distributed database hands it on to its workers.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use futures_util::future::BoxFuture;
use futures_util::stream::{self, BoxStream};
use futures_util::{FutureExt, StreamExt, TryFutureExt, TryStreamExt};
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgPool, PgQueryResult, PgRow, PgStatement, PgTypeInfo};
use sqlx::{
    AssertSqlSafe, Describe, Either, Execute, Executor, PgConnection, Postgres, SqlSafeStr, SqlStr,
};
use sqlx_core::transaction::TransactionManager;

use crate::LogId;

/// The variable that says which logs a connection sees: their ids, as an array is written. Unset or
/// empty it is none.
pub const FENCE: &str = "inrete.pilots";

const READ: &str = "begin read only";
const READ_AT_ONE_MOMENT: &str = "begin isolation level repeatable read read only";

/// Where reads get their connections. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Source {
    pool: PgPool,
    /// What sets [`FENCE`].
    fence: Option<Arc<str>>,
}

/// A connection, lent for a moment.
#[derive(Debug)]
pub struct Lent {
    conn: PoolConnection<Postgres>,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// As the pool gave it.
    Plain,
    /// A transaction is being begun: whether it was is not known.
    Beginning,
    /// In a transaction.
    Open,
}

impl Source {
    /// Everything that the pool's role may see.
    pub fn whole(pool: PgPool) -> Self {
        Self { pool, fence: None }
    }

    /// These logs and no others, through a pool whose role sees what [`FENCE`] says.
    ///
    /// The transaction that sets it is also what tells whether the connection is still good: the pool
    /// need not ask before ([`test_before_acquire`](sqlx::pool::PoolOptions::test_before_acquire)).
    pub fn fenced(pool: PgPool, logs: &[LogId]) -> Self {
        let ids: Vec<String> = logs.iter().map(LogId::to_string).collect();
        let fence = format!("set local {FENCE} = '{{{}}}'", ids.join(","));
        Self {
            pool,
            fence: Some(fence.into()),
        }
    }

    /// A connection. A fenced one is in a transaction that only reads.
    ///
    /// # Errors
    /// Faults of the database.
    pub async fn acquire(&self) -> Result<Lent, sqlx::Error> {
        match &self.fence {
            Some(_) => self.begin(READ).await,
            None => Ok(Lent {
                conn: self.pool.acquire().await?,
                state: State::Plain,
            }),
        }
    }

    /// A connection in a transaction that only reads, and sees everything as it was at one moment.
    ///
    /// # Errors
    /// Faults of the database.
    pub async fn at_one_moment(&self) -> Result<Lent, sqlx::Error> {
        self.begin(READ_AT_ONE_MOMENT).await
    }

    pub(crate) fn pool(&self) -> &PgPool {
        &self.pool
    }

    async fn begin(&self, begin: &'static str) -> Result<Lent, sqlx::Error> {
        let statement: Arc<str> = match &self.fence {
            Some(fence) => format!("{begin}; {fence}").into(),
            None => begin.into(),
        };
        let mut lost = 0;
        loop {
            let mut lent = Lent {
                conn: self.pool.acquire().await?,
                state: State::Beginning,
            };
            // Made of constants and ids.
            let statement = AssertSqlSafe(Arc::clone(&statement)).into_sql_str();
            match Transactions::begin(&mut lent.conn, Some(statement)).await {
                Ok(()) => {
                    lent.state = State::Open;
                    return Ok(lent);
                }
                // While it was idle it was cut off, and the others of the pool with it.
                Err(error) if lost < self.pool.options().get_max_connections() => {
                    tracing::debug!(%error, "an idle connection was lost");
                    lost += 1;
                }
                Err(error) => return Err(error),
            }
        }
    }
}

impl Deref for Lent {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        &self.conn
    }
}

impl DerefMut for Lent {
    fn deref_mut(&mut self) -> &mut PgConnection {
        &mut self.conn
    }
}

impl Drop for Lent {
    /// The pool sends what is asked for here before it lends the connection to anybody else.
    fn drop(&mut self) {
        match self.state {
            State::Plain => {}
            State::Open => Transactions::start_rollback(&mut self.conn),
            State::Beginning => self.conn.close_on_drop(),
        }
    }
}

/// Used by itself, because a [`Transaction`](sqlx::Transaction) that is dropped while it is being begun is
/// forgotten: the connection goes back to the pool with whatever came of it.
type Transactions = <Postgres as sqlx::Database>::TransactionManager;

/// Each statement on a connection of its own. Its rows are all there before the first is handed out:
/// a slow reader keeps no connection.
impl<'p> Executor<'p> for &'_ Source {
    type Database = Postgres;

    fn fetch_many<'e, 'q: 'e, E>(
        self,
        query: E,
    ) -> BoxStream<'e, Result<Either<PgQueryResult, PgRow>, sqlx::Error>>
    where
        'p: 'e,
        E: 'q + Execute<'q, Postgres>,
    {
        let source = self.clone();
        let rows = async move {
            let mut lent = source.acquire().await?;
            let rows: Vec<_> = lent.fetch_many(query).try_collect().await?;
            Ok::<_, sqlx::Error>(stream::iter(rows.into_iter().map(Ok)))
        };
        rows.try_flatten_stream().boxed()
    }

    fn fetch_optional<'e, 'q: 'e, E>(
        self,
        query: E,
    ) -> BoxFuture<'e, Result<Option<PgRow>, sqlx::Error>>
    where
        'p: 'e,
        E: 'q + Execute<'q, Postgres>,
    {
        let source = self.clone();
        async move { source.acquire().await?.fetch_optional(query).await }.boxed()
    }

    fn prepare_with<'e>(
        self,
        sql: SqlStr,
        parameters: &'e [PgTypeInfo],
    ) -> BoxFuture<'e, Result<PgStatement, sqlx::Error>>
    where
        'p: 'e,
    {
        let source = self.clone();
        async move { source.acquire().await?.prepare_with(sql, parameters).await }.boxed()
    }

    fn describe<'e>(self, sql: SqlStr) -> BoxFuture<'e, Result<Describe<Postgres>, sqlx::Error>>
    where
        'p: 'e,
    {
        let source = self.clone();
        async move { source.acquire().await?.describe(sql).await }.boxed()
    }
}
