//! A process that lets callers append when told to: one line asks, one line answers.

use std::ffi::OsString;
use std::process::Stdio;

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use crate::load::{Span, Tally};

/// What a process is asked.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Task {
    pub(crate) callers: usize,
    pub(crate) warming_ms: u64,
    pub(crate) measured_ms: u64,
}

/// The process. It ends when its standard input closes, that is with us.
#[derive(Debug)]
pub(crate) struct Worker {
    /// Killed when this is dropped.
    _child: Child,
    asked: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
}

impl Worker {
    /// Starts one and waits until it says that it is ready.
    pub(crate) async fn start(
        program: impl Into<OsString>,
        arguments: impl IntoIterator<Item = OsString>,
        environment: impl IntoIterator<Item = (&'static str, String)>,
    ) -> Result<Worker> {
        let program = program.into();
        let mut child = Command::new(&program)
            .args(arguments)
            .envs(environment)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("cannot run {}", program.display()))?;
        let asked = child.stdin.take().context("its standard input")?;
        let said = child.stdout.take().context("its standard output")?;
        let mut worker = Worker {
            _child: child,
            asked,
            answers: BufReader::new(said).lines(),
        };
        let ready = worker.line().await?;
        if ready != "ready" {
            bail!("{} said {ready}", program.display());
        }
        Ok(worker)
    }

    pub(crate) async fn run(&mut self, callers: usize, span: Span) -> Result<Tally> {
        let task = Task {
            callers,
            warming_ms: u64::try_from(span.warming.as_millis())?,
            measured_ms: u64::try_from(span.measured.as_millis())?,
        };
        let line = serde_json::to_string(&task)? + "\n";
        self.asked.write_all(line.as_bytes()).await?;
        Ok(serde_json::from_str(&self.line().await?)?)
    }

    async fn line(&mut self) -> Result<String> {
        let line = self.answers.next_line().await?;
        line.context("the process ended by itself: what it said is above")
    }
}
