//! The indicators of a household's path (work, plans, goals, scores, schooling, risk, incidents) on
//! small histories computed by hand.

use std::collections::BTreeSet;

use crate::history::{History, PILOT, day, household, known_age, member, person};
use chrono::NaiveDate;
use evaluation::{Group, Indicator, Period, Subject, Undefined, Value, evaluate};
use events::codes::*;
use events::*;
use projections::Snapshot;
use proptest::prelude::*;
use uuid::Uuid;

const LOOKING: Answer<EmploymentStatus> = Answer::Known(EmploymentStatus::Looking);
const EMPLOYED: Answer<EmploymentStatus> = Answer::Known(EmploymentStatus::Employed);
const RENTED: Answer<LivingSituation> = Answer::Known(LivingSituation::Rented);
/// The indicators this file is about.
const NUMBERS: [u16; 11] = [18, 19, 20, 21, 22, 23, 24, 25, 29, 30, 31];

fn period(from: &str, to: &str) -> Period {
    Period::new(day(from), day(to)).unwrap()
}

fn first_quarter() -> Period {
    period("2024-01-01", "2024-03-31")
}

fn indicator(snapshot: &Snapshot, period: Period, number: u16) -> Indicator {
    let mut all = evaluate(snapshot, period).into_iter();
    all.find(|i| i.number == number).unwrap()
}

fn group<'a>(indicator: &'a Indicator, code: &str) -> &'a Group {
    indicator.groups.iter().find(|g| g.code == code).unwrap()
}

fn ratio(numerator: u64, denominator: u64) -> Value {
    Value::Ratio {
        numerator,
        denominator,
    }
}

/// The codes that came up, and how often.
fn found(value: &Value) -> Vec<(&'static str, u64)> {
    let Value::Distribution(shares) = value else {
        panic!("{value:?} is no distribution")
    };
    let some = shares.iter().filter(|share| share.count > 0);
    some.map(|share| (share.code, share.count)).collect()
}

fn count(group: &Group) -> u64 {
    let Value::Count(count) = group.value else {
        panic!("{group:?} is no count")
    };
    count
}

/// What happens on a path. `number` is that of the household; its head is person `10 * number`.
trait Path {
    fn exit(&mut self, on: &str, number: u128, employment: Answer<EmploymentStatus>) -> Position;
    fn place(&mut self, on: &str, number: u128, job: u128) -> Position;
    fn end(&mut self, on: &str, number: u128, job: u128, reason: JobEndReason) -> Position;
    fn plan(&mut self, on: &str, number: u128) -> Position;
    fn set(&mut self, on: &str, number: u128, goal: u128, due: Option<&str>) -> Position;
    fn revise(&mut self, on: &str, number: u128, goal: u128, due: Option<&str>) -> Position;
    fn review(&mut self, on: &str, number: u128, goal: u128, attainment: i8) -> Position;
    fn give_up(&mut self, on: &str, number: u128, goal: u128) -> Position;
    fn score(
        &mut self,
        on: &str,
        number: u128,
        stage: AssessmentStage,
        scores: &[(&str, Option<u8>)],
    ) -> Position;
    fn risk(&mut self, on: &str, number: u128, instrument: &str, level: RiskLevel) -> Position;
    fn school(&mut self, on: &str, number: u128, child: u128) -> Position;
    fn incident(&mut self, on: &str, number: u128, incident: u128, severity: Severity) -> Position;
    fn breach(&mut self, on: &str, number: u128, kind: BreachKind, of: Option<u128>) -> Position;
    fn correct(&mut self, position: Position, on: &str, event: Event) -> Position;
    fn retract(&mut self, position: Position) -> Position;
}

fn job_id(job: u128) -> JobId {
    JobId(Uuid::from_u128(0x7000 + job))
}

fn goal_id(goal: u128) -> GoalId {
    GoalId(Uuid::from_u128(0x8000 + goal))
}

fn incident_id(incident: u128) -> IncidentId {
    IncidentId(Uuid::from_u128(0x9000 + incident))
}

impl Path for History {
    fn exit(&mut self, on: &str, number: u128, employment: Answer<EmploymentStatus>) -> Position {
        let exit = Exit {
            household: household(number),
            members: vec![MemberExit {
                person: person(number * 10),
                destination: RENTED,
                employment,
            }],
            reason: Answer::Known(ExitReason::GoalsReached),
            completion: Answer::Known(Completion::Completed),
            dismissal_reason: None,
            client_safety: Answer::NotCollected,
            worker_safety: Answer::NotCollected,
            safety_plan: Answer::NotCollected,
        };
        self.record(day(on), exit)
    }

    fn place(&mut self, on: &str, number: u128, job: u128) -> Position {
        let placed = JobPlacement {
            household: household(number),
            person: person(number * 10),
            job: job_id(job),
            contract: Answer::Known(Contract::FixedTerm),
            weekly_hours: Some(24),
            partner: None,
        };
        self.record(day(on), placed)
    }

    fn end(&mut self, on: &str, number: u128, job: u128, reason: JobEndReason) -> Position {
        let ended = JobEnded {
            household: household(number),
            job: job_id(job),
            reason: Answer::Known(reason),
        };
        self.record(day(on), ended)
    }

    fn plan(&mut self, on: &str, number: u128) -> Position {
        let agreed = PlanAgreed {
            household: household(number),
            review_due: None,
        };
        self.record(day(on), agreed)
    }

    fn set(&mut self, on: &str, number: u128, goal: u128, due: Option<&str>) -> Position {
        let set = GoalSet {
            household: household(number),
            goal: goal_id(goal),
            domain: GoalDomain::Housing,
            due: due.map(day),
            text: None,
        };
        self.record(day(on), set)
    }

    fn revise(&mut self, on: &str, number: u128, goal: u128, due: Option<&str>) -> Position {
        let revised = GoalRevised {
            household: household(number),
            goal: goal_id(goal),
            domain: GoalDomain::Income,
            due: due.map(day),
            text: None,
        };
        self.record(day(on), revised)
    }

    fn review(&mut self, on: &str, number: u128, goal: u128, attainment: i8) -> Position {
        let reviewed = GoalReviewed {
            household: household(number),
            goal: goal_id(goal),
            attainment,
            note: None,
        };
        self.record(day(on), reviewed)
    }

    fn give_up(&mut self, on: &str, number: u128, goal: u128) -> Position {
        let withdrawn = GoalWithdrawn {
            household: household(number),
            goal: goal_id(goal),
            reason: Answer::Known(GoalWithdrawalReason::Replaced),
        };
        self.record(day(on), withdrawn)
    }

    fn score(
        &mut self,
        on: &str,
        number: u128,
        stage: AssessmentStage,
        scores: &[(&str, Option<u8>)],
    ) -> Position {
        let score = |(area, score): &(&str, Option<u8>)| Score {
            area: (*area).to_owned(),
            score: *score,
        };
        let scored = AssessmentScored {
            household: household(number),
            person: person(number * 10),
            instrument: instruments::SELF_SUFFICIENCY_MATRIX.to_owned(),
            version: 1,
            stage,
            scores: scores.iter().map(score).collect(),
        };
        self.record(day(on), scored)
    }

