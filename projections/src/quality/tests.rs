use std::collections::BTreeSet;

use chrono::{NaiveDate, TimeDelta};
use events::codes::*;
use events::*;
use proptest::prelude::*;

use super::*;
use crate::Snapshot;
use crate::fixtures::*;

fn snapshot(story: &Story) -> Snapshot {
    Snapshot::fold(PILOT, &story.facts)
}

fn checks(story: &Story, today: u64) -> Vec<(Check, Vec<Position>)> {
    let row = &snapshot(story).quality[&household(1)];
    contradictions(row, day(today))
        .into_iter()
        .map(|found| (found.check, found.positions))
        .collect()
}

/// Every required answer of an element, as it stands.
fn answers(story: &Story, element: Element, today: u64) -> Vec<Completeness> {
    let snapshot = snapshot(story);
    let household = household(1);
    let rules = &snapshot.pilot_agenda.rules;
    let row = &snapshot.quality[&household];
    completeness(row, &snapshot.agenda[&household], rules, day(today))
        .into_iter()
        .filter(|required| required.element == element)
        .map(|required| required.answer)
        .collect()
}

fn woman(n: u8, employment: EmploymentStatus) -> Member {
    Member {
        employment: Answer::Known(employment),
        ..member(n, Relation::Head)
    }
}

fn enters(members: Vec<Member>, into: Option<u8>) -> Event {
    Admission {
        household: household(1),
        dwelling: into.map(dwelling),
        members,
    }
    .into()
}

fn earns(stage: IncomeStage, total: Answer<i64>, earned: Option<i64>) -> Event {
    let earned = earned.map(|amount| IncomeAmount {
        source: IncomeSource::Earned,
        amount: Answer::Known(Money::from(amount)),
    });
    IncomeRecorded {
        household: household(1),
        person: person(1),
        stage,
        income: Answer::Known(Income {
            total: total.map(Money::from),
            sources: earned.into_iter().collect(),
        }),
    }
    .into()
}

fn leaves(to: LivingSituation, reason: ExitReason, employment: Answer<EmploymentStatus>) -> Event {
    Exit {
        household: household(1),
        members: vec![MemberExit {
            person: person(1),
            destination: Answer::Known(to),
            employment,
        }],
        reason: Answer::Known(reason),
        completion: Answer::Known(Completion::Completed),
        dismissal_reason: None,
        client_safety: Answer::DoesNotKnow,
        worker_safety: Answer::PrefersNotToAnswer,
        safety_plan: Answer::NotCollected,
    }
    .into()
}

fn works(n: u8, hours: u16) -> Event {
    JobPlacement {
        household: household(1),
        person: person(1),
        job: job(n),
        contract: Answer::NotCollected,
        weekly_hours: Some(hours),
        partner: None,
    }
    .into()
}

fn asked(month: FollowUpMonth, result: FollowUpResult, housing: Answer<LivingSituation>) -> Event {
    FollowUpRecorded {
        household: household(1),
        month,
        result,
        housing,
        employment: Answer::NotCollected,
        new_violence: Answer::NotCollected,
        safety: Answer::NotCollected,
    }
    .into()
}

fn closes(from: u64, to: u64) -> Event {
    PeriodClosed {
        from: day(from),
        to: day(to),
    }
    .into()
}

const LOOKING: EmploymentStatus = EmploymentStatus::Looking;
const EMPLOYED: EmploymentStatus = EmploymentStatus::Employed;
const RENTED: Answer<LivingSituation> = Answer::Known(LivingSituation::Rented);
const DIED: Answer<LivingSituation> = Answer::Known(LivingSituation::Deceased);

/// The trap: day 4 put in the band of the first three days.
#[test]
fn the_bands_are_0_then_1_to_3_then_4_to_6_then_7_to_10_then_more() {
    let bands: Vec<Option<Band>> = (-1..=12).map(Band::of).collect();
    use Band::*;
    let expected = [
        None,
        Some(Days0),
        Some(Days1To3),
        Some(Days1To3),
        Some(Days1To3),
        Some(Days4To6),
        Some(Days4To6),
        Some(Days4To6),
        Some(Days7To10),
        Some(Days7To10),
        Some(Days7To10),
        Some(Days7To10),
        Some(Days11OrMore),
        Some(Days11OrMore),
    ];
    assert_eq!(bands, expected);
}

