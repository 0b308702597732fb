//! What is recalled is what a fold of the whole log comes to, whatever was asked before.

use events::Position;
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use crate::Recall;
use crate::fixtures::{PILOT, visit};
use crate::table_tests::{House, LOG, stories, visits};

/// Positions of a log, in any order, some of them again.
fn asked(head: Position, runner: &mut TestRunner) -> Vec<Position> {
    let cuts = proptest::collection::vec(any::<Index>(), 30).new_tree(runner);
    let most = usize::try_from(head).expect("a number") + 1;
    let cuts = cuts.expect("cuts").current().into_iter();
    let mut asked: Vec<Position> = cuts.map(|cut| cut.index(most) as Position).collect();
    // Steps on, as well as jumps back.
    asked[10..].sort_unstable();
    asked.extend([head, asked[0], asked[0], head]);
    asked
}

#[tokio::test(flavor = "multi_thread")]
async fn recalled_as_folded_anew() {
    let mut runner = TestRunner::deterministic();
    for story in stories(4, 200) {
        let house = House::new().await;
        let head = house.append(&story.facts).await;
        let recall = Recall::default();
        let mut held = None;
        for position in asked(head, &mut runner) {
            let known = recall.at(&house.log, PILOT, position).await;
            let known = known.expect("folded");
            assert_eq!(*known, house.cold(position).await, "at {position}");
            // Every other one is still being looked at when the next is asked for.
            held = held.is_none().then_some(known);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_looked_at_stays_as_it_is() {
    let house = House::new().await;
    let mut story = visits(20);
    let visited = story.record(30, visit(1, 30));
    let before = house.append(&story.facts).await;
    let recall = Recall::default();
    let known = recall.at(&house.log, PILOT, before).await.expect("folded");
    let there = story.facts.len();
    story.correct(visited, 31, visit(2, 40));
    let head = house.append(&story.facts[there..]).await;
    let later = recall.at(&house.log, PILOT, head).await.expect("folded");
    assert_eq!(*known, house.cold(before).await);
    assert_eq!(*later, house.cold(head).await);
    assert_ne!(*known, *later);
    assert_eq!(LOG, PILOT.0);
}
