//! How well things were recorded: how soon, how completely, without contradictions, and whether
//! before or after their period was closed.

pub mod household;
mod late;
pub mod pilot;
#[cfg(test)]
mod tests;
mod written;

pub use household::{
    Check, Completeness, Contradiction, Element, HouseholdQuality, Required, completeness,
    contradictions,
};
pub use late::{LateRow, closed_before, late, late_of_households};
pub use pilot::PilotQuality;
pub use written::{Band, MAX_SLOW, Timeliness, delay};
