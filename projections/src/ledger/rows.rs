//! What is known about a pilot's money.

use chrono::NaiveDate;
use events::codes::{ExpenseLine, FundingPurpose, ReversalReason};
use events::{ExpenseId, Money, PartnerId, PilotId, PledgeId, Position};
use serde::{Deserialize, Serialize};

use crate::pilots::RulesRow;

/// A pilot's money: pledged, received, allocated, spent. Lists in order of (day, position).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LedgerRow {
    /// The pilot.
    pub pilot: PilotId,
    /// Pledges.
    pub pledges: Vec<PledgeRow>,
    /// Payments received.
    pub receipts: Vec<ReceiptRow>,
    /// Allocations; of one line and source the last one holds.
    pub allocations: Vec<AllocationRow>,
    /// Expenses.
    pub expenses: Vec<ExpenseRow>,
    /// The pilot's own rules: they say which expenses need approval.
    pub rules: Vec<RulesRow>,
    /// Position of the last fact folded in, corrections included.
    pub position: Position,
}

/// From [`events::FundingPledged`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[expect(
    missing_docs,
    reason = "the fact of the same name documents its fields"
)]
pub struct PledgeRow {
    pub position: Position,
    pub on: NaiveDate,
    pub pledge: PledgeId,
    pub source: PartnerId,
    pub amount: Money,
    pub purpose: FundingPurpose,
}

/// From [`events::FundingReceived`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[expect(
    missing_docs,
    reason = "the fact of the same name documents its fields"
)]
pub struct ReceiptRow {
    pub position: Position,
    pub on: NaiveDate,
    pub source: PartnerId,
    pub pledge: Option<PledgeId>,
    pub amount: Money,
}

/// From [`events::BudgetAllocated`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[expect(
    missing_docs,
    reason = "the fact of the same name documents its fields"
)]
pub struct AllocationRow {
    pub position: Position,
    pub on: NaiveDate,
    pub line: ExpenseLine,
    pub source: Option<PartnerId>,
    pub amount: Money,
}

/// From [`events::ExpenseRecorded`], [`events::ExpenseApproved`] and [`events::ExpenseReversed`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExpenseRow {
    /// Place of the fact.
    pub position: Position,
    /// Place of the correction that stands for it, if one does.
    pub corrected_by: Option<Position>,
    /// The day it was spent.
    pub on: NaiveDate,
    /// The expense.
    pub expense: ExpenseId,
    /// Budget line.
    pub line: ExpenseLine,
    /// The partner whose money it is, if it is known.
    pub source: Option<PartnerId>,
    /// Amount in the pilot's currency, before reversals.
    pub amount: Money,
    /// What it was spent on; never about a person.
    pub description: String,
    /// Approvals.
    pub approvals: Vec<ApprovalRow>,
    /// Those of what it said before its line, source or amount was corrected: they do not count.
    pub void: Vec<Position>,
    /// Reversals.
    pub reversals: Vec<ReversalRow>,
}

/// From [`events::ExpenseApproved`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[expect(
    missing_docs,
    reason = "the fact of the same name documents its fields"
)]
pub struct ApprovalRow {
    pub position: Position,
    pub on: NaiveDate,
}

/// From [`events::ExpenseReversed`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[expect(
    missing_docs,
    reason = "the fact of the same name documents its fields"
)]
pub struct ReversalRow {
    pub position: Position,
    pub on: NaiveDate,
    pub amount: Money,
    pub reason: ReversalReason,
}

impl LedgerRow {
    /// A pilot of whose money nothing is known yet.
    pub fn new(pilot: PilotId) -> Self {
        Self {
            pilot,
            pledges: Vec::new(),
            receipts: Vec::new(),
            allocations: Vec::new(),
            expenses: Vec::new(),
            rules: Vec::new(),
            position: 0,
        }
    }
}
