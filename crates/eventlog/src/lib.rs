//! An append-only log of facts on PostgreSQL: gapless, bitemporal, idempotent, provable.
//!
//! The crate knows bytes and streams, and no domain. A database holds many logs. A log is a
//! sequence of facts at positions 1…n, without gaps and in the order of their commits. A fact
//! belongs to one stream and may be an entry of further streams of the same log; versions count
//! the entries of a stream. [`EventLog::append`] is atomic over any number of streams, is decided
//! upon the versions its caller saw, and is safe to repeat. Appends that are under way at the same
//! time share a transaction and are each answered for themselves.
//!
//! Every fact is hashed as it is recorded, with a salt of its own, and is a leaf of the log's Merkle
//! tree (RFC 6962). [`Reader::head`] tells the root; [`Reader::inclusion`] and
//! [`Reader::consistency`] prove a fact, and that the log only grew, to somebody who holds nothing
//! but a signed root. [`Reader::verify`] hashes everything anew.
//!
//! What the database guards, whoever is connected: nothing recorded is updated, deleted or
//! truncated; a log's head only moves forward; a role can write through a few functions and in no
//! other way, and others only read. Two of these see the logs that [`FENCE`] names and no others: what
//! is read for somebody goes through a fenced [`Source`], and a question that forgets to say whose log
//! it asks gets nothing of another's. [`migrate`] sets this up; `migrations/0005_privileges.sql` and
//! `0006_fences.sql` have it all in one place.
//!
//! ```no_run
//! # use eventlog::{Append, EventLog, Expected, NewFact};
//! # async fn example(pool: sqlx::PgPool, id: uuid::Uuid, command: uuid::Uuid) -> Result<(), eventlog::Error> {
//! let events = EventLog::new(pool);
//! let log = id;
//! events.ensure_log(log).await?;
//! let appended = events
//!     .append(Append {
//!         log,
//!         command,
//!         digest: b"keyed digest of the command".to_vec(),
//!         actor: "a coordinator".into(),
//!         expected: vec![Expected { stream: "household/1".into(), version: 0 }],
//!         facts: vec![NewFact {
//!             id,
//!             stream: "household/1".into(),
//!             also: vec!["dwelling/4".into()],
//!             kind: "Admission".into(),
//!             shape: 1,
//!             occurred_on: chrono::NaiveDate::MIN,
//!             entered_at: None,
//!             cause: None,
//!             payload: serde_json::json!({"beds": 3}),
//!         }],
//!     })
//!     .await?;
//! let head = events.head(log).await?;
//! let proof = events.inclusion(log, appended.last(), head.position).await?;
//! # drop(proof);
//! # Ok(())
//! # }
//! ```

mod answer;
mod append;
mod batch;
mod error;
mod group;
mod json;
mod log;
mod migrate;
mod next;
mod queue;
mod read;
mod restore;
mod roles;
mod scan;
mod source;
#[doc(hidden)]
pub mod sql;
mod subscribe;
mod tree;
mod verify;
mod writer;

pub use append::{
    Append, Appended, Expected, MAX_ACTOR_BYTES, MAX_ALSO_PER_FACT, MAX_APPEND_BYTES,
    MAX_DIGEST_BYTES, MAX_EXPECTED_PER_APPEND, MAX_FACTS_PER_APPEND, MAX_KIND_BYTES,
    MAX_PAYLOAD_BYTES, MAX_PAYLOAD_DEPTH, MAX_STREAM_NAME_BYTES, NewFact, Outcome, YEARS,
};
pub use error::{
    Error, Invalid, SQLSTATE_HEAD_BACKWARDS, SQLSTATE_IMMUTABLE, SQLSTATE_NOT_RECORDED,
    SQLSTATE_OTHER_CHECKPOINT,
};
pub use group::{MAX_BATCH_BYTES, MAX_BATCH_FACTS};
pub use json::Json;
pub use log::{EventLog, Head, LogId, Position, Reader, Version};
pub use migrate::{SCHEMA, migrate};
pub use queue::{MAX_WAITING, MAX_WAITING_BYTES};
pub use read::{MAX_STREAMS_PER_READ, READ_BATCH, Recorded, version};
pub use restore::{restorable, restore};
pub use roles::{
    APPEND_ROLE, OWNER_ROLE, PROJECT_ROLE, READ_ROLE, REPORT_ROLE, ROLES, ensure_roles,
};
pub use scan::Stored;
pub use source::{FENCE, Lent, Source};
pub use subscribe::{CHANNEL, LISTENER_NAME, POLL_INTERVAL, Subscription};
pub use verify::{Finding, MAX_FINDINGS, Verification};
