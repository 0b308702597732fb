//! One PostgreSQL under our hand: made, started, watched, started again, stopped.

use std::fs::{self, File};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle, sleep};
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use tokio::sync::watch;

use crate::home::Home;
use crate::installation::Installation;
use crate::lock::Lock;
use crate::postmaster::{ABRUPT, ORDERLY, POLL, Postmaster, settle};
use crate::{ADMIN, Error, PORT};

/// Stands between us and PostgreSQL, and ends it when we end.
const SUPERVISE: &str = include_str!("supervise.sh");

/// How long PostgreSQL may take until it accepts connections; after a crash it first replays what it
/// had not yet written in place.
const START_PATIENCE: Duration = Duration::from_secs(300);

/// How long the backends of a killed PostgreSQL may take to notice.
const ORPHANS_PATIENCE: Duration = Duration::from_secs(30);

/// How often a PostgreSQL that keeps dying is started again, waiting longer each time.
const RESTARTS: u32 = 5;
const FIRST_PAUSE: Duration = Duration::from_millis(50);

/// After running this long its earlier deaths are forgotten.
const STEADY: Duration = Duration::from_secs(60);

/// As much of PostgreSQL's words as goes into an error.
const OUTPUT_BYTES: usize = 2000;

/// What keeps the cluster private, safe and discreet, whatever `postgresql.conf` says. Everything
/// else (memory, connections) is the administrator's, in that file.
const FIXED: [&str; 22] = [
    "listen_addresses=",
    "unix_socket_permissions=0700",
    "ssl=off",
    "cluster_name=inrete",
    "timezone=UTC",
    // The log: one file per weekday, each overwritten a week later.
    "logging_collector=on",
    "log_destination=stderr",
    "log_filename=postgresql-%a.log",
    "log_file_mode=0600",
    "log_rotation_age=1d",
    "log_rotation_size=0",
    "log_truncate_on_rotation=on",
    "log_timezone=UTC",
    // Nothing personal in it. `log` leaves out errors, whose text quotes values ("invalid input
    // syntax for type date: …"): the one who gets the error is the server. `terse` leaves out
    // details ("Key (name)=(…) already exists").
    "log_min_messages=log",
    "log_error_verbosity=terse",
    "log_min_error_statement=panic",
    "log_statement=none",
    "log_duration=off",
    "log_min_duration_statement=-1",
    "log_min_duration_sample=-1",
    "log_parameter_max_length=0",
    "log_parameter_max_length_on_error=0",
];

/// A commit that is reported is on disk.
const DURABLE: [&str; 3] = ["fsync=on", "synchronous_commit=on", "full_page_writes=on"];

/// A cluster that is thrown away at the end of the run: quick, small, many connections.
const FLEETING: [&str; 9] = [
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "wal_level=minimal",
    "max_wal_senders=0",
    "shared_buffers=64MB",
    "max_connections=400",
    "max_locks_per_transaction=128",
    "autovacuum_naptime=1h",
];

/// What is asked of a cluster.
#[derive(Debug)]
pub(crate) struct Terms {
    durable: bool,
    /// Removed with everything in it once PostgreSQL has ended, even if we are no longer there.
    remove: Option<PathBuf>,
}

impl Terms {
    pub(crate) fn durable() -> Terms {
        Terms {
            durable: true,
            remove: None,
        }
    }

    #[cfg(feature = "testing")]
    pub(crate) fn fleeting(remove: PathBuf) -> Terms {
        Terms {
            durable: false,
            remove: Some(remove),
        }
    }

    /// What ends PostgreSQL: the orderly way, or at once when nothing is to be kept.
    fn end(&self) -> Signal {
        if self.durable {
            Signal::SIGINT
        } else {
            Signal::SIGQUIT
        }
    }
}

#[derive(Debug)]
pub(crate) struct Engine {
    home: Home,
    installation: Installation,
    socket: PathBuf,
    terms: Terms,
    state: Mutex<State>,
    /// Set once PostgreSQL has died for good: what it said.
    lost: watch::Sender<Option<String>>,
}

