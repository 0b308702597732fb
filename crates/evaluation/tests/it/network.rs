//! The way in, the network around the households, the end of the stay and the time after, on histories
//! small enough to compute by hand.

use std::collections::BTreeSet;

use crate::history::{History, PILOT, day, dwelling, household, person};
use chrono::Days;
use evaluation::{
    Group, Indicator, Period, Subject, Undefined, Value, Weekly, definition, evaluate,
};
use events::codes::*;
use events::*;
use projections::Snapshot;
use proptest::prelude::*;
use uuid::Uuid;

const LOOKING: Answer<EmploymentStatus> = Answer::Known(EmploymentStatus::Looking);
const RENTED: Answer<LivingSituation> = Answer::Known(LivingSituation::Rented);
const RETURNED: Answer<LivingSituation> = Answer::Known(LivingSituation::ReturnedToAbuser);

/// The indicators that these tests are about.
const NUMBERS: [u16; 14] = [1, 2, 3, 4, 5, 9, 12, 13, 16, 17, 26, 27, 28, 33];

fn period(from: &str, to: &str) -> Period {
    Period::new(day(from), day(to)).expect("a period")
}

fn first_quarter() -> Period {
    period("2024-01-01", "2024-03-31")
}

fn second_quarter() -> Period {
    period("2024-04-01", "2024-06-30")
}

fn whole_year() -> Period {
    period("2024-01-01", "2024-12-31")
}

fn indicator(snapshot: &Snapshot, period: Period, number: u16) -> Indicator {
    let all = evaluate(snapshot, period);
    all.into_iter()
        .find(|one| one.number == number)
        .expect("the indicator")
}

fn group<'a>(indicator: &'a Indicator, code: &str) -> &'a Group {
    let mut groups = indicator.groups.iter();
    groups.find(|group| group.code == code).expect("the group")
}

fn count_of(value: &Value, code: &str) -> u64 {
    let Value::Distribution(shares) = value else {
        panic!("{value:?} is no distribution")
    };
    let mut shares = shares.iter();
    shares.find(|share| share.code == code).expect(code).count
}

fn ratio(numerator: u64, denominator: u64) -> Value {
    Value::Ratio {
        numerator,
        denominator,
    }
}

const NO_SHARE: Value = Value::Undefined(Undefined::NoDenominator);
const NOTHING: Value = Value::Undefined(Undefined::NothingToMeasure);

fn partner(number: u128) -> PartnerId {
    PartnerId(Uuid::from_u128(0x7000 + number))
}

fn sent(number: u128) -> ServiceReferralId {
    ServiceReferralId(Uuid::from_u128(0x8000 + number))
}

fn refer(
    history: &mut History,
    on: &str,
    number: u128,
    source: Answer<ReferralSource>,
    children: u16,
) -> Position {
    let received = ReferralReceived {
        household: household(number),
        source,
        adults: 1,
        children,
        urgency: Answer::NotCollected,
    };
    history.record(day(on), received)
}

fn refer_simply(history: &mut History, on: &str, number: u128) -> Position {
    let refuge = Answer::Known(ReferralSource::Refuge);
    refer(history, on, number, refuge, 0)
}

fn decided(number: u128, decision: AdmissionDecision, reason: Option<DecisionReason>) -> Event {
    AdmissionDecided {
        household: household(number),
        decision,
        reason,
    }
    .into()
}

fn accept(history: &mut History, on: &str, number: u128) -> Position {
    history.record(day(on), decided(number, AdmissionDecision::Accepted, None))
}

fn decline(history: &mut History, on: &str, number: u128, why: DecisionReason) -> Position {
    let declined = decided(number, AdmissionDecision::Declined, Some(why));
    history.record(day(on), declined)
}

fn take_back(history: &mut History, on: &str, number: u128) -> Position {
    let withdrawn = ReferralWithdrawn {
        household: household(number),
        reason: Answer::Known(ReferralWithdrawalReason::OtherPlacement),
    };
    history.record(day(on), withdrawn)
}

fn sign(history: &mut History, on: &str, number: u128, ends: &str) -> Position {
    let signed = AgreementSigned {
        household: household(number),
        ends_on: day(ends),
    };
    history.record(day(on), signed)
}

fn extend(history: &mut History, on: &str, number: u128, until: &str) -> Position {
    let granted = ExtensionGranted {
        household: household(number),
        until: day(until),
        reason: ExtensionReason::NoHousing,
    };
    history.record(day(on), granted)
}

/// The household leaves, each of its persons for a place of her own.
fn left(
    number: u128,
    destinations: &[Answer<LivingSituation>],
    reason: Answer<ExitReason>,
    completion: Answer<Completion>,
    dismissal_reason: Option<DismissalReason>,
) -> Event {
    let members = (0..).zip(destinations).map(|(child, to)| MemberExit {
        person: person(number * 10 + child),
        destination: *to,
        employment: Answer::NotCollected,
    });
    Exit {
        household: household(number),
        members: members.collect(),
        reason,
        completion,
        dismissal_reason,
        client_safety: Answer::NotCollected,
        worker_safety: Answer::NotCollected,
        safety_plan: Answer::NotCollected,
    }
    .into()
}

fn leave_for(
    history: &mut History,
    on: &str,
    number: u128,
    destinations: &[Answer<LivingSituation>],
    reason: Answer<ExitReason>,
) -> Position {
    let completion = Answer::Known(Completion::Completed);
    let exit = left(number, destinations, reason, completion, None);
    history.record(day(on), exit)
}

fn asked(
    number: u128,
    month: FollowUpMonth,
    result: FollowUpResult,
    housing: Answer<LivingSituation>,
    new_violence: Answer<bool>,
) -> Event {
    FollowUpRecorded {
        household: household(number),
        month,
        result,
        housing,
        employment: Answer::NotCollected,
        new_violence,
        safety: Answer::NotCollected,
    }
    .into()
}

fn reach(
    history: &mut History,
    on: &str,
    number: u128,
    month: FollowUpMonth,
    housing: Answer<LivingSituation>,
    violence: Answer<bool>,
) -> Position {
    let reached = asked(number, month, FollowUpResult::Reached, housing, violence);
    history.record(day(on), reached)
}

/// An attempt that failed; what is answered then is nothing.
fn miss(
    history: &mut History,
    on: &str,
    number: u128,
    month: FollowUpMonth,
    result: FollowUpResult,
) -> Position {
    let nothing = asked(
        number,
        month,
        result,
        Answer::NotCollected,
        Answer::NotCollected,
    );
    history.record(day(on), nothing)
}

