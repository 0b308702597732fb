use events::Stream;
use events::codes::Phase;

use super::*;
use crate::Snapshot;
use crate::fixtures::*;

fn row(story: &Story) -> PilotRow {
    Snapshot::fold(PILOT, &story.facts).pilot
}

#[test]
fn nothing_is_known_before_the_first_fact() {
    assert_eq!(row(&Story::default()), PilotRow::new(PILOT));
}

#[test]
fn frame_phases_partners_and_expenses() {
    let mut story = Story::default();
    story.record(0, opened("prova"));
    story.record(9, phase(Phase::Experimental));
    story.record(2, phase(Phase::Preparation));
    story.record(3, partner(1));
    story.record(8, expense(1));
    let last = story.record(4, expense(2));
    let row = row(&story);
    assert_eq!(row.opening.as_ref().map(|opening| opening.on), Some(day(0)));
    let phases: Vec<Phase> = row.phases.iter().map(|phase| phase.phase).collect();
    assert_eq!(phases, [Phase::Preparation, Phase::Experimental]);
    let spent: Vec<_> = row.expenses.iter().map(|expense| expense.on).collect();
    assert_eq!(spent, [day(4), day(8)]);
    assert_eq!(row.partners.len(), 1);
    assert_eq!(row.position, last);
}

#[test]
fn corrections_reach_over_both_streams() {
    let mut story = Story::default();
    story.record(0, opened("prova"));
    let spent = story.record(4, expense(1));
    let corrected = story.correct(spent, 5, expense(1));
    assert_eq!(row(&story).expenses[0].on, day(5));
    story.retract(corrected);
    assert_eq!(row(&story).expenses[0].on, day(4));
    let last = story.retract(spent);
    assert_eq!(row(&story).expenses, []);
    assert_eq!(row(&story).position, last);
    assert_eq!(story.facts[last as usize - 1].stream, Stream::Funding);
}

#[test]
fn facts_of_households_do_not_touch_it() {
    let mut story = Story::default();
    let opening = story.record(0, opened("prova"));
    story.record(3, admitted(1, Some(1), 1, &[]));
    assert_eq!(row(&story).position, opening);
}
