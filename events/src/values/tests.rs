use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::codes::Relation;
use crate::{DwellingId, HouseholdId, Stream};

fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn birth(born: &str, entry: &str) -> Birth {
    Birth::on_entry(date(born), date(entry)).unwrap()
}

fn days(from: i32, to: i32) -> impl Strategy<Value = NaiveDate> {
    let first = NaiveDate::from_ymd_opt(from, 1, 1).unwrap();
    let last = NaiveDate::from_ymd_opt(to, 12, 31).unwrap();
    (0..=last.signed_duration_since(first).num_days())
        .prop_map(move |after| first + chrono::TimeDelta::days(after))
}

mod answers {
    use super::*;

    #[test]
    fn an_answer_and_its_json() {
        for (answer, written) in [
            (Answer::Known(Relation::Head), json!({ "known": "head" })),
            (Answer::DoesNotKnow, json!("does_not_know")),
            (Answer::PrefersNotToAnswer, json!("prefers_not_to_answer")),
            (Answer::NotCollected, json!("not_collected")),
        ] {
            assert_eq!(serde_json::to_value(answer).unwrap(), written);
            assert_eq!(
                serde_json::from_value::<Answer<Relation>>(written).unwrap(),
                answer
            );
        }
    }

    #[test]
    fn nothing_else_is_an_answer() {
        for stray in [
            json!(null),
            json!("head"),
            json!("known"),
            json!("unknown"),
            json!("Does_not_know"),
            json!({}),
            json!({ "known": null }),
            json!({ "known": "no_such_code" }),
            json!({ "known": "head", "since": "2024-01-01" }),
            json!({ "does_not_know": "head" }),
            json!(["known", "head"]),
        ] {
            let read = serde_json::from_value::<Answer<Relation>>(stray.clone());
            assert!(read.is_err(), "{stray} reads as {read:?}");
        }
    }

    #[test]
    fn nobody_asked_until_somebody_did() {
        assert_eq!(Answer::<bool>::default(), Answer::NotCollected);
    }

    #[test]
    fn the_ways_of_missing_stay_apart() {
        let missing = [
            Answer::DoesNotKnow,
            Answer::PrefersNotToAnswer,
            Answer::NotCollected,
        ];
        for (index, answer) in missing.into_iter().enumerate() {
            assert_eq!(answer.known(), None);
            assert_eq!(answer.as_ref().map(|years: &u16| *years), answer);
            assert!(missing[index + 1..].iter().all(|other| *other != answer));
        }
        assert_eq!(Answer::Known(20).known(), Some(&20));
        assert_eq!(Answer::Known(20).map(|years| years + 1), Answer::Known(21));
    }
}

mod months {
    use super::*;

    #[test]
    fn a_month_is_four_digits_a_hyphen_and_two() {
        for text in ["2024-01", "2024-12", "1900-06", "0001-01", "9999-12"] {
            let month: Month = text.parse().unwrap();
            assert_eq!(month.to_string(), text);
            assert_eq!(serde_json::to_value(month).unwrap(), json!(text));
            assert_eq!(serde_json::from_value::<Month>(json!(text)).unwrap(), month);
        }
    }

    #[test]
    fn anything_else_is_refused_and_named() {
        for text in [
            "",
            "-",
            "2024",
            "2024-",
            "-01",
            "2024-00",
            "2024-13",
            "2024-1",
            "24-01",
            "20240-1",
            "02024-01",
            "2024-001",
            "2024/01",
            "2024-01-01",
            "01-2024",
            " 2024-01",
            "2024-01 ",
            "2024 -1",
            "2024--1",
            "-024-01",
            "+024-01",
            "2024-+1",
            "2024-١١",
            "２０２４-01",
            "abcd-ef",
        ] {
            assert_eq!(text.parse::<Month>(), Err(BadMonth(text.to_owned())));
            assert!(
                serde_json::from_value::<Month>(json!(text)).is_err(),
                "{text}"
            );
        }
        assert!(serde_json::from_value::<Month>(json!(202401)).is_err());
    }

    proptest! {
        #[test]
        fn every_day_lies_in_the_month_it_says(day in days(1900, 2100)) {
            let month = Month::of(day);
            prop_assert_eq!((month.year(), month.month()), (day.year(), day.month()));
            prop_assert_eq!(month.to_string(), day.format("%Y-%m").to_string());
            prop_assert_eq!(month.to_string().parse(), Ok(month));
        }

        #[test]
        fn months_are_in_the_order_of_their_days_and_of_their_words(
            one in days(1900, 2100),
            other in days(1900, 2100),
        ) {
            let (first, second) = (Month::of(one.min(other)), Month::of(one.max(other)));
            prop_assert!(first <= second);
            prop_assert!(first.to_string() <= second.to_string());
        }
    }
}

mod births {
    use super::*;

