//! NoteAdded, shape 1.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{FreeText, HouseholdId, PersonId, Sealed};

/// Somebody wrote a note on `occurred_on`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NoteAdded {
    /// The household.
    pub household: HouseholdId,
    /// The member it is about, if it is about one.
    pub person: Option<PersonId>,
    /// The note.
    pub note: Sealed<FreeText>,
}
