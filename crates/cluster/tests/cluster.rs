//! A cluster's life with real PostgreSQL: starts, deaths, and what the next start finds.
//!
//! What needs another process runs this same program again: see [`Helper`].

use std::fs::{self, Permissions};
use std::io::{BufRead, BufReader};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use cluster::{Cluster, Error, MAINTENANCE, give_up_root, testing};
use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, geteuid};
use sqlx::{ConnectOptions, Connection, PgConnection};

// ---- start and stop ----

#[tokio::test]
async fn what_was_committed_is_there_after_a_restart() {
    let scratch = Scratch::new();
    let cluster = Cluster::start(&scratch.data()).await.expect("start");
    assert!(cluster.is_own());
    write_mark(&cluster).await;
    cluster.stop().await.expect("stop");
    assert!(scratch.postmaster().is_none(), "PostgreSQL still runs");

    let cluster = Cluster::start(&scratch.data()).await.expect("start again");
    assert_eq!(read_mark(&cluster).await, 1);
    cluster.stop().await.expect("stop");
}

#[tokio::test]
async fn dropping_a_cluster_stops_it_and_the_next_start_waits_for_that() {
    let scratch = Scratch::new();
    let cluster = Cluster::start(&scratch.data()).await.expect("start");
    write_mark(&cluster).await;
    drop(cluster);
    // The lock is given back only after PostgreSQL has ended.
    let cluster = Cluster::join(&scratch.data()).await;
    let cluster = match cluster {
        Ok(cluster) if cluster.is_own() => cluster,
        _ => until_started(&scratch).await,
    };
    assert_eq!(read_mark(&cluster).await, 1);
    cluster.stop().await.expect("stop");
}

#[tokio::test]
async fn commits_are_durable_text_is_utf8_and_nothing_listens_on_the_network() {
    let scratch = Scratch::new();
    let cluster = Cluster::start(&scratch.data()).await.expect("start");
    let mut connection = connect(&cluster).await;
    for (name, wanted) in [
        ("fsync", "on"),
        ("synchronous_commit", "on"),
        ("full_page_writes", "on"),
        ("data_checksums", "on"),
        ("listen_addresses", ""),
        ("server_encoding", "UTF8"),
        ("TimeZone", "UTC"),
    ] {
        let query = sqlx::query_scalar::<_, String>("select current_setting($1)").bind(name);
        assert_eq!(
            query.fetch_one(&mut connection).await.expect(name),
            wanted,
            "{name}"
        );
    }
    let mode = |path: &str| fs::metadata(scratch.data().join(path)).expect(path).mode() & 0o777;
    assert_eq!(
        [mode(""), mode("run"), mode("log"), mode("postgres")],
        [0o700; 4]
    );
    cluster.stop().await.expect("stop");
}

#[tokio::test]
async fn values_do_not_get_into_the_log() {
    let scratch = Scratch::new();
    let cluster = Cluster::start(&scratch.data()).await.expect("start");
    let mut connection = connect(&cluster).await;
    for statement in [
        "select 'Esposito'::date",
        "create table named (name text primary key)",
        "insert into named values ('Esposito')",
        "insert into named values ('Esposito')",
        "select Esposito",
        "do $$ begin raise warning 'Esposito'; end $$",
    ] {
        let _ = sqlx::raw_sql(statement).execute(&mut connection).await;
    }
    cluster.stop().await.expect("stop");
    let mut bytes = 0;
    for entry in fs::read_dir(scratch.data().join("log"))
        .expect("log")
        .flatten()
    {
        let log = fs::read_to_string(entry.path()).expect("log");
        assert!(!log.contains("Esposito"), "{log}");
        bytes += log.len();
    }
    assert!(bytes > 0, "there is no log");
}

#[tokio::test]
async fn databases_are_made_once() {
    let scratch = Scratch::new();
    let cluster = Cluster::start(&scratch.data()).await.expect("start");
    assert!(cluster.ensure_database("vault").await.expect("made"));
    assert!(!cluster.ensure_database("vault").await.expect("there"));
    let connected = cluster.options("vault").connect().await;
    connected.expect("connected").close().await.expect("closed");
    cluster.stop().await.expect("stop");
}

