//! 34: cost per household-night.

use events::Money;
use events::codes::ExpenseLine;
use projections::ledger::Standing;
use rust_decimal::RoundingStrategy;

use super::budget_execution::positions;
use super::dwelling_occupancy::Nights;
use super::{Definition, Unit};
use crate::Subject;
use crate::context::Context;
use crate::indicator::{Group, Outcome, Parts, Tally, Undefined, Value};

pub(super) const DEFINITION: Definition = Definition {
    number: 34,
    code: "cost_per_household_night",
    version: 1,
    it: "Costo per notte di nucleo",
    en: "Cost per household-night",
    unit: Unit::Money,
    formula: "eligible spend / occupied dwelling-nights, both in the period; eligible: expenses spent (see 35), less what was reversed of them, of every line but renovation, which is an investment; excluded: renovation and expenses that wait for approval; groups: the spend and the nights",
    compute,
};

/// What of a pilot's money was spent in the period, and on how many expenses of which facts.
pub(super) struct Spend {
    pub(super) amount: Money,
    pub(super) counted: Tally,
    pub(super) excluded: Tally,
}

impl Spend {
    /// What was spent on running the pilot by the end of the period, of expenses `counts` allows.
    pub(super) fn of(context: &Context<'_>, counts: impl Fn(chrono::NaiveDate) -> bool) -> Self {
        let ledger = &context.snapshot.ledger;
        let day = context.last_day();
        let mut spend = Self {
            amount: Money::ZERO,
            counted: Tally::default(),
            excluded: Tally::default(),
        };
        for expense in ledger.expenses.iter().filter(|one| counts(one.on)) {
            let eligible = expense.line != ExpenseLine::Renovation
                && matches!(ledger.standing(expense, day), Standing::Spent(_));
            let subject = Subject::Fact(expense.position);
            if eligible {
                spend.amount += expense.net_on(day);
            }
            let tally = if eligible {
                &mut spend.counted
            } else {
                &mut spend.excluded
            };
            tally.add(subject, positions(ledger, expense, day));
        }
        spend
    }
}

/// An amount for each of `number`, rounded half away from zero to cents; undefined of nothing.
pub(super) fn each(amount: Money, number: u64) -> Value {
    match amount.checked_div(Money::from(number)) {
        Some(each) => Value::Money(
            each.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero)
                .normalize(),
        ),
        None => Value::Undefined(Undefined::NoDenominator),
    }
}

fn compute(context: &Context<'_>) -> Outcome {
    let spend = Spend::of(context, |on| context.in_period(on));
    let mut nights = Tally::default();
    for dwelling in context.snapshot.dwellings.values() {
        let of = Nights::of(dwelling, context);
        if !of.occupied.is_empty() {
            let positions = of.occupied_by.iter().copied();
            let subject = Subject::Dwelling(dwelling.dwelling);
            nights.add_many(of.occupied.len() as u64, subject, positions);
        }
    }
    let groups = vec![
        Group {
            code: "eligible_spend",
            value: Value::Money(spend.amount.normalize()),
            parts: Parts::of(spend.counted.clone()),
        },
        Group {
            code: "occupied_nights",
            value: Value::Count(nights.count()),
            parts: Parts::of(nights.clone()),
        },
    ];
    Outcome {
        value: each(spend.amount, nights.count()),
        parts: Parts {
            denominator: nights.into(),
            excluded: spend.excluded.into(),
            ..Parts::of(spend.counted)
        },
        groups,
    }
}
