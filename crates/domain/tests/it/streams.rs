//! Which streams a decision looks at, and which it writes to.

use domain::{Command, View, named_position};
use events::codes::Phase;
use events::{PilotId, Stream};
use uuid::Uuid;

use crate::facts::*;
use crate::log::{Log, Step};

fn home(n: u8) -> Stream {
    Stream::Dwelling(dwelling(n))
}

fn who(n: u8) -> Stream {
    Stream::Person(person(n))
}

fn entries(given: Vec<Step>, step: Step) -> Vec<Stream> {
    let log = Log::given(day(1000), given);
    log.decide(step).expect("is accepted").also
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

/// The streams asked for, one round after the other.
fn asked(log: &Log, step: Step) -> Vec<Vec<Stream>> {
    let command = Command {
        occurred_on: step.on,
        event: step.event,
    };
    let mut view = View::new(PilotId(Uuid::from_u128(1)));
    let mut next = named_position(&command.event);
    while let Some(position) = next {
        let fact = log.facts.iter().find(|fact| fact.position == position);
        let fact = fact.expect("a fact");
        next = named_position(&fact.event);
        view.add_target(fact.clone());
    }
    let mut asked = Vec::new();
    loop {
        let missing = view.missing(&command);
        if missing.is_empty() {
            return asked;
        }
        for &stream in &missing {
            view.insert(stream, log.stream(stream));
        }
        asked.push(missing);
    }
}

#[test]
fn a_confirmation_concerns_its_own_stream_alone() {
    let own = Stream::Household(household(1));
    let log = Log::given(day(1000), admitted_household());
    let confirm = on(50, confirmed(ADMISSION)).by("bea");
    assert_eq!(asked(&log, confirm.clone()), [vec![Stream::Pilot, own]]);
    let decided = log.decide(confirm.clone()).expect("is accepted");
    assert_eq!((decided.stream, decided.also), (own, Vec::new()));
    // Taking it back moves nobody either.
    let log = Log::given(day(1000), with(admitted_household(), [confirm]));
    let back = on(51, retracted(10));
    assert_eq!(asked(&log, back.clone()), [vec![Stream::Pilot, own]]);
    let decided = log.decide(back).expect("is accepted");
    assert_eq!((decided.stream, decided.also), (own, Vec::new()));
}

#[test]
fn the_pilots_facts_look_at_money_and_committee_where_these_rely_on_them() {
    let log = Log::given(day(1000), referred_household());
    let all = vec![vec![Stream::Pilot, Stream::Funding, Stream::Committee]];
    assert_eq!(asked(&log, on(50, partner_left(1))), all);
    assert_eq!(asked(&log, on(50, extended(Phase::Closing, 90, None))), all);
    assert_eq!(asked(&log, on(50, retracted(2))), all);
    assert_eq!(asked(&log, on(50, rules())), [vec![Stream::Pilot]]);
    assert_eq!(
        asked(&log, on(50, taken(1, None))),
        [vec![Stream::Pilot, Stream::Committee]]
    );
}

#[test]
fn works_look_at_whoever_was_ever_in_the_dwelling() {
    let log = Log::given(day(1000), admitted_household());
    let expected = [
        vec![Stream::Pilot, home(1)],
        vec![Stream::Household(household(1))],
    ];
    assert_eq!(asked(&log, on(50, works(1))), expected);
    assert_eq!(asked(&log, on(50, dwelling_withdrawn(1))), expected);
}
