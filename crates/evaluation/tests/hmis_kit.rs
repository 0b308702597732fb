//! The HMIS tables against HUD's public test kit.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test may stop and may speak"
)]

mod kit;

use std::collections::BTreeMap;

use evaluation::Period;
use evaluation::hmis::{self, Cell, Table};

fn period() -> Period {
    Period::new("2020-10-01".parse().unwrap(), "2021-09-30".parse().unwrap()).unwrap()
}

fn text(cell: &Cell) -> String {
    match cell {
        Cell::Count(number) => number.to_string(),
        Cell::Days(days) => days.to_string(),
        Cell::DaysHundredths(number) => format!("{}.{:02}", number / 100, number % 100),
        Cell::Share(0) => "0".to_owned(),
        Cell::Share(number) => format!("{}.{:04}", number / 10_000, number % 10_000),
        Cell::Undefined | Cell::Blank | Cell::NotComputed(_) => String::new(),
    }
}

/// Cells of the table as text, header and labels included.
fn grid(table: &Table) -> Vec<Vec<String>> {
    let header =
        (!table.header.is_empty()).then(|| table.header.iter().map(ToString::to_string).collect());
    header
        .into_iter()
        .chain(table.rows.iter().map(|row| {
            std::iter::once(row.label.to_owned())
                .chain(row.cells.iter().map(text))
                .collect()
        }))
        .collect()
}

/// Matched and total figures by table.
type Scores = BTreeMap<String, (usize, usize)>;

/// Matched and total figures of every table the answer key has, and every figure that differs.
fn compare(project: &str, expected: &str) -> Option<(Scores, Vec<String>)> {
    let directory = kit::directory()?;
    let snapshot = kit::snapshot(&directory, project);
    let mut scores = BTreeMap::new();
    let mut differences = Vec::new();
    for table in hmis::tables(&[snapshot], period()) {
        let path = directory
            .join("expected")
            .join(expected)
            .join(format!("{}.csv", table.name));
        let Ok(reader) = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .from_path(&path)
        else {
            continue;
        };
        let theirs: Vec<Vec<String>> = reader
            .into_records()
            .map(|record| record.unwrap().iter().map(str::to_owned).collect())
            .collect();
        let ours = grid(&table);
        assert_eq!(ours.len(), theirs.len(), "rows of {}", table.name);
        let mut score = (0, 0);
        for (line, (ours, theirs)) in ours.iter().zip(&theirs).enumerate() {
            assert_eq!(
                ours.len(),
                theirs.len(),
                "columns of {} line {line}",
                table.name
            );
            assert_eq!(ours[0], theirs[0], "label of {} line {line}", table.name);
            if line == 0 && !table.header.is_empty() {
                assert_eq!(ours, theirs, "header of {}", table.name);
                continue;
            }
            for (column, (ours, theirs)) in ours.iter().zip(theirs).enumerate().skip(1) {
                score.1 += 1;
                if ours == theirs {
                    score.0 += 1;
                } else {
                    differences.push(format!(
                        "{} line {} column {column}: {ours:?}, expected {theirs:?}",
                        table.name,
                        line + 1
                    ));
                }
            }
        }
        scores.insert(table.name.to_owned(), score);
    }
    println!("{project} against {expected}: {scores:?}");
    Some((scores, differences))
}

fn only_the_gaps_differ(project: &str, expected: &str, tables: usize) {
    let Some((scores, differences)) = compare(project, expected) else {
        return;
    };
    let unexplained: Vec<_> = differences
        .iter()
        .filter(|d| !d.starts_with("Q5a line 10 ") && !d.starts_with("Q5a line 11 "))
        .collect();
    assert!(unexplained.is_empty(), "{unexplained:#?}");
    assert_eq!(
        scores.len(),
        tables,
        "every table of the report was compared"
    );
}

#[test]
fn transitional_housing_of_the_caper() {
    only_the_gaps_differ("1560", "caper/th_esg", hmis::CAPER.len());
}

#[test]
fn transitional_housing_of_the_apr() {
    only_the_gaps_differ("1561", "apr/th_coc", hmis::APR.len());
}

#[test]
fn rapid_rehousing_of_the_apr() {
    only_the_gaps_differ("1554", "apr/rrh_coc_1", hmis::APR.len());
}

/// Figures of one column, by the start of their label.
fn figure(tables: &[Table], table: &str, label: &str, column: usize) -> u64 {
    let table = tables.iter().find(|t| t.name == table).unwrap();
    let row = table
        .rows
        .iter()
        .find(|r| r.label.starts_with(label))
        .unwrap();
    match row.cells[column] {
        Cell::Count(number) => number,
        cell => panic!("{} {label} is {cell:?}", table.name),
    }
}

