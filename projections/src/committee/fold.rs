//! Stream `committee` → [`CommitteeRow`].

use events::{EffectiveRef, Event, Fact, MeetingId, PilotId};

use super::*;
use crate::history::{amends, effective_of, folded, further, insert, whole};

folded!(CommitteeRow, pilot: PilotId);

/// Raised when the same facts come to another row: the rows kept are then folded anew.
pub const VERSION: i32 = 2;

/// Takes one fact in; facts of other streams change nothing. The order of days does not matter.
pub fn evolve(
    row: Option<CommitteeRow>,
    fact: &EffectiveRef<'_>,
    pilot: PilotId,
) -> Option<CommitteeRow> {
    let (position, on) = (fact.position, fact.occurred_on);
    let mut row = row.unwrap_or_else(|| CommitteeRow::new(pilot));
    match &fact.event {
        Event::MeetingPlanned(planned) => {
            meeting(&mut row, planned.meeting).planned = Some(PlannedRow {
                position,
                on,
                planned_for: planned.planned_for,
            });
        }
        Event::MeetingHeld(held) => {
            meeting(&mut row, held.meeting).held = Some(HeldRow {
                position,
                on,
                attendance: held.attendance.clone(),
            });
        }
        Event::DecisionTaken(taken) => {
            let decision = DecisionRow {
                position,
                on,
                decision: taken.decision,
                meeting: taken.meeting,
                title: taken.title.clone(),
                responsible: taken.responsible,
                due: taken.due,
                closed: None,
            };
            insert(&mut row.decisions, decision, |row| (row.on, row.position));
        }
        Event::DecisionClosed(closed) => {
            let mut decisions = row.decisions.iter_mut();
            if let Some(decision) = decisions.find(|one| one.decision == closed.decision) {
                decision.closed = Some(DecisionClosedRow {
                    position,
                    on,
                    outcome: closed.outcome,
                });
            }
        }
        _ => {}
    }
    Some(row)
}

fn meeting(row: &mut CommitteeRow, meeting: MeetingId) -> &mut MeetingRow {
    let known = row.meetings.iter().position(|one| one.meeting == meeting);
    let at = known.unwrap_or_else(|| {
        row.meetings.push(MeetingRow {
            meeting,
            planned: None,
            held: None,
        });
        row.meetings.len() - 1
    });
    &mut row.meetings[at]
}

/// Must the row be folded from its whole history when this fact arrives?
pub fn needs_history(event: &Event) -> bool {
    amends(event)
}

/// The row that the stream's whole history comes to; none without entries.
pub fn fold(pilot: PilotId, entries: &[&Fact]) -> Option<CommitteeRow> {
    let history = effective_of(entries);
    whole(pilot, entries, &history, evolve)
}

/// The row with further entries, none of which [`needs_history`].
pub fn advance(row: CommitteeRow, entries: &[&Fact]) -> CommitteeRow {
    further(row, entries, evolve)
}
