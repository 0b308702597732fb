//! Bundles: what is whole is accepted, whatever was done to it is refused, and the first position that
//! is wrong is named.

use std::io::BufReader;

use chrono::DateTime;
use proof::{
    bundle::{
        CompareError, End, Error, Growth, Header, Item, Kind, LineFault, MAX_LINE_BYTES,
        PositionFault, RangeFault, Reader, Report, RootOf, Trusted, Which, Writer, check, compare,
    },
    checkpoint::Checkpoint,
    merkle::{Frontier, Hash, leaf},
    note::{Note, SignerKey},
    record::{Record, RecordError},
};
use proptest::prelude::*;
use serde_json::json;

use crate::records::record;

const ORIGIN: &str = "log.example/1";

fn log_key() -> SignerKey {
    SignerKey::from_seed(ORIGIN, [1; 32]).unwrap()
}

fn witness_key() -> SignerKey {
    SignerKey::from_seed("witness.example", [2; 32]).unwrap()
}

fn other_key() -> SignerKey {
    SignerKey::from_seed(ORIGIN, [9; 32]).unwrap()
}

/// A log, as it stands in memory: what is exported can be changed at will.
#[derive(Clone)]
struct Log {
    records: Vec<Vec<u8>>,
    leaves: Vec<Hash>,
    checkpoints: Vec<u64>,
}

impl Log {
    fn new(size: u64, checkpoints: &[u64]) -> Self {
        let records: Vec<_> = (1..=size)
            .map(|position| record(position).bytes())
            .collect();
        Self {
            leaves: records.iter().map(|bytes| leaf(bytes)).collect(),
            records,
            checkpoints: checkpoints.to_vec(),
        }
    }

    fn size(&self) -> u64 {
        self.records.len() as u64
    }

    /// Another record at a position, with its own leaf.
    fn rewrite(&mut self, position: u64) {
        let index = position as usize - 1;
        self.alter(position);
        self.leaves[index] = leaf(&self.records[index]);
    }

    /// Another record at a position, under the old leaf.
    fn alter(&mut self, position: u64) {
        let record = Record {
            actor: "somebody else".to_owned(),
            ..record(position)
        };
        self.records[position as usize - 1] = record.bytes();
    }

    fn frontier(&self, size: u64) -> Frontier {
        let mut frontier = Frontier::default();
        self.leaves[..size as usize]
            .iter()
            .for_each(|leaf| frontier.push(*leaf));
        frontier
    }

    fn note(&self, size: u64) -> Note {
        self.signed_by(&log_key(), size)
    }

    fn signed_by(&self, key: &SignerKey, size: u64) -> Note {
        let checkpoint = Checkpoint {
            origin: ORIGIN.to_owned(),
            size,
            root: self.frontier(size).root(),
            extensions: Vec::new(),
        };
        let mut note = checkpoint.sign(key).unwrap();
        let at = DateTime::from_timestamp_secs(1_800_000_000 + i64::try_from(size).unwrap());
        note.add(note.cosign(&witness_key(), at.unwrap()).unwrap());
        note
    }

    fn bundle(&self) -> Vec<u8> {
        self.from(1)
    }

    fn from(&self, first: u64) -> Vec<u8> {
        self.signed(first, &log_key())
    }

    fn signed(&self, first: u64, key: &SignerKey) -> Vec<u8> {
        let header = Header {
            log: record(1).log,
            origin: ORIGIN.to_owned(),
            first,
            frontier: self.frontier(first - 1),
            size: self.size(),
            vkeys: vec![key.verifier()],
        };
        let mut writer = Writer::new(Vec::new(), &header).unwrap();
        writer
            .schema(&json!({"title": "Admission", "type": "object"}))
            .unwrap();
        writer.schema(&json!({"title": "Exit"})).unwrap();
        for position in first..=self.size() {
            let index = position as usize - 1;
            writer
                .fact(position, &self.records[index], self.leaves[index])
                .unwrap();
        }
        for size in self.checkpoints.iter().filter(|size| **size >= first - 1) {
            let note = self.signed_by(key, *size).to_string();
            writer.checkpoint(*size, &note).unwrap();
        }
        writer.finish(self.frontier(self.size()).root()).unwrap()
    }
}

