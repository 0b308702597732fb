//! What an outsider can check: keys, checkpoints, proofs, and witnesses, as they are on the command
//! line. Everything that is handed out is checked here by the code that doubts it.

use std::fs;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use chrono::{DateTime, Utc};
use nix::sys::signal::{Signal, kill};
use proof::checkpoint::{self, Checkpoint, Verified};
use proof::merkle::{self, Frontier, Hash};
use proof::note::{Algorithm, Note, Signature, SignerKey, VerifierKey};
use proof::record::Record;
use proof::tlog_proof::Proof;
use serde_json::Value;
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, Connection};

use tests::program::{ENVIRONMENT, PATIENCE, Place, Ran, Running, inrete, text};

const CODE: &str = "casalmaggiore";
const NAME: &str = "registers.example.org";

const DONE: i32 = 0;
const FAULT: i32 = 1;
const WRONG_ARGUMENTS: i32 = 2;
const NOT_THERE: i32 = 4;

// ---- a log, from its keys to its witness ----

#[test]
fn a_log_proves_itself_to_an_outsider() {
    let place = Place::new();
    for early in ["show", "rotate", "retire"] {
        let ran = place.run(&["key", early]).ended(NOT_THERE);
        ran.tells("there are no keys yet");
    }
    let wrong = place.run(&["key", "create", "--name", "two words"]);
    wrong.ended(WRONG_ARGUMENTS).tells("without spaces");
    place.run(&["key", "create", "--name", NAME]).ended(DONE);
    let again = place
        .run(&["key", "create", "--name", "another"])
        .ended(FAULT);
    again.tells("there are keys already, under the name `registers.example.org`");

    place.run(&["demo", "--load-only"]).ended(DONE);
    let served = place.serve();
    let keys = vkeys(&place);
    let head = checkpoints(&place, &keys);
    proofs(&place, &keys, head);
    wrong_questions(&place, head);
    let keys = rotation(&place, &keys);
    cosignatures(&place, &keys, head);
    other_keys(&place);
    altered(&place);
    assert!(served.interrupt().success());
    secrets_stay(&place);
}

/// The keys of the log, as they are handed out.
fn vkeys(place: &Place) -> Vec<VerifierKey> {
    let shown = place.run(&["key", "show", "--pilot", CODE]).ended(DONE);
    let keys = shown
        .stdout
        .lines()
        .map(|line| line.parse().expect("a key"));
    keys.collect()
}

fn checkpoint(place: &Place, more: &[&str]) -> Ran {
    place.run(&[&["checkpoint", "--pilot", CODE], more].concat())
}

fn note(ran: Ran) -> Note {
    Note::parse(ran.ended(DONE).stdout.as_bytes()).expect("a signed note and nothing else")
}

fn verified(note: &Note, keys: &[VerifierKey]) -> Verified {
    checkpoint::verify(note, keys, &[]).expect("signed by the log")
}

/// The head and an earlier size, signed; the size of the head.
fn checkpoints(place: &Place, keys: &[VerifierKey]) -> u64 {
    let [key] = keys else { panic!("{keys:?}") };
    let head = note(checkpoint(place, &[]));
    let Verified {
        checkpoint: said, ..
    } = verified(&head, keys);
    assert_eq!(said.origin, key.name());
    assert!(said.origin.starts_with("registers.example.org/"));
    assert!(said.size > 200);

    let object = checkpoint(place, &["--json"]).ended(DONE).json();
    assert_eq!(decoded(&object["note"]), head.to_string().as_bytes());
    assert_eq!(object["size"], said.size);
    assert_eq!(object["root"], said.root.to_string());
    assert_eq!(object["signers"], serde_json::json!([key.to_string()]));

    let earlier = verified(&note(checkpoint(place, &["--size", "200"])), keys);
    assert_eq!(earlier.checkpoint.size, 200);
    assert_ne!(earlier.checkpoint.root, said.root);
    let beyond = (said.size + 1).to_string();
    let beyond = checkpoint(place, &["--size", &beyond]).ended(NOT_THERE);
    assert_eq!(beyond.stdout, "");
    said.size
}

fn proof(place: &Place, more: &[&str]) -> Ran {
    place.run(&[&["proof", "--pilot", CODE], more].concat())
}

