//! The key file.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// Length of the master key in bytes.
pub(crate) const KEY_BYTES: usize = 32;

/// A key file longer than this is no key file.
const MAX_FILE_BYTES: u64 = 1024;

/// The installation's secret. Whoever has it and the log reads everything.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct MasterKey([u8; KEY_BYTES]);

/// The key file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// Others may read it.
    #[error("{path}: the key file may be read by others (mode {mode:o}); run: chmod 600 {path}")]
    TooOpen {
        /// The file.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// It holds no key.
    #[error(
        "{path}: not a key file: expected {KEY_BYTES} bytes in base64; restore it from its backup, do not replace it: what was sealed under it opens under no other"
    )]
    Malformed {
        /// The file.
        path: PathBuf,
    },
    /// It cannot be read or made.
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

impl MasterKey {
    /// The key in `path`, which is made, readable by its owner alone, when there is none.
    ///
    /// # Errors
    /// [`KeyFileError`]: the file is open to others, holds no key, or cannot be read or made.
    pub fn open_or_create(path: &Path) -> Result<Self, KeyFileError> {
        let io = |source| KeyFileError::Io {
            path: path.to_owned(),
            source,
        };
        match File::open(path) {
            Ok(file) => Self::read(path, file),
            Err(missing) if missing.kind() == io::ErrorKind::NotFound => {
                if let Some(folder) = path.parent() {
                    fs::create_dir_all(folder).map_err(io)?;
                    fs::set_permissions(folder, fs::Permissions::from_mode(0o700)).map_err(io)?;
                }
                Self::create(path)
            }
            Err(source) => Err(io(source)),
        }
    }

    /// A key from raw bytes, for tests and for keys that live elsewhere.
    pub fn from_bytes(bytes: [u8; KEY_BYTES]) -> Self {
        Self(bytes)
    }

    pub(crate) fn bytes(&self) -> &[u8; KEY_BYTES] {
        &self.0
    }

    fn read(path: &Path, mut file: File) -> Result<Self, KeyFileError> {
        let io = |source| KeyFileError::Io {
            path: path.to_owned(),
            source,
        };
        let meta = file.metadata().map_err(io)?;
        let mode = meta.mode() & 0o777;
        if mode & 0o077 != 0 {
            return Err(KeyFileError::TooOpen {
                path: path.to_owned(),
                mode,
            });
        }
        let malformed = || KeyFileError::Malformed {
            path: path.to_owned(),
        };
        if meta.len() > MAX_FILE_BYTES {
            return Err(malformed());
        }
        let mut text = String::new();
        file.read_to_string(&mut text).map_err(io)?;
        let mut decoded = STANDARD.decode(text.trim()).map_err(|_| malformed())?;
        text.zeroize();
        let bytes: [u8; KEY_BYTES] = decoded.as_slice().try_into().map_err(|_| malformed())?;
        decoded.zeroize();
        Ok(Self(bytes))
    }

    fn create(path: &Path) -> Result<Self, KeyFileError> {
        let io = |source| KeyFileError::Io {
            path: path.to_owned(),
            source,
        };
        let mut bytes = [0u8; KEY_BYTES];
        getrandom::fill(&mut bytes).map_err(KeyFileError::NoRandomness)?;
        // Written aside and linked into place: a second process that does the same at this moment
        // loses, and reads the winner's key; a crash leaves no half a key.
        let aside = path.with_extension(format!("new-{}", std::process::id()));
        let mut file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&aside)
            .map_err(io)?;
        file.write_all(format!("{}\n", STANDARD.encode(bytes)).as_bytes())
            .map_err(io)?;
        file.sync_all().map_err(io)?;
        let linked = fs::hard_link(&aside, path);
        fs::remove_file(&aside).map_err(io)?;
        match linked {
            Ok(()) => {
                // The name is only as durable as its folder.
                if let Some(folder) = path.parent() {
                    File::open(folder)
                        .and_then(|folder| folder.sync_all())
                        .map_err(io)?;
                }
                Ok(Self(bytes))
            }
            Err(taken) if taken.kind() == io::ErrorKind::AlreadyExists => {
                bytes.zeroize();
                Self::read(path, File::open(path).map_err(io)?)
            }
            Err(source) => Err(io(source)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_made_once_and_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys/master.key");
        let first = MasterKey::open_or_create(&path).unwrap();
        let second = MasterKey::open_or_create(&path).unwrap();
        assert_eq!(first.bytes(), second.bytes());
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_key_that_others_may_read_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("master.key");
        MasterKey::open_or_create(&path).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        let refused = MasterKey::open_or_create(&path);
        assert!(matches!(
            refused,
            Err(KeyFileError::TooOpen { mode: 0o640, .. })
        ));
    }

    #[test]
    fn a_damaged_key_is_refused_and_left_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("master.key");
        MasterKey::open_or_create(&path).unwrap();
        fs::write(&path, "not a key").unwrap();
        let refused = MasterKey::open_or_create(&path);
        assert!(matches!(refused, Err(KeyFileError::Malformed { .. })));
        assert_eq!(fs::read_to_string(&path).unwrap(), "not a key");
    }
}
