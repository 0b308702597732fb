//! One CSV file: opening it, its columns, its rows.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Read;
use std::path::Path;

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use csv::{ByteRecord, StringRecord};
use domain::limits::EARLIEST_DAY;
use events::Money;
use rust_decimal::Decimal;

use super::findings::{At, Notes};
use super::read::ReadError;

/// No file may be larger; an export of a whole city is smaller by an order of magnitude.
const MAX_FILE_BYTES: u64 = 1 << 30;

/// No file may have more rows.
const MAX_ROWS: u64 = 4_000_000;

/// No row may be longer: an unclosed quotation mark must not swallow the rest of a file.
const MAX_ROW_BYTES: usize = 1 << 20;

/// No more columns are looked at.
const MAX_COLUMNS: usize = 400;

/// Characters of a date, `YYYY-MM-DD`.
const DATE_CHARS: usize = 10;

/// What a file of the standard is made of, as far as it is used here.
pub(super) struct Layout {
    /// The file.
    pub(super) file: &'static str,
    /// Columns that are used; the file must have them.
    pub(super) used: &'static [&'static str],
}

/// Which projects a row concerns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    /// One.
    Project(usize),
    /// Several.
    Projects(BTreeSet<usize>),
    /// The export as a whole.
    Export,
    /// None: what it refers to is not in the export.
    Nowhere,
}

/// A row.
pub(super) struct Row<'r> {
    /// The file.
    pub(super) file: &'static str,
    /// Line it begins on.
    pub(super) line: u64,
    cells: &'r StringRecord,
    columns: &'r BTreeMap<String, usize>,
}

/// A cell that is not what its column holds.
pub(super) struct Bad;

impl Row<'_> {
    /// The cell without blanks around it; empty when there is none.
    pub(super) fn text(&self, column: &str) -> &str {
        self.columns
            .get(column)
            .and_then(|at| self.cells.get(*at))
            .map_or("", str::trim)
    }

    /// A date.
    pub(super) fn date(&self, column: &str) -> Result<Option<NaiveDate>, Bad> {
        let text = self.text(column);
        if text.is_empty() {
            return Ok(None);
        }
        // Some systems write the midnight behind a date.
        let day = text.get(..DATE_CHARS).ok_or(Bad)?;
        if !matches!(text.as_bytes().get(DATE_CHARS), None | Some(b' ' | b'T')) {
            return Err(Bad);
        }
        match NaiveDate::parse_from_str(day, "%Y-%m-%d") {
            // Before that there are only typing errors.
            Ok(day) if day >= EARLIEST_DAY => Ok(Some(day)),
            _ => Err(Bad),
        }
    }

    /// A time, taken as UTC: exports say no zone.
    pub(super) fn time(&self, column: &str) -> Result<Option<DateTime<Utc>>, Bad> {
        let text = self.text(column);
        if text.is_empty() {
            return Ok(None);
        }
        for pattern in [
            "%Y-%m-%d %H:%M:%S%.f",
            "%Y-%m-%dT%H:%M:%S%.f",
            "%Y-%m-%d %H:%M",
        ] {
            if let Ok(time) = NaiveDateTime::parse_from_str(text, pattern) {
                return Ok(Some(time.and_utc()));
            }
        }
        let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").map_err(|_| Bad)?;
        Ok(Some(midnight(day)))
    }

    /// An amount of money, with two decimals whatever the export writes, so that `590` and `590.00`
    /// are the same content.
    pub(super) fn money(&self, column: &str) -> Result<Option<Money>, Bad> {
        let text = self.text(column);
        if text.is_empty() {
            return Ok(None);
        }
        let mut amount: Decimal = text.parse().map_err(|_| Bad)?;
        if amount.normalize().scale() > 2 {
            return Err(Bad);
        }
        amount.rescale(2);
        Ok(Some(amount))
    }

    /// A whole number.
    pub(super) fn number<T: std::str::FromStr>(&self, column: &str) -> Result<Option<T>, Bad> {
        let text = self.text(column);
        if text.is_empty() {
            return Ok(None);
        }
        text.parse().map(Some).map_err(|_| Bad)
    }

    /// Where a note about a column of this row points.
    pub(super) fn at<'a>(&self, field: &'a str) -> At<'a> {
        At {
            file: self.file,
            line: self.line,
            field,
        }
    }
}