fn proofs(place: &Place, keys: &[VerifierKey], head: u64) {
    let cases = [
        (1, 1, Some(0)),
        (1, 1, Some(1)),
        (1, head, None),
        (head, head, Some(head)),
        (5, 8, Some(3)),
        (300, 300, Some(299)),
        (256, head, Some(256)),
    ];
    for (position, size, since) in cases {
        let numbers = [position, size, since.unwrap_or(0)].map(|n| n.to_string());
        let [n, s, m] = numbers.each_ref().map(String::as_str);
        let mut asked = vec!["--position", n, "--json"];
        if size != head {
            asked.extend(["--size", s]);
        }
        if since.is_some() {
            asked.extend(["--since", m]);
        }
        let object = proof(place, &asked).ended(DONE).json();
        let fields = object.as_object().expect("an object").len();
        assert_eq!(fields, if since.is_some() { 8 } else { 5 });
        let record = believed(&object, keys).expect("it holds");
        assert_eq!(record.position, position);
        let signed = Note::parse(&decoded(&object["note"])).expect("a note");
        assert_eq!(verified(&signed, keys).checkpoint.size, size);
        if position == 5 {
            tampered(&object, keys);
        }
    }
    // As a text that other tools read.
    let text = proof(place, &["--position", "5", "--size", "8"]).ended(DONE);
    let parsed = Proof::parse(text.stdout.as_bytes()).expect("a proof and nothing else");
    assert_eq!(parsed.to_string(), text.stdout);
    let proven = parsed.verify(keys, &[]).expect("it holds");
    assert_eq!(proven.record.position, 5);
}

/// What an outsider believes of a proof, who has the log's keys from elsewhere.
fn believed(object: &Value, keys: &[VerifierKey]) -> Result<Record, String> {
    let why = |error: &dyn std::fmt::Display| error.to_string();
    let text = |key: &str| object[key].as_str().expect("a text");
    let hash = |value: &Value| -> Hash {
        value
            .as_str()
            .and_then(|it| it.parse().ok())
            .expect("a hash")
    };
    let hashes = |key: &str| {
        object[key]
            .as_array()
            .expect("hashes")
            .iter()
            .map(hash)
            .collect::<Vec<_>>()
    };
    assert!(keys.iter().any(|key| key.to_string() == text("vkey")));
    let note = Note::parse(&decoded(&object["note"])).map_err(|error| why(&error))?;
    let verified = checkpoint::verify(&note, keys, &[]).map_err(|error| why(&error))?;
    let Checkpoint { size, root, .. } = verified.checkpoint;
    let (bytes, index) = (
        decoded(&object["record"]),
        object["index"].as_u64().expect("an index"),
    );
    merkle::verify_inclusion(
        merkle::leaf(&bytes),
        index,
        size,
        &hashes("inclusion"),
        root,
    )
    .map_err(|error| why(&error))?;
    if let Some(old) = object.get("oldSize") {
        let old = old.as_u64().expect("a size");
        let consistency = hashes("consistency");
        merkle::verify_consistency(old, hash(&object["oldRoot"]), size, root, &consistency)
            .map_err(|error| why(&error))?;
    }
    Record::parse(&bytes).map_err(|error| why(&error))
}

/// Whatever is changed, it holds no more.
fn tampered(object: &Value, keys: &[VerifierKey]) {
    let zeros = "0".repeat(64);
    let record = String::from_utf8(decoded(&object["record"])).expect("text");
    let another = record.replacen("\"shape\":", "\"shape\":1", 1);
    let note = String::from_utf8(decoded(&object["note"])).expect("text");
    let shorter = note.replacen("\n8\n", "\n7\n", 1);
    assert!(another != record && shorter != note);
    let changes: [(&str, Value); 7] = [
        ("/record", BASE64_STANDARD.encode(another).into()),
        ("/note", BASE64_STANDARD.encode(shorter).into()),
        ("/index", 5.into()),
        ("/inclusion/0", zeros.clone().into()),
        ("/oldRoot", zeros.clone().into()),
        ("/oldSize", 2.into()),
        ("/consistency/0", zeros.into()),
    ];
    for (pointer, value) in changes {
        let mut changed = object.clone();
        *changed.pointer_mut(pointer).expect(pointer) = value;
        assert!(believed(&changed, keys).is_err(), "{pointer}");
    }
    let stranger = SignerKey::from_seed(keys[0].name(), [9; 32]).expect("a key");
    let signed: Note = note.parse().expect("a note");
    assert!(checkpoint::verify(&signed, &[stranger.verifier()], &[]).is_err());
}

