//! Q22a1 to Q22e: how long people stayed, and how long until they were housed.

use super::universe::{Client, MoveIn, project_type};
use super::{Cell, Row, Table, by_kind, by_kind_header, count, counts, row};
use crate::Period;
use crate::round;

/// A label, and the days its row reaches from and to.
type Band = (&'static str, i64, i64);

const ANY: i64 = i64::MAX;

/// Bands of the APR.
const APR_BANDS: [Band; 10] = [
    ("a. 30 days or less", i64::MIN, 30),
    ("b. 31 to 60 days", 31, 60),
    ("c. 61 to 90 days", 61, 90),
    ("d. 91 to 180 days", 91, 180),
    ("e. 181 to 365 days", 181, 365),
    ("f. 366 to 730 days (1 - 2 yrs.)", 366, 730),
    ("g. 731 to 1095 days (2 - 3 yrs.)", 731, 1095),
    ("h. 1096 to 1460 days (3 - 4 yrs.)", 1096, 1460),
    ("i. 1461 to 1825 days (4 - 5 yrs.)", 1461, 1825),
    ("j. More than 1825 days (>5 yrs.)", 1826, ANY),
];

/// Bands of the CAPER.
const CAPER_BANDS: [Band; 13] = [
    ("a. 0 to 7 days", i64::MIN, 7),
    ("b. 8 to 14 days", 8, 14),
    ("c. 15 to 21 days", 15, 21),
    ("d. 22 to 30 days", 22, 30),
    ("e. 31 to 60 days", 31, 60),
    ("f. 61 to 90 days", 61, 90),
    ("g. 91 to 180 days", 91, 180),
    ("h. 181 to 365 days", 181, 365),
    ("i. 366 to 730 days (1 – 2 yrs.)", 366, 730),
    ("j. 731 to 1095 days (2 – 3 yrs.)", 731, 1095),
    ("k. 1096 to 1460 days (3 – 4 yrs.)", 1096, 1460),
    ("l. 1461 to 1825 days (4 – 5 yrs.)", 1461, 1825),
    ("m. More than 1825 days (>5 yrs.)", 1826, ANY),
];

/// Bands of the time to housing; a time longer than the last is in the total only.
const HOUSING_BANDS: [Band; 8] = [
    ("a. 7 days or less", i64::MIN, 7),
    ("b. 8-14 days", 8, 14),
    ("c. 15-21 days", 15, 21),
    ("d. 22 to 30 days", 22, 30),
    ("e. 31 to 60 days", 31, 60),
    ("f. 61 to 180 days", 61, 180),
    ("g. 181 to 365 days", 181, 365),
    ("h. 366 to 730 days (1 – 2 yrs.)", 366, 730),
];

fn within(days: i64, (_, from, to): Band) -> bool {
    (from..=to).contains(&days)
}

/// Length of Participation: all, leavers, stayers. The lengths are always known: that row is empty.
fn participation(
    name: &'static str,
    bands: &[Band],
    unknown: &'static str,
    total: &'static str,
    clients: &[Client<'_>],
) -> Table {
    let line = |label, test: &dyn Fn(&Client<'_>) -> bool| {
        let those = clients.iter().filter(|c| test(c));
        let leavers = those.clone().filter(|c| c.is_leaver()).count();
        let all = those.count();
        row(
            label,
            vec![count(all), count(leavers), count(all - leavers)],
        )
    };
    let mut rows: Vec<Row> = bands
        .iter()
        .map(|band| line(band.0, &|c| within(c.days, *band)))
        .collect();
    rows.push(line(unknown, &|_| false));
    rows.push(line(total, &|_| true));
    Table {
        name,
        header: vec![" ", "Total", "Leavers", "Stayers"],
        rows,
    }
}

/// Length of Participation - CoC Projects.
pub(super) fn q22a1(clients: &[Client<'_>]) -> Table {
    participation(
        "Q22a1",
        &APR_BANDS,
        "k. Data Not Collected",
        "l. Total",
        clients,
    )
}

/// Length of Participation - Youth.
pub(super) fn q27e(youth: &[Client<'_>]) -> Table {
    participation(
        "Q27e",
        &APR_BANDS,
        "k. Data Not Collected",
        "l. Total",
        youth,
    )
}

/// Length of Participation - ESG Projects.
pub(super) fn q22a2(clients: &[Client<'_>]) -> Table {
    participation(
        "Q22a2",
        &CAPER_BANDS,
        "n. Data Not Collected",
        "o. Total",
        clients,
    )
}

/// Average and Median Length of Participation in Days.
pub(super) fn q22b(clients: &[Client<'_>]) -> Table {
    let lengths = |leavers: bool| -> Vec<i64> {
        // Who left before she came is left out (Q22b, 1a).
        clients
            .iter()
            .filter(|c| c.is_leaver() == leavers && c.days >= 0)
            .map(|c| c.days)
            .collect()
    };
    let line = |label, figure: fn(&[i64]) -> Option<i64>| {
        let cell = |leavers| figure(&lengths(leavers)).map_or(Cell::Undefined, Cell::Days);
        row(label, vec![cell(true), cell(false)])
    };
    Table {
        name: "Q22b",
        header: vec![" ", "Leavers", "Stayers"],
        rows: vec![
            line("m. Average length in days", round::mean),
            line("n. Median length in days", round::median),
        ],
    }
}

/// Length of Time between Project Start Date and Housing Move-in Date, for PSH and RRH.
pub(super) fn q22c(clients: &[Client<'_>], period: Period) -> Table {
    let days = |c: &Client<'_>| {
        let moved = c.move_in?.day().filter(|day| period.contains(*day))?;
        Some(moved.signed_duration_since(c.member.entered_on).num_days())
    };
    let housing = clients.iter().filter(|c| c.is_psh_or_rrh());
    let moved = housing.clone().filter(|c| days(c).is_some());
    let without = housing
        .clone()
        .filter(|c| c.is_leaver() && c.move_in.is_none());
    let both = housing
        .clone()
        .filter(|c| days(c).is_some() || (c.is_leaver() && c.move_in.is_none()));
    let mut rows: Vec<Row> = HOUSING_BANDS
        .iter()
        .map(|band| {
            let those = moved
                .clone()
                .filter(|c| days(c).is_some_and(|days| within(days, *band)));
            row(band.0, counts(those))
        })
        .collect();
    rows.push(row(
        "i. Total (persons moved into housing)",
        counts(moved.clone()),
    ));
    rows.push(row(
        "j. Average length of time to housing",
        by_kind(moved, |those| {
            let times: Vec<i64> = those.iter().filter_map(|c| days(c)).collect();
            round::mean_scaled(&times, 100).map_or(Cell::Undefined, Cell::DaysHundredths)
        }),
    ));
    rows.push(row(
        "k. Persons who were exited without move-in",
        counts(without),
    ));
    rows.push(row("l. Total persons", counts(both)));
    Table {
        name: "Q22c",
        header: by_kind_header(" "),
        rows,
    }
}

/// Length of Participation by Household Type.
pub(super) fn q22d(clients: &[Client<'_>]) -> Table {
    let mut rows: Vec<Row> = CAPER_BANDS
        .iter()
        .map(|band| {
            row(
                band.0,
                counts(clients.iter().filter(|c| within(c.days, *band))),
            )
        })
        .collect();
    rows.push(row("n. Data Not Collected", counts(clients[..0].iter())));
    rows.push(row("o. Total", counts(clients.iter())));
    Table {
        name: "Q22d",
        header: by_kind_header("Length of stay"),
        rows,
    }
}

/// What Q22e says of a person.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Prior {
    /// Days from the start of homelessness to being housed.
    Days(i64),
    NotMovedIn,
    NotCollected,
}

/// From the start of homelessness to the move-in, in permanent housing, or to the entry elsewhere. None
/// for projects that give no housing.
fn prior(client: &Client<'_>) -> Option<Prior> {
    let housed = match client.project_type {
        project_type::PERMANENT_SUPPORTIVE
        | project_type::PERMANENT_HOUSING
        | project_type::RAPID_REHOUSING => match client.move_in {
            Some(MoveIn::Before) => return Some(Prior::NotCollected),
            moved => moved.and_then(MoveIn::day),
        },
        project_type::EMERGENCY_SHELTER
        | project_type::TRANSITIONAL_HOUSING
        | project_type::SAFE_HAVEN => Some(client.member.entered_on),
        _ => return None,
    };
    // Without a start there is nothing to measure, housed or not.
    let Some(since) = client.member.without_home_since.known() else {
        return Some(Prior::NotCollected);
    };
    Some(match housed {
        None => Prior::NotMovedIn,
        Some(housed) if *since > housed => Prior::NotCollected,
        Some(housed) => Prior::Days(housed.signed_duration_since(*since).num_days()),
    })
}

/// Length of Time Prior to Housing, from the date homelessness started (3.917).
pub(super) fn q22e(clients: &[Client<'_>]) -> Table {
    let line = |label, test: &dyn Fn(Prior) -> bool| {
        row(
            label,
            counts(clients.iter().filter(|c| prior(c).is_some_and(test))),
        )
    };
    let mut rows: Vec<Row> = HOUSING_BANDS
        .into_iter()
        .chain([("i. 731 days or more", 731, ANY)])
        .map(|band| {
            line(
                band.0,
                &move |prior| matches!(prior, Prior::Days(days) if within(days, band)),
            )
        })
        .collect();
    rows.extend([
        line("j. Total (persons moved into housing)", &|prior| {
            matches!(prior, Prior::Days(_))
        }),
        line("k. Not yet moved into housing", &|prior| {
            prior == Prior::NotMovedIn
        }),
        line("l. Data not collected", &|prior| {
            prior == Prior::NotCollected
        }),
        line("m. Total persons", &|_| true),
    ]);
    Table {
        name: "Q22e",
        header: by_kind_header(" "),
        rows,
    }
}
