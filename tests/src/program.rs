//! The program as people start it: a process of its own, on a data directory of its own.
//!
//! Nothing outlives its test, however that ends: a server is killed with the value that stands for
//! it, PostgreSQL ends with its server, and the directory is removed only after both.

use std::ffi::OsStr;
use std::fs::{self, Permissions};
use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread::{self, JoinHandle, sleep};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;
use serde_json::Value;
use tempfile::TempDir;

/// How long anything may take; only what is stuck takes longer.
pub const PATIENCE: Duration = Duration::from_secs(120);

const POLL: Duration = Duration::from_millis(10);

/// What would make the program look elsewhere, or say more or less than usual.
pub const ENVIRONMENT: [&str; 12] = [
    "DATABASE_URL",
    "VAULT_DATABASE_URL",
    "INRETE_DATA",
    "INRETE_KEYS",
    "INRETE_LISTEN",
    "INRETE_LOG",
    "INRETE_ORIGIN",
    "INRETE_TLS_CERTIFICATE",
    "INRETE_TLS_KEY",
    "INRETE_TRUSTED_PROXY",
    "INRETE_QUICK_EXIT",
    "INRETE_OIDC",
];

/// The program of this checkout, built with the profile of who asks.
///
/// The tests' own build makes only its library. So cargo is asked once a process, which is a moment
/// when `scripts/test` has built it before.
///
/// # Panics
/// When it cannot be built.
pub fn inrete() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let this = std::env::current_exe().expect("this program");
        // target/PROFILE/torture, or target/PROFILE/deps/it-…
        let folder = this.parent().expect("a target directory");
        let folder = match folder.file_name().and_then(OsStr::to_str) {
            Some("deps") => folder.parent().expect("a target directory"),
            _ => folder,
        };
        let profile = match folder.file_name().and_then(OsStr::to_str) {
            Some("debug") => "dev",
            Some(profile) => profile,
            None => panic!("{} is not where cargo builds", folder.display()),
        };
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut build = Command::new(cargo);
        build.args(["build", "--package", "server", "--bin", "inrete"]);
        build.args(["--package", "inrete-verify", "--bin", "inrete-verify"]);
        build.args(["--quiet", "--profile", profile, "--target-dir"]);
        build.arg(folder.parent().expect("a target directory"));
        build.current_dir(env!("CARGO_MANIFEST_DIR"));
        let built = build.stdin(Stdio::null()).output().expect("cargo runs");
        let said = String::from_utf8_lossy(&built.stderr);
        assert!(
            built.status.success(),
            "the program cannot be built; `cargo build --package server` says:\n{said}"
        );
        let program = folder.join("inrete");
        assert!(program.is_file(), "there is no {}", program.display());
        program
    })
}

/// The program that checks what others were given, built with the other one.
pub fn verifier() -> PathBuf {
    inrete().with_file_name("inrete-verify")
}

/// A data directory.
#[derive(Debug)]
pub struct Place {
    scratch: TempDir,
    environment: Vec<(&'static str, String)>,
}

/// How a command ended.
#[derive(Debug)]
pub struct Ran {
    /// Its exit code; none when it was killed.
    pub code: Option<i32>,
    /// Its answer.
    pub stdout: String,
    /// What it said beside.
    pub stderr: String,
}

impl Ran {
    /// The answer of a command that ended with `code`.
    #[track_caller]
    pub fn ended(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{}{}", self.stdout, self.stderr);
        self
    }

    /// The answer as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        let parsed = serde_json::from_str(&self.stdout);
        parsed.unwrap_or_else(|error| panic!("not JSON ({error}): {self:?}"))
    }

    /// Fails unless it says so on standard error.
    #[track_caller]
    pub fn tells(&self, words: &str) -> &Self {
        assert!(self.stderr.contains(words), "{words:?} is not in {self:#?}");
        self
    }

    /// Fails unless it says so on standard output.
    #[track_caller]
    pub fn says(&self, words: &str) -> &Self {
        assert!(self.stdout.contains(words), "{words:?} is not in {self:#?}");
        self
    }
}

