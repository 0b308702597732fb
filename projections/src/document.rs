//! What a read model of documents by key is, and the one way to its table.
//!
//! Adding one takes its folder, a line in the list of [`Model`]s, a line in [`keyed`] and a field of
//! the [`Snapshot`](crate::Snapshot).

use std::fmt::Display;
use std::hash::Hash;

use eventlog::LogId;
use events::{Event, Fact, PilotId, Position, Stream};
use serde::{Serialize, de::DeserializeOwned};
use sqlx::types::Json;
use sqlx::{AssertSqlSafe, PgConnection, PgExecutor, SqlSafeStr, SqlStr};
use uuid::Uuid;

use crate::held::{Moved, Stays};
use crate::{Error, Model};

/// Bytes of rows written by one statement: about so much is in memory twice.
const WRITE_BYTES: usize = 4 << 20;

/// The most rows read by one statement.
const READ_ROWS: usize = 500;

/// The models that are folded key by key, each from the streams of the key alone: the name in
/// [`Held`](crate::held::Held), and the type. Calls `$then` with the list.
macro_rules! keyed {
    ($then:ident) => {
        $then! {
            pilots: crate::pilots::Pilots,
            households: crate::households::Households,
            plans: crate::plans::Plans,
            work: crate::work::Work,
            safety: crate::safety::Safety,
            network: crate::network::Network,
            ledger: crate::ledger::Ledger,
            committee: crate::committee::Committee,
            agenda: crate::agenda::household::AgendaOfHouseholds,
            pilot_agenda: crate::agenda::pilot::AgendaOfPilots,
            quality: crate::quality::household::QualityOfHouseholds,
            pilot_quality: crate::quality::pilot::QualityOfPilots,
        }
    };
}
pub(crate) use keyed;

/// Rows that are documents, in a table with log, key, position and row.
pub(crate) trait Document: Sized + 'static {
    /// Which row of a log.
    type Key: Copy + Ord + Hash + Display + Send + Sync + 'static;
    /// The document.
    type Row: Clone + PartialEq + Serialize + DeserializeOwned + Send + Sync + Unpin + 'static;
    /// What has to be remembered of a key's past to know whether a fact needs all of it, as long as
    /// the row has been in memory since its first fact.
    type Past: Clone + Default + Send + Sync + 'static;
    /// The model's line in the list.
    const MODEL: Model;
    /// The statements of its table.
    const TABLE: Table;

    /// The key of a row.
    fn key(row: &Self::Row) -> Self::Key;
    /// The key as it stands in the table.
    fn id(key: Self::Key) -> Uuid;
    /// The position of the last fact folded in.
    fn position(row: &Self::Row) -> Position;
    /// A word that rows are looked up by and that is not in the document.
    fn word(_row: &Self::Row) -> Option<&'static str> {
        None
    }
}

/// Documents that are folded key by key.
pub(crate) trait Keyed: Document {
    /// The row that facts of this stream, and those linked to it, are entries of.
    fn entry(pilot: PilotId, stream: Stream) -> Option<Self::Key>;
    /// The streams whose entries a row is folded from; one if it is a household's or a dwelling's.
    fn streams(key: Self::Key) -> Vec<Stream>;
    /// Must the row be folded from its whole history when this fact arrives?
    fn needs_history(event: &Event) -> bool;
    /// The same, told by what is remembered, and remembers this fact too. May say yes less often.
    fn asks(past: &mut Self::Past, event: &Event) -> bool {
        let _ = past;
        Self::needs_history(event)
    }
    /// The row that a whole history comes to.
    fn fold(key: Self::Key, entries: &[&Fact]) -> Option<Self::Row>;
    /// The row with further entries, none of which needs the history.
    fn advance(row: Self::Row, entries: &[&Fact]) -> Self::Row;
    /// Comes before and after a row is folded on, for what other models want to know of it.
    fn seen(_: Self::Key, _: Option<&Self::Row>, _: &mut Stays, _: &mut Moved) {}
}

/// The statements of a table of documents. Parameters: `$1` the log, `$2` keys; `save` also `$3`
/// positions, `$4` rows as text, `$5` words.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Table {
    pub(crate) all: &'static str,
    pub(crate) some: &'static str,
    pub(crate) save: &'static str,
    /// Adds rows to a table that is being filled, in binary form: log, key, position, and the row after
    /// these bytes. Nothing where the columns are others.
    pub(crate) copy: Option<CopyIn>,
    pub(crate) remove: &'static str,
}

/// How rows are added to a table that is being filled: the statement, and what comes before each row.
pub(crate) type CopyIn = (&'static str, &'static [u8]);