/// The first instant of a day.
pub(super) fn midnight(day: NaiveDate) -> DateTime<Utc> {
    day.and_time(chrono::NaiveTime::MIN).and_utc()
}

/// Where the notes of a project, and those of the whole export, go.
pub(super) struct Ledger {
    pub(super) export: Notes,
    pub(super) projects: Vec<Notes>,
}

impl Ledger {
    /// Notes something about a row for whoever it concerns.
    pub(super) fn each(&mut self, scope: &Scope, mut note: impl FnMut(&mut Notes)) {
        match scope {
            Scope::Project(at) => note(&mut self.projects[*at]),
            Scope::Projects(all) => all.iter().for_each(|at| note(&mut self.projects[*at])),
            Scope::Export | Scope::Nowhere => note(&mut self.export),
        }
    }
}

/// Reads a file of the folder row by row. `scope` says whom a row concerns, `take` keeps what is
/// used of it; rows that were deleted, concern nobody or are cut short are noted and not taken, and
/// every column that is not used is noted with the number of its values.
///
/// Says whether there is such a file.
pub(super) fn each_row(
    folder: &Path,
    layout: &Layout,
    ledger: &mut Ledger,
    scope: impl Fn(&Row<'_>) -> Scope,
    mut take: impl FnMut(&Row<'_>, &Scope, &mut Ledger),
) -> Result<bool, ReadError> {
    let file = layout.file;
    let Some(input) = open(folder, file)? else {
        return Ok(false);
    };
    let mut reader = csv::ReaderBuilder::new()
        .flexible(true)
        .from_reader(input.take(MAX_FILE_BYTES));
    let unreadable = |source: csv::Error| ReadError::Unreadable {
        file,
        source: source.into(),
    };
    let names: Vec<String> = reader
        .byte_headers()
        .map_err(unreadable)?
        .iter()
        .take(MAX_COLUMNS)
        .map(|name| {
            decoded(name)
                .0
                .trim_start_matches('\u{feff}')
                .trim()
                .to_owned()
        })
        .collect();
    let columns = columns(layout, &names)?;
    let mut unused = Unused::new(layout, &names);

    let mut bytes = ByteRecord::new();
    let mut rows: u64 = 0;
    while reader.read_byte_record(&mut bytes).map_err(unreadable)? {
        rows += 1;
        if rows > MAX_ROWS || bytes.as_slice().len() > MAX_ROW_BYTES {
            return Err(ReadError::TooLarge { file });
        }
        let line = bytes.position().map_or(0, csv::Position::line);
        let (cells, utf8) = record(&bytes);
        let row = Row {
            file,
            line,
            cells: &cells,
            columns: &columns,
        };
        if cells.len() != names.len() {
            ledger.export.broken(
                row.at(""),
                "the row has another number of columns than the heading",
                None,
            );
            continue;
        }
        let whom = scope(&row);
        if !row.text("DateDeleted").is_empty() {
            ledger.each(&whom, |notes| {
                notes.not_mapped(
                    row.at("DateDeleted"),
                    "deleted in the source: not imported",
                    None,
                );
            });
            continue;
        }
        if whom == Scope::Nowhere {
            let reason = "belongs to a project or enrolment that is not in the export, was deleted or could not be read";
            ledger.export.broken(row.at(""), reason, None);
            continue;
        }
        if !utf8 {
            ledger.each(&whom, |notes| {
                notes.assumed(row.at(""), "not UTF-8: read as Latin-1");
            });
        }
        unused.count(&whom, line, &cells);
        take(&row, &whom, ledger);
    }
    unused.note(file, ledger);
    Ok(true)
}

fn open(folder: &Path, file: &'static str) -> Result<Option<File>, ReadError> {
    let unreadable = |source: std::io::Error| ReadError::Unreadable { file, source };
    let input = match File::open(folder.join(file)) {
        Ok(input) => input,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unreadable(error)),
    };
    if input.metadata().map_err(unreadable)?.len() > MAX_FILE_BYTES {
        return Err(ReadError::TooLarge { file });
    }
    Ok(Some(input))
}

fn columns(layout: &Layout, names: &[String]) -> Result<BTreeMap<String, usize>, ReadError> {
    let mut columns = BTreeMap::new();
    for (at, name) in names.iter().enumerate() {
        columns.entry(name.clone()).or_insert(at);
    }
    let missing: Vec<&'static str> = layout
        .used
        .iter()
        .copied()
        .filter(|name| !columns.contains_key(*name))
        .collect();
    if missing.is_empty() {
        Ok(columns)
    } else {
        Err(ReadError::MissingColumns {
            file: layout.file,
            columns: missing,
        })
    }
}

fn record(bytes: &ByteRecord) -> (StringRecord, bool) {
    match StringRecord::from_byte_record(bytes.clone()) {
        Ok(cells) => (cells, true),
        Err(_) => (bytes.iter().map(|cell| decoded(cell).0).collect(), false),
    }
}

fn decoded(bytes: &[u8]) -> (String, bool) {
    match std::str::from_utf8(bytes) {
        Ok(text) => (text.to_owned(), true),
        Err(_) => (bytes.iter().map(|byte| char::from(*byte)).collect(), false),
    }
}

/// Counts the values of the columns that nobody uses.
struct Unused {
    columns: Vec<(usize, String)>,
    seen: BTreeMap<(Option<usize>, usize), (u64, u64)>,
}

impl Unused {
    fn new(layout: &Layout, names: &[String]) -> Self {
        let columns = names
            .iter()
            .enumerate()
            .filter(|(_, name)| !layout.used.contains(&name.as_str()) && *name != "DateDeleted")
            .map(|(at, name)| (at, column_name(at, name)))
            .collect();
        Self {
            columns,
            seen: BTreeMap::new(),
        }
    }

    fn count(&mut self, whom: &Scope, line: u64, cells: &StringRecord) {
        for at in 0..self.columns.len() {
            let (column, _) = self.columns[at];
            if cells.get(column).is_none_or(|cell| cell.trim().is_empty()) {
                continue;
            }
            match whom {
                Scope::Project(project) => self.one(Some(*project), at, line),
                Scope::Projects(all) => all.iter().for_each(|p| self.one(Some(*p), at, line)),
                Scope::Export | Scope::Nowhere => self.one(None, at, line),
            }
        }
    }

    fn one(&mut self, project: Option<usize>, at: usize, line: u64) {
        self.seen.entry((project, at)).or_insert((line, 0)).1 += 1;
    }

    fn note(self, file: &'static str, ledger: &mut Ledger) {
        for ((project, at), (line, count)) in self.seen {
            let field = self.columns[at].1.as_str();
            let notes = match project {
                Some(project) => &mut ledger.projects[project],
                None => &mut ledger.export,
            };
            notes.not_mapped_many(At { file, line, field }, why_unused(field), count);
        }
    }
}

/// The column's name, if it can be one: a file without a heading must not carry its first row into
/// a report.
fn column_name(at: usize, name: &str) -> String {
    const LONGEST: usize = 64;
    let is_name = name.len() <= LONGEST
        && name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    if is_name {
        name.to_owned()
    } else {
        format!("column {}", at + 1)
    }
}

fn why_unused(column: &str) -> &'static str {
    match column {
        "SSN" | "SSNDataQuality" => "not needed: never read",
        "DateCreated" | "DateUpdated" | "UserID" | "ExportID" => {
            "administration of the source system"
        }
        key if key.ends_with("ID") => "a key of the source system",
        _ => "has no counterpart here",
    }
}
