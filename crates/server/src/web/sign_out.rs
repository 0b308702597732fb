//! Signing out, and locking the screen.

use poem::Response;
use poem::http::StatusCode;

use super::asked::Asked;
use super::cookies::Cookie;
use super::layout::{Said, go, html};
use super::wrong::Wrong;

pub(crate) async fn sign_out(asked: &mut Asked) -> Result<Response, Wrong> {
    let secret = asked.jar.get(Cookie::Session).unwrap_or_default();
    let signed_out = asked.identity().sign_out(asked.now, secret).await?;
    for over in [Cookie::Session, Cookie::Step, Cookie::Said] {
        asked.jar.forget(over);
    }
    // What the browser kept of this service's pages goes, too.
    let clear = |mut response: Response| {
        let what = poem::http::HeaderValue::from_static("\"cache\", \"storage\"");
        response.headers_mut().insert("clear-site-data", what);
        response
    };
    let Some(there) = signed_out.provider_logout else {
        return Ok(clear(go("/signed-out")));
    };
    asked.session = None;
    asked.subject = None;
    let page = asked.page().titled("signed-out");
    let shown = super::oidc::Onward {
        lines: vec![page.t("signed-out-line"), page.t("signed-out-there-line")],
        label: page.t("signed-out-there"),
        address: there.to_string(),
        at_once: false,
        page,
    };
    Ok(clear(html(StatusCode::OK, &shown)?))
}

pub(crate) async fn show(asked: &mut Asked) -> Result<Response, Wrong> {
    let page = asked.page().titled("signed-out");
    let said = Said {
        lines: vec![page.t("signed-out-line")],
        link: Some(("/sign-in", page.t("sign-in"))),
        page,
    };
    html(StatusCode::OK, &said)
}

pub(crate) async fn lock(asked: &mut Asked) -> Result<Response, Wrong> {
    let session = asked.session()?;
    asked.identity().lock(asked.now, session).await?;
    asked.say("said-locked");
    Ok(go("/confirm"))
}
