use chrono::NaiveDate;
use events::codes::{
    AdmissionDecision, ConsentForm, ConsentPurpose, ExtensionReason, ReferralWithdrawalReason,
    Suitability,
};
use events::{
    AgreementSigned, Answer, ConsentGiven, ConsentId, ConsentWithdrawn, Event, ExtensionGranted,
    Fact, NoteAdded, PartnerId, ReferralAssessed, ReferralWithdrawn, Stream,
};
use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::Snapshot;
use crate::fixtures::*;

fn row(story: &Story) -> HouseholdRow {
    let mut households = Snapshot::fold(PILOT, &story.facts).households;
    households.remove(&household(1)).expect("the household")
}

fn consent(n: u8) -> ConsentId {
    ConsentId(Uuid::from_u128(0xa000 + u128::from(n)))
}

fn helper(n: u8) -> PartnerId {
    PartnerId(Uuid::from_u128(0x6000 + u128::from(n)))
}

fn consented(h: u8, n: u8, expires: Option<u64>) -> Event {
    ConsentGiven {
        household: household(h),
        consent: consent(n),
        person: None,
        purposes: vec![
            ConsentPurpose::SharingWithPartners,
            ConsentPurpose::ReleaseOfFigures,
        ],
        recipients: vec![helper(1)],
        indicators: vec![6, 14],
        form: ConsentForm::Written,
        expires_on: expires.map(day),
    }
    .into()
}

fn consent_withdrawn(h: u8, n: u8) -> Event {
    ConsentWithdrawn {
        household: household(h),
        consent: consent(n),
    }
    .into()
}

fn signed(h: u8, ends: u64) -> Event {
    AgreementSigned {
        household: household(h),
        ends_on: day(ends),
    }
    .into()
}

fn extended(h: u8, until: u64) -> Event {
    ExtensionGranted {
        household: household(h),
        until: day(until),
        reason: ExtensionReason::NoHousing,
    }
    .into()
}

fn taken_back(h: u8) -> Event {
    ReferralWithdrawn {
        household: household(h),
        reason: Answer::Known(ReferralWithdrawalReason::HerDecision),
    }
    .into()
}

fn looked_into(h: u8) -> Event {
    ReferralAssessed {
        household: household(h),
        suitability: Suitability::Suitable,
        immediate_danger: Answer::Known(false),
        note: Some(sealed(1)),
    }
    .into()
}