fn visited(number: u128, minutes: u16, partners: &[u128]) -> Event {
    Visit {
        household: household(number),
        kind: VisitKind::Home,
        purpose: VisitPurpose::Support,
        minutes,
        present: vec![person(number * 10), person(number * 10 + 1)],
        partners: partners.iter().copied().map(partner).collect(),
        note: None,
    }
    .into()
}

fn helped(number: u128, by: Option<u128>, minutes: Option<u16>) -> Event {
    ServiceProvided {
        household: household(number),
        person: None,
        partner: by.map(partner),
        service: Service::Legal,
        minutes,
        amount: None,
        note: None,
    }
    .into()
}

fn join(history: &mut History, on: &str, number: u128) -> Position {
    let joined = PartnerJoined {
        partner: partner(number),
        kind: PartnerKind::Association,
        name: format!("Partner {number}"),
    };
    history.record(day(on), joined)
}

fn send(history: &mut History, on: &str, number: u128, n: u128, service: Service) -> Position {
    let referred = ServiceReferred {
        household: household(number),
        referral: sent(n),
        person: None,
        partner: partner(1),
        service,
    };
    history.record(day(on), referred)
}

fn tell(
    history: &mut History,
    on: &str,
    number: u128,
    n: u128,
    outcome: ReferralResult,
) -> Position {
    let told = ReferralOutcome {
        household: household(number),
        referral: sent(n),
        outcome,
    };
    history.record(day(on), told)
}

fn retract(history: &mut History, on: &str, position: Position) -> Position {
    let reason = CorrectionReason::DidNotHappen;
    history.record(day(on), RecordRetracted { position, reason })
}

fn correct(history: &mut History, on: &str, position: Position, to: &str) -> Position {
    let event = history.facts[position as usize - 1].event.clone();
    let correction = RecordCorrected {
        position,
        replacement: Replacement {
            occurred_on: day(to),
            event: Box::new(event),
        },
        reason: CorrectionReason::WrongDate,
    };
    history.record(day(on), correction)
}

#[test]
fn nothing_there_is_undefined_or_none_and_never_a_zero_share() {
    let empty = Snapshot::empty(PILOT);
    let value = |number| indicator(&empty, first_quarter(), number).value;
    for number in [2, 13, 16, 17, 33] {
        assert_eq!(value(number), NO_SHARE, "{number}");
    }
    for number in [3, 5, 9, 12, 26] {
        assert_eq!(value(number), NOTHING, "{number}");
    }
    for number in [1, 4] {
        assert_eq!(value(number), Value::Count(0), "{number}");
    }
    for number in [27, 28] {
        let Value::Distribution(shares) = value(number) else {
            panic!("{number}")
        };
        assert!(shares.iter().all(|share| share.count == 0), "{number}");
    }
    for number in NUMBERS {
        let definition = definition(number).expect("a definition");
        assert_eq!(definition.version, 1);
        let one = indicator(&empty, first_quarter(), number);
        assert!(one.evidence.is_empty(), "{number}");
    }
}

#[test]
fn referrals_are_counted_by_who_asked() {
    let mut history = History::with_dwellings(0);
    let centre = Answer::Known(ReferralSource::AntiViolenceCentre);
    refer(&mut history, "2024-01-10", 1, centre, 2);
    let silent = refer(&mut history, "2024-03-31", 2, Answer::DoesNotKnow, 0);
    refer(&mut history, "2024-04-01", 3, centre, 1);
    // Taken back, it was received all the same.
    take_back(&mut history, "2024-02-01", 1);
    let received = indicator(&history.known_on(day("2024-12-31")), first_quarter(), 1);
    assert_eq!(received.value, Value::Count(2));
    let source = &group(&received, "source").value;
    assert_eq!(count_of(source, "anti_violence_centre"), 1);
    assert_eq!(count_of(source, "does_not_know"), 1);
    assert_eq!(count_of(source, "not_collected"), 0);
    assert_eq!(received.parts.unknown.positions, [silent]);
    // One woman with two children, and one alone.
    assert_eq!(group(&received, "persons").value, Value::Count(4));
    assert_eq!(group(&received, "adults").value, Value::Count(2));
    assert_eq!(group(&received, "children").value, Value::Count(2));
}

/// Seven households on their way in:
///
/// | | referred | what became of it |
/// |---|---|---|
/// | 1 | 5 January | waits since 12 January, accepted 15 January, entered 20 January |
/// | 2 | 6 January, with two children | declined 26 January: no dwelling free |
/// | 3 | 10 January, with a child | waits since 20 January: no dwelling free |
/// | 4 | 1 February | taken back 5 February |
/// | 5 | 10 February | nothing yet |
/// | 6 | 12 February | accepted 20 February, taken back 25 February |
/// | 7 | 1 March | declined 10 April |
fn seven() -> History {
    let mut history = History::with_dwellings(1);
    let refuge = Answer::Known(ReferralSource::Refuge);
    refer_simply(&mut history, "2024-01-05", 1);
    refer(&mut history, "2024-01-06", 2, refuge, 2);
    refer(&mut history, "2024-01-10", 3, refuge, 1);
    let waits = |number| {
        let why = Some(DecisionReason::NoDwellingFree);
        decided(number, AdmissionDecision::Waiting, why)
    };
    history.record(day("2024-01-12"), waits(1));
    accept(&mut history, "2024-01-15", 1);
    history.record(day("2024-01-20"), waits(3));
    history.admit(day("2024-01-20"), 1, 0, 0, LOOKING);
    decline(
        &mut history,
        "2024-01-26",
        2,
        DecisionReason::NoDwellingFree,
    );
    refer_simply(&mut history, "2024-02-01", 4);
    take_back(&mut history, "2024-02-05", 4);
    refer_simply(&mut history, "2024-02-10", 5);
    refer_simply(&mut history, "2024-02-12", 6);
    accept(&mut history, "2024-02-20", 6);
    take_back(&mut history, "2024-02-25", 6);
    refer_simply(&mut history, "2024-03-01", 7);
    decline(&mut history, "2024-04-10", 7, DecisionReason::CareNeeds);
    history
}

#[test]
fn the_admission_rate_leaves_out_what_nobody_decided() {
    let snapshot = seven().known_on(day("2024-12-31"));
    let rate = indicator(&snapshot, first_quarter(), 2);
    // Accepted: 1, 6. Declined: 2. Pending: 3, 5, 7. Taken back: 4.
    assert_eq!(rate.value, ratio(2, 3));
    assert_eq!(group(&rate, "pending").value, Value::Count(3));
    assert_eq!(group(&rate, "waiting").value, Value::Count(1));
    assert_eq!(group(&rate, "withdrawn").value, Value::Count(1));
    assert_eq!(rate.parts.excluded.count, 1);
    let later = &group(&rate, "withdrawn_after_acceptance").parts.numerator;
    assert_eq!(later.subjects, [Subject::Household(household(6))]);
    // Decided in the next quarter it counts there, and only there: none of one.
    let next = indicator(&snapshot, second_quarter(), 2);
    assert_eq!(next.value, ratio(0, 1));
    assert_eq!(group(&next, "pending").value, Value::Count(2));
    assert_eq!(group(&next, "withdrawn").value, Value::Count(0));
}

