//! `factRecorded` over a WebSocket: every fact once, in order, and only for who may see the log.

use std::time::Duration;

use events::CodeList;
use events::PilotId;
use events::codes::Role;
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};
use uuid::Uuid;

use crate::faults::house_on_a_cable;
use crate::house::House;
use crate::story::{self, *};

/// Only what is stuck takes longer.
const PATIENCE: Duration = Duration::from_secs(60);

/// A client of the graphql-transport-ws protocol.
pub(crate) struct Subscriber(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Subscriber {
    /// Connects; a token goes into the request's header, or nowhere.
    pub(crate) async fn connect(house: &House, header: Option<&str>) -> Self {
        let mut request = format!("ws://{}/graphql", house.address)
            .into_client_request()
            .expect("an address");
        let headers = request.headers_mut();
        let protocol = "graphql-transport-ws".parse().expect("a header");
        headers.insert("sec-websocket-protocol", protocol);
        if let Some(token) = header {
            let value = format!("Bearer {token}").parse().expect("a header");
            headers.insert("authorization", value);
        }
        let (socket, answer) = connect_async(request).await.expect("a WebSocket");
        assert_eq!(
            answer.headers()["sec-websocket-protocol"],
            "graphql-transport-ws"
        );
        Self(socket)
    }

    pub(crate) async fn send(&mut self, message: Value) {
        let sent = self.0.send(Message::text(message.to_string())).await;
        sent.expect("the server listens");
    }

    /// The next message of the protocol; nothing when the server closed, with what it said.
    pub(crate) async fn next(&mut self) -> Result<Value, String> {
        loop {
            let message = tokio::time::timeout(PATIENCE, self.0.next()).await;
            match message.expect("an answer in time") {
                Some(Ok(Message::Text(text))) => {
                    return Ok(serde_json::from_str(&text).expect("JSON"));
                }
                Some(Ok(Message::Close(frame))) => return Err(format!("{frame:?}")),
                Some(Ok(_)) => {}
                Some(Err(error)) => return Err(error.to_string()),
                None => return Err("the end".to_owned()),
            }
        }
    }

    /// Connects and signs in.
    pub(crate) async fn admitted(house: &House, token: &str) -> Self {
        let mut subscriber = Self::connect(house, Some(token)).await;
        subscriber.send(json!({ "type": "connection_init" })).await;
        let answer = subscriber.next().await.expect("an answer");
        assert_eq!(answer["type"], "connection_ack", "{answer}");
        subscriber
    }

    async fn subscribe(&mut self, pilot: &str, after: Option<i64>) {
        let query = "subscription($pilot: ID!, $after: Int) {
            factRecorded(pilot: $pilot, after: $after) { position kind command }
        }";
        let variables = json!({ "pilot": pilot, "after": after });
        self.send(json!({
            "id": "1", "type": "subscribe", "payload": { "query": query, "variables": variables },
        }))
        .await;
    }

    /// Follows a pilot's log from its beginning, and hears positions only.
    pub(crate) async fn follow(&mut self, pilot: &str) {
        let query =
            "subscription($pilot: ID!) { factRecorded(pilot: $pilot, after: 0) { position } }";
        let variables = json!({ "pilot": pilot });
        self.send(json!({
            "id": "1", "type": "subscribe", "payload": { "query": query, "variables": variables },
        }))
        .await;
    }

    /// The next fact's position.
    pub(crate) async fn position(&mut self) -> i64 {
        let message = self.next().await.expect("a fact");
        assert_eq!(message["type"], "next", "{message}");
        let fact = &message["payload"]["data"]["factRecorded"];
        fact["position"]
            .as_i64()
            .unwrap_or_else(|| panic!("{message}"))
    }

    /// The code of the error that is the answer.
    pub(crate) async fn refused(&mut self) -> String {
        let message = self.next().await.expect("an answer");
        let payload = &message["payload"];
        let errors = payload.get("errors").unwrap_or(payload);
        let code = &errors[0]["extensions"]["code"];
        let code = code
            .as_str()
            .unwrap_or_else(|| panic!("no refusal: {message}"));
        assert!(
            payload["data"]["factRecorded"].get("kind").is_none(),
            "{message}"
        );
        code.to_owned()
    }
}

