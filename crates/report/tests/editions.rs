//! Editions: the same bytes for the same arguments, and nothing undefined that looks like a number.

#![expect(clippy::unwrap_used, reason = "a test may stop and may speak")]

#[path = "../../evaluation/tests/history/mod.rs"]
mod history;

use evaluation::{
    DEFINITIONS_VERSION, DefinitionSet, Indicator, Period, definition_set, evaluate, evaluate_with,
    newest_set,
};
use events::codes::{EmploymentStatus, LivingSituation};
use events::{Answer, Position};
use history::{History, PILOT, day};
use proptest::prelude::*;
use report::{Edition, Error, Request, edition, verify};

const LOOKING: Answer<EmploymentStatus> = Answer::Known(EmploymentStatus::Looking);

fn quarter() -> Period {
    Period::new(day("2024-01-01"), day("2024-03-31")).unwrap()
}

fn write(indicators: &[Indicator], title: &str, position: Position) -> Edition {
    write_as(DEFINITIONS_VERSION, indicators, title, position)
}

fn write_as(
    definitions_version: u16,
    indicators: &[Indicator],
    title: &str,
    position: Position,
) -> Edition {
    edition(Request {
        pilot: PILOT,
        code: "prova",
        title,
        period: quarter(),
        position,
        definitions_version,
        indicators,
    })
    .unwrap()
}

/// A woman with a child who finds work and leaves, and one who stays, as the first set of definitions
/// has it.
fn small() -> Edition {
    small_as(definition_set(1).unwrap())
}

fn small_as(set: &DefinitionSet) -> Edition {
    let mut history = History::with_dwellings(2);
    history.admit(day("2024-01-10"), 1, 0, 1, LOOKING);
    history.income(day("2024-01-12"), 1, 0, 500);
    history.admit(day("2024-02-01"), 2, 1, 0, LOOKING);
    history.job(day("2024-02-09"), 1);
    history.visit(day("2024-02-10"), day("2024-02-14"), 2);
    history.income(day("2024-03-12"), 1, 950, 0);
    history.leave(
        day("2024-03-20"),
        1,
        1,
        Answer::Known(LivingSituation::Rented),
    );
    let snapshot = history.known_on(day("2024-04-10"));
    write_as(
        set.version,
        &evaluate_with(set, &snapshot, quarter()),
        "Prova «à»",
        snapshot.position,
    )
}

fn columns(edition: &Edition, names: &[&str]) -> Vec<Vec<String>> {
    let mut reader = csv::Reader::from_reader(edition.csv.as_slice());
    let header = reader.headers().unwrap().clone();
    let places: Vec<usize> = names
        .iter()
        .map(|name| header.iter().position(|h| h == *name).unwrap())
        .collect();
    reader
        .records()
        .map(|record| {
            let record = record.unwrap();
            places
                .iter()
                .map(|place| record[*place].to_owned())
                .collect()
        })
        .collect()
}

/// These bytes were published: a change here is a change of every edition, and needs a new format.
#[test]
fn the_bytes_are_what_they_were() {
    insta::assert_snapshot!(
        small().digest,
        @"6b6fae7c2572eab643c1be516f9bad1e977234fc6c5638e6a6e76fe8b3f7bf96"
    );
}

