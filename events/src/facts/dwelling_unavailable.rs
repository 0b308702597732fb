//! DwellingUnavailable, shape 1.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::DwellingId;
use crate::codes::UnavailableReason;

/// A dwelling cannot be given to a household from `occurred_on` until it is available again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DwellingUnavailable {
    /// The dwelling.
    pub dwelling: DwellingId,
    /// Why.
    pub reason: UnavailableReason,
}
