//! RecordConfirmed, shape 1.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Position;

/// Somebody else than who recorded it confirmed on `occurred_on` what a fact says. A correction after that has to be confirmed anew.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RecordConfirmed {
    /// The fact, or the correction that gave it its present content.
    pub position: Position,
}
