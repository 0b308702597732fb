//! Forgetting one person of the demonstration, with the program as people start it: what is left of
//! her anywhere, and what stays as it was.

mod copies;
mod due;
mod memory;
mod postgres;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use sources::demo;
use tests::program::{Place, Served};
use tests::search::{Texts, files};

use crate::walk_fields::OPENED;
use postgres::{dump, restore, url, wrapped_key};

const CODE: &str = "casalmaggiore";
const DONE: i32 = 0;
const FAULT: i32 = 1;
const WRONG_ARGUMENTS: i32 = 2;
const WITH_FINDINGS: i32 = 3;
const NOT_THERE: i32 = 4;

/// Fields whose text was sealed, as exports and as answers have them.
const SEALED_FIELDS: [&str; 7] = [
    "given_name",
    "givenName",
    "family_name",
    "familyName",
    "contact",
    "note",
    "text",
];

/// Shorter texts stand in a file by chance.
const TELLING_BYTES: usize = 5;

#[test]
fn what_is_left_of_a_forgotten_person_opens_nowhere() {
    let place = Place::new();
    place.run(&["demo", "--load-only"]).ended(DONE);
    let family = family(&place);
    let before = published(&place, "before");
    let keys = fs::read_to_string(place.data().join("keys/master-1.key")).expect("a key");

    // Everything she has is in her export, and nowhere else in the clear.
    let (hers, exported) = export(&place, &family.head, "hers");
    assert!(hers.len() > 5, "{hers:?}");
    let known: BTreeSet<&str> = demo::sealed_texts().into_iter().collect();
    assert!(hers.iter().any(|text| known.contains(text.as_str())));
    let hers = telling(hers);
    let master = Texts::new([keys.trim()]);
    let wrapped = Texts::bytes("her wrapped key", &wrapped_key(&place, &family.head));
    assert!(is_in(&tables(&place), &wrapped), "it is in a table");
    assert!(is_in(&files(&place.data()), &master));

    let older = place.beside("older.sql");
    let served = place.serve();
    dump(&place, "inrete_vault", &older);
    let token = token(&place);
    let names = |served: &Served| names(served, &token);
    let all = names(&served);
    assert_eq!(all.len(), family.everybody);
    assert_eq!(all.iter().filter(|(_, name)| name.is_null()).count(), 0);

    // Only when she is named, a reason is given, and it is meant.
    let forget = ["person", "forget", "--household", &family.household];
    let reason = ["--reason", "her_request", "--with-children"];
    place
        .run(&[&forget[..], &reason].concat())
        .ended(WRONG_ARGUMENTS)
        .tells("--yes");
    let forgot = place.run(&[&forget[..], &reason, &["--yes", "--json"]].concat());
    let forgot = forgot.ended(DONE);
    let said = forgot.json();
    assert_eq!(said["masterKeyDestroyed"], true);
    assert_eq!(said["vaultRewritten"], true);
    assert_eq!(said["walSwitched"], true);
    let gone: BTreeSet<String> = ids(&said["persons"]);
    assert!(gone.contains(&family.head) && gone.len() > 1, "{said:#}");

    // The server that has been running all along knows it, and everybody else's names.
    for (person, name) in names(&served) {
        assert_eq!(name.is_null(), gone.contains(&person), "{person}");
    }
    let heard = [served.heard(), forgot.stdout, forgot.stderr].concat();
    assert!(served.interrupt().success());
    assert_eq!(hers.in_bytes(&heard), BTreeSet::new(), "{heard}");
    published_is_the_same(&place, &before);
    place
        .run(&["demo", "--load-only"])
        .ended(DONE)
        .tells("0 facts recorded now");
    let listed = place.run(&["person", "list", "--json"]).ended(DONE).json();
    for row in listed.as_array().expect("a list") {
        let is_gone = gone.contains(row["person"].as_str().expect("an id"));
        assert_eq!(
            row["key"],
            if is_gone { "forgotten" } else { "key" },
            "{row}"
        );
    }
    let again = ["person", "export", "--person", &family.head, "--to"];
    place
        .run(&[&again[..], &["nowhere"]].concat())
        .ended(FAULT)
        .tells("was forgotten");

    // Whoever has her export has it; what the house holds has nothing of it.
    fs::remove_dir_all(exported).expect("handed over");
    let (now_log, now_vault) = (place.beside("log.sql"), place.beside("vault.sql"));
    let served = place.serve();
    memory::others_are_remembered_and_she_is_not(&place, &served, &token, &hers, &gone);
    dump(&place, "inrete", &now_log);
    dump(&place, "inrete_vault", &now_vault);
    assert!(served.interrupt().success());
    let bundle = place.beside("bundle");
    let export = ["export", "--pilot", CODE, "--to", text(&bundle)];
    place.run(&export).ended(DONE);
    let mut kept = files(&place.data());
    let tables = tables(&place);
    assert!(tables.len() > 100, "{} tables", tables.len());
    let ahead = kept
        .iter()
        .filter(|path| path.components().any(|part| part.as_os_str() == "pg_wal"));
    assert!(
        ahead.count() > 0,
        "the write-ahead log is looked through too"
    );
    for readable in [&now_log, &bundle] {
        let fact = Texts::new(["HouseholdMemberJoined"]);
        assert!(is_in(std::slice::from_ref(readable), &fact));
    }
    kept.extend([older.clone(), now_log, now_vault, bundle]);
    assert_eq!(hers.in_files(&kept), BTreeMap::new());
    // The master key that had wrapped hers is nowhere, and her wrapped key in no table.
    assert_eq!(master.in_files(&kept), BTreeMap::new());
    assert_eq!(wrapped.in_files(&tables), BTreeMap::new());

    // A copy of the vault from before, put back, and all that the service holds now.
    let served = place.serve();
    restore(&place, &older, "inrete_older");
    assert!(served.interrupt().success());
    let url = url(&place, "inrete_older");
    let with_older = |arguments: &[&str]| {
        let served = place.serve();
        let ran = place.run(&[&["--vault-database-url", &url], arguments].concat());
        assert!(served.interrupt().success());
        ran
    };
    let to = place.beside("stolen");
    let export = [
        "person",
        "export",
        "--person",
        &family.head,
        "--to",
        text(&to),
    ];
    with_older(&export).ended(DONE);
    let stolen = fs::read_to_string(to.join("data.json")).expect("an export");
    assert!(stolen.contains("there is no master key"), "{stolen}");
    assert_eq!(hers.in_bytes(&stolen), BTreeSet::new(), "it opens again");
    let found = with_older(&["verify"]).ended(WITH_FINDINGS);
    found.says("was forgotten and has a key in the vault");
    place.run(&["verify"]).ended(DONE);
}

