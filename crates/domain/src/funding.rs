//! Money: what was promised and came in, what was spent, approved and came back.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use events::{
    Effective, Event, ExpenseId, ExpenseRecorded, Fact, FundingPledged, FundingReceived, Money,
    PledgeId, Position, effective,
};
use rust_decimal::Decimal;

use crate::Refusal;
use crate::finding::Findings;
use crate::timeline::{Begun, Dated};

/// Notes what the stream of money breaks; `facts` is the effective history of `recorded`.
pub(crate) fn check(recorded: &[Fact], facts: &[Effective], found: &mut Findings) {
    check_pledges(facts, found);
    let expenses = Expenses::of(facts, found);
    expenses.check_reversals(facts, found);
    if facts
        .iter()
        .any(|fact| matches!(fact.event, Event::ExpenseApproved(_)))
    {
        expenses.check_approvals(facts, &told_apart(recorded), found);
    }
}

/// Notes money received for no pledge, for another's, or more of it than was promised.
fn check_pledges(facts: &[Effective], found: &mut Findings) {
    let pledge = |event: &Event| match event {
        Event::FundingPledged(pledged) => Some(pledged.pledge),
        _ => None,
    };
    let begun = Begun::of(facts, pledge);
    let mut pledges: BTreeMap<PledgeId, (Dated, &FundingPledged)> = BTreeMap::new();
    for fact in facts {
        if let Event::FundingPledged(pledged) = &fact.event {
            let pledge = pledged.pledge;
            let first = begun.check_first(pledge, fact);
            found.check(
                fact,
                first.map_err(|on| Refusal::PledgeExists { pledge, on }),
            );
            pledges.entry(pledge).or_insert((Dated::of(fact), pledged));
        }
    }
    let mut left: BTreeMap<PledgeId, Money> = pledges
        .iter()
        .map(|(&pledge, (_, pledged))| (pledge, pledged.amount))
        .collect();
    for fact in facts {
        if let Event::FundingReceived(received) = &fact.event
            && let Some(pledge) = received.pledge
        {
            match (pledges.get(&pledge), left.get_mut(&pledge)) {
                (Some((made, pledged)), Some(left)) => {
                    found.check(fact, check_received(received, *made, pledged, fact));
                    if received.amount > *left {
                        let left = *left;
                        found.note(fact, Refusal::PledgeExceeded { pledge, left });
                    }
                    *left -= received.amount;
                }
                _ => found.note(fact, Refusal::PledgeUnknown { pledge }),
            }
        }
    }
}

fn check_received(
    received: &FundingReceived,
    made: Dated,
    pledged: &FundingPledged,
    fact: &Effective,
) -> Result<(), Refusal> {
    let pledge = pledged.pledge;
    if received.source != pledged.source {
        return Err(Refusal::PledgeOfAnother {
            pledge,
            source_of_pledge: pledged.source,
        });
    }
    if fact.occurred_on < made.on {
        return Err(Refusal::PledgeNotYetMade {
            pledge,
            made_on: made.on,
            on: fact.occurred_on,
        });
    }
    Ok(())
}

/// The expenses as they count today.
struct Expenses<'a>(BTreeMap<ExpenseId, (Dated, &'a ExpenseRecorded)>);

impl<'a> Expenses<'a> {
    fn of(facts: &'a [Effective], found: &mut Findings) -> Self {
        let mut expenses = BTreeMap::new();
        for fact in facts {
            if let Event::ExpenseRecorded(recorded) = &fact.event {
                let expense = recorded.expense;
                match expenses.entry(expense) {
                    Entry::Occupied(_) => found.note(fact, Refusal::ExpenseExists { expense }),
                    Entry::Vacant(entry) => {
                        entry.insert((Dated::of(fact), recorded));
                    }
                }
            }
        }
        Self(expenses)
    }

