//! Whatever is sent, the answer is JSON with a code, says nothing of the inside, and repeats nothing
//! personal; and what a fault interrupts is recorded once or not at all.

use app::{App, Database};
use events::codes::Role;
use reqwest::header::{ACCEPT, ALLOW, CONTENT_TYPE};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::cable::Cable;
use crate::house::{Answer, House, migrate, vault};
use crate::story::{self, *};

/// What only somebody who can see inside would write.
const INSIDES: &[&str] = &[
    "panicked",
    "backtrace",
    "sqlx",
    "select ",
    "insert into",
    "relation \"",
    "eventlog.",
    "projections.",
    "identity.token",
    "identity.account",
    "inrete_append",
    "inrete_project",
    "inrete_read",
    "inrete_report",
    "inrete_identity",
    "inrete.pilots",
    ".rs",
    "tokio",
    "/tmp/",
];

/// What every answer is like, whatever is wrong.
fn assert_fit(answer: &Answer, what: &str) {
    assert!(
        answer.media.starts_with("application/json")
            || answer
                .media
                .starts_with("application/graphql-response+json"),
        "{what}: {}",
        answer.media
    );
    for word in INSIDES.iter().chain(SEALED) {
        assert!(
            !answer.text.contains(word),
            "{what} says {word:?}: {}",
            answer.text
        );
    }
    let body = answer.json();
    for error in body["errors"].as_array().into_iter().flatten() {
        let message = error["message"].as_str().unwrap_or_default();
        assert!(
            !message.is_empty(),
            "{what}: an error without a message: {body}"
        );
        assert!(
            error["extensions"]["code"].is_string(),
            "{what}: an error without a code: {body}"
        );
    }
}

/// A request as it goes over the wire, and what comes back.
struct Wire {
    what: &'static str,
    method: Method,
    path: &'static str,
    headers: &'static [(&'static str, &'static str)],
    body: Vec<u8>,
    status: StatusCode,
    code: &'static str,
}

impl Wire {
    fn post(
        what: &'static str,
        headers: &'static [(&'static str, &'static str)],
        body: impl Into<Vec<u8>>,
        status: StatusCode,
        code: &'static str,
    ) -> Self {
        Self {
            what,
            method: Method::POST,
            path: "/graphql",
            headers,
            body: body.into(),
            status,
            code,
        }
    }

    fn bad(what: &'static str, body: impl Into<Vec<u8>>) -> Self {
        Self::post(what, JSON, body, StatusCode::BAD_REQUEST, "BAD_REQUEST")
    }
}

const JSON: &[(&str, &str)] = &[("content-type", "application/json")];
const GOOD: &str = r#"{"query":"{ pilots { id } }"}"#;