    fn risk(&mut self, on: &str, number: u128, instrument: &str, level: RiskLevel) -> Position {
        let assessed = RiskAssessed {
            household: household(number),
            person: person(number * 10),
            instrument: instrument.to_owned(),
            version: 1,
            stage: AssessmentStage::Interim,
            level,
        };
        self.record(day(on), assessed)
    }

    fn school(&mut self, on: &str, number: u128, child: u128) -> Position {
        let started = SchoolingStarted {
            household: household(number),
            person: person(number * 10 + child),
            kind: SchoolingKind::Primary,
        };
        self.record(day(on), started)
    }

    fn incident(&mut self, on: &str, number: u128, incident: u128, severity: Severity) -> Position {
        let reported = IncidentReported {
            household: household(number),
            incident: incident_id(incident),
            kind: IncidentKind::ThreatByAbuser,
            severity,
            note: None,
        };
        self.record(day(on), reported)
    }

    fn breach(&mut self, on: &str, number: u128, kind: BreachKind, of: Option<u128>) -> Position {
        let breached = ProtectionBreached {
            household: household(number),
            kind,
            incident: of.map(incident_id),
            note: None,
        };
        self.record(day(on), breached)
    }

    fn correct(&mut self, position: Position, on: &str, event: Event) -> Position {
        let corrected = RecordCorrected {
            position,
            replacement: Replacement {
                occurred_on: day(on),
                event: Box::new(event),
            },
            reason: CorrectionReason::TypingError,
        };
        self.record(day("2024-12-31"), corrected)
    }

    fn retract(&mut self, position: Position) -> Position {
        let reason = CorrectionReason::DidNotHappen;
        self.record(day("2024-12-31"), RecordRetracted { position, reason })
    }
}

/// So many women alone, each in a flat of her own since 1 January.
fn women(number: u128) -> History {
    let mut history = History::with_dwellings(number + 1);
    for n in 1..=number {
        history.admit(day("2024-01-01"), n, n, 0, LOOKING);
    }
    history
}

/// What one fact says, to correct it.
fn content(history: &History, position: Position) -> Event {
    history.facts[position as usize - 1].event.clone()
}

#[test]
fn nothing_is_undefined_and_counts_are_zero() {
    let empty = Snapshot::empty(PILOT);
    for number in [20, 23, 24, 29] {
        let value = indicator(&empty, first_quarter(), number).value;
        assert_eq!(
            value,
            Value::Undefined(Undefined::NoDenominator),
            "{number}"
        );
    }
    for number in [18, 19, 21, 22, 30] {
        let value = indicator(&empty, first_quarter(), number).value;
        assert_eq!(
            value,
            Value::Undefined(Undefined::NothingToMeasure),
            "{number}"
        );
    }
    for number in [25, 31] {
        assert_eq!(
            indicator(&empty, first_quarter(), number).value,
            Value::Count(0)
        );
    }
    let domains = indicator(&empty, first_quarter(), 25).groups;
    assert_eq!(domains.len(), 18);
    let undefined = Value::Undefined(Undefined::NothingToMeasure);
    assert!(domains.iter().all(|domain| domain.value == undefined));
}

#[test]
fn somebody_of_whom_nothing_is_known_is_unknown_and_not_zero() {
    let mut history = History::with_dwellings(2);
    history.admit(day("2024-01-01"), 1, 1, 0, Answer::NotCollected);
    history.exit("2024-03-01", 1, Answer::PrefersNotToAnswer);
    let snapshot = history.known_on(day("2024-12-31"));
    let of = |number| indicator(&snapshot, first_quarter(), number);
    let employed = of(19);
    assert_eq!(
        employed.value,
        Value::Undefined(Undefined::NothingToMeasure)
    );
    assert_eq!(employed.parts.unknown.count, 1);
    // The ways of missing stay apart.
    assert_eq!(
        found(&group(&employed, "at_entry").value),
        [("not_collected", 1)]
    );
    let at_exit = found(&group(&employed, "at_exit").value);
    assert_eq!(at_exit, [("prefers_not_to_answer", 1)]);
    assert_eq!(
        (of(25).value, of(25).parts.unknown.count),
        (Value::Count(0), 1)
    );
    assert_eq!(of(30).parts.unknown.count, 1);
    assert_eq!(count(group(&of(30), "not_assessed")), 1);
    // No plan, and 30 days passed: that is known.
    assert_eq!(of(23).value, ratio(0, 1));
}

mod employed_at_exit {
    use super::*;

    #[test]
    fn four_outcomes() {
        let mut history = History::with_dwellings(6);
        let ways = [
            (LOOKING, EMPLOYED),
            (EMPLOYED, EMPLOYED),
            (EMPLOYED, Answer::Known(EmploymentStatus::NotEmployed)),
            (LOOKING, Answer::Known(EmploymentStatus::Unable)),
            (Answer::DoesNotKnow, EMPLOYED),
        ];
        for (n, (entry, _)) in (1..).zip(ways) {
            history.admit(day("2024-01-01"), n, n, 0, entry);
        }
        for (n, (_, exit)) in (1..).zip(ways) {
            history.exit("2024-02-01", n, exit);
        }
        let employed = indicator(&history.snapshot(), first_quarter(), 19);
        let expected = [("gained", 1), ("kept", 1), ("lost", 1), ("never", 1)];
        assert_eq!(found(&employed.value), expected);
        assert_eq!(employed.parts.numerator.count, 4);
        assert_eq!(employed.parts.unknown.count, 1);
        // At entry the second and third of four, at exit the first and second.
        assert_eq!(group(&employed, "employed_at_entry").value, ratio(2, 4));
        assert_eq!(group(&employed, "employed_at_exit").value, ratio(2, 4));
        let gained = group(&employed, "gained");
        let subjects = vec![Subject::Stay(household(1), person(10))];
        assert_eq!(gained.parts.numerator.subjects, subjects);
    }

    #[test]
    fn children_are_not_asked_and_an_unknown_age_is_unknown() {
        let mut history = History::with_dwellings(2);
        history.admit(day("2024-01-01"), 1, 1, 2, LOOKING);
        let joined = HouseholdMemberJoined {
            household: household(1),
            member: member(19, Relation::Partner, Answer::DoesNotKnow, LOOKING),
        };
        history.record(day("2024-01-05"), joined);
        let left = HouseholdMemberLeft {
            household: household(1),
            person: person(19),
            destination: RENTED,
            employment: EMPLOYED,
            new_head: None,
        };
        history.record(day("2024-01-20"), left);
        history.leave(day("2024-02-01"), 1, 2, RENTED);
        let employed = indicator(&history.snapshot(), first_quarter(), 19);
        // The woman's answer at exit was not collected; the other's age is not known.
        assert_eq!(employed.parts.numerator.count, 0);
        assert_eq!(employed.parts.excluded.count, 2);
        assert_eq!(employed.parts.unknown.count, 2);
    }

    #[test]
    fn an_answer_corrected_counts_as_corrected() {
        let mut history = women(1);
        let exit = history.exit("2024-02-01", 1, LOOKING);
        let Event::Exit(mut content) = content(&history, exit) else {
            panic!("an exit")
        };
        content.members[0].employment = EMPLOYED;
        let correction = history.correct(exit, "2024-02-02", content.into());
        let employed = indicator(&history.snapshot(), first_quarter(), 19);
        assert_eq!(found(&employed.value), [("gained", 1)]);
        assert!(employed.evidence.contains(&correction));
        history.retract(exit);
        let employed = indicator(&history.snapshot(), first_quarter(), 19);
        assert_eq!(
            employed.value,
            Value::Undefined(Undefined::NothingToMeasure)
        );
    }

