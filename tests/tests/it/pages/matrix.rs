//! Every page with every role, as `access/expected.txt` has it.

use std::collections::{BTreeMap, BTreeSet};

use events::codes::Role;
use events::{CodeList, PartnerId, PilotId};
use identity::{Language, NewAccount};
use policy::Scope;
use reqwest::{Method, StatusCode};
use server::web::{Line, PAGES, Who};

use super::Visitor;
use super::staff::Staff;
use crate::access::{Outcome, expected};
use crate::house::House;
use crate::story::{CODE, HOUSEHOLD, PARTNER, PERSONS, PILOT, tell};

/// A pilot that nobody here has to do with.
const ELSEWHERE: PilotId = PilotId(uuid::Uuid::from_u128(0x1ff));

/// What is sent with a form, so that it would do something.
fn fields(path: &str, account: &str, role: Role) -> Vec<(&'static str, String)> {
    let mut fields = Vec::new();
    let mut add = |name, value: &str| fields.push((name, value.to_owned()));
    match path {
        it if it.starts_with("/accounts/one") => {
            add("id", account);
            add("role", "auditor");
            add("scope", &PILOT.to_string());
            add("what", "password");
        }
        it if it.starts_with("/persons") => {
            add("person", &PERSONS[1].to_string());
            add("purpose", "her_request");
            add("restriction", "audit");
            add("erasure", "her_request");
        }
        "/account/tokens" => {
            add("label", "a token");
            add("days", "3");
            add("role", &format!("{} {PILOT}", role.entry().code));
        }
        "/access/:pilot/person" => add("about", &PERSONS[0].to_string()),
        "/access/:pilot/review" => {
            add("position", "1");
            add("finding", "unclear");
        }
        "/break-glass/:pilot" => add("household", &HOUSEHOLD.to_string()),
        _ => {}
    }
    fields
}

async fn ask(
    visitor: &mut Visitor,
    line: &Line,
    account: &str,
    role: Role,
) -> (StatusCode, String) {
    let path = line.path.replace(":pilot", CODE);
    let sent = fields(line.path, account, role);
    let sent: Vec<_> = sent.iter().map(|(name, value)| (*name, &**value)).collect();
    let shown = match line.method == Method::POST {
        true => visitor.post_only(&path, &sent).await,
        false => {
            let request = visitor.request(Method::GET, &path);
            visitor.send(request.header("accept", "text/html")).await
        }
    };
    let to = shown.headers.get("location");
    let to = to.map_or("", |to| to.to_str().expect("a text"));
    (shown.status, to.to_owned())
}

fn outcome((status, to): &(StatusCode, String)) -> Option<Outcome> {
    let asks = ["/sign-in", "/confirm", "/account/second-factor"];
    match *status {
        StatusCode::FORBIDDEN => Some(Outcome::Deny),
        StatusCode::NOT_FOUND => Some(Outcome::NotFound),
        StatusCode::SEE_OTHER if asks.iter().any(|it| to.starts_with(it)) => None,
        StatusCode::OK | StatusCode::SEE_OTHER | StatusCode::UNPROCESSABLE_ENTITY => {
            Some(Outcome::Allow)
        }
        _ => None,
    }
}

#[test]
fn every_page_that_asks_for_a_role_has_a_line_and_every_line_a_page() {
    let ruled = PAGES.iter().filter(|it| matches!(it.who, Who::May(_)));
    let pages: BTreeSet<_> = ruled
        .map(|it| format!("{} {}", it.method, it.path))
        .collect();
    let lines: BTreeSet<_> = expected("page").into_keys().collect();
    assert_eq!(pages, lines);
}

#[tokio::test]
async fn every_page_answers_every_role_as_expected() {
    let house = House::open().await;
    let token = house.token(Role::Coordinator, None).await;
    tell(&house, &token).await;
    let now = house.app.now();
    let expectations = expected("page");
    let names: BTreeMap<Role, &'static str> =
        Role::ENTRIES.iter().map(|it| (it.value, it.code)).collect();
    let mut wrong = Vec::new();
    for (role, name) in names {
        let mut staff = Staff::hire(&house, name).await;
        let scope = match role {
            // Of the installation, or of nothing.
            Role::Administrator => Scope::EveryPilot,
            _ => Scope::Pilot(PilotId(PILOT)),
        };
        let partner = (role == Role::PartnerOperator).then_some(PartnerId(PARTNER));
        staff.grant(&house, scope, role, partner).await;
        let mut visitor = staff.enrol(&house).await;
        visitor.get("/account").await;
        for line in PAGES.iter().filter(|it| matches!(it.who, Who::May(_))) {
            // Somebody new each time: what is done to her is done.
            let other = format!("other-{name}-{}", line.path.len());
            let new = NewAccount {
                name: &other,
                display_name: "Other",
                language: Language::Italian,
            };
            let id = match house.identity.account_named(&other).await.unwrap() {
                Some(account) => account.id,
                None => house.identity.invite(now, &new).await.unwrap().account,
            };
            let told = ask(&mut visitor, line, &id.to_string(), role).await;
            let page = format!("{} {}", line.method, line.path);
            let wanted = expectations[&page].roles[&role];
            // What is looked for there is not there; she was allowed to look.
            let empty = ["POST /access/:pilot/review", "POST /tokens/revoke"];
            let empty = empty.contains(&&*page) && wanted == Outcome::Allow;
            let found = outcome(&told);
            if found != Some(wanted) && !(empty && found == Some(Outcome::NotFound)) {
                wrong.push(format!("{page} for {role:?}: {told:?}, not {wanted:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    house.close().await;
}

/// Whoever has her roles elsewhere is told what is told of a pilot that does not exist.
#[tokio::test]
async fn of_a_pilot_that_is_not_ones_own_nothing_is_told() {
    let house = House::open().await;
    let token = house.token(Role::Coordinator, None).await;
    tell(&house, &token).await;
    let opening = serde_json::json!({
        "title": "Altro", "place": "Altrove", "code": "altrove", "currency": "EUR"
    });
    let command = crate::story::command(900);
    let opening = crate::story::input(command, ELSEWHERE.0, "2024-01-10", opening);
    crate::story::record(&house, &token, "openPilot", opening).await;
    let expectations = expected("page");
    for role in [
        Role::DataProtectionOfficer,
        Role::Auditor,
        Role::Coordinator,
        Role::Evaluator,
    ] {
        let name = role.entry().code;
        let mut staff = Staff::hire(&house, name).await;
        staff
            .grant(&house, Scope::Pilot(ELSEWHERE), role, None)
            .await;
        let mut visitor = staff.enrol(&house).await;
        visitor.get("/account").await;
        for line in PAGES.iter().filter(|it| it.path.contains(":pilot")) {
            let page = format!("{} {}", line.method, line.path);
            assert_eq!(expectations[&page].outside, Some(Outcome::NotFound));
            let mut texts = Vec::new();
            for code in [CODE, "nessuno"] {
                let path = line.path.replace(":pilot", code);
                let sent = fields(line.path, "", role);
                let sent: Vec<_> = sent.iter().map(|(name, value)| (*name, &**value)).collect();
                let shown = match line.method == Method::POST {
                    true => visitor.post_only(&path, &sent).await,
                    false => visitor.get(&path).await,
                };
                assert_eq!(shown.status, StatusCode::NOT_FOUND, "{page} for {role:?}");
                texts.push(shown.text);
            }
            assert_eq!(texts[0], texts[1], "{page} for {role:?}");
        }
    }
    house.close().await;
}