fn checked(bytes: &[u8]) -> Result<Report, Error> {
    checked_with(bytes, Trusted::default())
}

fn checked_with(bytes: &[u8], trusted: Trusted) -> Result<Report, Error> {
    check(Reader::new(bytes), trusted)
}

fn lines(bytes: &[u8]) -> Vec<Vec<u8>> {
    bytes
        .split_inclusive(|byte| *byte == b'\n')
        .map(<[u8]>::to_vec)
        .collect()
}

/// The bundle with its lines changed, and the digest of the footer put right again: as somebody does
/// who knows the format.
fn changed(bytes: &[u8], change: impl FnOnce(&mut Vec<Vec<u8>>)) -> Vec<u8> {
    let mut lines = lines(bytes);
    change(&mut lines);
    lines.concat()
}

fn digested(mut lines: Vec<Vec<u8>>) -> Vec<u8> {
    use sha2::{Digest as _, Sha256};
    let mut digest = Sha256::new();
    for line in &lines {
        let digests = [&b"{\"bundle\""[..], b"{\"schema\"", b"{\"checkpoint\""];
        if digests.iter().any(|start| line.starts_with(start)) {
            digest.update(line);
        }
    }
    let footer = String::from_utf8(lines.pop().unwrap()).unwrap();
    let digest = Hash(digest.finalize().into());
    let footer = format!(
        "{{\"digest\":\"{digest}{}",
        &footer["{\"digest\":\"".len() + 64..]
    );
    lines.push(footer.into_bytes());
    lines.concat()
}

/// The line of a position in a whole bundle with two schemas, from 0.
fn line_of(position: u64) -> usize {
    (2 + position + (position - 1) / 256) as usize
}

fn position_error(bytes: &[u8]) -> (u64, PositionFault) {
    match checked(bytes) {
        Err(Error::Position {
            position,
            why,
            line,
        }) => {
            let said = Error::Position {
                position,
                why: why.clone(),
                line,
            };
            assert_eq!(said.position(), Some(position));
            assert!(
                said.to_string()
                    .starts_with(&format!("position {position} (line "))
            );
            (position, why)
        }
        other => panic!("{other:?}"),
    }
}

fn line_error(bytes: &[u8]) -> (u64, Kind, LineFault) {
    match checked(bytes) {
        Err(Error::Line { line, kind, why }) => (line, kind, why),
        other => panic!("{other:?}"),
    }
}

fn range_error(outcome: Result<Report, Error>) -> (u64, u64, RangeFault) {
    match outcome {
        Err(Error::Positions { first, last, why }) => (first, last, why),
        other => panic!("{other:?}"),
    }
}

#[test]
fn whole_bundles_hold() {
    for size in [0, 1, 2, 7, 255, 256, 257, 512, 600] {
        let log = Log::new(size, &[0, size / 3, size / 2, size]);
        for first in [1, 2, size / 2 + 1, size, size + 1] {
            if first == 0 || first > size + 1 {
                continue;
            }
            let trusted = Trusted {
                keys: vec![log_key().verifier()],
                witnesses: vec![witness_key().cosigner()],
                held: vec![log.note(size / 2), log.note(size), log.note(0)],
            };
            let report = checked_with(&log.from(first), trusted).unwrap();
            assert_eq!(report.facts, size + 1 - first);
            assert_eq!(
                (report.first, report.size, report.signed),
                (first, size, size)
            );
            assert_eq!(report.root, log.frontier(size).root());
            assert_eq!(report.schemas, 2);
            assert_eq!(report.held.len() + report.held_before.len(), 3);
            assert!(report.signers.len() == 1 && report.signers[0].trusted);
            assert_eq!(report.witnesses.len(), 1);
            assert_eq!(report.witnesses[0].size, size);
            assert_eq!(
                report.witnesses[0].at.timestamp(),
                1_800_000_000 + size as i64
            );
        }
    }
    let report = checked(&Log::new(9, &[4]).bundle()).unwrap();
    assert!(!report.signers[0].trusted);
    assert_eq!((report.signed, report.checkpoints), (4, 1));
    assert!(report.witnesses.is_empty() && report.held.is_empty());
}

