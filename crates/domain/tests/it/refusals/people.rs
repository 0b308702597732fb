//! Households: consents, agreements, goals, assessments, services, courses; and four eyes.

use events::codes::*;
use events::*;

use super::{Case, case};
use crate::facts::*;
use crate::log::Step;

fn given() -> Vec<Step> {
    admitted_household()
}

fn gone() -> Vec<Step> {
    with(given(), [on(60, exit(1, &[1, 2]))])
}

pub(super) fn referrals() -> Vec<Case> {
    let referred_only = || vec![on(5, opened()), on(10, referred(1))];
    let back = || with(referred_only(), [on(30, referral_withdrawn(1))]);
    let enter = |n| on(n, admission(1, None, &[1]));
    let accepted_back = || with(referred_household(), [on(30, referral_withdrawn(1))]);
    vec![
        case(
            "before_referral",
            referred_only(),
            on(9, assessed_referral(1)),
            on(10, assessed_referral(1)),
        ),
        case(
            "already_decided",
            referred_household(),
            on(13, assessed_referral(1)),
            on(12, assessed_referral(1)),
        ),
        case(
            "recorded_fact_breaks",
            with(referred_only(), [on(20, assessed_referral(1))]),
            on(19, accepted(1)),
            on(20, accepted(1)),
        ),
        case(
            "referral_already_withdrawn",
            back(),
            on(31, referral_withdrawn(1)),
            on(30, accepted(1)),
        ),
        case(
            "after_withdrawal",
            back(),
            on(31, visit(1, &[])),
            on(30, visit(1, &[])),
        ),
        case(
            "after_withdrawal",
            back(),
            on(31, consented(1, 1, None)),
            on(31, noted(1, None)),
        ),
        case(
            "after_withdrawal",
            with(back(), [on(20, consented(1, 1, None))]),
            on(31, assessed_referral(1)),
            on(31, consent_withdrawn(1, 1)),
        ),
        case(
            "after_withdrawal",
            accepted_back(),
            enter(31),
            on(31, noted(1, None)),
        ),
        case(
            "recorded_fact_breaks",
            accepted_back(),
            enter(29),
            on(29, visit(1, &[])),
        ),
        case(
            "admitted_not_withdrawn",
            given(),
            on(20, referral_withdrawn(1)),
            on(20, exit(1, &[1, 2])),
        ),
        case(
            "admitted_not_withdrawn",
            gone(),
            on(70, referral_withdrawn(1)),
            on(70, noted(1, None)),
        ),
        case(
            "recorded_fact_breaks",
            given(),
            on(19, referral_withdrawn(1)),
            on(19, visit(1, &[])),
        ),
    ]
}

