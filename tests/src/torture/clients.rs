//! Those who ask the servers over GraphQL, all for the same pilot: each works with a household of her
//! own, and all of them want the same few dwellings.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use chrono::{Days, NaiveDate};
use eventlog::Position;
use rand::RngExt;
use rand::rngs::ChaCha8Rng;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use super::site::{PATIENCE, POLL, SERVERS, locked, patient};

/// Fewer than clients: some households come too late.
pub(super) const DWELLINGS: usize = 4;
pub(super) const CLIENTS: u64 = 16;

/// Commands on one day.
const A_DAY: u64 = 3;
const AGAIN: Duration = Duration::from_millis(20);
const LATER: Duration = Duration::from_millis(100);

/// What everybody shares.
#[derive(Debug)]
pub(super) struct Field {
    http: reqwest::Client,
    token: String,
    pub(super) pilot: Uuid,
    pub(super) dwellings: Vec<Uuid>,
    /// Where the servers that serve answer.
    addresses: Mutex<[Option<String>; SERVERS]>,
    /// How many commands each server acknowledged.
    acknowledged: [AtomicU64; SERVERS],
    /// The highest position that was acknowledged.
    highest: AtomicI64,
    commands: AtomicU64,
    stop: AtomicBool,
}

/// What came back for a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    Recorded {
        position: Position,
        already: bool,
    },
    /// A rule was against it, which one.
    Refused(String),
    /// Others kept being faster.
    Busy,
    /// The id stands for something else.
    Reused,
    /// The database is not there: nobody knows whether it was recorded.
    Unavailable,
    /// Nothing came back: nobody knows.
    Nothing,
    /// Anything else, which no death explains.
    Fault(String),
}

impl Answer {
    pub(super) fn is_open(&self) -> bool {
        matches!(self, Self::Unavailable | Self::Nothing)
    }
}

/// One time that a command was sent.
#[derive(Clone, Debug)]
#[expect(
    dead_code,
    reason = "which server it was is for whoever reads a violation"
)]
pub(super) struct Attempt {
    pub(super) server: usize,
    /// Whether it was sent with other content.
    pub(super) forged: bool,
    /// What had been acknowledged to anybody when it was sent.
    pub(super) after: Position,
    pub(super) answer: Answer,
}

/// A command as it is sent, any number of times.
#[derive(Clone, Debug)]
pub(super) struct Command {
    pub(super) id: Uuid,
    mutation: &'static str,
    /// The fact it becomes.
    pub(super) kind: &'static str,
    pub(super) input: Value,
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
             ... on Recorded {{ position already }} ... on Refused {{ code }} \
             ... on Conflict {{ kind }} }} }}"
        )
        .expect("written");
        query
    }

    /// The same id on another day.
    fn forged(&self) -> Self {
        let mut forged = self.clone();
        forged.input["occurredOn"] = json!("1949-12-31");
        forged
    }

    /// The ids it speaks of.
    pub(super) fn speaks_of(&self) -> Vec<String> {
        let mut found = Vec::new();
        let mut next = vec![&self.input];
        while let Some(value) = next.pop() {
            match value {
                Value::String(text) if text.parse::<Uuid>().is_ok() => found.push(text.clone()),
                Value::Array(values) => next.extend(values),
                Value::Object(fields) => next.extend(
                    fields
                        .iter()
                        .filter(|(name, _)| !["commandId", "pilot"].contains(&name.as_str()))
                        .map(|(_, value)| value),
                ),
                _ => {}
            }
        }
        found
    }
}

impl Field {
    pub(super) fn new(token: &str, chance: &mut ChaCha8Rng) -> anyhow::Result<Self> {
        let http = reqwest::Client::builder().timeout(PATIENCE).build()?;
        let mut id = || Uuid::from_u128(chance.random());
        Ok(Self {
            http,
            token: token.to_owned(),
            pilot: id(),
            dwellings: (0..DWELLINGS).map(|_| id()).collect(),
            addresses: Mutex::default(),
            acknowledged: [const { AtomicU64::new(0) }; SERVERS],
            highest: AtomicI64::new(0),
            commands: AtomicU64::new(0),
            stop: AtomicBool::new(false),
        })
    }

    /// Says where a server answers, or that it does not.
    pub(super) fn at(&self, server: usize, address: Option<String>) {
        locked(&self.addresses)[server] = address;
    }

