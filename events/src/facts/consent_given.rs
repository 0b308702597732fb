//! ConsentGiven, shape 1.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use chrono::NaiveDate;

use crate::codes::{ConsentForm, ConsentPurpose};
use crate::{ConsentId, HouseholdId, PartnerId, PersonId};

/// She consented on `occurred_on`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConsentGiven {
    /// The household.
    pub household: HouseholdId,
    /// The consent.
    pub consent: ConsentId,
    /// Whose data it is about, if about one member's only.
    pub person: Option<PersonId>,
    /// What for; at least one purpose, each once.
    pub purposes: Vec<ConsentPurpose>,
    /// The partners with whom data may be shared, each once.
    pub recipients: Vec<PartnerId>,
    /// The indicators whose figures may be released though her household can be told from them.
    pub indicators: Vec<u16>,
    /// How it was given.
    pub form: ConsentForm,
    /// Its last day, if it has one.
    pub expires_on: Option<NaiveDate>,
}