#[derive(Debug, Default)]
struct State {
    /// PostgreSQL runs while this is open.
    leash: Option<ChildStdin>,
    stopping: bool,
    watcher: Option<JoinHandle<()>>,
}

impl Engine {
    /// Starts PostgreSQL, which nobody else may be doing; makes the cluster if there is none.
    pub(crate) fn start(
        home: Home,
        lock: Option<Lock>,
        terms: Terms,
    ) -> Result<Arc<Engine>, Error> {
        let installation = Installation::find(&home.cluster())?;
        let socket = home.socket()?;
        home.make(&home.log())?;
        let (state, lost) = (Mutex::default(), watch::Sender::new(None));
        let engine = Arc::new(Engine {
            home,
            installation,
            socket,
            terms,
            state,
            lost,
        });
        engine.make_cluster()?;
        let child = engine.launch()?;
        let watching = Arc::clone(&engine);
        let watcher = thread::Builder::new()
            .name("postgresql".to_owned())
            .spawn(move || {
                watching.watch(child);
                watching.tidy();
                // Only now may the next one start.
                drop(lock);
            });
        let watcher = watcher.map_err(Error::file("watch over", engine.home.cluster()))?;
        engine.state().watcher = Some(watcher);
        Ok(engine)
    }

    /// The directory of the socket.
    pub(crate) fn socket(&self) -> &Path {
        &self.socket
    }

    /// Lets PostgreSQL end, without waiting for it.
    pub(crate) fn let_go(&self) {
        let mut state = self.state();
        state.stopping = true;
        state.leash = None;
    }

    /// Ends PostgreSQL and waits until it has.
    pub(crate) fn stop(&self) -> Result<(), Error> {
        self.let_go();
        let Some(watcher) = self.state().watcher.take() else {
            return Ok(());
        };
        for (signal, patience) in [(self.terms.end(), ORDERLY), (Signal::SIGQUIT, ABRUPT)] {
            // The supervisor has sent the same; this is for the case that someone ended it.
            self.signal(signal);
            let begun = Instant::now();
            while !watcher.is_finished() && begun.elapsed() < patience {
                sleep(POLL);
            }
        }
        if watcher.is_finished() {
            return Ok(());
        }
        let pid = Postmaster::read(&self.home.cluster()).map_or(0, |it| it.pid);
        Err(Error::StillRunning { pid })
    }

    /// Waits until PostgreSQL has died for good.
    pub(crate) async fn lost(&self) -> Error {
        let mut lost = self.lost.subscribe();
        // The sender is ours: it cannot go away while we wait.
        let output = match lost.wait_for(Option::is_some).await {
            Ok(output) => output.clone().unwrap_or_default(),
            Err(_) => String::new(),
        };
        Error::Start {
            log: self.home.log(),
            output,
        }
    }

    /// Makes the cluster if there is none. One that was not finished is made anew.
    fn make_cluster(&self) -> Result<(), Error> {
        let cluster = self.home.cluster();
        if cluster.join("PG_VERSION").exists() {
            return Ok(());
        }
        let unfinished = self.home.unfinished_cluster();
        // A machine without this locale is content with plain bytes: both sort alike.
        let mut said = String::new();
        for locale in ["C.UTF-8", "C"] {
            if unfinished.exists() {
                fs::remove_dir_all(&unfinished).map_err(Error::file("remove", &unfinished))?;
            }
            let output = self.initdb(&unfinished, locale)?;
            if output.status.success() {
                fs::rename(&unfinished, &cluster).map_err(Error::file("make", &cluster))?;
                let directory = File::open(&self.home.data);
                return directory
                    .and_then(|it| it.sync_all())
                    .map_err(Error::file("write", &self.home.data));
            }
            said = shorten(&output.stderr);
            if !said.contains("locale") {
                break;
            }
        }
        Err(Error::Initdb { output: said })
    }

