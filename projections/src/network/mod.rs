//! The network around the households: who was in contact with them, where they were sent, and what
//! came of it.
//!
//! A row is folded from one household's stream. What depends on the day, or on who the partners are,
//! is asked of the rows by the functions here and never kept.

pub mod fold;
mod rows;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use events::codes::{ReferralResult, Service};
use events::{HouseholdId, PartnerId};

pub use rows::*;

crate::document::by_household!(Network, NetworkRow, "network", named);

use crate::households::HouseholdRow;
use crate::pilots::PilotRow;

/// What one partner did for the households of a pilot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartnerWork {
    /// The partner.
    pub partner: PartnerId,
    /// Did it join the pilot? If not, it is only named in contacts or referrals.
    pub joined: bool,
    /// The households it was in contact with.
    pub households: BTreeSet<HouseholdId>,
    /// Visits and services it took part in, each once.
    pub contacts: u64,
    /// Minutes of those contacts whose minutes are known.
    pub minutes: u64,
    /// Contacts whose minutes are not known.
    pub without_minutes: u64,
    /// How often it provided each service.
    pub services: BTreeMap<Service, u64>,
    /// What came of the referrals to it.
    pub referrals: Referrals,
    /// The day of its last contact.
    pub last_contact: Option<NaiveDate>,
}

/// Referrals to services by what came of them: the last outcome of each counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Referrals {
    /// The service was obtained.
    pub attained: u64,
    /// It was not.
    pub not_attained: u64,
    /// It was told that it cannot be known.
    pub unknown: u64,
    /// Nobody has told yet.
    pub open: u64,
}

/// A household that lives in the pilot and was not seen for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unseen {
    /// The household.
    pub household: HouseholdId,
    /// The day of the last contact; none when there never was one.
    pub last_contact: Option<NaiveDate>,
    /// Since when nobody was in contact: the last contact, or the entry if that was later.
    pub since: NaiveDate,
    /// Days from then to today.
    pub days: i64,
}

impl PartnerWork {
    fn new(partner: PartnerId) -> Self {
        Self {
            partner,
            joined: false,
            households: BTreeSet::new(),
            contacts: 0,
            minutes: 0,
            without_minutes: 0,
            services: BTreeMap::new(),
            referrals: Referrals::default(),
            last_contact: None,
        }
    }

    fn contact(&mut self, household: HouseholdId, contact: &ContactRow) {
        self.households.insert(household);
        self.contacts += 1;
        match contact.minutes {
            Some(minutes) => self.minutes += u64::from(minutes),
            None => self.without_minutes += 1,
        }
        if let ContactKind::Service(service) = contact.what {
            *self.services.entry(service).or_default() += 1;
        }
        self.last_contact = self.last_contact.max(Some(contact.on));
    }
}

impl Referrals {
    /// All of them.
    pub fn all(&self) -> u64 {
        self.attained + self.not_attained + self.unknown + self.open
    }

    fn add(&mut self, outcome: Option<ReferralResult>) {
        *match outcome {
            Some(ReferralResult::Attained) => &mut self.attained,
            Some(ReferralResult::NotAttained) => &mut self.not_attained,
            Some(ReferralResult::Unknown) => &mut self.unknown,
            None => &mut self.open,
        } += 1;
    }
}

/// What each partner did by `day`, ordered by id: every partner that had joined by then, whether it did
/// anything or not, and those that are only named. A contact of two partners counts for both of them.
pub fn by_partner<'a>(
    rows: impl IntoIterator<Item = &'a NetworkRow>,
    pilot: &PilotRow,
    day: NaiveDate,
) -> Vec<PartnerWork> {
    let mut all: BTreeMap<PartnerId, PartnerWork> = BTreeMap::new();
    for partner in pilot.partners.iter().filter(|partner| partner.on <= day) {
        work(&mut all, partner.partner).joined = true;
    }
    for row in rows {
        for contact in row.contacts.iter().filter(|contact| contact.on <= day) {
            // Named twice, it took part once.
            let partners: BTreeSet<PartnerId> = contact.partners.iter().copied().collect();
            for partner in partners {
                work(&mut all, partner).contact(row.household, contact);
            }
        }
        for referral in row.referrals.iter().filter(|referral| referral.on <= day) {
            let outcome = referral.outcome_on(day).map(|outcome| outcome.outcome);
            work(&mut all, referral.partner).referrals.add(outcome);
        }
    }
    all.into_values().collect()
}

fn work(all: &mut BTreeMap<PartnerId, PartnerWork>, partner: PartnerId) -> &mut PartnerWork {
    all.entry(partner)
        .or_insert_with(|| PartnerWork::new(partner))
}

/// The households that lived in the pilot on `today` and with which nobody had been in contact for at
/// least so many days, the longest first. Who was never met has not been seen since the entry.
pub fn unseen<'a>(
    households: impl IntoIterator<Item = &'a HouseholdRow>,
    network: &BTreeMap<HouseholdId, NetworkRow>,
    after_days: u16,
    today: NaiveDate,
) -> Vec<Unseen> {
    let mut unseen: Vec<Unseen> = households
        .into_iter()
        .filter_map(|household| {
            let entry = household.admission.as_ref()?.on;
            let left = household.exit.as_ref().is_some_and(|exit| exit.on <= today);
            let row = network.get(&household.household);
            let last_contact = row.and_then(|row| Some(row.last_contact(today)?.on));
            let since = last_contact.map_or(entry, |last| last.max(entry));
            let days = today.signed_duration_since(since).num_days();
            (entry <= today && !left && days >= i64::from(after_days)).then_some(Unseen {
                household: household.household,
                last_contact,
                since,
                days,
            })
        })
        .collect();
    unseen.sort_by_key(|unseen| (unseen.since, unseen.household));
    unseen
}
