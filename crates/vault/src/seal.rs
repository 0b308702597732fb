//! Sealing and opening one value.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use events::{NotSealed, PersonId, Seal, SealedBytes};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::secret::keyed;
use crate::{Error, Keys, NONCE_BYTES, Plain};

/// Plain text is padded to a multiple of this, so that a name's length does not show.
const PADDING_BYTES: usize = 64;

/// Where a sealed value belongs. It opens nowhere else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The log.
    pub log: Uuid,
    /// The fact it is part of.
    pub fact: Uuid,
}

/// Seals for one fact; see [`Keys::sealing`].
pub struct Sealing<'k> {
    pub(crate) keys: &'k Keys,
    pub(crate) place: Place,
}

impl Seal for Sealing<'_> {
    fn seal_bytes(&self, person: PersonId, plain: &[u8]) -> Result<SealedBytes, NotSealed> {
        let key = self.keys.of(person).ok_or(NotSealed::NoKey)?;
        let commitment = commitment(key);
        let mut nonce = [0u8; NONCE_BYTES];
        getrandom::fill(&mut nonce).map_err(|_| NotSealed::NoRandomness)?;
        // JSON ignores the spaces after it. Made as long as it will be at once: growing would leave a
        // copy behind that nobody wipes.
        let padded_bytes = plain.len().next_multiple_of(PADDING_BYTES);
        let mut padded = Zeroizing::new(Vec::with_capacity(padded_bytes));
        padded.extend_from_slice(plain);
        padded.resize(padded_bytes, b' ');
        let bound = bound_to(self.place, person, &commitment);
        let text = XChaCha20Poly1305::new((&**key).into())
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

/// Digests instead of sealing, under each person's own key; see [`Keys::digesting`].
pub struct Digesting<'k> {
    pub(crate) keys: &'k Keys,
}

impl Seal for Digesting<'_> {
    fn seal_bytes(&self, person: PersonId, plain: &[u8]) -> Result<SealedBytes, NotSealed> {
        let key = self.keys.of(person).ok_or(NotSealed::NoKey)?;
        Ok(SealedBytes {
            person,
            key: String::new(),
            nonce: String::new(),
            text: STANDARD.encode(keyed(key, "plain text", plain)),
        })
    }
}

/// Opens a sealed value with the person's key.
pub(crate) fn open(key: &Plain, place: Place, sealed: &SealedBytes) -> Result<Plaintext, Error> {
    if !bool::from(commitment(key).as_bytes().ct_eq(sealed.key.as_bytes())) {
        return Err(Error::OtherKey);
    }
    let nonce: [u8; NONCE_BYTES] = STANDARD
        .decode(&sealed.nonce)
        .ok()
        .and_then(|nonce| nonce.try_into().ok())
        .ok_or(Error::DoesNotOpen)?;
    let text = STANDARD
        .decode(&sealed.text)
        .map_err(|_| Error::DoesNotOpen)?;
    let bound = bound_to(place, sealed.person, &sealed.key);
    XChaCha20Poly1305::new((&**key).into())
        .decrypt(
            &XNonce::from(nonce),
            Payload {
                msg: &text,
                aad: &bound,
            },
        )
        .map(Zeroizing::new)
        .map_err(|_| Error::DoesNotOpen)
}

/// Text in the clear, wiped when it is dropped.
pub(crate) type Plaintext = Zeroizing<Vec<u8>>;

