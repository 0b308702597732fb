//! A log with many facts, filled through the log's own interface.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use eventlog::{Expected, Position};
use futures_util::stream::{self, StreamExt, TryStreamExt};

use super::Bench;
use crate::contestants::ours::{Ours, command, fact};
use crate::report::tell;

/// The database of the loaded log.
pub(super) const DATABASE: &str = "loaded";

/// Facts of an append.
pub(super) const BATCH: i64 = 1_000;

/// Facts of a stream.
pub(super) const LENGTH: i64 = 10;

/// Appends on their way at once: one is being made while another is written.
const AT_ONCE: usize = 4;

const KINDS: [&str; 8] = [
    "Referral",
    "Admission",
    "Visit",
    "Meeting",
    "Enrolment",
    "Payment",
    "Job",
    "Exit",
];

/// How often somebody who waits is told how far it is.
const TOLD_EVERY: i64 = 500_000;

pub(super) struct Loaded {
    pub(super) ours: Ours,
    /// The facts that were loaded, [`LENGTH`] to a stream: all but those of measured appends.
    pub(super) facts: i64,
}

/// A stream of the loaded facts, by number.
pub(super) fn stream_name(number: i64) -> String {
    format!("case-{number:08}")
}

impl Bench<'_> {
    /// The loaded log, with at least so many facts, unless the time is over before.
    pub(super) async fn loaded(&mut self, facts: i64, limit: Duration) -> Result<&Loaded> {
        if self.loaded.is_none() {
            let ours = Ours::found(self.server, DATABASE).await?;
            self.loaded = Some(Loaded { ours, facts: 0 });
        }
        let Some(loaded) = &mut self.loaded else {
            bail!("nothing was loaded");
        };
        loaded.grow(facts, limit).await?;
        Ok(loaded)
    }
}

impl Loaded {
    /// The position of the last fact.
    pub(super) async fn head(&self) -> Result<Position> {
        Ok(self.ours.events.head(self.ours.log).await?.position)
    }

    async fn grow(&mut self, facts: i64, limit: Duration) -> Result<()> {
        let begun = Instant::now();
        while self.facts < facts && begun.elapsed() < limit {
            let upto = facts.min(self.facts + TOLD_EVERY);
            let batches = self.facts / BATCH..upto / BATCH;
            let ours = &self.ours;
            stream::iter(batches)
                .map(|number| batch(ours, number))
                .buffer_unordered(AT_ONCE)
                .try_collect::<()>()
                .await?;
            self.facts = upto;
            let seconds = begun.elapsed().as_secs_f64();
            tell(format!("loaded {upto} facts, {seconds:.0} s"));
        }
        Ok(())
    }
}

async fn batch(ours: &Ours, number: i64) -> Result<()> {
    let streams = number * (BATCH / LENGTH)..(number + 1) * (BATCH / LENGTH);
    let expected = streams.clone().map(|stream| Expected {
        stream: stream_name(stream),
        version: 0,
    });
    let facts = (0..LENGTH).flat_map(|version| {
        let streams = streams.clone();
        streams.map(move |stream| {
            let kind = usize::try_from(version).unwrap_or_default() % KINDS.len();
            fact(stream_name(stream), KINDS[kind])
        })
    });
    let facts = facts.collect::<Result<_>>()?;
    let append = command(ours.log, expected.collect(), facts);
    ours.events.append(append).await?;
    Ok(())
}