    /// Lets clients work, or ends what they do.
    pub(super) fn open(&self, open: bool) {
        self.stop.store(!open, Ordering::SeqCst);
    }

    fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::SeqCst)
    }

    pub(super) fn acknowledged(&self, server: usize) -> u64 {
        self.acknowledged[server].load(Ordering::SeqCst)
    }

    fn address(&self, server: usize) -> Option<String> {
        locked(&self.addresses)[server].clone()
    }

    pub(super) fn command(
        &self,
        id: Uuid,
        mutation: &'static str,
        kind: &'static str,
        content: Value,
    ) -> Command {
        let opened = NaiveDate::from_ymd_opt(1950, 1, 1).expect("a day");
        let day = self.commands.fetch_add(1, Ordering::Relaxed) / A_DAY;
        let mut input = content;
        input["commandId"] = json!(id);
        input["pilot"] = json!(self.pilot);
        input["occurredOn"] = json!(opened + Days::new(day));
        Command {
            id,
            mutation,
            kind,
            input,
        }
    }

    /// What a server answers; nothing when it could not even be asked.
    async fn ask(&self, server: usize, query: &str, variables: &Value) -> Option<Option<Value>> {
        let address = self.address(server)?;
        let body = json!({ "query": query, "variables": variables });
        let request = self.http.post(address).bearer_auth(&self.token);
        match request.json(&body).send().await {
            Ok(response) => Some(response.json().await.ok()),
            Err(error) if error.is_connect() => None,
            Err(_) => Some(None),
        }
    }

    /// Sends a command once; nothing when the server could not even be asked.
    pub(super) async fn send(&self, server: usize, command: &Command) -> Option<Attempt> {
        let after = self.highest.load(Ordering::SeqCst);
        let variables = json!({ "input": command.input });
        let answer = self.ask(server, &command.query(), &variables).await?;
        let answer = answer.map_or(Answer::Nothing, |answer| read(&answer));
        if let Answer::Recorded { position, .. } = answer {
            self.highest.fetch_max(position, Ordering::SeqCst);
            self.acknowledged[server].fetch_add(1, Ordering::SeqCst);
        }
        Some(Attempt {
            server,
            forged: false,
            after,
            answer,
        })
    }

    /// Sends a command until it is known what became of it; all attempts.
    pub(super) async fn insist(
        &self,
        server: usize,
        command: &Command,
    ) -> anyhow::Result<Vec<Attempt>> {
        let begun = Instant::now();
        let mut attempts = Vec::new();
        loop {
            if let Some(attempt) = self.send(server, command).await {
                let is_open = attempt.answer.is_open();
                attempts.push(attempt);
                if !is_open {
                    return Ok(attempts);
                }
            }
            patient(begun, || format!("an answer to {command:?}: {attempts:?}"))?;
            sleep(AGAIN).await;
        }
    }

    /// The answer's data. Waits for a database that is just coming back.
    pub(super) async fn data(
        &self,
        server: usize,
        query: &str,
        variables: &Value,
    ) -> anyhow::Result<Value> {
        let begun = Instant::now();
        loop {
            match self.ask(server, query, variables).await.flatten() {
                Some(mut answer) if answer.get("errors").is_none() => {
                    return Ok(answer["data"].take());
                }
                Some(answer) if !is_unavailable(&answer) => bail!("{query} gives {answer:#}"),
                answer => patient(begun, || format!("an answer to {query}: {answer:?}"))?,
            }
            sleep(AGAIN).await;
        }
    }

    /// Waits until every read model of a server shows as many facts as there are of a kind.
    pub(super) async fn shows(
        &self,
        server: usize,
        partners: usize,
        expenses: usize,
    ) -> anyhow::Result<()> {
        let query = "query($pilot: ID!) { pilot(id: $pilot) { partners { id } expenses { id } } }";
        let begun = Instant::now();
        loop {
            let shown = self
                .data(server, query, &json!({ "pilot": self.pilot }))
                .await?;
            let rows = |name: &str| shown["pilot"][name].as_array().map_or(0, Vec::len);
            let seen = (rows("partners"), rows("expenses"));
            ensure!(
                seen.0 <= partners && seen.1 <= expenses,
                "server {server} shows {seen:?} partners and expenses, the log has \
                 {partners} and {expenses}"
            );
            if seen == (partners, expenses) {
                return Ok(());
            }
            patient(begun, || {
                format!(
                    "server {server} to show {partners} partners and {expenses} expenses, not {seen:?}"
                )
            })?;
            sleep(POLL).await;
        }
    }

    /// Position, command and kind of what follows a position, as a server tells it.
    pub(super) async fn told(
        &self,
        server: usize,
        after: Position,
    ) -> anyhow::Result<Vec<(Position, Uuid, String)>> {
        let query = "query($pilot: ID!, $first: Int!, $after: String) {
            events(pilot: $pilot, first: $first, after: $after) {
                head edges { node { position command kind } }
            }
        }";
        let mut told = Vec::new();
        let mut last = after;
        loop {
            let variables = json!({ "pilot": self.pilot, "first": 200, "after": last.to_string() });
            let page = self.data(server, query, &variables).await?;
            for edge in page["events"]["edges"].as_array().context("edges")? {
                let node = &edge["node"];
                last = node["position"].as_i64().context("a position")?;
                let command = node["command"].as_str().context("a command")?.parse()?;
                let kind = node["kind"].as_str().context("a kind")?.to_owned();
                told.push((last, command, kind));
            }
            if page["events"]["head"] == last {
                return Ok(told);
            }
        }
    }
}

