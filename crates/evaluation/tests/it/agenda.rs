//! Follow-ups, timeliness, completeness, late facts, and sets of definitions, on small histories.

use std::collections::BTreeSet;

use crate::history::{History, PILOT, day, household};
use evaluation::{
    Group, Indicator, Period, Undefined, Value, definition_of, definition_set, evaluate,
    evaluate_with, late_facts, late_facts_of, newest_set,
};
use events::codes::*;
use events::*;
use projections::Snapshot;
use proptest::prelude::*;
use uuid::Uuid;

const LOOKING: Answer<EmploymentStatus> = Answer::Known(EmploymentStatus::Looking);
const RENTED: Answer<LivingSituation> = Answer::Known(LivingSituation::Rented);

fn period(from: &str, to: &str) -> Period {
    Period::new(day(from), day(to)).unwrap()
}

fn first_quarter() -> Period {
    period("2024-01-01", "2024-03-31")
}

fn indicator(snapshot: &Snapshot, period: Period, number: u16) -> Indicator {
    evaluate(snapshot, period)
        .into_iter()
        .find(|i| i.number == number)
        .unwrap()
}

fn group<'a>(indicator: &'a Indicator, code: &str) -> &'a Group {
    indicator.groups.iter().find(|g| g.code == code).unwrap()
}

fn ratio(numerator: u64, denominator: u64) -> Value {
    Value::Ratio {
        numerator,
        denominator,
    }
}

/// What there is any of in a distribution.
fn shares(value: &Value) -> Vec<(&'static str, u64)> {
    let Value::Distribution(shares) = value else {
        panic!("{value:?} is no distribution")
    };
    let some = shares.iter().filter(|share| share.count > 0);
    some.map(|share| (share.code, share.count)).collect()
}

fn asked(number: u128, month: FollowUpMonth, result: FollowUpResult) -> FollowUpRecorded {
    FollowUpRecorded {
        household: household(number),
        month,
        result,
        housing: RENTED,
        employment: Answer::DoesNotKnow,
        new_violence: Answer::PrefersNotToAnswer,
        safety: Answer::NotCollected,
    }
}

fn closes(from: &str, to: &str) -> PeriodClosed {
    PeriodClosed {
        from: day(from),
        to: day(to),
    }
}

fn spent(number: u128) -> ExpenseRecorded {
    ExpenseRecorded {
        expense: ExpenseId(Uuid::from_u128(0x7000 + number)),
        line: ExpenseLine::Furniture,
        source: None,
        amount: Money::from(100),
        description: "Letti".into(),
    }
}

/// The trap: a case with an empty follow-up list counted as followed up.
#[test]
fn who_was_never_asked_was_not_followed_up() {
    let mut history = History::with_dwellings(1);
    let nothing = indicator(&history.known_on(day("2024-12-31")), first_quarter(), 32);
    assert_eq!(nothing.value, Value::Undefined(Undefined::NoDenominator));
    history.admit(day("2024-01-02"), 1, 0, 0, LOOKING);
    history.leave(day("2024-02-01"), 1, 0, RENTED);
    // At the end of March none is settled: the window of the third month opens on 1 April.
    let snapshot = history.known_on(day("2026-01-01"));
    let early = indicator(&snapshot, first_quarter(), 32);
    assert_eq!(early.value, Value::Undefined(Undefined::NoDenominator));
    assert_eq!(
        shares(&group(&early, "by_result").value),
        [("not_yet_due", 3)]
    );
    assert_eq!(
        (early.parts.numerator.count, early.parts.excluded.count),
        (0, 3)
    );
    // On 30 April the third month's is open, on 30 June it has been missed (on 2 June).
    let april = indicator(&snapshot, period("2024-04-01", "2024-04-30"), 32);
    assert_eq!(
        shares(&group(&april, "month_3_by_result").value),
        [("open", 1)]
    );
    let second = indicator(&snapshot, period("2024-04-01", "2024-06-30"), 32);
    assert_eq!(second.value, ratio(0, 1));
    let all = shares(&group(&second, "by_result").value);
    assert_eq!(all, [("missed", 1), ("not_yet_due", 2)]);
    let year = indicator(&snapshot, period("2024-01-01", "2025-12-31"), 32);
    assert_eq!(year.value, ratio(0, 3));
}

