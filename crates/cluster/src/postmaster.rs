//! What PostgreSQL says about itself in `postmaster.pid`, and what is true of it.

use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::Error;
use crate::home::remove_file;

/// How long PostgreSQL may take to shut down in order, with its last checkpoint.
pub(crate) const ORDERLY: Duration = Duration::from_secs(60);

/// How long it may take to drop everything.
pub(crate) const ABRUPT: Duration = Duration::from_secs(15);

/// Longer than it takes to write `postmaster.pid` after it was made, on a busy machine.
const WRITING: Duration = Duration::from_secs(2);

pub(crate) const POLL: Duration = Duration::from_millis(20);

/// The lines of `postmaster.pid`, counted from nought.
const LINE_SOCKET: usize = 4;
const LINE_STATUS: usize = 7;

/// The first process of a cluster, by its own account.
#[derive(Debug)]
pub(crate) struct Postmaster {
    pub(crate) pid: u32,
    /// The directory of its socket.
    pub(crate) socket: Option<PathBuf>,
    status: Vec<u8>,
}

impl Postmaster {
    pub(crate) fn read(cluster: &Path) -> Option<Postmaster> {
        let text = fs::read(cluster.join("postmaster.pid")).ok()?;
        let lines: Vec<_> = text
            .split(|&byte| byte == b'\n')
            .map(<[u8]>::trim_ascii)
            .collect();
        let line = |number: usize| {
            lines
                .get(number)
                .map(|line| line.to_vec())
                .unwrap_or_default()
        };
        // A negative number is that of a single-user PostgreSQL.
        let pid: i32 = String::from_utf8(line(0)).ok()?.parse().ok()?;
        let socket = line(LINE_SOCKET);
        Some(Postmaster {
            pid: pid.unsigned_abs(),
            socket: (!socket.is_empty()).then(|| OsString::from_vec(socket).into()),
            status: line(LINE_STATUS),
        })
    }

    /// Whether it lives and takes connections.
    pub(crate) fn is_ready(&self) -> bool {
        self.status == b"ready" && lives(self.pid)
    }

    /// Whether this really is a PostgreSQL on this cluster: the number may have gone to another
    /// process since.
    pub(crate) fn runs(&self, cluster: &Path) -> bool {
        if !lives(self.pid) {
            return false;
        }
        if cfg!(target_os = "linux") {
            // PostgreSQL works in its data directory. One that may not be looked at is not ours.
            let works_in = fs::read_link(format!("/proc/{}/cwd", self.pid));
            works_in.is_ok_and(|it| cluster.canonicalize().is_ok_and(|cluster| it == cluster))
        } else {
            true
        }
    }

    /// Shuts it down: asks, then tells.
    pub(crate) fn end(&self, cluster: &Path) -> Result<(), Error> {
        for (signal, patience) in [(Signal::SIGINT, ORDERLY), (Signal::SIGQUIT, ABRUPT)] {
            self.signal(signal);
            let begun = Instant::now();
            while begun.elapsed() < patience {
                if !self.runs(cluster) {
                    return Ok(());
                }
                sleep(POLL);
            }
        }
        Err(Error::StillRunning { pid: self.pid })
    }

    pub(crate) fn signal(&self, signal: Signal) {
        if let Some(pid) = pid(self.pid) {
            // It may just have ended by itself; who waits for it sees that.
            let _ = kill(pid, signal);
        }
    }
}

/// Puts in order what a predecessor left: a PostgreSQL that still runs is shut down, a
/// `postmaster.pid` that names a process which is none any more is put in our own name.
///
/// PostgreSQL refuses to start while the process in the file lives, whatever that process is now
/// (after a restart of a container, the numbers come round soon); our own name it passes over as
/// that of whoever started it. The rest of the file stays, so that it still refuses while a killed
/// predecessor's backends have the shared memory.
///
/// A PostgreSQL that was killed between making the file and writing it leaves one that names nobody, and
/// no other starts as long as it is there.
pub(crate) fn settle(cluster: &Path) -> Result<(), Error> {
    let path = cluster.join("postmaster.pid");
    let begun = Instant::now();
    while fs::read(&path).is_ok() && Postmaster::read(cluster).is_none() {
        // Somebody may be about to write it.
        if begun.elapsed() > WRITING && !is_worked_in(cluster) {
            tracing::warn!(
                "removing the postmaster.pid of a PostgreSQL that was killed as it started"
            );
            return remove_file(&path);
        }
        if begun.elapsed() > ORDERLY {
            // PostgreSQL says what is the matter.
            return Ok(());
        }
        sleep(POLL);
    }
    let Some(postmaster) = Postmaster::read(cluster) else {
        return Ok(());
    };
    if postmaster.runs(cluster) {
        tracing::warn!(
            pid = postmaster.pid,
            "stopping the PostgreSQL a killed server left behind"
        );
        postmaster.end(cluster)?;
    }
    let Ok(text) = fs::read(&path) else {
        return Ok(());
    };
    let mut lines: Vec<_> = text
        .split(|&byte| byte == b'\n')
        .take(LINE_STATUS)
        .collect();
    let name = std::process::id().to_string();
    if let Some(first) = lines.first_mut() {
        *first = name.as_bytes();
    }
    let mut text = lines.join(&b'\n');
    text.push(b'\n');
    fs::write(&path, text).map_err(Error::file("write", path))
}

/// Whether a process works in the directory, as every PostgreSQL does in its own before it makes any file.
/// Where that cannot be seen, none does.
fn is_worked_in(cluster: &Path) -> bool {
    let (Ok(cluster), Ok(processes)) = (cluster.canonicalize(), fs::read_dir("/proc")) else {
        return false;
    };
    let mut works_in = processes
        .flatten()
        .filter_map(|process| fs::read_link(process.path().join("cwd")).ok());
    works_in.any(|directory| directory == cluster)
}

/// Whether there is such a process.
pub(crate) fn lives(number: u32) -> bool {
    pid(number).is_some_and(|pid| !matches!(kill(pid, None), Err(Errno::ESRCH)))
}

/// Nought and what does not fit would mean whole groups of processes.
fn pid(number: u32) -> Option<Pid> {
    i32::try_from(number)
        .ok()
        .filter(|&number| number > 0)
        .map(Pid::from_raw)
}
