//! Which approvals of an expense still count after it was corrected.
//!
//! An approval is of a line, a source and an amount: one given when any of these was another than now is
//! void, and one of the same stands, whatever else was corrected. So the rules have it too.

use std::collections::BTreeSet;

use events::{EffectiveRef, Event, ExpenseId, ExpenseRecorded, Fact, Position, effective};

/// The approvals of the expense at `root` given when its line, source or amount was another than now.
/// `entries` are all of its stream, `history` what they come to.
pub(crate) fn void(
    entries: &[&Fact],
    history: &[EffectiveRef<'_>],
    expense: ExpenseId,
    root: Position,
) -> Vec<Position> {
    let family = family(entries, root);
    // Never corrected: nothing it said was another.
    if family.len() < 2 {
        return Vec::new();
    }
    let now = said(&family, root);
    let approvals = history
        .iter()
        .filter(|fact| approves(fact.event) == Some(expense));
    approvals
        .map(|approval| approval.position)
        .filter(|approval| {
            let then = family.partition_point(|fact| fact.position < *approval);
            said(&family[..then], root) != now
        })
        .collect()
}

/// A fact, its corrections, and what retracts any of them.
fn family(entries: &[&Fact], root: Position) -> Vec<Fact> {
    let mut members = BTreeSet::from([root]);
    let mut family = Vec::new();
    for fact in entries {
        let target = match &fact.event {
            Event::RecordCorrected(corrected) => Some(corrected.position),
            Event::RecordRetracted(retracted) => Some(retracted.position),
            _ => None,
        };
        if fact.position == root || target.is_some_and(|target| members.contains(&target)) {
            members.insert(fact.position);
            family.push((*fact).clone());
        }
    }
    family
}

fn approves(event: &Event) -> Option<ExpenseId> {
    match event {
        Event::ExpenseApproved(approved) => Some(approved.expense),
        _ => None,
    }
}

/// What matters of an expense to whoever approves it, as these facts have it.
fn said(family: &[Fact], root: Position) -> Option<impl PartialEq + use<>> {
    let standing = effective(family);
    let standing = standing.into_iter().find(|fact| fact.position == root)?;
    match standing.event {
        Event::ExpenseRecorded(ExpenseRecorded {
            line,
            source,
            amount,
            ..
        }) => Some((line, source, amount)),
        _ => None,
    }
}