/// The trap: a cross join over cases and follow-ups. Three households, five records, and each
/// follow-up is one.
#[test]
fn each_follow_up_counts_once_in_the_period_it_was_settled_in() {
    use FollowUpMonth::*;
    use FollowUpResult::*;
    let mut history = History::with_dwellings(3);
    for number in 1..=3 {
        history.admit(day("2023-12-01"), number, number - 1, 2, LOOKING);
    }
    for number in 1..=3 {
        history.leave(day("2024-01-01"), number, 2, RENTED);
    }
    // Third month: 1 March to 1 May; sixth: 1 June to 1 August.
    history.record(day("2024-03-10"), asked(1, Month3, Unreachable));
    history.record(day("2024-03-20"), asked(1, Month3, Reached));
    history.record(day("2024-04-10"), asked(2, Month3, Refused));
    history.record(day("2024-06-20"), asked(1, Month6, Reached));
    // Out of any window of the third month: it settles nothing.
    history.record(day("2024-05-20"), asked(3, Month3, Reached));
    let snapshot = history.known_on(day("2024-12-31"));
    let of = |from: &str, to: &str| indicator(&snapshot, period(from, to), 32);
    let first = of("2024-01-01", "2024-03-31");
    assert_eq!(first.value, ratio(1, 1));
    let open = shares(&group(&first, "month_3_by_result").value);
    assert_eq!(open, [("done", 1), ("open", 2)]);
    // The second quarter: refused, missed on 2 May, and one reached in the sixth month.
    let second = of("2024-04-01", "2024-06-30");
    assert_eq!(second.value, ratio(1, 3));
    let results = shares(&group(&second, "by_result").value);
    let expected = [
        ("done", 1),
        ("refused", 1),
        ("missed", 1),
        ("open", 2),
        ("not_yet_due", 3),
    ];
    assert_eq!(results, expected);
    assert_eq!(group(&second, "month_3").value, ratio(0, 2));
    assert_eq!(group(&second, "month_6").value, ratio(1, 1));
    let none = Value::Undefined(Undefined::NoDenominator);
    assert_eq!(group(&second, "month_12").value, none);
    // By the half year together: three of the third month, one of the sixth.
    assert_eq!(of("2024-01-01", "2024-06-30").value, ratio(2, 4));
}

/// The trap: figures that look at how a case stands now, so that going on with it rewrites the last
/// quarter.
#[test]
fn what_happens_after_a_quarter_does_not_change_it() {
    let mut history = History::with_dwellings(1);
    history.admit(day("2024-01-02"), 1, 0, 1, LOOKING);
    history.record(day("2024-01-05"), spent(1));
    let before: Vec<Indicator> = evaluate(&history.known_on(day("2024-04-01")), first_quarter());
    history.leave(day("2024-04-05"), 1, 1, RENTED);
    history.income(day("2024-04-06"), 1, 300, 0);
    history.job(day("2024-04-07"), 1);
    let followed = asked(1, FollowUpMonth::Month3, FollowUpResult::Reached);
    history.record(day("2024-07-05"), followed);
    history.record(day("2024-07-06"), closes("2024-04-01", "2024-06-30"));
    let after = evaluate(&history.known_on(day("2024-12-31")), first_quarter());
    for (before, after) in before.iter().zip(&after) {
        assert_eq!(before, after, "indicator {}", before.number);
    }
}