#[test]
fn a_restriction_stands_against_forgetting() {
    let place = Place::new();
    place.run(&["demo", "--load-only"]).ended(DONE);
    let family = family(&place);
    let whom = ["--pilot", CODE, "--person", &family.head];
    let restrict = ["person", "restrict", "--reason", "legal_claim"];
    place.run(&[&restrict[..], &whom].concat()).ended(DONE);
    let forget = [
        "person",
        "forget",
        "--reason",
        "retention_ended",
        "--yes",
        "--person",
    ];
    let forget = [&forget[..], &[&family.head]].concat();
    let master = |place: &Place| fs::read(place.data().join("keys/master-1.key")).ok();
    let before = master(&place).expect("a key");
    place
        .run(&forget)
        .ended(FAULT)
        .tells("a restriction was placed");
    assert_eq!(master(&place), Some(before), "nothing was rotated");
    export(&place, &family.head, "hers");
    place
        .run(&[&["person", "lift"], &whom[..]].concat())
        .ended(DONE);
    place
        .run(&[&["person", "lift"], &whom[..]].concat())
        .ended(NOT_THERE);
    place.run(&forget).ended(DONE);
    assert_eq!(master(&place), None);
    // What was done is in a log of its own, which is signed, proved and handed out as the pilot's is.
    let access = ["--pilot", "access:casalmaggiore"];
    let signed = place.run(&[&["checkpoint"], &access[..]].concat());
    signed.ended(DONE);
    let bundle = place.beside("access");
    let export = [&["export"], &access[..], &["--to", text(&bundle)]].concat();
    place.run(&export).ended(DONE);
    assert!(is_in(&[bundle], &Texts::new(["PersonForgotten"])));
    // The children's text is theirs, and stays.
    let listed = place.run(&["person", "list", "--json"]).ended(DONE).json();
    let gone = listed.as_array().expect("a list").iter();
    assert_eq!(gone.filter(|row| row["key"] == "forgotten").count(), 1);
    let late = place.run(&[&restrict[..], &whom].concat()).ended(FAULT);
    late.tells("was forgotten");
    let nobody = uuid::Uuid::nil().to_string();
    let unknown = [
        "person",
        "forget",
        "--reason",
        "her_request",
        "--yes",
        "--person",
        &nobody,
    ];
    place.run(&unknown).ended(NOT_THERE);
}

