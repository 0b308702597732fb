//! message-db: SQL functions, installed by its own script, called through sqlx.
//!
//! `write_message` takes an advisory lock on the stream's category until the commit, compares the
//! version, inserts one row: one statement, one transaction, one round trip. Streams of one category
//! are what a log is here: within it, positions follow commits.

use std::process::Stdio;

use anyhow::{Context, Result, bail};
use serde_json::json;
use sqlx::PgPool;
use sqlx::types::Json;
use tokio::process::Command;

use crate::fact::{ACTOR, Admission, KIND, Stream, random_id};
use crate::load::{Answer, Store};
use crate::report::root;
use crate::server::{Server, pool};

/// As the project's documentation calls it, with the types its signature has.
const WRITE: &str =
    "select write_message($1::varchar, $2::varchar, $3::varchar, $4, $5, $6::bigint)";

#[derive(Debug, Clone)]
pub(crate) struct MessageDb {
    pool: PgPool,
}

impl MessageDb {
    pub(crate) async fn found(server: &Server, database: &str) -> Result<MessageDb> {
        server.create(database).await?;
        let scripts = root().join("benches/node_modules/@eventide/message-db/database");
        let path = std::env::var_os("PATH").unwrap_or_default();
        let programs = server.programs().await?;
        let paths = [programs].into_iter().chain(std::env::split_paths(&path));
        let output = Command::new("bash")
            .arg(scripts.join("install.sh"))
            .env("PATH", std::env::join_paths(paths)?)
            .env("CREATE_DATABASE", "off")
            .env("DATABASE_NAME", database)
            .envs(server.environment(database))
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output()
            .await
            .context("cannot run message-db's install.sh")?;
        if !output.status.success() {
            bail!("install.sh: {}", String::from_utf8_lossy(&output.stderr));
        }
        let options = server.options(database);
        let options = options.options([("search_path", "message_store,public")]);
        Ok(MessageDb {
            pool: pool(options).await?,
        })
    }
}

impl Store for MessageDb {
    async fn append(&self, stream: &Stream) -> Result<Answer> {
        let position: Result<i64, _> = sqlx::query_scalar(WRITE)
            .bind(random_id().to_string())
            .bind(&stream.name)
            .bind(KIND)
            .bind(Json(Admission::new()))
            .bind(Json(json!({ "actor": ACTOR })))
            // The position of the last message, −1 for none.
            .bind(i64::from(stream.length) - 1)
            .fetch_one(&self.pool)
            .await;
        match position {
            Ok(position) => Ok(Answer::Recorded(position)),
            Err(sqlx::Error::Database(error)) if error.message().contains("expected version") => {
                Ok(Answer::Refused)
            }
            Err(error) => Err(error.into()),
        }
    }
}
