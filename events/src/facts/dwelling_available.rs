//! DwellingAvailable, shape 1.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::DwellingId;

/// A dwelling can be lived in from `occurred_on`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DwellingAvailable {
    /// The dwelling.
    pub dwelling: DwellingId,
}