/// The [`Table`] of the usual form: named `$table`, its primary key `$table_pkey (log_id, $key)`, and
/// no columns to fill but log, key, position and row. What rows are looked up by are generated columns
/// or indexes on expressions of the row, which then is `jsonb`; a row that nobody looks into is `json`,
/// which is written and read in a fraction of the time.
macro_rules! table {
    ($table:literal, $key:literal) => {
        $crate::document::table!($table, $key, "jsonb")
    };
    ($table:literal, $key:literal, $type:literal) => {
        $crate::document::Table {
            all: concat!(
                "select row from projections.",
                $table,
                " where log_id = $1 order by ",
                $key
            ),
            some: concat!(
                "select row from projections.",
                $table,
                " where log_id = $1 and ",
                $key,
                " = any ($2)"
            ),
            save: concat!(
                "insert into projections.",
                $table,
                " (log_id, ",
                $key,
                ", position, row)
                 select $1, u.key, u.position, u.row::",
                $type,
                " from unnest($2::uuid[], $3::bigint[], $4::text[], $5::text[])
                      as u (key, position, row, word)
                 on conflict on constraint ",
                $table,
                "_pkey do update set
                     position = excluded.position, row = excluded.row"
            ),
            copy: Some((
                concat!(
                    "copy projections_next.",
                    $table,
                    " (log_id, ",
                    $key,
                    ", position, row) from stdin (format binary)"
                ),
                // A binary `jsonb` begins with its version.
                if $type.len() == "jsonb".len() {
                    &[1]
                } else {
                    &[]
                },
            )),
            remove: concat!(
                "delete from projections.",
                $table,
                " where log_id = $1 and ",
                $key,
                " = any ($2)"
            ),
        }
    };
}
pub(crate) use table;

/// A model of one row per pilot, in a table whose primary key `$table_pkey` is the log alone, with
/// position and row; its folder's `fold` does the rest.
macro_rules! by_pilot {
    ($name:ident, $row:ty, $table:literal, $streams:pat => [$($stream:ident),+]) => {
        /// The read model.
        pub(crate) struct $name;

        impl $crate::document::Document for $name {
            type Key = events::PilotId;
            type Row = $row;
            type Past = ();
            const MODEL: $crate::Model = $crate::Model::$name;
            const TABLE: $crate::document::Table = $crate::document::Table {
                all: concat!("select row from projections.", $table, " where log_id = $1"),
                some: concat!(
                    "select row from projections.",
                    $table,
                    " where log_id = $1 and log_id = any ($2)"
                ),
                save: concat!(
                    "insert into projections.",
                    $table,
                    " (log_id, position, row)
                     select $1, u.position, u.row::json
                     from unnest($2::uuid[], $3::bigint[], $4::text[], $5::text[])
                          as u (key, position, row, word)
                     on conflict on constraint ",
                    $table,
                    "_pkey do update set
                         position = excluded.position, row = excluded.row"
                ),
                copy: None,
                remove: concat!(
                    "delete from projections.",
                    $table,
                    " where log_id = $1 and log_id = any ($2)"
                ),
            };

            fn key(row: &$row) -> events::PilotId {
                row.pilot
            }
            fn id(key: events::PilotId) -> uuid::Uuid {
                key.0
            }
            fn position(row: &$row) -> events::Position {
                row.position
            }
        }

        impl $crate::document::Keyed for $name {
            fn entry(pilot: events::PilotId, stream: events::Stream) -> Option<events::PilotId> {
                matches!(stream, $streams).then_some(pilot)
            }
            fn streams(_: events::PilotId) -> Vec<events::Stream> {
                vec![$(events::Stream::$stream),+]
            }
            fn needs_history(event: &events::Event) -> bool {
                fold::needs_history(event)
            }
            fn fold(key: events::PilotId, entries: &[&events::Fact]) -> Option<$row> {
                fold::fold(key, entries)
            }
            fn advance(row: $row, entries: &[&events::Fact]) -> $row {
                fold::advance(row, entries)
            }
        }

        /// What is known of one pilot.
        ///
        /// # Errors
        /// [`Error::Unsettled`](crate::Error::Unsettled), and faults of the database.
        pub async fn one(
            db: impl sqlx::PgExecutor<'_>,
            log: eventlog::LogId,
        ) -> Result<Option<$row>, $crate::Error> {
            $crate::document::one::<$name>(db, log, events::PilotId(log)).await
        }
    };
}
pub(crate) use by_pilot;