#[test]
fn the_format_as_it_is_written() {
    let log = Log::new(2, &[2]);
    let text = String::from_utf8(log.from(2)).unwrap();
    let lines: Vec<_> = text.lines().collect();
    let frontier = log.leaves[0].to_base64();
    let vkey = log_key().verifier();
    assert_eq!(
        lines[0],
        format!(
            "{{\"bundle\":\"inrete-bundle/1\",\"first\":2,\"frontier\":\"{frontier}\",\
             \"log\":\"01987654-3210-7000-8000-000000000001\",\"origin\":\"log.example/1\",\
             \"size\":2,\"vkeys\":[\"{vkey}\"]}}"
        )
    );
    assert_eq!(
        lines[1],
        "{\"schema\":{\"title\":\"Admission\",\"type\":\"object\"}}"
    );
    assert_eq!(lines[3].as_bytes(), log.records[1]);
    let leaf = log.leaves[1].to_base64();
    assert_eq!(
        lines[4],
        format!("{{\"count\":1,\"first\":2,\"leaves\":\"{leaf}\"}}")
    );
    let note = json!({"checkpoint": log.note(2).to_string(), "size": 2});
    assert_eq!(lines[5], note.to_string());
    let root = log.frontier(2).root();
    assert!(lines[6].ends_with(&format!("\",\"root\":\"{root}\",\"size\":2}}")));
    // Every line is what any other implementation of RFC 8785 writes.
    for line in lines {
        let value: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!(serde_json_canonicalizer::to_string(&value).unwrap(), line);
    }
}

#[test]
fn any_byte_changed_is_refused() {
    let log = Log::new(4, &[]);
    let signed = Log::new(1, &[1]).bundle();
    for bundle in [log.bundle(), log.from(3), signed] {
        checked(&bundle).unwrap();
        for at in 0..bundle.len() {
            let mut bytes = bundle.clone();
            bytes[at] ^= [0x01, 0x20, 0x80][at % 3];
            assert!(checked(&bytes).is_err(), "byte {at}");
        }
    }
}

#[test]
fn any_end_cut_off_is_refused() {
    let bundle = Log::new(5, &[2, 5]).bundle();
    for end in 0..bundle.len() {
        let error = checked(&bundle[..end]).unwrap_err();
        match error {
            Error::NotABundle => assert_eq!(end, 0),
            Error::CutOff { .. } => {}
            other => panic!("{end}: {other}"),
        }
    }
    let more = checked(&[&bundle[..], b"{}"].concat()).unwrap_err();
    assert!(matches!(more, Error::AfterFooter { line: 13 }), "{more}");
    let more = checked(&[&bundle[..], b"\n"].concat()).unwrap_err();
    assert!(matches!(more, Error::AfterFooter { line: 13 }), "{more}");
}

#[test]
fn any_line_dropped_repeated_or_moved_is_refused() {
    let bundle = Log::new(6, &[2, 4, 6]).bundle();
    let count = lines(&bundle).len();
    for at in 0..count {
        let dropped = changed(&bundle, |lines| drop(lines.remove(at)));
        checked(&dropped).unwrap_err();
        for to in 0..=count {
            let repeated = changed(&bundle, |lines| {
                let line = lines[at].clone();
                lines.insert(to, line);
            });
            checked(&repeated).unwrap_err();
        }
        for to in at + 1..count {
            checked(&changed(&bundle, |lines| lines.swap(at, to))).unwrap_err();
        }
    }
}

