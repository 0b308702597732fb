//! TrainingStarted, shape 1.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::codes::TrainingKind;
use crate::{HouseholdId, PartnerId, PersonId, TrainingId};

/// A member began a course on `occurred_on`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TrainingStarted {
    /// The household.
    pub household: HouseholdId,
    /// Who.
    pub person: PersonId,
    /// The course.
    pub training: TrainingId,
    /// What it teaches.
    pub kind: TrainingKind,
    /// Hours in all, if known.
    pub hours: Option<u16>,
    /// The partner who gives it or found it.
    pub partner: Option<PartnerId>,
}
