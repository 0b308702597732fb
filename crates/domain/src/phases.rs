//! The phases of a pilot: they follow each other, and may take longer than planned.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use events::codes::Phase;
use events::{Effective, Event, PhaseExtended};

use crate::Refusal;
use crate::committee::Committee;
use crate::finding::Findings;
use crate::limits::LATEST_DAY;

/// When each phase started.
type Starts = BTreeMap<Phase, NaiveDate>;

/// Notes phases that start twice, out of order, or are extended when they do not run.
pub(crate) fn check(facts: &[Effective], found: &mut Findings) {
    let mut starts = Starts::new();
    for fact in facts {
        if let Event::PhaseStarted(started) = &fact.event {
            let phase = started.phase;
            match starts.get(&phase) {
                Some(&on) => found.note(fact, Refusal::PhaseAlreadyStarted { phase, on }),
                None => {
                    found.check(fact, in_order(&starts, phase, fact.occurred_on));
                    starts.insert(phase, fact.occurred_on);
                }
            }
        }
    }
    for fact in facts {
        if let Event::PhaseExtended(extended) = &fact.event {
            found.check(fact, check_extension(&starts, extended, fact.occurred_on));
        }
    }
}

/// Notes extensions that name a decision which the committee had not taken by then.
pub(crate) fn check_decisions(facts: &[Effective], committee: &Committee, found: &mut Findings) {
    for fact in facts {
        if let Event::PhaseExtended(extended) = &fact.event
            && let Some(decision) = extended.decision
        {
            found.check(fact, committee.check_taken(decision, fact.occurred_on));
        }
    }
}

fn in_order(starts: &Starts, phase: Phase, on: NaiveDate) -> Result<(), Refusal> {
    // The code list has them in their order.
    for (&other, &other_on) in starts {
        if (other < phase && other_on > on) || (other > phase && other_on < on) {
            return Err(Refusal::PhaseOutOfOrder {
                phase,
                on,
                other,
                other_on,
            });
        }
    }
    Ok(())
}

fn check_extension(
    starts: &Starts,
    extended: &PhaseExtended,
    on: NaiveDate,
) -> Result<(), Refusal> {
    let phase = extended.phase;
    let start = match starts.get(&phase) {
        Some(&start) if start <= on => start,
        _ => return Err(Refusal::PhaseNotStarted { phase, on }),
    };
    let mut later = starts.iter().filter(|(other, _)| **other > phase);
    if let Some((&next, &next_on)) = later.find(|(_, next_on)| **next_on <= on) {
        return Err(Refusal::PhaseOver {
            phase,
            next,
            next_on,
        });
    }
    if extended.planned_end <= start {
        return Err(Refusal::DayOutOfRange {
            field: "planned_end",
            given: extended.planned_end,
            earliest: start.succ_opt().unwrap_or(start),
            latest: LATEST_DAY,
        });
    }
    Ok(())
}
