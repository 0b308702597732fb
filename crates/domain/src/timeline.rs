//! Facts in the order in which things happened.

use events::{Effective, Event};

/// The facts by day; on one day, what must come first comes first, then the order of recording.
pub(crate) fn in_time(facts: &[Effective]) -> Vec<&Effective> {
    let mut sorted: Vec<&Effective> = facts.iter().collect();
    sorted.sort_by_key(|fact| (fact.occurred_on, rank(&fact.event), fact.position));
    sorted
}

fn rank(event: &Event) -> u8 {
    match event {
        Event::ReferralReceived(_) => 0,
        Event::AdmissionDecided(_) => 1,
        Event::Admission(_) => 2,
        Event::Exit(_) => 4,
        _ => 3,
    }
}