fn wrong_questions(place: &Place, head: u64) {
    let beyond = (head + 1).to_string();
    let cases: [(&[&str], i32, &str); 6] = [
        (&["--position", &beyond], NOT_THERE, "there is no position"),
        (
            &["--position", "5", "--size", &beyond],
            NOT_THERE,
            "there is no position",
        ),
        (
            &["--position", "9", "--size", "8"],
            WRONG_ARGUMENTS,
            "not among the first 8 facts",
        ),
        (
            &["--position", "5", "--size", "8", "--since", "9", "--json"],
            WRONG_ARGUMENTS,
            "cannot continue one of 9 facts",
        ),
        (&["--position", "0"], WRONG_ARGUMENTS, "0"),
        (
            &["--position", "5", "--since", "3"],
            WRONG_ARGUMENTS,
            "--json",
        ),
    ];
    for (asked, code, words) in cases {
        let ran = proof(place, asked).ended(code);
        ran.tells(words);
        assert_eq!(ran.stdout, "", "{asked:?}");
    }
    let nowhere = ["checkpoint", "--pilot", "nowhere"];
    place
        .run(&nowhere)
        .ended(NOT_THERE)
        .tells("there is no pilot");
}

/// Another key, and the end of the first; all keys that were ever used.
fn rotation(place: &Place, before: &[VerifierKey]) -> Vec<VerifierKey> {
    let old = before[0].clone();
    let signers = |size: &str, known: &[VerifierKey]| {
        let signed = verified(&note(checkpoint(place, &["--size", size])), known);
        signed.signed_by
    };
    place
        .run(&["key", "retire"])
        .ended(NOT_THERE)
        .tells("only one key signs");
    place
        .run(&["key", "rotate"])
        .ended(DONE)
        .tells("2 of 2 keys sign");
    let keys = vkeys(place);
    let new = keys[0].clone();
    assert_eq!(&keys[1..], std::slice::from_ref(&old));
    assert_ne!(new.id(), old.id());
    assert_eq!(signers("400", &keys), [new.clone(), old.clone()]);
    // A checkpoint from before is signed by the new key too, and not otherwise changed.
    assert_eq!(signers("200", &keys), [new.clone(), old.clone()]);

    place
        .run(&["key", "retire"])
        .ended(DONE)
        .tells("1 of 2 keys sign");
    assert_eq!(vkeys(place), keys);
    let shown = place
        .run(&["key", "show", "--pilot", CODE, "--json"])
        .ended(DONE)
        .json();
    let signs = ["/keys/0/signs", "/keys/1/signs"].map(|it| shown.pointer(it).cloned());
    assert_eq!(signs, [Some(true.into()), Some(false.into())]);
    place.run(&["key", "show"]).ended(DONE).says("  retired");
    assert_eq!(signers("401", &keys), std::slice::from_ref(&new));
    assert_eq!(signers("200", &keys), [new.clone(), old.clone()]);
    assert_eq!(signers("200", &[old]).len(), 1);
    keys
}

