//! Past shapes and their way to today's.

use std::str::FromStr;

use chrono::NaiveDate;
use proptest::prelude::*;
use serde::Serialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::admission::{AdmissionV1, MemberV1};
use super::exit::ExitV1;
use super::household_member_joined::HouseholdMemberJoinedV1;
use super::income_recorded::{IncomeAmountV1, IncomeRecordedV1, IncomeV1};
use super::rules_set::RulesSetV1;
use super::*;
use crate::codes::{
    CodeList, Completion, EmploymentStatus, ExitReason, IncomeSource, IncomeStage, LivingSituation,
    Relation, Safety,
};
use crate::{
    Answer, Birth, DwellingId, Event, HouseholdId, Identity, Income, IncomeAmount, Money, Month,
    PersonId, Sealed, SealedBytes,
};

/// A value from its text.
fn parsed<T: FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    text.parse().unwrap()
}

fn household() -> HouseholdId {
    parsed("01926f3a-5c10-7d41-9a2e-3b7f10c4e801")
}

fn mother() -> PersonId {
    parsed("01926f3a-5c11-70aa-8c31-0d9e2b6f7a11")
}

fn child() -> PersonId {
    parsed("01926f3a-5c11-70ab-b4d2-5e8a7c1f9b22")
}

fn younger_child() -> PersonId {
    parsed("0193c2d4-71e0-7f3c-a6b8-2c4d6e8f0a33")
}

fn sealed(person: PersonId, key: &str, nonce: &str, text: &str) -> Sealed<Identity> {
    Sealed::new(SealedBytes {
        person,
        key: key.to_owned(),
        nonce: nonce.to_owned(),
        text: text.to_owned(),
    })
}

fn born(month: &str, age_at_entry: u16) -> Answer<Birth> {
    Answer::Known(Birth {
        month: parsed(month),
        age_at_entry,
    })
}

/// The committed sample of shape 1 opens as `expected`, alone and inside a correction, and is written
/// back in today's shape, as `today`.
fn opens_as(sample: &str, expected: impl Into<Event>, today: &Value) {
    let (expected, old): (Event, Value) = (expected.into(), parsed(sample));
    let kind = expected.kind();
    assert_eq!(Event::decode(kind, 1, old.clone()).unwrap(), expected);

    let written = expected.encode().unwrap();
    assert_eq!((written.kind.as_str(), written.shape), (kind, 2));
    assert_eq!(&written.data, today);
    assert_ne!(written.data, old);

    let carrying = |shape: i16, data: &Value| {
        json!({
            "position": 41,
            "replacement": {
                "occurred_on": "2024-11-06",
                "event": { "kind": kind, "shape": shape, "data": data },
            },
            "reason": "wrong_date",
        })
    };
    let correction = Event::decode("RecordCorrected", 1, carrying(1, &old)).unwrap();
    let Event::RecordCorrected(fact) = &correction else {
        panic!("a correction opens as a {}", correction.kind());
    };
    assert_eq!(*fact.replacement.event, expected);
    let rewritten = correction.encode().unwrap();
    assert_eq!(rewritten.data, carrying(2, today));
}

/// The committed sample with what today's shape says besides.
fn sample_with(sample: &str, additions: &[(&str, &str, Value)]) -> Value {
    let mut value: Value = parsed(sample);
    for (place, key, addition) in additions {
        value.pointer_mut(place).unwrap()[key] = addition.clone();
    }
    value
}

#[test]
fn an_exit_of_shape_1_opens() {
    let sample = include_str!("../../catalogue/Exit.1.sample.json");
    let expected = Exit {
        household: household(),
        members: vec![
            MemberExit {
                person: mother(),
                destination: Answer::Known(LivingSituation::Rented),
                employment: Answer::Known(EmploymentStatus::Employed),
            },
            MemberExit {
                person: younger_child(),
                destination: Answer::Known(LivingSituation::Rented),
                employment: Answer::NotCollected,
            },
        ],
        reason: Answer::Known(ExitReason::GoalsReached),
        completion: Answer::Known(Completion::Completed),
        dismissal_reason: None,
        client_safety: Answer::Known(Safety::Safe),
        worker_safety: Answer::Known(Safety::PartlySafe),
        safety_plan: Answer::NotCollected,
    };
    let additions = [
        ("", "dismissal_reason", json!(null)),
        ("", "safety_plan", json!("not_collected")),
    ];
    opens_as(sample, expected, &sample_with(sample, &additions));
}

