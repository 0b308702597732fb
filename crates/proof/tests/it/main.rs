//! The crate from outside: what holds is accepted, and whatever was changed is refused.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod bundles;
mod checkpoints;
mod notes;
mod records;
mod trees;
