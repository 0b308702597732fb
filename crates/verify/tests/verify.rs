//! The binary on bundles, proofs and checkpoints that hold, and on such that were tampered with.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    fs,
    io::Write as _,
    process::{Command, Stdio},
};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use chrono::{DateTime, NaiveDate};
use proof::{
    bundle::{Header, Writer},
    checkpoint::Checkpoint,
    merkle::{Frontier, Hash, consistency_nodes, fold, inclusion_nodes, leaf},
    note::{Note, SignerKey},
    record::{Record, canonical},
    tlog_proof::Proof,
};
use serde_json::{Value, json};
use tempfile::TempDir;
use uuid::Uuid;

const ORIGIN: &str = "log.example/1";

fn key(name: &str, seed: u8) -> SignerKey {
    SignerKey::from_seed(name, [seed; 32]).unwrap()
}

fn record(position: u64) -> Record {
    let seconds = 1_800_000_000 + i64::try_from(position).unwrap();
    Record {
        log: Uuid::from_u128(1),
        position,
        id: Uuid::from_u128(u128::from(position)),
        stream: "stay/1".to_owned(),
        also: Vec::new(),
        kind: "Admission".to_owned(),
        shape: 1,
        occurred_on: NaiveDate::from_ymd_opt(2026, 11, 22).unwrap(),
        entered_at: None,
        recorded_at: DateTime::from_timestamp_secs(seconds).unwrap(),
        actor: "worker".to_owned(),
        command: Uuid::from_u128(7),
        digest: None,
        cause: None,
        salt: [3; 16],
        data: canonical(&json!({"beds": position})).unwrap(),
    }
}

/// A log in memory, and a folder for what is given to the binary.
struct Log {
    records: Vec<Vec<u8>>,
    leaves: Vec<Hash>,
    folder: TempDir,
}

impl Log {
    fn new(size: u64) -> Self {
        let records: Vec<_> = (1..=size)
            .map(|position| record(position).bytes())
            .collect();
        Self {
            leaves: records.iter().map(|bytes| leaf(bytes)).collect(),
            records,
            folder: TempDir::new().unwrap(),
        }
    }

    fn size(&self) -> u64 {
        self.records.len() as u64
    }

    fn alter(&mut self, position: u64) {
        let actor = "somebody else".to_owned();
        let record = Record {
            actor,
            ..record(position)
        };
        self.records[position as usize - 1] = record.bytes();
    }

    fn rewrite(&mut self, position: u64) {
        self.alter(position);
        let index = position as usize - 1;
        self.leaves[index] = leaf(&self.records[index]);
    }

    fn frontier(&self, size: u64) -> Frontier {
        let mut frontier = Frontier::default();
        for leaf in &self.leaves[..size as usize] {
            frontier.push(*leaf);
        }
        frontier
    }

    fn note(&self, size: u64) -> Note {
        let checkpoint = Checkpoint {
            origin: ORIGIN.to_owned(),
            size,
            root: self.frontier(size).root(),
            extensions: Vec::new(),
        };
        let mut note = checkpoint.sign(&key(ORIGIN, 1)).unwrap();
        let at = DateTime::from_timestamp_secs(1_900_000_000).unwrap();
        note.add(note.cosign(&key("witness.example", 2), at).unwrap());
        note
    }

    fn bundle(&self, checkpoints: &[u64]) -> Vec<u8> {
        let header = Header {
            log: Uuid::from_u128(1),
            origin: ORIGIN.to_owned(),
            first: 1,
            frontier: Frontier::default(),
            size: self.size(),
            vkeys: vec![key(ORIGIN, 1).verifier()],
        };
        let mut writer = Writer::new(Vec::new(), &header).unwrap();
        writer.schema(&json!({"title": "Admission"})).unwrap();
        for (position, (record, leaf)) in (1..).zip(self.records.iter().zip(&self.leaves)) {
            writer.fact(position, record, *leaf).unwrap();
        }
        for size in checkpoints {
            writer
                .checkpoint(*size, &self.note(*size).to_string())
                .unwrap();
        }
        writer.finish(self.frontier(self.size()).root()).unwrap()
    }

    fn proof(&self, position: u64) -> Proof {
        let plan = inclusion_nodes(position - 1, self.size()).unwrap();
        Proof {
            extra: Some(self.records[position as usize - 1].clone()),
            index: position - 1,
            inclusion: self.built(&plan),
            note: self.note(self.size()),
        }
    }

