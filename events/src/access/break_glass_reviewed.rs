//! Facts of access logs.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Holder;
use crate::codes::BreakGlassFinding;
use crate::{HouseholdId, Position};

/// The data protection officer looked at the opening of a household that was not shared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BreakGlassReviewed {
    /// Where in this log the opening is recorded.
    pub position: Position,
    /// Who had opened it.
    pub holder: Holder,
    /// Which household.
    pub household: HouseholdId,
    /// What was found.
    pub finding: BreakGlassFinding,
}
