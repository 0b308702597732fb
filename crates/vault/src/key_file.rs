//! Master keys in files, one file a key, and the secret for ids beside them.
//!
//! ```text
//! keys/            0700
//!   ids.key        0600, the secret for ids and digests: never changes
//!   master-1.key   0600, a master key; the highest number is the newest
//! ```
//!
//! The files are read at every use: no process goes on with a key that another one destroyed.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use zeroize::{Zeroize, Zeroizing};

use crate::master::{MasterKey, chance, from_base64, to_base64};
use crate::{Destroyed, KeyId, KeysError, MasterKeys, Plain, Secret};

/// A key file longer than this is no key file.
const MAX_FILE_BYTES: u64 = 1024;

/// As many master keys may be there at once. A rotation leaves one, and one that was cut short two.
const MAX_KEYS: usize = 8;

/// The secret for ids and digests.
const IDS: &str = "ids.key";

/// The one key file of earlier versions.
const OUTDATED: &str = "master.key";

/// What a master key's file is called while its key is being destroyed.
const DESTROYING: &str = "destroying";

/// Master keys in a folder that only its owner can enter.
#[derive(Clone, Debug)]
pub struct KeyFiles {
    folder: PathBuf,
}

impl KeyFiles {
    /// The keys in `folder`, which are made, readable by their owner alone, when there are none.
    ///
    /// # Errors
    /// [`KeysError`]: a file is open to others, holds no key, or cannot be read or made.
    pub fn open_or_create(folder: &Path) -> Result<(Self, Secret), KeysError> {
        let io = |source| KeysError::Io {
            path: folder.to_owned(),
            source,
        };
        if !folder.is_dir() {
            fs::create_dir_all(folder).map_err(io)?;
            fs::set_permissions(folder, fs::Permissions::from_mode(0o700)).map_err(io)?;
        }
        let outdated = folder.join(OUTDATED);
        if outdated.exists() {
            return Err(KeysError::Outdated { path: outdated });
        }
        let files = Self {
            folder: folder.to_owned(),
        };
        let ids = folder.join(IDS);
        // The master key is made first: where there is a secret, there was a master key.
        let had_secret = ids.exists();
        if files.numbered()?.is_empty() {
            if had_secret {
                return Err(KeysError::Lost {
                    folder: folder.to_owned(),
                });
            }
            files.create(&files.path(1))?;
        }
        for id in files.all()? {
            files.find(&id)?;
        }
        let secret = match read(&ids)? {
            Some(secret) => secret,
            None => files.create(&ids)?,
        };
        Ok((files, Secret::from_bytes(*secret)))
    }

    /// Every file there is, for whoever has to hand them to another owner.
    ///
    /// # Errors
    /// [`KeysError::Io`].
    pub fn paths(&self) -> Result<Vec<PathBuf>, KeysError> {
        let numbered = self.numbered()?.into_iter().map(|(_, path)| path);
        Ok(numbered.chain([self.folder.join(IDS)]).collect())
    }

    fn path(&self, number: u64) -> PathBuf {
        self.folder.join(format!("master-{number}.key"))
    }

    fn io(&self) -> impl Fn(io::Error) -> KeysError {
        |source| KeysError::Io {
            path: self.folder.clone(),
            source,
        }
    }

    /// The master keys' files, the oldest first.
    fn numbered(&self) -> Result<Vec<(u64, PathBuf)>, KeysError> {
        let mut found = Vec::new();
        for entry in fs::read_dir(&self.folder).map_err(self.io())? {
            let entry = entry.map_err(self.io())?;
            let name = entry.file_name();
            let number = name
                .to_str()
                .and_then(|name| name.strip_prefix("master-")?.strip_suffix(".key"))
                .and_then(|number| number.parse().ok());
            if let Some(number) = number {
                found.push((number, entry.path()));
            }
        }
        found.sort_unstable();
        Ok(found)
    }

