//! ReferralAssessed, shape 1.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::codes::Suitability;
use crate::{Answer, FreeText, HouseholdId, Sealed};

/// The referral was looked into on `occurred_on`, before the decision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReferralAssessed {
    /// The household.
    pub household: HouseholdId,
    /// Does the pilot suit the household?
    pub suitability: Suitability,
    /// Is she in immediate danger? Then a refuge is the place, not a flat.
    pub immediate_danger: Answer<bool>,
    /// Remarks.
    pub note: Option<Sealed<FreeText>>,
}
