//! Tables of HUD's CoC Annual Performance Report (APR) and ESG Consolidated Annual Performance and
//! Evaluation Report (CAPER), FY2022, as far as the facts of a pilot go.
//!
//! Source of the rules: HUD, *HMIS Standard Reporting Terminology Glossary* and *HMIS Programming
//! Specifications: CoC APR and ESG CAPER*. A person is counted once over all pilots given, by her
//! latest stay.

mod destinations;
mod income;
mod length;
mod persons;
mod points;
mod table;
mod universe;

pub(crate) use destinations::is_excluded;

pub use table::{Cell, Gap, NotComputed, Row, Table};

use std::borrow::Borrow;

use projections::Snapshot;

use crate::Period;
use universe::{Client, HouseholdKind};

/// Version of these definitions: the fiscal year of HUD's specifications.
pub const VERSION: &str = "FY2022";

/// Names of the tables that belong to the CoC APR, in its order.
pub const APR: &[&str] = &[
    "Q5a", "Q6e", "Q7a", "Q7b", "Q8a", "Q8b", "Q11", "Q15", "Q16", "Q17", "Q18", "Q22a1", "Q22b",
    "Q22c", "Q22e", "Q23c", "Q27a", "Q27d", "Q27e", "Q27f", "Q27g", "Q27h",
];

/// Names of the tables that belong to the ESG CAPER, in its order.
pub const CAPER: &[&str] = &[
    "Q5a", "Q6e", "Q7a", "Q7b", "Q8a", "Q8b", "Q11", "Q15", "Q16", "Q17", "Q22a2", "Q22c", "Q22d",
    "Q22e", "Q23c",
];

/// What a pilot is that was not imported from an HMIS project: transitional housing (2.02.6 = 2), a
/// stay in the pilot's own dwellings for a limited time.
pub const DEFAULT_PROJECT_TYPE: u8 = universe::project_type::TRANSITIONAL_HOUSING;

/// Every table, of the APR and of the CAPER, for the people of these pilots in the period.
///
/// Cells that the facts cannot answer are [`Cell::NotComputed`]; of street outreach and of
/// night-by-night shelters that is every cell.
pub fn tables<S: Borrow<Snapshot>>(snapshots: &[S], period: Period) -> Vec<Table> {
    let clients = universe::clients(snapshots, period);
    let youth: Vec<_> = clients.iter().copied().filter(Client::is_youth).collect();
    let mut tables = vec![
        persons::q5a(&clients),
        persons::q6e(&clients, period),
        persons::q7a(&clients),
        points::q7b(&clients, period),
        persons::q8a(&clients),
        points::q8b(&clients, period),
        points::q11(&clients),
        destinations::q15(&clients),
        income::q16(&clients),
        income::q17(&clients),
        income::q18(&clients),
        length::q22a1(&clients),
        length::q22a2(&clients),
        length::q22b(&clients),
        length::q22c(&clients, period),
        length::q22d(&clients),
        length::q22e(&clients),
        destinations::q23c(&clients),
        points::q27a(&youth),
        destinations::q27d(&youth),
        length::q27e(&youth),
        destinations::q27f(&youth),
        income::q27g(&youth),
        income::q27h(&youth),
    ];
    if let Some(gap) = universe::gap(snapshots) {
        for cell in tables
            .iter_mut()
            .flat_map(|t| &mut t.rows)
            .flat_map(|r| &mut r.cells)
        {
            if *cell != Cell::Blank {
                *cell = Cell::NotComputed(gap);
            }
        }
    }
    tables
}

/// Columns of a table by household type, after the label.
const BY_KIND: [&str; 5] = [
    "Total",
    "a. Without children",
    "b. With children and adults",
    "c. With only children",
    "d. Unknown household type",
];

/// A header whose columns are household types.
fn by_kind_header(first: &'static str) -> Vec<&'static str> {
    std::iter::once(first).chain(BY_KIND).collect()
}

/// One value for each of those columns, from the people each column is about.
fn by_kind<'a, 'c>(
    clients: impl Iterator<Item = &'c Client<'a>> + Clone,
    cell: impl Fn(&[&'c Client<'a>]) -> Cell,
) -> Vec<Cell>
where
    'a: 'c,
{
    let kinds = [
        None,
        Some(HouseholdKind::WithoutChildren),
        Some(HouseholdKind::ChildrenAndAdults),
        Some(HouseholdKind::OnlyChildren),
        Some(HouseholdKind::Unknown),
    ];
    kinds
        .iter()
        .map(|kind| {
            let those: Vec<_> = clients
                .clone()
                .filter(|c| kind.is_none_or(|kind| c.kind == kind))
                .collect();
            cell(&those)
        })
        .collect()
}

/// Counts of people for those columns.
fn counts<'a, 'c>(clients: impl Iterator<Item = &'c Client<'a>> + Clone) -> Vec<Cell>
where
    'a: 'c,
{
    by_kind(clients, |those| count(those.len()))
}

fn count(number: usize) -> Cell {
    Cell::Count(number as u64)
}

fn row(label: &'static str, cells: Vec<Cell>) -> Row {
    Row { label, cells }
}
