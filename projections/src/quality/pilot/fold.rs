//! Streams `pilot`, `funding` and `committee` → [`PilotQuality`].

use events::codes::Attendance;
use events::{Answer, EffectiveRef, Event, Fact, PilotId};

use super::{AnswerRow, PilotElement, PilotQuality, PilotSaid, Said, WrittenRow};
use crate::history::{amends, effective_of, entered_at, folded, further, insert, whole};
use crate::pilots::ClosureRow;
use crate::quality::late;

pub use crate::agenda::pilot::fold::STREAMS;

folded!(PilotQuality, pilot: PilotId);

/// Raised when the same facts come to another row: the rows kept are then folded anew.
pub const VERSION: i32 = 2;

/// Takes one fact in; facts of other streams change nothing. The order of days does not matter. Which
/// facts were late is for [`fold`] and [`advance`], which have corrections and retractions themselves.
pub fn evolve(
    row: Option<PilotQuality>,
    fact: &EffectiveRef<'_>,
    pilot: PilotId,
) -> Option<PilotQuality> {
    let own = fact.event.stream();
    if !own.is_some_and(|stream| STREAMS.contains(&stream)) {
        return row;
    }
    let mut row = row.unwrap_or_else(|| PilotQuality::new(pilot));
    let (position, on) = (fact.position, fact.occurred_on);
    row.written.push(WrittenRow {
        position,
        corrected_by: fact.corrected_by,
        on,
        written: entered_at(fact).date_naive(),
    });
    if let Event::PeriodClosed(closed) = &fact.event {
        row.closures.push(ClosureRow::new(fact, closed));
    }
    if let Some((element, answer)) = answer(fact.event) {
        row.answers.push(AnswerRow {
            position,
            on,
            element,
            answer,
        });
    }
    if let Some(what) = said(fact.event) {
        let mark = PilotSaid { position, on, what };
        insert(&mut row.marks, mark, |mark| (mark.on, mark.position));
    }
    Some(row)
}

/// Must the row be folded from its whole history when this fact arrives?
pub fn needs_history(event: &Event) -> bool {
    amends(event)
}

/// The row that the streams' whole history comes to; none without entries.
pub fn fold(pilot: PilotId, entries: &[&Fact]) -> Option<PilotQuality> {
    let history = effective_of(entries);
    let row = whole(pilot, entries, &history, evolve);
    row.map(|row| told_late(row, entries))
}

/// The row with further entries, none of which [`needs_history`].
pub fn advance(row: PilotQuality, entries: &[&Fact]) -> PilotQuality {
    told_late(further(row, entries, evolve), entries)
}

/// Adds those of the entries that came after the closing of what they are about.
fn told_late(mut row: PilotQuality, entries: &[&Fact]) -> PilotQuality {
    let late = late(&row.closures, entries);
    row.late.extend(late);
    row
}

fn answer(event: &Event) -> Option<(PilotElement, Answer<()>)> {
    match event {
        Event::ExpenseRecorded(recorded) => {
            let source = Answer::stated(recorded.source.map(|_| ()));
            Some((PilotElement::ExpenseSource, source))
        }
        Event::PartnerLeft(left) => {
            let reason = left.reason.map(|_| ());
            Some((PilotElement::PartnerLeftReason, reason))
        }
        _ => None,
    }
}

/// What is kept of a fact; nothing of most.
fn said(event: &Event) -> Option<Said> {
    Some(match event {
        Event::PhaseStarted(started) => Said::PhaseStarted(started.phase),
        Event::PilotClosed(_) => Said::PilotClosed,
        Event::MeetingHeld(held) => {
            let attendance = held.attendance.iter();
            let present = attendance.filter(|partner| partner.attendance == Attendance::Present);
            Said::MeetingHeld {
                present: present.count() as u64,
            }
        }
        Event::FundingPledged(pledged) => Said::FundingPledged {
            pledge: pledged.pledge,
            amount: pledged.amount,
        },
        Event::FundingReceived(received) => Said::FundingReceived {
            pledge: received.pledge?,
            amount: received.amount,
        },
        _ => return None,
    })
}
