use events::effective;
use proptest::prelude::{prop_assert_eq, proptest};

use super::*;
use crate::Snapshot;
use crate::fixtures::*;

fn told(story: &Story) -> Timeline {
    Snapshot::fold(PILOT, &story.facts).timeline
}

#[test]
fn every_fact_of_a_household_stays_as_it_was_recorded() {
    let mut story = Story::default();
    story.record(0, opened("prova"));
    let referral = story.record(1, referred(1));
    story.record(1, registered(1));
    let admission = story.record(3, admitted(1, Some(1), 1, &[]));
    let told = told(&story);
    let positions: Vec<Position> = told.entries.iter().map(|entry| entry.position).collect();
    assert_eq!(positions, [referral, admission]);
    let fact = &story.facts[admission as usize - 1];
    let row = fold::row(fact.clone(), Marks::default()).expect("a row");
    assert_eq!(row.event, fact.event);
    assert_eq!(row.id, fact.id);
    assert_eq!(row.household, household(1));
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
    let told = told(&story);
    assert_eq!(told.marks[&visited].corrected_by, [first, second]);
    assert_eq!(told.marks[&first].corrected_by, [third]);
    assert_eq!(told.marks[&second].retracted_by, [taken_back]);
    assert_eq!(told.marks[&taken_back].retracted_by, [again]);
    assert_eq!(told.marks.len(), 4);
    assert_eq!(told.entries.len(), 6);
}

#[test]
fn facts_of_every_stream_are_marked() {
    let mut story = Story::default();
    let spent = story.record(1, expense(1));
    let corrected = story.correct(spent, 2, expense(1));
    let told = told(&story);
    assert_eq!(told.marks[&spent].corrected_by, [corrected]);
    assert!(told.entries.is_empty());
    assert_eq!(told.corrections(), BTreeMap::from([(spent, corrected)]));
}

proptest! {
    /// What stands is known without the facts themselves.
    #[test]
    fn what_stands_is_the_effective_history(story in any::story(60)) {
        let told = told(&story);
        let facts = told.facts().expect("few facts");
        let expected: Vec<Standing> = effective(facts)
            .iter()
            .map(|fact| Standing {
                position: fact.position,
                corrected_by: fact.corrected_by,
                on: fact.occurred_on,
                written: fact.entered_at.unwrap_or(fact.recorded_at).date_naive(),
            })
            .collect();
        prop_assert_eq!(told.standing(), expected);
        let corrections: BTreeMap<Position, Position> = effective(&story.facts)
            .iter()
            .filter_map(|fact| Some((fact.position, fact.corrected_by?)))
            .collect();
        prop_assert_eq!(told.corrections(), corrections);
    }
}