#[test]
fn how_soon_facts_were_written_down_is_counted_and_the_slow_are_named() {
    let mut story = Story::default();
    for _ in 0..3 {
        story.record(10, visit(1, 30));
    }
    // Written down on the fourth day, on the eleventh, and the day before.
    for (fact, days) in story.facts.iter_mut().zip([4, 11, -1]) {
        let noon = day(10).and_hms_opt(12, 0, 0).expect("noon").and_utc();
        fact.entered_at = Some(noon + TimeDelta::days(days));
    }
    let timeliness = &snapshot(&story).quality[&household(1)].timeliness;
    assert_eq!(timeliness.bands, [0, 0, 1, 0, 1]);
    assert_eq!(timeliness.count(Band::Days4To6), 1);
    assert_eq!(
        (timeliness.before, timeliness.slow.as_slice()),
        (1, &[2][..])
    );
}

#[test]
fn the_slow_facts_named_have_a_limit_and_their_number_has_none() {
    let mut timeliness = Timeliness::default();
    for position in 0..MAX_SLOW as Position + 5 {
        timeliness.add(position, 30);
    }
    assert_eq!(timeliness.slow.len(), MAX_SLOW);
    assert_eq!(timeliness.count(Band::Days11OrMore), MAX_SLOW as u64 + 5);
}

/// The trap: "not collected" shown where "not yet due" was meant.
#[test]
fn what_is_not_yet_due_is_not_called_not_collected() {
    let mut story = Story::default();
    story.record(0, referred(1));
    story.record(5, enters(vec![woman(1, LOOKING)], Some(1)));
    use Completeness::*;
    let of = |story: &Story, element, today| answers(story, element, today);
    assert_eq!(of(&story, Element::Destination, 20), [NotYetDue]);
    assert_eq!(of(&story, Element::ExitReason, 20), [NotYetDue]);
    assert_eq!(
        of(&story, Element::FollowUpHousing, 20),
        [],
        "she did not leave"
    );
    // Her income is to be recorded by day 35.
    assert_eq!(of(&story, Element::IncomeAtEntry, 35), [NotYetDue]);
    assert_eq!(of(&story, Element::IncomeAtEntry, 36), [NotCollected]);
    story.record(
        40,
        earns(IncomeStage::Entry, Answer::PrefersNotToAnswer, None),
    );
    assert_eq!(of(&story, Element::IncomeAtEntry, 40), [PrefersNotToAnswer]);
    assert_eq!(of(&story, Element::IncomeAtEntry, 39), [NotCollected]);
    story.record(
        50,
        leaves(
            LivingSituation::Rented,
            ExitReason::Moved,
            Answer::NotCollected,
        ),
    );
    assert_eq!(of(&story, Element::Destination, 50), [Known]);
    assert_eq!(of(&story, Element::EmploymentAtExit, 50), [NotCollected]);
    assert_eq!(of(&story, Element::ClientSafety, 50), [DoesNotKnow]);
    assert_eq!(of(&story, Element::WorkerSafety, 50), [PrefersNotToAnswer]);
    assert_eq!(of(&story, Element::SafetyPlan, 50), [NotCollected]);
    assert_eq!(of(&story, Element::IncomeAtExit, 80), [NotYetDue]);
    assert_eq!(of(&story, Element::IncomeAtExit, 81), [NotCollected]);
    assert_eq!(of(&story, Element::FollowUpHousing, 50), [NotYetDue; 3]);
    // The exit was on 20 February 2024: asked for the third month on 20 May, day 140; refused.
    story.record(
        140,
        asked(
            FollowUpMonth::Month3,
            FollowUpResult::Refused,
            Answer::NotCollected,
        ),
    );
    let housing = of(&story, Element::FollowUpHousing, 140);
    assert_eq!(housing, [PrefersNotToAnswer, NotYetDue, NotYetDue]);
    // In two years the others were missed.
    let housing = of(&story, Element::FollowUpHousing, 800);
    assert_eq!(housing, [PrefersNotToAnswer, NotCollected, NotCollected]);
}

