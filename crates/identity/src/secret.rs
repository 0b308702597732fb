//! Secrets: the installation's key and what is derived from it, what is handed out, and passwords.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::Error;

/// Shows of these types their name, and nothing of what they hold.
macro_rules! closed {
    ($($name:ident),+) => {$(
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(stringify!($name))
            }
        }
    )+};
}
pub(crate) use closed;

/// Bytes of the installation's key, and of every key derived from it.
pub const KEY_BYTES: usize = 32;

/// Bytes of chance in everything that is handed out: 256 bits cannot be guessed.
pub(crate) const SECRET_BYTES: usize = 32;

/// The longest text that is taken for a secret. Anything longer is none.
const MAX_SECRET: usize = 256;

/// Bytes of an XChaCha20 nonce.
const NONCE_BYTES: usize = 24;

/// The installation's key. It is in no database; what is derived from it seals, peppers and keys the
/// digests of this crate. Another key means that no password and no authenticator app is right any
/// more.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Key([u8; KEY_BYTES]);

impl Key {
    /// A key from raw bytes.
    pub fn from_bytes(bytes: [u8; KEY_BYTES]) -> Self {
        Self(bytes)
    }

    /// HMAC-SHA-256 of parts, each with its length, for one purpose.
    pub(crate) fn digest(&self, purpose: &str, parts: &[&[u8]]) -> [u8; 32] {
        #[expect(clippy::expect_used, reason = "HMAC takes a key of any length")]
        let mut mac = <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(&self.0)
            .expect("HMAC takes a key of any length");
        for part in std::iter::once(&purpose.as_bytes()).chain(parts) {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }

    /// Seals: nonce and ciphertext. It opens for the same purpose and with the same `bound` only.
    pub(crate) fn seal(&self, purpose: &str, bound: &[u8], plain: &[u8]) -> Result<Vec<u8>, Error> {
        let mut nonce = [0u8; NONCE_BYTES];
        getrandom::fill(&mut nonce).map_err(|_| Error::NoRandomness)?;
        let payload = Payload {
            msg: plain,
            aad: bound,
        };
        let sealed = self.cipher(purpose).encrypt(&XNonce::from(nonce), payload);
        let mut out = nonce.to_vec();
        out.extend(sealed.map_err(|_| Error::Damaged)?);
        Ok(out)
    }

    /// Opens what [`Key::seal`] made.
    pub(crate) fn open(
        &self,
        purpose: &str,
        bound: &[u8],
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, Error> {
        let (nonce, text) = sealed
            .split_first_chunk::<NONCE_BYTES>()
            .ok_or(Error::Damaged)?;
        let payload = Payload {
            msg: text,
            aad: bound,
        };
        let plain = self.cipher(purpose).decrypt(&XNonce::from(*nonce), payload);
        plain.map(Zeroizing::new).map_err(|_| Error::Damaged)
    }

    fn cipher(&self, purpose: &str) -> XChaCha20Poly1305 {
        let key = Zeroizing::new(self.digest(purpose, &[b"seal"]));
        XChaCha20Poly1305::new((&*key).into())
    }
}

closed!(Key);

/// A secret that is handed out: a cookie's value, a link, a token, a code. Only a digest of it is
/// kept.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Secret(String);

impl Secret {
    /// The text, for the one place that it is meant for.
    pub fn expose(&self) -> &str {
        &self.0
    }

    pub(crate) fn new(text: String) -> Self {
        Self(text)
    }

    /// 256 bits of chance, as text that is fit for a cookie and a URL.
    pub(crate) fn chance() -> Result<Self, Error> {
        Ok(Self(URL_SAFE_NO_PAD.encode(chance::<SECRET_BYTES>()?)))
    }

    pub(crate) fn digest(&self) -> [u8; 32] {
        digest(&self.0)
    }
}

closed!(Secret);

/// Chance, at the edge.
pub(crate) fn chance<const N: usize>() -> Result<Zeroizing<[u8; N]>, Error> {
    let mut bytes = Zeroizing::new([0u8; N]);
    getrandom::fill(&mut *bytes).map_err(|_| Error::NoRandomness)?;
    Ok(bytes)
}

/// What is kept of a secret of 256 bits of chance. A plain digest of that cannot be searched, and
/// looking it up takes a time that says nothing about any other.
pub(crate) fn digest(secret: &str) -> [u8; 32] {
    // Whatever is longer was never handed out. Bounded, so that nobody makes us hash megabytes.
    let bounded = secret.as_bytes();
    Sha256::digest(&bounded[..bounded.len().min(MAX_SECRET)]).into()
}

/// A token against forged requests, bound to a session or to a cookie.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct CsrfToken(String);

impl CsrfToken {
    pub(crate) fn from_digest(digest: [u8; 32]) -> Self {
        Self(URL_SAFE_NO_PAD.encode(digest))
    }

    /// Is it this one? Takes as long for a wrong one as for the right one.
    pub fn is(&self, given: &str) -> bool {
        self.0.as_bytes().ct_eq(given.as_bytes()).into()
    }

    /// The text, for a form or a header.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

closed!(CsrfToken);

/// A password as it was typed.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Password(String);

impl Password {
    pub(crate) fn typed(&self) -> &str {
        &self.0
    }
}

impl From<String> for Password {
    fn from(typed: String) -> Self {
        Self(typed)
    }
}

impl From<&str> for Password {
    fn from(typed: &str) -> Self {
        Self(typed.to_owned())
    }
}

closed!(Password);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_opens_in_its_own_place_only() {
        let key = Key::from_bytes([1; KEY_BYTES]);
        let sealed = key.seal("a", b"x", b"text").expect("sealed");
        assert_eq!(*key.open("a", b"x", &sealed).expect("opens"), b"text");
        assert!(key.open("b", b"x", &sealed).is_err(), "another purpose");
        assert!(key.open("a", b"y", &sealed).is_err(), "another place");
        let other = Key::from_bytes([2; KEY_BYTES]);
        assert!(other.open("a", b"x", &sealed).is_err(), "another key");
        for cut in [0, NONCE_BYTES, sealed.len() - 1] {
            assert!(key.open("a", b"x", &sealed[..cut]).is_err(), "{cut}");
        }
    }

    #[test]
    fn parts_do_not_run_together() {
        let key = Key::from_bytes([1; KEY_BYTES]);
        assert_ne!(
            key.digest("p", &[b"ab", b"c"]),
            key.digest("p", &[b"a", b"bc"])
        );
        assert_ne!(key.digest("pa", &[b"b"]), key.digest("p", &[b"ab"]));
    }

    #[test]
    fn nothing_secret_is_shown() {
        let secret = Secret::chance().expect("chance");
        let csrf = CsrfToken::from_digest([7; 32]);
        let shown = format!(
            "{secret:?} {:?} {csrf:?} {:?}",
            Password::from("swordfish"),
            Key::from_bytes([7; KEY_BYTES])
        );
        assert_eq!(shown, "Secret Password CsrfToken Key");
        assert!(csrf.is(csrf.expose()));
        assert!(!csrf.is("") && !csrf.is(&csrf.expose()[1..]));
    }
}
