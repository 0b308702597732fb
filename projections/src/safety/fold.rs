//! Stream `household/ID` → [`SafetyRow`].

use events::{EffectiveRef, Event, Fact, HouseholdId};

use super::{BreachRow, IncidentRow, RiskRow, SafetyRow};
use crate::history::{amends, effective_of, folded, further, insert, whole};

folded!(SafetyRow, household: HouseholdId);

/// Raised when the same facts come to another row: the rows kept are then folded anew.
pub const VERSION: i32 = 2;

/// Takes one fact in; facts of other households change nothing. The order of days does not matter:
/// a breach may be there before the incident it names.
pub fn evolve(
    row: Option<SafetyRow>,
    fact: &EffectiveRef<'_>,
    household: HouseholdId,
) -> Option<SafetyRow> {
    // A correction may have given the fact to another household.
    if fact.event.household() != Some(household) {
        return row;
    }
    let mut row = row.unwrap_or_else(|| SafetyRow::new(household));
    let (position, on, holder) = (fact.position, fact.occurred_on, fact.holder);
    match &fact.event {
        Event::RiskAssessed(assessed) => {
            let risk = RiskRow {
                position,
                on,
                person: assessed.person,
                instrument: assessed.instrument.clone(),
                version: assessed.version,
                stage: assessed.stage,
                level: assessed.level,
            };
            insert(&mut row.risks, risk, |row| (row.on, row.position));
        }
        Event::IncidentReported(reported) => {
            let incident = IncidentRow {
                position,
                on,
                incident: reported.incident,
                kind: reported.kind,
                severity: reported.severity,
                note: reported.note.clone(),
                holder,
            };
            insert(&mut row.incidents, incident, |row| (row.on, row.position));
        }
        Event::ProtectionBreached(breached) => {
            let breach = BreachRow {
                position,
                on,
                kind: breached.kind,
                incident: breached.incident,
                note: breached.note.clone(),
                holder,
            };
            insert(&mut row.breaches, breach, |row| (row.on, row.position));
        }
        // Corrections and retractions are no part of an effective history; the others say nothing
        // about safety.
        _ => {}
    }
    Some(row)
}

/// Must the row be folded from its whole history when this fact arrives? Only for corrections and
/// retractions: no fact about safety changes another.
pub fn needs_history(event: &Event) -> bool {
    amends(event)
}

/// The row that the stream's whole history comes to; none without entries.
pub fn fold(household: HouseholdId, entries: &[&Fact]) -> Option<SafetyRow> {
    let history = effective_of(entries);
    whole(household, entries, &history, evolve)
}

/// The row with further entries, none of which [`needs_history`].
pub fn advance(row: SafetyRow, entries: &[&Fact]) -> SafetyRow {
    further(row, entries, evolve)
}
