//! How accounts begin, are renewed, and end.

use identity::{
    Acceptance, LINK_HOURS, Language, NewAccount, NewToken, Password, PasswordRefused, Refusal,
    Reset, SignIn,
};

use crate::kit::{House, OTHER_PASSWORD, PASSWORD, code, is_refused, minute, noon, refusal, visit};

fn new(name: &str) -> NewAccount<'_> {
    NewAccount {
        name,
        display_name: "Anna Rossi",
        language: Language::Italian,
    }
}

#[tokio::test]
async fn the_first_account_is_taken_once() {
    let house = House::open().await;
    let (one, other) = (&house.identity, house.neighbour().await);
    // Two servers that start at once.
    let (first, second) = tokio::join!(one.first_link(noon()), other.first_link(noon()));
    let first = first.expect("an outcome").expect("a link");
    let second = second.expect("an outcome").expect("a link");
    assert_eq!(first.account, second.account);
    let shown = one.invitation(noon(), second.secret.expose()).await;
    assert!(shown.expect("an outcome").expect("good").first);

    let password = Password::from(PASSWORD);
    let acceptance = Acceptance {
        password: &password,
        name: Some("Capo@Example.it"),
        display_name: Some("Bruna Bianchi"),
        language: Some(Language::English),
    };
    let accepted = one.accept_invitation(noon(), second.secret.expose(), &acceptance);
    assert_eq!(accepted.await.expect("accepted"), first.account);
    let account = one.account(first.account).await.expect("an outcome");
    let account = account.expect("an account");
    assert_eq!(account.name, "capo@example.it");
    assert_eq!(account.display_name, "Bruna Bianchi");
    assert_eq!(account.language, Language::English);

    // Neither the other link nor a new one.
    let late = house.accept(first.secret.expose(), OTHER_PASSWORD).await;
    assert_eq!(refusal(late), Refusal::LinkNotGood);
    assert!(
        one.first_link(minute(1))
            .await
            .expect("an outcome")
            .is_none()
    );
    house.sign_in(minute(1), "capo@example.it").await;
}

#[tokio::test]
async fn there_is_no_first_link_beside_other_accounts() {
    let house = House::open().await;
    house.account("anna@example.it").await;
    let link = house.identity.first_link(noon()).await;
    assert!(link.expect("an outcome").is_none());
}

#[tokio::test]
async fn an_expired_first_link_is_no_dead_end() {
    let house = House::open().await;
    let first = house.identity.first_link(noon()).await.expect("an outcome");
    let later = minute(LINK_HOURS * 60);
    let first = first.expect("a link");
    let shown = house
        .identity
        .invitation(later, first.secret.expose())
        .await;
    assert!(shown.expect("an outcome").is_none(), "it has expired");
    let again = house.identity.first_link(later).await.expect("an outcome");
    assert!(again.is_some());
}

#[tokio::test]
async fn a_link_is_good_once_and_for_a_while() {
    let house = House::open().await;
    let identity = &house.identity;
    let link = identity.invite(noon(), &new("anna@example.it")).await;
    let link = link.expect("a link");
    let secret = link.secret.expose();
    let shown = identity
        .invitation(minute(1), secret)
        .await
        .expect("an outcome");
    let shown = shown.expect("good");
    assert_eq!(
        (shown.name.as_str(), shown.first),
        ("anna@example.it", false)
    );
    // Looking used nothing up; a weak password neither.
    let weak = house.accept(secret, "password1234").await;
    assert_eq!(refusal(weak), Refusal::Password(PasswordRefused::Guessable));
    let about_her = house.accept(secret, "anna rossi anna").await;
    assert_eq!(
        refusal(about_her),
        Refusal::Password(PasswordRefused::Guessable)
    );
    // Nobody signs in before.
    assert!(is_refused(
        &house
            .try_password(noon(), "anna@example.it", PASSWORD)
            .await
    ));
    // Of two at once one wins.
    let (one, two) = tokio::join!(
        house.accept(secret, PASSWORD),
        house.accept(secret, OTHER_PASSWORD)
    );
    assert_ne!(one.is_ok(), two.is_ok(), "{one:?} {two:?}");
    assert_eq!(
        refusal(house.accept(secret, PASSWORD).await),
        Refusal::LinkNotGood
    );
    assert_eq!(
        refusal(house.accept("", PASSWORD).await),
        Refusal::LinkNotGood
    );
    let shown = identity.invitation(minute(1), secret).await;
    assert!(shown.expect("an outcome").is_none());

    let late = identity.invite(noon(), &new("berta@example.it")).await;
    let late = late.expect("a link");
    let end = minute(LINK_HOURS * 60);
    assert_eq!(late.expires_at, end);
    let password = Password::from(PASSWORD);
    let acceptance = Acceptance {
        password: &password,
        name: None,
        display_name: None,
        language: None,
    };
    let expired = identity.accept_invitation(end, late.secret.expose(), &acceptance);
    assert_eq!(refusal(expired.await), Refusal::LinkNotGood);
}

