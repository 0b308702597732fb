use chrono::{Days, TimeDelta};
use proptest::prelude::*;

use super::*;
use crate::codes::{CorrectionReason, VisitKind, VisitPurpose};
use crate::{HouseholdId, RecordCorrected, RecordRetracted, Replacement, Visit};

/// Facts of the story that are told apart by their minutes.
fn visit(minutes: u16) -> Event {
    Event::Visit(Visit {
        household: HouseholdId(Uuid::from_u128(7)),
        kind: VisitKind::Home,
        purpose: VisitPurpose::Support,
        minutes,
        present: Vec::new(),
        partners: Vec::new(),
        note: None,
    })
}

fn minutes(event: &Event) -> u16 {
    match event {
        Event::Visit(visit) => visit.minutes,
        other => panic!("a {} in a story of visits", other.kind()),
    }
}

/// "The fact at `position` should have said `minutes`."
fn corrected(position: Position, minutes: u16) -> Event {
    Event::RecordCorrected(RecordCorrected {
        position,
        replacement: Replacement {
            occurred_on: day(u64::from(minutes)),
            event: Box::new(visit(minutes)),
        },
        reason: CorrectionReason::TypingError,
    })
}

/// "The fact at `position` does not count."
fn retracted(position: Position) -> Event {
    Event::RecordRetracted(RecordRetracted {
        position,
        reason: CorrectionReason::DidNotHappen,
    })
}

fn day(number: u64) -> NaiveDate {
    NaiveDate::default() + Days::new(number)
}

/// A fact whose envelope tells its position apart from every other.
fn fact(position: Position, event: Event) -> Fact {
    let number = u64::try_from(position).unwrap();
    Fact {
        position,
        id: Uuid::from_u128(u128::from(number)),
        stream: Stream::Household(HouseholdId(Uuid::from_u128(u128::from(number) + 1000))),
        also: Vec::new(),
        occurred_on: day(number),
        recorded_at: DateTime::default() + TimeDelta::hours(position),
        entered_at: (position % 2 == 0).then(|| DateTime::default() + TimeDelta::minutes(position)),
        actor: format!("account-{position}"),
        command: Uuid::from_u128(u128::from(number) + 2000),
        cause: None,
        event,
    }
}

/// What counts: position, minutes, and where those minutes come from if they were corrected.
type Counts = (Position, u16, Option<Position>);

fn counts(history: &[Fact]) -> Vec<Counts> {
    effective(history)
        .iter()
        .map(|fact| (fact.position, minutes(&fact.event), fact.corrected_by))
        .collect()
}

/// Given events at positions 1, 2, 3…, then these count.
fn given_then<const N: usize, const M: usize>(given: [Event; N], then: [Counts; M]) {
    let history: Vec<Fact> = (1..)
        .zip(given)
        .map(|(at, event)| fact(at, event))
        .collect();
    assert_eq!(counts(&history), then);
}

#[test]
fn nothing_happened() {
    given_then([], []);
}

#[test]
fn what_nobody_corrects_counts_as_recorded() {
    given_then([visit(10), visit(20)], [(1, 10, None), (2, 20, None)]);
}

#[test]
fn a_correction_replaces_the_original_in_its_place() {
    given_then(
        [visit(10), visit(20), corrected(1, 11)],
        [(1, 11, Some(3)), (2, 20, None)],
    );
}

#[test]
fn a_second_correction_may_name_the_original() {
    given_then(
        [visit(10), corrected(1, 11), corrected(1, 12)],
        [(1, 12, Some(3))],
    );
}

#[test]
fn a_second_correction_may_name_the_first() {
    given_then(
        [visit(10), corrected(1, 11), corrected(2, 12)],
        [(1, 12, Some(3))],
    );
}

#[test]
fn a_long_chain_leads_back_to_its_original() {
    given_then(
        [
            visit(10),
            corrected(1, 11),
            corrected(2, 12),
            corrected(3, 13),
            corrected(2, 14),
        ],
        [(1, 14, Some(5))],
    );
}

#[test]
fn a_retracted_original_does_not_count() {
    given_then([visit(10), visit(20), retracted(1)], [(2, 20, None)]);
}

#[test]
fn a_retracted_original_takes_its_corrections_with_it() {
    given_then(
        [visit(10), corrected(1, 11), corrected(2, 12), retracted(1)],
        [],
    );
}

