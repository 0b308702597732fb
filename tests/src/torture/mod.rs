//! What was acknowledged is there, once and whole, whatever dies.
//!
//! One PostgreSQL, one database, two servers on it. Clients send commands to both over GraphQL, and
//! writers, processes of their own, append to a second log through the log's own interface. In each
//! cycle something is killed at a moment that chance chooses, it is started again, and everything is
//! at work once more; then all of it rests, and the logs are held against what was acknowledged. In one
//! cycle of three the writers meet in the same streams; in the others each caller has its own, and one
//! group is on its way to the log while another is.
//!
//! Chance begins with the seed, so that what is sent and what dies when is the same again; how
//! processes take turns is not.

mod clients;
mod ledger;
mod look;
mod site;
mod writer;

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use eventlog::EventLog;
use rand::RngExt;
use rand::rngs::ChaCha8Rng;
use rand::seq::SliceRandom;
use serde_json::{Value, json};
use sqlx::postgres::{PgPool, PgPoolOptions};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use clients::{Answer, CLIENTS, Client, Field};
use ledger::{Pilot, Raw};
use look::Look;
use site::{DATABASE, Owner, POLL, SERVERS, Site, Victim, WRITERS, patient};
pub use site::{guard, keep};
use writer::{Manner, Shared, Told, chance};
pub use writer::{Place, write};

/// Where chance begins when nobody says.
pub const SEED: u64 = 20_241_001;

/// Milliseconds of work before something is killed.
const BEFORE: std::ops::Range<u64> = 40..400;
/// Where groups follow each other, what was to be killed is killed so many milliseconds after two are seen
/// under way at once, or when that has taken too long.
const AFTER_SEEN: std::ops::Range<u64> = 0..25;
const NOT_SEEN: Duration = Duration::from_secs(1);
/// Milliseconds between a first and a second kill.
const BETWEEN: std::ops::Range<u64> = 0..500;
/// Commands that everybody is to get acknowledged after everything is up again.
const AFTERWARDS: u64 = 3;
/// A log that has more facts is left for a new one.
const FACTS: i64 = 8_000;
/// Cycles between two looks at the whole log and at the read models.
const LOOK_BACK: u64 = 8;

/// Characters of a line that is printed of a violation.
const LINE: usize = 1_000;

/// What is wanted.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Where chance begins.
    pub seed: u64,
    /// How many cycles at most.
    pub cycles: u64,
    /// For how long at most.
    pub time: Option<Duration>,
    /// The program `torture` itself, which is started for writers and the like.
    pub torture: PathBuf,
    /// How often each kind of death comes round at most before a new database is begun.
    pub rounds: usize,
}

impl Plan {
    fn is_over(&self, begun: Instant, tally: &Tally) -> bool {
        tally.cycles >= self.cycles || self.time.is_some_and(|time| begun.elapsed() >= time)
    }
}

/// What dies in a cycle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Death {
    /// One server.
    Server,
    /// Both.
    Servers,
    /// PostgreSQL with all its processes.
    Database,
    /// The first of PostgreSQL's processes.
    Postmaster,
    Writer,
    Everything,
    /// PostgreSQL, and once more while it recovers.
    DatabaseTwice,
    /// Everything, and once more while it is started.
    EverythingTwice,
    /// One server, and once more while it is started.
    ServerTwice,
}

