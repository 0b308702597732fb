//! One dwelling: registered, available, not available.

use chrono::NaiveDate;
use events::{DwellingId, Effective, Event};

use crate::Refusal;
use crate::finding::Findings;
use crate::timeline::in_time;

/// A dwelling as the facts of its own stream leave it.
#[derive(Debug)]
pub(crate) struct Dwelling {
    id: DwellingId,
    registered_on: Option<NaiveDate>,
    /// From which day on it was said to be available, or not; in order of time.
    states: Vec<(NaiveDate, bool)>,
}

impl Dwelling {
    /// Folds a dwelling's stream and notes what it breaks.
    pub(crate) fn of(id: DwellingId, facts: &[Effective], found: &mut Findings) -> Self {
        let registration = facts
            .iter()
            .find(|fact| matches!(fact.event, Event::DwellingRegistered(_)));
        let mut dwelling = Self {
            id,
            registered_on: registration.map(|fact| fact.occurred_on),
            states: Vec::new(),
        };
        for fact in in_time(facts) {
            match &fact.event {
                Event::DwellingRegistered(_) => {
                    if let Some(first) = registration
                        && first.position != fact.position
                    {
                        found.note(
                            fact,
                            Refusal::DwellingAlreadyRegistered {
                                dwelling: id,
                                on: first.occurred_on,
                            },
                        );
                    }
                }
                Event::DwellingAvailable(_) => dwelling.says(true, fact, found),
                Event::DwellingUnavailable(_) => dwelling.says(false, fact, found),
                _ => {}
            }
        }
        dwelling
    }

    fn says(&mut self, available: bool, fact: &Effective, found: &mut Findings) {
        found.check(fact, self.check_registered(fact.occurred_on));
        match self.states.last() {
            Some(&(since, true)) if available => {
                found.note(
                    fact,
                    Refusal::AlreadyAvailable {
                        dwelling: self.id,
                        since,
                    },
                );
            }
            Some(&(since, false)) if !available => {
                found.note(
                    fact,
                    Refusal::AlreadyUnavailable {
                        dwelling: self.id,
                        since,
                    },
                );
            }
            _ => self.states.push((fact.occurred_on, available)),
        }
    }

    fn check_registered(&self, on: NaiveDate) -> Result<(), Refusal> {
        match self.registered_on {
            None => Err(Refusal::DwellingUnknown { dwelling: self.id }),
            Some(registered_on) if on < registered_on => Err(Refusal::BeforeRegistration {
                dwelling: self.id,
                on,
                registered_on,
            }),
            Some(_) => Ok(()),
        }
    }

    /// Can a household move in on `on`?
    pub(crate) fn check_moving_in(&self, on: NaiveDate) -> Result<(), Refusal> {
        self.check_registered(on)?;
        match self.states.iter().rev().find(|(since, _)| *since <= on) {
            Some((_, true)) => Ok(()),
            _ => Err(Refusal::DwellingNotAvailable {
                dwelling: self.id,
                on,
            }),
        }
    }
}
