//! HTTP: one GraphQL endpoint, held to the GraphQL-over-HTTP specification, and a health check.
//!
//! POST only, JSON only, one operation a request, a bounded body; nobody gets past it without a
//! good token. No personal value is ever part of an address.

use std::time::Duration;

use app::access::SignedIn;
use app::{App, Fenced};
use async_graphql::Data;
use async_graphql::http::{WebSocket, WebSocketProtocols, WsMessage};
use events::access::Holder;
use futures_util::{SinkExt, StreamExt, future};
use poem::http::header::{
    ACCEPT, ALLOW, AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, WWW_AUTHENTICATE,
};
use poem::http::{HeaderMap, StatusCode};
use poem::listener::{Acceptor, Listener, TcpListener};
use poem::web::Data as Shared;
use poem::web::websocket::{Message, WebSocket as Upgrade};
use poem::{Body, Endpoint, EndpointExt, IntoResponse, Request, Response, Route, Server, handler};
use policy::{Strength, Subject};
use serde_json::json;

use crate::chain;
use crate::graphql::{Purpose, Schema};

/// A request's body at most, in bytes.
pub const MAX_BODY_BYTES: usize = 1024 * 1024;
/// A request's body arrives within this time: nobody holds a connection by sending slowly.
const BODY_TIMEOUT: Duration = Duration::from_secs(15);
/// A request is answered within this time, or not at all.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(60);
/// How long open requests may take to end when the server stops.
const DRAIN: Duration = Duration::from_secs(10);

/// A subscriber that says nothing for so long, not even a ping, is gone.
const IDLE_SUBSCRIBER: Duration = Duration::from_secs(600);

/// Says what personal data is read for, like `extensions.purpose` of the request.
const PURPOSE: &str = "x-purpose";
const SUBSCRIPTION_PROTOCOL: &str = "graphql-transport-ws";
const GRAPHQL_JSON: &str = "application/graphql-response+json; charset=utf-8";
const JSON: &str = "application/json; charset=utf-8";

/// The service's addresses.
pub fn routes(app: App, schema: Schema) -> impl Endpoint {
    Route::new()
        .at(
            "/graphql",
            poem::get(subscribe)
                .post(graphql)
                .options(not_allowed)
                .put(not_allowed)
                .delete(not_allowed)
                .patch(not_allowed)
                .head(not_allowed),
        )
        .at("/healthz", poem::get(health))
        .data(app)
        .data(schema)
        .after(|result: poem::Result<Response>| async move {
            Ok(safe(result.unwrap_or_else(|error| plain_error(&error))))
        })
}

/// Serves until `until`, then lets open requests end.
///
/// # Errors
/// When it cannot listen.
pub async fn serve<T: Acceptor + 'static>(
    acceptor: T,
    app: App,
    schema: Schema,
    until: impl Future<Output = ()>,
) -> std::io::Result<()> {
    Server::new_with_acceptor(acceptor)
        .run_with_graceful_shutdown(routes(app, schema), until, Some(DRAIN))
        .await
}

/// Listens on an address.
///
/// # Errors
/// When it is taken or not this machine's.
pub async fn listen(address: &str) -> std::io::Result<impl Acceptor + 'static + use<>> {
    TcpListener::bind(address.to_owned()).into_acceptor().await
}

fn safe(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(
        CACHE_CONTROL,
        poem::http::HeaderValue::from_static("no-store"),
    );
    headers.insert(
        "x-content-type-options",
        poem::http::HeaderValue::from_static("nosniff"),
    );
    headers.insert(
        "referrer-policy",
        poem::http::HeaderValue::from_static("no-referrer"),
    );
    response
}

fn plain_error(error: &poem::Error) -> Response {
    let status = error.status();
    let code = match status {
        StatusCode::NOT_FOUND => "NOT_FOUND",
        StatusCode::METHOD_NOT_ALLOWED => "METHOD_NOT_ALLOWED",
        _ => "BAD_REQUEST",
    };
    refuse(status, code, status.canonical_reason().unwrap_or("refused"))
}

/// An answer in the form of a GraphQL response without data.
fn refuse(status: StatusCode, code: &str, message: &str) -> Response {
    let body = json!({ "errors": [{ "message": message, "extensions": { "code": code } }] });
    Response::builder()
        .status(status)
        .header(CONTENT_TYPE, JSON)
        .body(body.to_string())
}

