//! Sessions: fixed by nobody, locked when idle, renewed, ended.

use identity::{
    Activity, GRACE_SECONDS, IDLE_MINUTES, MAX_SESSIONS, Password, ROTATE_MINUTES, Refusal,
    SESSION_HOURS, Secret, Strength, TOUCH_SECONDS,
};

use crate::kit::{House, PASSWORD, code, done, is_refused, minute, noon, refusal, second, visit};

const ANNA: &str = "anna@example.it";

/// A session that is kept awake from noon until so many minutes after; gives its secret then.
async fn awake(house: &House, mut secret: Secret, from: i64, until: i64) -> Secret {
    for at in (from..=until).step_by(5) {
        let entered = house.enter(minute(at), &secret).await.expect("a session");
        assert!(!entered.session.locked, "minute {at}");
        secret = entered.renewed.unwrap_or(secret);
    }
    secret
}

#[tokio::test]
async fn no_secret_from_before_becomes_a_session() {
    let house = House::open().await;
    let identity = &house.identity;
    house.account(ANNA).await;
    // What an attacker planted opens nothing after she signed in, whatever was planted.
    let planted = ["", "planted", "0123456789abcdefghijklmnopqrstuvwxyzABCDEFG"];
    let opened = house.sign_in(noon(), ANNA).await;
    for cookie in planted {
        let found = identity
            .session(&visit(noon()), cookie, Activity::Person)
            .await;
        assert!(found.expect("an outcome").is_none(), "{cookie}");
    }
    // Neither does a session of his own become hers, nor one secret another.
    let again = house.sign_in(noon(), ANNA).await;
    assert_ne!(opened.secret.expose(), again.secret.expose());
    assert_ne!(opened.session.id, again.session.id);

    // A secret that was known before the second factor opens nothing after it.
    let before = again.secret.clone();
    let (app, enrolled) = house.app(noon(), &again.session).await;
    assert!(house.enter(noon(), &before).await.is_none());
    let half = house.half(minute(1), ANNA).await;
    let shown = code(&app, minute(1));
    let finished = identity
        .finish_with_totp(&visit(minute(1)), half.secret.expose(), &shown)
        .await;
    let strong = done(finished.expect("an outcome"));
    for known in [&half.secret, &before] {
        assert!(house.enter(minute(1), known).await.is_none());
    }
    assert_ne!(strong.session.id, enrolled.opened.session.id);
}

#[tokio::test]
async fn an_idle_session_locks_until_she_confirms_who_she_is() {
    let house = House::open().await;
    let identity = &house.identity;
    house.account(ANNA).await;
    let opened = house.sign_in(noon(), ANNA).await;
    let entered = house.enter(minute(IDLE_MINUTES - 1), &opened.secret).await;
    assert!(!entered.expect("a session").session.locked);
    let now = minute(2 * IDLE_MINUTES - 1);
    assert!(
        !identity
            .is_open(now, opened.session.id)
            .await
            .expect("an outcome")
    );
    let locked = house.enter(now, &opened.secret).await.expect("a session");
    assert!(locked.session.locked && locked.renewed.is_none());
    // Coming again does not unlock it.
    assert!(
        house
            .enter(now, &opened.secret)
            .await
            .expect("there")
            .session
            .locked
    );
    let by_code = identity
        .confirm_with_totp(&visit(now), &locked.session, "000000")
        .await;
    assert_eq!(refusal(by_code), Refusal::Locked);
    let password = Password::from("wrong");
    let wrong = identity
        .confirm_with_password(&visit(now), &locked.session, &password)
        .await;
    assert!(is_refused(&wrong.expect("an outcome")));
    let password = Password::from(PASSWORD);
    let right = identity
        .confirm_with_password(&visit(now), &locked.session, &password)
        .await;
    let unlocked = done(right.expect("an outcome"));
    assert_eq!(unlocked.session.id, opened.session.id);
    assert_eq!(
        unlocked.session.ends_at, opened.session.ends_at,
        "no longer than before"
    );
    assert!(
        house.enter(now, &opened.secret).await.is_none(),
        "a new secret"
    );
    let entered = house.enter(now, &unlocked.secret).await.expect("a session");
    assert!(!entered.session.locked);
    assert!(
        entered.session.csrf.is(opened.session.csrf.expose()),
        "forms stay good"
    );
    assert!(
        identity
            .is_open(now, opened.session.id)
            .await
            .expect("an outcome")
    );

    // She can lock it herself.
    identity.lock(now, &entered.session).await.expect("locked");
    assert!(
        house
            .enter(now, &unlocked.secret)
            .await
            .expect("there")
            .session
            .locked
    );
    assert!(
        !identity
            .is_open(now, opened.session.id)
            .await
            .expect("an outcome")
    );
}

