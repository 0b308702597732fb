//! Passkeys, with an authenticator in software.

use chrono::{DateTime, Utc};
use identity::{
    AccountId, CEREMONY_MINUTES, Ceremony, CrossedBy, Enrolled, For, MAX_OPEN_CEREMONIES, Refusal,
    Session, SignIn, Strength,
};
use serde_json::{Value, json};
use url::Url;
use webauthn_authenticator_rs::WebauthnAuthenticator;
use webauthn_authenticator_rs::softpasskey::SoftPasskey;

use crate::kit::{
    House, ORIGIN, code, done, from, is_refused, minute, noon, refusal, second, visit,
};

const ANNA: &str = "anna@example.it";

/// An authenticator with its browser. It says that it verified its user.
fn authenticator() -> SoftPasskey {
    SoftPasskey::new(true)
}

fn origin() -> Url {
    Url::parse(ORIGIN).expect("an address")
}

fn made(authenticator: &mut SoftPasskey, ceremony: &Ceremony) -> String {
    let options = serde_json::from_value(ceremony.options.clone()).expect("options");
    let made = authenticator
        .do_registration(origin(), options)
        .expect("made");
    serde_json::to_string(&made).expect("JSON")
}

fn shown(authenticator: &mut SoftPasskey, ceremony: &Ceremony) -> String {
    let options = serde_json::from_value(ceremony.options.clone()).expect("options");
    let shown = authenticator
        .do_authentication(origin(), options)
        .expect("shown");
    serde_json::to_string(&shown).expect("JSON")
}

/// What an authenticator shows that knows by itself whose passkey it has: the same, and whose.
fn discovered(
    authenticator: &mut SoftPasskey,
    ceremony: &Ceremony,
    credential: &str,
    account: AccountId,
) -> String {
    use base64::Engine as _;
    assert_eq!(ceremony.options["publicKey"]["allowCredentials"], json!([]));
    assert!(
        ceremony.options.get("mediation").is_none(),
        "asked for by a button"
    );
    let mut told = ceremony.clone();
    told.options["publicKey"]["allowCredentials"] =
        json!([{ "type": "public-key", "id": credential }]);
    let mut answer: Value = serde_json::from_str(&shown(authenticator, &told)).expect("an answer");
    let base64 = base64::engine::general_purpose::URL_SAFE_NO_PAD;
    answer["response"]["userHandle"] = base64.encode(account.0.as_bytes()).into();
    answer.to_string()
}

async fn set_up(
    house: &House,
    now: DateTime<Utc>,
    session: &Session,
    authenticator: &mut SoftPasskey,
) -> (Enrolled, String) {
    let ceremony = house
        .identity
        .start_passkey_registration(&visit(now), session)
        .await
        .expect("asked");
    let answer = made(authenticator, &ceremony);
    let id: Value = serde_json::from_str(&answer).expect("JSON");
    let enrolled = house
        .identity
        .finish_passkey_registration(
            &visit(now),
            session,
            ceremony.secret.expose(),
            &answer,
            "Telephone",
        )
        .await;
    let id = id["id"].as_str().expect("an id").to_owned();
    (enrolled.expect("set up"), id)
}

async fn finish(house: &House, now: DateTime<Utc>, ceremony: &Ceremony, answer: &str) -> SignIn {
    let finished = house
        .identity
        .finish_with_passkey(&visit(now), ceremony.secret.expose(), answer)
        .await;
    finished.expect("an outcome")
}

