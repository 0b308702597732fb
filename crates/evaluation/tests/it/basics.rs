//! The indicators on small histories: conventions, traps, and the evidence behind every number.

use std::collections::BTreeSet;

use crate::history::{History, PILOT, day, dwelling, household, known_age, member, person};
use evaluation::{
    Group, Indicator, Period, Undefined, Value, definition_set, evaluate, evaluate_with,
};
use events::codes::{CorrectionReason, EmploymentStatus, LivingSituation, Relation};
use events::{
    Answer, DwellingUnavailable, Event, Fact, HouseholdMemberJoined, HouseholdMemberLeft, Position,
    RecordCorrected, RecordRetracted, Replacement,
};
use projections::Snapshot;
use proptest::prelude::*;

const LOOKING: Answer<EmploymentStatus> = Answer::Known(EmploymentStatus::Looking);
const EMPLOYED: Answer<EmploymentStatus> = Answer::Known(EmploymentStatus::Employed);
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

/// As the first set of definitions has it.
fn as_at_first(snapshot: &Snapshot, period: Period, number: u16) -> Indicator {
    evaluate_with(definition_set(1).unwrap(), snapshot, period)
        .into_iter()
        .find(|i| i.number == number)
        .unwrap()
}

fn group<'a>(indicator: &'a Indicator, code: &str) -> &'a Group {
    indicator.groups.iter().find(|g| g.code == code).unwrap()
}

fn count_of(value: &Value, code: &str) -> u64 {
    let Value::Distribution(shares) = value else {
        panic!("{value:?} is no distribution")
    };
    shares.iter().find(|s| s.code == code).unwrap().count
}

#[test]
fn nothing_is_undefined_and_never_zero() {
    let empty = Snapshot::empty(PILOT);
    for number in [7, 8, 14] {
        let value = indicator(&empty, first_quarter(), number).value;
        assert_eq!(
            value,
            Value::Undefined(Undefined::NoDenominator),
            "{number}"
        );
    }
    for number in [10, 11, 18, 22] {
        let value = indicator(&empty, first_quarter(), number).value;
        assert_eq!(
            value,
            Value::Undefined(Undefined::NothingToMeasure),
            "{number}"
        );
    }
    // Nobody served is a number.
    assert_eq!(indicator(&empty, first_quarter(), 6).value, Value::Count(0));
}

#[test]
fn a_night_belongs_to_a_stay_up_to_the_day_before_the_exit() {
    let mut history = History::with_dwellings(1);
    history.admit(day("2024-01-10"), 1, 0, 2, LOOKING);
    history.leave(day("2024-02-01"), 1, 2, RENTED);
    let snapshot = history.known_on(day("2024-12-31"));
    // 31 January is the last night: nobody slept there in February.
    let january = indicator(&snapshot, period("2024-01-01", "2024-01-31"), 6);
    assert_eq!(january.value, Value::Count(3));
    assert_eq!(group(&january, "adults").value, Value::Count(1));
    assert_eq!(group(&january, "children").value, Value::Count(2));
    let february = period("2024-02-01", "2024-02-29");
    let later = indicator(&snapshot, february, 6);
    assert_eq!(group(&later, "with_a_night").value, Value::Count(0));
    // They left in February all the same, after 22 nights: leavers are among those served.
    assert_eq!(later.value, Value::Count(3));
    assert_eq!(indicator(&snapshot, february, 10).value, Value::Days(22));
    let of = |period, number| indicator(&snapshot, period, number).value;
    let rate = |numerator, denominator| Value::Rate {
        numerator,
        denominator,
    };
    assert_eq!(of(period("2024-01-01", "2024-01-31"), 7), rate(22, 31));
    assert_eq!(of(period("2024-01-01", "2024-01-31"), 8), rate(66, 93));
    assert_eq!(of(february, 7), rate(0, 29));
}

#[test]
fn entry_and_exit_on_one_day_count_one_night() {
    let mut history = History::with_dwellings(1);
    history.admit(day("2024-01-10"), 1, 0, 0, LOOKING);
    history.leave(day("2024-01-10"), 1, 0, RENTED);
    let snapshot = history.known_on(day("2024-12-31"));
    assert_eq!(
        indicator(&snapshot, period("2024-01-10", "2024-01-10"), 6).value,
        Value::Count(1)
    );
    assert_eq!(
        indicator(&snapshot, period("2024-01-11", "2024-01-31"), 6).value,
        Value::Count(0)
    );
    let occupancy = indicator(&snapshot, first_quarter(), 7);
    assert_eq!(
        occupancy.value,
        Value::Rate {
            numerator: 1,
            denominator: 91
        }
    );
}