fn read(answer: &Value) -> Answer {
    let payload = &answer["data"]["answer"];
    let recorded = || {
        Some(Answer::Recorded {
            position: payload["position"].as_i64()?,
            already: payload["already"].as_bool()?,
        })
    };
    let read = match payload["__typename"].as_str() {
        Some("Recorded") => recorded(),
        Some("Refused") => payload["code"]
            .as_str()
            .map(str::to_owned)
            .map(Answer::Refused),
        Some("Conflict") if payload["kind"] == "BUSY" => Some(Answer::Busy),
        Some("Conflict") if payload["kind"] == "COMMAND_REUSED" => Some(Answer::Reused),
        _ if is_unavailable(answer) => Some(Answer::Unavailable),
        _ => None,
    };
    read.unwrap_or_else(|| Answer::Fault(answer.to_string()))
}

fn is_unavailable(answer: &Value) -> bool {
    let errors = answer["errors"].as_array().map_or(&[][..], Vec::as_slice);
    let code = |error: &Value| error["extensions"]["code"] == "UNAVAILABLE";
    !errors.is_empty() && errors.iter().all(code)
}

/// How far a client's household has come.
#[derive(Clone, Copy, Debug)]
enum Household {
    None,
    Referred(Uuid),
    Accepted(Uuid),
    Admitted(Uuid, Uuid),
}

/// Somebody at work.
#[derive(Debug)]
pub(super) struct Client {
    field: Arc<Field>,
    chance: ChaCha8Rng,
    household: Household,
    /// The command that it is not known of whether it moved the household on, and to where.
    awaited: Option<(Uuid, Household)>,
    told: Vec<(Command, Vec<Attempt>)>,
}

impl Client {
    pub(super) fn new(field: &Arc<Field>, chance: ChaCha8Rng) -> Self {
        Self {
            field: Arc::clone(field),
            chance,
            household: Household::None,
            awaited: None,
            told: Vec::new(),
        }
    }

    /// Works until clients are stopped.
    pub(super) async fn work(mut self) -> Self {
        while !self.field.is_stopped() {
            let (command, after) = self.next();
            let attempts = self.deliver(&command).await;
            let recorded = |it: &Attempt| matches!(it.answer, Answer::Recorded { .. });
            if attempts.iter().any(recorded) {
                self.household = after.unwrap_or(self.household);
            } else if attempts.iter().any(|it| it.answer.is_open()) {
                self.awaited = after.map(|after| (command.id, after)).or(self.awaited);
                // Left open; not too many of them.
                sleep(LATER).await;
            }
            if !attempts.is_empty() {
                self.told.push((command, attempts));
            }
        }
        self
    }

    /// What was sent since the last time, and what came back.
    pub(super) fn report(&mut self) -> Vec<(Command, Vec<Attempt>)> {
        std::mem::take(&mut self.told)
    }