#[test]
fn adults_are_asked_about_work_and_children_are_not() {
    let mut story = Story::default();
    let mut child = member(2, Relation::Child);
    child.birth = Birth::on_entry(day(0) - chrono::Days::new(1500), day(5))
        .map_or(Answer::NotCollected, Answer::Known);
    let mut grown = member(3, Relation::Child);
    grown.birth = Birth::on_entry(day(0) - chrono::Days::new(7000), day(5))
        .map_or(Answer::NotCollected, Answer::Known);
    story.record(5, enters(vec![woman(1, LOOKING), child, grown], Some(1)));
    assert_eq!(answers(&story, Element::EmploymentAtEntry, 5).len(), 2);
    assert_eq!(answers(&story, Element::Relation, 5).len(), 3);
    assert_eq!(answers(&story, Element::IncomeAtEntry, 5).len(), 2);
}

#[test]
fn citizenship_is_required_where_the_rules_ask_it() {
    let mut story = Story::default();
    story.record(5, enters(vec![woman(1, LOOKING)], None));
    assert_eq!(answers(&story, Element::Citizenship, 9), []);
    let asks = RulesSet {
        approve_expenses_above: None,
        confirm_admission: false,
        confirm_exit: false,
        ask_citizenship: true,
        unseen_after_days: 14,
        retention: None,
    };
    story.record(6, asks.clone());
    assert_eq!(
        answers(&story, Element::Citizenship, 9),
        [],
        "not when she entered"
    );
    story.record(5, asks);
    assert_eq!(
        answers(&story, Element::Citizenship, 9),
        [Completeness::NotCollected]
    );
}

#[test]
fn work_at_entry_is_held_against_jobs_and_income() {
    let mut story = Story::default();
    let entry = story.record(5, enters(vec![woman(1, EMPLOYED)], None));
    assert_eq!(checks(&story, 9), []);
    let nothing = story.record(6, earns(IncomeStage::Entry, Answer::Known(0), None));
    let found = (Check::EmployedWithoutJobOrIncome, vec![entry, nothing]);
    assert_eq!(checks(&story, 9), [found]);
    story.record(5, works(1, 20));
    assert_eq!(checks(&story, 9), []);

    let mut story = Story::default();
    let entry = story.record(5, enters(vec![woman(1, LOOKING)], None));
    let wages = story.record(6, earns(IncomeStage::Entry, Answer::Known(900), Some(900)));
    let found = (Check::NotEmployedButEarning, vec![entry, wages]);
    assert_eq!(checks(&story, 9), [found]);
    // Known to the day asked for: before the income was recorded nothing contradicted anything.
    assert_eq!(checks(&story, 5), []);
}

#[test]
fn work_at_exit_is_held_against_jobs() {
    let mut story = Story::default();
    let entry = story.record(5, enters(vec![woman(1, LOOKING)], None));
    let exit = leaves(
        LivingSituation::Rented,
        ExitReason::Moved,
        Answer::Known(EMPLOYED),
    );
    let exit = story.record(50, exit);
    let found = (Check::EmployedAtExitWithoutJob, vec![entry, exit]);
    assert_eq!(checks(&story, 50), [found]);
    story.record(10, works(1, 20));
    assert_eq!(checks(&story, 50), []);
    story.record(30, job_ended(1, 1));
    assert_eq!(checks(&story, 50)[0].1, [entry, exit, exit + 1, exit + 2]);
}

#[test]
fn jobs_overlap_only_with_more_hours_than_a_week_allows() {
    let mut story = Story::default();
    story.record(5, enters(vec![woman(1, LOOKING)], None));
    let first = story.record(10, works(1, 40));
    story.record(12, works(2, 20));
    assert_eq!(checks(&story, 20), []);
    let third = story.record(14, works(3, 30));
    let found = (Check::JobsOverlap, vec![first, first + 1, third]);
    assert_eq!(checks(&story, 20), [found]);
    story.record(13, job_ended(1, 1));
    assert_eq!(checks(&story, 20), []);
}

#[test]
fn a_return_to_the_abuser_is_a_destination_and_a_reason() {
    let of = |to, reason| {
        let mut story = Story::default();
        story.record(5, enters(vec![woman(1, LOOKING)], None));
        story.record(50, leaves(to, reason, Answer::NotCollected));
        let checks = checks(&story, 50).into_iter();
        checks.map(|(check, _)| check).collect::<Vec<_>>()
    };
    let (back, rented) = (LivingSituation::ReturnedToAbuser, LivingSituation::Rented);
    assert_eq!(of(back, ExitReason::ReturnedToAbuser), []);
    assert_eq!(
        of(rented, ExitReason::ReturnedToAbuser),
        [Check::ReturnedReasonElsewhere]
    );
    assert_eq!(
        of(back, ExitReason::Moved),
        [Check::ReturnedForAnotherReason]
    );
}

