//! The Merkle tree: what the database grows is what the definition says, and proofs from it hold.

use std::collections::BTreeSet;

use eventlog::{Error, EventLog, Finding, Invalid};
use futures_util::TryStreamExt;
use proof::checkpoint::Checkpoint;
use proof::merkle::{self, EMPTY_ROOT, Frontier, Hash};
use proof::note::SignerKey;
use proof::record::Record;
use uuid::Uuid;

use crate::support::{Database, append, fact, fact_also, id};

/// Facts in appends of these many each.
async fn grown(db: &Database, counts: &[usize]) -> Uuid {
    let log = id();
    db.events.create_log(log).await.unwrap();
    for &count in counts {
        let facts = (0..count).map(|_| fact("a")).collect();
        db.events.append(append(log, &[], facts)).await.unwrap();
    }
    log
}

/// The leaves, hashed from what the log tells.
async fn leaves(events: &EventLog, log: Uuid) -> Vec<Hash> {
    let stored: Vec<_> = events.stored(log, 0, i64::MAX).try_concat().await.unwrap();
    stored
        .into_iter()
        .map(|stored| {
            let kept = stored.leaf;
            let leaf = stored.into_record().leaf();
            assert_eq!(leaf, kept);
            leaf
        })
        .collect()
}

#[tokio::test]
async fn the_tree_grows_alike_however_facts_come() {
    let db = Database::new().await;
    let ones = vec![1; 70];
    for counts in [
        &ones[..],
        &[255, 1, 1],
        &[256, 256],
        &[3, 700, 2, 90],
        &[1000, 1000, 1000, 1],
        &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
    ] {
        let log = grown(&db, counts).await;
        let mut frontier = Frontier::default();
        let leaves = leaves(&db.events, log).await;
        assert_eq!(leaves.len(), counts.iter().sum::<usize>());
        assert_eq!(db.events.root(log, 0).await.unwrap(), EMPTY_ROOT);
        let mut size = 0;
        for leaf in leaves {
            frontier.push(leaf);
            size += 1;
            if size < 12 || size % 97 == 0 {
                assert_eq!(db.events.root(log, size).await.unwrap(), frontier.root());
                assert_eq!(db.events.frontier(log, size).await.unwrap(), frontier);
            }
        }
        let head = db.events.head(log).await.unwrap();
        assert_eq!((head.position, head.root), (size, frontier.root()));
        assert_eq!(db.events.verify(log).await.unwrap().findings, []);
    }
}

#[tokio::test]
async fn proofs_hold_at_every_later_size() {
    let db = Database::new().await;
    let log = grown(&db, &[5, 251, 1, 320]).await;
    let events = &db.events;
    let leaves = leaves(events, log).await;
    let sizes = [1_i64, 2, 3, 5, 11, 100, 255, 256, 257, 512, 577];
    for size in sizes {
        let root = events.root(log, size).await.unwrap();
        let leaves_then = u64::try_from(size).unwrap();
        for position in sizes.into_iter().filter(|&position| position <= size) {
            let index = u64::try_from(position - 1).unwrap();
            let leaf = leaves[usize::try_from(index).unwrap()];
            let hashes = events.inclusion(log, position, size).await.unwrap();
            merkle::verify_inclusion(leaf, index, leaves_then, &hashes, root).unwrap();
            let other = leaves[usize::try_from((index + 1) % leaves_then).unwrap()];
            assert!(
                other == leaf
                    || merkle::verify_inclusion(other, index, leaves_then, &hashes, root).is_err()
            );

            let before = events.root(log, position).await.unwrap();
            let hashes = events.consistency(log, position, size).await.unwrap();
            let old = u64::try_from(position).unwrap();
            merkle::verify_consistency(old, before, leaves_then, root, &hashes).unwrap();
        }
    }
    let beyond = events.root(log, 578).await;
    assert!(matches!(
        beyond,
        Err(Error::Invalid(Invalid::Size {
            size: 578,
            head: 577
        }))
    ));
    for (position, size) in [(0, 5), (6, 5), (-1, 5), (i64::MIN + 1, 5)] {
        let refused = events.inclusion(log, position, size).await;
        let why = Err::<Vec<Hash>, _>(Invalid::Position { position, size });
        assert_eq!(refused.map_err(invalid), why);
    }
    let refused = events.consistency(log, 6, 5).await;
    assert_eq!(
        refused.map_err(invalid),
        Err(Invalid::Size { size: 6, head: 5 })
    );
    let unknown = events.root(id(), 1).await;
    assert!(matches!(unknown, Err(Error::UnknownLog { .. })));
}

