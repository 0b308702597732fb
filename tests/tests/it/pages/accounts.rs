//! Accounts, roles and tokens, through the pages of who administers them.

use events::PilotId;
use events::codes::Role;
use policy::Scope;
use reqwest::{Method, StatusCode};
use serde_json::json;

use super::Visitor;
use super::staff::{PASSWORD, Staff};
use super::visitor::between;
use crate::house::House;
use crate::story::{CODE, PARTNER, PILOT, tell};

/// An administrator who has set up everything, and a pilot.
async fn administered() -> (House, Staff, Visitor) {
    let house = House::open().await;
    let token = house.token(Role::Coordinator, None).await;
    tell(&house, &token).await;
    let mut ada = Staff::hire(&house, "ada").await;
    let every = Scope::EveryPilot;
    ada.grant(&house, every, Role::Administrator, None).await;
    let visitor = ada.enrol(&house).await;
    (house, ada, visitor)
}

fn granted<'a>(
    id: &'a str,
    role: &'a str,
    scope: &'a str,
    partner: &'a str,
) -> [(&'a str, &'a str); 5] {
    [
        ("id", id),
        ("role", role),
        ("scope", scope),
        ("partner", partner),
        ("until", ""),
    ]
}

#[tokio::test]
async fn an_administrator_invites_grants_and_revokes_and_it_counts_at_once() {
    let (house, _, mut ada) = administered().await;
    ada.get("/accounts").await.is(200, "Utenti e ruoli");
    let fields = [("name", "no"), ("display-name", "Elsa"), ("language", "it")];
    let shown = ada.post("/accounts/invite", &fields).await;
    shown.is(422, "Utenti e ruoli").says("href=\"#name\"");
    let fields = [
        ("name", "elsa@example.it"),
        ("display-name", "Elsa"),
        ("language", "it"),
    ];
    let shown = ada.post("/accounts/invite", &fields).await;
    shown.is(200, "Link da consegnare");
    let link = between(&shown.text, "<code class=\"secret\">", "</code>");
    let link = link.expect("a link").strip_prefix(&ada.origin);
    let link = link.expect("a link to here").to_owned();
    let mut elsa = house.visitor();
    elsa.get(&link).await.is(200, "Il tuo accesso");
    let fields = [
        ("display-name", "Elsa"),
        ("language", "it"),
        ("new-password", PASSWORD),
        ("again", PASSWORD),
    ];
    elsa.post("/link", &fields).await.is(200, "Accedi");
    let shown = elsa.sign_in("elsa@example.it", PASSWORD).await;
    shown.is(200, "Inizio");
    assert!(!shown.text.contains("Registro accessi"));

    let account = house.identity.account_named("elsa@example.it").await;
    let account = account.unwrap().unwrap().id;
    let id = account.to_string();
    let pilot = PILOT.to_string();
    ada.get("/accounts").await;
    let shown = ada.post("/accounts/one", &[("id", &id)]).await;
    shown.is(200, "Utente").says("Nessun ruolo");
    let shown = ada
        .post("/accounts/one/grant", &granted(&id, "auditor", &pilot, ""))
        .await;
    shown.is(200, "Utente").says("Il ruolo è assegnato");
    elsa.get("/access").await.is(200, "Registro accessi");
    let fields = [("id", &*id), ("role", "auditor"), ("scope", &*pilot)];
    let shown = ada.post("/accounts/one/revoke", &fields).await;
    shown.is(200, "Utente").says("Il ruolo è revocato");
    elsa.get("/access").await.is(404, "Pagina non trovata");
    house.close().await;
}

