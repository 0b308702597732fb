//! PartnerLeft, shape 1.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::codes::PartnerLeftReason;
use crate::{Answer, PartnerId};

/// An organisation takes part no longer: `occurred_on` is its last day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PartnerLeft {
    /// The partner.
    pub partner: PartnerId,
    /// Why.
    pub reason: Answer<PartnerLeftReason>,
}
