//! Single facts again, on a disk that takes two milliseconds longer to make something durable.
//!
//! `commit_delay` makes PostgreSQL's process that is about to flush the log of changes sleep first,
//! with the lock held that every other flush waits for; `commit_siblings = 0` makes it do so even when
//! nobody else has a transaction open. So every flush takes 2 ms longer, as on a network disk, and
//! what arrives meanwhile goes along with the next one.

use anyhow::Result;

use super::Bench;
use super::append::fastest;
use crate::cells::measure;
use crate::contestants::{BARE, Field, OURS, SINGLES};
use crate::report::{Ratio, Report};

const CALLERS: [usize; 3] = [1, 32, 512];

const ADDED: [(&str, &str); 2] = [("commit_delay", "2000"), ("commit_siblings", "0")];

pub(super) async fn run(bench: &Bench<'_>) -> Result<Report> {
    for (name, value) in ADDED {
        bench.server.reset(name, Some(value)).await?;
    }
    let outcome = slowly(bench).await;
    for (name, _) in ADDED {
        bench.server.reset(name, None).await?;
    }
    outcome
}

async fn slowly(bench: &Bench<'_>) -> Result<Report> {
    let mut report = bench.report("flush").await?;
    report.note(bench.cells());
    report.note("commit_delay = 2000 and commit_siblings = 0: whoever flushes first sleeps 2 ms with the lock held that every other flush waits for, so each flush takes 2 ms longer, as on a network disk");
    let mut field = Field::enter(bench.server, "flush", SINGLES).await?;
    let callers = |_: &str| CALLERS.to_vec();
    measure(bench.server, &bench.terms, &mut report, &mut field, callers).await?;
    field.leave(bench.server).await?;
    for callers in CALLERS {
        let peer = fastest(&report, callers);
        for (other, called) in [
            (
                peer,
                format!("the fastest peer, {callers} callers ({peer})"),
            ),
            (BARE, format!("bare inserts, {callers} callers")),
        ] {
            let ratio = report.times((OURS, callers), (other, callers));
            let what = format!("over {called}");
            report.ratios.push(Ratio::to_know(what, ratio));
        }
    }
    Ok(report)
}
