//! In Rete: HTTP, GraphQL and the command line.
//!
//! Only this crate knows HTTP and GraphQL. What is to be recorded or opened goes through [`app`];
//! rows are read where they are, with the queries of [`projections`].

pub mod cli;
pub mod graphql;
pub mod http;
pub mod logging;
mod progress;
mod readable;
pub mod tokens;
pub mod web;

use std::error::Error;

use uuid::Uuid;

/// An error with everything that led to it, in one line, for the log. Errors of this house hold no
/// personal text.
fn chain(error: &dyn Error) -> String {
    let mut line = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        line.push_str(": ");
        line.push_str(&cause.to_string());
        next = cause.source();
    }
    line
}

fn new_id() -> Uuid {
    #[expect(clippy::disallowed_methods, reason = "the edge, where ids come in")]
    Uuid::now_v7()
}
