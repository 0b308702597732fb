//! Checking what a log says about itself, offline: the part that `inrete-verify` and `inrete verify`
//! share, so that both say the same of the same bundle.
//!
//! No database and no network. Files are read, nothing is written.

pub mod bundle;
pub mod input;

use std::fmt;

use serde_json::{Value, json};

/// What holds: for people, and for programs.
#[derive(Debug)]
pub struct Holds {
    /// Sentences, one a line.
    pub lines: Vec<String>,
    /// The same as one object.
    pub json: Value,
}

/// What does not.
#[derive(Debug)]
pub enum Fails {
    /// History does not hold: between the positions, where they are known.
    Refused {
        /// What does not hold.
        why: String,
        /// The first and the last position concerned.
        positions: Option<(u64, u64)>,
    },
    /// There was nothing to check, or nothing to check it by.
    Unusable(String),
}

/// What a check comes to.
pub type Outcome = Result<Holds, Fails>;

impl Fails {
    /// A refusal, with the whole chain of what led to it.
    pub fn refused(error: &dyn std::error::Error) -> Self {
        let (why, positions) = (chain(error), None);
        Self::Refused { why, positions }
    }

    /// Something that cannot be used, with the whole chain of what led to it.
    pub fn unusable(what: impl fmt::Display, error: &dyn std::error::Error) -> Self {
        Self::Unusable(format!("{what}: {}", chain(error)))
    }

    /// For programs.
    pub fn json(&self) -> Value {
        match self {
            Self::Refused { why, positions } => json!({
                "holds": false,
                "refused": true,
                "error": why,
                "first": positions.map(|(first, _)| first),
                "last": positions.map(|(_, last)| last),
            }),
            Self::Unusable(why) => json!({"holds": false, "refused": false, "error": why}),
        }
    }
}

impl fmt::Display for Fails {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused { why, .. } => write!(f, "refused: {why}"),
            Self::Unusable(why) => f.write_str(why),
        }
    }
}

/// An error with everything that led to it.
pub fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        let more = error.to_string();
        // Some errors repeat what they are made of.
        if !text.ends_with(&more) {
            text = format!("{text}: {more}");
        }
        source = error.source();
    }
    text
}
