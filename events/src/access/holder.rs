//! Who holds a role.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{AccountId, TokenId};

/// Who can sign in and hold a role: somebody with an account, or a program with a token. As a text it
/// is what facts name as their actor: `account:ID`, `token:ID`.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Holder {
    /// Somebody with an account.
    Account(AccountId),
    /// A program with a token.
    Token(TokenId),
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Account(id) => write!(f, "account:{id}"),
            Self::Token(id) => write!(f, "token:{id}"),
        }
    }
}

/// The text names no holder.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` names nobody who can hold a role: write account:ID or token:ID")]
pub struct BadHolder(pub String);

impl FromStr for Holder {
    type Err = BadHolder;

    fn from_str(text: &str) -> Result<Self, BadHolder> {
        let bad = || BadHolder(text.to_owned());
        let (kind, id) = text.split_once(':').ok_or_else(bad)?;
        let id = Uuid::parse_str(id).map_err(|_| bad())?;
        match kind {
            "account" => Ok(Self::Account(AccountId(id))),
            "token" => Ok(Self::Token(TokenId(id))),
            _ => Err(bad()),
        }
    }
}
