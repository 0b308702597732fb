//! Facts of access logs.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::PersonId;
use crate::codes::RestrictionReason;

/// What is held about a person must be kept until further notice: she cannot be forgotten.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RestrictionPlaced {
    /// About whom.
    pub person: PersonId,
    /// Why.
    pub reason: RestrictionReason,
}
