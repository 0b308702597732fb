//! Corrections and retractions: the history that counts afterwards keeps every rule.

use domain::Refusal;
use events::{Event, Position};

use crate::facts::*;
use crate::log::{Log, Step};

fn log(given: Vec<Step>) -> Log {
    Log::given(day(1000), given)
}

/// Position and rule of a refused correction.
fn breaks(refusal: &Refusal) -> (Position, &Refusal) {
    match refusal {
        Refusal::CorrectionBreaks { position, refusal } => (*position, refusal),
        other => panic!("refused otherwise: {other}"),
    }
}

fn refuse(log: &Log, step: Step) -> Refusal {
    match log.decide(step) {
        Ok(decided) => panic!("{} is accepted", decided.event.kind()),
        Err(refusal) => refusal,
    }
}

fn accept(log: &mut Log, step: Step) -> Position {
    let kind = step.event.kind();
    match log.execute(step) {
        Ok(position) => position,
        Err(refusal) => panic!("{kind} is refused: {refusal}"),
    }
}

#[test]
fn a_correction_of_a_correction_is_one_of_the_original() {
    let mut log = log(with(admitted_household(), [on(30, visit(1, &[1]))]));
    let first = accept(&mut log, on(40, corrected(10, on(31, visit(1, &[1])))));
    let second = accept(&mut log, on(41, corrected(first, on(32, visit(1, &[1])))));
    let Event::RecordCorrected(recorded) = &log.facts.last().unwrap().event else {
        panic!()
    };
    assert_eq!(recorded.position, 10);
    // It stands against what stands now, not against the one it names.
    let again = refuse(&log, on(42, corrected(first, on(32, visit(1, &[1])))));
    assert_eq!(again, Refusal::NothingChanges { position: 10 });
    accept(&mut log, on(43, retracted(second)));
    let again = refuse(&log, on(44, corrected(10, on(31, visit(1, &[1])))));
    assert_eq!(again, Refusal::NothingChanges { position: 10 });
}

#[test]
fn a_retracted_fact_takes_its_corrections_with_it() {
    let mut log = log(with(admitted_household(), [on(30, visit(1, &[1]))]));
    let correction = accept(&mut log, on(40, corrected(10, on(31, visit(1, &[1])))));
    let retraction = accept(&mut log, on(41, retracted(10)));
    let gone = Refusal::AlreadyRetracted { position: 10 };
    assert_eq!(refuse(&log, on(42, retracted(correction))), gone);
    assert_eq!(
        refuse(&log, on(42, corrected(correction, on(33, visit(1, &[1]))))),
        gone
    );
    accept(&mut log, on(43, retracted(retraction)));
    accept(&mut log, on(44, retracted(correction)));
}

#[test]
fn moving_an_exit_must_leave_every_fact_within_the_stay() {
    let log = log(with(
        admitted_household(),
        [on(50, visit(1, &[1])), on(60, exit(1, &[1, 2]))],
    ));
    let refused = refuse(&log, on(70, corrected(11, on(49, exit(1, &[1, 2])))));
    let (position, rule) = breaks(&refused);
    assert_eq!((position, rule.code()), (10, "after_exit"));
    log.decide(on(70, corrected(11, on(50, exit(1, &[1, 2])))))
        .unwrap();
    let refused = refuse(&log, on(70, corrected(11, on(60, exit(1, &[1])))));
    let (position, rule) = breaks(&refused);
    assert_eq!((position, rule.code()), (11, "exit_members_differ"));
}

#[test]
fn an_exit_is_not_retracted_once_somebody_else_moved_in() {
    let mut log = log(with(
        second_household(),
        [
            on(60, exit(1, &[1, 2])),
            on(60, admission(2, Some(1), &[3])),
        ],
    ));
    let refused = refuse(&log, on(70, retracted(12)));
    let (position, rule) = breaks(&refused);
    assert_eq!((position, rule.code()), (13, "dwelling_occupied"));
    accept(&mut log, on(70, retracted(13)));
    accept(&mut log, on(70, retracted(12)));
}

