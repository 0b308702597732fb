//! One's own account: what one is called, password, sessions.

use askama::Template;
use identity::{Account, Language, Password, Refusal, SessionId, SignIn};
use poem::Response;
use poem::http::StatusCode;
use policy::Action;

use super::asked::Asked;
use super::layout::{Field, FormPage, FormPart, Kind, Page, go, html};
use super::link::{again, language_field, new_password};
use super::sign_in::{Concluded, conclude};
use super::when;
use super::wrong::{Wrong, sentence};

#[derive(Template)]
#[template(path = "account.html")]
struct Own {
    page: Page,
    name: String,
    since: String,
    password: bool,
    factors: bool,
    recovery_codes: usize,
    tokens: bool,
    fields: Vec<Field>,
    wrong: Option<String>,
}

/// The account of who asks.
pub(crate) async fn account(asked: &Asked) -> Result<Account, Wrong> {
    let account = asked.session()?.account;
    let found = asked.identity().account(account).await?;
    found.ok_or(Wrong::SignIn)
}

pub(crate) async fn show(asked: &mut Asked) -> Result<Response, Wrong> {
    overview(asked, None).await
}

async fn overview(asked: &mut Asked, wrong: Option<String>) -> Result<Response, Wrong> {
    let account = account(asked).await?;
    let tokens = asked.may(Action::MakeOwnToken);
    let typed = match asked.form.text("display-name") {
        "" => account.display_name.clone(),
        typed => typed.to_owned(),
    };
    let page = asked.page().titled("account");
    let display = Field::new("display-name", page.t("display-name"), Kind::Text)
        .hint(page.t("display-name-hint"))
        .value(&typed)
        .autocomplete("name")
        .error(wrong.clone());
    let shown = Own {
        name: account.name,
        since: when::day(account.created_at),
        password: account.has_password,
        factors: account.has_totp || account.passkeys > 0,
        recovery_codes: account.recovery_codes as usize,
        tokens,
        fields: vec![display, language_field(&page, account.language)],
        page,
        wrong,
    };
    let status = match shown.wrong {
        None => StatusCode::OK,
        Some(_) => StatusCode::UNPROCESSABLE_ENTITY,
    };
    html(status, &shown)
}

pub(crate) async fn rename(asked: &mut Asked) -> Result<Response, Wrong> {
    let session = asked.session()?;
    let language = Language::from_code(asked.form.text("language"));
    let language = language.unwrap_or(session.language);
    let called = asked.form.text("display-name");
    let identity = asked.identity();
    let renamed = identity.rename(session.account, called, language).await;
    match renamed {
        Ok(()) => {
            asked.say("said-renamed");
            Ok(go("/account"))
        }
        Err(identity::Error::Refused(refusal @ Refusal::DisplayNameNotValid)) => {
            let text = sentence(asked.language, &refusal);
            overview(asked, Some(text)).await
        }
        Err(error) => Err(error.into()),
    }
}

pub(crate) async fn password(asked: &mut Asked) -> Result<Response, Wrong> {
    password_page(asked, None)
}

fn password_page(
    asked: &mut Asked,
    wrong: Option<(&'static str, String)>,
) -> Result<Response, Wrong> {
    let error = |field: &str| {
        let about = wrong.as_ref().filter(|(of, _)| *of == field);
        about.map(|(_, text)| text.clone())
    };
    let name = asked.session()?.name.clone();
    let page = asked.page().titled("change-password");
    let current = Field::new("password", page.t("current-password"), Kind::Password)
        .autocomplete("current-password")
        .error(error("password"));
    let form = FormPart::new("/account/password", page.t("change-password"))
        .password_of(&name)
        .field(current)
        .field(new_password(&page, error("new-password")))
        .field(again(&page, error("again")));
    let lead = page.t("change-password-lead");
    let back = page.t("to-account");
    FormPage::new(page)
        .lead(lead)
        .form(form)
        .link("/account", back)
        .answer()
}

pub(crate) async fn change_password(asked: &mut Asked) -> Result<Response, Wrong> {
    let name = asked.session()?.name.clone();
    asked.site.limits.sign_in(asked.address, Some(&name))?;
    let typed = asked.form.typed("new-password");
    if typed != asked.form.typed("again") {
        let text = asked.t("new-password-differs");
        return password_page(asked, Some(("again", text)));
    }
    let new = Password::from(typed);
    let current = Password::from(asked.form.typed("password"));
    let (identity, visit) = (asked.identity(), asked.visit());
    let changed = identity.change_password(&visit, asked.session()?, &current, &new);
    let changed = changed.await;
    match changed {
        Ok(SignIn::Done(opened)) => {
            asked.enter(*opened);
            asked.say("said-password-changed");
            Ok(go("/account"))
        }
        Ok(outcome) => match conclude(asked, outcome).await? {
            Concluded::Page(response) => Ok(response),
            Concluded::Refused => {
                let text = asked.t("password-not-right");
                password_page(asked, Some(("password", text)))
            }
        },
        Err(identity::Error::Refused(refusal @ Refusal::Password(_))) => {
            let text = sentence(asked.language, &refusal);
            password_page(asked, Some(("new-password", text)))
        }
        Err(error) => Err(error.into()),
    }
}

#[derive(Template)]
#[template(path = "sessions.html")]
struct Sessions {
    page: Page,
    rows: Vec<SessionRow>,
}

struct SessionRow {
    id: String,
    agent: String,
    begun: String,
    seen: String,
    ends: String,
    strong: bool,
    locked: bool,
    this: bool,
}

pub(crate) async fn sessions(asked: &mut Asked) -> Result<Response, Wrong> {
    let (own, account) = {
        let session = asked.session()?;
        (session.id, session.account)
    };
    let listed = asked.identity().sessions(asked.now, account).await?;
    let page = asked.page().titled("sessions");
    let rows = listed.into_iter().map(|it| SessionRow {
        id: it.id.0.to_string(),
        begun: when::time(it.created_at),
        seen: when::time(it.last_seen_at),
        ends: when::time(it.ends_at),
        strong: it.strength == identity::Strength::Strong,
        locked: it.locked,
        this: it.id == own,
        agent: it.agent,
    });
    let rows = rows.collect();
    html(StatusCode::OK, &Sessions { page, rows })
}

pub(crate) async fn end_session(asked: &mut Asked) -> Result<Response, Wrong> {
    let account = asked.session()?.account;
    let id = asked.form.parsed("id").map(SessionId);
    let id = id.ok_or(Wrong::NotFound)?;
    let identity = asked.identity();
    match identity.revoke_session(account, id).await? {
        true => asked.say("said-session-ended"),
        false => return Err(Wrong::NotFound),
    }
    Ok(go("/account/sessions"))
}

pub(crate) async fn end_others(asked: &mut Asked) -> Result<Response, Wrong> {
    let session = asked.session()?;
    let identity = asked.identity();
    identity.revoke_other_sessions(session).await?;
    asked.say("said-sessions-ended");
    Ok(go("/account/sessions"))
}
