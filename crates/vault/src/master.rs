//! The keys that wrap every person's key. They are in no database.

use std::fmt;
use std::io;
use std::path::PathBuf;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use sha2::{Digest, Sha256};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::{KEY_BYTES, NONCE_BYTES};

/// Bytes of a master key's digest in its id.
const ID_BYTES: usize = 8;

/// A key in the clear, wiped when it is dropped.
pub type Plain = Zeroizing<[u8; KEY_BYTES]>;

/// Which master key. It follows from the key, so that no other key goes by its name.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(String);

impl KeyId {
    /// The id as it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn of_text(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyId({})", self.0)
    }
}

/// What became of master keys that are to be no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Destroyed {
    /// They are gone from where they were kept.
    Gone,
    /// They are where only the operator can remove them, and he has to.
    LeftToOperator,
}

/// Keeps master keys and uses them, as a key management service does: what is wrapped goes in and
/// out, a master key never does. Keys have an order; the newest is the last.
///
/// Calls are short and may block for as long as reading a small file takes.
pub trait MasterKeys: Send + Sync {
    /// The keys that are there, the oldest first.
    ///
    /// # Errors
    /// [`KeysError`].
    fn all(&self) -> Result<Vec<KeyId>, KeysError>;

    /// Wraps a person's key. Nothing unwraps it that is not given the same `bound`.
    ///
    /// # Errors
    /// [`KeysError`].
    fn wrap(&self, with: &KeyId, plain: &Plain, bound: &[u8]) -> Result<Vec<u8>, KeysError>;

    /// Unwraps a person's key.
    ///
    /// # Errors
    /// [`KeysError::Gone`] when there is no such master key any more,
    /// [`KeysError::DoesNotUnwrap`] when `wrapped` or `bound` is not what it was.
    fn unwrap(&self, with: &KeyId, wrapped: &[u8], bound: &[u8]) -> Result<Plain, KeysError>;

    /// A key newer than `than`, made now unless one is there.
    ///
    /// # Errors
    /// [`KeysError::Fixed`] where only the operator adds keys, and other [`KeysError`]s.
    fn newer(&self, than: &KeyId) -> Result<KeyId, KeysError>;

    /// Could [`MasterKeys::newer`] give one? Makes none.
    ///
    /// # Errors
    /// [`KeysError`], as `newer` would give.
    fn can_renew(&self, than: &KeyId) -> Result<(), KeysError>;

    /// Destroys every key older than `than`. May be repeated after it was cut short.
    ///
    /// # Errors
    /// [`KeysError`].
    fn destroy_older(&self, than: &KeyId) -> Result<Destroyed, KeysError>;
}

/// The master keys cannot be used. Never holds a key.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// Others may read a key file.
    #[error("{path}: the key file may be read by others (mode {mode:o}); run: chmod 600 {path}")]
    TooOpen {
        /// The file.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// A key file holds no key.
    #[error(
        "{path}: not a key file: expected {KEY_BYTES} bytes in base64; restore it from its backup, do not replace it: what was sealed under it opens under no other"
    )]
    Malformed {
        /// The file.
        path: PathBuf,
    },
    /// There was an installation, and its master keys are not there.
    #[error(
        "{folder}: the master keys are missing: restore them from their backup; without them no personal text opens"
    )]
    Lost {
        /// The folder of the keys.
        folder: PathBuf,
    },
    /// A key file of a form that is not used any more.
    #[error(
        "{path}: the key file of an earlier version, under which every person's key was derived from one: load the data anew with this version"
    )]
    Outdated {
        /// The file.
        path: PathBuf,
    },
    /// A file cannot be read or made.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What went wrong.
        source: io::Error,
    },
    /// The variable holds no keys.
    #[error(
        "the variable with the keys cannot be read: expected `ids:KEY master:KEY`, one `master:` for each master key, the newest last, each KEY {KEY_BYTES} bytes in base64"
    )]
    Variable,
    /// The master key was destroyed, or never was here.
    #[error("there is no master key {key}: it was destroyed, or belongs to another installation")]
    Gone {
        /// Which.
        key: KeyId,
    },
    /// A wrapped key was changed, or moved to another person.
    #[error("a wrapped key was changed, or moved to another person")]
    DoesNotUnwrap,
    /// Only the operator can add a key.
    #[error(
        "the master keys are in a variable, which only you can change: add a new `master:KEY` at its end, restart what runs with it, and try again"
    )]
    Fixed,
    /// More keys than any rotation leaves behind.
    #[error("there are more than {limit} master keys: finish with `inrete key rotate-master`")]
    TooMany {
        /// As many may be there.
        limit: usize,
    },
    /// The operating system gives no random bytes.
    #[error("the operating system gives no random bytes: {0}")]
    NoRandomness(getrandom::Error),
}