    #[test]
    fn two_stays_of_one_woman_are_two_exits() {
        let mut history = women(1);
        history.exit("2024-02-01", 1, EMPLOYED);
        let again = Admission {
            household: household(2),
            dwelling: None,
            members: vec![member(
                10,
                Relation::Head,
                known_age(30, day("2024-02-10")),
                EMPLOYED,
            )],
        };
        history.record(day("2024-02-10"), again);
        let second = Exit {
            household: household(2),
            members: vec![MemberExit {
                person: person(10),
                destination: RENTED,
                employment: LOOKING,
            }],
            reason: Answer::NotCollected,
            completion: Answer::NotCollected,
            dismissal_reason: None,
            client_safety: Answer::NotCollected,
            worker_safety: Answer::NotCollected,
            safety_plan: Answer::NotCollected,
        };
        history.record(day("2024-03-10"), second);
        let employed = indicator(&history.snapshot(), first_quarter(), 19);
        assert_eq!(found(&employed.value), [("gained", 1), ("lost", 1)]);
    }
}

mod job_retention {
    use super::*;

    #[test]
    fn the_last_day_counts_and_the_day_before_does_not() {
        let mut history = women(3);
        for n in 1..=3 {
            history.place("2024-01-15", n, n);
        }
        // 15 January and 3 months: 15 April.
        history.end("2024-04-14", 1, 1, JobEndReason::ContractEnded);
        history.end("2024-04-15", 2, 2, JobEndReason::ContractEnded);
        let retention = indicator(
            &history.known_on(day("2024-04-30")),
            period("2024-04-01", "2024-06-30"),
            20,
        );
        assert_eq!(retention.value, ratio(2, 3));
        assert_eq!(group(&retention, "month_3").value, ratio(2, 3));
        // 15 July has not come for any of them.
        let month_6 = group(&retention, "month_6");
        assert_eq!(month_6.value, Value::Undefined(Undefined::NoDenominator));
        assert_eq!(count(group(&retention, "month_6_not_yet_due")), 3);
        assert_eq!(count(group(&retention, "month_3_not_yet_due")), 0);
    }

    #[test]
    fn a_month_too_short_ends_on_its_last_day() {
        let mut history = women(1);
        history.place("2024-01-31", 1, 1);
        history.end("2024-04-29", 1, 1, JobEndReason::Resigned);
        let retention = |on: &str| {
            let whole = period("2024-01-01", "2024-12-31");
            indicator(&history.known_on(day(on)), whole, 20)
        };
        assert_eq!(
            count(group(&retention("2024-04-29"), "month_3_not_yet_due")),
            1
        );
        // 30 April stands for the 31st.
        assert_eq!(retention("2024-04-30").value, ratio(0, 1));
    }

    #[test]
    fn another_job_counts_only_as_any_job() {
        let mut history = women(4);
        // One after the other; a better one of which no more is known; a better one, lost; none.
        history.place("2024-01-10", 1, 1);
        history.end("2024-02-10", 1, 1, JobEndReason::ContractEnded);
        history.place("2024-03-20", 1, 11);
        history.place("2024-01-10", 2, 2);
        history.end("2024-02-10", 2, 2, JobEndReason::BetterJob);
        history.place("2024-01-10", 3, 3);
        history.end("2024-02-10", 3, 3, JobEndReason::BetterJob);
        history.place("2024-02-11", 3, 31);
        history.end("2024-03-01", 3, 31, JobEndReason::Dismissed);
        history.place("2024-01-10", 4, 4);
        history.end("2024-02-10", 4, 4, JobEndReason::Care);
        // On 10 April the four first jobs are due; jobs 11 and 31 are due later.
        let april = period("2024-04-01", "2024-04-30");
        let retention = indicator(&history.known_on(day("2024-12-31")), april, 20);
        assert_eq!(retention.value, ratio(0, 4));
        assert_eq!(group(&retention, "month_3_any_job").value, ratio(2, 4));
        assert_eq!(count(group(&retention, "month_3_not_yet_due")), 2);
    }

    #[test]
    fn who_left_before_the_day_is_not_watched_any_more() {
        let mut history = women(3);
        for n in 1..=3 {
            history.place("2024-01-15", n, n);
        }
        history.end("2024-02-01", 2, 2, JobEndReason::Dismissed);
        history.exit("2024-03-01", 1, EMPLOYED);
        history.exit("2024-03-01", 2, LOOKING);
        history.exit("2024-04-15", 3, EMPLOYED);
        let second = period("2024-04-01", "2024-06-30");
        let retention = indicator(&history.known_on(day("2024-12-31")), second, 20);
        // Only the third was still there on 15 April, the day she left.
        assert_eq!(retention.value, ratio(1, 1));
        assert_eq!(retention.parts.unknown.count, 1);
        assert_eq!(retention.parts.excluded.count, 1);
    }

    #[test]
    fn an_end_recorded_late_or_taken_back() {
        let mut history = women(1);
        history.place("2024-01-15", 1, 1);
        let second = period("2024-04-01", "2024-06-30");
        let before = history.known_on(day("2024-07-10"));
        assert_eq!(indicator(&before, second, 20).value, ratio(1, 1));
        let late = JobEnded {
            household: household(1),
            job: job_id(1),
            reason: Answer::DoesNotKnow,
        };
        let end = history.record_late(day("2024-03-31"), day("2024-07-15"), late);
        assert_eq!(
            indicator(&history.snapshot(), second, 20).value,
            ratio(0, 1)
        );
        history.retract(end);
        assert_eq!(
            indicator(&history.snapshot(), second, 20).value,
            ratio(1, 1)
        );
    }

    #[test]
    fn a_job_counts_in_the_period_of_its_anniversary_alone() {
        let mut history = women(1);
        history.place("2024-01-15", 1, 1);
        let snapshot = history.known_on(day("2024-12-31"));
        let undefined = Value::Undefined(Undefined::NoDenominator);
        let first = indicator(&snapshot, first_quarter(), 20);
        assert_eq!(first.value, undefined);
        assert_eq!(count(group(&first, "month_3_not_yet_due")), 1);
        let third = indicator(&snapshot, period("2024-07-01", "2024-09-30"), 20);
        assert_eq!(third.value, undefined);
        assert_eq!(group(&third, "month_6").value, ratio(1, 1));
        assert_eq!(count(group(&third, "month_3_not_yet_due")), 0);
    }
}

mod contract_quality {
    use super::*;

    fn job(number: u128, contract: Answer<Contract>, hours: Option<u16>) -> JobPlacement {
        JobPlacement {
            household: household(1),
            person: person(10),
            job: job_id(number),
            contract,
            weekly_hours: hours,
            partner: None,
        }
    }

