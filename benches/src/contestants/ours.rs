//! The log itself: `EventLog::append` as the server calls it, every guarantee on.

use anyhow::{Result, anyhow};
use chrono::NaiveDate;
use eventlog::{Append, Error, EventLog, Expected, LogId, NewFact};
use sha2::{Digest, Sha256};

use crate::fact::{ACTOR, Admission, KIND, Stream, timed_id};
use crate::load::{Answer, Store};
use crate::server::{Server, pool};
use sqlx::postgres::PgConnectOptions;

/// One log.
#[derive(Debug, Clone)]
pub(crate) struct Ours {
    pub(crate) events: EventLog,
    pub(crate) log: LogId,
}

impl Ours {
    /// A new log in a new database.
    pub(crate) async fn found(server: &Server, database: &str) -> Result<Ours> {
        server.create(database).await?;
        let mut connection = server.connect(database).await?;
        eventlog::migrate(&mut connection).await?;
        let ours = Ours::join(server.options(database), timed_id()).await?;
        ours.events.create_log(ours.log).await?;
        Ok(ours)
    }

    /// A log that is there, with a pool under the role that the service has.
    pub(crate) async fn join(options: PgConnectOptions, log: LogId) -> Result<Ours> {
        let pool = pool(options.options([("role", eventlog::APPEND_ROLE)]));
        Ok(Ours {
            events: EventLog::new(pool.await?),
            log,
        })
    }
}

/// A fact of a stream.
pub(crate) fn fact(stream: String, kind: &str) -> Result<NewFact> {
    Ok(NewFact {
        id: timed_id(),
        stream,
        also: Vec::new(),
        kind: kind.to_owned(),
        shape: 1,
        occurred_on: NaiveDate::from_ymd_opt(2031, 3, 14).ok_or_else(|| anyhow!("a date"))?,
        entered_at: None,
        cause: None,
        payload: serde_json::to_value(Admission::new())?,
    })
}

/// A command, with a digest of what it asks for.
pub(crate) fn command(log: LogId, expected: Vec<Expected>, facts: Vec<NewFact>) -> Append {
    let mut digest = Sha256::new();
    for fact in &facts {
        digest.update(fact.payload.to_string());
    }
    Append {
        log,
        command: timed_id(),
        digest: digest.finalize().to_vec(),
        actor: ACTOR.to_owned(),
        expected,
        facts,
    }
}

impl Store for Ours {
    async fn append(&self, stream: &Stream) -> Result<Answer> {
        let expected = Expected {
            stream: stream.name.clone(),
            version: stream.length.into(),
        };
        let facts = vec![fact(stream.name.clone(), KIND)?];
        let append = command(self.log, vec![expected], facts);
        match self.events.append(append).await {
            Ok(appended) => Ok(Answer::Recorded(appended.last())),
            Err(Error::Conflict { .. }) => Ok(Answer::Refused),
            Err(error) => Err(error.into()),
        }
    }
}