#[tokio::test]
async fn only_the_first_account_chooses_its_name() {
    let house = House::open().await;
    house.account("berta@example.it").await;
    let link = house.identity.invite(noon(), &new("anna@example.it")).await;
    let link = link.expect("a link");
    let password = Password::from(PASSWORD);
    let acceptance = Acceptance {
        password: &password,
        name: Some("berta@example.it"),
        display_name: None,
        language: None,
    };
    let accepted = house
        .identity
        .accept_invitation(noon(), link.secret.expose(), &acceptance);
    let account = accepted.await.expect("accepted");
    let account = house.identity.account(account).await.expect("an outcome");
    assert_eq!(account.expect("an account").name, "anna@example.it");
}

#[tokio::test]
async fn names_are_unique_whatever_the_case() {
    let house = House::open().await;
    let identity = &house.identity;
    let anna = house.account("Anna@Example.it").await;
    for taken in ["anna@example.it", " ANNA@EXAMPLE.IT ", "ａnna@example.it"] {
        let again = identity.invite(noon(), &new(taken)).await;
        assert_eq!(refusal(again), Refusal::NameTaken, "{taken}");
        let found = identity.account_named(taken).await.expect("an outcome");
        assert_eq!(found.expect("an account").id, anna, "{taken}");
        house.sign_in(noon(), taken).await;
    }
    for wrong in ["", "a b c", "ab", &"x".repeat(300)] {
        let refused = identity.invite(noon(), &new(wrong)).await;
        assert_eq!(refusal(refused), Refusal::NameNotValid, "{wrong}");
    }
    let nameless = NewAccount {
        display_name: " ",
        ..new("berta@example.it")
    };
    let refused = identity.invite(noon(), &nameless).await;
    assert_eq!(refusal(refused), Refusal::DisplayNameNotValid);
}

#[tokio::test]
async fn a_new_link_ends_everything_before_it() {
    let house = House::open().await;
    let identity = &house.identity;
    let anna = house.account("anna@example.it").await;
    let opened = house.sign_in(noon(), "anna@example.it").await;
    let (app, enrolled) = house.app(noon(), &opened.session).await;
    let half = house.half(noon(), "anna@example.it").await;

    let first = identity.invite_again(noon(), anna, Reset::Password).await;
    let first = first.expect("a link");
    let session = house.enter(noon(), &enrolled.opened.secret).await;
    assert!(session.is_none(), "her session has ended");
    assert!(is_refused(
        &house
            .try_password(noon(), "anna@example.it", PASSWORD)
            .await
    ));
    let finished = identity
        .finish_with_totp(
            &visit(minute(1)),
            half.secret.expose(),
            &code(&app, minute(1)),
        )
        .await;
    assert!(matches!(finished, Ok(SignIn::StartAgain)), "{finished:?}");

    // The second link voids the first.
    let second = identity
        .invite_again(minute(2), anna, Reset::Password)
        .await;
    let second = second.expect("a link");
    let void = house.accept(first.secret.expose(), OTHER_PASSWORD).await;
    assert_eq!(refusal(void), Refusal::LinkNotGood);
    let accepted = house.accept(second.secret.expose(), OTHER_PASSWORD).await;
    accepted.expect("accepted");
    assert!(is_refused(
        &house
            .try_password(minute(3), "anna@example.it", PASSWORD)
            .await
    ));
    // Her second factor is still asked for.
    let tried = house
        .try_password(minute(3), "anna@example.it", OTHER_PASSWORD)
        .await;
    assert!(matches!(tried, SignIn::SecondFactor(_)), "{tried:?}");

    // Unless that was lost, too.
    let third = identity
        .invite_again(minute(4), anna, Reset::EveryFactor)
        .await;
    let accepted = house
        .accept(third.expect("a link").secret.expose(), PASSWORD)
        .await;
    accepted.expect("accepted");
    house.sign_in(minute(5), "anna@example.it").await;
    let account = identity
        .account(anna)
        .await
        .expect("an outcome")
        .expect("there");
    assert!(!account.has_totp);
    assert_eq!(account.recovery_codes, 0);
}

#[tokio::test]
async fn a_disabled_account_is_nobodys() {
    let house = House::open().await;
    let identity = &house.identity;
    let anna = house.account("anna@example.it").await;
    let opened = house.sign_in(noon(), "anna@example.it").await;
    let token = NewToken {
        label: "script",
        owner: Some(anna),
        expires_at: Some(minute(60)),
    };
    let (id, token) = identity
        .create_token(noon(), &token)
        .await
        .expect("a token");
    let link = identity.invite_again(noon(), anna, Reset::Password).await;
    let link = link.expect("a link");
    house
        .accept(link.secret.expose(), PASSWORD)
        .await
        .expect("accepted");
    let again = house.sign_in(noon(), "anna@example.it").await;
    assert_ne!(again.session.id, opened.session.id);

    assert!(identity.disable(minute(1), anna).await.expect("an outcome"));
    assert!(!identity.disable(minute(1), anna).await.expect("an outcome"));
    assert!(house.enter(minute(1), &again.secret).await.is_none());
    let open = identity.is_open(minute(1), again.session.id).await;
    assert!(!open.expect("an outcome"));
    assert!(is_refused(
        &house
            .try_password(minute(1), "anna@example.it", PASSWORD)
            .await
    ));
    let used = identity.token(minute(1), token.expose()).await;
    assert!(used.expect("an outcome").is_none());
    assert!(
        !identity
            .token_is_good(minute(1), id)
            .await
            .expect("an outcome")
    );
    let link = identity
        .invite_again(minute(1), anna, Reset::Password)
        .await;
    assert_eq!(refusal(link), Refusal::Disabled);

    assert!(identity.enable(anna).await.expect("an outcome"));
    assert!(!identity.enable(anna).await.expect("an outcome"));
    assert!(house.enter(minute(2), &again.secret).await.is_none());
    house.sign_in(minute(2), "anna@example.it").await;
}