#[test]
fn the_first_position_that_is_wrong_is_named() {
    let log = Log::new(600, &[100, 600]);
    let bundle = log.bundle();
    for position in [1, 17, 255, 256, 257, 512, 513, 600] {
        let line = line_of(position);
        // Altered, one and several: only the leaf list shows it.
        let mut altered = log.clone();
        altered.alter(position);
        for later in [position + 1, position + 300] {
            if later <= 600 {
                altered.alter(later);
            }
        }
        assert_eq!(
            position_error(&altered.bundle()),
            (position, PositionFault::Altered)
        );
        // And broken later on: still the first.
        let broken = changed(&altered.bundle(), |lines| {
            if position < 598 {
                lines[line_of(position + 2)][0] = b'[';
            }
        });
        assert_eq!(position_error(&broken), (position, PositionFault::Altered));
        let broken = changed(&bundle, |lines| lines[line][30] ^= 0x80);
        assert_eq!(position_error(&broken), (position, PositionFault::Altered));
        let dropped = changed(&bundle, |lines| drop(lines.remove(line)));
        let (missing, why) = position_error(&dropped);
        assert_eq!(missing, position);
        assert!(matches!(why, PositionFault::Missing { .. }), "{why}");
        let twice = changed(&bundle, |lines| {
            let copy = lines[line].clone();
            lines.insert(line, copy);
        });
        if position % 256 == 0 || position == 600 {
            // A leaf list is due before anything else.
            let number = line as u64 + 2;
            assert_eq!(
                line_error(&twice),
                (number, Kind::Leaves, LineFault::Missing)
            );
        } else {
            assert_eq!(position_error(&twice), (position, PositionFault::Twice));
        }
        if position > 2 && position % 256 != 1 {
            let swapped = changed(&bundle, |lines| lines.swap(line, line - 1));
            let why = PositionFault::Missing {
                found: Some(position),
            };
            assert_eq!(position_error(&swapped), (position - 1, why));
        }
    }
}

#[test]
fn a_log_that_lost_a_fact_is_exported_all_the_same() {
    let log = Log::new(600, &[]);
    for lost in [1, 3, 256, 257, 600] {
        let header = Header {
            log: record(1).log,
            origin: ORIGIN.to_owned(),
            first: 1,
            frontier: Frontier::default(),
            size: 600,
            vkeys: vec![],
        };
        let mut writer = Writer::new(Vec::new(), &header).unwrap();
        for position in (1..=600).filter(|position| *position != lost) {
            let index = position as usize - 1;
            writer
                .fact(position, &log.records[index], log.leaves[index])
                .unwrap();
        }
        let bundle = writer.finish(log.frontier(600).root()).unwrap();
        let (position, why) = position_error(&bundle);
        assert_eq!(position, lost);
        assert!(matches!(why, PositionFault::Missing { .. }), "{why}");
    }
}

#[test]
fn facts_that_cannot_be() {
    let log = Log::new(300, &[]);
    let with = |position: u64, change: fn(&mut Record)| {
        let mut log = log.clone();
        let index = position as usize - 1;
        let mut record = record(position);
        change(&mut record);
        log.records[index] = record.bytes();
        log.leaves[index] = leaf(&log.records[index]);
        position_error(&log.bundle())
    };
    let (position, why) = with(20, |record| {
        record.recorded_at -= chrono::TimeDelta::days(1)
    });
    assert_eq!(position, 20);
    assert!(matches!(why, PositionFault::TimeBackwards { .. }));
    let (position, why) = with(30, |record| record.log = uuid::Uuid::from_u128(9));
    assert_eq!(position, 30);
    assert_eq!(
        why,
        PositionFault::OtherLog {
            log: uuid::Uuid::from_u128(9)
        }
    );
    assert_eq!(
        with(40, |record| record.position = 20),
        (40, PositionFault::OutOfOrder { says: 20 })
    );
    assert_eq!(
        with(40, |record| record.position = 50),
        (40, PositionFault::Missing { found: Some(50) })
    );
    assert_eq!(
        with(50, |record| record.data = "{ }".to_owned()),
        (
            50,
            PositionFault::Record(RecordError::Value { key: "data" })
        )
    );
    let beyond = changed(&log.bundle(), |lines| {
        let at = lines.len() - 1;
        lines.insert(at, record(301).bytes());
        lines[at].push(b'\n');
    });
    assert_eq!(position_error(&beyond), (301, PositionFault::Beyond));
    let ended = changed(&log.bundle(), |lines| {
        drop(lines.drain(line_of(290)..line_of(300) + 2))
    });
    assert_eq!(
        range_error(checked(&ended)),
        (290, 300, RangeFault::Missing)
    );
}