#[test]
fn a_corrected_or_retracted_follow_up_is_what_stands() {
    let mut history = History::with_dwellings(1);
    history.admit(day("2024-01-02"), 1, 0, 0, LOOKING);
    history.leave(day("2024-02-01"), 1, 0, RENTED);
    let event = asked(1, FollowUpMonth::Month3, FollowUpResult::Reached);
    let at = history.record(day("2024-05-02"), event.clone());
    let second = period("2024-04-01", "2024-06-30");
    let value = |history: &History| {
        let snapshot = history.known_on(day("2024-12-31"));
        indicator(&snapshot, second, 32)
    };
    assert_eq!(value(&history).value, ratio(1, 1));
    let corrected = history.record(
        day("2024-05-03"),
        RecordCorrected {
            position: at,
            replacement: Replacement {
                occurred_on: day("2024-05-01"),
                event: Box::new(
                    asked(1, FollowUpMonth::Month3, FollowUpResult::Unreachable).into(),
                ),
            },
            reason: CorrectionReason::TypingError,
        },
    );
    let now = value(&history);
    assert_eq!(now.value, ratio(0, 1));
    assert_eq!(
        shares(&group(&now, "month_3_by_result").value),
        [("unreachable", 1)]
    );
    assert!(now.evidence.contains(&at) && now.evidence.contains(&corrected));
    let reason = CorrectionReason::DidNotHappen;
    history.record(
        day("2024-05-04"),
        RecordRetracted {
            position: at,
            reason,
        },
    );
    let gone = value(&history);
    assert_eq!(
        shares(&group(&gone, "month_3_by_result").value),
        [("missed", 1)]
    );
}

/// The trap: day 4 put in the band of the first three days, in both versions.
#[test]
fn day_four_is_in_the_second_band_of_late_ones() {
    let mut history = History::with_dwellings(1);
    for (number, recorded) in ["2024-01-10", "2024-01-13", "2024-01-14", "2024-01-16"]
        .into_iter()
        .enumerate()
    {
        history.record_late(day("2024-01-10"), day(recorded), spent(number as u128));
    }
    for recorded in ["2024-01-17", "2024-01-20", "2024-01-21"] {
        history.visit(day("2024-01-10"), day(recorded), 1);
    }
    let snapshot = history.known_on(day("2024-12-31"));
    let timeliness = indicator(&snapshot, period("2024-01-02", "2024-03-31"), 38);
    assert_eq!(timeliness.version, 2);
    let expected = [
        ("days_0", 1),
        ("days_1_3", 1),
        ("days_4_6", 2),
        ("days_7_10", 2),
        ("days_11_or_more", 1),
    ];
    assert_eq!(shares(&timeliness.value), expected);
}

/// What a report said with the first set of definitions, it says again.
#[test]
fn the_old_set_gives_what_it_gave() {
    let mut history = History::with_dwellings(1);
    history.admit(day("2024-01-02"), 1, 0, 0, LOOKING);
    history.record_late(day("2024-01-03"), day("2024-01-20"), spent(1));
    let snapshot = history.known_on(day("2024-12-31"));
    let first = definition_set(1).unwrap();
    let old = evaluate_with(first, &snapshot, first_quarter());
    let numbers: Vec<u16> = old.iter().map(|i| i.number).collect();
    assert_eq!(numbers, [6, 7, 8, 10, 11, 14, 15, 18, 22, 38]);
    assert!(old.iter().all(|i| i.version == 1));
    // The entry alone.
    let timeliness = old.iter().find(|i| i.number == 38).unwrap();
    assert_eq!(shares(&timeliness.value), [("days_0", 1)]);
    // Version 2 has the pilot's opening and the expense, written down seventeen days later, too.
    let new = evaluate(&snapshot, first_quarter());
    let timeliness = new.iter().find(|i| i.number == 38).unwrap();
    assert_eq!(timeliness.version, 2);
    let expected = [("days_0", 2), ("days_11_or_more", 1)];
    assert_eq!(shares(&timeliness.value), expected);
    // What did not change is the same.
    for of in old.iter().filter(|i| i.number != 38) {
        assert!(new.contains(of), "indicator {}", of.number);
    }
    let formula = |version| definition_of(38, version).unwrap().formula;
    assert_ne!(formula(1), formula(2));
    assert!(definition_set(0).is_none());
}

