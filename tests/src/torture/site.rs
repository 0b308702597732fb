//! The processes: one PostgreSQL, two servers on it, writers; how they are started, killed, and put
//! away.

use std::fs::{self, File, Permissions};
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, TryRecvError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;
use sqlx::ConnectOptions;
use sqlx::postgres::{PgConnectOptions, PgSslMode};
use tokio::time::{Instant, sleep};

use super::writer::{Line, Place, Told};
use crate::program::{self, ENVIRONMENT, Running};

/// How long anything may take; only what is stuck takes longer.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);
pub(super) const POLL: Duration = Duration::from_millis(5);

/// The database of the service.
pub(super) const DATABASE: &str = "inrete";
pub(super) const SERVERS: usize = 2;
pub(super) const WRITERS: usize = 2;

/// What was found; where it is, the directory is left for a look.
const STORY: &str = "story.txt";
const READY: &str = "ready";

/// Whose PostgreSQL it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Owner {
    /// A process of its own; both servers are given its address.
    Keeper,
    /// The first server, as when it is started without an address.
    Server,
}

/// What can be killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Victim {
    /// PostgreSQL, all its processes at once, with who watches over it.
    Database,
    /// PostgreSQL's first process alone: the others notice by and by.
    Postmaster,
    Server(usize),
    Writer(usize),
}

#[derive(Debug)]
pub(super) struct Site {
    scratch: PathBuf,
    data: PathBuf,
    torture: PathBuf,
    warden: Child,
    pub(super) owner: Owner,
    keeper: Option<(Running, Receiver<()>)>,
    pub(super) servers: [Option<Server>; SERVERS],
    pub(super) writers: [Option<Writer>; WRITERS],
    /// Counts processes, so that the connections of each have a name of their own.
    started: u64,
    /// The names of killed processes' connections.
    pub(super) gone: Vec<String>,
}

#[derive(Debug)]
pub(super) struct Server {
    child: Running,
    name: String,
    heard: Arc<Mutex<String>>,
    announced: Receiver<String>,
    pub(super) address: Option<String>,
}

#[derive(Debug)]
pub(super) struct Writer {
    child: Running,
    name: String,
    orders: ChildStdin,
    heard: Arc<Mutex<String>>,
    journal: Receiver<Line>,
    pub(super) acknowledged: Arc<AtomicU64>,
}

impl Site {
    /// A place for everything, in which nothing runs yet.
    pub(super) fn new(torture: &Path) -> anyhow::Result<Self> {
        let scratch = tempfile::Builder::new()
            .prefix("inrete-torture-")
            .tempdir()?;
        // A program that gives up root has to get to its data.
        fs::set_permissions(scratch.path(), Permissions::from_mode(0o755))?;
        let mut warden = Command::new(torture);
        warden.arg("warden").arg(scratch.path());
        // In a group of its own: it outlives a Ctrl-C.
        let warden = warden.stdin(Stdio::piped()).process_group(0).spawn()?;
        let scratch = scratch.keep();
        Ok(Self {
            data: scratch.join("data"),
            scratch,
            torture: torture.to_owned(),
            warden,
            owner: Owner::Keeper,
            keeper: None,
            servers: [const { None }; SERVERS],
            writers: [const { None }; WRITERS],
            started: 0,
            gone: Vec::new(),
        })
    }

    /// Leaves the directory for a look, with the story of what was found; says where it is.
    pub(super) fn keep(&self, story: &str) -> &Path {
        for index in 0..SERVERS {
            self.note(index);
        }
        // Nothing better can be done when this fails, too.
        drop(fs::write(self.scratch.join(STORY), story));
        &self.scratch
    }

    /// How to connect, as superuser, under a name.
    pub(super) fn options(&self, name: &str, database: &str) -> PgConnectOptions {
        PgConnectOptions::new_without_pgpass()
            .host("localhost")
            .socket(self.socket())
            .port(5432)
            .username(cluster::ADMIN)
            .database(database)
            .ssl_mode(PgSslMode::Disable)
            .application_name(name)
    }

