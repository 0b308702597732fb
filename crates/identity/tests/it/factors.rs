//! Codes of authenticator apps, recovery codes, and the second half of a sign-in.

use chrono::{DateTime, Utc};
use identity::{
    Activity, CONFIRMATION_MINUTES, Identity, MAX_STEP_TRIES, Password, RECOVERY_CODES, Refusal,
    STEP_MINUTES, SignIn, Strength,
};

use crate::kit::{
    House, PASSWORD, app, code, done, is_refused, minute, noon, refusal, second, visit,
};

const ANNA: &str = "anna@example.it";

async fn finish(identity: &Identity, now: DateTime<Utc>, step: &str, code: &str) -> SignIn {
    let finished = identity.finish_with_totp(&visit(now), step, code).await;
    finished.expect("an outcome")
}

#[tokio::test]
async fn an_app_makes_a_session_strong() {
    let house = House::open().await;
    let identity = &house.identity;
    let anna = house.account(ANNA).await;
    let elsewhere = house.sign_in(noon(), ANNA).await;
    let opened = house.sign_in(noon(), ANNA).await;
    assert_eq!(opened.session.strength, Strength::Password);

    let setup = identity
        .start_totp(noon(), &opened.session)
        .await
        .expect("a key");
    let uri = setup.uri.expose();
    assert!(uri.starts_with("otpauth://totp/"), "{uri}");
    assert!(
        uri.contains("In%20Rete") && uri.contains(setup.key.expose()),
        "{uri}"
    );
    let app = app(setup.key.expose());
    // Nothing counts until it was proven.
    assert!(!identity.factors(anna).await.expect("factors").any());
    let wrong = identity
        .finish_totp(&visit(noon()), &opened.session, "000000")
        .await;
    assert_eq!(refusal(wrong), Refusal::CodeNotRight);
    let enrolled = identity
        .finish_totp(&visit(noon()), &opened.session, &code(&app, noon()))
        .await
        .expect("set up");
    let strong = &enrolled.opened;
    assert_eq!(strong.session.id, opened.session.id);
    assert_eq!(strong.session.strength, Strength::Strong);
    assert_eq!(enrolled.recovery_codes.len(), RECOVERY_CODES);
    // What knew nothing of it has ended, and so has the weaker secret.
    assert!(house.enter(noon(), &elsewhere.secret).await.is_none());
    assert!(house.enter(noon(), &opened.secret).await.is_none());
    assert!(house.enter(noon(), &strong.secret).await.is_some());
    // Not twice.
    let again = identity
        .finish_totp(&visit(second(60)), &strong.session, &code(&app, second(60)))
        .await;
    assert_eq!(refusal(again), Refusal::StartAgain);

    let half = house.half(second(60), ANNA).await;
    assert!(half.factors.totp && half.factors.recovery_code && !half.factors.passkey);
    let asked = identity.step(second(60), half.secret.expose()).await;
    assert_eq!(asked.expect("an outcome"), Some(half.factors));
    // Half a sign-in is no session.
    assert!(house.enter(second(60), &half.secret).await.is_none());
    let step = half.secret.expose();
    assert!(is_refused(
        &finish(identity, second(60), step, "000000").await
    ));
    let spaced = code(&app, second(60));
    let spaced = format!("{} {}", &spaced[..3], &spaced[3..]);
    let strong = done(finish(identity, second(60), step, &spaced).await);
    assert_eq!(strong.session.strength, Strength::Strong);
    assert_ne!(strong.secret.expose(), step);
    // The step is used up.
    let again = finish(identity, second(120), step, &code(&app, second(120))).await;
    assert!(matches!(again, SignIn::StartAgain), "{again:?}");
}

#[tokio::test]
async fn no_code_is_taken_twice_and_none_that_is_older() {
    let house = House::open().await;
    let identity = &house.identity;
    house.account(ANNA).await;
    let opened = house.sign_in(noon(), ANNA).await;
    let (app, _) = house.app(noon(), &opened.session).await;
    let half = async |now| house.half(now, ANNA).await.secret.expose().to_owned();
    // The one that set it up is used.
    let step = half(noon()).await;
    assert!(is_refused(
        &finish(identity, noon(), &step, &code(&app, noon())).await
    ));

    let (before, now, after) = (second(300), second(330), second(360));
    // A clock may be wrong by one step, and no more.
    for far in [second(270), second(390)] {
        let step = half(now).await;
        assert!(is_refused(
            &finish(identity, now, &step, &code(&app, far)).await
        ));
    }
    let taken = finish(identity, now, &half(now).await, &code(&app, now)).await;
    done(taken);
    for used in [code(&app, now), code(&app, before)] {
        let step = half(now).await;
        assert!(
            is_refused(&finish(identity, now, &step, &used).await),
            "replayed"
        );
    }
    done(finish(identity, now, &half(now).await, &code(&app, after)).await);
}

