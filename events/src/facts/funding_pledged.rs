//! FundingPledged, shape 1.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::codes::FundingPurpose;
use crate::{Money, PartnerId, PledgeId};

/// A partner promised money on `occurred_on`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FundingPledged {
    /// The pledge.
    pub pledge: PledgeId,
    /// Who promised it.
    pub source: PartnerId,
    /// Amount in the pilot's currency, more than zero.
    #[schemars(with = "crate::values::MoneyText")]
    pub amount: Money,
    /// What for.
    pub purpose: FundingPurpose,
}