#[test]
fn the_master_key_is_rotated_on_the_command_line() {
    let place = Place::new();
    place.run(&["demo", "--load-only"]).ended(DONE);
    let family = family(&place);
    let keys = place.data().join("keys");
    let old = fs::read(keys.join("master-1.key")).expect("a key");
    let rotated = place.run(&["key", "rotate-master"]).ended(DONE);
    rotated.tells("the old master key is destroyed");
    assert!(!keys.join("master-1.key").exists());
    assert_ne!(fs::read(keys.join("master-2.key")).expect("a key"), old);
    let (hers, _) = export(&place, &family.head, "hers");
    assert!(!hers.is_empty());
    // What went wrong with the files is said, and nothing is made in their place.
    fs::rename(keys.join("master-2.key"), place.beside("kept")).expect("moved");
    place
        .run(&["pilots"])
        .ended(FAULT)
        .tells("the master keys are missing");
    fs::rename(place.beside("kept"), keys.join("master-2.key")).expect("back");
    place.run(&["verify"]).ended(DONE);
}

/// A household of the demonstration with children.
struct Family {
    household: String,
    head: String,
    /// Persons of all households.
    everybody: usize,
}

fn family(place: &Place) -> Family {
    let listed = place.run(&["person", "list", "--pilot", CODE, "--json"]);
    let listed = listed.ended(DONE).json();
    let rows = listed.as_array().expect("a list");
    let members = |household: &Value| {
        let inside = |row: &&Value| {
            row["households"]
                .as_array()
                .is_some_and(|all| all.contains(household))
        };
        rows.iter().filter(inside).count()
    };
    let largest = rows
        .iter()
        .filter(|row| {
            row["heads"]
                .as_array()
                .is_some_and(|heads| heads.len() == 1)
        })
        .max_by_key(|row| (members(&row["heads"][0]), row["sealedFacts"].as_u64()))
        .expect("a head");
    assert!(members(&largest["heads"][0]) > 1);
    let id = |value: &Value| value.as_str().expect("an id").to_owned();
    let persons = rows.iter().filter(|row| row["households"] != json!([]));
    Family {
        household: id(&largest["heads"][0]),
        head: id(&largest["person"]),
        everybody: persons.count(),
    }
}

/// Her export, and every text in it that was sealed.
fn export(place: &Place, person: &str, name: &str) -> (BTreeSet<String>, PathBuf) {
    let to = place.beside(name);
    let export = ["person", "export", "--person", person, "--to", text(&to)];
    place.run(&export).ended(DONE);
    let read = fs::read_to_string(to.join("data.json")).expect("a file");
    let data: Value = serde_json::from_str(&read).expect("JSON");
    let mut texts = BTreeSet::new();
    sealed_texts(&data, &mut texts);
    let readable = fs::read_to_string(to.join("data.md")).expect("a file");
    assert!(
        texts.iter().all(|text| readable.contains(text.as_str())),
        "{readable}"
    );
    (texts, to)
}

/// Names and notes in an export or an answer.
fn sealed_texts(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| sealed_texts(item, found)),
        Value::Object(map) => {
            for (key, inner) in map {
                match inner {
                    Value::String(text) if SEALED_FIELDS.contains(&key.as_str()) => {
                        found.insert(text.clone());
                    }
                    _ => sealed_texts(inner, found),
                }
            }
        }
        _ => {}
    }
}

