//! The log against a real PostgreSQL, one fresh database per test.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod appending;
mod concurrency;
mod fences;
mod grouping;
mod guards;
mod migrating;
mod model;
mod next;
mod plans;
mod proving;
mod subscribing;
mod support;
mod verifying;