#[test]
fn an_income_of_shape_1_opens() {
    let sample = include_str!("../../catalogue/IncomeRecorded.1.sample.json");
    let expected = IncomeRecorded {
        household: household(),
        person: mother(),
        stage: IncomeStage::Annual,
        income: Answer::Known(Income {
            total: Answer::Known(parsed("1012.40")),
            sources: vec![
                IncomeAmount {
                    source: IncomeSource::Earned,
                    amount: Answer::Known(parsed("780.00")),
                },
                IncomeAmount {
                    source: IncomeSource::SingleChildAllowance,
                    amount: Answer::Known(parsed("232.40")),
                },
            ],
        }),
    };
    let known = |amount: &str| json!({ "known": amount });
    let additions = [
        ("/income/known", "total", known("1012.40")),
        ("/income/known/sources/0", "amount", known("780.00")),
        ("/income/known/sources/1", "amount", known("232.40")),
    ];
    opens_as(sample, expected, &sample_with(sample, &additions));
}

#[test]
fn an_unknown_amount_of_shape_1_was_not_collected() {
    let (household, person) = (household(), mother());
    let old = json!({
        "household": household,
        "person": person,
        "stage": "entry",
        "income": { "known": { "total": null, "sources": [{ "source": "alimony", "amount": null }] } },
    });
    let alimony = IncomeAmount {
        source: IncomeSource::Alimony,
        amount: Answer::NotCollected,
    };
    let expected = IncomeRecorded {
        household,
        person,
        stage: IncomeStage::Entry,
        income: Answer::Known(Income {
            total: Answer::NotCollected,
            sources: vec![alimony],
        }),
    };
    let opened = Event::decode("IncomeRecorded", 1, old).unwrap();
    assert_eq!(opened, expected.into());
}

#[test]
fn an_admission_of_shape_1_opens() {
    let sample = include_str!("../../catalogue/Admission.1.sample.json");
    let head = Member {
        person: mother(),
        identity: sealed(
            mother(),
            "Yn5D0F2z1BJnkX4EWjjWEw==",
            "ChZWKv3NzhC9pY+mj76lrCgSP3CNTAB3",
            "ZHIBH4Cjw61iNiE94MoHW0iBZxzl1dYcarYhZPKCNGNQWYWdNXiHCForPeWTORqWQtq9Ki2jrgGK85wuL5XrW2hcc5cV+AFsGRlEt79qI2NysJH56oI0vLLJ6cKDjcYc2Gc3tj2vJ4GX28ftbKrsx5y99LdMzYygkeysDMqNpcy4luId",
        ),
        relation: Answer::Known(Relation::Head),
        birth: born("1989-03", 35),
        prior_living_situation: Answer::Known(LivingSituation::Refuge),
        without_home_since: Answer::Known(parsed("2024-02-11")),
        employment: Answer::Known(EmploymentStatus::Looking),
        citizenship: Answer::NotCollected,
    };
    let with_her = Member {
        person: child(),
        identity: sealed(
            child(),
            "S9/lPOn0OaxCSL5eIlwsfg==",
            "3UYY0gK+pEvguYXiFq8KoxqEqx3MN74p",
            "QHXdUBPeQMbLQkWoSobh6R6gmfFmBpuFlkSMUOtIA+9o03RZlUZXY2XxjnGrYpjDm7RkLd94OAJ03ziD18WD/Cq2XUUF5WnZWDj7VpFvfN7dYZj+7b9lRVyyBpP6lQzdyQ==",
        ),
        relation: Answer::Known(Relation::Child),
        birth: born("2017-11", 6),
        prior_living_situation: Answer::Known(LivingSituation::Refuge),
        without_home_since: Answer::PrefersNotToAnswer,
        employment: Answer::NotCollected,
        citizenship: Answer::NotCollected,
    };
    let expected = Admission {
        household: household(),
        dwelling: Some(parsed("01920c11-8a40-7b19-8f35-a1d2c3b40202")),
        members: vec![head, with_her],
    };
    let nobody_asked = json!("not_collected");
    let additions = [
        ("/members/0", "citizenship", nobody_asked.clone()),
        ("/members/1", "citizenship", nobody_asked),
    ];
    opens_as(sample, expected, &sample_with(sample, &additions));
}

