//! Signing in and out over HTTP: what is asked, what is refused, and what is told to nobody.

use events::access::{AccessEvent, installation_log};
use events::codes::Role;
use identity::{Language, NewAccount};
use policy::Scope;
use reqwest::{Method, StatusCode};

use super::staff::{PASSWORD, Staff, code};
use super::{Shown, Visitor};
use crate::house::House;

const SESSION: &str = "__Host-inrete";
const STEP: &str = "__Host-inrete-step";

#[tokio::test]
async fn who_has_no_role_signs_in_with_a_password_and_sees_nothing_of_others() {
    let house = House::open().await;
    let anna = Staff::hire(&house, "anna").await;
    let mut visitor = house.visitor();
    // Whatever she asks for, she is asked who she is.
    visitor.get("/accounts").await.is(200, "Accedi");
    let shown = visitor.sign_in(anna.name, PASSWORD).await;
    shown.is(200, "Inizio").says("Il mio profilo");
    assert!(!shown.text.contains("Utenti e ruoli"), "{}", shown.text);
    for page in [
        "/accounts",
        "/tokens",
        "/access",
        "/persons",
        "/break-glass",
    ] {
        // Without any role nothing else is there.
        visitor.get(page).await.is(404, "Pagina non trovata");
    }
    visitor.get("/account").await.is(200, "Il mio profilo");
    house.close().await;
}

#[tokio::test]
async fn a_role_that_sees_personal_data_takes_a_second_factor() {
    let house = House::open().await;
    let mut anna = Staff::hire(&house, "anna").await;
    let every = Scope::EveryPilot;
    anna.grant(&house, every, Role::DataProtectionOfficer, None)
        .await;
    let mut visitor = house.visitor();
    let shown = visitor.sign_in(anna.name, PASSWORD).await;
    shown.is(200, "Secondo fattore");
    shown.says("per continuare imposta un secondo fattore");
    for page in ["/", "/account", "/persons", "/access", "/account/sessions"] {
        visitor.get(page).await.is(200, "Secondo fattore");
    }
    let visitor = anna.enrol(&house).await;
    assert_eq!(anna.recovery_codes.len(), identity::RECOVERY_CODES);
    let mut inside = visitor;
    inside.get("/").await.is(200, "Inizio");
    inside
        .get("/persons")
        .await
        .is(200, "Diritti delle persone");

    // From now on it is asked for, and a password alone is half a sign-in.
    let mut other = house.visitor();
    let shown = other.sign_in(anna.name, PASSWORD).await;
    shown
        .is(200, "Secondo fattore")
        .says("La password è corretta");
    assert!(!other.cookies.contains_key(SESSION));
    other.get("/").await.is(200, "Accedi");
    house.close().await;
}

#[tokio::test]
async fn a_code_opens_once_and_so_does_a_recovery_code() {
    let house = House::open().await;
    let mut anna = Staff::hire(&house, "anna").await;
    anna.enrol(&house).await;
    let key = anna.key.clone().expect("a key");

    let mut one = house.visitor();
    one.sign_in(anna.name, PASSWORD).await;
    let now = code(&key, 0);
    let shown = one.post("/sign-in/code", &[("code", "000000")]).await;
    shown.is(422, "Secondo fattore").says("non è corretto");
    one.post("/sign-in/code", &[("code", &now)])
        .await
        .is(200, "Inizio");
    let mut two = house.visitor();
    two.sign_in(anna.name, PASSWORD).await;
    let shown = two.post("/sign-in/code", &[("code", &now)]).await;
    shown.is(422, "Secondo fattore");

    let recovery = anna.recovery_codes[0].clone();
    let fields = [("recovery-code", &*recovery)];
    let shown = two.post("/sign-in/recovery-code", &fields).await;
    shown.is(200, "Inizio");
    let mut three = house.visitor();
    three.sign_in(anna.name, PASSWORD).await;
    let shown = three.post("/sign-in/recovery-code", &fields).await;
    shown.is(422, "Secondo fattore");
    // A step that nobody began leads back.
    let mut four = house.visitor();
    four.get("/sign-in").await;
    let shown = four.post("/sign-in/code", &[("code", &now)]).await;
    shown.is(200, "Accedi");
    house.close().await;
}

#[tokio::test]
async fn nothing_from_before_a_sign_in_is_good_after_it() {
    let house = House::open().await;
    let mut anna = Staff::hire(&house, "anna").await;
    // A session that somebody else chose is none.
    let mut visitor = house.visitor();
    let planted = "A".repeat(43);
    visitor.cookies.insert(SESSION.to_owned(), planted.clone());
    visitor.get("/sign-in").await.is(200, "Accedi");
    assert!(!visitor.cookies.contains_key(SESSION));
    visitor.cookies.insert(SESSION.to_owned(), planted.clone());
    let before = visitor.token.clone();
    visitor.sign_in(anna.name, PASSWORD).await.is(200, "Inizio");
    let weak = visitor.cookies[SESSION].clone();
    assert_ne!(weak, planted);
    assert_ne!(visitor.token, before);

    // Stronger, and with another secret: the one before opens nothing.
    let strong = anna.enrol(&house).await;
    assert_ne!(strong.cookies[SESSION], weak);
    let mut old = house.visitor();
    old.cookies.insert(SESSION.to_owned(), weak);
    old.get("/account").await.is(200, "Accedi");
    house.close().await;
}

