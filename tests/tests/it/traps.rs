//! What goes wrong in systems that do this job, and the tests that hold it off here.

use std::path::Path;

use events::codes::{CorrectionReason, ExpenseLine};
use events::{
    Event, ExpenseId, ExpenseRecorded, Fact, Money, PartnerId, RecordCorrected, Replacement,
    Stream, effective,
};
use uuid::Uuid;

/// A trap, and the tests by file and name.
type Trap = (&'static str, &'static [(&'static str, &'static str)]);

const TRAPS: &[Trap] = &[
    (
        "day 4 put in the band of days 0 to 3",
        &[
            (
                "crates/evaluation/tests/it/agenda.rs",
                "day_four_is_in_the_second_band_of_late_ones",
            ),
            (
                "crates/evaluation/tests/it/basics.rs",
                "day_four_is_not_in_the_first_three",
            ),
        ],
    ),
    (
        "a case with an empty list of follow-ups counted as followed up",
        &[
            (
                "crates/evaluation/tests/it/network.rs",
                "an_empty_list_of_follow_ups_is_nobody_followed_up",
            ),
            (
                "crates/evaluation/tests/it/agenda.rs",
                "who_was_never_asked_was_not_followed_up",
            ),
            (
                "crates/evaluation/tests/it/path.rs",
                "an_empty_list_of_reviews_is_no_attainment",
            ),
        ],
    ),
    (
        "figures that filter on today's status, so that closing a case rewrites last quarter",
        &[
            (
                "crates/evaluation/tests/it/basics.rs",
                "closing_a_case_later_rewrites_nothing",
            ),
            (
                "crates/evaluation/tests/it/path.rs",
                "closing_a_case_later_rewrites_nothing",
            ),
        ],
    ),
    (
        "a figure that is not there printed as 0",
        &[
            (
                "crates/report/tests/editions.rs",
                "what_is_undefined_is_a_word",
            ),
            (
                "crates/evaluation/tests/it/basics.rs",
                "nothing_is_undefined_and_never_zero",
            ),
        ],
    ),
    (
        "a masking function that returns what it was given",
        &[
            (
                "events/src/values/tests.rs",
                "a_value_in_the_clear_is_no_sealed_one",
            ),
            (
                "tests/tests/it/walk.rs",
                "nothing_sealed_is_in_the_database",
            ),
        ],
    ),
    (
        "a person erased whose history of changes keeps her values",
        &[(
            "tests/tests/it/forgetting.rs",
            "what_is_left_of_a_forgotten_person_opens_nowhere",
        )],
    ),
    (
        "a key dropped from a record that leaves no trace",
        &[(
            "tests/tests/it/traps.rs",
            "what_a_correction_drops_stays_in_the_history",
        )],
    ),
    (
        "changes of code lists missing from the history",
        &[
            (
                "events/tests/catalogue/codes.rs",
                "every_list_is_the_one_that_was_committed",
            ),
            ("events/tests/catalogue/codes.rs", "a_list_only_grows"),
        ],
    ),
    (
        "\"not collected\" shown where \"not yet due\" was meant",
        &[
            (
                "projections/src/quality/tests.rs",
                "what_is_not_yet_due_is_not_called_not_collected",
            ),
            (
                "crates/evaluation/tests/it/agenda.rs",
                "what_is_not_yet_due_is_neither_there_nor_missing",
            ),
        ],
    ),
    (
        "runs of a report that do not show their own parameters",
        &[(
            "crates/report/tests/editions.rs",
            "every_line_shows_the_parameters_of_its_run",
        )],
    ),
    (
        "cross joins over cases and follow-ups",
        &[
            (
                "crates/evaluation/tests/it/network.rs",
                "follow_ups_are_not_multiplied_by_what_else_there_is",
            ),
            (
                "crates/evaluation/tests/it/path.rs",
                "no_list_multiplies_another",
            ),
        ],
    ),
];

#[test]
fn every_trap_has_tests_of_these_names() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    for (trap, tests) in TRAPS {
        for (file, name) in *tests {
            let text = std::fs::read_to_string(root.join(file));
            let text = text.unwrap_or_else(|fault| panic!("{file}: {fault}"));
            assert!(
                text.contains(&format!("fn {name}(")),
                "{trap}: no {name} in {file}"
            );
        }
    }
}

fn fact(position: i64, event: impl Into<Event>) -> Fact {
    Fact {
        position,
        id: Uuid::from_u128(position.unsigned_abs().into()),
        stream: Stream::Funding,
        also: Vec::new(),
        occurred_on: chrono::NaiveDate::MIN,
        recorded_at: chrono::DateTime::UNIX_EPOCH,
        entered_at: None,
        actor: "test".into(),
        command: Uuid::nil(),
        cause: None,
        event: event.into(),
    }
}

#[test]
fn what_a_correction_drops_stays_in_the_history() {
    let foundation = PartnerId(Uuid::from_u128(7));
    let expense = ExpenseRecorded {
        expense: ExpenseId(Uuid::from_u128(1)),
        line: ExpenseLine::Furniture,
        source: Some(foundation),
        amount: Money::ONE,
        description: "Letti".into(),
    };
    let without = ExpenseRecorded {
        source: None,
        ..expense.clone()
    };
    let correction = RecordCorrected {
        position: 1,
        replacement: Replacement {
            occurred_on: chrono::NaiveDate::MIN,
            event: Box::new(without.clone().into()),
        },
        reason: CorrectionReason::TypingError,
    };
    let history = [fact(1, expense.clone()), fact(2, correction)];
    let counts = effective(&history);
    // What counts lacks it and says which fact took it away; what was said is still there.
    assert_eq!(counts[0].event, without.into());
    assert_eq!(counts[0].corrected_by, Some(2));
    assert_eq!(history[0].event, expense.into());
    // In the fact as it is written, it is dropped by name.
    let written = counts[0].event.encode().expect("encodes").data;
    assert_eq!(written["source"], serde_json::Value::Null);
}