#[test]
fn days_to_the_decision_and_to_the_entry() {
    let snapshot = seven().known_on(day("2024-12-31"));
    let decision = indicator(&snapshot, first_quarter(), 3);
    // 10, 20 and 8 days: median 10, mean 38 / 3.
    assert_eq!(decision.value, Value::Days(10));
    assert_eq!(group(&decision, "mean").value, Value::Days(13));
    assert_eq!(group(&decision, "accepted").value, Value::Days(9));
    assert_eq!(group(&decision, "declined").value, Value::Days(20));
    assert_eq!(group(&decision, "pending").value, Value::Count(3));
    // 1 March to 10 April: 40 days.
    let next = indicator(&snapshot, second_quarter(), 3);
    assert_eq!(next.value, Value::Days(40));
    assert_eq!(group(&next, "accepted").value, NOTHING);
    let entry = indicator(&snapshot, first_quarter(), 5);
    assert_eq!(entry.value, Value::Days(5));
    // The sixth took it back: she is not waited for.
    let to_come = |period| {
        let entry = indicator(&snapshot, period, 5);
        group(&entry, "accepted_not_entered").value.clone()
    };
    assert_eq!(to_come(first_quarter()), Value::Count(0));
    let then = period("2024-01-01", "2024-01-19");
    assert_eq!(to_come(then), Value::Count(1));
    assert_eq!(indicator(&snapshot, then, 5).value, NOTHING);
}

#[test]
fn a_decision_nobody_recorded_is_unknown_and_not_zero_days() {
    let mut history = History::with_dwellings(2);
    history.admit(day("2024-01-20"), 1, 0, 0, LOOKING);
    refer_simply(&mut history, "2024-01-05", 2);
    history.admit(day("2024-01-25"), 2, 1, 0, LOOKING);
    let snapshot = history.known_on(day("2024-12-31"));
    for number in [3, 5] {
        let days = indicator(&snapshot, first_quarter(), number);
        assert_eq!(days.value, NOTHING, "{number}");
        assert_eq!(days.parts.unknown.count, 2, "{number}");
    }
    // Who entered was accepted.
    assert_eq!(indicator(&snapshot, first_quarter(), 2).value, ratio(2, 2));
}

#[test]
fn who_found_no_dwelling_is_unmet_demand() {
    let history = seven();
    let snapshot = history.known_on(day("2024-12-31"));
    let declined = indicator(&snapshot, first_quarter(), 4);
    assert_eq!(declined.value, Value::Count(1));
    assert_eq!(
        count_of(&group(&declined, "reason").value, "no_dwelling_free"),
        1
    );
    assert_eq!(group(&declined, "unmet_demand").value, Value::Count(1));
    assert_eq!(
        group(&declined, "unmet_demand_persons").value,
        Value::Count(3)
    );
    // The third waits with her child: shown apart, she is not declined.
    assert_eq!(group(&declined, "waiting").value, Value::Count(1));
    let waiting = &group(&declined, "waiting_for_a_dwelling_persons").value;
    assert_eq!(*waiting, Value::Count(2));
    let next = indicator(&snapshot, second_quarter(), 4);
    assert_eq!(next.value, Value::Count(1));
    assert_eq!(count_of(&group(&next, "reason").value, "care_needs"), 1);
    assert_eq!(group(&next, "unmet_demand").value, Value::Count(0));
}

#[test]
fn a_corrected_decision_moves_into_its_quarter() {
    let mut history = seven();
    let accepted = history.facts.iter().find(|fact| {
        matches!(&fact.event, Event::AdmissionDecided(f)
            if f.household == household(6) && f.decision == AdmissionDecision::Accepted)
    });
    let accepted = accepted.expect("the decision").position;
    let correction = correct(&mut history, "2024-06-01", accepted, "2024-04-02");
    let snapshot = history.known_on(day("2024-12-31"));
    // Taken back on 25 February before anybody decided: then it was no decided referral.
    let first = indicator(&snapshot, first_quarter(), 2);
    assert_eq!(first.value, ratio(1, 2));
    assert_eq!(first.parts.excluded.count, 2);
    let next = indicator(&snapshot, second_quarter(), 2);
    assert_eq!(next.value, ratio(1, 2));
    assert!(next.evidence.contains(&correction));
    retract(&mut history, "2024-06-02", correction);
    let snapshot = history.known_on(day("2024-12-31"));
    assert_eq!(indicator(&snapshot, first_quarter(), 2).value, ratio(2, 3));
}

#[test]
fn turnover_is_between_one_household_and_the_next() {
    let mut history = History::with_dwellings(2);
    history.admit(day("2024-01-01"), 1, 0, 0, LOOKING);
    history.admit(day("2024-01-01"), 3, 1, 0, LOOKING);
    history.leave(day("2024-01-20"), 3, 0, RENTED);
    history.admit(day("2024-01-25"), 4, 1, 0, LOOKING);
    history.leave(day("2024-01-31"), 1, 0, RENTED);
    let flat = dwelling(0);
    let reason = UnavailableReason::Works;
    let closed = history.record(
        day("2024-02-01"),
        DwellingUnavailable {
            dwelling: flat,
            reason,
        },
    );
    history.record(day("2024-02-11"), DwellingAvailable { dwelling: flat });
    history.admit(day("2024-02-15"), 2, 0, 0, LOOKING);
    history.leave(day("2024-03-01"), 2, 0, RENTED);
    let then = indicator(&history.known_on(day("2024-04-01")), first_quarter(), 9);
    // 31 January to 15 February: 15 days, of which ten nights (1 to 10 February) closed; 20 to 25
    // January: 5 days. Median 10; without the closed nights 5 and 5.
    assert_eq!(then.value, Value::Days(10));
    assert_eq!(group(&then, "unavailable_days").value, Value::Count(10));
    assert_eq!(group(&then, "net_of_unavailable").value, Value::Days(5));
    assert_eq!(then.parts.numerator.count, 2, "first moves in are none");
    assert!(then.evidence.contains(&closed));
    // Empty since March: not yet turned over, and not counted as any number of days.
    let vacant = &group(&then, "vacant").parts.numerator;
    assert_eq!(vacant.subjects, [Subject::Dwelling(flat)]);
    history.admit(day("2024-04-05"), 5, 0, 0, LOOKING);
    let snapshot = history.known_on(day("2024-12-31"));
    assert_eq!(indicator(&snapshot, first_quarter(), 9), then);
    // 1 March to 5 April: 35 days.
    let next = indicator(&snapshot, second_quarter(), 9);
    assert_eq!(next.value, Value::Days(35));
    assert_eq!(group(&next, "vacant").value, Value::Count(0));
}

