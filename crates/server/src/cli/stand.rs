//! What a command stands on: the database, the keys, the service over both.

use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

use anyhow::Context;
use app::{App, Database, LogKeys};
use cluster::Cluster;
use events::PilotId;
use events::access::log_of;
use identity::oidc::Provider;
use identity::{Identity, Key};
use sqlx::PgPool;
use sqlx::postgres::PgConnectOptions;
use vault::{KeyFiles, KeyVariable, Vault};

use super::DEFAULT_PORT;
use crate::http::Origin;

/// The database of the embedded cluster.
const DATABASE: &str = "inrete";

/// Before a pilot's name: its access log.
const ACCESS: &str = "access:";

/// What a database's name is followed by in that of the vault beside it.
const VAULT: &str = "_vault";

/// What authenticator apps and passkey dialogs call the service.
const SERVICE_NAME: &str = "In Rete";

/// What PostgreSQL allows when nobody told it otherwise, without those it keeps for its administrator.
const ALLOWED: u32 = 97;
/// So many connections are left to short commands.
const LEFT: u32 = 20;
/// So many processes serve one database at least.
const PROCESSES: u32 = 2;
/// Connections of one of them at most.
const CONNECTIONS: u32 = app::MAX_CONNECTIONS
    + app::CONNECTIONS_BESIDE
    + vault::MAX_CONNECTIONS
    + identity::MAX_CONNECTIONS;
const _: () = assert!(PROCESSES * CONNECTIONS < ALLOWED - LEFT);

/// Where data and database are.
pub(crate) struct Place {
    pub(crate) data: PathBuf,
    pub(crate) url: Option<String>,
    /// The vault's database, when it is not beside the other.
    pub(crate) vault_url: Option<String>,
    /// The master keys, when they are not in files.
    pub(crate) keys: Option<String>,
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
    /// Connections that know accounts and tokens.
    accounts: PgPool,
    pub(crate) cluster: Option<Cluster>,
}

