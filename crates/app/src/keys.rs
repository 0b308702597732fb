//! The keys that logs and witnesses sign with. They live in files of their own, outside PostgreSQL:
//! whoever takes over the database cannot sign.
//!
//! A key file is text. Lines that begin with `#` are for people; each further line is a key, in the
//! forms of `golang.org/x/mod/sumdb/note`:
//!
//! - `PRIVATE+KEY+name+id+base64`: a key that signs. The first one is shown first.
//! - `name+id+base64`: a key that has retired. It signs nothing any more, but what it signed stays
//!   signed, so it is still published.
//!
//! All keys of a file have one name, the installation's. The key of a log has the log's
//! [origin](LogKeys::origin) for its name, as `c2sp.org/tlog-checkpoint` wants it; it is made from the
//! same seed, and so every log has keys and ids of its own.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use proof::note::{SEED_BYTES, SignerKey, VerifierKey};
use sha2::{Digest, Sha256};
use uuid::Uuid;
use zeroize::Zeroizing;

/// The longest name of an installation or a witness, in bytes.
pub const MAX_NAME_BYTES: usize = 128;
/// The most keys that sign at the same time.
pub const MAX_SIGNING: usize = 8;
/// The most keys of a file, with those that have retired.
pub const MAX_KEYS: usize = 64;
/// A key file longer than this is no key file.
const MAX_FILE_BYTES: u64 = 64 * 1024;
/// How many bytes of chance are in a name that nobody chose.
const NAME_CHANCE_BYTES: usize = 4;
/// The byte that says Ed25519 in a key's text form.
const ED25519: u8 = 0x01;

/// What a file of an installation's keys begins with.
const OF_LOGS: &str = "\
# The keys that sign the checkpoints of this installation's logs. Whoever has this file can sign in its\n\
# name: keep it readable by the service alone, and a copy of it off this machine. Keys are added and\n\
# retired with `inrete key rotate` and `inrete key retire`; `inrete key show` prints what is public.\n";

/// What a witness's key file begins with.
const OF_A_WITNESS: &str = "\
# The key that this witness cosigns with. Whoever has this file can cosign in its name: keep it readable\n\
# by the witness alone. `inrete witness key` prints what is public.\n";

/// The keys of the logs of an installation.
#[derive(Debug)]
pub struct LogKeys(KeyFile);

/// The key of a witness.
#[derive(Debug)]
pub struct WitnessKey(SignerKey);

/// A key of an installation, as it is listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// To verify with.
    pub vkey: VerifierKey,
    /// Does it still sign?
    pub signs: bool,
}

/// A key file cannot be used, or not for this. No secret is ever part of it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Others may read it.
    #[error("{path}: the key file may be read by others (mode {mode:o}); run: chmod 600 {path}")]
    TooOpen {
        /// The file.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// It is not what a key file is.
    #[error(
        "{path}: not a key file (line {line}: {why}); restore it from its backup: with other keys, nobody can tell that the log is still the same"
    )]
    Malformed {
        /// The file.
        path: PathBuf,
        /// The line, from 1; the last and one more when it ends too early.
        line: usize,
        /// What is wrong.
        why: &'static str,
    },
    /// There is one already.
    #[error("{path}: there are keys already, under the name `{name}`, which stays")]
    Exists {
        /// The file.
        path: PathBuf,
        /// The name of the keys in it.
        name: String,
    },
    /// There is none.
    #[error("{path}: there are no keys yet; run: inrete key create")]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// A name that keys cannot have.
    #[error(
        "keys cannot be called `{name}`: give 1 to {MAX_NAME_BYTES} bytes without spaces, pluses and control characters, best like an address: registers.example.org"
    )]
    Name {
        /// The name.
        name: String,
    },
    /// No more keys fit.
    #[error("{signing} keys sign already and {all} were ever used: retire the older ones first")]
    TooMany {
        /// How many sign.
        signing: usize,
        /// How many there are.
        all: usize,
    },
    /// There is nothing to retire.
    #[error("only one key signs: make the next one first, with: inrete key rotate")]
    OnlyOne,
    /// The file cannot be read or written.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What went wrong.
        source: io::Error,
    },
    /// The operating system gives no random bytes.
    #[error("the operating system gives no random bytes: {0}")]
    NoRandomness(getrandom::Error),
}

