//! The goals of a household's plan: set once, revised, reviewed, perhaps given up.

use chrono::NaiveDate;
use events::{Effective, Event, GoalId};

use crate::Refusal;
use crate::finding::Findings;
use crate::household::Household;
use crate::timeline::{Begun, Missing};

/// What a household set itself.
struct Goals<'a> {
    household: &'a Household,
    first_plan: Option<NaiveDate>,
    set: Begun<GoalId>,
    withdrawn: Begun<GoalId>,
}

/// Notes where facts about goals do not fit each other.
pub(crate) fn check(household: &Household, facts: &[Effective], found: &mut Findings) {
    let plans = facts
        .iter()
        .filter(|fact| matches!(fact.event, Event::PlanAgreed(_)));
    let goals = Goals {
        household,
        first_plan: plans.map(|fact| fact.occurred_on).min(),
        set: Begun::of(facts, |event| match event {
            Event::GoalSet(set) => Some(set.goal),
            _ => None,
        }),
        withdrawn: Begun::of(facts, |event| match event {
            Event::GoalWithdrawn(withdrawn) => Some(withdrawn.goal),
            _ => None,
        }),
    };
    for fact in facts {
        found.check(fact, goals.check(fact));
    }
}

impl Goals<'_> {
    fn check(&self, fact: &Effective) -> Result<(), Refusal> {
        let on = fact.occurred_on;
        match &fact.event {
            Event::PlanAgreed(_) => self.household.check_admitted(on),
            Event::GoalSet(set) => {
                let goal = set.goal;
                let first = self.set.check_first(goal, fact);
                first.map_err(|on| Refusal::GoalExists { goal, on })?;
                match self.first_plan {
                    Some(plan) if plan <= on => Ok(()),
                    _ => Err(Refusal::NoPlan {
                        household: self.household.id,
                        on,
                    }),
                }
            }
            Event::GoalRevised(revised) => self.check_pursued(revised.goal, on),
            Event::GoalReviewed(review) => self.check_pursued(review.goal, on),
            Event::GoalWithdrawn(withdrawn) => {
                let goal = withdrawn.goal;
                let first = self.withdrawn.check_first(goal, fact);
                first.map_err(|on| Refusal::GoalAlreadyWithdrawn { goal, on })?;
                self.check_set(goal, on)
            }
            _ => Ok(()),
        }
    }

    fn check_pursued(&self, goal: GoalId, on: NaiveDate) -> Result<(), Refusal> {
        self.check_set(goal, on)?;
        match self.withdrawn.get(goal) {
            Some(withdrawal) if withdrawal.on < on => Err(Refusal::GoalGone {
                goal,
                withdrawn_on: withdrawal.on,
                on,
            }),
            _ => Ok(()),
        }
    }

    fn check_set(&self, goal: GoalId, on: NaiveDate) -> Result<(), Refusal> {
        let set = self.set.check_begun(goal, on);
        set.map_err(|missing| match missing {
            Missing::Unknown => Refusal::GoalUnknown {
                household: self.household.id,
                goal,
            },
            Missing::NotYet(set_on) => Refusal::GoalNotYetSet { goal, set_on, on },
        })
    }
}
