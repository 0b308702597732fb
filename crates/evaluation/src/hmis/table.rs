//! A table of a HUD report: labels and typed cells.

use serde::Serialize;

/// One table of the APR or the CAPER, in the layout of the published table shells.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Table {
    /// The question's name, as in `Q7a`.
    pub name: &'static str,
    /// Column titles, that of the label column first; empty for a table without a header.
    pub header: Vec<&'static str>,
    /// Rows from top to bottom.
    pub rows: Vec<Row>,
}

/// One row of a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Row {
    /// What it counts.
    pub label: &'static str,
    /// Its figures from left to right.
    pub cells: Vec<Cell>,
}

/// One figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Cell {
    /// Persons, households or records.
    Count(u64),
    /// Whole days, rounded half up.
    Days(i64),
    /// A mean number of days in hundredths of a day, rounded half up.
    DaysHundredths(i64),
    /// A share in ten-thousandths, rounded half up.
    Share(u64),
    /// A mean or median of nobody. Never shown as 0.
    Undefined,
    /// The table has no figure in this place.
    Blank,
    /// The table asks for a figure that our facts do not hold.
    NotComputed(Gap),
}

/// Why a cell is not computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Gap {
    /// Whether a person served in the armed forces is not recorded.
    VeteranStatus,
    /// Disabling conditions and the number of homeless months and times are not recorded.
    ChronicHomelessness,
    /// Night-by-night shelters count bed-nights, which are not recorded.
    BedNights,
    /// Street outreach counts only people it has engaged, which is not recorded.
    Engagement,
}

impl Gap {
    /// The reason in a sentence.
    pub fn reason(self) -> &'static str {
        match self {
            Self::VeteranStatus => "whether a person is a veteran is not recorded",
            Self::ChronicHomelessness => {
                "disabling conditions and the length and number of homeless episodes are not recorded"
            }
            Self::BedNights => {
                "night-by-night shelters are counted by bed-nights, which are not recorded"
            }
            Self::Engagement => {
                "street outreach counts engaged people only, and engagement is not recorded"
            }
        }
    }
}

/// A cell that is not computed: where it is and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct NotComputed {
    /// The row's label.
    pub row: &'static str,
    /// The column's title; empty for a table without a header.
    pub column: &'static str,
    /// Why.
    pub gap: Gap,
}

impl Table {
    /// The cells this program cannot compute, from top left to bottom right.
    pub fn not_computed(&self) -> Vec<NotComputed> {
        self.rows
            .iter()
            .flat_map(|row| {
                row.cells
                    .iter()
                    .enumerate()
                    .filter_map(|(index, cell)| match cell {
                        Cell::NotComputed(gap) => Some(NotComputed {
                            row: row.label,
                            column: self.header.get(index + 1).copied().unwrap_or_default(),
                            gap: *gap,
                        }),
                        _ => None,
                    })
            })
            .collect()
    }
}
