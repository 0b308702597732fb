//! Identifiers.

use chrono::{DateTime, Utc};
pub use events::{AccountId, TokenId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::Error;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
        )]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, uuid::Error> {
                Uuid::parse_str(text).map(Self)
            }
        }

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }
    };
}

id!(
    /// One signed-in browser.
    SessionId
);
id!(
    /// A passkey of an account.
    PasskeyId
);

/// A new id, of the time that was given (UUID version 7).
pub(crate) fn new(now: DateTime<Utc>) -> Result<Uuid, Error> {
    let mut chance = [0u8; 10];
    getrandom::fill(&mut chance).map_err(|_| Error::NoRandomness)?;
    let millis = u64::try_from(now.timestamp_millis()).unwrap_or_default();
    Ok(uuid::Builder::from_unix_timestamp_millis(millis, &chance).into_uuid())
}
