//! Where the money comes from, and what it is set aside for. The totals of the two public grants are
//! as published; the instalments and the lines are made up.

use chrono::NaiveDate;
use events::codes::{ExpenseLine, FundingPurpose, ReversalReason};
use events::{BudgetAllocated, ExpenseReversed, FundingPledged, FundingReceived, Money, PledgeId};

use super::calendar::date;
use super::frame::{CANCELLED, Frame, Who, eur};
use super::register::{Pace, Register, plain};
use crate::Ids;

/// Who, for what, how much, promised when, and the instalments in which it came.
type Promise = (
    Who,
    FundingPurpose,
    i64,
    NaiveDate,
    &'static [(NaiveDate, i64)],
);

#[rustfmt::skip]
const PROMISES: &[Promise] = &[
    (Who::Marcegaglia, FundingPurpose::Management, eur(29_500, 0), date(2023, 5, 22), &[
        (date(2024, 9, 2), eur(11_800, 0)), (date(2025, 3, 6), eur(11_800, 0)), (date(2025, 12, 22), eur(4_100, 0)),
    ]),
    (Who::Gal, FundingPurpose::Renovation, eur(37_620, 40), date(2023, 6, 12), &[
        (date(2023, 12, 5), eur(11_286, 12)), (date(2024, 5, 27), eur(18_810, 20)), (date(2024, 11, 18), eur(7_524, 8)),
    ]),
    (Who::Comune, FundingPurpose::Renovation, eur(14_116, 99), date(2023, 6, 12), &[
        (date(2023, 10, 2), eur(14_116, 99)),
    ]),
    (Who::Comune, FundingPurpose::Other, eur(6_000, 0), date(2024, 9, 16), &[
        (date(2025, 1, 8), eur(3_000, 0)), (date(2025, 7, 3), eur(3_000, 0)),
    ]),
    (Who::Consorzio, FundingPurpose::HouseholdSupport, eur(1_500, 0), date(2024, 11, 4), &[
        (date(2025, 2, 10), eur(1_500, 0)),
    ]),
];

/// Line, whose money, how much, when; of a line and a source the last one counts.
#[rustfmt::skip]
const BUDGET: &[(ExpenseLine, Option<Who>, i64, NaiveDate)] = &[
    (ExpenseLine::Renovation, Some(Who::Gal), eur(37_620, 40), date(2023, 6, 19)),
    (ExpenseLine::Renovation, Some(Who::Comune), eur(14_116, 99), date(2023, 6, 19)),
    (ExpenseLine::Coordinator, Some(Who::Marcegaglia), eur(20_000, 0), date(2024, 9, 3)),
    (ExpenseLine::Furniture, Some(Who::Marcegaglia), eur(6_500, 0), date(2024, 9, 3)),
    (ExpenseLine::CommonSpaces, Some(Who::Marcegaglia), eur(3_000, 0), date(2024, 9, 3)),
    (ExpenseLine::Utilities, Some(Who::Comune), eur(3_000, 0), date(2024, 9, 17)),
    (ExpenseLine::Maintenance, Some(Who::Comune), eur(2_500, 0), date(2024, 9, 17)),
    (ExpenseLine::Communication, Some(Who::Comune), eur(500, 0), date(2024, 9, 17)),
    (ExpenseLine::HouseholdSupport, Some(Who::Consorzio), eur(1_500, 0), date(2024, 11, 5)),
    (ExpenseLine::Training, None, eur(300, 0), date(2025, 1, 20)),
    // What the coordinator did not need went to the common room.
    (ExpenseLine::Coordinator, Some(Who::Marcegaglia), eur(19_600, 0), date(2025, 3, 13)),
    (ExpenseLine::CommonSpaces, Some(Who::Marcegaglia), eur(3_400, 0), date(2025, 3, 13)),
];

/// Writes down what was promised, what came, what it was set aside for, and what was called off.
pub(super) fn write(register: &mut Register, frame: &Frame, ids: &dyn Ids) {
    for (number, &(who, purpose, cents, on, instalments)) in (1..).zip(PROMISES) {
        let source = frame.partner(who);
        let pledge = PledgeId(ids.id("demo pledge", &[&format!("{number}")]));
        let promised = plain(FundingPledged {
            pledge,
            source: source.id,
            amount: Money::new(cents, 2),
            purpose,
        });
        let promised = register.write(on, Pace::Usual, &[source.key], promised);
        for &(on, cents) in instalments {
            let received = plain(FundingReceived {
                source: source.id,
                pledge: Some(pledge),
                amount: Money::new(cents, 2),
            });
            register.write(on, Pace::Usual, &[promised], received);
        }
    }
    for &(line, who, cents, on) in BUDGET {
        let source = who.map(|who| frame.partner(who));
        let after = source.map_or(frame.opened, |partner| partner.key);
        let allocated = plain(BudgetAllocated {
            line,
            source: source.map(|partner| partner.id),
            amount: Money::new(cents, 2),
        });
        register.write(on, Pace::Usual, &[after], allocated);
    }
    call_off(register, frame);
}

/// What was ordered was never printed.
fn call_off(register: &mut Register, frame: &Frame) {
    let mut expenses = frame.expenses.iter();
    let Some((key, _, expense)) = expenses.find(|(.., fact)| fact.description == CANCELLED) else {
        return;
    };
    let reversal = plain(ExpenseReversed {
        expense: expense.expense,
        amount: expense.amount,
        reason: ReversalReason::Cancelled,
    });
    register.write(date(2025, 4, 22), Pace::Usual, &[*key], reversal);
}