/// A witness of its own, without a server, and what it says kept beside the checkpoint.
fn cosignatures(place: &Place, keys: &[VerifierKey], head: u64) {
    let elsewhere = Place::new();
    let asked = ["witness", "key", "--name", "witness.example"];
    let shown = elsewhere.run(&asked).ended(DONE);
    let vkey = shown.stdout.trim();
    let witness: VerifierKey = vkey.parse().expect("a key");
    let logs = elsewhere.data().join("witness/logs");
    fs::write(&logs, format!("# a log\n\n{}\n{}\n", keys[0], keys[1])).expect("written");
    let command = |what: &'static str, more: &[&str]| {
        let scope = ["cosignature", what, "--pilot", CODE, "--witness", vkey];
        place.run(&[&scope[..], more].concat())
    };
    let (request, answer) = (place.beside("request"), place.beside("answer"));
    let sign = |asked: &str| {
        fs::write(&request, asked).expect("written");
        elsewhere.run(&["witness", "sign", request.to_str().expect("UTF-8")])
    };
    let add = |given: &str| {
        fs::write(&answer, given).expect("written");
        command("add", &[answer.to_str().expect("UTF-8")])
    };

    let asked = command("request", &["--size", "200"]).ended(DONE).stdout;
    assert!(
        asked.starts_with("old 0\n\nregisters.example.org/"),
        "{asked}"
    );
    let signed = sign(&asked).ended(DONE).stdout;
    // What is not right is not kept.
    let mut wrong = Signature::parse(signed.trim_end()).expect("a signature");
    wrong.bytes[20] ^= 1;
    add(&format!("{wrong}\n"))
        .ended(FAULT)
        .tells("it is not kept");
    add("— somebody.else AAAAAAAA\n")
        .ended(FAULT)
        .tells("no cosignature of witness.example");
    add("<html>\n").ended(FAULT).tells("line 1 is no signature");
    add("7\n").ended(FAULT).tells("ask with --old 7");
    let of_log = ["cosignature", "add", "--pilot", CODE, "--witness"];
    let of_log = place.run(&[&of_log[..], &[&keys[0].to_string()]].concat());
    of_log
        .ended(WRONG_ARGUMENTS)
        .tells("is not the key of a witness");

    add(&signed)
        .ended(DONE)
        .says("witness.example cosigned 200 facts at 2");
    let seen = checkpoint::verify(
        &note(checkpoint(place, &["--size", "200"])),
        keys,
        std::slice::from_ref(&witness),
    );
    let seen = seen.expect("signed");
    assert_eq!(seen.witnessed.len(), 1);
    assert_eq!(seen.witnessed[0].witness, witness);

    // The next one goes on from there.
    let asked = command("request", &[]).ended(DONE).stdout;
    assert!(asked.starts_with("old 200\n"), "{asked}");
    let signed = sign(&asked).ended(DONE).stdout;
    add(&signed)
        .ended(DONE)
        .says(&format!("cosigned {head} facts"));
    add(&signed).ended(DONE);
    let shown = note(checkpoint(place, &[])).to_string();
    assert!(shown.ends_with(&signed), "{shown}");
    // Asked from too far back, it says where it is.
    let again = command("request", &["--old", "200"]).ended(DONE).stdout;
    sign(&again)
        .ended(FAULT)
        .tells(&format!("{head} facts of this log were cosigned last"));
    let backwards = command("request", &["--size", "300"]).ended(WRONG_ARGUMENTS);
    backwards.tells("cannot continue one of");
}

/// Under another name, it is another log: what was signed is not signed again as that.
fn other_keys(place: &Place) {
    let (file, aside) = (place.data().join("keys/log.key"), place.beside("log.key"));
    fs::rename(&file, &aside).expect("moved");
    let other = checkpoint(place, &["--size", "200"]).ended(FAULT);
    other.tells("says that the log is `registers.example.org/");
    other.tells("restore the keys/log.key");
    fs::rename(&aside, &file).expect("moved");
    checkpoint(place, &["--size", "200"]).ended(DONE);
}

/// What a superuser changes is neither proven nor signed any more.
fn altered(place: &Place) {
    by_hand(
        place,
        "alter table eventlog.fact disable trigger all;
         update eventlog.fact set actor = 'another' where position = 5;
         update eventlog.fact set leaf = sha256('another') where position = 260",
    );
    let fact = proof(place, &["--position", "5"]).ended(FAULT);
    fact.tells("position 5 is not the one that was recorded there");
    // 200 and 300 were signed before: between them lies what was changed.
    let signed = checkpoint(place, &["--size", "270"]).ended(FAULT);
    signed.tells("the log does not agree with its checkpoint of 300 facts");
    assert_eq!(signed.stdout, "");
}

/// As an administrator could.
fn by_hand(place: &Place, statements: &'static str) {
    let options = PgConnectOptions::new_without_pgpass()
        .host("localhost")
        .socket(place.data().join("run"))
        .username(cluster::ADMIN)
        .database("inrete");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.expect("a runtime").block_on(async {
        let mut connection = options.connect().await.expect("connected");
        let done = sqlx::raw_sql(statements).execute(&mut connection).await;
        assert_eq!(done.expect(statements).rows_affected(), 2);
        connection.close().await.expect("closed");
    });
}