pub(super) fn consents() -> Vec<Case> {
    let consent = |consent: ConsentGiven| on(30, consent);
    let purposes = |purposes: &[ConsentPurpose]| {
        consent(ConsentGiven {
            purposes: purposes.to_vec(),
            ..consented(1, 1, None)
        })
    };
    let shared = |purpose, partners: &[u8]| {
        consent(ConsentGiven {
            purposes: vec![purpose],
            recipients: partners.iter().map(|&n| partner(n)).collect(),
            ..consented(1, 1, None)
        })
    };
    let released = |purpose, indicators: &[u16]| {
        consent(ConsentGiven {
            purposes: vec![purpose],
            indicators: indicators.to_vec(),
            ..consented(1, 1, None)
        })
    };
    let expires = |n| {
        consent(ConsentGiven {
            expires_on: Some(day(n)),
            ..consented(1, 1, None)
        })
    };
    let about = |n, who| on(n, consented(1, 1, Some(who)));
    let agreed = || with(given(), [on(30, consented(1, 1, None))]);
    let sorry = || with(agreed(), [on(40, consent_withdrawn(1, 1))]);
    use ConsentPurpose::{Evaluation, ReleaseOfFigures, SharingWithPartners};
    vec![
        case(
            "consent_exists",
            agreed(),
            on(31, consented(1, 1, None)),
            on(31, consented(1, 2, None)),
        ),
        case(
            "consent_unknown",
            agreed(),
            on(31, consent_withdrawn(1, 2)),
            on(31, consent_withdrawn(1, 1)),
        ),
        case(
            "consent_not_yet_given",
            agreed(),
            on(29, consent_withdrawn(1, 1)),
            on(30, consent_withdrawn(1, 1)),
        ),
        case(
            "consent_already_withdrawn",
            sorry(),
            on(41, consent_withdrawn(1, 1)),
            on(41, consented(1, 2, None)),
        ),
        case(
            "list_empty",
            given(),
            purposes(&[]),
            purposes(&[Evaluation]),
        ),
        case(
            "named_twice",
            given(),
            purposes(&[Evaluation, Evaluation]),
            purposes(&[Evaluation]),
        ),
        case(
            "list_empty",
            given(),
            shared(SharingWithPartners, &[]),
            shared(SharingWithPartners, &[1]),
        ),
        case(
            "purpose_missing",
            given(),
            shared(Evaluation, &[1]),
            shared(Evaluation, &[]),
        ),
        case(
            "named_twice",
            given(),
            shared(SharingWithPartners, &[1, 1]),
            shared(SharingWithPartners, &[1]),
        ),
        case(
            "partner_unknown",
            given(),
            shared(SharingWithPartners, &[9]),
            shared(SharingWithPartners, &[1]),
        ),
        case(
            "list_empty",
            given(),
            released(ReleaseOfFigures, &[]),
            released(ReleaseOfFigures, &[1]),
        ),
        case(
            "purpose_missing",
            given(),
            released(Evaluation, &[1]),
            released(Evaluation, &[]),
        ),
        case(
            "named_twice",
            given(),
            released(ReleaseOfFigures, &[1, 1]),
            released(ReleaseOfFigures, &[1, 40]),
        ),
        case(
            "out_of_range",
            given(),
            released(ReleaseOfFigures, &[41]),
            released(ReleaseOfFigures, &[40]),
        ),
        case(
            "out_of_range",
            given(),
            released(ReleaseOfFigures, &[0]),
            released(ReleaseOfFigures, &[1]),
        ),
        case("day_out_of_range", given(), expires(29), expires(30)),
        // Before the entry nobody is known yet.
        case("never_a_member", given(), about(20, 3), about(19, 3)),
        case("never_a_member", given(), about(30, 3), about(30, 2)),
        case("never_a_member", gone(), about(70, 3), about(70, 2)),
    ]
}

pub(super) fn hospitality() -> Vec<Case> {
    let agreed = || with(given(), [on(20, signed(1, 100))]);
    let longer = || with(agreed(), [on(90, granted(1, 150))]);
    vec![
        case(
            "not_admitted",
            given(),
            on(19, signed(1, 100)),
            on(20, signed(1, 100)),
        ),
        case(
            "day_out_of_range",
            given(),
            on(20, signed(1, 20)),
            on(20, signed(1, 21)),
        ),
        case(
            "day_out_of_range",
            given(),
            on(30, signed(1, 29)),
            on(30, signed(1, 30)),
        ),
        case(
            "not_admitted",
            agreed(),
            on(19, granted(1, 150)),
            on(20, granted(1, 150)),
        ),
        case(
            "no_agreement",
            given(),
            on(30, granted(1, 150)),
            on(30, signed(1, 150)),
        ),
        case(
            "extension_not_longer",
            agreed(),
            on(90, granted(1, 100)),
            on(90, granted(1, 101)),
        ),
        case(
            "extension_not_longer",
            longer(),
            on(95, granted(1, 150)),
            on(95, granted(1, 151)),
        ),
        case(
            "recorded_fact_breaks",
            longer(),
            on(80, granted(1, 150)),
            on(80, granted(1, 149)),
        ),
        case(
            "day_out_of_range",
            agreed(),
            on(102, granted(1, 101)),
            on(102, granted(1, 102)),
        ),
        case(
            "correction_breaks",
            longer(),
            on(95, retracted(10)),
            on(95, retracted(11)),
        ),
        case(
            "not_admitted",
            referred_household(),
            on(15, granted(1, 100)),
            on(15, visit(1, &[])),
        ),
    ]
}