#[tokio::test]
async fn a_passkey_is_a_second_factor() {
    let house = House::open().await;
    let identity = &house.identity;
    let anna = house.account(ANNA).await;
    let opened = house.sign_in(noon(), ANNA).await;
    let mut authenticator = authenticator();
    let ceremony = identity
        .start_passkey_registration(&visit(noon()), &opened.session)
        .await
        .expect("asked");
    let selection = &ceremony.options["publicKey"]["authenticatorSelection"];
    assert_eq!(selection["userVerification"], "required");
    assert_eq!(selection["residentKey"], "preferred");
    let (enrolled, _) = set_up(&house, noon(), &opened.session, &mut authenticator).await;
    assert_eq!(enrolled.opened.session.strength, Strength::Strong);
    assert_eq!(enrolled.recovery_codes.len(), identity::RECOVERY_CODES);
    assert!(
        house.enter(noon(), &opened.secret).await.is_none(),
        "a new secret"
    );
    let passkeys = identity.passkeys(anna).await.expect("a list");
    assert_eq!(passkeys.len(), 1);
    assert_eq!(passkeys[0].label, "Telephone");

    let half = house.half(minute(1), ANNA).await;
    assert!(half.factors.passkey && !half.factors.totp);
    let step = For::Step(half.secret.expose());
    let ceremony = identity
        .start_passkey(&visit(minute(1)), step)
        .await
        .expect("asked");
    let answer = shown(&mut authenticator, &ceremony);
    let strong = done(finish(&house, minute(1), &ceremony, &answer).await);
    assert_eq!(strong.session.account, anna);
    assert_eq!(strong.session.strength, Strength::Strong);
    // Neither answer nor step is good again.
    let again = finish(&house, minute(1), &ceremony, &answer).await;
    assert!(matches!(again, SignIn::StartAgain), "{again:?}");
    let again = identity.start_passkey(&visit(minute(1)), step).await;
    assert_eq!(refusal(again), Refusal::StartAgain);
    let passkeys = identity.passkeys(anna).await.expect("a list");
    assert_eq!(passkeys[0].last_used_at, Some(minute(1)));
}

#[tokio::test]
async fn an_old_answer_does_not_do_for_a_new_question() {
    let house = House::open().await;
    let identity = &house.identity;
    house.account(ANNA).await;
    let opened = house.sign_in(noon(), ANNA).await;
    let mut authenticator = authenticator();
    set_up(&house, noon(), &opened.session, &mut authenticator).await;
    let ask = async || {
        let half = house.half(minute(1), ANNA).await;
        let step = For::Step(half.secret.expose());
        identity
            .start_passkey(&visit(minute(1)), step)
            .await
            .expect("asked")
    };
    let (first, second) = (ask().await, ask().await);
    let answer = shown(&mut authenticator, &first);
    assert!(is_refused(
        &finish(&house, minute(1), &second, &answer).await
    ));
    // One that was changed on the way is none, and tells nothing of a copy.
    let third = ask().await;
    let mut changed: Value =
        serde_json::from_str(&shown(&mut authenticator, &third)).expect("JSON");
    changed["response"]["signature"] = json!("AAAA");
    let outcome = finish(&house, minute(1), &third, &changed.to_string()).await;
    assert_eq!(format!("{outcome:?}"), "Refused(Refused { crossed: [] })");
    // Nor is anything that is not even an answer.
    for nothing in ["", "{}", "null", &"x".repeat(100_000)] {
        let ceremony = ask().await;
        let outcome = finish(&house, minute(1), &ceremony, nothing).await;
        assert!(matches!(outcome, SignIn::StartAgain), "{outcome:?}");
    }
    // And late is late.
    let ceremony = ask().await;
    let answer = shown(&mut authenticator, &ceremony);
    let late = minute(1 + CEREMONY_MINUTES);
    let outcome = finish(&house, late, &ceremony, &answer).await;
    assert!(matches!(outcome, SignIn::StartAgain), "{outcome:?}");
}

#[tokio::test]
async fn a_passkey_does_for_a_sign_in_of_its_own() {
    let house = House::open().await;
    let identity = &house.identity;
    let anna = house.account(ANNA).await;
    let berta = house.account("berta@example.it").await;
    let opened = house.sign_in(noon(), ANNA).await;
    let mut authenticator = authenticator();
    let (_, id) = set_up(&house, noon(), &opened.session, &mut authenticator).await;
    let ask = async || {
        let asked = identity.start_passkey(&visit(minute(1)), For::SignIn).await;
        asked.expect("asked")
    };
    let ceremony = ask().await;
    let answer = discovered(&mut authenticator, &ceremony, &id, anna);
    let strong = done(finish(&house, minute(1), &ceremony, &answer).await);
    assert_eq!(strong.session.account, anna);
    assert_eq!(strong.session.strength, Strength::Strong);
    let again = finish(&house, minute(1), &ceremony, &answer).await;
    assert!(matches!(again, SignIn::StartAgain), "replayed: {again:?}");
    // Whose it is, is not for the browser to choose.
    let ceremony = ask().await;
    let answer = discovered(&mut authenticator, &ceremony, &id, berta);
    assert!(is_refused(
        &finish(&house, minute(1), &ceremony, &answer).await
    ));
    // A disabled account's is nobody's.
    identity.disable(minute(1), anna).await.expect("disabled");
    let ceremony = ask().await;
    let answer = discovered(&mut authenticator, &ceremony, &id, anna);
    assert!(is_refused(
        &finish(&house, minute(1), &ceremony, &answer).await
    ));
}

