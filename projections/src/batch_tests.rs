//! However a log is cut into batches, it comes to the same rows.

use std::collections::BTreeMap;

use events::codes::{
    AdmissionDecision, AssessmentStage, GoalWithdrawalReason, RiskLevel, Severity, TrainingResult,
};
use events::{DwellingId, Event, Fact, HouseholdId, Position, Stream};
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::Value;

use crate::batch::{Batch, Histories};
use crate::fixtures::{self, *};
use crate::{Model, Snapshot};

/// Folds a batch over the rows of a snapshot, as the keeper does over tables.
fn fold_on(snapshot: &mut Snapshot, known: &[Fact], facts: &[Fact]) {
    let Some(last) = facts.last() else {
        return;
    };
    let histories = |streams: Vec<Stream>| -> Histories {
        let of = |stream: Stream| {
            let entries = known
                .iter()
                .filter(|fact| fact.stream == stream || fact.also.contains(&stream));
            (stream, entries.cloned().collect())
        };
        streams.into_iter().map(of).collect()
    };
    let batch = Batch::new(facts);

    let before = (snapshot.pilot.position > 0).then(|| snapshot.pilot.clone());
    let read = histories(batch.pilot_streams(before.is_some()));
    if let Some(row) = batch.pilot(PILOT, before, &read) {
        snapshot.pilot = row;
    }
    let there = |id: &HouseholdId| Some((*id, snapshot.households.get(id)?.clone()));
    let before = batch.households.keys().filter_map(there).collect();
    let read = histories(batch.household_streams(&before));
    let housed = batch.households(&before, &read);

    let touched = batch.touched(&housed);
    let there = |id: &DwellingId| Some((*id, snapshot.dwellings.get(id)?.clone()));
    let before = touched.iter().filter_map(there).collect();
    let read = histories(batch.dwelling_streams(&before));
    for (id, row) in batch.dwellings(before, &read, &housed) {
        match row {
            Some(row) => snapshot.dwellings.insert(id, row),
            None => snapshot.dwellings.remove(&id),
        };
    }
    snapshot.households.extend(housed.rows);

    for (id, entries) in &batch.households {
        let history: Vec<&Fact> = known.iter().filter(|fact| is_entry(fact, *id)).collect();
        macro_rules! fold_on {
            ($model:ident) => {
                let row = match snapshot.$model.remove(id) {
                    Some(row)
                        if !entries
                            .iter()
                            .any(|fact| crate::$model::fold::needs_history(&fact.event)) =>
                    {
                        Some(crate::$model::fold::advance(row, entries))
                    }
                    _ => crate::$model::fold::fold(*id, &history),
                };
                snapshot.$model.extend(row.map(|row| (*id, row)));
            };
        }
        fold_on!(plans);
        fold_on!(work);
        fold_on!(safety);
    }

    let there = |at: Position| Some((at, snapshot.timeline.get(&at)?.clone()));
    let before = batch.targets().into_iter().filter_map(there).collect();
    snapshot.timeline.extend(batch.timeline(before));
    snapshot.position = last.position;
    snapshot.recorded_at = Some(last.recorded_at);
}

fn is_entry(fact: &Fact, household: HouseholdId) -> bool {
    let stream = Stream::Household(household);
    fact.stream == stream || fact.also.contains(&stream)
}

