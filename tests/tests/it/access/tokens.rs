//! Without a good token nothing is said; roles come and go with the facts that say so.

use chrono::TimeDelta;
use events::PilotId;
use events::access::{Holder, RoleGranted};
use events::codes::Role;
use identity::{Language, NewAccount};
use policy::Scope;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use server::tokens::{self, NotMade, Wanted};

use super::asked::{QUESTIONS, given, inputs, mutation, variables};
use super::site::{Site, Standing};
use crate::house::{Answer, House};
use crate::story::{CODE, HOUSEHOLD, PILOT, story, tell};

#[tokio::test]
async fn without_a_good_token_nothing_is_said() {
    let site = Site::open().await;
    let house = &site.house;
    let good = site.token(Role::Coordinator, Standing::Own);
    let expired = site.token(Role::Coordinator, Standing::TokenExpired);
    let revoked = site.token(Role::Coordinator, Standing::TokenRevoked);
    let bad = [
        ("none", None),
        ("expired", Some(format!("Bearer {expired}"))),
        ("revoked", Some(format!("Bearer {revoked}"))),
        ("invented", Some("Bearer inrete_00".to_owned())),
        ("empty", Some("Bearer ".to_owned())),
        ("another scheme", Some(format!("Basic {good}"))),
        ("no scheme", Some(good.to_owned())),
        (
            "shortened",
            Some(format!("Bearer {}", &good[..good.len() - 1])),
        ),
    ];
    let pilot = PILOT.to_string();
    let queries = QUESTIONS.iter().map(
        |(_, query)| json!({ "query": query, "variables": variables(query, &pilot, HOUSEHOLD) }),
    );
    let mutations = inputs(HOUSEHOLD).into_iter().map(|(name, content)| {
        let variables = json!({ "input": given(&name, &content, 2_000, &pilot) });
        json!({ "query": mutation(&name), "variables": variables })
    });
    let bodies: Vec<Value> = queries.chain(mutations).collect();
    let before = site.heads().await;
    for (what, header) in bad {
        for body in &bodies {
            let mut request = house.request(Method::POST, "/graphql").json(body);
            if let Some(header) = &header {
                request = request.header("authorization", header);
            }
            let answer = Answer::of(request).await;
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{what}");
            assert_eq!(answer.codes(), ["UNAUTHENTICATED"], "{what}");
            assert!(answer.json().get("data").is_none(), "{what}");
        }
    }
    assert_eq!(site.heads().await, before);
    site.house.close().await;
}

#[tokio::test]
async fn a_role_counts_from_its_grant_to_its_end() {
    let house = House::open().await;
    let installer = house.token(Role::Coordinator, None).await;
    tell(&house, &installer).await;
    let (id, token) = house.bare_token(house.app.now(), None).await;
    let holder = Holder::Token(id);
    let query = "query($pilot: ID!) { events(pilot: $pilot) { head } }";
    let ask = async || {
        house
            .ask(&token, query, json!({ "pilot": CODE }))
            .await
            .codes()
    };
    let grant = |role| RoleGranted {
        holder,
        role,
        partner: None,
        until: None,
        relative_dates: false,
        bound_to: None,
    };
    let here = Scope::Pilot(PilotId(PILOT));
    let app = &house.app;
    assert_eq!(ask().await, ["NOT_FOUND"]);
    let funder = app.grant("test", app.new_id(), here, grant(Role::Funder));
    funder.await.expect("granted");
    assert_eq!(ask().await, ["FORBIDDEN"]);
    let before = app.now();
    let auditor = app.grant("test", app.new_id(), here, grant(Role::Auditor));
    auditor.await.expect("granted");
    assert_eq!(ask().await, Vec::<String>::new());
    let revoke = app.revoke("test", app.new_id(), here, holder, Role::Auditor);
    assert!(revoke.await.expect("no fault").is_some());
    assert_eq!(ask().await, ["FORBIDDEN"]);
    let again = app.revoke("test", app.new_id(), here, holder, Role::Auditor);
    assert_eq!(again.await.expect("no fault"), None);

    // What was so on a day can be asked for ever.
    let then = app
        .holders(here, Some(before - TimeDelta::seconds(60)))
        .await;
    assert!(
        then.expect("no fault")
            .iter()
            .all(|(who, _)| *who != holder)
    );
    let now = app.holders(here, None).await.expect("no fault");
    let hers = now
        .iter()
        .find(|(who, _)| *who == holder)
        .expect("she is there");
    let roles: Vec<Role> = hers.1.all().iter().map(|grant| grant.role).collect();
    assert_eq!(roles, [Role::Funder]);

    // For every pilot is for this one too.
    let everywhere = app.grant(
        "test",
        app.new_id(),
        Scope::EveryPilot,
        grant(Role::Auditor),
    );
    everywhere.await.expect("granted");
    assert_eq!(ask().await, Vec::<String>::new());
    house.close().await;
}

