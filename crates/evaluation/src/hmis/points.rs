//! Q7b, Q8b: who was there on four days of the period; Q11, Q27a: how old they were.

use chrono::{Datelike, Days, NaiveDate, Weekday};
use events::Answer;

use super::universe::Client;
use super::{Table, by_kind_header, counts, row};
use crate::Period;

/// The months of the point-in-time counts, and their names.
const MONTHS: [(&str, u32); 4] = [("January", 1), ("April", 4), ("July", 7), ("October", 10)];

/// The last Wednesday of a month, in the year in which it lies within the period.
fn last_wednesday(month: u32, period: Period) -> Option<NaiveDate> {
    let years = period.from().year()..=period.to().year();
    years
        .filter_map(|year| {
            let (year, next) = if month == 12 {
                (year + 1, 1)
            } else {
                (year, month + 1)
            };
            let last = NaiveDate::from_ymd_opt(year, next, 1)?.pred_opt()?;
            let past = last.weekday().days_since(Weekday::Wed);
            last.checked_sub_days(Days::new(u64::from(past)))
        })
        .find(|day| (period.from()..=period.to()).contains(day))
}

/// Was she there in the night of `day`? In permanent housing she must have moved in by then.
fn was_there(client: &Client<'_>, day: NaiveDate) -> bool {
    let housed =
        !client.is_psh_or_rrh() || client.move_in.is_some_and(|move_in| move_in.is_by(day));
    housed && client.member.entered_on <= day && client.left_on.is_none_or(|left| day < left)
}

fn point_in_time(
    name: &'static str,
    header: &'static str,
    clients: &[Client<'_>],
    period: Period,
) -> Table {
    let rows = MONTHS.map(|(label, month)| {
        let day = last_wednesday(month, period);
        let those = clients
            .iter()
            .filter(|client| day.is_some_and(|day| was_there(client, day)));
        row(label, counts(those))
    });
    Table {
        name,
        header: by_kind_header(header),
        rows: rows.into(),
    }
}

/// Point-in-Time Count of Persons on the Last Wednesday.
pub(super) fn q7b(clients: &[Client<'_>], period: Period) -> Table {
    point_in_time("Q7b", " ", clients, period)
}

/// Point-in-Time Count of Households on the Last Wednesday.
pub(super) fn q8b(clients: &[Client<'_>], period: Period) -> Table {
    let heads: Vec<_> = clients.iter().copied().filter(Client::is_head).collect();
    point_in_time("Q8b", " ", &heads, period)
}

/// A label, and the ages of its row.
type Ages = (&'static str, u16, u16);

fn ages(
    name: &'static str,
    bands: &[Ages],
    others: [&'static str; 3],
    clients: &[Client<'_>],
) -> Table {
    let mut rows: Vec<_> = bands
        .iter()
        .map(|(label, from, to)| {
            let within =
                |c: &&Client<'_>| c.age.known().is_some_and(|age| (from..=to).contains(&age));
            row(label, counts(clients.iter().filter(within)))
        })
        .collect();
    let told = |c: &&Client<'_>| matches!(c.age, Answer::DoesNotKnow | Answer::PrefersNotToAnswer);
    let asked = |c: &&Client<'_>| c.age == Answer::NotCollected;
    rows.push(row(others[0], counts(clients.iter().filter(told))));
    rows.push(row(others[1], counts(clients.iter().filter(asked))));
    rows.push(row(others[2], counts(clients.iter())));
    Table {
        name,
        header: by_kind_header("Age ranges"),
        rows,
    }
}

/// Age.
pub(super) fn q11(clients: &[Client<'_>]) -> Table {
    const BANDS: [Ages; 9] = [
        ("a. Under 5", 0, 4),
        ("b. 5 - 12", 5, 12),
        ("c. 13 - 17", 13, 17),
        ("d. 18 - 24", 18, 24),
        ("e. 25 - 34", 25, 34),
        ("f. 35 - 44", 35, 44),
        ("g. 45 - 54", 45, 54),
        ("h. 55 - 61", 55, 61),
        ("i. 62+", 62, u16::MAX),
    ];
    let others = [
        "j. Client Doesn't Know/Client Refused",
        "k. Data Not Collected",
        "l. Total",
    ];
    ages("Q11", &BANDS, others, clients)
}

/// Age of Youth.
pub(super) fn q27a(youth: &[Client<'_>]) -> Table {
    const BANDS: [Ages; 2] = [("a. 12 - 17", 12, 17), ("b. 18 - 24", 18, 24)];
    let others = [
        "c. Client Doesn't Know/Client Refused",
        "d. Data Not Collected",
        "e. Total",
    ];
    ages("Q27a", &BANDS, others, youth)
}
