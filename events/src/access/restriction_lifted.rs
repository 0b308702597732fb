//! Facts of access logs.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::PersonId;

/// The restriction on a person's data ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RestrictionLifted {
    /// About whom.
    pub person: PersonId,
}
