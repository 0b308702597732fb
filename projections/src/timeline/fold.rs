//! Every fact that corrects, retracts or confirms another → one of the other's [`Marks`].

use events::{Event, Fact, Position, Stream};

use super::{How, Marks, TimelineRow};

/// Raised when the same facts come to other rows: the rows kept are then folded anew.
pub const VERSION: i32 = 3;

/// The fact that this one corrects, retracts or confirms.
pub fn target(event: &Event) -> Option<Position> {
    named(event).map(|(target, _)| target)
}

/// What a fact does to an earlier one; none when it names none.
pub fn mark(fact: &Fact) -> Option<(Position, How)> {
    named(&fact.event).filter(|(target, _)| (1..fact.position).contains(target))
}

fn named(event: &Event) -> Option<(Position, How)> {
    match event {
        Event::RecordCorrected(corrected) => Some((corrected.position, How::Corrected)),
        Event::RecordRetracted(retracted) => Some((retracted.position, How::Retracted)),
        Event::RecordConfirmed(confirmed) => Some((confirmed.position, How::Confirmed)),
        _ => None,
    }
}

/// A fact with its marks; none when it belongs to no household's stream.
pub fn row(fact: Fact, marks: Marks) -> Option<TimelineRow> {
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
        actor: fact.actor,
        event: fact.event,
        corrected_by: marks.corrected_by,
        retracted_by: marks.retracted_by,
        confirmed_by: marks.confirmed_by,
    })
}
