//! Whose account PostgreSQL runs under, and how root gives itself up for it.

use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use nix::unistd::{Gid, Uid, User, geteuid, setgid, setuid};

use crate::Error;
use crate::home::Home;

/// The accounts root becomes, best first, when the data directory does not name its owner.
const UNPRIVILEGED: [&str; 3] = ["inrete", "postgres", "nobody"];

/// If the process runs as root: gives up root for an unprivileged account, for good, and returns
/// which. An ordinary user's process stays as it is (`None`).
///
/// The account is the owner of the data directory; if that is root or there is none yet, the first
/// of `inrete`, `postgres` and `nobody` the machine has. A data directory that is missing is made
/// and given to the account; so is an empty one of root's. Nothing else changes hands.
///
/// Call it first, before the tokio runtime starts and before anything is opened: what is open stays
/// open, with root's rights.
///
/// # Errors
///
/// [`Error::Blocked`] names the directory that keeps the account from the data directory,
/// [`Error::NotOwner`] a data directory of somebody else, [`Error::NoAccount`] a machine without any
/// of the accounts.
pub fn give_up_root(data: &Path) -> Result<Option<Account>, Error> {
    let Some(account) = Account::for_children(data)? else {
        return Ok(None);
    };
    Home::prepare(data, Some(account.clone()))?;
    // These go through the C library, which changes every thread of the process; the bare system
    // calls would change this thread only.
    let cannot = |error: nix::Error| Error::CannotBecome {
        account: account.name.clone(),
        source: error.into(),
    };
    let (uid, gid) = (Uid::from_raw(account.uid), Gid::from_raw(account.gid));
    #[cfg(not(target_vendor = "apple"))]
    nix::unistd::setgroups(&[gid]).map_err(cannot)?;
    setgid(gid).map_err(cannot)?;
    setuid(uid).map_err(cannot)?;
    if setuid(Uid::from_raw(0)).is_ok() {
        return Err(cannot(nix::Error::EPERM));
    }
    Ok(Some(account))
}

/// An account of the machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Its name.
    pub name: String,
    /// Its number.
    pub uid: u32,
    /// The number of its group.
    pub gid: u32,
}

impl Account {
    /// The account PostgreSQL has to be given; `None` when it can have ours.
    pub(crate) fn for_children(data: &Path) -> Result<Option<Account>, Error> {
        if !geteuid().is_root() {
            return Ok(None);
        }
        if let Ok(metadata) = data.metadata()
            && metadata.uid() != 0
        {
            return Ok(Some(Account {
                name: name(metadata.uid()),
                uid: metadata.uid(),
                gid: metadata.gid(),
            }));
        }
        let found = UNPRIVILEGED
            .iter()
            .find_map(|name| User::from_name(name).ok().flatten());
        let user = found.ok_or(Error::NoAccount)?;
        Ok(Some(Account {
            name: user.name,
            uid: user.uid.as_raw(),
            gid: user.gid.as_raw(),
        }))
    }

    /// Whether this account can get to a directory and into it. The kernel is asked, who also knows
    /// of access lists and of mounts.
    pub(crate) fn can_enter(&self, directory: &Path) -> bool {
        Command::new("/bin/sh")
            .args(["-c", r#"cd -- "$1""#, "sh"])
            .arg(directory)
            .uid(self.uid)
            .gid(self.gid)
            .current_dir("/")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success())
    }
}

/// The name of an account, or its number when it has none.
pub(crate) fn name(uid: u32) -> String {
    match User::from_uid(Uid::from_raw(uid)) {
        Ok(Some(user)) => user.name,
        _ => uid.to_string(),
    }
}