pub(super) fn goals() -> Vec<Case> {
    let planned = || with(given(), [on(25, plan(1)), on(26, goal_set(1, 1))]);
    let dropped = || with(planned(), [on(40, given_up(1, 1))]);
    let due = |n| {
        on(
            30,
            GoalRevised {
                due: Some(day(n)),
                ..revised(1, 1)
            },
        )
    };
    vec![
        case(
            "goal_unknown",
            planned(),
            on(30, revised(1, 2)),
            on(30, revised(1, 1)),
        ),
        case(
            "goal_not_yet_set",
            planned(),
            on(25, revised(1, 1)),
            on(26, revised(1, 1)),
        ),
        case("day_out_of_range", planned(), due(29), due(30)),
        case(
            "goal_unknown",
            planned(),
            on(30, given_up(1, 2)),
            on(30, given_up(1, 1)),
        ),
        case(
            "goal_not_yet_set",
            planned(),
            on(25, given_up(1, 1)),
            on(26, given_up(1, 1)),
        ),
        case(
            "goal_already_withdrawn",
            dropped(),
            on(39, given_up(1, 1)),
            on(39, reviewed(1, 1)),
        ),
        case(
            "goal_withdrawn",
            dropped(),
            on(41, reviewed(1, 1)),
            on(40, reviewed(1, 1)),
        ),
        case(
            "goal_withdrawn",
            dropped(),
            on(41, revised(1, 1)),
            on(40, revised(1, 1)),
        ),
        case(
            "recorded_fact_breaks",
            with(planned(), [on(50, reviewed(1, 1))]),
            on(49, given_up(1, 1)),
            on(50, given_up(1, 1)),
        ),
    ]
}

pub(super) fn assessments() -> Vec<Case> {
    use AssessmentStage::{FollowUp, Interim};
    let with_instrument = |instrument: &str, version| {
        on(
            30,
            AssessmentScored {
                instrument: instrument.to_owned(),
                version,
                ..scored(1, 1, Interim)
            },
        )
    };
    let scores = |scores: &[(&str, u8)]| {
        let score = |&(area, score): &(&str, u8)| Score {
            area: area.to_owned(),
            score: Some(score),
        };
        on(
            30,
            AssessmentScored {
                scores: scores.iter().map(score).collect(),
                ..scored(1, 1, Interim)
            },
        )
    };
    let level = |instrument: &str, level| {
        on(
            30,
            RiskAssessed {
                instrument: instrument.to_owned(),
                level,
                ..risk(1, 1, Interim)
            },
        )
    };
    let (high, extreme) = (RiskLevel::High, RiskLevel::Extreme);
    vec![
        case(
            "instrument_unknown",
            given(),
            with_instrument("tea_leaves", 1),
            with_instrument("self_sufficiency_matrix", 1),
        ),
        case(
            "instrument_unknown",
            given(),
            with_instrument("self_sufficiency_matrix", 2),
            with_instrument("self_sufficiency_matrix", 1),
        ),
        case(
            "instrument_gives_otherwise",
            given(),
            with_instrument("sara_s", 1),
            level("sara_s", high),
        ),
        case(
            "instrument_gives_otherwise",
            given(),
            level("empowerment_star", high),
            level("sara_s", high),
        ),
        case(
            "level_unknown",
            given(),
            level("sara_s", extreme),
            level("danger_assessment", extreme),
        ),
        case(
            "instrument_unknown",
            given(),
            level("", high),
            level("sara_s", high),
        ),
        case(
            "list_empty",
            given(),
            scores(&[]),
            scores(&[("housing", 3)]),
        ),
        case(
            "area_unknown",
            given(),
            scores(&[("money", 3)]),
            scores(&[("income", 3)]),
        ),
        case(
            "named_twice",
            given(),
            scores(&[("housing", 3), ("housing", 4)]),
            scores(&[("housing", 3), ("food", 4)]),
        ),
        case(
            "out_of_range",
            given(),
            scores(&[("housing", 0)]),
            scores(&[("housing", 1)]),
        ),
        case(
            "out_of_range",
            given(),
            scores(&[("housing", 6)]),
            scores(&[("housing", 5)]),
        ),
        case(
            "not_a_member",
            given(),
            on(30, scored(1, 3, Interim)),
            on(30, scored(1, 2, Interim)),
        ),
        case(
            "not_a_member",
            given(),
            on(19, risk(1, 1, Interim)),
            on(20, risk(1, 1, Interim)),
        ),
        case(
            "after_exit",
            gone(),
            on(61, scored(1, 1, Interim)),
            on(61, scored(1, 1, FollowUp)),
        ),
        case(
            "after_exit",
            gone(),
            on(61, risk(1, 1, Interim)),
            on(61, risk(1, 1, FollowUp)),
        ),
        case(
            "not_a_member",
            gone(),
            on(61, risk(1, 3, FollowUp)),
            on(61, risk(1, 2, FollowUp)),
        ),
        case(
            "not_a_member",
            given(),
            on(19, risk(1, 1, FollowUp)),
            on(20, risk(1, 1, FollowUp)),
        ),
    ]
}