#[test]
fn retracting_the_only_correction_restores_the_original() {
    given_then([visit(10), corrected(1, 11), retracted(2)], [(1, 10, None)]);
}

#[test]
fn retracting_the_last_correction_restores_the_one_before() {
    given_then(
        [visit(10), corrected(1, 11), corrected(1, 12), retracted(3)],
        [(1, 11, Some(2))],
    );
}

#[test]
fn retracting_an_earlier_correction_leaves_the_later_one_standing() {
    given_then(
        [visit(10), corrected(1, 11), corrected(2, 12), retracted(2)],
        [(1, 12, Some(3))],
    );
}

#[test]
fn a_retracted_retraction_restores_what_it_took() {
    given_then([visit(10), retracted(1), retracted(2)], [(1, 10, None)]);
    given_then(
        [visit(10), corrected(1, 11), retracted(2), retracted(3)],
        [(1, 11, Some(2))],
    );
    given_then(
        [visit(10), corrected(1, 11), retracted(1), retracted(3)],
        [(1, 11, Some(2))],
    );
}

#[test]
fn a_retraction_of_a_retracted_retraction_takes_it_out_again() {
    given_then([visit(10), retracted(1), retracted(2), retracted(3)], []);
}

#[test]
fn of_two_retractions_one_is_enough() {
    given_then([visit(10), retracted(1), retracted(1), retracted(2)], []);
}

#[test]
fn a_correction_of_what_was_retracted_changes_nothing() {
    given_then([visit(10), retracted(1), corrected(1, 11)], []);
}

#[test]
fn a_correction_of_what_was_retracted_counts_once_the_retraction_is_gone() {
    given_then(
        [visit(10), retracted(1), corrected(1, 11), retracted(2)],
        [(1, 11, Some(3))],
    );
}

#[test]
fn a_correction_keeps_the_originals_envelope_and_brings_date_and_content() {
    let original = fact(1, visit(10));
    let correction = fact(4, corrected(1, 11));
    assert_eq!(
        effective(&[original.clone(), correction.clone()]),
        [Effective {
            position: 1,
            corrected_by: Some(4),
            holder: correction.id,
            stream: original.stream,
            occurred_on: day(11),
            recorded_at: original.recorded_at,
            entered_at: original.entered_at,
            actor: original.actor,
            event: visit(11),
        }]
    );
}

#[test]
fn what_was_moved_here_has_the_originals_place_and_the_corrections_times() {
    let correction = fact(8, corrected(2, 11));
    assert_eq!(
        effective(&[fact(5, visit(50)), correction.clone()]),
        [
            Effective {
                position: 2,
                corrected_by: Some(8),
                occurred_on: day(11),
                event: visit(11),
                ..as_recorded(&correction)
            },
            as_recorded(&fact(5, visit(50))),
        ]
    );
}

#[test]
fn what_was_moved_here_can_be_corrected_and_retracted_again() {
    let moved = [fact(8, corrected(2, 11)), fact(9, corrected(8, 12))];
    assert_eq!(counts(&moved), [(2, 12, Some(9))]);

    let [first, second] = moved;
    let restored = [first.clone(), second.clone(), fact(10, retracted(9))];
    assert_eq!(counts(&restored), [(2, 11, Some(8))]);
    let gone = [first.clone(), second, fact(10, retracted(2))];
    assert_eq!(counts(&gone), []);
    assert_eq!(counts(&[first, fact(10, retracted(8))]), []);
}

/// The same question asked of the whole history every time, with no memory and no order of work.
mod plainly {
    use super::*;

    /// Does the fact at this position stand: is there no standing retraction that names it?
    fn stands(history: &[Fact], position: Position) -> bool {
        !history.iter().any(|fact| match &fact.event {
            Event::RecordRetracted(retraction) => {
                retraction.position == position && stands(history, fact.position)
            }
            _ => false,
        })
    }

    /// The original that a position means in the end.
    fn original(history: &[Fact], position: Position) -> Position {
        let named = history.iter().find(|fact| fact.position == position);
        match named.map(|fact| &fact.event) {
            Some(Event::RecordCorrected(correction)) => original(history, correction.position),
            _ => position,
        }
    }

    pub(super) fn effective(history: &[Fact]) -> Vec<Effective> {
        let mut originals: Vec<Position> = history
            .iter()
            .filter(|fact| !matches!(fact.event, Event::RecordRetracted(_)))
            .map(|fact| original(history, fact.position))
            .filter(|position| stands(history, *position))
            .collect();
        originals.sort_unstable();
        originals.dedup();
        originals
            .into_iter()
            .filter_map(|at| content(history, at))
            .collect()
    }

