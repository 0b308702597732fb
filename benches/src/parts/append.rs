//! Single facts: ourselves, the other event stores, and what the machine can do at all.

use anyhow::Result;

use super::Bench;
use crate::cells::measure;
use crate::contestants::{BARE, COPY, Field, OURS, PEERS, SINGLES, UNNEST};
use crate::report::{Ratio, Report};

const CALLERS: [usize; 5] = [1, 8, 32, 128, 512];

/// Bulk goes by connection, not by caller.
const CONNECTIONS: [usize; 2] = [1, 2];

const NOTES: [&str; 4] = [
    "one fact of about 400 bytes an append, callers in a closed loop on streams of their own; half of \
     the appends begin a stream, half continue one at its version; only acknowledged appends count",
    "all but pgbench share a pool of 32 connections among their callers; pgbench has one for each client",
    "message-db and In Rete keep one order over all streams that follows commits; disintegrate, \
     postgres-es, mire and emmett do not",
    "copy and unnest write rows of eventlog.fact, 1000 in a transaction, into a table with the same \
     columns, checks and indexes; positions, versions, hashes and the other tables are not part of it",
];

pub(super) async fn run(bench: &Bench<'_>) -> Result<Report> {
    let mut report = bench.report("append").await?;
    report.note(bench.cells());
    for note in NOTES {
        report.note(note);
    }
    let terms = &bench.terms;
    let names = SINGLES.into_iter().chain([COPY, UNNEST]);
    let names = names.filter(|name| terms.lets_in(name));
    let mut field = Field::enter(bench.server, "append", names).await?;
    let callers = |name: &str| match name {
        COPY | UNNEST => terms.callers(&CONNECTIONS),
        _ => terms.callers(&CALLERS),
    };
    measure(bench.server, terms, &mut report, &mut field, callers).await?;
    field.leave(bench.server).await?;
    report.ratios = ratios(&report);
    Ok(report)
}

fn ratios(report: &Report) -> Vec<Ratio> {
    let copy = best(report, CONNECTIONS.map(|connections| (COPY, connections)));
    let bare = best(report, [1, 8, 32].map(|clients| (BARE, clients)));
    let p99 = report.row(OURS, 512).and_then(|row| row.p99_ms);
    let ours = |callers, other| report.times((OURS, callers), other);
    let against = |callers: usize, target| {
        let peer = fastest(report, callers);
        let what = format!("over the fastest peer, {callers} callers ({peer})");
        Ratio::at_least(what, ours(callers, (peer, callers)), target)
    };
    vec![
        against(1, 1.0),
        against(8, 1.1),
        against(32, 3.5),
        Ratio::at_least("over bare inserts, 32 callers", ours(32, (BARE, 32)), 1.2),
        Ratio::at_least(
            "512 callers over bare inserts of 32",
            ours(512, (BARE, 32)),
            2.0,
        ),
        Ratio::to_know(
            "512 callers over bare inserts of at most 32, the best",
            ours(512, bare),
        ),
        Ratio::to_know("over bare inserts, 512 callers", ours(512, (BARE, 512))),
        Ratio::at_least(
            "512 callers over copy with the same indexes",
            ours(512, copy),
            0.5,
        ),
        Ratio::below("p99 of 512 callers, ms", p99, 25.0),
    ]
}

/// The fastest of the other event stores with so many callers.
pub(super) fn fastest(report: &Report, callers: usize) -> &'static str {
    best(report, PEERS.map(|name| (name, callers))).0
}

/// The fastest of these rows, among those that were measured.
fn best(
    report: &Report,
    rows: impl IntoIterator<Item = (&'static str, usize)>,
) -> (&'static str, usize) {
    let rows = rows.into_iter();
    let rates = rows.filter_map(|it| Some((it, report.per_second(it.0, it.1)?)));
    let best = rates.max_by(|(_, one), (_, other)| one.total_cmp(other));
    best.map_or(("none", 0), |(it, _)| it)
}
