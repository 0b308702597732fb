//! The steering committee: its meetings, and what it decided.

use events::{DecisionId, DecisionTaken, Effective, Event, MeetingId};

use chrono::NaiveDate;

use crate::Refusal;
use crate::finding::Findings;
use crate::timeline::{Begun, Missing};

/// The committee as its stream leaves it.
#[derive(Debug)]
pub(crate) struct Committee {
    planned: Begun<MeetingId>,
    held: Begun<MeetingId>,
    taken: Begun<DecisionId>,
    closed: Begun<DecisionId>,
}

impl Committee {
    /// Reads the committee's stream and notes what it breaks.
    pub(crate) fn of(facts: &[Effective], found: &mut Findings) -> Self {
        let committee = Self {
            planned: Begun::of(facts, |event| match event {
                Event::MeetingPlanned(planned) => Some(planned.meeting),
                _ => None,
            }),
            held: Begun::of(facts, |event| match event {
                Event::MeetingHeld(held) => Some(held.meeting),
                _ => None,
            }),
            taken: Begun::of(facts, |event| match event {
                Event::DecisionTaken(taken) => Some(taken.decision),
                _ => None,
            }),
            closed: Begun::of(facts, |event| match event {
                Event::DecisionClosed(closed) => Some(closed.decision),
                _ => None,
            }),
        };
        for fact in facts {
            found.check(fact, committee.check(fact));
        }
        committee
    }

    /// # Errors
    /// When `decision` had not been taken by `on`.
    pub(crate) fn check_taken(&self, decision: DecisionId, on: NaiveDate) -> Result<(), Refusal> {
        let taken = self.taken.check_begun(decision, on);
        taken.map_err(|missing| match missing {
            Missing::Unknown => Refusal::DecisionUnknown { decision },
            Missing::NotYet(taken_on) => Refusal::DecisionNotYetTaken {
                decision,
                taken_on,
                on,
            },
        })
    }

    fn check(&self, fact: &Effective) -> Result<(), Refusal> {
        match &fact.event {
            Event::MeetingPlanned(planned) => {
                let meeting = planned.meeting;
                let first = self.planned.check_first(meeting, fact);
                first.map_err(|on| Refusal::MeetingAlreadyPlanned { meeting, on })
            }
            Event::MeetingHeld(held) => {
                let meeting = held.meeting;
                let first = self.held.check_first(meeting, fact);
                first.map_err(|on| Refusal::MeetingAlreadyHeld { meeting, on })
            }
            Event::DecisionTaken(taken) => self.check_decision(taken, fact),
            Event::DecisionClosed(closed) => {
                let decision = closed.decision;
                self.check_taken(decision, fact.occurred_on)?;
                let first = self.closed.check_first(decision, fact);
                first.map_err(|on| Refusal::DecisionAlreadyClosed { decision, on })
            }
            _ => Ok(()),
        }
    }

    fn check_decision(&self, taken: &DecisionTaken, fact: &Effective) -> Result<(), Refusal> {
        let decision = taken.decision;
        let first = self.taken.check_first(decision, fact);
        first.map_err(|on| Refusal::DecisionExists { decision, on })?;
        let on = fact.occurred_on;
        match taken.meeting {
            Some(meeting) if self.held.check_begun(meeting, on).is_err() => {
                Err(Refusal::MeetingNotHeld { meeting, on })
            }
            _ => Ok(()),
        }
    }
}