#[test]
fn lines_that_are_no_facts() {
    let log = Log::new(300, &[100, 300]);
    let bundle = log.bundle();
    let replaced = |line: usize, from: &str, to: &str| {
        changed(&bundle, |lines| {
            let text = String::from_utf8(lines[line].clone()).unwrap();
            assert!(text.contains(from), "{text}");
            lines[line] = text.replacen(from, to, 1).into_bytes();
        })
    };
    let fault = |line: usize, from: &str, to: &str| line_error(&replaced(line, from, to));
    let malformed = |line, kind| (line, kind, LineFault::Malformed);
    assert_eq!(
        fault(0, ",\"first\"", ", \"first\""),
        malformed(1, Kind::Header)
    );
    assert_eq!(
        fault(0, "\"first\":1", "\"first\":2"),
        malformed(1, Kind::Header)
    );
    assert_eq!(
        fault(1, "{\"title\"", "{ \"title\""),
        malformed(2, Kind::Schema)
    );
    assert_eq!(
        fault(1, "{\"title\":\"Admission\",\"type\":\"object\"}", "[]"),
        malformed(2, Kind::Schema)
    );
    let digest = (308, Kind::Footer, LineFault::Digest);
    assert_eq!(fault(1, "Admission", "Admissiom"), digest);
    assert_eq!(
        fault(
            0,
            "\"vkeys\":[",
            "\"vkeys\":[\"PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW\","
        ),
        digest
    );
    let list = line_of(256) + 1;
    let number = list as u64 + 1;
    assert_eq!(
        fault(list, "\"count\":256", "\"count\":255"),
        malformed(number, Kind::Leaves)
    );
    let others = (number, Kind::Leaves, LineFault::OtherFacts);
    assert_eq!(fault(list, "\"first\":1", "\"first\":2"), others);
    // Checkpoints, by somebody who puts the digest right.
    let with_checkpoint = |size: u64, note: &Note| {
        let line = json!({"checkpoint": note.to_string(), "size": size}).to_string();
        let mut lines = lines(&bundle);
        let at = lines.len() - 1;
        lines.insert(at, format!("{line}\n").into_bytes());
        line_error(&digested(lines))
    };
    let fault = |why| (308, Kind::Checkpoint, why);
    assert_eq!(
        with_checkpoint(301, &log.note(300)),
        fault(LineFault::OtherSize { size: 300 })
    );
    assert_eq!(
        with_checkpoint(200, &log.note(200)),
        fault(LineFault::Descending)
    );
    let grown = Log::new(310, &[]).note(310);
    assert_eq!(
        with_checkpoint(310, &grown),
        fault(LineFault::Future { size: 310 })
    );
    let (_, _, why) = with_checkpoint(300, &log.signed_by(&other_key(), 300));
    assert!(
        why.to_string()
            .contains("none of the known keys has signed"),
        "{why}"
    );
    let elsewhere = Checkpoint {
        origin: "log.example/2".to_owned(),
        ..Checkpoint::of(&log.note(300)).unwrap()
    };
    assert_eq!(
        with_checkpoint(300, &elsewhere.sign(&log_key()).unwrap()),
        fault(LineFault::Origin {
            origin: "log.example/2".to_owned()
        })
    );
    let archive = log.from(200);
    let mut past = lines(&archive);
    let note = json!({"checkpoint": log.note(100).to_string(), "size": 100}).to_string();
    let at = past.len() - 2;
    past.insert(at, format!("{note}\n").into_bytes());
    let (_, kind, why) = line_error(&digested(past));
    assert_eq!(
        (kind, why),
        (Kind::Checkpoint, LineFault::Past { size: 100 })
    );
    // A signature that is wrong.
    let wrong = replaced(305, "log.example/1 ", "log.example/1 AAAA");
    let (line, kind, why) = line_error(&wrong);
    assert_eq!((line, kind), (306, Kind::Checkpoint));
    assert!(matches!(why, LineFault::Checkpoint(_)), "{why}");
    // The footer.
    let root = log.frontier(300).root().to_string();
    let other = log.frontier(299).root().to_string();
    let footer = |why| (308, Kind::Footer, why);
    assert_eq!(
        line_error(&replaced(307, &root, &other)),
        footer(LineFault::Root)
    );
    assert_eq!(
        line_error(&replaced(307, "300}", "301}")),
        footer(LineFault::Size)
    );
    assert_eq!(
        line_error(&replaced(307, "300}", "300 }")),
        footer(LineFault::Malformed)
    );
    assert!(matches!(checked(b"hello\n"), Err(Error::NotABundle)));
    assert!(matches!(checked(b""), Err(Error::NotABundle)));
}