    /// The JSON object, with the way from an older size.
    fn answer(&self, position: u64, old: u64) -> Value {
        let proof = self.proof(position);
        let hex = |hashes: &[Hash]| hashes.iter().map(Hash::to_string).collect::<Vec<_>>();
        let consistency = self.built(&consistency_nodes(old, self.size()).unwrap());
        json!({
            "vkey": key(ORIGIN, 1).verifier().to_string(),
            "note": BASE64_STANDARD.encode(proof.note.to_string()),
            "record": BASE64_STANDARD.encode(proof.extra.unwrap()),
            "index": proof.index,
            "inclusion": hex(&proof.inclusion),
            "oldSize": old.to_string(),
            "oldRoot": self.frontier(old).root().to_string(),
            "consistency": hex(&consistency),
        })
    }

    fn built(&self, plan: &proof::merkle::Plan) -> Vec<Hash> {
        plan.build(|id| {
            let leaves = id.leaves();
            Ok::<_, ()>(fold(
                &self.leaves[leaves.start as usize..leaves.end as usize],
            ))
        })
        .unwrap()
    }

    fn file(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        let path = self.folder.path().join(name);
        fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    }
}

struct Said {
    code: i32,
    out: String,
    err: String,
}

fn run(args: &[&str]) -> Said {
    run_with(args, b"")
}