#[tokio::test]
async fn a_long_path_gets_its_socket_elsewhere() {
    let scratch = Scratch::new();
    let data = scratch
        .path()
        .join("long ".repeat(20))
        .join("path, \"quoted\" ".repeat(8));
    let cluster = Cluster::start(&data).await.expect("start");
    write_mark(&cluster).await;
    let joined = Cluster::join(&data).await.expect("join");
    assert_eq!(read_mark(&joined).await, 1);
    let socket = PathBuf::from(cluster.options(MAINTENANCE).get_socket().expect("socket"));
    assert!(!socket.starts_with(&data));
    assert_eq!(fs::metadata(&socket).expect("socket").mode() & 0o777, 0o700);
    cluster.stop().await.expect("stop");
    assert!(!socket.exists(), "the socket's directory is left");
}

#[tokio::test]
async fn a_short_path_with_blanks_and_quotes_is_only_a_path() {
    let scratch = Scratch::new();
    let data = scratch.path().join("it's, a \"path\"");
    let cluster = Cluster::start(&data).await.expect("start");
    write_mark(&cluster).await;
    cluster.stop().await.expect("stop");
}

#[tokio::test]
async fn an_interrupted_initdb_is_done_again() {
    let scratch = Scratch::new();
    let unfinished = scratch.data().join("postgres.new");
    let cluster = Cluster::start(&scratch.data()).await.expect("start");
    cluster.stop().await.expect("stop");
    fs::rename(scratch.data().join("postgres"), &unfinished).expect("half done");
    let cluster = Cluster::start(&scratch.data()).await.expect("start again");
    assert!(!unfinished.exists());
    cluster.stop().await.expect("stop");
}

// ---- deaths ----

#[tokio::test]
async fn a_killed_postgresql_is_started_again_underneath() {
    let scratch = Scratch::new();
    let cluster = Cluster::start(&scratch.data()).await.expect("start");
    write_mark(&cluster).await;
    let killed = scratch.postmaster().expect("runs");
    signal(killed, Signal::SIGKILL);
    until("it is back", || {
        scratch.ready().is_some_and(|pid| pid != killed)
    });
    assert_eq!(read_mark(&cluster).await, 1);
    cluster.stop().await.expect("stop");
    assert!(scratch.postmaster().is_none());
}

#[tokio::test]
async fn a_postgresql_that_does_not_come_back_is_reported_lost() {
    let scratch = Scratch::new();
    let cluster = Cluster::start(&scratch.data()).await.expect("start");
    fs::remove_file(scratch.data().join("postgres/global/pg_control")).expect("broken");
    signal(scratch.postmaster().expect("runs"), Signal::SIGKILL);
    let error = cluster.lost().await;
    assert!(matches!(&error, Error::Start { .. }));
    assert!(error.to_string().contains("pg_control"), "{error}");
    cluster.stop().await.expect("nothing is left to stop");
    Cluster::start(&scratch.data())
        .await
        .expect_err("still broken");
}

#[tokio::test]
async fn a_killed_server_takes_postgresql_along_and_the_next_one_starts() {
    let scratch = Scratch::new();
    let helper = Helper::new("serve", &scratch.data());
    let postmaster = scratch.postmaster().expect("runs");
    helper.kill();
    let cluster = Cluster::start(&scratch.data())
        .await
        .expect("start after kill");
    assert!(!lives(postmaster), "the old PostgreSQL is left");
    assert_eq!(read_mark(&cluster).await, 1);
    cluster.stop().await.expect("stop");
}

#[tokio::test]
async fn with_server_and_postgresql_killed_the_next_one_starts() {
    let scratch = Scratch::new();
    let helper = Helper::new("serve", &scratch.data());
    let postmaster = scratch.postmaster().expect("runs");
    signal(helper.pid(), Signal::SIGSTOP);
    signal(postmaster, Signal::SIGKILL);
    helper.kill();
    let cluster = Cluster::start(&scratch.data())
        .await
        .expect("start after both");
    assert_eq!(read_mark(&cluster).await, 1);
    cluster.stop().await.expect("stop");
}

#[tokio::test]
async fn a_postgresql_without_a_master_is_stopped_first() {
    let scratch = Scratch::new();
    let cluster = Cluster::start(&scratch.data()).await.expect("start");
    write_mark(&cluster).await;
    let program = fs::read_link(format!("/proc/{}/exe", scratch.postmaster().expect("runs")));
    cluster.stop().await.expect("stop");

    let mut command = Command::new(program.expect("its program"));
    let directory = scratch.data().join("postgres");
    let owner = fs::metadata(&directory).expect("cluster");
    if geteuid().is_root() {
        command.uid(owner.uid()).gid(owner.gid());
    }
    command
        .arg("-D")
        .arg(&directory)
        .args(["-c", "listen_addresses=", "-k"]);
    command
        .arg(scratch.data().join("run"))
        .current_dir(&directory);
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0);
    let mut orphan = command.spawn().expect("orphan");
    until("the orphan is up", || scratch.ready().is_some());

    let cluster = Cluster::start(&scratch.data())
        .await
        .expect("start over an orphan");
    assert!(
        orphan.wait().expect("orphan").success(),
        "it was not stopped in order"
    );
    assert_eq!(read_mark(&cluster).await, 1);
    cluster.stop().await.expect("stop");
}