/// One master key.
#[derive(Zeroize, ZeroizeOnDrop)]
pub(crate) struct MasterKey([u8; KEY_BYTES]);

impl MasterKey {
    pub(crate) fn from_bytes(bytes: [u8; KEY_BYTES]) -> Self {
        Self(bytes)
    }

    pub(crate) fn id(&self) -> KeyId {
        let digest = Sha256::new()
            .chain_update(b"inrete master key")
            .chain_update(self.0)
            .finalize();
        let hex = digest[..ID_BYTES].iter().map(|byte| format!("{byte:02x}"));
        KeyId(hex.collect())
    }

    pub(crate) fn wrap(&self, plain: &Plain, bound: &[u8]) -> Result<Vec<u8>, KeysError> {
        let mut nonce = [0u8; NONCE_BYTES];
        getrandom::fill(&mut nonce).map_err(KeysError::NoRandomness)?;
        let payload = Payload {
            msg: plain.as_slice(),
            aad: bound,
        };
        let text = XChaCha20Poly1305::new((&self.0).into())
            .encrypt(&XNonce::from(nonce), payload)
            .map_err(|_| KeysError::DoesNotUnwrap)?;
        let mut wrapped = nonce.to_vec();
        wrapped.extend_from_slice(&text);
        Ok(wrapped)
    }

    pub(crate) fn unwrap(&self, wrapped: &[u8], bound: &[u8]) -> Result<Plain, KeysError> {
        let (nonce, text) = wrapped
            .split_first_chunk::<NONCE_BYTES>()
            .ok_or(KeysError::DoesNotUnwrap)?;
        let payload = Payload {
            msg: text,
            aad: bound,
        };
        let opened = XChaCha20Poly1305::new((&self.0).into())
            .decrypt(&XNonce::from(*nonce), payload)
            .map(Zeroizing::new)
            .map_err(|_| KeysError::DoesNotUnwrap)?;
        let plain: [u8; KEY_BYTES] = opened
            .as_slice()
            .try_into()
            .map_err(|_| KeysError::DoesNotUnwrap)?;
        Ok(Zeroizing::new(plain))
    }
}

/// 32 bytes of chance.
pub(crate) fn chance() -> Result<Plain, KeysError> {
    let mut bytes = Zeroizing::new([0u8; KEY_BYTES]);
    getrandom::fill(bytes.as_mut_slice()).map_err(KeysError::NoRandomness)?;
    Ok(bytes)
}

/// A key from base64.
pub(crate) fn from_base64(text: &str) -> Option<Plain> {
    let decoded = Zeroizing::new(STANDARD.decode(text.trim()).ok()?);
    let bytes: [u8; KEY_BYTES] = decoded.as_slice().try_into().ok()?;
    Some(Zeroizing::new(bytes))
}

/// A key as base64.
pub(crate) fn to_base64(plain: &[u8; KEY_BYTES]) -> Zeroizing<String> {
    Zeroizing::new(STANDARD.encode(plain))
}