/// The trap: "not collected" shown where "not yet due" was meant.
#[test]
fn what_is_not_yet_due_is_neither_there_nor_missing() {
    let mut history = History::with_dwellings(1);
    let nothing = indicator(&history.known_on(day("2024-12-31")), first_quarter(), 39);
    assert_eq!(nothing.value, Value::Undefined(Undefined::NoDenominator));
    // A woman and a child of five: both with relation, birth and prior situation, she with her work.
    history.admit(day("2024-03-20"), 1, 0, 1, LOOKING);
    let snapshot = history.known_on(day("2024-12-31"));
    let first = indicator(&snapshot, first_quarter(), 39);
    assert_eq!(first.value, ratio(7, 7));
    // Not yet due: her income at entry (19 April), at exit, her work at exit, both destinations, and
    // the five answers of the exit.
    assert_eq!(first.parts.excluded.count, 10);
    let of = |indicator: &Indicator, code| shares(&group(indicator, code).value);
    assert_eq!(of(&first, "income_at_entry"), [("not_yet_due", 1)]);
    assert_eq!(of(&first, "destination"), [("not_yet_due", 2)]);
    // Nobody asked by 19 April: missing on the 20th.
    let second = indicator(&snapshot, period("2024-04-01", "2024-06-30"), 39);
    assert_eq!(second.value, ratio(0, 1));
    assert_eq!(of(&second, "income_at_entry"), [("not_collected", 1)]);
    assert_eq!(second.parts.unknown.count, 1);
}

#[test]
fn the_three_ways_of_missing_stay_apart() {
    let mut history = History::with_dwellings(1);
    history.admit(day("2024-01-02"), 1, 0, 0, LOOKING);
    history.leave(day("2024-02-01"), 1, 0, Answer::PrefersNotToAnswer);
    let reached = asked(1, FollowUpMonth::Month3, FollowUpResult::Reached);
    history.record(day("2024-05-01"), reached);
    let snapshot = history.known_on(day("2024-05-31"));
    let year = indicator(&snapshot, period("2024-01-01", "2024-12-31"), 39);
    let of = |code| shares(&group(&year, code).value);
    assert_eq!(of("destination"), [("prefers_not_to_answer", 1)]);
    assert_eq!(of("client_safety"), [("does_not_know", 1)]);
    assert_eq!(of("worker_safety"), [("not_collected", 1)]);
    assert_eq!(of("follow_up_housing"), [("known", 1), ("not_yet_due", 2)]);
    assert_eq!(
        of("follow_up_employment"),
        [("does_not_know", 1), ("not_yet_due", 2)]
    );
    assert_eq!(
        of("new_violence"),
        [("prefers_not_to_answer", 1), ("not_yet_due", 2)]
    );
    assert_eq!(
        of("follow_up_safety"),
        [("not_collected", 1), ("not_yet_due", 2)]
    );
    // Known: relation, birth, prior situation, work at entry, reason, completion, housing. Missing:
    // income twice, destination, work at exit, both safeties, the plan, three of the follow-up.
    assert_eq!(year.value, ratio(7, 17));
    assert_eq!(year.parts.unknown.count, 10);
    assert_eq!(year.parts.excluded.count, 8);
}

/// Two stays of one person, in two households: each is asked.
#[test]
fn two_stays_of_one_person_are_asked_twice() {
    let mut history = History::with_dwellings(1);
    history.admit(day("2024-01-02"), 1, 0, 0, LOOKING);
    history.leave(day("2024-02-01"), 1, 0, RENTED);
    let mut again = history.facts[3].event.clone();
    if let Event::Admission(admission) = &mut again {
        admission.household = household(9);
    }
    history.record(day("2024-03-01"), again);
    let snapshot = history.known_on(day("2024-12-31"));
    let first = indicator(&snapshot, first_quarter(), 39);
    let of = |code| shares(&group(&first, code).value);
    assert_eq!(of("birth"), [("known", 2)]);
    assert_eq!(of("destination"), [("known", 1), ("not_yet_due", 1)]);
}