#[tokio::test]
async fn what_makes_no_sense_is_not_granted() {
    let (house, ada, mut visitor) = administered().await;
    let elsa = Staff::hire(&house, "elsa").await;
    let (id, own) = (elsa.id.to_string(), ada.id.to_string());
    let pilot = PILOT.to_string();
    let partner = PARTNER.to_string();
    visitor.get("/accounts").await;
    for (fields, about) in [
        (granted(&own, "auditor", &pilot, ""), "#role"),
        (granted(&id, "partner_operator", &pilot, ""), "#partner"),
        (
            granted(&id, "partner_operator", "every", &partner),
            "#partner",
        ),
        (granted(&id, "auditor", &pilot, &partner), "#partner"),
        (granted(&id, "partner_operator", &pilot, &id), "#partner"),
    ] {
        let shown = visitor.post("/accounts/one/grant", &fields).await;
        shown.is(422, "Utente").says(&format!("href=\"{about}\""));
    }
    let mut over = granted(&id, "auditor", &pilot, "");
    over[4].1 = "2020-01-01";
    let shown = visitor.post("/accounts/one/grant", &over).await;
    shown.is(422, "Utente").says("href=\"#until\"");
    let nowhere = elsa.id.to_string();
    for fields in [
        granted(&id, "queen", &pilot, ""),
        granted(&id, "auditor", &nowhere, ""),
        granted(&pilot, "auditor", &pilot, ""),
    ] {
        let shown = visitor.post("/accounts/one/grant", &fields).await;
        shown.is(404, "Pagina non trovata");
    }
    let grants = house.app.grants_of(elsa.holder(), None).await.unwrap();
    assert!(grants.all().is_empty());
    // Nor does she lock herself out.
    for path in ["/accounts/one/disable", "/accounts/one/reset"] {
        let fields = [("id", &*own), ("what", "password")];
        let shown = visitor.post(path, &fields).await;
        shown.is(403, "Non consentito");
    }
    house.close().await;
}

#[tokio::test]
async fn who_is_disabled_is_out_at_once_and_a_reset_opens_no_other_way() {
    let (house, _, mut ada) = administered().await;
    let elsa = Staff::hire(&house, "elsa").await;
    let mut visitor = elsa.enter(&house).await;
    visitor.get("/account").await.is(200, "Il mio profilo");
    let id = elsa.id.to_string();
    ada.get("/accounts").await;
    ada.post("/accounts/one/disable", &[("id", &id)])
        .await
        .is(200, "Utente");
    visitor.get("/account").await.is(200, "Accedi");
    let shown = ada
        .post("/accounts/one/reset", &[("id", &id), ("what", "password")])
        .await;
    shown.is(422, "Utente");
    ada.post("/accounts/one/enable", &[("id", &id)])
        .await
        .is(200, "Utente");
    let shown = ada
        .post(
            "/accounts/one/reset",
            &[("id", &id), ("what", "everything")],
        )
        .await;
    shown.is(200, "Link da consegnare");
    let mut again = house.visitor();
    again.sign_in(elsa.name, PASSWORD).await.is(422, "Accedi");
    house.close().await;
}

#[tokio::test]
async fn an_evaluator_makes_a_token_that_lasts_and_reads_as_she_may() {
    let (house, _, mut ada) = administered().await;
    let elsa = Staff::hire(&house, "elsa").await;
    let scope = Scope::Pilot(PilotId(PILOT));
    elsa.grant(&house, scope, Role::Evaluator, None).await;
    let mut visitor = elsa.enter(&house).await;
    let shown = visitor.get("/account/tokens").await;
    shown.is(200, "I miei token").says("Valutatrice");
    let role = format!("evaluator {PILOT}");
    let made = |days: &'static str, role: &str| {
        [
            ("label", "indicatori".to_owned()),
            ("days", days.to_owned()),
            ("role", role.to_owned()),
        ]
    };
    for days in ["0", "91", "x"] {
        let fields = made(days, &role);
        let fields: Vec<_> = fields.iter().map(|(a, b)| (*a, &**b)).collect();
        let shown = visitor.post("/account/tokens", &fields).await;
        shown.is(422, "I miei token").says("href=\"#days\"");
    }
    for other in [format!("coordinator {PILOT}"), "evaluator ".to_owned()] {
        let fields = made("30", &other);
        let fields: Vec<_> = fields.iter().map(|(a, b)| (*a, &**b)).collect();
        let shown = visitor.post("/account/tokens", &fields).await;
        shown.is(403, "Non consentito");
    }
    let fields = made("90", &role);
    let fields: Vec<_> = fields.iter().map(|(a, b)| (*a, &**b)).collect();
    let shown = visitor.post("/account/tokens", &fields).await;
    shown.is(200, "Token creato");
    let token = between(&shown.text, "<code class=\"secret\">", "</code>");
    let token = token.expect("a token").to_owned();
    let shown = visitor.get("/account/tokens").await;
    assert!(!shown.text.contains(&token), "it is shown once");
    let query = "query($pilot: ID!) { pilot(id: $pilot) { title } }";
    let asked = house.ask(&token, query, json!({ "pilot": CODE })).await;
    assert_eq!(asked.status, StatusCode::OK);
    assert_eq!(asked.codes(), Vec::<String>::new());

    // Another's token is not hers to revoke; an administrator's it is.
    let id = shown.hidden("id").expect("an id").to_owned();
    let berta = Staff::hire(&house, "berta").await;
    let mut berta = berta.enter(&house).await;
    berta.get("/account/tokens").await;
    let shown = berta.post("/account/tokens/revoke", &[("id", &id)]).await;
    shown.is(404, "Pagina non trovata");
    let shown = berta
        .post("/account/tokens", &[("label", "x"), ("days", "3")])
        .await;
    shown.is(404, "Pagina non trovata");
    ada.get("/tokens").await.is(200, "Token").says("indicatori");
    ada.post("/tokens/revoke", &[("id", &id)])
        .await
        .is(200, "Token")
        .says("revocato");
    let asked = house.ask(&token, query, json!({ "pilot": CODE })).await;
    assert_eq!(asked.status, StatusCode::UNAUTHORIZED);
    house.close().await;
}

