//! What was acknowledged is there, once, whatever dies: the program is killed, PostgreSQL underneath
//! is killed, while commands are on their way.
//!
//! `INRETE_TORTURE_ROUNDS` sets the number of rounds.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use chrono::{Days, NaiveDate};
use nix::sys::signal::{Signal, kill};
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use crate::program::{PATIENCE, Place, Served};

const ROUNDS: u64 = 6;
const WORKERS: u64 = 6;
const SEED: u64 = 20_241_001;

/// Fewer than workers: some households come too late.
const DWELLINGS: usize = 3;

/// Milliseconds that commands run before something is killed.
const BEFORE_A_DEATH: std::ops::Range<u64> = 100..700;

const POLL: Duration = Duration::from_millis(20);
/// A page of the log.
const PAGE: usize = 200;

// ---- asking ----

/// Somebody with a token, and the server she asks.
#[derive(Clone)]
struct Client {
    http: reqwest::Client,
    address: String,
    token: String,
}

/// What came back for a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answer {
    Recorded {
        position: i64,
        already: bool,
    },
    Refused,
    /// The database is not there: nobody knows whether it was recorded.
    Unavailable,
    /// Nothing came back: nobody knows.
    Nothing,
}

impl Client {
    fn of(served: &Served, token: &str) -> Self {
        let http = reqwest::Client::builder().timeout(PATIENCE).build();
        Self {
            http: http.expect("a client"),
            address: served.address.clone(),
            token: token.to_owned(),
        }
    }

    /// The answer, if there is a whole one.
    async fn ask(&self, query: &str, variables: &Value) -> Option<Value> {
        let body = json!({ "query": query, "variables": variables });
        let request = self.http.post(&self.address).bearer_auth(&self.token);
        request.json(&body).send().await.ok()?.json().await.ok()
    }

    /// The answer's data. Waits for a database that is just coming back.
    async fn data(&self, query: &str, variables: &Value) -> Value {
        let begun = Instant::now();
        loop {
            let answer = self.ask(query, variables).await;
            match answer {
                Some(mut answer) if answer.get("errors").is_none() => return answer["data"].take(),
                Some(answer) if !is_unavailable(&answer) => panic!("{answer:#}"),
                other => assert!(begun.elapsed() < PATIENCE, "no answer: {other:?}"),
            }
            sleep(POLL).await;
        }
    }

    async fn send(&self, command: &Command) -> Answer {
        let variables = json!({ "input": command.input });
        let Some(answer) = self.ask(&command.query(), &variables).await else {
            return Answer::Nothing;
        };
        let payload = &answer["data"]["answer"];
        match payload["__typename"].as_str() {
            Some("Recorded") => Answer::Recorded {
                position: payload["position"].as_i64().expect("a position"),
                already: payload["already"].as_bool().expect("a word"),
            },
            Some("Refused") => Answer::Refused,
            // Others kept being faster: nothing was recorded.
            Some("Conflict") if payload["kind"] == "BUSY" => Answer::Refused,
            // Anything else would say that nothing was recorded, or nothing at all.
            _ => {
                assert!(is_unavailable(&answer), "{}: {answer:#}", command.mutation);
                Answer::Unavailable
            }
        }
    }

    /// Sends a command until it is known what became of it.
    async fn insist(&self, command: &Command) -> Answer {
        let begun = Instant::now();
        loop {
            match self.send(command).await {
                Answer::Unavailable | Answer::Nothing => {}
                known => return known,
            }
            assert!(
                begun.elapsed() < PATIENCE,
                "{} is never answered",
                command.mutation
            );
            sleep(POLL).await;
        }
    }
}

fn is_unavailable(answer: &Value) -> bool {
    let errors = answer["errors"].as_array().map_or(&[][..], Vec::as_slice);
    let code = |error: &Value| error["extensions"]["code"] == "UNAVAILABLE";
    !errors.is_empty() && errors.iter().all(code)
}

/// A command as it is sent, any number of times.
#[derive(Clone, Debug)]
struct Command {
    id: Uuid,
    mutation: &'static str,
    input: Value,
}

impl Command {
    fn query(&self) -> String {
        let name = self.mutation;
        let mut kind = name.to_owned();
        kind[..1].make_ascii_uppercase();
        let mut query = String::new();
        write!(
            query,
            "mutation($input: {kind}Input!) {{ answer: {name}(input: $input) {{ __typename \
             ... on Recorded {{ position already }} ... on Conflict {{ kind }} }} }}"
        )
        .expect("written");
        query
    }
}

// ---- sending ----

/// What everybody shares.
struct World {
    pilot: Uuid,
    dwellings: Vec<Uuid>,
    acknowledged: AtomicU64,
    /// Days since the pilot opened.
    day: AtomicU64,
}

