//! HUD's public test kit all the way through: files, importer, deciders, log, folds, tables. Every
//! cell of the tables is held against the published answers.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use app::App;
use evaluation::hmis::{self, Cell, Table};
use evaluation::{Indicator, Value};
use events::codes::Role;
use events::{PersonId, Position};
use futures_util::{StreamExt, stream};
use projections::households::MemberRow;
use projections::{Recalled, Snapshot};
use serde_json::json;
use sources::hmis::Source;

use crate::house::{House, migrate, pools, vault};
use crate::kit::{self, Imported};

/// Projects whose reports are published, and where.
const PUBLISHED: [(&str, &str); 3] = [
    ("1560", "caper/th_esg"),
    ("1561", "apr/th_coc"),
    ("1554", "apr/rrh_coc_1"),
];

/// The tables that are compared. Of Q22a1, Q22a2, Q22b and Q22d each report has its own.
const TABLES: [&str; 14] = [
    "Q5a", "Q6e", "Q7a", "Q8a", "Q15", "Q16", "Q17", "Q22a1", "Q22a2", "Q22b", "Q22c", "Q22d",
    "Q22e", "Q23c",
];

/// Projects that are imported at the same time.
const AT_A_TIME: usize = 4;

/// Tables of each report.
const TABLES_EACH: usize = 12;

/// The only cells that may be missing: by table, the start of the row's label.
const NOT_COMPUTED: [(&str, &str); 2] = [("Q5a", "10. "), ("Q5a", "11. ")];

/// What the importer proposes and the deciders refuse: project, file and line and kind, and words of
/// the refusal. The kit has one person twice in project 1566, since 2018 and since 2021 with no exit
/// in between; nobody lives in two households at once, so the second stay is refused, and with it
/// the income that hangs on it.
const REFUSED: [(&str, &str, &str); 2] = [
    (
        "1566",
        "Enrollment.csv:159 Admission",
        "from 2018-05-10 on: record first that she left it",
    ),
    (
        "1566",
        "IncomeBenefits.csv:304 IncomeRecorded",
        "on 2021-08-01: leave her out",
    ),
];

async fn service() -> App {
    let database = cluster::testing::database().await;
    migrate(&database).await;
    App::new(pools(&database).await, vault(&database).await)
}

/// Imports a project and looks at it.
async fn imported(app: &App, kit: &Path, project: &str) -> Recalled {
    let imported = kit::import(app, &kit::source(kit), project).await;
    assert_eq!(imported.refusals(), [], "project {project}");
    let snapshot = app.snapshot(imported.pilot, None).await;
    snapshot.expect("a snapshot")
}

// ---- cells ----

/// A cell that is not what was published.
struct Unmatched {
    table: &'static str,
    row: String,
    column: usize,
    ours: String,
    published: String,
    /// Why it is not computed, if it is not.
    gap: Option<&'static str>,
}

impl Unmatched {
    fn is_known(&self) -> bool {
        let allowed =
            |(table, row): &(&str, &str)| self.table == *table && self.row.starts_with(row);
        self.gap.is_some() && NOT_COMPUTED.iter().any(allowed)
    }
}

impl fmt::Display for Unmatched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            table,
            row,
            column,
            ours,
            published,
            ..
        } = self;
        write!(
            f,
            "{table}, {row:?}, column {column}: published {published:?}, "
        )?;
        match self.gap {
            Some(reason) => write!(f, "not computed: {reason}"),
            None => write!(f, "ours is {ours:?}"),
        }
    }
}

fn grid(csv: &[u8]) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new();
    let reader = reader.has_headers(false).flexible(true).from_reader(csv);
    let rows = reader.into_records().map(|row| row.expect("a row"));
    rows.map(|row| row.iter().map(str::to_owned).collect())
        .collect()
}

/// The number of cells, and those that are not as published. Labels have to be equal.
fn compare(table: &Table, published: &[u8]) -> (usize, Vec<Unmatched>) {
    let (ours, theirs) = (grid(&report::hmis::csv(table)), grid(published));
    let labels = |grid: &[Vec<String>]| -> Vec<String> {
        let first = |row: &Vec<String>| row.first().cloned().unwrap_or_default();
        grid.iter().map(first).collect()
    };
    assert_eq!(labels(&ours), labels(&theirs), "labels of {}", table.name);
    let titles = usize::from(!table.header.is_empty());
    assert_eq!(ours[..titles], theirs[..titles], "titles of {}", table.name);
    let gaps = table.not_computed();
    let mut cells = 0;
    let mut unmatched = Vec::new();
    for (ours, theirs) in ours.iter().zip(&theirs).skip(titles) {
        let row = &ours[0];
        assert_eq!(ours.len(), theirs.len(), "columns of {}, {row}", table.name);
        for (column, (ours, published)) in ours.iter().zip(theirs).enumerate().skip(1) {
            cells += 1;
            let title = table.header.get(column).copied().unwrap_or_default();
            let gap = gaps
                .iter()
                .find(|gap| gap.row == row && gap.column == title);
            if ours != published || gap.is_some() {
                unmatched.push(Unmatched {
                    table: table.name,
                    row: row.clone(),
                    column,
                    ours: ours.clone(),
                    published: published.clone(),
                    gap: gap.map(|gap| gap.gap.reason()),
                });
            }
        }
    }
    (cells, unmatched)
}

