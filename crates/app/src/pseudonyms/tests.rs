use std::collections::BTreeSet;

use events::{AccountId, TokenId};
use sqlx::PgPool;
use vault::KeyVariable;

use super::*;

const KEYS: &str = "ids:BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc= \
                    master:CAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAg=";
const OTHER_KEYS: &str = "ids:CQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQk= \
                          master:CAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAg=";

const PILOTS: [PilotId; 2] = [PilotId(Uuid::from_u128(1)), PilotId(Uuid::from_u128(2))];
const HOUSEHOLD: HouseholdId = HouseholdId(Uuid::from_u128(0x0192_6f3a << 96));

fn account(n: u128) -> Holder {
    Holder::Account(AccountId(Uuid::from_u128(n)))
}

/// A vault that nobody asks for a key.
fn vault(keys: &str) -> Vault {
    let nowhere = PgPool::connect_lazy("postgres://nowhere.invalid/none").expect("an address");
    let (masters, secret) = KeyVariable::parse(keys.to_owned()).expect("keys");
    Vault::new(nowhere, masters, secret)
}

#[tokio::test]
async fn a_pseudonym_depends_on_the_secret_and_on_nothing_that_ends_with_the_process() {
    let first = Names::pseudonyms(PILOTS[0], &vault(KEYS), account(1), false);
    let again = Names::pseudonyms(PILOTS[0], &vault(KEYS), account(1), false);
    let elsewhere = Names::pseudonyms(PILOTS[0], &vault(OTHER_KEYS), account(1), false);
    let name = first.household(HOUSEHOLD);
    assert_eq!(name, again.household(HOUSEHOLD));
    assert_ne!(name, elsewhere.household(HOUSEHOLD));
    assert_eq!(name.get_version_num(), 8);
    // It must not change with the program: whoever evaluates has written it down.
    assert_eq!(name.to_string(), "157ee253-eb41-87a8-8d72-95a7ac7e5ab1");
}

#[tokio::test]
async fn pseudonyms_are_one_for_each_pilot_evaluator_kind_and_id() {
    let vault = vault(KEYS);
    let token = Holder::Token(TokenId(Uuid::from_u128(1)));
    let mut names = BTreeSet::new();
    let mut made = 0;
    for pilot in PILOTS {
        for evaluator in [account(1), account(2), token] {
            let given = Names::pseudonyms(pilot, &vault, evaluator, true);
            for id in [HOUSEHOLD.0, Uuid::from_u128(7), Uuid::nil()] {
                for named in [
                    Named::Household,
                    Named::Person,
                    Named::Fact,
                    Named::Dwelling,
                ] {
                    names.insert(given.id(named, id));
                    made += 1;
                }
            }
        }
    }
    assert_eq!(names.len(), made);
}

#[tokio::test]
async fn days_alone_change_no_name_but_those_of_flats() {
    let vault = vault(KEYS);
    let calendar = Names::pseudonyms(PILOTS[0], &vault, account(1), false);
    let days = Names::pseudonyms(PILOTS[0], &vault, account(1), true);
    assert_eq!(calendar.household(HOUSEHOLD), days.household(HOUSEHOLD));
    let flat = Uuid::from_u128(9);
    assert_eq!(calendar.id(Named::Dwelling, flat), flat);
    assert_ne!(days.id(Named::Dwelling, flat), flat);
}

#[tokio::test]
async fn names_of_streams() {
    let vault = vault(KEYS);
    let names = Names::pseudonyms(PILOTS[0], &vault, account(1), false);
    let household = Stream::Household(HOUSEHOLD).to_string();
    let expected = format!("household/{}", names.household(HOUSEHOLD));
    assert_eq!(names.stream(&household), expected);
    let person = PersonId(Uuid::from_u128(8));
    let expected = format!("person/{}", names.person(person));
    assert_eq!(names.stream(&Stream::Person(person).to_string()), expected);
    assert_eq!(names.stream("committee"), "committee");
    assert_eq!(names.stream("household/of-nobody"), "");
    assert_eq!(Names::own(PILOTS[0]).stream(&household), household);
}

#[tokio::test]
async fn days_and_months_are_counted_from_the_origin() {
    let names = Names::own(PILOTS[0]);
    let since = names.since("2024-03-15".parse().unwrap());
    let day = |day: &str| since.day(day.parse().unwrap());
    assert_eq!(day("2024-03-15"), json!(0));
    assert_eq!(day("2024-03-14"), json!(-1));
    assert_eq!(day("2025-03-15"), json!(365));
    let month = |month: &str| since.month(month.parse().unwrap());
    assert_eq!(month("2024-03"), json!(0));
    assert_eq!(month("2023-12"), json!(-3));
    assert_eq!(month("1989-04"), json!(-419));
}

#[test]
fn the_directory_that_was_not_asked_for_longest_goes_first() {
    let kept = Directories::default();
    let made = Arc::new(Directory {
        upto: 5,
        ..Directory::default()
    });
    let place = |n: usize| (PILOTS[0], account(n as u128));
    for n in 0..MAX_DIRECTORIES {
        kept.get(place(n));
        kept.put(place(n), &made);
    }
    // The first is asked for again, and so the second goes.
    assert_eq!(kept.get(place(0)).upto, 5);
    kept.get(place(MAX_DIRECTORIES));
    kept.put(place(MAX_DIRECTORIES), &made);
    assert_eq!(kept.get(place(0)).upto, 5);
    assert_eq!(kept.get(place(1)).upto, 0);
    // Nobody is given another's, nor another pilot's.
    assert_eq!(kept.get((PILOTS[1], account(0))).upto, 0);
    assert_eq!(kept.kept().all.len(), MAX_DIRECTORIES);
}