async fn school(house: &House, token: &str, n: usize) {
    let content = json!({ "kind": "SCHOOL", "name": format!("Scuola {n}") });
    let input = input(story::command(4000 + n), PILOT, "2024-01-15", content);
    let payload = record(house, token, "addPartner", input).await;
    assert_eq!(payload["__typename"], "Recorded", "{payload}");
}

#[tokio::test]
async fn every_fact_is_told_once_while_others_record() {
    const LANES: usize = 4;
    const EACH: usize = 15;

    let house = House::open().await;
    let token = house.token(Role::Coordinator, None).await;
    let told = tell(&house, &token).await as i64;
    let last = told + (LANES * EACH) as i64;

    // One from the beginning, one from the middle, one that comes while others record; and one that
    // says nothing and hears only what is new.
    let mut from_now = Subscriber::admitted(&house, &token).await;
    from_now.subscribe(CODE, None).await;
    let recording = futures_util::future::join_all((0..LANES).map(|lane| {
        let (house, token) = (&house, &token);
        async move {
            for n in 0..EACH {
                school(house, token, lane * EACH + n).await;
            }
        }
    }));
    let listening = futures_util::future::join_all([0, 10, told, told + 20].map(|after| {
        let (house, token) = (&house, &token);
        async move {
            let mut subscriber = Subscriber::admitted(house, token).await;
            subscriber.subscribe(CODE, Some(after)).await;
            for expected in after + 1..=last {
                assert_eq!(subscriber.position().await, expected, "after {after}");
            }
            subscriber
        }
    }));
    let (_, mut listeners) = futures_util::future::join(recording, listening).await;

    let mut position = from_now.position().await;
    assert!((told + 1..=last).contains(&position), "{position}");
    while position < last {
        let next = from_now.position().await;
        assert_eq!(next, position + 1);
        position = next;
    }

    // The next fact is the next message of everybody: nothing came in between.
    listeners.push(from_now);
    school(&house, &token, LANES * EACH).await;
    for listener in &mut listeners {
        assert_eq!(listener.position().await, last + 1);
    }
    drop(listeners);
    house.close().await;
}

#[tokio::test]
async fn a_bad_token_is_refused() {
    let house = House::open().await;
    let good = house.token(Role::Coordinator, None).await;
    tell(&house, &good).await;
    let revoked = house.token(Role::Coordinator, None).await;
    let id = house.token_id(&revoked).await;
    house.revoke_token(id).await;

    let init = |token: &str| json!({ "authorization": format!("Bearer {token}") });
    let cases = [
        ("no token", None, Value::Null, false),
        ("an invented one", Some("inrete_00"), Value::Null, false),
        ("a revoked one", Some(revoked.as_str()), Value::Null, false),
        ("a revoked one in the message", None, init(&revoked), false),
        (
            "a bad header and a good message",
            Some("inrete_00"),
            init(&good),
            false,
        ),
        ("a good one", Some(good.as_str()), Value::Null, true),
        ("a good one in the message", None, init(&good), true),
    ];
    for (what, header, payload, admitted) in cases {
        let mut subscriber = Subscriber::connect(&house, header).await;
        let mut message = json!({ "type": "connection_init" });
        if !payload.is_null() {
            message["payload"] = payload;
        }
        subscriber.send(message).await;
        match subscriber.next().await {
            Ok(answer) => {
                assert!(admitted, "{what}: {answer}");
                assert_eq!(answer["type"], "connection_ack", "{what}");
            }
            Err(closed) => assert!(!admitted && closed.contains("token"), "{what}: {closed}"),
        }
    }

    // Without a sign-in nothing is answered, whatever is asked.
    let mut subscriber = Subscriber::connect(&house, Some(&good)).await;
    subscriber.subscribe(CODE, Some(0)).await;
    assert!(subscriber.next().await.is_err());
    house.close().await;
}

