//! Sealing and opening.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use events::{NotSealed, PersonId, Seal, Sealed, SealedBytes};
use hmac::{Hmac, Mac};
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::MasterKey;

/// Bytes of an XChaCha20 nonce.
const NONCE_BYTES: usize = 24;

/// Plain text is padded to a multiple of this, so that a name's length does not show.
const PADDING_BYTES: usize = 64;

/// Where a sealed value belongs. It opens nowhere else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The log.
    pub log: Uuid,
    /// The fact it is part of.
    pub fact: Uuid,
}

/// A value could not be opened. Never says what it held.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Sealed under another key: this installation's key file is not the one it was sealed with, or
    /// the text was moved to another person.
    #[error("sealed under another key")]
    OtherKey,
    /// The text was changed, or moved to another fact or log.
    #[error("changed since it was sealed, or moved to another fact")]
    DoesNotOpen,
    /// It opens, but holds something of another type.
    #[error("does not hold what was expected")]
    OtherType,
}

/// Seals, opens, and digests with the installation's secret.
pub struct Vault {
    master: MasterKey,
}

impl Vault {
    /// A vault over this key.
    pub fn new(master: MasterKey) -> Self {
        Self { master }
    }

    /// A sealer for one fact.
    pub fn sealing(&self, place: Place) -> Sealing<'_> {
        Sealing { vault: self, place }
    }

    /// A stand-in for a sealer that gives the same text the same bytes, for comparing commands by
    /// their content without keeping it.
    pub fn digesting(&self) -> Digesting<'_> {
        Digesting { vault: self }
    }

    /// Opens a sealed value. Callers record the read first.
    ///
    /// # Errors
    /// [`Error::OtherKey`], [`Error::DoesNotOpen`], [`Error::OtherType`].
    pub fn open<T: DeserializeOwned>(&self, place: Place, sealed: &Sealed<T>) -> Result<T, Error> {
        let bytes = &sealed.bytes;
        let key = self.person_key(bytes.person);
        if !bool::from(commitment(&key).as_bytes().ct_eq(bytes.key.as_bytes())) {
            return Err(Error::OtherKey);
        }
        let nonce: [u8; NONCE_BYTES] = STANDARD
            .decode(&bytes.nonce)
            .ok()
            .and_then(|nonce| nonce.try_into().ok())
            .ok_or(Error::DoesNotOpen)?;
        let text = STANDARD
            .decode(&bytes.text)
            .map_err(|_| Error::DoesNotOpen)?;
        let bound = bound_to(place, bytes.person, &bytes.key);
        let plain = XChaCha20Poly1305::new((&*key).into())
            .decrypt(
                &XNonce::from(nonce),
                Payload {
                    msg: &text,
                    aad: &bound,
                },
            )
            .map(Zeroizing::new)
            .map_err(|_| Error::DoesNotOpen)?;
        serde_json::from_slice(&plain).map_err(|_| Error::OtherType)
    }

    /// A keyed digest (HMAC-SHA-256): equal for equal bytes, and no help in guessing them. `purpose`
    /// keeps digests of different kinds apart.
    pub fn digest(&self, purpose: &str, bytes: &[u8]) -> [u8; 32] {
        let mut mac = mac(self.master.bytes());
        mac.update(&(purpose.len() as u64).to_be_bytes());
        mac.update(purpose.as_bytes());
        mac.update(bytes);
        mac.finalize().into_bytes().into()
    }

    /// An id that stands for `parts` in this installation: the same parts give the same id, and the
    /// id does not give the parts away. UUID version 8.
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

    fn person_key(&self, person: PersonId) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.digest("person key", person.0.as_bytes()))
    }
}

/// Seals for one fact; see [`Vault::sealing`].
pub struct Sealing<'v> {
    vault: &'v Vault,
    place: Place,
}

impl Seal for Sealing<'_> {
    fn seal_bytes(&self, person: PersonId, plain: &[u8]) -> Result<SealedBytes, NotSealed> {
        let key = self.vault.person_key(person);
        let commitment = commitment(&key);
        let mut nonce = [0u8; NONCE_BYTES];
        getrandom::fill(&mut nonce).map_err(|_| NotSealed::NoRandomness)?;
        // JSON ignores the spaces after it.
        let mut padded = Zeroizing::new(plain.to_vec());
        padded.resize(plain.len().next_multiple_of(PADDING_BYTES), b' ');
        let bound = bound_to(self.place, person, &commitment);
        let text = XChaCha20Poly1305::new((&*key).into())
            .encrypt(
                &XNonce::from(nonce),
                Payload {
                    msg: &padded,
                    aad: &bound,
                },
            )
            .map_err(|_| NotSealed::NotWritable)?;
        Ok(SealedBytes {
            person,
            key: commitment,
            nonce: STANDARD.encode(nonce),
            text: STANDARD.encode(text),
        })
    }
}

/// Digests instead of sealing; see [`Vault::digesting`].
pub struct Digesting<'v> {
    vault: &'v Vault,
}

impl Seal for Digesting<'_> {
    fn seal_bytes(&self, person: PersonId, plain: &[u8]) -> Result<SealedBytes, NotSealed> {
        Ok(SealedBytes {
            person,
            key: String::new(),
            nonce: String::new(),
            text: STANDARD.encode(self.vault.digest("plain text", plain)),
        })
    }
}