/// What the operator made at the command line stands beside what people made for themselves.
#[tokio::test]
async fn an_administrator_sees_and_revokes_the_tokens_of_the_command_line() {
    let (house, _, mut ada) = administered().await;
    let token = house.token(Role::Auditor, None).await;
    let id = house.token_id(&token).await.to_string();
    let shown = ada.get("/tokens").await;
    shown.is(200, "Token").says("dalla riga di comando");
    let rows = |text: &str| text.matches("dalla riga di comando").count();
    assert_eq!(rows(&shown.text), 2, "the other one told the story");
    assert!(shown.text.contains(&id) && !shown.text.contains(&token));
    let shown = ada.post("/tokens/revoke", &[("id", &id)]).await;
    shown.is(200, "Token").says("revocato");
    assert_eq!(rows(&shown.text), 2, "what is revoked is still listed");
    let asked = house.ask(&token, "{ pilots { title } }", json!({})).await;
    assert_eq!(asked.status, StatusCode::UNAUTHORIZED);
    house.close().await;
}

/// A session asks GraphQL only from one of the service's own pages, and in JSON.
#[tokio::test]
async fn a_session_asks_graphql_from_its_own_pages_alone() {
    let (house, _, _) = administered().await;
    let elsa = Staff::hire(&house, "elsa").await;
    let scope = Scope::Pilot(PilotId(PILOT));
    elsa.grant(&house, scope, Role::Evaluator, None).await;
    let mut visitor = elsa.enter(&house).await;
    let query = json!({ "query": "{ pilots { title } }" });
    let asked = |visitor: &Visitor, site: &'static str| {
        let request = visitor.request(Method::POST, "/graphql");
        request.header("sec-fetch-site", site).json(&query)
    };
    let request = asked(&visitor, "same-origin");
    let shown = visitor.send(request).await;
    assert_eq!(shown.status, StatusCode::OK, "{}", shown.text);
    assert!(shown.text.contains("title"), "{}", shown.text);
    for site in ["cross-site", "same-site", "none"] {
        let request = asked(&visitor, site);
        let shown = visitor.send(request).await;
        assert_eq!(shown.status, StatusCode::UNAUTHORIZED, "{site}");
    }
    let request = visitor.request(Method::POST, "/graphql").json(&query);
    assert_eq!(visitor.send(request).await.status, StatusCode::UNAUTHORIZED);
    let request = visitor.request(Method::POST, "/graphql");
    let request = request
        .header("sec-fetch-site", "same-origin")
        .header("content-type", "text/plain")
        .body(query.to_string());
    let status = visitor.send(request).await.status;
    assert_eq!(status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    // Locked, it asks nothing.
    visitor.get("/account").await;
    visitor.post("/lock", &[]).await;
    let request = asked(&visitor, "same-origin");
    assert_eq!(visitor.send(request).await.status, StatusCode::UNAUTHORIZED);
    house.close().await;
}