/// Every row of every table of the schema, as text.
async fn everything(house: &House) -> String {
    let superuser = house.superuser().await;
    let tables: Vec<String> = sqlx::query_scalar(
        "select tablename::text from pg_tables where schemaname = 'identity' order by 1",
    )
    .fetch_all(&superuser)
    .await
    .expect("tables");
    assert!(tables.len() > 10, "{tables:?}");
    let mut all = String::new();
    for table in tables {
        let statement = format!("select t::text from identity.{table} t");
        let rows: Vec<String> = sqlx::query_scalar(sqlx::AssertSqlSafe(statement))
            .fetch_all(&superuser)
            .await
            .expect("rows");
        all.push_str(&rows.join("\n"));
    }
    all
}

#[tokio::test]
async fn the_database_holds_no_secret_and_no_address() {
    let house = House::open().await;
    let identity = &house.identity;
    let anna = house.account("anna@example.it").await;
    let link = identity
        .invite(noon(), &new("berta@example.it"))
        .await
        .expect("a link");
    let opened = house.sign_in(noon(), "anna@example.it").await;
    let setup = identity
        .start_totp(noon(), &opened.session)
        .await
        .expect("a key");
    let app = crate::kit::app(setup.key.expose());
    let enrolled = identity
        .finish_totp(&visit(noon()), &opened.session, &code(&app, noon()))
        .await
        .expect("set up");
    let half = house.half(minute(1), "anna@example.it").await;
    house
        .try_password(minute(1), "nobody@example.it", "wrong")
        .await;
    let token = NewToken {
        label: "script",
        owner: Some(anna),
        expires_at: Some(minute(60)),
    };
    let (_, token) = identity
        .create_token(noon(), &token)
        .await
        .expect("a token");

    let all = everything(&house).await;
    assert!(all.contains("anna@example.it"), "it is all there");
    let mut secrets = vec![
        PASSWORD,
        "192.0.2.10",
        "nobody@example.it",
        link.secret.expose(),
        enrolled.opened.secret.expose(),
        enrolled.opened.session.csrf.expose(),
        half.secret.expose(),
        setup.key.expose(),
        token.expose(),
    ];
    secrets.extend(enrolled.recovery_codes.iter().map(|it| it.expose()));
    for secret in secrets {
        assert!(!all.contains(secret), "{secret} is in the database");
        // Neither as bytes.
        let bytes: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
        assert!(!all.contains(&bytes), "{secret} is in the database");
    }
    let raw: String = app
        .secret()
        .as_bytes()
        .iter()
        .map(|it| format!("{it:02x}"))
        .collect();
    assert!(!all.contains(&raw), "the key of an app is in the database");
}

#[tokio::test]
async fn nothing_personal_is_shown_by_debugging() {
    let house = House::open().await;
    let identity = &house.identity;
    let anna = house.account("anna@example.it").await;
    let opened = house.sign_in(noon(), "anna@example.it").await;
    let token = NewToken {
        label: "Anna's script",
        owner: Some(anna),
        expires_at: Some(minute(60)),
    };
    let made = identity.create_token(noon(), &token).await;
    let link = identity.invite(noon(), &new("berta@example.it")).await;
    let link = link.expect("a link");
    let account = identity.account(anna).await;
    let invitation = identity.invitation(noon(), link.secret.expose()).await;
    let tokens = identity.tokens().await;
    let visit_of_hers = visit(noon());
    let registration = identity
        .start_passkey_registration(&visit_of_hers, &opened.session)
        .await;
    let asked = &registration.as_ref().expect("asked").options;
    assert!(
        asked.to_string().contains("anna@example.it"),
        "a browser is told"
    );
    let sessions = identity.sessions(noon(), anna).await;
    let shown = format!(
        "{identity:?} {opened:?} {token:?} {made:?} {link:?} {account:?} {invitation:?} {tokens:?}
         {registration:?} {sessions:?} {:?} {:?}",
        new("anna@example.it"),
        visit(noon()),
    );
    let secrets = [
        "anna@",
        "Anna",
        "berta",
        "Rossi",
        "192.0.2",
        "Anna's script",
        opened.secret.expose(),
        opened.session.csrf.expose(),
        link.secret.expose(),
    ];
    for secret in secrets {
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
}
