//! The PostgreSQL all are measured on: a cluster of this run, durable, on a disk, thrown away.

use std::fs::{self, File, TryLockError};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use cluster::{ADMIN, Cluster, MAINTENANCE};
use serde_json::{Map, Value};
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgConnection};

/// Connections of everybody's pool.
pub(crate) const POOL: u32 = 32;

/// What is not as PostgreSQL comes, the same for all. `fsync`, `synchronous_commit` and
/// `full_page_writes` are on; `initdb` was asked for page checksums.
const SETTINGS: [(&str, &str); 4] = [
    // Everybody's data fits, as it would on a machine that does only this: nobody writes out what
    // another left.
    ("shared_buffers", "4GB"),
    // No checkpoint is forced while something is measured; there is one before each round.
    ("max_wal_size", "8GB"),
    // The files of the log of changes are used again, as where a server has run for a while.
    ("min_wal_size", "8GB"),
    // 512 clients at once, and the others' pools.
    ("max_connections", "800"),
];

/// What the report says about the server.
const REPORTED: [&str; 17] = [
    "fsync",
    "synchronous_commit",
    "full_page_writes",
    "wal_sync_method",
    "wal_level",
    "data_checksums",
    "shared_buffers",
    "max_wal_size",
    "min_wal_size",
    "checkpoint_timeout",
    "max_connections",
    "autovacuum",
    "commit_delay",
    "commit_siblings",
    "default_transaction_isolation",
    "work_mem",
    "jit",
];

/// Files of the log of changes, of 16 MB each, that are there before anything is measured: what is
/// written between two checkpoints.
const FILES: i32 = 224;

/// Longer than a server takes to notice changed settings.
const RELOAD: Duration = Duration::from_millis(200);

/// A running server.
pub(crate) struct Server {
    cluster: Cluster,
    base: PathBuf,
    /// Held as long as the run lasts: two benchmarks at once would measure each other.
    _lock: File,
}