#[test]
fn goals_reached_are_goals_that_were_reviewed_as_reached_before_the_exit() {
    let mut story = Story::default();
    story.record(5, enters(vec![woman(1, LOOKING)], None));
    let goal = story.record(6, goal_set(1, 1));
    let exit = story.record(
        50,
        leaves(
            LivingSituation::Rented,
            ExitReason::GoalsReached,
            Answer::NotCollected,
        ),
    );
    let found = (Check::GoalsReachedWithoutAttainment, vec![goal, exit]);
    assert_eq!(checks(&story, 50), [found]);
    let late = story.record(51, reviewed(1, 1, 0));
    assert_eq!(
        checks(&story, 51),
        [(Check::GoalReviewedAfterExit, vec![exit, late])]
    );
}

#[test]
fn a_head_is_one_and_grown_up() {
    let mut story = Story::default();
    let mut girl = woman(1, LOOKING);
    girl.birth = Birth::on_entry(day(0) - chrono::Days::new(3000), day(5))
        .map_or(Answer::NotCollected, Answer::Known);
    let entry = story.record(5, enters(vec![girl.clone()], None));
    assert_eq!(checks(&story, 5), [(Check::ChildAsHead, vec![entry])]);
    story.correct(
        entry,
        5,
        enters(vec![woman(1, LOOKING), woman(2, LOOKING)], None),
    );
    assert_eq!(checks(&story, 5), [(Check::NotOneHead, vec![entry])]);
}

#[test]
fn who_lives_in_a_dwelling_has_signed_within_a_week() {
    let mut story = Story::default();
    let entry = story.record(5, enters(vec![woman(1, LOOKING)], Some(1)));
    assert_eq!(checks(&story, 12), []);
    assert_eq!(
        checks(&story, 13),
        [(Check::HousedWithoutAgreement, vec![entry])]
    );
    let signed = AgreementSigned {
        household: household(1),
        ends_on: day(300),
    };
    let late = story.record(14, signed.clone());
    assert_eq!(
        checks(&story, 14),
        [(Check::HousedWithoutAgreement, vec![entry, late])]
    );
    story.correct(late, 12, signed);
    assert_eq!(checks(&story, 14), []);
}

#[test]
fn nobody_is_reached_after_her_death_outside_the_window_or_without_a_question() {
    let mut story = Story::default();
    story.record(5, enters(vec![woman(1, LOOKING)], None));
    let exit = leaves(
        LivingSituation::Rented,
        ExitReason::Moved,
        Answer::NotCollected,
    );
    let exit = story.record(50, exit);
    // The exit was on 20 February 2024; the third month's window runs from 20 April to 20 June.
    let reached = FollowUpResult::Reached;
    let early = story.record(100, asked(FollowUpMonth::Month3, reached, RENTED));
    assert_eq!(
        checks(&story, 100),
        [(Check::FollowUpOutsideWindow, vec![exit, early])]
    );
    story.retract(early);
    let silent = story.record(
        140,
        asked(FollowUpMonth::Month3, reached, Answer::NotCollected),
    );
    assert_eq!(
        checks(&story, 140),
        [(Check::ReachedButNothingAsked, vec![silent])]
    );
    let died = story.correct(silent, 140, asked(FollowUpMonth::Month3, reached, DIED));
    assert_eq!(checks(&story, 140), []);
    // Six months: 20 August is day 232.
    let later = story.record(232, asked(FollowUpMonth::Month6, reached, RENTED));
    assert_eq!(
        checks(&story, 232),
        [(Check::ReachedAfterDeath, vec![silent, later])]
    );
    assert!(died > silent);
}