#[test]
fn a_leaf_list_that_was_altered_names_the_position() {
    let log = Log::new(300, &[]);
    for position in [1, 200, 256, 257, 300] {
        let mut altered = log.clone();
        altered.leaves[position as usize - 1] = leaf(b"other");
        assert_eq!(
            position_error(&altered.bundle()),
            (position, PositionFault::Altered)
        );
    }
}

#[test]
fn what_was_rewritten_consistently_shows_in_the_roots() {
    let log = Log::new(600, &[100, 400]);
    let mut rewritten = log.clone();
    rewritten.rewrite(300);
    // Records and leaves, but not the footer.
    let footer = lines(&log.bundle()).pop().unwrap();
    let without = Log {
        checkpoints: Vec::new(),
        ..rewritten.clone()
    };
    let bundle = changed(&without.bundle(), |lines| {
        lines.pop();
        lines.push(footer);
    });
    let root = |of, size| RangeFault::Root { of, size };
    let bundle = digested(lines(&bundle));
    assert_eq!(
        range_error(checked(&bundle)),
        (1, 600, root(RootOf::Footer, 600))
    );
    // The footer too, but not the checkpoints: between the two is what was rewritten.
    let checkpoints = lines(&log.bundle())[606..].to_vec();
    let bundle = changed(&rewritten.bundle(), |lines| {
        lines.truncate(606);
        lines.extend(checkpoints);
    });
    assert_eq!(
        range_error(checked(&bundle)),
        (101, 400, root(RootOf::Checkpoint, 400))
    );
    // All of it, signed anew with the log's key: only what was kept outside shows it.
    let bundle = rewritten.bundle();
    checked(&bundle).unwrap();
    let held = |sizes: &[u64]| Trusted {
        held: sizes.iter().map(|size| log.note(*size)).collect(),
        ..Trusted::default()
    };
    let refused = |sizes: &[u64]| range_error(checked_with(&bundle, held(sizes)));
    assert_eq!(refused(&[600]), (1, 600, root(RootOf::Held, 600)));
    assert_eq!(
        refused(&[600, 250, 400, 100]),
        (251, 400, root(RootOf::Held, 400))
    );
    assert_eq!(refused(&[300, 299]), (300, 300, root(RootOf::Held, 300)));
    // An archive from after the change has another frontier.
    let archive = rewritten.from(401);
    let outcome = checked_with(&archive, held(&[400]));
    assert_eq!(range_error(outcome), (1, 400, root(RootOf::Held, 400)));
    let report = checked_with(&archive, held(&[250])).unwrap();
    assert_eq!((report.held_before, report.held), (vec![250], vec![]));
    // With another key: whoever has the log's own is not misled.
    let bundle = rewritten.signed(1, &other_key());
    assert!(!checked(&bundle).unwrap().signers[0].trusted);
    let keys = vec![log_key().verifier()];
    let error = checked_with(
        &bundle,
        Trusted {
            keys: keys.clone(),
            ..Trusted::default()
        },
    );
    assert!(
        matches!(
            error,
            Err(Error::Line {
                kind: Kind::Checkpoint,
                ..
            })
        ),
        "{error:?}"
    );
    let error = checked_with(&bundle, held(&[400]));
    assert!(
        matches!(
            error,
            Err(Error::Held {
                size: Some(400),
                ..
            })
        ),
        "{error:?}"
    );
    // With no signature at all.
    let error = checked_with(
        &without.bundle(),
        Trusted {
            keys,
            ..Trusted::default()
        },
    );
    assert!(matches!(error, Err(Error::Unsigned)), "{error:?}");
}

#[test]
fn an_altered_record_is_named_before_a_held_checkpoint_is() {
    let log = Log::new(300, &[]);
    let mut altered = log.clone();
    altered.alter(50);
    let trusted = Trusted {
        held: vec![log.note(100)],
        ..Trusted::default()
    };
    let error = checked_with(&altered.bundle(), trusted).unwrap_err();
    assert_eq!(error.positions(), Some((50, 50)), "{error}");
}

