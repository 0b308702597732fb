//! Stream `household/ID` → [`NetworkRow`].

use events::{EffectiveRef, Event, Fact, HouseholdId};
use uuid::Uuid;

use super::{ContactKind, ContactRow, NetworkRow, ReferralOutcomeRow, ServiceReferralRow};
use crate::history::{amends, effective_of, folded, further, insert, whole};

folded!(NetworkRow, household: HouseholdId);

/// Raised when the same facts come to another row: the rows kept are then folded anew.
pub const VERSION: i32 = 2;

/// Takes one fact in; facts of other households change nothing, and neither does the outcome of a
/// referral that is not in the row. The order of days does not matter.
pub fn evolve(
    row: Option<NetworkRow>,
    fact: &EffectiveRef<'_>,
    household: HouseholdId,
) -> Option<NetworkRow> {
    // A correction may have given the fact to another household.
    if fact.event.household() != Some(household) {
        return row;
    }
    let (position, on) = (fact.position, fact.occurred_on);
    let mut row = row.unwrap_or_else(|| NetworkRow::new(household));
    match &fact.event {
        Event::Visit(_) | Event::ServiceProvided(_) => contact(&mut row, fact),
        Event::ServiceReferred(referred) => {
            let referral = ServiceReferralRow {
                position,
                referral: referred.referral,
                on,
                person: referred.person,
                partner: referred.partner,
                service: referred.service,
                outcomes: Vec::new(),
            };
            insert(&mut row.referrals, referral, |row| (row.on, row.position));
        }
        Event::ReferralOutcome(told) => {
            let outcome = ReferralOutcomeRow {
                position,
                on,
                outcome: told.outcome,
            };
            let mut referrals = row.referrals.iter_mut();
            if let Some(referral) = referrals.find(|row| row.referral == told.referral) {
                insert(&mut referral.outcomes, outcome, |row| {
                    (row.on, row.position)
                });
            }
        }
        _ => {}
    }
    Some(row)
}

/// Must the row be folded from its whole history when this fact arrives? So it must for corrections,
/// retractions and confirmations, and for a referral, whose outcome may be there before it.
pub fn needs_history(event: &Event) -> bool {
    amends(event) || is_referred_to(event)
}

/// The referral that a fact names, and whether it begins it.
pub(crate) fn names(event: &Event) -> Option<(Uuid, bool)> {
    match event {
        Event::ServiceReferred(referred) => Some((referred.referral.0, true)),
        Event::ReferralOutcome(told) => Some((told.referral.0, false)),
        _ => None,
    }
}

/// The row that the stream's whole history comes to; none without entries.
pub fn fold(household: HouseholdId, entries: &[&Fact]) -> Option<NetworkRow> {
    let mut history = effective_of(entries);
    // What others refer to comes first; the rest stays in order of positions.
    history.sort_by_key(|fact| !is_referred_to(fact.event));
    whole(household, entries, &history, evolve)
}

/// The row with further entries, none of which [`needs_history`].
pub fn advance(row: NetworkRow, entries: &[&Fact]) -> NetworkRow {
    further(row, entries, evolve)
}

fn is_referred_to(event: &Event) -> bool {
    matches!(event, Event::ServiceReferred(_))
}

fn contact(row: &mut NetworkRow, fact: &EffectiveRef<'_>) {
    let (position, on, holder) = (fact.position, fact.occurred_on, fact.holder);
    let contact = match &fact.event {
        Event::Visit(visit) => ContactRow {
            position,
            on,
            what: ContactKind::Visit(visit.kind, visit.purpose),
            minutes: Some(visit.minutes),
            persons: visit.present.clone(),
            partners: visit.partners.clone(),
            amount: None,
            note: visit.note.clone(),
            holder,
        },
        Event::ServiceProvided(provided) => ContactRow {
            position,
            on,
            what: ContactKind::Service(provided.service),
            minutes: provided.minutes,
            persons: provided.person.into_iter().collect(),
            partners: provided.partner.into_iter().collect(),
            amount: provided.amount,
            note: provided.note.clone(),
            holder,
        },
        _ => return,
    };
    insert(&mut row.contacts, contact, |row| (row.on, row.position));
}