impl LogKeys {
    /// The keys in `path`; a first one is made, under a name of chance, when there is no file.
    ///
    /// # Errors
    /// [`Error`]: the file is open to others, holds something else, or cannot be read or made.
    pub fn open_or_create(path: &Path) -> Result<Self, Error> {
        match KeyFile::open(path)? {
            Some(file) => Ok(Self(file)),
            None => KeyFile::create(path, &chance_name("inrete")?, OF_LOGS).map(Self),
        }
    }

    /// The keys in `path`.
    ///
    /// # Errors
    /// [`Error::Missing`], and as [`LogKeys::open_or_create`].
    pub fn open(path: &Path) -> Result<Self, Error> {
        KeyFile::open(path)?
            .map(Self)
            .ok_or_else(|| Error::Missing {
                path: path.to_owned(),
            })
    }

    /// Makes a first key, under a name that stays: best one that looks like an address.
    ///
    /// # Errors
    /// [`Error::Exists`], [`Error::Name`], and as [`LogKeys::open_or_create`].
    pub fn create(path: &Path, name: Option<&str>) -> Result<Self, Error> {
        let name = match name {
            Some(name) => name.to_owned(),
            None => chance_name("inrete")?,
        };
        KeyFile::create_new(path, &name, OF_LOGS).map(Self)
    }

    /// The installation's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// How checkpoints call a log: the installation's name and the log's id. Keys of the log have
    /// this name too.
    #[must_use]
    pub fn origin(&self, log: Uuid) -> String {
        format!("{}/{log}", self.0.name)
    }

    /// The keys that sign for a log, the first one first.
    #[must_use]
    pub fn signers(&self, log: Uuid) -> Vec<SignerKey> {
        self.0.signers(&self.origin(log))
    }

    /// The keys that a log's checkpoints are verified with: all that ever signed, those that still do
    /// first.
    #[must_use]
    pub fn vkeys(&self, log: Uuid) -> Vec<VerifierKey> {
        let listed = self.0.listed(&self.origin(log)).into_iter();
        listed.map(|one| one.vkey).collect()
    }

    /// The same with whether they still sign.
    #[must_use]
    pub fn listed(&self, log: Uuid) -> Vec<Listed> {
        self.0.listed(&self.origin(log))
    }

    /// The keys under the installation's own name, as the file has them. Nothing is signed in it.
    #[must_use]
    pub fn own(&self) -> Vec<Listed> {
        self.0.listed(&self.0.name)
    }

    /// Makes another key. From now on it signs first, and those before it sign beside it until they
    /// [retire](LogKeys::retire): so whoever verifies has time to learn of it.
    ///
    /// # Errors
    /// [`Error::TooMany`], and as [`LogKeys::open_or_create`].
    pub fn rotate(path: &Path) -> Result<Self, Error> {
        KeyFile::change(path, OF_LOGS, |keys| {
            let (signing, all) = (keys.signing.len(), keys.signing.len() + keys.retired.len());
            if signing >= MAX_SIGNING || all >= MAX_KEYS {
                return Err(Error::TooMany { signing, all });
            }
            keys.signing.insert(0, seed()?);
            Ok(())
        })
        .map(Self)
    }

    /// Keeps the first key only. What the others signed stays good; their seeds are forgotten.
    ///
    /// # Errors
    /// [`Error::OnlyOne`], and as [`LogKeys::open_or_create`].
    pub fn retire(path: &Path) -> Result<Self, Error> {
        KeyFile::change(path, OF_LOGS, |keys| {
            if keys.signing.len() < 2 {
                return Err(Error::OnlyOne);
            }
            let retiring = keys.signing.split_off(1);
            let public = retiring.iter().filter_map(public_of);
            keys.retired.splice(0..0, public);
            Ok(())
        })
        .map(Self)
    }
}

