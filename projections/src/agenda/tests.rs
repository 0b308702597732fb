use chrono::Days;
use events::codes::*;
use events::*;
use uuid::Uuid;

use super::*;
use crate::Snapshot;
use crate::fixtures::*;

fn expense_id(n: u8) -> ExpenseId {
    ExpenseId(Uuid::from_u128(0x7000 + u128::from(n)))
}

fn meeting(n: u8) -> MeetingId {
    MeetingId(Uuid::from_u128(0x7100 + u128::from(n)))
}

fn decision(n: u8) -> DecisionId {
    DecisionId(Uuid::from_u128(0x7200 + u128::from(n)))
}

fn consent(n: u8, expires: Option<u64>) -> Event {
    ConsentGiven {
        household: household(1),
        consent: ConsentId(Uuid::from_u128(0x7300 + u128::from(n))),
        person: None,
        purposes: vec![ConsentPurpose::Evaluation],
        recipients: vec![],
        indicators: vec![],
        form: ConsentForm::Written,
        expires_on: expires.map(day),
    }
    .into()
}

fn signed(ends: u64) -> Event {
    AgreementSigned {
        household: household(1),
        ends_on: day(ends),
    }
    .into()
}

fn extended(until: u64) -> Event {
    ExtensionGranted {
        household: household(1),
        until: day(until),
        reason: ExtensionReason::Work,
    }
    .into()
}

fn goal_due(n: u8, due: u64) -> Event {
    GoalSet {
        household: household(1),
        goal: goal(n),
        domain: GoalDomain::Housing,
        due: Some(day(due)),
        text: None,
    }
    .into()
}

fn followed(month: FollowUpMonth, result: FollowUpResult) -> Event {
    FollowUpRecorded {
        household: household(1),
        month,
        result,
        housing: Answer::NotCollected,
        employment: Answer::NotCollected,
        new_violence: Answer::NotCollected,
        safety: Answer::NotCollected,
    }
    .into()
}

fn rules(approve_above: Option<i64>, confirm: bool) -> Event {
    RulesSet {
        approve_expenses_above: approve_above.map(Money::from),
        confirm_admission: confirm,
        confirm_exit: confirm,
        ask_citizenship: false,
        unseen_after_days: 14,
        retention: None,
    }
    .into()
}

fn spent(n: u8, amount: i64) -> Event {
    ExpenseRecorded {
        expense: expense_id(n),
        line: ExpenseLine::Furniture,
        source: None,
        amount: Money::from(amount),
        description: "Letti".into(),
    }
    .into()
}

fn approved(n: u8) -> Event {
    let expense = expense_id(n);
    ExpenseApproved { expense }.into()
}

fn phase_until(phase: Phase, end: Option<u64>) -> Event {
    let planned_end = end.map(day);
    PhaseStarted { phase, planned_end }.into()
}

fn closed(end: PilotEnd) -> Event {
    PilotClosed { end }.into()
}

/// Records as somebody else than everybody.
fn by_another(story: &mut Story, on: u64, event: impl Into<Event>) -> Position {
    let position = story.record(on, event);
    story.facts[position as usize - 1].actor = "another".into();
    position
}

/// Somebody else confirms what household 1's fact at `position` says.
fn confirm(story: &mut Story, on: u64, position: Position) -> Position {
    let stream = Stream::Household(household(1));
    let at = story.record_in(stream, vec![], on, RecordConfirmed { position }.into());
    story.facts[at as usize - 1].actor = "another".into();
    at
}

fn listed(story: &Story, today: u64) -> Vec<Entry> {
    let snapshot = Snapshot::fold(PILOT, &story.facts);
    list(
        &snapshot.pilot_agenda,
        snapshot.agenda.values(),
        day(today),
        &Filter::default(),
    )
}

/// Day due and state of everything of a kind.
fn of_kind(story: &Story, kind: Kind, today: u64) -> Vec<(NaiveDate, State)> {
    listed(story, today)
        .into_iter()
        .filter(|entry| entry.item.kind == kind)
        .map(|entry| (entry.item.due, entry.state))
        .collect()
}