#[test]
fn an_open_stay_ends_where_knowledge_ends() {
    let mut history = History::with_dwellings(1);
    history.admit(day("2024-01-10"), 1, 0, 0, LOOKING);
    // Ten days later: ten nights of nineteen that have come.
    let early = history.known_on(day("2024-01-20"));
    let occupancy = indicator(&early, first_quarter(), 7);
    assert_eq!(
        occupancy.value,
        Value::Rate {
            numerator: 10,
            denominator: 19
        }
    );
    assert_eq!(
        indicator(&early, first_quarter(), 11).value,
        Value::Days(10)
    );
    // After the period: period end - entry + 1.
    let late = history.known_on(day("2024-12-31"));
    assert_eq!(indicator(&late, first_quarter(), 11).value, Value::Days(82));
    assert_eq!(
        indicator(&late, first_quarter(), 7).value,
        Value::Rate {
            numerator: 82,
            denominator: 91
        }
    );
}

#[test]
fn closing_a_case_later_rewrites_nothing() {
    let mut history = History::with_dwellings(2);
    history.admit(day("2024-01-10"), 1, 0, 1, LOOKING);
    history.admit(day("2024-02-10"), 2, 1, 0, EMPLOYED);
    history.income(day("2024-01-12"), 1, 0, 500);
    history.income(day("2024-03-12"), 1, 300, 500);
    history.job(day("2024-03-01"), 1);
    let before = evaluate(&history.known_on(day("2024-04-02")), first_quarter());
    // In April she leaves, earns more and finds another job.
    history.income(day("2024-04-10"), 1, 900, 0);
    history.job(day("2024-04-11"), 1);
    history.leave(day("2024-04-20"), 1, 1, RENTED);
    let young = member(
        29,
        Relation::Partner,
        known_age(30, day("2024-04-01")),
        LOOKING,
    );
    history.record(
        day("2024-04-21"),
        HouseholdMemberJoined {
            household: household(2),
            member: young,
        },
    );
    history.record(
        day("2024-04-22"),
        HouseholdMemberLeft {
            household: household(2),
            person: person(20),
            destination: RENTED,
            employment: LOOKING,
            new_head: Some(person(29)),
        },
    );
    let after = evaluate(&history.known_on(day("2024-06-30")), first_quarter());
    assert_eq!(before, after);
    let stayers = after.iter().find(|i| i.number == 11).unwrap();
    assert!(
        matches!(stayers.value, Value::Days(_)),
        "both are still stayers"
    );
    assert_eq!(stayers.parts.numerator.count, 3);
}

#[test]
fn a_late_record_of_an_exit_counts_from_when_it_is_known() {
    let mut history = History::with_dwellings(1);
    history.admit(day("2024-01-10"), 1, 0, 0, LOOKING);
    let then = history.known_on(day("2024-04-01"));
    history.leave_recorded(day("2024-03-20"), day("2024-04-10"), 1, 0, RENTED);
    let now = history.snapshot();
    assert_eq!(
        indicator(&then, first_quarter(), 11).parts.numerator.count,
        1
    );
    assert_eq!(
        indicator(&now, first_quarter(), 11).parts.numerator.count,
        0
    );
    assert_eq!(indicator(&now, first_quarter(), 10).value, Value::Days(70));
}

#[test]
fn day_four_is_not_in_the_first_three() {
    let mut history = History::with_dwellings(1);
    let entry = history.admit(day("2024-01-10"), 1, 0, 0, LOOKING);
    for (on, recorded) in [
        ("2024-01-10", "2024-01-10"),
        ("2024-01-10", "2024-01-13"),
        ("2024-01-10", "2024-01-14"),
        ("2024-01-10", "2024-01-16"),
        ("2024-01-10", "2024-01-17"),
        ("2024-01-10", "2024-01-20"),
        ("2024-01-10", "2024-01-21"),
        // Planned: written down before it happened.
        ("2024-02-01", "2024-01-22"),
    ] {
        history.visit(day(on), day(recorded), 1);
    }
    let timeliness = as_at_first(&history.known_on(day("2024-12-31")), first_quarter(), 38);
    let band = |code| count_of(&timeliness.value, code);
    assert_eq!(band("days_0"), 2);
    assert_eq!(band("days_1_3"), 1);
    assert_eq!(band("days_4_6"), 2);
    assert_eq!(band("days_7_10"), 2);
    assert_eq!(band("days_11_or_more"), 1);
    assert_eq!(timeliness.parts.excluded.count, 1);
    assert!(timeliness.evidence.contains(&entry));
}

