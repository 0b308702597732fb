//! Which consents hold on a day, and what they allow.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use events::PartnerId;
use events::codes::ConsentPurpose;
use serde::{Deserialize, Serialize};

use super::{ConsentRow, HouseholdRow};

#[cfg(test)]
mod tests;

/// Where a consent stands on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConsentState {
    /// It holds.
    Given,
    /// It was taken back.
    Withdrawn,
    /// Its last day is over.
    Expired,
}

impl ConsentRow {
    /// Where it stands on `day`; none before it was given. From the day it was taken back on it does
    /// not hold; on its last day it still does. What came first counts.
    pub fn state_on(&self, day: NaiveDate) -> Option<ConsentState> {
        if day < self.on {
            return None;
        }
        let withdrawn = self.withdrawn.as_ref().map(|withdrawn| withdrawn.on);
        let withdrawn = withdrawn.filter(|on| *on <= day);
        let expired = self.expires_on.filter(|last| *last < day);
        Some(match (withdrawn, expired) {
            (None, None) => ConsentState::Given,
            (Some(on), Some(last)) if last < on => ConsentState::Expired,
            (Some(_), _) => ConsentState::Withdrawn,
            (None, Some(_)) => ConsentState::Expired,
        })
    }

    /// Does it hold on `day` for this purpose?
    pub fn allows(&self, purpose: ConsentPurpose, day: NaiveDate) -> bool {
        self.state_on(day) == Some(ConsentState::Given) && self.purposes.contains(&purpose)
    }
}

impl HouseholdRow {
    /// The consents that hold on `day` for this purpose.
    pub fn consents(
        &self,
        purpose: ConsentPurpose,
        day: NaiveDate,
    ) -> impl Iterator<Item = &ConsentRow> {
        self.consents
            .iter()
            .filter(move |consent| consent.allows(purpose, day))
    }

    /// The partners with whom the whole household's data may be shared on `day`. A consent about one
    /// member says nothing about the others, so it opens the household to nobody; and whether a partner
    /// named here is still one is the pilot's to say ([`crate::pilots::PilotRow`]).
    pub fn shared_with(&self, day: NaiveDate) -> BTreeSet<PartnerId> {
        self.consents(ConsentPurpose::SharingWithPartners, day)
            .filter(|consent| consent.person.is_none())
            .flat_map(|consent| consent.recipients.iter().copied())
            .collect()
    }

    /// May the whole household's data be shared with this partner on `day`? See [`Self::shared_with`].
    pub fn is_shared_with(&self, partner: PartnerId, day: NaiveDate) -> bool {
        self.shared_with(day).contains(&partner)
    }
}