impl World {
    /// A day later than every earlier one.
    fn next_day(&self) -> NaiveDate {
        let opened = NaiveDate::from_ymd_opt(2015, 1, 1).expect("a day");
        opened + Days::new(self.day.fetch_add(1, Ordering::Relaxed))
    }

    fn command(&self, id: Uuid, mutation: &'static str, content: Value) -> Command {
        let mut input = content;
        input["commandId"] = json!(id);
        input["pilot"] = json!(self.pilot);
        input["occurredOn"] = json!(self.next_day());
        Command {
            id,
            mutation,
            input,
        }
    }
}

/// How far a worker's household has come.
#[derive(Clone, Copy)]
enum Household {
    None,
    Referred(Uuid),
    Accepted(Uuid),
    Admitted(Uuid, Uuid),
}

struct Worker {
    world: Arc<World>,
    client: Client,
    chance: ChaCha8Rng,
    household: Household,
    told: Vec<(Command, Answer)>,
}

impl Worker {
    fn new(world: &Arc<World>, client: Client, seed: u64) -> Self {
        Self {
            world: Arc::clone(world),
            client,
            chance: ChaCha8Rng::seed_from_u64(seed),
            household: Household::None,
            told: Vec::new(),
        }
    }

    /// Sends commands until nobody answers; what became of each.
    async fn work(mut self) -> Vec<(Command, Answer)> {
        loop {
            let (command, after) = self.next();
            let mut answer = self.client.send(&command).await;
            // Half of them ask again at once, the others leave it open.
            while answer == Answer::Unavailable && self.chance.random_bool(0.5) {
                sleep(POLL).await;
                answer = self.client.send(&command).await;
            }
            if let Answer::Recorded { .. } = answer {
                self.household = after;
                self.world.acknowledged.fetch_add(1, Ordering::Relaxed);
            }
            self.told.push((command, answer));
            if answer == Answer::Nothing {
                return self.told;
            }
        }
    }

    /// The next command, and where it leaves the household.
    fn next(&mut self) -> (Command, Household) {
        let id = self.id();
        let (mutation, content, after) = match self.chance.random_range(0..10) {
            0..3 => {
                let partner = json!({ "kind": "SOCIAL_SERVICES", "name": format!("Partner {id}") });
                ("addPartner", partner, self.household)
            }
            3 => ("recordExpense", expense("12.50"), self.household),
            4 => ("recordExpense", expense("0"), self.household),
            5 => {
                let unknown = json!({ "dwelling": self.id() });
                ("makeDwellingAvailable", unknown, self.household)
            }
            _ => self.next_step(id),
        };
        (self.world.command(id, mutation, content), after)
    }

    fn next_step(&mut self, id: Uuid) -> (&'static str, Value, Household) {
        match self.household {
            Household::None => {
                let referral = json!({
                    "household": id, "source": "SOCIAL_SERVICES", "adults": 1, "children": 0,
                });
                ("receiveReferral", referral, Household::Referred(id))
            }
            Household::Referred(household) => {
                let decision = json!({ "household": household, "decision": "ACCEPTED" });
                ("decideAdmission", decision, Household::Accepted(household))
            }
            Household::Accepted(household) => {
                let dwelling = self.chance.random_range(0..DWELLINGS);
                let person = self.id();
                let identity = json!({
                    "givenName": "Prova", "familyName": "Collaudo", "bornOn": "1990-04-03",
                });
                let member = json!({ "person": person, "identity": identity, "relation": "HEAD" });
                let admission = json!({
                    "household": household,
                    "dwelling": self.world.dwellings[dwelling],
                    "members": [member],
                });
                ("admit", admission, Household::Admitted(household, person))
            }
            Household::Admitted(household, person) => {
                let member = json!({ "person": person, "destination": "RENTED" });
                let exit = json!({
                    "household": household, "members": [member], "reason": "NOT_COLLECTED",
                });
                ("recordExit", exit, Household::None)
            }
        }
    }

    fn id(&mut self) -> Uuid {
        Uuid::from_u128(self.chance.random())
    }
}

fn expense(amount: &str) -> Value {
    json!({ "line": "UTILITIES", "amount": amount, "description": "Prova" })
}

// ---- checking ----

/// The commands behind the log's facts: kind and positions of each.
async fn log(client: &Client, pilot: Uuid) -> BTreeMap<Uuid, (String, Vec<i64>)> {
    let query = "query($pilot: ID!, $first: Int!, $after: String) {
        events(pilot: $pilot, first: $first, after: $after) {
            head edges { node { position command kind } }
        }
    }";
    let mut commands: BTreeMap<Uuid, (String, Vec<i64>)> = BTreeMap::new();
    let mut last = 0;
    loop {
        let variables = json!({ "pilot": pilot, "first": PAGE, "after": last.to_string() });
        let page = client.data(query, &variables).await;
        for edge in page["events"]["edges"].as_array().expect("edges") {
            let node = &edge["node"];
            last += 1;
            assert_eq!(node["position"], last, "positions have no gaps");
            let command = node["command"].as_str().and_then(|id| id.parse().ok());
            let kind = node["kind"].as_str().expect("a kind").to_owned();
            let entry = commands.entry(command.expect("a command"));
            entry.or_insert((kind, Vec::new())).1.push(last);
        }
        if page["events"]["head"] == last {
            return commands;
        }
    }
}

