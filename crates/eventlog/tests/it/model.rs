//! Any sequence of appends has the outcome that a few lines of plain code say it has.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use eventlog::{Append, Appended, Error, Expected, NewFact};
use proptest::collection::{btree_set, vec};
use proptest::prelude::*;
use uuid::Uuid;

use crate::support::{Database, fact, id};

const STREAMS: [&str; 5] = ["a", "b", "b/1", "B", "~"];
const CASES: u32 = 48;

/// What is tried. Small numbers, so that commands, ids and streams meet.
#[derive(Debug, Clone)]
struct Try {
    command: u8,
    digest: u8,
    /// Streams expected; at the version they have, plus the second number.
    expected: BTreeMap<usize, i64>,
    facts: Vec<Told>,
}

#[derive(Debug, Clone)]
struct Told {
    id: u16,
    stream: usize,
    also: BTreeSet<usize>,
}

fn tries() -> impl Strategy<Value = Vec<Try>> {
    let told = (
        0_u16..400,
        0..STREAMS.len(),
        btree_set(0..STREAMS.len(), 0..3),
    )
        .prop_map(|(id, stream, mut also)| {
            also.remove(&stream);
            Told { id, stream, also }
        });
    // Mostly right, or hardly anything would be appended.
    let off = prop_oneof![9 => Just(0_i64), 1 => 1_i64..3];
    let expected = proptest::collection::btree_map(0..STREAMS.len(), off, 0..3);
    let one = (
        0_u8..12,
        prop_oneof![9 => Just(0_u8), 1 => Just(1)],
        expected,
        vec(told, 1..4),
    )
        .prop_map(|(command, digest, expected, facts)| Try {
            command,
            digest,
            expected,
            facts,
        });
    vec(one, 1..16)
}

/// The log in plain code.
#[derive(Default)]
struct Model {
    /// The position of each entry, in version order.
    streams: HashMap<String, Vec<i64>>,
    facts: Vec<Uuid>,
    commands: HashMap<Uuid, (Vec<u8>, i64, i64)>,
}

#[derive(Debug, PartialEq)]
enum Answer {
    Now(i64, i64),
    Before(i64, i64),
    Conflict(String, i64, i64),
    Reused,
    FactExists,
}

impl Model {
    fn version(&self, stream: &str) -> i64 {
        self.streams
            .get(stream)
            .map_or(0, |entries| i64::try_from(entries.len()).unwrap())
    }

    fn append(&mut self, append: &Append) -> Answer {
        if let Some((digest, first, last)) = self.commands.get(&append.command) {
            return if *digest == append.digest {
                Answer::Before(*first, *last)
            } else {
                Answer::Reused
            };
        }
        for Expected { stream, version } in &append.expected {
            let actual = self.version(stream);
            if actual != *version {
                return Answer::Conflict(stream.clone(), *version, actual);
            }
        }
        if append
            .facts
            .iter()
            .any(|fact| self.facts.contains(&fact.id))
        {
            return Answer::FactExists;
        }
        let first = i64::try_from(self.facts.len()).unwrap() + 1;
        for (position, fact) in (first..).zip(&append.facts) {
            self.facts.push(fact.id);
            for stream in std::iter::once(&fact.stream).chain(&fact.also) {
                self.streams
                    .entry(stream.clone())
                    .or_default()
                    .push(position);
            }
        }
        let last = i64::try_from(self.facts.len()).unwrap();
        self.commands
            .insert(append.command, (append.digest.clone(), first, last));
        Answer::Now(first, last)
    }
}

fn as_append(log: Uuid, model: &Model, tried: &Try) -> Append {
    let mut ids = BTreeSet::new();
    let facts = tried
        .facts
        .iter()
        .filter(|told| ids.insert(told.id))
        .map(|told| NewFact {
            id: Uuid::from_u128(u128::from(told.id)),
            also: told
                .also
                .iter()
                .map(|&stream| STREAMS[stream].to_owned())
                .collect(),
            ..fact(STREAMS[told.stream])
        });
    Append {
        log,
        command: Uuid::from_u128(u128::from(tried.command)),
        digest: vec![tried.digest],
        actor: "somebody".to_owned(),
        expected: tried
            .expected
            .iter()
            .map(|(&stream, off)| Expected {
                stream: STREAMS[stream].to_owned(),
                version: model.version(STREAMS[stream]) + off,
            })
            .collect(),
        facts: facts.collect(),
    }
}

async fn same(db: &Database, tries: &[Try]) {
    let (log, events) = (id(), &db.events);
    events.create_log(log).await.unwrap();
    let mut model = Model::default();
    for tried in tries {
        let append = as_append(log, &model, tried);
        let expected = model.append(&append);
        let told = match events.append(append).await {
            Ok(Appended::Now { first, last, .. }) => Answer::Now(first, last),
            Ok(Appended::Before { first, last, .. }) => Answer::Before(first, last),
            Err(Error::Conflict {
                stream,
                expected,
                actual,
            }) => Answer::Conflict(stream, expected, actual),
            Err(Error::CommandReused { .. }) => Answer::Reused,
            Err(Error::FactExists { .. }) => Answer::FactExists,
            Err(error) => panic!("{error:?}"),
        };
        assert_eq!(told, expected);
    }
    let facts = events.read(log, 0, usize::MAX).await.unwrap();
    assert_eq!(
        facts.iter().map(|fact| fact.id).collect::<Vec<_>>(),
        model.facts
    );
    let names = STREAMS.map(str::to_owned);
    for (name, entries) in events.streams(log, &names).await.unwrap() {
        let read: Vec<(i64, i64)> = entries.iter().map(|e| (e.version, e.position)).collect();
        let modelled = model.streams.remove(&name).unwrap_or_default();
        assert_eq!(read, (1..).zip(modelled).collect::<Vec<_>>(), "{name}");
    }
    assert_eq!(events.verify(log).await.unwrap().findings, []);
}

#[test]
fn any_sequence_of_appends_goes_as_the_model_says() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let db = runtime.block_on(Database::new());
    let config = ProptestConfig {
        cases: CASES,
        failure_persistence: None,
        ..Default::default()
    };
    proptest!(config, |(tries in tries())| {
        runtime.block_on(same(&db, &tries));
    });
    runtime.block_on(db.pool.close());
}
