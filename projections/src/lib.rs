//! What can be asked: read models folded from the log.
//!
//! A read model is a folder: rows, a pure total fold over the effective history of a household or of
//! the pilot (dwellings take theirs from the households), the table that keeps the rows warm, and the
//! queries. The same fold answers any question as of an
//! earlier position, in memory: [`Snapshot::fold`].

pub mod agenda;
mod batch;
#[cfg(test)]
mod batch_tests;
pub mod census;
mod checkpoint;
mod decode;
mod error;
#[cfg(test)]
mod fixtures;
mod history;
pub mod households;
mod keeper;
mod migrate;
mod model;
mod once;
pub mod pilots;
pub mod quality;
mod runner;
mod snapshot;
#[cfg(test)]
mod table_tests;
pub mod timeline;

pub use checkpoint::position;
pub use decode::decode;
pub use error::Error;
pub use keeper::Progress;
pub use migrate::{SCHEMA, migrate};
pub use model::{Model, UnknownModel};
pub use once::{Difference, Wrong, catch_up, compare, rebuild, wait_for};
pub use runner::{REST, Runner, RunnerHandle, SEEK_INTERVAL, Status};
pub use snapshot::Snapshot;
