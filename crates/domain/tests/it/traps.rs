//! What is easily got wrong, each told as a story.

use events::codes::*;
use events::*;

use crate::facts::*;
use crate::log::{Log, Step};

fn log(given: Vec<Step>) -> Log {
    Log::given(day(1000), given)
}

fn code(log: &Log, step: Step) -> &'static str {
    match log.decide(step) {
        Ok(_) => "accepted",
        Err(refusal) => refusal.code(),
    }
}

fn accept(log: &mut Log, step: Step) -> Position {
    let kind = step.event.kind();
    match log.execute(step) {
        Ok(position) => position,
        Err(refusal) => panic!("{kind} is refused: {refusal}"),
    }
}

/// Household 1 with a bit of everything, out on day 60; next at position 17.
fn left_household() -> Vec<Step> {
    with(
        admitted_household(),
        [
            on(20, signed(1, 100)),
            on(25, plan(1)),
            on(26, goal_set(1, 1)),
            on(27, placed(1, 1, 1)),
            on(28, training(1, 1, 1)),
            on(29, service_referred(1, 1, Some(1), 1)),
            on(60, exit(1, &[1, 2])),
        ],
    )
}

#[test]
fn after_the_exit_there_is_little_to_record() {
    let log = log(with(left_household(), [on(30, consented(1, 1, None))]));
    let follow_up_stage = AssessmentStage::FollowUp;
    let still: Vec<Event> = vec![
        follow_up(1, FollowUpMonth::Month3).into(),
        outcome(1, 1).into(),
        consented(1, 2, Some(1)).into(),
        consent_withdrawn(1, 1).into(),
        noted(1, Some(2)).into(),
        scored(1, 1, follow_up_stage).into(),
        risk(1, 1, follow_up_stage).into(),
        retracted(16).into(),
    ];
    for event in still {
        let kind = event.kind();
        assert_eq!(code(&log, on(150, event)), "accepted", "{kind}");
    }
    let no_more: Vec<Event> = vec![
        visit(1, &[]).into(),
        service(1, None).into(),
        service_referred(1, 2, None, 1).into(),
        incident(1, 1).into(),
        breach(1, None).into(),
        joined(1, 3).into(),
        left(1, 2, None).into(),
        moved(1, 2).into(),
        signed(1, 400).into(),
        granted(1, 400).into(),
        plan(1).into(),
        goal_set(1, 2).into(),
        revised(1, 1).into(),
        reviewed(1, 1).into(),
        given_up(1, 1).into(),
        scored(1, 1, AssessmentStage::Exit).into(),
        placed(1, 1, 2).into(),
        job_ended(1, 1).into(),
        training(1, 1, 2).into(),
        training_ended(1, 1).into(),
        income(1, 1).into(),
        schooling(1, 2).into(),
        assessed_referral(1).into(),
    ];
    for event in no_more {
        let kind = event.kind();
        assert_eq!(code(&log, on(150, event)), "after_exit", "{kind}");
    }
    // On the day itself all is possible.
    for event in [visit(1, &[1]).into(), Event::from(job_ended(1, 1))] {
        assert_eq!(code(&log, on(60, event)), "accepted");
    }
}

#[test]
fn a_closed_period_takes_late_facts_and_corrections() {
    let mut log = log(with(
        left_household(),
        [on(30, visit(1, &[1])), on(90, period(5, 80))],
    ));
    accept(&mut log, on(40, visit(1, &[2])));
    accept(&mut log, on(41, expense(1)));
    accept(&mut log, on(100, corrected(17, on(31, visit(1, &[1])))));
    accept(&mut log, on(100, retracted(17)));
}

#[test]
fn a_fact_may_come_long_after_its_day_if_the_rules_hold_on_that_day() {
    let mut log = log(left_household());
    accept(&mut log, on(21, visit(1, &[1, 2])));
    assert_eq!(code(&log, on(19, visit(1, &[1]))), "not_a_member");
    // The exit does not name whoever would have joined before it.
    assert_eq!(code(&log, on(22, joined(1, 3))), "recorded_fact_breaks");
}