    /// The master keys with their files, the oldest first.
    fn keys(&self) -> Result<Vec<(PathBuf, MasterKey)>, KeysError> {
        let mut keys = Vec::new();
        for (_, path) in self.numbered()? {
            // Destroyed since the folder was read, it is not there any more.
            if let Some(key) = read(&path)? {
                keys.push((path, MasterKey::from_bytes(*key)));
            }
        }
        Ok(keys)
    }

    fn find(&self, id: &KeyId) -> Result<MasterKey, KeysError> {
        let found = self.keys()?.into_iter().find(|(_, key)| key.id() == *id);
        found
            .map(|(_, key)| key)
            .ok_or_else(|| KeysError::Gone { key: id.clone() })
    }

    /// Makes a key, unless somebody else makes the same file at this moment: then it is that one.
    fn create(&self, path: &Path) -> Result<Plain, KeysError> {
        let io = |source| KeysError::Io {
            path: path.to_owned(),
            source,
        };
        let key = chance()?;
        // Written aside and linked into place: who comes second loses, and reads the winner's key; a
        // crash leaves no half a key.
        let aside = path.with_extension(format!("new-{}", std::process::id()));
        let mut file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&aside)
            .map_err(io)?;
        let mut text = to_base64(&key);
        text.push('\n');
        file.write_all(text.as_bytes()).map_err(io)?;
        file.sync_all().map_err(io)?;
        self.give(&aside).map_err(io)?;
        let linked = fs::hard_link(&aside, path);
        fs::remove_file(&aside).map_err(io)?;
        match linked {
            Ok(()) => {
                self.sync().map_err(io)?;
                Ok(key)
            }
            Err(taken) if taken.kind() == io::ErrorKind::AlreadyExists => {
                read(path)?.ok_or_else(|| io(taken))
            }
            Err(source) => Err(io(source)),
        }
    }

    /// What root makes belongs to the folder's owner: the service that reads it is not root.
    fn give(&self, path: &Path) -> io::Result<()> {
        let (owner, file) = (fs::metadata(&self.folder)?, fs::metadata(path)?);
        if owner.uid() != file.uid() {
            std::os::unix::fs::chown(path, Some(owner.uid()), Some(owner.gid()))?;
        }
        Ok(())
    }

    /// Names are only as durable as their folder.
    fn sync(&self) -> io::Result<()> {
        File::open(&self.folder)?.sync_all()
    }

    /// Destroys what is called so: first in name, so that a crash in the middle leaves nothing that
    /// is taken for a key; then its bytes in place; then the file.
    fn sweep(&self) -> Result<(), KeysError> {
        for entry in fs::read_dir(&self.folder).map_err(self.io())? {
            let path = entry.map_err(self.io())?.path();
            if path.extension().is_some_and(|end| end == DESTROYING) {
                overwrite(&path)
                    .and_then(|()| fs::remove_file(&path))
                    .map_err(|source| KeysError::Io {
                        path: path.clone(),
                        source,
                    })?;
            }
        }
        self.sync().map_err(self.io())
    }
}

impl MasterKeys for KeyFiles {
    fn all(&self) -> Result<Vec<KeyId>, KeysError> {
        Ok(self.keys()?.iter().map(|(_, key)| key.id()).collect())
    }

    fn wrap(&self, with: &KeyId, plain: &Plain, bound: &[u8]) -> Result<Vec<u8>, KeysError> {
        self.find(with)?.wrap(plain, bound)
    }

    fn unwrap(&self, with: &KeyId, wrapped: &[u8], bound: &[u8]) -> Result<Plain, KeysError> {
        self.find(with)?.unwrap(wrapped, bound)
    }

