//! Guessing.

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::{StreamExt as _, stream};
use identity::{
    CEILING_BY_ADDRESS, CEILING_BY_NAME, Crossed, CrossedBy, FIRST_DELAY, FREE_BY_ADDRESS,
    FREE_BY_NAME, Identity, MAX_STEP_TRIES, Password, SignIn, TryLater, Visit, WINDOW_HOURS,
};

use crate::kit::{House, PASSWORD, code, done, from, is_refused, noon, second, visit};

/// As many as somebody with a program and a night makes.
const GUESSES: i64 = 10_000;

async fn tried(identity: &Identity, visit: &Visit<'_>, name: &str, password: &str) -> SignIn {
    let password = Password::from(password);
    let tried = identity.sign_in(visit, name, &password).await;
    tried.expect("an outcome")
}

/// Ten thousand guesses in less than a day, by two processes, many at the same moment. Gives how many
/// were looked at.
async fn guess(house: &House, from_where: impl Fn(i64) -> (String, String)) -> u64 {
    let (one, other) = (house.identity.clone(), house.neighbour().await);
    let before = one.hashes() + other.hashes();
    let pause = TimeDelta::hours(WINDOW_HOURS) / i32::try_from(GUESSES + 1).expect("few");
    let guesses = (0..GUESSES).map(|n| {
        let identity = if n % 2 == 0 { &one } else { &other };
        let (address, name) = from_where(n);
        let now = noon() + pause * i32::try_from(n).expect("few");
        async move {
            let visit = from(now, &address);
            let outcome = tried(identity, &visit, &name, &format!("guess number {n}")).await;
            assert!(
                matches!(outcome, SignIn::Refused(_) | SignIn::TryLater(_)),
                "{outcome:?}"
            );
        }
    });
    stream::iter(guesses).buffer_unordered(16).count().await;
    one.hashes() + other.hashes() - before
}

fn scattered(n: i64) -> String {
    format!("10.{}.{}.1", n / 250, n % 250)
}

#[tokio::test]
async fn ten_thousand_guesses_at_one_name_are_a_few() {
    let house = House::open().await;
    house.account("anna@example.it").await;
    let looked_at = guess(&house, |n| (scattered(n), "anna@example.it".into())).await;
    assert!(looked_at <= u64::from(CEILING_BY_NAME), "{looked_at}");
    assert!(looked_at >= u64::from(FREE_BY_NAME), "{looked_at}");
    // She is delayed herself, and nothing is looked at for her either.
    let late = noon() + TimeDelta::hours(WINDOW_HOURS) - TimeDelta::seconds(60);
    let before = house.identity.hashes();
    let elsewhere = from(late, "192.0.2.77");
    let outcome = tried(&house.identity, &elsewhere, "anna@example.it", PASSWORD).await;
    assert!(matches!(outcome, SignIn::TryLater(_)));
    assert_eq!(house.identity.hashes(), before);
    // Until the day is over.
    let next = noon() + TimeDelta::hours(WINDOW_HOURS) + TimeDelta::minutes(10);
    house.sign_in(next, "anna@example.it").await;
}

#[tokio::test]
async fn ten_thousand_guesses_from_one_address_are_a_few() {
    let house = House::open().await;
    let looked_at = guess(&house, |n| ("192.0.2.66".into(), format!("name-{n}"))).await;
    assert!(looked_at <= u64::from(CEILING_BY_ADDRESS), "{looked_at}");
    assert!(looked_at >= u64::from(FREE_BY_ADDRESS), "{looked_at}");
}

/// What a name answers to one guess after the other, at these times.
async fn answers(house: &House, name: &str, times: &[DateTime<Utc>]) -> Vec<String> {
    let mut answers = Vec::new();
    for (n, now) in (1..).zip(times) {
        let visit = from(*now, &format!("10.9.{n}.1"));
        let outcome = tried(&house.identity, &visit, name, "wrong").await;
        // Whom it is about is for the access log alone.
        answers.push(match outcome {
            SignIn::Refused(refused) => format!("refused, {} crossed", refused.crossed.len()),
            other => format!("{other:?}"),
        });
    }
    answers
}

#[tokio::test]
async fn an_unknown_name_is_delayed_like_a_known_one() {
    let house = House::open().await;
    house.account("anna@example.it").await;
    let times: Vec<_> = (0..30).map(|n| second(n * 3)).collect();
    let known = answers(&house, "anna@example.it", &times).await;
    let unknown = answers(&house, "nobody@example.it", &times).await;
    assert_eq!(known, unknown);
    assert!(
        known.iter().any(|it| it.starts_with("TryLater")),
        "{known:?}"
    );
}

