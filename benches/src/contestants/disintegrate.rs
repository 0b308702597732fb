//! disintegrate: `PgEventStore::append` with the query a decision was made on.
//!
//! `begin`; `set transaction isolation level serializable`; `event_store_begin_epoch()`; a `select
//! exists` for events newer than those seen, whose text differs every time and is prepared anew; the
//! insert; `commit`. Six to seven round trips. PostgreSQL may refuse a serializable transaction that
//! conflicts with nothing of its stream: the append is made again, as the library's users do.

use anyhow::Result;
use disintegrate::serde::json::Json;
use disintegrate::{Event, EventStore, query};
use disintegrate_postgres::{Error, PgEventStore};
use serde::{Deserialize, Serialize};
use sqlx08::postgres::{PgConnectOptions, PgPoolOptions};

use crate::fact::{Admission, Stream};
use crate::load::{Answer, Store};
use crate::server::{POOL, Server};

/// What PostgreSQL answers to a serializable transaction it cannot place.
const SERIALIZATION_FAILURE: &str = "40001";

/// The first PostgreSQL that reads `0xFFFFFFFF`, which stands in one of the library's functions.
const HEXADECIMAL_FROM: u32 = 16;

/// For older ones, the rest of what the library sets up after it stumbled: that function with the
/// same number in decimal, and the column and the index of the one domain id.
const REST: &str = "
create or replace function event_store_begin_epoch() returns void as $$
declare
    id bigint;
    db_id int;
begin
    select last_value into id from seq_event_event_id;
    select oid into db_id from pg_database where datname = current_database();

    perform pg_try_advisory_xact_lock_shared(db_id, 0);
    perform pg_try_advisory_xact_lock_shared(1, (id & 4294967295)::bit(32)::integer);
    perform pg_try_advisory_xact_lock_shared(2, (id >> 32)::bit(32)::integer);
end;
$$ language plpgsql;
alter table event add column if not exists stream_name text;
create index if not exists idx_event_stream_name on event (stream_name)
    where stream_name is not null;
";

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Event)]
enum Recorded {
    Admission {
        #[id]
        stream_name: String,
        fact: Admission,
    },
}

#[derive(Clone)]
pub(crate) struct Disintegrate {
    store: PgEventStore<Recorded, Json<Recorded>>,
}

impl Disintegrate {
    pub(crate) async fn found(server: &Server, database: &str) -> Result<Disintegrate> {
        server.create(database).await?;
        let pool = pool(server, database).await?;
        let store = match PgEventStore::try_new(pool.clone(), Json::default()).await {
            Ok(store) => store,
            Err(error) if server.version().await? >= HEXADECIMAL_FROM => return Err(error.into()),
            Err(_) => {
                sqlx08::raw_sql(REST).execute(&pool).await?;
                PgEventStore::new_uninitialized(pool, Json::default())
            }
        };
        Ok(Disintegrate { store })
    }

    /// What has to be said of it on this server.
    pub(super) async fn note(server: &Server) -> Result<Option<String>> {
        let version = server.version().await?;
        Ok((version < HEXADECIMAL_FROM).then(|| {
            format!(
                "disintegrate does not set itself up on PostgreSQL {version}: a function of its \
                 has 0xFFFFFFFF, which is read from {HEXADECIMAL_FROM} on; here it has 4294967295"
            )
        }))
    }
}

/// The pool everybody has, from the sqlx of the peers that are not at this project's yet.
pub(super) async fn pool(server: &Server, database: &str) -> Result<sqlx08::PgPool> {
    let options = server.options(database);
    let options = PgConnectOptions::new_without_pgpass()
        .socket(server.socket())
        .port(options.get_port())
        .username(cluster::ADMIN)
        .database(database);
    let pool = PgPoolOptions::new()
        .max_connections(POOL)
        .test_before_acquire(false);
    Ok(pool.connect_with(options).await?)
}

impl Store for Disintegrate {
    async fn append(&self, stream: &Stream) -> Result<Answer> {
        let event = Recorded::Admission {
            stream_name: stream.name.clone(),
            fact: Admission::new(),
        };
        let seen = query!(Recorded; stream_name == stream.name.clone());
        match self.store.append(vec![event], seen, stream.mark).await {
            Ok(events) => Ok(Answer::Recorded(events.first().map_or(0, |it| it.id()))),
            Err(Error::Concurrency) => Ok(Answer::Refused),
            Err(Error::Database(sqlx08::Error::Database(error)))
                if error.code().as_deref() == Some(SERIALIZATION_FAILURE) =>
            {
                Ok(Answer::Refused)
            }
            Err(error) => Err(error.into()),
        }
    }
}
