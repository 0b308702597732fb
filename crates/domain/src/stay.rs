//! What happens with a household: contacts, services, assessments, incidents; and afterwards.

use chrono::{Months, NaiveDate};
use events::codes::AssessmentStage;
use events::{
    Effective, Event, FollowUpRecorded, IncidentId, PersonId, ServiceReferralId, ServiceReferred,
};

use crate::Refusal;
use crate::finding::Findings;
use crate::household::Household;
use crate::timeline::{Begun, Missing};

/// What facts of a household refer to.
struct Stay<'a> {
    household: &'a Household,
    referred: Begun<ServiceReferralId>,
    incidents: Begun<IncidentId>,
}

/// Notes where facts of a household do not fit its stay.
pub(crate) fn check(household: &Household, facts: &[Effective], found: &mut Findings) {
    let stay = Stay {
        household,
        referred: Begun::of(facts, |event| match event {
            Event::ServiceReferred(referred) => Some(referred.referral),
            _ => None,
        }),
        incidents: Begun::of(facts, |event| match event {
            Event::IncidentReported(incident) => Some(incident.incident),
            _ => None,
        }),
    };
    for fact in facts {
        found.check(fact, stay.check(fact));
    }
}

impl Stay<'_> {
    fn check(&self, fact: &Effective) -> Result<(), Refusal> {
        let household = self.household;
        let on = fact.occurred_on;
        match &fact.event {
            Event::ReferralAssessed(_) => match household.decided {
                Some((_, decided)) if decided.on < on => Err(Refusal::AlreadyDecided {
                    household: household.id,
                    on: decided.on,
                }),
                _ => Ok(()),
            },
            Event::Visit(visit) => visit
                .present
                .iter()
                .try_for_each(|&person| household.check_member(person, on)),
            Event::ServiceProvided(service) => service
                .person
                .map_or(Ok(()), |person| household.check_member(person, on)),
            Event::ServiceReferred(referred) => self.check_referred(referred, fact),
            Event::ReferralOutcome(outcome) => self.check_outcome(outcome.referral, on),
            Event::IncidentReported(reported) => {
                let incident = reported.incident;
                let first = self.incidents.check_first(incident, fact);
                first.map_err(|on| Refusal::IncidentExists { incident, on })
            }
            Event::ProtectionBreached(breach) => match breach.incident {
                Some(incident) if self.incidents.get(incident).is_none() => {
                    Err(Refusal::IncidentUnknown {
                        household: household.id,
                        incident,
                    })
                }
                _ => Ok(()),
            },
            Event::AssessmentScored(assessed) => {
                self.check_assessed(assessed.person, assessed.stage, on)
            }
            Event::RiskAssessed(assessed) => {
                self.check_assessed(assessed.person, assessed.stage, on)
            }
            Event::IncomeRecorded(income) => household.check_member(income.person, on),
            Event::NoteAdded(note) => note
                .person
                .map_or(Ok(()), |person| household.check_ever_member(person)),
            Event::FollowUpRecorded(follow_up) => check_follow_up(household, follow_up, on),
            _ => Ok(()),
        }
    }

    /// Before the entry nobody is known yet.
    fn check_referred(&self, referred: &ServiceReferred, fact: &Effective) -> Result<(), Refusal> {
        let referral = referred.referral;
        let on = fact.occurred_on;
        let first = self.referred.check_first(referral, fact);
        first.map_err(|on| Refusal::ServiceReferralExists { referral, on })?;
        match referred.person {
            Some(person) if self.household.check_admitted(on).is_ok() => {
                self.household.check_member(person, on)
            }
            _ => Ok(()),
        }
    }

    fn check_outcome(&self, referral: ServiceReferralId, on: NaiveDate) -> Result<(), Refusal> {
        let referred = self.referred.check_begun(referral, on);
        referred.map_err(|missing| match missing {
            Missing::Unknown => Refusal::ServiceReferralUnknown {
                household: self.household.id,
                referral,
            },
            Missing::NotYet(referred_on) => Refusal::ServiceReferralNotYetMade {
                referral,
                referred_on,
                on,
            },
        })
    }

    /// At a follow-up whoever was a member is asked.
    fn check_assessed(
        &self,
        person: PersonId,
        stage: AssessmentStage,
        on: NaiveDate,
    ) -> Result<(), Refusal> {
        let membership = self.household.memberships.get(&person);
        let was_member = membership.is_some_and(|membership| membership.entered.on <= on);
        if stage == AssessmentStage::FollowUp && was_member {
            Ok(())
        } else {
            self.household.check_member(person, on)
        }
    }
}

/// Up to a month early: people are asked when they can be met.
fn check_follow_up(
    household: &Household,
    follow_up: &FollowUpRecorded,
    on: NaiveDate,
) -> Result<(), Refusal> {
    let Some(exit) = household.exit else {
        return Err(Refusal::NotExited {
            household: household.id,
        });
    };
    let months = Months::new(follow_up.month.months().saturating_sub(1));
    let earliest = exit.on.checked_add_months(months).unwrap_or(NaiveDate::MAX);
    if on <= exit.on || on < earliest {
        return Err(Refusal::FollowUpTooEarly {
            household: household.id,
            month: follow_up.month,
            earliest,
        });
    }
    Ok(())
}
