//! 23: plan within 30 days.

use chrono::{Days, NaiveDate};
use events::Position;
use projections::households::HouseholdRow;

use super::shares::counted;
use super::{Definition, Unit};
use crate::Subject;
use crate::context::Context;
use crate::indicator::{Outcome, Parts, Tally};

pub(super) const DEFINITION: Definition = Definition {
    number: 23,
    code: "plan_within_30_days",
    version: 1,
    it: "Progetto personale entro 30 giorni",
    en: "Plan within 30 days",
    unit: Unit::HouseholdsShare,
    formula: "households whose first plan was agreed at most 30 days after entry / households with such a plan, and those whose 30 days have passed without; each counts in the period in which that was decided: on the day of the plan (or of entry, if the plan is older), or on the 31st day after entry; excluded: left before their 30 days were over, without a plan; late: a plan after more than 30 days; without_plan: none so far; not_yet_due: 30 days not over and no plan yet, never counted as done nor as missed",
    compute,
};

/// Days after entry by which there is to be a plan.
const DAYS: u64 = 30;

/// How it stands with a household's plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    InTime,
    Late,
    Without,
    LeftBefore,
    NotYetDue,
}

/// How it stands with a household that had entered, since when, and the facts that say so.
fn standing(
    context: &Context<'_>,
    household: &HouseholdRow,
) -> Option<(Standing, NaiveDate, Vec<Position>)> {
    let admission = household.admission.as_ref()?;
    let entry = admission.on;
    if !context.has_come(entry) {
        return None;
    }
    let last = entry.checked_add_days(Days::new(DAYS))?;
    let plans = context.plans(household.household);
    let plan = plans.and_then(|plans| plans.first_plan(context.last_day()));
    let exit = household.exit.as_ref();
    let exit = exit.filter(|exit| context.has_come(exit.on));
    let missed = last.succ_opt()?;
    let (standing, since) = match (plan, exit) {
        (Some(plan), _) if plan.on <= last => (Standing::InTime, plan.on.max(entry)),
        (_, Some(exit)) if exit.on <= last => (Standing::LeftBefore, exit.on),
        (Some(_), _) => (Standing::Late, missed),
        (None, _) if context.has_come(missed) => (Standing::Without, missed),
        (None, _) => (Standing::NotYetDue, entry),
    };
    let positions = [admission.position].into_iter();
    let positions = positions.chain(plan.map(|plan| plan.position));
    let positions = positions.chain(exit.map(|exit| exit.position));
    Some((standing, since, positions.collect()))
}

fn compute(context: &Context<'_>) -> Outcome {
    let (mut done, mut eligible, mut excluded) =
        (Tally::default(), Tally::default(), Tally::default());
    let (mut late, mut without, mut not_yet_due) =
        (Tally::default(), Tally::default(), Tally::default());
    for household in context.snapshot.households.values() {
        let Some((standing, since, positions)) = standing(context, household) else {
            continue;
        };
        // What is not due yet is so at the end of the period, whenever she came.
        if standing != Standing::NotYetDue && !context.in_period(since) {
            continue;
        }
        let tallies: &mut [&mut Tally] = match standing {
            Standing::InTime => &mut [&mut done, &mut eligible],
            Standing::Late => &mut [&mut late, &mut eligible],
            Standing::Without => &mut [&mut without, &mut eligible],
            Standing::LeftBefore => &mut [&mut excluded],
            Standing::NotYetDue => &mut [&mut not_yet_due],
        };
        for tally in tallies {
            tally.add(Subject::Household(household.household), positions.clone());
        }
    }
    let parts = Parts {
        denominator: eligible.into(),
        excluded: excluded.into(),
        ..Parts::of(done)
    };
    Outcome {
        value: parts.ratio(),
        parts,
        groups: vec![
            counted("late", late),
            counted("without_plan", without),
            counted("not_yet_due", not_yet_due),
        ],
    }
}
