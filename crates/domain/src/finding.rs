//! What the rules find in a history.

use events::{Effective, Position};

use crate::Refusal;

/// A fact that breaks a rule.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Finding {
    /// Place of the fact.
    pub(crate) position: Position,
    /// The rule.
    pub(crate) refusal: Refusal,
}

/// What was found so far.
#[derive(Debug, Default)]
pub(crate) struct Findings(pub(crate) Vec<Finding>);

impl Findings {
    /// Notes what is wrong with a fact.
    pub(crate) fn note(&mut self, fact: &Effective, refusal: Refusal) {
        self.at(fact.position, refusal);
    }

    /// Notes what is wrong with the fact at a position.
    pub(crate) fn at(&mut self, position: Position, refusal: Refusal) {
        self.0.push(Finding { position, refusal });
    }

    /// Notes what `checked` found, if it did.
    pub(crate) fn check(&mut self, fact: &Effective, checked: Result<(), Refusal>) {
        if let Err(refusal) = checked {
            self.note(fact, refusal);
        }
    }
}