#[test]
fn a_dwelling_given_on_the_day_it_was_left_turned_over_in_no_days() {
    let mut history = History::with_dwellings(1);
    history.admit(day("2024-01-01"), 1, 0, 0, LOOKING);
    history.leave(day("2024-02-01"), 1, 0, RENTED);
    history.admit(day("2024-02-01"), 2, 0, 0, LOOKING);
    let turnover = indicator(&history.known_on(day("2024-12-31")), first_quarter(), 9);
    assert_eq!(turnover.value, Value::Days(0));
    assert_eq!(group(&turnover, "unavailable_days").value, Value::Count(0));
}

#[test]
fn stays_that_last_are_not_taken_for_stays_that_ended() {
    let mut history = History::with_dwellings(4);
    history.admit(day("2024-01-01"), 1, 0, 2, LOOKING);
    history.admit(day("2024-01-01"), 2, 1, 0, LOOKING);
    history.admit(day("2024-01-01"), 4, 3, 0, LOOKING);
    let first = history.leave(day("2024-01-31"), 1, 2, RENTED);
    history.admit(day("2024-02-01"), 3, 2, 0, LOOKING);
    history.leave(day("2024-03-02"), 3, 0, RENTED);
    history.leave(day("2024-04-10"), 4, 0, RENTED);
    let curve = |history: &History, period| {
        let length = indicator(&history.known_on(day("2024-12-31")), period, 12);
        let Value::Survival(survival) = length.value else {
            panic!("{:?}", length.value)
        };
        (
            survival,
            length.parts.numerator.count,
            length.parts.denominator.count,
        )
    };
    // Four households, whoever came with them: 30 days and out, twice; 91 days and there, twice.
    let (survival, ended, all) = curve(&history, first_quarter());
    assert_eq!((ended, all), (2, 4));
    assert_eq!(survival.median, Some(30));
    let steps: Vec<_> = survival
        .curve
        .iter()
        .map(|step| (step.day, step.at_risk, step.events, step.censored))
        .collect();
    assert_eq!(steps, [(30, 4, 2, 0), (91, 2, 0, 2)]);
    // Those that ended before the period still count: without them only long stays would be seen.
    let (_, ended, all) = curve(&history, second_quarter());
    assert_eq!((ended, all), (3, 4));
    // An exit that did not happen leaves a quarter of four: no median.
    retract(&mut history, "2024-12-01", first);
    let (survival, ended, _) = curve(&history, first_quarter());
    assert_eq!((survival.median, ended), (None, 1));
}

#[test]
fn a_stay_extended_twice_is_one_extended_stay() {
    let mut history = History::with_dwellings(5);
    for number in 1..=5 {
        history.admit(day("2024-01-10"), number, number - 1, 1, LOOKING);
    }
    sign(&mut history, "2024-01-10", 1, "2024-02-28");
    sign(&mut history, "2024-01-10", 2, "2024-06-30");
    sign(&mut history, "2024-01-10", 4, "2024-02-10");
    sign(&mut history, "2024-01-10", 5, "2024-03-01");
    history.leave(day("2024-02-10"), 4, 1, RENTED);
    extend(&mut history, "2024-02-20", 1, "2024-03-31");
    extend(&mut history, "2024-03-20", 1, "2024-05-31");
    let then = indicator(&history.known_on(day("2024-04-01")), first_quarter(), 13);
    assert_eq!(then.value, ratio(1, 5));
    // The second's last day has not come, the third's is not known; the fourth went when hers had come,
    // the fifth stayed on without an extension.
    let due = group(&then, "due");
    assert_eq!(due.value, ratio(1, 3));
    assert_eq!(due.parts.unknown.count, 1);
    let not_yet = &group(&then, "not_yet_due").parts.numerator;
    assert_eq!(not_yet.subjects, [Subject::Household(household(2))]);
    assert_eq!(group(&then, "extensions").value, Value::Count(2));
    assert_eq!(count_of(&group(&then, "reason").value, "no_housing"), 2);
    // Extended after the quarter: the quarter stays as it was.
    extend(&mut history, "2024-04-03", 5, "2024-08-31");
    let snapshot = history.known_on(day("2024-12-31"));
    assert_eq!(indicator(&snapshot, first_quarter(), 13), then);
    let next = indicator(&snapshot, second_quarter(), 13);
    assert_eq!(next.value, ratio(2, 4));
    assert_eq!(group(&next, "extensions").value, Value::Count(1));
}

#[test]
fn a_return_is_known_by_the_place_or_by_the_reason() {
    let mut history = History::with_dwellings(6);
    for number in 1..=6 {
        let children = u128::from(number == 3);
        history.admit(day("2024-01-02"), number, number - 1, children, LOOKING);
    }
    let goals = Answer::Known(ExitReason::GoalsReached);
    let returned = Answer::Known(ExitReason::ReturnedToAbuser);
    let abandoned = Answer::Known(ExitReason::PathAbandoned);
    let no_interview = Answer::Known(LivingSituation::NoExitInterview);
    let deceased = Answer::Known(LivingSituation::Deceased);
    leave_for(&mut history, "2024-02-01", 1, &[RETURNED], goals);
    leave_for(
        &mut history,
        "2024-02-01",
        2,
        &[Answer::NotCollected],
        returned,
    );
    // Her child went to the father: she did not.
    leave_for(&mut history, "2024-02-01", 3, &[RENTED, RETURNED], goals);
    leave_for(&mut history, "2024-02-01", 4, &[no_interview], abandoned);
    leave_for(&mut history, "2024-02-01", 5, &[deceased], goals);
    leave_for(
        &mut history,
        "2024-02-01",
        6,
        &[RENTED],
        Answer::NotCollected,
    );
    let exits = indicator(&history.known_on(day("2024-04-01")), first_quarter(), 16);
    assert_eq!(exits.value, ratio(2, 4));
    assert_eq!(
        (exits.parts.unknown.count, exits.parts.excluded.count),
        (1, 1)
    );
    let by_place = group(&exits, "exit_destination");
    assert_eq!(by_place.value, ratio(1, 3));
    assert_eq!(by_place.parts.unknown.count, 2);
    let by_reason = group(&exits, "exit_reason");
    assert_eq!(by_reason.value, ratio(1, 4));
    assert_eq!(by_reason.parts.unknown.count, 1);
    let persons = group(&exits, "persons");
    assert_eq!(persons.value, ratio(2, 4));
    assert_eq!(
        (persons.parts.unknown.count, persons.parts.excluded.count),
        (2, 1)
    );
    assert_eq!(group(&exits, "at_follow_up").value, NO_SHARE);

    // Asked twice, and the second time she was back: one household, once.
    let no = Answer::Known(false);
    reach(
        &mut history,
        "2024-05-02",
        3,
        FollowUpMonth::Month3,
        RENTED,
        no,
    );
    reach(
        &mut history,
        "2024-08-02",
        3,
        FollowUpMonth::Month6,
        RETURNED,
        no,
    );
    let silent = Answer::NotCollected;
    reach(
        &mut history,
        "2024-05-03",
        6,
        FollowUpMonth::Month3,
        silent,
        no,
    );
    let month = FollowUpMonth::Month3;
    miss(
        &mut history,
        "2024-05-03",
        4,
        month,
        FollowUpResult::Unreachable,
    );
    let snapshot = history.known_on(day("2024-12-31"));
    let year = indicator(&snapshot, whole_year(), 16);
    let after = group(&year, "at_follow_up");
    assert_eq!(after.value, ratio(1, 1));
    assert_eq!(after.parts.unknown.count, 1);
    assert_eq!(indicator(&snapshot, first_quarter(), 16), exits);
    let spring = indicator(&snapshot, second_quarter(), 16);
    assert_eq!(spring.value, NO_SHARE);
    assert_eq!(group(&spring, "at_follow_up").value, ratio(0, 1));
}

