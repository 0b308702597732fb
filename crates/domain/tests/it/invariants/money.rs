//! What must hold of money.

use events::*;

/// What is wrong with the money; `facts` are the log that `history` is read off.
pub(super) fn wrong(facts: &[Fact], history: &[Effective]) -> Vec<String> {
    let mut wrong = Vec::new();
    for fact in history {
        match &fact.event {
            Event::FundingReceived(received) => {
                if let Some(pledge) = received.pledge
                    && !honours(history, pledge, received.source, fact)
                {
                    wrong.push("money for no pledge".to_owned());
                }
            }
            Event::FundingPledged(pledged) => {
                let paid = total(history, |event| match event {
                    Event::FundingReceived(r) if r.pledge == Some(pledged.pledge) => Some(r.amount),
                    _ => None,
                });
                if paid > pledged.amount {
                    wrong.push("more than promised".to_owned());
                }
            }
            Event::ExpenseRecorded(expense) => {
                let back = total(history, |event| match event {
                    Event::ExpenseReversed(r) if r.expense == expense.expense => Some(r.amount),
                    _ => None,
                });
                if back > expense.amount {
                    wrong.push("more came back than was spent".to_owned());
                }
                let standing = history
                    .iter()
                    .filter(|approval| stands(facts, expense, fact, approval));
                let days: Vec<_> = standing.map(|approval| approval.occurred_on).collect();
                if days.len() > 1 || days.iter().any(|on| *on < fact.occurred_on) {
                    wrong.push("an expense approved wrongly".to_owned());
                }
            }
            Event::ExpenseReversed(reversal) if !was_made(history, reversal.expense, fact) => {
                wrong.push("a reversal of nothing".to_owned());
            }
            Event::ExpenseApproved(approval) => {
                let is_known = history.iter().any(
                    |f| matches!(&f.event, Event::ExpenseRecorded(e) if e.expense == approval.expense),
                );
                let by = stated_then(facts, approval.expense, fact.position);
                if !is_known || by.is_none_or(|stated| stated.stated_by == fact.actor) {
                    wrong.push("an approval of nothing, or of one's own".to_owned());
                }
            }
            _ => {}
        }
    }
    wrong
}

fn total(history: &[Effective], of: impl Fn(&Event) -> Option<Money>) -> Money {
    history.iter().filter_map(|fact| of(&fact.event)).sum()
}

fn honours(history: &[Effective], pledge: PledgeId, source: PartnerId, fact: &Effective) -> bool {
    history.iter().any(|other| {
        matches!(&other.event, Event::FundingPledged(p) if p.pledge == pledge && p.source == source)
            && other.occurred_on <= fact.occurred_on
    })
}

fn was_made(history: &[Effective], expense: ExpenseId, fact: &Effective) -> bool {
    history.iter().any(|other| {
        matches!(&other.event, Event::ExpenseRecorded(e) if e.expense == expense)
            && other.occurred_on <= fact.occurred_on
    })
}

/// The expense as it counted when somebody approved it.
fn stated_then(facts: &[Fact], expense: ExpenseId, then: Position) -> Option<Effective> {
    let so_far = facts.partition_point(|fact| fact.position < then);
    effective(&facts[..so_far])
        .into_iter()
        .find(|fact| matches!(&fact.event, Event::ExpenseRecorded(e) if e.expense == expense))
}

/// Was what is now approved by `approval`?
fn stands(
    facts: &[Fact],
    expense: &ExpenseRecorded,
    recorded: &Effective,
    approval: &Effective,
) -> bool {
    let Event::ExpenseApproved(approved) = &approval.event else {
        return false;
    };
    if approved.expense != expense.expense {
        return false;
    }
    let then = stated_then(facts, expense.expense, approval.position);
    then.is_some_and(|then| {
        then.position == recorded.position
            && matches!(&then.event, Event::ExpenseRecorded(e)
                if e.amount == expense.amount && e.line == expense.line && e.source == expense.source)
    })
}
