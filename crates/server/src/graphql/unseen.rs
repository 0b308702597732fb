//! Households that were not seen for a while.

use std::collections::BTreeMap;

use app::Fenced;
use async_graphql::SimpleObject;
use chrono::NaiveDate;
use events::{HouseholdId, PilotId};
use projections::households::{self, Filter, HouseholdRow, MAX_PAGE};
use projections::network::{self, NetworkRow};

use super::household::Household;
use super::together::Together;

/// Days after which a household counts as unseen where the pilot has not laid down its own.
const UNSEEN_AFTER_DAYS: u16 = 14;

/// A household that was not seen for a while.
#[derive(SimpleObject)]
pub(crate) struct Unseen {
    /// The household.
    household: Household,
    /// The day of the last contact; nothing when there never was one.
    last_contact: Option<NaiveDate>,
    /// Since when nobody was in contact: the last contact, or the entry if that was later.
    since: NaiveDate,
    /// Days from then to the day asked for.
    days: i64,
}

/// The households of a pilot that were not seen for at least so many days, the longest first.
pub(crate) async fn of(
    app: &Fenced,
    pilot: PilotId,
    days: Option<u16>,
    on: NaiveDate,
) -> Result<Vec<Unseen>, app::Error> {
    let days = match days {
        Some(days) => days,
        None => days_of(app, pilot, on).await?,
    };
    let mut rows: BTreeMap<HouseholdId, HouseholdRow> = BTreeMap::new();
    loop {
        let after = rows.last_key_value().map(|(last, _)| *last);
        let all = Filter::default();
        let page = households::page(&app.source(), pilot.0, all, after, MAX_PAGE).await?;
        let last = page.len() < MAX_PAGE;
        rows.extend(page.into_iter().map(|row| (row.household, row)));
        if last {
            break;
        }
    }
    let network = network::all(&app.source(), pilot.0).await?;
    let network: BTreeMap<HouseholdId, NetworkRow> = network
        .into_iter()
        .map(|row| (row.household, row))
        .collect();
    let found = network::unseen(rows.values(), &network, days, on);
    let of = found.iter().filter_map(|one| rows.remove(&one.household));
    let of = Together::households(pilot, of.collect(), None);
    let unseen = found.into_iter().zip(of);
    Ok(unseen
        .map(|(one, household)| Unseen {
            household,
            last_contact: one.last_contact,
            since: one.since,
            days: one.days,
        })
        .collect())
}

/// What the pilot's rules say on a day.
async fn days_of(app: &Fenced, pilot: PilotId, on: NaiveDate) -> Result<u16, app::Error> {
    let row = projections::pilots::one(&app.source(), pilot.0).await?;
    let rules = row.as_ref().and_then(|row| row.rules_on(on));
    Ok(rules.map_or(UNSEEN_AFTER_DAYS, |rules| rules.unseen_after_days))
}
