//! A whole demonstration, heard at the finest level there is: nothing that is sealed is in a line that
//! is logged, in an error that is answered, or in a file of the data directory.

mod inputs;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use reqwest::Method;
use serde_json::{Value, json};
use sources::demo;
use tests::program::{Place, Served};
use tests::search::{Texts, files};
use uuid::Uuid;

use crate::house::{Answer, list};
use inputs::{About, Inputs};

use crate::walk_fields::{FRAME, HOUSEHOLDS, MONEY, OPENED};

const CODE: &str = "casalmaggiore";
/// A day on which most of the households live there.
const DAY: &str = "2025-03-01";
const DONE: i32 = 0;

/// Where the demonstration says with which tokens it can be tried, and where that ends.
const INTRODUCTION: (&str, &str) = ("In Rete is running with invented data.", "Ctrl-C stops");

/// Every role there is a token for, and whether it opens what is sealed.
const ROLES: [(&str, bool); 5] = [
    ("coordinator", true),
    ("committee_member", false),
    ("evaluator", false),
    ("auditor", false),
    ("administrator", false),
];

#[test]
fn nothing_sealed_is_in_a_line_an_error_or_a_file_of_a_whole_demonstration() {
    let place = Place::new().with("INRETE_LOG", "trace");
    let served = place.start(&["demo"]);
    let tokens: Vec<String> = ROLES.iter().map(|role| token(&place, role.0)).collect();
    let texts = Texts::new(demo::sealed_texts());
    let secrets = Texts::new(&tokens);

    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let told = runtime.block_on(async {
        let asker = Asker::of(&served);
        let mut told = Told::default();
        let persons = everything_is_asked(&asker, &tokens, &texts, &mut told).await;
        it_stumbles(&asker, &tokens[0], &mut told).await;
        commands_go_wrong(&asker, &tokens[0], &persons, &mut told).await;
        subscribers_stumble(&served, &tokens[0], &mut told).await;
        told
    });
    for error in &told.errors {
        let found = texts.in_bytes(error);
        assert!(found.is_empty(), "{found:?} in an error: {error}");
        assert!(secrets.in_bytes(error).is_empty(), "a token: {error}");
    }
    // Errors of many kinds were answered, or there would be nothing to look at.
    assert!(told.errors.len() > 200, "{} errors", told.errors.len());
    assert!(told.refusals.len() > 10, "{:?}", told.refusals);

    let commands = commands(&place);
    // Sealed, it was written to all of these; closing, the last of it is.
    let heard = closed(served);
    let (before, after) = heard.split_once(INTRODUCTION.0).expect("an introduction");
    let (_, after) = after.split_once(INTRODUCTION.1).expect("its end");
    for said in [before, after]
        .into_iter()
        .chain(commands.iter().map(String::as_str))
    {
        for line in said.lines() {
            let found = texts.in_bytes(line);
            assert!(found.is_empty(), "{found:?} was logged: {line}");
            assert!(
                secrets.in_bytes(line).is_empty(),
                "a token was logged: {line}"
            );
            let bearer = line.to_ascii_lowercase().contains("bearer inrete");
            assert!(!bearer, "a token was logged: {line}");
        }
    }
    // It was the finest level.
    let traced = commands.iter().map(String::as_str).chain([after]);
    assert!(
        traced
            .flat_map(str::lines)
            .any(|line| line.contains("DEBUG"))
    );

    let kept: Vec<PathBuf> = files(&place.data());
    assert_eq!(texts.in_files(&kept), BTreeMap::new());
    let present = Texts::new(["HouseholdMemberJoined"]);
    assert!(!present.in_files(&kept).is_empty(), "nothing was looked at");
}

/// Errors and what was refused by rules.
#[derive(Default)]
struct Told {
    errors: Vec<String>,
    refusals: BTreeSet<String>,
}

impl Told {
    /// Keeps what is wrong with an answer: all of it, or its errors beside data that may hold names.
    fn hear(&mut self, answer: &Answer) {
        let body: Value = serde_json::from_str(&answer.text).unwrap_or_default();
        match (&body["errors"], &body["data"]) {
            (Value::Null, Value::Object(_)) => {}
            (errors, Value::Object(_)) => self.errors.push(errors.to_string()),
            _ => self.errors.push(answer.text.clone()),
        }
    }

    /// The same of a command's answer, in which nothing is opened.
    fn hear_command(&mut self, name: &str, answer: &Answer) {
        let body: Value = serde_json::from_str(&answer.text).unwrap_or_default();
        if body["data"][name]["__typename"] == "Refused" {
            self.refusals.insert(body["data"][name]["code"].to_string());
        }
        self.errors.push(answer.text.clone());
    }
}

struct Asker {
    client: reqwest::Client,
    address: String,
}

impl Asker {
    fn of(served: &Served) -> Self {
        Self {
            client: reqwest::Client::new(),
            address: served.address.clone(),
        }
    }

    fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let root = self.address.trim_end_matches("/graphql");
        self.client.request(method, format!("{root}{path}"))
    }

    async fn ask(&self, token: &str, query: &str, variables: Value) -> Answer {
        let request = self.client.post(&self.address).bearer_auth(token);
        let body = json!({ "query": query, "variables": variables });
        Answer::of(request.json(&body)).await
    }
}

fn token(place: &Place, role: &str) -> String {
    let create = ["token", "create", "--role", role, "--label", "demo-run"];
    place.run(&create).ended(DONE).stdout.trim().to_owned()
}

/// Asks for every field there is of every household, as everybody. Every household with a person of it.
async fn everything_is_asked(
    asker: &Asker,
    tokens: &[String],
    texts: &Texts,
    told: &mut Told,
) -> Vec<(String, String)> {
    let all = "query($pilot: ID!) { households(pilot: $pilot, first: 100) { edges { node {
        id members { person }
    } } } }";
    let answer = asker.ask(&tokens[0], all, json!({ "pilot": CODE })).await;
    let edges = answer.json()["data"]["households"]["edges"].take();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let persons: Vec<_> = list(&edges)
        .iter()
        .map(|edge| {
            let node = &edge["node"];
            (text(&node["id"]), text(&node["members"][0]["person"]))
        })
        .collect();
    assert!(persons.len() > 5);
    let mut opened = BTreeSet::new();
    for (token, (role, opens)) in tokens.iter().zip(ROLES) {
        for (household, _) in &persons {
            let variables = json!({ "pilot": CODE, "household": household, "on": DAY });
            for query in [FRAME, MONEY, HOUSEHOLDS, OPENED] {
                let answer = asker.ask(token, query, variables.clone()).await;
                told.hear(&answer);
                let found = texts.in_bytes(&answer.text);
                assert!(opens || found.is_empty(), "{role} sees {found:?}");
                opened.extend(found);
            }
        }
    }
    // What is looked for is what is said when it may be.
    assert!(opened.len() > 40, "only {opened:?}");
    persons
}

/// Requests with sealed words where none belong.
async fn it_stumbles(asker: &Asker, token: &str, told: &mut Told) {
    for text in demo::sealed_texts().into_iter().step_by(7) {
        let queries = [
            format!("query {{ households(pilot: \"{text}\") {{ edges {{ node {{ id }} }} }} }}"),
            format!("query {{ pilot(id: \"{CODE}\") {{ agenda(on: \"{text}\") {{ kind }} }} }}"),
            format!("query {{ pilots {{ id \"{text}\" }} }}"),
            format!("query {{ pilots(name: \"{text}\") {{ id }} }}"),
            text.to_owned(),
            format!("query {{ household(pilot: \"{CODE}\", id: \"{text}\") {{ id }} }}"),
            format!(
                "query {{ households(pilot: \"{CODE}\", after: \"{text}\") {{ pageInfo {{ hasNextPage }} }} }}"
            ),
            format!(
                "query {{ households(pilot: \"{CODE}\", status: \"{text}\") {{ pageInfo {{ hasNextPage }} }} }}"
            ),
        ];
        for query in &queries {
            told.hear(&asker.ask(token, query, json!({})).await);
        }
        let query =
            "query($pilot: ID!, $on: NaiveDate!) { dwellings(pilot: $pilot, on: $on) { id } }";
        for variables in [
            json!({ "pilot": CODE, "on": text }),
            json!({ "pilot": text, "on": DAY }),
            json!({ "pilot": { (text): text }, "on": DAY }),
            json!(text),
        ] {
            told.hear(&asker.ask(token, query, variables).await);
        }
        told.hear(&asker.ask(text.trim(), "{ pilots { id } }", json!({})).await);
        let post = |body: String| {
            let request = asker.request(Method::POST, "/graphql").bearer_auth(token);
            request
                .header("content-type", "application/json")
                .body(body)
        };
        let broken = [
            format!("{{\"query\": {text}"),
            format!("[{{\"query\": \"{text}\"}}]"),
            json!({ "query": 7, "operationName": text }).to_string(),
            json!({ "query": "{ pilots { id } }", "operationName": text }).to_string(),
            json!({ "query": "{ pilots { id } }", "extensions": text }).to_string(),
            text.repeat(40_000),
        ];
        for body in broken {
            told.hear(&Answer::of(post(body)).await);
        }
        let plain = asker.request(Method::POST, "/graphql").bearer_auth(token);
        told.hear(&Answer::of(plain.body(text)).await);
        let word: String = text.split_whitespace().next().unwrap_or(text).to_owned();
        for (method, path) in [
            (Method::GET, format!("/{word}")),
            (Method::GET, format!("/graphql?query={word}")),
            (Method::DELETE, format!("/graphql/{word}")),
        ] {
            told.hear(&Answer::of(asker.request(method, &path)).await);
        }
    }
}

// ---- commands ----

