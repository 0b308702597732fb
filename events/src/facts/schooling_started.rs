//! SchoolingStarted, shape 1.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::codes::SchoolingKind;
use crate::{HouseholdId, PersonId};

/// A child began school or child care on `occurred_on`, or was there already on the day of entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SchoolingStarted {
    /// The household.
    pub household: HouseholdId,
    /// The child.
    pub person: PersonId,
    /// Where.
    pub kind: SchoolingKind,
}
