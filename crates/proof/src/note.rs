//! Signed notes (`c2sp.org/signed-note`): a text, and signatures by named keys under it.
//!
//! Two kinds of keys sign here: [Ed25519](Algorithm::Ed25519) keys sign the text itself, as a log does;
//! [cosignature](Algorithm::CosignatureV1) keys sign it together with the time, as witnesses do
//! (`c2sp.org/tlog-cosignature`). A key's text form and id are those of `golang.org/x/mod/sumdb/note`.

use std::{fmt, str::FromStr};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use chrono::{DateTime, Utc};
use ed25519_dalek::{Signer as _, SigningKey, VerifyingKey};
use sha2::{Digest as _, Sha256};
use zeroize::{Zeroize as _, Zeroizing};

/// The longest note that is read, in bytes.
pub const MAX_NOTE_BYTES: usize = 1_000_000;
/// The most signatures of a note that is read; every reader must accept 16.
pub const MAX_SIGNATURES: usize = 100;
/// The shortest signature after its key id, in bytes.
const MIN_SIGNATURE_BYTES: usize = 1;
/// The length of an Ed25519 seed, in bytes.
pub const SEED_BYTES: usize = 32;

/// What a key's text form starts with when it is one to sign with.
const PRIVATE: &str = "PRIVATE+KEY+";
/// What a line with a signature starts with: an em dash (U+2014) and a space.
const DASH: &str = "— ";

/// How a key signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// `0x01`: Ed25519 over the text (`c2sp.org/signed-note`).
    Ed25519,
    /// `0x04`: Ed25519 over a time and the text (`c2sp.org/tlog-cosignature`, cosignature/v1).
    CosignatureV1,
}

/// A key to verify with, `name+hex8+base64` as text (a "vkey").
#[derive(Clone, PartialEq, Eq)]
pub struct VerifierKey {
    name: String,
    id: u32,
    algorithm: Algorithm,
    key: VerifyingKey,
}

/// A key to sign with. It is forgotten when dropped, and not shown by `Debug`.
pub struct SignerKey {
    name: String,
    key: SigningKey,
}

/// A signature under a note, verified or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// The name of the key, as the signature says.
    pub name: String,
    /// The id of the key, as the signature says.
    pub id: u32,
    /// The signature itself, as its algorithm makes it.
    pub bytes: Vec<u8>,
}

/// A text and the signatures under it. Nothing of it is to be believed before
/// [`verify`](Self::verify).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    text: String,
    signatures: Vec<Signature>,
}

/// A key whose signature was verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Signed<'a> {
    /// The key.
    pub key: &'a VerifierKey,
    /// When it signed, to the second, as it says; only [cosignatures](Algorithm::CosignatureV1) do.
    pub at: Option<DateTime<Utc>>,
}

/// Why something is not a key, not a note, or not signed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A key's name is empty, or has a space or a plus.
    #[error("a key cannot be called {name:?}")]
    Name {
        /// The name.
        name: String,
    },
    /// A text that is not a key to verify with.
    #[error("not a verifier key (name+id+base64)")]
    VerifierKey,
    /// A text that is not a key to sign with. It is not repeated.
    #[error("not a signer key (PRIVATE+KEY+name+id+base64)")]
    SignerKey,
    /// A key's id is not the one its name and bytes give: it was mistyped.
    #[error("the id of the key {name} is not that of its name and bytes")]
    KeyId {
        /// The key's name.
        name: String,
    },
    /// A key of a kind that is not known here.
    #[error("the key {name} is for the unknown algorithm {algorithm:#04x}")]
    Algorithm {
        /// The key's name.
        name: String,
        /// The algorithm's byte.
        algorithm: u8,
    },
    /// A text that cannot be signed: it does not end with a line feed, or has another control
    /// character.
    #[error("the text of a note ends with a line feed and has no other control characters")]
    Text,
    /// Bytes that are not a signed note.
    #[error("not a signed note: {why}")]
    Malformed {
        /// What is wrong.
        why: &'static str,
    },
    /// A time before 1970, which a cosignature cannot say.
    #[error("a cosignature cannot be of before 1970")]
    Time,
    /// The signature of a known key is wrong: the note was changed, or is not that key's.
    #[error("the signature of {name} is wrong")]
    WrongSignature {
        /// The key's name.
        name: String,
    },
    /// No known key has signed.
    #[error("none of the known keys has signed (signed by: {})", .names.join(", "))]
    NoKnownKey {
        /// The keys that say they have signed, `name+hex8`.
        names: Vec<String>,
    },
}

