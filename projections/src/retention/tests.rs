use events::codes::{AdmissionDecision, ReferralWithdrawalReason};
use events::{Answer, Event, ReferralWithdrawn, RulesSet};
use proptest::collection::{btree_map, btree_set};
use proptest::prelude::*;

use super::*;
use crate::agenda::State;
use crate::fixtures::*;

/// A year and a half after an exit, three months after a refusal.
const KEPT: Retention = Retention {
    after_exit_months: 18,
    after_refusal_months: 3,
};

fn rules(retention: Option<Retention>) -> Event {
    RulesSet {
        approve_expenses_above: None,
        confirm_admission: false,
        confirm_exit: false,
        ask_citizenship: false,
        unseen_after_days: 14,
        retention,
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

fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn term_of(story: &Story, h: u8, today: NaiveDate) -> Term {
    let terms = terms(&Snapshot::fold(PILOT, &story.facts), today);
    terms[&household(h)]
}

fn over(story: &Story, h: u8, today: &str) -> Option<(String, Why)> {
    match term_of(story, h, date(today)) {
        Term::Open => None,
        Term::Ends { over, why, .. } => Some((over.to_string(), why)),
    }
}

/// A household that lived there from 4 January to 20 January 2024.
fn left_household() -> Story {
    let mut story = Story::default();
    story.record(0, rules(Some(KEPT)));
    story.record(0, referred(1));
    story.record(1, decided(1, AdmissionDecision::Accepted));
    story.record(3, admitted(1, Some(1), 1, &[2]));
    story.record(19, exited(1, &[1, 2]));
    story
}

#[test]
fn a_time_begins_with_the_exit() {
    let story = left_household();
    let expected = Some(("2025-07-20".to_owned(), Why::Left));
    assert_eq!(over(&story, 1, "2024-06-01"), expected);
    assert_eq!(over(&story, 1, "2026-01-01"), expected);
}

#[test]
fn nobody_is_proposed_while_somebody_lives_there_or_waits() {
    let mut story = Story::default();
    story.record(0, rules(Some(KEPT)));
    story.record(0, referred(1));
    assert_eq!(over(&story, 1, "2040-01-01"), None);
    story.record(1, decided(1, AdmissionDecision::Waiting));
    assert_eq!(over(&story, 1, "2040-01-01"), None);
    story.record(2, decided(1, AdmissionDecision::Accepted));
    assert_eq!(over(&story, 1, "2040-01-01"), None);
    story.record(3, admitted(1, Some(1), 1, &[]));
    assert_eq!(over(&story, 1, "2040-01-01"), None);
}

#[test]
fn a_referral_that_came_to_nothing_has_a_time_of_its_own() {
    let mut story = Story::default();
    story.record(0, rules(Some(KEPT)));
    story.record(0, referred(1));
    story.record(1, decided(1, AdmissionDecision::Declined));
    let declined = Some(("2024-04-02".to_owned(), Why::NotAdmitted));
    assert_eq!(over(&story, 1, "2024-02-01"), declined);
    story.record(0, referred(2));
    let withdrawal = story.record(9, taken_back(2));
    let withdrawn = Some(("2024-04-10".to_owned(), Why::NotAdmitted));
    assert_eq!(over(&story, 2, "2024-02-01"), withdrawn);
    // What was recorded wrongly begins nothing.
    story.retract(withdrawal);
    assert_eq!(over(&story, 2, "2024-02-01"), None);
}

#[test]
fn what_is_still_to_be_asked_keeps_it() {
    let mut story = left_household();
    let short = Retention {
        after_exit_months: 1,
        after_refusal_months: 1,
    };
    story.record(4, rules(Some(short)));
    // The window of the last follow-up, a month after the twelfth, is over on the day after it.
    let expected = Some(("2025-02-21".to_owned(), Why::Left));
    assert_eq!(over(&story, 1, "2024-06-01"), expected);
    assert_eq!(over(&story, 1, "2025-03-01"), expected);
}

#[test]
fn the_rules_of_today_count_and_without_any_nobody_is_proposed() {
    let mut story = left_household();
    story.record(40, rules(None));
    assert_eq!(
        over(&story, 1, "2024-02-09"),
        Some(("2025-07-20".to_owned(), Why::Left))
    );
    assert_eq!(over(&story, 1, "2024-02-10"), None);
    let longer = Retention {
        after_exit_months: 36,
        ..KEPT
    };
    story.record(50, rules(Some(longer)));
    assert_eq!(
        over(&story, 1, "2026-01-01"),
        Some(("2027-01-20".to_owned(), Why::Left))
    );
    let mut unruled = Story::default();
    unruled.record(0, referred(1));
    unruled.record(1, decided(1, AdmissionDecision::Declined));
    assert_eq!(over(&unruled, 1, "2040-01-01"), None);
}

#[test]
fn who_is_proposed_is_named_with_since_when_and_why() {
    let terms = terms(
        &Snapshot::fold(PILOT, &left_household().facts),
        date("2025-07-20"),
    );
    let held = [
        (person(1), [household(1)].into()),
        // She lives somewhere else by now, or nobody knows where.
        (person(2), [household(1), household(2)].into()),
        (person(3), [household(1)].into()),
    ];
    let held = BTreeMap::from(held);
    let spared = BTreeSet::from([person(3)]);
    let expected = Due {
        person: person(1),
        households: [household(1)].into(),
        why: Why::Left,
        since: date("2024-01-20"),
        over: date("2025-07-20"),
    };
    assert_eq!(due(&held, &terms, &spared, date("2025-07-19")), []);
    assert_eq!(due(&held, &terms, &spared, date("2025-07-20")), [expected]);
}

// ---- whatever happens ----

fn any_term() -> impl Strategy<Value = Term> {
    let why = prop_oneof![Just(Why::Left), Just(Why::NotAdmitted)];
    prop_oneof![
        1 => Just(Term::Open),
        4 => (0..40_u64, 0..40_u64, why).prop_map(|(since, more, why)| Term::Ends {
            since: day(since),
            over: day(since + more),
            why,
        }),
    ]
}

proptest! {
    #[test]
    fn exactly_those_are_proposed_who_are_in_no_household_whose_time_is_not_over(
        terms in btree_map((0..5_u8).prop_map(household), any_term(), 0..5),
        held in btree_map(
            (0..6_u8).prop_map(person),
            btree_set((0..6_u8).prop_map(household), 0..4),
            0..6,
        ),
        spared in btree_set((0..6_u8).prop_map(person), 0..3),
        today in 0..90_u64,
    ) {
        let proposed = due(&held, &terms, &spared, day(today));
        for (person, households) in &held {
            let over = |household| matches!(
                terms.get(household), Some(Term::Ends { over, .. }) if *over <= day(today)
            );
            let expected = !households.is_empty()
                && households.iter().all(over)
                && !spared.contains(person);
            let found = proposed.iter().find(|one| one.person == *person);
            prop_assert_eq!(found.is_some(), expected);
            // It is the last of her households that says since when.
            for household in found.map(|found| &found.households).into_iter().flatten() {
                let Term::Ends { over, .. } = terms[household] else { unreachable!() };
                prop_assert!(found.is_some_and(|found| over <= found.over));
            }
        }
        prop_assert!(proposed.iter().all(|one| held.contains_key(&one.person)));
    }

    #[test]
    fn nobody_who_is_still_there_is_ever_proposed(
        story in any::story(30),
        exit_months in 1..240_u16,
        refusal_months in 1..240_u16,
        later in 0..20_000_u64,
    ) {
        let mut story = story;
        let kept = Retention {
            after_exit_months: exit_months,
            after_refusal_months: refusal_months,
        };
        story.record(0, rules(Some(kept)));
        let snapshot = Snapshot::fold(PILOT, &story.facts);
        let today = day(later);
        for (household, term) in terms(&snapshot, today) {
            let row = &snapshot.households[&household];
            let stays = !matches!(
                row.status(),
                HouseholdStatus::Left | HouseholdStatus::Declined | HouseholdStatus::Withdrawn
            );
            prop_assert_eq!(term == Term::Open, stays);
            let Term::Ends { over, since, why } = term else { continue };
            prop_assert!(since < over);
            if why == Why::Left {
                // Nothing more is to be asked on that day.
                let asked = follow_ups(&snapshot.agenda[&household], over);
                let open = [State::Due, State::NotYetDue];
                prop_assert!(asked.iter().all(|item| !open.contains(&item.state(over))));
            }
            // A longer time never ends earlier.
            let longer = Retention {
                after_exit_months: exit_months + 1,
                after_refusal_months: refusal_months + 1,
            };
            let agenda = snapshot.agenda.get(&household);
            let Term::Ends { over: later, .. } = super::term(row, agenda, longer, today) else {
                unreachable!()
            };
            prop_assert!(later >= over);
        }
    }
}