fn mac(key: &[u8]) -> Hmac<Sha256> {
    #[expect(clippy::expect_used, reason = "HMAC takes a key of any length")]
    <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(key).expect("HMAC takes a key of any length")
}

/// Commits to a key without giving it away: 128 bits of its digest, base64.
fn commitment(key: &[u8; 32]) -> String {
    let digest = Sha256::new()
        .chain_update(b"key commitment")
        .chain_update(key)
        .finalize();
    STANDARD.encode(&digest[..16])
}

fn bound_to(place: Place, person: PersonId, commitment: &str) -> Vec<u8> {
    let mut bound = Vec::with_capacity(48 + commitment.len());
    bound.extend_from_slice(place.log.as_bytes());
    bound.extend_from_slice(place.fact.as_bytes());
    bound.extend_from_slice(person.0.as_bytes());
    bound.extend_from_slice(commitment.as_bytes());
    bound
}

#[cfg(test)]
mod tests {
    use events::{FreeText, Identity, Seal};
    use proptest::prelude::*;

    use super::*;

    fn vault(byte: u8) -> Vault {
        Vault::new(MasterKey::from_bytes([byte; 32]))
    }

    fn place(n: u128) -> Place {
        Place {
            log: Uuid::from_u128(1),
            fact: Uuid::from_u128(n),
        }
    }

    const SHE: PersonId = PersonId(Uuid::from_u128(7));
    const ANOTHER: PersonId = PersonId(Uuid::from_u128(8));

    fn sealed(vault: &Vault, place: Place, text: &str) -> Sealed<FreeText> {
        let sealing = vault.sealing(place);
        let seal: &dyn Seal = &sealing;
        seal.seal(SHE, &FreeText(text.to_owned())).unwrap()
    }

    proptest! {
        #[test]
        fn what_is_sealed_opens(text in "\\PC{0,200}") {
            let vault = vault(1);
            let sealed = sealed(&vault, place(1), &text);
            prop_assert!(text.len() < 4 || !serde_json::to_string(&sealed).unwrap().contains(&text));
            prop_assert_eq!(vault.open(place(1), &sealed).unwrap(), FreeText(text));
        }
    }

    #[test]
    fn a_text_moved_to_another_fact_or_log_does_not_open() {
        let vault = vault(1);
        let sealed = sealed(&vault, place(1), "a note");
        assert!(matches!(
            vault.open(place(2), &sealed),
            Err(Error::DoesNotOpen)
        ));
        let elsewhere = Place {
            log: Uuid::from_u128(2),
            ..place(1)
        };
        assert!(matches!(
            vault.open(elsewhere, &sealed),
            Err(Error::DoesNotOpen)
        ));
    }

    #[test]
    fn a_text_moved_to_another_person_does_not_open() {
        let vault = vault(1);
        let mut sealed = sealed(&vault, place(1), "a note");
        sealed.bytes.person = ANOTHER;
        assert!(matches!(
            vault.open(place(1), &sealed),
            Err(Error::OtherKey)
        ));
        sealed.bytes.key = commitment(&vault.person_key(ANOTHER));
        assert!(matches!(
            vault.open(place(1), &sealed),
            Err(Error::DoesNotOpen)
        ));
    }

    #[test]
    fn another_installation_does_not_open_it() {
        let sealed = sealed(&vault(1), place(1), "a note");
        assert!(matches!(
            vault(2).open(place(1), &sealed),
            Err(Error::OtherKey)
        ));
    }

    #[test]
    fn every_changed_byte_is_noticed() {
        let vault = vault(1);
        let good = sealed(&vault, place(1), "a note");
        let text = STANDARD.decode(&good.bytes.text).unwrap();
        for at in 0..text.len() {
            let mut changed = text.clone();
            changed[at] ^= 1;
            let mut bad = good.clone();
            bad.bytes.text = STANDARD.encode(changed);
            assert!(matches!(
                vault.open(place(1), &bad),
                Err(Error::DoesNotOpen)
            ));
        }
    }

    #[test]
    fn sealing_twice_differs_and_lengths_are_padded() {
        let vault = vault(1);
        let (one, two) = (
            sealed(&vault, place(1), "Ada"),
            sealed(&vault, place(1), "Ada"),
        );
        assert_ne!(one.bytes.text, two.bytes.text);
        let longer = sealed(&vault, place(1), "Massimiliana Bartolomea");
        assert_eq!(one.bytes.text.len(), longer.bytes.text.len());
    }

    #[test]
    fn digests_compare_without_keeping() {
        let vault = vault(1);
        let digesting = vault.digesting();
        let seal: &dyn Seal = &digesting;
        let ada = Identity {
            given_name: "Ada".into(),
            ..Identity::default()
        };
        let one = seal.seal(SHE, &ada).unwrap();
        assert_eq!(one, seal.seal(SHE, &ada).unwrap());
        assert_ne!(one, seal.seal(SHE, &Identity::default()).unwrap());
        assert!(vault.open(place(1), &one).is_err());
    }
}