#[test]
fn the_pilots_own_facts_are_held_against_each_other() {
    let mut story = Story::default();
    story.record(0, opened("prova"));
    let experimental = story.record(5, phase(Phase::Experimental));
    let preparation = story.record(9, phase(Phase::Preparation));
    let held = MeetingHeld {
        meeting: MeetingId(uuid::Uuid::from_u128(1)),
        attendance: vec![],
    };
    let held = story.record(10, held);
    let (pledge, source) = (
        PledgeId(uuid::Uuid::from_u128(2)),
        PartnerId(uuid::Uuid::from_u128(3)),
    );
    let pledged = FundingPledged {
        pledge,
        source,
        amount: Money::from(100),
        purpose: FundingPurpose::ENTRIES[0].value,
    };
    let pledged = story.record(11, pledged);
    let received = FundingReceived {
        source,
        pledge: Some(pledge),
        amount: Money::from(60),
    };
    let first = story.record(12, received.clone());
    let found = |story: &Story| {
        let row = snapshot(story).pilot_quality;
        let found = pilot::contradictions(&row, day(50)).into_iter();
        found
            .map(|found| (found.check, found.positions))
            .collect::<Vec<_>>()
    };
    let mut expected = vec![
        (
            pilot::PilotCheck::PhasesOutOfOrder,
            vec![experimental, preparation],
        ),
        (pilot::PilotCheck::MeetingOfNobody, vec![held]),
    ];
    assert_eq!(found(&story), expected);
    let second = story.record(13, received);
    let more = pilot::PilotCheck::ReceivedMoreThanPledged;
    expected.push((more, vec![pledged, first, second]));
    assert_eq!(found(&story), expected);
}

#[test]
fn a_fact_is_late_when_its_day_lies_in_a_period_closed_before() {
    let mut story = Story::default();
    story.record(0, opened("prova"));
    let in_time = story.record(5, visit(1, 30));
    let closure = story.record(20, closes(0, 10));
    let late_visit = story.record(10, visit(1, 30));
    story.record(11, visit(1, 30));
    let late_expense = story.record(3, expense(1));
    story.record(12, expense(2));
    let closures = snapshot(&story).pilot_quality.closures;
    let of = |story: &Story| {
        let snapshot = snapshot(story);
        let closures = &snapshot.pilot_quality.closures;
        let facts = snapshot.timeline.facts().expect("few facts");
        let late = late(closures, &facts.iter().collect::<Vec<_>>());
        assert_eq!(late_of_households(closures, &snapshot.timeline), late);
        late.into_iter()
            .map(|late| (late.position, late.on))
            .collect::<Vec<_>>()
    };
    assert_eq!(of(&story), [(late_visit, day(10))]);
    assert_eq!(closed_before(&closures, late_visit, day(10)), Some(closure));
    assert_eq!(closed_before(&closures, in_time, day(5)), None);
    let own = snapshot(&story).pilot_quality.late;
    assert_eq!(
        own.iter().map(|late| late.position).collect::<Vec<_>>(),
        [late_expense]
    );

    // A correction that takes a visit out of the closed period, one that brings one in, a retraction
    // in it, and one that has nothing to do with it.
    let out = story.correct(in_time, 40, visit(1, 30));
    let other = story.record(41, visit(1, 30));
    let into = story.correct(other, 2, visit(1, 30));
    let gone = story.retract(late_visit);
    story.correct(in_time, 42, visit(1, 30));
    let expected = [
        (late_visit, day(10)),
        (out, day(5)),
        (into, day(2)),
        (gone, day(10)),
    ];
    assert_eq!(of(&story), expected);

    // A closure that was retracted closes nothing.
    story.retract(closure);
    assert_eq!(of(&story), []);
    assert_eq!(snapshot(&story).pilot_quality.late, []);
}

#[test]
fn a_snapshot_without_a_fact_is_that_of_a_history_without_it() {
    let mut story = Story::default();
    story.record(0, opened("prova"));
    story.record(0, registered(1));
    story.record(0, available(1));
    story.record(0, available(2));
    story.record(2, admitted(1, Some(1), 1, &[2]));
    let moved = story.record(5, moved(1, 2));
    let visited = story.record(6, visit(1, 30));
    // It belongs to the other household.
    let correction = story.correct(visited, 6, visit(2, 30));
    story.record(20, exited(1, &[1, 2]));
    let whole = snapshot(&story);
    for left_out in [
        vec![moved],
        vec![visited, correction],
        vec![correction],
        vec![],
    ] {
        let left_out: BTreeSet<Position> = left_out.into_iter().collect();
        let known = story
            .facts
            .iter()
            .filter(|fact| !left_out.contains(&fact.position));
        let known: Vec<Fact> = known.cloned().collect();
        let mut expected = Snapshot::fold(PILOT, &known);
        expected.position = whole.position;
        expected.recorded_at = whole.recorded_at;
        let mut found = whole.without(&left_out).expect("few facts");
        // How far a dwelling's own stream was read is not known without it.
        for dwellings in [&mut found.dwellings, &mut expected.dwellings] {
            dwellings.values_mut().for_each(|row| row.position = 0);
        }
        assert!(found == expected, "without {left_out:?}");
    }
}