#[test]
fn an_end_that_was_cut_off_the_log_is_missed_by_who_has_seen_it() {
    let log = Log::new(300, &[]);
    let cut = Log::new(290, &[290]);
    let trusted = Trusted {
        held: vec![log.note(280), log.note(300)],
        ..Trusted::default()
    };
    let outcome = checked_with(&cut.bundle(), trusted);
    assert_eq!(range_error(outcome), (291, 300, RangeFault::Missing));
}

#[test]
fn witnesses_are_missed() {
    let log = Log::new(3, &[3]);
    let absent = SignerKey::from_seed("absent.example", [7; 32]).unwrap();
    let trusted = Trusted {
        witnesses: vec![witness_key().cosigner(), absent.cosigner()],
        ..Trusted::default()
    };
    let error = checked_with(&log.bundle(), trusted).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the witness absent.example has cosigned no checkpoint"
    );
}

#[test]
fn lines_are_limited() {
    let long = vec![b'x'; MAX_LINE_BYTES];
    let mut reader = Reader::new(&long[..]);
    assert_eq!(reader.next().unwrap().unwrap().end, End::CutOff);
    let endless = BufReader::new(std::io::repeat(b'x'));
    let mut reader = Reader::new(endless);
    let line = reader.next().unwrap().unwrap();
    assert_eq!(
        (line.end, line.bytes.len()),
        (End::TooLong, MAX_LINE_BYTES + 1)
    );
    let header = lines(&Log::new(1, &[]).bundle()).remove(0);
    let source = std::io::Read::chain(&header[..], std::io::repeat(b'x'));
    let error = check(Reader::new(BufReader::new(source)), Trusted::default()).unwrap_err();
    assert!(
        matches!(
            error,
            Error::Line {
                line: 2,
                why: LineFault::TooLong,
                ..
            }
        ),
        "{error}"
    );
    let line_feed = Writer::new(
        Vec::new(),
        &Header {
            log: record(1).log,
            origin: ORIGIN.to_owned(),
            first: 1,
            frontier: Frontier::default(),
            size: 1,
            vkeys: vec![],
        },
    )
    .unwrap()
    .fact(1, b"{\n}", leaf(b""));
    assert!(line_feed.is_err());
}

#[test]
fn items_are_what_was_written() {
    let log = Log::new(2, &[2]);
    let bundle = log.bundle();
    let mut reader = Reader::new(&bundle[..]);
    let mut kinds = Vec::new();
    while let Some(line) = reader.next().unwrap() {
        match line.item().unwrap() {
            Item::Header(header) => assert_eq!((header.first, header.size), (1, 2)),
            Item::Schema(schema) => assert!(schema.starts_with("{\"title\"")),
            Item::Fact(bytes) => assert!(log.records.iter().any(|record| record == bytes)),
            Item::Leaves(leaves) => assert_eq!(leaves.hashes, log.leaves),
            Item::Checkpoint { size, note } => {
                assert_eq!((size, note), (2, log.note(2).to_string()));
            }
            Item::Footer(footer) => assert_eq!(footer.root, log.frontier(2).root()),
        }
        kinds.push(line.kind().unwrap());
    }
    use Kind::{Checkpoint, Fact, Footer, Header, Leaves, Schema};
    assert_eq!(
        kinds,
        [
            Header, Schema, Schema, Fact, Fact, Leaves, Checkpoint, Footer
        ]
    );
}