#[tokio::test]
async fn what_makes_no_sense_is_not_granted() {
    use app::Error;
    use app::access::NotGranted as N;

    let house = House::open().await;
    let installer = house.token(Role::Coordinator, None).await;
    tell(&house, &installer).await;
    let app = &house.app;
    let (id, _) = house.bare_token(app.now(), None).await;
    let (token, account) = (Holder::Token(id), Holder::Account(app.new_id().into()));
    let plain = RoleGranted {
        holder: account,
        role: Role::Evaluator,
        partner: None,
        until: None,
        relative_dates: false,
        bound_to: None,
    };
    let week = app.now() + TimeDelta::days(7);
    let stranger = events::PartnerId(app.new_id());
    let own = events::PartnerId(crate::story::PARTNER);
    let here = Scope::Pilot(PilotId(PILOT));
    let operator = RoleGranted {
        role: Role::PartnerOperator,
        ..plain.clone()
    };
    let of_token = RoleGranted {
        holder: token,
        role: Role::Coordinator,
        ..plain.clone()
    };
    let cases = [
        (
            here,
            RoleGranted {
                until: Some(app.now()),
                ..plain.clone()
            },
            Some(N::Over),
        ),
        (
            here,
            RoleGranted {
                relative_dates: true,
                role: Role::Funder,
                ..plain.clone()
            },
            Some(N::RelativeDates),
        ),
        (
            here,
            RoleGranted {
                relative_dates: true,
                ..plain.clone()
            },
            None,
        ),
        (
            here,
            RoleGranted {
                partner: Some(own),
                ..plain.clone()
            },
            Some(N::NoPartner),
        ),
        (here, operator.clone(), Some(N::PartnerNeeded)),
        (
            Scope::EveryPilot,
            RoleGranted {
                partner: Some(own),
                ..operator.clone()
            },
            Some(N::PartnerNeeded),
        ),
        (
            here,
            RoleGranted {
                partner: Some(stranger),
                ..operator.clone()
            },
            Some(N::UnknownPartner { partner: stranger }),
        ),
        (
            here,
            RoleGranted {
                partner: Some(own),
                ..operator
            },
            None,
        ),
        (here, of_token.clone(), Some(N::TooLongForToken)),
        (
            here,
            RoleGranted {
                until: Some(week + TimeDelta::hours(1)),
                ..of_token.clone()
            },
            Some(N::TooLongForToken),
        ),
        (
            here,
            RoleGranted {
                until: Some(week),
                ..of_token
            },
            None,
        ),
        (
            here,
            RoleGranted {
                bound_to: Some(app.new_id().into()),
                ..plain.clone()
            },
            Some(N::NotBound),
        ),
        (Scope::EveryPilot, plain.clone(), None),
    ];
    for (scope, granted, expected) in cases {
        let done = app
            .grant("test", app.new_id(), scope, granted.clone())
            .await;
        match (done, expected) {
            (Ok(_), None) => {}
            (Err(Error::NotGranted(why)), Some(expected)) => assert_eq!(why, expected),
            (done, expected) => panic!("{granted:?}: {done:?}, not {expected:?}"),
        }
    }
    let herself = app
        .grant(&account.to_string(), app.new_id(), here, plain.clone())
        .await;
    assert!(matches!(herself, Err(Error::NotGranted(N::Herself))));
    let nowhere = Scope::Pilot(PilotId(app.new_id()));
    let nowhere = app.grant("test", app.new_id(), nowhere, plain).await;
    assert!(matches!(nowhere, Err(Error::UnknownPilot { .. })));
    house.close().await;
}