#[test]
fn an_approval_stands_while_what_was_approved_stands() {
    let content = |amount, description: &str| ExpenseRecorded {
        amount: euros(amount),
        description: description.to_owned(),
        ..expense(1)
    };
    let mut log = log(with(
        referred_household(),
        [on(30, content(200, "Letti")), on(31, approved(1)).by("bea")],
    ));
    let again = || on(40, approved(1)).by("carla");
    assert_eq!(code(&log, again()), "expense_already_approved");
    // Another description, or another day before the approval: the same money.
    accept(
        &mut log,
        on(32, corrected(9, on(29, content(200, "Tre letti")))),
    );
    assert_eq!(code(&log, again()), "expense_already_approved");
    let dearer = accept(
        &mut log,
        on(33, corrected(9, on(29, content(300, "Tre letti")))),
    );
    // Who said so last does not approve it herself.
    assert_eq!(code(&log, on(40, approved(1))), "approves_own");
    let second = accept(&mut log, again());
    assert_eq!(
        code(&log, on(41, approved(1)).by("bea")),
        "expense_already_approved"
    );
    // With the dearer version its approval goes, and the first one is back.
    accept(&mut log, on(42, retracted(dearer)));
    assert_eq!(
        code(&log, on(43, approved(1)).by("carla")),
        "expense_already_approved"
    );
    accept(&mut log, on(44, retracted(10)));
    accept(&mut log, on(45, approved(1)).by("carla"));
    accept(&mut log, on(46, retracted(second)));
}

#[test]
fn who_corrected_an_expense_does_not_approve_it() {
    let mut log = log(with(referred_household(), [on(30, expense(1))]));
    let mut dearer = expense(1);
    dearer.amount = euros(300);
    accept(&mut log, on(31, corrected(9, on(30, dearer))).by("bea"));
    assert_eq!(code(&log, on(32, approved(1)).by("bea")), "approves_own");
    accept(&mut log, on(32, approved(1)));
}

#[test]
fn the_rules_say_what_needs_approval() {
    assert!(!rules().needs_approval(euros(100)));
    assert!(rules().needs_approval(euros(101)));
    let nothing = RulesSet {
        approve_expenses_above: None,
        ..rules()
    };
    assert!(!nothing.needs_approval(euros(1_000_000)));
}

#[test]
fn a_confirmation_is_of_what_stood_and_is_taken_back_by_retracting_it() {
    let mut log = log(left_household());
    let seen = accept(&mut log, on(61, confirmed(16)).by("bea"));
    let by_her = || on(63, confirmed(16)).by("carla");
    assert_eq!(code(&log, by_her()), "already_confirmed");
    let mended = accept(&mut log, on(62, corrected(16, on(61, exit(1, &[1, 2])))));
    assert_eq!(code(&log, by_her()), "corrected_since");
    accept(&mut log, on(63, confirmed(mended)).by("bea"));
    // Without the correction, what was confirmed first stands again, confirmed.
    accept(&mut log, on(64, retracted(mended)));
    assert_eq!(code(&log, by_her()), "already_confirmed");
    let taken_back = accept(&mut log, on(65, retracted(seen)));
    accept(&mut log, by_her());
    assert_eq!(code(&log, on(66, retracted(seen))), "already_retracted");
    accept(&mut log, on(66, retracted(taken_back)));
}

#[test]
fn an_admission_under_four_eyes_keeps_its_confirmation() {
    let strict = RulesSet {
        confirm_admission: true,
        ..rules()
    };
    let mut log = log(with(referred_household(), [on(11, strict)]));
    let enter = || on(20, admission(1, Some(1), &[1, 2]));
    assert_eq!(code(&log, enter()), "not_confirmed");
    accept(&mut log, on(13, confirmed(DECISION)).by("bea"));
    accept(&mut log, enter());
    // The rules change: who is in stays in, and goes on living.
    accept(&mut log, on(11, rules()));
    accept(&mut log, on(30, retracted(10)));
    accept(&mut log, on(31, visit(1, &[1])));
}