    #[test]
    fn jobs_begun_in_the_period_by_contract_and_hours() {
        let mut history = women(1);
        let known = Answer::Known;
        for (n, on, contract, hours) in [
            (1, "2023-12-31", known(Contract::Permanent), Some(40)),
            (2, "2024-01-01", known(Contract::Permanent), Some(40)),
            (3, "2024-02-01", known(Contract::FixedTerm), Some(24)),
            (4, "2024-02-01", known(Contract::FixedTerm), Some(25)),
            (5, "2024-03-01", Answer::DoesNotKnow, Some(15)),
            (6, "2024-03-01", Answer::PrefersNotToAnswer, Some(16)),
            (7, "2024-03-31", Answer::NotCollected, None),
            (8, "2024-04-01", known(Contract::Irregular), Some(0)),
        ] {
            history.record(day(on), job(n, contract, hours));
        }
        let quality = indicator(&history.known_on(day("2024-12-31")), first_quarter(), 21);
        let expected = [
            ("permanent", 1),
            ("fixed_term", 2),
            ("does_not_know", 1),
            ("prefers_not_to_answer", 1),
            ("not_collected", 1),
        ];
        assert_eq!(found(&quality.value), expected);
        assert_eq!(
            (quality.parts.numerator.count, quality.parts.unknown.count),
            (6, 3)
        );
        let hours = group(&quality, "weekly_hours");
        let expected = [
            ("hours_1_15", 1),
            ("hours_16_24", 2),
            ("hours_25_34", 1),
            ("hours_35_or_more", 1),
            ("not_collected", 1),
        ];
        assert_eq!(found(&hours.value), expected);
        assert_eq!(hours.parts.unknown.count, 1);
        // Six jobs of one woman are about one woman.
        assert_eq!(quality.parts.numerator.subjects.len(), 1);
    }

    #[test]
    fn a_corrected_contract_and_a_job_that_was_none() {
        let mut history = women(1);
        let first = history.record(day("2024-02-01"), job(1, Answer::NotCollected, None));
        let second = history.record(day("2024-02-01"), job(2, Answer::NotCollected, None));
        let told = job(1, Answer::Known(Contract::Agency), Some(30));
        history.correct(first, "2024-02-02", told.into());
        history.retract(second);
        let quality = indicator(&history.snapshot(), first_quarter(), 21);
        assert_eq!(found(&quality.value), [("agency", 1)]);
        assert!(!quality.evidence.contains(&second));
    }
}

mod plan_in_time {
    use super::*;

    #[test]
    fn day_thirty_is_in_time_and_day_thirty_one_is_not() {
        let mut history = women(4);
        // 1 January and 30 days: 31 January. A plan may be older than the entry.
        history.plan("2024-01-31", 1);
        history.plan("2024-02-01", 2);
        history.plan("2023-12-20", 3);
        let plan = indicator(&history.known_on(day("2024-12-31")), first_quarter(), 23);
        assert_eq!(plan.value, ratio(2, 4));
        assert_eq!(count(group(&plan, "late")), 1);
        assert_eq!(count(group(&plan, "without_plan")), 1);
        assert_eq!(count(group(&plan, "not_yet_due")), 0);
    }

    #[test]
    fn not_yet_due_is_neither_done_nor_missed() {
        let mut history = women(2);
        history.plan("2024-01-10", 1);
        let on = |on: &str| indicator(&history.known_on(day(on)), first_quarter(), 23);
        // On the 30th day she may still agree one: nothing is missing.
        assert_eq!(on("2024-01-31").value, ratio(1, 1));
        assert_eq!(count(group(&on("2024-01-31"), "not_yet_due")), 1);
        assert_eq!(count(group(&on("2024-01-31"), "without_plan")), 0);
        assert_eq!(on("2024-02-01").value, ratio(1, 2));
        assert_eq!(count(group(&on("2024-02-01"), "not_yet_due")), 0);
    }

    #[test]
    fn every_household_counts_in_one_period() {
        let mut history = History::with_dwellings(3);
        history.admit(day("2024-03-20"), 1, 1, 0, LOOKING);
        history.admit(day("2024-03-20"), 2, 2, 0, LOOKING);
        history.plan("2024-03-25", 1);
        history.plan("2024-05-25", 2);
        let snapshot = history.known_on(day("2024-12-31"));
        let first = indicator(&snapshot, first_quarter(), 23);
        let second = indicator(&snapshot, period("2024-04-01", "2024-06-30"), 23);
        let third = indicator(&snapshot, period("2024-07-01", "2024-09-30"), 23);
        assert_eq!(first.value, ratio(1, 1));
        assert_eq!(count(group(&first, "not_yet_due")), 1);
        assert_eq!(second.value, ratio(0, 1));
        assert_eq!(count(group(&second, "late")), 1);
        assert_eq!(third.value, Value::Undefined(Undefined::NoDenominator));
        assert_eq!(count(group(&third, "not_yet_due")), 0);
    }

    #[test]
    fn who_left_before_the_thirty_days_were_over_had_none() {
        let mut history = women(3);
        history.plan("2024-01-05", 1);
        history.exit("2024-01-10", 1, LOOKING);
        history.exit("2024-01-10", 2, LOOKING);
        history.exit("2024-02-01", 3, LOOKING);
        let plan = indicator(&history.known_on(day("2024-12-31")), first_quarter(), 23);
        assert_eq!(plan.value, ratio(1, 2));
        assert_eq!(plan.parts.excluded.count, 1);
        assert_eq!(
            plan.parts.excluded.subjects,
            [Subject::Household(household(2))]
        );
    }

    #[test]
    fn a_plan_taken_back_and_one_told_late() {
        let mut history = women(1);
        let wrong = history.plan("2024-01-10", 1);
        history.retract(wrong);
        let on = |history: &History| {
            indicator(&history.known_on(day("2024-12-31")), first_quarter(), 23).value
        };
        assert_eq!(on(&history), ratio(0, 1));
        let agreed = PlanAgreed {
            household: household(1),
            review_due: None,
        };
        history.record_late(day("2024-01-20"), day("2024-06-01"), agreed);
        assert_eq!(on(&history), ratio(1, 1));
    }
}

mod goal_attainment {
    use super::*;

    #[test]
    fn an_empty_list_of_reviews_is_no_attainment() {
        let mut history = women(1);
        for goal in 1..=4 {
            history.set("2024-01-05", 1, goal, Some("2024-03-01"));
        }
        history.review("2024-02-01", 1, 1, 0);
        // The last one counts, by day: it went down, and up.
        history.review("2024-02-20", 1, 2, -1);
        history.review("2024-02-01", 1, 2, 2);
        history.review("2024-02-01", 1, 3, -2);
        history.review("2024-03-20", 1, 3, 1);
        let goals = indicator(&history.known_on(day("2024-12-31")), first_quarter(), 24);
        assert_eq!(goals.value, ratio(2, 4));
        assert_eq!(group(&goals, "housing").value, ratio(2, 4));
        assert_eq!(
            group(&goals, "income").value,
            Value::Undefined(Undefined::NoDenominator)
        );
        assert_eq!(count(group(&goals, "not_reviewed")), 1);
        // Four goals of one household.
        assert_eq!(goals.parts.denominator.subjects.len(), 1);
    }

