//! postgres-es: `PostgresEventRepository::persist`, what its framework calls after a command was
//! handled; loading the aggregate before is left out, in its favour.
//!
//! `begin`, an insert whose primary key is aggregate and sequence, `commit`: three round trips. No
//! order over all streams is kept.

use std::io;

use anyhow::Result;
use cqrs_es::event_sink::EventSink;
use cqrs_es::persist::{PersistedEventRepository, PersistenceError, SerializedEvent};
use cqrs_es::{Aggregate, DomainEvent};
use postgres_es::PostgresEventRepository;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::sync::Arc;

use super::disintegrate::pool;
use crate::fact::{ACTOR, Admission, CATEGORY, KIND, Stream};
use crate::load::{Answer, Store};
use crate::server::{Server, execute};

/// From the project's `db/init.sql`.
const TABLE: &str = "create table events (
    aggregate_type text                         not null,
    aggregate_id   text                         not null,
    sequence       bigint check (sequence >= 0) not null,
    event_type     text                         not null,
    event_version  text                         not null,
    payload        json                         not null,
    metadata       json                         not null,
    primary key (aggregate_type, aggregate_id, sequence)
)";

const EVENT_VERSION: &str = "1.0";

/// Lends its type's name; commands are not handled here.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Case;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Recorded(Admission);

impl DomainEvent for Recorded {
    fn event_type(&self) -> String {
        KIND.to_owned()
    }

    fn event_version(&self) -> String {
        EVENT_VERSION.to_owned()
    }
}

impl Aggregate for Case {
    const TYPE: &'static str = CATEGORY;
    type Command = Admission;
    type Event = Recorded;
    type Error = io::Error;
    type Services = ();

    async fn handle(
        &mut self,
        command: Admission,
        _: &(),
        sink: &EventSink<Self>,
    ) -> Result<(), io::Error> {
        sink.write(Recorded(command), self).await;
        Ok(())
    }

    fn apply(&mut self, _: Recorded) {}
}

#[derive(Clone)]
pub(crate) struct PostgresEs {
    // A repository is not `Clone`, its pool is.
    repository: Arc<PostgresEventRepository>,
}

impl PostgresEs {
    pub(crate) async fn found(server: &Server, database: &str) -> Result<PostgresEs> {
        server.create(database).await?;
        let mut connection = server.connect(database).await?;
        execute(&mut connection, TABLE.to_owned()).await?;
        let pool = pool(server, database).await?;
        Ok(PostgresEs {
            repository: Arc::new(PostgresEventRepository::new(pool)),
        })
    }
}

impl Store for PostgresEs {
    async fn append(&self, stream: &Stream) -> Result<Answer> {
        let sequence = usize::try_from(stream.length)? + 1;
        let event = SerializedEvent::new(
            stream.name.clone(),
            sequence,
            CATEGORY.to_owned(),
            KIND.to_owned(),
            EVENT_VERSION.to_owned(),
            serde_json::to_value(Admission::new())?,
            json!({ "actor": ACTOR }),
        );
        match self.repository.persist::<Case>(&[event], None).await {
            Ok(()) => Ok(Answer::Recorded(0)),
            Err(PersistenceError::OptimisticLockError) => Ok(Answer::Refused),
            Err(error) => Err(error.into()),
        }
    }
}
