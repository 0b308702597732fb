//! The plans: what was agreed with each household, its goals, and scores with instruments.

pub mod fold;
mod rows;
#[cfg(test)]
mod tests;

pub use rows::*;

crate::document::by_household!(Plans, PlansRow, "plans", named);
