//! The streams inside an access log.

use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

use super::Holder;
use crate::{AccountId, HouseholdId, PersonId, TokenId};

/// A stream of an access log. A fact belongs to one and may concern others: whoever opened what is not
/// shared with her has it in her own stream, and the household in its.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AccessStream {
    /// A person; or a household by its id, as for its notes.
    Person(PersonId),
    /// Somebody with an account.
    Account(AccountId),
    /// A program with a token.
    Token(TokenId),
    /// Sign-ins that failed.
    SignIn,
    /// Roles, of whomever: holds no facts of its own, only those of their holders.
    Roles,
    /// What was opened though it was not shared, by whomever: holds no facts of its own.
    BreakGlass,
}

impl From<Holder> for AccessStream {
    fn from(holder: Holder) -> Self {
        match holder {
            Holder::Account(id) => Self::Account(id),
            Holder::Token(id) => Self::Token(id),
        }
    }
}

impl From<HouseholdId> for AccessStream {
    fn from(household: HouseholdId) -> Self {
        Self::Person(PersonId(household.0))
    }
}

impl fmt::Display for AccessStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Person(id) => write!(f, "person/{id}"),
            Self::Account(id) => write!(f, "account/{id}"),
            Self::Token(id) => write!(f, "token/{id}"),
            Self::SignIn => f.write_str("sign-in"),
            Self::Roles => f.write_str("roles"),
            Self::BreakGlass => f.write_str("break-glass"),
        }
    }
}

/// The text names no stream of an access log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` names no stream of an access log: expected person/ID, account/ID, token/ID, sign-in, roles or break-glass"
)]
pub struct BadAccessStream(pub String);

impl FromStr for AccessStream {
    type Err = BadAccessStream;

    fn from_str(text: &str) -> Result<Self, BadAccessStream> {
        let bad = || BadAccessStream(text.to_owned());
        let id = |rest: &str| Uuid::parse_str(rest).map_err(|_| bad());
        match text {
            "sign-in" => Ok(Self::SignIn),
            "roles" => Ok(Self::Roles),
            "break-glass" => Ok(Self::BreakGlass),
            _ => match text.split_once('/') {
                Some(("person", rest)) => Ok(Self::Person(PersonId(id(rest)?))),
                Some(("account", rest)) => Ok(Self::Account(AccountId(id(rest)?))),
                Some(("token", rest)) => Ok(Self::Token(TokenId(id(rest)?))),
                _ => Err(bad()),
            },
        }
    }
}
