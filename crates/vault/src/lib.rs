//! Who may be forgotten: personal text is sealed before it is a fact.
//!
//! A value is sealed with XChaCha20-Poly1305 under a key of the person's own, with a random nonce;
//! bound to it are the log, the fact it is sealed for, the person and a commitment to the key, so a
//! ciphertext opens nowhere else. The persons' keys are made by chance and kept in a database of
//! their own, each wrapped by a master key that is in no database ([`MasterKeys`]). To forget a
//! person is to delete her key ([`Vault::forget`]) and to destroy the master key that wrapped it
//! ([`Vault::rotate`]): then no copy of any database opens her text.
//!
//! Sealing is done by pure code, and keys come from a database: so a draft is made once to hear
//! whose keys it takes ([`Collecting`]), they are fetched ([`Vault::keys`]), and it is made again
//! with them ([`Keys::sealing`]).

mod cache;
mod database;
mod error;
mod key_file;
mod keys;
mod master;
mod rotate;
mod seal;
mod secret;
mod vault;

pub use database::{Database, MAX_CONNECTIONS, SCHEMA, SERVICE_ROLE, Scrubbed};
pub use error::Error;
pub use key_file::{KeyFiles, KeyVariable};
pub use keys::{Collecting, Keys};
pub use master::{Destroyed, KeyId, KeysError, MasterKeys, Plain};
pub use rotate::{REWRAPPED_AT_ONCE, Rotated, Rotation, Step};
pub use seal::{Digesting, Place, Sealing};
pub use secret::Secret;
pub use vault::{MAX_PERSONS, Vault};

/// Length of every key in bytes.
pub const KEY_BYTES: usize = 32;

/// Bytes of an XChaCha20 nonce.
pub(crate) const NONCE_BYTES: usize = 24;
