//! Logs as bundles: written, checked by who has no database, put back elsewhere; and what shows when
//! somebody has a hand in them.

use std::collections::BTreeSet;
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::Command;

use app::{App, Database, LogKeys, Strictness};
use chrono::NaiveDate;
use cluster::testing::TestDatabase;
use eventlog::{Append, EventLog, NewFact, Outcome, Stored};
use events::{PilotId, Position};
use futures_util::TryStreamExt;
use proof::bundle::{Kind, Reader};
use proof::merkle::Hash;
use proof::record::Record;
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use sources::demo;
use sqlx::{Connection, PgConnection};
use tests::program::{Place, Ran, inrete, verifier};
use uuid::Uuid;
use vault::{KeyFiles, Vault};

use crate::house::{acting_as, migrate, pools, vault_pool};

const DONE: i32 = 0;
const FAULT: i32 = 1;
const WRONG_ARGUMENTS: i32 = 2;
const WITH_FINDINGS: i32 = 3;
const NOT_THERE: i32 = 4;

/// How `inrete-verify` ends.
const HOLDS: i32 = 0;
const REFUSED: i32 = 1;
const UNUSABLE: i32 = 2;

const CODE: &str = demo::CODE;
const PERIOD: &str = "2024-10-01..2025-09-30";
/// How often a bundle is tampered with.
const TAMPERINGS: u64 = 200;
const SEED: u64 = 17;

/// An installation: its keys, and a database.
struct Site {
    place: Place,
    database: TestDatabase,
}

impl Site {
    async fn new() -> Self {
        let database = cluster::testing::database().await;
        migrate(&database).await;
        let place = Place::new();
        Self { place, database }
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        self.run_on(&self.database, arguments)
    }

    /// With its keys, on another database: as whoever stole them does.
    fn run_on(&self, database: &TestDatabase, arguments: &[&str]) -> Ran {
        let url = database.url();
        let place = ["--database-url", &url];
        self.place.run(&[&place[..], arguments].concat())
    }

    /// The service, as the program has it.
    async fn app(&self) -> App {
        let keys = self.place.data().join("keys");
        let (masters, secret) = KeyFiles::open_or_create(&keys).expect("keys");
        let vault = Vault::new(vault_pool(&self.database).await, masters, secret);
        let signing = LogKeys::open_or_create(&keys.join("log.key")).expect("a key");
        App::new(pools(&self.database).await, vault).with_keys(signing)
    }

    /// With the first so many facts of the demonstration.
    async fn with_demo(facts: usize) -> (Self, App, PilotId) {
        let site = Self::new().await;
        let app = site.app().await;
        let pilot = demo::pilot_id(&app);
        let proposals = demo::plan(demo::SEED, &app);
        let some = proposals.iter().take(facts);
        let loaded = app
            .load(pilot, "demo", some, Strictness::Strict, |_| ())
            .await;
        assert_eq!(loaded.expect("no fault").rejected.len(), 0);
        app.catch_up(pilot).await.expect("caught up");
        (site, app, pilot)
    }

    fn path(&self, name: &str) -> String {
        let path = self.place.beside(name);
        path.to_str().expect("a path in UTF-8").to_owned()
    }

    fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> String {
        let path = self.path(name);
        fs::write(&path, bytes).expect("written");
        path
    }

    /// Writes the demonstration's log down; where it is.
    fn exported(&self, name: &str, more: &[&str]) -> String {
        let path = self.path(name);
        let command = ["export", "--pilot", CODE, "--to", &path];
        self.run(&[&command, more].concat()).ended(DONE);
        path
    }

    /// The file of the keys that the log's checkpoints are verified with, as an option's value.
    fn keys(&self) -> String {
        let keys = self.run(&["key", "show", "--pilot", CODE]).ended(DONE);
        format!("@{}", self.write("keys", keys.stdout))
    }

    /// The file of a checkpoint that somebody takes home.
    fn checkpoint(&self, size: Position) -> String {
        let size = size.to_string();
        let taken = self.run(&["checkpoint", "--pilot", CODE, "--size", &size]);
        self.write(&format!("checkpoint {size}"), taken.ended(DONE).stdout)
    }

    async fn superuser(&self) -> PgConnection {
        let connection = PgConnection::connect_with(&self.database.options()).await;
        connection.expect("connected")
    }

    /// How many logs there are.
    async fn logs(&self) -> usize {
        let log = EventLog::new(acting_as(&self.database, eventlog::APPEND_ROLE).await);
        log.logs().await.expect("logs").len()
    }
}

/// What `inrete-verify bundle` says. `inrete verify --bundle` has to say the same.
fn checked(arguments: &[&str]) -> Ran {
    let outside = ran(&verifier(), &["bundle"], arguments);
    let inside = ran(inrete(), &["verify", "--bundle"], arguments);
    assert_eq!(inside.stdout, outside.stdout);
    let said = inside.stderr.replacen("inrete: ", "inrete-verify: ", 1);
    assert_eq!(said, outside.stderr);
    let codes = match outside.code {
        Some(REFUSED) => Some(WITH_FINDINGS),
        Some(UNUSABLE) => Some(WRONG_ARGUMENTS),
        other => other,
    };
    assert_eq!(inside.code, codes, "{inside:#?}");
    outside
}

