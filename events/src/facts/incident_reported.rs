//! IncidentReported, shape 1.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::codes::{IncidentKind, Severity};
use crate::{FreeText, HouseholdId, IncidentId, Sealed};

/// Something happened to the household or in the house on `occurred_on`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct IncidentReported {
    /// The household.
    pub household: HouseholdId,
    /// The incident.
    pub incident: IncidentId,
    /// What.
    pub kind: IncidentKind,
    /// How grave.
    pub severity: Severity,
    /// Remarks.
    pub note: Option<Sealed<FreeText>>,
}