/// Two households; the first quarter is closed on 10 April; what comes after that about it is late.
fn with_late_facts() -> (History, [Position; 4]) {
    let mut history = History::with_dwellings(2);
    history.admit(day("2024-01-02"), 1, 0, 0, LOOKING);
    history.admit(day("2024-01-02"), 2, 1, 0, LOOKING);
    history.visit(day("2024-01-05"), day("2024-01-05"), 1);
    history.record(day("2024-04-10"), closes("2024-01-01", "2024-03-31"));
    let april = day("2024-04-20");
    // Her exit moves figures of exits, nights, stays.
    let exit = history.leave_recorded(day("2024-03-01"), april, 1, 0, RENTED);
    // A visit moves the count of facts and nothing else.
    let visit = history.visit(day("2024-02-01"), april, 2);
    history.visit(day("2024-04-15"), april, 2);
    let expense = history.record_late(day("2024-02-01"), april, spent(1));
    let reason = CorrectionReason::DidNotHappen;
    let position = visit;
    let retraction = history.record_late(april, april, RecordRetracted { position, reason });
    (history, [exit, visit, expense, retraction])
}

#[test]
fn late_facts_are_counted_with_what_they_move() {
    let (history, [exit, visit, expense, retraction]) = with_late_facts();
    let snapshot = history.known_on(day("2024-12-31"));
    let late = late_facts(newest_set(), &snapshot, first_quarter());
    let positions: Vec<Position> = late.iter().map(|late| late.position).collect();
    assert_eq!(positions, [exit, visit, expense, retraction]);
    // People served (6) stay two, and both stays had lasted equally long (11); no income is known with
    // it or without (22). Nights end earlier (7, 8, and what one costs, 34), the flat is empty (9),
    // somebody left (10, 12, 14, 15, 16, 36) without an extension (13), her time without a job ends with
    // the stay (18, 19), weeks of contact are fewer (26), follow-ups come to be due (32), one more fact
    // was written down late (38), and its answers are there (39).
    let moved = late[0].moves.clone().unwrap();
    assert_eq!(
        moved,
        [
            7, 8, 9, 10, 12, 13, 14, 15, 16, 18, 19, 26, 32, 34, 36, 38, 39
        ]
    );
    // The visit was retracted: without both nothing is another.
    assert_eq!(late[1].moves, Some(vec![]));
    // Without the retraction the visit counts.
    assert_eq!(late[3].moves, Some(vec![26, 38]));
    // A snapshot does not know what the pilot's own facts move; the history does.
    assert_eq!(late[2].moves, None);
    let traced = late_facts_of(newest_set(), PILOT, &history.facts, first_quarter());
    let same: Vec<Position> = traced.iter().map(|late| late.position).collect();
    assert_eq!(same, positions);
    assert_eq!(traced[2].moves, Some(vec![34, 35, 36, 38]));
    for at in [1, 3] {
        assert_eq!(traced[at].moves, late[at].moves);
    }

    let indicator = indicator(&snapshot, first_quarter(), 40);
    assert_eq!(indicator.value, Value::Count(4));
    let count = |code| group(&indicator, code).value.clone();
    assert_eq!(count("moving"), Value::Count(2));
    assert_eq!(count("moving_nothing"), Value::Count(1));
    assert_eq!(count("untraced"), Value::Count(1));
    let by_indicator = shares(&group(&indicator, "by_indicator").value);
    assert!(
        by_indicator.contains(&("timeliness", 2)),
        "{by_indicator:?}"
    );
    assert!(
        by_indicator.contains(&("exits_to_stable_housing", 1)),
        "{by_indicator:?}"
    );
}

