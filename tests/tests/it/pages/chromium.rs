//! A real browser: Chromium, without a window, driven through its driver. Both end with the value that
//! stands for them, however the test ends.

use std::fmt::Debug;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use fantoccini::wd::WebDriverCompatibleCommand;
use fantoccini::{Client, ClientBuilder, Locator};
use serde_json::{Value, json};
use tempfile::TempDir;
use tests::program::Running;

/// How long the driver may take to start.
const PATIENCE: Duration = Duration::from_secs(60);

/// The programs, as Debian has them.
const DRIVER: &str = "chromedriver";

/// A browser with its driver.
pub(crate) struct Chromium {
    pub(crate) client: Client,
    driver: Option<Running>,
    group: nix::unistd::Pid,
    /// What the browser keeps; removed with it.
    _profile: TempDir,
}

/// How the browser is to be.
#[derive(Clone, Copy)]
pub(crate) struct Manner {
    /// Do pages run their scripts?
    pub(crate) scripts: bool,
    pub(crate) width: u32,
    pub(crate) height: u32,
}

impl Default for Manner {
    fn default() -> Self {
        Self {
            scripts: true,
            width: 1200,
            height: 900,
        }
    }
}

impl Chromium {
    pub(crate) async fn start(manner: Manner) -> Self {
        use std::os::unix::process::CommandExt;
        let profile = tempfile::Builder::new()
            .prefix("inrete-chromium-")
            .tempdir();
        let profile = profile.expect("a directory");
        let mut command = Command::new(DRIVER);
        command.args(["--port=0", "--log-level=SEVERE"]);
        command.env("HOME", profile.path());
        command.stdin(Stdio::null());
        command.stdout(Stdio::piped()).stderr(Stdio::null());
        // A group of its own: the browser's processes are in it too, and end with it.
        command.process_group(0);
        let child = command.spawn().unwrap_or_else(|error| {
            panic!("{DRIVER} does not start ({error}): scripts/install-missing test installs it")
        });
        let mut driver = Running(child);
        let group = driver.pid();
        let port = announced(driver.0.stdout.take().expect("its output"));
        let mut builder =
            ClientBuilder::new(hyper_util::client::legacy::connect::HttpConnector::new());
        // No window is narrower than some 500 points: a telephone is another kind of screen.
        let telephone = (manner.width < 500).then(|| {
            json!({ "deviceMetrics": { "width": manner.width, "height": manner.height, "pixelRatio": 1.0 } })
        });
        let mut capabilities = json!({
            "goog:chromeOptions": {
                "args": [
                    "--headless=new",
                    // In a container, and as root, there is no other way. It sees our own pages alone.
                    "--no-sandbox",
                    "--disable-dev-shm-usage",
                    "--disable-gpu",
                    "--disable-background-networking",
                    "--disable-component-update",
                    "--disable-default-apps",
                    "--disable-extensions",
                    "--disable-sync",
                    "--no-first-run",
                    "--no-default-browser-check",
                    "--force-prefers-reduced-motion",
                    "--lang=it",
                    format!("--window-size={},{}", manner.width, manner.height),
                    format!("--user-data-dir={}", profile.path().join("data").display()),
                ],
                "prefs": {
                    "intl.accept_languages": "it",
                    "credentials_enable_service": false,
                },
            },
            "goog:loggingPrefs": { "browser": "ALL" },
        });
        if let Some(telephone) = telephone {
            capabilities["goog:chromeOptions"]["mobileEmulation"] = telephone;
        }
        let Value::Object(capabilities) = capabilities else {
            unreachable!("an object");
        };
        builder.capabilities(capabilities);
        let address = format!("http://127.0.0.1:{port}");
        let client = builder.connect(&address).await.expect("a browser");
        let chromium = Self {
            client,
            driver: Some(driver),
            group,
            _profile: profile,
        };
        if !manner.scripts {
            chromium.stop_scripts().await;
        }
        chromium
    }

    /// No page gets a script any more, and none may have one inside. Who drives the browser still can,
    /// which it cannot where scripts are switched off.
    async fn stop_scripts(&self) {
        for (cmd, params) in [
            ("Network.enable", json!({})),
            ("Network.setBlockedURLs", json!({ "urls": ["*.js"] })),
        ] {
            let command = json!({ "cmd": cmd, "params": params });
            let command = Own::post("goog/cdp/execute", command);
            self.client.issue_cmd(command).await.expect("no scripts");
        }
    }