fn fold_in_batches(facts: &[Fact], cuts: &[Index]) -> Snapshot {
    let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(facts.len() + 1)).collect();
    cuts.extend([0, facts.len()]);
    cuts.sort_unstable();
    let mut snapshot = Snapshot::empty(PILOT);
    for cut in cuts.windows(2) {
        fold_on(&mut snapshot, &facts[..cut[1]], &facts[cut[0]..cut[1]]);
    }
    snapshot
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn in_batches_as_at_once(
        story in fixtures::any::story(60),
        cuts in proptest::collection::vec(any::<Index>(), 0..30),
    ) {
        let cold = Snapshot::fold(PILOT, &story.facts);
        prop_assert_eq!(fold_in_batches(&story.facts, &cuts), cold);
    }

    #[test]
    fn rows_survive_the_table(story in fixtures::any::story(40)) {
        let cold = Snapshot::fold(PILOT, &story.facts);
        for row in cold.households.values() {
            let json = serde_json::to_value(row).expect("JSON");
            prop_assert_eq!(&serde_json::from_value::<crate::households::HouseholdRow>(json).expect("a row"), row);
        }
        let json = |rows: &Snapshot| serde_json::to_value((&rows.plans, &rows.work, &rows.safety)).expect("JSON");
        let (plans, work, safety) = serde_json::from_value(json(&cold)).expect("rows");
        prop_assert_eq!(&Snapshot { plans, work, safety, ..cold.clone() }, &cold);
        for row in cold.timeline.values() {
            let json = serde_json::to_value(row).expect("JSON");
            prop_assert_eq!(&serde_json::from_value::<crate::timeline::TimelineRow>(json).expect("a row"), row);
        }
    }

    #[test]
    fn the_order_of_recording_does_not_matter(
        shuffled in Just((0..path().len()).collect::<Vec<_>>()).prop_shuffle(),
        cuts in proptest::collection::vec(any::<Index>(), 0..10),
    ) {
        let mut story = Story::default();
        for (on, event) in path() {
            story.record(on, event);
        }
        let in_order = without_places(&Snapshot::fold(PILOT, &story.facts));

        let mut story = Story::default();
        for index in shuffled {
            let (on, event) = path()[index].clone();
            story.record(on, event);
        }
        prop_assert_eq!(without_places(&Snapshot::fold(PILOT, &story.facts)), in_order.clone());
        prop_assert_eq!(without_places(&fold_in_batches(&story.facts, &cuts)), in_order);
    }
}

/// A life in the pilot, each fact on a day of its own.
fn life() -> Vec<(u64, Event)> {
    let events = vec![
        opened("prova"),
        registered(1),
        available(1),
        registered(2),
        available(2),
        registered(3),
        referred(1),
        decided(1, AdmissionDecision::Waiting),
        decided(1, AdmissionDecision::Accepted),
        admitted(1, Some(1), 1, &[2, 3]),
        planned(1),
        goal_set(1, 1),
        joined(1, 4),
        moved(1, 2),
        placed(1, 1),
        reviewed(1, 1, -1),
        left(1, 1, Some(2)),
        visit(1, 20),
        moved(1, 3),
        unavailable(2),
        service(1),
        left(1, 4, None),
        job_ended(1, 1),
        reviewed(1, 1, 2),
        left(1, 2, Some(3)),
        moved(1, 1),
        income(1),
        exited(1, &[3]),
        asked_again(1),
        expense(1),
    ];
    (0..).zip(events).collect()
}

/// The same life, and what happened on its path afterwards.
fn path() -> Vec<(u64, Event)> {
    let events = [
        goal_revised(1, 1, Some(60), Some(2)),
        training_started(1, 1),
        assessed(1, 1, AssessmentStage::Entry, Some(2)),
        risk(1, 1, AssessmentStage::Entry, RiskLevel::High),
        incident(1, 1, Severity::Minor),
        breached(1, Some(1)),
        schooled(1, 3),
        training_ended(1, 1, TrainingResult::Certified),
        goal_revised(1, 1, None, None),
        goal_withdrawn(1, 1, GoalWithdrawalReason::Replaced),
        risk(1, 1, AssessmentStage::Exit, RiskLevel::Low),
        assessed(1, 1, AssessmentStage::Exit, Some(4)),
    ];
    life().into_iter().chain((60..).zip(events)).collect()
}