fn bad_requests() -> Vec<Wire> {
    let mut all = vec![
        Wire::bad("an empty body", ""),
        Wire::bad("half an object", r#"{"query":"{ pil"#),
        Wire::bad("no JSON", "query { pilots { id } }"),
        Wire::bad("a text in Latin 1", b"{\"query\":\"\xe8\"}"),
        Wire::bad("a deep list", "[".repeat(100_000)),
        Wire::bad("a batch", format!("[{GOOD},{GOOD}]")),
        Wire::bad("a number", "7"),
        Wire::bad("null", "null"),
        Wire::bad("no query", r#"{"variables":{}}"#),
        Wire::bad("a query of null", r#"{"query":null}"#),
        Wire::bad(
            "a query that is a list",
            r#"{"query":["{ pilots { id } }"]}"#,
        ),
        Wire::bad(
            "variables in a list",
            r#"{"query":"{ pilots { id } }","variables":[1]}"#,
        ),
        Wire::bad(
            "variables in a text",
            r#"{"query":"{ pilots { id } }","variables":"{}"}"#,
        ),
        Wire::bad(
            "a numbered operation",
            r#"{"query":"{ pilots { id } }","operationName":1}"#,
        ),
        Wire::bad(
            "extensions in a list",
            r#"{"query":"{ pilots { id } }","extensions":[]}"#,
        ),
    ];
    let media: [&'static [(&str, &str)]; 4] = [
        &[],
        &[("content-type", "text/plain")],
        &[("content-type", "application/graphql")],
        &[("content-type", "application/json; charset=iso-8859-1")],
    ];
    for headers in media {
        all.push(Wire::post(
            "another media type",
            headers,
            GOOD,
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "UNSUPPORTED_MEDIA_TYPE",
        ));
    }
    let accepted: [&'static [(&str, &str)]; 3] = [
        &[
            ("content-type", "application/json"),
            ("accept", "text/html"),
        ],
        &[
            ("content-type", "application/json"),
            ("accept", "application/json;q=0"),
        ],
        &[("content-type", "application/json"), ("accept", "image/*")],
    ];
    for headers in accepted {
        all.push(Wire::post(
            "another answer",
            headers,
            GOOD,
            StatusCode::NOT_ACCEPTABLE,
            "NOT_ACCEPTABLE",
        ));
    }
    for method in [
        Method::GET,
        Method::PUT,
        Method::DELETE,
        Method::PATCH,
        Method::OPTIONS,
    ] {
        all.push(Wire {
            method,
            ..Wire::post(
                "another method",
                JSON,
                GOOD,
                StatusCode::METHOD_NOT_ALLOWED,
                "METHOD_NOT_ALLOWED",
            )
        });
    }
    for path in [
        "/graphql/",
        "/graphql/x",
        "/graphiql",
        "/../etc/passwd",
        "/%00",
    ] {
        all.push(Wire {
            path,
            ..Wire::post(
                "another path",
                JSON,
                GOOD,
                StatusCode::NOT_FOUND,
                "NOT_FOUND",
            )
        });
    }
    all
}

#[tokio::test]
async fn bad_requests_are_answered_in_kind() {
    let house = House::open().await;
    let token = house.token(Role::Coordinator, None).await;
    for wire in bad_requests() {
        let mut request = house
            .request(wire.method.clone(), wire.path)
            .bearer_auth(&token);
        for (name, value) in wire.headers {
            request = request.header(*name, *value);
        }
        let answer = Answer::of(request.body(wire.body.clone())).await;
        let what = format!(
            "{} {} {} {:?}",
            wire.what, wire.method, wire.path, wire.headers
        );
        assert_eq!(answer.status, wire.status, "{what}: {}", answer.text);
        assert_eq!(answer.codes(), [wire.code], "{what}");
        assert!(answer.json().get("data").is_none(), "{what}");
        assert_fit(&answer, &what);
    }

    // Which methods there are, is said.
    let refused = house.request(Method::GET, "/graphql").send().await.unwrap();
    assert_eq!(refused.headers()[ALLOW], "POST");
    let head = house
        .request(Method::HEAD, "/graphql")
        .send()
        .await
        .unwrap();
    assert_eq!(head.status(), StatusCode::METHOD_NOT_ALLOWED);

    let health = Answer::of(house.request(Method::GET, "/healthz")).await;
    assert_eq!(health.status, StatusCode::OK);
    assert_fit(&health, "health");
    house.close().await;
}

#[tokio::test]
async fn a_body_has_a_limit_and_the_server_goes_on() {
    let house = House::open().await;
    let token = house.token(Role::Coordinator, None).await;
    let send = |body: Vec<u8>| {
        let request = house.request(Method::POST, "/graphql").bearer_auth(&token);
        Answer::of(request.header(CONTENT_TYPE, "application/json").body(body))
    };
    let padded = |bytes: usize| {
        let mut body = GOOD.as_bytes().to_vec();
        body.resize(bytes, b' ');
        body
    };
    assert_eq!(
        send(padded(server::http::MAX_BODY_BYTES)).await.status,
        StatusCode::OK
    );
    for bytes in [server::http::MAX_BODY_BYTES + 1, 10 * 1024 * 1024] {
        let answer = send(padded(bytes)).await;
        assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE, "{bytes}");
        assert_eq!(answer.codes(), ["PAYLOAD_TOO_LARGE"], "{bytes}");
        assert_eq!(
            send(GOOD.into()).await.status,
            StatusCode::OK,
            "after {bytes}"
        );
    }
    house.close().await;
}

/// Nested pages that would return more than is allowed.
fn too_complex() -> String {
    "query($pilot: ID!) { households(pilot: $pilot, first: 200) { edges { node {
        timeline(first: 200) { edges { node { position kind data } } }
    } } } }"
        .to_owned()
}