#[test]
fn figures_one_a_line() {
    let wanted = [
        "indicator",
        "group",
        "item",
        "value",
        "unit",
        "numerator",
        "denominator",
        "interval",
        "level",
        "low",
        "high",
        "excluded",
        "unknown",
    ];
    let lines: Vec<String> = columns(&small(), &wanted)
        .into_iter()
        // The long lists of exits are mostly noughts.
        .filter(|line| line[0] != "15" || line[3] != "0")
        .map(|line| line.join(" | "))
        .collect();
    insta::assert_snapshot!(lines.join("\n"), @r"
    6 | all |  | 3 | persons | 3 |  |  |  |  |  | 0 | 0
    6 | adults |  | 2 | persons | 2 |  |  |  |  |  | 0 | 0
    6 | children |  | 1 | persons | 1 |  |  |  |  |  | 0 | 0
    6 | unknown |  | 0 | persons | 0 |  |  |  |  |  | 0 | 0
    6 | with_a_night |  | 3 | persons | 3 |  |  |  |  |  | 0 | 0
    7 | all |  | 0.7143 | share | 130 | 182 |  |  |  |  | 0 | 0
    8 | all |  | 0.3663 | share | 200 | 546 |  |  |  |  | 0 | 0
    10 | all |  | 70 | days | 2 |  |  |  |  |  | 0 | 0
    10 | persons_median |  | 70 | days | 2 |  |  |  |  |  | 0 | 0
    10 | persons_mean |  | 70 | days | 2 |  |  |  |  |  | 0 | 0
    10 | households_median |  | 70 | days | 1 |  |  |  |  |  | 0 | 0
    10 | households_mean |  | 70 | days | 1 |  |  |  |  |  | 0 | 0
    11 | all |  | 60 | days | 1 |  |  |  |  |  | 0 | 0
    11 | persons_median |  | 60 | days | 1 |  |  |  |  |  | 0 | 0
    11 | persons_mean |  | 60 | days | 1 |  |  |  |  |  | 0 | 0
    11 | households_median |  | 60 | days | 1 |  |  |  |  |  | 0 | 0
    11 | households_mean |  | 60 | days | 1 |  |  |  |  |  | 0 | 0
    14 | all |  | 1.0000 | share | 2 | 2 | clopper_pearson | 0.95 | 0.1581 | 1.0000 | 0 | 0
    14 | strict |  | 1.0000 | share | 2 | 2 | clopper_pearson | 0.95 | 0.1581 | 1.0000 | 0 | 0
    14 | hud_permanent |  | 1.0000 | share | 2 | 2 | clopper_pearson | 0.95 | 0.1581 | 1.0000 | 0 | 0
    15 | all |  | 2 | exits | 2 |  |  |  |  |  | 0 | 0
    15 | destination | rented | 2 | exits | 2 | 2 |  |  |  |  | 0 | 0
    15 | reason | goals_reached | 1 | exits | 1 | 1 |  |  |  |  | 0 | 0
    15 | completion | completed | 1 | exits | 1 | 1 |  |  |  |  | 0 | 0
    15 | client_safety | does_not_know | 1 | exits | 1 | 1 |  |  |  |  | 0 | 1
    15 | worker_safety | not_collected | 1 | exits | 1 | 1 |  |  |  |  | 0 | 1
    18 | all | median | 30 | days | 1 | 2 | log_log | 0.95 | 30 | not_reached | 0 | 0
    18 | all | day_30 | 0.500000 | share | 1 | 2 | log_log | 0.95 | 0.005983 | 0.910410 | 0 | 0
    18 | all | day_60 | 0.500000 | share | 1 | 2 | log_log | 0.95 | 0.005983 | 0.910410 | 0 | 0
    22 | all |  | 450.00 | money_monthly | 1 |  |  |  |  |  | 1 | 1
    22 | total |  | 450.00 | money_monthly | 1 |  |  |  |  |  | 1 | 1
    22 | earned |  | 950.00 | money_monthly | 1 |  |  |  |  |  | 1 | 1
    22 | total_increased |  | 1.0000 | share | 1 | 1 | clopper_pearson | 0.95 | 0.0250 | 1.0000 | 1 | 1
    22 | earned_increased |  | 1.0000 | share | 1 | 1 | clopper_pearson | 0.95 | 0.0250 | 1.0000 | 1 | 1
    38 | all | days_0 | 6 | facts | 6 | 7 |  |  |  |  | 0 | 0
    38 | all | days_1_3 | 0 | facts | 0 | 7 |  |  |  |  | 0 | 0
    38 | all | days_4_6 | 1 | facts | 1 | 7 |  |  |  |  | 0 | 0
    38 | all | days_7_10 | 0 | facts | 0 | 7 |  |  |  |  | 0 | 0
    38 | all | days_11_or_more | 0 | facts | 0 | 7 |  |  |  |  | 0 | 0
    38 | days_0 |  | 6 | facts | 6 | 7 |  |  |  |  | 0 | 0
    38 | days_1_3 |  | 0 | facts | 0 | 7 |  |  |  |  | 0 | 0
    38 | days_4_6 |  | 1 | facts | 1 | 7 |  |  |  |  | 0 | 0
    38 | days_7_10 |  | 0 | facts | 0 | 7 |  |  |  |  | 0 | 0
    38 | days_11_or_more |  | 0 | facts | 0 | 7 |  |  |  |  | 0 | 0
    ");
}

#[test]
fn every_line_shows_the_parameters_of_its_run() {
    let edition = small();
    let run = [
        "pilot",
        "period_from",
        "period_to",
        "position",
        "definitions_version",
        "digest",
    ];
    for line in columns(&edition, &run) {
        assert_eq!(
            line,
            [
                "prova",
                "2024-01-01",
                "2024-03-31",
                "12",
                "1",
                &edition.digest
            ]
        );
    }
}

/// The trap: report runs that do not show their own parameters.
#[test]
fn an_edition_says_what_was_asked_and_with_which_definitions() {
    for set in [definition_set(1).unwrap(), newest_set()] {
        let edition = small_as(set);
        let json: serde_json::Value = serde_json::from_slice(&edition.json).unwrap();
        assert_eq!(json["pilot"]["code"], "prova");
        assert_eq!(json["period"]["from"], "2024-01-01");
        assert_eq!(json["period"]["to"], "2024-03-31");
        assert_eq!(json["position"], 12);
        assert_eq!(json["definitions_version"], set.version);
        let indicators = json["indicators"].as_array().unwrap();
        assert_eq!(indicators.len(), set.members.len());
        for (indicator, (number, version)) in indicators.iter().zip(set.members) {
            assert_eq!(indicator["number"], *number);
            assert_eq!(indicator["version"], *version);
            // The formula is that of the version, not today's.
            let definition = evaluation::definition_of(*number, *version).unwrap();
            assert_eq!(indicator["formula"], definition.formula);
        }
    }
    assert_ne!(small_as(newest_set()).digest, small().digest);
}

#[test]
fn what_is_undefined_is_a_word() {
    let empty = projections::Snapshot::empty(PILOT);
    let edition = write(&evaluate(&empty, quarter()), "Vuoto", 0);
    for line in columns(&edition, &["code", "group", "value"]) {
        if line[0] == "exits_to_stable_housing" {
            assert_eq!(line[2], "undefined_no_denominator");
        }
        if line[0].starts_with("length_of_stay") {
            assert_eq!(line[2], "undefined_nothing_to_measure");
        }
    }
    let json = String::from_utf8(edition.json).unwrap();
    assert!(json.contains(r#""value":{"kind":"undefined","reason":"no_denominator"}"#));
}

#[test]
fn no_person_household_or_dwelling_is_named() {
    let edition = small();
    for bytes in [edition.json, edition.csv] {
        let text = String::from_utf8(bytes).unwrap();
        for id in [
            history::person(10).to_string(),
            history::household(1).to_string(),
            history::dwelling(0).to_string(),
        ] {
            assert!(!text.contains(&id), "{id}");
        }
    }
}

#[test]
fn a_changed_edition_is_found_out() {
    let edition = small();
    assert_eq!(verify(&edition.json).unwrap(), edition.digest);
    let text = String::from_utf8(edition.json).unwrap();
    let changed = text.replacen(r#""position":12"#, r#""position":13"#, 1);
    assert_ne!(text, changed);
    assert!(matches!(
        verify(changed.as_bytes()),
        Err(Error::Changed { .. })
    ));
    assert!(matches!(verify(b"[]"), Err(Error::NotAnEdition)));
    // Written otherwise, it says the same.
    let spaced: serde_json::Value = serde_json::from_str(&text).unwrap();
    let spaced = serde_json::to_vec_pretty(&spaced).unwrap();
    assert_eq!(verify(&spaced).unwrap(), edition.digest);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// Same arguments, same bytes; another title, position or period is another edition.
    #[test]
    fn arguments_decide(title in ".{0,40}", position in 0_i64..1_000_000, stay in 1_u64..80) {
        let mut history = History::with_dwellings(1);
        history.admit(day("2024-01-02"), 1, 0, 1, LOOKING);
        let left = day("2024-01-02") + chrono::Days::new(stay);
        history.leave(left, 1, 1, Answer::DoesNotKnow);
        let indicators = evaluate(&history.known_on(day("2024-12-31")), quarter());
        let first = write(&indicators, &title, position);
        prop_assert_eq!(&first, &write(&indicators, &title, position));
        prop_assert_eq!(&verify(&first.json).unwrap(), &first.digest);
        prop_assert_ne!(&first.digest, &write(&indicators, &title, position + 1).digest);
        prop_assert_ne!(&first.digest, &write(&indicators, &format!("{title}!"), position).digest);
    }
}
