//! Streams `pilot` and `funding` → [`PilotRow`].

use events::{Effective, Event, Fact, PilotId};

use super::{ExpenseRow, OpeningRow, PartnerRow, PhaseRow, PilotRow};
use crate::history::{amends, effective_of, insert, last_position, run};

/// Raised when the same facts come to another row: the rows kept are then folded anew.
pub const VERSION: i32 = 1;

/// Takes one fact in; facts of other streams change nothing. The order of days does not matter.
pub fn evolve(row: Option<PilotRow>, fact: &Effective, pilot: PilotId) -> Option<PilotRow> {
    let (position, on) = (fact.position, fact.occurred_on);
    let known = row.is_some();
    let mut next = row.unwrap_or_else(|| PilotRow::new(pilot));
    match &fact.event {
        Event::PilotOpened(opened) => {
            next.opening = Some(OpeningRow {
                position,
                on,
                title: opened.title.clone(),
                place: opened.place.clone(),
                code: opened.code.clone(),
                currency: opened.currency,
                hmis_project: opened.hmis_project.clone(),
            });
        }
        Event::PhaseStarted(started) => {
            let phase = PhaseRow {
                position,
                on,
                phase: started.phase,
                planned_end: started.planned_end,
            };
            insert(&mut next.phases, phase, |row| (row.on, row.position));
        }
        Event::PartnerJoined(joined) => {
            let partner = PartnerRow {
                position,
                on,
                partner: joined.partner,
                kind: joined.kind,
                name: joined.name.clone(),
            };
            insert(&mut next.partners, partner, |row| (row.on, row.position));
        }
        Event::ExpenseRecorded(recorded) => {
            let expense = ExpenseRow {
                position,
                on,
                expense: recorded.expense,
                line: recorded.line,
                source: recorded.source,
                amount: recorded.amount,
                description: recorded.description.clone(),
            };
            insert(&mut next.expenses, expense, |row| (row.on, row.position));
        }
        _ if known => {}
        _ => return None,
    }
    Some(next)
}

/// Must the row be folded from its whole history when this fact arrives?
pub fn needs_history(event: &Event) -> bool {
    amends(event)
}

/// The row that the streams' whole history comes to; none without entries.
pub fn fold(pilot: PilotId, entries: &[&Fact]) -> Option<PilotRow> {
    let history = effective_of(entries);
    let row = run(None, &history, |row, fact| evolve(row, fact, pilot));
    close(row, entries, pilot)
}

/// The row with further entries, none of which [`needs_history`].
pub fn advance(row: PilotRow, entries: &[&Fact]) -> PilotRow {
    let pilot = row.pilot;
    let history = effective_of(entries);
    let next = run(Some(row), &history, |row, fact| evolve(row, fact, pilot));
    close(next, entries, pilot).unwrap_or_else(|| PilotRow::new(pilot))
}

fn close(row: Option<PilotRow>, entries: &[&Fact], pilot: PilotId) -> Option<PilotRow> {
    if entries.is_empty() {
        return row;
    }
    let mut row = row.unwrap_or_else(|| PilotRow::new(pilot));
    row.position = last_position(entries);
    Some(row)
}
