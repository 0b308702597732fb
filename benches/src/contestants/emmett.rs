//! emmett-postgresql, in a process of Node's: see `emmett.mjs` beside this.

use std::sync::Arc;

use anyhow::Result;
use tokio::sync::Mutex;

use crate::load::{Span, Tally};
use crate::report::root;
use crate::server::{POOL, Server};
use crate::worker::Worker;

#[derive(Debug, Clone)]
pub(crate) struct Emmett {
    worker: Arc<Mutex<Worker>>,
}

impl Emmett {
    pub(crate) async fn found(server: &Server, database: &str) -> Result<Emmett> {
        server.create(database).await?;
        let script = root().join("benches/src/contestants/emmett.mjs");
        let arguments = [script.into(), POOL.to_string().into()];
        let environment = server.environment(database);
        let worker = Worker::start("node", arguments, environment).await?;
        Ok(Emmett {
            worker: Arc::new(Mutex::new(worker)),
        })
    }

    pub(crate) async fn drive(&self, callers: usize, span: Span) -> Result<Tally> {
        self.worker.lock().await.run(callers, span).await
    }
}
