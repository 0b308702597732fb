//! ProtectionBreached, shape 1.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::codes::BreachKind;
use crate::{FreeText, HouseholdId, IncidentId, Sealed};

/// The household's protection was broken on `occurred_on`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProtectionBreached {
    /// The household.
    pub household: HouseholdId,
    /// How.
    pub kind: BreachKind,
    /// The incident it belongs to, if it belongs to one.
    pub incident: Option<IncidentId>,
    /// Remarks.
    pub note: Option<Sealed<FreeText>>,
}