#[tokio::test]
async fn a_passkey_unlocks_and_confirms_its_own_session() {
    let house = House::open().await;
    let identity = &house.identity;
    house.account(ANNA).await;
    let opened = house.sign_in(noon(), ANNA).await;
    let mut authenticator = authenticator();
    let (enrolled, _) = set_up(&house, noon(), &opened.session, &mut authenticator).await;
    let opened = enrolled.opened;
    let now = minute(60);
    let locked = house
        .enter(now, &opened.secret)
        .await
        .expect("a session")
        .session;
    assert!(locked.locked);
    let ask = async || {
        let asked = identity
            .start_passkey(&visit(now), For::Session(&locked))
            .await;
        asked.expect("asked")
    };
    // It does for nothing else.
    let ceremony = ask().await;
    let answer = shown(&mut authenticator, &ceremony);
    let outcome = finish(&house, now, &ceremony, &answer).await;
    assert!(matches!(outcome, SignIn::StartAgain), "{outcome:?}");
    let ceremony = ask().await;
    let answer = shown(&mut authenticator, &ceremony);
    let secret = ceremony.secret.expose();
    let unlocked = identity
        .confirm_with_passkey(&visit(now), &locked, secret, &answer)
        .await;
    let unlocked = done(unlocked.expect("an outcome"));
    assert_eq!(unlocked.session.id, opened.session.id);
    assert!(!unlocked.session.locked);
    assert_eq!(unlocked.session.confirmed_at, now);
    assert!(house.enter(now, &opened.secret).await.is_none());
    assert!(
        !house
            .enter(now, &unlocked.secret)
            .await
            .expect("there")
            .session
            .locked
    );

    // Nor for another session of hers.
    let half = house.half(now, ANNA).await;
    let ceremony = identity
        .start_passkey(&visit(now), For::Step(half.secret.expose()))
        .await
        .expect("asked");
    let answer = shown(&mut authenticator, &ceremony);
    let other = done(finish(&house, now, &ceremony, &answer).await);
    let ceremony = ask().await;
    let answer = shown(&mut authenticator, &ceremony);
    let secret = ceremony.secret.expose();
    let crossed = identity
        .confirm_with_passkey(&visit(now), &other.session, secret, &answer)
        .await;
    assert!(matches!(crossed, Ok(SignIn::StartAgain)), "{crossed:?}");
}

#[tokio::test]
async fn a_copied_passkey_is_found_out() {
    let house = House::open().await;
    let identity = &house.identity;
    let anna = house.account(ANNA).await;
    let opened = house.sign_in(noon(), ANNA).await;
    let mut authenticator = authenticator();
    set_up(&house, noon(), &opened.session, &mut authenticator).await;
    // Somebody used a copy more often than she used hers.
    let superuser = house.superuser().await;
    sqlx::query("update identity.passkey set counter = 1000")
        .execute(&superuser)
        .await
        .expect("counted");
    let half = house.half(minute(1), ANNA).await;
    let step = For::Step(half.secret.expose());
    let ceremony = identity
        .start_passkey(&visit(minute(1)), step)
        .await
        .expect("asked");
    let answer = shown(&mut authenticator, &ceremony);
    let outcome = finish(&house, minute(1), &ceremony, &answer).await;
    let SignIn::Refused(refused) = outcome else {
        panic!("{outcome:?}")
    };
    assert_eq!(refused.crossed.len(), 1);
    assert_eq!(refused.crossed[0].of, CrossedBy::CopiedPasskey);
    assert_eq!(refused.crossed[0].account, Some(anna));
    let passkeys = identity.passkeys(anna).await.expect("a list");
    assert_eq!(passkeys[0].copied_at, Some(minute(1)));
    // A second factor is asked for all the same: nobody gets rid of it with a copy.
    let half = house.half(minute(2), ANNA).await;
    assert!(half.factors.any() && !half.factors.passkey && half.factors.recovery_code);
    let step = For::Step(half.secret.expose());
    let again = identity.start_passkey(&visit(minute(2)), step).await;
    assert_eq!(refusal(again), Refusal::NoSuchFactor);
}

