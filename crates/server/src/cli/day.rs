//! How a pilot stands on a day: what is to be done, and its money.

use std::fmt::Display;

use chrono::NaiveDate;
use clap::Args;
use events::PartnerId;
use projections::agenda::{Entry, Filter, State, Subject, list};
use projections::ledger::{Standing, Sums};
use projections::{Recalled, Snapshot};
use serde_json::{Value, json};

use super::stand::{Manner, Place, Stand};
use super::{Ended, say, say_json};

/// Which pilot, on which day.
#[derive(Args)]
struct OnDay {
    /// Id, short name or HMIS project id.
    #[arg(long)]
    pilot: String,
    /// The day; today when none is given.
    #[arg(long)]
    on: Option<NaiveDate>,
    /// Answer in JSON, for machines.
    #[arg(long)]
    json: bool,
}

/// What is to be done.
#[derive(Args)]
pub(crate) struct AgendaArguments {
    #[command(flatten)]
    day: OnDay,
    /// Only what stands so: overdue, due, not_yet_due, done, missed, no_longer_needed. Several are
    /// separated by commas; what is overdue or due when none is given.
    #[arg(long, value_delimiter = ',', value_parser = parse_state)]
    state: Vec<State>,
}

/// The money.
#[derive(Args)]
pub(crate) struct LedgerArguments {
    #[command(flatten)]
    day: OnDay,
}

fn parse_state(text: &str) -> Result<State, String> {
    let found = State::ALL.into_iter().find(|state| state.code() == text);
    let words = State::ALL.map(State::code).join(", ");
    found.ok_or_else(|| format!("`{text}` is none of {words}"))
}

/// A pilot as it stands, and the day.
async fn known(place: &Place, day: &OnDay) -> anyhow::Result<(Recalled, NaiveDate)> {
    let stand = place.open(Manner::Passing).await?;
    let on = day.on.unwrap_or_else(|| stand.app.now().date_naive());
    let snapshot = snapshot(&stand, &day.pilot).await;
    stand.close().await?;
    Ok((snapshot?, on))
}

async fn snapshot(stand: &Stand, name: &str) -> anyhow::Result<Recalled> {
    let pilot = stand.find(name).await?;
    Ok(stand.app.snapshot(pilot, None).await?)
}

fn title(snapshot: &Snapshot) -> &str {
    let opening = snapshot.pilot.opening.as_ref();
    opening.map_or("", |opening| opening.title.as_str())
}

pub(super) async fn agenda(place: Place, given: AgendaArguments) -> anyhow::Result<Ended> {
    let (snapshot, on) = known(&place, &given.day).await?;
    let filter = match given.state.is_empty() {
        true => Filter::open(),
        false => Filter {
            states: given.state.into_iter().collect(),
            ..Filter::default()
        },
    };
    let households = snapshot.agenda.values();
    let entries = list(&snapshot.pilot_agenda, households, on, &filter);
    if given.day.json {
        say_json(&json!({
            "pilot": snapshot.pilot.pilot,
            "on": on,
            "position": snapshot.position,
            "items": entries.iter().map(entry_json).collect::<Vec<_>>(),
        }))?;
        return Ok(Ended::Well);
    }
    say(&format!(
        "{}: to be done as of {on}, position {}: {}",
        title(&snapshot),
        snapshot.position,
        entries.len()
    ));
    for entry in &entries {
        say(&format!(
            "{:<16} {}  {:<18}  {}",
            entry.state.code(),
            entry.item.due,
            entry.item.kind.code(),
            about(entry.item.subject)
        ));
    }
    Ok(Ended::Well)
}

fn entry_json(entry: &Entry) -> Value {
    let item = &entry.item;
    json!({
        "kind": item.kind,
        "state": entry.state,
        "subject": item.subject,
        "since": item.since,
        "from": item.from,
        "due": item.due,
        "window": item.window,
        "done": item.done,
        "dropped": item.dropped,
        "ended": item.ended,
        "positions": item.positions(),
    })
}

/// Whom or what something is about, in words.
fn about(subject: Subject) -> String {
    let of = |household: &dyn Display, what: String| format!("household {household}, {what}");
    match subject {
        Subject::Household(household) => format!("household {household}"),
        Subject::Goal(household, goal) => of(&household, format!("goal {goal}")),
        Subject::FollowUp(household, month) => {
            of(&household, format!("after {} months", month.months()))
        }
        Subject::Consent(household, consent) => of(&household, format!("consent {consent}")),
        Subject::ServiceReferral(household, referral) => {
            of(&household, format!("referral {referral}"))
        }
        Subject::Expense(expense) => format!("expense {expense}"),
        Subject::Meeting(meeting) => format!("meeting {meeting}"),
        Subject::Decision(decision) => format!("decision {decision}"),
        Subject::Indicator(number) => format!("indicator {number}"),
        Subject::Period(from, to) => format!("{from} to {to}"),
        Subject::Phase(phase) => events::CodeList::code(phase).to_owned(),
        Subject::Month(phase, month) => {
            format!("{}, month {month}", events::CodeList::code(phase))
        }
        Subject::Pilot => "the pilot".to_owned(),
    }
}

