//! What can go wrong.

use events::PersonId;

use crate::KeysError;

/// A value could not be opened or sealed, or a key not be kept. Never says what was held.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The person was forgotten: her text is gone, and nothing more is sealed for her.
    #[error("person {person} was forgotten")]
    Forgotten {
        /// Who.
        person: PersonId,
    },
    /// There is no key of hers, and it is not known that she was forgotten here: the text comes from
    /// another installation, or the vault's database is older than the text.
    #[error(
        "there is no key of person {person}: the text is another installation's, or the vault was restored from before it"
    )]
    NoKey {
        /// Whose text.
        person: PersonId,
    },
    /// Sealed under another key than hers: it was moved to another person, or is another
    /// installation's.
    #[error("sealed under another key")]
    OtherKey,
    /// The text was changed, or moved to another fact or log.
    #[error("changed since it was sealed, or moved to another fact")]
    DoesNotOpen,
    /// It opens, but holds something of another type.
    #[error("does not hold what was expected")]
    OtherType,
    /// The row of a key was changed, or moved to another person.
    #[error("the key of person {person} was changed in the vault, or moved there from another's")]
    KeyDamaged {
        /// Whose key.
        person: PersonId,
    },
    /// The master keys cannot be used; [`KeysError::Gone`] when the one that is needed was
    /// destroyed.
    #[error(transparent)]
    Master(#[from] KeysError),
    /// More persons at once than any fact is about.
    #[error("more than {limit} persons at once")]
    TooMany {
        /// As many may be asked for.
        limit: usize,
    },
    /// Another process rotates at this moment.
    #[error("another process is changing the master key at this moment: try again")]
    Rotating,
    /// The vault's schema cannot be brought up to date.
    #[error("the vault's database cannot be brought up to date")]
    Migration(#[source] Box<sqlx::migrate::MigrateError>),
    /// The vault's database is not there and cannot be made.
    #[error(
        "there is no database `{name}` for the keys, and it cannot be made: make it, or name one with VAULT_DATABASE_URL"
    )]
    NoDatabase {
        /// Its name.
        name: String,
        /// What the server said.
        source: sqlx::Error,
    },
    /// The user may not set up the vault's role.
    #[error(
        "the user of the vault's database may not make roles: make the role `inrete_vault` and grant it to the user"
    )]
    Roles(#[source] sqlx::Error),
    /// The vault's database failed.
    #[error("the vault's database failed")]
    Database(#[from] sqlx::Error),
}
