//! Costs, budget and committee, on histories small enough to compute by hand.

use crate::history::*;
use evaluation::{Amount, Group, Indicator, Period, Undefined, Value, evaluate};
use events::codes::*;
use events::*;
use projections::Snapshot;
use uuid::Uuid;

const RENTED: Answer<LivingSituation> = Answer::Known(LivingSituation::Rented);
const LOOKING: Answer<EmploymentStatus> = Answer::Known(EmploymentStatus::Looking);

fn period(from: &str, to: &str) -> Period {
    Period::new(day(from), day(to)).expect("a period")
}

fn indicator(snapshot: &Snapshot, period: Period, number: u16) -> Indicator {
    let all = evaluate(snapshot, period);
    all.into_iter()
        .find(|one| one.number == number)
        .expect("the indicator")
}

fn group<'a>(indicator: &'a Indicator, code: &str) -> &'a Group {
    let mut groups = indicator.groups.iter();
    groups.find(|group| group.code == code).expect("the group")
}

fn euros(amount: i64) -> Value {
    Value::Money(Money::from(amount))
}

fn foundation() -> PartnerId {
    PartnerId(Uuid::from_u128(0x6001))
}

fn expense(number: u128) -> ExpenseId {
    ExpenseId(Uuid::from_u128(0x7000 + number))
}

fn spend(
    history: &mut History,
    on: &str,
    number: u128,
    line: ExpenseLine,
    amount: i64,
) -> Position {
    history.record(
        day(on),
        ExpenseRecorded {
            expense: expense(number),
            line,
            source: Some(foundation()),
            amount: Money::from(amount),
            description: "Spesa".into(),
        },
    )
}

fn ask_approval_above(history: &mut History, on: &str, above: i64) -> Position {
    history.record(
        day(on),
        RulesSet {
            approve_expenses_above: Some(Money::from(above)),
            confirm_admission: false,
            confirm_exit: false,
            ask_citizenship: false,
            unseen_after_days: 30,
            retention: None,
        },
    )
}

/// One household in the flat from 10 to 31 January 2024 (21 nights), gone to a rented flat with her child.
fn one_stay() -> History {
    let mut history = History::with_dwellings(1);
    history.admit(day("2024-01-10"), 1, 0, 1, LOOKING);
    history.leave(day("2024-01-31"), 1, 1, RENTED);
    history
}

#[test]
fn a_cost_needs_something_that_was_bought() {
    let mut history = History::with_dwellings(1);
    spend(&mut history, "2024-01-05", 1, ExpenseLine::Utilities, 100);
    let snapshot = history.known_on(day("2024-06-30"));
    let january = period("2024-01-01", "2024-01-31");
    for number in [34, 36] {
        let one = indicator(&snapshot, january, number);
        // Never 0, and never the whole spend for nothing.
        assert_eq!(
            one.value,
            Value::Undefined(Undefined::NoDenominator),
            "{number}"
        );
        assert_eq!(one.parts.numerator.count, 1, "{number}");
    }
}

#[test]
fn a_night_costs_what_running_the_pilot_cost_that_month() {
    let mut history = one_stay();
    ask_approval_above(&mut history, "2024-01-01", 500);
    let running = spend(&mut history, "2024-01-12", 1, ExpenseLine::Utilities, 420);
    spend(&mut history, "2024-01-12", 2, ExpenseLine::Renovation, 300);
    let waiting = spend(&mut history, "2024-01-20", 3, ExpenseLine::Furniture, 700);
    spend(&mut history, "2024-02-01", 4, ExpenseLine::Utilities, 999);
    let january = period("2024-01-01", "2024-01-31");

    // 420 over 21 nights; renovation and what waits for approval are left out, February is not January.
    let cost = indicator(&history.known_on(day("2024-06-30")), january, 34);
    assert_eq!(cost.value, euros(20));
    assert_eq!(cost.parts.denominator.count, 21);
    assert_eq!(cost.parts.excluded.count, 2);
    assert!(cost.evidence.contains(&running) && cost.evidence.contains(&waiting));
    assert_eq!(group(&cost, "eligible_spend").value, euros(420));

    // Approved by the end of the period it counts: (420 + 700) / 21 = 53.33.
    history.record(
        day("2024-01-25"),
        ExpenseApproved {
            expense: expense(3),
        },
    );
    let approved = indicator(&history.known_on(day("2024-06-30")), january, 34);
    assert_eq!(approved.value, Value::Money(Money::new(53_33, 2)));
    // Two persons left for stable housing: (420 + 700) / 2.
    let outcome = indicator(&history.known_on(day("2024-06-30")), january, 36);
    assert_eq!(outcome.value, euros(560));
    assert_eq!(outcome.parts.denominator.count, 2);

    // Reversed within the period it did not cost that much; reversed afterwards, January stays.
    let refund = ExpenseReversed {
        expense: expense(3),
        amount: Money::from(700),
        reason: ReversalReason::Refund,
    };
    let mut later = history.clone();
    later.record(day("2024-02-10"), refund.clone());
    let cost = |history: &History| indicator(&history.known_on(day("2024-06-30")), january, 34);
    assert_eq!(cost(&later).value, Value::Money(Money::new(53_33, 2)));
    history.record(day("2024-01-30"), refund);
    assert_eq!(cost(&history).value, euros(20));
}

