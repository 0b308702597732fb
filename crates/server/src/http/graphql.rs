//! GraphQL over HTTP, held to its specification: POST only, JSON only, one operation a request, a bounded
//! body; nobody gets past it without a good token.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use app::Fenced;
use app::access::{SignedIn, Still};
use async_graphql::Data;
use async_graphql::http::{WebSocket, WebSocketProtocols, WsMessage};
use events::TokenId;
use events::access::Holder;
use futures_util::{SinkExt, StreamExt, future};
use identity::{Activity, SessionId};
use poem::http::header::{
    ACCEPT, ALLOW, AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE,
};
use poem::http::{HeaderMap, StatusCode};
use poem::web::Data as Shared;
use poem::web::websocket::{Message, WebSocket as Upgrade};
use poem::{Body, IntoResponse, Request, Response, handler};
use policy::{Strength, Subject};
use serde_json::json;

use super::limits::TooOften;
use super::{JSON, refuse};
use crate::chain;
use crate::graphql::Purpose;
use crate::web::Site;

/// A request's body at most, in bytes.
pub const MAX_BODY_BYTES: usize = 1024 * 1024;
/// A request's body arrives within this time: nobody holds a connection by sending slowly.
const BODY_TIMEOUT: Duration = Duration::from_secs(15);
/// A request is answered within this time, or not at all.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(60);
/// A subscriber that says nothing for so long, not even a ping, is gone.
const IDLE_SUBSCRIBER: Duration = Duration::from_secs(600);

/// Says what personal data is read for, like `extensions.purpose` of the request.
const PURPOSE: &str = "x-purpose";
const SUBSCRIPTION_PROTOCOL: &str = "graphql-transport-ws";
const GRAPHQL_JSON: &str = "application/graphql-response+json; charset=utf-8";

#[handler]
pub(super) async fn not_allowed() -> Response {
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

/// Nobody, or nobody any more.
fn unauthenticated() -> Response {
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
}

/// What is kept with the accounts: a session, a token.
struct Kept {
    site: Arc<Site>,
    what: What,
}

enum What {
    Session(SessionId),
    Token(TokenId),
}

impl Still for Kept {
    fn is_good(&self) -> Pin<Box<dyn Future<Output = Result<bool, app::Error>> + Send + '_>> {
        Box::pin(async move {
            let (identity, now) = (self.site.identity(), self.site.app().now());
            let good = match self.what {
                What::Session(session) => identity.is_open(now, session).await,
                What::Token(token) => identity.token_is_good(now, token).await,
            };
            good.map_err(|error| app::Error::Unavailable(Box::new(error)))
        })
    }
}

/// Who is behind a token; nobody when it is not good.
async fn by_token(site: &Arc<Site>, token: &str) -> Result<Option<SignedIn>, app::Error> {
    let app = site.app();
    let found = site.identity().token(app.now(), token).await;
    let found = found.map_err(|error| app::Error::Unavailable(Box::new(error)))?;
    Ok(found.map(|token| {
        let kept = Kept {
            site: Arc::clone(site),
            what: What::Token(token.id),
        };
        let strength = match token.owner {
            // Whoever has the command line made it, and for what sees personal data for a few days: it
            // stands for both factors.
            None => Strength::Strong,
            Some(_) => Strength::Weak,
        };
        app.signed_in(Holder::Token(token.id), strength, Arc::new(kept))
    }))
}

/// Who is behind a session's cookie; nobody when the request does not come from one of the service's own
/// pages, or she has to confirm who she is first.
async fn by_session(
    site: &Arc<Site>,
    request: &Request,
    activity: Activity,
) -> Result<Option<SignedIn>, app::Error> {
    if !site.origin().is_own(request.headers()) {
        return Ok(None);
    }
    let session = crate::web::session(site, request, activity).await;
    let session = session.map_err(|error| app::Error::Unavailable(Box::new(error)))?;
    Ok(session.filter(|session| !session.locked).map(|session| {
        let kept = Kept {
            site: Arc::clone(site),
            what: What::Session(session.id),
        };
        let strength = match session.strength {
            identity::Strength::Strong => Strength::Strong,
            identity::Strength::Password => Strength::Weak,
        };
        let holder = Holder::Account(session.account);
        site.app().signed_in(holder, strength, Arc::new(kept))
    }))
}