#[tokio::test]
async fn a_page_that_asks_by_itself_keeps_nothing_awake() {
    let house = House::open().await;
    let identity = &house.identity;
    house.account(ANNA).await;
    let opened = house.sign_in(noon(), ANNA).await;
    for at in 1..=IDLE_MINUTES {
        let entered = identity
            .session(
                &visit(minute(at)),
                opened.secret.expose(),
                Activity::Background,
            )
            .await
            .expect("an outcome")
            .expect("a session");
        assert_eq!(entered.session.locked, at == IDLE_MINUTES, "minute {at}");
        assert!(entered.renewed.is_none());
    }
}

#[tokio::test]
async fn a_session_ends_after_a_day_of_work() {
    let house = House::open().await;
    house.account(ANNA).await;
    let opened = house.sign_in(noon(), ANNA).await;
    let end = SESSION_HOURS * 60;
    assert_eq!(opened.session.ends_at, minute(end));
    let secret = awake(&house, opened.secret, 5, end - 5).await;
    let last = house
        .enter(minute(end) - chrono::TimeDelta::seconds(1), &secret)
        .await;
    let secret = last.expect("a session").renewed.unwrap_or(secret);
    assert!(house.enter(minute(end), &secret).await.is_none());
    // Confirming does not make it longer.
    let again = house.sign_in(noon(), ANNA).await;
    let late = house
        .identity
        .confirm_with_password(
            &visit(minute(end)),
            &again.session,
            &Password::from(PASSWORD),
        )
        .await;
    assert_eq!(refusal(late), Refusal::SignedOut);
}

#[tokio::test]
async fn the_secret_is_another_one_now_and_then() {
    let house = House::open().await;
    house.account(ANNA).await;
    let opened = house.sign_in(noon(), ANNA).await;
    let first = opened.secret;
    awake(&house, first.clone(), 5, ROTATE_MINUTES - 5).await;
    let due = minute(ROTATE_MINUTES);
    let (one, two) = tokio::join!(house.enter(due, &first), house.enter(due, &first));
    let (one, two) = (one.expect("a session"), two.expect("a session"));
    // Two requests at once: one gets the new secret, and the other one is in all the same.
    assert_ne!(one.renewed.is_some(), two.renewed.is_some());
    let second = one.renewed.or(two.renewed).expect("a new secret");
    assert_ne!(first.expose(), second.expose());
    let entered = house.enter(due, &second).await.expect("a session");
    assert!(entered.renewed.is_none());
    assert!(
        entered.session.csrf.is(opened.session.csrf.expose()),
        "forms stay good"
    );
    // A request that was under way.
    let grace = due + chrono::TimeDelta::seconds(GRACE_SECONDS - 1);
    let slow = house.enter(grace, &first).await.expect("a session");
    assert!(slow.renewed.is_none());
    // After that, whoever comes with the old one has copied it: nobody is in any more.
    let after = due + chrono::TimeDelta::seconds(GRACE_SECONDS);
    assert!(house.enter(after, &first).await.is_none());
    assert!(house.enter(after, &second).await.is_none());
}

#[tokio::test]
async fn an_answer_that_was_lost_signs_nobody_out() {
    let house = House::open().await;
    house.account(ANNA).await;
    let opened = house.sign_in(noon(), ANNA).await;
    let first = opened.secret;
    awake(&house, first.clone(), 5, ROTATE_MINUTES - 5).await;
    let lost = house
        .enter(minute(ROTATE_MINUTES), &first)
        .await
        .expect("a session");
    let lost = lost.renewed.expect("a new secret");
    // The telephone was in a tunnel. It comes back with what it has.
    let entered = house
        .enter(minute(ROTATE_MINUTES + 3), &first)
        .await
        .expect("a session");
    let second = entered.renewed.expect("another new secret");
    assert!(
        house
            .enter(minute(ROTATE_MINUTES + 3), &lost)
            .await
            .is_none()
    );
    let entered = house.enter(minute(ROTATE_MINUTES + 4), &second).await;
    assert!(entered.expect("a session").renewed.is_none());
    assert!(
        house
            .enter(minute(ROTATE_MINUTES + 5), &first)
            .await
            .is_none(),
        "not twice"
    );
}