#[test]
fn the_destination_is_that_of_the_last_head() {
    let mut history = History::with_dwellings(1);
    history.admit(day("2024-01-02"), 1, 0, 1, LOOKING);
    // Her sister-in-law comes, becomes the head, and leaves with the child for a flat of their own.
    let grown = crate::history::member(
        19,
        Relation::OtherRelative,
        crate::history::known_age(40, day("2024-01-02")),
        LOOKING,
    );
    history.record(
        day("2024-01-20"),
        HouseholdMemberJoined {
            household: household(1),
            member: grown,
        },
    );
    history.record(
        day("2024-02-01"),
        HouseholdMemberLeft {
            household: household(1),
            person: person(10),
            destination: RETURNED,
            employment: Answer::NotCollected,
            new_head: Some(person(19)),
        },
    );
    let members = [19, 11].map(|number| MemberExit {
        person: person(number),
        destination: RENTED,
        employment: Answer::NotCollected,
    });
    let Event::Exit(exit) = left(
        1,
        &[],
        Answer::Known(ExitReason::GoalsReached),
        Answer::NotCollected,
        None,
    ) else {
        panic!("an exit")
    };
    let members = members.to_vec();
    history.record(day("2024-03-01"), Exit { members, ..exit });
    let exits = indicator(&history.known_on(day("2024-12-31")), first_quarter(), 16);
    assert_eq!(exits.value, ratio(0, 1));
    // The entry, the joining, the leaving that made her the head, and the exit.
    assert_eq!(exits.parts.denominator.positions.len(), 4);
    assert_eq!(group(&exits, "persons").value, ratio(1, 3));
}

/// Five households that left on 1 February 2024.
fn five_gone() -> History {
    let mut history = History::with_dwellings(5);
    for number in 1..=5 {
        history.admit(day("2024-01-02"), number, number - 1, 2, LOOKING);
    }
    for number in 1..=5 {
        history.leave(day("2024-02-01"), number, 2, RENTED);
    }
    history
}

#[test]
fn an_empty_list_of_follow_ups_is_nobody_followed_up() {
    let history = five_gone();
    let snapshot = history.known_on(day("2024-12-31"));
    for number in [17, 33] {
        let after = indicator(&snapshot, whole_year(), number);
        assert_eq!(after.value, NO_SHARE, "{number}");
        assert_eq!(after.parts.denominator.count, 0, "{number}");
        assert_eq!(after.parts.unknown.count, 0, "{number}");
        for group in &after.groups {
            assert_eq!(group.value, NO_SHARE, "{number} {}", group.code);
        }
    }
}

#[test]
fn who_was_not_reached_is_not_free_of_violence() {
    let mut history = five_gone();
    let (yes, no) = (Answer::Known(true), Answer::Known(false));
    let (three, six) = (FollowUpMonth::Month3, FollowUpMonth::Month6);
    reach(&mut history, "2024-05-02", 1, three, RENTED, yes);
    let silent = Answer::PrefersNotToAnswer;
    reach(&mut history, "2024-05-02", 2, three, RENTED, silent);
    miss(
        &mut history,
        "2024-05-02",
        3,
        three,
        FollowUpResult::Unreachable,
    );
    miss(
        &mut history,
        "2024-05-02",
        4,
        three,
        FollowUpResult::Refused,
    );
    // Asked twice for the same month: one follow-up, and what she told once is not unsaid.
    reach(&mut history, "2024-05-02", 5, three, RENTED, yes);
    reach(&mut history, "2024-05-09", 5, three, RENTED, no);
    let wrong = reach(&mut history, "2024-05-10", 4, three, RENTED, yes);
    retract(&mut history, "2024-05-11", wrong);
    reach(&mut history, "2024-08-02", 1, six, RENTED, no);
    let snapshot = history.known_on(day("2024-12-31"));
    let after = indicator(&snapshot, whole_year(), 17);
    // Reached: the first twice, the second, the fifth. Violence: the first once, the fifth.
    assert_eq!(after.value, ratio(2, 4));
    assert_eq!(after.parts.unknown.count, 1);
    assert_eq!(group(&after, "answered").value, ratio(2, 3));
    assert_eq!(group(&after, "month_3").value, ratio(2, 3));
    assert_eq!(group(&after, "month_6").value, ratio(0, 1));
    assert_eq!(group(&after, "month_12").value, NO_SHARE);
    let spring = indicator(&snapshot, second_quarter(), 17);
    assert_eq!(spring.value, ratio(2, 3));
    assert!(!spring.evidence.contains(&wrong));
}

