//! A whole provider: the npm package `oidc-provider`, through its own pages.

use chrono::{DateTime, TimeDelta, Utc};
use identity::oidc::{Answer, Mapped};
use identity::{
    AccountId, CEREMONY_MINUTES, Identity, Language, Link, NewAccount, Refusal, SignIn, Strength,
};
use serde_json::json;
use url::Url;

use super::browser::{Browser, Page};
use super::fixture::Fixture;
use crate::kit::{House, ORIGIN, code, done, is_refused, refusal, visit};

/// Tokens have the provider's time in them, which is the machine's.
#[expect(
    clippy::disallowed_methods,
    reason = "the provider is a program of its own"
)]
fn now() -> DateTime<Utc> {
    Utc::now()
}

async fn invited(house: &House, name: &str) -> Link {
    let new = NewAccount {
        name,
        display_name: "Anna Rossi",
        language: Language::Italian,
    };
    house.identity.invite(now(), &new).await.expect("a link")
}

/// There and back; gives the cookie's value and what the provider answers.
async fn away(identity: &Identity, browser: &mut Browser, login: &str) -> (String, Answer) {
    let start = identity
        .start_oidc(&visit(now()), "comune")
        .await
        .expect("an address");
    let answer = browser.sign_in(&start.url, login).await;
    (start.browser.expose().to_owned(), answer)
}

async fn back(
    identity: &Identity,
    now: DateTime<Utc>,
    cookie: &str,
    answer: &Answer,
) -> Result<SignIn, identity::Error> {
    let visit = visit(now);
    identity.finish_oidc(&visit, "comune", cookie, answer).await
}

async fn signed_in(identity: &Identity, login: &str) -> Result<SignIn, identity::Error> {
    let (cookie, answer) = away(identity, &mut Browser::new(), login).await;
    back(identity, now(), &cookie, &answer).await
}

#[tokio::test]
async fn somebody_invited_comes_in_and_goes_out() {
    for alg in ["RS256", "ES256"] {
        let provider = Fixture::provider(alg).await;
        let house = House::with(vec![provider.settings(json!({}))]).await;
        let identity = &house.identity;
        assert_eq!(identity.providers(), [("comune", "Comune")]);
        let link = invited(&house, "anna@example.it").await;
        let mut browser = Browser::new();
        let (cookie, answer) = away(identity, &mut browser, "anna").await;
        let opened = done(
            back(identity, now(), &cookie, &answer)
                .await
                .expect("an outcome"),
        );
        assert_eq!(opened.session.account, link.account);
        assert_eq!(opened.session.strength, Strength::Password);
        let expected = Mapped {
            role: "coordinator".into(),
            pilot: Some("torino".into()),
        };
        assert_eq!(opened.mapped, [expected]);
        // The invitation is used up with it.
        let shown = identity.invitation(now(), link.secret.expose()).await;
        assert!(shown.expect("an outcome").is_none());
        let account = identity.account(link.account).await.expect("an outcome");
        let account = account.expect("there");
        assert_eq!((account.providers, account.waiting), (1, false));

        // She is known when she comes again.
        let again = done(signed_in(identity, "anna").await.expect("an outcome"));
        assert_eq!(again.session.account, link.account);
        assert_ne!(again.secret.expose(), opened.secret.expose());

        // Signing out here leads to signing out there, and back here.
        let out = identity
            .sign_out(now(), opened.secret.expose())
            .await
            .expect("out");
        let there = out.provider_logout.expect("an address");
        assert!(house.enter(now(), &opened.secret).await.is_none());
        let page = browser.visit(&there).await;
        let back = browser.submit(&page, &[("logout", "yes")]).await;
        let Page::Back(back) = back else {
            panic!("{back:?}")
        };
        assert_eq!(
            back,
            Url::parse(&format!("{ORIGIN}/signed-out")).expect("an address")
        );
        let start = identity
            .start_oidc(&visit(now()), "comune")
            .await
            .expect("an address");
        let page = browser.visit(&start.url).await;
        assert!(
            format!("{page:?}").contains("login"),
            "she is asked again: {page:?}"
        );
    }
}

