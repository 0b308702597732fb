//! Facts of access logs.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Holder;
use crate::codes::Role;

/// Somebody no longer has a role: every grant of it that this log holds for her ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RoleRevoked {
    /// Who.
    pub holder: Holder,
    /// Which role.
    pub role: Role,
}