#[test]
fn every_word_is_its_json() {
    for band in Band::ALL {
        // The words of bands are those of the indicator.
        assert!(band.code().starts_with("days_"));
    }
    for check in Check::ALL {
        assert_eq!(serde_json::json!(check), check.code());
    }
    for element in Element::ALL {
        assert_eq!(serde_json::json!(element), element.code());
    }
    for class in Completeness::ALL {
        assert_eq!(serde_json::json!(class), class.code());
    }
}

#[test]
fn every_row_survives_the_table() {
    let snapshot = snapshot(&crate::agenda::tests::everything());
    let json = serde_json::to_value(&snapshot).expect("JSON");
    let mut again: Snapshot = serde_json::from_value(json).expect("a snapshot");
    again.timeline = snapshot.timeline.clone();
    assert!(again == snapshot);
}

fn batches(story: &Story, at: usize) -> Result<(), TestCaseError> {
    let household = household(1);
    let stream = Stream::Household(household);
    let own: Vec<&Fact> = story
        .facts
        .iter()
        .filter(|fact| fact.stream == stream || fact.also.contains(&stream))
        .collect();
    let (first, rest) = own.split_at(at.min(own.len()));
    let amended = |rest: &[&Fact]| rest.iter().any(|fact| crate::history::amends(&fact.event));
    if let Some(before) = household::fold::fold(household, first)
        && !rest.is_empty()
        && !amended(rest)
    {
        let whole = household::fold::fold(household, &own);
        prop_assert_eq!(Some(household::fold::advance(before, rest)), whole);
    }
    let own: Vec<&Fact> = story
        .facts
        .iter()
        .filter(|fact| pilot::fold::STREAMS.contains(&fact.stream))
        .collect();
    let (first, rest) = own.split_at(at.min(own.len()));
    if let Some(before) = pilot::fold::fold(PILOT, first)
        && !rest.is_empty()
        && !amended(rest)
    {
        let whole = pilot::fold::fold(PILOT, &own);
        prop_assert_eq!(Some(pilot::fold::advance(before, rest)), whole);
    }
    Ok(())
}

#[test]
fn rows_are_the_same_wherever_a_batch_ends() {
    let story = crate::agenda::tests::everything();
    for at in 0..story.facts.len() {
        batches(&story, at).expect("the same row");
    }
    // The same without what amends, so that every cut is one, with closures between.
    let mut plain = Story::default();
    for fact in &story.facts {
        if !crate::history::amends(&fact.event) {
            let on: NaiveDate = fact.occurred_on;
            let on = on.signed_duration_since(day(0)).num_days() as u64;
            plain.record(on, fact.event.clone());
        }
    }
    assert!(!snapshot(&plain).pilot_quality.late.is_empty());
    for at in 0..plain.facts.len() {
        batches(&plain, at).expect("the same row");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn rows_are_the_same_wherever_a_batch_of_any_story_ends(story in any::story(60), at in 0_usize..60) {
        batches(&story, at)?;
    }

    /// What a table gives back is what was put into it.
    #[test]
    fn rows_survive_the_table(story in any::story(40)) {
        let snapshot = snapshot(&story);
        let json = serde_json::to_value(&snapshot).expect("JSON");
        let mut again: Snapshot = serde_json::from_value(json).expect("a snapshot");
        again.timeline = snapshot.timeline.clone();
        prop_assert!(again == snapshot);
    }

    /// Each answer is in one class, and nothing is settled before its day.
    #[test]
    fn nothing_is_settled_before_its_day(story in any::story(50), today in 0_u64..200) {
        let snapshot = snapshot(&story);
        for (id, row) in &snapshot.quality {
            for required in completeness(row, &snapshot.agenda[id], &[], day(today)) {
                let settled = required.settled;
                prop_assert_eq!(settled.is_none(), required.answer == Completeness::NotYetDue);
                prop_assert!(settled.is_none_or(|on| on <= day(today)), "{:?}", required);
                prop_assert!(!required.positions.is_empty() && required.positions.is_sorted());
            }
            contradictions(row, day(today));
        }
    }
}