fn noted(h: u8) -> Event {
    NoteAdded {
        household: household(h),
        person: Some(person(1)),
        note: sealed(1),
    }
    .into()
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
    story.record(20, exited(1, &[1, 2]));
    let last = story.record(110, asked_again(1));

    let row = row(&story);
    assert_eq!(row.status(), HouseholdStatus::Left);
    assert_eq!(row.position, last);
    assert_eq!(row.decisions.len(), 2);
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

#[test]
fn a_referral_taken_back_is_withdrawn_unless_somebody_entered() {
    let mut story = Story::default();
    story.record(0, referred(1));
    story.record(1, looked_into(1));
    story.record(2, decided(1, AdmissionDecision::Accepted));
    let withdrawal = story.record(3, taken_back(1));
    let withdrawn = row(&story);
    assert_eq!(withdrawn.status(), HouseholdStatus::Withdrawn);
    assert_eq!(withdrawn.referral_assessments.len(), 1);
    assert_eq!(withdrawn.referral_assessments[0].holder, story.facts[1].id);
    story.record(4, admitted(1, Some(1), 1, &[]));
    assert_eq!(row(&story).status(), HouseholdStatus::Resident);
    story.retract(4 + 1);
    assert_eq!(row(&story).status(), HouseholdStatus::Withdrawn);
    story.retract(withdrawal);
    assert_eq!(row(&story).status(), HouseholdStatus::Accepted);
}

#[test]
fn a_consent_holds_from_its_day_until_it_is_taken_back_or_over() {
    let mut story = Story::default();
    story.record(0, referred(1));
    // Taken back before it was recorded as given: the order of recording does not matter.
    story.record(9, consent_withdrawn(1, 1));
    story.record(2, consented(1, 1, None));
    story.record(12, consent_withdrawn(1, 1));
    story.record(3, consented(1, 2, Some(5)));
    let row = row(&story);
    let state = |n: usize, on| row.consents[n].state_on(day(on));
    assert_eq!(state(0, 1), None);
    assert_eq!(state(0, 2), Some(ConsentState::Given));
    assert_eq!(state(0, 8), Some(ConsentState::Given));
    assert_eq!(state(0, 9), Some(ConsentState::Withdrawn));
    // Its last day belongs to it.
    assert_eq!(state(1, 5), Some(ConsentState::Given));
    assert_eq!(state(1, 6), Some(ConsentState::Expired));
    assert!(row.is_shared_with(helper(1), day(8)));
    assert!(!row.is_shared_with(helper(1), day(9)));
    assert!(!row.is_shared_with(helper(2), day(8)));
    let released = |on| {
        row.consents(ConsentPurpose::ReleaseOfFigures, day(on))
            .count()
    };
    assert_eq!(
        (released(1), released(4), released(7), released(9)),
        (0, 2, 1, 0)
    );
    let evaluated = row.consents(ConsentPurpose::Evaluation, day(4));
    assert_eq!(evaluated.count(), 0, "a purpose nobody asked for");
}

#[test]
fn what_was_taken_back_after_it_was_over_had_expired() {
    let mut story = Story::default();
    story.record(2, consented(1, 1, Some(5)));
    story.record(9, consent_withdrawn(1, 1));
    let row = row(&story);
    assert_eq!(
        row.consents[0].state_on(day(20)),
        Some(ConsentState::Expired)
    );
}

#[test]
fn the_last_word_on_the_end_of_hospitality_counts() {
    let mut story = Story::default();
    story.record(3, admitted(1, Some(1), 1, &[]));
    assert_eq!(row(&story).hospitality_end(day(90)), None);
    let extension = story.record(60, extended(1, 150));
    let agreement = story.record(4, signed(1, 80));
    let row = row(&story);
    let end = |on| row.hospitality_end(day(on));
    assert_eq!(end(3), None);
    let agreed = HospitalityEnd {
        until: day(80),
        position: agreement,
        extended: false,
    };
    assert_eq!(end(59), Some(agreed));
    let longer = HospitalityEnd {
        until: day(150),
        position: extension,
        extended: true,
    };
    assert_eq!(end(60), Some(longer));
}

#[test]
fn a_confirmation_counts_for_what_it_confirmed_and_for_nothing_later() {
    let mut story = Story::default();
    story.record(0, referred(1));
    let decision = story.record(1, decided(1, AdmissionDecision::Accepted));
    let by = |story: &Story| row(story).decisions[0].confirmed_by;
    assert_eq!(by(&story), None);
    let confirmation = story.confirm(decision);
    assert_eq!(by(&story), Some(confirmation));
    let admission = story.record(3, admitted(1, Some(1), 1, &[]));
    let confirmation = story.confirm(admission);
    let entered = row(&story).admission.expect("an admission");
    assert_eq!(entered.confirmed_by, Some(confirmation));
    let exit = story.record(20, exited(1, &[1]));
    let confirmation = story.confirm(exit);
    let left = row(&story).exit.expect("an exit");
    assert_eq!(left.confirmed_by, Some(confirmation));
    assert_eq!(left.safety_plan, Answer::Known(true));
    // Something else is said now: nobody has confirmed that.
    story.correct(decision, 2, decided(1, AdmissionDecision::Accepted));
    assert_eq!(by(&story), None);
}

#[test]
fn rows_kept_before_a_field_was_added_still_open() {
    let mut story = Story::default();
    story.record(0, referred(1));
    story.record(1, decided(1, AdmissionDecision::Accepted));
    story.record(3, admitted(1, Some(1), 1, &[]));
    story.record(20, exited(1, &[1]));
    let mut kept = serde_json::to_value(row(&story)).expect("JSON");
    let fields = kept.as_object_mut().expect("an object");
    for added in [
        "referral_assessments",
        "withdrawal",
        "consents",
        "agreements",
        "extensions",
        "notes",
    ] {
        assert!(fields.remove(added).is_some(), "{added}");
    }
    for (list, added) in [("decisions", "confirmed_by"), ("members", "citizenship")] {
        let element = kept[list][0].as_object_mut().expect("an object");
        assert!(element.remove(added).is_some(), "{added}");
    }
    let exit = kept["exit"].as_object_mut().expect("an object");
    for added in ["dismissal_reason", "safety_plan", "confirmed_by"] {
        assert!(exit.remove(added).is_some(), "{added}");
    }
    let opened: HouseholdRow = serde_json::from_value(kept).expect("a row");
    assert_eq!(opened.status(), HouseholdStatus::Left);
}

/// The facts of a household's stream.
fn entries(story: &Story, h: u8) -> Vec<&Fact> {
    let stream = Stream::Household(household(h));
    let facts = story.facts.iter();
    facts
        .filter(|fact| fact.stream == stream || fact.also.contains(&stream))
        .collect()
}

fn happening() -> impl Strategy<Value = Event> {
    let (h, n) = (0..2_u8, 0..2_u8);
    let day = 0..40_u64;
    prop_oneof![
        h.clone().prop_map(referred),
        h.clone().prop_map(looked_into),
        h.clone()
            .prop_map(|h| decided(h, AdmissionDecision::Accepted)),
        h.clone().prop_map(taken_back),
        (h.clone(), n.clone(), proptest::option::of(day.clone()))
            .prop_map(|(h, n, expires)| consented(h, n, expires)),
        (h.clone(), n.clone()).prop_map(|(h, n)| consent_withdrawn(h, n)),
        h.clone().prop_map(|h| admitted(h, Some(1), 1, &[2])),
        (h.clone(), day.clone()).prop_map(|(h, ends)| signed(h, ends)),
        (h.clone(), day).prop_map(|(h, until)| extended(h, until)),
        h.clone().prop_map(noted),
        h.clone().prop_map(|h| exited(h, &[1, 2])),
        h.prop_map(asked_again),
    ]
}

proptest! {
    #[test]
    fn it_does_not_matter_where_a_batch_ends(story in any::story_of(happening, 25), size in 1..5_usize) {
        for h in 0..2 {
            let entries = entries(&story, h);
            let mut kept: Option<HouseholdRow> = None;
            for (index, batch) in entries.chunks(size).enumerate() {
                let so_far = &entries[..index * size + batch.len()];
                let asks = batch.iter().any(|fact| fold::needs_history(&fact.event));
                kept = match kept {
                    Some(row) if !asks => Some(fold::advance(row, batch)),
                    _ => fold::fold(household(h), so_far),
                };
                prop_assert_eq!(&kept, &fold::fold(household(h), so_far));
            }
        }
    }
}
