//! A private PostgreSQL: starts, guards and stops the cluster of one data directory.
//!
//! ```text
//! data/            0700, one account's
//!   cluster.lock   held by the one process that has this directory; says which
//!   postgres/      what initdb made (PGDATA)
//!   log/           a week of PostgreSQL's own messages; no statements, no values
//!   run/           0700, the Unix socket
//! ```
//!
//! - PostgreSQL listens on a Unix socket only, in a directory only its account can enter. That
//!   directory is the authentication: who can enter it is superuser, nobody else can connect.
//! - Nothing outlives its owner. A shell stands between us and PostgreSQL, holding the far end of a
//!   pipe: when we end, however we end, the kernel closes the pipe and the shell shuts PostgreSQL
//!   down in order.
//! - One server per directory: a `flock` on `cluster.lock`, which the kernel releases at our death.
//!   What a predecessor left behind (a running PostgreSQL, a stale `postmaster.pid`, sockets) is
//!   put in order under that lock before anything is started.
//! - Nothing personal in the log: no statements, no parameters, no `ERROR` lines (their text quotes
//!   values), no `DETAIL`.
//!
//! The machine's own PostgreSQL is used, of version 15 or newer; nothing is downloaded. The crate
//! `postgresql_embedded` was looked at and left: it starts PostgreSQL with `-F`, which turns `fsync`
//! off, takes a left-over `postmaster.pid` for a running server, splits socket paths at blanks, and
//! brings a whole HTTP client even without its downloads; and a downloaded PostgreSQL would miss the
//! distribution's security updates.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use sqlx::postgres::{PgConnectOptions, PgSslMode};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection};

mod account;
mod engine;
mod home;
mod installation;
mod lock;
mod postmaster;
#[cfg(feature = "testing")]
pub mod testing;

pub use account::{Account, give_up_root};

use engine::{Engine, Terms};
use lock::Role;

/// The superuser of every cluster made here.
pub const ADMIN: &str = "inrete_admin";

/// The database that is always there; nothing is kept in it.
pub const MAINTENANCE: &str = "postgres";

/// The oldest PostgreSQL that will do.
pub const OLDEST_VERSION: u32 = 15;

/// Only a part of the socket's file name: nothing listens on the network.
pub(crate) const PORT: u16 = 5432;

/// A running cluster: this process's own, or that of the server which has the directory.
///
/// Dropping it stops an own cluster too, but does not wait for it; [`Cluster::stop`] does.
#[derive(Debug)]
pub struct Cluster {
    socket: PathBuf,
    /// `None` when another process runs it.
    engine: Option<Arc<Engine>>,
}

impl Cluster {
    /// Starts the cluster of this data directory as its one server; makes it at the first time.
    ///
    /// If PostgreSQL dies underneath, it is started again (see [`Cluster::lost`]).
    ///
    /// # Errors
    ///
    /// [`Error::InUse`] when another server has the directory; a short command that has it is waited
    /// for. Everything else that stops PostgreSQL from starting.
    pub async fn start(data: &Path) -> Result<Cluster, Error> {
        Self::acquire(data, Role::Server).await
    }

    /// For short commands: uses the cluster a running server has up on this directory, or starts it.
    ///
    /// [`Cluster::stop`] stops it only in the second case.
    ///
    /// # Errors
    ///
    /// As [`Cluster::start`]; [`Error::InUse`] when another command keeps the directory for longer
    /// than a minute.
    pub async fn join(data: &Path) -> Result<Cluster, Error> {
        Self::acquire(data, Role::Command).await
    }

    /// How to connect to one of its databases, as superuser.
    pub fn options(&self, database: &str) -> PgConnectOptions {
        socket_options(&self.socket, database)
    }

    /// Makes a database unless it is there; says whether it made it.
    ///
    /// # Errors
    ///
    /// [`Error::Database`] with what PostgreSQL said.
    pub async fn ensure_database(&self, name: &str) -> Result<bool, Error> {
        ensure_database(&self.options(MAINTENANCE), name).await
    }