#[tokio::test]
async fn who_signs_out_is_out() {
    let house = House::open().await;
    let anna = Staff::hire(&house, "anna").await;
    let mut visitor = anna.enter(&house).await;
    visitor.get("/account").await;
    let kept = visitor.clone();
    let shown = visitor.post_only("/sign-out", &[]).await;
    assert_eq!(shown.headers["clear-site-data"], "\"cache\", \"storage\"");
    assert!(!visitor.cookies.contains_key(SESSION));
    visitor.get("/signed-out").await.is(200, "Sessione chiusa");
    // A copy of the cookie opens nothing either.
    let mut copy = kept;
    copy.get("/account").await.is(200, "Accedi");
    house.close().await;
}

#[tokio::test]
async fn a_locked_session_shows_nothing_until_she_confirms() {
    let house = House::open().await;
    let anna = Staff::hire(&house, "anna").await;
    let mut visitor = anna.enter(&house).await;
    visitor.get("/account").await;
    visitor
        .post("/lock", &[])
        .await
        .is(200, "Sessione bloccata");
    for page in ["/", "/account", "/account/sessions"] {
        visitor.get(page).await.is(200, "Sessione bloccata");
    }
    let shown = visitor.post("/confirm", &[("password", "wrong")]).await;
    shown.is(422, "Sessione bloccata");
    let fields = [("password", PASSWORD), ("next", "/account/sessions")];
    visitor
        .post("/confirm", &fields)
        .await
        .is(200, "Sessioni aperte");
    house.close().await;
}

#[tokio::test]
async fn sessions_are_listed_and_ended() {
    let house = House::open().await;
    let anna = Staff::hire(&house, "anna").await;
    let berta = Staff::hire(&house, "berta").await;
    let mut first = anna.enter(&house).await;
    let mut second = anna.enter(&house).await;
    let mut stranger = berta.enter(&house).await;
    let shown = first.get("/account/sessions").await;
    let id = shown.hidden("id").expect("another session").to_owned();
    // Somebody else's is not hers to end.
    stranger.get("/account/sessions").await;
    let fields = [("id", &*id)];
    let shown = stranger.post("/account/sessions", &fields).await;
    shown.is(404, "Pagina non trovata");
    second.get("/account").await.is(200, "Il mio profilo");
    let shown = first.post("/account/sessions", &fields).await;
    shown
        .is(200, "Sessioni aperte")
        .says("La sessione è chiusa");
    second.get("/account").await.is(200, "Accedi");
    house.close().await;
}

#[tokio::test]
async fn a_password_is_changed_and_ends_the_other_sessions() {
    let house = House::open().await;
    let anna = Staff::hire(&house, "anna").await;
    let mut visitor = anna.enter(&house).await;
    let mut other = anna.enter(&house).await;
    visitor.get("/account/password").await;
    let new = "sette nani cucinano polenta gialla";
    let change = |current: &'static str, again: &'static str| {
        [
            ("password", current),
            ("new-password", new),
            ("again", again),
        ]
    };
    let shown = visitor
        .post("/account/password", &change(PASSWORD, "another"))
        .await;
    shown.is(422, "Cambia la password").says("href=\"#again\"");
    let shown = visitor
        .post("/account/password", &change("wrong", new))
        .await;
    shown.is(422, "Cambia la password");
    shown.says("href=\"#password\"");
    let fields = [
        ("password", PASSWORD),
        ("new-password", "password1234"),
        ("again", "password1234"),
    ];
    let shown = visitor.post("/account/password", &fields).await;
    shown.is(422, "Cambia la password");
    shown.says("href=\"#new-password\"");
    let shown = visitor
        .post("/account/password", &change(PASSWORD, new))
        .await;
    shown
        .is(200, "Il mio profilo")
        .says("La password è cambiata");
    other.get("/account").await.is(200, "Accedi");
    let mut again = house.visitor();
    again.sign_in(anna.name, PASSWORD).await.is(422, "Accedi");
    again.sign_in(anna.name, new).await.is(200, "Inizio");
    house.close().await;
}

/// A page without what differs by whom it was made for.
fn bare(shown: &Shown, visitor: &Visitor, name: &str) -> String {
    let text = shown.text.replace(&visitor.token, "token");
    text.replace(&format!("value=\"{name}\""), "value=\"name\"")
}

