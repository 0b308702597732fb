//! Finding the machine's PostgreSQL.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{Error, OLDEST_VERSION};

/// Where packages put PostgreSQL's programs: a directory, and what comes below a version in it.
const PACKAGED: [(&str, &str, &str); 5] = [
    ("/usr/lib/postgresql", "", "bin"),
    ("/usr", "pgsql-", "bin"),
    ("/opt/homebrew/opt", "postgresql@", "bin"),
    ("/usr/local/opt", "postgresql@", "bin"),
    ("/usr/lib64", "pgsql", "bin"),
];

/// One installed PostgreSQL that has what we need.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Installation {
    /// The directory of its programs.
    pub(crate) programs: PathBuf,
    /// Its major version.
    pub(crate) version: u32,
}

impl Installation {
    /// The newest, or the one that made `cluster` if that is there already: the format on disk
    /// differs between major versions.
    pub(crate) fn find(cluster: &Path) -> Result<Installation, Error> {
        Self::choose(Self::all(places()), cluster)
    }

    pub(crate) fn program(&self, name: &str) -> PathBuf {
        self.programs.join(name)
    }

    fn choose(mut found: Vec<Installation>, cluster: &Path) -> Result<Installation, Error> {
        found.sort_by_key(|it| std::cmp::Reverse(it.version));
        let versions = found.iter().map(|it| it.version).collect();
        found.retain(|it| it.version >= OLDEST_VERSION);
        let Some(newest) = found.first() else {
            return Err(Error::NotInstalled { found: versions });
        };
        let Some(wanted) = made_by(cluster) else {
            return Ok(newest.clone());
        };
        let same = found.iter().find(|it| it.version == wanted).cloned();
        same.ok_or_else(|| Error::OtherVersion {
            data: cluster.to_owned(),
            wanted,
            found: versions,
        })
    }

    fn all(places: Vec<PathBuf>) -> Vec<Installation> {
        let mut found: Vec<Installation> = Vec::new();
        for programs in places.iter().filter_map(|place| place.canonicalize().ok()) {
            if found.iter().any(|it| it.programs == programs) || !programs.join("initdb").is_file()
            {
                continue;
            }
            if let Some(version) = ask_version(&programs.join("postgres")) {
                found.push(Installation { programs, version });
            }
        }
        found
    }
}

/// Everywhere PostgreSQL's programs might be.
fn places() -> Vec<PathBuf> {
    let mut places = Vec::new();
    for (base, prefix, below) in PACKAGED {
        for entry in fs::read_dir(base).into_iter().flatten().flatten() {
            if entry
                .file_name()
                .as_encoded_bytes()
                .starts_with(prefix.as_bytes())
            {
                places.push(entry.path().join(below));
            }
        }
    }
    if let Ok(output) = Command::new("pg_config").arg("--bindir").output() {
        places.push(PathBuf::from(
            String::from_utf8_lossy(&output.stdout).trim(),
        ));
    }
    if let Some(path) = std::env::var_os("PATH") {
        // Links lead from here to where the programs are, with what belongs to them around.
        for directory in std::env::split_paths(&path) {
            let program = directory.join("postgres").canonicalize();
            places.extend(program.ok().and_then(|it| Some(it.parent()?.to_owned())));
        }
    }
    places
}

/// `postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)` is 15.
fn ask_version(postgres: &Path) -> Option<u32> {
    let output = Command::new(postgres).arg("--version").output().ok()?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let number = said
        .split_whitespace()
        .find(|word| word.starts_with(|c: char| c.is_ascii_digit()))?;
    number
        .split(|c: char| !c.is_ascii_digit())
        .next()?
        .parse()
        .ok()
}

fn made_by(cluster: &Path) -> Option<u32> {
    fs::read_to_string(cluster.join(OsStr::new("PG_VERSION")))
        .ok()?
        .trim()
        .parse()
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn installed(versions: &[u32]) -> Vec<Installation> {
        let programs = |version| PathBuf::from(format!("/usr/lib/postgresql/{version}/bin"));
        versions
            .iter()
            .map(|&version| Installation {
                programs: programs(version),
                version,
            })
            .collect()
    }

    #[test]
    fn none_names_the_package() {
        let error = Installation::choose(Vec::new(), Path::new("/nowhere")).expect_err("none");
        let said = error.to_string();
        assert!(
            said.contains("no PostgreSQL 15 or newer on this machine: "),
            "{said}"
        );
        assert!(said.contains("apt-get install postgresql"), "{said}");
    }

    #[test]
    fn too_old_says_what_was_found() {
        let error =
            Installation::choose(installed(&[13, 14]), Path::new("/nowhere")).expect_err("old");
        assert!(matches!(&error, Error::NotInstalled { found } if found == &[14, 13]));
        assert!(error.to_string().contains("(found: 14, 13)"));
    }

    #[test]
    fn the_newest_makes_a_new_cluster() {
        let chosen = Installation::choose(installed(&[15, 17, 16]), Path::new("/nowhere"));
        assert_eq!(chosen.expect("found").version, 17);
    }

    #[test]
    fn a_cluster_keeps_its_version() {
        let cluster = tempfile::tempdir().expect("directory");
        fs::write(cluster.path().join("PG_VERSION"), "15\n").expect("version");
        let chosen = Installation::choose(installed(&[15, 17]), cluster.path());
        assert_eq!(chosen.expect("found").version, 15);
        let error = Installation::choose(installed(&[16, 17]), cluster.path()).expect_err("gone");
        assert!(
            error
                .to_string()
                .contains("install the package `postgresql-15`"),
            "{error}"
        );
    }

    #[test]
    fn this_machine_has_one() {
        assert!(
            Installation::find(Path::new("/nowhere"))
                .expect("found")
                .version
                >= OLDEST_VERSION
        );
    }
}
