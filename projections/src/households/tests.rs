use chrono::NaiveDate;
use events::codes::AdmissionDecision;

use super::*;
use crate::Snapshot;
use crate::fixtures::*;

fn row(story: &Story) -> HouseholdRow {
    let mut households = Snapshot::fold(PILOT, &story.facts).households;
    households.remove(&household(1)).expect("the household")
}

fn stays(row: &HouseholdRow) -> Vec<(DwellingId, NaiveDate, Option<NaiveDate>)> {
    let stays = row.occupancies.iter();
    stays
        .map(|stay| (stay.dwelling, stay.from, stay.until))
        .collect()
}

fn heads(row: &HouseholdRow) -> Vec<events::PersonId> {
    let heads = row.members.iter().filter(|member| member.head);
    heads.map(|member| member.person).collect()
}

#[test]
fn a_household_goes_from_referral_to_follow_up() {
    let mut story = Story::default();
    story.record(0, referred(1));
    assert_eq!(row(&story).status(), HouseholdStatus::Referred);
    story.record(1, decided(1, AdmissionDecision::Waiting));
    assert_eq!(row(&story).status(), HouseholdStatus::Waiting);
    story.record(2, decided(1, AdmissionDecision::Accepted));
    assert_eq!(row(&story).status(), HouseholdStatus::Accepted);
    story.record(3, admitted(1, Some(1), 1, &[2]));
    assert_eq!(row(&story).status(), HouseholdStatus::Resident);
    story.record(5, visit(1, 30));
    story.record(5, service(1));
    story.record(20, exited(1, &[1, 2]));
    let last = story.record(110, asked_again(1));

    let row = row(&story);
    assert_eq!(row.status(), HouseholdStatus::Left);
    assert_eq!(row.position, last);
    assert_eq!(row.decisions.len(), 2);
    assert_eq!(row.contacts.len(), 2);
    assert_eq!(row.follow_ups.len(), 1);
    assert_eq!(stays(&row), [(dwelling(1), day(3), Some(day(20)))]);
    assert!(
        row.members
            .iter()
            .all(|m| m.left.as_ref().is_some_and(|left| left.on == day(20)))
    );
    assert_eq!(heads(&row), [person(1)]);
}

#[test]
fn who_is_admitted_before_she_is_housed_lives_nowhere_yet() {
    let mut story = Story::default();
    story.record(0, referred(1));
    story.record(3, admitted(1, None, 1, &[]));
    assert_eq!(stays(&row(&story)), []);
    story.record(5, moved(1, 2));
    assert_eq!(stays(&row(&story)), [(dwelling(2), day(5), None)]);
}

#[test]
fn moves_recorded_late_fall_into_place() {
    let mut story = Story::default();
    story.record(3, admitted(1, Some(1), 1, &[]));
    story.record(20, exited(1, &[1]));
    story.record(10, moved(1, 2));
    story.record(5, moved(1, 3));
    let expected = [
        (dwelling(1), day(3), Some(day(5))),
        (dwelling(3), day(5), Some(day(10))),
        (dwelling(2), day(10), Some(day(20))),
    ];
    assert_eq!(stays(&row(&story)), expected);
}

#[test]
fn a_member_who_joined_before_the_exit_but_was_recorded_after_it_has_left() {
    let mut story = Story::default();
    story.record(3, admitted(1, Some(1), 1, &[]));
    story.record(20, exited(1, &[1, 2]));
    story.record(5, joined(1, 2));
    let row = row(&story);
    assert_eq!(row.members.len(), 2);
    assert!(row.members.iter().all(|member| member.left.is_some()));
}

#[test]
fn the_head_passes_on_in_order_of_days() {
    let mut story = Story::default();
    story.record(3, admitted(1, Some(1), 1, &[2, 3]));
    story.record(9, left(1, 2, Some(3)));
    story.record(5, left(1, 1, Some(2)));
    assert_eq!(heads(&row(&story)), [person(3)]);
}

#[test]
fn who_is_not_there_does_not_leave() {
    let mut story = Story::default();
    story.record(0, referred(1));
    story.record(1, left(1, 7, Some(8)));
    let last = story.record(2, exited(1, &[9]));
    let row = row(&story);
    assert!(row.members.is_empty());
    assert_eq!(row.exit.as_ref().map(|exit| exit.position), Some(last));
}

#[test]
fn the_latest_standing_correction_counts() {
    let mut story = Story::default();
    let admission = story.record(3, admitted(1, Some(1), 1, &[]));
    let first = story.correct(admission, 4, admitted(1, Some(2), 1, &[2]));
    assert_eq!(stays(&row(&story)), [(dwelling(2), day(4), None)]);
    // A correction may name a correction; the original's position stays.
    let second = story.correct(first, 5, admitted(1, Some(3), 1, &[2]));
    let corrected = row(&story);
    assert_eq!(stays(&corrected), [(dwelling(3), day(5), None)]);
    assert_eq!(
        corrected.admission.as_ref().map(|a| a.position),
        Some(admission)
    );
    assert_eq!(corrected.position, second);
    // Sealed for the fact that holds it now.
    assert_eq!(
        corrected.members[0].holder,
        story.facts[second as usize - 1].id
    );
    let retraction = story.retract(second);
    assert_eq!(stays(&row(&story)), [(dwelling(2), day(4), None)]);
    story.retract(retraction);
    assert_eq!(stays(&row(&story)), [(dwelling(3), day(5), None)]);
}

#[test]
fn a_retracted_exit_did_not_happen() {
    let mut story = Story::default();
    story.record(3, admitted(1, Some(1), 1, &[2]));
    story.record(6, left(1, 2, None));
    let exit = story.record(20, exited(1, &[1]));
    story.retract(exit);
    let row = row(&story);
    assert_eq!(row.status(), HouseholdStatus::Resident);
    assert_eq!(stays(&row), [(dwelling(1), day(3), None)]);
    let left: Vec<bool> = row
        .members
        .iter()
        .map(|member| member.left.is_some())
        .collect();
    assert_eq!(left, [false, true]);
}

#[test]
fn a_visit_moved_to_another_household_leaves_the_first() {
    let mut story = Story::default();
    story.record(0, referred(1));
    story.record(0, referred(2));
    let visited = story.record(5, visit(1, 30));
    let moved = story.correct(visited, 5, visit(2, 30));
    let households = Snapshot::fold(PILOT, &story.facts).households;
    assert!(households[&household(1)].contacts.is_empty());
    assert_eq!(households[&household(1)].position, moved);
    assert_eq!(households[&household(2)].contacts[0].position, visited);
}

#[test]
fn when_it_was_first_written_down_is_kept() {
    let mut story = Story::default();
    story.record(3, admitted(1, Some(1), 1, &[]));
    assert_eq!(
        row(&story).members[0].entered_at,
        story.facts[0].recorded_at
    );
    let elsewhere = story.facts[0].recorded_at - chrono::TimeDelta::days(9);
    story.facts[0].entered_at = Some(elsewhere);
    assert_eq!(row(&story).members[0].entered_at, elsewhere);
    assert_eq!(row(&story).admission.map(|a| a.entered_at), Some(elsewhere));
}
