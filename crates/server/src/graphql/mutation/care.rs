//! Contacts, services, incidents, notes.

use async_graphql::InputObject;
use chrono::NaiveDate;
use events::codes::{
    BreachKind, IncidentKind, ReferralResult, Service, Severity, VisitKind, VisitPurpose,
};
use events::{
    FreeText, HouseholdId, IncidentId, IncidentReported, NoteAdded, PartnerId, PersonId,
    ProtectionBreached, ReferralOutcome, Seal, ServiceProvided, ServiceReferralId, ServiceReferred,
    Visit,
};
use rust_decimal::Decimal;
use uuid::Uuid;

use super::content::{By, ByOrganisation, Content, Made, NewIds, partners, persons, seal_note};
use crate::graphql::codes::Coded;

/// A visit or call.
#[derive(InputObject)]
pub(crate) struct VisitContent {
    /// The household.
    household: Uuid,
    /// How.
    kind: Coded<VisitKind>,
    /// What for.
    purpose: Coded<VisitPurpose>,
    /// Minutes.
    minutes: u16,
    /// Members who were there.
    #[graphql(default)]
    present: Vec<Uuid>,
    /// Partners who were there.
    #[graphql(default)]
    partners: Vec<Uuid>,
    /// Remarks. Sealed.
    note: Option<String>,
}

impl Content for VisitContent {
    fn event(&self, _: NaiveDate, seal: &dyn Seal, _: &NewIds) -> Made {
        Ok(Visit {
            household: HouseholdId(self.household),
            kind: self.kind.0,
            purpose: self.purpose.0,
            minutes: self.minutes,
            present: persons(&self.present),
            partners: partners(&self.partners),
            note: seal_note(seal, self.household, self.note.as_ref())?,
        }
        .into())
    }

    fn by_organisation(&self) -> Option<ByOrganisation> {
        Some(ByOrganisation {
            household: HouseholdId(self.household),
            by: By::Partners(partners(&self.partners)),
        })
    }
}

/// A service.
#[derive(InputObject)]
pub(crate) struct ServiceProvidedContent {
    /// The household.
    household: Uuid,
    /// The member it was for, if it was for one.
    person: Option<Uuid>,
    /// The partner who provided it.
    partner: Option<Uuid>,
    /// What it was.
    service: Coded<Service>,
    /// Minutes, if known.
    minutes: Option<u16>,
    /// What it was worth, for economic support.
    amount: Option<Decimal>,
    /// Remarks. Sealed.
    note: Option<String>,
}

impl Content for ServiceProvidedContent {
    fn event(&self, _: NaiveDate, seal: &dyn Seal, _: &NewIds) -> Made {
        Ok(ServiceProvided {
            household: HouseholdId(self.household),
            person: self.person.map(PersonId),
            partner: self.partner.map(PartnerId),
            service: self.service.0,
            minutes: self.minutes,
            amount: self.amount,
            note: seal_note(seal, self.household, self.note.as_ref())?,
        }
        .into())
    }

    fn by_organisation(&self) -> Option<ByOrganisation> {
        Some(ByOrganisation {
            household: HouseholdId(self.household),
            by: By::Partners(self.partner.map(PartnerId).into_iter().collect()),
        })
    }
}

/// A referral to a partner's service.
#[derive(InputObject)]
pub(crate) struct ServiceReferredContent {
    /// The household.
    household: Uuid,
    /// The referral's id, if it is not to be made from the command's.
    referral: Option<Uuid>,
    /// The member it is for, if it is for one.
    person: Option<Uuid>,
    /// The partner.
    partner: Uuid,
    /// The service.
    service: Coded<Service>,
}

impl Content for ServiceReferredContent {
    fn event(&self, _: NaiveDate, _: &dyn Seal, ids: &NewIds) -> Made {
        Ok(ServiceReferred {
            household: HouseholdId(self.household),
            referral: ids.or(self.referral, "service referral", 0),
            person: self.person.map(PersonId),
            partner: PartnerId(self.partner),
            service: self.service.0,
        }
        .into())
    }
}

/// What came of a referral to a service. A later outcome takes its place.
#[derive(InputObject)]
pub(crate) struct ReferralOutcomeContent {
    /// The household.
    household: Uuid,
    /// The referral.
    referral: Uuid,
    /// What came of it.
    outcome: Coded<ReferralResult>,
}

impl Content for ReferralOutcomeContent {
    fn event(&self, _: NaiveDate, _: &dyn Seal, _: &NewIds) -> Made {
        Ok(ReferralOutcome {
            household: HouseholdId(self.household),
            referral: ServiceReferralId(self.referral),
            outcome: self.outcome.0,
        }
        .into())
    }

    fn by_organisation(&self) -> Option<ByOrganisation> {
        Some(ByOrganisation {
            household: HouseholdId(self.household),
            by: By::Referral(ServiceReferralId(self.referral)),
        })
    }
}

/// Something that happened to the household or in the house.
#[derive(InputObject)]
pub(crate) struct IncidentReportedContent {
    /// The household.
    household: Uuid,
    /// The incident's id, if it is not to be made from the command's.
    incident: Option<Uuid>,
    /// What.
    kind: Coded<IncidentKind>,
    /// How grave.
    severity: Coded<Severity>,
    /// Remarks. Sealed.
    note: Option<String>,
}

impl Content for IncidentReportedContent {
    fn event(&self, _: NaiveDate, seal: &dyn Seal, ids: &NewIds) -> Made {
        Ok(IncidentReported {
            household: HouseholdId(self.household),
            incident: ids.or(self.incident, "incident", 0),
            kind: self.kind.0,
            severity: self.severity.0,
            note: seal_note(seal, self.household, self.note.as_ref())?,
        }
        .into())
    }
}

/// A breach of the household's protection.
#[derive(InputObject)]
pub(crate) struct ProtectionBreachedContent {
    /// The household.
    household: Uuid,
    /// How.
    kind: Coded<BreachKind>,
    /// The incident it belongs to, if it belongs to one.
    incident: Option<Uuid>,
    /// Remarks. Sealed.
    note: Option<String>,
}

impl Content for ProtectionBreachedContent {
    fn event(&self, _: NaiveDate, seal: &dyn Seal, _: &NewIds) -> Made {
        Ok(ProtectionBreached {
            household: HouseholdId(self.household),
            kind: self.kind.0,
            incident: self.incident.map(IncidentId),
            note: seal_note(seal, self.household, self.note.as_ref())?,
        }
        .into())
    }
}

/// A note.
#[derive(InputObject)]
pub(crate) struct NoteAddedContent {
    /// The household.
    household: Uuid,
    /// The member it is about, if it is about one.
    person: Option<Uuid>,
    /// The note. Sealed, under her key if it is about one member.
    note: String,
}

impl Content for NoteAddedContent {
    fn event(&self, _: NaiveDate, seal: &dyn Seal, _: &NewIds) -> Made {
        let about = PersonId(self.person.unwrap_or(self.household));
        Ok(NoteAdded {
            household: HouseholdId(self.household),
            person: self.person.map(PersonId),
            note: seal.seal(about, &FreeText(self.note.clone()))?,
        }
        .into())
    }
}