    fn initdb(&self, directory: &Path, locale: &str) -> Result<std::process::Output, Error> {
        let program = self.installation.program("initdb");
        let mut command = self.command(&program);
        command
            .arg("-D")
            .arg(directory)
            .args(["-U", ADMIN, "-E", "UTF8", "--data-checksums"]);
        // Whoever can enter the socket's directory is the administrator.
        command.args([
            "--auth-local=trust",
            "--auth-host=reject",
            "--no-instructions",
        ]);
        command.arg(format!("--locale={locale}"));
        if !self.terms.durable {
            command.arg("--no-sync");
        }
        command
            .stdin(Stdio::null())
            .output()
            .map_err(Error::file("run", program))
    }

    /// Starts PostgreSQL and waits until it accepts connections.
    fn launch(&self) -> Result<Child, Error> {
        let begun = Instant::now();
        loop {
            settle(&self.home.cluster())?;
            self.home.prepare_socket(&self.socket)?;
            let mut child = self.spawn()?;
            if self.becomes_ready(&mut child)? {
                return Ok(child);
            }
            let output = self.last_words();
            let orphans = output.contains("shared memory block");
            if !orphans || begun.elapsed() > ORPHANS_PATIENCE {
                return Err(Error::Start {
                    log: self.home.log(),
                    output,
                });
            }
            sleep(FIRST_PAUSE);
        }
    }

    fn spawn(&self) -> Result<Child, Error> {
        let shell = Path::new("/bin/sh");
        let mut command = self.command(shell);
        command.args(["-c", SUPERVISE, "supervise"]);
        command.arg(self.terms.end().as_str().trim_start_matches("SIG"));
        command.arg(self.terms.remove.as_deref().unwrap_or(Path::new("")));
        command
            .arg(self.installation.program("postgres"))
            .arg("-D")
            .arg(self.home.cluster());
        for setting in FIXED.iter().chain(if self.terms.durable {
            &DURABLE[..]
        } else {
            &FLEETING
        }) {
            command.args(["-c", setting]);
        }
        command.arg("-c").arg(format!("port={PORT}"));
        command
            .arg("-c")
            .arg(setting("log_directory", self.home.log().as_os_str()));
        command
            .arg("-c")
            .arg(setting("unix_socket_directories", &quoted(&self.socket)));

        let log = self.home.file(&self.home.start_log(), true)?;
        let twice = log
            .try_clone()
            .map_err(Error::file("write", self.home.start_log()))?;
        // A group of its own: what the terminal sends to ours (Ctrl-C) does not reach it.
        command
            .stdin(Stdio::piped())
            .stdout(log)
            .stderr(twice)
            .process_group(0);
        let mut child = command.spawn().map_err(Error::file("run", shell))?;
        self.state().leash = child.stdin.take();
        Ok(child)
    }

    /// Whether PostgreSQL accepts connections; `false` when it has ended.
    fn becomes_ready(&self, child: &mut Child) -> Result<bool, Error> {
        let begun = Instant::now();
        loop {
            let ended = child
                .try_wait()
                .map_err(Error::file("watch over", self.home.cluster()))?;
            if ended.is_some() {
                return Ok(false);
            }
            if Postmaster::read(&self.home.cluster()).is_some_and(|it| it.is_ready()) {
                return Ok(true);
            }
            if begun.elapsed() > START_PATIENCE || self.state().stopping {
                self.state().leash = None;
                child
                    .wait()
                    .map_err(Error::file("watch over", self.home.cluster()))?;
                return Ok(false);
            }
            sleep(POLL);
        }
    }

