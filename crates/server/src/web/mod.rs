//! The pages: made by the server, and whole without a script but for the ceremony of a passkey.
//!
//! Every page is a line of [`table::PAGES`], with who may; the door applies that and checks every form
//! before the page is made. No page has anything about a person in its address or its title; persons'
//! ids come in bodies.

mod access;
mod account;
mod accounts;
mod asked;
mod assets;
mod break_glass;
mod confirm;
mod cookies;
mod door;
mod factors;
mod form;
mod home;
mod layout;
mod link;
mod oidc;
mod passkey;
mod persons;
mod pilots;
mod qr;
mod sign_in;
mod sign_out;
mod site;
mod table;
mod texts;
mod tokens;
mod when;
mod wrong;

use std::collections::BTreeMap;
use std::sync::Arc;

use identity::{Activity, Language, Session, Visit};
use poem::http::header::{ACCEPT, USER_AGENT};
use poem::http::{HeaderMap, StatusCode};
use poem::{Request, Response, Route, RouteMethod, handler};
use policy::Denied;

pub use site::{QUICK_EXIT, Settings, Site};
pub use table::{Line, PAGES, Who};

use assets::ASSETS;
use cookies::{Cookie, Jar};
use door::Door;
use layout::Page;
use wrong::Wrong;

/// Adds the pages and their files to the routes.
pub(crate) fn add(routes: Route, site: &Arc<Site>) -> Route {
    let mut paths: BTreeMap<&str, RouteMethod> = BTreeMap::new();
    for line in PAGES {
        let door = Door {
            line,
            site: Arc::clone(site),
        };
        let methods = paths.remove(line.path).unwrap_or_default();
        paths.insert(line.path, methods.method(line.method.clone(), door));
    }
    let routes = routes.at(format!("{}:name", assets::FOLDER), poem::get(file));
    let add = |routes: Route, (path, methods): (&str, RouteMethod)| routes.at(path, methods);
    paths.into_iter().fold(routes, add)
}

#[handler]
async fn file(request: &Request) -> poem::Result<Response> {
    let file = ASSETS.answer(request.uri().path());
    file.ok_or_else(|| StatusCode::NOT_FOUND.into())
}

/// Does a browser ask, for somebody to read?
pub(crate) fn wants_page(headers: &HeaderMap) -> bool {
    let accept = headers.get(ACCEPT).and_then(|accept| accept.to_str().ok());
    accept.is_some_and(|accept| accept.contains("text/html"))
}

/// The session of a request, by its cookie.
pub(crate) async fn session(
    site: &Site,
    request: &Request,
    activity: Activity,
) -> Result<Option<Session>, identity::Error> {
    let headers = request.headers();
    let jar = Jar::read(headers);
    let Some(secret) = jar.get(Cookie::Session) else {
        return Ok(None);
    };
    let agent = headers.get(USER_AGENT).and_then(|it| it.to_str().ok());
    let visit = Visit {
        now: site.app.now(),
        address: crate::http::address(request, &site.settings.proxies),
        agent,
        device: jar.get(Cookie::Device),
    };
    let entered = site.identity.session(&visit, secret, activity).await?;
    Ok(entered.map(|entered| entered.session))
}

/// The language for whoever asks, as far as it is known before she has signed in.
pub(crate) fn language(headers: &HeaderMap) -> Language {
    let jar = Jar::read(headers);
    let chosen = jar.get(Cookie::Language).and_then(Language::from_code);
    chosen.unwrap_or_else(|| texts::preferred(headers))
}

/// The page for an address that is none, for whoever reads.
pub(crate) fn lost(site: &Site, language: Language, status: StatusCode) -> Response {
    let wrong = match status {
        StatusCode::METHOD_NOT_ALLOWED => Wrong::Method,
        _ => Wrong::NotFound,
    };
    let quick_exit = site.settings.quick_exit.to_string();
    let mut page = Page::new(language, "/", quick_exit);
    page.demonstration = site.settings.demonstration;
    wrong.answer(page)
}

/// What a denial looks like: what she may not know about is not there.
pub(crate) fn denied(denied: &Denied) -> Wrong {
    match denied {
        denied if denied.is_not_found() => Wrong::NotFound,
        Denied::SecondFactor => Wrong::Enrol,
        _ => Wrong::Forbidden,
    }
}