    fn newer(&self, than: &KeyId) -> Result<KeyId, KeysError> {
        let keys = self.all()?;
        let place = keys.iter().position(|key| key == than);
        let place = place.ok_or_else(|| KeysError::Gone { key: than.clone() })?;
        if let Some(there) = keys.get(place + 1..).and_then(<[_]>::last) {
            return Ok(there.clone());
        }
        if keys.len() >= MAX_KEYS {
            return Err(KeysError::TooMany { limit: MAX_KEYS });
        }
        let last = self.numbered()?.last().map_or(0, |(number, _)| *number);
        let made = self.create(&self.path(last + 1))?;
        Ok(MasterKey::from_bytes(*made).id())
    }

    fn can_renew(&self, than: &KeyId) -> Result<(), KeysError> {
        self.find(than).map(|_| ())
    }

    fn destroy_older(&self, than: &KeyId) -> Result<Destroyed, KeysError> {
        let keys = self.keys()?;
        let place = keys.iter().position(|(_, key)| key.id() == *than);
        let place = place.ok_or_else(|| KeysError::Gone { key: than.clone() })?;
        for (path, _) in &keys[..place] {
            let doomed = path.with_extension(DESTROYING);
            fs::rename(path, &doomed).map_err(|source| KeysError::Io {
                path: path.clone(),
                source,
            })?;
        }
        self.sync().map_err(self.io())?;
        self.sweep()?;
        Ok(Destroyed::Gone)
    }
}

/// Writes chance over a file's bytes, where they are, and waits until they are on the medium as far
/// as the system can tell.
fn overwrite(path: &Path) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).open(path)?;
    let length = usize::try_from(file.metadata()?.len().min(MAX_FILE_BYTES)).unwrap_or(0);
    let mut bytes = vec![0u8; length];
    getrandom::fill(&mut bytes).map_err(io::Error::other)?;
    file.seek(SeekFrom::Start(0))?;
    file.write_all(&bytes)?;
    file.sync_all()
}

/// The key in a file; none when there is no such file.
fn read(path: &Path) -> Result<Option<Plain>, KeysError> {
    let io = |source| KeysError::Io {
        path: path.to_owned(),
        source,
    };
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(missing) if missing.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(io(source)),
    };
    let meta = file.metadata().map_err(io)?;
    let mode = meta.mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(KeysError::TooOpen {
            path: path.to_owned(),
            mode,
        });
    }
    let malformed = || KeysError::Malformed {
        path: path.to_owned(),
    };
    if meta.len() > MAX_FILE_BYTES {
        return Err(malformed());
    }
    let mut bytes = Zeroizing::new(Vec::new());
    file.read_to_end(&mut bytes).map_err(io)?;
    let text = std::str::from_utf8(&bytes).map_err(|_| malformed())?;
    let key = from_base64(text).ok_or_else(malformed)?;
    Ok(Some(key))
}

/// Master keys from a variable that the operator keeps: `ids:KEY master:KEY`, the newest master key
/// last. They are in memory for as long as the process lives, and only the operator adds or destroys
/// one.
pub struct KeyVariable {
    keys: Vec<MasterKey>,
}

impl KeyVariable {
    /// Reads the variable's text, and wipes it.
    ///
    /// # Errors
    /// [`KeysError::Variable`].
    pub fn parse(mut text: String) -> Result<(Self, Secret), KeysError> {
        let parsed = Self::of(&text);
        text.zeroize();
        parsed.ok_or(KeysError::Variable)
    }

    fn of(text: &str) -> Option<(Self, Secret)> {
        let (mut keys, mut ids) = (Vec::new(), None);
        for word in text.split_whitespace() {
            let (name, key) = word.split_once(':')?;
            let key = from_base64(key)?;
            match name {
                "ids" if ids.is_none() => ids = Some(Secret::from_bytes(*key)),
                "master" => keys.push(MasterKey::from_bytes(*key)),
                _ => return None,
            }
        }
        let some = (1..=MAX_KEYS).contains(&keys.len());
        some.then_some((Self { keys }, ids?))
    }