#[tokio::test]
async fn of_two_answers_with_one_counter_one_is_taken() {
    let house = House::open().await;
    let identity = &house.identity;
    house.account(ANNA).await;
    let opened = house.sign_in(noon(), ANNA).await;
    let mut authenticator = authenticator();
    set_up(&house, noon(), &opened.session, &mut authenticator).await;
    let ask = async || {
        let half = house.half(minute(1), ANNA).await;
        let step = For::Step(half.secret.expose());
        identity
            .start_passkey(&visit(minute(1)), step)
            .await
            .expect("asked")
    };
    // Both questions were made when the counter was 0. The answers come the wrong way round.
    let (one, two) = (ask().await, ask().await);
    let first = shown(&mut authenticator, &one);
    let second = shown(&mut authenticator, &two);
    done(finish(&house, minute(1), &two, &second).await);
    assert!(is_refused(&finish(&house, minute(1), &one, &first).await));
}

#[tokio::test]
async fn passkeys_are_listed_and_removed_but_for_the_last() {
    let house = House::open().await;
    let identity = &house.identity;
    let anna = house.account(ANNA).await;
    let opened = house.sign_in(noon(), ANNA).await;
    let (mut one, mut two) = (authenticator(), authenticator());
    let (enrolled, _) = set_up(&house, noon(), &opened.session, &mut one).await;
    let last = identity.passkeys(anna).await.expect("a list")[0].id;
    let session = enrolled.opened.session;
    let removed = identity.remove_passkey(noon(), &session, last).await;
    assert_eq!(refusal(removed), Refusal::LastFactor);
    let (enrolled, _) = set_up(&house, second(1), &session, &mut two).await;
    assert!(enrolled.recovery_codes.is_empty(), "she has them");
    let session = enrolled.opened.session;
    // Another's id removes nothing.
    let mallory = house.account("mallory@example.it").await;
    let his = house.sign_in(noon(), "mallory@example.it").await;
    let removed = identity.remove_passkey(noon(), &his.session, last).await;
    assert!(!removed.expect("an outcome"));
    assert!(identity.passkeys(mallory).await.expect("a list").is_empty());
    assert!(
        identity
            .remove_passkey(noon(), &session, last)
            .await
            .expect("an outcome")
    );
    assert_eq!(identity.passkeys(anna).await.expect("a list").len(), 1);
    // With an app beside it, the other may go, too.
    let (app, enrolled) = house.app(minute(1), &session).await;
    let session = enrolled.opened.session;
    let last = identity.passkeys(anna).await.expect("a list")[0].id;
    assert!(
        identity
            .remove_passkey(minute(1), &session, last)
            .await
            .expect("an outcome")
    );
    let half = house.half(minute(2), ANNA).await;
    let step = half.secret.expose();
    let shown = code(&app, minute(2));
    let finished = identity
        .finish_with_totp(&visit(minute(2)), step, &shown)
        .await;
    done(finished.expect("an outcome"));
}

#[tokio::test]
async fn nobody_fills_the_table_of_questions() {
    let house = House::open().await;
    let identity = &house.identity;
    for _ in 0..MAX_OPEN_CEREMONIES {
        let asked = identity.start_passkey(&visit(noon()), For::SignIn).await;
        asked.expect("asked");
    }
    let more = identity.start_passkey(&visit(noon()), For::SignIn).await;
    assert!(matches!(refusal(more), Refusal::TryLater { .. }));
    let elsewhere = identity
        .start_passkey(&from(noon(), "192.0.2.11"), For::SignIn)
        .await;
    elsewhere.expect("asked");
    let later = identity
        .start_passkey(&visit(minute(CEREMONY_MINUTES)), For::SignIn)
        .await;
    later.expect("asked");
}