    /// Where PostgreSQL says its socket is; where it usually is when it says nothing.
    fn socket(&self) -> PathBuf {
        let file = fs::read_to_string(self.data.join("postgres/postmaster.pid"));
        let named = file.unwrap_or_default();
        let named = named.lines().nth(4).filter(|line| !line.is_empty());
        named.map_or_else(|| self.data.join("run"), PathBuf::from)
    }

    fn url(&self) -> String {
        self.options("", DATABASE).to_url_lossy().into()
    }

    fn command(&mut self, program: &Path, prefix: &str) -> (Command, String) {
        self.started += 1;
        let name = format!("{prefix}-{}", self.started);
        let mut command = Command::new(program);
        for variable in ENVIRONMENT {
            command.env_remove(variable);
        }
        command.env("PGAPPNAME", &name);
        command.current_dir(&self.scratch);
        command.stdin(Stdio::null());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command.process_group(0);
        (command, name)
    }

    // ---- PostgreSQL ----

    /// Starts PostgreSQL, without waiting for it, unless it is the first server's.
    pub(super) fn start_keeper(&mut self) -> anyhow::Result<()> {
        let torture = self.torture.clone();
        let (mut command, _) = self.command(&torture, "keeper");
        command.arg("keeper").arg(&self.data);
        let said = self.scratch.join("keeper.log");
        let said = File::options().create(true).append(true).open(said)?;
        command.stdin(Stdio::piped()).stderr(said);
        let mut child = Running(command.spawn()?);
        let (send, ready) = channel();
        let out = child.0.stdout.take().context("its output")?;
        std::thread::spawn(move || {
            for line in BufReader::new(out).lines().map_while(Result::ok) {
                if line == READY && send.send(()).is_err() {
                    return;
                }
            }
        });
        self.keeper = Some((child, ready));
        Ok(())
    }

    /// Whether somebody keeps PostgreSQL up.
    pub(super) fn is_kept(&self) -> bool {
        self.keeper.is_some()
    }

    /// Whether PostgreSQL takes connections; an error when its keeper has ended.
    pub(super) fn keeper_is_ready(&self) -> anyhow::Result<bool> {
        let Some((_, ready)) = &self.keeper else {
            bail!("nobody keeps PostgreSQL");
        };
        match ready.try_recv() {
            Ok(()) => Ok(true),
            Err(TryRecvError::Empty) => Ok(false),
            Err(TryRecvError::Disconnected) => {
                let said = fs::read_to_string(self.scratch.join("keeper.log"));
                bail!("PostgreSQL does not start: {}", said.unwrap_or_default())
            }
        }
    }

    /// Starts PostgreSQL and waits until it takes connections.
    pub(super) async fn keep_database(&mut self) -> anyhow::Result<()> {
        self.start_keeper()?;
        let begun = Instant::now();
        while !self.keeper_is_ready()? {
            patient(begun, || "PostgreSQL to take connections".to_owned())?;
            sleep(POLL).await;
        }
        Ok(())
    }

    /// The first of PostgreSQL's processes.
    pub(super) fn postmaster(&self) -> Option<Pid> {
        program::postmaster(&self.data)
    }

    /// Waits until PostgreSQL was started again by who owns it.
    pub(super) async fn revived(&self, killed: Option<Pid>) -> anyhow::Result<()> {
        let begun = Instant::now();
        loop {
            let now = self.postmaster();
            if now.is_some() && now != killed {
                return Ok(());
            }
            patient(begun, || "a server to start PostgreSQL again".to_owned())?;
            sleep(POLL).await;
        }
    }

    /// Ends PostgreSQL in order.
    pub(super) async fn stop_keeper(&mut self) -> anyhow::Result<()> {
        let Some((mut keeper, _)) = self.keeper.take() else {
            return Ok(());
        };
        drop(keeper.0.stdin.take());
        let status = ended(&mut keeper, "the keeper of PostgreSQL").await?;
        ensure!(status.success(), "the keeper of PostgreSQL ended: {status}");
        Ok(())
    }

