//! The network around a household: contacts, referrals to services, and who did what.

use async_graphql::{Context, ID, Object, SimpleObject};
use chrono::NaiveDate;
use events::codes::{ReferralResult, Service, VisitKind, VisitPurpose};
use policy::Object as PolicyObject;
use projections::network::{ContactKind, ContactRow, PartnerWork, ServiceReferralRow};
use rust_decimal::Decimal;

use super::codes::Coded;
use super::opening::open_text;

/// A visit or a service.
pub(crate) struct Contact<'a> {
    pub(crate) of: &'a PolicyObject,
    pub(crate) row: &'a ContactRow,
}

#[Object]
impl Contact<'_> {
    /// Position of the fact.
    async fn position(&self) -> i64 {
        self.row.position
    }

    /// The day.
    async fn on(&self) -> NaiveDate {
        self.row.on
    }

    /// How it took place, for a visit.
    async fn kind(&self) -> Option<Coded<VisitKind>> {
        match self.row.what {
            ContactKind::Visit(kind, _) => Some(Coded(kind)),
            ContactKind::Service(_) => None,
        }
    }

    /// What it was for, for a visit.
    async fn purpose(&self) -> Option<Coded<VisitPurpose>> {
        match self.row.what {
            ContactKind::Visit(_, purpose) => Some(Coded(purpose)),
            ContactKind::Service(_) => None,
        }
    }

    /// What was provided, for a service.
    async fn service(&self) -> Option<Coded<Service>> {
        match self.row.what {
            ContactKind::Service(service) => Some(Coded(service)),
            ContactKind::Visit(..) => None,
        }
    }

    /// Minutes, if known.
    async fn minutes(&self) -> Option<u16> {
        self.row.minutes
    }

    /// Members who were there, or whom it was for; empty when not noted.
    async fn persons(&self) -> Vec<ID> {
        let persons = self.row.persons.iter();
        persons.map(|person| person.to_string().into()).collect()
    }

    /// Partners who took part or provided it.
    async fn partners(&self) -> Vec<ID> {
        self.row
            .partners
            .iter()
            .map(|partner| partner.to_string().into())
            .collect()
    }

    /// What it was worth, for economic support.
    async fn amount(&self) -> Option<Decimal> {
        self.row.amount
    }

    /// Remarks.
    async fn note(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<String>> {
        open_text(ctx, self.of, self.row.holder, self.row.note.as_ref()).await
    }
}
/// A referral to a service of a partner.
#[derive(SimpleObject)]
pub(crate) struct ServiceReferral {
    /// Its id.
    id: ID,
    /// Position of the fact.
    position: i64,
    /// The day.
    on: NaiveDate,
    /// Who was referred, if not the whole household.
    person: Option<ID>,
    /// The partner.
    partner: ID,
    /// The service.
    service: Coded<Service>,
    /// Every outcome that was told, in order of time; the last one counts.
    outcomes: Vec<ServiceOutcome>,
}

/// What came of a referral to a service.
#[derive(SimpleObject)]
pub(crate) struct ServiceOutcome {
    /// Position of the fact.
    position: i64,
    /// The day.
    on: NaiveDate,
    /// What came of it.
    outcome: Coded<ReferralResult>,
}

impl From<&ServiceReferralRow> for ServiceReferral {
    fn from(row: &ServiceReferralRow) -> Self {
        let outcomes = row.outcomes.iter().map(|row| ServiceOutcome {
            position: row.position,
            on: row.on,
            outcome: Coded(row.outcome),
        });
        Self {
            id: row.referral.to_string().into(),
            position: row.position,
            on: row.on,
            person: row.person.map(|person| person.to_string().into()),
            partner: row.partner.to_string().into(),
            service: Coded(row.service),
            outcomes: outcomes.collect(),
        }
    }
}

/// What one partner did for a household by a day.
#[derive(SimpleObject)]
pub(crate) struct PartnerContribution {
    /// The partner.
    partner: ID,
    /// Had it joined the pilot? If not, it is only named in contacts or referrals.
    joined: bool,
    /// Visits and services it took part in.
    contacts: u64,
    /// Minutes of those contacts whose minutes are known.
    minutes: u64,
    /// Contacts whose minutes are not known.
    without_minutes: u64,
    /// How often it provided each service.
    services: Vec<ServiceCount>,
    /// Referrals to it by which the service was obtained.
    attained: u64,
    /// Referrals to it by which it was not.
    not_attained: u64,
    /// Referrals to it of which it cannot be known.
    unknown: u64,
    /// Referrals to it of which nobody has told yet.
    open: u64,
    /// The day of its last contact.
    last_contact: Option<NaiveDate>,
}

/// How often a service was provided.
#[derive(SimpleObject)]
pub(crate) struct ServiceCount {
    /// The service.
    service: Coded<Service>,
    /// How often.
    count: u64,
}

impl From<PartnerWork> for PartnerContribution {
    fn from(work: PartnerWork) -> Self {
        let services = work.services.iter();
        let services = services.map(|(service, count)| ServiceCount {
            service: Coded(*service),
            count: *count,
        });
        Self {
            services: services.collect(),
            partner: work.partner.to_string().into(),
            joined: work.joined,
            contacts: work.contacts,
            minutes: work.minutes,
            without_minutes: work.without_minutes,
            attained: work.referrals.attained,
            not_attained: work.referrals.not_attained,
            unknown: work.referrals.unknown,
            open: work.referrals.open,
            last_contact: work.last_contact,
        }
    }
}