impl Server {
    /// Makes and starts one. Whatever an earlier run left behind is removed.
    pub(crate) async fn start() -> Result<Server> {
        let base = base();
        fs::create_dir_all(&base).with_context(|| format!("cannot make {}", base.display()))?;
        let lock = File::create(base.join("lock"))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => bail!("another benchmark runs on this machine"),
            Err(TryLockError::Error(error)) => return Err(error.into()),
        }
        let data = base.join("data");
        if data.exists() {
            fs::remove_dir_all(&data)?;
        }
        let cluster = Cluster::start(&data).await?;
        let mut connection = cluster.options(MAINTENANCE).connect().await?;
        for (name, value) in SETTINGS {
            set(&mut connection, name, Some(value)).await?;
        }
        connection.close().await?;
        cluster.stop().await?;
        let server = Server {
            cluster: Cluster::start(&data).await?,
            base,
            _lock: lock,
        };
        server.fill().await?;
        Ok(server)
    }

    /// Makes the files of the log of changes, and lets the next checkpoint give them back for use.
    async fn fill(&self) -> Result<()> {
        let mut connection = self.connect(MAINTENANCE).await?;
        sqlx::query(
            "select pg_logical_emit_message(false, '', ''), pg_switch_wal() from generate_series(1, $1)",
        )
        .bind(FILES)
        .execute(&mut connection)
        .await?;
        connection.close().await?;
        self.checkpoint().await
    }

    /// Ends it and removes everything.
    pub(crate) async fn stop(self) -> Result<()> {
        self.cluster.stop().await?;
        fs::remove_dir_all(&self.base)?;
        Ok(())
    }

    pub(crate) fn options(&self, database: &str) -> PgConnectOptions {
        self.cluster.options(database)
    }

    /// The directory of its socket.
    pub(crate) fn socket(&self) -> PathBuf {
        let options = self.options(MAINTENANCE);
        options.get_socket().cloned().unwrap_or_default()
    }

    /// A directory on the disk the server writes to.
    pub(crate) fn base(&self) -> &Path {
        &self.base
    }

    /// A new, empty database.
    pub(crate) async fn create(&self, database: &str) -> Result<()> {
        if !self.cluster.ensure_database(database).await? {
            bail!("the database {database} is there already");
        }
        Ok(())
    }

    pub(crate) async fn drop(&self, database: &str) -> Result<()> {
        let mut connection = self.connect(MAINTENANCE).await?;
        let statement = format!("drop database if exists \"{database}\" with (force)");
        execute(&mut connection, statement).await?;
        Ok(connection.close().await?)
    }

    pub(crate) async fn connect(&self, database: &str) -> Result<PgConnection> {
        Ok(self.options(database).connect().await?)
    }

    /// Clears up after a cell, so that the next does not pay for it: its rows are vacuumed and
    /// counted. Autovacuum stays on all the same.
    pub(crate) async fn settle(&self, database: &str) -> Result<()> {
        let mut connection = self.connect(database).await?;
        execute(&mut connection, "vacuum (analyze)".to_owned()).await?;
        Ok(connection.close().await?)
    }

    /// Puts in place what was written. Whoever changes a page for the first time afterwards writes all
    /// of it to the log of changes: before each cell, that would be paid every three seconds, where
    /// PostgreSQL by itself makes a checkpoint every five minutes.
    pub(crate) async fn checkpoint(&self) -> Result<()> {
        let mut connection = self.connect(MAINTENANCE).await?;
        execute(&mut connection, "checkpoint".to_owned()).await?;
        Ok(connection.close().await?)
    }

    /// Changes a setting that a reload is enough for; `None` gives back the default.
    pub(crate) async fn reset(&self, name: &str, value: Option<&str>) -> Result<()> {
        let mut connection = self.connect(MAINTENANCE).await?;
        set(&mut connection, name, value).await?;
        sqlx::raw_sql("select pg_reload_conf()")
            .execute(&mut connection)
            .await?;
        // The server takes it in a moment later.
        tokio::time::sleep(RELOAD).await;
        Ok(connection.close().await?)
    }

    /// What a setting is now, asked on a new connection.
    pub(crate) async fn setting(&self, name: &str) -> Result<String> {
        let mut connection = self.connect(MAINTENANCE).await?;
        let value = sqlx::query_scalar("select current_setting($1)")
            .bind(name)
            .fetch_one(&mut connection)
            .await?;
        connection.close().await?;
        Ok(value)
    }

    /// PostgreSQL's major version.
    pub(crate) async fn version(&self) -> Result<u32> {
        let number: u32 = self.setting("server_version_num").await?.parse()?;
        Ok(number / 10_000)
    }

    pub(crate) async fn settings(&self) -> Result<Map<String, Value>> {
        let mut settings = Map::new();
        for name in REPORTED {
            settings.insert(name.to_owned(), self.setting(name).await?.into());
        }
        settings.insert("pool".to_owned(), POOL.into());
        settings.insert("test_before_acquire".to_owned(), false.into());
        Ok(settings)
    }

    /// The directory of PostgreSQL's programs.
    pub(crate) async fn programs(&self) -> Result<PathBuf> {
        let mut connection = self.connect(MAINTENANCE).await?;
        let directory: String =
            sqlx::query_scalar("select setting from pg_config where name = 'BINDIR'")
                .fetch_one(&mut connection)
                .await?;
        connection.close().await?;
        Ok(directory.into())
    }

    /// The address as the environment variables of PostgreSQL's own programs and of Node's driver.
    pub(crate) fn environment(&self, database: &str) -> [(&'static str, String); 4] {
        let port = self.options(database).get_port();
        [
            ("PGHOST", self.socket().display().to_string()),
            ("PGPORT", port.to_string()),
            ("PGUSER", ADMIN.to_owned()),
            ("PGDATABASE", database.to_owned()),
        ]
    }

    /// How long the disk takes to make 8 kB durable, in milliseconds: the middle of many.
    pub(crate) fn flush_ms(&self) -> Result<f64> {
        use std::os::unix::fs::FileExt;
        const FLUSHES: u64 = 200;
        const PAGE: [u8; 8192] = [7; 8192];
        let path = self.base.join("flush");
        let file = File::create(&path)?;
        let mut millis = Vec::new();
        for page in 0..FLUSHES {
            let begun = Instant::now();
            file.write_all_at(&PAGE, page % 16 * 8192)?;
            file.sync_data()?;
            millis.push(begun.elapsed().as_secs_f64() * 1_000.0);
        }
        fs::remove_file(path)?;
        millis.sort_unstable_by(f64::total_cmp);
        Ok(millis[millis.len() / 2])
    }
}

/// A pool as everybody gets it: [`POOL`] connections, and no question to a connection whether it is
/// still there each time it is taken, which would cost whoever takes one for each append a round trip.
pub(crate) async fn pool(options: PgConnectOptions) -> Result<PgPool> {
    let pool = PgPoolOptions::new()
        .max_connections(POOL)
        .test_before_acquire(false);
    Ok(pool.connect_with(options).await?)
}

/// Runs a statement that was put together here, from names of this program.
pub(crate) async fn execute(connection: &mut PgConnection, statement: String) -> Result<()> {
    sqlx::raw_sql(AssertSqlSafe(statement))
        .execute(connection)
        .await?;
    Ok(())
}

async fn set(connection: &mut PgConnection, name: &str, value: Option<&str>) -> Result<()> {
    let statement = match value {
        Some(value) => format!("alter system set {name} = '{value}'"),
        None => format!("alter system reset {name}"),
    };
    execute(connection, statement).await
}

/// `/var/tmp` is on a disk where `/tmp` may be memory, in which a flush costs nothing.
fn base() -> PathBuf {
    let user = fs::metadata("/proc/self").map_or(0, |it| it.uid());
    PathBuf::from(format!("/var/tmp/inrete-bench-{user}"))
}
