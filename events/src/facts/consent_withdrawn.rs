//! ConsentWithdrawn, shape 1.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{ConsentId, HouseholdId};

/// She took a consent back on `occurred_on`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConsentWithdrawn {
    /// The household.
    pub household: HouseholdId,
    /// The consent.
    pub consent: ConsentId,
}
