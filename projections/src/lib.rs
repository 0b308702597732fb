//! What can be asked: read models folded from the log.
//!
//! A read model is a folder: rows, a pure total fold over the effective history of a household or of
//! the pilot (dwellings take theirs from the households), the table that keeps the rows warm, and the
//! queries. The same fold answers any question as of an
//! earlier position, in memory: [`Snapshot::fold`], and from the log [`Recall`].
//!
//! # When a fold or a table changes
//!
//! Whoever changes what a fold makes of the same facts, the form of a row, or a `table.sql`, raises
//! the model's `VERSION`. A [`Builder`] then fills a new table beside the one that is read and puts it
//! in its place at once ([`Runner::start`] begins that by itself, `inrete rebuild` by command). Until
//! then the old rows are read, and kept warm by the new fold while the table is the same. So:
//!
//! - A field that is new in a row has a serde default, so that an old row opens. Where that cannot be,
//!   questions are answered with [`Error::Unsettled`] until the new rows are there.
//! - A program that finds rows of a later version leaves them alone: [`Error::Newer`].
//! - Who asks several tables in one transaction that has one view of them all locks them first
//!   (`access share`): a table that takes another's place after the first look would seem empty.

pub mod agenda;
mod approvals;
#[cfg(test)]
mod batch_tests;
mod builder;
#[cfg(test)]
mod builder_tests;
pub mod census;
mod checkpoint;
mod chunks;
pub mod committee;
mod decode;
mod document;
mod error;
#[cfg(test)]
mod fixtures;
mod held;
mod history;
pub mod households;
mod keeper;
mod known;
pub mod ledger;
mod migrate;
mod model;
pub mod network;
mod once;
pub mod pilots;
pub mod plans;
pub mod quality;
mod recall;
#[cfg(test)]
mod recall_tests;
pub mod retention;
mod runner;
pub mod safety;
mod snapshot;
#[cfg(test)]
mod table_tests;
pub mod timeline;
pub mod work;

pub use builder::{Builder, Progress, SWAP_PATIENCE};
pub use checkpoint::position;
pub use decode::decode;
pub use error::Error;
pub use migrate::{SCHEMA, migrate};
pub use model::{Model, UnknownModel};
pub use once::{Difference, Wrong, catch_up, compare, wait_for};
pub use recall::{KEPT_FACTS, KEPT_STATES, MOST_FOLDED_ON, Recall, Recalled};
pub use runner::{REST, Runner, RunnerHandle, SEEK_INTERVAL, Status};
pub use snapshot::Snapshot;