/// Nothing that is printed, and nothing in PostgreSQL's files, has a key to sign with.
fn secrets_stay(place: &Place) {
    let text = fs::read_to_string(place.data().join("keys/log.key")).expect("the key file");
    let secret = text
        .lines()
        .find_map(|line| line.strip_prefix("PRIVATE+KEY+"));
    let seed = secret
        .and_then(|key| key.rsplit_once('+'))
        .expect("a key")
        .1;
    let mode = fs::metadata(place.data().join("keys/log.key")).expect("a file");
    assert_eq!(
        std::os::unix::fs::PermissionsExt::mode(&mode.permissions()) & 0o777,
        0o600
    );
    let shown = place.run(&["key", "show", "--json"]).ended(DONE);
    assert!(!shown.stdout.contains(seed) && !shown.stdout.contains("PRIVATE"));
}

#[test]
fn the_example_of_the_documentation_holds() {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/proofs.md");
    let page = fs::read_to_string(page).expect("the page");
    let (_, example) = page.split_once("```json\n").expect("an example");
    let (example, _) = example.split_once("```").expect("its end");
    let object: Value = serde_json::from_str(example).expect("JSON");
    let key = object["vkey"].as_str().and_then(|key| key.parse().ok());
    let record = believed(&object, &[key.expect("a key")]).expect("it holds");
    let bytes = String::from_utf8(record.bytes()).expect("text");
    for shown in [&bytes, &record.leaf().to_string()] {
        assert!(page.contains(shown.as_str()), "{shown}");
    }
    let note = String::from_utf8(decoded(&object["note"])).expect("text");
    assert!(page.contains(&note));
    // A witness's line is explained by that of the example.
    let witness = page.split('`').find_map(|word| {
        let key = word.parse::<VerifierKey>().ok()?;
        (key.algorithm() == Algorithm::CosignatureV1).then_some(key)
    });
    let note: Note = note.parse().expect("a note");
    let witness = [witness.expect("a witness's key")];
    let signed = note.verify(&witness).expect("cosigned");
    let at = signed[0].at.expect("a time").timestamp();
    assert!(page.contains(&format!("    time {at}\n")));
}

fn decoded(value: &Value) -> Vec<u8> {
    let text = value.as_str().expect("a text");
    BASE64_STANDARD.decode(text).expect("base64")
}

// ---- a witness, and logs that are not honest ----

const ORIGIN: &str = "log.example/7";

/// A log with these leaves, which signs whatever it likes.
struct Log {
    key: SignerKey,
    leaves: Vec<Hash>,
}

impl Log {
    fn new(origin: &str, seed: u8) -> Self {
        let key = SignerKey::from_seed(origin, [seed; 32]).expect("a key");
        let leaves = (0_u8..100).map(|n| merkle::leaf(&[n]));
        let leaves = leaves.collect();
        Self { key, leaves }
    }

    /// The same key over another history, from this leaf on.
    fn forked(&self, from: usize) -> Self {
        let mut other = Self::new(self.key.name(), 1);
        for leaf in &mut other.leaves[from..] {
            *leaf = merkle::leaf(&leaf.0);
        }
        other
    }

    fn root(&self, size: usize) -> Hash {
        let mut frontier = Frontier::default();
        self.leaves[..size]
            .iter()
            .for_each(|leaf| frontier.push(*leaf));
        frontier.root()
    }

    fn note(&self, size: usize) -> Note {
        let checkpoint = Checkpoint {
            origin: self.key.name().to_owned(),
            size: size as u64,
            root: self.root(size),
            extensions: Vec::new(),
        };
        checkpoint.sign(&self.key).expect("signed")
    }

    fn request(&self, old: usize, size: usize) -> String {
        let plan = merkle::consistency_nodes(old as u64, size as u64);
        let mut request = format!("old {old}\n");
        for hash in plan.map_or_else(|_| Vec::new(), |plan| self.build(&plan)) {
            request.push_str(&format!("{}\n", hash.to_base64()));
        }
        format!("{request}\n{}", self.note(size))
    }

    fn build(&self, plan: &merkle::Plan) -> Vec<Hash> {
        let node = |node: merkle::NodeId| {
            let leaves = node.leaves();
            let range = usize::try_from(leaves.start).expect("small")
                ..usize::try_from(leaves.end).expect("small");
            Ok::<_, merkle::Error>(merkle::fold(&self.leaves[range]))
        };
        plan.build(node).expect("built")
    }
}

/// A witness that answers.
struct Witness {
    child: Running,
    address: String,
}

/// What it answers: the status, the kind of text, and the text.
type Answer = (u16, String, String);

