//! Where one arrives, and the language one reads.

use askama::Template;
use identity::Language;
use poem::Response;
use poem::http::StatusCode;

use super::asked::Asked;
use super::cookies::Cookie;
use super::layout::{Page, go, html};
use super::table::is_place;
use super::wrong::Wrong;

#[derive(Template)]
#[template(path = "home.html")]
struct Home {
    page: Page,
    doors: Vec<(&'static str, String, String)>,
}

pub(crate) async fn show(asked: &mut Asked) -> Result<Response, Wrong> {
    let page = asked.page().titled("home");
    let said = |path: &str| match path {
        "/access" => page.t("home-access"),
        "/break-glass" => page.t("home-break-glass"),
        "/persons" => page.t("home-persons"),
        "/accounts" => page.t("home-accounts"),
        "/tokens" => page.t("home-tokens"),
        _ => page.t("home-account"),
    };
    let others = page.nav.iter().filter(|place| place.path != "/");
    let doors = others
        .map(|place| (place.path, place.label.clone(), said(place.path)))
        .collect();
    html(StatusCode::OK, &Home { page, doors })
}

pub(crate) async fn language(asked: &mut Asked) -> Result<Response, Wrong> {
    let chosen = Language::from_code(asked.form.text("language")).ok_or(Wrong::NotFound)?;
    asked.jar.keep(Cookie::Language, chosen.code());
    if let Some(session) = asked.session.as_ref().filter(|session| !session.locked) {
        let (account, called) = (session.account, session.display_name.clone());
        let identity = asked.identity();
        identity.rename(account, &called, chosen).await?;
    }
    asked.say("said-language");
    let back = asked.form.typed("back");
    match is_place(back) {
        true => Ok(go(back)),
        false => Ok(go("/")),
    }
}