pub(super) fn services() -> Vec<Case> {
    let sent = || with(given(), [on(30, service_referred(1, 1, Some(1), 1))]);
    let hurt = || with(given(), [on(30, incident(1, 1))]);
    let learning = || with(given(), [on(30, training(1, 1, 1))]);
    let learnt = || with(learning(), [on(50, training_ended(1, 1))]);
    let hours = |hours| {
        on(
            30,
            TrainingStarted {
                hours: Some(hours),
                ..training(1, 1, 1)
            },
        )
    };
    // Person 1 enters at 18 on day 20, in January 2024.
    let aged = |age_at_entry, month: &str| {
        let mut entering = admission(1, None, &[1]);
        entering.members[0].birth = Answer::Known(Birth {
            month: month.parse().expect("a month"),
            age_at_entry,
        });
        with(referred_household(), [on(20, entering)])
    };
    let learn = |n| on(n, schooling(1, 1));
    vec![
        case(
            "service_referral_exists",
            sent(),
            on(31, service_referred(1, 1, None, 1)),
            on(31, service_referred(1, 2, None, 1)),
        ),
        case(
            "not_a_member",
            given(),
            on(30, service_referred(1, 1, Some(3), 1)),
            on(19, service_referred(1, 1, Some(3), 1)),
        ),
        case(
            "partner_unknown",
            given(),
            on(30, service_referred(1, 1, None, 2)),
            on(30, service_referred(1, 1, None, 1)),
        ),
        case(
            "service_referral_unknown",
            sent(),
            on(31, outcome(1, 2)),
            on(31, outcome(1, 1)),
        ),
        case(
            "service_referral_not_yet_made",
            sent(),
            on(29, outcome(1, 1)),
            on(30, outcome(1, 1)),
        ),
        case(
            "incident_exists",
            hurt(),
            on(31, incident(1, 1)),
            on(31, incident(1, 2)),
        ),
        case(
            "incident_unknown",
            hurt(),
            on(31, breach(1, Some(2))),
            on(31, breach(1, Some(1))),
        ),
        case(
            "before_referral",
            given(),
            on(9, incident(1, 1)),
            on(10, incident(1, 1)),
        ),
        case(
            "before_referral",
            given(),
            on(9, breach(1, None)),
            on(10, breach(1, None)),
        ),
        case(
            "training_exists",
            learning(),
            on(31, training(1, 2, 1)),
            on(31, training(1, 2, 2)),
        ),
        case(
            "not_a_member",
            given(),
            on(30, training(1, 3, 1)),
            on(30, training(1, 2, 1)),
        ),
        case(
            "training_unknown",
            learning(),
            on(31, training_ended(1, 2)),
            on(31, training_ended(1, 1)),
        ),
        case(
            "training_not_yet_started",
            learning(),
            on(29, training_ended(1, 1)),
            on(30, training_ended(1, 1)),
        ),
        case(
            "training_already_ended",
            learnt(),
            on(51, training_ended(1, 1)),
            on(51, training(1, 1, 2)),
        ),
        case("out_of_range", given(), hours(0), hours(1)),
        case("out_of_range", given(), hours(5001), hours(5000)),
        case(
            "not_a_member",
            given(),
            on(19, schooling(1, 2)),
            on(20, schooling(1, 2)),
        ),
        case(
            "not_of_school_age",
            aged(18, "2005-05"),
            learn(400),
            learn(100),
        ),
        case(
            "not_of_school_age",
            aged(19, "2004-05"),
            learn(20),
            on(20, visit(1, &[1])),
        ),
        case(
            "never_a_member",
            given(),
            on(30, noted(1, Some(3))),
            on(70, noted(1, Some(2))),
        ),
        case(
            "never_a_member",
            referred_household(),
            on(15, noted(1, Some(1))),
            on(15, noted(1, None)),
        ),
        case(
            "after_exit",
            gone(),
            on(61, incident(1, 1)),
            on(60, incident(1, 1)),
        ),
        case(
            "after_exit",
            with(gone(), [on(30, service_referred(1, 1, None, 1))]),
            on(61, service_referred(1, 2, None, 1)),
            on(61, outcome(1, 1)),
        ),
    ]
}

