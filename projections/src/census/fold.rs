//! Stream `dwelling/ID` and the households' rows → [`DwellingRow`].
//!
//! What happened to the dwelling comes from its own facts. Who lived in it comes from the rows of
//! the households: a dwelling's stream alone cannot tell. The exit of a household whose admission
//! was later corrected to another dwelling, or a move recorded after a later one, is an entry of
//! the dwellings that were concerned when it was recorded, not of those concerned since.

use std::collections::BTreeSet;

use events::codes::UnavailableReason;
use events::{DwellingId, EffectiveRef, Event, Fact, HouseholdId, Stream};

use super::{
    AvailabilityRow, DwellingOccupancyRow, DwellingRow, RegistrationRow, WithdrawalRow, WorksRow,
};
use crate::history::{amends, effective_of, folded, further, insert, whole};
use crate::households::{HouseholdRow, fold::endings};

folded!(DwellingRow, dwelling: DwellingId);

/// Raised when the same facts come to another row: the rows kept are then folded anew.
pub const VERSION: i32 = 2;

/// Takes one of the dwelling's own facts in; other facts change nothing. The order of days does
/// not matter. For who lived there see [`settle`].
pub fn evolve(
    row: Option<DwellingRow>,
    fact: &EffectiveRef<'_>,
    dwelling: DwellingId,
) -> Option<DwellingRow> {
    let (position, on) = (fact.position, fact.occurred_on);
    if fact.event.stream() != Some(Stream::Dwelling(dwelling)) {
        return row;
    }
    let mut next = row.unwrap_or_else(|| DwellingRow::new(dwelling));
    let (available, reason) = match &fact.event {
        Event::DwellingAvailable(_) => (true, None),
        Event::DwellingUnavailable(unavailable) => (false, Some(unavailable.reason)),
        Event::WorksStarted(started) => {
            let works = WorksRow {
                position,
                on,
                kind: started.kind,
                planned_end: started.planned_end,
                completed: None,
            };
            insert(&mut next.works, works, |row| (row.on, row.position));
            complete(&mut next);
            (false, Some(UnavailableReason::Works))
        }
        Event::DwellingWithdrawn(withdrawn) => {
            next.withdrawal = Some(WithdrawalRow {
                position,
                on,
                reason: withdrawn.reason,
            });
            (false, None)
        }
        Event::WorksCompleted(_) => {
            insert(&mut next.completions, (position, on), |&(position, on)| {
                (on, position)
            });
            complete(&mut next);
            return Some(next);
        }
        Event::DwellingRegistered(registered) => {
            next.registration = Some(RegistrationRow {
                position,
                on,
                label: registered.label.clone(),
                rooms: registered.rooms,
                beds: registered.beds,
                step_free: registered.step_free,
            });
            return Some(next);
        }
        _ => return Some(next),
    };
    let availability = AvailabilityRow {
        position,
        on,
        available,
        reason,
    };
    insert(&mut next.availability, availability, |row| {
        (row.on, row.position)
    });
    Some(next)
}

/// Gives each works the first completion on or after its first day that no earlier works took.
fn complete(row: &mut DwellingRow) {
    let mut completions = row.completions.iter().peekable();
    for works in &mut row.works {
        while completions.next_if(|(_, on)| *on < works.on).is_some() {}
        works.completed = completions.next().copied();
    }
}

/// Must the dwelling's own part be folded from its whole history when this fact arrives?
pub fn needs_history(event: &Event) -> bool {
    amends(event)
}

/// The dwelling's own part of the row that its stream's whole history comes to; none without entries.
pub fn fold(dwelling: DwellingId, entries: &[&Fact]) -> Option<DwellingRow> {
    let history = effective_of(entries);
    whole(dwelling, entries, &history, evolve)
}

/// The row with further entries, none of which [`needs_history`].
pub fn advance(row: DwellingRow, entries: &[&Fact]) -> DwellingRow {
    further(row, entries, evolve)
}

/// Puts the times of some households in the dwelling in the place of those known before.
pub fn settle(row: &mut DwellingRow, households: &[&HouseholdRow]) {
    let settled: BTreeSet<HouseholdId> = households.iter().map(|row| row.household).collect();
    row.occupancies
        .retain(|occupancy| !settled.contains(&occupancy.household));
    for household in households {
        for (stay, ended_by) in household.occupancies.iter().zip(endings(household)) {
            if stay.dwelling == row.dwelling {
                row.occupancies.push(DwellingOccupancyRow {
                    position: stay.position,
                    household: household.household,
                    from: stay.from,
                    ended_by,
                    until: stay.until,
                });
            }
        }
    }
    row.occupancies
        .sort_by_key(|stay| (stay.from, stay.position, stay.household));
}
