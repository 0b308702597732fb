//! A provider that lies. Each lie is refused, and the truth is not.

use chrono::{DateTime, TimeDelta, Utc};
use identity::oidc::Answer;
use identity::{Error, Identity, Language, NewAccount, Refusal, SignIn, Strength};
use serde_json::{Value, json};

use super::browser::{Browser, Page, answer};
use super::fixture::Fixture;
use crate::kit::{House, done, refusal, visit};

#[expect(
    clippy::disallowed_methods,
    reason = "the provider is a program of its own"
)]
fn now() -> DateTime<Utc> {
    Utc::now()
}

async fn away(identity: &Identity) -> (String, Answer) {
    let start = identity
        .start_oidc(&visit(now()), "comune")
        .await
        .expect("an address");
    let Page::Back(back) = Browser::new().visit(&start.url).await else {
        panic!("not back")
    };
    (start.browser.expose().to_owned(), answer(&back))
}

async fn signed_in(identity: &Identity) -> Result<SignIn, Error> {
    let (cookie, answer) = away(identity).await;
    let visit = visit(now());
    identity
        .finish_oidc(&visit, "comune", &cookie, &answer)
        .await
}

/// Anna, as the provider knows her.
fn anna() -> Value {
    json!({ "sub": "anna", "email": "anna@example.it", "email_verified": true })
}

fn with(more: Value) -> Value {
    let mut claims = anna();
    let all = claims.as_object_mut().expect("an object");
    for (key, value) in more.as_object().expect("an object") {
        all.insert(key.clone(), value.clone());
    }
    claims
}

async fn house(liar: &Fixture) -> House {
    let house = House::with(vec![liar.settings(json!({ "audiences": ["ours too"] }))]).await;
    let new = NewAccount {
        name: "anna@example.it",
        display_name: "Anna Rossi",
        language: Language::Italian,
    };
    house.identity.invite(now(), &new).await.expect("a link");
    house
}

#[tokio::test]
async fn what_does_not_hold_is_refused() {
    let mut liar = Fixture::liar().await;
    let house = house(&liar).await;
    let identity = &house.identity;
    let seconds = |seconds| (now() + TimeDelta::seconds(seconds)).timestamp();
    let lies = [
        // The token.
        ("", with(json!({ "nonce": "another" }))),
        ("no nonce", anna()),
        ("", with(json!({ "iss": "https://elsewhere.example.it" }))),
        ("", with(json!({ "iss": format!("{}/", liar.issuer()) }))),
        ("", with(json!({ "aud": "another" }))),
        ("", with(json!({ "aud": ["inrete", "another"] }))),
        ("", with(json!({ "aud": [] }))),
        ("", with(json!({ "azp": "another" }))),
        ("", with(json!({ "exp": seconds(-120) }))),
        ("", with(json!({ "iat": seconds(-3600) }))),
        (
            "",
            with(json!({ "iat": seconds(3600), "exp": seconds(7200) })),
        ),
        // Its signature.
        ("other key", anna()),
        ("unknown key", anna()),
        ("shared secret", anna()),
        ("unsigned", anna()),
        // How it comes.
        ("no token", anna()),
        ("redirect", anna()),
        ("answerer", anna()),
        ("no answerer", anna()),
    ];
    for (lie, claims) in lies {
        liar.tell(json!({ "lie": lie, "claims": claims })).await;
        let outcome = signed_in(identity).await;
        assert_eq!(refusal(outcome), Refusal::ProviderAnswer, "{lie} {claims}");
    }
    liar.tell(json!({ "lie": "state", "claims": anna() })).await;
    assert_eq!(refusal(signed_in(identity).await), Refusal::StartAgain);
    liar.tell(json!({ "lie": "megabytes", "claims": anna() }))
        .await;
    let outcome = signed_in(identity).await;
    assert!(
        matches!(outcome, Err(Error::Provider { .. })),
        "{outcome:?}"
    );
    // Nobody came in, and nobody was linked.
    let account = identity
        .account_named("anna@example.it")
        .await
        .expect("an outcome");
    assert!(account.expect("there").waiting);

    // The truth, with an audience that is trusted and a clock that is a little wrong.
    let truth = with(json!({
        "aud": ["inrete", "ours too"], "azp": "inrete", "iat": seconds(30),
    }));
    liar.tell(json!({ "lie": "", "claims": truth })).await;
    let opened = done(signed_in(identity).await.expect("an outcome"));
    assert_eq!(opened.session.strength, Strength::Password);
    assert!(opened.mapped.is_empty());
}

