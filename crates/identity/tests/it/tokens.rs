//! Tokens of programs.

use identity::{MAX_TOKEN_DAYS, MAX_TOKENS, NewToken, Refusal, TOKEN_PREFIX, USE_SECONDS};

use crate::kit::{House, minute, noon, refusal, second};

#[tokio::test]
async fn a_token_is_good_until_it_ends_or_is_revoked() {
    let house = House::open().await;
    let identity = &house.identity;
    let anna = house.account("anna@example.it").await;
    let new = NewToken {
        label: "evaluation script",
        owner: Some(anna),
        expires_at: Some(minute(60)),
    };
    let (id, secret) = identity.create_token(noon(), &new).await.expect("a token");
    let text = secret.expose();
    assert!(text.starts_with(TOKEN_PREFIX) && text.len() == TOKEN_PREFIX.len() + 64);
    let good = async |now| identity.token(now, text).await.expect("an outcome");
    let found = good(minute(59)).await.expect("good");
    assert_eq!((found.id, found.owner), (id, Some(anna)));
    assert!(
        identity
            .token_is_good(minute(59), id)
            .await
            .expect("an outcome")
    );
    assert!(good(minute(60)).await.is_none(), "it has ended");
    assert!(
        !identity
            .token_is_good(minute(60), id)
            .await
            .expect("an outcome")
    );
    for wrong in [
        "",
        TOKEN_PREFIX,
        &text[1..],
        &text.to_uppercase(),
        &format!("{text}0"),
    ] {
        let found = identity.token(noon(), wrong).await;
        assert!(found.expect("an outcome").is_none(), "{wrong}");
    }
    assert!(
        identity
            .revoke_token(minute(1), id)
            .await
            .expect("an outcome")
    );
    assert!(
        !identity
            .revoke_token(minute(2), id)
            .await
            .expect("an outcome")
    );
    assert!(good(minute(1)).await.is_none());
    assert!(
        !identity
            .token_is_good(minute(1), id)
            .await
            .expect("an outcome")
    );
    let listed = identity.tokens().await.expect("a list");
    assert_eq!(listed[0].revoked_at, Some(minute(1)));
    assert_eq!(listed[0].label, "evaluation script");
}

#[tokio::test]
async fn use_is_written_down_to_the_minute() {
    let house = House::open().await;
    let identity = &house.identity;
    let new = NewToken {
        label: "script",
        owner: None,
        expires_at: None,
    };
    let (_, secret) = identity.create_token(noon(), &new).await.expect("a token");
    let used = async |now| {
        identity
            .token(now, secret.expose())
            .await
            .expect("an outcome")
            .expect("good");
        identity.tokens().await.expect("a list")[0].last_used_at
    };
    assert_eq!(
        identity.tokens().await.expect("a list")[0].last_used_at,
        None
    );
    assert_eq!(used(second(1)).await, Some(second(1)));
    assert_eq!(used(second(USE_SECONDS)).await, Some(second(1)));
    assert_eq!(
        used(second(USE_SECONDS + 1)).await,
        Some(second(USE_SECONDS + 1))
    );
}

#[tokio::test]
async fn what_somebody_makes_for_herself_is_bounded() {
    let house = House::open().await;
    let identity = &house.identity;
    let anna = house.account("anna@example.it").await;
    let mallory = house.account("mallory@example.it").await;
    let made = async |owner, expires_at| {
        let new = NewToken {
            label: "script",
            owner,
            expires_at,
        };
        identity.create_token(noon(), &new).await
    };
    let days = |days: i64| Some(minute(days * 24 * 60));
    let too_long = Refusal::TokenTooLong { days: 90 };
    for wrong in [None, days(MAX_TOKEN_DAYS + 1), Some(noon()), days(-1)] {
        assert_eq!(
            refusal(made(Some(anna), wrong).await),
            too_long,
            "{wrong:?}"
        );
    }
    assert_eq!(refusal(made(None, Some(noon())).await), too_long);
    made(None, None).await.expect("the command line decides");
    made(None, days(1000))
        .await
        .expect("the command line decides");
    for _ in 0..MAX_TOKENS {
        made(Some(anna), days(MAX_TOKEN_DAYS))
            .await
            .expect("a token");
    }
    let more = made(Some(anna), days(1)).await;
    assert_eq!(refusal(more), Refusal::TooMany { limit: MAX_TOKENS });
    let hers = identity.tokens_of(anna).await.expect("a list");
    assert_eq!(hers.len(), MAX_TOKENS as usize);
    let not_his = identity.revoke_token_of(noon(), mallory, hers[0].id).await;
    assert!(!not_his.expect("an outcome"));
    let hers_to_revoke = identity.revoke_token_of(noon(), anna, hers[0].id).await;
    assert!(hers_to_revoke.expect("an outcome"));
    made(Some(anna), days(1)).await.expect("a token");
    // By label, only what the command line made.
    let revoked = identity.revoke_label(noon(), "script").await;
    assert_eq!(revoked.expect("an outcome"), 2);
    let nameless = NewToken {
        label: " ",
        owner: None,
        expires_at: None,
    };
    let refused = identity.create_token(noon(), &nameless).await;
    assert_eq!(refusal(refused), Refusal::LabelNotValid);
}
