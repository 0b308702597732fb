//! A real PostgreSQL for tests: one throwaway cluster per run, a fresh database per call.
//!
//! ```no_run
//! # async fn test() {
//! let database = cluster::testing::database().await;
//! let pool = database.pool().await;
//! # drop(pool);
//! # }
//! ```
//!
//! Where the databases are made, the first that applies:
//!
//! 1. `DATABASE_URL`: there. They stay behind; the account needs the right to make databases.
//! 2. `INRETE_TEST_CLUSTER`, the socket directory of a throwaway cluster: there. `scripts/test` starts
//!    one for its run, which saves every test process the second it takes to start its own.
//! 3. A throwaway cluster of this process.
//!
//! A throwaway cluster ends with the process that started it, however that ends, and its directory
//! with it. Roles belong to a cluster, not to a database: tests that make roles share them.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgConnection};
use tokio::sync::OnceCell;

use crate::account::Account;
use crate::engine::Terms;
use crate::home::Home;
use crate::{Cluster, Error, MAINTENANCE, blocking, ensure_database, postmaster, socket_options};

/// Names the socket directory of a throwaway cluster that others share.
pub const SHARED: &str = "INRETE_TEST_CLUSTER";

/// Few: every test has its own pool.
const POOL_CONNECTIONS: u32 = 8;

/// How many databases of finished tests a new test clears away, so that a run of many tests does not
/// fill the disk (each takes 8 MB).
const CLEARED: usize = 4;

/// A directory with a path of so many bytes leaves room for a socket's.
const SHORT: usize = 60;

/// A fresh, empty database; its user is superuser.
///
/// Dropping this value changes nothing. The database goes with its cluster, or when later tests
/// clear it away after this process has ended.
#[derive(Debug, Clone)]
pub struct TestDatabase {
    options: PgConnectOptions,
}

impl TestDatabase {
    /// How to connect to it.
    pub fn options(&self) -> PgConnectOptions {
        self.options.clone()
    }

    /// A new pool of a few connections to it.
    ///
    /// # Panics
    ///
    /// When PostgreSQL cannot be reached.
    pub async fn pool(&self) -> PgPool {
        let options = PgPoolOptions::new().max_connections(POOL_CONNECTIONS);
        options
            .connect_with(self.options())
            .await
            .expect("a connection to the test database")
    }

    /// The same as a URL, for what is configured with one.
    pub fn url(&self) -> String {
        self.options.to_url_lossy().into()
    }

    /// Its name.
    pub fn name(&self) -> &str {
        self.options.get_database().unwrap_or_default()
    }
}

/// A fresh, empty database.
///
/// # Panics
///
/// When there is no PostgreSQL, saying what to do.
pub async fn database() -> TestDatabase {
    static SERVER: OnceCell<Server> = OnceCell::const_new();
    static NUMBER: AtomicU32 = AtomicU32::new(0);

    let server = match SERVER.get_or_try_init(Server::find).await {
        Ok(server) => server,
        Err(error) => panic!("no database for the tests: {error} ({error:?})"),
    };
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let name = format!("test_{}_{number}", std::process::id());
    if number == 0 && server.shared {
        clear_away(&server.options).await;
    }
    match ensure_database(&server.options, &name).await {
        Ok(true) => TestDatabase {
            options: server.options.clone().database(&name),
        },
        Ok(false) => panic!("the database {name} of an earlier run is in the way: drop it"),
        Err(error) => panic!("no database for the test: {error} ({error:?})"),
    }
}

/// A cluster that goes, with everything in it, when this value is dropped or the process ends.
#[derive(Debug)]
pub struct Throwaway {
    cluster: Cluster,
}

impl Throwaway {
    /// Starts one, in a new directory among the machine's temporary files.
    ///
    /// # Errors
    ///
    /// As [`Cluster::start`].
    pub async fn start() -> Result<Throwaway, Error> {
        let cluster = blocking(|| {
            let temporary = Some(std::env::temp_dir()).filter(|it| it.as_os_str().len() <= SHORT);
            let temporary = temporary.unwrap_or_else(|| PathBuf::from("/tmp"));
            let directory = tempfile::Builder::new()
                .prefix("inrete-test-")
                .tempdir_in(&temporary)
                .map_err(Error::file("make a directory in", temporary))?;
            let account = Account::for_children(directory.path())?;
            let home = Home::prepare(directory.path(), account)?;
            let terms = Terms::fleeting(home.data.clone());
            let cluster = Cluster::own(home, None, terms)?;
            // From here on the supervisor removes it, after PostgreSQL has ended.
            let _: PathBuf = directory.keep();
            Ok(cluster)
        });
        Ok(Throwaway {
            cluster: cluster.await?,
        })
    }

    /// The directory of its socket, for [`SHARED`].
    pub fn socket(&self) -> &Path {
        &self.cluster.socket
    }

    /// How to connect to one of its databases.
    pub fn options(&self, database: &str) -> PgConnectOptions {
        self.cluster.options(database)
    }

    /// Ends it and waits until its processes and its directory are gone.
    ///
    /// # Errors
    ///
    /// As [`Cluster::stop`].
    pub async fn stop(self) -> Result<(), Error> {
        self.cluster.stop().await
    }
}

/// Where the databases are made.
struct Server {
    options: PgConnectOptions,
    /// Whether other test processes of this machine use it too, and it is nothing but theirs.
    shared: bool,
    /// Kept for as long as the process lives.
    _own: Option<Throwaway>,
}

impl Server {
    #[expect(
        clippy::disallowed_methods,
        reason = "a test's only configuration is its environment"
    )]
    async fn find() -> Result<Server, Error> {
        if let Ok(url) = std::env::var("DATABASE_URL") {
            let options = url.parse().expect("DATABASE_URL is a PostgreSQL URL");
            return Ok(Server {
                options,
                shared: false,
                _own: None,
            });
        }
        if let Ok(socket) = std::env::var(SHARED) {
            let options = socket_options(Path::new(&socket), MAINTENANCE);
            return Ok(Server {
                options,
                shared: true,
                _own: None,
            });
        }
        let own = Throwaway::start().await?;
        Ok(Server {
            options: own.options(MAINTENANCE),
            shared: false,
            _own: Some(own),
        })
    }
}

/// Drops some databases of processes that are gone. Failing is fine: another test clears the same one
/// away, or the next will.
async fn clear_away(options: &PgConnectOptions) {
    let Ok(mut connection) = options.connect().await else {
        return;
    };
    for name in finished(&mut connection).await.into_iter().take(CLEARED) {
        let statement = AssertSqlSafe(format!("drop database if exists \"{name}\""));
        drop(sqlx::raw_sql(statement).execute(&mut connection).await);
    }
    drop(connection.close().await);
}

async fn finished(connection: &mut PgConnection) -> Vec<String> {
    let query =
        sqlx::query_scalar("select datname::text from pg_database where datname like 'test\\_%'");
    let names: Vec<String> = query.fetch_all(connection).await.unwrap_or_default();
    let gone = |name: &String| {
        let process = name.split('_').nth(1).and_then(|pid| pid.parse().ok());
        process.is_some_and(|pid| !postmaster::lives(pid))
    };
    names.into_iter().filter(gone).collect()
}