#[test]
fn follow_ups_are_not_multiplied_by_what_else_there_is() {
    let mut history = five_gone();
    let no = Answer::Known(false);
    reach(
        &mut history,
        "2024-05-02",
        1,
        FollowUpMonth::Month3,
        RENTED,
        no,
    );
    reach(
        &mut history,
        "2024-08-02",
        1,
        FollowUpMonth::Month6,
        RENTED,
        no,
    );
    let before = history.known_on(day("2024-12-31"));
    // Contacts, extensions, referrals and outcomes of the same household: as many follow-ups as before.
    for on in ["2024-01-05", "2024-01-06", "2024-01-07"] {
        history.record(day(on), visited(1, 30, &[1, 2]));
        extend(&mut history, on, 1, "2024-03-31");
    }
    send(&mut history, "2024-01-08", 1, 1, Service::Legal);
    tell(&mut history, "2024-01-09", 1, 1, ReferralResult::Unknown);
    tell(&mut history, "2024-01-10", 1, 1, ReferralResult::Attained);
    let after = history.known_on(day("2024-12-31"));
    for number in [12, 14, 15, 16, 17, 33] {
        let of = |snapshot| indicator(snapshot, whole_year(), number);
        assert_eq!(of(&before), of(&after), "{number}");
    }
    assert_eq!(indicator(&after, whole_year(), 17).value, ratio(0, 2));
    assert_eq!(indicator(&after, whole_year(), 33).value, ratio(2, 2));
    // One referral with two outcomes is one referral, one stay with three extensions one stay.
    assert_eq!(
        count_of(&indicator(&after, whole_year(), 28).value, "attained"),
        1
    );
    assert_eq!(indicator(&after, whole_year(), 13).value, ratio(1, 5));
    assert_eq!(indicator(&after, whole_year(), 26).parts.numerator.count, 3);
}

#[test]
fn housing_is_kept_under_both_mappings() {
    let mut history = five_gone();
    let no = Answer::Known(false);
    let (three, six) = (FollowUpMonth::Month3, FollowUpMonth::Month6);
    let supported = Answer::Known(LivingSituation::PermanentSupportive);
    let hospital = Answer::Known(LivingSituation::Hospital);
    reach(&mut history, "2024-05-02", 1, three, RENTED, no);
    reach(&mut history, "2024-08-02", 1, six, supported, no);
    reach(&mut history, "2024-05-02", 2, three, hospital, no);
    reach(
        &mut history,
        "2024-05-02",
        3,
        three,
        Answer::DoesNotKnow,
        no,
    );
    miss(
        &mut history,
        "2024-05-02",
        4,
        three,
        FollowUpResult::Unreachable,
    );
    // Told again for the same month, the last word counts.
    reach(&mut history, "2024-05-09", 5, three, RETURNED, no);
    reach(&mut history, "2024-05-02", 5, three, RENTED, no);
    let kept = indicator(&history.known_on(day("2024-12-31")), whole_year(), 33);
    // The first twice, the third, the fifth; the second is left out.
    assert_eq!(kept.value, ratio(1, 4));
    assert_eq!(
        (kept.parts.excluded.count, kept.parts.unknown.count),
        (1, 1)
    );
    let of = |code| group(&kept, code).value.clone();
    assert_eq!(of("strict"), ratio(1, 4));
    assert_eq!(of("hud_permanent"), ratio(2, 4));
    assert_eq!(of("strict_month_3"), ratio(1, 3));
    assert_eq!(of("strict_month_6"), ratio(0, 1));
    assert_eq!(of("hud_permanent_month_6"), ratio(1, 1));
    assert_eq!(of("strict_month_12"), NO_SHARE);
}

#[test]
fn contacts_are_reckoned_by_the_week_each_household_was_there() {
    let mut history = History::with_dwellings(3);
    history.admit(day("2024-01-01"), 1, 0, 1, LOOKING);
    history.admit(day("2024-01-01"), 3, 2, 0, LOOKING);
    history.record(day("2024-01-05"), visited(1, 60, &[1, 2]));
    history.record(day("2024-01-10"), helped(1, Some(1), Some(30)));
    history.record(day("2024-01-12"), helped(1, None, None));
    let early = history.record(day("2024-01-14"), visited(2, 90, &[]));
    history.admit(day("2024-01-15"), 2, 1, 0, LOOKING);
    history.record(day("2024-01-22"), visited(2, 45, &[]));
    history.leave(day("2024-01-22"), 2, 0, RENTED);
    let late = history.record(day("2024-01-23"), visited(2, 90, &[]));
    let wrong = history.record(day("2024-01-23"), visited(3, 500, &[]));
    retract(&mut history, "2024-01-24", wrong);
    history.record(day("2024-01-29"), visited(3, 500, &[]));
    let four_weeks = period("2024-01-01", "2024-01-28");
    let intensity = indicator(&history.known_on(day("2024-12-31")), four_weeks, 26);
    // 28 + 7 + 28 nights are nine weeks. Three contacts and the one of the last day: 4 / 9. Those
    // before the entry and after the exit are left out. 60 + 30 + 45 minutes are 2.25 hours: 0.25 a week.
    let weekly = |of, total, weekly: &str| Value::Weekly {
        of,
        total,
        nights: 63,
        weekly: weekly.parse().expect("a number"),
    };
    assert_eq!(intensity.value, weekly(Weekly::Contacts, 4, "0.44"));
    assert_eq!(intensity.parts.excluded.positions, [early, late]);
    let hours = group(&intensity, "hours_per_week");
    assert_eq!(hours.value, weekly(Weekly::Hours, 135, "0.25"));
    assert_eq!(hours.parts.unknown.count, 1);
    let zero = group(&intensity, "zero_contact");
    assert_eq!(zero.value, ratio(1, 3));
    assert_eq!(
        zero.parts.numerator.subjects,
        [Subject::Household(household(3))]
    );
}

#[test]
fn the_network_is_as_broad_as_its_partners_are_active() {
    let mut history = History::with_dwellings(3);
    for number in 1..=3 {
        join(&mut history, "2024-01-01", number);
        history.admit(day("2024-01-02"), number, number - 1, 0, LOOKING);
    }
    history.record(day("2024-01-05"), visited(1, 60, &[1, 2]));
    history.record(day("2024-01-06"), helped(1, Some(1), None));
    history.record(day("2024-01-06"), helped(2, None, None));
    let stranger = history.record(day("2024-01-07"), visited(3, 60, &[9]));
    join(&mut history, "2024-04-01", 4);
    history.record(day("2024-04-02"), visited(2, 60, &[3, 4]));
    let snapshot = history.known_on(day("2024-12-31"));
    let breadth = indicator(&snapshot, first_quarter(), 27);
    let of = |code| count_of(&breadth.value, code);
    // Two partners with the first, whichever contact they came with; none with the second.
    assert_eq!(
        (of("partners_0"), of("partners_1"), of("partners_2")),
        (1, 1, 1)
    );
    assert_eq!((of("partners_3"), of("partners_4_or_more")), (0, 0));
    let none = &group(&breadth, "partners_0").parts.numerator;
    assert_eq!(none.subjects, [Subject::Household(household(2))]);
    let active = group(&breadth, "active_partners");
    assert_eq!(active.value, ratio(2, 3));
    assert_eq!(active.parts.excluded.positions, [stranger]);
    let next = indicator(&snapshot, second_quarter(), 27);
    assert_eq!(group(&next, "active_partners").value, ratio(2, 4));
    assert_eq!(count_of(&next.value, "partners_2"), 1);
    assert_eq!(count_of(&next.value, "partners_0"), 2);
}