/// A program without a database.
fn ran(program: &Path, command: &[&str], arguments: &[&str]) -> Ran {
    let mut process = Command::new(program);
    process.args(command).args(arguments);
    let output = process.output().expect("the program runs");
    Ran {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).expect("text"),
        stderr: String::from_utf8(output.stderr).expect("text"),
    }
}

/// Between which positions a bundle is refused.
#[track_caller]
fn refused(arguments: &[&str]) -> (u64, u64) {
    let json = ran(&verifier(), &["bundle", "--json"], arguments);
    let json = json.ended(REFUSED).json();
    match (json["first"].as_u64(), json["last"].as_u64()) {
        (Some(first), Some(last)) => (first, last),
        _ => panic!("no positions: {json:#}"),
    }
}

async fn stored(log: &EventLog, pilot: PilotId) -> Vec<Stored> {
    let all = log.stored(pilot.0, 0, Position::MAX);
    all.try_concat().await.expect("facts")
}

fn records(stored: &[Stored]) -> Vec<(Record, Hash)> {
    let record = |stored: &Stored| (stored.clone().into_record(), stored.leaf);
    stored.iter().map(record).collect()
}

/// The lines of a bundle that are facts, and the lists of their leaves.
fn facts(path: &str) -> Vec<Vec<u8>> {
    let mut reader = Reader::new(fs::read(path).map(std::io::Cursor::new).expect("a bundle"));
    let mut lines = Vec::new();
    while let Some(line) = reader.next().expect("a line") {
        if matches!(line.kind(), Some(Kind::Fact | Kind::Leaves)) {
            lines.push(line.bytes.to_vec());
        }
    }
    lines
}

/// What became of every command.
async fn outcomes(log: &EventLog, pilot: PilotId, facts: &[Stored]) -> Vec<Option<Outcome>> {
    let commands: BTreeSet<Uuid> = facts.iter().map(|stored| stored.fact.command).collect();
    let mut outcomes = Vec::new();
    for command in commands {
        outcomes.push(log.outcome(pilot.0, command).await.expect("no fault"));
    }
    assert!(outcomes.iter().all(Option::is_some));
    outcomes
}

/// Every stream with all its entries, in the versions they have there.
async fn streams(log: &EventLog, pilot: PilotId, facts: &[Stored]) -> Vec<eventlog::Recorded> {
    let names = |stored: &Stored| [vec![stored.fact.stream.clone()], stored.fact.also.clone()];
    let names: BTreeSet<String> = facts.iter().flat_map(names).flatten().collect();
    let names: Vec<String> = names.into_iter().collect();
    let streams = log.streams(pilot.0, &names).await.expect("streams");
    streams.into_values().flatten().collect()
}

