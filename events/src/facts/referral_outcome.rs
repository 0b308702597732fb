//! ReferralOutcome, shape 1.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::codes::ReferralResult;
use crate::{HouseholdId, ServiceReferralId};

/// It is known on `occurred_on` what came of a referral to a service. A later outcome takes its place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReferralOutcome {
    /// The household.
    pub household: HouseholdId,
    /// The referral.
    pub referral: ServiceReferralId,
    /// What came of it.
    pub outcome: ReferralResult,
}
