use events::codes::{AssessmentStage, RiskLevel, Severity};

use super::*;
use crate::Snapshot;
use crate::fixtures::*;

const ENTRY: AssessmentStage = AssessmentStage::Entry;
const INTERIM: AssessmentStage = AssessmentStage::Interim;

fn row(story: &Story) -> SafetyRow {
    let mut safety = Snapshot::fold(PILOT, &story.facts).safety;
    safety.remove(&household(1)).expect("the household")
}

#[test]
fn the_level_at_entry_and_the_latest_one() {
    let mut story = Story::default();
    story.record(30, risk(1, 1, INTERIM, RiskLevel::Low));
    story.record(4, risk(1, 1, ENTRY, RiskLevel::High));
    story.record(9, risk(1, 1, INTERIM, RiskLevel::Medium));
    story.record(50, risk(1, 2, ENTRY, RiskLevel::Extreme));
    let row = row(&story);
    let entry = |n| row.level_at_entry(person(1), day(n)).map(|risk| risk.level);
    assert_eq!(
        [3, 4, 99].map(entry),
        [None, Some(RiskLevel::High), Some(RiskLevel::High)]
    );
    let latest = |n| row.latest_level(person(1), day(n)).map(|risk| risk.level);
    let expected = [
        None,
        Some(RiskLevel::High),
        Some(RiskLevel::Medium),
        Some(RiskLevel::Low),
    ];
    assert_eq!([3, 8, 9, 99].map(latest), expected);
    assert!(row.level_at_entry(person(3), day(99)).is_none());
}

#[test]
fn without_a_level_at_entry_a_later_one_does_not_stand_in() {
    let mut story = Story::default();
    story.record(9, risk(1, 1, INTERIM, RiskLevel::Medium));
    let row = row(&story);
    assert!(row.level_at_entry(person(1), day(99)).is_none());
    assert!(row.latest_level(person(1), day(99)).is_some());
}

#[test]
fn a_breach_may_be_told_before_its_incident() {
    let mut story = Story::default();
    let breach = story.record(9, breached(1, Some(1)));
    let alone = story.record(3, breached(1, None));
    let happened = story.record(9, incident(1, 1, Severity::Serious));
    let row = row(&story);
    let order: Vec<_> = row.breaches.iter().map(|breach| breach.position).collect();
    assert_eq!(order, [alone, breach]);
    let found = &row.incidents[0];
    assert_eq!(
        (found.position, found.severity),
        (happened, Severity::Serious)
    );
    assert_eq!(found.holder, story.facts[happened as usize - 1].id);
    assert!(found.note.is_some());
    let of: Vec<_> = row
        .breaches_of(found.incident)
        .map(|b| b.position)
        .collect();
    assert_eq!(of, [breach]);
}

#[test]
fn corrected_retracted_and_moved_to_another_household() {
    let mut story = Story::default();
    story.record(0, referred(2));
    let first = story.record(4, risk(1, 1, ENTRY, RiskLevel::High));
    let second = story.record(5, incident(1, 1, Severity::Minor));
    let third = story.record(6, breached(1, None));
    story.correct(first, 3, risk(1, 1, ENTRY, RiskLevel::Low));
    story.correct(second, 5, incident(2, 1, Severity::Critical));
    story.retract(third);
    let mine = row(&story);
    assert_eq!((mine.risks[0].position, mine.risks[0].on), (first, day(3)));
    assert_eq!(mine.risks[0].level, RiskLevel::Low);
    assert!(mine.incidents.is_empty() && mine.breaches.is_empty());
    let theirs = Snapshot::fold(PILOT, &story.facts).safety;
    assert_eq!(theirs[&household(2)].incidents[0].position, second);
}
