//! PilotClosed, shape 1.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::codes::PilotEnd;

/// The pilot ended; `occurred_on` is its last day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PilotClosed {
    /// How it ended.
    pub end: PilotEnd,
}