    // ---- servers ----

    /// Runs a short command of the program to its end; what it answered.
    pub(super) fn run(&mut self, arguments: &[&str]) -> anyhow::Result<(Option<i32>, String)> {
        let url = self.url();
        let (mut command, _) = self.command(program::inrete(), "command");
        command.env("DATABASE_URL", url);
        command.arg("--data").arg(&self.data).args(arguments);
        let output = command.output()?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(
            output.status.code().is_some_and(|code| code != 1),
            "`inrete {}` ended: {}: {said}",
            arguments.join(" "),
            output.status
        );
        Ok((
            output.status.code(),
            String::from_utf8(output.stdout).context("its answer")?,
        ))
    }

    /// Starts a server, without waiting for it.
    pub(super) fn start_server(&mut self, index: usize) -> anyhow::Result<()> {
        let url = self.url();
        let (mut command, name) = self.command(program::inrete(), "server");
        command.arg("--data").arg(&self.data);
        command.args(["serve", "--listen", "127.0.0.1:0"]);
        if !(index == 0 && self.owner == Owner::Server) {
            command.env("DATABASE_URL", url);
        }
        command.stdout(Stdio::null());
        let mut child = Running(command.spawn()?);
        let heard = Arc::new(Mutex::new(String::new()));
        let stderr = child.0.stderr.take().context("its output")?;
        let announced = program::announced(stderr, Arc::clone(&heard));
        self.servers[index] = Some(Server {
            child,
            name,
            heard,
            announced,
            address: None,
        });
        Ok(())
    }

    /// Waits until a server that was started serves.
    pub(super) async fn await_server(&mut self, index: usize) -> anyhow::Result<()> {
        let server = self.servers[index].as_mut().context("no server")?;
        let begun = Instant::now();
        loop {
            match server.announced.try_recv() {
                Ok(address) => {
                    server.address = Some(address);
                    return Ok(());
                }
                Err(TryRecvError::Empty) => {}
                Err(TryRecvError::Disconnected) => {
                    bail!("server {index} ends: {}", program::text(&server.heard))
                }
            }
            let heard = Arc::clone(&server.heard);
            patient(begun, || {
                format!(
                    "server {index} to serve; it says: {}",
                    program::text(&heard)
                )
            })?;
            sleep(POLL).await;
        }
    }

    /// Fails if a server that runs has panicked or has ended by itself.
    pub(super) fn servers_are_well(&mut self) -> anyhow::Result<()> {
        for (index, server) in self.servers.iter_mut().enumerate() {
            let Some(server) = server else { continue };
            let said = program::text(&server.heard);
            ensure!(
                !said.contains("panicked"),
                "server {index} panicked: {said}"
            );
            let status = server.child.0.try_wait()?;
            ensure!(
                status.is_none(),
                "server {index} ended ({status:?}): {said}"
            );
        }
        Ok(())
    }

    /// Ends a server as Ctrl-C does.
    pub(super) async fn stop_server(&mut self, index: usize) -> anyhow::Result<()> {
        self.note(index);
        let Some(mut server) = self.servers[index].take() else {
            return Ok(());
        };
        killpg(server.child.pid(), Signal::SIGINT)?;
        let status = ended(&mut server.child, "a server").await?;
        let said = program::text(&server.heard);
        ensure!(status.success(), "server {index} ended: {status}: {said}");
        Ok(())
    }

    /// Keeps what a server said.
    fn note(&self, index: usize) {
        let Some(server) = &self.servers[index] else {
            return;
        };
        let log = self.scratch.join(format!("server-{index}.log"));
        if let Ok(mut log) = File::options().create(true).append(true).open(log) {
            let said = program::text(&server.heard);
            drop(write!(log, "---- {}\n{said}", server.name));
        }
    }

    // ---- writers ----

