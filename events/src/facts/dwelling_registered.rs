//! DwellingRegistered, shape 1.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Answer, DwellingId};

/// A dwelling is part of the pilot from `occurred_on`. It cannot be lived in before it is available.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DwellingRegistered {
    /// The dwelling.
    pub dwelling: DwellingId,
    /// What it is called; never its address.
    pub label: String,
    /// Rooms.
    pub rooms: u16,
    /// Beds.
    pub beds: u16,
    /// Can it be reached and lived in without steps?
    pub step_free: Answer<bool>,
}
