//! The organisations that take part: when they joined and left, who names them, what they agreed on.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use events::{Effective, Event, PartnerId};

use crate::Refusal;
use crate::finding::Findings;
use crate::timeline::Begun;

/// The partners of a pilot.
#[derive(Debug)]
pub(crate) struct Partners {
    joined: BTreeMap<PartnerId, NaiveDate>,
    /// Last day of those that left.
    left: BTreeMap<PartnerId, NaiveDate>,
}

impl Partners {
    /// Reads the partners off the pilot's stream and notes what is wrong with their coming and going.
    pub(crate) fn of(facts: &[Effective], found: &mut Findings) -> Self {
        let mut partners = Self {
            joined: BTreeMap::new(),
            left: BTreeMap::new(),
        };
        for fact in facts {
            if let Event::PartnerJoined(joined) = &fact.event {
                let partner = joined.partner;
                match partners.joined.get(&partner) {
                    Some(&on) => found.note(fact, Refusal::PartnerAlreadyJoined { partner, on }),
                    None => {
                        partners.joined.insert(partner, fact.occurred_on);
                    }
                }
            }
        }
        for fact in facts {
            if let Event::PartnerLeft(left) = &fact.event {
                let (partner, on) = (left.partner, fact.occurred_on);
                match partners.left.get(&partner) {
                    Some(&on) => found.note(fact, Refusal::PartnerAlreadyLeft { partner, on }),
                    None => {
                        found.check(fact, partners.check_joined(partner, on));
                        partners.left.insert(partner, on);
                    }
                }
            }
        }
        partners
    }

    /// Notes the partners that `fact` names and that take no part on its day. Money is still paid
    /// out, and paid back, when the partner it comes from has left.
    pub(crate) fn check_named(&self, fact: &Effective, found: &mut Findings) {
        let on = fact.occurred_on;
        for partner in taking_part(&fact.event) {
            found.check(fact, self.check_takes_part(partner, on));
        }
        if let Some(source) = source_of_money(&fact.event) {
            found.check(fact, self.check_joined(source, on));
        }
    }

    fn check_takes_part(&self, partner: PartnerId, on: NaiveDate) -> Result<(), Refusal> {
        self.check_joined(partner, on)?;
        match self.left.get(&partner) {
            Some(&left_on) if on > left_on => Err(Refusal::PartnerGone {
                partner,
                left_on,
                on,
            }),
            _ => Ok(()),
        }
    }

    fn check_joined(&self, partner: PartnerId, on: NaiveDate) -> Result<(), Refusal> {
        match self.joined.get(&partner) {
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

/// Notes agreements with an id that another has.
pub(crate) fn check_agreements(facts: &[Effective], found: &mut Findings) {
    let agreement = |event: &Event| match event {
        Event::AgreementAdopted(adopted) => Some(adopted.agreement),
        _ => None,
    };
    let adopted = Begun::of(facts, agreement);
    for fact in facts {
        if let Some(agreement) = agreement(&fact.event) {
            let first = adopted.check_first(agreement, fact);
            found.check(
                fact,
                first.map_err(|on| Refusal::AgreementExists { agreement, on }),
            );
        }
    }
}

/// The partners that do something in `event`.
fn taking_part(event: &Event) -> Vec<PartnerId> {
    match event {
        Event::AgreementAdopted(agreement) => agreement.partners.clone(),
        Event::TargetSet(target) => target.set_by.into_iter().collect(),
        Event::MeetingHeld(held) => held.attendance.iter().map(|one| one.partner).collect(),
        Event::DecisionTaken(decision) => decision.responsible.into_iter().collect(),
        Event::ConsentGiven(consent) => consent.recipients.clone(),
        Event::Visit(visit) => visit.partners.clone(),
        Event::ServiceProvided(service) => service.partner.into_iter().collect(),
        Event::ServiceReferred(referred) => vec![referred.partner],
        Event::JobPlacement(placement) => placement.partner.into_iter().collect(),
        Event::TrainingStarted(training) => training.partner.into_iter().collect(),
        _ => Vec::new(),
    }
}

fn source_of_money(event: &Event) -> Option<PartnerId> {
    match event {
        Event::FundingPledged(pledged) => Some(pledged.source),
        Event::FundingReceived(received) => Some(received.source),
        Event::BudgetAllocated(allocated) => allocated.source,
        Event::ExpenseRecorded(expense) => expense.source,
        _ => None,
    }
}