#[test]
fn a_joining_of_shape_1_opens() {
    let sample = include_str!("../../catalogue/HouseholdMemberJoined.1.sample.json");
    let member = Member {
        person: younger_child(),
        identity: sealed(
            younger_child(),
            "1Xx9sXh0kMNUG2V04aVKzw==",
            "3ynQWWYKgtRPdKqzKa/Mb5DG2Dvlz7l9",
            "zh7BkvBONxw00sDIDTJkGZ914ncBiwxQQ/5+mnlLunv9+oHVmJRnc9ejVpCAjNp56dv/SsaNCk5uyfrYvjf9jFrmHt8SPjKd7uZHriMb5oKK3Ame19LWoHRFgHdt3VgaB1hX+QM=",
        ),
        relation: Answer::Known(Relation::Child),
        birth: born("2020-06", 4),
        prior_living_situation: Answer::Known(LivingSituation::FamilyTemporarily),
        without_home_since: Answer::DoesNotKnow,
        employment: Answer::NotCollected,
        citizenship: Answer::NotCollected,
    };
    let expected = HouseholdMemberJoined {
        household: household(),
        member,
    };
    let additions = [("/member", "citizenship", json!("not_collected"))];
    opens_as(sample, expected, &sample_with(sample, &additions));
}

#[test]
fn rules_of_shape_1_open() {
    let sample = include_str!("../../catalogue/RulesSet.1.sample.json");
    let expected = RulesSet {
        approve_expenses_above: Some(parsed("500.00")),
        confirm_admission: true,
        confirm_exit: true,
        ask_citizenship: false,
        unseen_after_days: 14,
        retention: None,
    };
    let additions = [("", "retention", json!(null))];
    opens_as(sample, expected, &sample_with(sample, &additions));
}

#[test]
fn shape_1_takes_nothing_of_shape_2() {
    for (kind, sample) in [
        (
            "RulesSet",
            include_str!("../../catalogue/RulesSet.2.sample.json"),
        ),
        ("Exit", include_str!("../../catalogue/Exit.2.sample.json")),
        (
            "Admission",
            include_str!("../../catalogue/Admission.2.sample.json"),
        ),
        (
            "IncomeRecorded",
            include_str!("../../catalogue/IncomeRecorded.2.sample.json"),
        ),
        (
            "HouseholdMemberJoined",
            include_str!("../../catalogue/HouseholdMemberJoined.2.sample.json"),
        ),
    ] {
        let refused = Event::decode(kind, 1, parsed(sample));
        assert!(refused.is_err(), "{kind} of shape 2 opens as shape 1");
    }
}

fn answers<T: Clone + std::fmt::Debug>(
    known: impl Strategy<Value = T>,
) -> impl Strategy<Value = Answer<T>> {
    (0..6u8, known).prop_map(|(choice, value)| match choice {
        0 => Answer::DoesNotKnow,
        1 => Answer::PrefersNotToAnswer,
        2 => Answer::NotCollected,
        _ => Answer::Known(value),
    })
}

/// Any code there ever was.
fn codes<T: CodeList + std::fmt::Debug>() -> impl Strategy<Value = T> {
    prop::sample::select(T::ENTRIES).prop_map(|entry| entry.value)
}

fn ids<T: From<Uuid> + std::fmt::Debug>() -> impl Strategy<Value = T> {
    any::<u128>().prop_map(|id| T::from(Uuid::from_u128(id)))
}

fn days() -> impl Strategy<Value = NaiveDate> {
    /// About two hundred years.
    const DAYS: u64 = 73_000;
    (0..DAYS).prop_map(|after| {
        NaiveDate::default() - chrono::Days::new(DAYS / 2) + chrono::Days::new(after)
    })
}

fn amounts() -> impl Strategy<Value = Option<Money>> {
    prop::option::of(any::<i64>().prop_map(|cents| Money::new(cents, 2)))
}