#[tokio::test]
async fn every_published_cell() {
    let Some(kit) = kit::directory() else { return };
    let app = service().await;
    let mut wrong = Vec::new();
    let (mut matched, mut total) = (0, 0);
    for (project, folder) in PUBLISHED {
        let snapshot = imported(&app, &kit, project).await;
        let tables = hmis::tables(&[snapshot], kit::period());
        let mut compared = 0;
        println!("project {project} against {folder}");
        for name in TABLES {
            let path = kit
                .join("expected")
                .join(folder)
                .join(format!("{name}.csv"));
            let Ok(published) = std::fs::read(path) else {
                continue;
            };
            let table = tables.iter().find(|table| table.name == name);
            let table = table.unwrap_or_else(|| panic!("there is no table {name}"));
            let (cells, unmatched) = compare(table, &published);
            compared += 1;
            (matched, total) = (matched + cells - unmatched.len(), total + cells);
            println!(
                "  {name:<5} {:>3} of {cells:>3} cells",
                cells - unmatched.len()
            );
            for cell in unmatched {
                println!("        {cell}");
                if !cell.is_known() {
                    wrong.push(format!("project {project}: {cell}"));
                }
            }
        }
        assert_eq!(compared, TABLES_EACH, "tables of {folder}");
    }
    println!("{matched} of {total} cells");
    assert!(wrong.is_empty(), "{wrong:#?}");
    let missing = NOT_COMPUTED.len() * PUBLISHED.len();
    assert_eq!(matched + missing, total);
}

// ---- importing ----

/// Imports a project, and again: the second time adds nothing.
async fn twice(app: &App, source: &Source, project: &str) -> Imported {
    let first = kit::import(app, source, project).await;
    assert_eq!(first.loaded.already, 0, "project {project}");
    let head = app.log().head(first.pilot.0).await.expect("a log").position;
    assert_eq!(usize::try_from(head), Ok(first.loaded.recorded));

    let second = kit::import(app, source, project).await;
    assert_eq!(second.loaded.recorded, 0, "project {project} again");
    assert_eq!(second.loaded.already, first.loaded.recorded);
    assert_eq!(second.refusals(), first.refusals());
    first
}

#[tokio::test]
async fn every_project_is_recorded_without_refusals_and_once() {
    let Some(directory) = kit::directory() else {
        return;
    };
    let app = service().await;
    let source = kit::source(&directory);
    let projects = source.projects();
    // A few at a time: each has a log of its own.
    let each = projects
        .iter()
        .map(|project| twice(&app, &source, &project.id));
    let imports: Vec<_> = stream::iter(each).buffered(AT_A_TIME).collect().await;
    let facts: usize = imports
        .iter()
        .map(|imported| imported.loaded.recorded)
        .sum();
    let mut refused = Vec::new();
    for (project, imported) in projects.iter().zip(&imports) {
        for (what, why) in imported.refusals() {
            refused.push((project.id.clone(), what, why));
        }
    }
    println!("{} projects, {facts} facts", projects.len());
    assert_eq!(refused.len(), REFUSED.len(), "{refused:#?}");
    for ((project, what, why), known) in refused.iter().zip(REFUSED) {
        assert_eq!((project.as_str(), what.as_str()), (known.0, known.1));
        assert!(why.contains(known.2), "{project}: {what}: {why}");
    }
}

// ---- indicators ----

fn indicator(indicators: &[Indicator], number: u16) -> &Indicator {
    let found = indicators.iter().find(|one| one.number == number);
    found.unwrap_or_else(|| panic!("there is no indicator {number}"))
}

fn group<'a>(indicator: &'a Indicator, code: &str) -> &'a evaluation::Group {
    let found = indicator.groups.iter().find(|group| group.code == code);
    found.unwrap_or_else(|| panic!("indicator {} has no group {code}", indicator.number))
}