    pub(super) fn start_writer(&mut self, index: usize, place: Place) -> anyhow::Result<()> {
        let (url, torture) = (self.url(), self.torture.clone());
        let (mut command, name) = self.command(&torture, "writer");
        command.args(["writer", "--url", &url]);
        command.args(["--log", &place.log.to_string()]);
        command.args(["--seed", &place.seed.to_string()]);
        command.args(["--number", &place.number.to_string()]);
        command.stdin(Stdio::piped());
        let mut child = Running(command.spawn()?);
        let (send, journal) = channel();
        let acknowledged = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&acknowledged);
        let out = child.0.stdout.take().context("its output")?;
        std::thread::spawn(move || {
            let mut out = BufReader::new(out);
            let mut line = String::new();
            // What was cut off in the middle was not said.
            while out.read_line(&mut line).is_ok_and(|read| read > 0) && line.ends_with('\n') {
                let text = line.trim_end_matches('\n');
                let read = Line::read(text)
                    .unwrap_or_else(|| Line::Fault(format!("a line of no journal: {text}")));
                if let Line::Told(_, Told::Recorded(..)) = read {
                    counted.fetch_add(1, Ordering::Relaxed);
                }
                if send.send(read).is_err() {
                    return;
                }
                line.clear();
            }
        });
        let heard = Arc::new(Mutex::new(String::new()));
        let said = child.0.stderr.take().context("its output")?;
        drop(program::announced(said, Arc::clone(&heard)));
        let orders = child.0.stdin.take().context("its input")?;
        self.writers[index] = Some(Writer {
            child,
            name,
            orders,
            heard,
            journal,
            acknowledged,
        });
        Ok(())
    }

    // ---- ends ----

    /// Kills, in this order and without waiting in between: nobody can do anything about it. The
    /// journals of killed writers.
    pub(super) async fn kill(
        &mut self,
        victims: &[Victim],
    ) -> anyhow::Result<Vec<(usize, Vec<Line>)>> {
        let mut journals = Vec::new();
        for victim in victims {
            match *victim {
                Victim::Database => {
                    for _ in 0..2 {
                        // The first one first: then no more of them come.
                        let all = program::backends(&self.data);
                        for process in program::postmaster(&self.data).into_iter().chain(all) {
                            let _ = kill(process, Signal::SIGKILL);
                        }
                    }
                    drop(self.keeper.take());
                }
                Victim::Postmaster => {
                    if let Some(process) = program::postmaster(&self.data) {
                        let _ = kill(process, Signal::SIGKILL);
                    }
                    drop(self.keeper.take());
                }
                Victim::Server(index) => {
                    if let Some(server) = &self.servers[index] {
                        let _ = kill(server.child.pid(), Signal::SIGKILL);
                    }
                }
                Victim::Writer(index) => {
                    if let Some(writer) = &self.writers[index] {
                        let _ = kill(writer.child.pid(), Signal::SIGKILL);
                    }
                }
            }
        }
        for victim in victims {
            match *victim {
                Victim::Database | Victim::Postmaster => {}
                Victim::Server(index) => {
                    self.note(index);
                    if let Some(mut server) = self.servers[index].take() {
                        ended(&mut server.child, "a killed server").await?;
                        let said = program::text(&server.heard);
                        ensure!(
                            !said.contains("panicked"),
                            "server {index} panicked: {said}"
                        );
                        self.gone.push(server.name);
                    }
                }
                Victim::Writer(index) => {
                    if let Some(mut writer) = self.writers[index].take() {
                        ended(&mut writer.child, "a killed writer").await?;
                        self.gone.push(writer.name.clone());
                        journals.push((index, writer.journal.iter().collect()));
                    }
                }
            }
        }
        Ok(journals)
    }

    /// Ends everything in order, and sees that nothing is left running.
    pub(super) async fn end(&mut self) -> anyhow::Result<()> {
        for index in 0..WRITERS {
            let Some(writer) = self.writers[index].take() else {
                continue;
            };
            let Writer {
                mut child,
                orders,
                heard,
                ..
            } = writer;
            drop(orders);
            let status = ended(&mut child, "a writer").await?;
            let said = program::text(&heard);
            ensure!(status.success(), "writer {index} ended: {status}: {said}");
        }
        for index in (0..SERVERS).rev() {
            self.stop_server(index).await?;
        }
        self.stop_keeper().await?;
        self.gone.clear();
        let begun = Instant::now();
        loop {
            let left = program::processes(&self.data);
            if left.is_empty() {
                return Ok(());
            }
            patient(begun, || format!("the processes {left:?} to end"))?;
            sleep(POLL).await;
        }
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.keep("a panic");
        }
        // The warden kills what is left and clears away.
        drop(self.warden.stdin.take());
        drop(self.warden.wait());
    }
}

