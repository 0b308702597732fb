//! What processes remember of a person who was forgotten before they started.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use tests::program::{Place, Served};
use tests::search::{Remembered, Texts};

use super::{CODE, ask, opened, sealed_texts};

/// Leaves out what can only be looked at as root, or as the parent of what is looked at.
const SKIP: &str = "INRETE_SKIP_MEMORY";
/// How often others are asked about until something of them is found: what was answered may have been
/// written over since.
const TRIES: u32 = 5;

/// Asks a restarted server about everybody, and looks through its memory and that of every process of
/// its PostgreSQL: what it told of others is found there, and nothing of hers.
pub(super) fn others_are_remembered_and_she_is_not(
    place: &Place,
    served: &Served,
    token: &str,
    hers: &Texts,
    gone: &BTreeSet<String>,
) {
    let mut told = BTreeSet::new();
    for _ in 0..TRIES {
        told.extend(everything_told(served, token, gone));
        // What others say in the same words as she did is theirs, and may be remembered.
        let theirs = hers.in_bytes(told.iter().cloned().collect::<Vec<_>>().join("\n"));
        let others = Texts::new(&told);
        let server = Some(served.pid());
        let Some(remembered) = look(&others, server) else {
            return;
        };
        if remembered.found.is_empty() {
            continue;
        }
        assert!(remembered.bytes > 1_000_000, "{remembered:?}");
        // Of PostgreSQL's processes too: what they were asked about is found there.
        let processes = place.processes();
        assert!(processes.len() > 5, "{processes:?}");
        let asked = look(&Texts::new([CODE]), processes.clone()).expect("looked before");
        let where_: BTreeSet<i32> = asked.found.into_values().flatten().collect();
        assert!(where_.len() > 1, "only in {where_:?} of {processes:?}");

        let mut remembered = look(hers, processes).expect("looked before");
        remembered.found.retain(|text, _| !theirs.contains(text));
        assert_eq!(remembered.found, BTreeMap::new());
        return;
    }
    panic!("nothing that was told is found in memory: {told:?}");
}

/// Everything sealed that the server tells of those who are not gone. Of her it tells nothing.
fn everything_told(served: &Served, token: &str, gone: &BTreeSet<String>) -> BTreeSet<String> {
    let all = "query($pilot: ID!) { households(pilot: $pilot, first: 100) { edges { node {
        id members { person }
    } } } }";
    let mut households =
        ask(served, token, all, &json!({ "pilot": CODE }))["households"]["edges"].take();
    let mut told = BTreeSet::new();
    for edge in households.as_array_mut().expect("a list") {
        let household = edge["node"]["id"].as_str().expect("an id");
        let answer = opened(served, token, household);
        let mut texts = BTreeSet::new();
        sealed_texts(&answer, &mut texts);
        let members = edge["node"]["members"].as_array();
        let is_hers = |member: &Value| gone.contains(member["person"].as_str().unwrap_or_default());
        if members.is_some_and(|members| members.iter().any(is_hers)) {
            assert_eq!(
                texts,
                BTreeSet::new(),
                "of a household whose people are gone"
            );
        }
        told.extend(texts);
    }
    assert!(told.len() > 50, "{told:?}");
    told
}

/// Looks for texts in processes; nothing when that is to be left out.
fn look(
    texts: &Texts,
    processes: impl IntoIterator<Item = nix::unistd::Pid>,
) -> Option<Remembered> {
    match texts.in_processes(processes) {
        Ok(remembered) => Some(remembered),
        Err(_) if std::env::var_os(SKIP).is_some_and(|value| value == "1") => None,
        Err(error) => panic!(
            "the memory of the server cannot be read ({error}): run the tests as root, with \
             CAP_SYS_PTRACE, or leave this out with {SKIP}=1"
        ),
    }
}