#[test]
fn later_bundles_are_compared_with_earlier_ones() {
    let full = Log::new(600, &[600]);
    let part = |size: u64, first: u64| Log::new(size, &[size]).from(first);
    let outcome = |old: &[u8], new: &[u8]| compare(Reader::new(old), Reader::new(new));
    let grew = |old, new| Growth { old, new };
    assert_eq!(
        outcome(&part(300, 1), &full.bundle()).unwrap(),
        grew(300, 600)
    );
    assert_eq!(
        outcome(&full.bundle(), &full.bundle()).unwrap(),
        grew(600, 600)
    );
    assert_eq!(outcome(&part(0, 1), &full.bundle()).unwrap(), grew(0, 600));
    assert_eq!(
        outcome(&part(300, 1), &full.from(200)).unwrap(),
        grew(300, 600)
    );
    assert_eq!(
        outcome(&part(300, 1), &full.from(301)).unwrap(),
        grew(300, 600)
    );
    assert_eq!(
        outcome(&part(300, 200), &full.bundle()).unwrap(),
        grew(300, 600)
    );
    assert_eq!(
        outcome(&part(300, 200), &full.from(250)).unwrap(),
        grew(300, 600)
    );
    for position in [1, 2, 255, 256, 257, 300] {
        let mut rewritten = full.clone();
        rewritten.rewrite(position);
        let differs = |old: &[u8], new: &[u8]| outcome(old, new).unwrap_err().to_string();
        let at = format!("position {position}: the earlier bundle has another record there");
        assert_eq!(differs(&part(300, 1), &rewritten.bundle()), at);
        if position < 280 {
            let before =
                "positions 1 to 279: not all of them are what they were in the earlier bundle";
            assert_eq!(differs(&part(300, 1), &rewritten.from(280)), before);
            assert_eq!(differs(&part(300, 280), &rewritten.bundle()), before);
            assert_eq!(differs(&part(300, 280), &rewritten.from(280)), before);
        }
    }
    let mut after = full.clone();
    after.rewrite(301);
    assert_eq!(
        outcome(&part(300, 1), &after.bundle()).unwrap(),
        grew(300, 600)
    );
    assert!(matches!(
        outcome(&full.bundle(), &part(500, 1)),
        Err(CompareError::Missing {
            first: 501,
            last: 600
        })
    ));
    assert!(matches!(
        outcome(&part(300, 1), &full.from(310)),
        Err(CompareError::Apart {
            first: 301,
            last: 309
        })
    ));
    assert!(matches!(
        outcome(&full.from(310), &part(300, 1)),
        Err(CompareError::Apart {
            first: 301,
            last: 309
        })
    ));
    let bundle = full.bundle();
    let other =
        String::from_utf8(bundle.clone())
            .unwrap()
            .replacen("log.example/1", "log.example/2", 1);
    assert!(matches!(
        outcome(&bundle, other.as_bytes()),
        Err(CompareError::OtherLog)
    ));
    assert!(matches!(
        outcome(&bundle, b"hello\n"),
        Err(CompareError::NotABundle(Which::Later))
    ));
    let dropped = changed(&bundle, |lines| drop(lines.remove(line_of(70))));
    assert!(matches!(
        outcome(&bundle, &dropped),
        Err(CompareError::Differs { position: 70 })
    ));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn larger_bundles_damaged_anywhere(
        size in 250u64..540,
        at: prop::sample::Index,
        other: prop::sample::Index,
        with in 1u8..=255,
        what in 0..5,
    ) {
        let bundle = Log::new(size, &[size / 2, size]).bundle();
        let mut bytes = bundle.clone();
        let mut parts = lines(&bundle);
        let (line, to) = (at.index(parts.len()), other.index(parts.len()));
        match what {
            0 => bytes[at.index(bundle.len())] ^= with,
            1 => bytes.truncate(at.index(bundle.len())),
            2 => {
                parts.remove(line);
                bytes = parts.concat();
            }
            3 => {
                let copy = parts[line].clone();
                parts.insert(to, copy);
                bytes = parts.concat();
            }
            _ => {
                parts.swap(line, to);
                bytes = parts.concat();
            }
        }
        prop_assume!(bytes != bundle);
        prop_assert!(checked(&bytes).is_err());
    }

    #[test]
    fn a_damaged_fact_is_named(size in 1u64..540, at: prop::sample::Index, byte: prop::sample::Index, with in 1u8..128) {
        let bundle = Log::new(size, &[size]).bundle();
        let position = at.index(size as usize) as u64 + 1;
        let damaged = changed(&bundle, |lines| {
            let line = &mut lines[line_of(position)];
            let byte = byte.index(line.len() - 1);
            line[byte] ^= with;
        });
        // Unless a line feed came into it: then two facts stand where one should.
        let error = checked(&damaged).unwrap_err();
        prop_assert_eq!(error.position(), Some(position), "{}", error);
    }

    #[test]
    fn reading_never_panics(mut bytes: Vec<u8>, head: bool) {
        if head {
            let bundle = Log::new(3, &[3]).bundle();
            bytes = [&bundle[..bundle.len() / 2], &bytes[..]].concat();
        }
        let _ = checked(&bytes);
    }
}
