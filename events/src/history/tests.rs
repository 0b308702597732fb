use chrono::{Days, TimeDelta};
use proptest::prelude::*;

use super::*;
use crate::codes::{CorrectionReason, VisitKind, VisitPurpose};
use crate::{HouseholdId, RecordConfirmed, RecordCorrected, RecordRetracted, Replacement, Visit};

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

/// "What the fact at `position` says is right."
fn confirmed(position: Position) -> Event {
    Event::RecordConfirmed(RecordConfirmed { position })
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

/// A fact that somebody recorded.
fn by(actor: &str, position: Position, event: Event) -> Fact {
    Fact {
        actor: actor.to_owned(),
        ..fact(position, event)
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
            confirmed_by: None,
            stated_by: correction.actor,
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
                stated_by: correction.actor.clone(),
                occurred_on: day(11),
                event: visit(11),
                ..Effective::as_recorded(&correction)
            },
            Effective::as_recorded(&fact(5, visit(50))),
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

/// Two people who record, and one who looks over their shoulders.
const ANNA: &str = "account-anna";
const BRUNA: &str = "account-bruna";
const CARLA: &str = "account-carla";

/// What counts of facts at positions 1, 2, 3…: position, minutes, who says so, and the confirmation.
type Confirmed = (Position, u16, &'static str, Option<Position>);

fn recorded_then<const N: usize, const M: usize>(given: [(&str, Event); N], then: [Confirmed; M]) {
    let history: Vec<Fact> = (1..)
        .zip(given)
        .map(|(at, (actor, event))| by(actor, at, event))
        .collect();
    let counted = effective(&history);
    let told: Vec<_> = counted
        .iter()
        .map(|fact| {
            let said = minutes(&fact.event);
            (
                fact.position,
                said,
                fact.stated_by.as_str(),
                fact.confirmed_by,
            )
        })
        .collect();
    assert_eq!(told, then);
}

#[test]
fn somebody_else_confirms() {
    recorded_then(
        [(ANNA, visit(10)), (ANNA, visit(20)), (BRUNA, confirmed(1))],
        [(1, 10, ANNA, Some(3)), (2, 20, ANNA, None)],
    );
}

#[test]
fn nobody_confirms_what_she_said_herself() {
    recorded_then(
        [(ANNA, visit(10)), (ANNA, confirmed(1))],
        [(1, 10, ANNA, None)],
    );
    // Who corrected says it from then on, and who recorded the original is somebody else.
    recorded_then(
        [
            (ANNA, visit(10)),
            (BRUNA, corrected(1, 11)),
            (BRUNA, confirmed(2)),
        ],
        [(1, 11, BRUNA, None)],
    );
    recorded_then(
        [
            (ANNA, visit(10)),
            (BRUNA, corrected(1, 11)),
            (ANNA, confirmed(2)),
        ],
        [(1, 11, BRUNA, Some(3))],
    );
}

#[test]
fn her_own_confirmation_does_not_stand_in_the_way_of_anothers() {
    recorded_then(
        [
            (ANNA, visit(10)),
            (ANNA, confirmed(1)),
            (BRUNA, confirmed(1)),
        ],
        [(1, 10, ANNA, Some(3))],
    );
}

#[test]
fn of_two_confirmations_the_first_counts() {
    let given = [
        (ANNA, visit(10)),
        (BRUNA, confirmed(1)),
        (CARLA, confirmed(1)),
    ];
    recorded_then(given, [(1, 10, ANNA, Some(2))]);
}

#[test]
fn a_correction_has_to_be_confirmed_anew() {
    recorded_then(
        [
            (ANNA, visit(10)),
            (BRUNA, confirmed(1)),
            (ANNA, corrected(1, 11)),
        ],
        [(1, 11, ANNA, None)],
    );
    recorded_then(
        [
            (ANNA, visit(10)),
            (BRUNA, confirmed(1)),
            (ANNA, corrected(1, 11)),
            (BRUNA, confirmed(3)),
        ],
        [(1, 11, ANNA, Some(4))],
    );
}

#[test]
fn retracting_the_correction_brings_back_what_was_confirmed() {
    recorded_then(
        [
            (ANNA, visit(10)),
            (BRUNA, confirmed(1)),
            (ANNA, corrected(1, 11)),
            (ANNA, retracted(3)),
        ],
        [(1, 10, ANNA, Some(2))],
    );
    recorded_then(
        [
            (ANNA, visit(10)),
            (BRUNA, corrected(1, 11)),
            (ANNA, confirmed(2)),
            (CARLA, corrected(2, 12)),
            (CARLA, retracted(4)),
        ],
        [(1, 11, BRUNA, Some(3))],
    );
}

#[test]
fn a_retracted_confirmation_confirms_nothing() {
    recorded_then(
        [
            (ANNA, visit(10)),
            (BRUNA, confirmed(1)),
            (BRUNA, retracted(2)),
        ],
        [(1, 10, ANNA, None)],
    );
    // Another's is not touched by it, and a retraction of the retraction brings it back.
    recorded_then(
        [
            (ANNA, visit(10)),
            (BRUNA, confirmed(1)),
            (CARLA, confirmed(1)),
            (BRUNA, retracted(2)),
        ],
        [(1, 10, ANNA, Some(3))],
    );
    recorded_then(
        [
            (ANNA, visit(10)),
            (BRUNA, confirmed(1)),
            (BRUNA, retracted(2)),
            (BRUNA, retracted(3)),
        ],
        [(1, 10, ANNA, Some(2))],
    );
}

#[test]
fn a_confirmation_of_what_was_replaced_does_nothing() {
    recorded_then(
        [
            (ANNA, visit(10)),
            (ANNA, corrected(1, 11)),
            (BRUNA, confirmed(1)),
        ],
        [(1, 11, ANNA, None)],
    );
    recorded_then(
        [
            (ANNA, visit(10)),
            (ANNA, corrected(1, 11)),
            (ANNA, corrected(1, 12)),
            (BRUNA, confirmed(2)),
        ],
        [(1, 12, ANNA, None)],
    );
}

#[test]
fn a_confirmation_of_what_does_not_count_does_nothing() {
    recorded_then(
        [
            (ANNA, visit(10)),
            (ANNA, retracted(1)),
            (BRUNA, confirmed(1)),
        ],
        [],
    );
    recorded_then(
        [(BRUNA, confirmed(7)), (ANNA, visit(20))],
        [(2, 20, ANNA, None)],
    );
    // Neither a confirmation nor a retraction can be confirmed.
    recorded_then(
        [
            (ANNA, visit(10)),
            (BRUNA, confirmed(1)),
            (CARLA, confirmed(2)),
        ],
        [(1, 10, ANNA, Some(2))],
    );
}

#[test]
fn what_was_moved_here_can_be_confirmed() {
    let moved = [by(ANNA, 8, corrected(2, 11)), by(BRUNA, 9, confirmed(8))];
    assert_eq!(effective(&moved)[0].confirmed_by, Some(9));
    // The original lies elsewhere, and is not what is said here.
    let outdated = [by(ANNA, 8, corrected(2, 11)), by(BRUNA, 9, confirmed(2))];
    assert_eq!(effective(&outdated)[0].confirmed_by, None);
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
            .filter(|fact| says_something(&fact.event))
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
            ..Effective::as_recorded(first)
        };
        if let Some((fact, correction)) = corrections.last() {
            counted.corrected_by = Some(fact.position);
            counted.holder = fact.id;
            counted.stated_by.clone_from(&fact.actor);
            counted.occurred_on = correction.replacement.occurred_on;
            counted.event = (*correction.replacement.event).clone();
        }
        let present = counted.corrected_by.unwrap_or(position);
        counted.confirmed_by = history
            .iter()
            .filter(|fact| fact.event == confirmed(present) && fact.actor != counted.stated_by)
            .map(|fact| fact.position)
            // What is not in this history has nobody here who could confirm it.
            .find(|at| *at > present && stands(history, *at));
        Some(counted)
    }
}

/// Something that counts, or that brings new content to what does.
fn says_something(event: &Event) -> bool {
    !matches!(event, Event::RecordRetracted(_) | Event::RecordConfirmed(_))
}

/// The longest random history.
const LONGEST: usize = 24;

/// Random histories of three people: originals, corrections of originals and corrections,
/// retractions and confirmations of anything, with gaps between positions and some targets outside.
fn histories() -> impl Strategy<Value = Vec<Fact>> {
    /// Where the history begins; what lies before is outside.
    const FIRST: Position = 10;
    let actor = prop::sample::select(vec![ANNA, BRUNA, CARLA]);
    let index = any::<prop::sample::Index>();
    let step = (0..14u8, 1..=3i64, index, 1..500u16, actor);
    prop::collection::vec(step, 0..=LONGEST).prop_map(|steps| {
        let mut history: Vec<Fact> = Vec::new();
        let mut at = FIRST;
        for (choice, gap, index, minutes, actor) in steps {
            at += gap;
            let outside = 1..FIRST.min(4);
            let anything: Vec<Position> = outside
                .clone()
                .chain(history.iter().map(|fact| fact.position))
                .collect();
            let correctable: Vec<Position> = outside
                .chain(
                    history
                        .iter()
                        .filter_map(|fact| says_something(&fact.event).then_some(fact.position)),
                )
                .collect();
            let event = match choice {
                0..=2 => visit(minutes),
                3..=6 => corrected(*index.get(&correctable), minutes),
                7..=9 => retracted(*index.get(&anything)),
                10..=11 => confirmed(*index.get(&anything)),
                _ => confirmed(*index.get(&correctable)),
            };
            history.push(by(actor, at, event));
        }
        history
    })
}

/// Facts that nobody decided: they name themselves, what comes after them, and what never was.
fn nonsense() -> impl Strategy<Value = Vec<Fact>> {
    let target = -2..=(LONGEST as Position + 2);
    let event = prop_oneof![
        (1..500u16).prop_map(visit),
        (target.clone(), 1..500u16).prop_map(|(at, minutes)| corrected(at, minutes)),
        target.clone().prop_map(retracted),
        target.prop_map(confirmed),
    ];
    let actor = prop::sample::select(vec![ANNA, BRUNA]);
    prop::collection::vec((actor, event), 0..=LONGEST).prop_map(|events| {
        (1..)
            .zip(events)
            .map(|(at, (actor, event))| by(actor, at, event))
            .collect()
    })
}

proptest! {
    #[test]
    fn a_plainer_telling_agrees(history in histories()) {
        prop_assert_eq!(effective(&history), plainly::effective(&history));
    }

    #[test]
    fn whatever_is_in_a_log_has_an_effective_history(history in nonsense()) {
        let counted = effective(&history);
        prop_assert!(counted.is_sorted_by(|one, next| one.position < next.position));
        for fact in counted {
            prop_assert!(matches!(fact.event, Event::Visit(_)), "{}", fact.event.kind());
            if let Some(at) = fact.confirmed_by {
                let confirmation = history.iter().find(|other| other.position == at);
                prop_assert!(confirmation.is_some_and(|by| by.actor != fact.stated_by));
            }
        }
    }

    #[test]
    fn corrections_retractions_and_confirmations_never_count_themselves(history in histories()) {
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
        let recorded: Vec<Effective> = history.iter().map(Effective::as_recorded).collect();
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
        expected.extend(later.iter().map(Effective::as_recorded));
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