#[tokio::test]
async fn nobody_is_told_who_has_an_account() {
    let house = House::open().await;
    Staff::hire(&house, "anna").await;
    let locked = Staff::hire(&house, "berta").await;
    let now = house.app.now();
    assert!(house.identity.disable(now, locked.id).await.unwrap());
    let waiting = NewAccount {
        name: "carla",
        display_name: "carla",
        language: Language::Italian,
    };
    house.identity.invite(now, &waiting).await.unwrap();
    let mut told = Vec::new();
    for (name, password) in [
        ("anna", "a wrong one, certainly"),
        ("berta", PASSWORD),
        ("carla", PASSWORD),
        ("nobody", PASSWORD),
        ("n", PASSWORD),
    ] {
        let mut visitor = house.visitor();
        let shown = visitor.sign_in(name, password).await;
        shown.is(422, "Accedi");
        let headers: Vec<_> = shown.headers.keys().map(ToString::to_string).collect();
        told.push((bare(&shown, &visitor, name), headers));
    }
    for other in &told[1..] {
        assert_eq!(other, &told[0]);
    }
    house.close().await;
}

#[tokio::test]
async fn failures_that_come_to_a_wait_are_facts() {
    let house = House::open().await;
    let anna = Staff::hire(&house, "anna").await;
    let mut visitor = house.visitor();
    let mut waits = false;
    for _ in 0..12 {
        let shown = visitor.sign_in(anna.name, "a wrong one, certainly").await;
        waits |= shown.status == StatusCode::TOO_MANY_REQUESTS;
    }
    assert!(waits, "whoever guesses has to wait");
    let log = house.app.log();
    let facts = log.read(installation_log(), 0, 100).await.unwrap();
    let failed = facts.iter().filter_map(|it| {
        let data = it.payload.value();
        match AccessEvent::decode(&it.kind, it.shape, data).unwrap() {
            AccessEvent::SignInFailed(fact) => Some(fact),
            _ => None,
        }
    });
    let failed: Vec<_> = failed.collect();
    assert!(failed.iter().any(|it| it.account == Some(anna.id)));
    house.close().await;
}

#[tokio::test]
async fn a_link_is_used_up_by_its_form_alone_and_leaves_the_address() {
    let house = House::open().await;
    let now = house.app.now();
    let link = house.identity.first_link(now).await.unwrap().unwrap();
    let path = format!("/link/{}", link.secret.expose());
    let mut visitor = house.visitor();
    for _ in 0..3 {
        let request = visitor.request(Method::GET, &path);
        let shown = visitor.send(request).await;
        assert_eq!(shown.status, StatusCode::SEE_OTHER);
        assert_eq!(shown.headers["location"], "/link");
        assert_eq!(shown.headers["referrer-policy"], "no-referrer");
        assert!(!shown.text.contains(link.secret.expose()));
    }
    let shown = visitor.get("/link").await;
    shown.is(200, "Primo accesso a In Rete");
    assert!(!shown.text.contains(link.secret.expose()));
    let fields = |password: &'static str| {
        [
            ("name", "amministratrice"),
            ("display-name", "Ada"),
            ("language", "it"),
            ("new-password", password),
            ("again", password),
        ]
    };
    let shown = visitor.post("/link", &fields("short")).await;
    shown.is(422, "Primo accesso a In Rete");
    shown.says("href=\"#new-password\"").says("value=\"Ada\"");
    let shown = visitor.post("/link", &fields(PASSWORD)).await;
    shown.is(200, "Accedi").says("La password è impostata");
    // It does not sign in, and it is gone.
    assert!(!visitor.cookies.contains_key(SESSION));
    let mut late = house.visitor();
    let shown = late.get(&path).await;
    shown.is(200, "Il tuo accesso").says("già stato usato");
    visitor
        .sign_in("amministratrice", PASSWORD)
        .await
        .is(200, "Inizio");
    // What is no link is not even looked up.
    late.get("/link/%3Cscript%3E")
        .await
        .is(404, "Pagina non trovata");
    house.close().await;
}

#[tokio::test]
async fn one_is_led_back_to_where_one_was_going_and_nowhere_else() {
    let house = House::open().await;
    let anna = Staff::hire(&house, "anna").await;
    for (next, there) in [
        ("/account/sessions", "/account/sessions"),
        ("https://evil.example/", "/"),
        ("//evil.example", "/"),
        ("/link/:secret", "/"),
        ("/sign-out", "/"),
        ("/static/x", "/"),
    ] {
        let mut visitor = house.visitor();
        visitor.get("/sign-in").await;
        let fields = [("name", anna.name), ("password", PASSWORD), ("next", next)];
        let shown = visitor.post_only("/sign-in", &fields).await;
        assert_eq!(shown.headers["location"], there, "{next}");
        assert!(!visitor.cookies.contains_key(STEP));
    }
    house.close().await;
}