#[tokio::test]
async fn a_stale_pid_that_is_somebody_elses_now_is_passed_over() {
    let scratch = Scratch::new();
    let cluster = Cluster::start(&scratch.data()).await.expect("start");
    write_mark(&cluster).await;
    let file = scratch.data().join("postgres/postmaster.pid");
    let text = fs::read_to_string(&file).expect("its file");
    cluster.stop().await.expect("stop");

    // Its number went to a process of the same account, which must survive.
    let owner = fs::metadata(scratch.data()).expect("data");
    let mut command = Command::new("sleep");
    if geteuid().is_root() {
        command.uid(owner.uid()).gid(owner.gid());
    }
    let mut other = command.arg("600").spawn().expect("another process");
    let (_, rest) = text.split_once('\n').expect("lines");
    fs::write(&file, format!("{}\n{rest}", other.id())).expect("stale");
    let socket_lock = scratch.data().join("run/.s.PGSQL.5432.lock");
    fs::write(&socket_lock, format!("{}\n{rest}", other.id())).expect("stale");

    let cluster = Cluster::start(&scratch.data())
        .await
        .expect("start over a stale file");
    assert_eq!(read_mark(&cluster).await, 1);
    assert!(
        other.try_wait().expect("other").is_none(),
        "a stranger was killed"
    );
    other.kill().and_then(|()| other.wait()).expect("its end");
    cluster.stop().await.expect("stop");
}

#[tokio::test]
async fn a_pid_file_that_names_nobody_is_removed() {
    let scratch = Scratch::new();
    let cluster = Cluster::start(&scratch.data()).await.expect("start");
    write_mark(&cluster).await;
    let file = scratch.data().join("postgres/postmaster.pid");
    cluster.stop().await.expect("stop");
    // Killed after it had made the file, before it wrote its number; the second was cut off in between.
    for left in ["", "\n/somewhere"] {
        fs::write(&file, left).expect("left behind");
        let cluster = Cluster::start(&scratch.data())
            .await
            .expect("start over a file without a number");
        assert_eq!(read_mark(&cluster).await, 1);
        cluster.stop().await.expect("stop");
    }
}

// ---- several processes ----

#[tokio::test]
async fn a_second_server_is_refused_and_told_who_has_it() {
    let scratch = Scratch::new();
    let helper = Helper::new("serve", &scratch.data());
    let error = Cluster::start(&scratch.data()).await.expect_err("second");
    assert!(
        matches!(&error, Error::InUse { pid, .. } if *pid == helper.pid()),
        "{error:?}"
    );
    assert!(
        error
            .to_string()
            .contains(&format!("in use by process {}", helper.pid()))
    );
}

#[tokio::test]
async fn a_command_joins_a_running_server_and_leaves_it_running() {
    let scratch = Scratch::new();
    let helper = Helper::new("serve", &scratch.data());
    let joined = Cluster::join(&scratch.data()).await.expect("join");
    assert!(!joined.is_own());
    assert_eq!(read_mark(&joined).await, 1);
    joined.stop().await.expect("stop");
    let again = Cluster::join(&scratch.data()).await.expect("join again");
    assert_eq!(read_mark(&again).await, 1);
    drop(helper);
}

#[tokio::test]
async fn a_command_without_a_server_starts_the_cluster_and_stops_it() {
    let scratch = Scratch::new();
    let joined = Cluster::join(&scratch.data()).await.expect("join");
    assert!(joined.is_own());
    write_mark(&joined).await;
    joined.stop().await.expect("stop");
    assert!(scratch.postmaster().is_none());
}

#[tokio::test]
async fn a_server_waits_for_a_command_to_end() {
    let scratch = Scratch::new();
    let command = Cluster::join(&scratch.data()).await.expect("join");
    write_mark(&command).await;
    let data = scratch.data();
    let server = tokio::spawn(async move { Cluster::start(&data).await });
    command.stop().await.expect("stop");
    let server = server.await.expect("task").expect("start");
    assert_eq!(read_mark(&server).await, 1);
    server.stop().await.expect("stop");
}