#[tokio::test]
async fn use_is_written_down_now_and_then_only() {
    let house = House::open().await;
    let anna = house.account(ANNA).await;
    let opened = house.sign_in(noon(), ANNA).await;
    let seen = async |now| {
        house.enter(now, &opened.secret).await.expect("a session");
        let sessions = house.identity.sessions(now, anna).await.expect("a list");
        sessions[0].last_seen_at
    };
    assert_eq!(seen(second(TOUCH_SECONDS - 1)).await, noon());
    assert_eq!(seen(second(TOUCH_SECONDS)).await, second(TOUCH_SECONDS));
}

#[tokio::test]
async fn sessions_are_listed_and_revoked() {
    let house = House::open().await;
    let identity = &house.identity;
    let anna = house.account(ANNA).await;
    let mallory = house.account("mallory@example.it").await;
    let mut sessions = Vec::new();
    for _ in 0..3 {
        sessions.push(house.sign_in(noon(), ANNA).await);
    }
    let listed = identity.sessions(minute(1), anna).await.expect("a list");
    assert_eq!(listed.len(), 3);
    assert_eq!(listed[0].agent, "Firefox, Linux");
    assert_eq!(listed[0].strength, Strength::Password);
    assert!(!listed[0].locked);
    // Nobody revokes another's.
    let revoked = identity
        .revoke_session(mallory, sessions[0].session.id)
        .await;
    assert!(!revoked.expect("an outcome"));
    let revoked = identity.revoke_session(anna, sessions[0].session.id).await;
    assert!(revoked.expect("an outcome"));
    assert!(house.enter(noon(), &sessions[0].secret).await.is_none());
    let others = identity.revoke_other_sessions(&sessions[1].session).await;
    assert_eq!(others.expect("an outcome"), 1);
    assert!(house.enter(noon(), &sessions[2].secret).await.is_none());
    assert!(house.enter(noon(), &sessions[1].secret).await.is_some());
    let out = identity.sign_out(noon(), sessions[1].secret.expose()).await;
    assert_eq!(out.expect("an outcome").provider_logout, None);
    assert!(house.enter(noon(), &sessions[1].secret).await.is_none());
    // As often as one likes.
    identity
        .sign_out(noon(), sessions[1].secret.expose())
        .await
        .expect("out");
    house.sign_in(noon(), ANNA).await;
    assert_eq!(identity.revoke_sessions(anna).await.expect("an outcome"), 1);
}

#[tokio::test]
async fn there_are_so_many_sessions_and_no_more() {
    let house = House::open().await;
    let anna = house.account(ANNA).await;
    let first = house.sign_in(noon(), ANNA).await;
    for n in 1..=MAX_SESSIONS {
        house.sign_in(second(n.into()), ANNA).await;
    }
    let now = second(60);
    let listed = house.identity.sessions(now, anna).await.expect("a list");
    assert_eq!(listed.len(), MAX_SESSIONS as usize);
    assert!(
        house.enter(now, &first.secret).await.is_none(),
        "the oldest is gone"
    );
}

#[tokio::test]
async fn forms_carry_a_token_of_their_session() {
    let house = House::open().await;
    house.account(ANNA).await;
    let one = house.sign_in(noon(), ANNA).await.session;
    let two = house.sign_in(noon(), ANNA).await.session;
    assert!(one.csrf.is(one.csrf.expose()));
    assert!(!one.csrf.is(two.csrf.expose()));
    assert!(!one.csrf.is(""));
    let identity = &house.identity;
    let before = identity.csrf_for("cookie");
    assert!(before.is(identity.csrf_for("cookie").expose()));
    assert!(!before.is(identity.csrf_for("other").expose()));
    let elsewhere = house.other_key().await.csrf_for("cookie");
    assert!(!before.is(elsewhere.expose()));
}
