//! The pilot's own stream, the committee's, and the money.

use domain::limits;
use events::codes::*;
use events::*;
use rust_decimal::Decimal;

use super::{Case, case};
use crate::facts::*;
use crate::log::Step;

fn given() -> Vec<Step> {
    with(
        referred_household(),
        [
            on(20, phase(Phase::Preparation)),
            on(40, phase(Phase::Experimental)),
        ],
    )
}

pub(super) fn pilot() -> Vec<Case> {
    let extend = |n, what, end| on(n, extended(what, end, None));
    let third = || with(given(), [on(60, phase(Phase::Closing))]);
    let over = || with(given(), [on(100, closed())]);
    let told = |rules: RulesSet| on(30, rules);
    let above = |amount, scale| {
        told(RulesSet {
            approve_expenses_above: Some(Decimal::new(amount, scale)),
            ..rules()
        })
    };
    let unseen = |unseen_after_days| {
        told(RulesSet {
            unseen_after_days,
            ..rules()
        })
    };
    let kept = |after_exit_months, after_refusal_months| {
        told(RulesSet {
            retention: Some(Retention {
                after_exit_months,
                after_refusal_months,
            }),
            ..rules()
        })
    };
    use Phase::{Closing, Experimental, Preparation};
    vec![
        case(
            "phase_not_started",
            given(),
            extend(39, Experimental, 90),
            extend(40, Experimental, 90),
        ),
        case(
            "phase_not_started",
            given(),
            extend(50, Closing, 90),
            extend(50, Experimental, 90),
        ),
        case(
            "phase_over",
            given(),
            extend(40, Preparation, 90),
            extend(39, Preparation, 90),
        ),
        case(
            "phase_over",
            third(),
            extend(60, Experimental, 90),
            extend(59, Experimental, 90),
        ),
        case(
            "day_out_of_range",
            given(),
            extend(50, Experimental, 40),
            extend(50, Experimental, 41),
        ),
        case(
            "recorded_fact_breaks",
            with(given(), [extend(50, Experimental, 90)]),
            on(50, phase(Closing)),
            on(51, phase(Closing)),
        ),
        case(
            "before_opening",
            referred_household(),
            on(4, closed()),
            on(5, closed()),
        ),
        case(
            "before_opening",
            given(),
            on(4, published(1)),
            on(4, rules()),
        ),
        case(
            "pilot_already_closed",
            over(),
            on(90, closed()),
            on(101, published(1)),
        ),
        case("after_closing", over(), on(101, rules()), on(100, rules())),
        case(
            "after_closing",
            over(),
            on(101, taken(1, None)),
            on(101, received(1, None, 9)),
        ),
        case(
            "after_closing",
            over(),
            on(101, consented(1, 1, None)),
            on(101, noted(1, None)),
        ),
        case(
            "after_closing",
            over(),
            on(101, unavailable(2)),
            on(101, period(50, 100)),
        ),
        case(
            "recorded_fact_breaks",
            with(given(), [on(80, meeting_held(1, &[1]))]),
            on(79, closed()),
            on(80, closed()),
        ),
        case("amount_out_of_range", given(), above(-1, 0), above(0, 0)),
        case("amount_too_fine", given(), above(1, 3), above(1, 2)),
        case("out_of_range", given(), unseen(0), unseen(1)),
        case("out_of_range", given(), unseen(366), unseen(365)),
        case("out_of_range", given(), kept(0, 1), kept(1, 1)),
        case("out_of_range", given(), kept(241, 1), kept(240, 1)),
        case("out_of_range", given(), kept(1, 0), kept(1, 240)),
    ]
}