fn states(story: &Story, kind: Kind, today: u64) -> Vec<State> {
    let of_kind = of_kind(story, kind, today);
    of_kind.into_iter().map(|(_, state)| state).collect()
}

fn date(text: &str) -> NaiveDate {
    text.parse().expect("a day")
}

#[test]
fn a_plan_is_due_thirty_days_after_the_entry() {
    let mut story = Story::default();
    story.record(0, referred(1));
    story.record(10, admitted(1, Some(1), 1, &[]));
    assert_eq!(
        of_kind(&story, Kind::Plan, 25),
        [(day(40), State::NotYetDue)]
    );
    // Fourteen days before.
    assert_eq!(states(&story, Kind::Plan, 26), [State::Due]);
    assert_eq!(states(&story, Kind::Plan, 40), [State::Due]);
    assert_eq!(states(&story, Kind::Plan, 41), [State::Overdue]);
    story.record(45, planned(1));
    assert_eq!(states(&story, Kind::Plan, 45), [State::Done]);
    // What had not happened yet had not been done.
    assert_eq!(states(&story, Kind::Plan, 44), [State::Overdue]);
    // Before the entry nothing was due.
    assert_eq!(states(&story, Kind::Plan, 9), []);
    // The plan is to be reviewed by day 90 (the fixture's).
    assert_eq!(states(&story, Kind::PlanReview, 91), [State::Overdue]);
    story.record(92, planned(1));
    let reviews = of_kind(&story, Kind::PlanReview, 92);
    assert_eq!(reviews, [(day(90), State::Done), (day(90), State::Overdue)]);
}

#[test]
fn an_exit_leaves_what_was_due_before_as_missed_and_the_rest_unneeded() {
    let mut story = Story::default();
    story.record(0, admitted(1, Some(1), 1, &[]));
    story.record(1, goal_due(1, 50));
    story.record(1, goal_due(2, 20));
    story.record(35, exited(1, &[1]));
    assert_eq!(states(&story, Kind::Plan, 34), [State::Overdue]);
    assert_eq!(states(&story, Kind::Plan, 35), [State::Missed]);
    let goals = of_kind(&story, Kind::Goal, 35);
    assert_eq!(
        goals,
        [(day(20), State::Missed), (day(50), State::NoLongerNeeded)]
    );
}

#[test]
fn a_goal_is_done_when_it_was_looked_at_in_time_or_reached_before() {
    let mut story = Story::default();
    story.record(0, admitted(1, Some(1), 1, &[]));
    story.record(1, goal_due(1, 50));
    // Less than expected, long before: it is still to be looked at when it is due.
    story.record(10, reviewed(1, 1, -1));
    assert_eq!(states(&story, Kind::Goal, 51), [State::Overdue]);
    let reached = story.record(20, reviewed(1, 1, 0));
    assert_eq!(states(&story, Kind::Goal, 20), [State::Done]);
    story.retract(reached);
    story.record(50, reviewed(1, 1, -2));
    let goals = listed(&story, 50)
        .into_iter()
        .find(|e| e.item.kind == Kind::Goal);
    let done = goals.and_then(|entry| entry.item.done);
    assert_eq!(done.and_then(|done| done.result), Some(Outcome::Goal(-2)));
}

#[test]
fn a_revised_goal_is_due_when_it_was_last_said_and_a_withdrawn_one_no_more() {
    let mut story = Story::default();
    story.record(0, admitted(1, Some(1), 1, &[]));
    story.record(1, goal_due(1, 50));
    let revised = GoalRevised {
        household: household(1),
        goal: goal(1),
        domain: GoalDomain::Housing,
        due: Some(day(80)),
        text: None,
    };
    story.record(40, revised);
    // On day 39 nobody knew of the new day.
    assert_eq!(of_kind(&story, Kind::Goal, 39), [(day(50), State::Due)]);
    assert_eq!(
        of_kind(&story, Kind::Goal, 60),
        [(day(80), State::NotYetDue)]
    );
    let withdrawn = GoalWithdrawn {
        household: household(1),
        goal: goal(1),
        reason: Answer::NotCollected,
    };
    story.record(60, withdrawn);
    assert_eq!(states(&story, Kind::Goal, 90), [State::NoLongerNeeded]);
}

