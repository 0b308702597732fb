//! DwellingWithdrawn, shape 1.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::DwellingId;
use crate::codes::WithdrawalReason;

/// A dwelling is no part of the pilot from `occurred_on`, for good.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DwellingWithdrawn {
    /// The dwelling.
    pub dwelling: DwellingId,
    /// Why.
    pub reason: WithdrawalReason,
}