fn run_with(args: &[&str], input: &[u8]) -> Said {
    let mut child = Command::new(env!("CARGO_BIN_EXE_inrete-verify"))
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // The binary may have heard enough before the end.
    let _ = child.stdin.take().unwrap().write_all(input);
    let output = child.wait_with_output().unwrap();
    Said {
        code: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

#[track_caller]
fn holds(args: &[&str]) -> String {
    let said = run(args);
    assert_eq!((said.code, said.err.as_str()), (0, ""));
    said.out
}

/// One line on standard error, nothing on standard output.
#[track_caller]
fn fails(code: i32, args: &[&str]) -> String {
    let said = run(args);
    assert_eq!((said.code, said.out.as_str()), (code, ""), "{}", said.err);
    assert_eq!(said.err.lines().count(), 1, "{}", said.err);
    said.err
}

#[test]
fn a_bundle_that_holds() {
    let log = Log::new(300);
    let bundle = log.file("bundle", log.bundle(&[100, 290]));
    let vkey = key(ORIGIN, 1).verifier().to_string();
    let witness = key("witness.example", 2).cosigner().to_string();
    let out = holds(&["bundle", &bundle]);
    assert!(
        out.starts_with("holds: 300 facts, positions 1 to 300, of log 0000"),
        "{out}"
    );
    assert!(out.contains("no key of yours was used"), "{out}");
    assert!(
        out.contains("positions 291 to 300 are under no signed checkpoint yet"),
        "{out}"
    );
    let note = log.file("note", log.note(100).to_string());
    let args = [
        "bundle",
        &bundle,
        "--key",
        &vkey,
        "--witness",
        &witness,
        "--checkpoint",
        &note,
    ];
    let out = holds(&args);
    assert!(
        out.contains(&format!("checkpoints signed by {vkey}, your key")),
        "{out}"
    );
    assert!(!out.contains("no key of yours"), "{out}");
    assert!(
        out.contains("history leads through your checkpoint at size 100"),
        "{out}"
    );
    assert!(
        out.contains("witness witness.example cosigned size 290"),
        "{out}"
    );
    let keys = format!("@{}", log.file("keys", format!("{vkey}\n\n")));
    holds(&["bundle", &bundle, "--key", &keys]);
    let json: Value = serde_json::from_str(&holds(&["bundle", &bundle, "--json"])).unwrap();
    assert_eq!(
        (&json["holds"], &json["ownKey"]),
        (&json!(true), &json!(false))
    );
    assert_eq!(json["root"], log.frontier(300).root().to_string());
    let said = run_with(&["bundle", "-"], &log.bundle(&[]));
    assert_eq!(said.code, 0, "{}", said.err);
}

#[test]
fn bundles_that_were_tampered_with() {
    let mut log = Log::new(300);
    let held = log.file("held", log.note(200).to_string());
    let vkey = key(ORIGIN, 1).verifier().to_string();
    let good = log.bundle(&[300]);
    let earlier = log.file("earlier", &good);
    log.alter(123);
    let altered = log.file("altered", log.bundle(&[300]));
    assert_eq!(
        fails(1, &["bundle", &altered]),
        "inrete-verify: refused: position 123 (line 125): altered: the record does not hash to the \
         leaf that is listed for it\n"
    );
    let said = run(&["bundle", &altered, "--json"]);
    assert_eq!(said.code, 1);
    let json: Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(
        (&json["holds"], &json["first"], &json["last"]),
        (&json!(false), &json!(123), &json!(123))
    );
    // Record and leaves, footer and checkpoint: only what was kept shows it.
    log.rewrite(123);
    let rewritten = log.file("rewritten", log.bundle(&[300]));
    holds(&["bundle", &rewritten, "--key", &vkey]);
    assert_eq!(
        fails(1, &["bundle", &rewritten, "--checkpoint", &held]),
        "inrete-verify: refused: positions 1 to 200: altered: their root is not that of the held \
         checkpoint at size 200\n"
    );
    let differs =
        "inrete-verify: refused: position 123: the earlier bundle has another record there\n";
    assert_eq!(
        fails(1, &["bundle", &rewritten, "--earlier", &earlier]),
        differs
    );
    let both = [
        "bundle",
        &rewritten,
        "--checkpoint",
        &held,
        "--earlier",
        &earlier,
    ];
    assert_eq!(fails(1, &both), differs);
    let cut = log.file("cut", &good[..good.len() / 2]);
    assert!(fails(1, &["bundle", &cut]).contains("the bundle is cut off after line"));
    let other = key(ORIGIN, 9).verifier().to_string();
    let err = fails(1, &["bundle", &earlier, "--key", &other]);
    assert!(err.contains("none of the known keys has signed"), "{err}");
    let absent = key("absent.example", 9).cosigner().to_string();
    let err = fails(1, &["bundle", &earlier, "--witness", &absent]);
    assert!(
        err.contains("absent.example has cosigned no checkpoint"),
        "{err}"
    );
    let unsigned = log.file("unsigned", Log::new(300).bundle(&[]));
    holds(&["bundle", &unsigned]);
    assert!(
        fails(1, &["bundle", &unsigned, "--key", &vkey])
            .contains("nothing in the bundle is signed")
    );
}

#[test]
fn later_bundles_and_earlier_ones() {
    let log = Log::new(300);
    let earlier = log.file("earlier", Log::new(200).bundle(&[200]));
    let later = log.file("later", log.bundle(&[300]));
    let out = holds(&["bundle", &later, "--earlier", &earlier]);
    assert!(out.contains("the log has grown from 200 to 300"), "{out}");
    assert!(
        fails(1, &["bundle", &earlier, "--earlier", &later])
            .contains("positions 201 to 300 are missing: the earlier bundle has them")
    );
    let broken = log.file("broken", &log.bundle(&[])[..9000]);
    assert!(
        fails(2, &["bundle", &later, "--earlier", &broken])
            .contains("the earlier bundle does not hold itself")
    );
    fails(2, &["bundle", "-", "--earlier", &earlier]);
}

#[test]
fn what_cannot_be_used() {
    let log = Log::new(3);
    let bundle = log.file("bundle", log.bundle(&[3]));
    let text = log.file("text", "hello\n");
    assert!(fails(2, &["bundle", &text]).contains("not a bundle"));
    fails(2, &["bundle", "/nowhere/at/all"]);
    fails(2, &["bundle", &bundle, "--key", "nonsense"]);
    fails(2, &["bundle", &bundle, "--key", &format!("@{text}")]);
    fails(2, &["bundle", &bundle, "--checkpoint", &text]);
    fails(2, &["proof", &text]);
    fails(
        2,
        &[
            "checkpoint",
            &text,
            "--key",
            &key(ORIGIN, 1).verifier().to_string(),
        ],
    );
    for args in [
        &[][..],
        &["bundle"],
        &["frobnicate"],
        &["checkpoint", &text],
    ] {
        assert_eq!(run(args).code, 2, "{args:?}");
    }
    assert_eq!(run(&["--help"]).code, 0);
}

#[test]
fn proofs() {
    let log = Log::new(100);
    let vkey = key(ORIGIN, 1).verifier().to_string();
    let text = log.file("text", log.proof(42).to_string());
    let out = holds(&["proof", &text, "--key", &vkey]);
    assert!(out.starts_with("holds: position 42 of log"), "{out}");
    assert!(fails(2, &["proof", &text]).contains("give --key"));
    let answer = log.answer(42, 60);
    let file = |name: &str, answer: &Value| log.file(name, answer.to_string());
    let good = file("good", &answer);
    let out = holds(&["proof", &good]);
    assert!(out.contains("no key of yours was used"), "{out}");
    assert!(
        out.contains("the log continues the one at size 60"),
        "{out}"
    );
    let json: Value =
        serde_json::from_str(&holds(&["proof", &good, "--json", "--key", &vkey])).unwrap();
    assert_eq!(
        (&json["position"], &json["record"]["data"]["beds"]),
        (&json!(42), &json!(42))
    );
    // The checkpoint that was kept: the older one, the same one, another one.
    let held = |size| log.file(&format!("held{size}"), log.note(size).to_string());
    holds(&["proof", &good, "--checkpoint", &held(60)]);
    holds(&["proof", &good, "--checkpoint", &held(100)]);
    holds(&["proof", &text, "--key", &vkey, "--checkpoint", &held(100)]);
    let err = fails(1, &["proof", &good, "--checkpoint", &held(50)]);
    assert!(
        err.contains("says nothing about the held checkpoint's size, 50"),
        "{err}"
    );
    let mut other = Log::new(100);
    other.rewrite(20);
    let changed = other.file("changed", other.note(60).to_string());
    let err = fails(1, &["proof", &good, "--checkpoint", &changed]);
    assert!(err.contains("another root at size 60"), "{err}");
    // Each field changed.
    let with = |field: &str, value: Value| {
        let mut answer = answer.clone();
        answer[field] = value;
        file("bad", &answer)
    };
    let bad = with("index", json!(41 + 1));
    assert!(
        fails(1, &["proof", &bad]).contains("position 43: the proof does not lead to the root")
    );
    let bad = with("record", json!(BASE64_STANDARD.encode(&log.records[3])));
    assert!(
        fails(1, &["proof", &bad]).contains("position 42: the proof does not lead to the root")
    );
    let bad = with("inclusion", json!([]));
    assert!(fails(1, &["proof", &bad]).contains("position 42: the proof is too short"));
    let bad = with("oldRoot", answer["inclusion"][0].clone());
    assert!(fails(1, &["proof", &bad]).contains("does not lead to the older root"));
    let bad = with("oldSize", json!(61));
    fails(1, &["proof", &bad]);
    let bad = with("consistency", Value::Null);
    assert!(fails(1, &["proof", &bad]).contains("the proof is too short"));
    let bad = with(
        "note",
        json!(BASE64_STANDARD.encode(log.note(99).to_string())),
    );
    fails(1, &["proof", &bad]);
    let bad = with("vkey", json!(key(ORIGIN, 9).verifier().to_string()));
    assert!(fails(1, &["proof", &bad]).contains("none of the known keys has signed"));
    for (field, value) in [
        ("note", json!("!")),
        ("index", json!(-1)),
        ("inclusion", json!(["xyz"])),
        ("oldRoot", Value::Null),
        ("vkey", json!("x")),
    ] {
        fails(2, &["proof", &with(field, value)]);
    }
    let none = with("vkey", Value::Null);
    assert!(fails(2, &["proof", &none]).contains("give --key"));
    let said = run_with(&["proof", "-"], answer.to_string().as_bytes());
    assert_eq!(said.code, 0, "{}", said.err);
}

#[test]
fn checkpoints() {
    let log = Log::new(100);
    let note = log.file("note", log.note(100).to_string());
    let vkey = key(ORIGIN, 1).verifier().to_string();
    let witness = key("witness.example", 2).cosigner().to_string();
    let out = holds(&["checkpoint", &note, "--key", &vkey, "--witness", &witness]);
    assert!(
        out.contains("checkpoint of log.example/1 at size 100"),
        "{out}"
    );
    assert!(
        out.contains("witness witness.example cosigned it at 2030-03-17"),
        "{out}"
    );
    let other = key(ORIGIN, 9).verifier().to_string();
    fails(1, &["checkpoint", &note, "--key", &other]);
    let absent = key("absent.example", 9).cosigner().to_string();
    let err = fails(
        1,
        &["checkpoint", &note, "--key", &vkey, "--witness", &absent],
    );
    assert!(err.contains("absent.example has not cosigned"), "{err}");
    let forged = log.note(100).to_string().replacen("\n100\n", "\n101\n", 1);
    let forged = log.file("forged", forged);
    let err = fails(1, &["checkpoint", &forged, "--key", &vkey]);
    assert!(
        err.contains("the signature of log.example/1 is wrong"),
        "{err}"
    );
}