    fn place(&self, id: &KeyId) -> Result<usize, KeysError> {
        let place = self.keys.iter().position(|key| key.id() == *id);
        place.ok_or_else(|| KeysError::Gone { key: id.clone() })
    }
}

impl std::fmt::Debug for KeyVariable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "KeyVariable({} keys)", self.keys.len())
    }
}

impl MasterKeys for KeyVariable {
    fn all(&self) -> Result<Vec<KeyId>, KeysError> {
        Ok(self.keys.iter().map(MasterKey::id).collect())
    }

    fn wrap(&self, with: &KeyId, plain: &Plain, bound: &[u8]) -> Result<Vec<u8>, KeysError> {
        self.keys[self.place(with)?].wrap(plain, bound)
    }

    fn unwrap(&self, with: &KeyId, wrapped: &[u8], bound: &[u8]) -> Result<Plain, KeysError> {
        self.keys[self.place(with)?].unwrap(wrapped, bound)
    }

    fn newer(&self, than: &KeyId) -> Result<KeyId, KeysError> {
        self.can_renew(than)?;
        self.keys
            .last()
            .map(MasterKey::id)
            .ok_or(KeysError::Variable)
    }

    fn can_renew(&self, than: &KeyId) -> Result<(), KeysError> {
        if self.place(than)? + 1 == self.keys.len() {
            return Err(KeysError::Fixed);
        }
        Ok(())
    }