/// The trap: a case with an empty follow-up list counted as followed up.
#[test]
fn a_household_without_follow_ups_is_not_followed_up() {
    let mut story = Story::default();
    story.record(0, admitted(1, Some(1), 1, &[]));
    assert_eq!(states(&story, Kind::FollowUp, 30), [], "nobody left yet");
    // The exit is on 31 January 2024.
    story.record(30, exited(1, &[1]));
    let due = [date("2024-04-30"), date("2024-07-31"), date("2025-01-31")];
    let follow_ups = of_kind(&story, Kind::FollowUp, 30);
    assert_eq!(follow_ups, due.map(|due| (due, State::NotYetDue)));
    let on = |text: &str| {
        let days = date(text).signed_duration_since(day(0)).num_days();
        states(&story, Kind::FollowUp, days as u64)
    };
    // Three months: from 30 March to 30 May.
    assert_eq!(on("2024-03-29")[0], State::NotYetDue);
    assert_eq!(on("2024-03-30")[0], State::Due);
    assert_eq!(on("2024-05-30")[0], State::Due);
    assert_eq!(on("2024-05-31")[0], State::Missed);
    // After everything: three times missed, nothing done.
    assert_eq!(on("2026-01-01"), [State::Missed; 3]);
}

#[test]
fn a_follow_up_counts_within_its_window_and_being_reached_beats_trying() {
    let mut story = Story::default();
    story.record(0, admitted(1, Some(1), 1, &[]));
    story.record(30, exited(1, &[1]));
    let first = |story: &Story, today| {
        let snapshot = Snapshot::fold(PILOT, &story.facts);
        let items = household::follow_ups(&snapshot.agenda[&household(1)], day(today));
        items[0].done.and_then(|done| done.result)
    };
    // Two months after: too early for the third.
    story.record(80, followed(FollowUpMonth::Month3, FollowUpResult::Reached));
    assert_eq!(first(&story, 80), None);
    // Day 90 is 31 March 2024, in the window.
    story.record(
        90,
        followed(FollowUpMonth::Month3, FollowUpResult::Unreachable),
    );
    let unreachable = Some(Outcome::FollowUp(FollowUpResult::Unreachable));
    assert_eq!(first(&story, 95), unreachable);
    story.record(
        100,
        followed(FollowUpMonth::Month3, FollowUpResult::Reached),
    );
    story.record(
        110,
        followed(FollowUpMonth::Month3, FollowUpResult::Refused),
    );
    assert_eq!(first(&story, 99), unreachable);
    let reached = Some(Outcome::FollowUp(FollowUpResult::Reached));
    assert_eq!(first(&story, 120), reached);
    // One that comes after the window settles nothing.
    let mut late = Story::default();
    late.record(30, exited(1, &[1]));
    late.record(
        160,
        followed(FollowUpMonth::Month3, FollowUpResult::Reached),
    );
    assert_eq!(first(&late, 170), None);
}

#[test]
fn the_dead_are_not_asked() {
    let mut story = Story::default();
    story.record(30, exited(1, &[1]));
    let mut event = followed(FollowUpMonth::Month3, FollowUpResult::Reached);
    if let Event::FollowUpRecorded(recorded) = &mut event {
        recorded.housing = Answer::Known(LivingSituation::Deceased);
    }
    story.record(120, event);
    let expected = [State::Done, State::NoLongerNeeded, State::NoLongerNeeded];
    assert_eq!(states(&story, Kind::FollowUp, 700), expected);
}

