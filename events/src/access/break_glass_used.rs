//! Facts of access logs.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Holder;
use crate::HouseholdId;
use crate::codes::BreakGlassReason;

/// Somebody opened a household that is not shared with her, for a short time and a reason. Recorded
/// before it opened; the data protection officer looks at each of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BreakGlassUsed {
    /// Who.
    pub holder: Holder,
    /// Which household.
    pub household: HouseholdId,
    /// Why.
    pub reason: BreakGlassReason,
    /// When it closes again.
    pub until: DateTime<Utc>,
}