#[test]
fn an_open_referral_is_neither_attained_nor_unknown() {
    let mut history = History::with_dwellings(1);
    history.admit(day("2024-01-02"), 1, 0, 0, LOOKING);
    send(&mut history, "2024-01-05", 1, 1, Service::Legal);
    send(&mut history, "2024-01-06", 1, 2, Service::Legal);
    send(&mut history, "2024-01-07", 1, 3, Service::JobOrientation);
    send(&mut history, "2024-01-08", 1, 4, Service::Health);
    tell(&mut history, "2024-02-01", 1, 1, ReferralResult::Attained);
    tell(&mut history, "2024-02-01", 1, 3, ReferralResult::Unknown);
    tell(
        &mut history,
        "2024-02-01",
        1,
        4,
        ReferralResult::NotAttained,
    );
    let then = indicator(&history.known_on(day("2024-04-01")), first_quarter(), 28);
    let of = |indicator: &Indicator| {
        ["attained", "not_attained", "unknown", "open"].map(|code| count_of(&indicator.value, code))
    };
    assert_eq!(of(&then), [1, 1, 1, 1]);
    assert_eq!(
        (then.parts.excluded.count, then.parts.unknown.count),
        (1, 1)
    );
    assert_eq!(group(&then, "attained_share").value, ratio(1, 2));
    let legal = &group(&then, "legal").value;
    assert_eq!(
        (count_of(legal, "attained"), count_of(legal, "open")),
        (1, 1)
    );
    // What is told later belongs to later, and leaves the quarter as it was.
    tell(&mut history, "2024-04-10", 1, 3, ReferralResult::Attained);
    send(&mut history, "2024-04-11", 1, 5, Service::Health);
    let snapshot = history.known_on(day("2024-12-31"));
    assert_eq!(indicator(&snapshot, first_quarter(), 28), then);
    assert_eq!(
        of(&indicator(&snapshot, second_quarter(), 28)),
        [1, 0, 0, 2]
    );
}

#[test]
fn why_they_were_asked_to_leave_is_asked_of_those_only() {
    let mut history = History::with_dwellings(3);
    for number in 1..=3 {
        history.admit(day("2024-01-02"), number, number - 1, 0, LOOKING);
    }
    let asked = Answer::Known(Completion::AskedToLeave);
    let other = Answer::Known(ExitReason::Other);
    let rules = Some(DismissalReason::HouseRules);
    for (number, completion, reason) in [
        (1, asked, rules),
        (2, asked, None),
        (3, Answer::Known(Completion::Completed), None),
    ] {
        let exit = left(number, &[RENTED], other, completion, reason);
        history.record(day("2024-02-01"), exit);
    }
    let exits = indicator(&history.known_on(day("2024-12-31")), first_quarter(), 15);
    let dismissed = group(&exits, "dismissal_reason");
    assert_eq!(dismissed.parts.numerator.count, 2);
    assert_eq!(count_of(&dismissed.value, "house_rules"), 1);
    assert_eq!(count_of(&dismissed.value, "not_collected"), 1);
    assert_eq!(dismissed.parts.unknown.count, 1);
}

/// One household, by days since the start: what may happen to it, sensible or not.
#[derive(Clone, Debug)]
struct Life {
    referred: u64,
    decision: Option<(u64, u8)>,
    withdrawn: Option<u64>,
    entered: Option<u64>,
    agreed: Option<(u64, u64)>,
    extended: Vec<u64>,
    contacts: Vec<(u64, u8, Option<u16>)>,
    sent: Vec<(u64, Option<(u64, u8)>)>,
    left: Option<(u64, u8, u8)>,
    asked: Vec<(u64, u8, u8, u8)>,
    /// Which of its facts are retracted.
    retracted: Vec<usize>,
}

fn life() -> impl Strategy<Value = Life> {
    use proptest::collection::vec;
    use proptest::option::of;
    let days = || 0..250_u64;
    let way_in = (
        days(),
        of((0..30_u64, 0..3_u8)),
        proptest::option::weighted(0.2, days()),
        proptest::option::weighted(0.7, 0..60_u64),
    );
    let stay = (
        of((days(), days())),
        vec(days(), 0..3),
        vec((days(), 0..5_u8, of(1..90_u16)), 0..6),
        vec((days(), of((0..60_u64, 0..3_u8))), 0..4),
    );
    let out = (
        of((1..150_u64, 0..5_u8, 0..3_u8)),
        vec((0..200_u64, 0..3_u8, 0..3_u8, 0..4_u8), 0..4),
        vec(0..20_usize, 0..3),
    );
    (way_in, stay, out).prop_map(|(way_in, stay, out)| Life {
        referred: way_in.0,
        decision: way_in.1,
        withdrawn: way_in.2,
        entered: way_in.3,
        agreed: stay.0,
        extended: stay.1,
        contacts: stay.2,
        sent: stay.3,
        left: out.0,
        asked: out.1,
        retracted: out.2,
    })
}

fn happened(number: u128, life: &Life) -> Vec<(u64, Event)> {
    let id = household(number);
    let mut facts: Vec<(u64, Event)> = Vec::new();
    let received = ReferralReceived {
        household: id,
        source: Answer::NotCollected,
        adults: 1,
        children: 1,
        urgency: Answer::NotCollected,
    };
    facts.push((life.referred, received.into()));
    if let Some((after, what)) = life.decision {
        let decision = AdmissionDecision::ENTRIES[usize::from(what)].value;
        let reason = (what > 0).then_some(DecisionReason::NoDwellingFree);
        facts.push((life.referred + after, decided(number, decision, reason)));
    }
    if let Some(on) = life.withdrawn {
        let reason = Answer::NotCollected;
        let household = id;
        facts.push((on, ReferralWithdrawn { household, reason }.into()));
    }
    let start = day("2024-01-01");
    if let Some((on, ends)) = life.agreed {
        let ends_on = start + Days::new(on + ends);
        let household = id;
        facts.push((on, AgreementSigned { household, ends_on }.into()));
    }
    for on in &life.extended {
        let granted = ExtensionGranted {
            household: id,
            until: start + Days::new(on + 60),
            reason: ExtensionReason::Work,
        };
        facts.push((*on, granted.into()));
    }
    for (on, what, minutes) in &life.contacts {
        let contact = match what {
            0 => helped(number, None, *minutes),
            1 => helped(number, Some(1), *minutes),
            2 => visited(number, 20, &[]),
            3 => visited(number, 30, &[1, 2]),
            _ => visited(number, 40, &[2, 9]),
        };
        facts.push((*on, contact));
    }
    for (n, (on, outcome)) in (0..).zip(&life.sent) {
        let referral = sent(number * 10 + n);
        let referred = ServiceReferred {
            household: id,
            referral,
            person: None,
            partner: partner(1),
            service: Service::Legal,
        };
        facts.push((*on, referred.into()));
        if let Some((after, outcome)) = outcome {
            let told = ReferralOutcome {
                household: id,
                referral,
                outcome: ReferralResult::ENTRIES[usize::from(*outcome)].value,
            };
            facts.push((on + after, told.into()));
        }
    }
    facts
}

