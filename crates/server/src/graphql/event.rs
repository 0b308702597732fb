//! The log itself.

use async_graphql::{ID, Json, Object, SimpleObject};
use chrono::{DateTime, NaiveDate, Utc};
use eventlog::Recorded;

use super::page::PageInfo;

/// A fact as it stands in the log, for ever.
pub(crate) struct Event(pub(crate) Recorded);

#[Object]
impl Event {
    /// The fact's id.
    async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// Place in the log: 1…n without gaps, in commit order.
    async fn position(&self) -> i64 {
        self.0.position
    }

    /// The stream it belongs to.
    async fn stream(&self) -> &str {
        &self.0.stream
    }

    /// Its version in that stream.
    async fn version(&self) -> i64 {
        self.0.version
    }

    /// Further streams it concerns.
    async fn also(&self) -> &[String] {
        &self.0.also
    }

    /// The fact's type.
    async fn kind(&self) -> &str {
        &self.0.kind
    }

    /// The type's Italian label.
    async fn label(&self) -> &str {
        events::labels(&self.0.kind).map_or("", |(it, _)| it)
    }

    /// The shape it is written in.
    async fn shape(&self) -> i16 {
        self.0.shape
    }

    /// When it happened.
    async fn occurred_on(&self) -> NaiveDate {
        self.0.occurred_on
    }

    /// When it was recorded.
    async fn recorded_at(&self) -> DateTime<Utc> {
        self.0.recorded_at
    }

    /// When it was first written down elsewhere, if it was brought over.
    async fn entered_at(&self) -> Option<DateTime<Utc>> {
        self.0.entered_at
    }

    /// Who recorded it.
    async fn actor(&self) -> &str {
        &self.0.actor
    }

    /// The command it was decided by.
    async fn command(&self) -> ID {
        self.0.command.to_string().into()
    }

    /// What it says. Of what is sealed it tells whose it is, and nothing more.
    async fn data(&self) -> Json<serde_json::Value> {
        Json(without_ciphertext(self.0.payload.value()))
    }
}

/// What stands in a sealed value, beside whose it is.
const SEALED: [&str; 3] = ["key", "nonce", "text"];

/// A payload without what could be kept until its key is had: nobody who reads it needs the ciphertext.
pub(crate) fn without_ciphertext(value: serde_json::Value) -> serde_json::Value {
    use serde_json::Value;
    match value {
        Value::Object(map) if SEALED.iter().all(|key| map.contains_key(*key)) => {
            let person = map.get("person").cloned().unwrap_or_default();
            serde_json::json!({ "person": person, "sealed": true })
        }
        Value::Object(map) => map
            .into_iter()
            .map(|(key, inner)| (key, without_ciphertext(inner)))
            .collect(),
        Value::Array(items) => items.into_iter().map(without_ciphertext).collect(),
        plain => plain,
    }
}

/// A page of the log.
#[derive(SimpleObject)]
pub(crate) struct EventConnection {
    pub(crate) edges: Vec<EventEdge>,
    pub(crate) page_info: PageInfo,
    /// Where the log ended when this was read.
    pub(crate) head: i64,
}

/// A fact in a page.
#[derive(SimpleObject)]
pub(crate) struct EventEdge {
    pub(crate) cursor: String,
    pub(crate) node: Event,
}
