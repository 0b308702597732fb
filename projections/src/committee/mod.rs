//! The steering committee: meetings, attendance, decisions.

pub mod fold;
mod rows;
#[cfg(test)]
mod tests;

pub use rows::*;

crate::document::by_pilot!(Committee, CommitteeRow, "committee", events::Stream::Committee => [Committee]);
