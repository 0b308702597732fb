//! How it looks on paper: evaluated numbers in, JSON and CSV out.
//!
//! Pure: the same arguments give the same bytes, on any machine and at any time. No clock, no locale,
//! no order that is not decided.

mod edition;
mod figures;
pub mod hmis;

pub use edition::{Edition, Error, FORMAT, Request, edition, verify};
