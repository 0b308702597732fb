//! Who may be forgotten: personal text is sealed before it is a fact.
//!
//! A value is sealed with XChaCha20-Poly1305 under a key of the person's own, with a random nonce;
//! bound to it are the log, the fact it is sealed for, the person and a commitment to the key, so a
//! ciphertext opens nowhere else. Today each person's key is derived from one key file; it lives
//! outside PostgreSQL, so a copy of the database alone opens nothing.

mod key_file;
mod seal;

pub use key_file::{KeyFileError, MasterKey};
pub use seal::{Digesting, Error, Place, Sealing, Vault};