/// The same, with numbers whose product no machine can hold.
fn overflowing() -> String {
    too_complex().replace("200", "2147483647")
}

fn nested(depth: usize) -> String {
    let mut query = "{ __type(name: \"Query\") { ".to_owned();
    query.push_str(&"fields { type { ".repeat(depth));
    query.push_str("name");
    query.push_str(&" } }".repeat(depth));
    query.push_str(" } }");
    query
}

/// Each fragment spreads the next one twice.
fn doubling(times: usize) -> String {
    let mut query = "{ ...f0 ...f0 } ".to_owned();
    for n in 0..times {
        query.push_str(&format!(
            "fragment f{n} on Query {{ ...f{m} ...f{m} }} ",
            m = n + 1
        ));
    }
    query.push_str(&format!("fragment f{times} on Query {{ pilots {{ id }} }}"));
    query
}

fn many_aliases() -> String {
    let fields = (0..30_000).map(|n| format!("a{n}: __typename "));
    format!("{{ {} }}", fields.collect::<String>())
}

const PARSE: &str = "GRAPHQL_PARSE_FAILED";
const INVALID: &str = "GRAPHQL_VALIDATION_FAILED";
const DEEP: &str = "QUERY_TOO_DEEP";
const COMPLEX: &str = "QUERY_TOO_COMPLEX";

/// Requests that are never executed, and the code of every error.
fn unexecuted() -> Vec<(String, Value, &'static str)> {
    let one = |query: &str, code| (query.to_owned(), json!({ "pilot": CODE }), code);
    let admit = |members: Value| {
        let content = json!({ "household": HOUSEHOLD, "members": members });
        let input = input(story::command(400), PILOT, "2024-02-01", content);
        (mutation("admit"), json!({ "input": input }), INVALID)
    };
    let mut all = vec![
        one("", PARSE),
        one("{", PARSE),
        one("{ }", PARSE),
        one("{ pilots { id }", PARSE),
        one(
            "mutation { admit(input: { members: [ { givenName: \"Zenobia\" ",
            PARSE,
        ),
        one("fragment f on Query { pilots { id } }", PARSE),
        one("{ pilots { id } } { pilots { id } }", PARSE),
        one("{ flats { id } }", INVALID),
        one("{ pilots { id secret } }", INVALID),
        one("{ pilots }", INVALID),
        one("{ pilots { id { x } } }", INVALID),
        one("{ pilots(first: 1) { id } }", INVALID),
        one("{ pilot { id } }", INVALID),
        one("{ pilots { ...nowhere } }", INVALID),
        one("{ pilots { ...f } } fragment f on Pilot { ...f }", INVALID),
        one("query($x: ID!) { pilot(id: $x) { id } }", "BAD_USER_INPUT"),
        one("query($x: Flat) { pilots { id } }", INVALID),
        one(
            "{ households(pilot: \"cortile\", status: Zenobia) { edges { cursor } } }",
            INVALID,
        ),
        one(
            "{ households(pilot: \"cortile\", first: \"Zenobia\") { edges { cursor } } }",
            INVALID,
        ),
        one(
            "query A { pilots { id } } query B { pilots { id } }",
            "BAD_REQUEST",
        ),
        one(
            "subscription { factRecorded(pilot: \"cortile\") { position } }",
            "BAD_REQUEST",
        ),
        one(&too_complex(), COMPLEX),
        one(&overflowing(), COMPLEX),
        one(&nested(40), DEEP),
        one(&doubling(28), COMPLEX),
        one(&many_aliases(), COMPLEX),
        // Personal text in the wrong place does not come back.
        admit(
            json!([{ "relation": "Zenobia", "identity": { "givenName": "x", "familyName": "x" } }]),
        ),
        admit(
            json!([{ "relation": "HEAD", "identity": { "givenName": ["Zenobia"], "familyName": 7 } }]),
        ),
        admit(json!([{ "relation": "HEAD", "identity": { "givenName": "Zenobia" } }])),
    ];
    // A cycle that doubles must end, too.
    all.push(one(
        "{ ...f } fragment f on Query { ...g ...g } fragment g on Query { ...f ...f }",
        INVALID,
    ));
    all
}

