//! WorksCompleted, shape 1.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::DwellingId;

/// Works on a dwelling were finished on `occurred_on`. It is available when that is recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WorksCompleted {
    /// The dwelling.
    pub dwelling: DwellingId,
}
