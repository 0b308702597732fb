//! ExtensionGranted, shape 1.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use chrono::NaiveDate;

use crate::HouseholdId;
use crate::codes::ExtensionReason;

/// The stay was extended on `occurred_on`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExtensionGranted {
    /// The household.
    pub household: HouseholdId,
    /// The last day of hospitality from now on.
    pub until: NaiveDate,
    /// Why.
    pub reason: ExtensionReason,
}