    /// Whether this process started the cluster, and will stop it.
    pub fn is_own(&self) -> bool {
        self.engine.is_some()
    }

    /// Waits until PostgreSQL has died and could not be started again; says why.
    ///
    /// A server ends with that error: nothing can be recorded any more. Never returns for a cluster
    /// that another process runs.
    pub async fn lost(&self) -> Error {
        match &self.engine {
            Some(engine) => engine.lost().await,
            None => std::future::pending().await,
        }
    }

    /// Stops the cluster if this process started it: open transactions are rolled back, everything
    /// committed is on disk, and no process is left when this returns.
    ///
    /// # Errors
    ///
    /// [`Error::StillRunning`] if PostgreSQL ends neither when asked nor when told.
    pub async fn stop(mut self) -> Result<(), Error> {
        let Some(engine) = self.engine.take() else {
            return Ok(());
        };
        blocking(move || engine.stop()).await
    }

    async fn acquire(data: &Path, role: Role) -> Result<Cluster, Error> {
        let data = data.to_owned();
        blocking(move || {
            let account = Account::for_children(&data)?;
            let home = home::Home::prepare(&data, account)?;
            match lock::acquire(&home, role)? {
                lock::Outcome::Ours(lock) => Self::own(home, Some(lock), Terms::durable()),
                lock::Outcome::Joined { socket } => Ok(Cluster {
                    socket,
                    engine: None,
                }),
            }
        })
        .await
    }

    fn own(home: home::Home, lock: Option<lock::Lock>, terms: Terms) -> Result<Cluster, Error> {
        let engine = Engine::start(home, lock, terms)?;
        Ok(Cluster {
            socket: engine.socket().to_owned(),
            engine: Some(engine),
        })
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if let Some(engine) = &self.engine {
            engine.let_go();
        }
    }
}