#[test]
fn each_end_of_the_hospitality_is_extended_or_comes() {
    let mut story = Story::default();
    story.record(0, admitted(1, Some(1), 1, &[]));
    assert_eq!(
        of_kind(&story, Kind::AgreementSigning, 8),
        [(day(7), State::Overdue)]
    );
    story.record(8, signed(100));
    assert_eq!(states(&story, Kind::AgreementSigning, 8), [State::Done]);
    // Thirty days before the end.
    assert_eq!(
        of_kind(&story, Kind::ExtensionDecision, 70),
        [(day(70), State::Due)]
    );
    assert_eq!(
        states(&story, Kind::ExtensionDecision, 71),
        [State::Overdue]
    );
    assert_eq!(
        of_kind(&story, Kind::HospitalityEnd, 101),
        [(day(100), State::Overdue)]
    );
    story.record(95, extended(150));
    let decisions = of_kind(&story, Kind::ExtensionDecision, 101);
    assert_eq!(
        decisions,
        [(day(70), State::Done), (day(120), State::NotYetDue)]
    );
    let ends = of_kind(&story, Kind::HospitalityEnd, 101);
    assert_eq!(
        ends,
        [
            (day(100), State::NoLongerNeeded),
            (day(150), State::NotYetDue)
        ]
    );
    story.record(110, exited(1, &[1]));
    assert_eq!(states(&story, Kind::HospitalityEnd, 110)[1], State::Done);
    assert_eq!(
        states(&story, Kind::ExtensionDecision, 110)[1],
        State::NoLongerNeeded
    );
}

#[test]
fn a_referral_is_decided_in_fourteen_days() {
    let mut story = Story::default();
    story.record(0, referred(1));
    assert_eq!(
        of_kind(&story, Kind::ReferralDecision, 15),
        [(day(14), State::Overdue)]
    );
    let waiting = story.record(15, decided(1, AdmissionDecision::Waiting));
    assert_eq!(states(&story, Kind::ReferralDecision, 15), [State::Done]);
    story.retract(waiting);
    let withdrawn = ReferralWithdrawn {
        household: household(1),
        reason: Answer::NotCollected,
    };
    story.record(16, withdrawn);
    assert_eq!(
        states(&story, Kind::ReferralDecision, 16),
        [State::NoLongerNeeded]
    );
}

#[test]
fn consents_run_out_unless_renewed_or_taken_back() {
    let mut story = Story::default();
    story.record(0, referred(1));
    story.record(0, consent(1, Some(100)));
    assert_eq!(states(&story, Kind::ConsentExpiry, 101), [State::Overdue]);
    let renewed = story.record(90, consent(2, None));
    assert_eq!(states(&story, Kind::ConsentExpiry, 101), [State::Done]);
    // A renewal that was taken back renews nothing.
    let withdrawn = ConsentWithdrawn {
        household: household(1),
        consent: ConsentId(Uuid::from_u128(0x7302)),
    };
    story.record(95, withdrawn);
    assert_eq!(states(&story, Kind::ConsentExpiry, 101), [State::Overdue]);
    story.retract(renewed);
    assert_eq!(states(&story, Kind::ConsentExpiry, 85), [State::NotYetDue]);
}

#[test]
fn the_outcome_of_a_service_is_due_after_sixty_days_also_after_the_exit() {
    let mut story = Story::default();
    let referral = ServiceReferralId(Uuid::from_u128(0x7400));
    let referred = ServiceReferred {
        household: household(1),
        referral,
        person: None,
        partner: PartnerId(Uuid::from_u128(0x6001)),
        service: Service::Legal,
    };
    story.record(0, admitted(1, Some(1), 1, &[]));
    story.record(5, referred);
    story.record(20, exited(1, &[1]));
    let due = of_kind(&story, Kind::ServiceOutcome, 66);
    assert_eq!(due, [(day(65), State::Overdue)]);
    let outcome = ReferralOutcome {
        household: household(1),
        referral,
        outcome: ReferralResult::Attained,
    };
    story.record(70, outcome);
    assert_eq!(states(&story, Kind::ServiceOutcome, 70), [State::Done]);
}

