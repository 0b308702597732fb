//! The cable between a service and PostgreSQL, which a test can pull out.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use cluster::testing::TestDatabase;
use sqlx::postgres::PgConnectOptions;
use tokio::io::{AsyncRead, AsyncWrite, copy_bidirectional};
use tokio::net::{TcpStream, UnixListener, UnixStream};
use tokio::task::{JoinHandle, JoinSet};

/// A socket that leads to PostgreSQL, as long as it is plugged in.
pub(crate) struct Cable {
    directory: tempfile::TempDir,
    target: PgConnectOptions,
    plugged: Mutex<Option<JoinHandle<()>>>,
}

impl Cable {
    /// A cable to this database's server, plugged in.
    pub(crate) fn to(database: &TestDatabase) -> Self {
        // Short: a socket's path has no room for more.
        let directory = tempfile::Builder::new().prefix("cable-").tempdir_in("/tmp");
        let cable = Self {
            directory: directory.expect("a directory"),
            target: database.options(),
            plugged: Mutex::new(None),
        };
        cable.plug_in();
        cable
    }

    /// How to connect through it.
    pub(crate) fn options(&self) -> PgConnectOptions {
        self.target.clone().socket(self.directory.path())
    }

    fn socket(&self) -> PathBuf {
        let name = format!(".s.PGSQL.{}", self.target.get_port());
        self.directory.path().join(name)
    }

    /// From now on connections go through.
    pub(crate) fn plug_in(&self) {
        let listener = UnixListener::bind(self.socket()).expect("a socket");
        let target = Arc::new(self.target.clone());
        let task = tokio::spawn(async move {
            // Ends with this task, and every connection with it.
            let mut connections = JoinSet::new();
            while let Ok((near, _)) = listener.accept().await {
                connections.spawn(lead(near, Arc::clone(&target)));
            }
        });
        *self.plugged.lock().unwrap_or_else(PoisonError::into_inner) = Some(task);
    }

    /// Cuts every connection in the middle of whatever it is doing, and lets none through.
    pub(crate) async fn pull_out(&self) {
        let task = self
            .plugged
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(task) = task {
            task.abort();
            let _ = task.await;
        }
        let _ = std::fs::remove_file(self.socket());
    }
}

async fn lead(near: UnixStream, target: Arc<PgConnectOptions>) {
    let port = target.get_port();
    match target.get_socket() {
        Some(directory) => {
            let socket = directory.join(format!(".s.PGSQL.{port}"));
            join(near, UnixStream::connect(socket).await).await;
        }
        None => join(near, TcpStream::connect((target.get_host(), port)).await).await,
    }
}

async fn join(mut near: UnixStream, far: std::io::Result<impl AsyncRead + AsyncWrite + Unpin>) {
    if let Ok(mut far) = far {
        let _ = copy_bidirectional(&mut near, &mut far).await;
    }
}
