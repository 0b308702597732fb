//! What is logged, and how finely: one line each on standard error.
//!
//! No crate of the house ever logs a text of somebody or a token. Others log at their finer levels what
//! goes through them: a message of a WebSocket with the token in it, the headers of a request. So these
//! are held to what they say of themselves, whatever `INRETE_LOG` asks for.

use std::io::IsTerminal;

use tracing_subscriber::filter::{FilterExt, LevelFilter, Targets};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, fmt};

/// The variable that says how finely.
const VARIABLE: &str = "INRETE_LOG";
/// How finely when nothing is said.
const USUALLY: &str = "info,sqlx=warn,poem=warn";

/// The crates of the house, by the names they log under: heard as finely as is asked for.
pub const HOUSE: [&str; 15] = [
    "app",
    "cluster",
    "domain",
    "evaluation",
    "eventlog",
    "events",
    "identity",
    "inrete_verify",
    "policy",
    "projections",
    "proof",
    "report",
    "server",
    "sources",
    "vault",
];

/// Others that may be heard more finely than they say of themselves, and how finely: `sqlx` says which
/// statement took how long, and never with which values.
const OTHERS: [(&str, LevelFilter); 1] = [("sqlx", LevelFilter::DEBUG)];

/// Logs to standard error from now on; a second run in one process keeps the first one's.
pub(crate) fn to_standard_error() {
    let wanted = EnvFilter::try_from_env(VARIABLE).unwrap_or_else(|_| EnvFilter::new(USUALLY));
    let terminal = std::io::stderr().is_terminal();
    let lines = lines(wanted, std::io::stderr, terminal);
    let _ = tracing_subscriber::registry().with(lines).try_init();
}

/// Lines of what is both wanted and allowed.
fn lines<S, W>(wanted: EnvFilter, to: W, colours: bool) -> impl Layer<S>
where
    S: tracing::Subscriber + for<'span> LookupSpan<'span>,
    W: for<'writer> MakeWriter<'writer> + 'static + Send + Sync,
{
    fmt::layer()
        .with_writer(to)
        .with_ansi(colours)
        .with_target(false)
        .with_filter(wanted.and(allowed()))
}

/// How finely anybody may be heard.
fn allowed() -> Targets {
    Targets::new()
        .with_default(LevelFilter::INFO)
        .with_targets(HOUSE.map(|name| (name, LevelFilter::TRACE)))
        .with_targets(OTHERS)
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Page(Arc<Mutex<Vec<u8>>>);

    impl Write for Page {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn others_are_heard_of_themselves_only() {
        let page = Page::default();
        let written = page.clone();
        let lines = lines(EnvFilter::new("trace"), move || written.clone(), false);
        let subscriber = tracing_subscriber::registry().with(lines);
        tracing::subscriber::with_default(subscriber, || {
            tracing::trace!("own trace");
            tracing::trace!(target: "app::read", "trace of the house");
            tracing::debug!(target: "sqlx::query", "a statement");
            tracing::trace!(target: "sqlx::query", "its values");
            tracing::info!(target: "poem::server", "listening");
            tracing::debug!(target: "poem::server", "a request's headers");
            tracing::trace!(target: "tungstenite::protocol", "a message");
        });
        let text = String::from_utf8(page.0.lock().unwrap().clone()).unwrap();
        for heard in [
            "own trace",
            "trace of the house",
            "a statement",
            "listening",
        ] {
            assert!(text.contains(heard), "{heard} is not in {text}");
        }
        assert_eq!(text.lines().count(), 4, "{text}");
    }
}