    fn find(
        &self,
        expense: ExpenseId,
        fact: &Effective,
    ) -> Result<(Dated, &'a ExpenseRecorded), Refusal> {
        let &(recorded, content) = self
            .0
            .get(&expense)
            .ok_or(Refusal::ExpenseUnknown { expense })?;
        if fact.occurred_on < recorded.on {
            return Err(Refusal::BeforeExpense {
                expense,
                recorded_on: recorded.on,
                on: fact.occurred_on,
            });
        }
        Ok((recorded, content))
    }

    /// Of an expense no more comes back than it was, whether it had been approved or not.
    fn check_reversals(&self, facts: &[Effective], found: &mut Findings) {
        let mut reversed: BTreeMap<ExpenseId, Money> = BTreeMap::new();
        for fact in facts {
            let Event::ExpenseReversed(reversal) = &fact.event else {
                continue;
            };
            let expense = reversal.expense;
            match self.find(expense, fact) {
                Ok((_, recorded)) => {
                    let before = reversed.entry(expense).or_insert(Decimal::ZERO);
                    let left = recorded.amount - *before;
                    *before += reversal.amount;
                    if reversal.amount > left {
                        found.note(fact, Refusal::ReversalExceeds { expense, left });
                    }
                }
                Err(refusal) => found.note(fact, refusal),
            }
        }
    }

    /// An approval stands while line, source and amount are those that were approved; one that does
    /// not stand any more is no obstacle to another.
    fn check_approvals(
        &self,
        facts: &[Effective],
        threads: &BTreeMap<Position, Vec<&Fact>>,
        found: &mut Findings,
    ) {
        let mut approved: BTreeMap<ExpenseId, Dated> = BTreeMap::new();
        for fact in facts {
            let Event::ExpenseApproved(approval) = &fact.event else {
                continue;
            };
            let expense = approval.expense;
            let Some((recorded, content)) = self.0.get(&expense) else {
                found.note(fact, Refusal::ExpenseUnknown { expense });
                continue;
            };
            let Some(then) = stood_at(threads, recorded.position, fact.position) else {
                found.note(fact, Refusal::ExpenseUnknown { expense });
                continue;
            };
            if then.stated_by == fact.actor {
                found.note(fact, Refusal::ApprovesOwn { expense });
            }
            let stands = matches!(&then.event, Event::ExpenseRecorded(then) if same(then, content));
            if !stands {
                continue;
            }
            found.check(fact, self.find(expense, fact).map(|_| ()));
            match approved.get(&expense) {
                Some(first) => {
                    let on = first.on;
                    found.note(fact, Refusal::ExpenseAlreadyApproved { expense, on });
                }
                None => {
                    approved.insert(expense, Dated::of(fact));
                }
            }
        }
    }
}

/// Do both say the same of what an approval is about?
fn same(one: &ExpenseRecorded, other: &ExpenseRecorded) -> bool {
    (one.line, one.source, one.amount) == (other.line, other.source, other.amount)
}

/// What stood of the fact at `root` when the fact at `then` was recorded.
fn stood_at(
    threads: &BTreeMap<Position, Vec<&Fact>>,
    root: Position,
    then: Position,
) -> Option<Effective> {
    let thread = threads.get(&root)?.iter().copied();
    let so_far: Vec<Fact> = thread
        .filter(|fact| fact.position < then)
        .cloned()
        .collect();
    effective(&so_far).into_iter().next()
}

/// Every fact with its corrections and retractions, and theirs, by the position of the first.
fn told_apart(recorded: &[Fact]) -> BTreeMap<Position, Vec<&Fact>> {
    let mut roots: BTreeMap<Position, Position> = BTreeMap::new();
    let mut threads: BTreeMap<Position, Vec<&Fact>> = BTreeMap::new();
    for fact in recorded {
        let named = match &fact.event {
            Event::RecordCorrected(correction) => correction.position,
            Event::RecordRetracted(retraction) => retraction.position,
            Event::RecordConfirmed(confirmation) => confirmation.position,
            _ => fact.position,
        };
        let root = roots.get(&named).copied().unwrap_or(named);
        roots.insert(fact.position, root);
        threads.entry(root).or_default().push(fact);
    }
    threads
}