impl WitnessKey {
    /// The key in `path`, which is made when there is none: under this name, or one of chance.
    ///
    /// # Errors
    /// [`Error::Exists`] when there is one of another name; [`Error`].
    pub fn open_or_create(path: &Path, name: Option<&str>) -> Result<Self, Error> {
        let opened = match (KeyFile::open(path)?, name) {
            (Some(file), _) => file,
            (None, Some(name)) => KeyFile::create(path, name, OF_A_WITNESS)?,
            (None, None) => KeyFile::create(path, &chance_name("witness")?, OF_A_WITNESS)?,
        };
        if name.is_some_and(|name| name != opened.name) {
            let (path, name) = (opened.path, opened.name);
            return Err(Error::Exists { path, name });
        }
        let first = opened.signers(&opened.name).into_iter().next();
        let key = first.ok_or(Error::Malformed {
            path: opened.path,
            line: 1,
            why: "no key signs",
        })?;
        Ok(Self(key))
    }

    /// The key to cosign with.
    #[must_use]
    pub fn signer(&self) -> &SignerKey {
        &self.0
    }
}

/// A file of keys of one name.
struct KeyFile {
    path: PathBuf,
    name: String,
    /// Never empty.
    signing: Vec<Seed>,
    /// Public keys.
    retired: Vec<[u8; SEED_BYTES]>,
}

type Seed = Zeroizing<[u8; SEED_BYTES]>;

impl KeyFile {
    fn open(path: &Path) -> Result<Option<Self>, Error> {
        match File::open(path) {
            Ok(file) => Self::read(path, file).map(Some),
            Err(missing) if missing.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(failed(path)(source)),
        }
    }

    /// Makes a file, or takes the one that somebody else makes at the same moment.
    fn create(path: &Path, name: &str, comment: &str) -> Result<Self, Error> {
        match Self::create_new(path, name, comment) {
            Err(Error::Exists { .. }) => {
                let missing = || Error::Missing {
                    path: path.to_owned(),
                };
                Self::open(path)?.ok_or_else(missing)
            }
            made => made,
        }
    }

    fn create_new(path: &Path, name: &str, comment: &str) -> Result<Self, Error> {
        check_name(name)?;
        let file = Self {
            path: path.to_owned(),
            name: name.to_owned(),
            signing: vec![seed()?],
            retired: Vec::new(),
        };
        if let Some(folder) = path.parent()
            && !folder.is_dir()
        {
            fs::create_dir_all(folder).map_err(failed(folder))?;
            let private = fs::Permissions::from_mode(0o700);
            fs::set_permissions(folder, private).map_err(failed(folder))?;
        }
        let aside = file.write_aside(comment)?;
        // Linked into place: who comes second loses, and a crash leaves no half a file.
        let linked = fs::hard_link(&aside, path);
        fs::remove_file(&aside).map_err(failed(&aside))?;
        match linked {
            Ok(()) => {
                sync_folder(path)?;
                Ok(file)
            }
            Err(taken) if taken.kind() == io::ErrorKind::AlreadyExists => {
                let kept = Self::open(path)?;
                Err(Error::Exists {
                    path: path.to_owned(),
                    name: kept.map_or_else(String::new, |kept| kept.name),
                })
            }
            Err(source) => Err(failed(path)(source)),
        }
    }

    /// Changes a file that is there; two at once do it one after the other.
    fn change(
        path: &Path,
        comment: &str,
        change: impl FnOnce(&mut Self) -> Result<(), Error>,
    ) -> Result<Self, Error> {
        let missing = || Error::Missing {
            path: path.to_owned(),
        };
        let folder = path.parent().ok_or_else(missing)?;
        let lock = match File::open(folder) {
            Ok(folder) => folder,
            Err(none) if none.kind() == io::ErrorKind::NotFound => return Err(missing()),
            Err(source) => return Err(failed(folder)(source)),
        };
        lock.lock().map_err(failed(folder))?;
        let mut file = Self::open(path)?.ok_or_else(missing)?;
        change(&mut file)?;
        let aside = file.write_aside(comment)?;
        fs::rename(&aside, path).map_err(failed(path))?;
        sync_folder(path)?;
        Ok(file)
    }