#[tokio::test]
async fn nothing_from_a_provider_is_good_twice_or_elsewhere() {
    let provider = Fixture::provider("RS256").await;
    let other = provider.settings(json!({ "key": "regione" }));
    let house = House::with(vec![provider.settings(json!({})), other]).await;
    let identity = &house.identity;
    invited(&house, "anna@example.it").await;
    let (cookie, answer) = away(identity, &mut Browser::new(), "anna").await;
    done(
        back(identity, now(), &cookie, &answer)
            .await
            .expect("an outcome"),
    );
    // The same again.
    let again = back(identity, now(), &cookie, &answer).await;
    assert_eq!(refusal(again), Refusal::StartAgain);
    // Its code with another visit's state: another verifier belongs to it.
    let (other_cookie, other) = away(identity, &mut Browser::new(), "anna").await;
    let (_, third) = away(identity, &mut Browser::new(), "anna").await;
    let mixed = Answer {
        code: third.code.clone(),
        ..other.clone()
    };
    let mixed = back(identity, now(), &other_cookie, &mixed).await;
    assert_eq!(refusal(mixed), Refusal::ProviderAnswer);
    // And that state is used up.
    let late = back(identity, now(), &other_cookie, &other).await;
    assert_eq!(refusal(late), Refusal::StartAgain);
    // Another browser's, as when somebody is made to follow a link.
    let (cookie, answer) = away(identity, &mut Browser::new(), "anna").await;
    for wrong in ["", "planted", other_cookie.as_str()] {
        let outcome = back(identity, now(), wrong, &answer).await;
        assert_eq!(refusal(outcome), Refusal::StartAgain, "{wrong}");
    }
    // Which does not end it for whom it is meant.
    let outcome = back(identity, now(), &cookie, &answer).await;
    done(outcome.expect("an outcome"));
    // Another provider's.
    let (cookie, answer) = away(identity, &mut Browser::new(), "anna").await;
    let elsewhere = identity
        .finish_oidc(&visit(now()), "regione", &cookie, &answer)
        .await;
    assert_eq!(refusal(elsewhere), Refusal::StartAgain);
    let unknown = identity
        .finish_oidc(&visit(now()), "nobody", &cookie, &answer)
        .await;
    assert_eq!(refusal(unknown), Refusal::UnknownProvider);
    // Too late.
    let (cookie, answer) = away(identity, &mut Browser::new(), "anna").await;
    let late = now() + TimeDelta::minutes(CEREMONY_MINUTES);
    let outcome = back(identity, late, &cookie, &answer).await;
    assert_eq!(refusal(outcome), Refusal::StartAgain);
    // Nothing at all.
    for nothing in [None, Some(String::new()), Some("x".repeat(10_000))] {
        let answer = Answer {
            state: nothing,
            ..Answer::default()
        };
        let outcome = back(identity, now(), &cookie, &answer).await;
        assert_eq!(refusal(outcome), Refusal::StartAgain);
    }
}

#[tokio::test]
async fn whoever_was_not_invited_stays_outside() {
    let provider = Fixture::provider("RS256").await;
    let house = House::with(vec![provider.settings(json!({}))]).await;
    let identity = &house.identity;
    let stranger = signed_in(identity, "stranger").await;
    assert_eq!(refusal(stranger), Refusal::NotInvited);
    // An address that the provider has not verified is nobody's.
    invited(&house, "unverified@example.it").await;
    let unverified = signed_in(identity, "unverified").await;
    assert_eq!(refusal(unverified), Refusal::NotInvited);
    // An account that somebody has taken is not had by its address.
    house.account("berta@example.it").await;
    let berta = signed_in(identity, "berta").await;
    assert_eq!(refusal(berta), Refusal::NotInvited);
    // Neither is one whose invitation is over.
    let carla = invited(&house, "carla@example.it").await;
    identity
        .disable(now(), carla.account)
        .await
        .expect("disabled");
    let outcome = signed_in(identity, "carla").await;
    assert_eq!(refusal(outcome), Refusal::NotInvited);
    assert_eq!(identity.accounts().await.expect("a list").len(), 3);
}

#[tokio::test]
async fn where_anybody_may_come_she_gets_an_account() {
    let provider = Fixture::provider("RS256").await;
    let settings = provider.settings(json!({ "provision": "anyone" }));
    let house = House::with(vec![settings]).await;
    let identity = &house.identity;
    let opened = done(signed_in(identity, "dora").await.expect("an outcome"));
    assert_eq!(opened.session.name, "dora@example.it");
    assert_eq!(opened.session.display_name, "Name of dora");
    assert!(opened.mapped.is_empty());
    // Still not somebody else's account.
    house.account("berta@example.it").await;
    let berta = signed_in(identity, "berta").await;
    assert_eq!(refusal(berta), Refusal::NotInvited);
    // A disabled account stays outside, and gets no second one.
    identity
        .disable(now(), opened.session.account)
        .await
        .expect("disabled");
    assert!(is_refused(
        &signed_in(identity, "dora").await.expect("an outcome")
    ));
    assert_eq!(identity.accounts().await.expect("a list").len(), 2);
}