#[test]
fn corrections_move_the_day_and_retractions_take_it_out() {
    let mut history = History::with_dwellings(1);
    history.admit(day("2024-01-10"), 1, 0, 0, LOOKING);
    let visit = history.visit(day("2024-01-11"), day("2024-01-12"), 1);
    let wrong = history.visit(day("2024-01-12"), day("2024-01-12"), 1);
    let Event::Visit(content) = history.facts[visit as usize - 1].event.clone() else {
        panic!("a visit")
    };
    // A month later: it was on 2 January, ten days before it was written down.
    let correction = history.record(
        day("2024-02-12"),
        RecordCorrected {
            position: visit,
            replacement: Replacement {
                occurred_on: day("2024-01-02"),
                event: Box::new(content.into()),
            },
            reason: CorrectionReason::WrongDate,
        },
    );
    history.record(
        day("2024-02-12"),
        RecordRetracted {
            position: wrong,
            reason: CorrectionReason::DidNotHappen,
        },
    );
    let timeliness = as_at_first(&history.snapshot(), first_quarter(), 38);
    assert_eq!(
        timeliness.parts.numerator.count, 2,
        "the entry and the corrected visit"
    );
    assert_eq!(count_of(&timeliness.value, "days_7_10"), 1);
    assert!(timeliness.evidence.contains(&correction));
    assert!(!timeliness.evidence.contains(&wrong));
}

#[test]
fn an_unavailable_dwelling_is_left_out_unless_somebody_lives_there() {
    let mut history = History::with_dwellings(2);
    history.admit(day("2024-01-01"), 1, 0, 0, LOOKING);
    for flat in [0, 1] {
        history.record(
            day("2024-03-01"),
            DwellingUnavailable {
                dwelling: dwelling(flat),
                reason: events::codes::UnavailableReason::Works,
            },
        );
    }
    let occupancy = indicator(&history.known_on(day("2024-12-31")), first_quarter(), 7);
    assert_eq!(
        occupancy.value,
        Value::Rate {
            numerator: 91,
            denominator: 91 + 60
        }
    );
    assert_eq!(occupancy.parts.excluded.count, 31);
}

#[test]
fn stable_housing_under_both_mappings() {
    let mut history = History::with_dwellings(8);
    let destinations = [
        RENTED,
        Answer::Known(LivingSituation::PermanentSupportive),
        Answer::Known(LivingSituation::SecondStage),
        Answer::Known(LivingSituation::ReturnedToAbuser),
        Answer::Known(LivingSituation::Deceased),
        Answer::Known(LivingSituation::Hospital),
        Answer::Known(LivingSituation::NoExitInterview),
        Answer::NotCollected,
    ];
    for number in 0..destinations.len() {
        history.admit(
            day("2024-01-02"),
            number as u128,
            number as u128,
            0,
            LOOKING,
        );
    }
    for (number, destination) in destinations.iter().enumerate() {
        history.leave(day("2024-02-01"), number as u128, 0, *destination);
    }
    let stable = indicator(&history.snapshot(), first_quarter(), 14);
    assert_eq!(
        stable.value,
        Value::Ratio {
            numerator: 1,
            denominator: 6
        }
    );
    assert_eq!(
        group(&stable, "hud_permanent").value,
        Value::Ratio {
            numerator: 2,
            denominator: 6
        }
    );
    assert_eq!(stable.parts.excluded.count, 2);
    assert_eq!(stable.parts.unknown.count, 2);
    let exits = indicator(&history.snapshot(), first_quarter(), 15);
    assert_eq!(exits.value, Value::Count(8));
    let destination = &group(&exits, "destination").value;
    assert_eq!(count_of(destination, "returned_to_abuser"), 1);
    assert_eq!(count_of(destination, "not_collected"), 1);
    // The three ways of a missing answer stay apart.
    assert_eq!(
        count_of(&group(&exits, "client_safety").value, "does_not_know"),
        8
    );
    assert_eq!(
        count_of(&group(&exits, "worker_safety").value, "not_collected"),
        8
    );
    assert_eq!(group(&exits, "client_safety").parts.unknown.count, 8);
}