impl Death {
    /// Those that a database meets.
    fn all(owner: Owner) -> &'static [Self] {
        match owner {
            Owner::Keeper => &[
                Self::Server,
                Self::Servers,
                Self::Database,
                Self::Postmaster,
                Self::Writer,
                Self::Everything,
                Self::DatabaseTwice,
                Self::EverythingTwice,
                Self::ServerTwice,
            ],
            // PostgreSQL is the first server's, who starts it again.
            Owner::Server => &[
                Self::Server,
                Self::Postmaster,
                Self::Everything,
                Self::EverythingTwice,
            ],
        }
    }

    fn is_twice(self) -> bool {
        matches!(
            self,
            Self::DatabaseTwice | Self::EverythingTwice | Self::ServerTwice
        )
    }

    fn victims(self, owner: Owner, chance: &mut ChaCha8Rng) -> Vec<Victim> {
        let server = match owner {
            Owner::Keeper => chance.random_range(0..SERVERS),
            Owner::Server => 0,
        };
        let mut victims = match self {
            Self::Server | Self::ServerTwice => vec![Victim::Server(server)],
            Self::Servers => vec![Victim::Server(0), Victim::Server(1)],
            Self::Database | Self::DatabaseTwice => vec![Victim::Database],
            Self::Postmaster => vec![Victim::Postmaster],
            Self::Writer => vec![Victim::Writer(chance.random_range(0..WRITERS))],
            Self::Everything | Self::EverythingTwice => vec![
                Victim::Database,
                Victim::Server(0),
                Victim::Server(1),
                Victim::Writer(0),
                Victim::Writer(1),
            ],
        };
        victims.shuffle(chance);
        victims
    }
}

/// What was done and seen.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// Cycles.
    pub cycles: u64,
    kills: BTreeMap<Death, u64>,
    acknowledged: u64,
    refused: u64,
    repeated: u64,
    conflicts: u64,
    open: u64,
    open_found: u64,
    facts: u64,
    databases: u64,
    /// How often two groups of a writer were under way at once just before something was killed, and how
    /// often one of each.
    overlapping: [u64; 2],
}

impl Tally {
    fn commands(&mut self, attempts: &[clients::Attempt]) {
        for attempt in attempts {
            match attempt.answer {
                Answer::Recorded { already: false, .. } => self.acknowledged += 1,
                Answer::Recorded { .. } => self.repeated += 1,
                Answer::Refused(_) => self.refused += 1,
                Answer::Busy | Answer::Reused => self.conflicts += 1,
                _ => {}
            }
        }
    }

    fn calls(&mut self, calls: impl Iterator<Item = (Manner, Option<Told>)>) {
        for (_, told) in calls {
            match told {
                Some(Told::Recorded(false, ..)) => self.acknowledged += 1,
                Some(Told::Recorded(true, ..)) => self.repeated += 1,
                Some(Told::Conflict | Told::Reused) => self.conflicts += 1,
                Some(Told::Taken) => self.refused += 1,
                _ => {}
            }
        }
    }

    /// Fails unless everything that can happen has happened.
    ///
    /// # Errors
    /// When something never came up.
    pub fn has_seen_everything(&self) -> anyhow::Result<()> {
        for (name, count) in [
            ("acknowledged", self.acknowledged),
            ("refused", self.refused),
            ("repeated", self.repeated),
            ("conflicting", self.conflicts),
            ("left open", self.open),
            (
                "under way with another group",
                self.overlapping.iter().sum(),
            ),
        ] {
            ensure!(count > 0, "nothing was {name}: {self}");
        }
        for owner in [Owner::Keeper, Owner::Server] {
            for death in Death::all(owner) {
                ensure!(self.kills.contains_key(death), "no {death:?}: {self}");
            }
        }
        Ok(())
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kills: Vec<String> = self
            .kills
            .iter()
            .map(|(death, count)| format!("{death:?} {count}"))
            .collect();
        write!(
            f,
            "{} cycles on {} databases; killed: {}; {} acknowledged, {} refused, {} conflicts, \
             {} repeated, {} open and resolved ({} of them had been recorded); {} facts verified; killed \
             with two groups of a writer under way at once: {}, with one of each: {}",
            self.cycles,
            self.databases,
            kills.join(", "),
            self.acknowledged,
            self.refused,
            self.conflicts,
            self.repeated,
            self.open,
            self.open_found,
            self.facts,
            self.overlapping[0],
            self.overlapping[1],
        )
    }
}