fn invalid(error: Error) -> Invalid {
    match error {
        Error::Invalid(invalid) => invalid,
        other => panic!("{other:?}"),
    }
}

/// A fact with one bit in it, whose every other field is known: what is published about its
/// neighbour says nothing about it.
#[tokio::test]
async fn a_published_proof_does_not_tell_its_neighbours() {
    let db = Database::new().await;
    let log = grown(&db, &[1]).await;
    let mut secret = fact("a");
    secret.payload = serde_json::json!({"found_work": true});
    db.events
        .append(append(log, &[], vec![secret]))
        .await
        .unwrap();
    // The proof of the first fact is the leaf of the second.
    let published = db.events.inclusion(log, 1, 2).await.unwrap();
    let known: Record = db
        .events
        .stored_at(log, 2)
        .await
        .unwrap()
        .unwrap()
        .into_record();
    assert_eq!(published, [known.leaf()]);
    let guesses = |salt: [u8; 16]| {
        ["true", "false"].map(|guess| {
            let data = format!("{{\"found_work\":{guess}}}");
            Record {
                salt,
                data,
                ..known.clone()
            }
            .leaf()
        })
    };
    assert!(
        guesses(known.salt).contains(&published[0]),
        "with the salt it is told"
    );
    for guess in 0_u128..5_000 {
        assert!(!guesses(guess.to_be_bytes()).contains(&published[0]));
    }
}

#[tokio::test]
async fn every_fact_has_chance_of_its_own() {
    let db = Database::new().await;
    let log = grown(&db, &[1, 300, 1]).await;
    // One way of appending and the other.
    db.events
        .append(append(log, &[("b", 0)], vec![fact("b")]))
        .await
        .unwrap();
    let stored: Vec<_> = db.events.stored(log, 0, 999).try_concat().await.unwrap();
    let salts: BTreeSet<_> = stored.iter().map(|stored| stored.salt).collect();
    assert_eq!(salts.len(), 303);
    let zeros: u32 = salts.iter().flatten().map(|byte| byte.count_zeros()).sum();
    // 303 × 128 fair bits: 19,392 zeros, give or take eight standard deviations.
    assert!((18_600..20_200).contains(&zeros), "{zeros}");
}

#[tokio::test]
async fn checkpoints_are_kept_and_bind() {
    let db = Database::new().await;
    let log = grown(&db, &[3, 4]).await;
    let events = &db.events;
    let key = SignerKey::from_seed("example.org/log", [7; 32]).unwrap();
    let sign = |size: u64, root: Hash| {
        let checkpoint = Checkpoint {
            origin: "example.org/log".to_owned(),
            size,
            root,
            extensions: Vec::new(),
        };
        checkpoint.sign(&key).unwrap()
    };
    let note = sign(3, events.root(log, 3).await.unwrap());
    events.keep_checkpoint(log, &note).await.unwrap();
    events.keep_checkpoint(log, &note).await.unwrap();
    assert_eq!(events.checkpoints(log).await.unwrap(), [note]);
    let wrong = events.keep_checkpoint(log, &sign(4, EMPTY_ROOT)).await;
    assert_eq!(invalid(wrong.unwrap_err()), Invalid::Checkpoint);
    let ahead = events.keep_checkpoint(log, &sign(8, EMPTY_ROOT)).await;
    assert_eq!(
        invalid(ahead.unwrap_err()),
        Invalid::Size { size: 8, head: 7 }
    );
    assert_eq!(events.verify(log).await.unwrap().findings, []);

    // Somebody who can do everything rewrites the second fact, and hashes all anew.
    let mut vandal = db.acting_as("set session_replication_role = replica").await;
    for table in ["head", "fact", "node"] {
        let statement = format!("alter table eventlog.{table} disable trigger user");
        sqlx::raw_sql(sqlx::AssertSqlSafe(statement))
            .execute(&mut vandal)
            .await
            .unwrap();
    }
    let rewrite = format!(
        "update eventlog.fact set actor = 'another' where log_id = '{log}' and position = 2;
         update eventlog.fact as f set leaf = sha256('\\x00'::bytea || convert_to(eventlog.record(
             f.log_id, f.position, eventlog.record_time(f.recorded_at), f.entered_at, f.id,
             f.command_id, f.cause, f.occurred_on, f.shape, f.command_digest, f.salt, f.stream,
             f.kind, f.actor, array_to_string(f.also, ' '), f.payload::text), 'UTF8'))
         where log_id = '{log}' and position = 2;
         update eventlog.head set frontier = eventlog.grow(log_id, 0, '', (
             select string_agg(f.leaf, '' order by f.position) from eventlog.fact as f
             where f.log_id = '{log}')) where log_id = '{log}'"
    );
    sqlx::raw_sql(sqlx::AssertSqlSafe(rewrite))
        .execute(&mut vandal)
        .await
        .unwrap();
    let found = events.verify(log).await.unwrap().findings;
    let checkpoint = Finding::Checkpoint {
        position: 3,
        holds_until: 0,
    };
    assert_eq!(found, [checkpoint]);
}

