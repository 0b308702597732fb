//! What holds for every answer, and what every form has to bring.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use reqwest::{Method, StatusCode};
use server::web::{PAGES, Who};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::staff::Staff;
use super::{Shown, Visitor};
use crate::house::House;

/// What every answer has, word for word.
const HEADERS: &[(&str, &str)] = &[
    (
        "content-security-policy",
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; \
         form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    ),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("cross-origin-embedder-policy", "require-corp"),
];

/// A path of the table with something in the places of names.
fn filled(path: &str) -> String {
    let pieces = path.split('/').map(|piece| match piece.strip_prefix(':') {
        Some("pilot") => "casalmaggiore",
        Some(_) => "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        None => piece,
    });
    pieces.collect::<Vec<_>>().join("/")
}

fn assert_safe(shown: &Shown, what: &str) {
    for (name, value) in HEADERS {
        let found = shown
            .headers
            .get(*name)
            .map(|it| it.to_str().expect("a text"));
        assert_eq!(found, Some(*value), "{what}: {name}");
    }
    assert!(shown.headers.contains_key("permissions-policy"), "{what}");
    assert!(shown.headers.contains_key("referrer-policy"), "{what}");
    assert!(!shown.headers.contains_key("server"), "{what}");
    assert!(!shown.headers.contains_key("strict-transport-security"));
    for line in shown.set_cookies() {
        assert!(line.starts_with("__Host-inrete"), "{what}: {line}");
        for flag in ["; Path=/", "; Secure", "; HttpOnly", "; SameSite="] {
            assert!(line.contains(flag), "{what}: {line}");
        }
        assert!(!line.contains("Domain="), "{what}: {line}");
    }
}

#[tokio::test]
async fn every_answer_tells_browsers_what_they_may_not_do() {
    let house = House::open().await;
    let mut visitor = house.visitor();
    for line in PAGES {
        let path = filled(line.path);
        let request = match line.method == Method::POST {
            true => visitor.form(&path, &[]),
            false => visitor.request(Method::GET, &path),
        };
        let shown = visitor.send(request).await;
        let what = format!("{} {}", line.method, line.path);
        assert_safe(&shown, &what);
        assert_eq!(shown.headers["cache-control"], "no-store", "{what}");
    }
    for path in ["/graphql", "/healthz", "/nowhere", "/static/nothing.css"] {
        let request = visitor.request(Method::GET, path);
        let shown = visitor.send(request).await;
        assert_safe(&shown, path);
        assert_eq!(shown.headers["cache-control"], "no-store", "{path}");
    }
    let shown = visitor.get("/sign-in").await;
    let style = super::visitor::between(&shown.text, "stylesheet\" href=\"", "\"");
    let request = visitor.request(Method::GET, style.expect("a style"));
    let shown = visitor.send(request).await;
    assert_safe(&shown, "style");
    assert_eq!(
        shown.headers["cache-control"],
        "public, max-age=31536000, immutable"
    );
    house.close().await;
}

#[tokio::test]
async fn no_page_has_anything_inline_or_from_elsewhere() {
    let house = House::open().await;
    let anna = Staff::hire(&house, "anna").await;
    let mut visitor = anna.enter(&house).await;
    for path in [
        "/",
        "/account",
        "/account/second-factor",
        "/sign-in",
        "/nowhere",
    ] {
        let shown = visitor.get(path).await;
        let text = &shown.text;
        for word in ["<style", " style=", " onclick", "javascript:", "data:"] {
            assert!(!text.contains(word), "{path}: {word}");
        }
        for piece in text.split("<script").skip(1) {
            assert!(piece.starts_with(" src=\"/static/"), "{path}: {piece}");
        }
        for attribute in [" src=\"", " action=\"", "stylesheet\" href=\""] {
            for piece in text.split(attribute).skip(1) {
                assert!(piece.starts_with('/'), "{path}: {attribute}{piece}");
            }
        }
        assert_eq!(text.matches("<h1").count(), 1, "{path}");
        assert!(text.contains("<html lang=\"it\">"), "{path}");
    }
    house.close().await;
}

#[tokio::test]
async fn who_has_no_session_gets_no_page_that_asks_for_one() {
    let house = House::open().await;
    for line in PAGES.iter().filter(|line| line.who != Who::Anybody) {
        let mut visitor = house.visitor();
        visitor.get("/sign-in").await;
        let path = filled(line.path);
        let request = match line.method == Method::POST {
            true => visitor.form(&path, &[]),
            false => visitor.request(Method::GET, &path),
        };
        let shown = visitor.send(request).await;
        let what = format!("{} {}", line.method, line.path);
        assert_eq!(shown.status, StatusCode::SEE_OTHER, "{what}");
        let to = shown.headers["location"].to_str().unwrap();
        assert!(to.starts_with("/sign-in"), "{what}: {to}");
    }
    house.close().await;
}

#[tokio::test]
async fn there_is_nothing_beside_the_table() {
    let house = House::open().await;
    let mut visitor = house.visitor();
    let known: BTreeSet<&str> = PAGES.iter().map(|line| line.path).collect();
    for path in &known {
        let methods: BTreeSet<_> = PAGES
            .iter()
            .filter(|line| line.path == *path)
            .map(|line| line.method.clone())
            .collect();
        for method in [
            Method::GET,
            Method::POST,
            Method::PUT,
            Method::DELETE,
            Method::PATCH,
            Method::OPTIONS,
        ] {
            if methods.contains(&method) {
                continue;
            }
            let request = visitor.request(method.clone(), &filled(path));
            let shown = visitor.send(request).await;
            let expected = StatusCode::METHOD_NOT_ALLOWED;
            assert_eq!(shown.status, expected, "{method} {path}");
        }
    }
    for path in ["/admin", "/accounts/", "/account/x", "//", "/static/"] {
        let request = visitor.request(Method::GET, path);
        let shown = visitor.send(request.header("accept", "text/html")).await;
        shown.is(404, "Pagina non trovata");
    }
    house.close().await;
}