/// Who asks, with her roles as they are now: by a token, or by a session where there is none.
async fn subject(
    site: &Arc<Site>,
    request: &Request,
) -> Result<(SignedIn, Subject, Fenced), Response> {
    let found = match bearer(request.headers()) {
        Some(token) => by_token(site, token).await,
        // A session lasts by the pages that are looked at, and gets new secrets with them.
        None => by_session(site, request, Activity::Background).await,
    };
    let Some(signed_in) = found.map_err(|error| unavailable(&error))? else {
        let address = super::address(request, &site.settings.proxies);
        return Err(match site.limits.bad_token(address) {
            Ok(()) => unauthenticated(),
            Err(too_often) => wait(too_often),
        });
    };
    let entered = signed_in.enter().await;
    match entered.map_err(|error| unavailable(&error))? {
        Some((subject, fenced)) => Ok((signed_in, subject, fenced)),
        None => Err(unauthenticated()),
    }
}

/// Too many bad tokens from there.
fn wait(too_often: TooOften) -> Response {
    let mut response = refuse(
        StatusCode::TOO_MANY_REQUESTS,
        "TOO_MANY_REQUESTS",
        "too many bad tokens: wait",
    );
    let seconds = poem::http::HeaderValue::from(too_often.seconds);
    response.headers_mut().insert(RETRY_AFTER, seconds);
    response
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
pub(super) async fn graphql(request: &Request, body: Body, site: Shared<&Arc<Site>>) -> Response {
    match answer(request, body, &site).await {
        Ok(response) | Err(response) => response,
    }
}

async fn answer(request: &Request, body: Body, site: &Arc<Site>) -> Result<Response, Response> {
    let headers = request.headers();
    let media = negotiate(headers).ok_or_else(|| {
        refuse(
            StatusCode::NOT_ACCEPTABLE,
            "NOT_ACCEPTABLE",
            "accept application/graphql-response+json or application/json",
        )
    })?;
    let (signed_in, subject, fenced) = subject(site, request).await?;
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
    let executed = tokio::time::timeout(REQUEST_TIMEOUT, site.schema.execute(query)).await;
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
pub(super) async fn subscribe(
    upgrade: poem::Result<Upgrade>,
    request: &Request,
    site: Shared<&Arc<Site>>,
) -> Response {
    let Ok(upgrade) = upgrade else {
        return post_instead();
    };
    let token = bearer(request.headers()).map(str::to_owned);
    // A page's own connection: whether the session is still good is looked at with each request over it.
    let session = match token {
        Some(_) => None,
        None => match by_session(&site, request, Activity::Background).await {
            Ok(session) => session,
            Err(error) => return unavailable(&error),
        },
    };
    let (schema, site) = (site.schema.clone(), Arc::clone(&site));
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
                    .on_connection_init(move |init| admit(site, session, token, init)),
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

/// Whom a subscription is for: the token of the request, or the one sent with `connection_init`, or the
/// session of the page that it comes from.
async fn admit(
    site: Arc<Site>,
    session: Option<SignedIn>,
    token: Option<String>,
    init: serde_json::Value,
) -> async_graphql::Result<Data> {
    let sent = init
        .get("authorization")
        .and_then(serde_json::Value::as_str);
    let sent = sent
        .and_then(|value| value.split_once(' '))
        .map(|(_, token)| token.trim().to_owned());
    let signed_in = match token.or(sent) {
        Some(token) => by_token(&site, &token).await.ok().flatten(),
        None => session,
    };
    let signed_in = signed_in.ok_or_else(|| async_graphql::Error::new("send a good token"))?;
    let mut data = Data::default();
    // What she may is looked up with each request over the connection.
    data.insert(signed_in);
    Ok(data)
}
