//! However a log is cut into batches, it comes to the same rows.

use std::collections::{BTreeMap, BTreeSet};

use events::codes::{
    AdmissionDecision, AssessmentStage, GoalWithdrawalReason, RiskLevel, Severity, TrainingResult,
};
use events::{Event, Fact, Stream};
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::Value;

use crate::document::{Document, keyed};
use crate::fixtures::{self, *};
use crate::held::{Held, Histories, Work};
use crate::{Model, Snapshot};

/// Folds a batch over the rows of a snapshot, as the keeper does over tables.
fn fold_on(held: &mut Held, snapshot: &mut Snapshot, known: &[Fact], facts: &[Fact]) {
    let Some(last) = facts.last() else {
        return;
    };
    let histories = |streams: BTreeSet<Stream>| -> Histories {
        let of = |stream: Stream| {
            let entries = known
                .iter()
                .filter(|fact| fact.stream == stream || fact.also.contains(&stream));
            (stream, entries.cloned().collect())
        };
        streams.into_iter().map(of).collect()
    };
    let mut work = Work::new(PILOT, facts, &Model::ALL);

    put_rows(held, &work, snapshot);
    let read = histories(held.asked(&work));
    held.apply(&mut work, &Histories::new());
    held.apply(&mut work, &read);

    let absent = held.dwellings.absent(Held::touched(&work).into_iter());
    let there = absent.iter().filter_map(|id| snapshot.dwellings.get(id));
    held.dwellings.put(&absent, there.cloned().collect());
    let read = histories(held.asked_for_dwellings(&work));
    held.apply_to_dwellings(&work, &read);

    held.apply_to_timeline(facts);

    take_rows(held, snapshot);
    for (id, row) in held.dwellings.changed() {
        match row {
            Some(row) => snapshot.dwellings.insert(id, row.clone()),
            None => snapshot.dwellings.remove(&id),
        };
    }
    held.dwellings.written();
    // As if each batch's marks were added to a table.
    let mut marks = snapshot.timeline.marks.clone();
    for (position, more) in std::mem::take(&mut held.timeline) {
        for (by, how) in more.all() {
            marks.entry(position).or_default().add(how, by);
        }
    }
    snapshot.timeline.extend(facts.iter().cloned());
    assert_eq!(snapshot.timeline.marks, marks);
    snapshot.position = last.position;
    snapshot.recorded_at = Some(last.recorded_at);
}

macro_rules! tables {
    ($( $field:ident: $model:ty, )*) => {
        /// Puts the rows that are looked for into memory, as if read from tables.
        fn put_rows(held: &mut Held, work: &Work<'_>, snapshot: &Snapshot) {
            $(
                let absent = held.$field.absent(work.$field.keys().copied());
                let there = absent.iter().filter_map(|key| {
                    let row = <$model as Tabled>::rows(snapshot).remove(key)?;
                    (<$model as Document>::position(&row) > 0).then_some(row)
                });
                held.$field.put(&absent, there.collect());
            )*
        }

        /// Puts the rows that changed into the snapshot, as if written to tables.
        fn take_rows(held: &mut Held, snapshot: &mut Snapshot) {
            $(
                for (key, row) in held.$field.changed() {
                    <$model as Tabled>::put(snapshot, key, row.expect("a row").clone());
                }
                held.$field.written();
            )*
        }
    };
}
keyed!(tables);

/// Where a snapshot has the rows of a model.
trait Tabled: Document {
    fn rows(snapshot: &Snapshot) -> BTreeMap<Self::Key, Self::Row>;
    fn put(snapshot: &mut Snapshot, key: Self::Key, row: Self::Row);
}

macro_rules! one_row {
    ($( $model:ty: $field:ident, )*) => {$(
        impl Tabled for $model {
            fn rows(snapshot: &Snapshot) -> BTreeMap<Self::Key, Self::Row> {
                BTreeMap::from([(PILOT, snapshot.$field.clone())])
            }
            fn put(snapshot: &mut Snapshot, _: Self::Key, row: Self::Row) {
                snapshot.$field = row;
            }
        }
    )*};
}
one_row! {
    crate::pilots::Pilots: pilot,
    crate::ledger::Ledger: ledger,
    crate::committee::Committee: committee,
    crate::agenda::pilot::AgendaOfPilots: pilot_agenda,
    crate::quality::pilot::QualityOfPilots: pilot_quality,
}

macro_rules! rows_by_key {
    ($( $model:ty: $field:ident, )*) => {$(
        impl Tabled for $model {
            fn rows(snapshot: &Snapshot) -> BTreeMap<Self::Key, Self::Row> {
                snapshot.$field.clone()
            }
            fn put(snapshot: &mut Snapshot, key: Self::Key, row: Self::Row) {
                snapshot.$field.insert(key, row);
            }
        }
    )*};
}
rows_by_key! {
    crate::households::Households: households,
    crate::agenda::household::AgendaOfHouseholds: agenda,
    crate::quality::household::QualityOfHouseholds: quality,
    crate::network::Network: network,
    crate::safety::Safety: safety,
    crate::work::Work: work,
    crate::plans::Plans: plans,
}

