//! The data directory: where everything is, whose it is, and who can get in.

use std::fs::{self, DirBuilder, File, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use nix::unistd::geteuid;

use crate::account::{self, Account};
use crate::{Error, PORT};

/// What fits into a socket's address on every system (Linux takes 107 bytes, macOS 103).
const SOCKET_PATH_BYTES: usize = 103;

/// A data directory that is there, is ours, and can be got to.
#[derive(Debug, Clone)]
pub(crate) struct Home {
    /// Absolute, without symbolic links.
    pub(crate) data: PathBuf,
    /// Whose it all is, when that is not the account of this process (which then is root).
    pub(crate) account: Option<Account>,
}

impl Home {
    /// Makes the data directory if it is missing, and checks that it is the account's and that the
    /// account can get to it.
    pub(crate) fn prepare(data: &Path, account: Option<Account>) -> Result<Home, Error> {
        let absolute = std::path::absolute(data).map_err(Error::file("find", data))?;
        if !absolute.exists() {
            if let Some(account) = &account {
                check_path(&absolute, account)?;
            }
            if let Some(parent) = absolute.parent() {
                fs::create_dir_all(parent).map_err(Error::file("make the directory", parent))?;
            }
            make_private(&absolute, account.as_ref())?;
        }
        let data = absolute
            .canonicalize()
            .map_err(Error::file("find", &absolute))?;
        claim(&data, account.as_ref())?;
        if let Some(account) = &account {
            check_path(&data, account)?;
        }
        Ok(Home { data, account })
    }

    pub(crate) fn lock(&self) -> PathBuf {
        self.data.join("cluster.lock")
    }

    /// What PostgreSQL calls PGDATA.
    pub(crate) fn cluster(&self) -> PathBuf {
        self.data.join("postgres")
    }

    /// Where initdb works; only what it finished is renamed to [`Home::cluster`].
    pub(crate) fn unfinished_cluster(&self) -> PathBuf {
        self.data.join("postgres.new")
    }

    /// PostgreSQL's log.
    pub(crate) fn log(&self) -> PathBuf {
        self.data.join("log")
    }

    /// What PostgreSQL says before it has its log.
    pub(crate) fn start_log(&self) -> PathBuf {
        self.log().join("start.log")
    }

    /// Where the socket goes: into the data directory or, when its path is too long for a socket's
    /// address, into a short directory named after the data directory's place on its disk. Who joins
    /// does not need to know: PostgreSQL writes the place into `postmaster.pid`.
    pub(crate) fn socket(&self) -> Result<PathBuf, Error> {
        let inside = self.data.join("run");
        if fits(&inside) {
            return Ok(inside);
        }
        let place = self
            .data
            .metadata()
            .map_err(Error::file("read", &self.data))?;
        let name = format!("inrete-{:x}-{:x}", place.dev(), place.ino());
        let own = PathBuf::from(format!("/run/user/{}", self.uid()));
        let candidates = [own, std::env::temp_dir()].map(|base| base.join(&name));
        let short = candidates
            .into_iter()
            .find(|path| fits(path) && path.parent().is_some_and(Path::is_dir));
        Ok(short.unwrap_or_else(|| Path::new("/tmp").join(name)))
    }

    /// Makes the socket's directory, or takes an existing one if it is ours and nobody else can
    /// enter; clears away the sockets of a PostgreSQL that was killed.
    pub(crate) fn prepare_socket(&self, path: &Path) -> Result<(), Error> {
        self.make(path)?;
        let metadata = path.symlink_metadata().map_err(Error::file("read", path))?;
        if !metadata.is_dir() || metadata.uid() != self.uid() || metadata.mode() & 0o077 != 0 {
            return Err(Error::SocketDirectory {
                path: path.to_owned(),
            });
        }
        for name in [format!(".s.PGSQL.{PORT}"), format!(".s.PGSQL.{PORT}.lock")] {
            remove_file(&path.join(name))?;
        }
        Ok(())
    }

    /// Makes a private directory unless it is there.
    pub(crate) fn make(&self, path: &Path) -> Result<(), Error> {
        match path.symlink_metadata() {
            Ok(_) => Ok(()),
            Err(_) => make_private(path, self.account.as_ref()),
        }
    }

    /// Makes a private file, or empties it; the account can write it, and we.
    pub(crate) fn file(&self, path: &Path, empty: bool) -> Result<File, Error> {
        use std::os::unix::fs::OpenOptionsExt;
        let mut options = File::options();
        options
            .read(true)
            .write(true)
            .create(true)
            .truncate(empty)
            .mode(0o600);
        let file = options.open(path).map_err(Error::file("write", path))?;
        if let Some(account) = &self.account {
            give(path, account)?;
        }
        Ok(file)
    }

    fn uid(&self) -> u32 {
        self.account
            .as_ref()
            .map_or_else(|| geteuid().as_raw(), |account| account.uid)
    }
}

/// Removes a file that may not be there.
pub(crate) fn remove_file(path: &Path) -> Result<(), Error> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(Error::file("remove", path)(error))
        }
        _ => Ok(()),
    }
}

fn fits(directory: &Path) -> bool {
    directory.join(format!(".s.PGSQL.{PORT}")).as_os_str().len() <= SOCKET_PATH_BYTES
}

fn make_private(path: &Path, account: Option<&Account>) -> Result<(), Error> {
    DirBuilder::new()
        .mode(0o700)
        .create(path)
        .map_err(Error::file("make the directory", path))?;
    account.map_or(Ok(()), |account| give(path, account))
}

fn give(path: &Path, account: &Account) -> Result<(), Error> {
    std::os::unix::fs::lchown(path, Some(account.uid), Some(account.gid))
        .map_err(Error::file("hand over", path))
}

/// Checks that the data directory is the account's. An empty one of root's is a mount point or was
/// made for us: it is handed over. Nothing that holds anything ever is.
fn claim(data: &Path, account: Option<&Account>) -> Result<(), Error> {
    let read = Error::file("read", data);
    let owner = data.metadata().map_err(read)?.uid();
    let wanted = account.map_or_else(|| geteuid().as_raw(), |account| account.uid);
    if owner == wanted {
        return Ok(());
    }
    let empty = || {
        data.read_dir()
            .is_ok_and(|entries| entries.flatten().all(|it| it.file_name() == "lost+found"))
    };
    if let Some(account) = account
        && owner == 0
        && empty()
    {
        give(data, account)?;
        return fs::set_permissions(data, Permissions::from_mode(0o700))
            .map_err(Error::file("protect", data));
    }
    Err(Error::NotOwner {
        path: data.to_owned(),
        owner: account::name(owner),
        account: account::name(wanted),
    })
}

/// Checks that the account can go all the way down to `path`, or to the deepest part of it that is
/// there, and names the first directory it cannot enter.
fn check_path(path: &Path, account: &Account) -> Result<(), Error> {
    let mut there: Vec<_> = path.ancestors().filter(|it| it.is_dir()).collect();
    if there
        .first()
        .is_none_or(|deepest| account.can_enter(deepest))
    {
        return Ok(());
    }
    there.reverse();
    let directory = there
        .into_iter()
        .find(|it| !account.can_enter(it))
        .unwrap_or(path)
        .to_owned();
    Err(Error::Blocked {
        directory,
        account: account.name.clone(),
    })
}
