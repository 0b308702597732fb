//! HUD's tables as the CSV files that Sage, HUD's reporting site, takes.

use evaluation::hmis::{Cell, Table};

/// Tables whose figures stand without quotes; all their texts have them.
const BARE: [&str; 11] = [
    "Q5a", "Q6e", "Q16", "Q17", "Q18", "Q22a1", "Q22a2", "Q22b", "Q27e", "Q27g", "Q27h",
];

/// One table, in the layout of the published files: UTF-8, lines ended by CR LF. In some tables every cell is
/// quoted, in others only the texts are.
pub fn csv(table: &Table) -> Vec<u8> {
    let bare = BARE.contains(&table.name);
    let mut text = String::new();
    if !table.header.is_empty() {
        line(&mut text, table.header.iter().map(|title| quoted(title)));
    }
    for row in &table.rows {
        let label = std::iter::once(quoted(row.label));
        let cells = row.cells.iter().map(|cell| {
            let figure = figure(cell);
            if bare { figure } else { quoted(&figure) }
        });
        line(&mut text, label.chain(cells));
    }
    text.into_bytes()
}

/// The file a table is published as.
pub fn file_name(table: &Table) -> String {
    format!("{}.csv", table.name)
}

fn line(text: &mut String, cells: impl Iterator<Item = String>) {
    text.push_str(&cells.collect::<Vec<_>>().join(","));
    text.push_str("\r\n");
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

/// What is undefined or not computed is left empty; it is never a 0.
fn figure(cell: &Cell) -> String {
    match cell {
        Cell::Count(number) => number.to_string(),
        Cell::Days(days) => days.to_string(),
        Cell::DaysHundredths(hundredths) => {
            let sign = if *hundredths < 0 { "-" } else { "" };
            let hundredths = hundredths.unsigned_abs();
            format!("{sign}{}.{:02}", hundredths / 100, hundredths % 100)
        }
        // HUD's files write a share of nothing, and no share, as a plain 0.
        Cell::Share(0) => "0".to_owned(),
        Cell::Share(share) => format!("{}.{:04}", share / 10_000, share % 10_000),
        Cell::Undefined | Cell::Blank | Cell::NotComputed(_) => String::new(),
    }
}
