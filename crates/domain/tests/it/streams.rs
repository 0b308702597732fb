//! Which streams a decision looks at, and which it writes to.

use chrono::NaiveDate;
use domain::{Command, View};
use events::{Event, PilotId, Stream};
use uuid::Uuid;

use crate::facts::*;
use crate::log::{Log, Step};

fn home(n: u8) -> Stream {
    Stream::Dwelling(dwelling(n))
}

fn who(n: u8) -> Stream {
    Stream::Person(person(n))
}

fn entries(given: Vec<Step>, (on, event): (NaiveDate, Event)) -> Vec<Stream> {
    let log = Log::given(day(1000), given);
    log.decide(on, event).expect("is accepted").also
}

#[test]
fn facts_about_whereabouts_are_entries_of_dwellings_and_persons() {
    let entered = admitted_household;
    assert_eq!(
        entries(referred_household(), on(20, admission(1, Some(1), &[2, 1]))),
        [home(1), who(1), who(2)]
    );
    assert_eq!(
        entries(referred_household(), on(20, admission(1, None, &[1]))),
        [who(1)]
    );
    assert_eq!(entries(entered(), on(30, joined(1, 3))), [home(1), who(3)]);
    assert_eq!(
        entries(entered(), on(30, left(1, 2, None))),
        [home(1), who(2)]
    );
    assert_eq!(entries(entered(), on(30, moved(1, 2))), [home(1), home(2)]);
    assert_eq!(
        entries(entered(), on(30, exit(1, &[1, 2]))),
        [home(1), who(1), who(2)]
    );
    assert_eq!(entries(entered(), on(30, visit(1, &[1]))), []);
}

#[test]
fn an_exit_is_an_entry_of_all_that_the_household_ever_had() {
    let given = with(
        admitted_household(),
        [
            on(30, joined(1, 3)),
            on(35, left(1, 2, None)),
            on(40, moved(1, 2)),
        ],
    );
    let expected = [home(1), home(2), who(1), who(2), who(3)];
    assert_eq!(entries(given, on(60, exit(1, &[1, 3]))), expected);
}

#[test]
fn corrections_concern_what_was_and_what_is() {
    let replacement = on(20, admission(1, Some(2), &[1, 4]));
    let correction = on(50, corrected(ADMISSION, replacement));
    let all = [home(1), home(2), who(1), who(2), who(4)];
    assert_eq!(entries(admitted_household(), correction.clone()), all);
    // And so does taking the correction back.
    let given = with(admitted_household(), [correction]);
    assert_eq!(entries(given, on(51, retracted(10))), all);
    assert_eq!(
        entries(
            admitted_household(),
            on(50, corrected(7, on(9, referred(1))))
        ),
        []
    );
}

#[test]
fn more_streams_are_asked_for_as_they_come_in() {
    let log = Log::given(
        day(1000),
        with(second_household(), [on(60, exit(1, &[1, 2]))]),
    );
    let event = admission(2, Some(1), &[3]).into();
    let command = Command {
        occurred_on: day(70),
        event,
    };
    let mut view = View::new(PilotId(Uuid::from_u128(1)));
    let mut asked = Vec::new();
    loop {
        let missing = view.missing(&command);
        if missing.is_empty() {
            break;
        }
        for &stream in &missing {
            view.insert(stream, log.stream(stream));
        }
        asked.push(missing);
    }
    let expected = [
        vec![Stream::Pilot, Stream::Household(household(2))],
        vec![home(1), who(3)],
        vec![Stream::Household(household(1))],
    ];
    assert_eq!(asked, expected);
}

#[test]
fn a_correction_of_nothing_asks_for_the_pilot_alone() {
    let view = View::new(PilotId(Uuid::from_u128(1)));
    let command = Command {
        occurred_on: day(1),
        event: retracted(7).into(),
    };
    assert_eq!(view.missing(&command), [Stream::Pilot]);
}