#[test]
fn a_confirmation_is_wanted_only_where_the_rules_ask_it() {
    let mut story = Story::default();
    story.record(0, referred(1));
    let accepted = story.record(5, decided(1, AdmissionDecision::Accepted));
    assert_eq!(states(&story, Kind::Confirmation, 6), []);
    story.record(6, rules(None, true));
    assert_eq!(
        of_kind(&story, Kind::Confirmation, 6),
        [(day(12), State::Due)]
    );
    let confirmed = confirm(&mut story, 8, accepted);
    assert_eq!(states(&story, Kind::Confirmation, 7), [State::Due]);
    assert_eq!(states(&story, Kind::Confirmation, 8), [State::Done]);
    // A correction is to be confirmed anew.
    story.correct(accepted, 4, decided(1, AdmissionDecision::Accepted));
    assert_eq!(states(&story, Kind::Confirmation, 20), [State::Overdue]);
    let correction = story.facts.len() as Position;
    let again = confirm(&mut story, 19, correction);
    assert_ne!(again, confirmed);
    let entry = listed(&story, 20)
        .into_iter()
        .find(|entry| entry.item.kind == Kind::Confirmation)
        .expect("it");
    assert_eq!(
        entry.item.done.map(|done| (done.on, done.position)),
        Some((day(19), again))
    );
}

#[test]
fn an_expense_awaits_approval_by_another_and_again_when_its_amount_changes() {
    let mut story = Story::default();
    story.record(0, opened("prova"));
    story.record(0, rules(Some(100), false));
    story.record(1, spent(1, 100));
    let expense = story.record(1, spent(2, 101));
    // One hundred is not more than one hundred.
    let waiting = of_kind(&story, Kind::ExpenseApproval, 2);
    assert_eq!(waiting, [(day(15), State::Due)]);
    story.record(3, approved(2));
    assert_eq!(
        states(&story, Kind::ExpenseApproval, 3),
        [State::Due],
        "by herself"
    );
    by_another(&mut story, 4, approved(2));
    assert_eq!(states(&story, Kind::ExpenseApproval, 4), [State::Done]);
    // Another description leaves the approval, another amount takes it.
    let mut same = spent(2, 101);
    if let Event::ExpenseRecorded(recorded) = &mut same {
        recorded.description = "Armadi".into();
    }
    story.correct(expense, 1, same);
    assert_eq!(states(&story, Kind::ExpenseApproval, 5), [State::Done]);
    let correction = story.correct(expense, 1, spent(2, 500));
    assert_eq!(states(&story, Kind::ExpenseApproval, 5), [State::Due]);
    // What was approved is what it says again.
    story.retract(correction);
    assert_eq!(states(&story, Kind::ExpenseApproval, 5), [State::Done]);
}

#[test]
fn an_expense_that_came_back_needs_no_approval() {
    let mut story = Story::default();
    story.record(0, rules(Some(100), false));
    story.record(1, spent(1, 300));
    let back = |amount: i64| ExpenseReversed {
        expense: expense_id(1),
        amount: Money::from(amount),
        reason: ReversalReason::NotApproved,
    };
    story.record(2, back(200));
    assert_eq!(states(&story, Kind::ExpenseApproval, 2), [State::Due]);
    story.record(3, back(100));
    assert_eq!(
        states(&story, Kind::ExpenseApproval, 3),
        [State::NoLongerNeeded]
    );
}

#[test]
fn meetings_are_held_and_decisions_carried_out() {
    let mut story = Story::default();
    story.record(0, opened("prova"));
    let planned = MeetingPlanned {
        meeting: meeting(1),
        planned_for: day(30),
    };
    story.record(5, planned);
    let taken = DecisionTaken {
        decision: decision(1),
        meeting: None,
        title: "Tende".into(),
        responsible: None,
        due: Some(day(60)),
    };
    story.record(6, taken);
    assert_eq!(
        of_kind(&story, Kind::Meeting, 31),
        [(day(30), State::Overdue)]
    );
    let held = MeetingHeld {
        meeting: meeting(1),
        attendance: vec![],
    };
    story.record(33, held);
    assert_eq!(states(&story, Kind::Meeting, 33), [State::Done]);
    assert_eq!(
        states(&story, Kind::CommitteeDecision, 45),
        [State::NotYetDue]
    );
    story.record(61, closed(PilotEnd::StoppedEarly));
    assert_eq!(states(&story, Kind::CommitteeDecision, 61), [State::Missed]);
    let dropped = DecisionClosed {
        decision: decision(1),
        outcome: DecisionOutcome::Dropped,
    };
    story.record(60, dropped);
    assert_eq!(states(&story, Kind::CommitteeDecision, 61), [State::Done]);
}

