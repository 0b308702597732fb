//! Every fact that belongs to a stream `household/ID` → one [`TimelineRow`].

use events::{Event, Fact, Position, Stream};

use super::TimelineRow;

/// Raised when the same facts come to another row: the rows kept are then folded anew.
pub const VERSION: i32 = 2;

/// The fact that this one corrects, retracts or confirms.
pub fn target(event: &Event) -> Option<Position> {
    match event {
        Event::RecordCorrected(corrected) => Some(corrected.position),
        Event::RecordRetracted(retracted) => Some(retracted.position),
        Event::RecordConfirmed(confirmed) => Some(confirmed.position),
        _ => None,
    }
}

/// The row of a fact; none when it belongs to no household's stream.
pub fn row(fact: &Fact) -> Option<TimelineRow> {
    let Stream::Household(household) = fact.stream else {
        return None;
    };
    Some(TimelineRow {
        position: fact.position,
        household,
        id: fact.id,
        occurred_on: fact.occurred_on,
        recorded_at: fact.recorded_at,
        entered_at: fact.entered_at,
        actor: fact.actor.clone(),
        event: fact.event.clone(),
        corrected_by: Vec::new(),
        retracted_by: Vec::new(),
        confirmed_by: Vec::new(),
    })
}

/// Notes on a row that a later fact corrects, retracts or confirms it. Other facts change nothing.
pub fn mark(row: &mut TimelineRow, fact: &Fact) {
    match &fact.event {
        Event::RecordCorrected(corrected) if corrected.position == row.position => {
            row.corrected_by.push(fact.position);
        }
        Event::RecordRetracted(retracted) if retracted.position == row.position => {
            row.retracted_by.push(fact.position);
        }
        Event::RecordConfirmed(confirmed) if confirmed.position == row.position => {
            row.confirmed_by.push(fact.position);
        }
        _ => {}
    }
}