/// A token of the command line stands for both factors; one that somebody has for herself does not, and
/// may do nothing that she may not.
#[tokio::test]
async fn a_token_is_as_strong_as_whoever_made_it() {
    let house = House::open().await;
    let installer = house.token(Role::Coordinator, None).await;
    tell(&house, &installer).await;
    let (app, identity) = (&house.app, &house.identity);
    let new = NewAccount {
        name: "elsa",
        display_name: "Elsa",
        language: Language::Italian,
    };
    let link = identity.invite(app.now(), &new).await;
    let elsa = link.expect("a link").account;
    let here = Scope::Pilot(PilotId(PILOT));
    let wanted = |owner| Wanted {
        owner,
        role: Role::Coordinator,
        scopes: vec![here],
        partner: None,
        relative_dates: false,
        until: Some(app.now() + TimeDelta::hours(1)),
    };
    let (_, operators) = house.token_for(&wanted(None)).await;
    let (_, hers) = house.token_for(&wanted(Some(elsa))).await;
    let query = "query($pilot: ID!) { households(pilot: $pilot) { edges { node {
        members { identity { givenName } }
    } } } }";
    let ask = async |token: &str| house.ask(token, query, json!({ "pilot": CODE })).await;
    assert_eq!(ask(&operators).await.codes(), Vec::<String>::new());
    // She has no such role.
    assert_eq!(ask(&hers).await.codes(), ["NOT_FOUND"]);
    let granted = RoleGranted {
        holder: Holder::Account(elsa),
        role: Role::Coordinator,
        partner: None,
        until: None,
        relative_dates: false,
        bound_to: None,
    };
    let granted = app.grant("test", app.new_id(), here, granted).await;
    granted.expect("granted");
    let refused = ask(&hers).await;
    assert_eq!(refused.codes(), ["FORBIDDEN"], "{}", refused.text);
    let reason = &refused.json()["errors"][0]["extensions"]["reason"];
    assert_eq!(reason, "SECOND_FACTOR");
    house.close().await;
}

/// What is refused its role is good for nothing.
#[tokio::test]
async fn a_token_whose_role_is_refused_is_taken_back() {
    let house = House::open().await;
    let (app, identity) = (&house.app, &house.identity);
    let wanted = |role, until| Wanted {
        owner: None,
        role,
        scopes: vec![Scope::EveryPilot],
        partner: None,
        relative_dates: false,
        until,
    };
    let long = Some(app.now() + TimeDelta::days(30));
    let too_long = wanted(Role::Coordinator, long);
    let refused = tokens::create(app, identity, "test", "t", &too_long);
    assert!(matches!(
        refused.await,
        Err(NotMade::Role(app::Error::NotGranted(_)))
    ));
    let listed = identity.tokens().await.expect("a list");
    assert_eq!(listed.len(), 1);
    assert!(listed[0].revoked_at.is_some());
    let nameless = wanted(Role::Auditor, long);
    let nameless = tokens::create(app, identity, "test", " ", &nameless);
    assert!(matches!(nameless.await, Err(NotMade::Token(_))));
    assert_eq!(identity.tokens().await.expect("a list").len(), 1);
    house.close().await;
}