#[test]
fn every_quarter_is_closed_and_reported_on_thirty_days_after_it() {
    let mut story = Story::default();
    // Opened on 15 February 2024: day 45.
    story.record(45, opened("prova"));
    let quarter = (date("2024-04-30"), State::Overdue);
    let today = date("2024-05-01").signed_duration_since(day(0)).num_days() as u64;
    let closings = of_kind(&story, Kind::PeriodClosing, today);
    // The second quarter ends on 30 June.
    assert_eq!(closings, [quarter, (date("2024-07-30"), State::NotYetDue)]);
    assert_eq!(of_kind(&story, Kind::Report, today), closings);
    // Two closures that hold every day of it from the opening on.
    for (from, to) in [("2024-02-01", "2024-02-29"), ("2024-03-01", "2024-03-31")] {
        assert_eq!(
            states(&story, Kind::PeriodClosing, today)[0],
            State::Overdue
        );
        let (from, to) = (date(from), date(to));
        story.record(100, PeriodClosed { from, to });
    }
    assert_eq!(states(&story, Kind::PeriodClosing, today)[0], State::Done);
    assert_eq!(states(&story, Kind::Report, today)[0], State::Overdue);
}

#[test]
fn the_experimental_phase_has_twelve_months() {
    let mut story = Story::default();
    story.record(0, opened("prova"));
    story.record(0, phase(Phase::Preparation));
    // From 31 January 2024 to 30 January 2025, its last day.
    story.record(30, phase_until(Phase::Experimental, Some(395)));
    let month = |story: &Story, today: &str| {
        let snapshot = Snapshot::fold(PILOT, &story.facts);
        pilot::experimental_month(&snapshot.pilot_agenda, date(today))
            .map(|month| (month.number, month.of, month.extended_to))
    };
    assert_eq!(month(&story, "2024-01-30"), None);
    assert_eq!(month(&story, "2024-01-31"), Some((1, 12, 12)));
    assert_eq!(month(&story, "2024-02-28"), Some((1, 12, 12)));
    // The second month begins on the last day of February.
    assert_eq!(month(&story, "2024-02-29"), Some((2, 12, 12)));
    assert_eq!(month(&story, "2025-01-30"), Some((12, 12, 12)));
    let extension = PhaseExtended {
        phase: Phase::Experimental,
        planned_end: date("2025-03-30"),
        decision: Some(decision(1)),
    };
    story.record(380, extension);
    assert_eq!(month(&story, "2024-06-01"), Some((5, 12, 12)));
    assert_eq!(month(&story, "2025-02-01"), Some((13, 12, 14)));
    let agenda = Snapshot::fold(PILOT, &story.facts).pilot_agenda;
    let now = pilot::phase_now(&agenda, day(400)).expect("a phase");
    assert_eq!(now.first_planned_end, Some(day(395)));
    assert_eq!(now.planned_end, Some(date("2025-03-30")));
    assert_eq!(now.extensions[0].decision, Some(decision(1)));
    // Two months were over on 1 April 2024, day 91.
    let over = states(&story, Kind::PhaseMonth, 91);
    assert_eq!(
        over.iter().filter(|state| **state == State::Done).count(),
        2
    );
    assert_eq!(over.len(), 12);
    // Whoever starts the closing phase ends this one.
    story.record(410, phase_until(Phase::Closing, Some(450)));
    assert_eq!(month(&story, "2025-02-20"), None);
    let snapshot = Snapshot::fold(PILOT, &story.facts);
    let phases = pilot::phases(&snapshot.pilot_agenda, day(410));
    assert_eq!(phases[1].ended.map(|mark| mark.on), Some(day(410)));
    // Planned to end after the closing phase, it comes second.
    assert_eq!(states(&story, Kind::PhaseEnd, 410)[1], State::Done);
    assert_eq!(
        of_kind(&story, Kind::PilotClosing, 451),
        [(day(450), State::Overdue)]
    );
    story.record(452, closed(PilotEnd::AsPlanned));
    assert_eq!(states(&story, Kind::PilotClosing, 452), [State::Done]);
}