fn members() -> impl Strategy<Value = MemberV1> {
    let bytes = (
        ids(),
        "[A-Za-z0-9+/]{22}==",
        "[A-Za-z0-9+/]{32}",
        "[A-Za-z0-9+/]{0,80}",
    )
        .prop_map(|(person, key, nonce, text)| sealed(person, &key, &nonce, &text));
    let births = (days(), any::<u16>()).prop_map(|(day, age_at_entry)| Birth {
        month: Month::of(day),
        age_at_entry,
    });
    let who = (ids(), bytes, answers(codes()), answers(births));
    let whence = (answers(codes()), answers(days()), answers(codes()));
    (who, whence).prop_map(
        |((person, identity, relation, birth), (prior, without_home_since, employment))| MemberV1 {
            person,
            identity,
            relation,
            birth,
            prior_living_situation: prior,
            without_home_since,
            employment,
        },
    )
}

fn admissions() -> impl Strategy<Value = AdmissionV1> {
    let dwelling = prop::option::of(ids::<DwellingId>());
    let members = prop::collection::vec(members(), 0..4);
    (ids(), dwelling, members).prop_map(|(household, dwelling, members)| AdmissionV1 {
        household,
        dwelling,
        members,
    })
}

fn exits() -> impl Strategy<Value = ExitV1> {
    let member = (ids(), answers(codes()), answers(codes())).prop_map(
        |(person, destination, employment)| MemberExit {
            person,
            destination,
            employment,
        },
    );
    let how = (
        answers(codes()),
        answers(codes()),
        answers(codes()),
        answers(codes()),
    );
    (ids(), prop::collection::vec(member, 0..4), how).prop_map(
        |(household, members, (reason, completion, client_safety, worker_safety))| ExitV1 {
            household,
            members,
            reason,
            completion,
            client_safety,
            worker_safety,
        },
    )
}

fn incomes() -> impl Strategy<Value = IncomeRecordedV1> {
    let part = (codes(), amounts()).prop_map(|(source, amount)| IncomeAmountV1 { source, amount });
    let income = (amounts(), prop::collection::vec(part, 0..4))
        .prop_map(|(total, sources)| IncomeV1 { total, sources });
    (ids(), ids(), codes(), answers(income)).prop_map(|(household, person, stage, income)| {
        IncomeRecordedV1 {
            household,
            person,
            stage,
            income,
        }
    })
}

fn rules() -> impl Strategy<Value = RulesSetV1> {
    let asked = (any::<bool>(), any::<bool>(), any::<bool>());
    (amounts(), asked, any::<u16>()).prop_map(
        |(approve_expenses_above, (confirm_admission, confirm_exit, ask_citizenship), days)| {
            RulesSetV1 {
                approve_expenses_above,
                confirm_admission,
                confirm_exit,
                ask_citizenship,
                unseen_after_days: days,
            }
        },
    )
}

/// Written down in shape 1, an old value opens as what it turns into.
fn agrees<Old: Serialize + Clone, New: Into<Event> + From<Old>>(
    old: Old,
) -> Result<(), TestCaseError> {
    let written = serde_json::to_value(old.clone()).unwrap();
    let expected: Event = New::from(old).into();
    let opened = Event::decode(expected.kind(), 1, written);
    prop_assert_eq!(opened.unwrap(), expected.clone());
    // And what it turned into is written and opened like any fact of today.
    let today = expected.encode().unwrap();
    prop_assert_eq!(
        Event::decode(&today.kind, today.shape, today.data).unwrap(),
        expected
    );
    Ok(())
}

proptest! {
    #[test]
    fn any_admission_of_shape_1_opens(old in admissions()) {
        agrees::<_, Admission>(old)?;
    }

    #[test]
    fn any_joining_of_shape_1_opens(household in ids(), member in members()) {
        agrees::<_, HouseholdMemberJoined>(HouseholdMemberJoinedV1 { household, member })?;
    }

    #[test]
    fn any_exit_of_shape_1_opens(old in exits()) {
        agrees::<_, Exit>(old)?;
    }

    #[test]
    fn any_rules_of_shape_1_open(old in rules()) {
        agrees::<_, RulesSet>(old)?;
    }

    #[test]
    fn any_income_of_shape_1_opens(old in incomes()) {
        agrees::<_, IncomeRecorded>(old)?;
    }
}