#[test]
fn first_jobs_are_counted_once_and_the_employed_are_left_out() {
    let mut history = History::with_dwellings(4);
    history.admit(day("2024-01-01"), 1, 0, 2, LOOKING);
    history.admit(day("2024-01-01"), 2, 1, 0, EMPLOYED);
    history.admit(day("2024-01-01"), 3, 2, 0, Answer::NotCollected);
    history.admit(day("2024-01-01"), 4, 3, 0, LOOKING);
    // Two jobs, three visits, two incomes: still one woman and one event.
    for on in ["2024-01-31", "2024-02-20"] {
        history.job(day(on), 1);
        history.income(day(on), 1, 400, 0);
        history.visit(day(on), day(on), 1);
    }
    history.leave(day("2024-03-01"), 4, 0, RENTED);
    let jobs = indicator(&history.known_on(day("2024-12-31")), first_quarter(), 18);
    let Value::Survival(survival) = &jobs.value else {
        panic!("{:?}", jobs.value)
    };
    assert_eq!(survival.median, Some(30));
    assert_eq!(survival.curve.len(), 2);
    assert_eq!(
        (survival.curve[0].at_risk, survival.curve[0].events),
        (2, 1)
    );
    assert_eq!((survival.curve[1].day, survival.curve[1].censored), (60, 1));
    assert_eq!(
        (jobs.parts.numerator.count, jobs.parts.denominator.count),
        (1, 2)
    );
    assert_eq!(
        (jobs.parts.excluded.count, jobs.parts.unknown.count),
        (1, 1)
    );
    assert_eq!(
        indicator(&history.snapshot(), first_quarter(), 6).value,
        Value::Count(6)
    );
}

#[test]
fn income_change_is_between_the_first_and_the_last_known() {
    let mut history = History::with_dwellings(3);
    for number in 1..=3 {
        history.admit(day("2024-01-01"), number, number - 1, 1, LOOKING);
    }
    history.income(day("2024-01-05"), 1, 0, 500);
    history.income(day("2024-02-05"), 1, 100, 500);
    history.income(day("2024-03-05"), 1, 800, 0);
    history.income(day("2024-01-05"), 2, 0, 500);
    history.income(day("2024-03-05"), 2, 0, 450);
    history.income(day("2024-03-05"), 3, 0, 450);
    let change = indicator(&history.snapshot(), first_quarter(), 22);
    assert_eq!(change.value, Value::Money("125".parse().unwrap()));
    assert_eq!(
        group(&change, "earned").value,
        Value::Money("400".parse().unwrap())
    );
    assert_eq!(
        group(&change, "total_increased").value,
        Value::Ratio {
            numerator: 1,
            denominator: 2
        }
    );
    assert_eq!(change.parts.unknown.count, 1);
    assert_eq!(change.parts.excluded.count, 3, "children nobody asked");
}

#[test]
fn an_age_nobody_knows_is_neither_adult_nor_child() {
    let mut history = History::with_dwellings(1);
    history.admit(day("2024-01-01"), 1, 0, 0, LOOKING);
    history.record(
        day("2024-02-01"),
        HouseholdMemberJoined {
            household: household(1),
            member: member(
                11,
                Relation::Child,
                Answer::DoesNotKnow,
                Answer::NotCollected,
            ),
        },
    );
    let served = indicator(&history.known_on(day("2024-12-31")), first_quarter(), 6);
    assert_eq!(served.value, Value::Count(2));
    assert_eq!(group(&served, "unknown").value, Value::Count(1));
    assert_eq!(served.parts.unknown.count, 1);
    assert!(known_age(5, day("2024-01-01")).known().is_some());
}

#[test]
fn a_period_has_a_first_and_a_last_day() {
    assert!(Period::new(day("2024-02-01"), day("2024-01-31")).is_err());
    assert!(Period::new(day("1000-02-01"), day("2024-01-31")).is_err());
    assert!(Period::new(day("2024-02-01"), day("2024-02-01")).is_ok());
}

/// The facts at these places, and those that say what there is: the pilot, its dwellings, and the
/// households these facts are about.
fn only(facts: &[Fact], evidence: &[Position]) -> Vec<Fact> {
    let named: BTreeSet<Position> = evidence.iter().copied().collect();
    let households: BTreeSet<_> = facts
        .iter()
        .filter(|fact| named.contains(&fact.position))
        .filter_map(|fact| fact.event.household())
        .collect();
    facts
        .iter()
        .filter(|fact| {
            named.contains(&fact.position)
                || match &fact.event {
                    Event::PilotOpened(_) | Event::DwellingRegistered(_) => true,
                    Event::Admission(admission) => households.contains(&admission.household),
                    _ => false,
                }
        })
        .cloned()
        .collect()
}