impl Place {
    /// Starts or finds the database, brings it up to date, and opens the service over it.
    pub(crate) async fn open(&self, manner: Manner) -> anyhow::Result<Stand> {
        let (admin, vault, cluster) = self.databases(manner).await?;
        let accounts = identity::Database::new(admin.clone());
        let (database, vault) = (Database::new(admin), vault::Database::new(vault));
        let (database, accounts) = match &cluster {
            Some(_) => (database.with_logins(), accounts.with_login()),
            None => (database, accounts),
        };
        match self.app(&database, vault, &accounts, manner).await {
            Ok((app, accounts)) => Ok(Stand {
                app,
                database,
                accounts,
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

    /// The ways to the log's database and to the vault's.
    async fn databases(
        &self,
        manner: Manner,
    ) -> anyhow::Result<(PgConnectOptions, PgConnectOptions, Option<Cluster>)> {
        let vault = match &self.vault_url {
            Some(url) => Some(address("VAULT_DATABASE_URL", url)?),
            None => None,
        };
        if let Some(url) = &self.url {
            let options = address("DATABASE_URL", url)?;
            let beside = || {
                let name = options.get_database().unwrap_or(options.get_username());
                options.clone().database(&format!("{name}{VAULT}"))
            };
            let vault = vault.unwrap_or_else(beside);
            return Ok((options, vault, None));
        }
        let cluster = match manner {
            Manner::Serving => Cluster::start(&self.data).await?,
            Manner::Passing => Cluster::join(&self.data).await?,
        };
        cluster.ensure_database(DATABASE).await?;
        let beside = cluster.options(&format!("{DATABASE}{VAULT}"));
        let vault = vault.unwrap_or(beside);
        Ok((cluster.options(DATABASE), vault, Some(cluster)))
    }

    async fn app(
        &self,
        database: &Database,
        beside: vault::Database,
        accounts: &identity::Database,
        manner: Manner,
    ) -> anyhow::Result<(App, PgPool)> {
        let log = log_keys(&self.data)?;
        database
            .migrate()
            .await
            .context("bringing the database up to date")?;
        accounts
            .migrate()
            .await
            .context("bringing the tables of accounts up to date")?;
        let accounts = accounts.pool().await?;
        let vault = self.vault(beside).await.context("opening the vault")?;
        let pools = database.pools().await?;
        let app = match manner {
            Manner::Serving => App::serving_and_building(pools, vault, database.builder()),
            Manner::Passing => App::new(pools, vault),
        };
        Ok((app.with_keys(log), accounts))
    }

    /// The vault: its database, and the master keys from the variable or from their files.
    async fn vault(&self, database: vault::Database) -> anyhow::Result<Vault> {
        database.ensure().await?;
        database.migrate().await?;
        if let Some(keys) = &self.keys {
            let (masters, secret) = KeyVariable::parse(keys.clone())?;
            return Ok(Vault::over(database, masters, secret).await?);
        }
        let folder = KeyFolder::of(&self.data).folder;
        let (masters, secret) = KeyFiles::open_or_create(&folder)?;
        hand_over(&self.data, masters.paths()?.iter())?;
        Ok(Vault::over(database, masters, secret).await?)
    }
}

/// A database's address. The text may hold a password: it is never part of an error.
fn address(name: &str, url: &str) -> anyhow::Result<PgConnectOptions> {
    url.parse()
        .map_err(|_| anyhow::anyhow!("{name} is not a PostgreSQL address"))
}

impl Stand {
    /// The pilot of this id, short name or HMIS project id, its read models up to date. With
    /// `access:` before it its access log, for what can be asked of any log.
    pub(crate) async fn find(&self, name: &str) -> anyhow::Result<PilotId> {
        if let Some(of) = name.strip_prefix(ACCESS) {
            let pilot = Box::pin(self.find(of)).await?;
            return Ok(PilotId(log_of(pilot)));
        }
        // What a short name stands for is a read model's knowledge: that is brought up to date first.
        for pilot in self.app.pilot_logs().await? {
            self.app.catch_up(pilot).await?;
        }
        Ok(self.app.find_pilot(name).await?)
    }

    /// Who signs in, where browsers know the service by `origin`.
    ///
    /// # Errors
    /// When the settings do not fit together.
    pub(crate) fn identity(
        &self,
        origin: &Origin,
        providers: Vec<Provider>,
    ) -> anyhow::Result<Identity> {
        let settings = identity::Settings {
            origin: origin.url().clone(),
            service_name: SERVICE_NAME.to_owned(),
            providers,
        };
        Ok(Identity::new(
            self.accounts.clone(),
            key(&self.app),
            settings,
        )?)
    }

    /// Who holds tokens, for commands that no browser has to do with.
    ///
    /// # Errors
    /// No random bytes.
    pub(crate) fn holders(&self) -> anyhow::Result<Identity> {
        self.identity(&Origin::local(DEFAULT_PORT), Vec::new())
    }

    /// Ends in order.
    pub(crate) async fn close(self) -> anyhow::Result<()> {
        self.app.stop().await;
        self.app.close().await;
        self.accounts.close().await;
        if let Some(cluster) = self.cluster {
            cluster.stop().await?;
        }
        Ok(())
    }
}

/// What accounts' secrets are sealed and digested with. It follows from the secret for ids, which is in
/// no database and never changes.
fn key(app: &App) -> Key {
    Key::from_bytes(app.vault().digest("identity key", b"1"))
}

/// Where the keys of an installation are.
pub(crate) struct KeyFolder {
    folder: PathBuf,
    /// What checkpoints are signed with.
    pub(crate) log: PathBuf,
}

impl KeyFolder {
    pub(crate) fn of(data: &Path) -> Self {
        let folder = data.join("keys");
        let log = folder.join("log.key");
        Self { folder, log }
    }

    /// What root made beside a server that is not root belongs to whoever the data belongs to.
    pub(crate) fn hand_over(&self, data: &Path) -> anyhow::Result<()> {
        let paths = [&self.folder, &self.log];
        hand_over(data, paths.into_iter().filter(|path| path.exists()))
    }
}

/// What the installation signs with, made at the first time.
fn log_keys(data: &Path) -> anyhow::Result<LogKeys> {
    make_private(data)?;
    let folder = KeyFolder::of(data);
    let log = LogKeys::open_or_create(&folder.log)?;
    folder.hand_over(data)?;
    Ok(log)
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
