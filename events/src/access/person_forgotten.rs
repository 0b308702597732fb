//! Facts of access logs.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::codes::ErasureReason;
use crate::{HouseholdId, PersonId};

/// A person's key was deleted, and the master key that had wrapped it was given up: nothing opens what
/// was sealed about her. The receipt of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PersonForgotten {
    /// Who.
    pub person: PersonId,
    /// Why.
    pub reason: ErasureReason,
    /// The head of her household, when she was forgotten together with her.
    pub with: Option<PersonId>,
    /// The households whose notes were forgotten with her, as their head.
    pub notes_of: Vec<HouseholdId>,
    /// Was the old master key destroyed by the program? Otherwise the operator has to.
    pub master_key_destroyed: bool,
}