    /// Goes to a page.
    pub(crate) async fn go(&self, address: &str) {
        self.client.goto(address).await.expect("a page");
    }

    /// Waits for a page with this heading.
    pub(crate) async fn arrives(&self, heading: &str) {
        let begun = std::time::Instant::now();
        loop {
            // Between two pages there is none.
            if let Ok(found) = self.client.find(Locator::Css("h1")).await
                && found.text().await.is_ok_and(|it| it == heading)
            {
                return;
            }
            if begun.elapsed() > Duration::from_secs(15) {
                let source = self.client.source().await.unwrap_or_default();
                panic!("{heading:?} does not come: {source}");
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Types into a field, instead of what is in it.
    pub(crate) async fn fill(&self, id: &str, text: &str) {
        let field = self.client.find(Locator::Id(id)).await;
        let field = field.unwrap_or_else(|error| panic!("{id}: {error}"));
        field.clear().await.expect("a field");
        field.send_keys(text).await.expect("a field");
    }

    /// Presses the button that says this.
    pub(crate) async fn press(&self, label: &str) {
        let path = format!("//button[normalize-space()='{label}']");
        let button = self.client.find(Locator::XPath(&path)).await;
        let button = button.unwrap_or_else(|error| panic!("{label}: {error}"));
        button.click().await.expect("a button");
    }

    /// What a script gives that is run in the page.
    pub(crate) async fn run(&self, script: &str) -> Value {
        let given = self.client.execute(script, Vec::new()).await;
        given.expect("a script")
    }

    /// What the browser wrote into its console: refusals of the content security policy among it.
    pub(crate) async fn console(&self) -> Vec<String> {
        let command = Own::post("se/log", json!({ "type": "browser" }));
        let entries = self.client.issue_cmd(command).await.expect("a console");
        let entries = entries.as_array().cloned().unwrap_or_default();
        let said = entries.iter().map(|entry| entry["message"].to_string());
        said.collect()
    }

    /// Plugs in a security key that exists only in the browser.
    pub(crate) async fn plug_in(&self) {
        let key = json!({
            "protocol": "ctap2",
            "transport": "internal",
            "hasResidentKey": true,
            "hasUserVerification": true,
            "isUserConsenting": true,
            "isUserVerified": true,
        });
        let command = Own::post("webauthn/authenticator", key);
        let plugged = self.client.issue_cmd(command).await;
        plugged.expect("an authenticator");
    }

    /// A picture of the page, where somebody asked for pictures.
    pub(crate) async fn picture(&self, name: &str) {
        if let Some(folder) = std::env::var_os("INRETE_PICTURES") {
            let png = self.client.screenshot().await.expect("a picture");
            std::fs::create_dir_all(&folder).expect("a folder");
            let path = std::path::Path::new(&folder).join(format!("{name}.png"));
            std::fs::write(path, png).expect("a file");
        }
    }

    /// Ends it.
    pub(crate) async fn close(self) {
        let _ = self.client.clone().close().await;
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        // The driver's group: browser, helpers, driver.
        let _ = nix::sys::signal::killpg(self.group, nix::sys::signal::Signal::SIGKILL);
        drop(self.driver.take());
    }
}

/// The port that the driver says it listens on.
fn announced(output: impl std::io::Read + Send + 'static) -> u16 {
    let (told, port) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            let Some((_, after)) = line.split_once("on port ") else {
                continue;
            };
            let digits: String = after.chars().take_while(char::is_ascii_digit).collect();
            // It first says what it was asked for: any.
            if let Some(port) = digits.parse().ok().filter(|port| *port != 0) {
                let _ = told.send(port);
            }
        }
    });
    port.recv_timeout(PATIENCE).expect("the driver's port")
}

/// A command of the driver that is not in every driver.
#[derive(Debug)]
struct Own {
    path: &'static str,
    body: Value,
}

impl Own {
    fn post(path: &'static str, body: Value) -> Self {
        Self { path, body }
    }
}

impl WebDriverCompatibleCommand for Own {
    fn endpoint(
        &self,
        base: &url::Url,
        session: Option<&str>,
    ) -> Result<url::Url, url::ParseError> {
        let session = session.unwrap_or_default();
        base.join(&format!("session/{session}/{}", self.path))
    }

    fn method_and_body(&self, _: &url::Url) -> (http::Method, Option<String>) {
        (http::Method::POST, Some(self.body.to_string()))
    }
}