#[tokio::test]
async fn a_provider_is_strong_where_the_settings_say_so() {
    let mut liar = Fixture::liar().await;
    let house = house(&liar).await;
    let claims = with(json!({
        "amr": ["pwd", "mfa"], "groups": ["canteen", "inrete-coordinators"],
    }));
    liar.tell(json!({ "lie": "", "claims": claims })).await;
    let opened = done(signed_in(&house.identity).await.expect("an outcome"));
    assert_eq!(opened.session.strength, Strength::Strong);
    assert_eq!(opened.mapped.len(), 1);
    // Then her own second factor is not asked for, too.
    house.app(now(), &opened.session).await;
    let again = done(signed_in(&house.identity).await.expect("an outcome"));
    assert_eq!(again.session.strength, Strength::Strong);
    // But where it is not strong this time, it is.
    let weak = with(json!({ "amr": ["pwd"] }));
    liar.tell(json!({ "lie": "", "claims": weak })).await;
    let half = signed_in(&house.identity).await;
    assert!(matches!(half, Ok(SignIn::SecondFactor(_))), "{half:?}");
}

#[tokio::test]
async fn another_subject_with_her_address_is_not_her() {
    let mut liar = Fixture::liar().await;
    let house = house(&liar).await;
    liar.tell(json!({ "lie": "", "claims": anna() })).await;
    done(signed_in(&house.identity).await.expect("an outcome"));
    let other = with(json!({ "sub": "somebody else" }));
    liar.tell(json!({ "lie": "", "claims": other })).await;
    assert_eq!(
        refusal(signed_in(&house.identity).await),
        Refusal::NotInvited
    );
    // And she is still she when her address changed.
    let moved = with(json!({ "email": "rossi@example.it" }));
    liar.tell(json!({ "lie": "", "claims": moved })).await;
    let opened = done(signed_in(&house.identity).await.expect("an outcome"));
    assert_eq!(opened.session.name, "anna@example.it");
}

#[tokio::test]
async fn a_provider_that_is_not_what_it_says_is_not_used() {
    let mut liar = Fixture::liar().await;
    let house = house(&liar).await;
    for lie in ["discovery issuer", "plain token endpoint", "plain keys"] {
        liar.tell(json!({ "lie": lie })).await;
        let fresh = house.neighbour_with(vec![liar.settings(json!({}))]).await;
        let outcome = fresh.start_oidc(&visit(now()), "comune").await;
        assert!(
            matches!(outcome, Err(Error::Provider { .. })),
            "{lie}: {outcome:?}"
        );
    }
    liar.tell(json!({ "lie": "" })).await;
    let fresh = house.neighbour_with(vec![liar.settings(json!({}))]).await;
    let start = fresh
        .start_oidc(&visit(now()), "comune")
        .await
        .expect("an address");
    // What it is asked says nothing of who asks.
    let query: Vec<String> = start
        .url
        .query_pairs()
        .map(|(name, _)| name.into())
        .collect();
    let mut expected = [
        "response_type",
        "client_id",
        "state",
        "code_challenge",
        "code_challenge_method",
        "redirect_uri",
        "scope",
        "nonce",
    ];
    let mut query: Vec<&str> = query.iter().map(String::as_str).collect();
    query.sort_unstable();
    expected.sort_unstable();
    assert_eq!(query, expected);
}
