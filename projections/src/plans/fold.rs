//! Stream `household/ID` → [`PlansRow`].

use events::{
    AssessmentScored, EffectiveRef, Event, Fact, GoalId, GoalRevised, GoalSet, HouseholdId,
};
use uuid::Uuid;

use super::{AssessmentRow, GoalRow, GoalWithdrawnRow, PlanRow, PlansRow, ReviewRow, TermsRow};
use crate::history::{amends, effective_of, folded, further, insert, whole};

folded!(PlansRow, household: HouseholdId);

/// Raised when the same facts come to another row: the rows kept are then folded anew.
pub const VERSION: i32 = 2;

/// Takes one fact in; facts of other households change nothing, and neither do facts about a goal
/// that is not in the row. The order of days does not matter beyond what [`needs_history`] says.
pub fn evolve(
    row: Option<PlansRow>,
    fact: &EffectiveRef<'_>,
    household: HouseholdId,
) -> Option<PlansRow> {
    // A correction may have given the fact to another household.
    if fact.event.household() != Some(household) {
        return row;
    }
    let mut row = row.unwrap_or_else(|| PlansRow::new(household));
    let (position, on) = (fact.position, fact.occurred_on);
    match &fact.event {
        Event::PlanAgreed(agreed) => {
            let plan = PlanRow {
                position,
                on,
                review_due: agreed.review_due,
            };
            insert(&mut row.plans, plan, |row| (row.on, row.position));
        }
        Event::GoalSet(set) => begin(&mut row, fact, set),
        Event::GoalRevised(revised) => {
            if let Some(goal) = goal(&mut row, revised.goal) {
                revise(goal, fact, revised);
            }
        }
        Event::GoalReviewed(reviewed) => {
            let review = ReviewRow {
                position,
                on,
                attainment: reviewed.attainment,
                note: reviewed.note.clone(),
                holder: fact.holder,
            };
            if let Some(goal) = goal(&mut row, reviewed.goal) {
                insert(&mut goal.reviews, review, |row| (row.on, row.position));
            }
        }
        Event::GoalWithdrawn(given_up) => {
            let withdrawn = GoalWithdrawnRow {
                position,
                on,
                reason: given_up.reason,
            };
            if let Some(goal) = goal(&mut row, given_up.goal) {
                withdraw(goal, withdrawn);
            }
        }
        Event::AssessmentScored(scored) => assess(&mut row, fact, scored),
        // Corrections and retractions are no part of an effective history; the others say nothing
        // about plans.
        _ => {}
    }
    Some(row)
}

/// Must the row be folded from its whole history when this fact arrives? So it must for corrections
/// and retractions, and for a goal, to which others may refer whatever their order.
pub fn needs_history(event: &Event) -> bool {
    amends(event) || matches!(event, Event::GoalSet(_))
}

/// The goal that a fact names, and whether it sets it.
pub(crate) fn names(event: &Event) -> Option<(Uuid, bool)> {
    match event {
        Event::GoalSet(set) => Some((set.goal.0, true)),
        Event::GoalRevised(revised) => Some((revised.goal.0, false)),
        Event::GoalReviewed(reviewed) => Some((reviewed.goal.0, false)),
        Event::GoalWithdrawn(withdrawn) => Some((withdrawn.goal.0, false)),
        _ => None,
    }
}

/// The row that the stream's whole history comes to; none without entries.
pub fn fold(household: HouseholdId, entries: &[&Fact]) -> Option<PlansRow> {
    let mut history = effective_of(entries);
    // What others refer to comes first.
    history.sort_by_key(|fact| (!matches!(fact.event, Event::GoalSet(_)), fact.position));
    whole(household, entries, &history, evolve)
}

/// The row with further entries, none of which [`needs_history`].
pub fn advance(row: PlansRow, entries: &[&Fact]) -> PlansRow {
    further(row, entries, evolve)
}

fn goal(row: &mut PlansRow, goal: GoalId) -> Option<&mut GoalRow> {
    row.goals.iter_mut().find(|row| row.goal == goal)
}

fn begin(row: &mut PlansRow, fact: &EffectiveRef<'_>, set: &GoalSet) {
    let (position, on, holder) = (fact.position, fact.occurred_on, fact.holder);
    let goal = GoalRow {
        position,
        goal: set.goal,
        on,
        domain: set.domain,
        due: set.due,
        text: set.text.clone(),
        holder,
        set: TermsRow {
            position,
            on,
            domain: set.domain,
            due: set.due,
            text: set.text.clone(),
            holder,
        },
        revisions: Vec::new(),
        reviews: Vec::new(),
        withdrawn: None,
    };
    insert(&mut row.goals, goal, |row| (row.on, row.position));
}

fn revise(goal: &mut GoalRow, fact: &EffectiveRef<'_>, revised: &GoalRevised) {
    let terms = TermsRow {
        position: fact.position,
        on: fact.occurred_on,
        domain: revised.domain,
        due: revised.due,
        text: revised.text.clone(),
        holder: fact.holder,
    };
    insert(&mut goal.revisions, terms, |row| (row.on, row.position));
    let last = goal.revisions.last().unwrap_or(&goal.set);
    (goal.domain, goal.due) = (last.domain, last.due);
    // A revision without words left them as they were.
    let mut last_first = goal.revisions.iter().rev();
    let worded = last_first.find(|terms| terms.text.is_some());
    let worded = worded.unwrap_or(&goal.set);
    (goal.text, goal.holder) = (worded.text.clone(), worded.holder);
}

/// Told twice that it was given up, the first time in order of days counts.
fn withdraw(goal: &mut GoalRow, withdrawn: GoalWithdrawnRow) {
    let when = (withdrawn.on, withdrawn.position);
    let before = goal.withdrawn.as_ref();
    if before.is_none_or(|before| when < (before.on, before.position)) {
        goal.withdrawn = Some(withdrawn);
    }
}

fn assess(row: &mut PlansRow, fact: &EffectiveRef<'_>, scored: &AssessmentScored) {
    let assessment = AssessmentRow {
        position: fact.position,
        on: fact.occurred_on,
        person: scored.person,
        instrument: scored.instrument.clone(),
        version: scored.version,
        stage: scored.stage,
        scores: scored.scores.clone(),
    };
    insert(&mut row.assessments, assessment, |row| {
        (row.on, row.position)
    });
}
