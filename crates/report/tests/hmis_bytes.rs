//! The published files of HUD's test kit, byte for byte.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test may stop and may speak"
)]

#[path = "../../evaluation/tests/kit/mod.rs"]
mod kit;

use evaluation::Period;
use evaluation::hmis;

fn same_bytes(project: &str, expected: &str, tables: &[&str]) {
    let Some(directory) = kit::directory() else {
        return;
    };
    let period = Period::new("2020-10-01".parse().unwrap(), "2021-09-30".parse().unwrap()).unwrap();
    let computed = hmis::tables(&[kit::snapshot(&directory, project)], period);
    for name in tables {
        let table = computed
            .iter()
            .find(|table| table.name == *name)
            .expect("a table");
        let path = directory
            .join("expected")
            .join(expected)
            .join(report::hmis::file_name(table));
        let theirs = std::fs::read_to_string(path).expect("a published file");
        let ours = String::from_utf8(report::hmis::csv(table)).expect("text");
        if *name != "Q5a" {
            assert_eq!(ours, theirs, "{expected}/{name}");
            continue;
        }
        // The two figures we cannot compute are empty, and listed.
        assert_eq!(table.not_computed().len(), 2);
        for (line, (ours, theirs)) in ours.lines().zip(theirs.lines()).enumerate() {
            match line {
                9 | 10 => assert!(ours.ends_with("\","), "{ours}"),
                _ => assert_eq!(ours, theirs, "{expected}/{name}"),
            }
        }
    }
}

#[test]
fn transitional_housing_of_the_caper() {
    same_bytes("1560", "caper/th_esg", hmis::CAPER);
}

#[test]
fn transitional_housing_of_the_apr() {
    same_bytes("1561", "apr/th_coc", hmis::APR);
}

#[test]
fn rapid_rehousing_of_the_apr() {
    same_bytes("1554", "apr/rrh_coc_1", hmis::APR);
}
