//! Q5a, Q6e, Q7a, Q8a: who was served, and how soon it was written down.

use chrono::{DateTime, NaiveDate, Utc};
use events::Answer;

use super::universe::Client;
use super::{Cell, Gap, Row, Table, by_kind, by_kind_header, count, counts, row};
use crate::Period;

/// Report Validations Table.
pub(super) fn q5a(clients: &[Client<'_>]) -> Table {
    let number = |label, test: &dyn Fn(&Client<'_>) -> bool| {
        row(
            label,
            vec![count(clients.iter().filter(|c| test(c)).count())],
        )
    };
    let gap = |label, gap| row(label, vec![Cell::NotComputed(gap)]);
    Table {
        name: "Q5a",
        header: Vec::new(),
        rows: vec![
            number("1. Total number of persons served", &|_| true),
            number("2. Number of adults (age 18 or over)", &|c| c.is_adult()),
            number("3. Number of children (under age 18)", &|c| c.is_child()),
            number("4. Number of persons with unknown age", &|c| {
                c.age.known().is_none()
            }),
            number("5. Number of leavers", &|c| c.is_leaver()),
            number("6. Number of adult leavers", &|c| {
                c.is_leaver() && c.is_adult()
            }),
            number("7. Number of adult and head of household leavers", &|c| {
                c.is_leaver() && (c.is_adult() || c.is_head())
            }),
            number("8. Number of stayers", &|c| !c.is_leaver()),
            number("9. Number of adult stayers", &|c| {
                !c.is_leaver() && c.is_adult()
            }),
            gap("10. Number of veterans", Gap::VeteranStatus),
            gap(
                "11. Number of chronically homeless persons",
                Gap::ChronicHomelessness,
            ),
            number("12. Number of youth under age 25", &|c| c.is_youth()),
            number(
                "13. Number of parenting youth under age 25 with children",
                &|c| c.is_parenting_youth(),
            ),
            number("14. Number of adult heads of household", &|c| {
                c.is_head() && c.is_adult()
            }),
            number(
                "15. Number of child and unknown-age Heads of household",
                &|c| c.is_head() && !c.is_adult(),
            ),
            number(
                "16. Heads of households and adult stayers in the project 365 days or more",
                &|c| c.is_long_stayer(),
            ),
        ],
    }
}

/// Data Quality: Timeliness. What was written down before it happened has no row in FY2022 and is left out.
pub(super) fn q6e(clients: &[Client<'_>], period: Period) -> Table {
    let delay = |on: NaiveDate, entered: DateTime<Utc>| {
        entered.date_naive().signed_duration_since(on).num_days()
    };
    let entries: Vec<i64> = clients
        .iter()
        .filter(|c| c.member.entered_on >= period.from())
        .map(|c| delay(c.member.entered_on, c.member.entered_at))
        .collect();
    let exits: Vec<i64> = clients
        .iter()
        .filter(|c| c.is_leaver())
        .filter_map(|c| c.member.left.as_ref())
        .map(|left| delay(left.on, left.entered_at))
        .collect();
    let bands = [
        ("0 days", 0, 0),
        ("1-3 days", 1, 3),
        ("4-6 days", 4, 6),
        ("7-10 days", 7, 10),
        ("11+ days", 11, i64::MAX),
    ];
    let within = |delays: &[i64], from, to| {
        count(
            delays
                .iter()
                .filter(|days| (from..=to).contains(*days))
                .count(),
        )
    };
    Table {
        name: "Q6e",
        header: vec![
            "Time for Record Entry",
            "Number of Project Entry Records",
            "Number of Project Exit Records",
        ],
        rows: bands
            .into_iter()
            .map(|(label, from, to)| {
                row(
                    label,
                    vec![within(&entries, from, to), within(&exits, from, to)],
                )
            })
            .collect(),
    }
}

/// Number of Persons Served.
pub(super) fn q7a(clients: &[Client<'_>]) -> Table {
    let rows = vec![
        row("a. Adults", counts(clients.iter().filter(|c| c.is_adult()))),
        row(
            "b. Children",
            counts(clients.iter().filter(|c| c.is_child())),
        ),
        row(
            "c. Client Doesn't Know/ Client Refused",
            counts(
                clients
                    .iter()
                    .filter(|c| matches!(c.age, Answer::DoesNotKnow | Answer::PrefersNotToAnswer)),
            ),
        ),
        row(
            "d. Data Not Collected",
            counts(clients.iter().filter(|c| c.age == Answer::NotCollected)),
        ),
        row("e. Total", counts(clients.iter())),
        moved_in(clients),
    ];
    Table {
        name: "Q7a",
        header: by_kind_header("Total number of persons served during the operating year"),
        rows,
    }
}

/// A number of nobody is left blank in this row.
fn moved_in(clients: &[Client<'_>]) -> Row {
    let moved = clients
        .iter()
        .filter(|c| c.is_psh_or_rrh() && c.move_in.is_some());
    row(
        "f. For PSH & RRH – the total persons served who moved into housing",
        by_kind(moved, |those| match those.len() {
            0 => Cell::Blank,
            number => count(number),
        }),
    )
}

/// Number of Households Served: distinct heads.
pub(super) fn q8a(clients: &[Client<'_>]) -> Table {
    let heads = clients.iter().filter(|c| c.is_head());
    let moved = heads
        .clone()
        .filter(|c| c.is_psh_or_rrh() && c.move_in.is_some());
    Table {
        name: "Q8a",
        header: by_kind_header(" "),
        rows: vec![
            row("Total Households", counts(heads)),
            row(
                "For PSH & RRH – the total households served who moved into housing",
                counts(moved),
            ),
        ],
    }
}