/// A model of one row per household, in a table with the key `household`; its folder's `fold` does the
/// rest.
macro_rules! by_household {
    ($name:ident, $row:ty, $table:literal) => {
        $crate::document::by_household!($name, $row, $table, past: ());
    };
    // Things that others refer to are remembered: the fold's `names` says which.
    ($name:ident, $row:ty, $table:literal, named) => {
        $crate::document::by_household!($name, $row, $table, past: $crate::history::Named,
            fn asks(past: &mut $crate::history::Named, event: &events::Event) -> bool {
                past.asks(event, fold::names)
            }
        );
    };
    ($name:ident, $row:ty, $table:literal, past: $past:ty $(, $asks:item)?) => {
        /// The read model.
        pub(crate) struct $name;

        impl $crate::document::Document for $name {
            type Key = events::HouseholdId;
            type Row = $row;
            type Past = $past;
            const MODEL: $crate::Model = $crate::Model::$name;
            const TABLE: $crate::document::Table = $crate::document::table!($table, "household", "json");

            fn key(row: &$row) -> events::HouseholdId {
                row.household
            }
            fn id(key: events::HouseholdId) -> uuid::Uuid {
                key.0
            }
            fn position(row: &$row) -> events::Position {
                row.position
            }
        }

        impl $crate::document::Keyed for $name {
            fn entry(_: events::PilotId, stream: events::Stream) -> Option<events::HouseholdId> {
                match stream {
                    events::Stream::Household(household) => Some(household),
                    _ => None,
                }
            }
            fn streams(key: events::HouseholdId) -> Vec<events::Stream> {
                vec![events::Stream::Household(key)]
            }
            fn needs_history(event: &events::Event) -> bool {
                fold::needs_history(event)
            }
            $($asks)?
            fn fold(key: events::HouseholdId, entries: &[&events::Fact]) -> Option<$row> {
                fold::fold(key, entries)
            }
            fn advance(row: $row, entries: &[&events::Fact]) -> $row {
                fold::advance(row, entries)
            }
        }

        /// What is known of one household.
        ///
        /// # Errors
        /// [`Error::Unsettled`](crate::Error::Unsettled), and faults of the database.
        pub async fn one(
            db: impl sqlx::PgExecutor<'_>,
            log: eventlog::LogId,
            household: events::HouseholdId,
        ) -> Result<Option<$row>, $crate::Error> {
            $crate::document::one::<$name>(db, log, household).await
        }

        /// What is known of some households of a pilot, in no order; nothing of those that are not
        /// there.
        ///
        /// # Errors
        /// [`Error::Unsettled`](crate::Error::Unsettled), and faults of the database.
        pub async fn some(
            db: impl sqlx::PgExecutor<'_>,
            log: eventlog::LogId,
            households: &[events::HouseholdId],
        ) -> Result<Vec<$row>, $crate::Error> {
            $crate::document::some::<$name>(db, log, households).await
        }

        /// What is known of all households of a pilot, ordered by id.
        ///
        /// # Errors
        /// [`Error::Unsettled`](crate::Error::Unsettled), and faults of the database.
        pub async fn all(
            db: impl sqlx::PgExecutor<'_>,
            log: eventlog::LogId,
        ) -> Result<Vec<$row>, $crate::Error> {
            $crate::document::all::<$name>(db, log).await
        }
    };
}
pub(crate) use by_household;

/// Which of the tables of one name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// The one that is read.
    Served,
    /// The one that is being filled to take its place.
    Next,
}

impl Place {
    /// A statement on the tables that are there.
    pub(crate) fn sql(self, served: &'static str) -> SqlStr {
        match self {
            Self::Served => served.into_sql_str(),
            // A literal all the same: only the schema is another.
            Self::Next => AssertSqlSafe(served.replace(SERVED, NEXT)).into_sql_str(),
        }
    }
}

/// How the tables that are read are named in statements, and those being filled.
const SERVED: &str = " projections.";
const NEXT: &str = " projections_next.";

