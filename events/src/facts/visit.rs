//! Visit, shape 1.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::codes::{VisitKind, VisitPurpose};
use crate::{FreeText, HouseholdId, PartnerId, PersonId, Sealed};

/// The coordinator or an operator was in contact with the household on `occurred_on`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Visit {
    /// The household.
    pub household: HouseholdId,
    /// How.
    pub kind: VisitKind,
    /// What for.
    pub purpose: VisitPurpose,
    /// How long, in minutes; at least one.
    pub minutes: u16,
    /// Members of the household who were there; empty when not noted.
    pub present: Vec<PersonId>,
    /// Partners who were there.
    pub partners: Vec<PartnerId>,
    /// Remarks.
    pub note: Option<Sealed<FreeText>>,
}