pub(super) async fn ledger(place: Place, given: LedgerArguments) -> anyhow::Result<Ended> {
    let (snapshot, on) = known(&place, &given.day).await?;
    if given.day.json {
        say_json(&ledger_json(&snapshot, on))?;
        return Ok(Ended::Well);
    }
    let balance = snapshot.ledger.balance_on(on);
    let opening = snapshot.pilot.opening.as_ref();
    let currency = opening.map_or("", |opening| events::CodeList::code(opening.currency));
    say(&format!(
        "{}: money as of {on}, position {}, in {}",
        title(&snapshot),
        snapshot.position,
        currency.to_ascii_uppercase()
    ));
    say(&format!(
        "{:<32} {:>12} {:>12} {:>12} {:>12} {:>12} {:>12}",
        "", "pledged", "received", "allocated", "committed", "spent", "residual"
    ));
    say_sums("all", balance.all);
    say("by source");
    for (source, sums) in &balance.by_source {
        say_sums(&format!("  {}", partner(&snapshot, *source)), *sums);
    }
    say("by line");
    for (line, sums) in &balance.by_line {
        say_sums(&format!("  {}", events::CodeList::code(*line)), *sums);
    }
    say("by month");
    for (month, sums) in &balance.by_month {
        say_sums(&format!("  {month}"), *sums);
    }
    let waiting = snapshot.ledger.expenses.iter().filter(|expense| {
        expense.on <= on && snapshot.ledger.standing(expense, on) == Standing::Committed
    });
    for expense in waiting {
        say(&format!(
            "waits for approval: {} of {}, {}",
            expense.net_on(on),
            expense.on,
            expense.description
        ));
    }
    Ok(Ended::Well)
}

/// What a partner is called.
fn partner(snapshot: &Snapshot, id: Option<PartnerId>) -> String {
    let Some(id) = id else {
        return "(no source laid down)".to_owned();
    };
    let mut partners = snapshot.pilot.partners.iter();
    partners
        .find(|row| row.partner == id)
        .map_or_else(|| id.to_string(), |row| row.name.clone())
}

fn say_sums(name: &str, sums: Sums) {
    let short: String = name.chars().take(NAME_WIDTH).collect();
    say(&format!(
        "{short:<32} {:>12.2} {:>12.2} {:>12.2} {:>12.2} {:>12.2} {:>12.2}",
        sums.pledged,
        sums.received,
        sums.allocated,
        sums.committed,
        sums.spent,
        sums.residual()
    ));
}

/// Characters of a name in a table at most.
const NAME_WIDTH: usize = 32;

fn ledger_json(snapshot: &Snapshot, on: NaiveDate) -> Value {
    let balance = snapshot.ledger.balance_on(on);
    let row = &snapshot.ledger;
    let by_source = balance.by_source.iter();
    let by_line = balance.by_line.iter();
    let by_month = balance.by_month.iter();
    let expenses = row.expenses.iter().filter(|expense| expense.on <= on);
    json!({
        "pilot": snapshot.pilot.pilot,
        "on": on,
        "position": snapshot.position,
        "balance": {
            "all": sums_json(&balance.all),
            "bySource": by_source
                .map(|(source, sums)| json!({ "source": source, "sums": sums_json(sums) }))
                .collect::<Vec<_>>(),
            "byLine": by_line
                .map(|(line, sums)| json!({ "line": line, "sums": sums_json(sums) }))
                .collect::<Vec<_>>(),
            "byMonth": by_month
                .map(|(month, sums)| json!({ "month": month.to_string(), "sums": sums_json(sums) }))
                .collect::<Vec<_>>(),
        },
        "pledges": row.pledges,
        "receipts": row.receipts,
        "allocations": row.allocations,
        "expenses": expenses
            .map(|expense| {
                let committed = row.standing(expense, on) == Standing::Committed;
                json!({
                    "standing": if committed { "committed" } else { "spent" },
                    "net": expense.net_on(on),
                    "expense": expense,
                })
            })
            .collect::<Vec<_>>(),
    })
}

fn sums_json(sums: &Sums) -> Value {
    json!({
        "pledged": sums.pledged,
        "received": sums.received,
        "allocated": sums.allocated,
        "committed": sums.committed,
        "spent": sums.spent,
        "residual": sums.residual(),
    })
}
