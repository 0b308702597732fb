//! RecordRetracted, shape 1.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Position;
use crate::codes::CorrectionReason;

/// A recorded fact does not count any more. It stays in the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RecordRetracted {
    /// The fact that does not count.
    pub position: Position,
    /// Why.
    pub reason: CorrectionReason,
}
