//! HTTP: pages, one GraphQL endpoint, a health check.
//!
//! What holds for every answer is here: whom a request has to be meant for, and what browsers are told
//! about what they get. No personal value is ever part of an address.

pub(crate) mod client;
mod graphql;
pub(crate) mod limits;
mod listener;
pub(crate) mod origin;
mod rest;
mod tls;

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use app::App;
use poem::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue};
use poem::http::{Method, StatusCode};
use poem::web::Data as Shared;
use poem::{Endpoint, EndpointExt, Request, Response, Route, handler};
use serde_json::json;

pub use client::{Proxies, Proxy};
pub use graphql::MAX_BODY_BYTES;
pub use limits::{Rate, Rates};
pub use listener::Listener;
pub use origin::{NotAnOrigin, Origin};
pub use tls::{Tls, TlsError};

use crate::web::Site;
use origin::Named;

/// How long open requests may take to end when the server stops.
const DRAIN: Duration = Duration::from_secs(10);

/// The head of a request at most, in bytes. No connection keeps much more than that in memory.
const MAX_HEAD_BYTES: usize = 32 * 1024;

const JSON: &str = "application/json; charset=utf-8";

const GRAPHQL: &str = "/graphql";
const HEALTH: &str = "/healthz";

/// What browsers are told about every answer. Nothing here comes from elsewhere, runs what is written
/// into a page, is shown inside another page, or is kept.
static HEADERS: [(HeaderName, HeaderValue); 9] = [
    (
        HeaderName::from_static("content-security-policy"),
        HeaderValue::from_static(
            "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; \
             form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
        ),
    ),
    (
        HeaderName::from_static("x-content-type-options"),
        HeaderValue::from_static("nosniff"),
    ),
    (
        HeaderName::from_static("x-frame-options"),
        HeaderValue::from_static("DENY"),
    ),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        HeaderValue::from_static("same-origin"),
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        HeaderValue::from_static("same-origin"),
    ),
    (
        HeaderName::from_static("cross-origin-embedder-policy"),
        HeaderValue::from_static("require-corp"),
    ),
    (
        HeaderName::from_static("x-permitted-cross-domain-policies"),
        HeaderValue::from_static("none"),
    ),
    (
        HeaderName::from_static("x-robots-tag"),
        HeaderValue::from_static("noindex, nofollow"),
    ),
    (
        HeaderName::from_static("permissions-policy"),
        HeaderValue::from_static(
            "accelerometer=(), autoplay=(), browsing-topics=(), camera=(), display-capture=(), \
             encrypted-media=(), fullscreen=(), geolocation=(), gyroscope=(), hid=(), \
             idle-detection=(), local-fonts=(), magnetometer=(), microphone=(), midi=(), payment=(), \
             picture-in-picture=(), publickey-credentials-create=(self), \
             publickey-credentials-get=(self), screen-wake-lock=(), serial=(), storage-access=(), \
             usb=(), xr-spatial-tracking=()",
        ),
    ),
];

/// A year, in seconds: so long browsers come over TLS alone once they did.
static HSTS: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// The service's addresses.
pub fn routes(site: Arc<Site>) -> impl Endpoint {
    let graphql = poem::get(graphql::subscribe)
        .post(graphql::graphql)
        .options(graphql::not_allowed)
        .put(graphql::not_allowed)
        .delete(graphql::not_allowed)
        .patch(graphql::not_allowed)
        .head(graphql::not_allowed);
    let routes = Route::new()
        .at(GRAPHQL, graphql)
        .at(HEALTH, poem::get(health));
    let routes = crate::web::add(routes, &site)
        .data(site.app.clone())
        .data(Arc::clone(&site));
    Guard {
        inner: routes,
        site,
    }
}

/// Serves until `until`, then lets open requests end.
pub async fn serve(listener: Listener, site: Arc<Site>, until: impl Future<Output = ()>) {
    let proxies = site.settings.proxies.clone();
    listener.serve(routes(site), &proxies, until, DRAIN).await;
}

/// The address a request comes from.
pub(crate) fn address(request: &Request, proxies: &Proxies) -> IpAddr {
    let peer = request.remote_addr().as_socket_addr();
    let peer = peer.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.ip());
    proxies.client(peer, request.headers())
}

/// What stands before and behind everything.
struct Guard<E> {
    inner: E,
    site: Arc<Site>,
}

impl<E: Endpoint> Endpoint for Guard<E>
where
    E::Output: poem::IntoResponse,
{
    type Output = Response;

    async fn call(&self, request: Request) -> poem::Result<Response> {
        use poem::IntoResponse;
        let path = request.uri().path().to_owned();
        let page = path != GRAPHQL && path != HEALTH;
        let origin = &self.site.settings.origin;
        // What watches over the service asks it by whatever address it has.
        let named = match path == HEALTH {
            true => Named::Origin,
            false => origin.named(request.headers()),
        };
        let asks = request.method() == Method::GET || request.method() == Method::HEAD;
        let response = match named {
            _ if head_bytes(&request) > MAX_HEAD_BYTES => refuse(
                StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
                "HEAD_TOO_LARGE",
                &format!("the request's head is larger than {MAX_HEAD_BYTES} bytes"),
            ),
            Named::Other => refuse(
                StatusCode::MISDIRECTED_REQUEST,
                "MISDIRECTED",
                &format!("this service is reached at {origin}"),
            ),
            // Cookies and passkeys belong to one name.
            Named::ThisMachine if page && asks => Response::builder()
                .status(StatusCode::TEMPORARY_REDIRECT)
                .header("location", format!("{origin}{}", request.uri()))
                .finish(),
            _ => {
                let reads = page && crate::web::wants_page(request.headers());
                let language = crate::web::language(request.headers());
                match self.inner.call(request).await {
                    Ok(answered) => answered.into_response(),
                    Err(error) if reads => crate::web::lost(&self.site, language, error.status()),
                    Err(error) => plain_error(&error),
                }
            }
        };
        Ok(self.safe(&path, response))
    }
}

impl<E> Guard<E> {
    fn safe(&self, path: &str, mut response: Response) -> Response {
        let one_time = path.starts_with("/link/");
        let headers = response.headers_mut();
        for (name, value) in &HEADERS {
            headers.insert(name.clone(), value.clone());
        }
        // Only what is the same for everybody and for ever says otherwise.
        if !headers.contains_key(CACHE_CONTROL) {
            headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        }
        // With `no-referrer` browsers hide even from us that a form is our own, so only those pages
        // have it that are asked for with a secret.
        let referrer = match one_time {
            true => "no-referrer",
            false => "same-origin",
        };
        headers.insert("referrer-policy", HeaderValue::from_static(referrer));
        if self.site.settings.origin.is_https() {
            headers.insert("strict-transport-security", HSTS.clone());
        }
        response
    }
}

/// How large a request's head is, without what stands between its lines.
fn head_bytes(request: &Request) -> usize {
    let path = request.uri().path_and_query();
    let path = path.map_or(0, |it| it.as_str().len());
    let lines = request.headers().iter();
    let lines = lines.map(|(name, value)| name.as_str().len() + value.len());
    path + lines.sum::<usize>()
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