/// Is the database there?
#[handler]
async fn health(app: Shared<&App>) -> Response {
    match app.log().ids().await {
        Ok(_) => Response::builder()
            .header(CONTENT_TYPE, JSON)
            .body(r#"{"status":"ok"}"#),
        Err(_) => refuse(
            StatusCode::SERVICE_UNAVAILABLE,
            "UNAVAILABLE",
            "the database is not available",
        ),
    }
}

#[handler]
async fn not_allowed() -> Response {
    post_instead()
}

fn post_instead() -> Response {
    let mut response = refuse(
        StatusCode::METHOD_NOT_ALLOWED,
        "METHOD_NOT_ALLOWED",
        "send a POST with a JSON body",
    );
    response
        .headers_mut()
        .insert(ALLOW, poem::http::HeaderValue::from_static("POST"));
    response
}

/// The bearer token of a request.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// Whoever a token is for, with her roles as they are now.
async fn subject(app: &App, token: Option<&str>) -> Result<(SignedIn, Subject, Fenced), Response> {
    let unauthenticated = || {
        let mut response = refuse(
            StatusCode::UNAUTHORIZED,
            "UNAUTHENTICATED",
            "send a good token: `Authorization: Bearer …`; `inrete token create` makes one",
        );
        response.headers_mut().insert(
            WWW_AUTHENTICATE,
            poem::http::HeaderValue::from_static("Bearer"),
        );
        response
    };
    let token = token.ok_or_else(unauthenticated)?;
    let token = app
        .token(token)
        .await
        .map_err(|error| unavailable(&error))?;
    let token = Holder::Token(token.ok_or_else(unauthenticated)?);
    // A token that sees personal data is made at the command line, for a few days: it stands for both
    // factors.
    let signed_in = app.signed_in(token, Strength::Strong);
    let entered = signed_in.enter().await;
    match entered.map_err(|error| unavailable(&error))? {
        Some((subject, fenced)) => Ok((signed_in, subject, fenced)),
        None => Err(unauthenticated()),
    }
}

/// Who asks, and what for, cannot be looked at.
fn unavailable(error: &app::Error) -> Response {
    tracing::error!(error = %chain(error), "sign-in failed");
    refuse(
        StatusCode::SERVICE_UNAVAILABLE,
        "UNAVAILABLE",
        "the database is not available: try again, with the same command id",
    )
}

/// Which of the two media types the asker wants. None: neither.
fn negotiate(headers: &HeaderMap) -> Option<&'static str> {
    let Some(accept) = headers.get(ACCEPT) else {
        return Some(JSON);
    };
    let accept = accept.to_str().unwrap_or("");
    let mut best: Option<(&'static str, f32)> = None;
    for part in accept.split(',') {
        let mut pieces = part.split(';').map(str::trim);
        let offered = match pieces.next().unwrap_or("").to_ascii_lowercase().as_str() {
            "application/graphql-response+json" => GRAPHQL_JSON,
            "application/json" | "application/*" | "*/*" => JSON,
            _ => continue,
        };
        let weight = pieces
            .find_map(|piece| piece.strip_prefix("q="))
            .and_then(|q| q.parse().ok())
            .unwrap_or(1.0);
        if weight > 0.0 && best.is_none_or(|(_, known)| weight > known) {
            best = Some((offered, weight));
        }
    }
    best.map(|(offered, _)| offered)
}

fn is_json(headers: &HeaderMap) -> bool {
    let Some(content) = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
    else {
        return false;
    };
    let mut pieces = content.split(';').map(str::trim);
    pieces
        .next()
        .is_some_and(|media| media.eq_ignore_ascii_case("application/json"))
        && pieces.all(|piece| {
            piece.split_once('=').is_none_or(|(key, value)| {
                !key.eq_ignore_ascii_case("charset")
                    || value.trim_matches('"').eq_ignore_ascii_case("utf-8")
            })
        })
}

#[handler]
async fn graphql(
    request: &Request,
    body: Body,
    app: Shared<&App>,
    schema: Shared<&Schema>,
) -> Response {
    match answer(request, body, &app, &schema).await {
        Ok(response) | Err(response) => response,
    }
}

async fn answer(
    request: &Request,
    body: Body,
    app: &App,
    schema: &Schema,
) -> Result<Response, Response> {
    let headers = request.headers();
    let media = negotiate(headers).ok_or_else(|| {
        refuse(
            StatusCode::NOT_ACCEPTABLE,
            "NOT_ACCEPTABLE",
            "accept application/graphql-response+json or application/json",
        )
    })?;
    let (signed_in, subject, fenced) = subject(app, bearer(headers)).await?;
    if !is_json(headers) {
        return Err(refuse(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "UNSUPPORTED_MEDIA_TYPE",
            "send application/json in UTF-8",
        ));
    }
    let read = tokio::time::timeout(BODY_TIMEOUT, body.into_bytes_limit(MAX_BODY_BYTES)).await;
    let bytes = read
        .map_err(|_| {
            refuse(
                StatusCode::REQUEST_TIMEOUT,
                "TIMEOUT",
                "the body did not arrive in time; nothing was done",
            )
        })?
        .map_err(|error| match error {
            poem::error::ReadBodyError::PayloadTooLarge => refuse(
                StatusCode::PAYLOAD_TOO_LARGE,
                "PAYLOAD_TOO_LARGE",
                &format!("the body is larger than {MAX_BODY_BYTES} bytes"),
            ),
            _ => refuse(
                StatusCode::BAD_REQUEST,
                "BAD_REQUEST",
                "the body could not be read",
            ),
        })?;
    let mut query =
        parse(&bytes).map_err(|message| refuse(StatusCode::BAD_REQUEST, "BAD_REQUEST", message))?;
    if let Some(purpose) = headers.get(PURPOSE) {
        // What is no text says no purpose, and is refused as one.
        Purpose::say(&mut query, purpose.to_str().unwrap_or_default());
    }
    let query = query.data(signed_in).data(subject).data(fenced);
    let executed = tokio::time::timeout(REQUEST_TIMEOUT, schema.execute(query)).await;
    let answered = executed.map_err(|_| {
        refuse(
            StatusCode::GATEWAY_TIMEOUT,
            "TIMEOUT",
            "not answered in time; whether a command was recorded is told by sending it again with the same command id",
        )
    })?;
    // A response without data is a request that was never executed. The older media type says so
    // with 200 all the same, as the specification asks.
    let no_data = matches!(answered.data, async_graphql::Value::Null) && answered.is_err();
    let executed = answered.errors.iter().any(|error| !error.path.is_empty());
    let status = if media == GRAPHQL_JSON && no_data && !executed {
        StatusCode::BAD_REQUEST
    } else {
        StatusCode::OK
    };
    let mut body = serde_json::to_value(&answered).unwrap_or_else(|_| json!({}));
    if no_data
        && !executed
        && let Some(body) = body.as_object_mut()
    {
        body.remove("data");
    }
    Ok(Response::builder()
        .status(status)
        .header(CONTENT_TYPE, media)
        .body(body.to_string()))
}

/// Reads one GraphQL request. A batch is refused: its cost could not be bounded.
fn parse(bytes: &[u8]) -> Result<async_graphql::Request, &'static str> {
    let value: serde_json::Value =
        serde_json::from_slice(bytes).map_err(|_| "the body is not JSON")?;
    let object = value
        .as_object()
        .ok_or("the body is not one JSON object; batches are not accepted")?;
    if !object
        .get("query")
        .is_some_and(serde_json::Value::is_string)
    {
        return Err("`query` is missing, or not a text");
    }
    let optional = |key: &str, good: fn(&serde_json::Value) -> bool| match object.get(key) {
        None | Some(serde_json::Value::Null) => true,
        Some(value) => good(value),
    };
    if !optional("operationName", serde_json::Value::is_string) {
        return Err("`operationName` is not a text");
    }
    if !optional("variables", serde_json::Value::is_object) {
        return Err("`variables` is not an object");
    }
    if !optional("extensions", serde_json::Value::is_object) {
        return Err("`extensions` is not an object");
    }
    serde_json::from_value(value).map_err(|_| "the body is not a GraphQL request")
}

