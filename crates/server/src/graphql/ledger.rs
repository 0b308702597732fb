//! Money.

use std::sync::Arc;

use async_graphql::{Context, ID, Object, SimpleObject};
use chrono::NaiveDate;
use events::codes::{ExpenseLine, FundingPurpose, ReversalReason};
use projections::ledger::{
    AllocationRow, ApprovalRow, Balance, ExpenseRow, LedgerRow, PledgeRow, ReceiptRow, ReversalRow,
    Sums,
};
use rust_decimal::Decimal;

use super::codes::Coded;
use super::day;
use super::words::ExpenseStanding;

/// A pilot's money.
pub(crate) struct Ledger(pub(crate) Arc<LedgerRow>);

#[Object]
impl Ledger {
    /// Money promised, in order of time.
    async fn pledges(&self) -> Vec<Pledge> {
        self.0.pledges.iter().map(Pledge::from).collect()
    }

    /// Money that arrived, in order of time.
    async fn receipts(&self) -> Vec<Receipt> {
        self.0.receipts.iter().map(Receipt::from).collect()
    }

    /// Money set apart for spending, in order of time; of one line and source the last one holds.
    async fn allocations(&self) -> Vec<Allocation> {
        self.0.allocations.iter().map(Allocation::from).collect()
    }

    /// Money spent, in order of time.
    async fn expenses(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The day that `standing` and `net` speak of; today when none is given.")]
        on: Option<NaiveDate>,
    ) -> async_graphql::Result<Vec<Expense>> {
        Ok(expenses(&self.0, day(ctx, on)?))
    }

    /// What the money comes to.
    async fn balance(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "As of this day; today when none is given.")] on: Option<NaiveDate>,
    ) -> async_graphql::Result<LedgerBalance> {
        Ok(self.0.balance_on(day(ctx, on)?).into())
    }
}

/// The expenses of a pilot, as they stand on a day.
pub(crate) fn expenses(row: &LedgerRow, on: NaiveDate) -> Vec<Expense> {
    let expenses = row.expenses.iter();
    expenses
        .map(|expense| Expense::of(row, expense, on))
        .collect()
}

/// Money was promised.
#[derive(SimpleObject)]
pub(crate) struct Pledge {
    /// Its id.
    id: ID,
    /// Position of the fact.
    position: i64,
    /// The day.
    on: NaiveDate,
    /// The partner that promised it.
    source: ID,
    /// Amount in the pilot's currency.
    amount: Decimal,
    /// For what.
    purpose: Coded<FundingPurpose>,
}

impl From<&PledgeRow> for Pledge {
    fn from(row: &PledgeRow) -> Self {
        Self {
            id: row.pledge.to_string().into(),
            position: row.position,
            on: row.on,
            source: row.source.to_string().into(),
            amount: row.amount,
            purpose: Coded(row.purpose),
        }
    }
}

/// Money arrived.
#[derive(SimpleObject)]
pub(crate) struct Receipt {
    /// Position of the fact.
    position: i64,
    /// The day.
    on: NaiveDate,
    /// The partner it came from.
    source: ID,
    /// The pledge it was promised by, if it was.
    pledge: Option<ID>,
    /// Amount in the pilot's currency.
    amount: Decimal,
}

impl From<&ReceiptRow> for Receipt {
    fn from(row: &ReceiptRow) -> Self {
        Self {
            position: row.position,
            on: row.on,
            source: row.source.to_string().into(),
            pledge: row.pledge.map(|pledge| pledge.to_string().into()),
            amount: row.amount,
        }
    }
}

/// Money was set apart for spending.
#[derive(SimpleObject)]
pub(crate) struct Allocation {
    /// Position of the fact.
    position: i64,
    /// The day.
    on: NaiveDate,
    /// Budget line.
    line: Coded<ExpenseLine>,
    /// The partner whose money it is, if it is laid down.
    source: Option<ID>,
    /// Amount in the pilot's currency.
    amount: Decimal,
}

impl From<&AllocationRow> for Allocation {
    fn from(row: &AllocationRow) -> Self {
        Self {
            position: row.position,
            on: row.on,
            line: Coded(row.line),
            source: row.source.map(|source| source.to_string().into()),
            amount: row.amount,
        }
    }
}

/// Money spent.
#[derive(SimpleObject)]
pub(crate) struct Expense {
    /// Its id.
    id: ID,
    /// Position of the fact.
    position: i64,
    /// The day.
    on: NaiveDate,
    /// Budget line.
    line: Coded<ExpenseLine>,
    /// The partner whose money it is.
    source: Option<ID>,
    /// Amount in the pilot's currency, before reversals.
    amount: Decimal,
    /// What it was spent on.
    description: String,
    /// Position of the correction that stands for it, if one does.
    corrected_by: Option<i64>,
    /// Does it need the approval of a second person?
    needs_approval: bool,
    /// How it stands on the day asked for.
    standing: ExpenseStanding,
    /// What is left of the amount on the day asked for, after reversals.
    net: Decimal,
    /// Approvals, in order of time. One recorded before the expense was last corrected does not count
    /// any more.
    approvals: Vec<Approval>,
    /// Reversals, in order of time.
    reversals: Vec<Reversal>,
}

