//! Who was in contact with a household, and where it was sent.

use chrono::NaiveDate;
use events::codes::{ReferralResult, Service, VisitKind, VisitPurpose};
use events::{
    FreeText, HouseholdId, Money, PartnerId, PersonId, Position, Sealed, ServiceReferralId,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The network around one household, from its effective history. Lists are in order of
/// (day, position); every element names the position of the fact it comes from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NetworkRow {
    /// The household.
    pub household: HouseholdId,
    /// Visits and services.
    pub contacts: Vec<ContactRow>,
    /// Referrals to services of partners.
    pub referrals: Vec<ServiceReferralRow>,
    /// Position of the last fact folded in, corrections included.
    pub position: Position,
}

/// From [`events::Visit`] or [`events::ServiceProvided`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ContactRow {
    /// Place of the fact.
    pub position: Position,
    /// The day.
    pub on: NaiveDate,
    /// What it was.
    pub what: ContactKind,
    /// Minutes, if known.
    pub minutes: Option<u16>,
    /// Members of the household who were there, or whom it was for; empty when not noted.
    #[serde(default)]
    pub persons: Vec<PersonId>,
    /// Partners who took part or provided it.
    pub partners: Vec<PartnerId>,
    /// What it was worth, for economic support.
    pub amount: Option<Money>,
    /// Remarks, sealed.
    pub note: Option<Sealed<FreeText>>,
    /// Id of the fact the note was sealed for.
    pub holder: Uuid,
}

/// What a contact was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ContactKind {
    /// A visit or call.
    Visit(VisitKind, VisitPurpose),
    /// A service.
    Service(Service),
}

/// From [`events::ServiceReferred`] and [`events::ReferralOutcome`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[expect(
    missing_docs,
    reason = "the facts of the same names document their fields"
)]
pub struct ServiceReferralRow {
    pub position: Position,
    pub referral: ServiceReferralId,
    pub on: NaiveDate,
    pub person: Option<PersonId>,
    pub partner: PartnerId,
    pub service: Service,
    /// Every outcome that was told; the last one counts: see [`ServiceReferralRow::outcome_on`].
    pub outcomes: Vec<ReferralOutcomeRow>,
}

/// From [`events::ReferralOutcome`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[expect(
    missing_docs,
    reason = "the fact of the same name documents its fields"
)]
pub struct ReferralOutcomeRow {
    pub position: Position,
    pub on: NaiveDate,
    pub outcome: ReferralResult,
}

impl ServiceReferralRow {
    /// What had come of it by `day`: the last outcome until then. None while it is open.
    pub fn outcome_on(&self, day: NaiveDate) -> Option<&ReferralOutcomeRow> {
        self.outcomes.iter().rev().find(|outcome| outcome.on <= day)
    }
}

impl NetworkRow {
    /// A household nobody was in contact with yet.
    pub fn new(household: HouseholdId) -> Self {
        Self {
            household,
            contacts: Vec::new(),
            referrals: Vec::new(),
            position: 0,
        }
    }

    /// The last contact by `day`.
    pub fn last_contact(&self, day: NaiveDate) -> Option<&ContactRow> {
        self.contacts.iter().rev().find(|contact| contact.on <= day)
    }
}
