//! Signing in: name and password, then a second factor where there is one; or a passkey alone.

use identity::{For, Password, Refusal, SignIn};
use poem::Response;

use super::asked::Asked;
use super::cookies::Cookie;
use super::layout::{Field, FormPage, FormPart, Kind, Page, go};
use super::passkey::PasskeyPage;
use super::table::is_place;
use super::wrong::{Wrong, refused};
use crate::http::limits::TooOften;

/// Where one was going when one had to sign in: only ever one of the pages of this service.
pub(crate) fn next(asked: &Asked) -> String {
    let given = match asked.form.typed("next") {
        "" => asked.asked_for("next").unwrap_or_default(),
        next => next.to_owned(),
    };
    match is_place(&given) {
        true => given,
        false => "/".to_owned(),
    }
}

pub(crate) async fn show(asked: &mut Asked) -> Result<Response, Wrong> {
    if asked.session.is_some() {
        return Ok(go(&next(asked)));
    }
    page(asked, "", None, None)
}

/// The page; with what was typed, and what was wrong with it.
fn page(
    asked: &mut Asked,
    name: &str,
    wrong: Option<String>,
    empty: Option<(&'static str, String)>,
) -> Result<Response, Wrong> {
    let next = next(asked);
    let page = asked.page().titled("sign-in");
    let missing = |field: &str| {
        let about = empty.as_ref().filter(|(of, _)| *of == field);
        about.map(|(_, text)| text.clone())
    };
    let name = Field::new("name", page.t("sign-in-name"), Kind::Text)
        .value(name)
        .autocomplete("username")
        .error(missing("name"));
    let password = Field::new("password", page.t("password"), Kind::Password)
        .autocomplete("current-password")
        .error(missing("password"));
    let first = FormPart::new("/sign-in", page.t("sign-in-go"))
        .hidden("next", next.clone())
        .field(name)
        .field(password);
    let or = page.t("or");
    let (with_passkey, with) = (page.t("sign-in-passkey"), page.t("sign-in-with"));
    let mut shown = FormPage::new(page).problem(wrong).form(first);
    let identity = asked.identity();
    let mut between = Some(or);
    if identity.has_passkeys() {
        let mut form = FormPart::new("/sign-in/passkey", with_passkey)
            .hidden("next", next.clone())
            .second();
        if let Some(or) = between.take() {
            form = form.after(or);
        }
        shown = shown.form(form);
    }
    for (key, name) in identity.providers() {
        let mut form = FormPart::new("/sign-in/oidc", format!("{with} {name}"))
            .hidden("provider", key)
            .second();
        if let Some(or) = between.take() {
            form = form.after(or);
        }
        shown = shown.form(form);
    }
    shown.answer()
}

pub(crate) async fn begin(asked: &mut Asked) -> Result<Response, Wrong> {
    let name = asked.form.text("name").to_owned();
    let typed = asked.form.typed("password").to_owned();
    for (field, value, key) in [
        ("name", &name, "sign-in-name-missing"),
        ("password", &typed, "sign-in-password-missing"),
    ] {
        if value.is_empty() {
            let missing = asked.t(key);
            return page(asked, &name, None, Some((field, missing)));
        }
    }
    let limits = &asked.site.limits;
    limits.sign_in(asked.address, Some(&name))?;
    let password = Password::from(typed);
    let visit = asked.visit();
    let outcome = asked.identity().sign_in(&visit, &name, &password).await?;
    match conclude(asked, outcome).await? {
        Concluded::Page(response) => Ok(response),
        Concluded::Refused => {
            let line = asked.t("sign-in-refused");
            page(asked, &name, Some(line), None)
        }
    }
}

/// What a try to sign in comes to.
pub(crate) enum Concluded {
    /// Somewhere else.
    Page(Response),
    /// To the same page again, which says so.
    Refused,
}

/// What every way to sign in ends with.
pub(crate) async fn conclude(asked: &mut Asked, outcome: SignIn) -> Result<Concluded, Wrong> {
    match outcome {
        SignIn::Done(opened) => {
            let mapped = opened.mapped.clone();
            let next = next(asked);
            asked.enter(*opened);
            super::oidc::take_over(asked, &mapped).await?;
            Ok(Concluded::Page(go(&next)))
        }
        SignIn::SecondFactor(step) => {
            asked.jar.keep(Cookie::Step, step.secret.expose());
            let next = next(asked);
            let path = match next.as_str() {
                "/" => "/sign-in/second-factor".to_owned(),
                next => format!("/sign-in/second-factor?next={next}"),
            };
            Ok(Concluded::Page(go(&path)))
        }
        SignIn::Refused(refused) => {
            asked.site.note_failures(&refused.crossed).await?;
            Ok(Concluded::Refused)
        }
        SignIn::TryLater(later) => Err(Wrong::TooOften(TooOften {
            seconds: u64::from(later.seconds),
        })),
        SignIn::StartAgain => {
            asked.jar.forget(Cookie::Step);
            asked.say("said-start-again");
            Ok(Concluded::Page(go("/sign-in")))
        }
    }
}

pub(crate) async fn second_factor(asked: &mut Asked) -> Result<Response, Wrong> {
    factor_page(asked, None).await
}

/// The page that asks for the second factor; `wrong` is a field and what is wrong with it.
async fn factor_page(
    asked: &mut Asked,
    wrong: Option<(&'static str, String)>,
) -> Result<Response, Wrong> {
    let step = asked.jar.get(Cookie::Step).map(str::to_owned);
    let factors = match step {
        Some(step) => asked.identity().step(asked.now, &step).await?,
        None => None,
    };
    let Some(factors) = factors else {
        asked.jar.forget(Cookie::Step);
        asked.say("said-start-again");
        return Ok(go("/sign-in"));
    };
    let next = next(asked);
    let page = asked.page().titled("second-factor");
    let error = |field: &str| {
        let about = wrong.as_ref().filter(|(of, _)| *of == field);
        about.map(|(_, text)| text.clone())
    };
    let mut forms = Vec::new();
    if factors.passkey {
        let form = FormPart::new("/sign-in/passkey", page.t("use-passkey"));
        forms.push(form.hidden("step", "on"));
    }
    if factors.totp {
        let code = Field::new("code", page.t("code"), Kind::Code)
            .hint(page.t("code-hint"))
            .autocomplete("one-time-code")
            .error(error("code"));
        forms.push(FormPart::new("/sign-in/code", page.t("continue")).field(code));
    }
    if factors.recovery_code {
        let code = Field::new("recovery-code", page.t("recovery-code"), Kind::Text)
            .hint(page.t("recovery-code-hint"))
            .error(error("recovery-code"));
        let form = FormPart::new("/sign-in/recovery-code", page.t("use-recovery-code"));
        forms.push(form.field(code));
    }
    let (lead, or) = (page.t("second-factor-lead"), page.t("or"));
    let restart = page.t("sign-in-other");
    let mut shown = FormPage::new(page).lead(lead);
    for (place, form) in forms.into_iter().enumerate() {
        let mut form = form.hidden("next", next.clone());
        if place > 0 {
            form = form.second().after(or.clone());
        }
        shown = shown.form(form);
    }
    shown.link("/sign-in", restart).answer()
}

pub(crate) async fn code(asked: &mut Asked) -> Result<Response, Wrong> {
    asked.site.limits.sign_in(asked.address, None)?;
    let step = asked.jar.get(Cookie::Step).unwrap_or_default();
    let code = asked.form.text("code");
    let visit = asked.visit();
    let outcome = asked
        .identity()
        .finish_with_totp(&visit, step, code)
        .await?;
    after_factor(asked, outcome, "code", "code-not-right").await
}

pub(crate) async fn recovery_code(asked: &mut Asked) -> Result<Response, Wrong> {
    asked.site.limits.sign_in(asked.address, None)?;
    let step = asked.jar.get(Cookie::Step).unwrap_or_default();
    let code = asked.form.text("recovery-code");
    let (identity, visit) = (asked.identity(), asked.visit());
    let outcome = identity.finish_with_recovery_code(&visit, step, code);
    let outcome = outcome.await?;
    after_factor(asked, outcome, "recovery-code", "recovery-code-not-right").await
}

async fn after_factor(
    asked: &mut Asked,
    outcome: SignIn,
    field: &'static str,
    key: &str,
) -> Result<Response, Wrong> {
    match conclude(asked, outcome).await? {
        Concluded::Page(response) => Ok(response),
        Concluded::Refused => {
            let text = asked.t(key);
            factor_page(asked, Some((field, text))).await
        }
    }
}

pub(crate) async fn passkey(asked: &mut Asked) -> Result<Response, Wrong> {
    asked.site.limits.sign_in(asked.address, None)?;
    let step = asked.jar.get(Cookie::Step).unwrap_or_default();
    let for_what = match asked.form.ticked("step") && !step.is_empty() {
        true => For::Step(step),
        false => For::SignIn,
    };
    let visit = asked.visit();
    let started = asked.identity().start_passkey(&visit, for_what);
    let ceremony = match started.await {
        Ok(ceremony) => ceremony,
        Err(identity::Error::Refused(Refusal::StartAgain)) => {
            asked.say("said-start-again");
            return Ok(go("/sign-in"));
        }
        Err(error) => return Err(error.into()),
    };
    let next = next(asked);
    let page = asked.page().titled("passkey");
    PasskeyPage::get(page, "/sign-in/passkey/finish", "/sign-in", &ceremony)
        .hidden("next", next)
        .answer()
}

pub(crate) async fn finish_passkey(asked: &mut Asked) -> Result<Response, Wrong> {
    asked.site.limits.sign_in(asked.address, None)?;
    let (ceremony, answer) = (asked.form.typed("ceremony"), asked.form.typed("answer"));
    let (identity, visit) = (asked.identity(), asked.visit());
    let outcome = identity.finish_with_passkey(&visit, ceremony, answer).await;
    let outcome = match outcome {
        Err(identity::Error::Refused(refusal)) => {
            let page = asked.page();
            let line = refused(&page, &refusal);
            return failed(page, line);
        }
        outcome => outcome?,
    };
    match conclude(asked, outcome).await? {
        Concluded::Page(response) => Ok(response),
        Concluded::Refused => {
            let page = asked.page();
            let line = refused(&page, &Refusal::PasskeyNotRight);
            failed(page, line)
        }
    }
}

/// Says why a passkey did not do, and leads back.
fn failed(page: Page, line: String) -> Result<Response, Wrong> {
    let page = page.titled("passkey");
    let again = page.t("to-sign-in");
    FormPage::new(page)
        .problem(Some(line))
        .link("/sign-in", again)
        .answer()
}
