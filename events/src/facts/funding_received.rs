//! FundingReceived, shape 1.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Money, PartnerId, PledgeId};

/// Money arrived on `occurred_on`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FundingReceived {
    /// Who paid.
    pub source: PartnerId,
    /// The pledge it honours, if it honours one.
    pub pledge: Option<PledgeId>,
    /// Amount in the pilot's currency, more than zero.
    #[schemars(with = "crate::values::MoneyText")]
    pub amount: Money,
}