    #[test]
    fn what_is_not_due_is_apart() {
        let mut history = women(1);
        history.set("2024-01-05", 1, 1, Some("2024-03-31"));
        history.set("2024-01-05", 1, 2, Some("2024-04-01"));
        history.set("2024-01-05", 1, 3, None);
        // Reached before it is due: shown when it is.
        history.review("2024-02-01", 1, 2, 2);
        let snapshot = history.known_on(day("2024-12-31"));
        let goals = indicator(&snapshot, first_quarter(), 24);
        assert_eq!(goals.value, ratio(0, 1));
        assert_eq!(count(group(&goals, "not_yet_due")), 1);
        assert_eq!(count(group(&goals, "without_due")), 1);
        let next = indicator(&snapshot, period("2024-04-01", "2024-06-30"), 24);
        assert_eq!(next.value, ratio(1, 1));
        assert_eq!(count(group(&next, "not_yet_due")), 0);
        // As of the day of the last fact: on 1 March nothing is due.
        let early = indicator(&history.known_on(day("2024-03-01")), first_quarter(), 24);
        assert_eq!(early.value, Value::Undefined(Undefined::NoDenominator));
        assert_eq!(count(group(&early, "not_yet_due")), 2);
    }

    #[test]
    fn revised_and_given_up_are_shown() {
        let mut history = women(1);
        for goal in 1..=4 {
            history.set("2024-01-05", 1, goal, Some("2024-03-01"));
        }
        // Put off to April and to another domain; put off in April, too late for the quarter.
        history.revise("2024-02-01", 1, 1, Some("2024-04-15"));
        history.revise("2024-04-02", 1, 2, Some("2024-06-15"));
        // Given up on the very day, and the day after.
        history.give_up("2024-03-01", 1, 3);
        history.give_up("2024-03-02", 1, 4);
        let snapshot = history.known_on(day("2024-12-31"));
        let goals = indicator(&snapshot, first_quarter(), 24);
        assert_eq!(goals.value, ratio(0, 2));
        assert_eq!(goals.parts.excluded.count, 1);
        assert_eq!(count(group(&goals, "revised")), 1);
        assert_eq!(count(group(&goals, "withdrawn")), 2);
        assert_eq!(count(group(&goals, "not_yet_due")), 1);
        let second = indicator(&snapshot, period("2024-04-01", "2024-06-30"), 24);
        assert_eq!(second.value, ratio(0, 2));
        assert_eq!(group(&second, "income").value, ratio(0, 2));
        assert_eq!(count(group(&second, "revised")), 1);
        assert_eq!(count(group(&second, "withdrawn")), 0);
    }

    #[test]
    fn a_review_after_the_period_or_taken_back_does_not_count() {
        let mut history = women(1);
        history.set("2024-01-05", 1, 1, Some("2024-03-01"));
        history.review("2024-04-01", 1, 1, 2);
        let of = |history: &History| {
            indicator(&history.known_on(day("2024-12-31")), first_quarter(), 24).value
        };
        assert_eq!(of(&history), ratio(0, 1));
        let review = history.review("2024-03-31", 1, 1, 0);
        assert_eq!(of(&history), ratio(1, 1));
        let lower = GoalReviewed {
            household: household(1),
            goal: goal_id(1),
            attainment: -1,
            note: None,
        };
        let correction = history.correct(review, "2024-03-31", lower.into());
        assert_eq!(of(&history), ratio(0, 1));
        history.retract(correction);
        assert_eq!(of(&history), ratio(1, 1));
    }

    #[test]
    fn goals_of_who_left_are_not_open_for_ever() {
        let mut history = women(1);
        history.set("2024-01-05", 1, 1, None);
        history.set("2024-01-05", 1, 2, Some("2024-12-01"));
        history.exit("2024-03-31", 1, LOOKING);
        let snapshot = history.known_on(day("2024-12-31"));
        let first = indicator(&snapshot, first_quarter(), 24);
        assert_eq!(count(group(&first, "without_due")), 1);
        assert_eq!(count(group(&first, "not_yet_due")), 1);
        let second = indicator(&snapshot, period("2024-04-01", "2024-06-30"), 24);
        assert_eq!(count(group(&second, "without_due")), 0);
        assert_eq!(count(group(&second, "not_yet_due")), 0);
    }
}

mod self_sufficiency {
    use super::*;

    const ENTRY: AssessmentStage = AssessmentStage::Entry;
    const INTERIM: AssessmentStage = AssessmentStage::Interim;
    const EXIT: AssessmentStage = AssessmentStage::Exit;

    #[test]
    fn the_first_at_entry_against_the_last_at_exit() {
        let mut history = women(3);
        history.score(
            "2024-01-05",
            1,
            ENTRY,
            &[("housing", Some(2)), ("income", Some(3))],
        );
        history.score(
            "2024-01-20",
            1,
            ENTRY,
            &[("housing", Some(5)), ("income", Some(5))],
        );
        history.score(
            "2024-02-01",
            1,
            INTERIM,
            &[("housing", Some(1)), ("income", Some(1))],
        );
        history.score(
            "2024-02-10",
            1,
            EXIT,
            &[("housing", Some(1)), ("income", Some(1))],
        );
        history.score(
            "2024-02-20",
            1,
            EXIT,
            &[("housing", Some(4)), ("income", Some(3))],
        );
        history.score(
            "2024-01-05",
            2,
            ENTRY,
            &[("housing", Some(3)), ("income", None)],
        );
        history.score(
            "2024-02-20",
            2,
            EXIT,
            &[("housing", Some(2)), ("income", Some(5))],
        );
        // The third has nothing at exit, and an interim score does not stand in.
        history.score("2024-01-05", 3, ENTRY, &[("housing", Some(1))]);
        history.score("2024-02-20", 3, INTERIM, &[("housing", Some(5))]);
        for n in 1..=3 {
            history.exit("2024-02-20", n, LOOKING);
        }
        let change = indicator(&history.snapshot(), first_quarter(), 25);
        assert_eq!(change.value, Value::Count(2));
        assert_eq!(change.parts.unknown.count, 1);
        let housing = group(&change, "housing");
        assert_eq!(found(&housing.value), [("increased", 1), ("decreased", 1)]);
        assert_eq!(
            (housing.parts.numerator.count, housing.parts.unknown.count),
            (2, 1)
        );
        let income = group(&change, "income");
        assert_eq!(found(&income.value), [("same", 1)]);
        assert_eq!(income.parts.excluded.count, 1, "does not apply at entry");
        // Never scored: neither the same nor zero.
        let legal = group(&change, "legal");
        assert_eq!(legal.value, Value::Undefined(Undefined::NothingToMeasure));
        assert_eq!(legal.parts.unknown.count, 3);
    }

    #[test]
    fn who_is_still_there_has_no_change_yet() {
        let mut history = women(1);
        history.score("2024-01-05", 1, ENTRY, &[("housing", Some(2))]);
        history.score("2024-03-05", 1, EXIT, &[("housing", Some(4))]);
        let of = |history: &History| {
            indicator(&history.known_on(day("2024-12-31")), first_quarter(), 25)
        };
        assert_eq!(
            (of(&history).value, of(&history).parts.unknown.count),
            (Value::Count(0), 0)
        );
        history.exit("2024-04-01", 1, LOOKING);
        assert_eq!(of(&history).parts.unknown.count, 0, "after the period");
        let second = indicator(
            &history.known_on(day("2024-12-31")),
            period("2024-04-01", "2024-06-30"),
            25,
        );
        assert_eq!(second.value, Value::Count(1));
    }