#[tokio::test]
async fn of_many_who_show_one_code_one_comes_in() {
    let house = House::open().await;
    let (one, other) = (house.identity.clone(), house.neighbour().await);
    house.account(ANNA).await;
    let opened = house.sign_in(noon(), ANNA).await;
    let (app, _) = house.app(noon(), &opened.session).await;
    let mut steps = Vec::new();
    for _ in 0..4 {
        steps.push(house.half(minute(1), ANNA).await);
    }
    let shown = code(&app, minute(1));
    let tries = (0..).zip(&steps).map(|(n, step)| {
        let identity = if n % 2 == 0 { &one } else { &other };
        finish(identity, minute(1), step.secret.expose(), &shown)
    });
    let outcomes = futures_util::future::join_all(tries).await;
    let came_in = outcomes
        .iter()
        .filter(|it| matches!(it, SignIn::Done(_)))
        .count();
    assert_eq!(came_in, 1, "{outcomes:?}");
    assert!(
        outcomes
            .iter()
            .all(|it| matches!(it, SignIn::Done(_)) || is_refused(it)),
        "{outcomes:?}"
    );
}

#[tokio::test]
async fn of_two_who_finish_one_step_one_comes_in() {
    let house = House::open().await;
    let identity = &house.identity;
    house.account(ANNA).await;
    let opened = house.sign_in(noon(), ANNA).await;
    let (app, enrolled) = house.app(noon(), &opened.session).await;
    let half = house.half(minute(1), ANNA).await;
    let step = half.secret.expose();
    let shown = code(&app, minute(1));
    let visit = visit(minute(1));
    let recovery = enrolled.recovery_codes[0].expose();
    let (one, two) = tokio::join!(
        finish(identity, minute(1), step, &shown),
        identity.finish_with_recovery_code(&visit, step, recovery),
    );
    let outcomes = [one, two.expect("an outcome")];
    let came_in = outcomes
        .iter()
        .filter(|it| matches!(it, SignIn::Done(_)))
        .count();
    assert_eq!(came_in, 1, "{outcomes:?}");
}

#[tokio::test]
async fn a_recovery_code_is_used_up() {
    let house = House::open().await;
    let identity = &house.identity;
    let anna = house.account(ANNA).await;
    let berta = house.account("berta@example.it").await;
    let opened = house.sign_in(noon(), ANNA).await;
    let (_, enrolled) = house.app(noon(), &opened.session).await;
    let hers = house.sign_in(noon(), "berta@example.it").await;
    let (_, hers) = house.app(noon(), &hers.session).await;
    let codes = &enrolled.recovery_codes;
    let recover = async |now, name, code: &str| {
        let half = house.half(now, name).await;
        let step = half.secret.expose();
        let finished = identity
            .finish_with_recovery_code(&visit(now), step, code)
            .await;
        finished.expect("an outcome")
    };
    let typed = codes[0].expose().to_lowercase().replace('-', " ");
    let strong = done(recover(noon(), ANNA, &typed).await);
    assert_eq!(strong.session.strength, Strength::Strong);
    assert!(
        is_refused(&recover(noon(), ANNA, codes[0].expose()).await),
        "replayed"
    );
    assert!(
        is_refused(&recover(noon(), ANNA, hers.recovery_codes[0].expose()).await),
        "another's"
    );
    let left = |account: Option<identity::Account>| account.expect("there").recovery_codes;
    let account = identity.account(anna).await.expect("an outcome");
    assert_eq!(left(account), 9);

    // New ones void the old.
    let new = identity.new_recovery_codes(noon(), &strong.session).await;
    let new = new.expect("codes");
    assert_eq!(new.len(), RECOVERY_CODES);
    assert!(is_refused(&recover(noon(), ANNA, codes[1].expose()).await));
    done(recover(noon(), ANNA, new[1].expose()).await);
    let account = identity.account(berta).await.expect("an outcome");
    assert_eq!(left(account), 10);
}

