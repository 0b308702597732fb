//! How long after a fact was recorded its rows show.
//!
//! `cargo run --release -p projections --example lag -- [FACTS A SECOND] [SECONDS] [HOUSEHOLDS]` records
//! a thousand facts a second of fifty households for twenty seconds, unless told otherwise.

#![expect(
    clippy::print_stdout,
    clippy::expect_used,
    reason = "a measurement: what it finds is printed, and a fault ends it"
)]

use std::time::Duration;

use chrono::NaiveDate;
use eventlog::{Append, EventLog, LogId, NewFact, Reader};
use events::codes::{VisitKind, VisitPurpose};
use events::*;
use projections::{Runner, RunnerHandle};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};
use uuid::Uuid;

const LOG: LogId = Uuid::from_u128(1);
/// Facts of one command.
const COMMAND: u64 = 5;

#[tokio::main]
async fn main() {
    let mut given = std::env::args().skip(1);
    let mut number = |or: u64| given.next().map_or(or, |n| n.parse().expect("a number"));
    let (rate, seconds, households) = (number(1_000), number(20), number(50));

    let database = cluster::testing::database().await;
    let pool = database.pool().await;
    let mut conn = pool.acquire().await.expect("a connection");
    eventlog::migrate(&mut conn)
        .await
        .expect("the log's schema");
    projections::migrate(&mut conn).await.expect("a schema");
    drop(conn);
    let log = EventLog::new(pool.clone());
    log.create_log(LOG).await.expect("a log");
    append(&log, 0, vec![opened()]).await;
    let runner = std::sync::Arc::new(Runner::start(pool, Reader::clone(&log), None));
    shows(&runner, 1).await;

    let begun = Instant::now();
    let mut commands = JoinSet::new();
    for command in 0..rate * seconds / COMMAND {
        let due = begun
            + Duration::from_secs(1) * u32::try_from(command * COMMAND).expect("few")
                / u32::try_from(rate).expect("few");
        sleep_until(due).await;
        let (log, runner) = (log.clone(), std::sync::Arc::clone(&runner));
        commands.spawn(async move {
            let first = 1 + command * COMMAND;
            let facts = (first..first + COMMAND).map(|n| visit(n, households));
            let last = append(&log, first, facts.collect()).await;
            let recorded = Instant::now();
            shows(&runner, last).await;
            (recorded - due, recorded.elapsed())
        });
    }
    let (mut appended, mut lags) = (Vec::new(), Vec::new());
    while let Some(took) = commands.join_next().await {
        let (append, lag) = took.expect("a command");
        appended.push(append);
        lags.push(lag);
    }
    let took = begun.elapsed().as_secs_f64();
    println!("{} facts in {took:.1} s", rate * seconds);
    say("append", appended);
    say("append to visible", lags);
    runner.stop().await;
}

async fn shows(runner: &RunnerHandle, position: Position) {
    let patience = Duration::from_secs(60);
    let shows = runner.wait_for(LOG, position, patience).await;
    assert!(shows.expect("no fault"), "{position} does not show");
}

fn say(what: &str, mut took: Vec<Duration>) {
    took.sort_unstable();
    let at = |share: usize| took[(took.len() - 1) * share / 100].as_secs_f64() * 1e3;
    println!(
        "{what:<20} p50 {:>7.1} ms   p99 {:>7.1} ms   most {:>7.1} ms",
        at(50),
        at(99),
        at(100)
    );
}

async fn append(log: &EventLog, command: u64, facts: Vec<NewFact>) -> Position {
    let append = Append {
        log: LOG,
        command: id(9, command),
        digest: vec![1],
        actor: "lag".into(),
        expected: vec![],
        facts,
    };
    log.append(append).await.expect("appended").last()
}

fn id(kind: u128, n: u64) -> Uuid {
    Uuid::from_u128((kind << 100) | u128::from(n))
}

fn opened() -> NewFact {
    let event = PilotOpened {
        title: "Prova".into(),
        place: "Trento".into(),
        code: "prova".into(),
        currency: codes::Currency::Eur,
        hmis_project: None,
    };
    new_fact(0, &event.into())
}

fn visit(n: u64, households: u64) -> NewFact {
    let event = Visit {
        household: HouseholdId(id(1, n % households)),
        kind: VisitKind::Home,
        purpose: VisitPurpose::Support,
        minutes: 45,
        present: vec![],
        partners: vec![],
        note: Some(sealed(PersonId(id(3, n % households)))),
    };
    new_fact(n, &event.into())
}

fn new_fact(n: u64, event: &Event) -> NewFact {
    let encoded = event.encode().expect("JSON");
    NewFact {
        id: id(8, n),
        stream: event.stream().expect("a stream").to_string(),
        also: vec![],
        kind: encoded.kind,
        shape: encoded.shape,
        occurred_on: NaiveDate::from_ymd_opt(2020, 1, 1).expect("a day"),
        entered_at: None,
        cause: None,
        payload: encoded.data,
    }
}

fn sealed<T>(person: PersonId) -> Sealed<T> {
    Sealed::new(SealedBytes {
        person,
        key: "a2V5a2V5a2V5a2V5a2V5a2V5a2V5a2V5a2V5a2V5a2V5a2V5a2V5a2V5".into(),
        nonce: "bm9uY2Vub25jZW5vbmNlbm9uY2Vub25j".into(),
        text: "dGV4dHRleHR0ZXh0dGV4dHRleHR0ZXh0dGV4dHRleHR0ZXh0dGV4dHRleHR0ZXh0dGV4dHRleHR0ZXh0"
            .into(),
    })
}