/// Everything that was ever sent, and what is known of it.
#[derive(Default)]
struct Ledger {
    told: Vec<(Command, Answer)>,
    open: u64,
    found: u64,
}

impl Ledger {
    /// Holds the log against what was told, asks again for what was not, and holds it again.
    async fn check(&mut self, client: &Client, pilot: Uuid, fresh: Vec<(Command, Answer)>) {
        let before = log(client, pilot).await;
        let known = self.told.len();
        self.told.extend(fresh);
        self.hold(&before);
        for (command, answer) in &mut self.told[known..] {
            let was_there = before.get(&command.id).map(|(_, positions)| positions[0]);
            match *answer {
                Answer::Refused => {}
                // Asked again, it says the same.
                Answer::Recorded { position, .. } => {
                    let already = true;
                    let again = client.insist(command).await;
                    assert_eq!(again, Answer::Recorded { position, already }, "{command:?}");
                }
                // Recorded then or now, or refused now; never twice.
                Answer::Unavailable | Answer::Nothing => {
                    let again = client.insist(command).await;
                    if let Some(position) = was_there {
                        let already = true;
                        assert_eq!(again, Answer::Recorded { position, already }, "{command:?}");
                        self.found += 1;
                    } else {
                        let now = matches!(again, Answer::Recorded { already: false, .. });
                        assert!(now || again == Answer::Refused, "{command:?}: {again:?}");
                    }
                    self.open += 1;
                    *answer = again;
                }
            }
        }
        let after = log(client, pilot).await;
        self.hold(&after);
        let recorded = |(_, answer): &&(Command, Answer)| matches!(answer, Answer::Recorded { .. });
        assert_eq!(after.len(), self.told.iter().filter(recorded).count());
    }

    /// Every acknowledged command is there exactly once and where it was said to be; no refused one is.
    fn hold(&self, log: &BTreeMap<Uuid, (String, Vec<i64>)>) {
        for (command, answer) in &self.told {
            let positions = log
                .get(&command.id)
                .map(|(_, positions)| positions.as_slice());
            match answer {
                Answer::Recorded { position, .. } => {
                    assert_eq!(positions, Some(&[*position][..]), "{command:?}");
                }
                Answer::Refused => assert_eq!(positions, None, "{command:?}"),
                Answer::Unavailable | Answer::Nothing => {
                    assert!(positions.is_none_or(|it| it.len() == 1), "{command:?}");
                }
            }
        }
    }
}

/// Waits until the server's own read models show what the log holds.
async fn read_models_catch_up(client: &Client, pilot: Uuid) {
    let log = log(client, pilot).await;
    let facts = |kind: &str| log.values().filter(|(it, _)| it == kind).count();
    let expected = [facts("PartnerJoined"), facts("ExpenseRecorded")];
    let query = "query($pilot: ID!) { pilot(id: $pilot) { partners { id } expenses { id } } }";
    let begun = Instant::now();
    loop {
        let shown = client.data(query, &json!({ "pilot": pilot })).await;
        let rows = |name: &str| shown["pilot"][name].as_array().map_or(0, Vec::len);
        if [rows("partners"), rows("expenses")] == expected {
            return;
        }
        assert!(
            begun.elapsed() < PATIENCE,
            "read models stand still: {shown:#}"
        );
        sleep(POLL).await;
    }
}

/// The program's own check: positions, versions, commands, and tables against folds.
fn verify(place: &Place) -> u64 {
    let verified = place.run(&["verify", "--json"]).ended(0).json();
    assert_eq!(verified[0]["good"], true, "{verified:#}");
    assert_eq!(verified[0]["findings"], json!([]));
    assert_eq!(verified[0]["position"], verified[0]["facts"]);
    verified[0]["facts"].as_u64().expect("a number")
}