impl Algorithm {
    fn byte(self) -> u8 {
        match self {
            Self::Ed25519 => 0x01,
            Self::CosignatureV1 => 0x04,
        }
    }
}

impl VerifierKey {
    /// The key's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The key's id: the first four bytes, big-endian, of the SHA-256 of its name, a line feed, the
    /// algorithm's byte and the public key.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.id
    }

    /// How it signs.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    fn new(name: &str, algorithm: Algorithm, key: VerifyingKey) -> Self {
        Self {
            name: name.to_owned(),
            id: key_id(name, algorithm.byte(), key.as_bytes()),
            algorithm,
            key,
        }
    }

    /// Verifies a signature of this key; the outer `None` when it is wrong.
    fn verify(&self, text: &str, signature: &[u8]) -> Option<Option<DateTime<Utc>>> {
        let (at, message, signature) = match self.algorithm {
            Algorithm::Ed25519 => (None, text.as_bytes().to_vec(), signature),
            Algorithm::CosignatureV1 => {
                let (seconds, signature) = signature.split_first_chunk::<8>()?;
                let seconds = i64::try_from(u64::from_be_bytes(*seconds)).ok()?;
                let at = DateTime::from_timestamp_secs(seconds)?;
                (Some(at), cosigned(text, seconds), signature)
            }
        };
        let signature = ed25519_dalek::Signature::from_slice(signature).ok()?;
        // Strict: a weak key, under which one signature fits many texts, signs nothing.
        self.key.verify_strict(&message, &signature).ok()?;
        Some(at)
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = with_algorithm(self.algorithm, self.key.as_bytes());
        let key = BASE64_STANDARD.encode(bytes);
        write!(f, "{}+{:08x}+{key}", self.name, self.id)
    }
}

impl fmt::Debug for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VerifierKey({self})")
    }
}

impl FromStr for VerifierKey {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let parts = KeyText::split(text).ok_or(Error::VerifierKey)?;
        let name = check_name(parts.name)?;
        let (first, bytes) = parts.bytes.split_first().ok_or(Error::VerifierKey)?;
        let key_error = || Error::KeyId {
            name: name.to_owned(),
        };
        if key_id(name, *first, bytes) != parts.id {
            return Err(key_error());
        }
        let algorithm = match first {
            0x01 => Algorithm::Ed25519,
            0x04 => Algorithm::CosignatureV1,
            _ => {
                let (name, algorithm) = (name.to_owned(), *first);
                return Err(Error::Algorithm { name, algorithm });
            }
        };
        let bytes = bytes.try_into().map_err(|_| Error::VerifierKey)?;
        let key = VerifyingKey::from_bytes(bytes).map_err(|_| Error::VerifierKey)?;
        Ok(Self::new(name, algorithm, key))
    }
}

impl SignerKey {
    /// The key with this name that is made from a seed: 32 bytes of chance, kept secret.
    ///
    /// # Errors
    /// [`Error::Name`].
    pub fn from_seed(name: &str, mut seed: [u8; SEED_BYTES]) -> Result<Self, Error> {
        let name = check_name(name)?.to_owned();
        let key = SigningKey::from_bytes(&seed);
        seed.zeroize();
        Ok(Self { name, key })
    }

    /// The key's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The key to verify with what [`Note::sign`] signs.
    #[must_use]
    pub fn verifier(&self) -> VerifierKey {
        VerifierKey::new(&self.name, Algorithm::Ed25519, self.key.verifying_key())
    }

    /// The key to verify with what [`Note::cosign`] signs.
    #[must_use]
    pub fn cosigner(&self) -> VerifierKey {
        let algorithm = Algorithm::CosignatureV1;
        VerifierKey::new(&self.name, algorithm, self.key.verifying_key())
    }

    /// The key's text form, `PRIVATE+KEY+name+hex8+base64`: whoever has it can sign.
    #[must_use]
    pub fn reveal(&self) -> Zeroizing<String> {
        let bytes = Zeroizing::new(with_algorithm(Algorithm::Ed25519, self.key.as_bytes()));
        let seed = Zeroizing::new(BASE64_STANDARD.encode(&bytes[..]));
        let id = self.verifier().id;
        // Grown in one step, so that no shorter copy is left behind.
        let mut text = Zeroizing::new(String::with_capacity(
            PRIVATE.len() + self.name.len() + "+01234567+".len() + seed.len(),
        ));
        text.push_str(PRIVATE);
        text.push_str(&self.name);
        text.push_str(&format!("+{id:08x}+"));
        text.push_str(&seed);
        text
    }

    fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.key.sign(message).to_bytes()
    }
}

impl fmt::Debug for SignerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let id = self.verifier().id;
        write!(f, "SignerKey({}+{id:08x}, secret)", self.name)
    }
}

impl FromStr for SignerKey {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let text = text.strip_prefix(PRIVATE).ok_or(Error::SignerKey)?;
        let parts = KeyText::split(text).ok_or(Error::SignerKey)?;
        let [0x01, seed @ ..] = &parts.bytes[..] else {
            return Err(Error::SignerKey);
        };
        let seed = <&[u8; SEED_BYTES]>::try_from(seed).map_err(|_| Error::SignerKey)?;
        let key = Self::from_seed(parts.name, *seed)?;
        if key.verifier().id != parts.id {
            return Err(Error::KeyId { name: key.name });
        }
        Ok(key)
    }
}

impl Note {
    /// A text, signed with a key.
    ///
    /// # Errors
    /// [`Error::Text`].
    pub fn sign(text: &str, key: &SignerKey) -> Result<Self, Error> {
        check_text(text)?;
        let mut note = Self {
            text: text.to_owned(),
            signatures: Vec::new(),
        };
        note.add(Signature {
            name: key.name.clone(),
            id: key.verifier().id,
            bytes: key.sign(text.as_bytes()).to_vec(),
        });
        Ok(note)
    }

    /// A cosignature under this note, as a witness makes one at a time (kept to the second). It says
    /// that the witness has seen no larger tree of this log, and that all it has seen agree: see
    /// `c2sp.org/tlog-cosignature`. [`Note::add`] puts it under the note.
    ///
    /// # Errors
    /// [`Error::Time`].
    pub fn cosign(&self, key: &SignerKey, at: DateTime<Utc>) -> Result<Signature, Error> {
        let seconds = at.timestamp();
        let stamp = u64::try_from(seconds).map_err(|_| Error::Time)?;
        let mut bytes = stamp.to_be_bytes().to_vec();
        bytes.extend_from_slice(&key.sign(&cosigned(&self.text, seconds)));
        let VerifierKey { name, id, .. } = key.cosigner();
        Ok(Signature { name, id, bytes })
    }

    /// Puts a signature last under the note, in place of an earlier one of the same key. Whether it is
    /// right is for [`verify`](Self::verify) to say.
    pub fn add(&mut self, signature: Signature) {
        self.signatures
            .retain(|kept| (kept.id, &kept.name) != (signature.id, &signature.name));
        self.signatures.push(signature);
    }

    /// The text, with its last line feed.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The signatures, of known and unknown keys, in their order.
    #[must_use]
    pub fn signatures(&self) -> &[Signature] {
        &self.signatures
    }

    /// The note with these bytes; [`Display`](fmt::Display) gives the same again.
    ///
    /// # Errors
    /// [`Error::Malformed`] and [`Error::Name`].
    pub fn parse(bytes: &[u8]) -> Result<Self, Error> {
        let malformed = |why| Error::Malformed { why };
        if bytes.len() > MAX_NOTE_BYTES {
            return Err(malformed("it is too long"));
        }
        let all = std::str::from_utf8(bytes).map_err(|_| malformed("it is not UTF-8"))?;
        // The signatures come after the last empty line.
        let end = all
            .rfind("\n\n")
            .ok_or(malformed("it has no empty line before signatures"))?;
        let (text, rest) = all.split_at(end + 1);
        check_text(text).map_err(|_| malformed("it has control characters"))?;
        let lines = rest
            .strip_prefix('\n')
            .and_then(|lines| lines.strip_suffix('\n'))
            .ok_or(malformed(
                "it does not end with a signature and a line feed",
            ))?;
        let signatures = lines
            .split('\n')
            .map(Signature::parse)
            .collect::<Result<Vec<_>, Error>>()?;
        if signatures.len() > MAX_SIGNATURES {
            return Err(malformed("it has too many signatures"));
        }
        let text = text.to_owned();
        Ok(Self { text, signatures })
    }

