//! Every refusal, and the neighbour that is accepted.

mod network;
mod people;

use std::collections::BTreeSet;

use domain::{Refusal, limits};
use events::codes::*;
use events::*;
use rust_decimal::Decimal;

use crate::facts::*;
use crate::log::{Log, Step};

/// After `given`, `refused` is refused with `code`, and `accepted` is accepted.
struct Case {
    code: &'static str,
    given: Vec<Step>,
    refused: Step,
    accepted: Step,
}

fn case(code: &'static str, given: Vec<Step>, refused: Step, accepted: Step) -> Case {
    Case {
        code,
        given,
        refused,
        accepted,
    }
}

const TODAY: u64 = 1000;

#[test]
fn every_refusal_is_shown_beside_what_is_accepted() {
    let mut shown = BTreeSet::new();
    let mut wrong = Vec::new();
    let all = [
        values(),
        pilot(),
        dwellings(),
        referrals(),
        members(),
        whereabouts(),
        stays(),
        records(),
        network::pilot(),
        network::partners(),
        network::reports(),
        network::committee(),
        network::money(),
        network::dwellings(),
        people::referrals(),
        people::consents(),
        people::hospitality(),
        people::goals(),
        people::assessments(),
        people::services(),
        people::exits(),
        people::four_eyes(),
    ];
    for Case {
        code,
        given,
        refused,
        accepted,
    } in all.into_iter().flatten()
    {
        let log = Log::given(day(TODAY), given);
        let kind = refused.event.kind();
        match log.decide(refused) {
            Ok(_) => wrong.push(format!("{kind} is accepted, not refused with {code}")),
            Err(refusal) if refusal.code() != code => {
                wrong.push(format!("{kind} is refused, not with {code}: {refusal}"));
            }
            Err(refusal) => check_sentence(&refusal),
        }
        if let Err(refusal) = log.decide(accepted) {
            wrong.push(format!("the neighbour of {code} is refused: {refusal}"));
        }
        shown.insert(code);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let codes: BTreeSet<_> = Refusal::CODES.iter().copied().collect();
    assert_eq!(shown, codes);
    assert_eq!(codes.len(), Refusal::CODES.len(), "a code is given twice");
}

fn check_sentence(refusal: &Refusal) {
    let sentence = refusal.to_string();
    assert!(
        !sentence.ends_with('.') && sentence.len() > 20,
        "{sentence}"
    );
    assert!(
        !sentence.contains('{') && !sentence.contains("Some("),
        "{sentence}"
    );
    let code = refusal.code();
    assert!(
        code.chars().all(|c| c.is_ascii_lowercase() || c == '_'),
        "{code}"
    );
    assert_ne!(refusal.field(), Some(""));
}

fn values() -> Vec<Case> {
    let given = admitted_household;
    let title = |title: &str| {
        on(
            5,
            PilotOpened {
                title: title.to_owned(),
                ..opened()
            },
        )
    };
    let code = |code: &str| {
        on(
            5,
            PilotOpened {
                code: code.to_owned(),
                ..opened()
            },
        )
    };
    let long = |n: usize| "x".repeat(n);
    let minutes = |minutes| {
        on(
            30,
            Visit {
                minutes,
                ..visit(1, &[1])
            },
        )
    };
    let hours = |hours| {
        on(
            30,
            JobPlacement {
                weekly_hours: Some(hours),
                ..placed(1, 1, 1)
            },
        )
    };
    let amount = |cents: i64, scale| {
        on(
            30,
            ExpenseRecorded {
                amount: Decimal::new(cents, scale),
                ..expense(1)
            },
        )
    };
    let due = |n| {
        on(
            30,
            PlanAgreed {
                review_due: Some(day(n)),
                ..plan(1)
            },
        )
    };
    let ends = |n| {
        on(
            30,
            PhaseStarted {
                planned_end: Some(day(n)),
                ..phase(Phase::Experimental)
            },
        )
    };
    let score = |attainment| {
        on(
            30,
            GoalReviewed {
                attainment,
                ..reviewed(1, 1)
            },
        )
    };
    let beds = |beds| {
        on(
            30,
            DwellingRegistered {
                beds,
                ..registered(3)
            },
        )
    };
    let with_goal = || with(given(), [on(25, plan(1)), on(25, goal_set(1, 1))]);
    let partners = |count: u8| {
        on(
            30,
            Visit {
                partners: (1..=count).map(partner).collect(),
                ..visit(1, &[1])
            },
        )
    };
    let forty = || {
        let more = (2..=41).map(|n| on(5, joined_as_partner(n)));
        with(given(), more)
    };
    let sources = |second| {
        let part = |source| IncomeAmount {
            source,
            amount: Answer::Known(Decimal::new(500, 0)),
        };
        let sources = vec![part(IncomeSource::Earned), part(second)];
        let known = Answer::Known(Income {
            total: Answer::NotCollected,
            sources,
        });
        on(
            30,
            IncomeRecorded {
                income: known,
                ..income(1, 1)
            },
        )
    };
    let asked = |result| {
        on(
            200,
            FollowUpRecorded {
                result,
                ..follow_up(1, FollowUpMonth::Month3)
            },
        )
    };
    let gone = || with(given(), [on(60, exit(1, &[1, 2]))]);
    vec![
        case("text_missing", vec![], title(" "), title("x")),
        case(
            "text_too_long",
            vec![],
            title(&long(201)),
            title(&long(200)),
        ),
        case(
            "text_not_plain",
            vec![],
            title("In\nrete"),
            title("In rete"),
        ),
        case("code_not_usable", vec![], code("-in"), code("4-in-")),
        case("code_not_usable", vec![], code("Rete"), code("rete")),
        case("code_not_usable", vec![], code(""), code("r")),
        case("code_not_usable", vec![], code(&long(41)), code(&long(40))),
        case("out_of_range", given(), minutes(0), minutes(1)),
        case("out_of_range", given(), minutes(1441), minutes(1440)),
        case("out_of_range", given(), hours(0), hours(1)),
        case("out_of_range", given(), hours(81), hours(80)),
        case("out_of_range", given(), beds(0), beds(1)),
        case("out_of_range", with_goal(), score(3), score(2)),
        case("out_of_range", with_goal(), score(-3), score(-2)),
        case("amount_out_of_range", given(), amount(0, 2), amount(1, 2)),
        case(
            "amount_out_of_range",
            given(),
            amount(-500, 2),
            amount(500, 2),
        ),
        case(
            "amount_out_of_range",
            given(),
            amount(10_000_000_001, 2),
            amount(10_000_000_000, 2),
        ),
        case(
            "amount_too_fine",
            given(),
            amount(1_005, 3),
            amount(1_000, 3),
        ),
        case("day_out_of_range", given(), due(29), due(30)),
        case("day_out_of_range", given(), ends(29), ends(30)),
        case("day_out_of_range", given(), due(100_000), due(50_000)),
        case(
            "named_twice",
            given(),
            on(30, visit(1, &[1, 1])),
            on(30, visit(1, &[1, 2])),
        ),
        case(
            "named_twice",
            given(),
            sources(IncomeSource::Earned),
            sources(IncomeSource::Other),
        ),
        case("too_many", forty(), partners(41), partners(40)),
        case(
            "answer_without_contact",
            gone(),
            asked(FollowUpResult::Unreachable),
            asked(FollowUpResult::Reached),
        ),
        case(
            "reason_missing",
            vec![on(5, opened()), on(10, referred(1))],
            on(
                12,
                AdmissionDecided {
                    decision: AdmissionDecision::Waiting,
                    ..accepted(1)
                },
            ),
            on(12, accepted(1)),
        ),
    ]
}

fn pilot() -> Vec<Case> {
    let given = referred_household;
    let helped = |n, who| {
        on(
            n,
            ServiceProvided {
                partner: Some(partner(who)),
                ..service(1, None)
            },
        )
    };
    let late = || with(given(), [on(30, joined_as_partner(2))]);
    let phases = || {
        with(
            given(),
            [
                on(20, phase(Phase::Preparation)),
                on(40, phase(Phase::Closing)),
            ],
        )
    };
    let middle = |n| on(n, phase(Phase::Experimental));
    vec![
        case(
            "in_the_future",
            given(),
            on(TODAY + 1, expense(1)),
            on(TODAY, expense(1)),
        ),
        case(
            "too_long_ago",
            given(),
            Step::new(limits::EARLIEST_DAY.pred_opt().expect("a day"), expense(1)),
            Step::new(limits::EARLIEST_DAY, expense(1)),
        ),
        case(
            "pilot_not_opened",
            vec![],
            on(5, expense(1)),
            on(5, opened()),
        ),
        case(
            "pilot_already_opened",
            given(),
            on(9, opened()),
            on(9, registered(3)),
        ),
        case(
            "before_opening",
            given(),
            on(4, referred(2)),
            on(5, referred(2)),
        ),
        case(
            "before_opening",
            given(),
            on(4, middle(4).event),
            on(4, phase(Phase::Preparation)),
        ),
        case(
            "phase_already_started",
            phases(),
            on(50, phase(Phase::Closing)),
            middle(30),
        ),
        case("phase_out_of_order", phases(), middle(41), middle(40)),
        case("phase_out_of_order", phases(), middle(19), middle(20)),
        case(
            "partner_already_joined",
            given(),
            on(9, joined_as_partner(1)),
            on(9, joined_as_partner(2)),
        ),
        case("partner_unknown", given(), helped(15, 9), helped(15, 1)),
        case(
            "partner_not_yet_joined",
            late(),
            helped(29, 2),
            helped(30, 2),
        ),
        case(
            "expense_exists",
            with(given(), [on(9, expense(1))]),
            on(9, expense(1)),
            on(9, expense(2)),
        ),
    ]
}

fn dwellings() -> Vec<Case> {
    let given = referred_household;
    let enter = |home| on(20, admission(1, Some(home), &[1, 2]));
    let third = || with(given(), [on(15, registered(3))]);
    let works = || with(given(), [on(15, unavailable(2))]);
    let taken = || {
        with(
            second_household(),
            [
                on(40, exit(1, &[1, 2])),
                on(12, registered(3)),
                on(13, available(3)),
            ],
        )
    };
    let second_in = |n| on(n, admission(2, Some(1), &[3]));
    let homeless = || with(given(), [on(20, admission(1, None, &[1, 2]))]);
    vec![
        case(
            "dwelling_unknown",
            given(),
            on(9, available(3)),
            on(9, unavailable(2)),
        ),
        case("dwelling_unknown", given(), enter(3), enter(2)),
        case(
            "dwelling_already_registered",
            given(),
            on(9, registered(2)),
            on(9, registered(3)),
        ),
        case(
            "before_registration",
            third(),
            on(14, available(3)),
            on(15, available(3)),
        ),
        case(
            "already_available",
            given(),
            on(9, available(2)),
            on(9, unavailable(2)),
        ),
        case(
            "already_unavailable",
            works(),
            on(16, unavailable(2)),
            on(16, available(2)),
        ),
        case("dwelling_not_available", third(), enter(3), enter(2)),
        case("dwelling_not_available", works(), enter(2), enter(1)),
        case(
            "dwelling_not_available",
            works(),
            on(15, enter(2).event),
            on(14, enter(2).event),
        ),
        case("dwelling_occupied", taken(), second_in(39), second_in(40)),
        case(
            "dwelling_occupied",
            taken(),
            second_in(15),
            on(15, admission(2, Some(3), &[3])),
        ),
        case(
            "dwelling_occupied",
            second_household(),
            second_in(30),
            on(30, admission(2, Some(2), &[3])),
        ),
        case(
            "dwelling_occupied",
            with(second_household(), [on(20, exit(1, &[1, 2]))]),
            second_in(20),
            second_in(21),
        ),
        case(
            "dwelling_occupied",
            with(second_household(), [on(20, admission(2, Some(2), &[3]))]),
            on(30, moved(2, 1)),
            on(30, visit(2, &[3])),
        ),
        case(
            "same_dwelling",
            admitted_household(),
            on(30, moved(1, 1)),
            on(30, moved(1, 2)),
        ),
        case(
            "not_admitted",
            homeless(),
            on(19, moved(1, 1)),
            on(20, moved(1, 1)),
        ),
        case(
            "too_many_dwellings",
            wanderer(),
            on(80, moved(1, 25)),
            on(80, moved(1, 23)),
        ),
    ]
}

/// Household 1, which has lived in dwellings 1 to 24.
fn wanderer() -> Vec<Step> {
    let homes = (3..=25).flat_map(|n| [on(6, registered(n)), on(7, available(n))]);
    let moves = (2..=24).map(|n| on(20 + u64::from(n), moved(1, n)));
    with(with(admitted_household(), homes), moves)
}

fn referrals() -> Vec<Case> {
    let given = referred_household;
    let open = || vec![on(5, opened())];
    let declined = || {
        with(
            open(),
            [
                on(10, referred(1)),
                on(12, decided(1, AdmissionDecision::Declined)),
            ],
        )
    };
    let waiting = || {
        with(
            open(),
            [
                on(10, referred(1)),
                on(12, decided(1, AdmissionDecision::Waiting)),
            ],
        )
    };
    let enter = |n| on(n, admission(1, None, &[1]));
    vec![
        case(
            "no_referral",
            open(),
            on(12, visit(1, &[])),
            on(12, referred(1)),
        ),
        case(
            "already_referred",
            given(),
            on(11, referred(1)),
            on(11, referred(2)),
        ),
        case(
            "before_referral",
            given(),
            on(9, visit(1, &[])),
            on(10, visit(1, &[])),
        ),
        case(
            "already_decided",
            given(),
            on(14, accepted(1)),
            on(14, visit(1, &[])),
        ),
        case(
            "already_decided",
            declined(),
            on(14, accepted(1)),
            on(14, visit(1, &[])),
        ),
        case(
            "already_decided",
            given(),
            on(12, decided(1, AdmissionDecision::Waiting)),
            on(11, decided(1, AdmissionDecision::Waiting)),
        ),
        case("not_accepted", waiting(), enter(20), on(20, accepted(1))),
        case(
            "not_accepted",
            declined(),
            enter(20),
            on(20, service(1, None)),
        ),
        case("not_accepted", given(), enter(11), enter(12)),
        case(
            "already_admitted",
            admitted_household(),
            enter(30),
            on(30, exit(1, &[1, 2])),
        ),
        case("not_admitted", given(), on(30, plan(1)), enter(30)),
        case(
            "not_admitted",
            admitted_household(),
            on(19, plan(1)),
            on(20, plan(1)),
        ),
        case(
            "not_admitted",
            admitted_household(),
            on(19, exit(1, &[1, 2])),
            on(20, exit(1, &[1, 2])),
        ),
    ]
}

fn members() -> Vec<Case> {
    let given = referred_household;
    let of = |members: Vec<Member>| {
        on(
            20,
            Admission {
                members,
                ..admission(1, None, &[])
            },
        )
    };
    let head = |n| member(n, Relation::Head);
    let child = |n| member(n, Relation::Child);
    let many = |n: u8| on(20, admission(1, None, &(1..=n).collect::<Vec<_>>()));
    let born = |month: &str, age_at_entry| {
        let month = month.parse().expect("a month");
        let birth = Answer::Known(Birth {
            month,
            age_at_entry,
        });
        of(vec![Member { birth, ..head(1) }])
    };
    let joining = |relation| {
        on(
            30,
            HouseholdMemberJoined {
                member: member(3, relation),
                ..joined(1, 3)
            },
        )
    };
    let full = || with(given(), [many(20)]);
    let crowd = || {
        let comings = (21..=40).flat_map(|n| [on(30, left(1, n - 1, None)), on(30, joined(1, n))]);
        with(full(), comings.chain([on(30, left(1, 40, None))]))
    };
    vec![
        case("no_members", given(), of(vec![]), of(vec![head(1)])),
        case(
            "named_twice",
            given(),
            of(vec![head(1), child(1)]),
            of(vec![head(1), child(2)]),
        ),
        case("too_many", given(), many(21), many(20)),
        case(
            "not_one_head",
            given(),
            of(vec![child(1)]),
            of(vec![head(1)]),
        ),
        case(
            "not_one_head",
            given(),
            of(vec![head(1), head(2)]),
            of(vec![head(1), child(2)]),
        ),
        // Day 20 lies in January 2024. A child who is expected may be recorded.
        case(
            "birth_after_entry",
            given(),
            born("2024-12", 0),
            born("2024-11", 0),
        ),
        case(
            "age_inconsistent",
            given(),
            born("1990-05", 31),
            born("1990-05", 33),
        ),
        case(
            "age_inconsistent",
            given(),
            born("1990-05", 35),
            born("1990-05", 34),
        ),
        case(
            "age_inconsistent",
            given(),
            born("1893-01", 131),
            born("1894-01", 130),
        ),
        case(
            "joins_as_head",
            admitted_household(),
            joining(Relation::Head),
            joining(Relation::Partner),
        ),
        case(
            "already_member",
            admitted_household(),
            on(30, joined(1, 2)),
            on(30, joined(1, 3)),
        ),
        case(
            "already_member",
            with(admitted_household(), [on(30, left(1, 2, None))]),
            on(40, joined(1, 2)),
            on(40, joined(1, 3)),
        ),
        case(
            "household_full",
            full(),
            on(30, joined(1, 21)),
            on(30, left(1, 20, None)),
        ),
        case(
            "too_many_persons",
            crowd(),
            on(31, joined(1, 41)),
            on(31, left(1, 2, None)),
        ),
    ]
}

fn whereabouts() -> Vec<Case> {
    let given = admitted_household;
    let second = |n, who| on(n, admission(2, None, &[3, who]));
    let parted = || with(second_household(), [on(30, left(1, 2, None))]);
    let alone = || with(given(), [on(30, left(1, 2, None))]);
    let gone = || with(given(), [on(60, exit(1, &[1, 2]))]);
    let three = || with(given(), [on(25, joined(1, 3))]);
    let head_left = || with(three(), [on(30, left(1, 1, Some(3)))]);
    vec![
        case(
            "person_elsewhere",
            second_household(),
            second(30, 2),
            second(30, 4),
        ),
        case("person_elsewhere", parted(), second(29, 2), second(30, 2)),
        case(
            "person_elsewhere",
            with(second_household(), [on(20, admission(2, None, &[3]))]),
            on(30, joined(2, 2)),
            on(30, joined(2, 4)),
        ),
        case(
            "not_a_member",
            given(),
            on(30, left(1, 3, None)),
            on(30, left(1, 2, None)),
        ),
        case(
            "not_a_member",
            three(),
            on(24, left(1, 3, None)),
            on(25, left(1, 3, None)),
        ),
        case(
            "not_a_member",
            alone(),
            on(31, left(1, 2, None)),
            on(31, exit(1, &[1])),
        ),
        case(
            "not_a_member",
            given(),
            on(19, visit(1, &[1])),
            on(20, visit(1, &[1])),
        ),
        case(
            "not_a_member",
            alone(),
            on(31, visit(1, &[2])),
            on(30, visit(1, &[2])),
        ),
        case(
            "not_a_member",
            given(),
            on(30, service(1, Some(3))),
            on(30, service(1, Some(2))),
        ),
        case(
            "not_a_member",
            given(),
            on(30, income(1, 3)),
            on(30, income(1, 2)),
        ),
        case(
            "not_a_member",
            given(),
            on(19, placed(1, 1, 1)),
            on(20, placed(1, 1, 1)),
        ),
        case(
            "last_member",
            alone(),
            on(31, left(1, 1, None)),
            on(31, exit(1, &[1])),
        ),
        case(
            "new_head_missing",
            given(),
            on(30, left(1, 1, None)),
            on(30, left(1, 1, Some(2))),
        ),
        case(
            "new_head_not_a_member",
            given(),
            on(30, left(1, 1, Some(3))),
            on(30, left(1, 1, Some(2))),
        ),
        case(
            "new_head_not_a_member",
            given(),
            on(30, left(1, 1, Some(1))),
            on(30, left(1, 1, Some(2))),
        ),
        case(
            "new_head_not_needed",
            three(),
            on(30, left(1, 2, Some(3))),
            on(30, left(1, 2, None)),
        ),
        case(
            "new_head_missing",
            head_left(),
            on(40, left(1, 3, None)),
            on(40, left(1, 2, None)),
        ),
        case(
            "already_exited",
            gone(),
            on(50, exit(1, &[1, 2])),
            on(50, visit(1, &[1])),
        ),
        case(
            "after_exit",
            gone(),
            on(61, visit(1, &[])),
            on(60, visit(1, &[1])),
        ),
        case(
            "after_exit",
            gone(),
            on(61, joined(1, 3)),
            on(59, service(1, Some(2))),
        ),
        case(
            "exit_members_differ",
            given(),
            on(60, exit(1, &[1])),
            on(60, exit(1, &[1, 2])),
        ),
        case(
            "exit_members_differ",
            given(),
            on(60, exit(1, &[1, 2, 3])),
            on(60, exit(1, &[2, 1])),
        ),
        case(
            "exit_members_differ",
            alone(),
            on(60, exit(1, &[1, 2])),
            on(60, exit(1, &[1])),
        ),
        case(
            "named_twice",
            given(),
            on(60, exit(1, &[1, 1])),
            on(60, exit(1, &[1, 2])),
        ),
        case(
            "recorded_fact_breaks",
            with(given(), [on(50, visit(1, &[1]))]),
            on(49, exit(1, &[1, 2])),
            on(50, exit(1, &[1, 2])),
        ),
        case(
            "recorded_fact_breaks",
            gone(),
            on(60, joined(1, 3)),
            on(59, moved(1, 2)),
        ),
        case(
            "recorded_fact_breaks",
            given(),
            on(20, unavailable(1)),
            on(21, unavailable(1)),
        ),
        case(
            "recorded_fact_breaks",
            with(given(), [on(40, moved(1, 2))]),
            on(30, moved(1, 2)),
            on(41, moved(1, 1)),
        ),
    ]
}

fn stays() -> Vec<Case> {
    let given = admitted_household;
    let gone = || with(given(), [on(60, exit(1, &[1, 2]))]);
    let asked = |n, month| on(n, follow_up(1, month));
    let planned = || with(given(), [on(25, plan(1)), on(26, goal_set(1, 1))]);
    let working = || with(given(), [on(30, placed(1, 1, 1))]);
    let worked = || with(working(), [on(40, job_ended(1, 1))]);
    vec![
        case(
            "not_exited",
            given(),
            asked(200, FollowUpMonth::Month3),
            on(60, exit(1, &[1, 2])),
        ),
        // Day 60 is the 1st of March: two months later it is the 1st of May, day 121.
        case(
            "follow_up_too_early",
            gone(),
            asked(120, FollowUpMonth::Month3),
            asked(121, FollowUpMonth::Month3),
        ),
        case(
            "follow_up_too_early",
            gone(),
            asked(212, FollowUpMonth::Month6),
            asked(213, FollowUpMonth::Month6),
        ),
        case("no_plan", given(), on(30, goal_set(1, 1)), on(30, plan(1))),
        case(
            "no_plan",
            planned(),
            on(24, goal_set(1, 2)),
            on(25, goal_set(1, 2)),
        ),
        case(
            "goal_exists",
            planned(),
            on(30, goal_set(1, 1)),
            on(30, goal_set(1, 2)),
        ),
        case(
            "goal_unknown",
            planned(),
            on(30, reviewed(1, 2)),
            on(30, reviewed(1, 1)),
        ),
        case(
            "goal_not_yet_set",
            planned(),
            on(25, reviewed(1, 1)),
            on(26, reviewed(1, 1)),
        ),
        case(
            "job_exists",
            working(),
            on(31, placed(1, 2, 1)),
            on(31, placed(1, 2, 2)),
        ),
        case(
            "job_unknown",
            working(),
            on(31, job_ended(1, 2)),
            on(31, job_ended(1, 1)),
        ),
        case(
            "job_not_yet_started",
            working(),
            on(29, job_ended(1, 1)),
            on(30, job_ended(1, 1)),
        ),
        case(
            "job_already_ended",
            worked(),
            on(41, job_ended(1, 1)),
            on(41, placed(1, 1, 2)),
        ),
    ]
}

fn records() -> Vec<Case> {
    let given = admitted_household;
    let visited = || with(given(), [on(30, visit(1, &[1]))]);
    let fix = |position, step| on(50, corrected(position, step));
    let undo = |position| on(50, retracted(position));
    let undone = || with(visited(), [undo(10)]);
    let redone = || with(undone(), [undo(11)]);
    vec![
        case("no_such_fact", visited(), undo(11), undo(10)),
        case("no_such_fact", visited(), undo(0), undo(10)),
        case("no_such_fact", visited(), undo(i64::MAX), undo(10)),
        case(
            "no_such_fact",
            visited(),
            fix(99, on(30, visit(1, &[2]))),
            fix(10, on(30, visit(1, &[2]))),
        ),
        case("already_retracted", undone(), undo(10), undo(11)),
        case(
            "already_retracted",
            undone(),
            fix(10, on(30, visit(1, &[2]))),
            on(30, visit(1, &[2])),
        ),
        case("already_retracted", redone(), undo(11), undo(10)),
        case(
            "retraction_not_correctable",
            undone(),
            fix(11, on(30, visit(1, &[2]))),
            undo(11),
        ),
        case(
            "kind_differs",
            visited(),
            fix(10, on(30, service(1, None))),
            fix(10, on(31, visit(1, &[1]))),
        ),
        case(
            "kind_differs",
            visited(),
            fix(10, undo(9)),
            fix(10, on(31, visit(1, &[1]))),
        ),
        case(
            "another_record",
            visited(),
            fix(10, on(30, visit(2, &[1]))),
            fix(10, on(30, visit(1, &[]))),
        ),
        case(
            "nothing_changes",
            visited(),
            fix(10, on(30, visit(1, &[1]))),
            fix(10, on(30, visit(1, &[2]))),
        ),
        case("opening_stays", given(), undo(1), fix(1, on(3, opened()))),
        case("correction_breaks", visited(), undo(ADMISSION), undo(10)),
        case("correction_breaks", visited(), undo(DECISION), undo(6)),
        case("correction_breaks", visited(), undo(4), undo(6)),
        case(
            "correction_breaks",
            visited(),
            fix(ADMISSION, on(31, admission(1, Some(1), &[1, 2]))),
            fix(ADMISSION, on(30, admission(1, Some(1), &[1, 2]))),
        ),
        case(
            "in_the_future",
            visited(),
            fix(10, on(TODAY + 1, visit(1, &[1]))),
            fix(10, on(60, visit(1, &[1]))),
        ),
    ]
}
