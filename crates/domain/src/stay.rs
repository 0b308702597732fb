//! What happens during a stay: plan, goals, contacts, services, work, income; and afterwards.

use std::collections::BTreeMap;

use chrono::{Months, NaiveDate};
use events::{Effective, Event, FollowUpRecorded, GoalId, GoalReviewed, JobId};

use crate::Refusal;
use crate::finding::Findings;
use crate::household::{Dated, Household};

/// What facts of a stay refer to.
#[derive(Default)]
struct Known {
    first_plan: Option<NaiveDate>,
    goals: BTreeMap<GoalId, Dated>,
    jobs: BTreeMap<JobId, Dated>,
    ended: BTreeMap<JobId, Dated>,
}

impl Known {
    fn of(facts: &[Effective]) -> Self {
        let mut known = Self::default();
        // In the order of recording: of two with the same id the first is the one.
        for fact in facts {
            let dated = Dated {
                on: fact.occurred_on,
                position: fact.position,
            };
            match &fact.event {
                Event::PlanAgreed(_) => {
                    let first = known.first_plan.unwrap_or(dated.on);
                    known.first_plan = Some(first.min(dated.on));
                }
                Event::GoalSet(set) => {
                    known.goals.entry(set.goal).or_insert(dated);
                }
                Event::JobPlacement(placement) => {
                    known.jobs.entry(placement.job).or_insert(dated);
                }
                Event::JobEnded(end) => {
                    known.ended.entry(end.job).or_insert(dated);
                }
                _ => {}
            }
        }
        known
    }
}

/// Notes where facts of a household do not fit its stay.
pub(crate) fn check(household: &Household, facts: &[Effective], found: &mut Findings) {
    let known = Known::of(facts);
    for fact in facts {
        found.check(fact, check_fact(household, &known, fact));
    }
}

fn check_fact(household: &Household, known: &Known, fact: &Effective) -> Result<(), Refusal> {
    let on = fact.occurred_on;
    let is_first = |first: Option<&Dated>| match first {
        Some(first) if first.position != fact.position => Err(first.on),
        _ => Ok(()),
    };
    match &fact.event {
        Event::PlanAgreed(_) => household.check_admitted(on),
        Event::GoalSet(set) => {
            is_first(known.goals.get(&set.goal))
                .map_err(|on| Refusal::GoalExists { goal: set.goal, on })?;
            match known.first_plan {
                Some(plan) if plan <= on => Ok(()),
                _ => Err(Refusal::NoPlan {
                    household: household.id,
                    on,
                }),
            }
        }
        Event::GoalReviewed(review) => check_review(household, known, review, on),
        Event::Visit(visit) => visit
            .present
            .iter()
            .try_for_each(|&person| household.check_member(person, on)),
        Event::ServiceProvided(service) => service
            .person
            .map_or(Ok(()), |person| household.check_member(person, on)),
        Event::JobPlacement(placement) => {
            is_first(known.jobs.get(&placement.job)).map_err(|on| Refusal::JobExists {
                job: placement.job,
                on,
            })?;
            household.check_member(placement.person, on)
        }
        Event::JobEnded(end) => {
            let job = end.job;
            let started = known.jobs.get(&job).ok_or(Refusal::JobUnknown {
                household: household.id,
                job,
            })?;
            if on < started.on {
                return Err(Refusal::JobNotYetStarted {
                    job,
                    started_on: started.on,
                    on,
                });
            }
            is_first(known.ended.get(&job)).map_err(|on| Refusal::JobAlreadyEnded { job, on })
        }
        Event::IncomeRecorded(income) => household.check_member(income.person, on),
        Event::FollowUpRecorded(follow_up) => check_follow_up(household, follow_up, on),
        _ => Ok(()),
    }
}

fn check_review(
    household: &Household,
    known: &Known,
    review: &GoalReviewed,
    on: NaiveDate,
) -> Result<(), Refusal> {
    let goal = review.goal;
    match known.goals.get(&goal) {
        None => Err(Refusal::GoalUnknown {
            household: household.id,
            goal,
        }),
        Some(set) if set.on > on => Err(Refusal::GoalNotYetSet {
            goal,
            set_on: set.on,
            on,
        }),
        Some(_) => Ok(()),
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
