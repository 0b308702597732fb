//! The parts. One more is a file here, its name in [`PARTS`] and a line in [`Bench::run`].

use anyhow::{Result, bail};

use crate::Terms;
use crate::report::Report;
use crate::server::Server;

mod append;
mod flush;
mod loaded;
mod long;
mod read;
mod verify;
mod writers;

use loaded::Loaded;
pub(crate) use writers::{WRITER, write};

/// In the order they run; `long` makes the loaded log ten times as long, and comes last.
pub(crate) const PARTS: [&str; 6] = ["append", "flush", "writers", "read", "verify", "long"];

/// A run: what its parts share.
pub(crate) struct Bench<'a> {
    server: &'a Server,
    terms: Terms,
    /// A log with many facts, once a part has asked for it.
    loaded: Option<Loaded>,
}

impl<'a> Bench<'a> {
    pub(crate) fn new(server: &'a Server, terms: Terms) -> Bench<'a> {
        Bench {
            server,
            terms,
            loaded: None,
        }
    }

    pub(crate) async fn run(&mut self, part: &str) -> Result<Report> {
        match part {
            "append" => append::run(self).await,
            "flush" => flush::run(self).await,
            "writers" => writers::run(self).await,
            "read" => read::run(self).await,
            "verify" => verify::run(self).await,
            "long" => long::run(self).await,
            _ => bail!("there is no part {part}"),
        }
    }

    async fn report(&self, part: &'static str) -> Result<Report> {
        let mut report = Report::new(part, self.server).await?;
        if self.terms.smoke {
            report.note("a smoke run: shorter and smaller than it should be");
        }
        Ok(report)
    }

    /// How cells are measured.
    fn cells(&self) -> String {
        format!(
            "each cell {:.1} s after {:.1} s to warm up; a vacuum between cells, a checkpoint before \
             each round; medians of {} rounds, of a ratio that of each round's own",
            self.terms.cell.measured.as_secs_f64(),
            self.terms.cell.warming.as_secs_f64(),
            self.terms.rounds
        )
    }
}