/// Every form of the table refuses what does not come from a page of its own session.
#[tokio::test]
async fn a_form_that_somebody_else_sends_does_nothing() {
    let house = House::open().await;
    let anna = Staff::hire(&house, "anna").await;
    let berta = Staff::hire(&house, "berta").await;
    let mut visitor = anna.enter(&house).await;
    let mut other = berta.enter(&house).await;
    visitor.get("/account").await;
    other.get("/account").await;
    let own = visitor.token.clone();
    for line in PAGES.iter().filter(|line| line.method == Method::POST) {
        let path = filled(line.path);
        let refused = |shown: &Shown, why: &str| {
            let what = format!("{path}: {why}");
            assert_eq!(shown.status, StatusCode::FORBIDDEN, "{what}");
            assert_eq!(shown.heading(), "Il modulo non vale più", "{what}");
        };
        let post = |visitor: &Visitor| {
            visitor
                .request(Method::POST, &path)
                .header("accept", "text/html")
        };
        let cases: [(&str, Option<&str>, Option<&str>, &str); 7] = [
            ("no token", Some("same-origin"), None, ""),
            ("a wrong token", Some("same-origin"), None, "A"),
            ("another's token", Some("same-origin"), None, &other.token),
            ("another site", Some("cross-site"), None, &own),
            ("a neighbour", Some("same-site"), None, &own),
            ("another origin", None, Some("https://evil.example"), &own),
            ("no browser of today", None, None, &own),
        ];
        for (why, site, origin, token) in cases {
            let mut request = post(&visitor);
            if let Some(site) = site {
                request = request.header("sec-fetch-site", site);
            }
            if let Some(origin) = origin {
                request = request.header("origin", origin);
            }
            let request = request.form(&[("form_token", token)]);
            let shown = visitor.send(request).await;
            refused(&shown, why);
        }
        let json = post(&visitor)
            .header("sec-fetch-site", "same-origin")
            .header("content-type", "application/json")
            .body(format!("{{\"form_token\":\"{own}\"}}"));
        let shown = visitor.send(json).await;
        assert_eq!(shown.status, StatusCode::UNSUPPORTED_MEDIA_TYPE, "{path}");
    }
    // None of it was done.
    visitor.get("/account").await.is(200, "Il mio profilo");
    house.close().await;
}

#[tokio::test]
async fn a_request_for_another_host_is_not_answered() {
    let house = House::open().await;
    let mut visitor = house.visitor();
    for host in [
        "evil.example",
        "evil.example:80",
        "localhost",
        "localhost:1",
    ] {
        for path in ["/sign-in", "/graphql", "/static/x"] {
            let request = visitor.request(Method::GET, path).header("host", host);
            let shown = visitor.send(request).await;
            assert_eq!(shown.status, StatusCode::MISDIRECTED_REQUEST, "{host}");
        }
    }
    // By the machine's other name one is led to the first.
    let port = house.address.port();
    let request = visitor.request(Method::GET, "/sign-in?next=%2Faccount");
    let request = request.header("host", format!("127.0.0.1:{port}"));
    let shown = visitor.send(request).await;
    assert_eq!(shown.status, StatusCode::TEMPORARY_REDIRECT);
    let to = format!("{}/sign-in?next=%2Faccount", visitor.origin);
    assert_eq!(shown.headers["location"], *to);
    // What watches over the service asks by whatever name.
    let request = visitor.request(Method::GET, "/healthz");
    let shown = visitor.send(request.header("host", "10.1.2.3:8017")).await;
    assert_eq!(shown.status, StatusCode::OK);
    house.close().await;
}

#[tokio::test]
async fn forms_and_heads_are_bounded() {
    let house = House::open().await;
    let mut visitor = house.visitor();
    visitor.get("/sign-in").await;
    let long = "x".repeat(70_000);
    let fields = [("name", "anna"), ("password", &*long)];
    let shown = visitor.post("/sign-in", &fields).await;
    assert_eq!(shown.status, StatusCode::PAYLOAD_TOO_LARGE);
    let request = visitor.request(Method::GET, "/sign-in");
    let shown = request.header("x-long", "x".repeat(40_000)).send().await;
    let status = shown.map(|it| it.status());
    assert!(
        status.as_ref().is_err()
            || status
                .as_ref()
                .is_ok_and(|it| *it == StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE),
        "{status:?}"
    );
    house.close().await;
}

/// Who sends the head of a request drop by drop, or none at all, is not waited for.
#[tokio::test]
async fn who_sends_slowly_is_let_go() {
    let house = House::open().await;
    let begun = Instant::now();
    let mut silent = TcpStream::connect(house.address).await.unwrap();
    let mut slow = TcpStream::connect(house.address).await.unwrap();
    let drops = async {
        slow.write_all(b"GET /sign-in HTTP/1.1\r\n").await?;
        loop {
            slow.write_all(b"x: y\r\n").await?;
            tokio::time::sleep(Duration::from_secs(1)).await;
            if begun.elapsed() > Duration::from_secs(60) {
                return Ok::<(), std::io::Error>(());
            }
        }
    };
    let mut rest = Vec::new();
    let waits = silent.read_to_end(&mut rest);
    let waits = tokio::time::timeout(Duration::from_secs(60), waits);
    let (dropped, waited) = tokio::join!(drops, waits);
    assert!(dropped.is_err(), "the slow one was waited for");
    assert!(waited.is_ok(), "the silent one was waited for");
    assert!(begun.elapsed() < Duration::from_secs(45));
    house.close().await;
}