pub(super) fn partners() -> Vec<Case> {
    let gone = || {
        with(
            given(),
            [on(30, partner_left(1)), on(6, joined_as_partner(2))],
        )
    };
    let agreed = |partners: &[u8]| on(30, adopted(2, partners));
    let until = |n| {
        on(
            30,
            AgreementAdopted {
                valid_until: Some(day(n)),
                ..adopted(2, &[1])
            },
        )
    };
    let named = |title: &str| {
        on(
            30,
            AgreementAdopted {
                title: title.to_owned(),
                ..adopted(2, &[1])
            },
        )
    };
    let aim = |target: TargetSet| on(30, target);
    let figure = |value, scale| {
        aim(TargetSet {
            value: Decimal::new(value, scale),
            ..target_set(1)
        })
    };
    let set_by = |n| {
        aim(TargetSet {
            set_by: Some(partner(n)),
            ..target_set(1)
        })
    };
    let target_due = |n| {
        aim(TargetSet {
            due: Some(day(n)),
            ..target_set(1)
        })
    };
    let share = |n, to| {
        on(
            n,
            ConsentGiven {
                purposes: vec![ConsentPurpose::SharingWithPartners],
                recipients: vec![partner(to)],
                ..consented(1, 1, None)
            },
        )
    };
    let spent = |n| {
        on(
            n,
            ExpenseRecorded {
                source: Some(partner(1)),
                ..expense(1)
            },
        )
    };
    let helped = |n, by| {
        on(
            n,
            ServiceProvided {
                partner: Some(partner(by)),
                ..service(1, None)
            },
        )
    };
    vec![
        case(
            "partner_already_left",
            gone(),
            on(40, partner_left(1)),
            on(40, partner_left(2)),
        ),
        case(
            "partner_already_joined",
            gone(),
            on(40, joined_as_partner(1)),
            on(40, joined_as_partner(3)),
        ),
        case(
            "partner_unknown",
            given(),
            on(40, partner_left(2)),
            on(40, partner_left(1)),
        ),
        case(
            "partner_not_yet_joined",
            given(),
            on(4, partner_left(1)),
            on(5, partner_left(1)),
        ),
        case("partner_left", gone(), helped(31, 1), helped(30, 1)),
        case(
            "partner_left",
            gone(),
            on(31, service_referred(1, 1, None, 1)),
            on(31, service_referred(1, 1, None, 2)),
        ),
        case(
            "partner_left",
            gone(),
            on(31, meeting_held(1, &[1])),
            on(31, meeting_held(1, &[2])),
        ),
        case(
            "partner_left",
            gone(),
            on(31, adopted(1, &[1, 2])),
            on(30, adopted(1, &[1, 2])),
        ),
        case("partner_left", gone(), share(31, 1), share(30, 1)),
        // Where money comes from is not where work is done.
        case("partner_left", gone(), helped(31, 1), spent(31)),
        case(
            "partner_left",
            gone(),
            helped(31, 1),
            on(31, received(1, None, 5)),
        ),
        case(
            "partner_left",
            gone(),
            helped(31, 1),
            on(31, pledged(1, 1, 5)),
        ),
        case("partner_not_yet_joined", given(), spent(4), spent(5)),
        case(
            "partner_unknown",
            given(),
            on(31, pledged(1, 9, 5)),
            on(31, pledged(1, 1, 5)),
        ),
        case(
            "recorded_fact_breaks",
            with(given(), [on(30, meeting_held(1, &[1]))]),
            on(29, partner_left(1)),
            on(30, partner_left(1)),
        ),
        case(
            "agreement_exists",
            with(given(), [agreed(&[1])]),
            agreed(&[1]),
            on(31, adopted(1, &[1])),
        ),
        case("list_empty", given(), agreed(&[]), agreed(&[1])),
        case("named_twice", given(), agreed(&[1, 1]), agreed(&[1])),
        case("text_missing", given(), named(""), named("Patto")),
        case("partner_unknown", given(), agreed(&[1, 9]), agreed(&[1])),
        case("day_out_of_range", given(), until(29), until(30)),
        case(
            "out_of_range",
            given(),
            aim(target_set(0)),
            aim(target_set(1)),
        ),
        case(
            "out_of_range",
            given(),
            aim(target_set(41)),
            aim(target_set(40)),
        ),
        case("amount_out_of_range", given(), figure(-1, 0), figure(0, 0)),
        case("amount_too_fine", given(), figure(1, 7), figure(1, 6)),
        case("partner_unknown", given(), set_by(9), set_by(1)),
        case("day_out_of_range", given(), target_due(29), target_due(30)),
    ]
}