/// How it left and what it told afterwards, if it ever entered.
fn gone(number: u128, life: &Life, entry: u64) -> Vec<(u64, Event)> {
    let Some((stay, place, reason)) = life.left else {
        return Vec::new();
    };
    let places = [
        RENTED,
        RETURNED,
        Answer::NotCollected,
        Answer::Known(LivingSituation::Deceased),
        Answer::Known(LivingSituation::PermanentSupportive),
    ];
    let reasons = [
        Answer::Known(ExitReason::GoalsReached),
        Answer::Known(ExitReason::ReturnedToAbuser),
        Answer::DoesNotKnow,
    ];
    let to = places[usize::from(place)];
    let completion = Answer::Known(Completion::AskedToLeave);
    let reason = reasons[usize::from(reason)];
    let exit = left(number, &[to, RENTED], reason, completion, None);
    let exited = entry + stay;
    let mut facts = vec![(exited, exit)];
    let violence = [
        Answer::Known(true),
        Answer::Known(false),
        Answer::DoesNotKnow,
    ];
    for (after, month, result, what) in &life.asked {
        let follow_up = asked(
            number,
            FollowUpMonth::ENTRIES[usize::from(*month)].value,
            FollowUpResult::ENTRIES[usize::from(*result)].value,
            places[usize::from(*what)],
            violence[usize::from(*what % 3)],
        );
        facts.push((exited + after, follow_up));
    }
    facts
}

/// All lives in one flat or another, in order of days, with what did not happen after all.
fn told(lives: &[Life]) -> History {
    let mut history = History::with_dwellings(2);
    let start = day("2024-01-01");
    for number in 1..=3 {
        join(&mut history, "2024-01-01", number);
    }
    for (number, life) in (1..).zip(lives) {
        let mut positions = Vec::new();
        for (on, event) in happened(number, life) {
            positions.push(history.record(start + Days::new(on), event));
        }
        if let Some(after) = life.entered {
            let entry = life.referred + after;
            let on = start + Days::new(entry);
            positions.push(history.admit(on, number, number % 2, 1, LOOKING));
            for (on, event) in gone(number, life, entry) {
                positions.push(history.record(start + Days::new(on), event));
            }
        }
        for nth in &life.retracted {
            if let Some(position) = positions.get(*nth) {
                retract(&mut history, "2024-12-31", *position);
            }
        }
    }
    history
}

/// Everything an indicator counts, without the places.
fn figures(indicator: &Indicator) -> Vec<(Value, [u64; 4])> {
    let counts = |value: &Value, parts: &evaluation::Parts| {
        let parts = [
            &parts.numerator,
            &parts.denominator,
            &parts.excluded,
            &parts.unknown,
        ];
        (value.clone(), parts.map(|part| part.count))
    };
    let groups = indicator.groups.iter();
    let groups = groups.map(|group| counts(&group.value, &group.parts));
    groups
        .chain([counts(&indicator.value, &indicator.parts)])
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// Every number comes out again from the facts it names, and from nothing else.
    #[test]
    fn evidence_is_enough(lives in proptest::collection::vec(life(), 0..5), from in 0_u64..300, length in 0_u64..200) {
        let history = told(&lives);
        let whole = history.known_on(day("2025-06-30"));
        let from = day("2024-01-01") + Days::new(from);
        let period = Period::new(from, from + Days::new(length)).expect("a period");
        for one in evaluate(&whole, period) {
            if !NUMBERS.contains(&one.number) {
                continue;
            }
            let named: BTreeSet<Position> = one.evidence.iter().copied().collect();
            let facts: Vec<Fact> = history
                .facts
                .iter()
                .filter(|fact| named.contains(&fact.position))
                .cloned()
                .collect();
            let mut part = Snapshot::fold(PILOT, &facts);
            part.recorded_at = whole.recorded_at;
            let again = indicator(&part, period, one.number);
            prop_assert_eq!(figures(&again), figures(&one), "indicator {}", one.number);
        }
    }

    /// What comes after the period does not count in it.
    #[test]
    fn a_later_fact_rewrites_no_period(lives in proptest::collection::vec(life(), 0..5), length in 0_u64..250) {
        let history = told(&lives);
        let start = day("2024-01-01");
        let period = Period::new(start, start + Days::new(length)).expect("a period");
        let retracted: BTreeSet<Position> = history
            .facts
            .iter()
            .filter_map(|fact| match &fact.event {
                Event::RecordRetracted(f) => Some(f.position),
                _ => None,
            })
            .collect();
        let standing = |fact: &&Fact| {
            !retracted.contains(&fact.position) && !matches!(fact.event, Event::RecordRetracted(_))
        };
        let all: Vec<Fact> = history.facts.iter().filter(standing).cloned().collect();
        let until: Vec<Fact> = all.iter().filter(|fact| fact.occurred_on <= period.to()).cloned().collect();
        let known = |facts: &[Fact]| {
            let mut snapshot = Snapshot::fold(PILOT, facts);
            snapshot.recorded_at = history.known_on(day("2025-06-30")).recorded_at;
            snapshot
        };
        for (then, now) in evaluate(&known(&until), period).iter().zip(&evaluate(&known(&all), period)) {
            if NUMBERS.contains(&then.number) {
                prop_assert_eq!(then, now, "indicator {}", then.number);
            }
        }
    }

    /// A share never has more above than below, and no group says so many or so few of nothing.
    #[test]
    fn shares_are_shares(lives in proptest::collection::vec(life(), 0..5)) {
        let snapshot = told(&lives).known_on(day("2025-06-30"));
        let all = evaluate(&snapshot, whole_year()).into_iter();
        for one in all.filter(|one| NUMBERS.contains(&one.number)) {
            for value in one.groups.iter().map(|group| &group.value).chain([&one.value]) {
                if let Value::Ratio { numerator, denominator } = value {
                    prop_assert!(numerator <= denominator && *denominator > 0, "{one:?}");
                }
            }
        }
    }
}