#[tokio::test]
async fn a_step_has_few_tries_and_little_time() {
    let house = House::open().await;
    let identity = &house.identity;
    house.account(ANNA).await;
    let opened = house.sign_in(noon(), ANNA).await;
    let (app, _) = house.app(noon(), &opened.session).await;
    let half = house.half(minute(1), ANNA).await;
    let step = half.secret.expose();
    let mut now = minute(1);
    let mut tries = 0;
    loop {
        match finish(identity, now, step, "000000").await {
            SignIn::Refused(_) => tries += 1,
            SignIn::TryLater(later) => now += chrono::TimeDelta::seconds(later.seconds.into()),
            SignIn::StartAgain => break,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(tries, MAX_STEP_TRIES);
    let right = finish(identity, now, step, &code(&app, now)).await;
    assert!(matches!(right, SignIn::StartAgain), "{right:?}");

    let later = minute(30);
    let half = house.half(later, ANNA).await;
    let end = later + chrono::TimeDelta::minutes(STEP_MINUTES);
    assert_eq!(half.expires_at, end);
    let asked = identity.step(end, half.secret.expose()).await;
    assert_eq!(asked.expect("an outcome"), None);
    let late = finish(identity, end, half.secret.expose(), &code(&app, end)).await;
    assert!(matches!(late, SignIn::StartAgain), "{late:?}");
    for unknown in ["", "x", opened.secret.expose()] {
        let outcome = finish(identity, later, unknown, "000000").await;
        assert!(matches!(outcome, SignIn::StartAgain), "{outcome:?}");
    }
}

#[tokio::test]
async fn setting_up_asks_for_a_credential_that_was_just_shown() {
    let house = House::open().await;
    let identity = &house.identity;
    house.account(ANNA).await;
    let opened = house.sign_in(noon(), ANNA).await;
    // Awake, but signed in a while ago.
    let mut secret = opened.secret;
    for minutes in (0..=CONFIRMATION_MINUTES).step_by(5) {
        let entered = house
            .enter(minute(minutes), &secret)
            .await
            .expect("a session");
        secret = entered.renewed.unwrap_or(secret);
    }
    let now = minute(CONFIRMATION_MINUTES);
    let session = house.enter(now, &secret).await.expect("a session").session;
    assert!(!session.locked);
    let late = identity.start_totp(now, &session).await;
    assert_eq!(refusal(late), Refusal::ConfirmFirst);
    let late = identity
        .start_passkey_registration(&visit(now), &session)
        .await;
    assert_eq!(refusal(late), Refusal::ConfirmFirst);
    let confirmed = identity
        .confirm_with_password(&visit(now), &session, &Password::from(PASSWORD))
        .await;
    let confirmed = done(confirmed.expect("an outcome"));
    assert!(
        house.enter(now, &secret).await.is_none(),
        "it has a new secret"
    );
    house.app(now, &confirmed.session).await;

    // A session that has ended, or was locked, sets up nothing, whatever its holder remembers.
    let half = house.half(now, ANNA).await;
    drop(half);
    identity
        .lock(now, &confirmed.session)
        .await
        .expect("locked");
    let locked = identity.start_totp(now, &confirmed.session).await;
    assert_eq!(refusal(locked), Refusal::Locked);
    identity
        .sign_out(now, confirmed.secret.expose())
        .await
        .expect("out");
    let ended = identity.revoke_sessions(confirmed.session.account).await;
    ended.expect("ended");
    let ended = identity.start_totp(now, &confirmed.session).await;
    assert_eq!(refusal(ended), Refusal::SignedOut);
}

#[tokio::test]
async fn a_weak_session_does_not_touch_what_makes_strong_ones() {
    let house = House::open().await;
    let identity = &house.identity;
    house.account(ANNA).await;
    let opened = house.sign_in(noon(), ANNA).await;
    let (app, enrolled) = house.app(noon(), &opened.session).await;
    // As if one had been left from before.
    let superuser = house.superuser().await;
    sqlx::query("update identity.session set strength = 'password'")
        .execute(&superuser)
        .await
        .expect("weak");
    let secret = &enrolled.opened.secret;
    let weak = house
        .enter(noon(), secret)
        .await
        .expect("a session")
        .session;
    assert_eq!(weak.strength, Strength::Password);
    assert_eq!(
        refusal(identity.start_totp(noon(), &weak).await),
        Refusal::NotStrong
    );
    assert_eq!(
        refusal(identity.remove_totp(noon(), &weak).await),
        Refusal::NotStrong
    );
    let codes = identity.new_recovery_codes(noon(), &weak).await;
    assert_eq!(refusal(codes), Refusal::NotStrong);
    let (old, new) = (Password::from(PASSWORD), Password::from(PASSWORD));
    let changed = identity
        .change_password(&visit(noon()), &weak, &old, &new)
        .await;
    assert_eq!(refusal(changed), Refusal::NotStrong);
    // A code makes it strong.
    let wrong = identity
        .confirm_with_totp(&visit(second(60)), &weak, "000000")
        .await;
    assert!(is_refused(&wrong.expect("an outcome")));
    let shown = code(&app, second(60));
    let strong = identity
        .confirm_with_totp(&visit(second(60)), &weak, &shown)
        .await;
    let strong = done(strong.expect("an outcome"));
    assert_eq!(strong.session.strength, Strength::Strong);
    assert!(
        !weak.csrf.is(strong.session.csrf.expose()),
        "a new token for forms"
    );
    let again = identity
        .confirm_with_totp(&visit(second(60)), &strong.session, &shown)
        .await;
    assert!(is_refused(&again.expect("an outcome")), "replayed");
}

#[tokio::test]
async fn the_last_factor_stays_and_a_new_app_takes_the_old_ones_place() {
    let house = House::open().await;
    let identity = &house.identity;
    house.account(ANNA).await;
    let opened = house.sign_in(noon(), ANNA).await;
    let codes = identity.new_recovery_codes(noon(), &opened.session).await;
    assert_eq!(refusal(codes), Refusal::NoSuchFactor);
    let (old, enrolled) = house.app(noon(), &opened.session).await;
    let session = enrolled.opened.session;
    let removed = identity.remove_totp(noon(), &session).await;
    assert_eq!(refusal(removed), Refusal::LastFactor);
    // A new telephone. The old one is good until the new one is proven.
    let setup = identity
        .start_totp(minute(1), &session)
        .await
        .expect("a key");
    let new = app(setup.key.expose());
    let half = house.half(minute(1), ANNA).await;
    let step = half.secret.expose();
    done(finish(identity, minute(1), step, &code(&old, minute(1))).await);
    let visit = visit(minute(2));
    let enrolled = identity
        .finish_totp(&visit, &session, &code(&new, minute(2)))
        .await;
    let enrolled = enrolled.expect("set up");
    assert!(enrolled.recovery_codes.is_empty(), "she has them");
    let half = house.half(minute(3), ANNA).await;
    let step = half.secret.expose();
    assert!(is_refused(
        &finish(identity, minute(3), step, &code(&old, minute(3))).await
    ));
    done(finish(identity, minute(3), step, &code(&new, minute(3))).await);
}

#[tokio::test]
async fn a_key_moved_to_another_account_does_not_open() {
    let house = House::open().await;
    let identity = &house.identity;
    for name in [ANNA, "mallory@example.it"] {
        house.account(name).await;
        let opened = house.sign_in(noon(), name).await;
        house.app(noon(), &opened.session).await;
    }
    let superuser = house.superuser().await;
    let moved = "update identity.totp t set secret = o.secret, last_step = null
                 from identity.totp o where o.account <> t.account";
    sqlx::query(moved).execute(&superuser).await.expect("moved");
    let half = house.half(minute(1), ANNA).await;
    let finished = identity
        .finish_with_totp(&visit(minute(1)), half.secret.expose(), "123456")
        .await;
    assert!(
        matches!(finished, Err(identity::Error::Damaged)),
        "{finished:?}"
    );
}

#[tokio::test]
async fn a_background_page_sets_nothing_up_by_being_open() {
    let house = House::open().await;
    house.account(ANNA).await;
    let opened = house.sign_in(noon(), ANNA).await;
    let entered = house
        .identity
        .session(
            &visit(minute(5)),
            opened.secret.expose(),
            Activity::Background,
        )
        .await;
    let session = entered.expect("an outcome").expect("a session").session;
    assert_eq!(session.confirmed_at, noon());
}
