//! The databases of a data directory, as PostgreSQL's own programs see them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tests::program::Place;

use super::{runtime, text};

/// The bytes of her wrapped key, as the vault has it.
pub(super) fn wrapped_key(place: &Place, person: &str) -> Vec<u8> {
    let served = place.serve();
    let options = sqlx::postgres::PgConnectOptions::new_without_pgpass()
        .host("localhost")
        .socket(place.data().join("run"))
        .username(cluster::ADMIN)
        .database("inrete_vault");
    let wrapped = runtime().block_on(async {
        use sqlx::{ConnectOptions, Connection};
        let mut connection = options.connect().await.expect("connected");
        let row = sqlx::query_scalar("select wrapped from vault.person_key where person = $1")
            .bind(uuid::Uuid::parse_str(person).expect("an id"))
            .fetch_one(&mut connection)
            .await;
        connection.close().await.expect("closed");
        row.expect("a key")
    });
    assert!(served.interrupt().success());
    wrapped
}

pub(super) fn url(place: &Place, database: &str) -> String {
    let socket = place.data().join("run");
    let socket = text(&socket).replace('/', "%2F");
    format!("postgres://{}@{socket}:5432/{database}", cluster::ADMIN)
}

/// A program of the PostgreSQL that is installed.
fn postgres(program: &str) -> Command {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten();
    let mut found: Vec<PathBuf> = versions
        .flatten()
        .map(|version| version.path().join("bin").join(program))
        .filter(|path| path.exists())
        .collect();
    found.sort();
    Command::new(found.pop().unwrap_or_else(|| PathBuf::from(program)))
}

pub(super) fn dump(place: &Place, database: &str, to: &Path) {
    let mut command = postgres("pg_dump");
    command.arg("--dbname").arg(url(place, database));
    let dumped = command.output().expect("pg_dump");
    assert!(
        dumped.status.success(),
        "{}",
        String::from_utf8_lossy(&dumped.stderr)
    );
    assert!(dumped.stdout.len() > 1000);
    fs::write(to, dumped.stdout).expect("written");
}

/// Puts a dump into a database of its own; PostgreSQL is running.
pub(super) fn restore(place: &Place, dump: &Path, name: &str) {
    let psql = |database: &str, more: &[&str]| {
        let mut command = postgres("psql");
        command.args(["--quiet", "--set", "ON_ERROR_STOP=1", "--dbname"]);
        command.arg(url(place, database)).args(more);
        let ran = command.stdin(Stdio::null()).output().expect("psql");
        assert!(
            ran.status.success(),
            "{}",
            String::from_utf8_lossy(&ran.stderr)
        );
    };
    psql(
        "postgres",
        &["--command", &format!("create database {name}")],
    );
    psql(name, &["--file", text(dump)]);
}
