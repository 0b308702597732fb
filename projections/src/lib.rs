//! What can be asked: read models folded from the log.
//!
//! A read model is a folder: rows, a pure total fold over the effective history of one stream, the
//! table that keeps the rows warm, and the queries. The same fold answers any question as of an
//! earlier position, in memory.

pub mod census;
pub mod households;
pub mod pilots;
mod snapshot;
pub mod timeline;

pub use snapshot::Snapshot;
