//! What goes into a decision and what comes out of it.

use chrono::NaiveDate;
use events::{Event, Stream};

/// A command proposes the fact it would become.
#[derive(Clone, Debug, PartialEq)]
pub struct Command {
    /// When it happened.
    pub occurred_on: NaiveDate,
    /// What happened.
    pub event: Event,
}

/// What a decision knows besides the facts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Context {
    /// Nothing happened later than this day.
    pub today: NaiveDate,
    /// Who decides: the account or tool that the fact will be recorded by.
    pub actor: String,
}

/// The fact that a command becomes, and the streams it is an entry of.
#[derive(Clone, Debug, PartialEq)]
pub struct Decided {
    /// What happened. A correction names the original fact even when the command named an earlier
    /// correction of it.
    pub event: Event,
    /// When it happened.
    pub occurred_on: NaiveDate,
    /// The stream it belongs to.
    pub stream: Stream,
    /// Further streams it concerns, each once, without its own.
    pub also: Vec<Stream>,
}