/// Commits to a key without giving it away: 128 bits of its digest, base64.
pub(crate) fn commitment(key: &Plain) -> String {
    let digest = Sha256::new()
        .chain_update(b"key commitment")
        .chain_update(key.as_slice())
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
    use events::{FreeText, Identity, Seal, Sealed};
    use proptest::prelude::*;

    use super::*;
    use crate::Collecting;

    const SHE: PersonId = PersonId(Uuid::from_u128(7));
    const ANOTHER: PersonId = PersonId(Uuid::from_u128(8));

    fn keys(byte: u8) -> Keys {
        Keys::from_iter([
            (SHE, Zeroizing::new([byte; 32])),
            (ANOTHER, Zeroizing::new([byte + 100; 32])),
        ])
    }

    fn place(n: u128) -> Place {
        Place {
            log: Uuid::from_u128(1),
            fact: Uuid::from_u128(n),
        }
    }

    fn sealed(keys: &Keys, place: Place, text: &str) -> SealedBytes {
        let sealing = keys.sealing(place);
        let seal: &dyn Seal = &sealing;
        seal.seal(SHE, &FreeText(text.to_owned())).unwrap().bytes
    }

    fn opened(keys: &Keys, place: Place, sealed: &SealedBytes) -> Result<String, Error> {
        let plain = open(keys.of(sealed.person).unwrap(), place, sealed)?;
        Ok(serde_json::from_slice(&plain).unwrap())
    }

    proptest! {
        #[test]
        fn what_is_sealed_opens(text in "\\PC{0,200}") {
            let keys = keys(1);
            let sealed = sealed(&keys, place(1), &text);
            prop_assert!(text.len() < 4 || !serde_json::to_string(&sealed).unwrap().contains(&text));
            prop_assert_eq!(opened(&keys, place(1), &sealed).unwrap(), text);
        }
    }

    #[test]
    fn a_text_moved_to_another_fact_or_log_does_not_open() {
        let keys = keys(1);
        let sealed = sealed(&keys, place(1), "a note");
        let elsewhere = Place {
            log: Uuid::from_u128(2),
            ..place(1)
        };
        for moved in [place(2), elsewhere] {
            let refused = opened(&keys, moved, &sealed);
            assert!(matches!(refused, Err(Error::DoesNotOpen)));
        }
    }

    #[test]
    fn a_text_moved_to_another_person_does_not_open() {
        let keys = keys(1);
        let mut sealed = sealed(&keys, place(1), "a note");
        sealed.person = ANOTHER;
        let refused = opened(&keys, place(1), &sealed);
        assert!(matches!(refused, Err(Error::OtherKey)));
        sealed.key = commitment(keys.of(ANOTHER).unwrap());
        let refused = opened(&keys, place(1), &sealed);
        assert!(matches!(refused, Err(Error::DoesNotOpen)));
    }

    #[test]
    fn every_changed_byte_is_noticed() {
        let keys = keys(1);
        let good = sealed(&keys, place(1), "a note");
        let text = STANDARD.decode(&good.text).unwrap();
        for at in 0..text.len() {
            let mut changed = text.clone();
            changed[at] ^= 1;
            let mut bad = good.clone();
            bad.text = STANDARD.encode(changed);
            let refused = opened(&keys, place(1), &bad);
            assert!(matches!(refused, Err(Error::DoesNotOpen)));
        }
    }

    #[test]
    fn sealing_twice_differs_and_lengths_are_padded() {
        let keys = keys(1);
        let (one, two) = (
            sealed(&keys, place(1), "Ada"),
            sealed(&keys, place(1), "Ada"),
        );
        assert_ne!(one.text, two.text);
        let longer = sealed(&keys, place(1), "Massimiliana Bartolomea");
        assert_eq!(one.text.len(), longer.text.len());
    }

    #[test]
    fn digests_compare_without_keeping_and_not_without_her_key() {
        let (ada, nobody) = (
            Identity {
                given_name: "Ada".into(),
                ..Identity::default()
            },
            Identity::default(),
        );
        let digest = |keys: &Keys, identity: &Identity| {
            let digesting = keys.digesting();
            let seal: &dyn Seal = &digesting;
            let sealed: Sealed<Identity> = seal.seal(SHE, identity).unwrap();
            sealed.bytes
        };
        let one = digest(&keys(1), &ada);
        assert_eq!(one, digest(&keys(1), &ada));
        assert_ne!(one, digest(&keys(1), &nobody));
        // Whoever guesses right and has not her key does not see that he is right.
        assert_ne!(one, digest(&keys(2), &ada));
        assert!(opened(&keys(1), place(1), &one).is_err());
    }

    #[test]
    fn nothing_is_sealed_without_a_key_and_whose_it_takes_is_heard() {
        let stranger = PersonId(Uuid::from_u128(9));
        let keys = keys(1);
        let (sealing, digesting) = (keys.sealing(place(1)), keys.digesting());
        for seal in [&sealing as &dyn Seal, &digesting] {
            assert_eq!(seal.seal_bytes(stranger, b"{}"), Err(NotSealed::NoKey));
        }
        let collecting = Collecting::new();
        let seal: &dyn Seal = &collecting;
        for person in [SHE, stranger, SHE] {
            let heard = seal.seal(person, &FreeText("Ada".into())).unwrap();
            assert!(!serde_json::to_string(&heard).unwrap().contains("Ada"));
        }
        assert_eq!(collecting.into_persons(), [SHE, stranger]);
    }
}