    #[test]
    fn children_never_scored_are_left_out_and_a_corrected_score_counts() {
        let mut history = History::with_dwellings(2);
        history.admit(day("2024-01-01"), 1, 1, 2, LOOKING);
        history.score("2024-01-05", 1, ENTRY, &[("housing", Some(2))]);
        let last = history.score("2024-02-01", 1, EXIT, &[("housing", Some(1))]);
        let Event::AssessmentScored(mut content) = content(&history, last) else {
            panic!("a score")
        };
        content.scores[0].score = Some(5);
        history.correct(last, "2024-02-01", content.into());
        history.leave(day("2024-02-01"), 1, 2, RENTED);
        let change = indicator(&history.snapshot(), first_quarter(), 25);
        assert_eq!(
            (change.value.clone(), change.parts.excluded.count),
            (Value::Count(1), 2)
        );
        assert_eq!(found(&group(&change, "housing").value), [("increased", 1)]);
    }

    #[test]
    fn versions_are_not_compared() {
        let mut history = women(1);
        history.score("2024-01-05", 1, ENTRY, &[("housing", Some(2))]);
        let last = history.score("2024-02-01", 1, EXIT, &[("housing", Some(5))]);
        let Event::AssessmentScored(mut content) = content(&history, last) else {
            panic!("a score")
        };
        content.version = 2;
        history.correct(last, "2024-02-01", content.into());
        history.exit("2024-02-01", 1, LOOKING);
        let change = indicator(&history.snapshot(), first_quarter(), 25);
        assert_eq!(
            (change.value, change.parts.unknown.count),
            (Value::Count(0), 1)
        );
    }
}

mod children {
    use super::*;

    fn admit(history: &mut History, number: u128, ages: &[Option<u64>]) {
        let on = day("2024-01-01");
        let head = member(number * 10, Relation::Head, known_age(30, on), LOOKING);
        let young = (1..).zip(ages).map(|(child, age)| {
            let birth = age.map_or(Answer::DoesNotKnow, |age| known_age(age, on));
            member(
                number * 10 + child,
                Relation::Child,
                birth,
                Answer::NotCollected,
            )
        });
        let members = std::iter::once(head).chain(young).collect();
        let admission = Admission {
            household: household(number),
            dwelling: None,
            members,
        };
        history.record(on, admission);
    }

    #[test]
    fn children_of_an_age_for_it_and_the_days_it_took() {
        let mut history = History::with_dwellings(1);
        admit(
            &mut history,
            1,
            &[Some(1), Some(4), Some(8), Some(15), None],
        );
        admit(&mut history, 2, &[Some(2), Some(9)]);
        history.school("2024-01-01", 1, 2);
        // Twice, and in a course beside it: still one child.
        history.school("2024-01-21", 1, 3);
        history.school("2024-02-21", 1, 3);
        history.school("2024-02-01", 1, 1);
        // After the period.
        history.school("2024-04-01", 2, 2);
        let schools = indicator(&history.known_on(day("2024-12-31")), first_quarter(), 29);
        // Of 4, 8, 15 and 9 years the first two.
        assert_eq!(schools.value, ratio(2, 4));
        assert_eq!(schools.parts.excluded.count, 2);
        assert_eq!(schools.parts.unknown.count, 1);
        assert_eq!(group(&schools, "0_2").value, ratio(1, 2));
        assert_eq!(group(&schools, "3_5").value, ratio(1, 1));
        assert_eq!(group(&schools, "6_10").value, ratio(1, 2));
        assert_eq!(
            group(&schools, "11_13").value,
            Value::Undefined(Undefined::NoDenominator)
        );
        assert_eq!(group(&schools, "14_17").value, ratio(0, 1));
        // 0 and 20 days.
        assert_eq!(group(&schools, "days_to_placement").value, Value::Days(10));
    }

    #[test]
    fn who_left_before_the_period_is_no_child_of_it() {
        let mut history = History::with_dwellings(1);
        admit(&mut history, 1, &[Some(8), Some(9)]);
        let left = HouseholdMemberLeft {
            household: household(1),
            person: person(11),
            destination: RENTED,
            employment: Answer::NotCollected,
            new_head: None,
        };
        let gone = history.record(day("2024-01-31"), left);
        let snapshot = history.known_on(day("2024-12-31"));
        let february = indicator(&snapshot, period("2024-02-01", "2024-02-29"), 29);
        assert_eq!(february.value, ratio(0, 1));
        // The admission names both: that one had left belongs to the evidence.
        assert!(february.evidence.contains(&gone));
        assert_eq!(indicator(&snapshot, first_quarter(), 29).value, ratio(0, 2));
    }

    #[test]
    fn a_child_that_came_twice_counts_once_and_by_her_latest_school() {
        let mut history = History::with_dwellings(1);
        admit(&mut history, 1, &[Some(8)]);
        history.school("2024-01-05", 1, 1);
        history.leave(day("2024-02-01"), 1, 1, RENTED);
        let on = day("2024-02-11");
        let again = Admission {
            household: household(2),
            dwelling: None,
            members: vec![
                member(10, Relation::Head, known_age(30, on), LOOKING),
                member(11, Relation::Child, known_age(8, on), Answer::NotCollected),
            ],
        };
        history.record(on, again);
        let of = |history: &History| {
            indicator(&history.known_on(day("2024-12-31")), first_quarter(), 29)
        };
        assert_eq!(of(&history).value, ratio(1, 1));
        assert_eq!(
            group(&of(&history), "days_to_placement").value,
            Value::Days(4)
        );
        let started = SchoolingStarted {
            household: household(2),
            person: person(11),
            kind: SchoolingKind::Primary,
        };
        let last = history.record(day("2024-02-20"), started);
        assert_eq!(
            group(&of(&history), "days_to_placement").value,
            Value::Days(9)
        );
        history.retract(last);
        assert_eq!(
            group(&of(&history), "days_to_placement").value,
            Value::Days(4)
        );
    }
}

mod risk_change {
    use super::*;

    const SARA: &str = "sara_s";
    const DA: &str = "danger_assessment";

    #[test]
    fn the_first_level_against_the_last() {
        let mut history = women(5);
        history.risk("2024-03-01", 1, SARA, RiskLevel::Low);
        history.risk("2024-01-05", 1, SARA, RiskLevel::High);
        history.risk("2024-02-01", 1, SARA, RiskLevel::Medium);
        history.risk("2024-01-05", 2, SARA, RiskLevel::Medium);
        history.risk("2024-03-05", 2, SARA, RiskLevel::Medium);
        history.risk("2024-01-05", 3, DA, RiskLevel::High);
        history.risk("2024-03-05", 3, DA, RiskLevel::Extreme);
        history.risk("2024-01-05", 4, SARA, RiskLevel::Low);
        let risk = indicator(&history.known_on(day("2024-12-31")), first_quarter(), 30);
        let expected = [
            ("medium_to_medium", 1),
            ("high_to_low", 1),
            ("high_to_extreme", 1),
        ];
        assert_eq!(found(&risk.value), expected);
        let direction = found(&group(&risk, "direction").value);
        assert_eq!(direction, [("lower", 1), ("same", 1), ("higher", 1)]);
        let sara = found(&group(&risk, SARA).value);
        assert_eq!(sara, [("medium_to_medium", 1), ("high_to_low", 1)]);
        assert_eq!(found(&group(&risk, DA).value), [("high_to_extreme", 1)]);
        assert_eq!(count(group(&risk, "assessed_once")), 1);
        assert_eq!(count(group(&risk, "not_assessed")), 1);
        assert_eq!(
            (risk.parts.numerator.count, risk.parts.unknown.count),
            (3, 2)
        );
    }

