use chrono::NaiveDate;
use events::{HouseholdId, Position};

use super::*;
use crate::Snapshot;
use crate::fixtures::*;

type Stay = (HouseholdId, NaiveDate, Option<NaiveDate>, Option<Position>);

fn row(story: &Story, n: u8) -> DwellingRow {
    let mut dwellings = Snapshot::fold(PILOT, &story.facts).dwellings;
    dwellings.remove(&dwelling(n)).expect("the dwelling")
}

fn stays(story: &Story, n: u8) -> Vec<Stay> {
    let stays = row(story, n).occupancies.into_iter();
    stays
        .map(|stay| (stay.household, stay.from, stay.until, stay.ended_by))
        .collect()
}

#[test]
fn availability_is_in_order_of_days() {
    let mut story = Story::default();
    story.record(0, registered(1));
    story.record(9, available(1));
    story.record(2, available(1));
    let last = story.record(5, unavailable(1));
    let row = row(&story, 1);
    assert_eq!(row.position, last);
    assert!(row.registration.is_some());
    let known: Vec<bool> = [1, 2, 4, 5, 8, 9].map(|n| row.available_on(day(n))).into();
    assert_eq!(known, [false, true, true, false, false, true]);
}

#[test]
fn corrections_and_retractions_of_the_dwellings_own_facts() {
    let mut story = Story::default();
    let registration = story.record(0, registered(1));
    story.record(0, registered(2));
    let first = story.record(2, available(1));
    story.correct(first, 3, available(2));
    assert!(row(&story, 1).availability.is_empty());
    assert_eq!(row(&story, 2).availability[0].position, first);
    let retraction = story.retract(registration);
    assert_eq!(row(&story, 1).registration, None);
    assert_eq!(row(&story, 1).position, retraction);
}

#[test]
fn one_household_after_the_other() {
    let mut story = Story::default();
    story.record(0, registered(1));
    story.record(3, admitted(1, Some(1), 1, &[]));
    let exit = story.record(9, exited(1, &[1]));
    story.record(9, admitted(2, Some(1), 2, &[]));
    let expected = [
        (household(1), day(3), Some(day(9)), Some(exit)),
        (household(2), day(9), None, None),
    ];
    assert_eq!(stays(&story, 1), expected);
    assert_eq!(row(&story, 1).occupied_on(day(8)), Some(household(1)));
    assert_eq!(row(&story, 1).occupied_on(day(9)), Some(household(2)));
}

#[test]
fn a_move_ends_one_stay_and_begins_another() {
    let mut story = Story::default();
    story.record(3, admitted(1, Some(1), 1, &[]));
    let there = story.record(6, moved(1, 2));
    let back = story.record(8, moved(1, 1));
    let expected = [
        (household(1), day(3), Some(day(6)), Some(there)),
        (household(1), day(8), None, None),
    ];
    assert_eq!(stays(&story, 1), expected);
    assert_eq!(
        stays(&story, 2),
        [(household(1), day(6), Some(day(8)), Some(back))]
    );
}

#[test]
fn a_move_recorded_late_ends_with_the_next_one() {
    let mut story = Story::default();
    story.record(3, admitted(1, Some(1), 1, &[]));
    // Concerns dwellings 1 and 2 when it is recorded, and ends the stay in 3 all the same.
    let next = story.record(10, moved(1, 2));
    let late = story.record(5, moved(1, 3));
    assert_eq!(
        stays(&story, 1),
        [(household(1), day(3), Some(day(5)), Some(late))]
    );
    assert_eq!(
        stays(&story, 3),
        [(household(1), day(5), Some(day(10)), Some(next))]
    );
    assert_eq!(stays(&story, 2), [(household(1), day(10), None, None)]);
}

#[test]
fn an_admission_corrected_after_the_exit_moves_the_whole_stay() {
    let mut story = Story::default();
    story.record(0, registered(1));
    story.record(0, registered(2));
    let admission = story.record(3, admitted(1, Some(1), 1, &[]));
    // An entry of dwelling 1 only.
    let exit = story.record(9, exited(1, &[1]));
    story.correct(admission, 4, admitted(1, Some(2), 1, &[]));
    assert_eq!(stays(&story, 1), []);
    assert_eq!(
        stays(&story, 2),
        [(household(1), day(4), Some(day(9)), Some(exit))]
    );
}

#[test]
fn a_dwelling_known_from_nothing_but_a_stay_goes_with_it() {
    let mut story = Story::default();
    let admission = admitted(1, Some(1), 1, &[]);
    let stream = events::Stream::Household(household(1));
    let position = story.record_in(stream, vec![], 3, admission);
    assert_eq!(row(&story, 1).position, 0);
    story.retract(position);
    assert!(Snapshot::fold(PILOT, &story.facts).dwellings.is_empty());
}
