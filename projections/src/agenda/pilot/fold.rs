//! Streams `pilot`, `funding` and `committee` → [`PilotAgenda`].

use events::{EffectiveRef, Event, Fact, PilotId, Stream};

use super::{ExpenseMark, Happened, PilotAgenda, PilotMark};
use crate::approvals;
use crate::history::{amends, effective_of, folded, further, insert, whole};
use crate::pilots::RulesRow;

folded!(PilotAgenda, pilot: PilotId);

/// Raised when the same facts come to another row: the rows kept are then folded anew.
pub const VERSION: i32 = 3;

/// The streams the row is folded from.
pub const STREAMS: [Stream; 3] = [Stream::Pilot, Stream::Funding, Stream::Committee];

/// Takes one fact in; facts of other streams change nothing. The order does not matter. Which
/// approvals a correction made void is for [`fold`], which has the correction itself.
pub fn evolve(
    row: Option<PilotAgenda>,
    fact: &EffectiveRef<'_>,
    pilot: PilotId,
) -> Option<PilotAgenda> {
    let (position, on) = (fact.position, fact.occurred_on);
    let known = row.is_some();
    let mut next = row.unwrap_or_else(|| PilotAgenda::new(pilot));
    match &fact.event {
        Event::RulesSet(set) => {
            insert(&mut next.rules, RulesRow::new(fact, set), |row| {
                (row.on, row.position)
            });
        }
        Event::ExpenseRecorded(recorded) => {
            let expense = ExpenseMark {
                position,
                on,
                expense: recorded.expense,
                amount: recorded.amount,
                by: fact.stated_by.to_owned(),
                void: Vec::new(),
            };
            insert(&mut next.expenses, expense, |row| (row.on, row.position));
        }
        event => match happened(event, fact.stated_by) {
            Some(what) => {
                let mark = PilotMark { position, on, what };
                insert(&mut next.marks, mark, |mark| (mark.on, mark.position));
            }
            None if known => {}
            None => return None,
        },
    }
    Some(next)
}

/// Must the row be folded from its whole history when this fact arrives?
pub fn needs_history(event: &Event) -> bool {
    amends(event)
}

/// The row that the streams' whole history comes to; none without entries.
pub fn fold(pilot: PilotId, entries: &[&Fact]) -> Option<PilotAgenda> {
    let history = effective_of(entries);
    let mut row = whole(pilot, entries, &history, evolve);
    for expense in row.iter_mut().flat_map(|row| &mut row.expenses) {
        expense.void = approvals::void(entries, &history, expense.expense, expense.position);
    }
    row
}

/// The row with further entries, none of which [`needs_history`].
pub fn advance(row: PilotAgenda, entries: &[&Fact]) -> PilotAgenda {
    further(row, entries, evolve)
}

/// What the agenda keeps of a fact; nothing of some.
fn happened(event: &Event, by: &str) -> Option<Happened> {
    Some(match event {
        Event::PilotOpened(_) => Happened::PilotOpened,
        Event::PhaseStarted(started) => Happened::PhaseStarted {
            phase: started.phase,
            planned_end: started.planned_end,
        },
        Event::PhaseExtended(extended) => Happened::PhaseExtended {
            phase: extended.phase,
            planned_end: extended.planned_end,
            decision: extended.decision,
        },
        Event::TargetSet(set) => Happened::TargetSet {
            indicator: set.indicator,
            due: set.due,
        },
        Event::PeriodClosed(closed) => Happened::PeriodClosed {
            from: closed.from,
            to: closed.to,
        },
        Event::ReportPublished(published) => Happened::ReportPublished {
            from: published.from,
            to: published.to,
        },
        Event::PilotClosed(_) => Happened::PilotClosed,
        Event::ExpenseApproved(approved) => Happened::ExpenseApproved {
            expense: approved.expense,
            by: by.to_owned(),
        },
        Event::ExpenseReversed(reversed) => Happened::ExpenseReversed {
            expense: reversed.expense,
            amount: reversed.amount,
        },
        Event::MeetingPlanned(planned) => Happened::MeetingPlanned {
            meeting: planned.meeting,
            planned_for: planned.planned_for,
        },
        Event::MeetingHeld(held) => Happened::MeetingHeld(held.meeting),
        Event::DecisionTaken(taken) => Happened::DecisionTaken {
            decision: taken.decision,
            due: taken.due,
        },
        Event::DecisionClosed(closed) => Happened::DecisionClosed {
            decision: closed.decision,
            outcome: closed.outcome,
        },
        _ => return None,
    })
}