fn sum(tables: &[Table], table: &str, labels: &[&str], column: usize) -> u64 {
    labels
        .iter()
        .map(|label| figure(tables, table, label, column))
        .sum()
}

/// What must hold in every report, whatever the type of the project.
fn consistent(tables: &[Table]) {
    let total = |table, label| figure(tables, table, label, 0);
    let served = total("Q5a", "1.");
    assert_eq!(served, sum(tables, "Q5a", &["2.", "3.", "4."], 0));
    assert_eq!(served, sum(tables, "Q5a", &["5.", "8."], 0));
    assert_eq!(served, total("Q7a", "e."));
    assert_eq!(served, sum(tables, "Q7a", &["a.", "b.", "c.", "d."], 0));
    assert_eq!(
        served,
        (1..5)
            .map(|kind| figure(tables, "Q7a", "e.", kind))
            .sum::<u64>()
    );
    for (table, label) in [("Q22a1", "l."), ("Q22a2", "o."), ("Q22d", "o.")] {
        assert_eq!(served, total(table, label));
    }
    assert_eq!(
        total("Q8a", "Total"),
        sum(tables, "Q5a", &["14.", "15."], 0)
    );
    assert_eq!(
        total("Q15", "d. Total"),
        total("Q5a", "2.") + {
            // Heads who are not adults.
            total("Q5a", "15.")
        }
    );
    assert_eq!(
        total("Q15", "d. Total"),
        sum(tables, "Q15", &["az.", "bz.", "cz."], 0)
    );
    assert_eq!(total("Q23c", "e."), total("Q5a", "5."));
    assert_eq!(
        total("Q23c", "e."),
        sum(tables, "Q23c", &["az.", "bz.", "cz.", "dz."], 0)
    );
    let rows = ["a.", "b.", "c.", "d.", "e.", "f.", "g.", "h.", "i.", "j."];
    for (column, adults) in [(0, "2."), (2, "6.")] {
        assert_eq!(total("Q5a", adults), sum(tables, "Q16", &rows, column));
        assert_eq!(total("Q5a", adults), figure(tables, "Q16", "n.", column));
    }
    let annual = sum(tables, "Q16", &rows, 1) + sum(tables, "Q16", &["k.", "l."], 1);
    assert_eq!(total("Q5a", "9."), annual);
    assert_eq!(total("Q5a", "9."), figure(tables, "Q16", "n.", 1));
    assert_eq!(
        total("Q22e", "m."),
        sum(tables, "Q22e", &["j.", "k.", "l."], 0)
    );
    assert_eq!(total("Q22c", "l."), sum(tables, "Q22c", &["i.", "k."], 0));
}

#[test]
fn every_project_of_the_kit_adds_up() {
    let Some(directory) = kit::directory() else {
        return;
    };
    let projects = [
        "1544", "1546", "1547", "1550", "1551", "1552", "1553", "1554", "1555", "1556", "1557",
        "1558", "1559", "1560", "1561", "1562", "1563", "1564", "1567",
    ];
    let snapshots: Vec<_> = projects
        .iter()
        .map(|project| kit::snapshot(&directory, project))
        .collect();
    let mut served = 0;
    for snapshot in &snapshots {
        let tables = hmis::tables(std::slice::from_ref(snapshot), period());
        consistent(&tables);
        served += figure(&tables, "Q5a", "1.", 0);
    }
    // Over several pilots a person is counted once.
    let tables = hmis::tables(&snapshots, period());
    consistent(&tables);
    assert!(figure(&tables, "Q5a", "1.", 0) < served);
    // The same pilot twice is one pilot.
    let twice = [snapshots[0].clone(), snapshots[0].clone()];
    assert_eq!(
        hmis::tables(&twice, period()),
        hmis::tables(&twice[..1], period())
    );
}

#[test]
fn what_the_facts_do_not_hold_is_said_and_not_guessed() {
    let Some(directory) = kit::directory() else {
        return;
    };
    for (project, reason) in [
        ("1548", hmis::Gap::BedNights),
        ("1568", hmis::Gap::Engagement),
    ] {
        for table in hmis::tables(&[kit::snapshot(&directory, project)], period()) {
            let gaps = table.not_computed();
            assert!(!gaps.is_empty(), "{}", table.name);
            assert!(
                gaps.iter()
                    .all(|cell| cell.gap == reason && !cell.gap.reason().is_empty())
            );
        }
    }
}

#[test]
fn a_mean_of_nobody_is_no_number() {
    let none = projections::Snapshot::empty(events::PilotId(uuid::Uuid::nil()));
    let tables = hmis::tables(&[none], period());
    consistent(&tables);
    let lengths = tables.iter().find(|t| t.name == "Q22b").unwrap();
    assert!(
        lengths
            .rows
            .iter()
            .flat_map(|row| &row.cells)
            .all(|cell| *cell == Cell::Undefined)
    );
}