/// A round's world: dwellings that nobody lives in yet; the first round opens the pilot too.
async fn prepare(client: &Client, round: u64, day: u64) -> (Arc<World>, Vec<(Command, Answer)>) {
    let mut chance = ChaCha8Rng::seed_from_u64(seed(round, WORKERS));
    let mut id = || Uuid::from_u128(chance.random());
    let world = World {
        pilot: Uuid::from_u128(u128::from(SEED)),
        dwellings: (0..DWELLINGS).map(|_| id()).collect(),
        acknowledged: AtomicU64::new(0),
        day: AtomicU64::new(day),
    };
    let mut commands = Vec::new();
    if round == 0 {
        let pilot =
            json!({ "title": "Prova", "place": "Prova", "code": "prova", "currency": "EUR" });
        commands.push(world.command(id(), "openPilot", pilot));
    }
    for dwelling in &world.dwellings {
        let label = format!("Casa {}", dwelling.simple());
        let registered = json!({ "dwelling": dwelling, "label": label, "rooms": 2, "beds": 3 });
        commands.push(world.command(id(), "registerDwelling", registered));
        let available = json!({ "dwelling": dwelling });
        commands.push(world.command(id(), "makeDwellingAvailable", available));
    }
    let mut told = Vec::new();
    for command in commands {
        let answer = client.insist(&command).await;
        assert!(
            matches!(answer, Answer::Recorded { already: false, .. }),
            "{command:?}: {answer:?}"
        );
        told.push((command, answer));
    }
    (Arc::new(world), told)
}

/// What dies in a round.
#[derive(Clone, Copy, Debug)]
enum Death {
    Program,
    /// PostgreSQL first; the program goes on with it once it is back, and is killed later.
    Database,
    /// Both before either can tidy up, and the next program once more while it puts that in order.
    Both,
}

/// Waits until commands are acknowledged again.
async fn until_it_records(world: &World, at_least: u64) {
    let begun = Instant::now();
    let before = world.acknowledged.load(Ordering::Relaxed);
    while world.acknowledged.load(Ordering::Relaxed) < before + at_least {
        assert!(begun.elapsed() < PATIENCE, "nothing is recorded any more");
        sleep(POLL).await;
    }
}

/// The seed of a worker in a round, and with one number more of the round's beginning; that of the
/// test itself is none of them.
fn seed(round: u64, worker: u64) -> u64 {
    SEED + 1 + round * (WORKERS + 1) + worker
}

fn rounds() -> u64 {
    let wanted = std::env::var_os("INRETE_TORTURE_ROUNDS");
    let wanted = wanted.and_then(|text| text.into_string().ok());
    wanted.map_or(ROUNDS, |text| {
        text.parse().expect("INRETE_TORTURE_ROUNDS is a number")
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_survives_every_death() {
    let place = Place::new();
    let created = place.run(&["token", "create", "--role", "coordinator", "--label", "t"]);
    let token = created.ended(0).stdout.trim().to_owned();
    let mut chance = ChaCha8Rng::seed_from_u64(SEED);
    let mut served = place.serve();
    let mut ledger = Ledger::default();
    let mut day = 0;
    for round in 0..rounds() {
        let death = match round % 3 {
            0 => Death::Program,
            1 => Death::Database,
            _ => Death::Both,
        };
        let client = Client::of(&served, &token);
        let (world, mut told) = prepare(&client, round, day).await;
        let workers: Vec<_> = (0..WORKERS)
            .map(|number| Worker::new(&world, client.clone(), seed(round, number)))
            .map(|worker| tokio::spawn(worker.work()))
            .collect();
        sleep(Duration::from_millis(chance.random_range(BEFORE_A_DEATH))).await;
        let postmaster = place.postmaster().expect("PostgreSQL runs");
        if let Death::Database = death {
            kill(postmaster, Signal::SIGKILL).expect("killed");
            until_it_records(&world, 3 * WORKERS).await;
            sleep(Duration::from_millis(chance.random_range(BEFORE_A_DEATH))).await;
        }
        let said = served.heard();
        assert!(!said.contains("panicked"), "{said}");
        if let Death::Both = death {
            let _ = kill(served.pid(), Signal::SIGKILL);
            let _ = kill(postmaster, Signal::SIGKILL);
        }
        served.kill();
        if let Death::Both = death {
            place.serve_for(Duration::from_millis(chance.random_range(BEFORE_A_DEATH)));
        }
        for worker in workers {
            told.extend(worker.await.expect("a worker does not panic"));
        }
        let (sent, pilot) = (told.len(), world.pilot);
        day = world.day.load(Ordering::Relaxed);

        served = place.serve();
        let client = Client::of(&served, &token);
        ledger.check(&client, pilot, told).await;
        read_models_catch_up(&client, pilot).await;
        let facts = verify(&place);
        println!(
            "round {round}, {death:?}: {sent} commands; {facts} facts in all; {} unanswered so far, \
             {} of them recorded",
            ledger.open, ledger.found
        );
    }
    let refused = ledger
        .told
        .iter()
        .filter(|(_, answer)| *answer == Answer::Refused)
        .count();
    assert!(refused > 0, "nothing was refused");
    assert!(served.interrupt().success());
    assert_eq!(place.processes(), []);
    verify(&place);
    assert_eq!(place.processes(), []);
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