/// All rows of a log.
pub(crate) async fn all<D: Document>(
    db: impl PgExecutor<'_>,
    log: LogId,
) -> Result<Vec<D::Row>, Error> {
    let rows: Vec<Json<D::Row>> = sqlx::query_scalar(D::TABLE.all)
        .bind(log)
        .fetch_all(db)
        .await?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

/// One row of a log.
pub(crate) async fn one<D: Document>(
    db: impl PgExecutor<'_>,
    log: LogId,
    key: D::Key,
) -> Result<Option<D::Row>, Error> {
    let row: Option<Json<D::Row>> = sqlx::query_scalar(D::TABLE.some)
        .bind(log)
        .bind([D::id(key)])
        .fetch_optional(db)
        .await?;
    Ok(row.map(|row| row.0))
}

/// Some rows of a log, those that are there, in no order.
pub(crate) async fn some<D: Document>(
    db: impl PgExecutor<'_>,
    log: LogId,
    keys: &[D::Key],
) -> Result<Vec<D::Row>, Error> {
    let ids: Vec<Uuid> = keys.iter().map(|key| D::id(*key)).collect();
    let rows: Vec<Json<D::Row>> = sqlx::query_scalar(D::TABLE.some)
        .bind(log)
        .bind(ids)
        .fetch_all(db)
        .await?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

/// The rows of some keys, those that are there.
pub(crate) async fn load<D: Document>(
    conn: &mut PgConnection,
    place: Place,
    log: LogId,
    keys: &[D::Key],
) -> Result<Vec<D::Row>, Error> {
    let mut found = Vec::new();
    for keys in keys.chunks(READ_ROWS) {
        let ids: Vec<Uuid> = keys.iter().map(|key| D::id(*key)).collect();
        let rows: Vec<Json<D::Row>> = sqlx::query_scalar(place.sql(D::TABLE.some))
            .bind(log)
            .bind(ids)
            // Planned anew each time: the table grows while it is filled.
            .persistent(false)
            .fetch_all(&mut *conn)
            .await?;
        found.extend(rows.into_iter().map(|row| row.0));
    }
    Ok(found)
}

/// Writes the rows that are there and removes those that are not.
pub(crate) async fn save<D: Document>(
    conn: &mut PgConnection,
    place: Place,
    log: LogId,
    rows: &[(D::Key, Option<&D::Row>)],
) -> Result<(), Error> {
    let gone = rows.iter().filter(|(_, row)| row.is_none());
    let gone: Vec<Uuid> = gone.map(|(key, _)| D::id(*key)).collect();
    if !gone.is_empty() {
        sqlx::query(place.sql(D::TABLE.remove))
            .bind(log)
            .bind(gone)
            .execute(&mut *conn)
            .await?;
    }
    let mut rows = rows.iter().filter_map(|(key, row)| Some((*key, (*row)?)));
    loop {
        let mut piece = Piece::default();
        for (key, row) in rows.by_ref() {
            piece.push::<D>(key, row)?;
            if piece.bytes >= WRITE_BYTES {
                break;
            }
        }
        if piece.keys.is_empty() {
            return Ok(());
        }
        sqlx::query(place.sql(D::TABLE.save))
            .bind(log)
            .bind(piece.keys)
            .bind(piece.positions)
            .bind(piece.rows)
            .bind(piece.words)
            .execute(&mut *conn)
            .await?;
    }
}

/// The parameters of one statement that writes.
#[derive(Default)]
struct Piece {
    keys: Vec<Uuid>,
    positions: Vec<Position>,
    rows: Vec<String>,
    words: Vec<Option<&'static str>>,
    bytes: usize,
}

impl Piece {
    fn push<D: Document>(&mut self, key: D::Key, row: &D::Row) -> Result<(), Error> {
        let text = json(row)?;
        self.bytes += text.len();
        self.keys.push(D::id(key));
        self.positions.push(D::position(row));
        self.rows.push(text);
        self.words.push(D::word(row));
        Ok(())
    }
}

/// Adds rows to a table that is being filled and has none of their keys yet, the fast way.
pub(crate) async fn copy<D: Document>(
    conn: &mut PgConnection,
    log: LogId,
    (statement, before): CopyIn,
    rows: &[(D::Key, &D::Row)],
) -> Result<(), Error> {
    if rows.is_empty() {
        return Ok(());
    }
    let mut copied = conn.copy_in_raw(statement).await?;
    let mut bytes = COPY_HEADER.to_vec();
    for (key, row) in rows {
        bytes.extend(4_i16.to_be_bytes());
        field(&mut bytes, &[log.as_bytes()]);
        field(&mut bytes, &[D::id(*key).as_bytes()]);
        field(&mut bytes, &[&D::position(row).to_be_bytes()]);
        field(&mut bytes, &[before, json(row)?.as_bytes()]);
        if bytes.len() >= COPY_BYTES {
            copied.send(&bytes[..]).await?;
            bytes.clear();
        }
    }
    bytes.extend((-1_i16).to_be_bytes());
    copied.send(&bytes[..]).await?;
    copied.finish().await?;
    Ok(())
}

/// What every binary copy starts with (PostgreSQL's documentation of `COPY`, "Binary Format"):
/// signature, no flags, no extension.
const COPY_HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
/// About how much is sent at once.
const COPY_BYTES: usize = 256 << 10;

fn field(bytes: &mut Vec<u8>, parts: &[&[u8]]) {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    bytes.extend(i32::try_from(length).unwrap_or(i32::MAX).to_be_bytes());
    bytes.extend(parts.iter().copied().flatten());
}

/// A row as text.
pub(crate) fn json(row: &impl Serialize) -> Result<String, Error> {
    // Rows are plain structs, which always have a JSON form.
    serde_json::to_string(row).map_err(|error| Error::Database(sqlx::Error::Encode(error.into())))
}