impl Expense {
    fn of(ledger: &LedgerRow, row: &ExpenseRow, on: NaiveDate) -> Self {
        let counting = row.approval_on(on).map(|approval| approval.position);
        let approvals = row.approvals.iter();
        Self {
            id: row.expense.to_string().into(),
            position: row.position,
            on: row.on,
            line: Coded(row.line),
            source: row.source.map(|source| source.to_string().into()),
            amount: row.amount,
            description: row.description.clone(),
            corrected_by: row.corrected_by,
            needs_approval: ledger.needs_approval(row),
            standing: ledger.standing(row, on).into(),
            net: row.net_on(on),
            approvals: approvals
                .map(|approval| Approval::of(approval, counting))
                .collect(),
            reversals: row.reversals.iter().map(Reversal::from).collect(),
        }
    }
}

/// An expense was approved by a second person.
#[derive(SimpleObject)]
pub(crate) struct Approval {
    /// Position of the fact.
    position: i64,
    /// The day.
    on: NaiveDate,
    /// Is it the one that counts on the day asked for?
    counts: bool,
}

impl Approval {
    fn of(row: &ApprovalRow, counting: Option<i64>) -> Self {
        Self {
            position: row.position,
            on: row.on,
            counts: counting == Some(row.position),
        }
    }
}

/// Money of an expense came back.
#[derive(SimpleObject)]
pub(crate) struct Reversal {
    /// Position of the fact.
    position: i64,
    /// The day.
    on: NaiveDate,
    /// How much came back.
    amount: Decimal,
    /// Why.
    reason: Coded<ReversalReason>,
}

impl From<&ReversalRow> for Reversal {
    fn from(row: &ReversalRow) -> Self {
        Self {
            position: row.position,
            on: row.on,
            amount: row.amount,
            reason: Coded(row.reason),
        }
    }
}

/// What the money of a pilot comes to.
#[derive(SimpleObject)]
pub(crate) struct LedgerBalance {
    /// All together.
    all: LedgerSums,
    /// By the partner whose money it is.
    by_source: Vec<SourceBalance>,
    /// By budget line; pledges and receipts have none.
    by_line: Vec<LineBalance>,
    /// By the month in which it happened; an allocation in the month it was last set in.
    by_month: Vec<MonthBalance>,
}

/// The money of one partner.
#[derive(SimpleObject)]
pub(crate) struct SourceBalance {
    /// The partner; nothing where it is not laid down whose money it is.
    source: Option<ID>,
    /// Its money.
    sums: LedgerSums,
}

/// The money of one budget line.
#[derive(SimpleObject)]
pub(crate) struct LineBalance {
    /// The line.
    line: Coded<ExpenseLine>,
    /// Its money.
    sums: LedgerSums,
}

/// The money of one month.
#[derive(SimpleObject)]
pub(crate) struct MonthBalance {
    /// The month, as YYYY-MM.
    month: String,
    /// Its money.
    sums: LedgerSums,
}

/// Sums in the pilot's currency.
#[derive(SimpleObject)]
pub(crate) struct LedgerSums {
    /// Promised.
    pledged: Decimal,
    /// Arrived.
    received: Decimal,
    /// Set apart for spending.
    allocated: Decimal,
    /// Recorded and waiting for approval, less reversals.
    committed: Decimal,
    /// Spent, less reversals.
    spent: Decimal,
    /// What is left of the allocation; less than zero when more was spent and committed.
    residual: Decimal,
}

impl From<Sums> for LedgerSums {
    fn from(sums: Sums) -> Self {
        Self {
            pledged: sums.pledged,
            received: sums.received,
            allocated: sums.allocated,
            committed: sums.committed,
            spent: sums.spent,
            residual: sums.residual(),
        }
    }
}

impl From<Balance> for LedgerBalance {
    fn from(balance: Balance) -> Self {
        let by_source = balance.by_source.into_iter();
        let by_line = balance.by_line.into_iter();
        let by_month = balance.by_month.into_iter();
        Self {
            all: balance.all.into(),
            by_source: by_source
                .map(|(source, sums)| SourceBalance {
                    source: source.map(|source| source.to_string().into()),
                    sums: sums.into(),
                })
                .collect(),
            by_line: by_line
                .map(|(line, sums)| LineBalance {
                    line: Coded(line),
                    sums: sums.into(),
                })
                .collect(),
            by_month: by_month
                .map(|(month, sums)| MonthBalance {
                    month: month.to_string(),
                    sums: sums.into(),
                })
                .collect(),
        }
    }
}
