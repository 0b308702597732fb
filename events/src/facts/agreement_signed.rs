//! AgreementSigned, shape 1.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use chrono::NaiveDate;

use crate::HouseholdId;

/// She signed the agreement of hospitality and the house rules on `occurred_on`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AgreementSigned {
    /// The household.
    pub household: HouseholdId,
    /// The last day of hospitality as agreed.
    pub ends_on: NaiveDate,
}
