//! Who asks.

use chrono::{DateTime, Utc};
use events::PilotId;
use events::access::Holder;

use crate::{Grants, Standing};

/// How somebody signed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Strength {
    /// With one factor.
    Weak,
    /// With a second factor, or with a token.
    Strong,
}

/// Somebody who signed in, with what she was granted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// Who.
    pub holder: Holder,
    /// How she signed in.
    pub strength: Strength,
    /// Her roles.
    pub grants: Grants,
}

impl Subject {
    /// What facts name as their actor: never a name.
    pub fn actor(&self) -> String {
        self.holder.to_string()
    }

    /// In which pilots she has any role at a time.
    pub fn standing(&self, now: DateTime<Utc>) -> Standing {
        self.grants.standing(now)
    }

    /// Has she any role in a pilot at a time? Whoever has none is told that there is no such pilot.
    pub fn is_inside(&self, pilot: PilotId, now: DateTime<Utc>) -> bool {
        self.grants.standing(now).includes(pilot)
    }
}
