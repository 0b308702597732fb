//! The indicators on histories small enough to compute by hand.

#![expect(clippy::unwrap_used, reason = "a test may stop and may speak")]

mod agenda;
mod basics;
#[path = "../history/mod.rs"]
mod history;
mod money;
mod network;
mod path;