/// Storing facts takes the writers as long as it is told to. A log follows a group with the next at once
/// only where storing takes longer than making durable, which hardly happens on a machine that is busy
/// with killing; and it has to take long enough to be hit.
const SLOW: &str = "
    create table public.pace (milliseconds integer not null);
    insert into public.pace values (0);
    grant select on public.pace to public;
    create function public.take_a_while() returns trigger language plpgsql as $$
    begin
        if current_setting('application_name') like 'writer-%' then
            perform pg_sleep(milliseconds / 1000.0) from public.pace;
        end if;
        return null;
    end $$;
    create trigger take_a_while after insert on eventlog.fact
        for each statement execute function public.take_a_while()";
/// For how long, in milliseconds, in rounds that want it.
const A_WHILE: std::ops::Range<i32> = 5..40;

/// Tortures the service; what was done. `say` is given a line for each cycle.
///
/// # Errors
/// The first thing that is not as it should be, with all that is known of it; the data directory is
/// then left, and named.
pub async fn run(plan: &Plan, mut say: impl FnMut(&str)) -> anyhow::Result<Tally> {
    let begun = Instant::now();
    let mut tally = Tally::default();
    let mut site = Site::new(&plan.torture)?;
    while !plan.is_over(begun, &tally) {
        let owner = match tally.databases % 2 {
            0 => Owner::Keeper,
            _ => Owner::Server,
        };
        let mut doing = "beginning a database".to_owned();
        let outcome = Box::pin(database(
            plan, begun, owner, &mut site, &mut tally, &mut doing, &mut say,
        ));
        if let Err(error) = outcome.await {
            let story = format!(
                "seed {}, cycle {}, database {} (PostgreSQL is the {owner:?}'s), {doing}:\n{error:#}\n\
                 so far: {tally}",
                plan.seed,
                tally.cycles + 1,
                tally.databases
            );
            let kept = site.keep(&story);
            bail!(
                "{}\nall of it and the data directory are kept in {}",
                shortened(&story),
                kept.display()
            );
        }
    }
    site.end().await?;
    Ok(tally)
}