#[test]
fn a_budget_is_executed_by_line_source_and_month() {
    let mut history = History::with_dwellings(0);
    let source = foundation();
    history.record(
        day("2024-01-01"),
        FundingPledged {
            pledge: PledgeId(Uuid::from_u128(1)),
            source,
            amount: Money::from(29_500),
            purpose: FundingPurpose::Management,
        },
    );
    for (on, line, amount) in [
        ("2024-01-02", ExpenseLine::Utilities, 900),
        ("2024-01-02", ExpenseLine::Furniture, 2_000),
        ("2024-02-01", ExpenseLine::Utilities, 1_000),
    ] {
        history.record(
            day(on),
            BudgetAllocated {
                line,
                source: Some(source),
                amount: Money::from(amount),
            },
        );
    }
    ask_approval_above(&mut history, "2024-01-01", 1_000);
    spend(&mut history, "2024-01-10", 1, ExpenseLine::Utilities, 250);
    let first = spend(&mut history, "2024-02-10", 2, ExpenseLine::Furniture, 1_500);
    let known = |history: &History, to: &str| {
        indicator(
            &history.known_on(day("2024-06-30")),
            period("2024-01-01", to),
            35,
        )
    };

    let january = known(&history, "2024-01-31");
    assert_eq!(january.value, euros(250));
    assert_eq!(group(&january, "allocated").value, euros(2_900));
    assert_eq!(group(&january, "residual").value, euros(2_650));

    let february = known(&history, "2024-02-29");
    assert_eq!(february.value, euros(250));
    assert_eq!(group(&february, "committed").value, euros(1_500));
    // 3,000 allocated, 1,500 committed, 250 spent.
    assert_eq!(group(&february, "residual").value, euros(1_250));
    let residual = |key: &str, amount: i64| Amount {
        key: key.into(),
        amount: Money::from(amount),
    };
    let by_line = vec![residual("furniture", 500), residual("utilities", 750)];
    assert_eq!(
        group(&february, "residual_by_line").value,
        Value::Amounts(by_line)
    );
    assert_eq!(
        group(&february, "pledged_by_source").value,
        Value::Amounts(vec![residual(&source.to_string(), 29_500)])
    );

    history.record(
        day("2024-02-20"),
        ExpenseApproved {
            expense: expense(2),
        },
    );
    let approved = known(&history, "2024-02-29");
    assert_eq!(approved.value, euros(1_750));
    let by_month = vec![residual("2024-01", 250), residual("2024-02", 1_500)];
    assert_eq!(
        group(&approved, "spent_by_month").value,
        Value::Amounts(by_month)
    );

    // A retracted expense never was one.
    history.record(
        day("2024-03-01"),
        RecordRetracted {
            position: first,
            reason: CorrectionReason::DidNotHappen,
        },
    );
    assert_eq!(known(&history, "2024-02-29").value, euros(250));
}

#[test]
fn a_committee_meets_as_planned_and_closes_what_it_decides() {
    let mut history = History::with_dwellings(0);
    let meeting = |number: u128| MeetingId(Uuid::from_u128(number));
    let partner = |number: u128| PartnerId(Uuid::from_u128(0x6000 + number));
    for (number, on) in [(1, "2024-02-01"), (2, "2024-05-01"), (3, "2024-08-01")] {
        history.record(
            day("2024-01-02"),
            MeetingPlanned {
                meeting: meeting(number),
                planned_for: day(on),
            },
        );
    }
    let attendance = |present: &[(u128, Attendance)]| -> Vec<PartnerAttendance> {
        let each = present
            .iter()
            .map(|(number, attendance)| PartnerAttendance {
                partner: partner(*number),
                attendance: *attendance,
            });
        each.collect()
    };
    for (number, on) in [(1, "2024-02-03"), (4, "2024-03-01")] {
        history.record(
            day(on),
            MeetingHeld {
                meeting: meeting(number),
                attendance: attendance(&[
                    (1, Attendance::Present),
                    (2, Attendance::Excused),
                    (3, Attendance::Present),
                ]),
            },
        );
    }
    for (number, on) in [(1, "2024-02-03"), (2, "2024-02-03"), (3, "2024-03-01")] {
        history.record(
            day(on),
            DecisionTaken {
                decision: DecisionId(Uuid::from_u128(number)),
                meeting: None,
                title: "Decisione".into(),
                responsible: None,
                due: None,
            },
        );
    }
    for (number, on) in [(1, "2024-02-13"), (2, "2024-07-01")] {
        history.record(
            day(on),
            DecisionClosed {
                decision: DecisionId(Uuid::from_u128(number)),
                outcome: DecisionOutcome::CarriedOut,
            },
        );
    }
    let half = period("2024-01-01", "2024-06-30");
    let committee = indicator(&history.known_on(day("2024-12-31")), half, 37);
    // Planned for a day of the half-year: 1 and 2; held: 1. The third is not yet due, the fourth unplanned.
    let rate = |numerator, denominator| Value::Rate {
        numerator,
        denominator,
    };
    assert_eq!(committee.value, rate(1, 2));
    assert_eq!(group(&committee, "held_unplanned").value, Value::Count(1));
    assert_eq!(group(&committee, "attendance").value, rate(4, 6));
    assert_eq!(group(&committee, "excused").value, Value::Count(2));
    assert_eq!(group(&committee, "decisions_taken").value, Value::Count(3));
    // The second was closed in July: at the end of June it was open.
    assert_eq!(group(&committee, "decisions_open").value, Value::Count(2));
    assert_eq!(group(&committee, "decisions_closed").value, Value::Count(1));
    assert_eq!(group(&committee, "days_to_closing").value, Value::Days(10));

    let empty = indicator(&Snapshot::empty(PILOT), half, 37);
    assert_eq!(empty.value, Value::Undefined(Undefined::NoDenominator));
}