/// Subscriptions, over the graphql-transport-ws protocol. A client that cannot set headers sends
/// its token with `connection_init`, as `{"authorization": "Bearer …"}`.
#[handler]
async fn subscribe(
    upgrade: poem::Result<Upgrade>,
    headers: &HeaderMap,
    app: Shared<&App>,
    schema: Shared<&Schema>,
) -> Response {
    let Ok(upgrade) = upgrade else {
        return post_instead();
    };
    let (app, schema) = (app.clone(), schema.clone());
    let token = bearer(headers).map(str::to_owned);
    upgrade
        .protocols([SUBSCRIPTION_PROTOCOL])
        .on_upgrade(move |socket| async move {
            let (mut sink, stream) = socket.split();
            let texts = Box::pin(
                stream
                    .take_while(|message| future::ready(message.is_ok()))
                    .filter_map(|message| {
                        future::ready(match message.unwrap_or(Message::Close(None)) {
                            Message::Text(text) => Some(text.into_bytes()),
                            Message::Binary(bytes) => Some(bytes),
                            _ => None,
                        })
                    }),
            );
            let mut answers = Box::pin(
                WebSocket::new(schema, texts, WebSocketProtocols::GraphQLWS)
                    .keepalive_timeout(IDLE_SUBSCRIBER)
                    .on_connection_init(move |init| admit(app, token, init)),
            );
            while let Some(answer) = answers.next().await {
                let message = match answer {
                    WsMessage::Text(text) => Message::text(text),
                    WsMessage::Close(code, reason) => Message::close_with(code, reason),
                };
                if sink.send(message).await.is_err() {
                    break;
                }
            }
        })
        .into_response()
}

/// Whom a subscription is for: the token of the request, or the one sent with `connection_init`.
async fn admit(
    app: App,
    token: Option<String>,
    init: serde_json::Value,
) -> async_graphql::Result<Data> {
    let sent = init
        .get("authorization")
        .and_then(serde_json::Value::as_str);
    let sent = sent
        .and_then(|value| value.split_once(' '))
        .map(|(_, token)| token.trim().to_owned());
    let token = match token.or(sent) {
        Some(token) => app.token(&token).await.ok().flatten(),
        None => None,
    };
    let token = token.ok_or_else(|| async_graphql::Error::new("send a good token"))?;
    let mut data = Data::default();
    // What she may is looked up with each request over the connection.
    data.insert(app.signed_in(Holder::Token(token), Strength::Strong));
    Ok(data)
}