/// Rows without what depends on the order of recording.
fn without_places(snapshot: &Snapshot) -> Vec<Value> {
    fn strip(value: &mut Value) {
        match value {
            Value::Object(fields) => {
                for place in ["position", "ended_by", "holder", "entered_at"] {
                    fields.remove(place);
                }
                fields.values_mut().for_each(strip);
            }
            Value::Array(values) => values.iter_mut().for_each(strip),
            _ => {}
        }
    }
    let mut rows = vec![serde_json::to_value(&snapshot.pilot).expect("JSON")];
    let by_id: BTreeMap<_, _> = snapshot.households.iter().collect();
    rows.extend(
        by_id
            .values()
            .map(|row| serde_json::to_value(row).expect("JSON")),
    );
    rows.extend(
        snapshot
            .dwellings
            .values()
            .map(|row| serde_json::to_value(row).expect("JSON")),
    );
    rows.push(serde_json::to_value(&snapshot.plans).expect("JSON"));
    rows.push(serde_json::to_value(&snapshot.work).expect("JSON"));
    rows.push(serde_json::to_value(&snapshot.safety).expect("JSON"));
    rows.iter_mut().for_each(strip);
    rows
}

#[test]
fn a_snapshot_of_the_past_is_the_fold_of_what_was_known() {
    let mut story = Story::default();
    for (on, event) in life() {
        story.record(on, event);
    }
    let at = Snapshot::fold_to(PILOT, &story.facts, 12);
    assert_eq!(at, Snapshot::fold(PILOT, &story.facts[..12]));
    assert_eq!(at.position, 12);
    let moment = story.facts[11].recorded_at;
    assert_eq!(Snapshot::fold_at(PILOT, &story.facts, moment), at);
    assert_eq!(
        Snapshot::fold_to(PILOT, &story.facts, 0),
        Snapshot::empty(PILOT)
    );
}

/// What the rows of a fixed story look like, by version. When this fails, rows or folds have changed:
/// raise the model's `VERSION`, so that the rows kept are folded anew, and put the new value here.
#[test]
fn rows_that_change_raise_their_version() {
    let mut story = Story::default();
    for (on, event) in life() {
        story.record(on, event);
    }
    let visited = story.record(50, visit(1, 30));
    story.correct(visited, 51, visit(1, 40));
    let spent = story.record(50, expense(2));
    story.retract(spent);
    let rows = Snapshot::fold(PILOT, &story.facts);
    let json = |rows: serde_json::Result<Value>| rows.expect("JSON").to_string();
    let look = |model: Model| match model {
        Model::Pilots => json(serde_json::to_value(&rows.pilot)),
        Model::Census => json(serde_json::to_value(&rows.dwellings)),
        Model::Households => json(serde_json::to_value(&rows.households)),
        Model::Timeline => json(serde_json::to_value(&rows.timeline)),
    };
    let looks = Model::ALL.map(|model| (model, model.version(), fnv(&look(model))));
    let expected = [
        (Model::Pilots, 1, 0xc4a1_f861_454b_87c6),
        (Model::Census, 1, 0x8ed8_2388_96f7_8635),
        (Model::Households, 2, 0xb663_8db1_6011_3b32),
        (Model::Timeline, 2, 0x20c9_9e15_0432_02f0),
    ];
    assert_eq!(looks, expected);
}

/// The same for what is folded from a household's path.
#[test]
fn rows_of_a_path_that_change_raise_their_version() {
    let mut story = Story::default();
    for (on, event) in path() {
        story.record(on, event);
    }
    let rows = Snapshot::fold(PILOT, &story.facts);
    let look = |rows: serde_json::Result<Value>| fnv(&rows.expect("JSON").to_string());
    let looks = [
        (
            crate::plans::fold::VERSION,
            look(serde_json::to_value(&rows.plans)),
        ),
        (
            crate::work::fold::VERSION,
            look(serde_json::to_value(&rows.work)),
        ),
        (
            crate::safety::fold::VERSION,
            look(serde_json::to_value(&rows.safety)),
        ),
    ];
    let expected = [
        (1, 0xb78e_ca98_47ad_ea47),
        (1, 0xa6aa_b5e4_678a_cef9),
        (1, 0xf6ac_a53a_29df_19ed),
    ];
    assert_eq!(looks, expected);
}

/// FNV-1a: any digest that stays the same will do.
fn fnv(text: &str) -> u64 {
    let mix = |hash: u64, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    text.bytes().fold(0xcbf2_9ce4_8422_2325, mix)
}
