//! Admission, shape 2.

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::codes::{Citizenship, EmploymentStatus, LivingSituation, Relation};
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
    /// Her citizenship; asked only if the pilot's rules say so.
    pub citizenship: Answer<Citizenship>,
}

/// Admission, shape 1: without citizenship.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Admission")]
pub(crate) struct AdmissionV1 {
    /// The household.
    pub(crate) household: HouseholdId,
    /// The dwelling it moved into; none when it is taken in before it is housed (the dwelling follows
    /// as [`DwellingChanged`](crate::DwellingChanged)).
    pub(crate) dwelling: Option<DwellingId>,
    /// Everybody who entered, exactly one of them the head.
    pub(crate) members: Vec<MemberV1>,
}

impl From<AdmissionV1> for Admission {
    fn from(old: AdmissionV1) -> Self {
        Self {
            household: old.household,
            dwelling: old.dwelling,
            members: old.members.into_iter().map(Member::from).collect(),
        }
    }
}

/// A person as she enters a household, before citizenship could be asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Member")]
pub(crate) struct MemberV1 {
    /// The person.
    pub(crate) person: PersonId,
    /// Who she is.
    pub(crate) identity: Sealed<Identity>,
    /// What she is to the head of the household.
    pub(crate) relation: Answer<Relation>,
    /// When she was born, coarsely.
    pub(crate) birth: Answer<Birth>,
    /// Where she lived before.
    pub(crate) prior_living_situation: Answer<LivingSituation>,
    /// Since when she had been without a home when she entered, as she tells it.
    pub(crate) without_home_since: Answer<NaiveDate>,
    /// Was she working when she entered? Asked of adults.
    pub(crate) employment: Answer<EmploymentStatus>,
}

impl From<MemberV1> for Member {
    fn from(old: MemberV1) -> Self {
        Self {
            person: old.person,
            identity: old.identity,
            relation: old.relation,
            birth: old.birth,
            prior_living_situation: old.prior_living_situation,
            without_home_since: old.without_home_since,
            employment: old.employment,
            citizenship: Answer::NotCollected,
        }
    }
}
