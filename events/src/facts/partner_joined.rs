//! PartnerJoined, shape 1.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::PartnerId;
use crate::codes::PartnerKind;

/// An organisation takes part from `occurred_on`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PartnerJoined {
    /// The partner.
    pub partner: PartnerId,
    /// What it is.
    pub kind: PartnerKind,
    /// Its public name.
    pub name: String,
}
