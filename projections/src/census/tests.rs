use chrono::NaiveDate;
use events::codes::{WithdrawalReason, WorksKind};
use events::{DwellingWithdrawn, HouseholdId, Position, WorksCompleted, WorksStarted};

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

#[test]
fn works_and_withdrawal_take_a_dwelling_away() {
    let mut story = Story::default();
    story.record(0, registered(1));
    let started = |planned_end| WorksStarted {
        dwelling: dwelling(1),
        kind: WorksKind::Renovation,
        planned_end,
    };
    let completed = WorksCompleted {
        dwelling: dwelling(1),
    };
    let first = story.record(1, started(Some(day(4))));
    let done = story.record(5, completed.clone());
    story.record(6, available(1));
    // Recorded out of order: the second works were finished by the later completion.
    let again = story.record(30, completed);
    let second = story.record(20, started(None));
    story.record(31, available(1));
    let before = row(&story, 1);
    let works: Vec<_> = before
        .works
        .iter()
        .map(|one| (one.position, one.completed))
        .collect();
    let expected = [
        (first, Some((done, day(5)))),
        (second, Some((again, day(30)))),
    ];
    assert_eq!(works, expected);
    let open: Vec<bool> = [5, 6, 19, 20, 30, 31]
        .map(|n| before.available_on(day(n)))
        .into();
    assert_eq!(open, [false, true, true, false, false, true]);

    let reason = WithdrawalReason::OtherUse;
    let gone = story.record(
        50,
        DwellingWithdrawn {
            dwelling: dwelling(1),
            reason,
        },
    );
    let after = row(&story, 1);
    assert!(after.available_on(day(49)) && !after.available_on(day(50)));
    assert!(after.belongs_on(day(49)) && !after.belongs_on(day(50)));
    story.retract(gone);
    assert!(row(&story, 1).belongs_on(day(50)));
}
