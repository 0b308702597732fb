//! What whole-system tests start, and the torture of the service: killed again and again under load,
//! and held each time against what it had acknowledged.

pub mod program;
pub mod search;
pub mod torture;
