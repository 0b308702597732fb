//! The safety: levels of risk, incidents, and breaches of protection.

pub mod fold;
mod rows;
#[cfg(test)]
mod tests;

pub use rows::*;

crate::document::by_household!(Safety, SafetyRow, "safety");
