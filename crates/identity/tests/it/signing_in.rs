//! Signing in with a password.

use identity::{Identity, NewAccount, Password, PasswordRefused, Refusal, SignIn};

use crate::kit::{
    House, OTHER_PASSWORD, PASSWORD, done, from, is_refused, minute, noon, refusal, visit,
};

/// Signs in from an address of its own, so that nothing is delayed.
async fn tried(identity: &Identity, n: u8, name: &str, password: &str) -> SignIn {
    let visit = from(noon(), &format!("198.51.100.{n}"));
    let password = Password::from(password);
    let tried = identity.sign_in(&visit, name, &password).await;
    tried.expect("an outcome")
}

#[tokio::test]
async fn nobody_learns_who_has_an_account() {
    let house = House::open().await;
    let identity = &house.identity;
    house.account("anna@example.it").await;
    let berta = house.account("berta@example.it").await;
    identity.disable(noon(), berta).await.expect("disabled");
    let carla = NewAccount {
        name: "carla@example.it",
        display_name: "Carla",
        language: Default::default(),
    };
    identity.invite(noon(), &carla).await.expect("a link");
    let long = "x".repeat(100_000);
    let cases = [
        ("anna@example.it", "wrong password of hers"),
        ("anna@example.it", ""),
        ("anna@example.it", long.as_str()),
        ("nobody@example.it", PASSWORD),
        ("berta@example.it", PASSWORD),
        ("berta@example.it", "wrong"),
        ("carla@example.it", PASSWORD),
        ("", PASSWORD),
        ("not a name", PASSWORD),
        (long.as_str(), PASSWORD),
    ];
    for (n, (name, password)) in (1..).zip(cases) {
        let before = identity.hashes();
        let outcome = tried(identity, n, name, password).await;
        let said = format!("{outcome:?}");
        assert_eq!(said, "Refused(Refused { crossed: [] })", "{name:.20}");
        assert_eq!(identity.hashes() - before, 1, "{name:.20}");
    }
    let before = identity.hashes();
    done(tried(identity, 99, "anna@example.it", PASSWORD).await);
    assert_eq!(identity.hashes() - before, 1);
}

#[tokio::test]
async fn a_weaker_hash_is_renewed_when_its_password_is_shown() {
    use argon2::{Algorithm, Argon2, Params, PasswordHasher, Version};
    let house = House::open().await;
    let anna = house.account("anna@example.it").await;
    let superuser = house.superuser().await;
    let stored = async || -> String {
        sqlx::query_scalar("select password from identity.account where id = $1")
            .bind(anna.0)
            .fetch_one(&superuser)
            .await
            .expect("a hash")
    };
    let first = stored().await;
    house.sign_in(noon(), "anna@example.it").await;
    assert_eq!(stored().await, first, "as good as it has to be");
    // What an older version would have kept.
    let pepper = {
        use hmac::{Hmac, KeyInit, Mac};
        let mut mac = Hmac::<sha2::Sha256>::new_from_slice(&[7; 32]).expect("a key");
        mac.update(&15u64.to_be_bytes());
        mac.update(b"password pepper");
        mac.finalize().into_bytes()
    };
    let params = Params::new(8 * 1024, 1, 1, None).expect("parameters");
    let weak = Argon2::new_with_secret(&pepper, Algorithm::Argon2id, Version::V0x13, params)
        .expect("argon2")
        .hash_password_with_salt(PASSWORD.as_bytes(), b"sixteen bytes ok")
        .expect("a hash");
    sqlx::query("update identity.account set password = $2 where id = $1")
        .bind(anna.0)
        .bind(weak.to_string())
        .execute(&superuser)
        .await
        .expect("kept");
    house.sign_in(minute(1), "anna@example.it").await;
    let renewed = stored().await;
    assert!(
        renewed.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
        "{renewed}"
    );
    house.sign_in(minute(2), "anna@example.it").await;
    assert_eq!(stored().await, renewed);
}

#[tokio::test]
async fn another_installations_key_opens_nothing() {
    let house = House::open().await;
    house.account("anna@example.it").await;
    let other = house.other_key().await;
    assert!(is_refused(
        &tried(&other, 1, "anna@example.it", PASSWORD).await
    ));
    done(tried(&house.identity, 2, "anna@example.it", PASSWORD).await);
}

#[tokio::test]
async fn a_new_password_ends_every_other_session() {
    let house = House::open().await;
    let identity = &house.identity;
    house.account("anna@example.it").await;
    let elsewhere = house.sign_in(noon(), "anna@example.it").await;
    let here = house.sign_in(noon(), "anna@example.it").await;
    let change = async |current: &str, new: &str| {
        let (current, new) = (Password::from(current), Password::from(new));
        let visit = visit(minute(1));
        identity
            .change_password(&visit, &here.session, &current, &new)
            .await
    };
    assert!(is_refused(
        &change("wrong", OTHER_PASSWORD).await.expect("an outcome")
    ));
    assert_eq!(
        refusal(change(PASSWORD, "short").await),
        Refusal::Password(PasswordRefused::TooShort { least: 12 })
    );
    assert!(house.enter(minute(1), &elsewhere.secret).await.is_some());

    let changed = done(change(PASSWORD, OTHER_PASSWORD).await.expect("an outcome"));
    assert_eq!(changed.session.id, here.session.id);
    assert!(house.enter(minute(1), &elsewhere.secret).await.is_none());
    assert!(
        house.enter(minute(1), &here.secret).await.is_none(),
        "its old secret"
    );
    assert!(house.enter(minute(1), &changed.secret).await.is_some());
    assert!(is_refused(
        &tried(identity, 1, "anna@example.it", PASSWORD).await
    ));
    done(tried(identity, 2, "anna@example.it", OTHER_PASSWORD).await);
}

#[tokio::test]
async fn a_password_set_anew_while_another_is_verified_wins() {
    let house = House::open().await;
    let anna = house.account("anna@example.it").await;
    // Many sign-ins with the old password, and in the middle of them a new link: whoever was in before
    // is out, and nobody comes in after.
    let identity = &house.identity;
    let signing_in = (1..=20).map(|n| tried(identity, n, "anna@example.it", PASSWORD));
    let signing_in = futures_util::future::join_all(signing_in);
    let resetting = async {
        tokio::time::sleep(std::time::Duration::from_millis(150)).await;
        identity
            .invite_again(noon(), anna, identity::Reset::Password)
            .await
            .expect("a link")
    };
    let (outcomes, _) = tokio::join!(signing_in, resetting);
    for outcome in outcomes {
        if let SignIn::Done(opened) = outcome {
            assert!(house.enter(noon(), &opened.secret).await.is_none());
        }
    }
    let left = identity.sessions(noon(), anna).await.expect("a list");
    assert!(left.is_empty(), "{left:?}");
}