    #[test]
    fn levels_of_two_instruments_are_not_compared() {
        let mut history = women(2);
        history.risk("2024-01-05", 1, SARA, RiskLevel::High);
        history.risk("2024-03-05", 1, DA, RiskLevel::Low);
        // Both twice: the one used first counts, and both are shown.
        history.risk("2024-01-06", 2, DA, RiskLevel::Extreme);
        history.risk("2024-01-07", 2, SARA, RiskLevel::Low);
        history.risk("2024-03-07", 2, SARA, RiskLevel::High);
        history.risk("2024-03-08", 2, DA, RiskLevel::Low);
        let risk = indicator(&history.known_on(day("2024-12-31")), first_quarter(), 30);
        assert_eq!(found(&risk.value), [("extreme_to_low", 1)]);
        assert_eq!(found(&group(&risk, SARA).value), [("low_to_high", 1)]);
        assert_eq!(count(group(&risk, "assessed_once")), 1);
    }

    #[test]
    fn what_came_after_the_period_or_was_taken_back_does_not_count() {
        let mut history = History::with_dwellings(2);
        history.admit(day("2024-01-01"), 1, 1, 1, LOOKING);
        history.risk("2024-01-05", 1, SARA, RiskLevel::High);
        let second = history.risk("2024-03-31", 1, SARA, RiskLevel::Medium);
        history.risk("2024-04-01", 1, SARA, RiskLevel::Low);
        let of = |history: &History| {
            indicator(&history.known_on(day("2024-12-31")), first_quarter(), 30)
        };
        assert_eq!(found(&of(&history).value), [("high_to_medium", 1)]);
        assert_eq!(of(&history).parts.excluded.count, 1, "the child");
        history.retract(second);
        let without = of(&history);
        assert_eq!(without.value, Value::Undefined(Undefined::NothingToMeasure));
        assert_eq!(without.parts.unknown.count, 1);
    }
}

mod incidents {
    use super::*;

    #[test]
    fn an_incident_with_two_breaches_is_one_incident() {
        let mut history = women(2);
        history.incident("2024-01-01", 1, 1, Severity::Serious);
        history.breach("2024-01-01", 1, BreachKind::AddressDisclosed, Some(1));
        history.breach("2024-01-02", 1, BreachKind::AbuserAtDoor, Some(1));
        history.incident("2024-03-31", 2, 2, Severity::Minor);
        // On their own, and outside.
        history.breach("2024-02-01", 2, BreachKind::AddressDisclosed, None);
        history.breach("2024-04-01", 2, BreachKind::AddressDisclosed, None);
        history.incident("2024-04-01", 2, 3, Severity::Critical);
        let incidents = indicator(&history.known_on(day("2024-12-31")), first_quarter(), 31);
        assert_eq!(incidents.value, Value::Count(2));
        let severity = found(&group(&incidents, "severity").value);
        assert_eq!(severity, [("minor", 1), ("serious", 1)]);
        assert_eq!(
            found(&group(&incidents, "kind").value),
            [("threat_by_abuser", 2)]
        );
        assert_eq!(count(group(&incidents, "breaches")), 3);
        assert_eq!(count(group(&incidents, "address_disclosed")), 2);
        let kinds = found(&group(&incidents, "breach_kind").value);
        assert_eq!(kinds, [("address_disclosed", 2), ("abuser_at_door", 1)]);
        assert_eq!(incidents.parts.numerator.subjects.len(), 2);
    }

    #[test]
    fn a_corrected_severity_and_an_incident_that_was_none() {
        let mut history = women(1);
        let first = history.incident("2024-02-01", 1, 1, Severity::Minor);
        let second = history.incident("2024-02-02", 1, 2, Severity::Minor);
        let Event::IncidentReported(mut content) = content(&history, first) else {
            panic!("an incident")
        };
        content.severity = Severity::Critical;
        let correction = history.correct(first, "2024-02-03", content.into());
        history.retract(second);
        let incidents = indicator(&history.snapshot(), first_quarter(), 31);
        assert_eq!(incidents.value, Value::Count(1));
        assert_eq!(
            found(&group(&incidents, "severity").value),
            [("critical", 1)]
        );
        assert_eq!(incidents.evidence, [first, correction]);
    }
}

/// A trap: figures that filter on the current status, so that closing a case rewrites the last quarter.
#[test]
fn closing_a_case_later_rewrites_nothing() {
    let mut history = women(2);
    history.plan("2024-01-10", 1);
    history.set("2024-01-10", 1, 1, Some("2024-03-10"));
    history.set("2024-01-10", 1, 2, Some("2024-05-10"));
    history.review("2024-03-11", 1, 1, -1);
    history.place("2024-01-15", 1, 1);
    history.risk("2024-01-05", 1, "sara_s", RiskLevel::High);
    history.score(
        "2024-01-05",
        1,
        AssessmentStage::Entry,
        &[("housing", Some(2))],
    );
    let of = |history: &History, on: &str| {
        let all = evaluate(&history.known_on(day(on)), first_quarter()).into_iter();
        let mine = all.filter(|i| NUMBERS.contains(&i.number));
        mine.collect::<Vec<_>>()
    };
    let before = of(&history, "2024-04-02");
    // In April everything ends well, and the case is closed.
    history.review("2024-04-10", 1, 1, 2);
    history.revise("2024-04-10", 1, 2, None);
    history.give_up("2024-04-11", 1, 2);
    history.end("2024-04-12", 1, 1, JobEndReason::BetterJob);
    history.risk("2024-04-13", 1, "sara_s", RiskLevel::Low);
    history.score(
        "2024-04-13",
        1,
        AssessmentStage::Exit,
        &[("housing", Some(5))],
    );
    history.incident("2024-04-14", 1, 1, Severity::Minor);
    history.exit("2024-04-20", 1, EMPLOYED);
    assert_eq!(of(&history, "2024-06-30"), before);
    assert_eq!(before.len(), NUMBERS.len());
}

/// A trap: cross joins. Whatever else is told of a woman, each thing of hers counts once.
#[test]
fn no_list_multiplies_another() {
    let mut history = women(1);
    for n in 1..=3 {
        let on = format!("2024-01-1{n}");
        history.plan(&on, 1);
        history.set(&on, 1, n, Some("2024-02-01"));
        history.review("2024-01-20", 1, n, 1);
        history.review("2024-01-21", 1, n, 1);
        history.place(&on, 1, n);
        history.risk(&on, 1, "sara_s", RiskLevel::Low);
        history.incident(&on, 1, n, Severity::Minor);
        history.visit(day(&on), day(&on), 1);
    }
    let snapshot = history.known_on(day("2024-12-31"));
    let of = |number| indicator(&snapshot, first_quarter(), number);
    assert_eq!(of(21).parts.numerator.count, 3);
    assert_eq!(of(23).value, ratio(1, 1));
    assert_eq!(of(24).value, ratio(3, 3));
    assert_eq!(of(30).parts.numerator.count, 1);
    assert_eq!(of(31).value, Value::Count(3));
    let second = indicator(&snapshot, period("2024-04-01", "2024-06-30"), 20);
    assert_eq!(second.value, ratio(3, 3));
}

