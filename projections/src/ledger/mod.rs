//! Money: pledged, received, allocated, committed, spent, and what is left, by source, line and month.
//!
//! An expense that needs approval is committed until somebody else approved it, and spent from then on;
//! any other is spent at once. What was reversed was not spent. All as of a day: what happened after it
//! does not count.

pub mod fold;
mod rows;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use chrono::NaiveDate;
use events::codes::ExpenseLine;
use events::{Money, Month, PartnerId, Position};

pub use rows::*;

use crate::pilots::rules_on;

crate::document::by_pilot!(Ledger, LedgerRow, "ledger", events::Stream::Pilot | events::Stream::Funding => [Pilot, Funding]);

/// Whether an expense counts yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It waits for the approval of somebody else.
    Committed,
    /// It is spent; approved at the place given, if it needed approval.
    Spent(Option<Position>),
}

/// Sums of money of one source, line or month, or of all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    /// Promised.
    pub pledged: Money,
    /// Arrived.
    pub received: Money,
    /// Set apart for spending.
    pub allocated: Money,
    /// Recorded and waiting for approval, less reversals.
    pub committed: Money,
    /// Spent, less reversals.
    pub spent: Money,
}

impl Sums {
    /// What is left of the allocation; less than zero when more was spent and committed.
    pub fn residual(&self) -> Money {
        self.allocated - self.committed - self.spent
    }
}

/// The money of a pilot as of a day.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Balance {
    /// All together.
    pub all: Sums,
    /// By the partner whose money it is; none: not laid down.
    pub by_source: BTreeMap<Option<PartnerId>, Sums>,
    /// By budget line. Pledges and receipts have none.
    pub by_line: BTreeMap<ExpenseLine, Sums>,
    /// By the month in which it happened. An allocation is in the month it was last set in.
    pub by_month: BTreeMap<Month, Sums>,
}

impl ExpenseRow {
    /// What is left of its amount on `day`, after reversals.
    pub fn net_on(&self, day: NaiveDate) -> Money {
        let came_back = self.reversals.iter().filter(|reversal| reversal.on <= day);
        self.amount - came_back.map(|reversal| reversal.amount).sum::<Money>()
    }

    /// The approval that counts on `day`.
    pub fn approval_on(&self, day: NaiveDate) -> Option<&ApprovalRow> {
        let mut given = self.approvals.iter().filter(|approval| approval.on <= day);
        given.find(|approval| !self.void.contains(&approval.position))
    }
}

impl LedgerRow {
    /// Does an expense need the approval of a second person? The rules of its day say so.
    pub fn needs_approval(&self, expense: &ExpenseRow) -> bool {
        let rules = rules_on(&self.rules, expense.on);
        rules.is_some_and(|rules| rules.needs_approval(expense.amount))
    }

    /// How an expense stands on `day`.
    pub fn standing(&self, expense: &ExpenseRow, day: NaiveDate) -> Standing {
        match expense.approval_on(day) {
            Some(approval) => Standing::Spent(Some(approval.position)),
            None if self.needs_approval(expense) => Standing::Committed,
            None => Standing::Spent(None),
        }
    }

    /// The allocations that hold on `day`: the last of each line and source.
    pub fn allocations_on(&self, day: NaiveDate) -> impl Iterator<Item = &AllocationRow> {
        let mut last: BTreeMap<(ExpenseLine, Option<PartnerId>), &AllocationRow> = BTreeMap::new();
        for allocation in self.allocations.iter().filter(|one| one.on <= day) {
            last.insert((allocation.line, allocation.source), allocation);
        }
        last.into_values()
    }

    /// All sums as of `day`.
    pub fn balance_on(&self, day: NaiveDate) -> Balance {
        let mut balance = Balance::default();
        for pledge in self.pledges.iter().filter(|one| one.on <= day) {
            balance.add(Some(pledge.source), None, pledge.on, |sums| {
                sums.pledged += pledge.amount;
            });
        }
        for receipt in self.receipts.iter().filter(|one| one.on <= day) {
            balance.add(Some(receipt.source), None, receipt.on, |sums| {
                sums.received += receipt.amount;
            });
        }
        for one in self.allocations_on(day) {
            balance.add(one.source, Some(one.line), one.on, |sums| {
                sums.allocated += one.amount;
            });
        }
        for expense in self.expenses.iter().filter(|one| one.on <= day) {
            let net = expense.net_on(day);
            let spent = matches!(self.standing(expense, day), Standing::Spent(_));
            balance.add(expense.source, Some(expense.line), expense.on, |sums| {
                *(if spent {
                    &mut sums.spent
                } else {
                    &mut sums.committed
                }) += net;
            });
        }
        balance
    }
}

impl Balance {
    fn add(
        &mut self,
        source: Option<PartnerId>,
        line: Option<ExpenseLine>,
        on: NaiveDate,
        mut change: impl FnMut(&mut Sums),
    ) {
        change(&mut self.all);
        change(self.by_source.entry(source).or_default());
        change(self.by_month.entry(Month::of(on)).or_default());
        if let Some(line) = line {
            change(self.by_line.entry(line).or_default());
        }
    }
}
