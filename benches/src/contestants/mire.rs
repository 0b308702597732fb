//! mire: `EventStore::append` with the expected version.
//!
//! One statement that moves the stream's row on if it is at the expected version and inserts the
//! event, one transaction, one round trip. No order over all streams is kept: readers go by
//! transaction id and wait for the oldest that is still open.

use anyhow::Result;
use mire::{Event, EventData, EventStore, EventStoreError, ExpectedVersion};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::fact::{ACTOR, Admission, CATEGORY, KIND, Stream};
use crate::load::{Answer, Store};
use crate::server::{Server, pool};

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Recorded(Admission);

impl EventData for Recorded {
    fn event_type(&self) -> &'static str {
        KIND
    }
}

#[derive(Clone)]
pub(crate) struct Mire {
    store: EventStore,
}

impl Mire {
    pub(crate) async fn found(server: &Server, database: &str) -> Result<Mire> {
        server.create(database).await?;
        let pool = pool(server.options(database)).await?;
        let store = EventStore::new(pool);
        store.migrate().await?;
        Ok(Mire { store })
    }
}

impl Store for Mire {
    async fn append(&self, stream: &Stream) -> Result<Answer> {
        let expected = match stream.length {
            0 => ExpectedVersion::NoStream,
            length => ExpectedVersion::Exact(length.into()),
        };
        let metadata = json!({ "actor": ACTOR });
        let events = [Event::new(Recorded(Admission::new())).with_metadata(metadata)];
        let append = self.store.append(&stream.name, CATEGORY, expected, &events);
        match append.await {
            Ok(version) => Ok(Answer::Recorded(version)),
            Err(EventStoreError::ConcurrencyConflict { .. }) => Ok(Answer::Refused),
            Err(error) => Err(error.into()),
        }
    }
}