    fn destroy_older(&self, than: &KeyId) -> Result<Destroyed, KeysError> {
        Ok(match self.place(than)? {
            0 => Destroyed::Gone,
            _ => Destroyed::LeftToOperator,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::KEY_BYTES;

    const BOUND: &[u8] = b"bound";

    fn opened() -> (tempfile::TempDir, KeyFiles) {
        let folder = tempfile::tempdir().unwrap();
        let (files, _) = KeyFiles::open_or_create(&folder.path().join("keys")).unwrap();
        (folder, files)
    }

    #[test]
    fn keys_are_made_once_and_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys");
        let (first, ids) = KeyFiles::open_or_create(&path).unwrap();
        let (second, same) = KeyFiles::open_or_create(&path).unwrap();
        assert_eq!(first.all().unwrap(), second.all().unwrap());
        assert_eq!(ids.digest("a", b"b"), same.digest("a", b"b"));
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o700);
        for file in first.paths().unwrap() {
            assert_eq!(fs::metadata(&file).unwrap().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn a_key_that_others_may_read_is_refused() {
        let (_folder, files) = opened();
        for path in files.paths().unwrap() {
            fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
            let refused = KeyFiles::open_or_create(&files.folder);
            assert!(matches!(
                refused,
                Err(KeysError::TooOpen { mode: 0o640, .. })
            ));
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        }
    }

    #[test]
    fn a_damaged_key_is_refused_and_left_as_it_is() {
        let (_folder, files) = opened();
        for path in files.paths().unwrap() {
            let good = fs::read(&path).unwrap();
            fs::write(&path, "not a key").unwrap();
            let refused = KeyFiles::open_or_create(&files.folder);
            assert!(matches!(refused, Err(KeysError::Malformed { .. })));
            assert_eq!(fs::read_to_string(&path).unwrap(), "not a key");
            fs::write(&path, good).unwrap();
        }
    }

    #[test]
    fn lost_keys_are_not_replaced() {
        let (_folder, files) = opened();
        fs::remove_file(files.path(1)).unwrap();
        let refused = KeyFiles::open_or_create(&files.folder);
        assert!(matches!(refused, Err(KeysError::Lost { .. })));
        fs::write(files.folder.join(OUTDATED), "").unwrap();
        let refused = KeyFiles::open_or_create(&files.folder);
        assert!(matches!(refused, Err(KeysError::Outdated { .. })));
    }

    #[test]
    fn a_destroyed_key_unwraps_nothing_and_its_bytes_are_gone() {
        let (_folder, files) = opened();
        let old = files.all().unwrap().remove(0);
        let text = fs::read_to_string(files.path(1)).unwrap();
        let plain = chance().unwrap();
        let wrapped = files.wrap(&old, &plain, BOUND).unwrap();
        assert_eq!(files.unwrap(&old, &wrapped, BOUND).unwrap(), plain);
        // A second name for the same bytes, as an open file or an old link would be.
        let link = files.folder.join("link");
        fs::hard_link(files.path(1), &link).unwrap();

        let new = files.newer(&old).unwrap();
        assert_eq!(files.newer(&old).unwrap(), new, "made once");
        assert_eq!(files.destroy_older(&new).unwrap(), Destroyed::Gone);
        assert_eq!(files.all().unwrap(), std::slice::from_ref(&new));
        let unwrapped = files.unwrap(&old, &wrapped, BOUND);
        assert!(matches!(unwrapped, Err(KeysError::Gone { key }) if key == old));
        assert_ne!(fs::read(&link).unwrap(), text.as_bytes());
        assert_eq!(files.destroy_older(&new).unwrap(), Destroyed::Gone);
    }

    #[test]
    fn a_destruction_that_was_cut_short_is_finished() {
        let (_folder, files) = opened();
        let old = files.all().unwrap().remove(0);
        let new = files.newer(&old).unwrap();
        // Renamed, and half overwritten.
        let doomed = files.path(1).with_extension(DESTROYING);
        fs::rename(files.path(1), &doomed).unwrap();
        fs::write(&doomed, [7; 10]).unwrap();
        assert_eq!(files.all().unwrap(), std::slice::from_ref(&new));
        files.destroy_older(&new).unwrap();
        assert!(!doomed.exists());
    }

    #[test]
    fn a_wrapped_key_is_bound() {
        let (_folder, files) = opened();
        let id = files.all().unwrap().remove(0);
        let wrapped = files.wrap(&id, &chance().unwrap(), BOUND).unwrap();
        for at in 0..wrapped.len() {
            let mut bad = wrapped.clone();
            bad[at] ^= 1;
            let refused = files.unwrap(&id, &bad, BOUND);
            assert!(matches!(refused, Err(KeysError::DoesNotUnwrap)));
        }
        let refused = files.unwrap(&id, &wrapped, b"other");
        assert!(matches!(refused, Err(KeysError::DoesNotUnwrap)));
    }

    fn word(byte: u8) -> String {
        to_base64(&[byte; KEY_BYTES]).to_string()
    }

    #[test]
    fn a_variable_is_the_operators() {
        let (one, two, ids) = (word(1), word(2), word(3));
        let text = format!("ids:{ids} master:{one}");
        let (keys, _) = KeyVariable::parse(text).unwrap();
        let old = keys.all().unwrap().remove(0);
        assert!(matches!(keys.newer(&old), Err(KeysError::Fixed)));
        let (keys, _) =
            KeyVariable::parse(format!("ids:{ids}\nmaster:{one}\nmaster:{two}\n")).unwrap();
        let new = keys.newer(&old).unwrap();
        assert_ne!(new, old);
        let left = keys.destroy_older(&new).unwrap();
        assert_eq!(left, Destroyed::LeftToOperator);
        let (keys, _) = KeyVariable::parse(format!("ids:{ids} master:{two}")).unwrap();
        assert_eq!(keys.destroy_older(&new).unwrap(), Destroyed::Gone);
        for bad in [
            String::new(),
            format!("master:{one}"),
            format!("ids:{ids}"),
            format!("ids:{ids} ids:{ids} master:{one}"),
            format!("ids:{ids} master:x"),
            format!("ids:{ids} other:{one} master:{one}"),
            format!("{ids} {one}"),
        ] {
            assert!(matches!(KeyVariable::parse(bad), Err(KeysError::Variable)));
        }
    }
}