#[test]
fn a_retracted_admission_does_not_come_back_into_a_dwelling_taken_since() {
    let mut log = log(second_household());
    let retraction = accept(&mut log, on(30, retracted(ADMISSION)));
    accept(&mut log, on(31, admission(2, Some(1), &[3])));
    let refused = refuse(&log, on(32, retracted(retraction)));
    assert_eq!(breaks(&refused).1.code(), "dwelling_occupied");
    accept(&mut log, on(40, moved(2, 2)));
    // She was there from day 31 to day 40: still not.
    let refused = refuse(&log, on(41, retracted(retraction)));
    assert_eq!(breaks(&refused).1.code(), "dwelling_occupied");
}

#[test]
fn a_person_is_not_corrected_into_two_households() {
    let mut log = log(with(second_household(), [on(30, admission(2, None, &[3]))]));
    let also_two = corrected(12, on(30, admission(2, None, &[3, 2])));
    let refused = refuse(&log, on(40, also_two.clone()));
    let (position, rule) = breaks(&refused);
    assert_eq!((position, rule.code()), (12, "person_elsewhere"));
    accept(&mut log, on(40, left(1, 2, None)));
    let refused = refuse(&log, on(41, also_two));
    assert_eq!(breaks(&refused).1.code(), "person_elsewhere");
    accept(
        &mut log,
        on(41, corrected(12, on(40, admission(2, None, &[3, 2])))),
    );
}

#[test]
fn a_dwelling_known_only_from_a_correction_is_free_after_the_exit() {
    // The exit was recorded when nobody knew that the household had lived in dwelling 2.
    let mut log = log(with(second_household(), [on(60, exit(1, &[1, 2]))]));
    accept(
        &mut log,
        on(
            61,
            corrected(ADMISSION, on(20, admission(1, Some(2), &[1, 2]))),
        ),
    );
    let refused = refuse(&log, on(59, admission(2, Some(2), &[3])));
    assert_eq!(refused.code(), "dwelling_occupied");
    accept(&mut log, on(60, admission(2, Some(2), &[3])));
    // The dwelling it was corrected out of has been free all along.
    accept(
        &mut log,
        on(65, corrected(14, on(30, admission(2, Some(1), &[3])))),
    );
}

#[test]
fn a_late_change_of_dwelling_ends_with_the_next_one() {
    let free = [on(5, registered(3)), on(6, available(3))];
    let moves = [on(40, moved(1, 2)), on(30, moved(1, 3))];
    let mut log = log(with(with(second_household(), free), moves));
    assert_eq!(
        refuse(&log, on(39, admission(2, Some(3), &[3]))).code(),
        "dwelling_occupied"
    );
    accept(&mut log, on(40, admission(2, Some(3), &[3])));
}

#[test]
fn a_dwelling_was_available_when_somebody_moved_in() {
    let log = log(admitted_household());
    let refused = refuse(&log, on(50, corrected(4, on(21, available(1)))));
    let (position, rule) = breaks(&refused);
    assert_eq!(
        (position, rule.code()),
        (ADMISSION, "dwelling_not_available")
    );
    log.decide(on(50, corrected(4, on(20, available(1)))))
        .unwrap();
    let refused = refuse(&log, on(50, retracted(3)));
    assert_eq!(breaks(&refused).1.code(), "dwelling_unknown");
}

#[test]
fn ids_that_say_which_record_it_is_stay() {
    let given = with(
        admitted_household(),
        [
            on(25, plan(1)),
            on(26, goal_set(1, 1)),
            on(27, placed(1, 1, 1)),
            on(28, joined(1, 3)),
        ],
    );
    let log = log(given);
    let field = |position, step| match refuse(&log, on(50, corrected(position, step))) {
        Refusal::AnotherRecord { field, .. } => field,
        other => panic!("refused otherwise: {other}"),
    };
    assert_eq!(field(11, on(26, goal_set(1, 2))), "goal");
    assert_eq!(field(12, on(27, placed(1, 2, 1))), "person");
    assert_eq!(field(12, on(27, placed(1, 1, 2))), "job");
    assert_eq!(field(13, on(28, joined(1, 4))), "person");
    assert_eq!(field(7, on(10, referred(2))), "household");
    assert_eq!(field(4, on(1, available(2))), "dwelling");
    assert_eq!(field(2, on(5, joined_as_partner(2))), "partner");
}