#[test]
fn a_dwelling_is_worked_on_and_given_back() {
    let mut log = log(with(admitted_household(), [on(40, exit(1, &[1, 2]))]));
    accept(&mut log, on(40, works(1)));
    accept(&mut log, on(50, works_done(1)));
    accept(&mut log, on(55, available(1)));
    accept(&mut log, on(10, referred(2)));
    accept(&mut log, on(12, accepted(2)));
    assert_eq!(
        code(&log, on(54, admission(2, Some(1), &[3]))),
        "dwelling_not_available"
    );
    accept(&mut log, on(55, admission(2, Some(1), &[3])));
    // The first household's exit cannot move into the works.
    assert_eq!(
        code(&log, on(60, corrected(10, on(41, exit(1, &[1, 2]))))),
        "correction_breaks"
    );
    assert_eq!(code(&log, on(60, retracted(13))), "correction_breaks");
}

#[test]
fn a_closed_pilot_is_paid_for_asked_after_and_reported_on() {
    let log = log(with(
        left_household(),
        [on(30, consented(1, 1, None)), on(100, closed())],
    ));
    let still: Vec<Event> = vec![
        follow_up(1, FollowUpMonth::Month3).into(),
        outcome(1, 1).into(),
        noted(1, None).into(),
        consent_withdrawn(1, 1).into(),
        pledged(1, 1, 10).into(),
        received(1, None, 10).into(),
        allocated(10).into(),
        expense(1).into(),
        period(5, 100).into(),
        published(1).into(),
        retracted(17).into(),
    ];
    for event in still {
        let kind = event.kind();
        assert_eq!(code(&log, on(150, event)), "accepted", "{kind}");
    }
    let no_more: Vec<Event> = vec![
        rules().into(),
        joined_as_partner(2).into(),
        taken(1, None).into(),
        works(2).into(),
        referred(2).into(),
        consented(1, 2, None).into(),
    ];
    for event in no_more {
        let kind = event.kind();
        assert_eq!(code(&log, on(150, event)), "after_closing", "{kind}");
    }
}

#[test]
fn a_partner_leaves_whatever_households_rely_on_it() {
    // A decision on the pilot's stream does not look at households: what was recorded of them
    // stays, and only what comes after is refused.
    let mut log = log(left_household());
    accept(&mut log, on(28, partner_left(1)));
    assert_eq!(
        code(&log, on(30, service_referred(1, 2, None, 1))),
        "partner_left"
    );
    accept(&mut log, on(30, visit(1, &[1])));
    // The money and the committee are looked at.
    let mut log = self::log(left_household());
    accept(&mut log, on(30, meeting_held(1, &[1])));
    assert_eq!(code(&log, on(28, partner_left(1))), "recorded_fact_breaks");
}

#[test]
fn the_longest_report_fits_into_the_log() {
    // What the log takes of one fact, as compact JSON.
    const PAYLOAD_BYTES: usize = 256 * 1024;
    let limit = domain::limits::MAX_FIGURES_BYTES;
    // Everything in it is escaped once more.
    let mut figures = format!("{{\"\":\"{}\"}}", "\\".repeat((limit - 7) / 2 * 2));
    figures.truncate(limit);
    let artefact = |entry: &CodeEntry<ReportFormat>| Artefact {
        format: entry.value,
        sha256: "0a".repeat(32),
    };
    let causes = domain::limits::MAX_CAUSES;
    let last = Position::MAX;
    let first = last - Position::try_from(causes).expect("few causes");
    let restated = ReportRestated {
        position: last,
        causes: (first..last).collect(),
        figures,
        artefacts: ReportFormat::ENTRIES.iter().map(artefact).collect(),
        ..restated(2, 1)
    };
    let log = log(with(left_household(), [on(70, published(1))]));
    assert_eq!(code(&log, on(71, restated.clone())), "accepted");
    let data = Event::from(restated).encode().expect("is written").data;
    let bytes = data.to_string().len();
    assert!(bytes <= PAYLOAD_BYTES, "{bytes} bytes");
    assert!(bytes > 2 * limit - 100, "{bytes} bytes: not the longest");
}