// ---- root ----

#[test]
fn an_ordinary_user_has_no_root_to_give_up() {
    let scratch = Scratch::new();
    if !geteuid().is_root() {
        assert_eq!(give_up_root(&scratch.data()).expect("nothing to do"), None);
    }
}

#[test]
fn root_is_given_up_for_good_and_the_cluster_starts() {
    let scratch = Scratch::new();
    if geteuid().is_root() {
        let helper = Helper::new("unprivileged", &scratch.data());
        let status = fs::read_to_string(format!("/proc/{}/status", helper.pid())).expect("status");
        let ids = |name| {
            status
                .lines()
                .find_map(|line| line.strip_prefix(name))
                .expect("a line")
        };
        let uid = fs::metadata(scratch.data()).expect("data").uid();
        assert_ne!(uid, 0);
        assert_eq!(
            ids("Uid:").split_whitespace().collect::<Vec<_>>(),
            vec![uid.to_string(); 4]
        );
        assert_eq!(ids("Groups:").split_whitespace().count(), 1);
    }
}

#[tokio::test]
async fn the_directory_in_the_way_is_named() {
    if geteuid().is_root() {
        let scratch = Scratch::new();
        let closed = scratch.path().join("closed");
        fs::create_dir(&closed).expect("directory");
        fs::set_permissions(&closed, Permissions::from_mode(0o700)).expect("closed");
        for data in [closed.join("data"), closed.join("deep/data")] {
            let error = give_up_root(&data).expect_err("closed");
            assert!(matches!(&error, Error::Blocked { directory, .. } if *directory == closed));
            assert!(!data.exists(), "something was made");
            let error = Cluster::start(&data).await.expect_err("closed");
            assert!(matches!(&error, Error::Blocked { directory, .. } if *directory == closed));
        }
    }
}

#[test]
fn a_directory_of_somebody_else_is_left_alone() {
    if geteuid().is_root() {
        let scratch = Scratch::new();
        fs::create_dir(scratch.data()).expect("directory");
        fs::write(scratch.data().join("letter"), "").expect("something in it");
        let error = give_up_root(&scratch.data()).expect_err("root's");
        assert!(
            matches!(&error, Error::NotOwner { owner, .. } if owner == "root"),
            "{error:?}"
        );
        assert_eq!(fs::metadata(scratch.data()).expect("data").uid(), 0);
    }
}

// ---- the testing support ----

#[tokio::test]
async fn every_call_gives_a_database_of_its_own() {
    let (one, other) = tokio::join!(testing::database(), testing::database());
    assert_ne!(one.name(), other.name());
    let pool = one.pool().await;
    sqlx::raw_sql("create table mark (n int)")
        .execute(&pool)
        .await
        .expect("table");
    let there = "select to_regclass('mark') is not null";
    let by_url = PgConnection::connect(&one.url()).await;
    let mut by_url = by_url.expect("its URL");
    assert!(
        sqlx::query_scalar::<_, bool>(there)
            .fetch_one(&mut by_url)
            .await
            .expect("there")
    );
    let pool = other.pool().await;
    assert!(
        !sqlx::query_scalar::<_, bool>(there)
            .fetch_one(&pool)
            .await
            .expect("not there")
    );
}

#[tokio::test]
async fn a_throwaway_goes_with_its_process() {
    let scratch = Scratch::new();
    let helper = Helper::new("throwaway", &scratch.data());
    let socket = PathBuf::from(&helper.said);
    let directory = socket.parent().expect("its directory").to_owned();
    assert!(directory.exists());
    helper.kill();
    until("the directory is gone", || !directory.exists());
}

#[tokio::test]
async fn a_throwaway_that_is_stopped_is_gone_at_once() {
    let throwaway = testing::Throwaway::start().await.expect("start");
    let directory = throwaway
        .socket()
        .parent()
        .expect("its directory")
        .to_owned();
    throwaway
        .options(MAINTENANCE)
        .connect()
        .await
        .expect("connected");
    throwaway.stop().await.expect("stop");
    assert!(!directory.exists());
}

// ---- the other process ----

