use events::codes::{FundingPurpose, ReversalReason};
use events::{
    BudgetAllocated, Event, ExpenseApproved, ExpenseId, ExpenseRecorded, ExpenseReversed,
    FundingPledged, FundingReceived, PledgeId, RulesSet,
};
use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::Snapshot;
use crate::fixtures::*;

const FOUNDATION: PartnerId = PartnerId(Uuid::from_u128(0x6001));

fn euros(amount: i64) -> Money {
    Money::from(amount)
}

fn expense_id(n: u8) -> ExpenseId {
    ExpenseId(Uuid::from_u128(0x7000 + u128::from(n)))
}

fn spent(n: u8, line: ExpenseLine, amount: i64) -> Event {
    ExpenseRecorded {
        expense: expense_id(n),
        line,
        source: Some(FOUNDATION),
        amount: euros(amount),
        description: "Letti".into(),
    }
    .into()
}

fn described(n: u8, amount: i64, description: &str) -> Event {
    ExpenseRecorded {
        expense: expense_id(n),
        line: ExpenseLine::Furniture,
        source: Some(FOUNDATION),
        amount: euros(amount),
        description: description.into(),
    }
    .into()
}

fn approved(n: u8) -> Event {
    let expense = expense_id(n);
    ExpenseApproved { expense }.into()
}

fn reversed(n: u8, amount: i64) -> Event {
    ExpenseReversed {
        expense: expense_id(n),
        amount: euros(amount),
        reason: ReversalReason::Refund,
    }
    .into()
}

fn limit(above: Option<i64>) -> Event {
    RulesSet {
        approve_expenses_above: above.map(euros),
        confirm_admission: false,
        confirm_exit: false,
        ask_citizenship: false,
        unseen_after_days: 30,
        retention: None,
    }
    .into()
}

fn allocated(line: ExpenseLine, amount: i64) -> Event {
    BudgetAllocated {
        line,
        source: Some(FOUNDATION),
        amount: euros(amount),
    }
    .into()
}

fn row(story: &Story) -> LedgerRow {
    Snapshot::fold(PILOT, &story.facts).ledger
}

#[test]
fn sums_by_source_line_and_month_as_of_a_day() {
    let mut story = Story::default();
    story.record(0, opened("prova"));
    let pledge = PledgeId(Uuid::from_u128(9));
    story.record(
        0,
        FundingPledged {
            pledge,
            source: FOUNDATION,
            amount: euros(29_500),
            purpose: FundingPurpose::Management,
        },
    );
    story.record(
        31,
        FundingReceived {
            source: FOUNDATION,
            pledge: Some(pledge),
            amount: euros(10_000),
        },
    );
    story.record(1, allocated(ExpenseLine::Furniture, 4_000));
    // The later allocation takes the place of the earlier one, and of none of another line.
    story.record(40, allocated(ExpenseLine::Furniture, 5_000));
    story.record(40, allocated(ExpenseLine::Utilities, 1_000));
    story.record(5, spent(1, ExpenseLine::Furniture, 1_200));
    story.record(33, spent(2, ExpenseLine::Utilities, 300));
    story.record(50, reversed(2, 100));

    let balance = row(&story).balance_on(day(60));
    let all = Sums {
        pledged: euros(29_500),
        received: euros(10_000),
        allocated: euros(6_000),
        committed: euros(0),
        spent: euros(1_400),
    };
    assert_eq!(balance.all, all);
    assert_eq!(balance.all.residual(), euros(4_600));
    assert_eq!(balance.by_source[&Some(FOUNDATION)], all);
    let utilities = balance.by_line[&ExpenseLine::Utilities];
    assert_eq!(
        (utilities.allocated, utilities.spent),
        (euros(1_000), euros(200))
    );
    // Day 0 is 1 January: day 31 and later lie in February.
    let spent: Vec<Money> = balance.by_month.values().map(|sums| sums.spent).collect();
    assert_eq!(spent, [euros(1_200), euros(200)]);
    let lines = balance
        .by_line
        .values()
        .map(|sums| sums.spent)
        .sum::<Money>();
    assert_eq!(lines, balance.all.spent);

    // As it was before the later allocation and the refund.
    let earlier = row(&story).balance_on(day(39)).all;
    assert_eq!(
        (earlier.allocated, earlier.spent),
        (euros(4_000), euros(1_500))
    );
}

