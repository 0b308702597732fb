use events::codes::{Attendance, DecisionOutcome};
use events::{
    DecisionClosed, DecisionId, DecisionTaken, Event, MeetingHeld, MeetingId, MeetingPlanned,
    PartnerAttendance, PartnerId,
};
use uuid::Uuid;

use super::*;
use crate::Snapshot;
use crate::fixtures::*;

fn meeting_id(n: u128) -> MeetingId {
    MeetingId(Uuid::from_u128(0xa000 + n))
}

fn planned(n: u128, on: u64) -> Event {
    MeetingPlanned {
        meeting: meeting_id(n),
        planned_for: day(on),
    }
    .into()
}

fn held(n: u128) -> Event {
    MeetingHeld {
        meeting: meeting_id(n),
        attendance: vec![PartnerAttendance {
            partner: PartnerId(Uuid::from_u128(0x6001)),
            attendance: Attendance::Present,
        }],
    }
    .into()
}

fn decided(n: u128) -> Event {
    DecisionTaken {
        decision: DecisionId(Uuid::from_u128(n)),
        meeting: Some(meeting_id(1)),
        title: "Proroga".into(),
        responsible: None,
        due: Some(day(60)),
    }
    .into()
}

fn closed(n: u128) -> Event {
    DecisionClosed {
        decision: DecisionId(Uuid::from_u128(n)),
        outcome: DecisionOutcome::CarriedOut,
    }
    .into()
}

fn row(story: &Story) -> CommitteeRow {
    Snapshot::fold(PILOT, &story.facts).committee
}

#[test]
fn meetings_are_planned_held_or_both() {
    let mut story = Story::default();
    story.record(0, opened("prova"));
    story.record(1, planned(1, 20));
    story.record(1, planned(2, 50));
    let first = story.record(22, held(1));
    let last = story.record(30, held(3));
    let committee = row(&story);
    assert_eq!(committee.position, last);
    let known: Vec<_> = committee
        .meetings
        .iter()
        .map(|one| (one.planned.is_some(), one.held.as_ref().map(|held| held.on)))
        .collect();
    let expected = [(true, Some(day(22))), (true, None), (false, Some(day(30)))];
    assert_eq!(known, expected);
    story.correct(first, 21, held(1));
    let held = |story: &Story| {
        row(story)
            .meeting(meeting_id(1))
            .and_then(|one| one.held.clone())
    };
    assert_eq!(held(&story).map(|held| held.on), Some(day(21)));
    story.retract(first);
    assert_eq!(held(&story), None);
    // What happens to households or money is none of its business.
    story.record(40, expense(1));
    assert_eq!(row(&story).position, last + 2);
}

#[test]
fn decisions_are_open_until_they_are_closed() {
    let mut story = Story::default();
    story.record(0, opened("prova"));
    story.record(10, held(1));
    story.record(10, decided(2));
    story.record(9, decided(1));
    let closing = story.record(40, closed(1));
    let closed_on = |story: &Story| -> Vec<_> {
        let decisions = row(story).decisions.into_iter();
        decisions
            .map(|one| one.closed.map(|closed| closed.on))
            .collect()
    };
    assert_eq!(closed_on(&story), [Some(day(40)), None]);
    let entries: Vec<_> = story
        .facts
        .iter()
        .filter(|fact| fact.stream == events::Stream::Committee)
        .collect();
    let (first, rest) = entries.split_at(2);
    let begun = fold::fold(PILOT, first).expect("a row");
    assert_eq!(fold::advance(begun, rest), row(&story));
    story.retract(closing);
    assert_eq!(closed_on(&story), [None, None]);
}