impl Witness {
    fn serve(place: &Place, logs: &[&Log]) -> Self {
        let mut command = Command::new(inrete());
        for name in ENVIRONMENT {
            command.env_remove(name);
        }
        command.arg("--data").arg(place.data());
        command.args(["witness", "serve", "--listen", "127.0.0.1:0"]);
        for log in logs {
            command.arg("--log").arg(log.key.verifier().to_string());
        }
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        let mut child = Running(command.spawn().expect("the program runs"));
        let heard = Arc::new(Mutex::new(String::new()));
        let stderr = child.0.stderr.take().expect("its output");
        let begun = std::time::Instant::now();
        listening(stderr, Arc::clone(&heard));
        loop {
            let said = text(&heard);
            let line = said
                .lines()
                .find_map(|line| line.split_once(" log keys at "));
            if let Some((_, address)) = line {
                let address = address.to_owned();
                return Self { child, address };
            }
            assert!(begun.elapsed() < PATIENCE, "no witness: {said}");
            thread::sleep(std::time::Duration::from_millis(5));
        }
    }

    fn ask(&self, request: &str) -> Answer {
        self.post(&self.address, request.as_bytes())
    }

    fn post(&self, address: &str, body: &[u8]) -> Answer {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        runtime.expect("a runtime").block_on(async {
            let request = reqwest::Client::new().post(address).body(body.to_vec());
            let response = request.send().await.expect("an answer");
            let (status, headers) = (response.status().as_u16(), response.headers());
            let kind = headers
                .get("content-type")
                .and_then(|kind| kind.to_str().ok());
            let kind = kind.unwrap_or("").to_owned();
            (status, kind, response.text().await.expect("a text"))
        })
    }

    fn kill(mut self) {
        kill(self.child.pid(), Signal::SIGKILL).expect("it runs");
        self.child.ends().expect("killed");
    }
}

fn listening(mut stderr: impl std::io::Read + Send + 'static, heard: Arc<Mutex<String>>) {
    thread::spawn(move || {
        let mut some = [0; 1024];
        while let Ok(length @ 1..) = stderr.read(&mut some) {
            let mut heard = heard.lock().expect("not poisoned");
            heard.push_str(&String::from_utf8_lossy(&some[..length]));
        }
    });
}

/// The cosignature in an answer, which is right.
fn cosigned(answer: &Answer, log: &Log, size: usize, witness: &VerifierKey) -> DateTime<Utc> {
    let (status, _, text) = answer;
    assert_eq!(*status, 200, "{text}");
    let mut note = log.note(size);
    note.add(Signature::parse(text.trim_end_matches('\n')).expect("a signature"));
    let keys = [log.key.verifier()];
    let verified = checkpoint::verify(&note, &keys, std::slice::from_ref(witness));
    let verified = verified.expect("a good cosignature");
    assert_eq!(verified.witnessed.len(), 1);
    verified.witnessed[0].at
}

#[test]
fn a_witness_cosigns_one_history_and_forgets_nothing() {
    let place = Place::new();
    let shown = place
        .run(&["witness", "key", "--name", "witness.example"])
        .ended(DONE);
    let key: VerifierKey = shown.stdout.trim().parse().expect("a key");
    assert_eq!(key.name(), "witness.example");
    let other = place
        .run(&["witness", "key", "--name", "another"])
        .ended(WRONG_ARGUMENTS);
    other.tells("under the name `witness.example`");
    let nobody = place.run(&["witness", "serve", "--listen", "127.0.0.1:0"]);
    nobody
        .ended(WRONG_ARGUMENTS)
        .tells("the witness knows no log");

    let log = Log::new(ORIGIN, 1);
    let forked = log.forked(30);
    let size = |answer: Answer, size: usize| {
        let kind = "text/x.tlog.size".to_owned();
        assert_eq!(answer, (409, kind, format!("{size}\n")));
    };
    let witness = Witness::serve(&place, &[&log]);
    let first = cosigned(&witness.ask(&log.request(0, 20)), &log, 20, &key);
    // Again, from there, and from where it has no longer been.
    let again = cosigned(&witness.ask(&log.request(20, 20)), &log, 20, &key);
    assert!(again >= first);
    size(witness.ask(&log.request(0, 20)), 20);
    size(witness.ask(&log.request(10, 40)), 20);
    // Growth; and what was seen before kill -9 is known after it.
    cosigned(&witness.ask(&log.request(20, 40)), &log, 40, &key);
    witness.kill();
    let witness = Witness::serve(&place, &[&log]);
    size(witness.ask(&log.request(20, 50)), 40);
    size(witness.ask(&log.request(20, 20)), 40);
    // Another history of the same size, a larger one, and one that goes back behind.
    size(witness.ask(&forked.request(40, 40)), 40);
    assert_eq!(witness.ask(&forked.request(40, 50)).0, 422);
    assert_eq!(witness.ask(&forked.request(0, 40)).0, 409);
    refusals(&witness, &log);
    cosigned(&witness.ask(&log.request(40, 50)), &log, 50, &key);

    // Many at once: each size at most once, and never back.
    at_once(&witness, &log, &forked, &key);
    witness.kill();

    // What it remembers is its own: a file that was changed is not believed.
    let seen = place.data().join("witness/seen");
    let file = fs::read_dir(&seen)
        .expect("a folder")
        .flatten()
        .map(|entry| entry.path());
    let file = file.last().expect("a file");
    let kept = fs::read_to_string(&file).expect("a note");
    fs::write(&file, kept.replacen("\n90\n", "\n50\n", 1)).expect("written");
    let witness = Witness::serve(&place, &[&log]);
    assert_eq!(witness.ask(&log.request(50, 60)).0, 500);
}

