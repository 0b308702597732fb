//! One dwelling: registered, worked on, available, not available, withdrawn.

use chrono::NaiveDate;
use events::{DwellingId, Effective, Event, HouseholdId, Position};

use crate::Refusal;
use crate::finding::Findings;
use crate::household::Stay;
use crate::timeline::{Dated, first, in_time};

/// Can a household be given the dwelling?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Available,
    Unavailable,
    /// Unavailable, and worked on.
    Works,
}

/// A dwelling as the facts of its own stream leave it.
#[derive(Debug)]
pub(crate) struct Dwelling {
    id: DwellingId,
    registration: Option<Dated>,
    withdrawal: Option<Dated>,
    /// From which day on it was in which state; in order of time.
    states: Vec<(NaiveDate, State)>,
    /// Beginnings of works.
    works: Vec<Dated>,
}

impl Dwelling {
    /// Folds a dwelling's stream and notes what it breaks.
    pub(crate) fn of(id: DwellingId, facts: &[Effective], found: &mut Findings) -> Self {
        let mut dwelling = Self {
            id,
            registration: first(facts, |event| matches!(event, Event::DwellingRegistered(_))),
            withdrawal: first(facts, |event| matches!(event, Event::DwellingWithdrawn(_))),
            states: Vec::new(),
            works: Vec::new(),
        };
        for fact in in_time(facts) {
            found.check(fact, dwelling.apply(fact));
        }
        dwelling
    }

    /// Takes the next fact in the order of time; one that breaks a rule changes nothing.
    fn apply(&mut self, fact: &Effective) -> Result<(), Refusal> {
        let (dwelling, on) = (self.id, fact.occurred_on);
        self.check_bounds(fact)?;
        let state = match (&fact.event, self.states.last()) {
            (Event::WorksStarted(_), Some(&(since, State::Works))) => {
                return Err(Refusal::WorksUnderWay { dwelling, since });
            }
            (Event::WorksStarted(_), _) => {
                self.works.push(Dated::of(fact));
                State::Works
            }
            (Event::WorksCompleted(_), Some(&(_, State::Works))) => State::Unavailable,
            (Event::WorksCompleted(_), _) => return Err(Refusal::NoWorks { dwelling, on }),
            (Event::DwellingAvailable(_), Some(&(since, State::Works))) => {
                return Err(Refusal::WorksUnderWay { dwelling, since });
            }
            (Event::DwellingAvailable(_), Some(&(since, State::Available))) => {
                return Err(Refusal::AlreadyAvailable { dwelling, since });
            }
            (Event::DwellingAvailable(_), _) => State::Available,
            (Event::DwellingUnavailable(_), Some(&(since, State::Unavailable | State::Works))) => {
                return Err(Refusal::AlreadyUnavailable { dwelling, since });
            }
            (Event::DwellingUnavailable(_), _) => State::Unavailable,
            _ => return Ok(()),
        };
        self.states.push((on, state));
        Ok(())
    }

    /// Nothing before the registration, nothing after the withdrawal, both once.
    fn check_bounds(&self, fact: &Effective) -> Result<(), Refusal> {
        let (dwelling, on) = (self.id, fact.occurred_on);
        match &fact.event {
            Event::DwellingRegistered(_) => {
                if let Some(registration) = self.registration
                    && registration.position != fact.position
                {
                    return Err(Refusal::DwellingAlreadyRegistered {
                        dwelling,
                        on: registration.on,
                    });
                }
            }
            _ => self.check_registered(on)?,
        }
        match self.withdrawal {
            Some(first)
                if matches!(fact.event, Event::DwellingWithdrawn(_))
                    && first.position != fact.position =>
            {
                Err(Refusal::DwellingAlreadyWithdrawn {
                    dwelling,
                    on: first.on,
                })
            }
            Some(withdrawal) if on > withdrawal.on => Err(Refusal::DwellingGone {
                dwelling,
                withdrawn_on: withdrawal.on,
                on,
            }),
            _ => Ok(()),
        }
    }

    fn check_registered(&self, on: NaiveDate) -> Result<(), Refusal> {
        let dwelling = self.id;
        match self.registration {
            None => Err(Refusal::DwellingUnknown { dwelling }),
            Some(registration) if on < registration.on => Err(Refusal::BeforeRegistration {
                dwelling,
                on,
                registered_on: registration.on,
            }),
            Some(_) => Ok(()),
        }
    }

    /// Can a household move in on `on`?
    pub(crate) fn check_moving_in(&self, on: NaiveDate) -> Result<(), Refusal> {
        let dwelling = self.id;
        self.check_registered(on)?;
        if let Some(withdrawal) = self.withdrawal
            && on >= withdrawal.on
        {
            return Err(Refusal::DwellingGone {
                dwelling,
                withdrawn_on: withdrawal.on,
                on,
            });
        }
        match self.states.iter().rev().find(|(since, _)| *since <= on) {
            Some((_, State::Available)) => Ok(()),
            _ => Err(Refusal::DwellingNotAvailable { dwelling, on }),
        }
    }

    /// Notes works that begin, and a withdrawal, while `household` lives in the dwelling.
    pub(crate) fn check_empty(&self, household: HouseholdId, stay: &Stay, found: &mut Findings) {
        let sleeps_after = |on: NaiveDate| stay.until.is_none_or(|until| on < until);
        let mut inhabited = |position: Position, on: NaiveDate| {
            found.at(
                position,
                Refusal::DwellingInhabited {
                    dwelling: self.id,
                    by: household,
                    on,
                },
            );
        };
        for works in &self.works {
            if stay.from.on <= works.on && sleeps_after(works.on) {
                inhabited(works.position, works.on);
            }
        }
        // Whoever would move in later is refused by herself.
        if let Some(withdrawal) = self.withdrawal
            && stay.from.on < withdrawal.on
            && sleeps_after(withdrawal.on)
        {
            inhabited(withdrawal.position, withdrawal.on);
        }
    }
}