    /// Waits for PostgreSQL to end; starts it again unless that was wanted.
    fn watch(&self, mut child: Child) {
        let mut deaths = 0;
        loop {
            let begun = Instant::now();
            let status = child.wait().map(|it| it.to_string()).unwrap_or_default();
            if self.state().stopping || self.terms.remove.is_some() {
                return;
            }
            tracing::error!(status, "PostgreSQL ended by itself; starting it again");
            if begun.elapsed() > STEADY {
                deaths = 0;
            }
            match self.relaunch(&mut deaths) {
                Ok(again) => child = again,
                Err(_) if self.state().stopping => return,
                Err(error) => {
                    tracing::error!(%error, "PostgreSQL does not come back");
                    self.lost.send_replace(Some(self.last_words()));
                    return;
                }
            }
            if self.state().stopping {
                self.state().leash = None;
            }
        }
    }

    /// Starts PostgreSQL again, unless it died or failed to start too often of late.
    fn relaunch(&self, deaths: &mut u32) -> Result<Child, Error> {
        loop {
            *deaths += 1;
            if *deaths > RESTARTS {
                return Err(Error::Start {
                    log: self.home.log(),
                    output: self.last_words(),
                });
            }
            sleep(FIRST_PAUSE * 2_u32.pow(*deaths));
            match self.launch() {
                Ok(child) => return Ok(child),
                Err(error) if self.state().stopping => return Err(error),
                Err(error) => {
                    tracing::error!(%error, attempt = *deaths, "PostgreSQL does not start")
                }
            }
        }
    }

    /// Removes the socket's directory if it lies outside of the data directory.
    fn tidy(&self) {
        if !self.socket.starts_with(&self.home.data) {
            // Only tidiness: the next start takes it over.
            drop(fs::remove_dir_all(&self.socket));
        }
    }

    fn signal(&self, signal: Signal) {
        let cluster = self.home.cluster();
        if let Some(postmaster) = Postmaster::read(&cluster).filter(|it| it.runs(&cluster)) {
            postmaster.signal(signal);
        }
    }

    /// A command under the account, with nothing of our environment that could change PostgreSQL.
    fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("LC_ALL", "C")
            .env("TZ", "UTC")
            .current_dir(&self.home.data);
        command.envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
        // The name `postmaster.pid` may bear without keeping PostgreSQL from starting.
        command.env("PG_GRANDPARENT_PID", std::process::id().to_string());
        if let Some(account) = &self.home.account {
            command.uid(account.uid).gid(account.gid);
        }
        command
    }

    /// The end of what PostgreSQL said last, before it had its log and after.
    fn last_words(&self) -> String {
        let mut logs: Vec<_> = fs::read_dir(self.home.log())
            .into_iter()
            .flatten()
            .flatten()
            .collect();
        logs.sort_by_key(|it| it.metadata().and_then(|it| it.modified()).ok());
        let newest = logs
            .iter()
            .rev()
            .map(fs::DirEntry::path)
            .find(|it| *it != self.home.start_log());
        let said = fs::read(self.home.start_log()).unwrap_or_default();
        match newest {
            Some(log) if said.windows(9).any(|it| it == b"redirecti") => {
                shorten(&fs::read(log).unwrap_or_default())
            }
            _ => shorten(&said),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// `name=value` for a value that is not text.
fn setting(name: &str, value: &std::ffi::OsStr) -> std::ffi::OsString {
    let mut setting = std::ffi::OsString::from(name);
    setting.push("=");
    setting.push(value);
    setting
}

/// A path as an item of a list in PostgreSQL's settings.
fn quoted(path: &Path) -> std::ffi::OsString {
    use std::os::unix::ffi::{OsStrExt, OsStringExt};
    let mut bytes = vec![b'"'];
    for &byte in path.as_os_str().as_bytes() {
        if byte == b'"' {
            bytes.push(b'"');
        }
        bytes.push(byte);
    }
    bytes.push(b'"');
    std::ffi::OsString::from_vec(bytes)
}

fn shorten(output: &[u8]) -> String {
    let start = output.len().saturating_sub(OUTPUT_BYTES);
    String::from_utf8_lossy(&output[start..]).trim().to_owned()
}
