//! What has run out goes, and nothing else.

use identity::{For, LINK_HOURS, Language, NewAccount, Pruned, SESSION_HOURS, WINDOW_HOURS};

use crate::kit::{House, code, minute, noon, second, visit};

#[tokio::test]
async fn what_has_run_out_goes() {
    let house = House::open().await;
    let identity = &house.identity;
    house.account("anna@example.it").await;
    let opened = house.sign_in(noon(), "anna@example.it").await;
    let (app, _) = house.app(noon(), &opened.session).await;
    house.half(noon(), "anna@example.it").await;
    let new = NewAccount {
        name: "berta@example.it",
        display_name: "Berta",
        language: Language::English,
    };
    identity.invite(noon(), &new).await.expect("a link");
    identity
        .start_passkey(&visit(noon()), For::SignIn)
        .await
        .expect("asked");
    house
        .try_password(noon(), "nobody@example.it", "wrong")
        .await;
    house.account("carla@example.it").await;
    let hers = house.sign_in(noon(), "carla@example.it").await;
    identity
        .start_totp(noon(), &hers.session)
        .await
        .expect("a key");

    // Nothing is over yet.
    let pruned = identity.prune(second(1)).await.expect("pruned");
    assert_eq!(pruned, Pruned::default());
    let longest = LINK_HOURS.max(SESSION_HOURS).max(WINDOW_HOURS);
    let pruned = identity.prune(minute(longest * 60)).await.expect("pruned");
    assert_eq!((pruned.sessions, pruned.links), (2, 1));
    assert_eq!((pruned.steps, pruned.ceremonies, pruned.setups), (1, 1, 1));
    // An address, an unknown name, and one that stopped half way.
    assert_eq!(pruned.attempts, 3);
    // Her app is still good.
    let now = minute(longest * 60);
    let half = house.half(now, "anna@example.it").await;
    let finished = identity
        .finish_with_totp(&visit(now), half.secret.expose(), &code(&app, now))
        .await;
    crate::kit::done(finished.expect("an outcome"));
}