    /// Which of the known keys have signed, each once, in the order of the signatures. Signatures of
    /// keys that are not known are passed over.
    ///
    /// # Errors
    /// [`Error::WrongSignature`] when the signature of a known key is wrong, whatever others there
    /// are; [`Error::NoKnownKey`].
    pub fn verify<'a>(&self, known: &'a [VerifierKey]) -> Result<Vec<Signed<'a>>, Error> {
        let mut signed: Vec<Signed<'a>> = Vec::new();
        for signature in &self.signatures {
            let same = |key: &&VerifierKey| key.id == signature.id && key.name == signature.name;
            let mut keys = known.iter().filter(same).peekable();
            if keys.peek().is_none() {
                continue;
            }
            let verified = keys.find_map(|key| {
                let at = key.verify(&self.text, &signature.bytes)?;
                Some(Signed { key, at })
            });
            let Some(verified) = verified else {
                let name = signature.name.clone();
                return Err(Error::WrongSignature { name });
            };
            if !signed.iter().any(|before| before.key == verified.key) {
                signed.push(verified);
            }
        }
        if signed.is_empty() {
            let names = self.signatures.iter().map(Signature::signer).collect();
            return Err(Error::NoKnownKey { names });
        }
        Ok(signed)
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        self.signatures
            .iter()
            .try_for_each(|signature| writeln!(f, "{signature}"))
    }
}

impl FromStr for Note {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::parse(text.as_bytes())
    }
}

impl Signature {
    /// A signature from its line, without the line feed, as a witness answers with.
    ///
    /// # Errors
    /// [`Error::Malformed`] and [`Error::Name`].
    pub fn parse(line: &str) -> Result<Self, Error> {
        let malformed = Error::Malformed {
            why: "a signature is not of the form \"— name base64\"",
        };
        let Some((name, text)) = line
            .strip_prefix(DASH)
            .and_then(|line| line.split_once(' '))
        else {
            return Err(malformed);
        };
        let name = check_name(name)?.to_owned();
        let Ok(bytes) = BASE64_STANDARD.decode(text) else {
            return Err(malformed);
        };
        match bytes.split_first_chunk::<4>() {
            Some((id, bytes)) if bytes.len() >= MIN_SIGNATURE_BYTES => Ok(Self {
                name,
                id: u32::from_be_bytes(*id),
                bytes: bytes.to_vec(),
            }),
            _ => Err(malformed),
        }
    }

    /// The key, as `name+hex8`.
    #[must_use]
    pub fn signer(&self) -> String {
        format!("{}+{:08x}", self.name, self.id)
    }
}

impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = [&self.id.to_be_bytes(), &self.bytes[..]].concat();
        let text = BASE64_STANDARD.encode(bytes);
        write!(f, "{DASH}{} {text}", self.name)
    }
}

/// A key's text form, in its parts.
struct KeyText<'a> {
    name: &'a str,
    id: u32,
    bytes: Zeroizing<Vec<u8>>,
}

impl<'a> KeyText<'a> {
    fn split(text: &'a str) -> Option<Self> {
        // Base64 may have a plus of its own.
        let mut parts = text.splitn(3, '+');
        let (name, id, key) = (parts.next()?, parts.next()?, parts.next()?);
        if id.len() != 8 || !id.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return None;
        }
        let id = u32::from_str_radix(id, 16).ok()?;
        let bytes = Zeroizing::new(BASE64_STANDARD.decode(key).ok()?);
        Some(Self { name, id, bytes })
    }
}

/// What a cosignature signs, for a time in seconds since 1970.
fn cosigned(text: &str, seconds: i64) -> Vec<u8> {
    format!("cosignature/v1\ntime {seconds}\n{text}").into_bytes()
}

fn key_id(name: &str, algorithm: u8, key: &[u8]) -> u32 {
    let digest: [u8; 32] = Sha256::new()
        .chain_update(name)
        .chain_update([b'\n', algorithm])
        .chain_update(key)
        .finalize()
        .into();
    u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]])
}

fn with_algorithm(algorithm: Algorithm, key: &[u8; 32]) -> [u8; 33] {
    let mut bytes = [algorithm.byte(); 33];
    bytes[1..].copy_from_slice(key);
    bytes
}

fn check_name(name: &str) -> Result<&str, Error> {
    // A line feed is white space too; other control characters would break the note.
    if name.is_empty() || name.contains(|c: char| c.is_whitespace() || c == '+' || c < ' ') {
        let name = name.to_owned();
        return Err(Error::Name { name });
    }
    Ok(name)
}

fn check_text(text: &str) -> Result<(), Error> {
    if !text.ends_with('\n') || text.contains(|c: char| c < ' ' && c != '\n') {
        return Err(Error::Text);
    }
    Ok(())
}
