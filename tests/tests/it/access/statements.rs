//! What is not hers takes the same work as what is not there: the same questions to the database, in the
//! same order. Times would say the same less surely.

use chrono::TimeDelta;
use events::codes::Role;
use identity::{Language, NewAccount, NewToken};
use reqwest::StatusCode;
use serde_json::json;
use uuid::Uuid;

use super::asked::{given, inputs, mutation, variables};
use super::site::{
    NO_HOUSEHOLD, NOBODYS, NOBODYS_CODE, OTHER, OTHER_CODE, Site, Standing, UNSHARED,
};
use crate::house::House;
use crate::logs::{Book, heard};
use crate::story::{CODE, HOUSEHOLD, PILOT};

/// The statements that a request led to, in order.
fn statements(book: &Book) -> Vec<String> {
    let text = String::from_utf8_lossy(&book.page()).into_owned();
    let mut found = Vec::new();
    for line in text.lines() {
        let Some((_, rest)) = line.split_once("summary=\"") else {
            continue;
        };
        let whole = rest
            .split_once("db.statement=\"")
            .map_or(rest, |(_, whole)| whole);
        let statement = whole
            .split_once("\" ")
            .map_or(whole, |(statement, _)| statement);
        found.push(statement.to_owned());
    }
    found
}

/// Questions of two kinds, one about what is there and one about what is not.
const QUERIES: [&str; 3] = [
    "query($pilot: ID!) { pilot(id: $pilot) { code } }",
    "query($pilot: ID!, $household: ID!) { household(pilot: $pilot, id: $household) { status } }",
    "query($pilot: ID!) { households(pilot: $pilot) { edges { node { id } } } }",
];

#[test]
fn what_is_not_hers_takes_the_same_questions_as_what_is_not_there() {
    let book = Book::default();
    heard(&book, async {
        let site = Site::open().await;
        // From here on it keeps nothing warm, and does nothing but answer.
        site.house.app.stop().await;
        let house = &site.house;
        let asked = async |token: &str, body: serde_json::Value| {
            // Everything that is kept from request to request is there from the first one on.
            for _ in 0..2 {
                book.page().clear();
                let request = house.request(reqwest::Method::POST, "/graphql");
                let answer = request.bearer_auth(token).json(&body).send().await;
                answer.expect("an answer").text().await.expect("a text");
            }
            statements(&book)
        };
        let mut cases = 0;
        let mut compare =
            async |token: &str, what: &str, there: serde_json::Value, not: serde_json::Value| {
                let (one, other) = (asked(token, there).await, asked(token, not).await);
                assert!(!one.is_empty(), "{what}: no statement was heard");
                assert_eq!(one, other, "{what}");
                cases += 1;
            };
        let asking = |query: &str, pilot: &str, household: Uuid| json!({ "query": query, "variables": variables(query, pilot, household) });
        // Another's pilot and one that is not there, by id and by short name.
        for role in [
            Role::Coordinator,
            Role::Evaluator,
            Role::PartnerOperator,
            Role::Funder,
        ] {
            for standing in [
                Standing::Own,
                Standing::Ended,
                Standing::Revoked,
                Standing::None,
            ] {
                let (own_id, other_id) = (PILOT.to_string(), OTHER.to_string());
                let (id, code) = match standing {
                    Standing::Own => (other_id, OTHER_CODE),
                    _ => (own_id, CODE),
                };
                for query in QUERIES {
                    let what = format!("{role:?}, {standing:?}: {query}");
                    let token = site.token(role, standing);
                    let names = [
                        (id.as_str(), NOBODYS.to_string()),
                        (code, NOBODYS_CODE.to_owned()),
                    ];
                    for (there, not) in names {
                        let there = asking(query, there, HOUSEHOLD);
                        let not = asking(query, &not, HOUSEHOLD);
                        compare(token, &what, there, not).await;
                    }
                }
            }
        }
        // A household that is not shared and one that is not there.
        let token = site.token(Role::PartnerOperator, Standing::Own);
        let pilot = PILOT.to_string();
        let query = QUERIES[1];
        let there = asking(query, &pilot, UNSHARED);
        compare(
            token,
            "household",
            there,
            asking(query, &pilot, NO_HOUSEHOLD),
        )
        .await;
        for name in ["recordVisit", "recordService", "recordReferralOutcome"] {
            let recording = |household: Uuid| {
                let input = given(name, &inputs(household)[name], 40_000, &pilot);
                json!({ "query": mutation(name), "variables": { "input": input } })
            };
            compare(token, name, recording(UNSHARED), recording(NO_HOUSEHOLD)).await;
        }
        assert!(cases > 90, "{cases}");
        site.house.close().await;
    });
}

/// Nor does a token that is not good say by its cost what is wrong with it.
#[test]
fn a_bad_token_takes_the_same_questions_whichever_it_is() {
    let book = Book::default();
    heard(&book, async {
        let house = House::open().await;
        house.app.stop().await;
        let (identity, now) = (&house.identity, house.app.now());
        let hour = TimeDelta::hours(1);
        let (_, good) = house.bare_token(now, None).await;
        let (_, expired) = house.bare_token(now - hour, Some(now - hour / 2)).await;
        let (id, revoked) = house.bare_token(now, None).await;
        house.revoke_token(id).await;
        let new = NewAccount {
            name: "elsa",
            display_name: "Elsa",
            language: Language::Italian,
        };
        let elsa = identity.invite(now, &new).await.expect("a link").account;
        let new = NewToken {
            label: "test",
            owner: Some(elsa),
            expires_at: Some(now + hour),
        };
        let made = identity.create_token(now, &new).await;
        let disabled = made.expect("a token").1.expose().to_owned();
        assert!(identity.disable(now, elsa).await.expect("no fault"));
        let mut costs = Vec::new();
        for (token, status) in [
            (&*good, StatusCode::OK),
            (&*expired, StatusCode::UNAUTHORIZED),
            (&*revoked, StatusCode::UNAUTHORIZED),
            (&*disabled, StatusCode::UNAUTHORIZED),
            (&good[..good.len() - 1], StatusCode::UNAUTHORIZED),
            ("inrete_00", StatusCode::UNAUTHORIZED),
            ("no token at all", StatusCode::UNAUTHORIZED),
        ] {
            book.page().clear();
            let body = json!({ "query": "{ pilots { code } }" });
            let request = house.request(reqwest::Method::POST, "/graphql");
            let answer = request.bearer_auth(token).json(&body).send().await;
            assert_eq!(answer.expect("an answer").status(), status);
            costs.push(statements(&book));
        }
        let (good, bad) = costs.split_first().expect("costs");
        assert!(good.len() > 1, "{good:?}");
        for cost in bad {
            assert_eq!(cost.len(), 1, "{cost:?}");
            assert_eq!(cost, &bad[0]);
        }
        house.close().await;
    });
}