impl Place {
    /// A new one, in which nothing is yet.
    pub fn new() -> Self {
        let scratch = tempfile::Builder::new().prefix("inrete-it-").tempdir();
        let scratch = scratch.expect("a directory");
        // A program that gives up root has to get to its data.
        fs::set_permissions(scratch.path(), Permissions::from_mode(0o755)).expect("open");
        Self {
            scratch,
            environment: Vec::new(),
        }
    }

    /// The same, where every program finds this in its environment.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.environment.push((name, value.into()));
        self
    }

    /// The data directory itself; made by the program.
    pub fn data(&self) -> PathBuf {
        self.scratch.path().join("data")
    }

    /// A path beside it.
    pub fn beside(&self, name: &str) -> PathBuf {
        self.scratch.path().join(name)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(inrete());
        for name in ENVIRONMENT {
            command.env_remove(name);
        }
        for (name, value) in &self.environment {
            command.env(name, value);
        }
        command.current_dir(self.scratch.path());
        command.arg("--data").arg(self.data()).args(arguments);
        command.stdin(Stdio::null());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        // As a shell starts it: a group of its own.
        command.process_group(0);
        command
    }

    /// Runs a command to its end.
    pub fn run(&self, arguments: &[&str]) -> Ran {
        let mut child = Running(self.command(arguments).spawn().expect("the program runs"));
        let stdout = listen(child.0.stdout.take().expect("its output"));
        let stderr = listen(child.0.stderr.take().expect("its output"));
        let Some(status) = child.ends() else {
            panic!("{arguments:?} does not end");
        };
        let said = |listener: JoinHandle<String>| listener.join().expect("its output");
        Ran {
            code: status.code(),
            stdout: said(stdout),
            stderr: said(stderr),
        }
    }

    /// Starts the server and waits until it serves.
    pub fn serve(&self) -> Served {
        self.start(&["serve"])
    }

    /// Starts what serves, with these arguments and on any free port, and waits until it does.
    pub fn start(&self, arguments: &[&str]) -> Served {
        let mut command = self.command(&[arguments, &["--listen", "127.0.0.1:0"]].concat());
        let mut child = Running(command.spawn().expect("the program runs"));
        let heard = Arc::new(Mutex::new(String::new()));
        let stderr = child.0.stderr.take().expect("its output");
        let serves = announced(stderr, Arc::clone(&heard));
        match serves.recv_timeout(PATIENCE) {
            Ok(address) => Served {
                child,
                address,
                heard,
            },
            Err(_) => panic!("no server: {}", text(&heard)),
        }
    }

    /// Starts the server and kills it after a while, wherever it has got to.
    pub fn serve_for(&self, a_while: Duration) {
        let mut command = self.command(&["serve", "--listen", "127.0.0.1:0"]);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        let child = Running(command.spawn().expect("the program runs"));
        sleep(a_while);
        drop(child);
    }

    /// The process of its PostgreSQL.
    pub fn postmaster(&self) -> Option<Pid> {
        postmaster(&self.data())
    }

    /// Every process that works in the data directory, or was given its name.
    pub fn processes(&self) -> Vec<Pid> {
        processes(&self.data())
    }
}

impl Default for Place {
    fn default() -> Self {
        Self::new()
    }
}

/// The process of a data directory's PostgreSQL.
pub fn postmaster(data: &Path) -> Option<Pid> {
    let cluster = data.join("postgres");
    let file = fs::read_to_string(cluster.join("postmaster.pid")).ok()?;
    let pid = Pid::from_raw(file.lines().next()?.trim().parse().ok()?);
    // The number may be that of who is about to start it.
    let is_it = match Path::new("/proc/self").exists() {
        true => works_in(pid, &cluster),
        false => pid != Pid::this() && kill(pid, None).is_ok(),
    };
    is_it.then_some(pid)
}

/// Every process of a data directory's PostgreSQL.
pub fn backends(data: &Path) -> Vec<Pid> {
    let cluster = data.join("postgres");
    match everything() {
        Some(all) => all.filter(|pid| works_in(*pid, &cluster)).collect(),
        None => postmaster(data).into_iter().collect(),
    }
}

