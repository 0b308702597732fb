use super::*;
use crate::Snapshot;
use crate::fixtures::*;

fn rows(story: &Story) -> BTreeMap<Position, TimelineRow> {
    Snapshot::fold(PILOT, &story.facts).timeline
}

#[test]
fn every_fact_of_a_household_stays_as_it_was_recorded() {
    let mut story = Story::default();
    story.record(0, opened("prova"));
    let referral = story.record(1, referred(1));
    story.record(1, registered(1));
    let admission = story.record(3, admitted(1, Some(1), 1, &[]));
    let rows = rows(&story);
    let positions: Vec<Position> = rows.keys().copied().collect();
    assert_eq!(positions, [referral, admission]);
    let fact = &story.facts[admission as usize - 1];
    assert_eq!(rows[&admission].event, fact.event);
    assert_eq!(rows[&admission].id, fact.id);
    assert_eq!(rows[&admission].household, household(1));
}

#[test]
fn corrections_and_retractions_mark_the_fact_they_name() {
    let mut story = Story::default();
    let visited = story.record(5, visit(1, 30));
    let first = story.correct(visited, 5, visit(1, 40));
    let second = story.correct(visited, 5, visit(1, 50));
    let third = story.correct(first, 5, visit(1, 60));
    let taken_back = story.retract(second);
    let again = story.retract(taken_back);
    let rows = rows(&story);
    assert_eq!(rows[&visited].corrected_by, [first, second]);
    assert_eq!(rows[&first].corrected_by, [third]);
    assert_eq!(rows[&second].retracted_by, [taken_back]);
    assert_eq!(rows[&taken_back].retracted_by, [again]);
    assert_eq!(rows.len(), 6);
}