#[tokio::test]
async fn what_was_recorded_can_be_put_back_elsewhere() {
    let (db, other) = (Database::new().await, Database::new().await);
    let log = id();
    db.events.create_log(log).await.unwrap();
    for n in 0..40_usize {
        let (own, linked) = (format!("s/{}", n % 3), format!("t/{}", n % 5));
        let mut facts: Vec<_> = (0..n % 4 + 1).map(|_| fact(&own)).collect();
        facts.push(fact_also(&linked, &[&own, "all"]));
        db.events.append(append(log, &[], facts)).await.unwrap();
    }
    let stored: Vec<_> = db
        .events
        .stored(log, 0, i64::MAX)
        .try_concat()
        .await
        .unwrap();
    let facts: Vec<(Record, Hash)> = stored
        .iter()
        .map(|stored| (stored.clone().into_record(), stored.leaf))
        .collect();

    other.events.create_log(log).await.unwrap();
    let mut owner = other.acting_as("set role inrete_owner").await;
    let half = facts
        .iter()
        .skip(60)
        .position(|(record, _)| record.digest.is_some());
    let (first, second) = facts.split_at(60 + half.unwrap());
    // What does not follow, or is not what it was, is refused whole, by its position.
    let refused = eventlog::restore(&mut owner, log, second).await;
    let position = i64::try_from(second[0].0.position).unwrap();
    assert!(matches!(refused, Err(Error::NotRecorded { position: at }) if at == position));
    let mut altered = first.to_vec();
    altered[17].0.actor = "another".to_owned();
    let refused = eventlog::restore(&mut owner, log, &altered).await;
    assert!(
        matches!(refused, Err(Error::NotRecorded { position: 18 })),
        "{refused:?}"
    );
    let mut altered = first.to_vec();
    altered[20].0.recorded_at = altered[3].0.recorded_at - chrono::Days::new(1);
    altered[20].1 = altered[20].0.leaf();
    let refused = eventlog::restore(&mut owner, log, &altered).await;
    assert!(
        matches!(refused, Err(Error::NotRecorded { position: 21 })),
        "{refused:?}"
    );
    assert_eq!(other.events.head(log).await.unwrap().position, 0);

    eventlog::restore(&mut owner, log, first).await.unwrap();
    eventlog::restore(&mut owner, log, second).await.unwrap();
    let again: Vec<_> = other
        .events
        .stored(log, 0, i64::MAX)
        .try_concat()
        .await
        .unwrap();
    assert_eq!(again, stored);
    let (here, there) = (
        db.events.head(log).await.unwrap(),
        other.events.head(log).await.unwrap(),
    );
    assert_eq!(here, there);
    assert_eq!(other.events.verify(log).await.unwrap().findings, []);
    for (record, _) in &facts {
        let there = other.events.outcome(log, record.command).await.unwrap();
        assert_eq!(db.events.outcome(log, record.command).await.unwrap(), there);
    }
    // And the log goes on.
    let names = ["s/0", "t/4", "all"].map(str::to_owned);
    let versions = other.events.versions(log, &names).await.unwrap();
    assert_eq!(versions, db.events.versions(log, &names).await.unwrap());
    let next = append(log, &[("s/0", versions["s/0"])], vec![fact("s/0")]);
    other.events.append(next).await.unwrap();
    assert_eq!(other.events.verify(log).await.unwrap().findings, []);
    let service = eventlog::restore(&mut other.service().await, log, second).await;
    assert!(matches!(service, Err(Error::Database(_))), "{service:?}");
}