/// Every process that works in a data directory, or was given its name.
pub fn processes(data: &Path) -> Vec<Pid> {
    let Some(all) = everything() else {
        return postmaster(data).into_iter().collect();
    };
    let of_it = |pid: &Pid| {
        let command = fs::read(about(*pid).join("cmdline")).unwrap_or_default();
        works_in(*pid, data) || String::from_utf8_lossy(&command).contains(&*data.to_string_lossy())
    };
    all.filter(of_it).collect()
}

/// All processes, where the system lists them.
fn everything() -> Option<impl Iterator<Item = Pid>> {
    let number = |entry: fs::DirEntry| entry.file_name().to_str()?.parse().ok();
    let all = fs::read_dir("/proc").ok()?.flatten();
    Some(all.filter_map(number).map(Pid::from_raw))
}

fn about(pid: Pid) -> PathBuf {
    Path::new("/proc").join(pid.to_string())
}

fn works_in(pid: Pid, directory: &Path) -> bool {
    fs::read_link(about(pid).join("cwd")).is_ok_and(|cwd| cwd.starts_with(directory))
}

impl Drop for Place {
    fn drop(&mut self) {
        let begun = Instant::now();
        while !self.processes().is_empty() {
            if begun.elapsed() > PATIENCE {
                for process in self.processes() {
                    let _ = kill(process, Signal::SIGKILL);
                }
                return;
            }
            sleep(POLL);
        }
    }
}

/// A server.
#[derive(Debug)]
pub struct Served {
    child: Running,
    /// Where it answers GraphQL.
    pub address: String,
    heard: Arc<Mutex<String>>,
}

impl Served {
    /// Its number.
    pub fn pid(&self) -> Pid {
        self.child.pid()
    }

    /// What it said on standard error so far.
    pub fn heard(&self) -> String {
        text(&self.heard)
    }

    /// Kills it, so that it can do nothing about it.
    pub fn kill(mut self) {
        let _ = kill(self.pid(), Signal::SIGKILL);
        let status = self.child.ends().expect("killed");
        assert_eq!(status.signal(), Some(9), "it had ended: {}", self.heard());
    }

    /// Ctrl-C, as the terminal sends it: to its whole group. How it ended.
    pub fn interrupt(self) -> ExitStatus {
        self.interrupted().0
    }

    /// The same, and everything it ever said on standard error.
    pub fn interrupted(mut self) -> (ExitStatus, String) {
        killpg(self.pid(), Signal::SIGINT).expect("it runs");
        let ended = self.child.ends();
        let ended = ended.unwrap_or_else(|| panic!("it does not end: {}", self.heard()));
        // Who listens lets go of it when there is nothing more to hear.
        let begun = Instant::now();
        while Arc::strong_count(&self.heard) > 1 && begun.elapsed() < PATIENCE {
            sleep(POLL);
        }
        (ended, self.heard())
    }
}

/// A process that is killed when nobody waits for it any more.
#[derive(Debug)]
pub struct Running(pub Child);

impl Running {
    /// Its number.
    pub fn pid(&self) -> Pid {
        Pid::from_raw(self.0.id().try_into().expect("a process"))
    }

    /// How it ends, if it does.
    pub fn ends(&mut self) -> Option<ExitStatus> {
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            if let Some(status) = self.0.try_wait().expect("a child") {
                return Some(status);
            }
            sleep(POLL);
        }
        None
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn listen(mut output: impl Read + Send + 'static) -> JoinHandle<String> {
    thread::spawn(move || {
        let mut said = Vec::new();
        output.read_to_end(&mut said).expect("its output");
        String::from_utf8(said).expect("text")
    })
}

/// Keeps what a server says; gives the address once it says that.
pub fn announced(
    stderr: impl Read + Send + 'static,
    heard: Arc<Mutex<String>>,
) -> Receiver<String> {
    let (found, address) = channel();
    thread::spawn(move || {
        for line in BufReader::new(stderr).lines().map_while(Result::ok) {
            if let Some((_, address)) = line.split_once("serving GraphQL at ") {
                let _ = found.send(address.trim().to_owned());
            }
            let mut heard = heard.lock().unwrap_or_else(PoisonError::into_inner);
            heard.push_str(&line);
            heard.push('\n');
        }
    });
    address
}

/// What was heard so far.
pub fn text(heard: &Mutex<String>) -> String {
    heard.lock().unwrap_or_else(PoisonError::into_inner).clone()
}