/// One household's life: flat, entry, stay, children, exits, jobs and incomes by day of stay.
#[derive(Clone, Debug)]
struct Life {
    entry: u64,
    stay: Option<u64>,
    children: u128,
    working: u8,
    destination: u8,
    jobs: Vec<u64>,
    incomes: Vec<(u64, i64, i64)>,
    visits: Vec<(u64, u64)>,
}

fn life() -> impl Strategy<Value = Life> {
    (
        0_u64..200,
        proptest::option::of(0_u64..150),
        0_u128..3,
        0_u8..3,
        0_u8..5,
        proptest::collection::vec(0_u64..150, 0..3),
        proptest::collection::vec((0_u64..150, 0_i64..900, 0_i64..900), 0..4),
        proptest::collection::vec((0_u64..150, 0_u64..15), 0..3),
    )
        .prop_map(
            |(entry, stay, children, working, destination, jobs, incomes, visits)| Life {
                entry,
                stay,
                children,
                working,
                destination,
                jobs,
                incomes,
                visits,
            },
        )
}

fn told(lives: &[Life]) -> History {
    let mut history = History::with_dwellings(lives.len() as u128);
    let start = day("2024-01-01");
    for (number, life) in lives.iter().enumerate() {
        let number = number as u128;
        let entry = start + chrono::Days::new(life.entry);
        let after = |days: u64| entry + chrono::Days::new(days);
        let last = life.stay.unwrap_or(150);
        let working = [LOOKING, EMPLOYED, Answer::PrefersNotToAnswer][life.working as usize];
        history.admit(entry, number, number, life.children, working);
        for job in life.jobs.iter().filter(|job| **job <= last) {
            history.job(after(*job), number);
        }
        for (on, earned, other) in life.incomes.iter().filter(|(on, ..)| *on <= last) {
            history.income(after(*on), number, *earned, *other);
        }
        for (on, delay) in life.visits.iter().filter(|(on, _)| *on <= last) {
            history.visit(after(*on), after(on + delay), number);
        }
        if let Some(stay) = life.stay {
            let destination = [
                RENTED,
                Answer::Known(LivingSituation::SecondStage),
                Answer::Known(LivingSituation::Deceased),
                Answer::Known(LivingSituation::PermanentSupportive),
                Answer::DoesNotKnow,
            ][life.destination as usize];
            history.leave(after(stay), number, life.children, destination);
        }
    }
    history
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Every number comes out again from the facts it names.
    #[test]
    fn evidence_is_enough(lives in proptest::collection::vec(life(), 0..5), from in 0_u64..200, length in 0_u64..120) {
        let history = told(&lives);
        let whole = history.known_on(day("2025-01-01"));
        let from = day("2024-01-01") + chrono::Days::new(from);
        let period = Period::new(from, from + chrono::Days::new(length)).unwrap();
        for indicator in evaluate(&whole, period) {
            let mut sorted = indicator.evidence.clone();
            sorted.sort_unstable();
            sorted.dedup();
            prop_assert_eq!(&sorted, &indicator.evidence);
            let mut part = Snapshot::fold(PILOT, &only(&history.facts, &indicator.evidence));
            part.recorded_at = whole.recorded_at;
            let again = evaluate(&part, period).into_iter().find(|i| i.number == indicator.number).unwrap();
            let values = |of: &Indicator| {
                let groups = of.groups.iter().map(|g| (g.value.clone(), g.parts.unknown.count));
                groups.chain([(of.value.clone(), of.parts.excluded.count)]).collect::<Vec<_>>()
            };
            prop_assert_eq!(values(&again), values(&indicator), "indicator {}", indicator.number);
        }
    }

    /// A share never has more above than below, and what is counted twice is counted once.
    #[test]
    fn shares_are_shares(lives in proptest::collection::vec(life(), 0..5)) {
        let snapshot = told(&lives).known_on(day("2025-01-01"));
        for indicator in evaluate(&snapshot, period("2024-01-01", "2024-12-31")) {
            let values = indicator.groups.iter().map(|g| &g.value).chain([&indicator.value]);
            for value in values {
                if let Value::Ratio { numerator, denominator } | Value::Rate { numerator, denominator } = value {
                    prop_assert!(numerator <= denominator && *denominator > 0, "{indicator:?}");
                }
            }
        }
    }
}
