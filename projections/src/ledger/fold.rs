//! Streams `pilot` and `funding` → [`LedgerRow`].

use events::{EffectiveRef, Event, Fact, PilotId};

use super::*;
use crate::approvals;
use crate::history::{amends, effective_of, folded, further, insert, whole};
use crate::pilots::RulesRow;

folded!(LedgerRow, pilot: PilotId);

/// Raised when the same facts come to another row: the rows kept are then folded anew.
pub const VERSION: i32 = 4;

/// Takes one fact in; facts that are not about money change nothing. The order of days does not matter.
/// Which approvals a correction made void is for [`fold`], which has the correction itself.
pub fn evolve(
    row: Option<LedgerRow>,
    fact: &EffectiveRef<'_>,
    pilot: PilotId,
) -> Option<LedgerRow> {
    let (position, on) = (fact.position, fact.occurred_on);
    let mut row = row.unwrap_or_else(|| LedgerRow::new(pilot));
    match &fact.event {
        Event::RulesSet(rules) => {
            insert(&mut row.rules, RulesRow::new(fact, rules), |row| {
                (row.on, row.position)
            });
        }
        Event::FundingPledged(pledged) => {
            let pledge = PledgeRow {
                position,
                on,
                pledge: pledged.pledge,
                source: pledged.source,
                amount: pledged.amount,
                purpose: pledged.purpose,
            };
            insert(&mut row.pledges, pledge, |row| (row.on, row.position));
        }
        Event::FundingReceived(received) => {
            let receipt = ReceiptRow {
                position,
                on,
                source: received.source,
                pledge: received.pledge,
                amount: received.amount,
            };
            insert(&mut row.receipts, receipt, |row| (row.on, row.position));
        }
        Event::BudgetAllocated(allocated) => {
            let allocation = AllocationRow {
                position,
                on,
                line: allocated.line,
                source: allocated.source,
                amount: allocated.amount,
            };
            insert(&mut row.allocations, allocation, |row| {
                (row.on, row.position)
            });
        }
        _ => expense(&mut row, fact),
    }
    Some(row)
}

fn expense(row: &mut LedgerRow, fact: &EffectiveRef<'_>) {
    let (position, on) = (fact.position, fact.occurred_on);
    match &fact.event {
        Event::ExpenseRecorded(recorded) => {
            let expense = ExpenseRow {
                position,
                corrected_by: fact.corrected_by,
                on,
                expense: recorded.expense,
                line: recorded.line,
                source: recorded.source,
                amount: recorded.amount,
                description: recorded.description.clone(),
                approvals: Vec::new(),
                void: Vec::new(),
                reversals: Vec::new(),
            };
            insert(&mut row.expenses, expense, |row| (row.on, row.position));
        }
        Event::ExpenseApproved(approved) => {
            let mut expenses = row.expenses.iter_mut();
            if let Some(expense) = expenses.find(|one| one.expense == approved.expense) {
                let approval = ApprovalRow { position, on };
                insert(&mut expense.approvals, approval, |row| {
                    (row.on, row.position)
                });
            }
        }
        Event::ExpenseReversed(reversed) => {
            let mut expenses = row.expenses.iter_mut();
            if let Some(expense) = expenses.find(|one| one.expense == reversed.expense) {
                let reversal = ReversalRow {
                    position,
                    on,
                    amount: reversed.amount,
                    reason: reversed.reason,
                };
                insert(&mut expense.reversals, reversal, |row| {
                    (row.on, row.position)
                });
            }
        }
        _ => {}
    }
}

/// Must the row be folded from its whole history when this fact arrives?
pub fn needs_history(event: &Event) -> bool {
    amends(event)
}

/// The row that the streams' whole history comes to; none without entries.
pub fn fold(pilot: PilotId, entries: &[&Fact]) -> Option<LedgerRow> {
    let history = effective_of(entries);
    let mut row = whole(pilot, entries, &history, evolve);
    for expense in row.iter_mut().flat_map(|row| &mut row.expenses) {
        expense.void = approvals::void(entries, &history, expense.expense, expense.position);
    }
    row
}

/// The row with further entries, none of which [`needs_history`].
pub fn advance(row: LedgerRow, entries: &[&Fact]) -> LedgerRow {
    further(row, entries, evolve)
}
