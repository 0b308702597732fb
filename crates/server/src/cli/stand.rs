//! What a command stands on: the database, the keys, the service over both.

use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

use anyhow::Context;
use app::{App, Database};
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
    pub(crate) cluster: Option<Cluster>,
}

impl Place {
    /// Starts or finds the database, brings it up to date, and opens the service over it.
    pub(crate) async fn open(&self, manner: Manner) -> anyhow::Result<Stand> {
        let (admin, cluster) = self.database(manner).await?;
        let opened = self.app(admin, manner).await;
        match opened {
            Ok(app) => Ok(Stand { app, cluster }),
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

    async fn app(&self, admin: PgConnectOptions, manner: Manner) -> anyhow::Result<App> {
        let vault = Vault::new(key(&self.data)?);
        let database = Database::new(admin);
        database
            .migrate()
            .await
            .context("bringing the database up to date")?;
        let pool = database.pool().await?;
        Ok(match manner {
            Manner::Serving => App::serving(pool, vault),
            Manner::Passing => App::new(pool, vault),
        })
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

/// The installation's key, made at the first time.
fn key(data: &Path) -> anyhow::Result<MasterKey> {
    if !data.exists() {
        std::fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(data)?;
    }
    let folder = data.join("keys");
    let file = folder.join("master.key");
    let key = MasterKey::open_or_create(&file)?;
    // Made by root beside a server that is not: it belongs to whoever the data belongs to.
    let owner = std::fs::metadata(data)?;
    for path in [&folder, &file] {
        if std::fs::metadata(path)?.uid() != owner.uid() {
            std::os::unix::fs::chown(path, Some(owner.uid()), Some(owner.gid()))
                .with_context(|| format!("giving {} to the owner of the data", path.display()))?;
        }
    }
    Ok(key)
}
