//! HMIS CSV (HUD, FY2022): an export folder in, the proposals of one pilot a project out.
//!
//! Reading checks the files and turns every row into the house's own values ([`Source::read`]);
//! planning arranges them as proposals that the deciders accept one after the other
//! ([`Source::plan`]). Whatever an export says that has no place here, that had to be assumed, or
//! that cannot be true, is a [`Finding`] with file and line; nothing is left out in silence.
//!
//! Invariants:
//! * No enrolment is lost or merged: each is one member of one household with an entry of its own,
//!   or a finding that says why it cannot be.
//! * Ids come from the export's own keys. The same rows give the same commands with the same
//!   content on every run, and a later export adds only what is new in it (where that cannot hold
//!   is written at `stays` and `dwellings`).
//! * No finding and no description holds personal data: only file, line, column and coded values.
//!   Social security numbers are never read.

mod codes;
mod dwellings;
mod findings;
mod members;
mod order;
mod plan;
mod read;
mod rows;
mod stays;
mod table;
#[cfg(test)]
mod tests;

pub use findings::{Finding, Severity};
pub use plan::{Plan, Planned, UnknownProject};
pub use read::{Project, ReadError, Source};