/// A cell of a table, by the start of the row's label.
fn cell(tables: &[Table], table: &str, label: &str, column: usize) -> Cell {
    let found = tables.iter().find(|one| one.name == table);
    let rows = &found
        .unwrap_or_else(|| panic!("there is no table {table}"))
        .rows;
    let row = rows.iter().find(|row| row.label.starts_with(label));
    row.unwrap_or_else(|| panic!("{table} has no row {label}"))
        .cells[column]
}

fn count(tables: &[Table], table: &str, label: &str, column: usize) -> u64 {
    match cell(tables, table, label, column) {
        Cell::Count(count) => count,
        other => panic!("{table} {label} is no count: {other:?}"),
    }
}

/// How many of each code.
fn shares(value: &Value) -> BTreeMap<&str, u64> {
    match value {
        Value::Distribution(shares) => shares.iter().map(|one| (one.code, one.count)).collect(),
        other => panic!("no distribution: {other:?}"),
    }
}

/// Rows of Q23c, and the destinations that are counted in each.
const DESTINATIONS: [(&str, &[&str]); 33] = [
    ("a01.", &["hopwa_permanent"]),
    ("a02.", &["owned"]),
    ("a03.", &["owned_supported"]),
    ("a04.", &["rented"]),
    ("a05.", &["rented_vash"]),
    ("a06.", &["rented_gpd_tip"]),
    ("a07.", &["rented_supported"]),
    ("a08.", &["permanent_supportive"]),
    ("a09.", &["family_permanently"]),
    ("a10.", &["friends_permanently"]),
    ("a11.", &["rented_rapid_rehousing"]),
    ("a12.", &["rented_voucher"]),
    ("a13.", &["public_housing"]),
    ("b1.", &["emergency_shelter", "refuge"]),
    ("b2.", &["hopwa_transitional"]),
    ("b3.", &["transitional_housing", "second_stage"]),
    ("b4.", &["family_temporarily", "family"]),
    ("b5.", &["friends_temporarily", "friends"]),
    ("b6.", &["place_not_meant_for_habitation"]),
    ("b7.", &["safe_haven"]),
    ("b8.", &["hotel"]),
    ("b9.", &["host_home"]),
    ("c1.", &["foster_care"]),
    ("c2.", &["psychiatric_hospital"]),
    ("c3.", &["substance_treatment"]),
    ("c4.", &["hospital"]),
    ("c5.", &["prison"]),
    ("c6.", &["long_term_care"]),
    ("d1.", &["halfway_house"]),
    ("d2.", &["deceased"]),
    ("d3.", &["other", "returned_to_abuser"]),
    ("d4.", &["does_not_know", "prefers_not_to_answer"]),
    ("d5.", &["not_collected", "no_exit_interview"]),
];

fn people_agree(indicators: &[Indicator], tables: &[Table]) {
    let served = indicator(indicators, 6);
    let q5a = |label| Value::Count(count(tables, "Q5a", label, 0));
    assert_eq!(served.value, q5a("1. "));
    assert_eq!(group(served, "adults").value, q5a("2. "));
    assert_eq!(group(served, "children").value, q5a("3. "));
    assert_eq!(group(served, "unknown").value, q5a("4. "));
}

fn lengths_agree(indicators: &[Indicator], tables: &[Table]) {
    for (number, column) in [(10, 0), (11, 1)] {
        let lengths = indicator(indicators, number);
        for (code, label) in [("persons_mean", "m. "), ("persons_median", "n. ")] {
            match (
                &group(lengths, code).value,
                cell(tables, "Q22b", label, column),
            ) {
                (Value::Days(days), Cell::Days(published)) => assert_eq!(*days, published),
                (Value::Undefined(_), Cell::Undefined) => {}
                other => panic!("{number} {code}: {other:?}"),
            }
        }
        assert_eq!(lengths.value, group(lengths, "persons_median").value);
    }
    let counted = |number| indicator(indicators, number).parts.numerator.count;
    assert_eq!(counted(10), count(tables, "Q5a", "5. ", 0));
    assert_eq!(counted(11), count(tables, "Q5a", "8. ", 0));
}

fn exits_agree(indicators: &[Indicator], tables: &[Table]) {
    let exits = indicator(indicators, 15);
    assert_eq!(
        exits.value,
        Value::Count(count(tables, "Q23c", "e. Total", 0))
    );
    let destinations = shares(&group(exits, "destination").value);
    let mut codes = 0;
    let mut sections: BTreeMap<char, u64> = BTreeMap::new();
    for (label, situations) in DESTINATIONS {
        let left: u64 = situations.iter().map(|code| destinations[code]).sum();
        assert_eq!(left, count(tables, "Q23c", label, 0), "Q23c {label}");
        codes += situations.len();
        *sections
            .entry(label.chars().next().expect("a letter"))
            .or_default() += left;
    }
    assert_eq!(codes, destinations.len(), "every destination has its row");
    for (section, left) in sections {
        assert_eq!(left, count(tables, "Q23c", &format!("{section}z. "), 0));
    }
}

