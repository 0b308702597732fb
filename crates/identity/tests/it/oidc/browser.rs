//! A browser: cookies, redirects, forms.

use std::collections::BTreeMap;

use identity::oidc::Answer;
use reqwest::header::{CONTENT_TYPE, COOKIE, LOCATION, SET_COOKIE};
use reqwest::{Method, redirect};
use url::{Url, form_urlencoded};

use crate::kit::ORIGIN;

pub(super) struct Browser {
    client: reqwest::Client,
    cookies: BTreeMap<String, String>,
}

/// What it ended at: a page, or the service's own door.
#[derive(Debug)]
pub(super) enum Page {
    Html { at: Url, text: String },
    Back(Url),
}

impl Browser {
    pub(super) fn new() -> Self {
        let client = reqwest::Client::builder()
            .no_proxy()
            .redirect(redirect::Policy::none());
        Self {
            client: client.build().expect("a client"),
            cookies: BTreeMap::new(),
        }
    }

    pub(super) async fn visit(&mut self, url: &Url) -> Page {
        self.go(Method::GET, url.clone(), String::new()).await
    }

    /// Sends the form of a page, with its hidden fields and these.
    pub(super) async fn submit(&mut self, page: &Page, fields: &[(&str, &str)]) -> Page {
        let Page::Html { at, text } = page else {
            panic!("no page: {page:?}")
        };
        let action = attribute(text, "<form", "action").expect("a form");
        let mut form = form_urlencoded::Serializer::new(String::new());
        for input in text.split("<input").skip(1) {
            let input = &input[..input.find('>').unwrap_or(input.len())];
            let named = |attribute: &str| -> Option<&str> {
                let (_, rest) = input.split_once(&format!("{attribute}=\""))?;
                rest.split('"').next()
            };
            if let (Some("hidden"), Some(name)) = (named("type"), named("name")) {
                form.append_pair(name, named("value").unwrap_or_default());
            }
        }
        form.extend_pairs(fields);
        let action = at.join(&action).expect("an address");
        self.go(Method::POST, action, form.finish()).await
    }

    async fn go(&mut self, mut method: Method, mut url: Url, mut body: String) -> Page {
        for _ in 0..10 {
            if url.as_str().starts_with(ORIGIN) {
                return Page::Back(url);
            }
            let cookies: Vec<_> = self
                .cookies
                .iter()
                .map(|(k, v)| format!("{k}={v}"))
                .collect();
            let request = self
                .client
                .request(method, url.clone())
                .header(COOKIE, cookies.join("; "))
                .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
                .body(body);
            let response = request.send().await.expect("an answer");
            for cookie in response.headers().get_all(SET_COOKIE) {
                let cookie = cookie.to_str().expect("a cookie");
                let pair = cookie.split(';').next().unwrap_or_default();
                let (name, value) = pair.split_once('=').expect("a cookie");
                match value {
                    "" => self.cookies.remove(name),
                    value => self.cookies.insert(name.to_owned(), value.to_owned()),
                };
            }
            let Some(next) = response.headers().get(LOCATION) else {
                let text = response.text().await.expect("a page");
                return Page::Html { at: url, text };
            };
            let next = next.to_str().expect("an address");
            url = url.join(next).expect("an address");
            (method, body) = (Method::GET, String::new());
        }
        panic!("round and round");
    }

    /// Signs in at the whole provider, and agrees to everything.
    pub(super) async fn sign_in(&mut self, url: &Url, login: &str) -> Answer {
        let mut page = self.visit(url).await;
        loop {
            page = match &page {
                Page::Back(back) => return answer(back),
                Page::Html { text, .. } if text.contains("value=\"login\"") => {
                    let fields = [("login", login), ("password", "any")];
                    self.submit(&page, &fields).await
                }
                Page::Html { text, .. } if text.contains("value=\"consent\"") => {
                    self.submit(&page, &[]).await
                }
                other => panic!("what is this? {other:?}"),
            };
        }
    }
}

/// The first `attribute` of the first element.
fn attribute(text: &str, element: &str, attribute: &str) -> Option<String> {
    let (_, rest) = text.split_once(element)?;
    let (_, rest) = rest.split_once(&format!("{attribute}=\""))?;
    Some(rest.split('"').next()?.replace("&amp;", "&"))
}

/// What the provider sent the browser back with.
pub(super) fn answer(back: &Url) -> Answer {
    let query = serde_json::Map::from_iter(
        back.query_pairs()
            .map(|(name, value)| (name.into_owned(), value.into_owned().into())),
    );
    serde_json::from_value(query.into()).expect("an answer")
}
