//! What can go wrong, told apart by what the caller can do about it.

use std::sync::Arc;

use events::Position;

use crate::Model;

/// Why a read model could not be folded, kept or asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A fact's payload does not open; its log's projection stands still in front of it.
    #[error("the fact at position {position} cannot be read")]
    Payload {
        /// Place of the fact.
        position: Position,
        /// What is wrong with it.
        #[source]
        source: events::DecodeError,
    },
    /// A fact is an entry of a stream that no pilot has; its log's projection stands still in front
    /// of it.
    #[error("the fact at position {position} is an entry of no stream of a pilot")]
    Stream {
        /// Place of the fact.
        position: Position,
        /// The stream.
        #[source]
        source: events::BadStream,
    },
    /// The rows were folded by a later version of the program, which this one leaves alone.
    #[error("the rows of {model} were folded by a later version of the program: upgrade")]
    Newer {
        /// The read model.
        model: Model,
    },
    /// What was asked for is being built: rows of another fold that do not open any more, a table that
    /// is not there yet, or read models that do not stand at one position. Trying again later is safe.
    #[error("the read models are being built anew")]
    Unsettled(#[source] Option<Arc<sqlx::Error>>),
    /// Another process builds read models of this database.
    #[error("another process is building the read models anew")]
    Building,
    /// The database cannot be reached, is too busy, or gave the transaction up. Trying again later
    /// is safe.
    #[error("the database is not available")]
    Unavailable(#[source] Arc<sqlx::Error>),
    /// Any other error of the database.
    #[error("the database refused")]
    Database(#[source] sqlx::Error),
    /// The log was tampered with, or cannot be set up.
    #[error("the log cannot be read")]
    Log(#[source] eventlog::Error),
    /// The tables could not be brought up to date; nothing was changed.
    #[error("the schema of the read models could not be brought up to date")]
    Migration(#[source] Box<sqlx::migrate::MigrateError>),
}

impl Error {
    /// Is it about a fact or rows that stay as they are, however often it is tried again?
    pub fn is_lasting(&self) -> bool {
        matches!(
            self,
            Self::Payload { .. } | Self::Stream { .. } | Self::Newer { .. }
        ) || matches!(self, Self::Log(eventlog::Error::Gap { .. }))
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        if unsettled(&error) {
            return Self::Unsettled(Some(Arc::new(error)));
        }
        // The log knows which errors pass.
        eventlog::Error::from(error).into()
    }
}

/// Rows that do not open, and tables or columns that are not there, are those of another version.
fn unsettled(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::ColumnDecode { source, .. } => source.is::<serde_json::Error>(),
        sqlx::Error::Database(error) => matches!(
            error.code().as_deref(),
            Some(UNDEFINED_TABLE | UNDEFINED_COLUMN)
        ),
        _ => false,
    }
}

const UNDEFINED_TABLE: &str = "42P01";
const UNDEFINED_COLUMN: &str = "42703";

impl From<eventlog::Error> for Error {
    fn from(error: eventlog::Error) -> Self {
        match error {
            eventlog::Error::Unavailable(source) => Self::Unavailable(source),
            eventlog::Error::Database(source) => Self::Database(source),
            other => Self::Log(other),
        }
    }
}
