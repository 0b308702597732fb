//! ReferralReceived, shape 1.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::codes::{ReferralSource, Urgency};
use crate::{Answer, HouseholdId};

/// Somebody asked for a place for a household on `occurred_on`. The first fact of every household.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReferralReceived {
    /// The household.
    pub household: HouseholdId,
    /// Who asked.
    pub source: Answer<ReferralSource>,
    /// Adults in the household.
    pub adults: u16,
    /// Minor children in the household.
    pub children: u16,
    /// How soon a place is needed.
    pub urgency: Answer<Urgency>,
}
