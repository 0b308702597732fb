//! The streams inside a pilot's log.

use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

use crate::{DwellingId, HouseholdId, PersonId};

/// A stream of one pilot's log. A fact belongs to one stream and may concern others: an admission
/// belongs to the household's and is an entry of the dwelling's and of each person's too, so that
/// "one flat, one household at a time" is decided on that flat's own versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stream {
    /// The pilot itself: opening, phases, partners.
    Pilot,
    /// Money.
    Funding,
    /// The steering committee.
    Committee,
    /// One dwelling.
    Dwelling(DwellingId),
    /// One household.
    Household(HouseholdId),
    /// One person: holds no facts of its own, only those of households that concern her.
    Person(PersonId),
}

impl Stream {
    /// Prefix of every dwelling's stream.
    pub const DWELLING: &'static str = "dwelling/";
    /// Prefix of every household's stream.
    pub const HOUSEHOLD: &'static str = "household/";
    /// Prefix of every person's stream.
    pub const PERSON: &'static str = "person/";
}

impl fmt::Display for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pilot => f.write_str("pilot"),
            Self::Funding => f.write_str("funding"),
            Self::Committee => f.write_str("committee"),
            Self::Dwelling(id) => write!(f, "{}{id}", Self::DWELLING),
            Self::Household(id) => write!(f, "{}{id}", Self::HOUSEHOLD),
            Self::Person(id) => write!(f, "{}{id}", Self::PERSON),
        }
    }
}

/// The text names no stream of a pilot's log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` names no stream: expected pilot, funding, committee, dwelling/ID, household/ID or person/ID"
)]
pub struct BadStream(pub String);

impl FromStr for Stream {
    type Err = BadStream;

    fn from_str(text: &str) -> Result<Self, BadStream> {
        let bad = || BadStream(text.to_owned());
        let id = |rest: &str| Uuid::parse_str(rest).map_err(|_| bad());
        match text {
            "pilot" => Ok(Self::Pilot),
            "funding" => Ok(Self::Funding),
            "committee" => Ok(Self::Committee),
            _ => match text.split_once('/') {
                Some(("dwelling", rest)) => Ok(Self::Dwelling(DwellingId(id(rest)?))),
                Some(("household", rest)) => Ok(Self::Household(HouseholdId(id(rest)?))),
                Some(("person", rest)) => Ok(Self::Person(PersonId(id(rest)?))),
                _ => Err(bad()),
            },
        }
    }
}