pub(super) fn reports() -> Vec<Case> {
    let shut = || with(given(), [on(60, period(10, 40))]);
    let close = |from, to| on(60, period(from, to));
    let told = || with(given(), [on(60, published(1))]);
    let twice = || with(told(), [on(70, restated(2, 1))]);
    let edition = |edition: ReportPublished| on(60, edition);
    let figures = |figures: String| {
        edition(ReportPublished {
            figures,
            ..published(2)
        })
    };
    let digest = |text: &str| {
        let artefact = |format| Artefact {
            format,
            sha256: text.to_owned(),
        };
        edition(ReportPublished {
            artefacts: vec![artefact(ReportFormat::Pdf), artefact(ReportFormat::Csv)],
            ..published(2)
        })
    };
    let files = |format| {
        let artefact = |format| Artefact {
            format,
            sha256: "0a".repeat(32),
        };
        edition(ReportPublished {
            artefacts: vec![artefact(ReportFormat::Pdf), artefact(format)],
            ..published(2)
        })
    };
    let because = |causes: Vec<Position>| {
        on(
            70,
            ReportRestated {
                causes,
                ..restated(2, 1)
            },
        )
    };
    let at = |position| {
        edition(ReportPublished {
            position,
            ..published(2)
        })
    };
    let to = |n| {
        edition(ReportPublished {
            to: day(n),
            ..published(2)
        })
    };
    let long = |n: usize| format!("{{\"a\":\"{}\"}}", "x".repeat(n - 8));
    vec![
        case("period_overlaps", shut(), close(40, 50), close(41, 50)),
        case("period_overlaps", shut(), close(5, 10), close(5, 9)),
        case(
            "period_overlaps",
            shut(),
            close(20, 20),
            on(70, retracted(11)),
        ),
        case("day_out_of_range", given(), close(4, 40), close(5, 40)),
        case("day_out_of_range", given(), close(30, 29), close(30, 30)),
        case("day_out_of_range", given(), close(30, 61), close(30, 60)),
        case(
            "report_exists",
            told(),
            on(61, published(1)),
            on(61, published(2)),
        ),
        case(
            "report_exists",
            told(),
            on(61, restated(1, 1)),
            on(61, restated(2, 1)),
        ),
        case(
            "report_unknown",
            told(),
            on(61, restated(2, 3)),
            on(61, restated(2, 1)),
        ),
        case(
            "report_unknown",
            told(),
            on(61, restated(2, 2)),
            on(61, restated(2, 1)),
        ),
        case(
            "report_not_yet_published",
            told(),
            on(59, restated(2, 1)),
            on(60, restated(2, 1)),
        ),
        case(
            "report_already_restated",
            twice(),
            on(80, restated(3, 1)),
            on(80, restated(3, 2)),
        ),
        case(
            "report_stays",
            told(),
            on(61, retracted(11)),
            on(61, restated(2, 1)),
        ),
        case(
            "report_stays",
            told(),
            on(61, corrected(11, on(59, published(1)))),
            on(61, restated(2, 1)),
        ),
        case(
            "report_stays",
            twice(),
            on(71, retracted(12)),
            on(71, restated(3, 2)),
        ),
        case("day_out_of_range", given(), to(4), to(5)),
        case("out_of_range", given(), at(0), at(1)),
        case(
            "figures_not_usable",
            given(),
            figures("[1]".to_owned()),
            figures("{\"a\":1}".to_owned()),
        ),
        case(
            "figures_not_usable",
            given(),
            figures("{".to_owned()),
            figures("{}".to_owned()),
        ),
        case(
            "figures_too_long",
            given(),
            figures(long(limits::MAX_FIGURES_BYTES + 1)),
            figures(long(limits::MAX_FIGURES_BYTES)),
        ),
        case(
            "named_twice",
            given(),
            files(ReportFormat::Pdf),
            files(ReportFormat::Csv),
        ),
        case(
            "digest_not_usable",
            given(),
            digest("0A"),
            files(ReportFormat::Json),
        ),
        case(
            "digest_not_usable",
            given(),
            digest(&"0A".repeat(32)),
            files(ReportFormat::Xlsx),
        ),
        case(
            "not_ascending",
            told(),
            because(vec![2, 2]),
            because(vec![2, 3]),
        ),
        case(
            "not_ascending",
            told(),
            because(vec![3, 2]),
            because(vec![]),
        ),
        case(
            "out_of_range",
            told(),
            because(vec![0, 2]),
            because(vec![1, 2]),
        ),
        case(
            "too_many",
            told(),
            because((1..=501).collect()),
            because((1..=500).collect()),
        ),
    ]
}

