//! Persons' keys at hand, for sealing.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use events::{NotSealed, PersonId, Seal, SealedBytes};

use crate::{Digesting, Place, Plain, Sealing};

/// Hears whose keys a draft takes, and seals nothing: what it gives back is empty.
#[derive(Debug, Default)]
pub struct Collecting(RefCell<BTreeSet<PersonId>>);

impl Collecting {
    /// One that has heard nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Everybody it heard of, each once.
    pub fn into_persons(self) -> Vec<PersonId> {
        self.0.into_inner().into_iter().collect()
    }
}

impl Seal for Collecting {
    fn seal_bytes(&self, person: PersonId, _: &[u8]) -> Result<SealedBytes, NotSealed> {
        self.0.borrow_mut().insert(person);
        Ok(SealedBytes {
            person,
            key: String::new(),
            nonce: String::new(),
            text: String::new(),
        })
    }
}

/// Persons' keys in the clear, wiped when they are dropped.
#[derive(Default)]
pub struct Keys(BTreeMap<PersonId, Plain>);

impl Keys {
    /// A sealer for one fact.
    pub fn sealing(&self, place: Place) -> Sealing<'_> {
        Sealing { keys: self, place }
    }

    /// A stand-in for a sealer that gives the same text the same bytes, for comparing commands by
    /// their content without keeping it. Without a person's key nobody can tell what her texts'
    /// bytes would be.
    pub fn digesting(&self) -> Digesting<'_> {
        Digesting { keys: self }
    }

    pub(crate) fn of(&self, person: PersonId) -> Option<&Plain> {
        self.0.get(&person)
    }
}

impl FromIterator<(PersonId, Plain)> for Keys {
    fn from_iter<I: IntoIterator<Item = (PersonId, Plain)>>(keys: I) -> Self {
        Self(keys.into_iter().collect())
    }
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Keys(of {} persons)", self.0.len())
    }
}
