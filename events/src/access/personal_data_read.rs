//! Facts of access logs.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::PersonId;
use crate::codes::{DataGroup, ReadPurpose};

/// Personal text was opened. Recorded before it was handed out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PersonalDataRead {
    /// Whose: a person, or a household by its id, for its notes.
    pub person: PersonId,
    /// What of her.
    pub group: DataGroup,
    /// What for.
    pub purpose: ReadPurpose,
    /// Ids of the facts whose text it is, each once.
    pub facts: Vec<Uuid>,
}