    fn content(history: &[Fact], position: Position) -> Option<Effective> {
        let corrections: Vec<(&Fact, &RecordCorrected)> = history
            .iter()
            .filter_map(|fact| match &fact.event {
                Event::RecordCorrected(correction) => Some((fact, correction)),
                _ => None,
            })
            .filter(|(fact, _)| original(history, fact.position) == position)
            .filter(|(fact, _)| stands(history, fact.position))
            .collect();
        let inside = history.iter().find(|fact| fact.position == position);
        let first = inside.or(corrections.first().map(|(fact, _)| *fact))?;
        let mut counted = Effective {
            position,
            ..as_recorded(first)
        };
        if let Some((fact, correction)) = corrections.last() {
            counted.corrected_by = Some(fact.position);
            counted.holder = fact.id;
            counted.occurred_on = correction.replacement.occurred_on;
            counted.event = (*correction.replacement.event).clone();
        }
        Some(counted)
    }
}

/// Random histories: originals, corrections of originals and corrections, retractions of anything,
/// with gaps between positions and some targets outside.
fn histories() -> impl Strategy<Value = Vec<Fact>> {
    const LONGEST: usize = 24;
    /// Where the history begins; what lies before is outside.
    const FIRST: Position = 10;
    let step = (0..10u8, 1..=3i64, any::<prop::sample::Index>(), 1..500u16);
    prop::collection::vec(step, 0..=LONGEST).prop_map(|steps| {
        let mut history: Vec<Fact> = Vec::new();
        let mut at = FIRST;
        for (choice, gap, index, minutes) in steps {
            at += gap;
            let outside = 1..FIRST.min(4);
            let retractable: Vec<Position> = outside
                .clone()
                .chain(history.iter().map(|fact| fact.position))
                .collect();
            let correctable: Vec<Position> = outside
                .chain(history.iter().filter_map(|fact| {
                    (!matches!(fact.event, Event::RecordRetracted(_))).then_some(fact.position)
                }))
                .collect();
            let event = match choice {
                0..=2 => visit(minutes),
                3..=6 => corrected(*index.get(&correctable), minutes),
                _ => retracted(*index.get(&retractable)),
            };
            history.push(fact(at, event));
        }
        history
    })
}

proptest! {
    #[test]
    fn a_plainer_telling_agrees(history in histories()) {
        prop_assert_eq!(effective(&history), plainly::effective(&history));
    }

    #[test]
    fn corrections_and_retractions_never_count_themselves(history in histories()) {
        for counted in effective(&history) {
            prop_assert!(matches!(counted.event, Event::Visit(_)), "{}", counted.event.kind());
        }
    }

    #[test]
    fn positions_strictly_increase(history in histories()) {
        let counted = effective(&history);
        prop_assert!(counted.is_sorted_by(|one, next| one.position < next.position));
    }

    #[test]
    fn without_corrections_everything_counts_as_recorded(
        minutes in prop::collection::vec(1..500u16, 0..24),
    ) {
        let history: Vec<Fact> = (1..).zip(minutes).map(|(at, m)| fact(at, visit(m))).collect();
        let recorded: Vec<Effective> = history.iter().map(as_recorded).collect();
        prop_assert_eq!(effective(&history), recorded);
    }

    #[test]
    fn what_happens_later_does_not_change_what_happened_before(
        history in histories(),
        later in prop::collection::vec(1..500u16, 0..8),
    ) {
        let next = history.last().map_or(1, |fact| fact.position + 1);
        let later: Vec<Fact> = (next..).zip(later).map(|(at, m)| fact(at, visit(m))).collect();
        let mut expected = effective(&history);
        expected.extend(later.iter().map(as_recorded));
        let whole: Vec<Fact> = history.into_iter().chain(later).collect();
        prop_assert_eq!(effective(&whole), expected);
    }

    #[test]
    fn taking_back_the_last_fact_is_as_if_it_had_never_been(history in histories()) {
        let Some((last, before)) = history.split_last() else { return Ok(()) };
        let mut taken_back = history.clone();
        taken_back.push(fact(last.position + 1, retracted(last.position)));
        prop_assert_eq!(effective(&taken_back), effective(before));
    }
}