impl Writer {
    /// Tells it to go on, in this round, or to rest.
    pub(super) fn order(&mut self, round: Option<u64>) -> anyhow::Result<()> {
        let order = round.map_or_else(|| "rest\n".to_owned(), |round| format!("go {round}\n"));
        let told = self.orders.write_all(order.as_bytes());
        told.with_context(|| format!("a writer has ended: {}", program::text(&self.heard)))
    }

    /// What it wrote into its journal up to where all its callers rest.
    pub(super) async fn rested(&mut self) -> anyhow::Result<Vec<Line>> {
        let (mut lines, mut resting) = (Vec::new(), 0);
        let begun = Instant::now();
        while resting < super::writer::CALLERS {
            match self.journal.try_recv() {
                Ok(Line::Rests) => resting += 1,
                Ok(line) => lines.push(line),
                Err(TryRecvError::Empty) => {
                    patient(begun, || "a writer to rest".to_owned())?;
                    sleep(POLL).await;
                }
                Err(TryRecvError::Disconnected) => {
                    bail!("a writer has ended: {}", program::text(&self.heard))
                }
            }
        }
        Ok(lines)
    }
}

/// Fails when something has been waited for too long.
pub(super) fn patient(begun: Instant, awaited: impl FnOnce() -> String) -> anyhow::Result<()> {
    if begun.elapsed() < PATIENCE {
        return Ok(());
    }
    bail!("waited {} s in vain for {}", PATIENCE.as_secs(), awaited())
}

async fn ended(child: &mut Running, name: &str) -> anyhow::Result<ExitStatus> {
    let begun = Instant::now();
    loop {
        if let Some(status) = child.0.try_wait()? {
            return Ok(status);
        }
        patient(begun, || format!("{name} to end"))?;
        sleep(POLL).await;
    }
}

/// Keeps PostgreSQL up until standard input closes; as an unprivileged account when root starts it.
///
/// # Errors
/// When PostgreSQL does not start or end.
pub fn keep(data: &Path) -> anyhow::Result<()> {
    // Before there is any other thread.
    cluster::give_up_root(data)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let cluster = cluster::Cluster::start(data).await?;
        cluster.ensure_database(DATABASE).await?;
        let mut out = std::io::stdout().lock();
        writeln!(out, "{READY}")?;
        out.flush()?;
        tokio::task::spawn_blocking(until_closed).await?;
        cluster.stop().await?;
        Ok(())
    })
}

/// Waits until standard input closes, which it does when who holds its other end has ended, however
/// that was; then kills every process of the place and clears it away.
pub fn guard(scratch: &Path) {
    until_closed();
    let data = scratch.join("data");
    let begun = std::time::Instant::now();
    loop {
        let left = program::processes(&data);
        if left.is_empty() || begun.elapsed() > PATIENCE {
            break;
        }
        for process in left {
            let _ = kill(process, Signal::SIGKILL);
        }
        std::thread::sleep(POLL);
    }
    if !scratch.join(STORY).exists() {
        drop(fs::remove_dir_all(scratch));
    }
}

fn until_closed() {
    drop(std::io::stdin().lock().read_to_end(&mut Vec::new()));
}

/// Everything a lock holds, whoever panicked with it.
pub(super) fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