#[tokio::test]
async fn whoever_was_right_in_the_end_starts_anew() {
    let house = House::open().await;
    let anna = house.account("anna@example.it").await;
    for n in 1..FREE_BY_NAME {
        let outcome = house.try_password(noon(), "anna@example.it", "wrong").await;
        let SignIn::Refused(refused) = outcome else {
            panic!("{outcome:?}")
        };
        assert!(refused.crossed.is_empty(), "after {n}");
    }
    let outcome = house.try_password(noon(), "anna@example.it", "wrong").await;
    let SignIn::Refused(refused) = outcome else {
        panic!("{outcome:?}")
    };
    // Now it is worth a line in the access log.
    let expected = Crossed {
        of: CrossedBy::Name,
        account: Some(anna),
        failures: FREE_BY_NAME,
    };
    assert_eq!(refused.crossed, [expected]);
    // The right one is delayed like a wrong one, and says how long.
    let outcome = house
        .try_password(noon(), "anna@example.it", PASSWORD)
        .await;
    let SignIn::TryLater(TryLater { seconds }) = outcome else {
        panic!("{outcome:?}")
    };
    assert_eq!(seconds, FIRST_DELAY + 1);
    let later = second(i64::from(FIRST_DELAY));
    house.sign_in(later, "anna@example.it").await;
    for _ in 0..FREE_BY_NAME {
        assert!(is_refused(
            &house.try_password(later, "anna@example.it", "wrong").await
        ));
    }
}

#[tokio::test]
async fn one_account_is_no_way_to_clear_an_address() {
    let house = House::open().await;
    house.account("mallory@example.it").await;
    // A guess at another, and then signing in with his own: the guesses are counted all the same.
    let mut refused = 0;
    for n in 0..FREE_BY_ADDRESS * 2 {
        let guess = house
            .try_password(noon(), &format!("name-{n}"), "wrong")
            .await;
        refused += u32::from(is_refused(&guess));
        let own = house
            .try_password(noon(), "mallory@example.it", PASSWORD)
            .await;
        assert!(!is_refused(&own));
    }
    assert_eq!(refused, FREE_BY_ADDRESS);
}

#[tokio::test]
async fn others_do_not_lock_her_out_of_her_own_browser() {
    let house = House::open().await;
    house.account("anna@example.it").await;
    house.account("berta@example.it").await;
    let opened = house.sign_in(noon(), "anna@example.it").await;
    let device = opened.device.expect("a device cookie");
    // Somebody elsewhere keeps failing with her name.
    for n in 0..FREE_BY_NAME + 3 {
        let visit = from(noon(), &format!("10.8.{n}.1"));
        tried(&house.identity, &visit, "anna@example.it", "wrong").await;
    }
    let elsewhere = tried(&house.identity, &visit(noon()), "anna@example.it", PASSWORD).await;
    assert!(matches!(elsewhere, SignIn::TryLater(_)), "{elsewhere:?}");
    let own = Visit {
        device: Some(device.expose()),
        ..visit(noon())
    };
    done(tried(&house.identity, &own, "anna@example.it", PASSWORD).await);
    // Her browser is no way to guess at her either, nor at anybody else.
    for _ in 0..FREE_BY_NAME {
        assert!(is_refused(
            &tried(&house.identity, &own, "anna@example.it", "wrong").await
        ));
    }
    let outcome = tried(&house.identity, &own, "anna@example.it", PASSWORD).await;
    assert!(matches!(outcome, SignIn::TryLater(_)), "{outcome:?}");
    for n in 0..FREE_BY_NAME {
        let own = Visit {
            device: Some(device.expose()),
            ..from(noon(), &format!("10.7.{n}.1"))
        };
        assert!(is_refused(
            &tried(&house.identity, &own, "berta@example.it", "wrong").await
        ));
    }
    let outcome = tried(
        &house.identity,
        &visit(noon()),
        "berta@example.it",
        PASSWORD,
    )
    .await;
    assert!(
        matches!(outcome, SignIn::TryLater(_)),
        "it was counted for her: {outcome:?}"
    );
}

#[tokio::test]
async fn codes_are_not_guessed_either() {
    let house = House::open().await;
    house.account("anna@example.it").await;
    let opened = house.sign_in(noon(), "anna@example.it").await;
    let (app, _) = house.app(noon(), &opened.session).await;
    // Whoever has her password begins again and again.
    let (mut looked_at, mut now) = (0, second(60));
    for n in 0..150 {
        let visit = from(now, &format!("10.6.{}.1", n % 250));
        let half = match tried(&house.identity, &visit, "anna@example.it", PASSWORD).await {
            SignIn::SecondFactor(half) => half,
            other => panic!("{other:?}"),
        };
        for _ in 0..=MAX_STEP_TRIES {
            let wrong = "000000";
            assert_ne!(code(&app, now), wrong, "another time, please");
            let outcome = house
                .identity
                .finish_with_totp(&visit, half.secret.expose(), wrong)
                .await;
            match outcome.expect("an outcome") {
                SignIn::Refused(_) => looked_at += 1,
                SignIn::TryLater(_) | SignIn::StartAgain => break,
                other => panic!("{other:?}"),
            }
        }
        now += TimeDelta::seconds(480);
    }
    assert!(now < noon() + TimeDelta::hours(WINDOW_HOURS));
    assert!(looked_at <= CEILING_BY_NAME, "{looked_at}");
    assert!(looked_at > FREE_BY_NAME, "{looked_at}");
}
