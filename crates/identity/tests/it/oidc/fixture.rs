//! The providers of `tests/oidc`, started as programs of their own.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use identity::oidc::Provider;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use crate::kit::ORIGIN;

/// A provider that runs until this is dropped.
pub(super) struct Fixture {
    _process: Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
    port: u16,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/oidc")
}

impl Fixture {
    pub(super) async fn provider(alg: &str) -> Self {
        let settings = json!({
            "redirect": format!("{ORIGIN}/sign-in/oidc/comune"),
            "signed_out": format!("{ORIGIN}/signed-out"),
            "alg": alg,
        });
        Self::start("provider.mjs", &settings.to_string()).await
    }

    pub(super) async fn liar() -> Self {
        Self::start("liar.mjs", "").await
    }

    async fn start(script: &str, argument: &str) -> Self {
        assert!(
            folder().join("node_modules").is_dir(),
            "the providers of the tests are not installed: `npm ci` in tests/oidc, as scripts/test does"
        );
        let mut process = Command::new("node")
            .arg(script)
            .arg(argument)
            .current_dir(folder())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("node");
        let input = process.stdin.take().expect("its input");
        let output = process.stdout.take().expect("its output");
        let mut output = BufReader::new(output).lines();
        let port = loop {
            let line = output.next_line().await.expect("a line").expect("a port");
            if let Ok(port) = line.parse() {
                break port;
            }
        };
        Self {
            _process: process,
            input,
            output,
            port,
        }
    }

    /// Tells it something, and waits until it did it.
    pub(super) async fn tell(&mut self, what: Value) {
        let line = format!("{what}\n");
        self.input.write_all(line.as_bytes()).await.expect("told");
        // It has notices of its own.
        while self
            .output
            .next_line()
            .await
            .expect("a line")
            .expect("done")
            != "done"
        {}
    }

    pub(super) fn issuer(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// It, as this service has it in its settings, with what is different.
    pub(super) fn settings(&self, different: Value) -> Provider {
        let mut settings = json!({
            "key": "comune",
            "name": "Comune",
            "issuer": self.issuer(),
            "client_id": "inrete",
            "client_secret": "a secret of the tests",
            "scopes": ["profile", "email", "groups"],
            "roles": { "claim": "groups", "values": [
                { "value": "inrete-coordinators", "role": "coordinator", "pilot": "torino" },
            ]},
            "strong_amr": ["mfa"],
        });
        let all = settings.as_object_mut().expect("an object");
        for (key, value) in different.as_object().expect("an object") {
            all.insert(key.clone(), value.clone());
        }
        serde_json::from_value(settings).expect("settings")
    }
}
