use events::codes::{Audience, Language, Phase, RestatementReason, TargetDirection};
use events::{
    Answer, Money, PartnerLeft, PeriodClosed, PhaseExtended, ReportId, ReportPublished,
    ReportRestated, RulesSet, TargetSet,
};
use uuid::Uuid;

use super::*;
use crate::Snapshot;
use crate::fixtures::*;

fn row(story: &Story) -> PilotRow {
    Snapshot::fold(PILOT, &story.facts).pilot
}

#[test]
fn nothing_is_known_before_the_first_fact() {
    assert_eq!(row(&Story::default()), PilotRow::new(PILOT));
}

#[test]
fn frame_phases_and_partners() {
    let mut story = Story::default();
    story.record(0, opened("prova"));
    story.record(9, phase(Phase::Experimental));
    story.record(2, phase(Phase::Preparation));
    let last = story.record(3, partner(1));
    // Money is the ledger's.
    story.record(8, expense(1));
    let row = row(&story);
    assert_eq!(row.opening.as_ref().map(|opening| opening.on), Some(day(0)));
    let phases: Vec<Phase> = row.phases.iter().map(|phase| phase.phase).collect();
    assert_eq!(phases, [Phase::Preparation, Phase::Experimental]);
    assert_eq!(row.partners.len(), 1);
    assert_eq!(row.position, last);
}

#[test]
fn a_phase_ends_when_the_next_begins_and_is_planned_as_last_extended() {
    let mut story = Story::default();
    story.record(0, opened("prova"));
    story.record(10, phase(Phase::Experimental));
    let extend = |until| PhaseExtended {
        phase: Phase::Experimental,
        planned_end: day(until),
        decision: None,
    };
    let first = story.record(20, extend(60));
    story.record(30, extend(90));
    story.record(80, phase(Phase::Closing));
    let row = row(&story);
    let experimental = &row.phases[0];
    assert_eq!(experimental.phase, Phase::Experimental);
    assert_eq!(experimental.planned_end_on(day(19)), None);
    assert_eq!(experimental.planned_end_on(day(20)), Some(day(60)));
    assert_eq!(experimental.planned_end_on(day(30)), Some(day(90)));
    assert_eq!(row.ended_on(experimental), Some(day(79)));
    let closing = &row.phases[1];
    assert_eq!(
        (closing.phase, row.ended_on(closing)),
        (Phase::Closing, None)
    );
    // Taken back, the first extension was never granted.
    story.retract(first);
    let row = self::row(&story);
    assert_eq!(row.phases[0].planned_end_on(day(29)), None);
}

#[test]
fn what_is_recorded_after_a_period_was_closed_is_late_for_it() {
    let mut story = Story::default();
    story.record(0, opened("prova"));
    let closed = story.record(
        40,
        PeriodClosed {
            from: day(1),
            to: day(30),
        },
    );
    let row = row(&story);
    let late = |position, on| crate::quality::closed_before(&row.closures, position, day(on));
    assert_eq!(late(closed + 1, 1), Some(closed));
    assert_eq!(late(closed + 1, 30), Some(closed));
    assert_eq!(late(closed + 1, 31), None);
    assert_eq!(late(closed + 1, 0), None);
    assert_eq!(late(closed - 1, 15), None);
    // A period that was opened again takes facts in time.
    story.retract(closed);
    assert_eq!(self::row(&story).closures, []);
}

#[test]
fn rules_targets_partners_and_reports_hold_from_their_day() {
    let mut story = Story::default();
    story.record(0, opened("prova"));
    let rules = |above: i64| RulesSet {
        approve_expenses_above: Some(Money::from(above)),
        confirm_admission: true,
        confirm_exit: false,
        ask_citizenship: false,
        unseen_after_days: 14,
        retention: None,
    };
    story.record(20, rules(500));
    story.record(10, rules(100));
    let target = |value: i64| TargetSet {
        indicator: 14,
        value: Money::from(value),
        direction: TargetDirection::AtLeast,
        due: None,
        set_by: None,
    };
    story.record(5, target(3));
    story.record(15, target(4));
    story.record(2, partner(1));
    let joined = row(&story).partners[0].partner;
    story.record(
        50,
        PartnerLeft {
            partner: joined,
            reason: Answer::NotCollected,
        },
    );
    let published = ReportPublished {
        report: ReportId(Uuid::from_u128(1)),
        from: day(0),
        to: day(30),
        definitions: 1,
        position: 4,
        language: Language::It,
        audience: Audience::Funder,
        figures: "{}".into(),
        artefacts: Vec::new(),
    };
    story.record(31, published);
    story.record(
        60,
        ReportRestated {
            report: ReportId(Uuid::from_u128(2)),
            restates: ReportId(Uuid::from_u128(1)),
            definitions: 1,
            position: 9,
            reason: RestatementReason::LateFact,
            causes: vec![8],
            figures: "{}".into(),
            artefacts: Vec::new(),
        },
    );
    let row = row(&story);
    let limit = |on| {
        row.rules_on(day(on))
            .and_then(|rules| rules.approve_expenses_above)
    };
    assert_eq!(
        [9, 10, 19, 20].map(limit),
        [None, Some(100.into()), Some(100.into()), Some(500.into())]
    );
    let targets: Vec<_> = row
        .targets
        .iter()
        .map(|target| (target.on, target.value))
        .collect();
    assert_eq!(targets, [(day(5), 3.into()), (day(15), 4.into())]);
    assert_eq!(
        row.partners[0].left.as_ref().map(|left| left.on),
        Some(day(50))
    );
    assert_eq!(row.reports[1].frame, row.reports[0].frame);
    assert!(row.reports[0].restates.is_none() && row.reports[1].restates.is_some());
}

#[test]
fn facts_of_households_do_not_touch_it() {
    let mut story = Story::default();
    let opening = story.record(0, opened("prova"));
    story.record(3, admitted(1, Some(1), 1, &[]));
    assert_eq!(row(&story).position, opening);
}
