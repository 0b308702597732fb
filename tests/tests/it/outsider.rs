//! What logs prove, held against Go's own checks of signed notes and transparency logs
//! (`golang.org/x/mod/sumdb`): they share no line with this house, and were written for something
//! else. `tests/outsider/main.go` calls them.
//!
//! Every claim is checked here too: whoever holds the `proof` crate and whoever holds Go's packages
//! come to the same answer, and where a claim fails, in the same check.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fmt::Display;
use std::fs::File;
use std::io::{BufWriter, Seek as _, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use cluster::testing::TestDatabase;
use eventlog::{Append, EventLog, LogId, NewFact, Position};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use proof::checkpoint::Checkpoint;
use proof::merkle::{self, EMPTY_ROOT, Hash};
use proof::note::{Note, Signature, SignerKey, VerifierKey};
use proof::record::Record;
use serde_json::{Value, json};
use sqlx::ConnectOptions as _;
use sqlx::postgres::PgPoolOptions;
use tests::program::Place;
use uuid::Uuid;

/// The sizes of small logs.
const SIZES: [Position; 7] = [1, 2, 3, 5, 11, 100, 1_000];
/// How large a large log is, unless `$INRETE_OUTSIDER_FACTS` says another number.
const FACTS: Position = 1_000_000;
/// Facts of an append to a large log.
const BATCH: Position = 1_000;
/// Appends to a large log that are under way at a time.
const AT_ONCE: usize = 4;
/// All positions of a log, and all sizes it had, are taken when it has at most so many.
const FEW: Position = 11;

const PACKAGES: &str = "/usr/share/gocode";
const NEEDED: &str = "this test needs Go and its packages for notes and transparency logs: \
                      `scripts/install-missing test` installs them on Debian (golang-go, \
                      golang-golang-x-mod-dev)";

// The checks, in their order.
const CLAIM: &str = "claim";
const KEY: &str = "key";
const NOTE: &str = "note";
const CHECKPOINT: &str = "checkpoint";
const RECORD: &str = "record";
const CONTINUATION: &str = "continuation";

#[tokio::test]
async fn go_accepts_what_small_logs_prove_and_no_more() {
    let (_database, events) = logs().await;
    let mut round = Round::new();
    for (number, size) in (0..).zip(SIZES) {
        let log = grown(&events, number, size).await;
        let held = Held::of(&events, log, size).await;
        round.holds_in_full(&held);
        for claim in held.some() {
            round.fails_when_changed(&claim);
        }
        // A later log says the same about its past.
        if let Some(before) = SIZES.into_iter().rev().find(|&before| before < size) {
            round.holds_in_full(&Held::of(&events, log, before).await);
        }
        // Every tree continues the empty one, which needs no proof; Go's package has none.
        let mut claim = held.claim(0, 0);
        claim.older = Some(Older {
            size: 0,
            root: EMPTY_ROOT,
            consistency: Vec::new(),
        });
        round.ask(&claim, &"an empty tree", Ok(()), Err(CONTINUATION));
    }
    round.judge();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn go_accepts_what_a_large_log_proves_and_no_more() {
    let facts = std::env::var_os("INRETE_OUTSIDER_FACTS").map_or(FACTS, |facts| {
        let facts = facts.to_str().and_then(|facts| facts.parse().ok());
        facts.expect("INRETE_OUTSIDER_FACTS is a number")
    });
    let (_database, events) = logs().await;
    let log = grown(&events, 1, facts).await;
    let mut round = Round::new();
    round.holds_in_full(&Held::of(&events, log, facts).await);
    for size in [facts, facts - 1, facts / 2 + 1] {
        let held = Held::of(&events, log, size).await;
        for (number, claim) in held.some().iter().enumerate() {
            round.holds(&"as it is", claim);
            if number % 3 == 0 {
                round.fails_when_changed(claim);
            }
        }
    }
    round.judge();
}

#[tokio::test]
async fn go_refuses_what_is_signed_and_no_checkpoint() {
    let (_database, events) = logs().await;
    let log = grown(&events, 1, 3).await;
    let held = Held::of(&events, log, 3).await;
    let good = held.claim(2, 1);
    let signed = |text: &str| Claim {
        note: note_bytes(&Note::sign(text, &held.key).expect("a text")),
        ..good.clone()
    };
    let mut round = Round::new();
    let (origin, root) = (held.key.name(), held.root.to_base64());
    let right = format!("{origin}\n3\n{root}\n");
    round.holds(&"as it is", &signed(&right));
    round.holds(&"more lines", &signed(&format!("{right}more\nlines\n")));
    for text in [
        "hello\n".to_owned(),
        format!("{origin}\n3\n"),
        format!("\n{right}"),
        format!("{right}\n"),
        format!("{right}\nmore\n"),
        format!("another/{right}"),
        format!("{origin} \n3\n{root}\n"),
        format!("{origin}\n\n{root}\n"),
        format!("{origin}\n03\n{root}\n"),
        format!("{origin}\n+3\n{root}\n"),
        format!("{origin}\n-3\n{root}\n"),
        format!("{origin}\n3 \n{root}\n"),
        format!("{origin}\n3.0\n{root}\n"),
        format!("{origin}\n9223372036854775808\n{root}\n"),
        format!("{origin}\n3\n{}\n", held.root),
        format!("{origin}\n3\n{}\n", root.trim_end_matches('=')),
        format!("{origin}\n3\n{root}=\n"),
        format!("{origin}\n3\n {root}\n"),
        format!("{origin}\n3\n{}\n", &root[4..]),
    ] {
        round.fails(&format!("{text:?}"), CHECKPOINT, &signed(&text));
    }

    // Who else signs does no harm.
    let mut note = Note::parse(&good.note).expect("a note");
    let witness = SignerKey::from_seed("witness.example.org", [3; 32]).expect("a name");
    let cosignature = note.cosign(&witness, day(20_000));
    note.add(cosignature.expect("after 1970"));
    let stranger = Note::sign(note.text(), &stranger(origin)).expect("a text");
    note.add(stranger.signatures()[0].clone());
    let note = note_bytes(&note);
    round.holds(
        &"more signatures",
        &Claim {
            note,
            ..good.clone()
        },
    );

    // What is absent is not taken for something.
    let whole = good.to_json();
    for key in whole.as_object().expect("an object").keys() {
        let mut object = whole.clone();
        object.as_object_mut().expect("an object").remove(key);
        round.line(format!("without {key}"), object, Err(CLAIM));
    }
    let mut object = whole.clone();
    object["oldRoot"] = json!(&held.root.to_string()[1..]);
    round.line("63 digits".to_owned(), object, Err(CLAIM));
    round.judge();
}

#[test]
fn go_accepts_what_the_program_proves_and_no_more() {
    let place = Place::new();
    place.run(&["demo", "--load-only"]).ended(0);
    let served = place.serve();
    let pilots = place.run(&["pilots", "--json"]).ended(0).json();
    let facts = pilots[0]["position"].as_i64().expect("a position");
    let pilot = pilots[0]["code"].as_str().expect("a code");
    let mut round = Round::new();
    for (position, size, since) in [
        (1, None, Some(1)),
        (1, Some(1), Some(1)),
        (2, Some(3), Some(2)),
        (100, Some(128), None),
        (129, Some(200), Some(128)),
        (facts / 2, None, Some(facts - 1)),
        (facts, None, Some(facts)),
        (facts - 1, None, None),
    ] {
        let mut arguments = vec!["proof".to_owned(), "--json".to_owned()];
        arguments.extend([format!("--pilot={pilot}"), format!("--position={position}")]);
        arguments.extend(size.map(|size| format!("--size={size}")));
        arguments.extend(since.map(|since| format!("--since={since}")));
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let printed = place.run(&arguments).ended(0).json();
        let claim = Claim::from_json(&printed);
        let note = Note::parse(&claim.note).expect("a note");
        let checkpoint = Checkpoint::of(&note).expect("a checkpoint");
        assert_eq!(i64::try_from(checkpoint.size), Ok(size.unwrap_or(facts)));
        assert_eq!(claim.index, position - 1);
        assert_eq!(claim.older.as_ref().map(|older| older.size), since);
        // As it is printed, to the letter.
        assert_eq!(claim.to_json(), printed);
        round.holds(&"as it is", &claim);
        round.fails_when_changed(&claim);
    }
    assert!(served.interrupt().success());
    round.judge();
}

/// The check that fails, if any.
type Verdict = Result<(), &'static str>;

/// A claim, as `inrete proof --json` makes it: that a record is in a log's tree, and that the tree
/// continues an older one.
#[derive(Clone, Debug)]
struct Claim {
    vkey: String,
    note: Vec<u8>,
    record: Vec<u8>,
    index: i64,
    inclusion: Vec<Hash>,
    older: Option<Older>,
}

#[derive(Clone, Debug)]
struct Older {
    size: i64,
    root: Hash,
    consistency: Vec<Hash>,
}

impl Claim {
    fn to_json(&self) -> Value {
        let hex = |hashes: &[Hash]| -> Vec<String> { hashes.iter().map(Hash::to_string).collect() };
        let mut object = json!({
            "vkey": self.vkey,
            "note": BASE64_STANDARD.encode(&self.note),
            "record": BASE64_STANDARD.encode(&self.record),
            "index": self.index,
            "inclusion": hex(&self.inclusion),
        });
        if let Some(older) = &self.older {
            object["oldSize"] = json!(older.size);
            object["oldRoot"] = json!(older.root.to_string());
            object["consistency"] = json!(hex(&older.consistency));
        }
        object
    }

    fn from_json(object: &Value) -> Self {
        let text = |key: &str| object[key].as_str().expect(key).to_owned();
        let bytes = |key: &str| BASE64_STANDARD.decode(text(key)).expect(key);
        let number = |key: &str| object[key].as_i64().expect(key);
        let hash = |hash: &Value| hash.as_str().and_then(|hex| hex.parse().ok());
        let hashes = |key: &str| {
            let all = object[key].as_array().expect(key);
            all.iter().map(|it| hash(it).expect(key)).collect()
        };
        Self {
            vkey: text("vkey"),
            note: bytes("note"),
            record: bytes("record"),
            index: number("index"),
            inclusion: hashes("inclusion"),
            older: object.get("oldSize").is_some().then(|| Older {
                size: number("oldSize"),
                root: hash(&object["oldRoot"]).expect("oldRoot"),
                consistency: hashes("consistency"),
            }),
        }
    }

    /// What the `proof` crate says.
    fn check(&self) -> Verdict {
        let key: VerifierKey = self.vkey.parse().map_err(|_| KEY)?;
        let note = Note::parse(&self.note).map_err(|_| NOTE)?;
        note.verify(std::slice::from_ref(&key)).map_err(|_| NOTE)?;
        let Checkpoint {
            origin, size, root, ..
        } = Checkpoint::of(&note).map_err(|_| CHECKPOINT)?;
        if origin != key.name() {
            return Err(CHECKPOINT);
        }
        let index = u64::try_from(self.index).map_err(|_| RECORD)?;
        let leaf = merkle::leaf(&self.record);
        merkle::verify_inclusion(leaf, index, size, &self.inclusion, root).map_err(|_| RECORD)?;
        let Some(older) = &self.older else {
            return Ok(());
        };
        let old = u64::try_from(older.size).map_err(|_| CONTINUATION)?;
        merkle::verify_consistency(old, older.root, size, root, &older.consistency)
            .map_err(|_| CONTINUATION)
    }
}

/// All claims of a round, for Go to judge at once.
struct Round {
    lines: BufWriter<File>,
    expected: Vec<(String, Verdict)>,
}

impl Round {
    fn new() -> Self {
        let lines = tempfile::tempfile().expect("a temporary file");
        Self {
            lines: BufWriter::new(lines),
            expected: Vec::new(),
        }
    }

    fn holds(&mut self, what: &dyn Display, claim: &Claim) {
        self.ask(claim, what, Ok(()), Ok(()));
    }

    fn fails(&mut self, what: &dyn Display, check: &'static str, claim: &Claim) {
        self.ask(claim, what, Err(check), Err(check));
    }

    fn ask(&mut self, claim: &Claim, what: &dyn Display, here: Verdict, there: Verdict) {
        assert_eq!(claim.check(), here, "{what}: {claim:?}");
        let index = claim.index;
        let older = claim.older.as_ref().map(|older| older.size);
        let what = format!("{what}, index {index}, older size {older:?}");
        self.line(what, claim.to_json(), there);
    }

    fn line(&mut self, what: String, mut object: Value, expected: Verdict) {
        object["id"] = json!(self.expected.len());
        writeln!(self.lines, "{object}").expect("room for claims");
        self.expected.push((what, expected));
    }

    fn holds_in_full(&mut self, held: &Held) {
        for fact in 0..held.facts.len() {
            for older in 0..held.older.len() {
                self.holds(&"as it is", &held.claim(fact, older));
            }
            let mut alone = held.claim(fact, 0);
            alone.older = None;
            self.holds(&"without an older tree", &alone);
        }
    }

    fn fails_when_changed(&mut self, claim: &Claim) {
        for Changed { what, check, claim } in changed(claim) {
            self.fails(&what, check, &claim);
        }
    }

    /// Has Go judge, and panics where it judges otherwise than expected.
    #[expect(clippy::print_stdout, reason = "how much was compared")]
    fn judge(self) {
        let mut lines = self.lines.into_inner().expect("room for claims");
        lines.rewind().expect("the beginning");
        let answers = outsider(lines);
        let answers: Vec<&str> = answers.lines().collect();
        assert_eq!(answers.len(), self.expected.len(), "an answer to each");
        let mut wrong = Vec::new();
        let mut counted: BTreeMap<&str, usize> = BTreeMap::new();
        for (id, (answer, (what, expected))) in answers.iter().zip(&self.expected).enumerate() {
            let answer: Value = serde_json::from_str(answer).expect("JSON");
            let there = match answer["ok"].as_bool() {
                Some(true) => Ok(()),
                _ => Err(answer["check"].as_str().unwrap_or_default()),
            };
            // A line that cannot be read may have no id.
            let same = answer["id"] == id || *expected == Err(CLAIM);
            if there != *expected || !same {
                wrong.push(format!("{answer}, not {expected:?}: {what}"));
            }
            *counted.entry(expected.err().unwrap_or("none")).or_default() += 1;
        }
        let first = &wrong[..wrong.len().min(5)];
        assert!(wrong.is_empty(), "{} otherwise: {first:#?}", wrong.len());
        println!("claims by the check that fails: {counted:?}");
    }
}

/// What Go says to claims.
fn outsider(claims: File) -> String {
    let package = Path::new(PACKAGES).join("src/golang.org/x/mod/sumdb/tlog");
    assert!(
        package.is_dir(),
        "{NEEDED}: there is no {}",
        package.display()
    );
    // Of the environment, only where programs are: no network, no settings, nothing written at home.
    let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join("go");
    let mut go = Command::new("go");
    go.args(["run", "."]).env_clear();
    go.current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/outsider"));
    for name in ["PATH", "TMPDIR"] {
        go.envs(std::env::var_os(name).map(|value| (name, value)));
    }
    go.envs([("GO111MODULE", "off"), ("GOPATH", PACKAGES)]);
    go.envs([
        ("GOENV", "off"),
        ("GOPROXY", "off"),
        ("GOTOOLCHAIN", "local"),
    ]);
    go.env("CGO_ENABLED", "0");
    go.env("GOCACHE", home.join("cache")).env("HOME", home);
    let ran = go.stdin(claims).stderr(Stdio::piped()).output();
    let ran = ran.unwrap_or_else(|error| panic!("{NEEDED}: {error}"));
    let said = String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success(), "Go ends with {}: {said}", ran.status);
    String::from_utf8(ran.stdout).expect("text")
}

/// What a log shows of itself at a size.
struct Held {
    key: SignerKey,
    note: Vec<u8>,
    root: Hash,
    facts: Vec<(Record, Vec<Hash>)>,
    older: Vec<Older>,
}

impl Held {
    async fn of(events: &EventLog, log: LogId, size: Position) -> Self {
        let key = SignerKey::from_seed(&format!("registers.example.org/{log}"), [7; 32]);
        let key = key.expect("a name");
        let root = events.root(log, size).await.expect("a root");
        let checkpoint = Checkpoint {
            origin: key.name().to_owned(),
            size: size.try_into().expect("a size"),
            root,
            extensions: Vec::new(),
        };
        let note = note_bytes(&checkpoint.sign(&key).expect("a checkpoint"));
        let (mut facts, mut older) = (Vec::new(), Vec::new());
        for place in edges(size) {
            let stored = events.stored_at(log, place).await.expect("a fact");
            let record = stored.expect("a fact").into_record();
            let inclusion = events.inclusion(log, place, size).await.expect("a proof");
            facts.push((record, inclusion));
            older.push(Older {
                size: place,
                root: events.root(log, place).await.expect("a root"),
                consistency: events.consistency(log, place, size).await.expect("a proof"),
            });
        }
        Self {
            key,
            note,
            root,
            facts,
            older,
        }
    }

    fn claim(&self, fact: usize, older: usize) -> Claim {
        let (record, inclusion) = &self.facts[fact];
        Claim {
            vkey: self.key.verifier().to_string(),
            note: self.note.clone(),
            record: record.bytes(),
            index: i64::try_from(record.position).expect("a position") - 1,
            inclusion: inclusion.clone(),
            older: Some(self.older[older].clone()),
        }
    }

    /// Each fact once, and each older tree once.
    fn some(&self) -> Vec<Claim> {
        let count = self.facts.len();
        // Neighbours in one are far apart in the other.
        let older = (0..count).map(|fact| (fact + count / 3) % count);
        (0..count)
            .zip(older)
            .map(|(fact, older)| self.claim(fact, older))
            .collect()
    }
}

/// Positions, or earlier sizes, at which something changes: the ends, the middle, powers of two and
/// their neighbours.
fn edges(size: Position) -> BTreeSet<Position> {
    if size <= FEW {
        return (1..=size).collect();
    }
    let powers = (0..62).map(|height| 1 << height);
    let places = powers.flat_map(|power: Position| [power - 1, power, power + 1]);
    let places = places.chain([size / 3, size / 2, size - 1, size]);
    places.filter(|place| (1..=size).contains(place)).collect()
}

/// A claim with something changed in it.
struct Changed {
    what: String,
    /// The check that fails.
    check: &'static str,
    claim: Claim,
}

fn changed(claim: &Claim) -> Vec<Changed> {
    let mut all = records(claim);
    all.extend(places(claim));
    all.extend(proofs(claim));
    all.extend(notes(claim));
    all.extend(signatures(claim));
    all.extend(keys(claim));
    all
}

fn records(claim: &Claim) -> Vec<Changed> {
    let record = Record::parse(&claim.record).expect("a record");
    let mut all: Vec<(String, Vec<u8>)> = Vec::new();
    for (field, change) in FIELDS {
        let mut other = record.clone();
        change(&mut other);
        assert_ne!(other, record, "{field}");
        all.push((format!("another {field}"), other.bytes()));
    }
    let middle = claim.record.len() / 2;
    let mut flipped = claim.record.clone();
    flipped[middle] ^= 1;
    all.push(("a bit".to_owned(), flipped));
    all.push(("half a record".to_owned(), claim.record[..middle].to_vec()));
    all.push((
        "a byte more".to_owned(),
        [&claim.record[..], b"\n"].concat(),
    ));
    all.push(("no record".to_owned(), Vec::new()));
    let changed = |(what, record)| Changed {
        what,
        check: RECORD,
        claim: Claim {
            record,
            ..claim.clone()
        },
    };
    all.into_iter().map(changed).collect()
}

type Change = fn(&mut Record);

/// Every field of a record, and a change of it.
const FIELDS: [(&str, Change); 17] = [
    ("log", |it| it.log = other_id(it.log)),
    ("position", |it| it.position += 1),
    ("id", |it| it.id = other_id(it.id)),
    ("stream", |it| it.stream.push('0')),
    ("also: one more", |it| it.also.push("funding".to_owned())),
    ("also: one less or more", |it| {
        if it.also.pop().is_none() {
            it.also.push("committee".to_owned());
        }
    }),
    ("kind", |it| it.kind.push('s')),
    ("shape", |it| it.shape += 1),
    ("occurred_on", |it| {
        it.occurred_on = it.occurred_on + Days::new(1)
    }),
    ("entered_at", |it| {
        it.entered_at = it.entered_at.xor(Some(it.recorded_at));
    }),
    ("recorded_at", |it| {
        it.recorded_at += TimeDelta::microseconds(1)
    }),
    ("actor", |it| it.actor.push('0')),
    ("command", |it| it.command = other_id(it.command)),
    ("digest", |it| {
        it.digest = it.digest.take().xor(Some(vec![0]))
    }),
    ("cause", |it| it.cause = it.cause.xor(Some(it.id))),
    ("salt", |it| it.salt[15] ^= 1),
    ("data", |it| it.data = format!("[{}]", it.data)),
];

/// A field that is new here is missing above.
#[expect(dead_code, reason = "it only has to compile")]
fn no_field_is_missing(record: Record) {
    let Record {
        log: _,
        position: _,
        id: _,
        stream: _,
        also: _,
        kind: _,
        shape: _,
        occurred_on: _,
        entered_at: _,
        recorded_at: _,
        actor: _,
        command: _,
        digest: _,
        cause: _,
        salt: _,
        data: _,
    } = record;
}

fn other_id(id: Uuid) -> Uuid {
    Uuid::from_u128(id.as_u128() ^ 1)
}

/// Other places in the trees, and other trees.
fn places(claim: &Claim) -> Vec<Changed> {
    let mut all = Vec::new();
    let mut add = |what: String, check, change: &dyn Fn(&mut Claim)| {
        let mut claim = claim.clone();
        change(&mut claim);
        all.push(Changed { what, check, claim });
    };
    for by in [-1, 1] {
        add(format!("index {by:+}"), RECORD, &|it| it.index += by);
    }
    if let Some(older) = &claim.older {
        let mut with = |what: String, size, root| {
            add(what, CONTINUATION, &|it| {
                let consistency = older.consistency.clone();
                it.older = Some(Older {
                    size,
                    root,
                    consistency,
                });
            });
        };
        for by in [-1, 1] {
            with(format!("old size {by:+}"), older.size + by, older.root);
        }
        let last = other_hash(&older.root);
        with("another old root".to_owned(), older.size, last);
        with("the empty root".to_owned(), older.size, EMPTY_ROOT);
        with("no old tree".to_owned(), 0, older.root);
        with("an old tree of -1".to_owned(), -1, older.root);
    }
    all
}

fn proofs(claim: &Claim) -> Vec<Changed> {
    let of_record = other_proofs(&claim.inclusion).into_iter();
    let mut all: Vec<Changed> = of_record
        .map(|(what, inclusion)| Changed {
            what: format!("inclusion: {what}"),
            check: RECORD,
            claim: Claim {
                inclusion,
                ..claim.clone()
            },
        })
        .collect();
    if let Some(older) = &claim.older {
        let of_tree = other_proofs(&older.consistency).into_iter();
        all.extend(of_tree.map(|(what, consistency)| Changed {
            what: format!("consistency: {what}"),
            check: CONTINUATION,
            claim: Claim {
                older: Some(Older {
                    consistency,
                    ..older.clone()
                }),
                ..claim.clone()
            },
        }));
    }
    all
}

/// A proof in another order, with other hashes, with fewer and with more. What comes out as it was,
/// or as something before it, is left out.
fn other_proofs(proof: &[Hash]) -> Vec<(String, Vec<Hash>)> {
    let mut all = Vec::new();
    let mut seen = HashSet::from([proof.to_vec()]);
    let mut add = |what: String, change: &dyn Fn(&mut Vec<Hash>)| {
        let mut other = proof.to_vec();
        change(&mut other);
        if seen.insert(other.clone()) {
            all.push((what, other));
        }
    };
    add("one more in front".to_owned(), &|it| {
        it.insert(0, EMPTY_ROOT)
    });
    add("one more at the end".to_owned(), &|it| it.push(EMPTY_ROOT));
    if let [first, .., last] | [first @ last] = proof {
        add("reversed".to_owned(), &|it| it.reverse());
        add("turned".to_owned(), &|it| it.rotate_left(1));
        add("the first twice".to_owned(), &|it| it.insert(0, *first));
        add("the last twice".to_owned(), &|it| it.push(*last));
        add("none".to_owned(), &Vec::clear);
    }
    for place in 0..proof.len() {
        add(format!("another {place}"), &|it| {
            it[place] = other_hash(&it[place]);
        });
        add(format!("without {place}"), &|it| {
            it.remove(place);
        });
        add(format!("{place} swapped with the next"), &|it| {
            let next = (place + 1) % it.len();
            it.swap(place, next);
        });
    }
    all
}

fn other_hash(hash: &Hash) -> Hash {
    let mut bytes = hash.0;
    bytes[31] ^= 1;
    Hash(bytes)
}

/// Other checkpoints: under the signature that is there, under a stranger's of the same name, and
/// under both.
fn notes(claim: &Claim) -> Vec<Changed> {
    let note = Note::parse(&claim.note).expect("a note");
    let as_it_is = Checkpoint::of(&note).expect("a checkpoint");
    let mut others: Vec<(&str, Checkpoint)> = Vec::new();
    let mut add = |what, change: &dyn Fn(&mut Checkpoint)| {
        let mut other = as_it_is.clone();
        change(&mut other);
        others.push((what, other));
    };
    add("a larger size", &|it| it.size += 1);
    add("a smaller size", &|it| it.size -= 1);
    add("another root", &|it| it.root = other_hash(&it.root));
    add("another origin", &|it| it.origin.push('0'));
    add("a line more", &|it| it.extensions.push("more".to_owned()));
    let stranger = stranger(&as_it_is.origin);
    let mut all = Vec::new();
    let mut add = |what: String, note: String| {
        all.push(Changed {
            what,
            check: NOTE,
            claim: Claim {
                note: note.into_bytes(),
                ..claim.clone()
            },
        });
    };
    add(
        "a stranger's".to_owned(),
        as_it_is.sign(&stranger).expect("a checkpoint").to_string(),
    );
    for (what, other) in others {
        add(
            format!("{what}, unsigned"),
            signed_text(&other.to_string(), note.signatures()),
        );
        let mut signed = other.sign(&stranger).expect("a checkpoint");
        add(format!("{what}, a stranger's"), signed.to_string());
        for signature in note.signatures() {
            signed.add(signature.clone());
        }
        add(format!("{what}, signed by both"), signed.to_string());
    }
    add("no signature".to_owned(), format!("{}\n", note.text()));
    add("a text alone".to_owned(), note.text().to_owned());
    add("nothing".to_owned(), String::new());
    all
}

/// Other signatures of the claim's key.
fn signatures(claim: &Claim) -> Vec<Changed> {
    let note = Note::parse(&claim.note).expect("a note");
    let key: VerifierKey = claim.vkey.parse().expect("a key");
    let place = note.signatures().iter().position(|it| it.id == key.id());
    let place = place.expect("its signature");
    let mut all = Vec::new();
    let mut add = |what: String, change: &dyn Fn(&mut Signature)| {
        let mut signatures = note.signatures().to_vec();
        change(&mut signatures[place]);
        all.push(Changed {
            what: format!("signature: {what}"),
            check: NOTE,
            claim: Claim {
                note: signed_text(note.text(), &signatures).into_bytes(),
                ..claim.clone()
            },
        });
    };
    for (byte, bit) in [(0, 0), (31, 7), (32, 0), (47, 3), (63, 4), (63, 7)] {
        add(format!("bit {bit} of byte {byte}"), &|it| {
            it.bytes[byte] ^= 1 << bit;
        });
    }
    add("a byte less".to_owned(), &|it| {
        it.bytes.pop();
    });
    add("a byte more".to_owned(), &|it| it.bytes.push(0));
    add("zeros".to_owned(), &|it| it.bytes.fill(0));
    add("another id".to_owned(), &|it| it.id ^= 1);
    add("another name".to_owned(), &|it| it.name.push('0'));
    all
}

fn keys(claim: &Claim) -> Vec<Changed> {
    let parts: Vec<&str> = claim.vkey.splitn(3, '+').collect();
    let &[name, id, key] = &parts[..] else {
        panic!("{} has three parts", claim.vkey);
    };
    let letter = if key.contains('g') { "g" } else { "A" };
    let mistyped = key.replacen(letter, "h", 1);
    let elsewhere = stranger("registers.example.com").verifier();
    let others = [
        (NOTE, stranger(name).verifier().to_string()),
        (NOTE, elsewhere.to_string()),
        (KEY, format!("{name}0+{id}+{key}")),
        (KEY, format!("{name}+{}0+{key}", &id[1..])),
        (KEY, format!("{name}+00000000+{key}")),
        (KEY, format!("{name}+{id}+{mistyped}")),
        (KEY, format!("{name}+{id}")),
        (KEY, format!("+{id}+{key}")),
    ];
    let changed = |(check, vkey): (_, String)| {
        assert_ne!(vkey, claim.vkey);
        Changed {
            what: "another key".to_owned(),
            check,
            claim: Claim {
                vkey,
                ..claim.clone()
            },
        }
    };
    others.into_iter().map(changed).collect()
}

/// The key of somebody else who says to be called so.
fn stranger(name: &str) -> SignerKey {
    SignerKey::from_seed(name, [9; 32]).expect("a name")
}

fn signed_text(text: &str, signatures: &[Signature]) -> String {
    let lines = signatures.iter().map(|signature| format!("{signature}\n"));
    format!("{text}\n{}", lines.collect::<String>())
}

fn note_bytes(note: &Note) -> Vec<u8> {
    note.to_string().into_bytes()
}

/// A database for logs.
async fn logs() -> (TestDatabase, EventLog) {
    let database = cluster::testing::database().await;
    let mut owner = database.options().connect().await.expect("a connection");
    eventlog::migrate(&mut owner).await.expect("migrated");
    let pool = PgPoolOptions::new()
        .max_connections(4)
        .after_connect(|connection, _| {
            Box::pin(async move {
                let service = sqlx::query("set role inrete_append");
                service.execute(connection).await?;
                Ok(())
            })
        });
    let pool = pool.connect_with(database.options()).await;
    (database, EventLog::new(pool.expect("a connection")))
}

/// A log of so many facts: the first few one by one, the rest as many to a command as there may be,
/// several commands at a time.
async fn grown(events: &EventLog, number: u64, facts: Position) -> LogId {
    let log = Uuid::from_u128(0x0192_6f3a_5c10_7d41_9a2e_0000_0000_0000 | u128::from(number));
    events.create_log(log).await.expect("a log");
    let samples = samples();
    let one_by_one = facts.min(FEW);
    for place in 0..one_by_one {
        let append = command(&samples, log, place, place + 1);
        events.append(append).await.expect("appended");
    }
    let batch = BATCH.min(facts / 7 + 1);
    let starts = (one_by_one..facts).step_by(usize::try_from(batch).expect("a number"));
    stream::iter(starts)
        .map(|start| {
            let append = command(&samples, log, start, facts.min(start + batch));
            let events = events.clone();
            let appended = tokio::spawn(async move { events.append(append).await });
            async { appended.await.expect("no panic") }
        })
        .buffer_unordered(AT_ONCE)
        .try_for_each(|_| std::future::ready(Ok(())))
        .await
        .expect("appended");
    let head = events.head(log).await.expect("a head");
    assert_eq!(head.position, facts);
    log
}

/// A sample of every fact there is.
fn samples() -> Vec<(&'static str, i16, Value)> {
    let catalogue = Path::new(env!("CARGO_MANIFEST_DIR")).join("../events/catalogue");
    let sample = |shape: &events::Shape| {
        let file = format!("{}.{}.sample.json", shape.kind, shape.number);
        let text = std::fs::read_to_string(catalogue.join(&file)).expect(&file);
        let sample = serde_json::from_str(&text).expect(&file);
        (shape.kind, shape.number, sample)
    };
    events::CATALOGUE.iter().map(sample).collect()
}

/// A command with facts of all kinds: of one stream and of several, recorded here first and brought
/// over, with a cause and without.
fn command(samples: &[(&'static str, i16, Value)], log: LogId, from: i64, to: i64) -> Append {
    let id = |what: u128, n: i64| {
        let n = u128::try_from(n).expect("not negative");
        Uuid::from_u128(0x0192_6f3a_5c10_7000_8000_0000_0000_0000 | what << 48 | n)
    };
    let fact = |n: i64| {
        let sample = usize::try_from(n).expect("a number") % samples.len();
        let (kind, shape, payload) = &samples[sample];
        let people = match n % 8 {
            0 => 3,
            1 | 2 => 1,
            _ => 0,
        };
        let people = (0..people).map(|person| format!("person/{}", id(2, n / 7 * 4 + person)));
        let entered = day(20_000 + n % 365) + TimeDelta::microseconds(n);
        NewFact {
            id: id(0, n),
            stream: format!("household/{}", id(1, n / 7)),
            also: people.collect(),
            kind: (*kind).to_owned(),
            shape: *shape,
            occurred_on: NaiveDate::from(day(20_000 + n % 365).naive_utc()),
            entered_at: (n % 3 == 0).then_some(entered),
            cause: (n % 5 == 0).then(|| id(3, n)),
            payload: payload.clone(),
        }
    };
    Append {
        log,
        command: id(4, from),
        digest: id(5, from).as_bytes().repeat(2),
        actor: "sportello: Łucja \"Lu\" D’Amico".to_owned(),
        expected: Vec::new(),
        facts: (from..to).map(fact).collect(),
    }
}

/// Midnight, so many days after 1970 began.
fn day(number: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::days(number)
}