/// Each batch by itself, as a leader folds.
fn fold_in_batches(facts: &[Fact], cuts: &[Index]) -> Snapshot {
    let mut snapshot = Snapshot::empty(PILOT);
    for (known, facts) in batches(facts, cuts) {
        fold_on(&mut Held::default(), &mut snapshot, known, facts);
    }
    snapshot
}

/// With rows that stay in memory, but for those that are forgotten, as a builder folds.
fn fold_on_and_on(facts: &[Fact], cuts: &[Index], most: usize) -> Snapshot {
    let mut snapshot = Snapshot::empty(PILOT);
    let mut held = Held::from_the_first_fact();
    for (known, facts) in batches(facts, cuts) {
        fold_on(&mut held, &mut snapshot, known, facts);
        held.forget(most);
        assert!(held.entries() <= most);
        assert!(most > 0 || held.count() == 0);
    }
    snapshot
}

/// The batches, each with all that was known after it.
fn batches<'a>(facts: &'a [Fact], cuts: &[Index]) -> Vec<(&'a [Fact], &'a [Fact])> {
    let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(facts.len() + 1)).collect();
    cuts.extend([0, facts.len()]);
    cuts.sort_unstable();
    let cuts = cuts.windows(2);
    cuts.map(|cut| (&facts[..cut[1]], &facts[cut[0]..cut[1]]))
        .collect()
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
    fn with_rows_in_memory_as_at_once(
        story in fixtures::any::story(60),
        cuts in proptest::collection::vec(any::<Index>(), 0..30),
        most in prop_oneof![Just(usize::MAX), 0..40_usize],
    ) {
        let cold = Snapshot::fold(PILOT, &story.facts);
        prop_assert_eq!(fold_on_and_on(&story.facts, &cuts, most), cold);
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
    let mut rows = vec![
        serde_json::to_value(&snapshot.pilot).expect("JSON"),
        serde_json::to_value(&snapshot.ledger).expect("JSON"),
        serde_json::to_value(&snapshot.committee).expect("JSON"),
    ];
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
/// raise the model's `VERSION`, so that the rows kept are built anew, and put the new value here. So
/// when the last number of a model fails: its `table.sql` has changed, or the rights of all of them.
#[test]
fn rows_that_change_raise_their_version() {
    let mut story = Story::default();
    for (on, event) in path() {
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
        Model::Plans => json(serde_json::to_value(&rows.plans)),
        Model::Work => json(serde_json::to_value(&rows.work)),
        Model::Safety => json(serde_json::to_value(&rows.safety)),
        Model::Network => json(serde_json::to_value(&rows.network)),
        Model::Ledger => json(serde_json::to_value(&rows.ledger)),
        Model::Committee => json(serde_json::to_value(&rows.committee)),
        Model::AgendaOfHouseholds => json(serde_json::to_value(&rows.agenda)),
        Model::AgendaOfPilots => json(serde_json::to_value(&rows.pilot_agenda)),
        Model::QualityOfHouseholds => json(serde_json::to_value(&rows.quality)),
        Model::QualityOfPilots => json(serde_json::to_value(&rows.pilot_quality)),
        Model::Timeline => json(serde_json::to_value(&rows.timeline.marks)),
    };
    let line = |model: Model| {
        let (version, look, mark) = (model.version(), fnv(&look(model)), model.mark());
        format!("{model} {version} {look:016x} {mark:016x}")
    };
    let looks = Model::ALL.map(line).join("\n");
    let expected = "\
pilots 3 e403790867c0aa38 3df2c9eecdd9bbe6\n\
census 2 e676c343f23f2ffd 602176fcf2b6cd65\n\
households 2 9273c701fa2757d5 5b5ec3bb772ba33e\n\
plans 2 84f7d8982b6b146d 8b4a3a039b9d6376\n\
work 2 5f39991ca85f2193 84d799df3677c647\n\
safety 2 c2b5aaff4714b63b 41d5e7a18af08c34\n\
network 2 df3a0672a5574a1f 007fb81a4ce9bc74\n\
ledger 4 626a3b46d602abf8 221c6e59f3cdaed5\n\
committee 2 72b44d72b58e4862 f346df30733c8607\n\
agenda_household 2 6579c247aea09625 5f2cc197316a8da7\n\
agenda_pilot 3 263f011137af87ed f8d04e5c5ba0bf9e\n\
quality_household 2 1b6d3fd12ed32b0f a775c7afa4a6da0f\n\
quality_pilot 2 c694f68fc594161f a63edbc7f4c74e69\n\
timeline 3 577f4a7ea2e6f467 5c50511c02c7c5e3";
    assert_eq!(looks, expected);
}

/// FNV-1a: any digest that stays the same will do.
fn fnv(text: &str) -> u64 {
    let mix = |hash: u64, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    text.bytes().fold(0xcbf2_9ce4_8422_2325, mix)
}
