use events::codes::{AssessmentStage, GoalDomain, GoalWithdrawalReason};

use super::*;
use crate::Snapshot;
use crate::fixtures::*;

fn row(story: &Story) -> PlansRow {
    let mut plans = Snapshot::fold(PILOT, &story.facts).plans;
    plans.remove(&household(1)).expect("the household")
}

#[test]
fn a_household_with_nothing_agreed_has_an_empty_row() {
    let mut story = Story::default();
    let last = story.record(0, referred(1));
    let row = row(&story);
    assert_eq!(row.position, last);
    assert!(row.plans.is_empty() && row.goals.is_empty() && row.assessments.is_empty());
    assert_eq!(row.plan_on(day(9)), None);
    assert!(
        Snapshot::fold(PILOT, &[]).plans.is_empty(),
        "no household, no row"
    );
}

#[test]
fn a_later_plan_takes_the_place_of_an_earlier_one() {
    let mut story = Story::default();
    let second = story.record(9, planned(1));
    let first = story.record(4, planned(1));
    let row = row(&story);
    let holds = |n| row.plan_on(day(n)).map(|plan| plan.position);
    assert_eq!(
        [3, 4, 8, 9].map(holds),
        [None, Some(first), Some(first), Some(second)]
    );
    assert_eq!(row.plans[0].review_due, Some(day(90)));
    assert_eq!(row.first_plan(day(3)), None);
    assert_eq!(row.first_plan(day(20)).map(|plan| plan.on), Some(day(4)));
}

#[test]
fn a_goal_is_what_it_was_last_revised_to() {
    let mut story = Story::default();
    let set = story.record(4, goal_set(1, 1));
    let late = story.record(20, goal_revised(1, 1, None, None));
    let early = story.record(10, goal_revised(1, 1, Some(60), Some(2)));
    let goal = &row(&story).goals[0];
    assert_eq!((goal.position, goal.on), (set, day(4)));
    // The revision of day 20 took the due day away and left the words of day 10.
    assert_eq!((goal.domain, goal.due), (GoalDomain::Income, None));
    assert_eq!(goal.holder, story.facts[early as usize - 1].id);
    let said = |n| {
        let terms = goal.terms_on(day(n));
        (terms.position, terms.domain, terms.due)
    };
    assert_eq!(said(4), (set, GoalDomain::Housing, None));
    assert_eq!(said(19), (early, GoalDomain::Income, Some(day(60))));
    assert_eq!(said(20), (late, GoalDomain::Income, None));
}

#[test]
fn reviews_count_by_day_and_not_by_order_of_recording() {
    let mut story = Story::default();
    story.record(30, reviewed(1, 1, 2));
    story.record(4, goal_set(1, 1));
    story.record(20, reviewed(1, 1, -1));
    let goal = &row(&story).goals[0];
    let attained = |n| goal.review_by(day(n)).map(|review| review.attainment);
    assert_eq!(
        [19, 20, 29, 30].map(attained),
        [None, Some(-1), Some(-1), Some(2)]
    );
}

#[test]
fn a_goal_is_given_up_once() {
    let mut story = Story::default();
    story.record(4, goal_set(1, 1));
    story.record(30, goal_withdrawn(1, 1, GoalWithdrawalReason::Replaced));
    let first = story.record(
        20,
        goal_withdrawn(1, 1, GoalWithdrawalReason::NotAttainable),
    );
    story.record(40, goal_withdrawn(1, 1, GoalWithdrawalReason::Other));
    let row_then = row(&story);
    let given_up = row_then.goals[0].withdrawn.as_ref();
    assert_eq!(given_up.map(|g| (g.position, g.on)), Some((first, day(20))));
    assert_eq!(row_then.goals_on(day(19)).count(), 1);
    assert_eq!(row_then.goals_on(day(20)).count(), 0);
    story.retract(first);
    let given_up = row(&story).goals.remove(0).withdrawn;
    assert_eq!(given_up.map(|g| g.on), Some(day(30)));
}

#[test]
fn what_is_said_of_a_goal_that_is_not_there_changes_nothing() {
    let mut story = Story::default();
    story.record(1, reviewed(1, 7, 1));
    story.record(1, goal_revised(1, 7, None, None));
    story.record(1, goal_withdrawn(1, 7, GoalWithdrawalReason::Other));
    assert!(row(&story).goals.is_empty());
    // It was there all the time: it was only told later.
    story.record(0, goal_set(1, 7));
    let goal = row(&story).goals.remove(0);
    assert_eq!((goal.reviews.len(), goal.revisions.len()), (1, 1));
    assert!(goal.withdrawn.is_some());
}

#[test]
fn a_retracted_goal_takes_its_reviews_along() {
    let mut story = Story::default();
    let set = story.record(4, goal_set(1, 1));
    story.record(20, reviewed(1, 1, -1));
    let retraction = story.retract(set);
    assert!(row(&story).goals.is_empty());
    story.retract(retraction);
    assert_eq!(row(&story).goals[0].reviews.len(), 1);
}

#[test]
fn what_does_not_apply_is_not_what_was_not_scored() {
    let mut story = Story::default();
    story.record(5, assessed(1, 1, AssessmentStage::Entry, None));
    let row = row(&story);
    let scored = &row.assessments[0];
    assert_eq!(scored.score("housing"), Some(None));
    assert_eq!(scored.score("employment"), None);
    assert_eq!((scored.stage, scored.version), (AssessmentStage::Entry, 1));
}

#[test]
fn a_corrected_assessment_keeps_its_place() {
    let mut story = Story::default();
    let first = story.record(5, assessed(1, 1, AssessmentStage::Entry, Some(1)));
    let last = story.correct(first, 6, assessed(1, 1, AssessmentStage::Entry, Some(2)));
    let row = row(&story);
    let scored = &row.assessments[0];
    assert_eq!((scored.position, scored.on), (first, day(6)));
    assert_eq!(scored.score("housing"), Some(Some(2)));
    assert_eq!(row.position, last);
    assert_eq!(row.assessments.len(), 1);
}