#[test]
fn a_target_is_due_until_a_report_reaches_its_day_or_another_takes_its_place() {
    let mut story = Story::default();
    story.record(0, opened("prova"));
    let target = |due: Option<u64>| TargetSet {
        indicator: 7,
        value: Money::from(1),
        direction: TargetDirection::AtLeast,
        due: due.map(day),
        set_by: None,
    };
    story.record(1, target(Some(50)));
    assert_eq!(
        of_kind(&story, Kind::Target, 51),
        [(day(50), State::Overdue)]
    );
    story.record(20, target(None));
    // The second is due at the end of the pilot, of which nothing is known.
    assert_eq!(states(&story, Kind::Target, 51), [State::NoLongerNeeded]);
    story.record(21, phase_until(Phase::Closing, Some(90)));
    let targets = of_kind(&story, Kind::Target, 51);
    assert_eq!(
        targets,
        [
            (day(50), State::NoLongerNeeded),
            (day(90), State::NotYetDue)
        ]
    );
}

#[test]
fn who_lives_there_when_the_pilot_is_closed_is_seen() {
    let mut story = Story::default();
    story.record(0, opened("prova"));
    story.record(1, admitted(1, Some(1), 1, &[]));
    assert_eq!(states(&story, Kind::StillIn, 30), []);
    story.record(30, closed(PilotEnd::AsPlanned));
    assert_eq!(states(&story, Kind::StillIn, 31), [State::Overdue]);
    story.record(35, exited(1, &[1]));
    assert_eq!(states(&story, Kind::StillIn, 35), [State::Done]);
}

#[test]
fn a_list_is_in_order_and_holds_what_was_asked_for() {
    let mut story = Story::default();
    story.record(0, opened("prova"));
    for h in [1, 2] {
        story.record(0, referred(h));
        story.record(3, admitted(h, Some(h), h, &[]));
    }
    let all = listed(&story, 12);
    assert!(all.is_sorted_by_key(|entry| (entry.item.due, entry.item.kind)));
    let snapshot = Snapshot::fold(PILOT, &story.facts);
    let some = |filter: &Filter| {
        list(
            &snapshot.pilot_agenda,
            snapshot.agenda.values(),
            day(12),
            filter,
        )
    };
    let open = some(&Filter::open());
    // The agreements were due on day 10; the plans are due on day 33, the quarter on day 120.
    assert_eq!(open.len(), 2);
    assert!(open.iter().all(|entry| entry.state == State::Overdue));
    let one = Filter {
        household: Some(household(2)),
        kinds: [Kind::Plan, Kind::Report].into(),
        ..Filter::default()
    };
    assert_eq!(some(&one).len(), 1);
    let soon = Filter {
        due_by: Some(day(10)),
        ..Filter::open()
    };
    assert_eq!(some(&soon).len(), 2);
}

#[test]
fn every_kind_and_state_has_one_word() {
    for kind in Kind::ALL {
        assert_eq!(serde_json::json!(kind), kind.code());
    }
    for state in State::ALL {
        assert_eq!(serde_json::json!(state), state.code());
    }
}

/// A story of everything, with corrections, a retraction and confirmations.
pub(crate) fn everything() -> Story {
    let mut story = Story::default();
    story.record(0, opened("prova"));
    story.record(0, rules(Some(100), true));
    story.record(0, referred(1));
    let accepted = story.record(3, decided(1, AdmissionDecision::Accepted));
    confirm(&mut story, 4, accepted);
    let entry = story.record(5, admitted(1, Some(1), 1, &[2]));
    story.record(6, signed(100));
    story.record(7, planned(1));
    story.record(7, goal_due(1, 50));
    let spent_on = story.record(8, spent(1, 300));
    by_another(&mut story, 9, approved(1));
    story.record(9, consent(1, Some(60)));
    let wrong = story.record(10, reviewed(1, 1, 2));
    story.correct(entry, 6, admitted(1, Some(1), 1, &[2]));
    story.retract(wrong);
    story.record(11, income(1));
    story.record(12, placed(1, 1));
    let march = PeriodClosed {
        from: day(0),
        to: day(10),
    };
    let closing = story.record(20, march);
    story.correct(spent_on, 8, spent(1, 400));
    story.record(5, expense(2));
    story.record(9, visit(1, 30));
    story.record(30, exited(1, &[1, 2]));
    story.record(120, asked_again(1));
    story.retract(closing);
    story.record(121, closed(PilotEnd::AsPlanned));
    story
}