/// Every command, malformed and well-formed; most of the latter are refused by a rule, each on
/// another day of another household.
async fn commands_go_wrong(
    asker: &Asker,
    token: &str,
    persons: &[(String, String)],
    told: &mut Told,
) {
    let inputs = Inputs::of_the_schema();
    assert!(inputs.mutations.len() > 30);
    let texts = demo::sealed_texts();
    let mut texts = texts.iter().cycle();
    let mut next = || texts.next().expect("for ever");
    for (n, (name, input)) in inputs.mutations.iter().enumerate() {
        let command = |input: &str| {
            format!(
                "mutation($input: {input}!) {{ {name}(input: $input) {{
                    __typename ... on Refused {{ code message }} ... on Conflict {{ message }}
                }} }}"
            )
        };
        let mut tried = vec![json!(next()), inputs.all_of(input, next())];
        for (try_, on) in [DAY, "2024-01-02", "2031-01-01"].into_iter().enumerate() {
            let (household, person) = &persons[(n + try_) % persons.len()];
            let about = About {
                command: Uuid::from_u128((n * 10 + try_) as u128),
                household,
                person,
                on,
                text: next(),
            };
            tried.push(inputs.plausible(input, &about));
        }
        for input_ in tried {
            let variables = json!({ "input": input_ });
            let answer = asker.ask(token, &command(input), variables).await;
            told.hear_command(name, &answer);
        }
        // A word of hers for a field, and for the type of what is sent.
        let word: String = next().chars().filter(|c| c.is_ascii_alphabetic()).collect();
        let queries = [
            format!("mutation {{ {name}(input: {{ {word}: 1 }}) {{ __typename }} }}"),
            format!(
                "mutation {{ {name}(input: {{ note: \"{}\" }}) {{ {word} }} }}",
                next()
            ),
            format!(
                "mutation {{ {name}(input: \"{}\") {{ __typename }} }}",
                next()
            ),
        ];
        for query in queries {
            told.hear(&asker.ask(token, &query, json!({})).await);
        }
    }
}

/// Subscribers who say who they are, and others who say what they should not.
async fn subscribers_stumble(served: &Served, token: &str, told: &mut Told) {
    use futures_util::{SinkExt, StreamExt};
    use tokio_tungstenite::tungstenite::Message;
    use tokio_tungstenite::tungstenite::client::IntoClientRequest;

    let text = demo::sealed_texts()[0];
    let subscription = format!("subscription {{ factRecorded(pilot: \"{CODE}\") {{ position }} }}");
    let good = json!({ "authorization": format!("Bearer {token}") });
    let openings = [
        (good.clone(), subscription.clone()),
        (
            good.clone(),
            format!("subscription {{ factRecorded(pilot: \"{text}\") {{ id }} }}"),
        ),
        (good, text.to_owned()),
        (
            json!({ "authorization": format!("Bearer {text}") }),
            subscription,
        ),
    ];
    for (init, query) in openings {
        let address = served.address.replacen("http", "ws", 1);
        let mut request = address.into_client_request().expect("an address");
        let protocol = "graphql-transport-ws".parse().expect("a header");
        request
            .headers_mut()
            .insert("sec-websocket-protocol", protocol);
        let connected = tokio_tungstenite::connect_async(request).await;
        let (mut socket, _) = connected.expect("a WebSocket");
        for message in [
            json!({ "type": "connection_init", "payload": init }),
            json!({ "type": "subscribe", "id": "1", "payload": { "query": query } }),
            json!({ "type": text, "id": text }),
        ] {
            // It may have hung up already.
            let _ = socket.send(Message::text(message.to_string())).await;
        }
        // What is said until it falls silent or hangs up.
        let silence = std::time::Duration::from_secs(1);
        while let Ok(Some(Ok(message))) = tokio::time::timeout(silence, socket.next()).await {
            told.errors.push(message.to_string());
        }
    }
}

// ---- the command line ----

/// Commands beside the server, the ones that open what is sealed among them; what they said.
fn commands(place: &Place) -> Vec<String> {
    let listed = place.run(&["person", "list", "--pilot", CODE, "--json"]);
    let persons = listed.ended(DONE).json();
    let person = persons[0]["person"].as_str().expect("an id").to_owned();
    let (hers, bundle) = (place.beside("hers"), place.beside("bundle"));
    let (hers, bundle) = (hers.to_str().expect("text"), bundle.to_str().expect("text"));
    let word = demo::sealed_texts()[0];
    let good: [&[&str]; 8] = [
        &["person", "list", "--pilot", CODE],
        &["person", "export", "--person", &person, "--to", hers],
        &["agenda", "--pilot", CODE],
        &["ledger", "--pilot", CODE],
        &["indicators", "--pilot", CODE, "--period", "2025"],
        &["export", "--pilot", CODE, "--to", bundle],
        &["key", "rotate-master"],
        &["verify"],
    ];
    let ran = good.map(|arguments| place.run(arguments).ended(DONE));
    // Not even what was asked for is repeated where it is logged; on a terminal it is.
    let wrong = place.run(&["person", "export", "--person", word, "--to", hers]);
    assert_ne!(wrong.code, Some(DONE));
    ran.into_iter()
        .flat_map(|ran| [ran.stdout, ran.stderr])
        .collect()
}

/// Ends it in order; everything it ever said.
fn closed(served: Served) -> String {
    let (status, heard) = served.interrupted();
    assert!(status.success(), "{heard}");
    heard
}