    #[test]
    fn the_age_at_entry_is_exact() {
        for (born, entry, age) in [
            ("2000-05-20", "2024-05-19", 23),
            ("2000-05-20", "2024-05-20", 24),
            ("2000-05-20", "2024-05-21", 24),
            ("2000-05-20", "2000-05-20", 0),
            ("2023-12-31", "2024-01-01", 0),
            // Born on a leap day: in other years a year older on the first of March.
            ("2000-02-29", "2023-02-28", 22),
            ("2000-02-29", "2023-03-01", 23),
            ("2000-02-29", "2024-02-28", 23),
            ("2000-02-29", "2024-02-29", 24),
        ] {
            let birth = birth(born, entry);
            assert_eq!(birth.age_at_entry, age, "born {born}, entered {entry}");
            assert_eq!(birth.month, Month::of(date(born)));
            assert_eq!(birth.age_on(date(entry), date(entry)), age);
        }
    }

    #[test]
    fn nobody_enters_before_being_born() {
        assert_eq!(
            Birth::on_entry(date("2024-05-20"), date("2024-05-19")),
            None
        );
    }

    #[test]
    fn later_the_birthday_counts_from_the_16th_of_the_birth_month() {
        for born in ["2000-05-01", "2000-05-16", "2000-05-31"] {
            let (birth, entry) = (birth(born, "2024-01-10"), date("2024-01-10"));
            for (day, age) in [
                ("2024-01-11", 23),
                ("2024-04-30", 23),
                ("2024-05-01", 23),
                ("2024-05-15", 23),
                ("2024-05-16", 24),
                ("2024-05-31", 24),
                ("2024-06-01", 24),
                ("2024-12-31", 24),
                ("2025-01-01", 24),
                ("2025-05-15", 24),
                ("2025-05-16", 25),
            ] {
                assert_eq!(birth.age_on(date(day), entry), age, "born {born}, on {day}");
            }
        }
    }

    #[test]
    fn on_a_leap_day_the_month_rule_holds_too() {
        let (birth, entry) = (birth("2000-02-29", "2023-07-01"), date("2023-07-01"));
        assert_eq!(birth.age_on(date("2024-02-15"), entry), 23);
        assert_eq!(birth.age_on(date("2024-02-16"), entry), 24);
        assert_eq!(birth.age_on(date("2024-02-29"), entry), 24);
        assert_eq!(birth.age_on(date("2024-03-01"), entry), 24);
    }

    #[test]
    fn who_had_her_birthday_before_she_entered_stays_that_age_through_the_month() {
        let (birth, entry) = (birth("2000-05-03", "2024-05-05"), date("2024-05-05"));
        for day in [
            "2024-05-05",
            "2024-05-06",
            "2024-05-15",
            "2024-05-16",
            "2024-06-01",
        ] {
            assert_eq!(birth.age_on(date(day), entry), 24, "{day}");
        }
    }

    #[test]
    fn before_the_entry_the_age_is_that_of_the_entry() {
        let birth = birth("2000-05-20", "2024-05-20");
        assert_eq!(birth.age_on(date("2019-01-01"), date("2024-05-20")), 24);
    }

    proptest! {
        #[test]
        fn ages_are_exact_but_in_the_birth_month_and_never_fall(
            born in days(1930, 2024),
            until_entry in 0..30_000u64,
            stay in prop::collection::btree_set(0..4_000u64, 1..12),
        ) {
            let entry = born + chrono::Days::new(until_entry);
            let birth = Birth::on_entry(born, entry).unwrap();
            let mut before = birth.age_on(entry, entry);
            prop_assert_eq!(Some(u32::from(before)), entry.years_since(born));
            for nights in stay {
                let day = entry + chrono::Days::new(nights);
                let age = birth.age_on(day, entry);
                let exact = day.years_since(born).unwrap();
                prop_assert!(age >= before, "{age} on {day} after {before}");
                if day.month() == born.month() {
                    prop_assert!(u32::from(age).abs_diff(exact) <= 1);
                } else {
                    prop_assert_eq!(u32::from(age), exact);
                }
                before = age;
            }
        }

        #[test]
        fn whatever_was_recorded_has_an_age(
            month in days(1, 9999),
            age_at_entry in any::<u16>(),
            day in days(1, 9999),
            entry in days(1, 9999),
        ) {
            let birth = Birth { month: Month::of(month), age_at_entry };
            prop_assert!(birth.age_on(day, entry) >= age_at_entry);
        }
    }
}

mod amounts {
    use super::*;

    #[test]
    fn money_travels_as_a_text_with_its_decimals() {
        for text in [
            "0",
            "0.01",
            "350.00",
            "1284.50",
            "37620.40",
            "-12.30",
            "79228162514264337593543950335",
        ] {
            let amount: Money = serde_json::from_value(json!(text)).unwrap();
            assert_eq!(serde_json::to_value(amount).unwrap(), json!(text));
        }
    }