#[tokio::test]
async fn the_log_is_told_to_some_roles_in_their_own_pilots() {
    let house = House::open().await;
    let installer = house.token(Role::Coordinator, None).await;
    let told = tell(&house, &installer).await as i64;
    let other = Uuid::from_u128(0x1ff);
    let opening =
        json!({ "title": "Altro", "place": "Altrove", "code": "altro", "currency": "EUR" });
    let opening = input(story::command(900), other, "2024-01-10", opening);
    record(&house, &installer, "openPilot", opening).await;

    for entry in Role::ENTRIES {
        let role = entry.value;
        let may = matches!(role, Role::Coordinator | Role::Evaluator | Role::Auditor);
        let token = house.token(role, Some(&[PilotId(PILOT)])).await;
        let asked = async |pilot: &str| {
            let mut subscriber = Subscriber::admitted(&house, &token).await;
            let query =
                "subscription($pilot: ID!) { factRecorded(pilot: $pilot, after: 0) { position } }";
            subscriber
                .send(json!({
                    "id": "1", "type": "subscribe",
                    "payload": { "query": query, "variables": { "pilot": pilot } },
                }))
                .await;
            subscriber
        };
        let mut own = asked(CODE).await;
        if may {
            for expected in 1..=told {
                assert_eq!(own.position().await, expected, "{role:?}");
            }
        } else {
            assert_eq!(own.refused().await, "FORBIDDEN", "{role:?}");
        }
        for pilot in ["altro", "nessuno"] {
            assert_eq!(
                asked(pilot).await.refused().await,
                "NOT_FOUND",
                "{role:?}, {pilot}"
            );
        }
    }

    // What a fact says takes more than knowing that there is one.
    let auditor = house.token(Role::Auditor, None).await;
    let mut subscriber = Subscriber::admitted(&house, &auditor).await;
    subscriber.subscribe(CODE, Some(0)).await;
    assert_eq!(subscriber.refused().await, "FORBIDDEN");
    house.close().await;
}

#[tokio::test]
async fn a_lost_database_ends_it_once() {
    let (house, cable) = house_on_a_cable().await;
    let token = house.token(Role::Coordinator, None).await;
    let told = tell(&house, &token).await as i64;
    let mut subscriber = Subscriber::admitted(&house, &token).await;
    subscriber.subscribe(CODE, Some(told - 1)).await;
    assert_eq!(subscriber.position().await, told);
    cable.pull_out().await;
    assert_eq!(subscriber.refused().await, "UNAVAILABLE");
    assert_eq!(subscriber.next().await.unwrap()["type"], "complete");
    cable.plug_in();

    // Asked again after the last fact, over the same connection, it goes on.
    school(&house, &token, 0).await;
    subscriber.subscribe(CODE, Some(told)).await;
    assert_eq!(subscriber.position().await, told + 1);
    house.close().await;
}

#[tokio::test]
async fn a_revoked_token_hears_nothing_more() {
    let house = House::open().await;
    let token = house.token(Role::Coordinator, None).await;
    let told = tell(&house, &token).await as i64;
    let other = house.token(Role::Auditor, None).await;
    let mut subscriber = Subscriber::admitted(&house, &other).await;
    let query = "subscription { factRecorded(pilot: \"cortile\", after: 0) { position } }";
    subscriber
        .send(json!({ "id": "1", "type": "subscribe", "payload": { "query": query } }))
        .await;
    for expected in 1..=told {
        assert_eq!(subscriber.position().await, expected);
    }
    let id = house.token_id(&other).await;
    house.revoke_token(id).await;
    school(&house, &token, 0).await;
    assert_eq!(subscriber.refused().await, "UNAUTHENTICATED");
    assert_eq!(subscriber.next().await.unwrap()["type"], "complete");
    house.close().await;
}