/// Why there is no cluster. Each says what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Another process has this data directory.
    #[error(
        "the data directory {data} is in use by process {pid}: stop that one first, or choose \
         another directory"
    )]
    InUse {
        /// The directory.
        data: PathBuf,
        /// The process that has it.
        pid: u32,
    },

    /// There is no PostgreSQL on this machine, or only older ones.
    #[error(
        "no PostgreSQL {OLDEST_VERSION} or newer on this machine{}: install the package `postgresql` \
         (Debian, Ubuntu: apt-get install postgresql; Fedora: dnf install postgresql-server; macOS: \
         brew install postgresql@17), or name a running one with DATABASE_URL",
        if found.is_empty() { String::new() } else { format!(" (found: {})", list(found)) }
    )]
    NotInstalled {
        /// The versions that were found and are too old.
        found: Vec<u32>,
    },

    /// The directory was made by a version of PostgreSQL that is not there any more.
    #[error(
        "the data in {data} is PostgreSQL {wanted}'s, which is not installed (found: {}): install the \
         package `postgresql-{wanted}`, or convert the data with pg_upgrade",
        list(found)
    )]
    OtherVersion {
        /// What initdb made.
        data: PathBuf,
        /// The version that made it.
        wanted: u32,
        /// The versions that are installed.
        found: Vec<u32>,
    },

    /// Root gave up root, and its account cannot get to the data directory.
    #[error(
        "PostgreSQL does not run as root, and the account `{account}` cannot enter {directory}: choose \
         a data directory it can get to (for example under /var/lib), or let it in: chmod o+x \
         {directory}"
    )]
    Blocked {
        /// The directory that is in the way.
        directory: PathBuf,
        /// The account.
        account: String,
    },

    /// The directory belongs to somebody else.
    #[error(
        "{path} belongs to `{owner}`, not to `{account}`: run as `{owner}`, or hand the directory \
         over: chown -R {account} {path}"
    )]
    NotOwner {
        /// The directory.
        path: PathBuf,
        /// Whose it is.
        owner: String,
        /// Whose it should be.
        account: String,
    },

    /// The machine has no account to become instead of root.
    #[error(
        "PostgreSQL does not run as root, and there is no account `inrete`, `postgres` or `nobody` to \
         become instead: make one (useradd --system inrete), or start as an ordinary user"
    )]
    NoAccount,

    /// The system did not let us give up root.
    #[error("cannot become `{account}`: start as an ordinary user instead")]
    CannotBecome {
        /// The account.
        account: String,
        /// What the system said.
        source: std::io::Error,
    },

    /// initdb failed.
    #[error("PostgreSQL could not make a new cluster; initdb said: {output}")]
    Initdb {
        /// What it said.
        output: String,
    },

    /// PostgreSQL did not start.
    #[error("PostgreSQL did not start; see {log}. It said: {output}")]
    Start {
        /// Where all of it is.
        log: PathBuf,
        /// The end of what it said.
        output: String,
    },

    /// PostgreSQL did not end.
    #[error(
        "PostgreSQL (process {pid}) does not end: end it by hand (kill -QUIT {pid}), then try again"
    )]
    StillRunning {
        /// Its process.
        pid: u32,
    },

    /// The place for the socket is taken by something that is not ours.
    #[error(
        "{path} is to hold the socket but is not a directory of ours alone: remove it, then try again"
    )]
    SocketDirectory {
        /// The place.
        path: PathBuf,
    },

    /// PostgreSQL did not make a database.
    #[error(
        "PostgreSQL cannot make the database `{name}`: see the cause, and its log in the data directory"
    )]
    Database {
        /// The database.
        name: String,
        /// What PostgreSQL said.
        source: sqlx::Error,
    },

    /// The file system said no.
    #[error("cannot {doing} {path}: check that it exists and may be written")]
    File {
        /// What was tried.
        doing: &'static str,
        /// With what.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

impl Error {
    fn file(doing: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Error {
        let path = path.into();
        move |source| Error::File {
            doing,
            path,
            source,
        }
    }
}

/// How to connect through the socket in this directory. Nothing of the environment (`PGHOST`,
/// `PGOPTIONS` and the like) that decides where to connect or as whom is left in.
pub(crate) fn socket_options(socket: &Path, database: &str) -> PgConnectOptions {
    PgConnectOptions::new_without_pgpass()
        .host("localhost")
        .socket(socket)
        .port(PORT)
        .username(ADMIN)
        .database(database)
        .ssl_mode(PgSslMode::Disable)
}

/// Makes a database, connected as `options` say, unless it is there.
pub(crate) async fn ensure_database(options: &PgConnectOptions, name: &str) -> Result<bool, Error> {
    let made = async {
        let mut connection = options.connect().await?;
        let quoted = name.replace('"', "\"\"");
        // A database cannot be named by a parameter; its name is quoted instead.
        let statement = AssertSqlSafe(format!("create database \"{quoted}\""));
        let outcome = sqlx::raw_sql(statement).execute(&mut connection).await;
        connection.close().await?;
        match outcome {
            Ok(_) => Ok(true),
            Err(error) if code(&error).as_deref() == Some(DUPLICATE_DATABASE) => Ok(false),
            // Another session makes the same one at this moment.
            Err(error) if code(&error).as_deref() == Some(UNIQUE_VIOLATION) => Ok(false),
            Err(error) => Err(error),
        }
    };
    made.await.map_err(|source| Error::Database {
        name: name.to_owned(),
        source,
    })
}

const DUPLICATE_DATABASE: &str = "42P04";
const UNIQUE_VIOLATION: &str = "23505";

fn code(error: &sqlx::Error) -> Option<String> {
    Some(error.as_database_error()?.code()?.into_owned())
}

/// Starting and stopping waits for processes and files, off the runtime's own threads.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    match tokio::task::spawn_blocking(work).await {
        Ok(outcome) => outcome,
        Err(stopped) => match stopped.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            // The runtime is shutting down, and nobody will ever poll this again.
            Err(_) => std::future::pending().await,
        },
    }
}

fn list(versions: &[u32]) -> String {
    let names: Vec<_> = versions.iter().map(u32::to_string).collect();
    if names.is_empty() {
        "none".to_owned()
    } else {
        names.join(", ")
    }
}
