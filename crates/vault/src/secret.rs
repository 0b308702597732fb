//! The installation's secret for ids and digests. It stays when master keys go.

use hmac::{Hmac, Mac};
use sha2::Sha256;
use uuid::Uuid;
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::KEY_BYTES;

/// Makes ids and digests that only this installation makes. It opens nothing, and outlives every
/// master key: nothing personal may depend on it alone.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Secret([u8; KEY_BYTES]);

impl Secret {
    /// A secret from raw bytes.
    pub fn from_bytes(bytes: [u8; KEY_BYTES]) -> Self {
        Self(bytes)
    }

    /// A keyed digest (HMAC-SHA-256): equal for equal bytes, and no help in guessing them to whoever
    /// has not the secret. `purpose` keeps digests of different kinds apart.
    pub fn digest(&self, purpose: &str, bytes: &[u8]) -> [u8; 32] {
        keyed(&self.0, purpose, bytes)
    }

    /// An id that stands for `parts` in this installation: the same parts give the same id, and the
    /// id does not give the parts away. UUID version 8.
    ///
    /// The secret is kept for good: who has it can tell whether an id stands for parts that he
    /// guesses. Parts are ids and numbers of other systems, never a name.
    pub fn id(&self, purpose: &str, parts: &[&str]) -> Uuid {
        let mut bytes = Vec::new();
        for part in parts {
            bytes.extend_from_slice(&(part.len() as u64).to_be_bytes());
            bytes.extend_from_slice(part.as_bytes());
        }
        let digest = self.digest(purpose, &bytes);
        let mut half = [0u8; 16];
        half.copy_from_slice(&digest[..16]);
        uuid::Builder::from_custom_bytes(half).into_uuid()
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret")
    }
}

/// HMAC-SHA-256 of a purpose and bytes.
pub(crate) fn keyed(key: &[u8; KEY_BYTES], purpose: &str, bytes: &[u8]) -> [u8; 32] {
    #[expect(clippy::expect_used, reason = "HMAC takes a key of any length")]
    let mut mac = <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(key)
        .expect("HMAC takes a key of any length");
    mac.update(&(purpose.len() as u64).to_be_bytes());
    mac.update(purpose.as_bytes());
    mac.update(bytes);
    mac.finalize().into_bytes().into()
}
