//! The pilot: its opening, phases and partners, and its money.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use events::codes::Phase;
use events::{Effective, Event, ExpenseId, PartnerId};

use crate::Refusal;
use crate::finding::Findings;

/// The pilot as its stream leaves it.
#[derive(Debug, Default)]
pub(crate) struct Pilot {
    opened_on: Option<NaiveDate>,
    partners: BTreeMap<PartnerId, NaiveDate>,
}

impl Pilot {
    /// Folds the pilot's stream and notes what it breaks.
    pub(crate) fn of(facts: &[Effective], found: &mut Findings) -> Self {
        let mut pilot = Self::default();
        let mut phases: BTreeMap<Phase, &Effective> = BTreeMap::new();
        for fact in facts {
            match &fact.event {
                Event::PilotOpened(_) => match pilot.opened_on {
                    Some(on) => found.note(fact, Refusal::PilotAlreadyOpened { on }),
                    None => pilot.opened_on = Some(fact.occurred_on),
                },
                Event::PhaseStarted(started) => match phases.get(&started.phase) {
                    Some(first) => found.note(
                        fact,
                        Refusal::PhaseAlreadyStarted {
                            phase: started.phase,
                            on: first.occurred_on,
                        },
                    ),
                    None => {
                        found.check(fact, in_order(&phases, started.phase, fact.occurred_on));
                        phases.insert(started.phase, fact);
                    }
                },
                Event::PartnerJoined(joined) => match pilot.partners.get(&joined.partner) {
                    Some(&on) => found.note(
                        fact,
                        Refusal::PartnerAlreadyJoined {
                            partner: joined.partner,
                            on,
                        },
                    ),
                    None => {
                        pilot.partners.insert(joined.partner, fact.occurred_on);
                    }
                },
                _ => {}
            }
        }
        pilot
    }

    /// Notes where facts of any loaded stream are against the pilot's own. A decision on the
    /// pilot's stream alone sees no households: moving the opening or a partner's joining does not
    /// look at what was recorded relying on the old day.
    pub(crate) fn check(&self, facts: &[Effective], found: &mut Findings) {
        for fact in facts {
            found.check(fact, self.check_day(fact));
            for partner in partners(&fact.event) {
                found.check(fact, self.check_partner(partner, fact.occurred_on));
            }
        }
    }

    fn check_day(&self, fact: &Effective) -> Result<(), Refusal> {
        if matches!(fact.event, Event::PilotOpened(_)) {
            return Ok(());
        }
        let opened_on = self.opened_on.ok_or(Refusal::PilotNotOpened)?;
        if fact.occurred_on < opened_on && !may_precede_opening(&fact.event) {
            return Err(Refusal::BeforeOpening {
                on: fact.occurred_on,
                opened_on,
            });
        }
        Ok(())
    }

    fn check_partner(&self, partner: PartnerId, on: NaiveDate) -> Result<(), Refusal> {
        match self.partners.get(&partner) {
            None => Err(Refusal::PartnerUnknown { partner }),
            Some(&joined_on) if joined_on > on => Err(Refusal::PartnerNotYetJoined {
                partner,
                joined_on,
                on,
            }),
            Some(_) => Ok(()),
        }
    }
}

/// What is got ready before the pilot officially starts.
fn may_precede_opening(event: &Event) -> bool {
    match event {
        Event::PhaseStarted(started) => started.phase == Phase::Preparation,
        Event::PartnerJoined(_)
        | Event::ExpenseRecorded(_)
        | Event::DwellingRegistered(_)
        | Event::DwellingAvailable(_)
        | Event::DwellingUnavailable(_) => true,
        _ => false,
    }
}

fn in_order(
    phases: &BTreeMap<Phase, &Effective>,
    phase: Phase,
    on: NaiveDate,
) -> Result<(), Refusal> {
    // The code list has them in their order.
    for (&other, started) in phases {
        let other_on = started.occurred_on;
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

fn partners(event: &Event) -> Vec<PartnerId> {
    match event {
        Event::ExpenseRecorded(expense) => expense.source.into_iter().collect(),
        Event::Visit(visit) => visit.partners.clone(),
        Event::ServiceProvided(service) => service.partner.into_iter().collect(),
        Event::JobPlacement(placement) => placement.partner.into_iter().collect(),
        _ => Vec::new(),
    }
}

/// Notes what the stream of money breaks.
pub(crate) fn check_funding(facts: &[Effective], found: &mut Findings) {
    let mut known: BTreeMap<ExpenseId, ()> = BTreeMap::new();
    for fact in facts {
        if let Event::ExpenseRecorded(expense) = &fact.event
            && known.insert(expense.expense, ()).is_some()
        {
            found.note(
                fact,
                Refusal::ExpenseExists {
                    expense: expense.expense,
                },
            );
        }
    }
}