pub(super) fn exits() -> Vec<Case> {
    let why = |completion| {
        on(
            60,
            Exit {
                completion,
                dismissal_reason: Some(DismissalReason::HouseRules),
                ..exit(1, &[1, 2])
            },
        )
    };
    let asked = Answer::Known(Completion::AskedToLeave);
    vec![
        case(
            "dismissal_reason_not_needed",
            given(),
            why(Answer::Known(Completion::LeftEarly)),
            why(asked),
        ),
        case(
            "dismissal_reason_not_needed",
            given(),
            why(Answer::NotCollected),
            why(asked),
        ),
    ]
}

pub(super) fn four_eyes() -> Vec<Case> {
    let strict = || {
        let rules = RulesSet {
            confirm_admission: true,
            ..rules()
        };
        // Positions 9 and 10.
        with(referred_household(), [on(15, rules), on(18, visit(1, &[]))])
    };
    let enter = |n| on(n, admission(1, None, &[1]));
    let seen = |n| with(strict(), [on(n, confirmed(DECISION)).by("bea")]);
    let mended = || with(strict(), [on(19, corrected(DECISION, on(13, accepted(1))))]);
    let confirm = |position| on(19, confirmed(position)).by("bea");
    let asking = || {
        let rules = RulesSet {
            ask_citizenship: true,
            ..rules()
        };
        with(referred_household(), [on(20, rules)])
    };
    let citizen = |n, citizenship| {
        let mut entering = admission(1, None, &[1]);
        entering.members[0].citizenship = citizenship;
        on(n, entering)
    };
    let joining = |n| {
        let mut joining = joined(1, 2);
        joining.member.citizenship = Answer::DoesNotKnow;
        on(n, joining)
    };
    vec![
        case("not_confirmed", strict(), enter(20), confirm(DECISION)),
        // The rules are those of the day.
        case("not_confirmed", strict(), enter(15), enter(14)),
        case("not_confirmed", seen(20), enter(19), enter(20)),
        case(
            "correction_breaks",
            with(seen(19), [enter(20)]),
            on(25, retracted(11)),
            on(25, retracted(12)),
        ),
        case(
            "correction_breaks",
            with(seen(19), [enter(20)]),
            on(25, corrected(DECISION, on(11, accepted(1)))),
            on(25, retracted(12)),
        ),
        case(
            "confirms_own",
            strict(),
            on(19, confirmed(DECISION)),
            confirm(DECISION),
        ),
        case("confirms_own", mended(), on(19, confirmed(11)), confirm(11)),
        case("corrected_since", mended(), confirm(DECISION), confirm(11)),
        case(
            "corrected_since",
            with(
                mended(),
                [
                    on(19, retracted(11)),
                    on(19, corrected(DECISION, on(14, accepted(1)))),
                ],
            ),
            confirm(DECISION),
            confirm(13),
        ),
        case(
            "already_retracted",
            with(mended(), [on(19, retracted(11))]),
            confirm(11),
            confirm(DECISION),
        ),
        case(
            "already_retracted",
            with(strict(), [on(19, retracted(DECISION))]),
            confirm(DECISION),
            on(19, retracted(11)),
        ),
        case(
            "already_confirmed",
            seen(19),
            on(19, confirmed(DECISION)).by("carla"),
            on(19, retracted(11)),
        ),
        case("needs_no_confirmation", seen(19), confirm(7), enter(20)),
        case("needs_no_confirmation", seen(19), confirm(11), enter(20)),
        case("needs_no_confirmation", seen(19), confirm(10), enter(20)),
        case("no_such_fact", strict(), confirm(11), confirm(DECISION)),
        case(
            "in_the_future",
            strict(),
            on(1001, confirmed(DECISION)).by("bea"),
            confirm(DECISION),
        ),
        case(
            "confirmation_not_correctable",
            seen(19),
            on(20, corrected(11, on(19, confirmed(7)))),
            on(20, retracted(11)),
        ),
        case(
            "citizenship_not_asked",
            asking(),
            citizen(19, Answer::Known(Citizenship::Eu)),
            citizen(20, Answer::Known(Citizenship::Eu)),
        ),
        case(
            "citizenship_not_asked",
            asking(),
            citizen(19, Answer::PrefersNotToAnswer),
            citizen(19, Answer::NotCollected),
        ),
        case(
            "citizenship_not_asked",
            with(
                referred_household(),
                [
                    enter(20),
                    on(
                        40,
                        RulesSet {
                            ask_citizenship: true,
                            ..rules()
                        },
                    ),
                ],
            ),
            joining(39),
            joining(40),
        ),
    ]
}