    #[test]
    fn money_is_never_a_json_number() {
        for number in [json!(0), json!(350), json!(-1), json!(0.1), json!(1e3)] {
            assert!(
                serde_json::from_value::<Money>(number.clone()).is_err(),
                "{number}"
            );
            let income = json!({ "total": number, "sources": [] });
            assert!(serde_json::from_value::<Income>(income).is_err());
        }
        for text in ["", "12,50", "EUR 12", "NaN", "12.50.1"] {
            assert!(
                serde_json::from_value::<Money>(json!(text)).is_err(),
                "{text}"
            );
        }
    }

    proptest! {
        #[test]
        fn no_cent_is_lost(cents in any::<i64>()) {
            let amount = Money::new(cents, 2);
            let written = serde_json::to_string(&amount).unwrap();
            prop_assert_eq!(&written, &format!("\"{amount}\""));
            prop_assert_eq!(serde_json::from_str::<Money>(&written).unwrap(), amount);
        }
    }
}

mod sealed {
    use super::*;

    fn sealed() -> Sealed<Identity> {
        Sealed::new(SealedBytes {
            person: PersonId(uuid::Uuid::from_u128(1)),
            key: "a2V5".to_owned(),
            nonce: "bm9uY2U=".to_owned(),
            text: "dGV4dA==".to_owned(),
        })
    }

    #[test]
    fn a_sealed_value_is_written_as_its_bytes_and_no_more() {
        let written = serde_json::to_value(sealed()).unwrap();
        let person = "00000000-0000-0000-0000-000000000001";
        let bytes =
            json!({ "person": person, "key": "a2V5", "nonce": "bm9uY2U=", "text": "dGV4dA==" });
        assert_eq!(written, bytes);
        assert_eq!(
            serde_json::from_value::<Sealed<Identity>>(written).unwrap(),
            sealed()
        );
    }

    #[test]
    fn a_value_in_the_clear_is_no_sealed_one() {
        let clear = serde_json::to_value(Identity::default()).unwrap();
        assert!(serde_json::from_value::<Sealed<Identity>>(clear).is_err());
        assert!(serde_json::from_value::<Sealed<FreeText>>(json!("a remark")).is_err());
    }

    #[test]
    fn a_log_line_shows_whose_it_is_and_nothing_of_it() {
        assert_eq!(
            format!("{:?}", sealed()),
            "Sealed(00000000-0000-0000-0000-000000000001)"
        );
    }

    // What was sealed once has to open for ever, and no schema in the catalogue sees inside.
    #[test]
    fn an_identity_sealed_in_the_past_still_reads() {
        let whole = r#"{"given_name":"Prova","family_name":"Inventata","born_on":"1989-03-14","contact":"bussare due volte"}"#;
        let identity: Identity = serde_json::from_str(whole).unwrap();
        assert_eq!(identity.born_on, Some(date("1989-03-14")));
        assert_eq!(serde_json::to_string(&identity).unwrap(), whole);

        let least = r#"{"given_name":"Prova","family_name":"Inventata"}"#;
        let identity: Identity = serde_json::from_str(least).unwrap();
        assert_eq!((identity.born_on, identity.contact), (None, None));
    }

    #[test]
    fn a_text_sealed_in_the_past_still_reads() {
        let text: FreeText = serde_json::from_str(r#""una nota""#).unwrap();
        assert_eq!(text, FreeText("una nota".to_owned()));
        assert_eq!(serde_json::to_string(&text).unwrap(), r#""una nota""#);
    }
}

mod streams {
    use super::*;

    fn streams() -> impl Strategy<Value = Stream> {
        let id = any::<u128>().prop_map(uuid::Uuid::from_u128);
        prop_oneof![
            Just(Stream::Pilot),
            Just(Stream::Funding),
            Just(Stream::Committee),
            id.clone().prop_map(|id| Stream::Dwelling(DwellingId(id))),
            id.clone().prop_map(|id| Stream::Household(HouseholdId(id))),
            id.prop_map(|id| Stream::Person(PersonId(id))),
        ]
    }

    proptest! {
        #[test]
        fn a_stream_is_found_by_its_name(stream in streams()) {
            prop_assert_eq!(stream.to_string().parse(), Ok(stream));
        }

        #[test]
        fn two_streams_have_two_names(one in streams(), other in streams()) {
            prop_assert_eq!(one == other, one.to_string() == other.to_string());
        }
    }

    #[test]
    fn what_names_no_stream_is_refused_and_named() {
        let id = "01926f3a-5c10-7d41-9a2e-3b7f10c4e801";
        for text in [
            String::new(),
            "Pilot".to_owned(),
            "pilot/".to_owned(),
            format!("pilot/{id}"),
            "dwelling".to_owned(),
            "dwelling/".to_owned(),
            "dwelling/2".to_owned(),
            format!("house/{id}"),
            format!("dwelling/{id}/"),
            format!(" household/{id}"),
            format!("person {id}"),
        ] {
            assert_eq!(text.parse::<Stream>(), Err(BadStream(text.clone())));
        }
    }

    use crate::BadStream;
}
