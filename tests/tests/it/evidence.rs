//! Every published number expands to the facts behind it: from these alone it comes out again.

use std::collections::BTreeSet;

use app::{App, Strictness};
use chrono::NaiveDate;
use evaluation::Period;
use events::{Fact, Position};
use projections::{Snapshot, decode};
use sources::demo;

use crate::house::{migrate, pools, vault};

fn period(from: &str, to: &str) -> Period {
    let day = |text: &str| text.parse::<NaiveDate>().expect("a day");
    Period::new(day(from), day(to)).expect("a period")
}

/// Completeness counts every fact of a household; late facts are what all the other figures are made of
/// with and without. Their evidence is broad and theirs alone is tested.
const BROAD: [u16; 1] = [40];

#[tokio::test]
async fn every_figure_of_the_demonstration_comes_out_of_its_evidence_alone() {
    let database = cluster::testing::database().await;
    migrate(&database).await;
    let app = App::new(pools(&database).await, vault(&database).await);
    let pilot = demo::pilot_id(&app);
    let plan = demo::plan(demo::SEED, &app);
    let loaded = app.load(pilot, "demo", &plan, Strictness::Strict, |_| ());
    loaded.await.expect("no fault");

    let mut facts: Vec<Fact> = Vec::new();
    loop {
        let after = facts.last().map_or(0, |last| last.position);
        let read = app.log().read(pilot.0, after, 1000).await.expect("facts");
        if read.is_empty() {
            break;
        }
        facts.extend(
            read.iter()
                .map(|recorded| decode(recorded).expect("a fact")),
        );
    }
    let whole = Snapshot::fold(pilot, &facts);
    let mut wrong = Vec::new();
    for period in [
        period("2024-10-01", "2025-09-30"),
        period("2025-01-01", "2025-03-31"),
        period("2025-10-01", "2026-09-30"),
    ] {
        for indicator in evaluation::evaluate(&whole, period) {
            if BROAD.contains(&indicator.number) {
                continue;
            }
            let named: BTreeSet<Position> = indicator.evidence.iter().copied().collect();
            let behind: Vec<Fact> = facts
                .iter()
                .filter(|fact| named.contains(&fact.position))
                .cloned()
                .collect();
            let mut alone = Snapshot::fold(pilot, &behind);
            alone.position = whole.position;
            alone.recorded_at = whole.recorded_at;
            let again = evaluation::evaluate(&alone, period)
                .into_iter()
                .find(|again| again.number == indicator.number)
                .expect("the indicator");
            // Of nothing there are no facts to name.
            if !named.is_empty() && again.value != indicator.value {
                wrong.push(format!(
                    "{} {} from {}: {:?}, and from its evidence {:?}",
                    indicator.number,
                    indicator.code,
                    period.from(),
                    indicator.value,
                    again.value
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    app.stop().await;
}