#[test]
fn above_the_limit_an_expense_is_committed_until_somebody_else_approved_it() {
    let mut story = Story::default();
    story.record(0, opened("prova"));
    story.record(3, limit(Some(500)));
    // Before the rule, at the limit, above it.
    let before = story.record(2, spent(1, ExpenseLine::Furniture, 900));
    story.record(4, spent(2, ExpenseLine::Furniture, 500));
    let above = story.record(4, spent(3, ExpenseLine::Furniture, 501));
    let sums = |story: &Story, on| row(story).balance_on(day(on)).all;
    assert_eq!(sums(&story, 9).spent, euros(1_400));
    assert_eq!(sums(&story, 9).committed, euros(501));

    let approval = story.record(7, approved(3));
    assert_eq!(sums(&story, 6).committed, euros(501));
    assert_eq!(sums(&story, 7).spent, euros(1_901));

    // Corrected after its approval it has to be approved anew.
    story.correct(above, 4, spent(3, ExpenseLine::Furniture, 800));
    assert_eq!(sums(&story, 9).committed, euros(800));
    let again = story.record(8, approved(3));
    assert_eq!(sums(&story, 9).spent, euros(2_200));
    let ledger = row(&story);
    let expense = &ledger.expenses[2];
    assert_eq!(
        ledger.standing(expense, day(9)),
        Standing::Spent(Some(again))
    );
    story.retract(again);
    assert_eq!(sums(&story, 9).committed, euros(800));

    // What the approval was of is the same: its day and its wording do not matter.
    story.correct(above, 5, described(3, 800, "Armadi"));
    assert_eq!(sums(&story, 9).spent, euros(1_400));
    let third = story.record(9, approved(3));
    assert_eq!(sums(&story, 9).spent, euros(2_200));
    story.correct(above, 4, described(3, 800, "Letti e armadi"));
    assert_eq!(sums(&story, 9).spent, euros(2_200));
    let agenda = Snapshot::fold(PILOT, &story.facts).pilot_agenda;
    let void: Vec<_> = agenda
        .expenses
        .iter()
        .map(|expense| expense.void.clone())
        .collect();
    let ours: Vec<_> = row(&story)
        .expenses
        .iter()
        .map(|expense| expense.void.clone())
        .collect();
    assert_eq!(ours, void);
    // What was approved first was approved for what it is not any more.
    assert_eq!(ours[2], [approval]);

    story.retract(third);
    story.retract(approval);
    story.retract(before);
    assert_eq!(sums(&story, 9).spent, euros(500));
    // The rule is switched off: what comes after needs nobody.
    story.record(10, limit(None));
    story.record(11, spent(4, ExpenseLine::Furniture, 9_000));
    assert_eq!(sums(&story, 11).spent, euros(9_500));
}

proptest! {
    /// However the facts are cut into batches, the row is the same.
    #[test]
    fn batches_do_not_matter(
        steps in prop::collection::vec((0u8..7, 1u8..5, 1u64..60, 1i64..900), 1..40),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut story = Story::default();
        story.record(0, opened("prova"));
        for (what, n, on, amount) in steps {
            match what {
                0 | 1 => story.record(on, spent(n, ExpenseLine::Furniture, amount)),
                2 => story.record(on, approved(n)),
                3 => story.record(on, reversed(n, 1)),
                4 => story.record(on, limit(Some(amount))),
                5 => story.record(on, allocated(ExpenseLine::Utilities, amount)),
                _ => story.retract(1 + Position::from(n) % story.facts.len() as Position),
            };
        }
        let entries: Vec<_> = story.facts.iter().collect();
        let whole = fold::fold(PILOT, &entries);
        let cut = cut.index(entries.len());
        let (first, rest) = entries.split_at(cut);
        let needed = rest.iter().any(|fact| fold::needs_history(&fact.event));
        if let (Some(row), false) = (fold::fold(PILOT, first), needed) {
            prop_assert_eq!(Some(fold::advance(row, rest)), whole);
        }
    }
}