#[tokio::test]
async fn what_is_not_executed_says_why() {
    let house = House::open().await;
    let token = house.token(Role::Coordinator, None).await;
    tell(&house, &token).await;
    for (query, variables, code) in unexecuted() {
        let body = json!({ "query": query, "variables": variables });
        for (accept, status) in [
            ("application/graphql-response+json", StatusCode::BAD_REQUEST),
            ("application/json", StatusCode::OK),
        ] {
            let request = house.request(Method::POST, "/graphql").bearer_auth(&token);
            let answer = Answer::of(request.header(ACCEPT, accept).json(&body)).await;
            let what: String = query.chars().take(100).collect();
            assert_eq!(answer.status, status, "{what}: {}", answer.text);
            assert!(answer.media.starts_with(accept), "{what}: {}", answer.media);
            let codes = answer.codes();
            let all = !codes.is_empty() && codes.iter().all(|it| it == code);
            assert!(all, "{what} should be {code}: {}", answer.text);
            assert!(
                answer.json().get("data").is_none(),
                "{what}: {}",
                answer.text
            );
            assert_fit(&answer, &what);
        }
    }
    house.close().await;
}

/// Questions that are executed and fail.
fn failing_questions() -> Vec<(&'static str, Value, &'static str)> {
    const INPUT: &str = "BAD_USER_INPUT";
    const ABSENT: &str = "NOT_FOUND";
    let pilot = "query($v: ID!) { pilot(id: $v) { id } }";
    let household = "query($v: ID!) { household(pilot: \"cortile\", id: $v) { id } }";
    let first = "query($v: Int) { events(pilot: \"cortile\", first: $v) { head } }";
    let after = "query($v: String) { events(pilot: \"cortile\", after: $v) { head } }";
    let page =
        "query($v: String) { households(pilot: \"cortile\", after: $v) { edges { cursor } } }";
    let as_of = "query($v: Int) { indicators(pilot: \"cortile\",
        period: { from: \"2024-01-01\", to: \"2024-12-31\" }, asOf: $v) { position } }";
    let from = "query($v: NaiveDate!) { indicators(pilot: \"cortile\",
        period: { from: $v, to: \"2024-12-31\" }) { position } }";
    let on = "query($v: NaiveDate!) { dwellings(pilot: \"cortile\", on: $v) { id } }";
    let long = json!("x".repeat(100_000));
    vec![
        (pilot, json!("nessuno"), ABSENT),
        (pilot, json!(""), ABSENT),
        (pilot, json!("a\u{0}b"), ABSENT),
        (pilot, json!("'; drop table x; --"), ABSENT),
        (pilot, long, ABSENT),
        (pilot, json!("00000000-0000-0000-0000-000000000000"), ABSENT),
        (pilot, json!(7), ABSENT),
        (household, json!("Rossi"), ABSENT),
        (household, json!(Uuid::from_u128(1)), ABSENT),
        (first, json!(0), INPUT),
        (first, json!(-1), INPUT),
        (first, json!(201), INPUT),
        (first, json!(2_147_483_647), INPUT),
        (after, json!("Zenobia"), INPUT),
        (after, json!("-1"), INPUT),
        (after, json!("99999999999999999999"), INPUT),
        (page, json!("Zenobia"), INPUT),
        (page, json!(""), INPUT),
        (as_of, json!(-1), INPUT),
        (as_of, json!(1_000_000), INPUT),
        (from, json!("2025-01-01"), INPUT),
        (from, json!("0000-01-01"), INPUT),
        (from, json!("1800-01-01"), INPUT),
        (from, json!("99999-01-01"), INPUT),
        (from, json!("+99999-01-01"), INPUT),
        (from, json!("-262143-01-01"), INPUT),
        (from, json!("2024-02-30"), INPUT),
        (from, json!("Zenobia"), INPUT),
        (on, json!("99999-01-01"), INPUT),
        (on, json!("01/02/2024"), INPUT),
    ]
}

#[tokio::test]
async fn questions_that_make_no_sense_are_told_so() {
    let house = House::open().await;
    let token = house.token(Role::Coordinator, None).await;
    tell(&house, &token).await;
    for (query, value, code) in failing_questions() {
        let answer = house.ask(&token, query, json!({ "v": value })).await;
        let what: String = format!("{query} with {value}").chars().take(160).collect();
        assert_eq!(answer.status, StatusCode::OK, "{what}: {}", answer.text);
        assert_eq!(answer.codes(), [code], "{what}: {}", answer.text);
        assert_fit(&answer, &what);
    }
    // Far days are days like others.
    for on in ["0000-01-01", "1800-01-01", "2999-12-31", "+262142-12-31"] {
        let query =
            "query($on: NaiveDate!) { dwellings(pilot: \"cortile\", on: $on) { available } }";
        house.data(&token, query, json!({ "on": on })).await;
    }
    house.close().await;
}

/// Commands with a value that cannot be, and how each is answered: an error's code, or a rule's.
fn impossible_commands() -> Vec<(&'static str, &'static str, Value, &'static str)> {
    const INPUT: &str = "BAD_USER_INPUT";
    let visit = |field: &str, value: Value| {
        let mut content =
            json!({ "household": HOUSEHOLD, "kind": "HOME", "purpose": "SUPPORT", "minutes": 30 });
        content[field] = value;
        content
    };
    let expense =
        |amount: Value| json!({ "line": "FURNITURE", "amount": amount, "description": "Letti" });
    let partner = |name: &str| json!({ "kind": "SCHOOL", "name": name });
    let joined = |born: &str| {
        json!({
            "household": HOUSEHOLD,
            "member": {
                "relation": "CHILD",
                "identity": { "givenName": NAME, "familyName": NAME, "bornOn": born },
            },
        })
    };
    let homeless = |since: &str| {
        let mut content = joined("2020-01-01");
        content["member"]["withoutHomeSince"] = json!(since);
        content
    };
    let on = "2024-03-10";
    vec![
        (
            "recordVisit",
            "0000-01-01",
            visit("minutes", json!(30)),
            "too_long_ago",
        ),
        (
            "recordVisit",
            "1800-01-01",
            visit("minutes", json!(30)),
            "too_long_ago",
        ),
        (
            "recordVisit",
            "-262143-01-01",
            visit("minutes", json!(30)),
            "too_long_ago",
        ),
        (
            "recordVisit",
            "2999-01-01",
            visit("minutes", json!(30)),
            "in_the_future",
        ),
        (
            "recordVisit",
            "+262142-12-31",
            visit("minutes", json!(30)),
            "in_the_future",
        ),
        (
            "recordVisit",
            "99999-01-01",
            visit("minutes", json!(30)),
            INPUT,
        ),
        (
            "recordVisit",
            "2024-02-30",
            visit("minutes", json!(30)),
            INPUT,
        ),
        ("recordVisit", NAME, visit("minutes", json!(30)), INPUT),
        ("recordVisit", on, visit("minutes", json!(70_000)), INPUT),
        ("recordVisit", on, visit("minutes", json!(-1)), INPUT),
        ("recordVisit", on, visit("household", json!(NAME)), INPUT),
        ("recordVisit", on, visit("present", json!([NAME])), INPUT),
        (
            "recordVisit",
            on,
            visit("present", json!([PERSONS[0], PERSONS[0]])),
            "named_twice",
        ),
        (
            "recordVisit",
            on,
            visit("household", json!(Uuid::nil())),
            "no_referral",
        ),
        (
            "recordVisit",
            on,
            visit("note", json!("Agapito ".repeat(60_000))),
            INPUT,
        ),
        ("recordExpense", on, expense(json!("12,50")), INPUT),
        ("recordExpense", on, expense(json!("NaN")), INPUT),
        ("recordExpense", on, expense(json!("1e400")), INPUT),
        (
            "recordExpense",
            on,
            expense(json!("-5")),
            "amount_out_of_range",
        ),
        (
            "recordExpense",
            on,
            expense(json!("0.001")),
            "amount_too_fine",
        ),
        (
            "recordExpense",
            on,
            expense(json!("79228162514264337593543950335")),
            "amount_out_of_range",
        ),
        ("addPartner", on, partner("a\u{0}b"), "text_not_plain"),
        ("addPartner", on, partner(" \n "), "text_missing"),
        (
            "addPartner",
            on,
            partner(&"x".repeat(500_000)),
            "text_too_long",
        ),
        ("addMember", on, joined("2999-01-01"), "birth_after_entry"),
        ("addMember", on, joined("0000-01-01"), "age_inconsistent"),
        ("addMember", on, joined("-262143-01-01"), "age_inconsistent"),
        ("addMember", on, joined("1800-01-01"), "age_inconsistent"),
        ("addMember", on, homeless("Zenobia"), INPUT),
        (
            "admit",
            on,
            json!({ "household": HOUSEHOLD, "members": NAME }),
            INPUT,
        ),
        (
            "admit",
            on,
            json!({ "household": HOUSEHOLD, "members": [{ "relation": "HEAD", "identity": NAME }] }),
            INPUT,
        ),
        (
            "agreePlan",
            on,
            json!({ "household": HOUSEHOLD, "reviewDue": "+262142-12-31" }),
            "day_out_of_range",
        ),
        (
            "agreePlan",
            on,
            json!({ "household": HOUSEHOLD, "reviewDue": "1800-01-01" }),
            "day_out_of_range",
        ),
        (
            "reviewGoal",
            on,
            json!({ "household": HOUSEHOLD, "goal": GOAL, "attainment": 200 }),
            INPUT,
        ),
        (
            "reviewGoal",
            on,
            json!({ "household": HOUSEHOLD, "goal": GOAL, "attainment": 3 }),
            "out_of_range",
        ),
        (
            "retractRecord",
            on,
            json!({ "position": -1, "reason": "OTHER" }),
            "no_such_fact",
        ),
        (
            "retractRecord",
            on,
            json!({ "position": i64::MAX, "reason": "OTHER" }),
            "no_such_fact",
        ),
        (
            "openPilot",
            on,
            json!({ "title": "t", "place": "p", "code": "A'; drop", "currency": "EUR", "pilot": Uuid::from_u128(0x1ab) }),
            "code_not_usable",
        ),
        (
            "openPilot",
            on,
            json!({ "title": "t", "place": "p", "code": "x\u{0}", "currency": "EUR", "pilot": Uuid::from_u128(0x1ab) }),
            "code_not_usable",
        ),
    ]
}

#[tokio::test]
async fn impossible_commands_are_refused_and_record_nothing() {
    let house = House::open().await;
    let token = house.token(Role::Coordinator, None).await;
    let told = tell(&house, &token).await;
    for (n, (mutation, on, content, expected)) in impossible_commands().into_iter().enumerate() {
        let pilot = content.get("pilot").cloned();
        let mut input = input(story::command(700 + n), PILOT, on, content.clone());
        input["pilot"] = pilot.unwrap_or(json!(PILOT));
        let answer = send(&house, &token, mutation, input).await;
        let what: String = format!("{mutation} on {on}: {content}")
            .chars()
            .take(200)
            .collect();
        assert_fit(&answer, &what);
        let given = match answer.codes().as_slice() {
            [] => answer.json()["data"][mutation]["code"].clone(),
            [code] => json!(code),
            more => panic!("{what}: {more:?}"),
        };
        assert_eq!(given, expected, "{what}: {}", answer.text);
    }
    // A command id is an id.
    let mut unnamed = story()[0].input(Uuid::nil());
    unnamed["commandId"] = json!(NAME);
    let answer = send(&house, &token, "openPilot", unnamed).await;
    assert_eq!(answer.codes(), ["BAD_USER_INPUT"], "{}", answer.text);
    assert_fit(&answer, "a command id");

    let head = house.app.log().head(PILOT).await.unwrap();
    assert_eq!(head.position, told as i64);
    house.close().await;
}

/// A house whose database can be cut off.
pub(crate) async fn house_on_a_cable() -> (House, Cable) {
    let database = cluster::testing::database().await;
    migrate(&database).await;
    let cable = Cable::to(&database);
    let pools = Database::new(cable.options()).pools().await;
    let app = App::serving(pools.expect("connections"), vault(&database).await);
    let house = House::through(database, app, cable.options()).await;
    (house, cable)
}

fn is_unavailable(answer: &Answer) -> bool {
    answer.codes() == ["UNAVAILABLE"]
}

#[tokio::test]
async fn a_lost_database_is_said_and_found_again() {
    let (house, cable) = house_on_a_cable().await;
    let token = house.token(Role::Coordinator, None).await;
    let story = story();
    let half = story.len() / 2;
    for (n, step) in story.iter().enumerate() {
        let input = step.input(story::command(n));
        if n == half {
            cable.pull_out().await;
            for _ in 0..3 {
                let answer = send(&house, &token, step.mutation, input.clone()).await;
                assert!(is_unavailable(&answer), "{}", answer.text);
                assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
                assert_fit(&answer, "a command without a database");
                let health = Answer::of(house.request(Method::GET, "/healthz")).await;
                assert_eq!(health.status, StatusCode::SERVICE_UNAVAILABLE);
                assert!(is_unavailable(&health), "{}", health.text);
                assert_fit(&health, "health without a database");
            }
            cable.plug_in();
        }
        let payload = record(&house, &token, step.mutation, input).await;
        assert_eq!(payload["position"], n + 1, "{}: {payload}", step.mutation);
        assert_eq!(payload["already"], false, "{}: {payload}", step.mutation);
    }
    let health = Answer::of(house.request(Method::GET, "/healthz")).await;
    assert_eq!(health.status, StatusCode::OK);
    let verified = house.app.log().verify(PILOT).await.unwrap();
    assert_eq!(verified.findings, Vec::new());
    assert_eq!(verified.commands, story.len() as u64);
    house.close().await;
}

async fn head(superuser: &sqlx::PgPool) -> i64 {
    let query = sqlx::query_scalar("select position from eventlog.head where log_id = $1");
    query
        .bind(PILOT)
        .fetch_one(superuser)
        .await
        .expect("a head")
}

/// Sends a command until it is recorded; how often the database was not there.
async fn insist(house: &House, token: &str, n: usize) -> usize {
    let content = json!({ "kind": "SCHOOL", "name": format!("Scuola {n}") });
    let input = input(story::command(3000 + n), PILOT, "2024-01-15", content);
    let mut away = 0;
    loop {
        let answer = send(house, token, "addPartner", input.clone()).await;
        assert_fit(&answer, "a command while connections are cut");
        if !is_unavailable(&answer) {
            assert_eq!(answer.codes(), Vec::<String>::new(), "{}", answer.text);
            let payload = &answer.json()["data"]["addPartner"];
            assert_eq!(payload["__typename"], "Recorded", "{payload}");
            return away;
        }
        away += 1;
    }
}

#[tokio::test]
async fn a_command_cut_off_in_the_middle_is_recorded_once() {
    const COMMANDS: usize = 60;
    const CUTS: usize = 25;

    let (house, cable) = house_on_a_cable().await;
    let token = house.token(Role::Coordinator, None).await;
    let opened = record(
        &house,
        &token,
        "openPilot",
        story()[0].input(story::command(0)),
    )
    .await;
    assert_eq!(opened["position"], 1);

    let work = futures_util::future::join_all((0..4).map(|lane| {
        let (house, token) = (&house, &token);
        async move {
            let mut away = 0;
            for n in (lane..COMMANDS).step_by(4) {
                away += insist(house, token, n).await;
            }
            away
        }
    }));
    let superuser = house.superuser().await;
    let disturb = async {
        for cut in 0..CUTS {
            if cut % 2 == 0 {
                cable.pull_out().await;
                cable.plug_in();
            } else {
                // What an administrator does, or a server that is stopped.
                sqlx::query(
                    "select pg_terminate_backend(pid) from pg_stat_activity
                     where datname = current_database() and pid <> pg_backend_pid()
                       and usename = current_user",
                )
                .execute(&superuser)
                .await
                .unwrap();
            }
            // Lets some work through before the next one.
            let before = head(&superuser).await;
            for _ in 0..200 {
                if head(&superuser).await > before + 1 {
                    break;
                }
            }
        }
    };
    let (away, ()) = futures_util::future::join(work, disturb).await;
    // That the cuts are felt at all is what this test rests on.
    assert!(
        away.iter().sum::<usize>() > 0,
        "no command was ever cut off"
    );

    let facts = house.app.log().read(PILOT, 0, 500).await.unwrap();
    assert_eq!(facts.len(), COMMANDS + 1);
    let verified = house.app.log().verify(PILOT).await.unwrap();
    assert_eq!(verified.findings, Vec::new());
    assert_eq!(verified.commands, COMMANDS as u64 + 1);
    house.close().await;
}