    fn read(path: &Path, mut file: File) -> Result<Self, Error> {
        let meta = file.metadata().map_err(failed(path))?;
        let mode = meta.mode() & 0o777;
        if mode & 0o077 != 0 {
            let path = path.to_owned();
            return Err(Error::TooOpen { path, mode });
        }
        let malformed = |line, why| Error::Malformed {
            path: path.to_owned(),
            line,
            why,
        };
        if meta.len() > MAX_FILE_BYTES {
            return Err(malformed(1, "the file is too long"));
        }
        let mut text = Zeroizing::new(String::new());
        file.read_to_string(&mut text).map_err(failed(path))?;
        let mut read = Self {
            path: path.to_owned(),
            name: String::new(),
            signing: Vec::new(),
            retired: Vec::new(),
        };
        for (number, line) in text.lines().enumerate() {
            if !line.is_empty() && !line.starts_with('#') {
                read.take(line).map_err(|why| malformed(number + 1, why))?;
            }
        }
        if read.signing.is_empty() {
            return Err(malformed(text.lines().count() + 1, "no key signs"));
        }
        Ok(read)
    }

    /// Takes a key in, from its line.
    fn take(&mut self, line: &str) -> Result<(), &'static str> {
        const DAMAGED: &str = "the key is damaged";
        if self.signing.len() + self.retired.len() >= MAX_KEYS {
            return Err("there are too many keys");
        }
        let name = if let Ok(key) = line.parse::<SignerKey>() {
            if !self.retired.is_empty() {
                return Err("a key that signs comes after one that has retired");
            }
            // Base64 may have a plus of its own, but how long the parts before it are is known.
            let before = "PRIVATE+KEY+".len() + key.name().len() + "+01234567+".len();
            let seed = line.get(before..).and_then(material);
            self.signing.push(seed.ok_or(DAMAGED)?);
            key.name().to_owned()
        } else {
            let key: VerifierKey = line.parse().map_err(|_| DAMAGED)?;
            self.retired.push(*public_key(&key).ok_or(DAMAGED)?);
            key.name().to_owned()
        };
        check_name(&name).map_err(|_| "the key's name is too long")?;
        if self.name.is_empty() {
            self.name = name;
        } else if self.name != name {
            return Err("the key has another name than the first");
        }
        Ok(())
    }

    /// Writes the file beside its place, owned by whoever owns what is in that place, or its folder.
    fn write_aside(&self, comment: &str) -> Result<PathBuf, Error> {
        let aside = self
            .path
            .with_extension(format!("new-{}", std::process::id()));
        let io = failed(&aside);
        let mut file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&aside)
            .map_err(&io)?;
        let mut text = Zeroizing::new(String::with_capacity(
            comment.len() + MAX_KEYS * (MAX_NAME_BYTES + 80),
        ));
        text.push_str(comment);
        for key in self.signers(&self.name) {
            text.push_str(&key.reveal());
            text.push('\n');
        }
        for public in &self.retired {
            text.push_str(&vkey_text(&self.name, public));
            text.push('\n');
        }
        file.write_all(text.as_bytes()).map_err(&io)?;
        let like = fs::metadata(&self.path).or_else(|_| match self.path.parent() {
            Some(folder) => fs::metadata(folder),
            None => fs::metadata("."),
        });
        let (like, own) = (like.map_err(&io)?, file.metadata().map_err(&io)?);
        if like.uid() != own.uid() {
            fchown(&file, Some(like.uid()), Some(like.gid())).map_err(&io)?;
        }
        file.sync_all().map_err(&io)?;
        Ok(aside)
    }

    /// The keys that sign, under a name. It was checked when it was read or given.
    fn signers(&self, name: &str) -> Vec<SignerKey> {
        let named = |seed: &Seed| SignerKey::from_seed(name, **seed).ok();
        self.signing.iter().filter_map(named).collect()
    }

    fn listed(&self, name: &str) -> Vec<Listed> {
        let signing = self.signers(name).into_iter().map(|key| Listed {
            vkey: key.verifier(),
            signs: true,
        });
        let retired = self.retired.iter().filter_map(|public| {
            let vkey = vkey_text(name, public).parse().ok()?;
            let signs = false;
            Some(Listed { vkey, signs })
        });
        signing.chain(retired).collect()
    }
}

impl fmt::Debug for KeyFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (signing, retired) = (self.signing.len(), self.retired.len());
        write!(f, "{} ({signing} signing, {retired} retired)", self.name)
    }
}

