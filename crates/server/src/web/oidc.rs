//! Signing in through somebody else: a municipality's identity provider.

use askama::Template;
use chrono::{DateTime, Utc};
use events::CodeList;
use events::access::{Holder, RoleGranted};
use events::codes::Role;
use identity::{Refusal, oidc};
use poem::Response;
use poem::http::StatusCode;
use policy::Scope;

use super::asked::Asked;
use super::cookies::Cookie;
use super::layout::{FormPage, Page, html};
use super::sign_in::{Concluded, conclude};
use super::wrong::{Wrong, refused};

/// The way to somewhere else. A form may not lead away from here (`form-action`), a link may.
#[derive(Template)]
#[template(path = "onward.html")]
pub(crate) struct Onward {
    pub(crate) page: Page,
    pub(crate) lines: Vec<String>,
    pub(crate) label: String,
    pub(crate) address: String,
    /// Without waiting for anybody.
    pub(crate) at_once: bool,
}

pub(crate) async fn start(asked: &mut Asked) -> Result<Response, Wrong> {
    asked.site.limits.sign_in(asked.address, None)?;
    let provider = asked.form.text("provider").to_owned();
    let visit = asked.visit();
    let started = asked.identity().start_oidc(&visit, &provider).await;
    let started = match started {
        Err(identity::Error::Provider { provider, what }) => {
            tracing::warn!(provider, what, "an identity provider cannot be used");
            return failed(asked, Failure::Unavailable);
        }
        started => started?,
    };
    asked.jar.keep(Cookie::Provider, started.browser.expose());
    let page = asked.page().titled("onward");
    let onward = Onward {
        lines: vec![page.t("onward-line")],
        label: page.t("continue"),
        address: started.url.to_string(),
        at_once: true,
        page,
    };
    html(StatusCode::OK, &onward)
}

pub(crate) async fn finish(asked: &mut Asked) -> Result<Response, Wrong> {
    asked.site.limits.sign_in(asked.address, None)?;
    let provider = asked.named("provider").to_owned();
    let browser = asked
        .jar
        .get(Cookie::Provider)
        .unwrap_or_default()
        .to_owned();
    let answer = oidc::Answer {
        code: asked.asked_for("code"),
        state: asked.asked_for("state"),
        iss: asked.asked_for("iss"),
        error: asked.asked_for("error"),
    };
    let (identity, visit) = (asked.identity(), asked.visit());
    let outcome = identity.finish_oidc(&visit, &provider, &browser, &answer);
    let outcome = outcome.await;
    // An answer to something else, which anybody can send her to, does not end her own visit there.
    if !matches!(outcome, Err(identity::Error::Refused(Refusal::StartAgain))) {
        asked.jar.forget(Cookie::Provider);
    }
    let outcome = match outcome {
        Err(identity::Error::Refused(refusal)) => {
            return failed(asked, Failure::Refused(refusal));
        }
        Err(identity::Error::Provider { provider, what }) => {
            tracing::warn!(provider, what, "an identity provider cannot be used");
            return failed(asked, Failure::Unavailable);
        }
        outcome => outcome?,
    };
    match conclude(asked, outcome).await? {
        Concluded::Page(response) => Ok(response),
        Concluded::Refused => failed(asked, Failure::Refused(Refusal::ProviderRefused)),
    }
}

enum Failure {
    Refused(Refusal),
    Unavailable,
}

fn failed(asked: &mut Asked, failure: Failure) -> Result<Response, Wrong> {
    let page = asked.page().titled("sign-in");
    let line = match failure {
        Failure::Refused(refusal) => refused(&page, &refusal),
        Failure::Unavailable => page.t("provider-unavailable"),
    };
    let again = page.t("to-sign-in");
    FormPage::new(page)
        .problem(Some(line))
        .link("/sign-in", again)
        .answer()
}

/// What the identity provider says she is becomes what she is granted: a fact like every other grant, in
/// the provider's name, and good as long as this session. So a role that the provider takes back is gone
/// with it.
pub(crate) async fn take_over(asked: &Asked, mapped: &[oidc::Mapped]) -> Result<(), Wrong> {
    if mapped.is_empty() {
        return Ok(());
    }
    let session = asked.session()?;
    let (holder, until) = (Holder::Account(session.account), session.ends_at);
    let actor = format!("provider:{}", asked.named("provider"));
    let grants = asked.app().grants_of(holder, None).await?;
    for one in mapped {
        let Some(role) = Role::ENTRIES.iter().find(|it| it.code == one.role) else {
            tracing::warn!(
                role = one.role,
                "an identity provider gives a role that is none"
            );
            continue;
        };
        let role = role.value;
        let scope = match &one.pilot {
            None => Scope::EveryPilot,
            Some(name) => match asked.app().find_pilot(name).await {
                Ok(pilot) => Scope::Pilot(pilot),
                Err(app::Error::UnknownPilot { .. }) => {
                    tracing::warn!(
                        pilot = name,
                        "an identity provider names a pilot that is none"
                    );
                    continue;
                }
                Err(error) => return Err(error.into()),
            },
        };
        let mut standing = grants.standing_at(asked.now);
        let lasts = |end: Option<DateTime<Utc>>| end.is_none_or(|end| end >= until);
        if standing.any(|it| it.scope == scope && it.role == role && lasts(it.until)) {
            continue;
        }
        let granted = RoleGranted {
            holder,
            role,
            partner: None,
            until: Some(until),
            relative_dates: false,
            bound_to: None,
        };
        asked
            .app()
            .grant(&actor, crate::new_id(), scope, granted)
            .await?;
    }
    Ok(())
}