#[tokio::test]
async fn new_keys_of_a_provider_are_asked_for() {
    let mut provider = Fixture::provider("RS256").await;
    let house = House::with(vec![provider.settings(json!({}))]).await;
    let identity = &house.identity;
    invited(&house, "anna@example.it").await;
    let began = now();
    done(signed_in(identity, "anna").await.expect("an outcome"));
    provider.tell(json!({ "rotate": true })).await;
    // Not at once: whoever sends unknown keys does not make us ask all the time.
    let (cookie, answer) = away(identity, &mut Browser::new(), "anna").await;
    let soon = began + TimeDelta::seconds(5);
    let outcome = back(identity, soon, &cookie, &answer).await;
    assert_eq!(refusal(outcome), Refusal::ProviderAnswer);
    let (cookie, answer) = away(identity, &mut Browser::new(), "anna").await;
    let later = now() + TimeDelta::seconds(15);
    done(
        back(identity, later, &cookie, &answer)
            .await
            .expect("an outcome"),
    );
}

#[tokio::test]
async fn without_a_secret_the_verifier_does() {
    let provider = Fixture::provider("RS256").await;
    let settings = provider.settings(json!({
        "client_id": "inrete-public", "client_secret": null,
    }));
    let house = House::with(vec![settings]).await;
    invited(&house, "anna@example.it").await;
    done(
        signed_in(&house.identity, "anna")
            .await
            .expect("an outcome"),
    );
    // With a wrong secret nothing does.
    let wrong = provider.settings(json!({ "client_secret": "wrong" }));
    let other = house.neighbour_with(vec![wrong]).await;
    let outcome = signed_in(&other, "anna").await;
    assert_eq!(refusal(outcome), Refusal::ProviderAnswer);
}

#[tokio::test]
async fn whoever_says_no_there_is_not_in_here() {
    let provider = Fixture::provider("RS256").await;
    let house = House::with(vec![provider.settings(json!({}))]).await;
    let identity = &house.identity;
    let start = identity
        .start_oidc(&visit(now()), "comune")
        .await
        .expect("an address");
    let mut browser = Browser::new();
    let page = browser.visit(&start.url).await;
    let Page::Html { at, .. } = &page else {
        panic!("{page:?}")
    };
    let abort = Url::parse(&format!("{at}/abort")).expect("an address");
    let Page::Back(url) = browser.visit(&abort).await else {
        panic!("not back")
    };
    let answer = super::browser::answer(&url);
    assert_eq!(answer.error.as_deref(), Some("access_denied"));
    let outcome = back(identity, now(), start.browser.expose(), &answer).await;
    assert_eq!(refusal(outcome), Refusal::ProviderRefused);
}

#[tokio::test]
async fn her_own_second_factor_is_asked_for_where_the_provider_has_none() {
    let provider = Fixture::provider("RS256").await;
    let house = House::with(vec![provider.settings(json!({}))]).await;
    let identity = &house.identity;
    invited(&house, "anna@example.it").await;
    let opened = done(signed_in(identity, "anna").await.expect("an outcome"));
    let (app, _) = house.app(now(), &opened.session).await;
    let outcome = signed_in(identity, "anna").await.expect("an outcome");
    let SignIn::SecondFactor(step) = outcome else {
        panic!("{outcome:?}")
    };
    let later = now() + TimeDelta::seconds(60);
    let shown = code(&app, later);
    let finished = identity
        .finish_with_totp(&visit(later), step.secret.expose(), &shown)
        .await;
    let strong = done(finished.expect("an outcome"));
    assert_eq!(strong.session.strength, Strength::Strong);
    assert_eq!(
        strong.mapped.len(),
        1,
        "what the provider said is not forgotten"
    );
    let out = identity
        .sign_out(later, strong.secret.expose())
        .await
        .expect("out");
    let there = out.provider_logout.expect("an address");
    assert!(there.query_pairs().any(|(name, _)| name == "id_token_hint"));
}

/// Links the account there with the one that is signed in here.
async fn link(house: &House, account: &str, login: &str) -> Result<SignIn, identity::Error> {
    let identity = &house.identity;
    let opened = house.sign_in(now(), account).await;
    let start = identity
        .start_oidc_link(&visit(now()), &opened.session, "comune")
        .await?;
    let answer = Browser::new().sign_in(&start.url, login).await;
    back(identity, now(), start.browser.expose(), &answer).await
}

#[tokio::test]
async fn an_account_is_linked_from_inside() {
    let provider = Fixture::provider("RS256").await;
    let house = House::with(vec![provider.settings(json!({}))]).await;
    let identity = &house.identity;
    let berta: AccountId = house.account("berta@example.it").await;
    house.account("mallory@example.it").await;
    let linked = done(
        link(&house, "berta@example.it", "berta")
            .await
            .expect("linked"),
    );
    assert_eq!(linked.session.account, berta);
    let opened = done(signed_in(identity, "berta").await.expect("an outcome"));
    assert_eq!(opened.session.account, berta);
    // Again is no harm; into another account is refused.
    done(
        link(&house, "berta@example.it", "berta")
            .await
            .expect("linked"),
    );
    let taken = link(&house, "mallory@example.it", "berta").await;
    assert_eq!(refusal(taken), Refusal::LinkedElsewhere);
}