/// As much of a story as one reads at a time: a fact may be long.
fn shortened(story: &str) -> String {
    let lines = story.lines().map(|line| {
        let start: String = line.chars().take(LINE).collect();
        let more = if start.len() < line.len() { " …" } else { "" };
        format!("{start}{more}")
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Cycles on one database: until it has grown, but at least each kind of death once, and both only as
/// long as the plan says.
async fn database(
    plan: &Plan,
    begun: Instant,
    owner: Owner,
    site: &mut Site,
    tally: &mut Tally,
    doing: &mut String,
    say: &mut impl FnMut(&str),
) -> anyhow::Result<()> {
    tally.databases += 1;
    let seed = chance(&[plan.seed, tally.databases]).random();
    let mut era = Era::begin(site, owner, seed).await?;
    'all: for _ in 0..plan.rounds {
        let mut deaths = Death::all(owner).to_vec();
        deaths.shuffle(&mut era.chance);
        for death in deaths {
            if plan.is_over(begun, tally) {
                break 'all;
            }
            let started = Instant::now();
            era.cycle(site, death, tally, doing).await?;
            tally.cycles += 1;
            *tally.kills.entry(death).or_default() += 1;
            say(&format!(
                "cycle {}: {doing}; positions {} and {}; {:.2} s",
                tally.cycles,
                era.pilot_look.last,
                era.raw_look.last,
                started.elapsed().as_secs_f64()
            ));
        }
        if era.is_full() {
            break;
        }
    }
    *doing = "ending a database".to_owned();
    era.end(site, tally).await
}

/// One database, from its first fact to its last.
struct Era {
    chance: ChaCha8Rng,
    seed: u64,
    cycle: u64,
    field: Arc<Field>,
    clients: Vec<Client>,
    events: EventLog,
    pool: PgPool,
    admin: PgPool,
    pilot: Pilot,
    pilot_look: Look,
    raw: Raw,
    raw_look: Look,
}

impl Era {
    /// Begins a new database with a pilot and an empty second log; everything runs afterwards.
    async fn begin(site: &mut Site, owner: Owner, seed: u64) -> anyhow::Result<Self> {
        let mut chance = chance(&[seed]);
        site.end().await?;
        site.owner = Owner::Keeper;
        site.keep_database().await?;
        let mut connection = site
            .options("begin", cluster::MAINTENANCE)
            .connect()
            .await?;
        for statement in [
            format!("drop database if exists {DATABASE} with (force)"),
            format!("create database {DATABASE}"),
        ] {
            sqlx::raw_sql(AssertSqlSafe(statement))
                .execute(&mut connection)
                .await?;
        }
        connection.close().await?;
        let token = [
            "token",
            "create",
            "--role",
            "coordinator",
            "--label",
            "torture",
        ];
        let (_, token) = site.run(&token)?;
        if owner == Owner::Server {
            site.stop_keeper().await?;
            site.owner = owner;
        }
        let field = Arc::new(Field::new(token.trim(), &mut chance)?);
        start_servers(site, &field).await?;
        let options = site.options("check", DATABASE);
        let admin = PgPoolOptions::new()
            .max_connections(1)
            .connect_with(options.clone());
        let admin = admin.await?;
        sqlx::raw_sql(SLOW).execute(&admin).await?;
        let append = writer::acting_as(eventlog::APPEND_ROLE, options.clone(), 4);
        let pool = writer::acting_as(eventlog::PROJECT_ROLE, options, 4).await?;
        let events = EventLog::new(append.await?);
        let raw = Uuid::from_u128(chance.random());
        events.create_log(raw).await?;
        let clients =
            (0..CLIENTS).map(|number| Client::new(&field, writer::chance(&[seed, number])));
        let mut era = Self {
            clients: clients.collect(),
            pilot: Pilot::default(),
            pilot_look: Look::new(field.pilot),
            raw: Raw::default(),
            raw_look: Look::new(raw),
            chance,
            seed,
            cycle: 0,
            field,
            events,
            pool,
            admin,
        };
        for index in 0..WRITERS {
            site.start_writer(index, era.place(index))?;
        }
        era.open_pilot().await?;
        Ok(era)
    }

    async fn open_pilot(&mut self) -> anyhow::Result<()> {
        let field = &self.field;
        let mut id = || Uuid::from_u128(self.chance.random());
        let pilot =
            json!({ "title": "Prova", "place": "Prova", "code": "prova", "currency": "EUR" });
        let mut commands = vec![field.command(id(), "openPilot", "PilotOpened", pilot)];
        for dwelling in &field.dwellings {
            let label = format!("Casa {}", dwelling.simple());
            let content = json!({ "dwelling": dwelling, "label": label, "rooms": 2, "beds": 3 });
            let (mutation, kind) = ("registerDwelling", "DwellingRegistered");
            commands.push(field.command(id(), mutation, kind, content));
            let content = json!({ "dwelling": dwelling });
            let (mutation, kind) = ("makeDwellingAvailable", "DwellingAvailable");
            commands.push(field.command(id(), mutation, kind, content));
        }
        for command in commands {
            let attempts = field.insist(0, &command).await?;
            let last = attempts.last().map(|it| &it.answer);
            ensure!(
                matches!(last, Some(Answer::Recorded { .. })),
                "{command:?}: {attempts:?}"
            );
            self.pilot.add(vec![(command, attempts)]);
        }
        Ok(())
    }

    fn is_full(&self) -> bool {
        self.pilot_look.last > FACTS || self.raw_look.last > FACTS
    }

    fn place(&self, index: usize) -> Place {
        Place {
            log: self.raw_look.log,
            seed: self.seed,
            number: index as u64,
        }
    }

    async fn cycle(
        &mut self,
        site: &mut Site,
        death: Death,
        tally: &mut Tally,
        doing: &mut String,
    ) -> anyhow::Result<()> {
        self.cycle += 1;
        let pace = match Shared::of(self.cycle) {
            Shared::Streams => 0,
            Shared::Log | Shared::Nothing => self.chance.random_range(A_WHILE),
        };
        sqlx::query("update public.pace set milliseconds = $1")
            .bind(pace)
            .execute(&self.admin)
            .await?;
        let clients = self.set_to_work(site)?;
        let victims = death.victims(site.owner, &mut self.chance);
        let before = Duration::from_millis(self.chance.random_range(BEFORE));
        *doing = format!("{death:?}: {victims:?} killed after {before:?} of work");
        sleep(before).await;
        if let Some((which, said)) = self.overlap().await? {
            tally.overlapping[which] += 1;
            doing.push_str(&format!(", with {said} under way at once"));
            sleep(Duration::from_millis(self.chance.random_range(AFTER_SEEN))).await;
        }
        let postmaster = site.postmaster();
        self.kill(site, &victims).await?;
        if death.is_twice() {
            let between = Duration::from_millis(self.chance.random_range(BETWEEN));
            let ready = self.start_for(site, &victims, between).await?;
            doing.push_str(&format!(", and again after {between:?} (ready: {ready})"));
            self.kill(site, &victims).await?;
        }
        let by_itself = site.owner == Owner::Server && death == Death::Postmaster;
        if by_itself {
            site.revived(postmaster).await?;
        }
        self.start_again(site).await?;
        self.everybody_works(site).await?;
        if by_itself {
            // A server starts it again a few times and then gives up.
            self.kill(site, &[Victim::Server(0)]).await?;
            self.start_again(site).await?;
        }
        self.rest(site, clients).await?;
        site.servers_are_well()?;
        self.settle(site).await?;
        let begun = Instant::now();
        self.check(site, tally).await?;
        doing.push_str(&format!(
            "; checked in {:.2} s",
            begun.elapsed().as_secs_f64()
        ));
        Ok(())
    }

    /// Sets clients and writers to work.
    fn set_to_work(&mut self, site: &mut Site) -> anyhow::Result<Vec<JoinHandle<Client>>> {
        self.field.open(true);
        for writer in site.writers.iter_mut().flatten() {
            writer.order(Some(self.cycle))?;
        }
        let clients = self.clients.drain(..);
        Ok(clients.map(|client| tokio::spawn(client.work())).collect())
    }

    async fn kill(&mut self, site: &mut Site, victims: &[Victim]) -> anyhow::Result<()> {
        for (writer, journal) in site.kill(victims).await? {
            self.raw.add(writer, &journal)?;
        }
        for (index, server) in site.servers.iter().enumerate() {
            if server.is_none() {
                self.field.at(index, None);
            }
        }
        Ok(())
    }

    /// Waits until two groups are under way at once, in a round in which they should be: which.
    async fn overlap(&self) -> anyhow::Result<Option<(usize, &'static str)>> {
        let (which, said) = match Shared::of(self.cycle) {
            Shared::Streams => return Ok(None),
            Shared::Nothing => (0, "two groups of a writer"),
            Shared::Log => (1, "a group of each writer"),
        };
        let begun = Instant::now();
        while begun.elapsed() < NOT_SEEN {
            let calls: Vec<i64> = sqlx::query_scalar(
                "select count(*) from pg_stat_activity
                 where state = 'active' and query like 'select eventlog.append_next(%'
                     and application_name like 'writer-%'
                 group by application_name",
            )
            .fetch_all(&self.admin)
            .await?;
            let two_of_one = calls.iter().any(|calls| *calls > 1);
            if [two_of_one, calls.len() > 1][which] {
                return Ok(Some((which, said)));
            }
            sleep(POLL).await;
        }
        Ok(None)
    }

    /// Starts what was killed, as far as it gets in this time; whether PostgreSQL was ready.
    async fn start_for(
        &mut self,
        site: &mut Site,
        victims: &[Victim],
        time: Duration,
    ) -> anyhow::Result<bool> {
        let begun = Instant::now();
        let mut ready = !victims.contains(&Victim::Database);
        let keeps = !ready && site.owner == Owner::Keeper;
        if keeps {
            site.start_keeper()?;
        }
        while keeps && !ready && begun.elapsed() < time {
            ready = site.keeper_is_ready()?;
            sleep(POLL).await;
        }
        for index in 0..SERVERS {
            let owns = index == 0 && site.owner == Owner::Server;
            if victims.contains(&Victim::Server(index)) && (ready || owns) {
                site.start_server(index)?;
            }
        }
        sleep(time.saturating_sub(begun.elapsed())).await;
        Ok(ready)
    }

    /// Starts everything that does not run, and waits until it does.
    async fn start_again(&mut self, site: &mut Site) -> anyhow::Result<()> {
        if site.owner == Owner::Keeper && !site.is_kept() {
            site.keep_database().await?;
        }
        for index in 0..WRITERS {
            if site.owner == Owner::Keeper && site.writers[index].is_none() {
                self.start_writer(site, index)?;
            }
        }
        start_servers(site, &self.field).await?;
        for index in 0..WRITERS {
            if site.writers[index].is_none() {
                self.start_writer(site, index)?;
            }
        }
        Ok(())
    }

    fn start_writer(&self, site: &mut Site, index: usize) -> anyhow::Result<()> {
        site.start_writer(index, self.place(index))?;
        if let Some(writer) = &mut site.writers[index] {
            writer.order(Some(self.cycle))?;
        }
        Ok(())
    }

    /// Waits until every server and every writer gets something acknowledged again.
    async fn everybody_works(&self, site: &mut Site) -> anyhow::Result<()> {
        let count = |site: &Site| -> Vec<u64> {
            let writers = site.writers.iter().flatten();
            let servers = (0..SERVERS).map(|index| self.field.acknowledged(index));
            servers
                .chain(writers.map(|writer| writer.acknowledged.load(Ordering::Relaxed)))
                .collect()
        };
        let before = count(site);
        let begun = Instant::now();
        loop {
            let now = count(site);
            let enough = |(before, now): (&u64, &u64)| *now >= before + AFTERWARDS;
            if before.iter().zip(&now).all(enough) {
                return Ok(());
            }
            site.servers_are_well()?;
            patient(begun, || {
                format!(
                    "everybody to work again; acknowledged by servers and to writers: {before:?}, now {now:?}"
                )
            })?;
            sleep(POLL).await;
        }
    }

    /// Lets clients and writers finish, and takes in what they were told.
    async fn rest(
        &mut self,
        site: &mut Site,
        clients: Vec<JoinHandle<Client>>,
    ) -> anyhow::Result<()> {
        self.field.open(false);
        for writer in site.writers.iter_mut().flatten() {
            writer.order(None)?;
        }
        for client in clients {
            let mut client = client.await.context("a client")?;
            self.pilot.add(client.report());
            self.clients.push(client);
        }
        for (index, writer) in site.writers.iter_mut().enumerate() {
            if let Some(writer) = writer {
                self.raw.add(index, &writer.rested().await?)?;
            }
        }
        Ok(())
    }

    /// Waits until nothing that a killed process asked for is still being done.
    async fn settle(&self, site: &mut Site) -> anyhow::Result<()> {
        let begun = Instant::now();
        loop {
            let left: Result<i64, sqlx::Error> = sqlx::query_scalar(
                "select count(*) from pg_stat_activity where application_name = any ($1)",
            )
            .bind(&site.gone)
            .fetch_one(&self.admin)
            .await;
            if let Ok(0) = left {
                site.gone.clear();
                return Ok(());
            }
            patient(begun, || {
                format!("the connections of killed processes to end: {left:?}")
            })?;
            sleep(POLL).await;
        }
    }

    async fn check(&mut self, site: &mut Site, tally: &mut Tally) -> anyhow::Result<()> {
        let after = self.pilot_look.last;
        let mut chance = chance(&[self.seed, self.cycle, 1]);
        let mut ask = move || usize::try_from(chance.random::<u32>()).unwrap_or_default();
        let (pilot, look) = (&mut self.pilot, &mut self.pilot_look);
        pilot
            .check(&self.field, look, &self.events, &mut ask, tally)
            .await
            .context("the pilot's log")?;
        pilot.tell(&mut self.clients, look);
        look.verify(&self.events).await.context("the pilot's log")?;
        let (raw, look) = (&mut self.raw, &mut self.raw_look);
        raw.check(look, &self.events, &mut ask, tally)
            .await
            .context("the writers' log")?;
        look.verify(&self.events)
            .await
            .context("the writers' log")?;
        // What a server tells is what the log has, and its read models follow.
        let server = ask() % SERVERS;
        for (position, command, kind) in self.field.told(server, after).await? {
            let range = self.pilot_look.commands.get(&command);
            ensure!(
                range == Some(&(position, position)) && self.pilot.is(command, &kind),
                "server {server} tells of {kind} at {position}, of command {command}"
            );
        }
        let counted = ["PartnerJoined", "ExpenseRecorded"].map(|kind| self.pilot.count(kind));
        for server in 0..SERVERS {
            self.field.shows(server, counted[0], counted[1]).await?;
        }
        if self.cycle.is_multiple_of(LOOK_BACK) {
            self.look_back(site).await?;
        }
        Ok(())
    }

    /// Reads everything anew, and holds the read models against the folded log.
    async fn look_back(&mut self, site: &mut Site) -> anyhow::Result<()> {
        self.pilot_look
            .back(&self.events)
            .await
            .context("the pilot's log")?;
        self.raw_look
            .back(&self.events)
            .await
            .context("the writers' log")?;
        let (pilot, last) = (self.field.pilot, self.pilot_look.last);
        let reached = projections::wait_for(&self.pool, pilot, last, site::PATIENCE).await?;
        ensure!(reached, "the read models do not reach position {last}");
        let different = projections::compare(&self.pool, &self.events, pilot).await?;
        ensure!(different.is_empty(), "read models differ: {different:?}");
        self.verify(site)
    }

    /// The program's own check.
    fn verify(&self, site: &mut Site) -> anyhow::Result<()> {
        let (_, verified) = site.run(&["verify", "--json"])?;
        let verified: Value = serde_json::from_str(&verified).context("its answer")?;
        let of = |log: Uuid| {
            let all = verified.as_array().into_iter().flatten();
            all.into_iter().find(|it| it["pilot"] == json!(log))
        };
        let pilot = of(self.field.pilot).context("nothing on the pilot")?;
        let last = json!(self.pilot_look.last);
        ensure!(
            pilot["good"] == true
                && pilot["findings"] == json!([])
                && pilot["facts"] == last
                && pilot["position"] == last,
            "`inrete verify` says: {pilot:#}"
        );
        // The second log is not a pilot's: nobody but its writers can open its facts.
        let raw = of(self.raw_look.log).context("nothing on the second log")?;
        let findings = raw["findings"].as_array().into_iter().flatten();
        let strange = findings.filter_map(Value::as_str);
        let strange: Vec<&str> = strange
            .filter(|it| !it.contains("no stream of a pilot"))
            .collect();
        ensure!(
            strange.is_empty() && raw["facts"] == json!(self.raw_look.last),
            "`inrete verify` says of the second log: {strange:?}"
        );
        Ok(())
    }

    /// Checks everything a last time, and ends everything in order.
    async fn end(mut self, site: &mut Site, tally: &mut Tally) -> anyhow::Result<()> {
        self.check(site, tally).await?;
        self.look_back(site).await?;
        site.servers_are_well()?;
        self.pool.close().await;
        self.admin.close().await;
        site.end().await
    }
}

/// Starts the servers that do not run, and waits until they serve.
async fn start_servers(site: &mut Site, field: &Field) -> anyhow::Result<()> {
    let missing: Vec<usize> = (0..SERVERS)
        .filter(|it| site.servers[*it].is_none())
        .collect();
    // The others need the database of the first, when it is its.
    let (first, others): (Vec<usize>, Vec<usize>) = missing
        .into_iter()
        .partition(|index| *index == 0 && site.owner == Owner::Server);
    for group in [first, others] {
        for index in &group {
            site.start_server(*index)?;
        }
        for index in group {
            site.await_server(index).await?;
            let address = site.servers[index]
                .as_ref()
                .and_then(|it| it.address.clone());
            field.at(index, address);
        }
    }
    Ok(())
}