    /// Tells what became of open commands.
    pub(super) fn learn(&mut self, was_recorded: impl Fn(Uuid) -> bool) {
        if let Some((command, after)) = self.awaited.take()
            && was_recorded(command)
        {
            self.household = after;
        }
    }

    async fn deliver(&mut self, command: &Command) -> Vec<Attempt> {
        let mut attempts = Vec::new();
        let mut server = self.chance.random_range(0..SERVERS);
        if self.chance.random_bool(0.08) {
            // To all at once.
            let (one, other) =
                tokio::join!(self.field.send(0, command), self.field.send(1, command));
            attempts.extend(one.into_iter().chain(other));
        }
        loop {
            let last = attempts.last().map(|it: &Attempt| it.answer.clone());
            match last {
                Some(Answer::Recorded { .. }) => break,
                // Half of them ask again, the others leave it open.
                Some(Answer::Unavailable | Answer::Nothing) if self.chance.random_bool(0.5) => {
                    sleep(AGAIN).await;
                }
                None => {}
                Some(_) => return attempts,
            }
            if self.field.is_stopped() {
                return attempts;
            }
            match self.field.send(server, command).await {
                Some(attempt) => attempts.push(attempt),
                None => sleep(AGAIN).await,
            }
            server = SERVERS - 1 - server;
        }
        match self.chance.random_range(0..100) {
            0..10 => attempts.extend(self.field.send(server, command).await),
            10..13 => {
                let forged = self.field.send(server, &command.forged()).await;
                attempts.extend(forged.map(|attempt| Attempt {
                    forged: true,
                    ..attempt
                }));
            }
            _ => {}
        }
        attempts
    }

    /// The next command, and where it leads the household.
    fn next(&mut self) -> (Command, Option<Household>) {
        let id = self.id();
        let (mutation, kind, content, after) = match self.chance.random_range(0..10) {
            0..2 => {
                let partner = json!({ "kind": "SOCIAL_SERVICES", "name": format!("Partner {id}") });
                ("addPartner", "PartnerJoined", partner, None)
            }
            2 => ("recordExpense", "ExpenseRecorded", expense("12.50"), None),
            3 => ("recordExpense", "ExpenseRecorded", expense("0"), None),
            4 => {
                let unknown = json!({ "dwelling": self.id() });
                ("makeDwellingAvailable", "DwellingAvailable", unknown, None)
            }
            // It is not known where the household stands.
            _ if self.awaited.is_some() => {
                ("recordExpense", "ExpenseRecorded", expense("0.01"), None)
            }
            _ => self.next_step(id),
        };
        (self.field.command(id, mutation, kind, content), after)
    }

    fn next_step(&mut self, id: Uuid) -> (&'static str, &'static str, Value, Option<Household>) {
        let (mutation, kind, content, after) = match self.household {
            Household::None => {
                let referral = json!({
                    "household": id, "source": "SOCIAL_SERVICES", "adults": 1, "children": 0,
                });
                let after = Household::Referred(id);
                ("receiveReferral", "ReferralReceived", referral, after)
            }
            Household::Referred(household) => {
                let decision = json!({ "household": household, "decision": "ACCEPTED" });
                let after = Household::Accepted(household);
                ("decideAdmission", "AdmissionDecided", decision, after)
            }
            Household::Accepted(household) => {
                let dwelling = self.chance.random_range(0..DWELLINGS);
                let person = self.id();
                let identity = json!({
                    "givenName": "Prova", "familyName": "Collaudo", "bornOn": "1920-04-03",
                });
                let member = json!({ "person": person, "identity": identity, "relation": "HEAD" });
                let admission = json!({
                    "household": household,
                    "dwelling": self.field.dwellings[dwelling],
                    "members": [member],
                });
                let after = Household::Admitted(household, person);
                ("admit", "Admission", admission, after)
            }
            Household::Admitted(household, person) => {
                let member = json!({ "person": person, "destination": "RENTED" });
                let exit = json!({
                    "household": household, "members": [member], "reason": "NOT_COLLECTED",
                });
                ("recordExit", "Exit", exit, Household::None)
            }
        };
        (mutation, kind, content, Some(after))
    }

    fn id(&mut self) -> Uuid {
        Uuid::from_u128(self.chance.random())
    }
}

fn expense(amount: &str) -> Value {
    json!({ "line": "UTILITIES", "amount": amount, "description": "Prova" })
}