/// Not a test by itself: what [`Helper`] runs, and nothing without its variable.
#[test]
fn helper() {
    let Some(wanted) = std::env::var_os("CLUSTER_TEST_HELPER") else {
        return;
    };
    let wanted = wanted.into_string().expect("text");
    let (what, data) = wanted.split_once(' ').expect("two words");
    if what == "unprivileged" {
        let account = give_up_root(Path::new(data))
            .expect("give up root")
            .expect("was root");
        assert_eq!(geteuid().as_raw(), account.uid);
    }
    let runtime = tokio::runtime::Runtime::new().expect("runtime");
    runtime.block_on(async {
        if what == "throwaway" {
            let throwaway = testing::Throwaway::start().await.expect("start");
            println!("\nready {}", throwaway.socket().display());
            std::future::pending::<()>().await;
        }
        let cluster = Cluster::start(Path::new(data)).await.expect("start");
        write_mark(&cluster).await;
        println!("\nready");
        panic!("{}", cluster.lost().await);
    });
}

/// Another process that runs [`helper`]; killed at the end.
struct Helper {
    child: Child,
    /// What it said when it was ready.
    said: String,
}

impl Helper {
    fn new(what: &str, data: &Path) -> Helper {
        let mut child = Command::new(std::env::current_exe().expect("this program"))
            .args(["--exact", "helper", "--nocapture"])
            .env("CLUSTER_TEST_HELPER", format!("{what} {}", data.display()))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("another process");
        let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        let said = lines.find_map(|line| Some(line.ok()?.strip_prefix("ready")?.trim().to_owned()));
        let said = said.expect("the other process is ready");
        Helper { child, said }
    }

    fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Ends it without a chance to clean up.
    fn kill(self) {
        drop(self);
    }
}

impl Drop for Helper {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

// ---- small help ----

/// A directory of the test's own that PostgreSQL's account can get into.
struct Scratch(tempfile::TempDir);

impl Scratch {
    fn new() -> Scratch {
        let directory = tempfile::tempdir().expect("directory");
        fs::set_permissions(directory.path(), Permissions::from_mode(0o755)).expect("open");
        Scratch(directory)
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn data(&self) -> PathBuf {
        self.path().join("data")
    }

    fn file(&self) -> Option<String> {
        fs::read_to_string(self.data().join("postgres/postmaster.pid")).ok()
    }

    /// The PostgreSQL that runs here.
    fn postmaster(&self) -> Option<u32> {
        self.file()?
            .lines()
            .next()?
            .parse()
            .ok()
            .filter(|&pid| pid != std::process::id() && lives(pid))
    }

    /// The same, once it accepts connections.
    fn ready(&self) -> Option<u32> {
        self.file()?
            .lines()
            .nth(7)
            .filter(|status| status.trim() == "ready")?;
        self.postmaster()
    }
}

/// A killed server's PostgreSQL is just ending: only then can its files be removed.
impl Drop for Scratch {
    fn drop(&mut self) {
        for _ in 0..6000 {
            if self.postmaster().is_none() {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

async fn connect(cluster: &Cluster) -> PgConnection {
    cluster
        .options(MAINTENANCE)
        .connect()
        .await
        .expect("a connection")
}

async fn write_mark(cluster: &Cluster) {
    let mut connection = connect(cluster).await;
    let statement = "create table if not exists mark (n bigint); insert into mark values (1)";
    sqlx::raw_sql(statement)
        .execute(&mut connection)
        .await
        .expect("written");
    connection.close().await.expect("closed");
}

async fn read_mark(cluster: &Cluster) -> i64 {
    let mut connection = connect(cluster).await;
    let query = sqlx::query_scalar("select count(*) from mark");
    let marks = query.fetch_one(&mut connection).await.expect("read");
    connection.close().await.expect("closed");
    marks
}

async fn until_started(scratch: &Scratch) -> Cluster {
    loop {
        match Cluster::start(&scratch.data()).await {
            Err(Error::InUse { .. }) => tokio::time::sleep(Duration::from_millis(20)).await,
            outcome => return outcome.expect("start"),
        }
    }
}

fn signal(pid: u32, signal: Signal) {
    kill(Pid::from_raw(pid.try_into().expect("a process")), signal).expect("signalled");
}

fn lives(pid: u32) -> bool {
    kill(Pid::from_raw(pid.try_into().expect("a process")), None).is_ok()
}

/// Waits for something that another process does. Only a stuck one gets to the limit.
fn until(what: &str, mut reached: impl FnMut() -> bool) {
    for _ in 0..6000 {
        if reached() {
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("waited in vain until {what}");
}