pub(super) fn committee() -> Vec<Case> {
    let met = || {
        with(
            given(),
            [
                on(30, meeting_planned(1, 50)),
                on(50, meeting_held(1, &[1])),
            ],
        )
    };
    let decided = || with(met(), [on(50, taken(1, Some(1)))]);
    let settled = || with(decided(), [on(60, decision_closed(1))]);
    let who = |partners: &[u8]| on(55, meeting_held(2, partners));
    let called = |n| on(30, meeting_planned(2, n));
    let decide = |decision: DecisionTaken| on(55, decision);
    let title = |title: &str| {
        decide(DecisionTaken {
            title: title.to_owned(),
            ..taken(2, None)
        })
    };
    let decision_due = |n| {
        decide(DecisionTaken {
            due: Some(day(n)),
            ..taken(2, None)
        })
    };
    let by = |n| {
        decide(DecisionTaken {
            responsible: Some(partner(n)),
            ..taken(2, None)
        })
    };
    let extend = |n, decision| on(n, extended(Phase::Experimental, 90, Some(decision)));
    vec![
        case(
            "meeting_already_planned",
            met(),
            on(31, meeting_planned(1, 60)),
            on(31, meeting_planned(2, 60)),
        ),
        case(
            "meeting_already_held",
            met(),
            on(51, meeting_held(1, &[])),
            on(51, meeting_held(2, &[])),
        ),
        case("day_out_of_range", met(), called(29), called(30)),
        case("named_twice", met(), who(&[1, 1]), who(&[1])),
        case("partner_unknown", met(), who(&[1, 2]), who(&[1])),
        case(
            "meeting_not_held",
            met(),
            on(49, taken(1, Some(1))),
            on(50, taken(1, Some(1))),
        ),
        case(
            "meeting_not_held",
            met(),
            on(50, taken(1, Some(2))),
            on(50, taken(1, None)),
        ),
        case(
            "decision_exists",
            decided(),
            on(51, taken(1, None)),
            on(51, taken(2, None)),
        ),
        case("text_missing", met(), title(" "), title("Orari")),
        case(
            "day_out_of_range",
            met(),
            decision_due(54),
            decision_due(55),
        ),
        case("partner_unknown", met(), by(2), by(1)),
        case(
            "decision_unknown",
            decided(),
            on(51, decision_closed(2)),
            on(51, decision_closed(1)),
        ),
        case(
            "decision_not_yet_taken",
            decided(),
            on(49, decision_closed(1)),
            on(50, decision_closed(1)),
        ),
        case(
            "decision_already_closed",
            settled(),
            on(61, decision_closed(1)),
            on(61, taken(2, None)),
        ),
        case("decision_unknown", decided(), extend(55, 2), extend(55, 1)),
        case(
            "decision_not_yet_taken",
            decided(),
            extend(49, 1),
            extend(50, 1),
        ),
        case(
            "correction_breaks",
            with(decided(), [extend(55, 1), on(56, taken(2, None))]),
            on(60, retracted(13)),
            on(60, retracted(15)),
        ),
    ]
}

pub(super) fn money() -> Vec<Case> {
    let promised = || {
        with(
            given(),
            [on(6, joined_as_partner(2)), on(30, pledged(1, 1, 100))],
        )
    };
    let half = || with(promised(), [on(40, received(1, Some(1), 60))]);
    let spent = || with(given(), [on(30, expense(1))]);
    let fine = || with(spent(), [on(31, approved(1)).by("bea")]);
    let back = |amount| on(40, reversed(1, amount));
    let amount = |step: fn(i64) -> Event, amount| on(40, step(amount));
    let promise: fn(i64) -> Event = |amount| pledged(2, 1, amount).into();
    let arrive: fn(i64) -> Event = |amount| received(1, None, amount).into();
    let set_aside: fn(i64) -> Event = |amount| allocated(amount).into();
    vec![
        case(
            "pledge_exists",
            promised(),
            on(31, pledged(1, 1, 5)),
            on(31, pledged(2, 1, 5)),
        ),
        case(
            "amount_out_of_range",
            given(),
            amount(promise, 0),
            amount(promise, 1),
        ),
        case(
            "amount_out_of_range",
            given(),
            amount(arrive, 0),
            amount(arrive, 1),
        ),
        case(
            "amount_out_of_range",
            given(),
            amount(set_aside, -1),
            amount(set_aside, 0),
        ),
        case(
            "pledge_unknown",
            promised(),
            on(40, received(1, Some(2), 5)),
            on(40, received(1, Some(1), 5)),
        ),
        case(
            "pledge_of_another",
            promised(),
            on(40, received(2, Some(1), 5)),
            on(40, received(2, None, 5)),
        ),
        case(
            "pledge_not_yet_made",
            promised(),
            on(29, received(1, Some(1), 5)),
            on(30, received(1, Some(1), 5)),
        ),
        case(
            "pledge_exceeded",
            promised(),
            on(40, received(1, Some(1), 101)),
            on(40, received(1, Some(1), 100)),
        ),
        case(
            "pledge_exceeded",
            half(),
            on(41, received(1, Some(1), 41)),
            on(41, received(1, Some(1), 40)),
        ),
        case(
            "correction_breaks",
            half(),
            on(50, corrected(12, on(30, pledged(1, 1, 59)))),
            on(50, corrected(12, on(30, pledged(1, 1, 60)))),
        ),
        case(
            "expense_unknown",
            spent(),
            on(31, approved(2)).by("bea"),
            on(31, approved(1)).by("bea"),
        ),
        case(
            "before_expense",
            spent(),
            on(29, approved(1)).by("bea"),
            on(30, approved(1)).by("bea"),
        ),
        case(
            "approves_own",
            spent(),
            on(31, approved(1)),
            on(31, approved(1)).by("bea"),
        ),
        case(
            "expense_already_approved",
            fine(),
            on(32, approved(1)).by("bea"),
            back(12),
        ),
        case("expense_unknown", spent(), on(40, reversed(2, 5)), back(5)),
        case(
            "before_expense",
            spent(),
            on(29, reversed(1, 5)),
            on(30, reversed(1, 5)),
        ),
        case("amount_out_of_range", spent(), back(0), back(1)),
        // It was 12.50.
        case("reversal_exceeds", spent(), back(13), back(12)),
        case(
            "reversal_exceeds",
            with(spent(), [back(10)]),
            back(3),
            back(2),
        ),
        case(
            "correction_breaks",
            fine(),
            on(40, retracted(11)),
            on(40, retracted(12)),
        ),
    ]
}

