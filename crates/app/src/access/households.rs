//! Which households somebody may see who sees a part of them, and who recorded what.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use eventlog::Recorded;
use events::access::Holder;
use events::codes::Role;
use events::{HouseholdId, PartnerId, PilotId, ServiceReferralId};
use policy::{Reach, Scope, Sharing};
use projections::households::{Filter, HouseholdRow, MAX_PAGE};
use projections::pilots::PartnerRow;
use sqlx::PgExecutor;
use uuid::Uuid;

use crate::{Error, Fenced};

/// The partners that take part in a pilot on a day.
pub(crate) async fn partners_on(
    db: impl PgExecutor<'_>,
    pilot: PilotId,
    day: NaiveDate,
) -> Result<BTreeSet<PartnerId>, Error> {
    let row = projections::pilots::one(db, pilot.0).await?;
    let partners = row.into_iter().flat_map(|row| row.partners);
    let stays = |it: &PartnerRow| it.left.as_ref().is_none_or(|left| day <= left.on);
    let there = partners.filter(|it| it.on <= day && stays(it));
    Ok(there.map(|it| it.partner).collect())
}

impl Fenced {
    /// The households within somebody's reach on a day, and with whom each is shared; none when all of
    /// them are. What this takes does
    /// not depend on any household that is asked for: one that is not shared cannot be told from one
    /// that is not there.
    ///
    /// # Errors
    /// Faults of the database.
    pub async fn visible(
        &self,
        pilot: PilotId,
        reach: &Reach,
        day: NaiveDate,
    ) -> Result<Option<BTreeMap<HouseholdId, Sharing>>, Error> {
        if *reach == Reach::All {
            return Ok(None);
        }
        let source = self.source();
        let partners = partners_on(&source, pilot, day).await?;
        let mut visible = BTreeMap::new();
        let mut after = None;
        loop {
            let all = Filter::default();
            let page =
                projections::households::page(&source, pilot.0, all, after, MAX_PAGE).await?;
            after = page.last().map(|row| row.household);
            let whole = page.len() == MAX_PAGE;
            let rows = page.iter();
            let shared = rows.map(|row| (row.household, shared(row, &partners, day)));
            visible.extend(shared.filter(|(household, with)| reach.includes(*household, with)));
            if !whole {
                return Ok(Some(visible));
            }
        }
    }

    /// The partners in whose name somebody acted who recorded a fact: as her roles were then.
    ///
    /// # Errors
    /// Faults of the database; [`Error::AccessLog`].
    pub async fn recorded_by(
        &self,
        pilot: PilotId,
        fact: Uuid,
    ) -> Result<BTreeSet<PartnerId>, Error> {
        match self.reader().by_id(pilot.0, fact).await? {
            Some(recorded) => self.partners_of(pilot, &recorded).await,
            None => Ok(BTreeSet::new()),
        }
    }

    /// The partner that a household was referred to by a referral; none when there is no such referral.
    ///
    /// # Errors
    /// Faults of the database.
    pub async fn referred_to(
        &self,
        pilot: PilotId,
        household: HouseholdId,
        referral: ServiceReferralId,
    ) -> Result<Option<PartnerId>, Error> {
        let rows = projections::network::some(&self.source(), pilot.0, &[household]).await?;
        let mut referrals = rows.iter().flat_map(|row| &row.referrals);
        let found = referrals.find(|it| it.referral == referral);
        Ok(found.map(|it| it.partner))
    }

    async fn partners_of(
        &self,
        pilot: PilotId,
        recorded: &Recorded,
    ) -> Result<BTreeSet<PartnerId>, Error> {
        let Ok(holder) = recorded.actor.parse::<Holder>() else {
            // The command line acts in nobody's name.
            return Ok(BTreeSet::new());
        };
        let then = recorded.recorded_at;
        let grants = self.app().grants_of(holder, Some(then)).await?;
        let here = grants.standing_at(then).filter(|grant| {
            grant.role == Role::PartnerOperator && grant.scope.covers(Scope::Pilot(pilot))
        });
        Ok(here.filter_map(|grant| grant.partner).collect())
    }
}

/// With whom a household is shared on a day, of the partners that are there.
pub(crate) fn shared(
    row: &HouseholdRow,
    partners: &BTreeSet<PartnerId>,
    day: NaiveDate,
) -> Sharing {
    let with = row.shared_with(day);
    Sharing::with(with.into_iter().filter(|it| partners.contains(it)))
}
