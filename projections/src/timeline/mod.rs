//! One read model: see `rows.rs`.

mod rows;
pub use rows::*;