/// Fails unless two databases have the same log.
async fn assert_same(one: &EventLog, other: &EventLog, pilot: PilotId) {
    let (facts, others) = (stored(one, pilot).await, stored(other, pilot).await);
    assert_eq!(facts.len(), others.len());
    for (fact, other) in facts.iter().zip(&others) {
        assert_eq!(fact, other);
    }
    let head = |log: EventLog| async move { log.head(pilot.0).await.expect("a head") };
    assert_eq!(head(one.clone()).await, head(other.clone()).await);
    assert_eq!(
        outcomes(one, pilot, &facts).await,
        outcomes(other, pilot, &facts).await
    );
    assert_eq!(
        streams(one, pilot, &facts).await,
        streams(other, pilot, &facts).await
    );
    assert_eq!(other.verify(pilot.0).await.expect("verified").findings, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pilot_goes_over_to_another_installation() {
    let (site, app, pilot) = Site::with_demo(usize::MAX).await;
    let head = app.log().head(pilot.0).await.expect("a head").position;
    let (held, keys) = (site.checkpoint(100), site.keys());
    let bundle = site.exported("bundle", &[]);
    assert!(!Path::new(&format!("{bundle}.part")).exists());
    let held = [&bundle, "--key", &keys, "--checkpoint", &held];
    checked(&held)
        .ended(HOLDS)
        .says("history leads through your checkpoint at size 100");
    checked(&[&bundle, "--json"]).ended(HOLDS);
    checked(&[&site.path("nothing")]).ended(UNUSABLE);
    let id = pilot.to_string();
    let by_id = site.run(&["export", "--pilot", &id]).ended(DONE);
    assert!(by_id.stdout.as_bytes() == fs::read(&bundle).expect("a bundle"));

    let other = Site::new().await;
    let import = |more: &[&str]| other.run(&[&["import", "bundle", &bundle], more].concat());
    import(&["--check-only"])
        .ended(DONE)
        .says("can be put back");
    assert_eq!(other.logs().await, 0);
    let done = import(&["--key", &keys]).ended(DONE);
    done.says(&format!(
        "{head} facts put back, 0 were there before; 2 checkpoints"
    ));
    done.tells("what is sealed stays sealed: a bundle has no keys");
    let there = other.app().await;
    assert_same(app.log(), there.log(), pilot).await;
    assert_eq!(
        app.log().checkpoints(pilot.0).await.expect("checkpoints"),
        there.log().checkpoints(pilot.0).await.expect("checkpoints")
    );
    let again = import(&[]).ended(DONE);
    again.says(&format!("0 facts put back, {head} were there before"));
    assert_same(app.log(), there.log(), pilot).await;

    // Nobody there has signed what was signed here.
    let unknown = other.run(&["verify"]).ended(WITH_FINDINGS);
    unknown.says("the checkpoint of 859 facts is not signed by this installation but is that of");
    let known = other.run(&["verify", "--key", &keys]).ended(DONE);
    let root = app.log().head(pilot.0).await.expect("a head").root;
    known.says(&format!(
        "root at size {head}: {root}; 2 signed checkpoints"
    ));
    let json = site.run(&["verify", "--json"]).ended(DONE).json();
    assert_eq!(json[0]["root"], root.to_string());

    let back = other.exported("bundle", &[]);
    assert!(facts(&back) == facts(&bundle));
    for question in [
        &["indicators", "--json"][..],
        &["report"],
        &["report", "--format", "csv"],
    ] {
        let scope = ["--pilot", CODE, "--period", PERIOD];
        let asked = [question, &scope].concat();
        let (one, two) = (site.run(&asked).ended(DONE), other.run(&asked).ended(DONE));
        assert_eq!(one.stdout, two.stdout, "{question:?}");
    }

    // An older bundle, of which the log is the continuation.
    let older = site.exported("older", &["--size", "300"]);
    let done = other.run(&["import", "bundle", &older]).ended(DONE);
    done.says("0 facts put back, 300 were there before");
    done.tells(&format!(
        "has gone on to position {head}; it begins with all"
    ));
    assert_same(app.log(), there.log(), pilot).await;
    checked(&[&bundle, "--earlier", &older])
        .ended(HOLDS)
        .says("has grown from 300 to 859");
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_stay_whole() {
    let (site, app, pilot) = Site::with_demo(40).await;
    let visit = stored(app.log(), pilot).await.pop().expect("a fact").fact;
    let grouped = PilotId(Uuid::from_u128(7));
    app.log().create_log(grouped.0).await.expect("a log");
    for (command, facts) in (1..).zip([3_usize, 1, 600, 600, 1, 2, 300, 120, 700]) {
        let fact = |number: usize| NewFact {
            id: Uuid::from_u128(command << 64 | number as u128),
            stream: visit.stream.clone(),
            also: vec![format!("person/{}", Uuid::from_u128(number as u128 % 5))],
            kind: visit.kind.clone(),
            shape: visit.shape,
            occurred_on: NaiveDate::from_ymd_opt(2025, 1, 1).expect("a day"),
            entered_at: None,
            cause: Some(Uuid::from_u128(command)),
            payload: visit.payload.value(),
        };
        let append = Append {
            log: grouped.0,
            command: Uuid::from_u128(command),
            digest: vec![7; 32],
            actor: "somebody".to_owned(),
            expected: Vec::new(),
            facts: (0..facts).map(fact).collect(),
        };
        app.log().append(append).await.expect("appended");
    }
    let id = grouped.to_string();
    let bundle = site.path("grouped");
    let export = |more: &[&str]| {
        let command = ["export", "--pilot", &id, "--to", &bundle];
        site.run(&[&command, more].concat())
    };
    let within = "positions 5 to 604 were recorded together";
    export(&["--size", "100"])
        .ended(WRONG_ARGUMENTS)
        .tells(within);
    export(&["--first", "100"])
        .ended(WRONG_ARGUMENTS)
        .tells(within);
    export(&["--first", "9", "--size", "8"])
        .ended(WRONG_ARGUMENTS)
        .tells("no range");
    export(&["--size", "9999"]).ended(NOT_THERE);
    assert!(!Path::new(&format!("{bundle}.part")).exists());
    export(&[]).ended(DONE);
    let archive = site.path("archive");
    let command = [
        "archive", "--pilot", &id, "--to", &archive, "--every", "500",
    ];
    site.run(&command)
        .ended(DONE)
        .says("positions up to 2327; 4 ranges written");
    let ranges = [
        "1-604.ndjson",
        "1205-1507.ndjson",
        "1508-2327.ndjson",
        "605-1204.ndjson",
    ];
    assert_eq!(names(&archive), ranges);

    let other = Site::new().await;
    other.run(&["import", "bundle", &bundle]).ended(DONE);
    let there = other.app().await;
    assert_same(app.log(), there.log(), grouped).await;
}

fn names(folder: &str) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a folder").flatten();
    let names: BTreeSet<_> = entries.map(|entry| entry.file_name()).collect();
    names
        .into_iter()
        .filter_map(|name| name.into_string().ok())
        .collect()
}

/// Changes a bundle by chance: a byte, a line left out, two lines in each other's place, an end cut off.
fn tampered(bundle: &[u8], seed: u64) -> Vec<u8> {
    let mut chance = ChaCha8Rng::seed_from_u64(SEED << 32 | seed);
    let lines: Vec<&[u8]> = bundle.split_inclusive(|byte| *byte == b'\n').collect();
    let any = |chance: &mut ChaCha8Rng| chance.random_range(0..lines.len());
    let mut changed = bundle.to_vec();
    match seed % 8 {
        0..4 => {
            let at = chance.random_range(0..bundle.len());
            changed[at] ^= chance.random_range(1..=u8::MAX);
        }
        4..6 => {
            let mut lines = lines.clone();
            lines.remove(any(&mut chance));
            changed = lines.concat();
        }
        6 => {
            let mut lines = lines.clone();
            let (one, other) = (any(&mut chance), any(&mut chance));
            let other = if one == other {
                (one + 1) % lines.len()
            } else {
                other
            };
            lines.swap(one, other);
            changed = lines.concat();
        }
        _ => changed.truncate(chance.random_range(0..bundle.len())),
    }
    changed
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_changed_in_a_bundle_is_refused() {
    let (site, _, _) = Site::with_demo(40).await;
    let bundle = fs::read(site.exported("bundle", &[])).expect("a bundle");
    let other = Site::new().await;
    let import = |name: &str, bytes: &[u8]| {
        let path = other.write(name, bytes);
        let ran = other.run(&["import", "bundle", &path]);
        fs::remove_file(path).expect("removed");
        ran
    };
    let look = |seeds: Range<u64>| {
        for seed in seeds {
            let changed = tampered(&bundle, seed);
            assert!(changed != bundle);
            let ran = import(&seed.to_string(), &changed).ended(FAULT);
            let names = |what: &str| ran.stderr.contains(what);
            assert!(names("position") || names("line"), "{seed}: {ran:#?}");
            assert_eq!(ran.stdout, "", "{seed}");
        }
    };
    let half = TAMPERINGS / 2;
    std::thread::scope(|scope| {
        scope.spawn(|| look(0..half));
        look(half..TAMPERINGS);
    });
    assert_eq!(other.logs().await, 0);
    import("as it is", &bundle).ended(DONE);
    assert_eq!(other.logs().await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_put_back_is_told_before_anything_is() {
    let (site, app, pilot) = Site::with_demo(30).await;
    let good = records(&stored(app.log(), pilot).await);
    let other = Site::new().await;
    // Whoever makes a bundle of their own can make it hold; that it makes sense is another matter.
    let import = |name: &str, change: &dyn Fn(&mut Vec<Record>)| {
        let mut facts: Vec<Record> = good.iter().map(|(record, _)| record.clone()).collect();
        change(&mut facts);
        let path = other.write(name, made(&facts));
        checked(&[&path]).ended(HOLDS);
        let path = [&path[..]];
        other
            .run(&[&["import", "bundle"], &path[..]].concat())
            .ended(FAULT)
    };
    import("kind", &|facts| facts[20].kind = "Zauber".to_owned()).tells(
        "position 21: a fact that cannot be read here, of the kind Zauber: no fact `Zauber`",
    );
    import("shape", &|facts| facts[20].shape = 9).tells("position 21: a fact that cannot be read");
    import("payload", &|facts| facts[9].data = "{}".to_owned()).tells("position 10: ");
    import("stream", &|facts| facts[9].stream = "street/1".to_owned()).tells("position 10: ");
    import("actor", &|facts| facts[9].actor = "a\u{0}".to_owned())
        .tells("position 10: not a fact that a log takes: the actor is");
    import("no command", &|facts| facts[9].digest = None)
        .tells("position 10: the fact belongs to no whole command");
    import("id", &|facts| facts[9].id = facts[3].id).tells("position 10: the id ");
    import("command", &|facts| facts[9].command = facts[3].command).tells("position 10: the id ");
    assert_eq!(other.logs().await, 0);

    // Not from the beginning, or not from the end.
    let later = site.exported("later", &["--first", "11"]);
    let gap = other.run(&["import", "bundle", &later]).ended(FAULT);
    gap.tells("the bundle begins at position 11, and the log here ends at 0");
    assert_eq!(other.logs().await, 0);

    // Another history of the same log.
    let altered = |at: usize| {
        let mut facts: Vec<Record> = good.iter().map(|(record, _)| record.clone()).collect();
        facts[at].actor = "somebody else".to_owned();
        facts
    };
    let path = other.write("altered", made(&altered(4)));
    other.run(&["import", "bundle", &path]).ended(DONE);
    let bundle = site.exported("bundle", &[]);
    let differs = other.run(&["import", "bundle", &bundle]).ended(FAULT);
    differs.tells("position 5: the log here has another fact than the bundle");
    let before = other.run(&["import", "bundle", &later]).ended(FAULT);
    before.tells("positions 1 to 10: the log here has another history");
}

/// A bundle of these facts, under no signature.
fn made(facts: &[Record]) -> Vec<u8> {
    let mut frontier = proof::merkle::Frontier::default();
    let header = proof::bundle::Header {
        log: facts[0].log,
        origin: "somewhere".to_owned(),
        first: 1,
        frontier: frontier.clone(),
        size: facts.len() as u64,
        vkeys: Vec::new(),
    };
    let mut writer = proof::bundle::Writer::new(Vec::new(), &header).expect("written");
    for (position, fact) in (1..).zip(facts) {
        let (bytes, leaf) = (fact.bytes(), fact.leaf());
        writer.fact(position, &bytes, leaf).expect("written");
        frontier.push(leaf);
    }
    writer.finish(frontier.root()).expect("written")
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_interrupted_is_gone_on_with() {
    let (site, app, pilot) = Site::with_demo(usize::MAX).await;
    let bundle = site.exported("bundle", &[]);
    let whole = fs::read(&bundle).expect("a bundle");
    let part = format!("{bundle}.part");
    let resume = |there: &[u8], more: &[&str]| {
        fs::remove_file(&bundle).ok();
        fs::write(&part, there).expect("written");
        let command = ["export", "--pilot", CODE, "--to", &bundle, "--resume"];
        site.run(&[&command, more].concat())
    };
    let lists: Vec<usize> = ends(&whole, b"{\"count\":").collect();
    assert_eq!(lists.len(), 4);
    let first_fact = ends(&whole, b"{\"actor\":").next().expect("a fact");
    let cuts = [
        0,
        1,
        400,
        first_fact - 1,
        first_fact + 9,
        lists[0] - 1,
        lists[0],
        lists[1] + 700,
    ];
    let late = [lists[2], whole.len() - 100, whole.len() - 1, whole.len()];
    for cut in cuts.into_iter().chain(late) {
        let resumed = resume(&whole[..cut], &[]).ended(DONE);
        assert!(
            fs::read(&bundle).expect("a bundle") == whole,
            "{cut}: {resumed:#?}"
        );
        assert!(!Path::new(&part).exists());
    }
    // What is there is looked at.
    let mut damaged = whole[..lists[1] + 700].to_vec();
    damaged[lists[0] + 300] ^= 1;
    let resumed = resume(&damaged, &[]).ended(DONE);
    resumed.tells(&format!(
        "{} of {} bytes of it hold",
        lists[0],
        damaged.len()
    ));
    assert!(fs::read(&bundle).expect("a bundle") == whole);
    // The range is that of what is there.
    site.exported("shorter", &["--size", "300"]);
    let shorter = fs::read(site.path("shorter")).expect("a bundle");
    resume(&shorter[..lists[0] + 10], &[]).ended(DONE);
    assert!(fs::read(&bundle).expect("a bundle") == shorter);
    resume(&whole[..lists[1]], &["--size", "300"])
        .ended(FAULT)
        .tells("the unfinished bundle is of another range");
    site.run(&["export", "--pilot", CODE, "--resume"])
        .ended(WRONG_ARGUMENTS);
    fs::remove_file(&part).expect("left for another time");
    fs::write(&bundle, &whole).expect("written");

    // An import that ended after some of its transactions.
    let other = Site::new().await;
    let facts = records(&stored(app.log(), pilot).await);
    let there = other.app().await;
    there.log().ensure_log(pilot.0).await.expect("a log");
    let mut owner = Database::new(other.database.options())
        .restorer()
        .await
        .expect("connected");
    for some in [&facts[..100], &facts[100..357]] {
        owner.restore(pilot.0, some).await.expect("put back");
    }
    owner.close().await.expect("closed");
    let done = other.run(&["import", "bundle", &bundle]).ended(DONE);
    done.says("502 facts put back, 357 were there before");
    assert_same(app.log(), there.log(), pilot).await;

    // Another history that begins in the same way is not gone on with, in neither direction.
    let forged = Site::new().await;
    let mut altered: Vec<Record> = facts.iter().map(|(record, _)| record.clone()).collect();
    altered[30].actor = "somebody else".to_owned();
    let altered: Vec<_> = altered
        .into_iter()
        .map(|record| (record.leaf(), record))
        .collect();
    let altered: Vec<_> = altered
        .into_iter()
        .map(|(leaf, record)| (record, leaf))
        .collect();
    forge(&forged.database, pilot, &altered).await;
    let (id, path) = (pilot.to_string(), site.path("forged"));
    site.run_on(&forged.database, &["export", "--pilot", &id, "--to", &path])
        .ended(DONE);
    let begun = fs::read(&path).expect("a bundle");
    let list = ends(&begun, b"{\"count\":").nth(1).expect("a leaf list");
    resume(&begun[..list], &[])
        .ended(FAULT)
        .tells("the log does not have positions 1 to 512 as the unfinished bundle has them");
}

/// Where the lines end that start so.
fn ends<'a>(bundle: &'a [u8], start: &'a [u8]) -> impl Iterator<Item = usize> + 'a {
    let mut at = 0;
    bundle
        .split_inclusive(|byte| *byte == b'\n')
        .filter_map(move |line| {
            at += line.len();
            line.starts_with(start).then_some(at)
        })
}

/// Fills another database with a history.
async fn forge(database: &TestDatabase, pilot: PilotId, facts: &[(Record, Hash)]) {
    let log = EventLog::new(acting_as(database, eventlog::APPEND_ROLE).await);
    log.ensure_log(pilot.0).await.expect("a log");
    let mut owner = Database::new(database.options())
        .restorer()
        .await
        .expect("connected");
    owner.restore(pilot.0, facts).await.expect("put back");
    owner.close().await.expect("closed");
}

// ---- who owns the database ----

/// Somebody who may do everything in the database; keeps a copy, to put all back as it was.
struct Superuser(PgConnection);

impl Superuser {
    async fn new(site: &Site) -> Self {
        let mut superuser = Self(site.superuser().await);
        superuser
            .does(
                "alter table eventlog.fact disable trigger all;
                 alter table eventlog.also disable trigger all;
                 alter table eventlog.node disable trigger all;
                 alter table eventlog.head disable trigger all;
                 alter table eventlog.checkpoint disable trigger all;
                 alter table eventlog.signature disable trigger all;
                 create schema kept;
                 create table kept.fact as table eventlog.fact;
                 create table kept.node as table eventlog.node;
                 create table kept.head as table eventlog.head;
                 create table kept.checkpoint as table eventlog.checkpoint;
                 create table kept.signature as table eventlog.signature;",
            )
            .await;
        superuser
    }

    async fn does(&mut self, statement: &'static str) {
        let done = sqlx::raw_sql(statement).execute(&mut self.0).await;
        done.expect(statement);
    }

    async fn puts_back(&mut self) {
        self.does(
            "truncate eventlog.fact, eventlog.node, eventlog.head, eventlog.checkpoint,
                 eventlog.signature;
             insert into eventlog.fact table kept.fact;
             insert into eventlog.node table kept.node;
             insert into eventlog.head table kept.head;
             insert into eventlog.checkpoint table kept.checkpoint;
             insert into eventlog.signature table kept.signature;",
        )
        .await;
    }
}

/// What each tampering is, and between which positions it is found by who holds the checkpoint of 300.
const TAMPERED: [(&str, &str, (u64, u64)); 12] = [
    (
        "a payload",
        "update eventlog.fact set payload = '{}' where position = 137",
        (137, 137),
    ),
    (
        "a payload, written by hand",
        "update eventlog.fact set payload = E'{\\n\"a\":  1 }' where position = 137",
        (137, 137),
    ),
    (
        "an actor, of a fact that no checkpoint held is about",
        "update eventlog.fact set actor = 'nobody' where position = 390",
        (390, 390),
    ),
    (
        "a row that is gone",
        "delete from eventlog.fact where position = 137",
        (137, 137),
    ),
    (
        "the last row before a leaf list that is gone",
        "delete from eventlog.fact where position = 256",
        (256, 256),
    ),
    (
        "the last row that is gone",
        "delete from eventlog.fact where position = 400",
        (400, 400),
    ),
    (
        "neighbours in each other's place",
        "update eventlog.fact set position = -1 where position = 137;
         update eventlog.fact set position = 137 where position = 138;
         update eventlog.fact set position = 138 where position = -1",
        (137, 137),
    ),
    (
        "two in each other's place, far apart",
        "update eventlog.fact set position = -1 where position = 137;
         update eventlog.fact set position = 137 where position = 350;
         update eventlog.fact set position = 350 where position = -1",
        (137, 137),
    ),
    (
        "an earlier time",
        "update eventlog.fact set recorded_at = recorded_at - interval '1 year' where position = 137",
        (137, 137),
    ),
    (
        "an earlier time, hashed again",
        "update eventlog.fact set recorded_at = recorded_at - interval '1 year' where position = 137;
         update eventlog.fact as f set leaf = sha256('\\x00'::bytea || convert_to(eventlog.record(
             log_id, position, eventlog.record_time(recorded_at), entered_at, id, command_id, cause,
             occurred_on, shape, command_digest, salt, stream, kind, actor,
             array_to_string(also, ' '), payload::text), 'UTF8'))
         where position = 137",
        (137, 137),
    ),
    (
        "a payload, hashed again",
        "update eventlog.fact set payload = '{}' where position = 137;
         update eventlog.fact as f set leaf = sha256('\\x00'::bytea || convert_to(eventlog.record(
             log_id, position, eventlog.record_time(recorded_at), entered_at, id, command_id, cause,
             occurred_on, shape, command_digest, salt, stream, kind, actor,
             array_to_string(also, ' '), payload::text), 'UTF8'))
         where position = 137",
        (1, 300),
    ),
    (
        "an end that is cut off, consistently",
        "delete from eventlog.fact where position > 250;
         delete from eventlog.node;
         delete from eventlog.checkpoint;
         delete from eventlog.signature;
         update eventlog.head set position = 250, frontier = (
             select eventlog.grow(log_id, 0, '', string_agg(leaf, '' order by position))
             from eventlog.fact group by log_id)",
        (251, 300),
    ),
];

/// History written anew from one position on: hashes, tree, head; and nothing left of what was signed.
const REWRITTEN: &str = "
    update eventlog.fact set payload = '{}', actor = 'nobody' where position = 137;
    update eventlog.fact as f set leaf = sha256('\\x00'::bytea || convert_to(eventlog.record(
        log_id, position, eventlog.record_time(recorded_at), entered_at, id, command_id, cause,
        occurred_on, shape, command_digest, salt, stream, kind, actor,
        array_to_string(also, ' '), payload::text), 'UTF8'))
    where position = 137;
    delete from eventlog.node;
    delete from eventlog.checkpoint;
    delete from eventlog.signature;
    update eventlog.head set frontier = (
        select eventlog.grow(log_id, 0, '', string_agg(leaf, '' order by position))
        from eventlog.fact group by log_id)";

#[tokio::test(flavor = "multi_thread")]
async fn a_superuser_is_caught_by_a_checkpoint_held_elsewhere() {
    let (site, app, pilot) = Site::with_demo(400).await;
    let (keys, earlier) = (site.keys(), site.exported("earlier", &[]));
    let (hundred, held) = (site.checkpoint(100), site.checkpoint(300));
    let bundle = site.path("bundle");
    let export = || site.run(&["export", "--pilot", CODE, "--to", &bundle]);
    let trusted = [&bundle[..], "--key", &keys, "--checkpoint", &held];
    let with_earlier = [&trusted[..], &["--earlier", &earlier]].concat();
    export().ended(DONE);
    checked(&with_earlier).ended(HOLDS);

    let mut superuser = Superuser::new(&site).await;
    for (what, statement, positions) in TAMPERED {
        superuser.does(statement).await;
        let exported = export();
        // What was signed is gone from the database with the last.
        if what != "an end that is cut off, consistently" {
            exported.ended(WITH_FINDINGS).tells("inrete: DAMAGED: ");
        }
        assert_eq!(refused(&trusted), positions, "{what}");
        // Who has the facts themselves is told the first that is another.
        let (first, _) = refused(&with_earlier);
        let from = if positions == (1, 300) {
            137
        } else {
            positions.0
        };
        assert_eq!(first, from, "{what}");
        superuser.puts_back().await;
    }
    export().ended(DONE);
    checked(&with_earlier).ended(HOLDS);

    // With the keys stolen too, all in the database fits, and is signed.
    superuser.does(REWRITTEN).await;
    assert_eq!(
        app.log().verify(pilot.0).await.expect("verified").findings,
        []
    );
    export().ended(DONE).tells("and 1 checkpoints");
    checked(&[&bundle, "--key", &keys]).ended(HOLDS);
    assert_eq!(refused(&trusted), (1, 300));
    let both = [&trusted[..], &["--checkpoint", &hundred]].concat();
    assert_eq!(refused(&both), (101, 300));
    assert_eq!(refused(&with_earlier), (137, 137));
    superuser.puts_back().await;

    // A history elsewhere, under the same name, signed with the stolen keys.
    let mut facts = records(&stored(app.log(), pilot).await);
    let (record, leaf) = &mut facts[298];
    record.occurred_on = record.occurred_on.pred_opt().expect("a day");
    *leaf = record.leaf();
    let forged = Site::new().await;
    forge(&forged.database, pilot, &facts).await;
    let id = pilot.to_string();
    let command = ["export", "--pilot", &id, "--to", &bundle];
    site.run_on(&forged.database, &command).ended(DONE);
    checked(&[&bundle, "--key", &keys]).ended(HOLDS);
    assert_eq!(refused(&both), (101, 300));
    assert_eq!(refused(&with_earlier), (299, 299));

    checked(&with_earlier).ended(REFUSED);

    // A checkpoint in the database that none of the installation's keys has signed.
    superuser
        .does("update eventlog.signature set bytes = decode(repeat('00', 64), 'hex')")
        .await;
    let verified = site.run(&["verify"]).ended(WITH_FINDINGS);
    verified.says("the checkpoint of 400 facts is not signed by this installation: ");
    superuser.puts_back().await;
    site.run(&["verify"]).ended(DONE);
}

// ---- archives ----

#[tokio::test(flavor = "multi_thread")]
async fn an_archive_verifies_range_by_range_and_in_sequence() {
    let (site, app, pilot) = Site::with_demo(350).await;
    let (folder, keys) = (site.path("archive"), site.keys());
    let archive = |every: &str| {
        let command = ["archive", "--pilot", CODE, "--to", &folder];
        site.run(&[&command, &["--every", every][..]].concat())
    };
    let verify = |more: &[&str]| {
        let command = ["verify", "--archive", &folder, "--key", &keys];
        site.run(&[&command, more].concat())
    };
    let range = |name: &str| PathBuf::from(&folder).join(name);
    archive("100")
        .ended(DONE)
        .says("positions up to 300; 3 ranges written, 0 were there");
    let whole = verify(&[]).ended(DONE);
    whole.says("the archive holds: 300 facts, positions 1 to 300");
    let root = app.log().root(pilot.0, 300).await.expect("a root");
    assert_eq!(
        verify(&["--json"]).ended(DONE).json()["root"],
        root.to_string()
    );
    let held = [&site.checkpoint(150), &site.checkpoint(320)];
    let looked = verify(&["--checkpoint", held[0], "--checkpoint", held[1]]).ended(DONE);
    looked.says("history leads through your checkpoint at size 150");
    looked.says("your checkpoint at size 320 is not of a position in the archive: not checked");
    for name in names(&folder) {
        let path = range(&name);
        let path = path.to_str().expect("a path");
        checked(&[path, "--key", &keys]).ended(HOLDS);
    }

    // More facts: what is there stays as it is.
    let proposals = demo::plan(demo::SEED, &app);
    let more = proposals.iter().take(420);
    let loaded = app
        .load(pilot, "demo", more, Strictness::Strict, |_| ())
        .await;
    assert_eq!(loaded.expect("no fault").recorded, 70);
    let before = fs::read(range("101-200.ndjson")).expect("a range");
    archive("100")
        .ended(DONE)
        .says("1 ranges written, 3 were there before");
    assert!(fs::read(range("101-200.ndjson")).expect("a range") == before);
    verify(&[]).ended(DONE);

    // One that is gone, one in the place of another, one of another history.
    let away = site.path("away");
    fs::rename(range("201-300.ndjson"), &away).expect("moved");
    verify(&[])
        .ended(WITH_FINDINGS)
        .tells("positions 201 to 300 are missing");
    fs::copy(range("101-200.ndjson"), range("201-300.ndjson")).expect("copied");
    verify(&[])
        .ended(WITH_FINDINGS)
        .tells("has the positions 101 to 200, not those of its name");
    archive("100").ended(WITH_FINDINGS).tells("DAMAGED");
    let forged = Site::new().await;
    let mut facts = records(&stored(app.log(), pilot).await);
    let (record, leaf) = &mut facts[149];
    record.actor = "nobody".to_owned();
    *leaf = record.leaf();
    forge(&forged.database, pilot, &facts).await;
    let (id, path) = (pilot.to_string(), range("201-300.ndjson"));
    let path = path.to_str().expect("a path");
    let command = [
        "export", "--pilot", &id, "--to", path, "--first", "201", "--size", "300",
    ];
    site.run_on(&forged.database, &command).ended(DONE);
    checked(&[path, "--key", &keys]).ended(HOLDS);
    verify(&[])
        .ended(WITH_FINDINGS)
        .tells("does not continue the bundle before it");
    archive("100")
        .ended(WITH_FINDINGS)
        .tells("the log has another history up to position 300");
    fs::remove_file(path).expect("removed");
    archive("100")
        .ended(DONE)
        .says("1 ranges written, 3 were there before");
    assert!(fs::read(path).expect("a range") == fs::read(&away).expect("the same"));

    // Brought over one after the other.
    let other = Site::new().await;
    let import = |name: &str| {
        let path = range(name);
        other.run(&[
            "import",
            "bundle",
            path.to_str().expect("a path"),
            "--key",
            &keys,
        ])
    };
    import("1-100.ndjson").ended(DONE);
    let gap = import("201-300.ndjson").ended(FAULT);
    gap.tells("the bundle begins at position 201, and the log here ends at 100");
    for name in ["101-200.ndjson", "201-300.ndjson", "301-400.ndjson"] {
        import(name)
            .ended(DONE)
            .says("100 facts put back, 0 were there before");
    }
    let (there, here) = (other.app().await, app.log().stored(pilot.0, 0, 400));
    let here: Vec<Stored> = here.try_concat().await.expect("facts");
    assert_eq!(stored(there.log(), pilot).await, here);
    assert_eq!(
        there
            .log()
            .verify(pilot.0)
            .await
            .expect("verified")
            .findings,
        []
    );

    // The oldest, kept elsewhere.
    fs::remove_file(range("1-100.ndjson")).expect("moved");
    verify(&[])
        .ended(WITH_FINDINGS)
        .tells("positions 1 to 100 are missing: no bundle has them");
    verify(&["--first", "101"])
        .ended(DONE)
        .says("300 facts, positions 101 to 400");
    archive("100")
        .ended(DONE)
        .says("0 ranges written, 3 were there before");
    let empty = site.path("empty");
    fs::create_dir(&empty).expect("a folder");
    site.run(&["verify", "--archive", &empty])
        .ended(WRONG_ARGUMENTS);
}
