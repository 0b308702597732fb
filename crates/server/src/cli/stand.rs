//! What a command stands on: the database, the keys, the service over both.

use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

use anyhow::Context;
use app::{App, Database, LogKeys};
use cluster::Cluster;
use events::PilotId;
use sqlx::postgres::PgConnectOptions;
use vault::{MasterKey, Vault};

/// The database of the embedded cluster.
const DATABASE: &str = "inrete";

/// Where data and database are.
pub(crate) struct Place {
    pub(crate) data: PathBuf,
    pub(crate) url: Option<String>,
}

/// How a command uses the embedded database.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manner {
    /// As the one server of the data directory.
    Serving,
    /// Beside a running server, or alone for a moment.
    Passing,
}

/// The service, ready.
pub(crate) struct Stand {
    pub(crate) app: App,
    pub(crate) database: Database,
    pub(crate) cluster: Option<Cluster>,
}

impl Place {
    /// Starts or finds the database, brings it up to date, and opens the service over it.
    pub(crate) async fn open(&self, manner: Manner) -> anyhow::Result<Stand> {
        let (admin, cluster) = self.database(manner).await?;
        let database = Database::new(admin);
        match self.app(&database, manner).await {
            Ok(app) => Ok(Stand {
                app,
                database,
                cluster,
            }),
            Err(error) => {
                if let Some(cluster) = cluster {
                    cluster.stop().await.context("stopping after a failure")?;
                }
                Err(error)
            }
        }
    }

    async fn database(
        &self,
        manner: Manner,
    ) -> anyhow::Result<(PgConnectOptions, Option<Cluster>)> {
        if let Some(url) = &self.url {
            // The text may hold a password: it is never part of an error.
            let options = url
                .parse()
                .map_err(|_| anyhow::anyhow!("DATABASE_URL is not a PostgreSQL address"))?;
            return Ok((options, None));
        }
        let cluster = match manner {
            Manner::Serving => Cluster::start(&self.data).await?,
            Manner::Passing => Cluster::join(&self.data).await?,
        };
        cluster.ensure_database(DATABASE).await?;
        Ok((cluster.options(DATABASE), Some(cluster)))
    }

    async fn app(&self, database: &Database, manner: Manner) -> anyhow::Result<App> {
        let (master, log) = keys(&self.data)?;
        let vault = Vault::new(master);
        database
            .migrate()
            .await
            .context("bringing the database up to date")?;
        let pool = database.pool().await?;
        let app = match manner {
            Manner::Serving => App::serving_and_building(pool, vault, database.builder()),
            Manner::Passing => App::new(pool, vault),
        };
        Ok(app.with_keys(log))
    }
}

impl Stand {
    /// The pilot of this id, short name or HMIS project id, its read models up to date.
    pub(crate) async fn find(&self, name: &str) -> anyhow::Result<PilotId> {
        // What a short name stands for is a read model's knowledge: that is brought up to date first.
        for head in self.app.log().logs().await? {
            self.app.catch_up(PilotId(head.log)).await?;
        }
        Ok(self.app.find_pilot(name).await?)
    }

    /// Ends in order.
    pub(crate) async fn close(self) -> anyhow::Result<()> {
        self.app.stop().await;
        self.app.pool().close().await;
        if let Some(cluster) = self.cluster {
            cluster.stop().await?;
        }
        Ok(())
    }
}

/// Where the keys of an installation are.
pub(crate) struct KeyFolder {
    folder: PathBuf,
    /// What personal text is sealed under.
    master: PathBuf,
    /// What checkpoints are signed with.
    pub(crate) log: PathBuf,
}

impl KeyFolder {
    pub(crate) fn of(data: &Path) -> Self {
        let folder = data.join("keys");
        let (master, log) = (folder.join("master.key"), folder.join("log.key"));
        Self {
            folder,
            master,
            log,
        }
    }

    /// What root made beside a server that is not root belongs to whoever the data belongs to.
    pub(crate) fn hand_over(&self, data: &Path) -> anyhow::Result<()> {
        let paths = [&self.folder, &self.master, &self.log];
        hand_over(data, paths.into_iter().filter(|path| path.exists()))
    }
}

/// The installation's keys, made at the first time.
fn keys(data: &Path) -> anyhow::Result<(MasterKey, LogKeys)> {
    make_private(data)?;
    let folder = KeyFolder::of(data);
    let master = MasterKey::open_or_create(&folder.master)?;
    let log = LogKeys::open_or_create(&folder.log)?;
    folder.hand_over(data)?;
    Ok((master, log))
}

/// Makes a directory that nobody else can enter, unless it is there.
pub(crate) fn make_private(directory: &Path) -> anyhow::Result<()> {
    if !directory.exists() {
        std::fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(directory)
            .with_context(|| format!("making {}", directory.display()))?;
    }
    Ok(())
}

/// Gives what is in the data directory to its owner.
fn hand_over<'a>(data: &Path, paths: impl Iterator<Item = &'a PathBuf>) -> anyhow::Result<()> {
    let owner = std::fs::metadata(data)?;
    for path in paths {
        if std::fs::metadata(path)?.uid() != owner.uid() {
            std::os::unix::fs::chown(path, Some(owner.uid()), Some(owner.gid()))
                .with_context(|| format!("giving {} to the owner of the data", path.display()))?;
        }
    }
    Ok(())
}
