//! Somebody with a browser that has no scripts: keeps cookies as browsers do, follows where it is led,
//! and sends the forms that it finds on pages.

use std::collections::BTreeMap;

use reqwest::header::{HeaderMap, LOCATION, SET_COOKIE};
use reqwest::redirect::Policy;
use reqwest::{Client, Method, StatusCode};

/// Redirects that are followed at most.
const MOST: usize = 5;

/// A browser.
#[derive(Clone)]
pub(crate) struct Visitor {
    client: Client,
    /// Where the service is: scheme, host, port.
    pub(crate) origin: String,
    pub(crate) cookies: BTreeMap<String, String>,
    /// What forms on the page that is looked at carry.
    pub(crate) token: String,
}

/// A page as it came.
#[derive(Clone, Debug)]
pub(crate) struct Shown {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
    /// Its path, after every redirect.
    pub(crate) path: String,
}

impl Shown {
    /// The heading.
    pub(crate) fn heading(&self) -> &str {
        between(&self.text, "<h1>", "</h1>").unwrap_or_default()
    }

    /// Fails unless it has this status and heading.
    #[track_caller]
    pub(crate) fn is(&self, status: u16, heading: &str) -> &Self {
        let found = (self.status.as_u16(), self.heading());
        assert_eq!(found, (status, heading), "{}: {}", self.path, self.text);
        self
    }

    /// Fails unless it says so.
    #[track_caller]
    pub(crate) fn says(&self, words: &str) -> &Self {
        assert!(self.text.contains(words), "{words:?}: {}", self.text);
        self
    }

    /// The value of the first hidden field of this name.
    pub(crate) fn hidden(&self, name: &str) -> Option<&str> {
        let begin = format!("<input type=\"hidden\" name=\"{name}\" value=\"");
        between(&self.text, &begin, "\"")
    }

    pub(crate) fn set_cookies(&self) -> Vec<&str> {
        let lines = self.headers.get_all(SET_COOKIE).iter();
        lines.map(|line| line.to_str().expect("ASCII")).collect()
    }
}

/// What stands between two texts.
pub(crate) fn between<'a>(text: &'a str, begin: &str, end: &str) -> Option<&'a str> {
    let (_, after) = text.split_once(begin)?;
    Some(after.split_once(end)?.0)
}

impl Visitor {
    pub(crate) fn new(origin: &str) -> Self {
        let client = Client::builder()
            .redirect(Policy::none())
            // Whoever is asked may have closed what was left open.
            .pool_max_idle_per_host(0)
            .build();
        Self {
            client: client.expect("a client"),
            origin: origin.to_owned(),
            cookies: BTreeMap::new(),
            token: String::new(),
        }
    }

    /// A request with this browser's cookies, for the test to finish.
    pub(crate) fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let request = self
            .client
            .request(method, format!("{}{path}", self.origin));
        let cookies: Vec<String> = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        match cookies.is_empty() {
            true => request,
            false => request.header("cookie", cookies.join("; ")),
        }
    }

    /// Sends a request as it is, and keeps what it is told to keep.
    pub(crate) async fn send(&mut self, request: reqwest::RequestBuilder) -> Shown {
        let response = request.send().await.expect("an answer");
        let shown = Shown {
            status: response.status(),
            headers: response.headers().clone(),
            path: response.url().path().to_owned(),
            text: response.text().await.expect("a text"),
        };
        for line in shown.set_cookies() {
            let (name, value) = line.split_once('=').expect("a cookie");
            let value = value.split(';').next().unwrap_or_default();
            match line.contains("Max-Age=0") {
                true => _ = self.cookies.remove(name),
                false => _ = self.cookies.insert(name.to_owned(), value.to_owned()),
            }
        }
        // A page that was refused before anybody was recognised has none.
        if let Some(token) = shown.hidden("form_token").filter(|it| !it.is_empty()) {
            self.token = token.to_owned();
        }
        shown
    }

    /// Sends a request and goes where it leads.
    async fn follow(&mut self, request: reqwest::RequestBuilder) -> Shown {
        let mut shown = self.send(request).await;
        for _ in 0..MOST {
            let Some(to) = shown.headers.get(LOCATION) else {
                return shown;
            };
            let to = to.to_str().expect("ASCII").to_owned();
            let to = to.strip_prefix(&self.origin).unwrap_or(&to).to_owned();
            let request = self.request(Method::GET, &to);
            shown = self.send(request.header("accept", "text/html")).await;
        }
        panic!("it leads on and on: {shown:?}");
    }

    /// Looks at a page.
    pub(crate) async fn get(&mut self, path: &str) -> Shown {
        let request = self.request(Method::GET, path);
        self.follow(request.header("accept", "text/html")).await
    }

    /// A form as a browser sends it from one of the service's own pages.
    pub(crate) fn form(&self, path: &str, fields: &[(&str, &str)]) -> reqwest::RequestBuilder {
        let mut fields = fields.to_vec();
        fields.push(("form_token", &self.token));
        self.request(Method::POST, path)
            .header("origin", &self.origin)
            .header("sec-fetch-site", "same-origin")
            .header("accept", "text/html")
            .form(&fields)
    }

    /// Sends a form with what forms on the last page carried.
    pub(crate) async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Shown {
        let request = self.form(path, fields);
        self.follow(request).await
    }

    /// The same, without going where it leads.
    pub(crate) async fn post_only(&mut self, path: &str, fields: &[(&str, &str)]) -> Shown {
        let request = self.form(path, fields);
        self.send(request).await
    }

    /// Signs in with a password; what comes then.
    pub(crate) async fn sign_in(&mut self, name: &str, password: &str) -> Shown {
        self.get("/sign-in").await;
        self.post("/sign-in", &[("name", name), ("password", password)])
            .await
    }
}
