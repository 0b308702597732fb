//! ReferralWithdrawn, shape 1.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::codes::ReferralWithdrawalReason;
use crate::{Answer, HouseholdId};

/// The referral was taken back on `occurred_on`, before anybody entered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReferralWithdrawn {
    /// The household.
    pub household: HouseholdId,
    /// Why.
    pub reason: Answer<ReferralWithdrawalReason>,
}