/// What others were given: indicators, tables, a bundle's leaves.
fn published(place: &Place, name: &str) -> Vec<(String, Vec<u8>)> {
    let scope = ["--pilot", CODE, "--period", "2024-10-01..2025-09-30"];
    let indicators = place.run(&[&["indicators", "--json"], &scope[..]].concat());
    let report = place.run(&[&["report"], &scope[..]].concat());
    let out = place.beside(name);
    let hmis = ["report", "hmis", "--pilot", CODE, "--from", "2024-10-01"];
    let more = ["--to", "2025-09-30", "--out", text(&out)];
    place.run(&[&hmis[..], &more].concat()).ended(DONE);
    let bundle = place.beside(&format!("{name}.bundle"));
    let export = ["export", "--pilot", CODE, "--to", text(&bundle)];
    place.run(&export).ended(DONE);
    let mut all = vec![
        ("bundle".to_owned(), fs::read(bundle).expect("a bundle")),
        (
            "indicators".to_owned(),
            indicators.ended(DONE).stdout.into_bytes(),
        ),
        ("report".to_owned(), report.ended(DONE).stdout.into_bytes()),
    ];
    for file in files(&out) {
        let name = file
            .file_name()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        all.push((name, fs::read(file).expect("a file")));
    }
    all
}

fn published_is_the_same(place: &Place, before: &[(String, Vec<u8>)]) {
    let after = published(place, "after");
    assert!(before.len() > 10);
    assert_eq!(before.len(), after.len());
    for (before, after) in before.iter().zip(&after) {
        assert_eq!(before.0, after.0);
        assert!(before.1 == after.1, "{} changed", before.0);
    }
}

fn token(place: &Place) -> String {
    let create = [
        "token",
        "create",
        "--role",
        "coordinator",
        "--label",
        "test",
    ];
    place.run(&create).ended(DONE).stdout.trim().to_owned()
}

/// Everybody's name, as the server tells it.
fn names(served: &Served, token: &str) -> Vec<(String, Value)> {
    let query = "query($pilot: ID!) { households(pilot: $pilot, first: 100) { edges { node {
        members { person identity { givenName } }
    } } } }";
    let answer = ask(served, token, query, &json!({ "pilot": CODE }));
    let edges = answer["households"]["edges"].as_array();
    let members = edges.expect("a list").iter().flat_map(|edge| {
        let members = edge["node"]["members"].as_array();
        members.cloned().unwrap_or_default()
    });
    members
        .map(|member| {
            let person = member["person"].as_str().expect("an id").to_owned();
            (person, member["identity"]["givenName"].clone())
        })
        .collect()
}

/// Everything sealed of a household, as the server tells it.
fn opened(served: &Served, token: &str, household: &str) -> Value {
    let variables = json!({ "pilot": CODE, "household": household });
    ask(served, token, OPENED, &variables)["household"].take()
}

fn ask(served: &Served, token: &str, query: &str, variables: &Value) -> Value {
    let body = json!({ "query": query, "variables": variables });
    let mut answer = runtime().block_on(async {
        let client = reqwest::Client::new();
        let request = client.post(&served.address).bearer_auth(token);
        let response = request.json(&body).send().await;
        let text = response.expect("an answer").text().await.expect("a text");
        serde_json::from_str::<Value>(&text).expect("JSON")
    });
    assert_eq!(answer.get("errors"), None, "{answer:#}");
    answer["data"].take()
}

fn runtime() -> tokio::runtime::Runtime {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.expect("a runtime")
}

fn ids(list: &Value) -> BTreeSet<String> {
    let list = list.as_array().expect("a list").iter();
    list.map(|id| id.as_str().expect("an id").to_owned())
        .collect()
}

/// The files of tables, of all databases.
fn tables(place: &Place) -> Vec<PathBuf> {
    files(&place.data().join("postgres/base"))
}

fn is_in(files: &[PathBuf], what: &Texts) -> bool {
    !what.in_files(files).is_empty()
}

/// Those texts that do not stand in a file by chance.
fn telling(texts: BTreeSet<String>) -> Texts {
    Texts::new(texts.into_iter().filter(|text| text.len() >= TELLING_BYTES))
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path of text")
}