/// One thing that happens in a random history: what, to whom, on which day, and with which details.
type Step = (u8, u128, u64, u8, u8);

fn happen(history: &mut History, (what, number, on, one, other): Step) {
    let on = (day("2024-01-01") + chrono::Days::new(on)).to_string();
    let due = (day("2024-01-01") + chrono::Days::new(u64::from(other) * 9)).to_string();
    let due = (one % 4 > 0).then_some(due.as_str());
    let (on, goal) = (on.as_str(), u128::from(one % 3) + number * 10);
    let stages = [
        AssessmentStage::Entry,
        AssessmentStage::Interim,
        AssessmentStage::Exit,
    ];
    let stage = stages[usize::from(one % 3)];
    let score = (other % 6 > 0).then_some(other % 6);
    let levels = [RiskLevel::Low, RiskLevel::Medium, RiskLevel::High];
    let level = levels[usize::from(other % 3)];
    let instrument = ["sara_s", "danger_assessment"][usize::from(one % 2)];
    let reasons = [JobEndReason::BetterJob, JobEndReason::Dismissed];
    let answers = [LOOKING, EMPLOYED, Answer::DoesNotKnow];
    let answer = answers[usize::from(other % 3)];
    match what {
        0 | 1 => history.place(on, number, goal),
        2 => history.end(on, number, goal, reasons[usize::from(other % 2)]),
        3 => history.plan(on, number),
        4 | 5 => history.set(on, number, goal, due),
        6 => history.revise(on, number, goal, due),
        7 => history.review(on, number, goal, i8::try_from(other % 5).unwrap() - 2),
        8 => history.give_up(on, number, goal),
        9 | 10 => history.score(
            on,
            number,
            stage,
            &[("housing", score), ("income", Some(3))],
        ),
        11 | 12 => history.risk(on, number, instrument, level),
        13 => history.school(on, number, u128::from(one % 3)),
        14 => history.incident(on, number, goal, Severity::Minor),
        15 => history.breach(on, number, BreachKind::AddressDisclosed, Some(goal)),
        16 => history.exit(on, number, answer),
        17 => history.leave(day(on), number, 2, RENTED),
        18 => history.income(day(on), number, i64::from(one), i64::from(other)),
        19 => {
            let left = HouseholdMemberLeft {
                household: household(number),
                person: person(number * 10 + u128::from(one % 3)),
                destination: RENTED,
                employment: answer,
                new_head: None,
            };
            history.record(day(on), left)
        }
        20 => again(history, number, on),
        _ => {
            let last = Position::try_from(history.facts.len()).unwrap();
            history.retract(1 + Position::from(one) * Position::from(other) % last)
        }
    };
}

/// Corrects the last fact of a household: it happened on another day.
fn again(history: &mut History, number: u128, on: &str) -> Position {
    let named = |fact: &&Fact| fact.event.household() == Some(household(number));
    let last = history.facts.iter().rev().find(named).unwrap();
    let (position, event) = (last.position, last.event.clone());
    let event = match event {
        Event::RecordCorrected(correction) => *correction.replacement.event,
        other => other,
    };
    history.correct(position, on, event)
}

fn told(steps: &[Step]) -> History {
    let mut history = History::with_dwellings(3);
    for (number, employment) in [(0, LOOKING), (1, EMPLOYED), (2, Answer::NotCollected)] {
        let on = day("2024-01-01") + chrono::Days::new(20 * u64::try_from(number).unwrap());
        history.admit(on, number, number, 2, employment);
    }
    for step in steps {
        let (what, number, on, one, _) = *step;
        let leaving = matches!(what, 16 | 17 | 19);
        // Nobody leaves twice, nor before she came.
        let person = person(number * 10 + u128::from(one % 3));
        let gone = history.facts.iter().any(|fact| match &fact.event {
            Event::Exit(exit) => exit.household == household(number),
            Event::HouseholdMemberLeft(left) => what != 19 || left.person == person,
            _ => false,
        });
        if !leaving || (!gone && on >= 20 * u64::try_from(number).unwrap()) {
            happen(&mut history, *step);
        }
    }
    history
}

/// Everything a figure says but the places themselves.
fn said(indicator: &Indicator) -> impl PartialEq + std::fmt::Debug {
    let parts = |parts: &evaluation::Parts| {
        let all = [
            &parts.numerator,
            &parts.denominator,
            &parts.excluded,
            &parts.unknown,
        ];
        all.map(|part| (part.count, part.subjects.clone()))
    };
    let groups = indicator.groups.iter();
    let groups = groups.map(|group| (group.value.clone(), parts(&group.parts)));
    (
        indicator.value.clone(),
        parts(&indicator.parts),
        groups.collect::<Vec<_>>(),
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Every figure comes out again from the facts it names, and from nothing else.
    #[test]
    fn evidence_is_enough(
        steps in proptest::collection::vec((0_u8..22, 0_u128..3, 0_u64..300, 0_u8..16, 0_u8..40), 0..60),
        from in 0_u64..250,
        length in 0_u64..200,
        known in 0_u64..400,
    ) {
        let history = told(&steps);
        let start = day("2024-01-01");
        let after = |days: u64| -> NaiveDate { start + chrono::Days::new(days) };
        let whole = history.known_on(after(known));
        let period = Period::new(after(from), after(from + length)).unwrap();
        for figure in evaluate(&whole, period) {
            if !NUMBERS.contains(&figure.number) {
                continue;
            }
            let named: BTreeSet<Position> = figure.evidence.iter().copied().collect();
            let facts = history.facts.iter().filter(|fact| named.contains(&fact.position));
            let facts: Vec<Fact> = facts.cloned().collect();
            let mut part = Snapshot::fold(PILOT, &facts);
            part.recorded_at = whole.recorded_at;
            let again = indicator(&part, period, figure.number);
            prop_assert_eq!(said(&again), said(&figure), "indicator {}", figure.number);
        }
    }

    /// Each household, job and goal is in one class at most, and over the periods of a year in one period.
    #[test]
    fn quarters_add_up_to_the_year(
        steps in proptest::collection::vec((0_u8..16, 0_u128..3, 0_u64..300, 0_u8..16, 0_u8..40), 0..60),
    ) {
        let snapshot = told(&steps).known_on(day("2025-12-31"));
        let year = period("2024-01-01", "2024-12-31");
        let quarters = [
            first_quarter(),
            period("2024-04-01", "2024-06-30"),
            period("2024-07-01", "2024-09-30"),
            period("2024-10-01", "2024-12-31"),
        ];
        // Jobs by anniversary, contracts and incidents by day, plans by the day they were decided.
        for number in [20, 21, 23, 31] {
            let counts = |period| {
                let parts = indicator(&snapshot, period, number).parts;
                [parts.numerator, parts.denominator, parts.excluded].map(|part| part.count)
            };
            let sum = quarters.map(counts).into_iter().fold([0; 3], |sum, part| {
                std::array::from_fn(|index| sum[index] + part[index])
            });
            prop_assert_eq!(sum, counts(year), "indicator {}", number);
        }
    }
}