#[test]
fn without_a_closed_period_nothing_is_late() {
    let (mut history, _) = with_late_facts();
    let empty = indicator(&Snapshot::empty(PILOT), first_quarter(), 40);
    assert_eq!(empty.value, Value::Count(0));
    // The second quarter was not closed.
    let snapshot = history.known_on(day("2024-12-31"));
    let second = indicator(&snapshot, period("2024-04-01", "2024-06-30"), 40);
    assert_eq!(second.value, Value::Count(0));
    // Opened again, the first is not either.
    let closure = history
        .facts
        .iter()
        .find(|fact| matches!(fact.event, Event::PeriodClosed(_)))
        .unwrap()
        .position;
    let reason = CorrectionReason::DidNotHappen;
    let retraction = RecordRetracted {
        position: closure,
        reason,
    };
    history.record(day("2024-05-01"), retraction);
    let first = indicator(&history.known_on(day("2024-12-31")), first_quarter(), 40);
    assert_eq!(first.value, Value::Count(0));
}

/// The facts at these places, and those that say what there is: the pilot, its dwellings, and the
/// households these facts are about.
fn only(facts: &[Fact], evidence: &[Position]) -> Vec<Fact> {
    let named: BTreeSet<Position> = evidence.iter().copied().collect();
    let at = |fact: &&Fact| named.contains(&fact.position);
    let households: BTreeSet<_> = facts
        .iter()
        .filter(at)
        .filter_map(|fact| fact.event.household())
        .collect();
    let there = |fact: &&Fact| match &fact.event {
        Event::PilotOpened(_) | Event::DwellingRegistered(_) => true,
        Event::Admission(admission) => households.contains(&admission.household),
        _ => false,
    };
    let some = facts.iter().filter(|fact| at(fact) || there(fact));
    some.cloned().collect()
}

/// One household's life, by day: entry, exit, incomes, follow-ups (month, day after the exit, result).
#[derive(Clone, Debug)]
struct Life {
    entry: u64,
    stay: Option<u64>,
    children: u128,
    incomes: Vec<(u64, u8)>,
    follow_ups: Vec<(u8, u64, u8)>,
    destination: u8,
    /// Days by which the exit is written down later.
    late: u64,
    retracted: bool,
}

fn life() -> impl Strategy<Value = Life> {
    (
        (0_u64..150, proptest::option::of(0_u64..120), 0_u128..2),
        proptest::collection::vec((0_u64..90, 0_u8..3), 0..3),
        proptest::collection::vec((0_u8..3, 30_u64..400, 0_u8..3), 0..4),
        (0_u8..4, 0_u64..200, proptest::bool::weighted(0.2)),
    )
        .prop_map(
            |((entry, stay, children), incomes, follow_ups, (destination, late, retracted))| Life {
                entry,
                stay,
                children,
                incomes,
                follow_ups,
                destination,
                late,
                retracted,
            },
        )
}