/// 38 counts facts, Q6e the entries and exits of people, each by her latest stay: the facts of those
/// entries and exits lie in the same bands.
fn timeliness_agrees(snapshot: &Snapshot, indicators: &[Indicator], tables: &[Table]) {
    let period = kit::period();
    let mut latest: BTreeMap<PersonId, &MemberRow> = BTreeMap::new();
    for member in snapshot.households.values().flat_map(|row| &row.members) {
        let left = member.left.as_ref().map(|left| left.on);
        if member.entered_on > period.to() || left.is_some_and(|on| on < period.from()) {
            continue;
        }
        let kept = latest.entry(member.person).or_insert(member);
        if (member.entered_on, member.position) > (kept.entered_on, kept.position) {
            *kept = member;
        }
    }
    let entries: Vec<Position> = latest
        .values()
        .filter(|member| period.contains(member.entered_on))
        .map(|member| member.position)
        .collect();
    let exits: Vec<Position> = latest
        .values()
        .filter_map(|member| member.left.as_ref())
        .filter(|left| period.contains(left.on))
        .map(|left| left.position)
        .collect();
    let timeliness = indicator(indicators, 38);
    for (code, label) in [
        ("days_0", "0 days"),
        ("days_1_3", "1-3 days"),
        ("days_4_6", "4-6 days"),
        ("days_7_10", "7-10 days"),
        ("days_11_or_more", "11+ days"),
    ] {
        let band = &group(timeliness, code).parts.numerator.positions;
        for (column, facts) in [&entries, &exits].into_iter().enumerate() {
            let within = facts.iter().filter(|fact| band.contains(fact)).count();
            let published = count(tables, "Q6e", label, column);
            assert_eq!(
                u64::try_from(within),
                Ok(published),
                "{label}, column {column}"
            );
        }
    }
}

#[tokio::test]
async fn indicators_say_what_the_tables_say() {
    let Some(kit) = kit::directory() else { return };
    let app = service().await;
    for (project, _) in PUBLISHED {
        let snapshot = imported(&app, &kit, project).await;
        let indicators = evaluation::evaluate(&snapshot, kit::period());
        let tables = hmis::tables(std::slice::from_ref(&snapshot), kit::period());
        println!("project {project}");
        people_agree(&indicators, &tables);
        lengths_agree(&indicators, &tables);
        exits_agree(&indicators, &tables);
        timeliness_agrees(&snapshot, &indicators, &tables);
    }
}

#[tokio::test]
async fn the_api_gives_the_same_indicators() {
    let Some(kit) = kit::directory() else { return };
    let house = House::open().await;
    let token = house.token(Role::Coordinator, None).await;
    let query = "query($pilot: ID!, $from: NaiveDate!, $to: NaiveDate!) {
        indicators(pilot: $pilot, period: { from: $from, to: $to }) {
            position
            indicators {
                number code version value interval { method level low high } parts groups evidence
                numerator excluded unknown
            }
        }
    }";
    for (project, _) in PUBLISHED {
        let snapshot = imported(&house.app, &kit, project).await;
        let pilot = snapshot.pilot.pilot;
        let shown = house
            .app
            .wait_for(pilot, snapshot.position, kit::PATIENCE)
            .await;
        assert!(shown.expect("no fault"), "the read models stand still");
        let period = kit::period();
        // Found by what HMIS calls it.
        let variables = json!({ "pilot": project, "from": period.from(), "to": period.to() });
        let answer = house.data(&token, query, variables).await;
        assert_eq!(answer["indicators"]["position"], snapshot.position);
        let expected: Vec<_> = evaluation::evaluate(&snapshot, period)
            .into_iter()
            .map(|one| {
                json!({
                    "number": one.number,
                    "code": one.code,
                    "version": one.version,
                    "value": one.value,
                    "interval": one.value.interval(),
                    "parts": one.parts,
                    "groups": one.groups,
                    "evidence": one.evidence,
                    "numerator": one.parts.numerator.count,
                    "excluded": one.parts.excluded.count,
                    "unknown": one.parts.unknown.count,
                })
            })
            .collect();
        assert_eq!(
            answer["indicators"]["indicators"],
            json!(expected),
            "project {project}"
        );
    }
    house.close().await;
}
