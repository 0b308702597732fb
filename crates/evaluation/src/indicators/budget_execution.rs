//! 35: budget execution. What spending is, is shared with the costs.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use events::codes::CodeList;
use events::{Money, Position};
use projections::ledger::{ExpenseRow, LedgerRow, Standing, Sums};
use projections::pilots::rules_on;

use super::{Definition, Unit};
use crate::Subject;
use crate::context::Context;
use crate::indicator::{Amount, Group, Outcome, Parts, Tally, Value};

pub(super) const DEFINITION: Definition = Definition {
    number: 35,
    code: "budget_execution",
    version: 1,
    it: "Esecuzione del budget",
    en: "Budget execution",
    unit: Unit::Money,
    formula: "spent since the pilot began, at the end of the period: expenses less what was reversed of them; those that need approval and lack it are committed, not spent; residual = allocated - committed - spent, the last allocation of each line and source counting; groups: the sums pledged, received, allocated, committed and residual; spent in the period; allocated, committed, spent and residual by line; pledged, received, spent and residual by source; spent by month",
    compute,
};

/// An expense's own fact, its correction, approval and reversals, and the rule it fell under: all that
/// decides what it counts for.
pub(super) fn positions(
    ledger: &LedgerRow,
    expense: &ExpenseRow,
    day: NaiveDate,
) -> impl Iterator<Item = Position> {
    let approval = expense.approval_on(day).map(|approval| approval.position);
    let reversals = expense
        .reversals
        .iter()
        .filter(move |reversal| reversal.on <= day)
        .map(|reversal| reversal.position);
    let rule = rules_on(&ledger.rules, expense.on).map(|rules| rules.position);
    [Some(expense.position), expense.corrected_by, approval, rule]
        .into_iter()
        .flatten()
        .chain(reversals)
}

fn group(code: &'static str, value: Value, parts: Parts) -> Group {
    Group { code, value, parts }
}

/// One column of sums, by key.
fn column(sums: &BTreeMap<String, Sums>, amount: impl Fn(&Sums) -> Money) -> Value {
    let amounts = sums.iter().map(|(key, sums)| Amount {
        key: key.clone(),
        amount: amount(sums).normalize(),
    });
    Value::Amounts(amounts.collect())
}

fn named<K>(sums: BTreeMap<K, Sums>, name: impl Fn(&K) -> String) -> BTreeMap<String, Sums> {
    sums.into_iter()
        .map(|(key, sums)| (name(&key), sums))
        .collect()
}

fn compute(context: &Context<'_>) -> Outcome {
    let ledger = &context.snapshot.ledger;
    let day = context.last_day();
    let balance = ledger.balance_on(day);
    let (mut spent, mut committed, mut in_period, mut allocated, mut pledged, mut received) = (
        Tally::default(),
        Tally::default(),
        Tally::default(),
        Tally::default(),
        Tally::default(),
        Tally::default(),
    );
    let mut spent_in_period = Money::ZERO;
    for expense in ledger.expenses.iter().filter(|one| one.on <= day) {
        let subject = Subject::Fact(expense.position);
        let counts = match ledger.standing(expense, day) {
            Standing::Spent(_) => &mut spent,
            Standing::Committed => &mut committed,
        };
        counts.add(subject, positions(ledger, expense, day));
        let is_spent = matches!(ledger.standing(expense, day), Standing::Spent(_));
        if is_spent && context.in_period(expense.on) {
            spent_in_period += expense.net_on(day);
            in_period.add(subject, positions(ledger, expense, day));
        }
    }
    for one in ledger.allocations_on(day) {
        allocated.add(Subject::Fact(one.position), [one.position]);
    }
    for one in ledger.pledges.iter().filter(|one| one.on <= day) {
        pledged.add(Subject::Fact(one.position), [one.position]);
    }
    for one in ledger.receipts.iter().filter(|one| one.on <= day) {
        received.add(Subject::Fact(one.position), [one.position]);
    }
    let all = balance.all;
    let mut of_residual = allocated.clone();
    of_residual.merge(&committed);
    of_residual.merge(&spent);
    let lines = named(balance.by_line, |line| line.code().to_owned());
    let sources = named(balance.by_source, |source| {
        source.map_or_else(|| "none".to_owned(), |source| source.to_string())
    });
    let months = named(balance.by_month, |month| month.to_string());
    let money = |amount: Money| Value::Money(amount.normalize());
    let groups = vec![
        group("pledged", money(all.pledged), Parts::of(pledged.clone())),
        group("received", money(all.received), Parts::of(received.clone())),
        group(
            "allocated",
            money(all.allocated),
            Parts::of(allocated.clone()),
        ),
        group(
            "committed",
            money(all.committed),
            Parts::of(committed.clone()),
        ),
        group(
            "residual",
            money(all.residual()),
            Parts::of(of_residual.clone()),
        ),
        group(
            "spent_in_period",
            money(spent_in_period),
            Parts::of(in_period),
        ),
        group(
            "allocated_by_line",
            column(&lines, |s| s.allocated),
            Parts::of(allocated),
        ),
        group(
            "committed_by_line",
            column(&lines, |s| s.committed),
            Parts::of(committed),
        ),
        group(
            "spent_by_line",
            column(&lines, |s| s.spent),
            Parts::of(spent.clone()),
        ),
        group(
            "residual_by_line",
            column(&lines, Sums::residual),
            Parts::of(of_residual.clone()),
        ),
        group(
            "pledged_by_source",
            column(&sources, |s| s.pledged),
            Parts::of(pledged),
        ),
        group(
            "received_by_source",
            column(&sources, |s| s.received),
            Parts::of(received),
        ),
        group(
            "spent_by_source",
            column(&sources, |s| s.spent),
            Parts::of(spent.clone()),
        ),
        group(
            "residual_by_source",
            column(&sources, Sums::residual),
            Parts::of(of_residual),
        ),
        group(
            "spent_by_month",
            column(&months, |s| s.spent),
            Parts::of(spent.clone()),
        ),
    ];
    Outcome {
        value: money(all.spent),
        parts: Parts::of(spent),
        groups,
    }
}