/// A row does not depend on where a batch of facts ended.
#[test]
fn rows_are_the_same_wherever_a_batch_ends() {
    let story = everything();
    let of = |stream: Stream| -> Vec<&Fact> {
        let own = story.facts.iter();
        own.filter(|fact| fact.stream == stream || fact.also.contains(&stream))
            .collect()
    };
    let household_facts = of(Stream::Household(household(1)));
    assert!(household_facts.len() > 12);
    for cut in 1..household_facts.len() {
        let (first, rest) = household_facts.split_at(cut);
        if rest
            .iter()
            .any(|fact| household::fold::needs_history(&fact.event))
        {
            continue;
        }
        let whole = household::fold::fold(household(1), &household_facts);
        let before = household::fold::fold(household(1), first).expect("a row");
        assert_eq!(
            Some(household::fold::advance(before, rest)),
            whole,
            "cut at {cut}"
        );
    }
    let streams = pilot::fold::STREAMS;
    let own: Vec<&Fact> = story
        .facts
        .iter()
        .filter(|fact| streams.contains(&fact.stream))
        .collect();
    for cut in 1..own.len() {
        let (first, rest) = own.split_at(cut);
        if rest
            .iter()
            .any(|fact| pilot::fold::needs_history(&fact.event))
        {
            continue;
        }
        let before = pilot::fold::fold(PILOT, first).expect("a row");
        let whole = pilot::fold::fold(PILOT, &own);
        assert_eq!(
            Some(pilot::fold::advance(before, rest)),
            whole,
            "cut at {cut}"
        );
    }
}

mod random {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]

        #[test]
        fn rows_are_the_same_wherever_a_batch_ends(story in any::story(60), at in 0_usize..60) {
            for h in [0, 1] {
                let stream = Stream::Household(household(h));
                let own: Vec<&Fact> = story
                    .facts
                    .iter()
                    .filter(|fact| fact.stream == stream || fact.also.contains(&stream))
                    .collect();
                let (first, rest) = own.split_at(at.min(own.len()));
                let Some(before) = household::fold::fold(household(h), first) else { continue };
                if rest.is_empty() || rest.iter().any(|fact| household::fold::needs_history(&fact.event)) {
                    continue;
                }
                let whole = household::fold::fold(household(h), &own);
                prop_assert_eq!(Some(household::fold::advance(before, rest)), whole);
            }
        }

        /// Nothing is done before the day on which it was done, nor without a fact of that day.
        #[test]
        fn what_is_not_yet_due_is_never_done(story in any::story(40), today in 0_u64..200) {
            for entry in listed(&story, today) {
                prop_assert!(entry.item.since <= day(today));
                match entry.state {
                    State::Done => prop_assert!(entry.item.done.is_some_and(|done| done.on <= day(today))),
                    State::NotYetDue => prop_assert!(entry.item.done.is_none() && day(today) <= entry.item.due),
                    State::Overdue => prop_assert!(entry.item.due < day(today)),
                    State::Due | State::Missed | State::NoLongerNeeded => {}
                }
            }
        }
    }
}

#[test]
fn nothing_is_lost_at_the_end_of_the_calendar() {
    let mut row = HouseholdAgenda::new(household(1));
    let on = NaiveDate::MAX - Days::new(1);
    row.marks.push(household::HouseholdMark {
        position: 1,
        on,
        confirmed: None,
        what: Happened::Exit {
            all_deceased: false,
        },
    });
    let items = household::items(&row, &[], NaiveDate::MAX);
    assert_eq!(items.len(), 3);
}
