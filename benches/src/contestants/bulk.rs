//! The machine's own limit for many facts: rows of the log, 1,000 in a transaction, into a table
//! with the same columns, checks and indexes as `eventlog.fact`. What makes the rows (positions,
//! versions, comparisons, the other tables) is not part of it.
//!
//! The rows are real ones: a log is filled, its rows are read once, and each round writes them as the
//! rows of another log, so that no key meets itself. Nothing here knows the table's columns.

use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, Result};
use futures_util::TryStreamExt;
use sqlx::postgres::PgPoolCopyExt;
use sqlx::{AssertSqlSafe, PgPool};
use tokio::task::JoinSet;
use uuid::Uuid;

use super::ours::{Ours, command, fact};
use crate::fact::{KIND, Stream, timed_id};
use crate::load::{Clock, Span, Tally};
use crate::server::{Server, execute, pool};

/// Rows of a transaction.
const BATCH: u32 = 1_000;

/// Batches that are read and written round and round.
const BATCHES: usize = 20;

/// How rows get in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    Copy,
    Unnest,
}

#[derive(Debug, Clone)]
pub(crate) struct Bulk {
    pool: PgPool,
    template: Arc<Template>,
}

#[derive(Debug)]
struct Template {
    log: String,
    /// As `copy` writes them, one text a batch.
    copied: Vec<String>,
    /// By column, one list of columns a batch.
    columns: Vec<Vec<Vec<Option<String>>>>,
    unnest: String,
}

impl Bulk {
    pub(crate) async fn found(server: &Server, database: &str) -> Result<Bulk> {
        let ours = Ours::found(server, database).await?;
        for _ in 0..BATCHES {
            let facts = (0..BATCH).map(|_| fact(Stream::new().name, KIND));
            let append = command(ours.log, Vec::new(), facts.collect::<Result<_>>()?);
            ours.events.append(append).await?;
        }
        let mut connection = server.connect(database).await?;
        for table in ["copied", "unnested"] {
            let create = format!("create table {table} (like eventlog.fact including all)");
            execute(&mut connection, create).await?;
        }
        let pool = pool(server.options(database)).await?;
        let template = Arc::new(Template::read(&pool, ours.log).await?);
        Ok(Bulk { pool, template })
    }

    pub(crate) async fn drive(&self, way: Way, connections: usize, span: Span) -> Result<Tally> {
        let clock = Clock::start(span);
        let mut running = JoinSet::new();
        for _ in 0..connections {
            let this = self.clone();
            running.spawn(async move { this.write(way, clock, span).await });
        }
        let mut total = Tally::new(span, BATCH);
        while let Some(ended) = running.join_next().await {
            total.merge(ended??);
        }
        Ok(total)
    }

    async fn write(&self, way: Way, clock: Clock, span: Span) -> Result<Tally> {
        let mut tally = Tally::new(span, BATCH);
        loop {
            let log = timed_id().to_string();
            for batch in 0..self.template.copied.len() {
                if clock.is_over() {
                    return Ok(tally);
                }
                let begun = Instant::now();
                match way {
                    Way::Copy => self.copy(batch, &log).await?,
                    Way::Unnest => self.unnest(batch, &log).await?,
                }
                clock.note(&mut tally, begun);
            }
        }
    }

    async fn copy(&self, batch: usize, log: &str) -> Result<()> {
        let rows = self.template.copied[batch].replace(&self.template.log, log);
        let mut copy = self.pool.copy_in_raw("copy copied from stdin").await?;
        copy.send(rows.into_bytes()).await?;
        copy.finish().await?;
        Ok(())
    }

    async fn unnest(&self, batch: usize, log: &str) -> Result<()> {
        let mut query = sqlx::query(AssertSqlSafe(self.template.unnest.as_str()));
        for column in &self.template.columns[batch] {
            let mut column = column.clone();
            for value in column.iter_mut().flatten() {
                if *value == self.template.log {
                    log.clone_into(value);
                }
            }
            query = query.bind(column);
        }
        query.execute(&self.pool).await?;
        Ok(())
    }
}

impl Template {
    async fn read(pool: &PgPool, log: Uuid) -> Result<Template> {
        let names: Vec<(String, String)> = sqlx::query_as(
            "select quote_ident(attname), format_type(atttypid, atttypmod) from pg_attribute \
             where attrelid = 'eventlog.fact'::regclass and attnum > 0 and not attisdropped \
             order by attnum",
        )
        .fetch_all(pool)
        .await?;
        let (mut copied, mut columns) = (Vec::new(), Vec::new());
        for batch in 0..BATCHES {
            let first = batch * BATCH as usize;
            let range = format!(
                "from eventlog.fact where log_id = '{log}' and position > {first} \
                 and position <= {}",
                first + BATCH as usize
            );
            copied.push(copied_out(pool, &range).await?);
            let mut batch = Vec::new();
            for (name, _) in &names {
                let column = format!("select {name}::text {range} order by position");
                let column = sqlx::query_scalar(AssertSqlSafe(column));
                batch.push(column.fetch_all(pool).await?);
            }
            columns.push(batch);
        }
        Ok(Template {
            log: log.to_string(),
            copied,
            columns,
            unnest: unnest(&names),
        })
    }
}

async fn copied_out(pool: &PgPool, range: &str) -> Result<String> {
    let statement = format!("copy (select * {range} order by position) to stdout");
    let mut stream = pool.copy_out_raw(&statement).await?;
    let mut bytes = Vec::new();
    while let Some(chunk) = stream.try_next().await? {
        bytes.extend_from_slice(&chunk);
    }
    String::from_utf8(bytes).context("rows are not UTF-8")
}

/// An insert that takes every column as an array of texts and casts each value to its type.
fn unnest(columns: &[(String, String)]) -> String {
    let list = |each: &dyn Fn(usize, &(String, String)) -> String| {
        let parts = (1..)
            .zip(columns)
            .map(|(number, column)| each(number, column));
        parts.collect::<Vec<_>>().join(", ")
    };
    format!(
        "insert into unnested ({}) select {} from unnest({}) as row ({})",
        list(&|_, (name, _)| name.clone()),
        list(&|number, (_, kind)| format!("c{number}::{kind}")),
        list(&|number, _| format!("${number}::text[]")),
        list(&|number, _| format!("c{number}")),
    )
}