pub(super) fn dwellings() -> Vec<Case> {
    let given = referred_household;
    let busy = || with(given(), [on(30, works(2))]);
    let done = || with(busy(), [on(40, works_done(2))]);
    let away = || with(given(), [on(50, dwelling_withdrawn(2))]);
    let lived = || with(admitted_household(), [on(60, exit(1, &[1, 2]))]);
    let enter = |n| on(n, admission(1, Some(2), &[1, 2]));
    let ends = |n| {
        on(
            30,
            WorksStarted {
                planned_end: Some(day(n)),
                ..works(2)
            },
        )
    };
    vec![
        case(
            "dwelling_unknown",
            given(),
            on(30, works(3)),
            on(30, works(2)),
        ),
        case(
            "before_registration",
            with(given(), [on(15, registered(3))]),
            on(14, works(3)),
            on(15, works(3)),
        ),
        case("day_out_of_range", given(), ends(29), ends(30)),
        case(
            "works_under_way",
            busy(),
            on(31, works(2)),
            on(31, works_done(2)),
        ),
        case(
            "works_under_way",
            busy(),
            on(31, available(2)),
            on(31, works_done(2)),
        ),
        case(
            "already_unavailable",
            busy(),
            on(31, unavailable(2)),
            on(31, works_done(2)),
        ),
        case(
            "no_works_under_way",
            given(),
            on(31, works_done(2)),
            on(31, works(2)),
        ),
        case(
            "no_works_under_way",
            done(),
            on(41, works_done(2)),
            on(41, available(2)),
        ),
        // Done is not yet available.
        case(
            "dwelling_not_available",
            done(),
            enter(45),
            on(45, available(2)),
        ),
        case(
            "dwelling_not_available",
            busy(),
            enter(30),
            on(30, admission(1, Some(1), &[1, 2])),
        ),
        case(
            "recorded_fact_breaks",
            busy(),
            enter(29),
            on(29, admission(1, Some(1), &[1, 2])),
        ),
        case(
            "dwelling_inhabited",
            lived(),
            on(59, works(1)),
            on(60, works(1)),
        ),
        case(
            "dwelling_inhabited",
            lived(),
            on(20, works(1)),
            on(20, works(2)),
        ),
        case(
            "recorded_fact_breaks",
            lived(),
            on(19, works(1)),
            on(19, works(2)),
        ),
        case(
            "dwelling_inhabited",
            lived(),
            on(59, dwelling_withdrawn(1)),
            on(60, dwelling_withdrawn(1)),
        ),
        case(
            "dwelling_inhabited",
            admitted_household(),
            on(90, dwelling_withdrawn(1)),
            on(90, dwelling_withdrawn(2)),
        ),
        case(
            "recorded_fact_breaks",
            lived(),
            on(19, dwelling_withdrawn(1)),
            on(19, dwelling_withdrawn(2)),
        ),
        case(
            "correction_breaks",
            with(lived(), [on(60, works(1))]),
            on(70, corrected(10, on(61, exit(1, &[1, 2])))),
            on(70, corrected(10, on(59, exit(1, &[1, 2])))),
        ),
        case(
            "dwelling_already_withdrawn",
            away(),
            on(49, dwelling_withdrawn(2)),
            on(49, unavailable(2)),
        ),
        case(
            "dwelling_withdrawn",
            away(),
            on(51, unavailable(2)),
            on(50, unavailable(2)),
        ),
        case(
            "dwelling_withdrawn",
            away(),
            enter(50),
            on(50, admission(1, Some(1), &[1, 2])),
        ),
        case(
            "recorded_fact_breaks",
            away(),
            enter(49),
            on(49, admission(1, Some(1), &[1, 2])),
        ),
    ]
}
