//! Admission, shape 1.

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::codes::{EmploymentStatus, LivingSituation, Relation};
use crate::{Answer, Birth, DwellingId, HouseholdId, Identity, PersonId, Sealed};

/// The household entered on `occurred_on`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Admission {
    /// The household.
    pub household: HouseholdId,
    /// The dwelling it moved into; none when it is taken in before it is housed (the dwelling follows
    /// as [`DwellingChanged`](crate::DwellingChanged)).
    pub dwelling: Option<DwellingId>,
    /// Everybody who entered, exactly one of them the head.
    pub members: Vec<Member>,
}

/// A person as she enters a household.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Member {
    /// The person.
    pub person: PersonId,
    /// Who she is.
    pub identity: Sealed<Identity>,
    /// What she is to the head of the household.
    pub relation: Answer<Relation>,
    /// When she was born, coarsely.
    pub birth: Answer<Birth>,
    /// Where she lived before.
    pub prior_living_situation: Answer<LivingSituation>,
    /// Since when she had been without a home when she entered, as she tells it.
    pub without_home_since: Answer<NaiveDate>,
    /// Was she working when she entered? Asked of adults.
    pub employment: Answer<EmploymentStatus>,
}
