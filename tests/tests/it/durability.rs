//! What was acknowledged is there, once, whatever dies: servers, writers and PostgreSQL underneath are
//! killed while commands are on their way.
//!
//! `INRETE_TORTURE_ROUNDS` sets how often; `torture` goes on for longer.

use serde_json::json;
use tests::program::Place;
use tests::torture::{self, Plan, SEED};

/// Every kind of death once, where PostgreSQL has a process of its own and where it is a server's.
const CYCLES: u64 = 13;

fn cycles() -> u64 {
    let wanted = std::env::var_os("INRETE_TORTURE_ROUNDS");
    let wanted = wanted.and_then(|text| text.into_string().ok());
    wanted.map_or(CYCLES, |text| {
        text.parse().expect("INRETE_TORTURE_ROUNDS is a number")
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_survives_every_death() {
    let plan = Plan {
        seed: SEED,
        cycles: cycles(),
        time: None,
        torture: env!("CARGO_BIN_EXE_torture").into(),
        rounds: 1,
    };
    match torture::run(&plan, |line| println!("{line}")).await {
        Ok(tally) => {
            println!("{tally}");
            if tally.cycles >= CYCLES {
                tally.has_seen_everything().expect("all of it");
            }
        }
        Err(wrong) => panic!("{wrong:#}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_server_has_the_directory_and_leaves_nothing_running() {
    let place = Place::new();
    let served = place.serve();
    let second = place.run(&["serve", "--listen", "127.0.0.1:0"]).ended(1);
    second.tells(&format!(
        "in use by process {}: stop that one first",
        served.pid()
    ));
    let demo = place.run(&["demo", "--listen", "127.0.0.1:0"]).ended(1);
    demo.tells("in use by process");

    // A short command goes beside it, and leaves it running.
    assert_eq!(place.run(&["pilots", "--json"]).ended(0).json(), json!([]));
    let health = served.address.replace("/graphql", "/healthz");
    let healthy = reqwest::get(&health).await.expect("an answer");
    assert!(healthy.status().is_success());

    // Nothing of it runs as root.
    let processes = place.processes();
    assert!(processes.len() > 3, "{processes:?}");
    for process in processes {
        let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
        let owner = status.lines().find(|line| line.starts_with("Uid:"));
        let is_root = owner.is_some_and(|line| line.split_whitespace().any(|id| id == "0"));
        assert!(!is_root, "process {process} runs as root:\n{status}");
    }

    let ended = served.interrupt();
    assert_eq!(ended.code(), Some(0));
    assert_eq!(place.processes(), [], "something is left running");
    assert!(place.postmaster().is_none());
    assert!(reqwest::get(&health).await.is_err());
}
