//! An append-only log of facts on PostgreSQL: gapless, bitemporal, idempotent.
//!
//! The crate knows bytes and streams, and no domain. A database holds many logs. A log is a
//! sequence of facts at positions 1…n, without gaps and in the order of their commits. A fact
//! belongs to one stream and may be an entry of further streams of the same log; versions count
//! the entries of a stream. [`EventLog::append`] is atomic over any number of streams, is decided
//! upon the versions its caller saw, and is safe to repeat.
//!
//! What the database guards, whoever is connected: nothing recorded is updated, deleted or
//! truncated; a log's head only moves forward; the service's role can write through one function
//! and in no other way. [`migrate`] sets this up.

mod append;
mod batch;
mod error;
mod json;
mod log;
mod migrate;
mod read;
mod restore;
mod scan;
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
pub use json::Json;
pub use log::{EventLog, Head, LogId, Position, Version};
pub use migrate::{OWNER_ROLE, SCHEMA, SERVICE_ROLE, ensure_roles, migrate};
pub use read::{MAX_STREAMS_PER_READ, READ_BATCH, Recorded, version};
pub use restore::{restorable, restore};
pub use scan::Stored;
pub use subscribe::{CHANNEL, LISTENER_NAME, POLL_INTERVAL, Subscription};
pub use verify::{Finding, MAX_FINDINGS, Verification};
pub use writer::{MAX_BATCH_BYTES, MAX_BATCH_FACTS, MAX_WAITING, MAX_WAITING_BYTES};
