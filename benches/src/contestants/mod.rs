//! Who is measured. Each has a database of its own on the one server.

use anyhow::Result;

use crate::load::{Span, Tally, drive};
use crate::report::{Missing, tell};
use crate::server::Server;

pub(crate) mod bare;
pub(crate) mod bulk;
pub(crate) mod disintegrate;
pub(crate) mod emmett;
pub(crate) mod message_db;
pub(crate) mod mire;
pub(crate) mod ours;
pub(crate) mod postgres_es;

use bare::Bare;
use bulk::{Bulk, Way};
use disintegrate::Disintegrate;
use emmett::Emmett;
use message_db::MessageDb;
use mire::Mire;
use ours::Ours;
use postgres_es::PostgresEs;

pub(crate) const OURS: &str = "in rete";
pub(crate) const BARE: &str = "pgbench, bare inserts";
pub(crate) const COPY: &str = "copy, 1000 rows each";
pub(crate) const UNNEST: &str = "insert from unnest, 1000 rows each";

/// The other event stores, in the order of the table.
pub(crate) const PEERS: [&str; 5] = [
    "message-db",
    "disintegrate",
    "postgres-es",
    "mire",
    "emmett",
];

/// Who appends one fact at a time.
pub(crate) const SINGLES: [&str; 7] =
    [OURS, BARE, PEERS[0], PEERS[1], PEERS[2], PEERS[3], PEERS[4]];

/// One who appends.
#[derive(Clone)]
pub(crate) enum Contestant {
    Ours(Ours),
    Bare(Bare),
    MessageDb(MessageDb),
    Disintegrate(Disintegrate),
    PostgresEs(PostgresEs),
    Mire(Mire),
    Emmett(Emmett),
    Bulk(Bulk, Way),
}

impl Contestant {
    /// Lets one in by name, into a new database.
    async fn found(name: &str, server: &Server, database: &str) -> Result<Contestant> {
        Ok(match name {
            OURS => Contestant::Ours(Ours::found(server, database).await?),
            BARE => Contestant::Bare(Bare::found(server, database).await?),
            "message-db" => Contestant::MessageDb(MessageDb::found(server, database).await?),
            "disintegrate" => {
                Contestant::Disintegrate(Disintegrate::found(server, database).await?)
            }
            "postgres-es" => Contestant::PostgresEs(PostgresEs::found(server, database).await?),
            "mire" => Contestant::Mire(Mire::found(server, database).await?),
            "emmett" => Contestant::Emmett(Emmett::found(server, database).await?),
            COPY => Contestant::Bulk(Bulk::found(server, database).await?, Way::Copy),
            UNNEST => Contestant::Bulk(Bulk::found(server, database).await?, Way::Unnest),
            _ => anyhow::bail!("nobody is called {name}"),
        })
    }

    pub(crate) async fn drive(&self, callers: usize, span: Span) -> Result<Tally> {
        match self {
            Contestant::Ours(it) => drive(it, callers, span).await,
            Contestant::Bare(it) => it.drive(callers, span).await,
            Contestant::MessageDb(it) => drive(it, callers, span).await,
            Contestant::Disintegrate(it) => drive(it, callers, span).await,
            Contestant::PostgresEs(it) => drive(it, callers, span).await,
            Contestant::Mire(it) => drive(it, callers, span).await,
            Contestant::Emmett(it) => it.drive(callers, span).await,
            Contestant::Bulk(it, way) => it.drive(*way, callers, span).await,
        }
    }
}

/// Those who take part, each in a database of its own.
pub(crate) struct Field {
    pub(crate) entered: Vec<Entrant>,
    /// Those who could not be let in.
    pub(crate) missing: Vec<Missing>,
    /// What has to be said of somebody.
    pub(crate) notes: Vec<String>,
}

pub(crate) struct Entrant {
    pub(crate) name: &'static str,
    pub(crate) database: String,
    pub(crate) contestant: Contestant,
}

impl Field {
    /// Lets all in that can be. Without ourselves there is nothing to measure.
    pub(crate) async fn enter(
        server: &Server,
        part: &str,
        names: impl IntoIterator<Item = &'static str>,
    ) -> Result<Field> {
        let mut field = Field {
            entered: Vec::new(),
            missing: Vec::new(),
            notes: Vec::new(),
        };
        for (number, name) in names.into_iter().enumerate() {
            let database = format!("{part}_{number}");
            match Contestant::found(name, server, &database).await {
                Ok(contestant) => {
                    if matches!(contestant, Contestant::Disintegrate(_)) {
                        field.notes.extend(Disintegrate::note(server).await?);
                    }
                    field.entered.push(Entrant {
                        name,
                        database,
                        contestant,
                    });
                }
                Err(error) if name == OURS => return Err(error),
                Err(error) => field.miss(name, &error),
            }
        }
        Ok(field)
    }

    pub(crate) fn miss(&mut self, name: &str, error: &anyhow::Error) {
        let why = format!("{error:#}");
        tell(format!("{name} takes no part: {why}"));
        let name = name.to_owned();
        self.missing.push(Missing { name, why });
    }

    /// Closes the connections and drops the databases.
    pub(crate) async fn leave(self, server: &Server) -> Result<()> {
        for entrant in self.entered {
            drop(entrant.contestant);
            server.drop(&entrant.database).await?;
        }
        Ok(())
    }
}