fn refusals(witness: &Witness, log: &Log) {
    let good = log.request(40, 50);
    let unknown = Log::new("log.example/8", 1);
    assert_eq!(witness.ask(&unknown.request(0, 20)).0, 404);
    // The right name and another key; no key at all; the right key under another text.
    assert_eq!(witness.ask(&Log::new(ORIGIN, 2).request(40, 50)).0, 403);
    assert_eq!(witness.ask(&good.replacen("\n50\n", "\n51\n", 1)).0, 403);
    assert_eq!(witness.ask(&log.request(50, 40)).0, 400);
    let hash = log.leaves[0].to_base64();
    let long = good.replacen("old 40\n", &format!("old 40\n{hash}\n"), 1);
    assert_eq!(witness.ask(&long).0, 422);
    let too_long = format!("old 40\n{}", format!("{hash}\n").repeat(64));
    for malformed in [
        "",
        "old 40",
        "\n\n",
        &good[1..],
        &good.replacen("old 40", "old 040", 1),
        &good.replacen("old 40", "old +40", 1),
        &good.replacen("old 40", "old -1", 1),
        &good.replacen("old 40\n", "old 40\nnot a hash\n", 1),
        &good.replacen("old 40\n", &too_long, 1),
        good.trim_end(),
    ] {
        assert_eq!(witness.ask(malformed).0, 400, "{malformed:?}");
    }
    assert_eq!(witness.post(&witness.address, b"old 0\n\xff\n\n").0, 400);
    assert_eq!(witness.ask(&"x".repeat(100_000)).0, 413);
    let elsewhere = witness.address.replace("add-checkpoint", "elsewhere");
    assert_eq!(witness.post(&elsewhere, good.as_bytes()).0, 404);
}

/// Twenty ask at the same moment for twenty sizes, and twenty for another history.
fn at_once(witness: &Witness, log: &Log, forked: &Log, key: &VerifierKey) {
    let sizes: Vec<usize> = (71..=90).collect();
    let granted: Vec<Option<usize>> = thread::scope(|scope| {
        let ask = |log: &'static str, size: usize, request: String| {
            let answer = witness.ask(&request);
            assert!(
                [200, 409, 422].contains(&answer.0),
                "{log} {size}: {answer:?}"
            );
            (answer.0 == 200).then_some((log, size, answer))
        };
        let mut asked = Vec::new();
        for &size in &sizes {
            asked.push(scope.spawn(move || ask("honest", size, log.request(50, size))));
            asked.push(scope.spawn(move || ask("forked", size, forked.request(50, size))));
        }
        let answers = asked.into_iter().map(|one| one.join().expect("an answer"));
        answers
            .map(|granted| {
                granted.map(|(which, size, answer)| {
                    assert_eq!(which, "honest");
                    cosigned(&answer, log, size, key);
                    size
                })
            })
            .collect()
    });
    let granted: Vec<usize> = granted.into_iter().flatten().collect();
    let [granted] = granted[..] else {
        panic!("only one starts from 50: {granted:?}")
    };
    cosigned(&witness.ask(&log.request(granted, 90)), log, 90, key);
}
