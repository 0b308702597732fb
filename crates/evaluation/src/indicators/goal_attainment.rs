//! 24: goal attainment.

use events::codes::{CodeList, GoalDomain};
use events::{HouseholdId, Position};
use projections::households::ExitRow;
use projections::plans::{GoalRow, TermsRow};

use super::shares::{counted, ratio};
use super::{Definition, Unit};
use crate::Subject;
use crate::context::Context;
use crate::indicator::{Group, Outcome, Parts, Tally};

pub(super) const DEFINITION: Definition = Definition {
    number: 24,
    code: "goal_attainment",
    version: 1,
    it: "Obiettivi raggiunti",
    en: "Goal attainment",
    unit: Unit::GoalsShare,
    formula: "goals whose last review by the end of the period (or the day of the last fact) says 0 or more / goals due in the period by then, each with the due day and domain it had then; a due goal that was never reviewed is not attained; excluded: due in the period, but given up on or before that day; groups: each domain; revised and withdrawn: goals revised or given up in the period; not_reviewed: due and never reviewed; not_yet_due and without_due: goals neither given up nor due, of households that had not left before the period",
    compute,
};

/// Attainment from which a goal is reached as expected.
const AS_EXPECTED: i8 = 0;

/// A goal set by the end of the period, as it stood then.
struct Goal<'a> {
    row: &'a GoalRow,
    subject: Subject,
    /// Place of the fact that the household left by, if it had: what was open then is open no more.
    exit: Option<Position>,
    terms: &'a TermsRow,
    standing: Standing,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    /// Due in the period: was it reviewed, and was it reached?
    Due {
        reviewed: bool,
        attained: bool,
    },
    /// Given up before it would have been due in the period.
    GivenUp,
    NotYetDue,
    WithoutDue,
    /// Due, given up or left behind outside the period.
    Elsewhere,
}

impl<'a> Goal<'a> {
    fn new(context: &Context<'a>, household: HouseholdId, row: &'a GoalRow) -> Self {
        let terms = row.terms_on(context.last_day());
        let exit = exit(context, household);
        Self {
            row,
            subject: Subject::Household(household),
            exit: exit.map(|exit| exit.position),
            terms,
            standing: standing(context, household, row, terms),
        }
    }

    /// The facts that say what it is about, when it is due, and how far it came.
    fn positions(&self, context: &Context<'_>) -> Vec<Position> {
        let day = context.last_day();
        let review = self.row.review_by(day).map(|review| review.position);
        let given_up = self.row.withdrawn_by(day).map(|fact| fact.position);
        let set = [self.row.position, self.terms.position];
        let of_goal = set.into_iter().chain(review).chain(given_up);
        of_goal.chain(self.exit).collect()
    }

    /// How often it was changed in the period.
    fn revisions(&self, context: &Context<'_>) -> Vec<Position> {
        let revisions = self.row.revisions.iter();
        let revisions = revisions.filter(|terms| context.in_period(terms.on));
        revisions.map(|terms| terms.position).collect()
    }
}

fn standing(
    context: &Context<'_>,
    household: HouseholdId,
    row: &GoalRow,
    terms: &TermsRow,
) -> Standing {
    let given_up = row.withdrawn_by(context.last_day());
    let Some(due) = terms.due else {
        return match given_up {
            None if is_here(context, household) => Standing::WithoutDue,
            _ => Standing::Elsewhere,
        };
    };
    let before_due = given_up.is_some_and(|fact| fact.on <= due);
    match (context.in_period(due), before_due) {
        (true, true) => Standing::GivenUp,
        (true, false) => {
            let review = row.review_by(context.last_day());
            Standing::Due {
                reviewed: review.is_some(),
                attained: review.is_some_and(|review| review.attainment >= AS_EXPECTED),
            }
        }
        (false, false) if !context.has_come(due) && is_here(context, household) => {
            Standing::NotYetDue
        }
        (false, _) => Standing::Elsewhere,
    }
}

/// Had the household not left before the period?
fn is_here(context: &Context<'_>, household: HouseholdId) -> bool {
    exit(context, household).is_none_or(|exit| exit.on >= context.period.from())
}

/// How the household left, if it had by the end of the period.
fn exit<'a>(context: &Context<'a>, household: HouseholdId) -> Option<&'a ExitRow> {
    let row = context.snapshot.households.get(&household)?;
    row.exit.as_ref().filter(|exit| context.has_come(exit.on))
}

fn goals<'a>(context: &Context<'a>) -> Vec<Goal<'a>> {
    let rows = context.snapshot.plans.values();
    let goals = rows.flat_map(|plans| plans.goals.iter().map(|goal| (plans.household, goal)));
    goals
        .filter(|(_, goal)| context.has_come(goal.on))
        .map(|(household, goal)| Goal::new(context, household, goal))
        .collect()
}

/// The share attained of some goals.
fn attained<'g>(context: &Context<'_>, goals: impl Iterator<Item = &'g Goal<'g>>) -> Parts {
    let (mut attained, mut due, mut excluded) =
        (Tally::default(), Tally::default(), Tally::default());
    for goal in goals {
        let tallies: &mut [&mut Tally] = match goal.standing {
            Standing::Due { attained: true, .. } => &mut [&mut attained, &mut due],
            Standing::Due { .. } => &mut [&mut due],
            Standing::GivenUp => &mut [&mut excluded],
            Standing::NotYetDue | Standing::WithoutDue | Standing::Elsewhere => &mut [],
        };
        for tally in tallies {
            tally.add(goal.subject, goal.positions(context));
        }
    }
    Parts {
        denominator: due.into(),
        excluded: excluded.into(),
        ..Parts::of(attained)
    }
}

/// How many goals stand so.
fn standing_so(
    code: &'static str,
    context: &Context<'_>,
    goals: &[Goal<'_>],
    wanted: impl Fn(Standing) -> bool,
) -> Group {
    let mut tally = Tally::default();
    for goal in goals.iter().filter(|goal| wanted(goal.standing)) {
        tally.add(goal.subject, goal.positions(context));
    }
    counted(code, tally)
}

fn compute(context: &Context<'_>) -> Outcome {
    let goals = goals(context);
    let mut groups: Vec<Group> = GoalDomain::ENTRIES
        .iter()
        .map(|domain| {
            let of_it = goals
                .iter()
                .filter(|goal| goal.terms.domain == domain.value);
            ratio(domain.code, attained(context, of_it))
        })
        .collect();
    let (mut revised, mut withdrawn) = (Tally::default(), Tally::default());
    for goal in &goals {
        let revisions = goal.revisions(context);
        if !revisions.is_empty() {
            revised.add(
                goal.subject,
                goal.positions(context).into_iter().chain(revisions),
            );
        }
        let given_up = goal.row.withdrawn.as_ref();
        if given_up.is_some_and(|fact| context.in_period(fact.on)) {
            withdrawn.add(goal.subject, goal.positions(context));
        }
    }
    groups.extend([
        counted("revised", revised),
        counted("withdrawn", withdrawn),
        standing_so("not_reviewed", context, &goals, |standing| {
            matches!(
                standing,
                Standing::Due {
                    reviewed: false,
                    ..
                }
            )
        }),
        standing_so("not_yet_due", context, &goals, |standing| {
            standing == Standing::NotYetDue
        }),
        standing_so("without_due", context, &goals, |standing| {
            standing == Standing::WithoutDue
        }),
    ]);
    let parts = attained(context, goals.iter());
    Outcome {
        value: parts.ratio(),
        parts,
        groups,
    }
}