fn failed(path: &Path) -> impl Fn(io::Error) -> Error + use<> {
    let path = path.to_owned();
    move |source| Error::Io {
        path: path.clone(),
        source,
    }
}

/// A name is only as durable as its folder.
fn sync_folder(path: &Path) -> Result<(), Error> {
    let Some(folder) = path.parent() else {
        return Ok(());
    };
    let synced = File::open(folder).and_then(|folder| folder.sync_all());
    synced.map_err(failed(folder))
}

fn seed() -> Result<Seed, Error> {
    let mut seed = Zeroizing::new([0; SEED_BYTES]);
    getrandom::fill(&mut *seed).map_err(Error::NoRandomness)?;
    Ok(seed)
}

fn chance_name(first: &str) -> Result<String, Error> {
    let mut chance = [0; NAME_CHANCE_BYTES];
    getrandom::fill(&mut chance).map_err(Error::NoRandomness)?;
    Ok(format!("{first}-{:08x}", u32::from_be_bytes(chance)))
}

fn check_name(name: &str) -> Result<(), Error> {
    let wrong = |c: char| c.is_whitespace() || c.is_control() || c == '+';
    if name.is_empty() || name.len() > MAX_NAME_BYTES || name.contains(wrong) {
        let name = name.escape_debug().to_string();
        return Err(Error::Name { name });
    }
    Ok(())
}

/// What follows the algorithm's byte in the last part of a key's text form.
fn material(text: &str) -> Option<Seed> {
    let bytes = Zeroizing::new(BASE64_STANDARD.decode(text).ok()?);
    match bytes.split_first() {
        Some((&ED25519, rest)) => Some(Zeroizing::new(rest.try_into().ok()?)),
        _ => None,
    }
}

fn public_key(key: &VerifierKey) -> Option<Seed> {
    let text = key.to_string();
    let before = key.name().len() + "+01234567+".len();
    material(text.get(before..)?)
}

fn public_of(seed: &Seed) -> Option<[u8; SEED_BYTES]> {
    // The name is of no matter for the public key.
    let key = SignerKey::from_seed("key", **seed).ok()?;
    public_key(&key.verifier()).map(|public| *public)
}

/// The text form of a public key under a name (`c2sp.org/signed-note`, "Verifier keys").
fn vkey_text(name: &str, public: &[u8; SEED_BYTES]) -> String {
    let mut bytes = vec![ED25519];
    bytes.extend_from_slice(public);
    let digest = Sha256::new()
        .chain_update(name)
        .chain_update(b"\n")
        .chain_update(&bytes)
        .finalize();
    let id = u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]]);
    format!("{name}+{id:08x}+{}", BASE64_STANDARD.encode(bytes))
}

#[cfg(test)]
mod tests {
    use proof::note::Note;

    use super::*;

    const LOG: Uuid = Uuid::from_u128(7);

