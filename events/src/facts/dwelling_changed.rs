//! DwellingChanged, shape 1.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::codes::MoveReason;
use crate::{DwellingId, HouseholdId};

/// The household moved to another dwelling of the pilot, or into its first one, on `occurred_on`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DwellingChanged {
    /// The household.
    pub household: HouseholdId,
    /// The dwelling it lives in from now on.
    pub dwelling: DwellingId,
    /// Why.
    pub reason: MoveReason,
}
