//! Facts of access logs.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::PersonId;
use crate::codes::ReadPurpose;

/// Everything held about a person was written into a file. Recorded before it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExportTaken {
    /// About whom.
    pub person: PersonId,
    /// What for.
    pub purpose: ReadPurpose,
    /// How many facts it holds.
    pub facts: u32,
}
