//! Money.

use async_graphql::InputObject;
use chrono::NaiveDate;
use events::codes::{ExpenseLine, FundingPurpose, ReversalReason};
use events::{
    BudgetAllocated, ExpenseApproved, ExpenseId, ExpenseRecorded, ExpenseReversed, FundingPledged,
    FundingReceived, PartnerId, PledgeId, Seal,
};
use rust_decimal::Decimal;
use uuid::Uuid;

use super::content::{Content, Made, NewIds};
use crate::graphql::codes::Coded;

/// Money promised.
#[derive(InputObject)]
pub(crate) struct FundingPledgedContent {
    /// The pledge's id, if it is not to be made from the command's.
    pledge: Option<Uuid>,
    /// The partner who promised it.
    source: Uuid,
    /// Amount in the pilot's currency, more than zero.
    amount: Decimal,
    /// What for.
    purpose: Coded<FundingPurpose>,
}

impl Content for FundingPledgedContent {
    fn event(&self, _: NaiveDate, _: &dyn Seal, ids: &NewIds) -> Made {
        Ok(FundingPledged {
            pledge: ids.or(self.pledge, "pledge", 0),
            source: PartnerId(self.source),
            amount: self.amount,
            purpose: self.purpose.0,
        }
        .into())
    }
}

/// Money received.
#[derive(InputObject)]
pub(crate) struct FundingReceivedContent {
    /// The partner who paid.
    source: Uuid,
    /// The pledge it honours, if it honours one.
    pledge: Option<Uuid>,
    /// Amount in the pilot's currency, more than zero.
    amount: Decimal,
}

impl Content for FundingReceivedContent {
    fn event(&self, _: NaiveDate, _: &dyn Seal, _: &NewIds) -> Made {
        Ok(FundingReceived {
            source: PartnerId(self.source),
            pledge: self.pledge.map(PledgeId),
            amount: self.amount,
        }
        .into())
    }
}

/// What may be spent on a budget line. A later allocation of the same line and source takes its place.
#[derive(InputObject)]
pub(crate) struct BudgetAllocatedContent {
    /// Budget line.
    line: Coded<ExpenseLine>,
    /// The partner whose money it is, if that is laid down.
    source: Option<Uuid>,
    /// Amount in the pilot's currency; zero takes the allocation back.
    amount: Decimal,
}

impl Content for BudgetAllocatedContent {
    fn event(&self, _: NaiveDate, _: &dyn Seal, _: &NewIds) -> Made {
        Ok(BudgetAllocated {
            line: self.line.0,
            source: self.source.map(PartnerId),
            amount: self.amount,
        }
        .into())
    }
}

/// Money spent.
#[derive(InputObject)]
pub(crate) struct ExpenseRecordedContent {
    /// Its id, if it is not to be made from the command's.
    expense: Option<Uuid>,
    /// Budget line.
    line: Coded<ExpenseLine>,
    /// The partner whose money it is.
    source: Option<Uuid>,
    /// Amount in the pilot's currency.
    amount: Decimal,
    /// What it was spent on; never about a person.
    description: String,
}

impl Content for ExpenseRecordedContent {
    fn event(&self, _: NaiveDate, _: &dyn Seal, ids: &NewIds) -> Made {
        Ok(ExpenseRecorded {
            expense: ids.or(self.expense, "expense", 0),
            line: self.line.0,
            source: self.source.map(PartnerId),
            amount: self.amount,
            description: self.description.clone(),
        }
        .into())
    }
}

/// The approval of an expense, by somebody else than who recorded it.
#[derive(InputObject)]
pub(crate) struct ExpenseApprovedContent {
    /// The expense.
    expense: Uuid,
}

impl Content for ExpenseApprovedContent {
    fn event(&self, _: NaiveDate, _: &dyn Seal, _: &NewIds) -> Made {
        Ok(ExpenseApproved {
            expense: ExpenseId(self.expense),
        }
        .into())
    }
}

/// An expense that came back, or is not to be paid.
#[derive(InputObject)]
pub(crate) struct ExpenseReversedContent {
    /// The expense.
    expense: Uuid,
    /// How much of it, more than zero; all reversals together never more than the expense.
    amount: Decimal,
    /// Why.
    reason: Coded<ReversalReason>,
}

impl Content for ExpenseReversedContent {
    fn event(&self, _: NaiveDate, _: &dyn Seal, _: &NewIds) -> Made {
        Ok(ExpenseReversed {
            expense: ExpenseId(self.expense),
            amount: self.amount,
            reason: self.reason.0,
        }
        .into())
    }
}