/// The same id for another grant is a mistake, and for the same one its first answer.
#[tokio::test]
async fn a_grant_is_recorded_once() {
    let house = House::open().await;
    let installer = house.token(Role::Coordinator, None).await;
    tell(&house, &installer).await;
    let administrator = house
        .token(Role::Administrator, Some(&[PilotId(PILOT)]))
        .await;
    let grant = |command: usize, role: &str| {
        json!({ "input": {
            "commandId": crate::story::command(command), "pilot": CODE,
            "holder": "account:00000000-0000-0000-0000-0000000000aa", "role": role,
        } })
    };
    let query = "mutation($input: GrantRoleInput!) { grantRole(input: $input) {
        __typename ... on Done { position } ... on Conflict { kind } ... on Refused { code }
    } }";
    let first = house.data(&administrator, query, grant(1, "FUNDER")).await;
    assert_eq!(first["grantRole"]["__typename"], "Done");
    assert_eq!(
        house.data(&administrator, query, grant(1, "FUNDER")).await,
        first
    );
    let reused = house.data(&administrator, query, grant(1, "AUDITOR")).await;
    assert_eq!(reused["grantRole"]["kind"], "COMMAND_REUSED");
    // Of the installation she is no administrator.
    let mut everywhere = grant(2, "FUNDER");
    everywhere["input"]["pilot"] = Value::Null;
    let refused = house.ask(&administrator, query, everywhere).await;
    assert_eq!(refused.codes(), ["FORBIDDEN"], "{}", refused.text);
    // A token is not given over the network what sees personal data, nor can anybody be herself.
    let mut to_token = grant(3, "COORDINATOR");
    to_token["input"]["holder"] = json!("token:00000000-0000-0000-0000-0000000000aa");
    let refused = house.ask(&administrator, query, to_token).await;
    assert_eq!(
        refused.json()["errors"][0]["extensions"]["reason"],
        "NOT_FOR_TOKENS"
    );
    let mut herself = grant(4, "FUNDER");
    herself["input"]["holder"] = json!(format!("token:{}", house.token_id(&administrator).await));
    let refused = house.ask(&administrator, query, herself).await;
    assert_eq!(
        refused.json()["errors"][0]["extensions"]["reason"],
        "HERSELF"
    );
    house.close().await;
}

/// What personal data is read for is what the request says, and what its reader's role has otherwise.
#[tokio::test]
async fn a_purpose_is_said_and_recorded() {
    let house = House::open().await;
    let token = house.token(Role::Coordinator, None).await;
    tell(&house, &token).await;
    let query = "query($pilot: ID!) { households(pilot: $pilot) { edges { node {
        members { identity { givenName } }
    } } } }";
    let variables = json!({ "pilot": CODE });
    let ask = async |extension: Option<Value>, header: Option<&str>| {
        let mut body = json!({ "query": query, "variables": variables });
        if let Some(purpose) = extension {
            body["extensions"] = json!({ "purpose": purpose });
        }
        let mut request = house.request(Method::POST, "/graphql").bearer_auth(&token);
        if let Some(purpose) = header {
            request = request.header("x-purpose", purpose);
        }
        Answer::of(request.json(&body)).await
    };
    let log = events::access::log_of(PilotId(PILOT));
    let last = async || {
        let head = house.app.whole().head(log).await.expect("a head").position;
        let fact = house.app.whole().at(log, head).await.expect("no fault");
        fact.expect("a fact").payload.value()["purpose"].clone()
    };
    for (extension, header, recorded) in [
        (None, None, "care"),
        (Some(json!("legal_duty")), None, "legal_duty"),
        (Some(json!("EMERGENCY")), None, "emergency"),
        (None, Some("her_request"), "her_request"),
        (Some(json!("legal_duty")), Some("care"), "legal_duty"),
    ] {
        let answer = ask(extension, header).await;
        assert_eq!(answer.codes(), Vec::<String>::new(), "{}", answer.text);
        assert_eq!(last().await, recorded);
    }
    let head = house.app.whole().head(log).await.expect("a head").position;
    for wrong in [json!("curiosity"), json!(1), json!(["care"])] {
        assert_eq!(ask(Some(wrong), None).await.codes(), ["BAD_USER_INPUT"]);
    }
    assert_eq!(
        ask(None, Some("curiosity")).await.codes(),
        ["BAD_USER_INPUT"]
    );
    // The service checks what it keeps without anybody's asking: not a purpose to read for.
    let refused = ask(Some(json!("upkeep")), None).await;
    assert_eq!(
        refused.codes().first().map(String::as_str),
        Some("FORBIDDEN")
    );
    assert_eq!(
        house.app.whole().head(log).await.expect("a head").position,
        head
    );
    assert!(!story().is_empty());
    house.close().await;
}