    fn place() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys/log.key");
        (folder, path)
    }

    #[test]
    fn keys_are_made_once_and_read_again() {
        let (_folder, path) = place();
        let first = LogKeys::open_or_create(&path).unwrap();
        let again = LogKeys::open_or_create(&path).unwrap();
        assert_eq!(first.vkeys(LOG), again.vkeys(LOG));
        assert!(first.name().starts_with("inrete-"));
        assert_eq!(first.origin(LOG), format!("{}/{LOG}", first.name()));
        assert_eq!(first.vkeys(LOG)[0].name(), first.origin(LOG));
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        let taken = LogKeys::create(&path, Some("another"));
        assert!(matches!(taken, Err(Error::Exists { name, .. }) if name == first.name()));
    }

    #[test]
    fn a_key_that_retires_is_still_published() {
        let (_folder, path) = place();
        let one = LogKeys::create(&path, Some("log.example")).unwrap();
        assert!(matches!(LogKeys::retire(&path), Err(Error::OnlyOne)));
        let old = one.vkeys(LOG);
        let two = LogKeys::rotate(&path).unwrap();
        assert_eq!(two.signers(LOG).len(), 2);
        assert_eq!(two.vkeys(LOG)[1..], old);
        let three = LogKeys::retire(&path).unwrap();
        assert_eq!(three.signers(LOG).len(), 1);
        assert_eq!(three.vkeys(LOG), two.vkeys(LOG));
        let read = LogKeys::open(&path).unwrap();
        assert_eq!(read.listed(LOG), three.listed(LOG));
        assert!(read.listed(LOG)[0].signs && !read.listed(LOG)[1].signs);
        let text = fs::read_to_string(&path).unwrap();
        assert_eq!(text.matches("PRIVATE+KEY+").count(), 1);
        // What it signed is still good.
        let note = Note::sign("a text\n", &one.signers(LOG)[0]).unwrap();
        note.verify(&read.vkeys(LOG)).unwrap();
        assert!(note.verify(&read.vkeys(LOG)[..1]).is_err());
    }

    #[test]
    fn too_many_keys_are_refused() {
        let (_folder, path) = place();
        LogKeys::open_or_create(&path).unwrap();
        for _ in 1..MAX_SIGNING {
            LogKeys::rotate(&path).unwrap();
        }
        let refused = LogKeys::rotate(&path);
        assert!(matches!(
            refused,
            Err(Error::TooMany { signing: 8, all: 8 })
        ));
        LogKeys::retire(&path).unwrap();
        assert_eq!(LogKeys::rotate(&path).unwrap().vkeys(LOG).len(), 9);
    }

    #[test]
    fn what_is_no_key_file_is_refused_and_left_as_it_is() {
        let (_folder, path) = place();
        LogKeys::open_or_create(&path).unwrap();
        let text = fs::read_to_string(&path).unwrap();
        let key = text.lines().last().unwrap();
        let other = SignerKey::from_seed("other", [7; 32]).unwrap();
        let retired = other.verifier();
        for (wrong, expected) in [
            (String::new(), 1),
            ("# nothing\n".to_owned(), 2),
            (format!("{key}\nnot a key\n"), 2),
            (format!("{}\n", &key[..key.len() - 1]), 1),
            (format!("{key}\n{}\n", *other.reveal()), 2),
            (format!("{key}\n{retired}\n"), 2),
            (format!("{retired}\n"), 2),
            (format!("{retired}\n{}\n", *other.reveal()), 2),
        ] {
            fs::write(&path, &wrong).unwrap();
            let refused = LogKeys::open_or_create(&path);
            let Err(error @ Error::Malformed { line, .. }) = refused else {
                panic!("{wrong:?}: {refused:?}");
            };
            assert_eq!(line, expected, "{wrong:?}");
            assert!(!error.to_string().contains("PRIVATE"));
            assert!(matches!(
                LogKeys::rotate(&path),
                Err(Error::Malformed { .. })
            ));
            assert_eq!(fs::read_to_string(&path).unwrap(), wrong);
        }
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        let refused = LogKeys::open(&path);
        assert!(matches!(refused, Err(Error::TooOpen { mode: 0o640, .. })));
    }

    #[test]
    fn names_that_keys_cannot_have() {
        let (_folder, path) = place();
        for name in ["", "a b", "a+b", "a\nb", &"a".repeat(129)] {
            let refused = LogKeys::create(&path, Some(name));
            assert!(matches!(refused, Err(Error::Name { .. })), "{name:?}");
        }
        assert!(matches!(LogKeys::open(&path), Err(Error::Missing { .. })));
        assert!(matches!(LogKeys::rotate(&path), Err(Error::Missing { .. })));
        LogKeys::create(&path, Some("registers.example.org/città")).unwrap();
    }

    #[test]
    fn a_witness_keeps_its_name() {
        let (_folder, path) = place();
        let made = WitnessKey::open_or_create(&path, Some("witness.example")).unwrap();
        let key = made.signer().cosigner();
        let again = WitnessKey::open_or_create(&path, None).unwrap();
        assert_eq!(again.signer().cosigner(), key);
        let other = WitnessKey::open_or_create(&path, Some("other.example"));
        assert!(matches!(other, Err(Error::Exists { .. })));
    }

    #[test]
    fn secrets_are_not_shown() {
        let (_folder, path) = place();
        let keys = LogKeys::create(&path, Some("log.example")).unwrap();
        assert_eq!(
            format!("{keys:?}"),
            "LogKeys(log.example (1 signing, 0 retired))"
        );
    }
}