fn told(lives: &[Life], rules: Option<u64>, closure: u64) -> History {
    let start = day("2024-01-01");
    let after = |days: u64| start + chrono::Days::new(days);
    let mut history = History::with_dwellings(lives.len() as u128);
    if let Some(on) = rules {
        for (days, ask_citizenship) in [(0, true), (40, false)] {
            let rules = RulesSet {
                approve_expenses_above: None,
                confirm_admission: false,
                confirm_exit: false,
                ask_citizenship,
                unseen_after_days: 14,
                retention: None,
            };
            history.record(after(on + days), rules);
        }
    }
    for (number, life) in lives.iter().enumerate() {
        let number = number as u128;
        history.admit(after(life.entry), number, number, life.children, LOOKING);
        for (on, kind) in &life.incomes {
            let kind = usize::from(*kind);
            let stages = [IncomeStage::Entry, IncomeStage::Exit, IncomeStage::Entry];
            let income = IncomeRecorded {
                household: household(number),
                person: crate::history::person(number * 10),
                stage: stages[kind],
                income: [
                    Answer::Known(Income::default()),
                    Answer::DoesNotKnow,
                    Answer::NotCollected,
                ][kind]
                    .clone(),
            };
            history.record(after(life.entry + on), income);
        }
    }
    let (from, to) = (start, after(closure));
    history.record(after(closure + 1), PeriodClosed { from, to });
    for (number, life) in lives.iter().enumerate() {
        let number = number as u128;
        let Some(stay) = life.stay else { continue };
        let exit = life.entry + stay;
        let to = [
            RENTED,
            Answer::Known(LivingSituation::Deceased),
            Answer::DoesNotKnow,
            Answer::NotCollected,
        ][usize::from(life.destination)];
        let recorded = after(exit + life.late);
        let position = history.leave_recorded(after(exit), recorded, number, life.children, to);
        for (month, days, result) in &life.follow_ups {
            let month = [
                FollowUpMonth::Month3,
                FollowUpMonth::Month6,
                FollowUpMonth::Month12,
            ][usize::from(*month)];
            let result = [
                FollowUpResult::Reached,
                FollowUpResult::Unreachable,
                FollowUpResult::Refused,
            ][usize::from(*result)];
            history.record(after(exit + days), asked(number, month, result));
        }
        if life.retracted {
            let reason = CorrectionReason::DidNotHappen;
            let retraction = RecordRetracted { position, reason };
            history.record(after(exit + 1), retraction);
        }
    }
    history.record_late(after(20), after(300), spent(1));
    history
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Every number comes out again from the facts it names.
    #[test]
    fn evidence_is_enough(
        lives in proptest::collection::vec(life(), 0..4),
        rules in proptest::option::of(0_u64..60),
        closure in 10_u64..200,
        from in 0_u64..300,
        length in 0_u64..300,
    ) {
        let history = told(&lives, rules, closure);
        let whole = history.known_on(day("2026-01-01"));
        let from = day("2024-01-01") + chrono::Days::new(from);
        let period = Period::new(from, from + chrono::Days::new(length)).unwrap();
        let all = evaluate(&whole, period);
        for indicator in all.iter().filter(|i| [32, 38, 39, 40].contains(&i.number)) {
            let mut part = Snapshot::fold(PILOT, &only(&history.facts, &indicator.evidence));
            part.recorded_at = whole.recorded_at;
            let again = evaluate(&part, period);
            let again = again.into_iter().find(|i| i.number == indicator.number).unwrap();
            let values = |of: &Indicator| {
                let groups = of.groups.iter().map(|g| (g.value.clone(), g.parts.unknown.count));
                groups.chain([(of.value.clone(), of.parts.excluded.count)]).collect::<Vec<_>>()
            };
            prop_assert_eq!(values(&again), values(indicator), "indicator {}", indicator.number);
        }
    }

    /// What a snapshot finds out about late facts is what the whole history says.
    #[test]
    fn a_snapshot_traces_what_the_history_traces(
        lives in proptest::collection::vec(life(), 1..3),
        closure in 10_u64..200,
    ) {
        let history = told(&lives, None, closure);
        let snapshot = history.snapshot();
        let period = period("2024-01-01", "2024-12-31");
        let of_history = late_facts_of(newest_set(), PILOT, &history.facts, period);
        let of_snapshot = late_facts(newest_set(), &snapshot, period);
        prop_assert_eq!(of_history.len(), of_snapshot.len());
        for (known, found) in of_history.iter().zip(&of_snapshot) {
            prop_assert_eq!(known.position, found.position);
            prop_assert!(found.moves.is_none() || found.moves == known.moves, "{:?} {:?}", known, found);
        }
    }

    /// Each follow-up is settled in one period: three for everybody who left, however the time is cut.
    #[test]
    fn every_follow_up_is_settled_once(lives in proptest::collection::vec(life(), 1..4), cut in 1_u64..700) {
        let history = told(&lives, None, 10);
        let snapshot = history.known_on(day("2026-12-31"));
        let start = day("2024-01-01");
        let middle = start + chrono::Days::new(cut);
        let next = middle + chrono::Days::new(1);
        let due = |from, to| {
            let indicator = indicator(&snapshot, Period::new(from, to).unwrap(), 32);
            indicator.parts.denominator.count
        };
        let end = day("2026-12-31");
        prop_assert_eq!(due(start, middle) + due(next, end), due(start, end));
    }
}
