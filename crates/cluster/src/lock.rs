//! Who has the data directory: one process, by the kernel's word.

use std::fs::{File, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::PathBuf;
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::Error;
use crate::home::Home;
use crate::postmaster::Postmaster;

/// How long a short command is waited for, and a server that is starting up.
const PATIENCE: Duration = Duration::from_secs(60);

/// Longer than it takes to write a line after taking the lock, on a busy machine.
const SIGNATURE_PATIENCE: Duration = Duration::from_secs(2);

const POLL: Duration = Duration::from_millis(20);

/// What the directory is wanted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// To serve, until told to stop. Others may join.
    Server,
    /// For one short command. Others wait: the cluster ends with the command.
    Command,
}

/// How asking for the directory ended.
pub(crate) enum Outcome {
    /// It is ours: the cluster can be put in order and started.
    Ours(Lock),
    /// A server has it, and its cluster answers here.
    Joined { socket: PathBuf },
}

/// Ours for as long as this is kept; the kernel ends it with the process.
#[derive(Debug)]
pub(crate) struct Lock {
    file: File,
}

/// Takes the lock, joins a server, or waits for a command to end, as the role wants it.
pub(crate) fn acquire(home: &Home, role: Role) -> Result<Outcome, Error> {
    let begun = Instant::now();
    loop {
        let mut file = home.file(&home.lock(), false)?;
        match file.try_lock() {
            Ok(()) => return Ok(Outcome::Ours(Lock::sign(file, home, role)?)),
            Err(TryLockError::WouldBlock) => {}
            Err(TryLockError::Error(error)) => return Err(Error::file("lock", home.lock())(error)),
        }
        // A line that names no living process is a dead holder's, and the new one is just writing
        // its own; unless the holder lives in another container, whose processes we cannot see.
        let holder = Holder::read(&mut file);
        let trusted = holder
            .as_ref()
            .is_some_and(|it| it.lives() || begun.elapsed() > SIGNATURE_PATIENCE);
        if let (true, Some(holder)) = (trusted, &holder) {
            match (holder.role, role) {
                (Role::Server, Role::Server) => return Err(holder.refuse(home)),
                (Role::Server, Role::Command) => {
                    let ready = Postmaster::read(&home.cluster()).filter(Postmaster::is_ready);
                    if let Some(socket) = ready.and_then(|it| it.socket) {
                        return Ok(Outcome::Joined { socket });
                    }
                }
                (Role::Command, _) => {}
            }
        }
        if begun.elapsed() > PATIENCE {
            return Err(holder
                .unwrap_or(Holder {
                    role: Role::Command,
                    pid: 0,
                })
                .refuse(home));
        }
        sleep(POLL);
    }
}

impl Lock {
    fn sign(mut file: File, home: &Home, role: Role) -> Result<Lock, Error> {
        let word = match role {
            Role::Server => "server",
            Role::Command => "command",
        };
        file.set_len(0)
            .and_then(|()| file.rewind())
            .and_then(|()| file.write_all(format!("{word} {}\n", std::process::id()).as_bytes()))
            .map_err(Error::file("write", home.lock()))?;
        Ok(Lock { file })
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Only manners: the lock ends with the file.
        drop(self.file.set_len(0));
    }
}

struct Holder {
    role: Role,
    pid: u32,
}

impl Holder {
    fn read(file: &mut File) -> Option<Holder> {
        let mut line = String::new();
        file.rewind().ok()?;
        file.read_to_string(&mut line).ok()?;
        let (word, pid) = line.trim_end().split_once(' ')?;
        let role = if word == "server" {
            Role::Server
        } else {
            Role::Command
        };
        Some(Holder {
            role,
            pid: pid.parse().ok()?,
        })
    }

    fn lives(&self) -> bool {
        crate::postmaster::lives(self.pid)
    }

    fn refuse(&self, home: &Home) -> Error {
        Error::InUse {
            data: home.data.clone(),
            pid: self.pid,
        }
    }
}
