//! What was known at a position is known for ever: the whole log looked at as of a position says
//! what a log says that ends there.

use app::{App, Strictness};
use chrono::NaiveDate;
use evaluation::{DEFINITIONS_VERSION, Indicator, Period};
use events::{PilotId, Position};
use projections::Snapshot;
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use report::Request;
use sources::demo;

use crate::house::{migrate, pools, vault};

/// How many earlier positions are looked at.
const LOOKS: usize = 20;
const SEED: u64 = 3;

/// The demonstration's year, and one that cuts it: what came later must not show in it.
fn periods() -> [Period; 2] {
    let day = |text: &str| text.parse::<NaiveDate>().expect("a day");
    let period = |from, to| Period::new(day(from), day(to)).expect("a period");
    [
        period("2024-10-01", "2025-09-30"),
        period("2025-02-01", "2025-04-30"),
    ]
}

/// A service on a database of its own.
async fn house() -> App {
    let database = cluster::testing::database().await;
    migrate(&database).await;
    App::new(pools(&database).await, vault(&database).await)
}

/// What people get to see of a snapshot: figures, and the report's bytes.
#[derive(Debug, PartialEq)]
struct Seen {
    indicators: Vec<Indicator>,
    json: Vec<u8>,
    csv: Vec<u8>,
}

fn seen(snapshot: &Snapshot, period: Period) -> Seen {
    let indicators = evaluation::evaluate(snapshot, period);
    let opening = snapshot.pilot.opening.as_ref();
    let edition = report::edition(Request {
        pilot: snapshot.pilot.pilot,
        code: opening.map_or("", |opening| &opening.code),
        title: opening.map_or("", |opening| &opening.title),
        period,
        position: snapshot.position,
        definitions_version: DEFINITIONS_VERSION,
        indicators: &indicators,
    });
    let edition = edition.expect("an edition");
    assert_eq!(
        report::verify(&edition.json).expect("whole"),
        edition.digest
    );
    Seen {
        indicators,
        json: edition.json,
        csv: edition.csv,
    }
}

async fn seen_at(app: &App, pilot: PilotId, as_of: Option<Position>) -> Vec<Seen> {
    let snapshot = app.snapshot(pilot, as_of).await.expect("a snapshot");
    periods().map(|period| seen(&snapshot, period)).into()
}

/// Distinct positions before `head`, ascending; the first and the last among them.
fn positions(head: usize) -> Vec<usize> {
    let mut chance = ChaCha8Rng::seed_from_u64(SEED);
    let mut positions = vec![1, head - 1];
    while positions.len() < LOOKS {
        let position = chance.random_range(2..head - 1);
        if !positions.contains(&position) {
            positions.push(position);
        }
    }
    positions.sort_unstable();
    positions
}

#[tokio::test]
async fn looking_back_sees_what_was_seen_then() {
    let (whole, growing) = (house().await, house().await);
    let pilot = demo::pilot_id(&whole);
    let proposals = demo::plan(demo::SEED, &whole);
    let loaded = whole.load(pilot, "demo", &proposals, Strictness::Strict, |_| ());
    assert_eq!(loaded.await.expect("no fault").recorded, proposals.len());

    // The other log ends at each position for a while.
    let positions = positions(proposals.len());
    let mut then = Vec::new();
    let mut recorded = 0;
    for &position in &positions {
        let next = &proposals[recorded..position];
        let loaded = growing.load(pilot, "demo", next, Strictness::Strict, |_| ());
        recorded += loaded.await.expect("no fault").recorded;
        let position = Position::try_from(position).expect("small");
        let head = growing.log().head(pilot.0).await.expect("a log");
        assert_eq!(head.position, position);
        let ends = seen_at(&growing, pilot, None).await;
        let looks_back = seen_at(&whole, pilot, Some(position)).await;
        assert!(
            ends == looks_back,
            "position {position}: {ends:#?} {looks_back:#?}"
        );
        then.push((position, ends));
    }

    // Later facts change nothing about an earlier position, in the log they were added to either.
    let rest = &proposals[recorded..];
    let loaded = growing.load(pilot, "demo", rest, Strictness::Strict, |_| ());
    assert_eq!(loaded.await.expect("no fault").recorded, rest.len());
    let mut different = 0;
    for (pair, (position, seen)) in then.iter().enumerate() {
        assert!(
            *seen == seen_at(&growing, pilot, Some(*position)).await,
            "position {position}"
        );
        different += usize::from(pair > 0 && then[pair - 1].1[0].indicators != seen[0].indicators);
    }
    assert!(
        different > LOOKS / 2,
        "the positions hardly differ: only {different} do"
    );
    let (one, other) = (
        seen_at(&whole, pilot, None).await,
        seen_at(&growing, pilot, None).await,
    );
    assert!(one == other, "the whole logs");
}
