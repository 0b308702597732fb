//! Second factors: an authenticator app, passkeys, recovery codes.

use askama::Template;
use identity::{Enrolled, PasskeyId, Refusal, Secret};
use poem::Response;
use poem::http::StatusCode;

use super::account::account;
use super::asked::Asked;
use super::layout::{Field, Kind, Page, Problem, go, html};
use super::passkey::PasskeyPage;
use super::qr::{Picture, picture};
use super::when;
use super::wrong::{Wrong, refused, sentence};

#[derive(Template)]
#[template(path = "factors.html")]
struct Factors {
    page: Page,
    /// Her roles take one, and she has none.
    must: bool,
    /// She has one, and did not sign in with it.
    unused: bool,
    app: bool,
    can_passkey: bool,
    passkeys: Vec<PasskeyRow>,
    recovery_codes: usize,
    wrong: Option<String>,
}

struct PasskeyRow {
    id: String,
    label: String,
    made: String,
    used: Option<String>,
}

pub(crate) async fn show(asked: &mut Asked) -> Result<Response, Wrong> {
    list(asked, None).await
}

async fn list(asked: &mut Asked, wrong: Option<String>) -> Result<Response, Wrong> {
    let account = account(asked).await?;
    let session = asked.session()?;
    let strong = session.strength == identity::Strength::Strong;
    let passkeys = asked.identity().passkeys(account.id).await?;
    let can_passkey = asked.identity().has_passkeys();
    let any = account.has_totp || !passkeys.is_empty();
    // Whoever may go no further than here, the door has given no subject.
    let must = asked.subject.is_none();
    let page = asked.page().titled("factors");
    let rows = passkeys.into_iter().map(|it| PasskeyRow {
        id: it.id.0.to_string(),
        label: it.label,
        made: when::day(it.created_at),
        used: it.last_used_at.map(when::time),
    });
    let shown = Factors {
        page,
        must: must && !any,
        unused: any && !strong,
        app: account.has_totp,
        can_passkey,
        passkeys: rows.collect(),
        recovery_codes: account.recovery_codes as usize,
        wrong,
    };
    let status = match shown.wrong {
        None => StatusCode::OK,
        Some(_) => StatusCode::UNPROCESSABLE_ENTITY,
    };
    html(status, &shown)
}

/// What is refused and can be said on the page; everything else goes its own way.
async fn said<T>(
    asked: &mut Asked,
    outcome: Result<T, identity::Error>,
) -> Result<Result<T, Response>, Wrong> {
    match outcome {
        Ok(done) => Ok(Ok(done)),
        Err(identity::Error::Refused(
            refusal @ (Refusal::CodeNotRight
            | Refusal::StartAgain
            | Refusal::LastFactor
            | Refusal::NoSuchFactor
            | Refusal::NoPasskeys
            | Refusal::PasskeyNotRight
            | Refusal::PasskeyKnown
            | Refusal::LabelNotValid
            | Refusal::TooMany { .. }),
        )) => {
            let text = sentence(asked.language, &refusal);
            Ok(Err(list(asked, Some(text)).await?))
        }
        Err(error) => Err(error.into()),
    }
}

/// What an authenticator app is told.
struct Setup {
    picture: Option<Picture>,
    key: String,
}

#[derive(Template)]
#[template(path = "app.html")]
struct AppPage {
    page: Page,
    /// What is scanned; only the first time it is shown.
    setup: Option<Setup>,
    field: Field,
    problems: Vec<Problem>,
}

fn app_page(
    asked: &mut Asked,
    setup: Option<Setup>,
    wrong: Option<String>,
) -> Result<Response, Wrong> {
    let page = asked.page().titled("app");
    let field = Field::new("code", page.t("code"), Kind::Code)
        .hint(page.t("app-code-hint"))
        .autocomplete("one-time-code")
        .error(wrong.clone());
    let problems = wrong.map(|text| Problem {
        field: "code",
        text,
    });
    let shown = AppPage {
        page,
        setup,
        field,
        problems: problems.into_iter().collect(),
    };
    let status = match shown.problems.is_empty() {
        true => StatusCode::OK,
        false => StatusCode::UNPROCESSABLE_ENTITY,
    };
    html(status, &shown)
}

pub(crate) async fn start_app(asked: &mut Asked) -> Result<Response, Wrong> {
    let identity = asked.identity();
    let setup = identity.start_totp(asked.now, asked.session()?).await;
    let setup = match said(asked, setup).await? {
        Ok(setup) => setup,
        Err(page) => return Ok(page),
    };
    let setup = Setup {
        picture: picture(setup.uri.expose()),
        key: spaced(setup.key.expose()),
    };
    app_page(asked, Some(setup), None)
}

/// A key in groups of four, to be typed.
fn spaced(key: &str) -> String {
    let characters: Vec<char> = key.chars().collect();
    let groups = characters.chunks(4).map(|four| four.iter().collect());
    groups.collect::<Vec<String>>().join(" ")
}

pub(crate) async fn finish_app(asked: &mut Asked) -> Result<Response, Wrong> {
    asked.site.limits.sign_in(asked.address, None)?;
    let code = asked.form.text("code");
    let (identity, visit) = (asked.identity(), asked.visit());
    let enrolled = identity.finish_totp(&visit, asked.session()?, code).await;
    let enrolled = match enrolled {
        Err(identity::Error::Refused(refusal @ Refusal::CodeNotRight)) => {
            let page = asked.page();
            let text = refused(&page, &refusal);
            return app_page(asked, None, Some(text));
        }
        enrolled => said(asked, enrolled).await?,
    };
    match enrolled {
        Ok(enrolled) => done(asked, enrolled),
        Err(page) => Ok(page),
    }
}

pub(crate) async fn remove_app(asked: &mut Asked) -> Result<Response, Wrong> {
    let identity = asked.identity();
    let removed = identity.remove_totp(asked.now, asked.session()?).await;
    match said(asked, removed).await? {
        Ok(_) => {
            asked.say("said-factor-removed");
            Ok(go("/account/second-factor"))
        }
        Err(page) => Ok(page),
    }
}

pub(crate) async fn start_passkey(asked: &mut Asked) -> Result<Response, Wrong> {
    let (identity, visit) = (asked.identity(), asked.visit());
    let started = identity.start_passkey_registration(&visit, asked.session()?);
    let started = started.await;
    let ceremony = match said(asked, started).await? {
        Ok(ceremony) => ceremony,
        Err(page) => return Ok(page),
    };
    let page = asked.page().titled("passkey-create");
    let label = Field::new("label", page.t("passkey-label"), Kind::Text)
        .hint(page.t("passkey-label-hint"))
        .value(&page.t("passkey-label-usual"))
        .spelled();
    PasskeyPage::create(
        page,
        "/account/second-factor/passkey/finish",
        "/account/second-factor",
        &ceremony,
        label,
    )
    .answer()
}

pub(crate) async fn finish_passkey(asked: &mut Asked) -> Result<Response, Wrong> {
    let form = &asked.form;
    let (ceremony, answer) = (form.typed("ceremony"), form.typed("answer"));
    let visit = asked.visit();
    let enrolled = asked.identity().finish_passkey_registration(
        &visit,
        asked.session()?,
        ceremony,
        answer,
        form.text("label"),
    );
    let enrolled = enrolled.await;
    match said(asked, enrolled).await? {
        Ok(enrolled) => done(asked, enrolled),
        Err(page) => Ok(page),
    }
}

pub(crate) async fn remove_passkey(asked: &mut Asked) -> Result<Response, Wrong> {
    let id = asked.form.parsed("id").map(PasskeyId);
    let id = id.ok_or(Wrong::NotFound)?;
    let identity = asked.identity();
    let removed = identity
        .remove_passkey(asked.now, asked.session()?, id)
        .await;
    match said(asked, removed).await? {
        Ok(true) => {
            asked.say("said-passkey-removed");
            Ok(go("/account/second-factor"))
        }
        Ok(false) => Err(Wrong::NotFound),
        Err(page) => Ok(page),
    }
}

pub(crate) async fn recovery_codes(asked: &mut Asked) -> Result<Response, Wrong> {
    let identity = asked.identity();
    let codes = identity.new_recovery_codes(asked.now, asked.session()?);
    let codes = codes.await;
    match said(asked, codes).await? {
        Ok(codes) => show_codes(asked, &codes),
        Err(page) => Ok(page),
    }
}

/// A factor was set up: the session is stronger now, and has another secret.
fn done(asked: &mut Asked, enrolled: Enrolled) -> Result<Response, Wrong> {
    asked.enter(enrolled.opened);
    show_codes(asked, &enrolled.recovery_codes)
}

#[derive(Template)]
#[template(path = "codes.html")]
struct Codes {
    page: Page,
    codes: Vec<String>,
}

fn show_codes(asked: &mut Asked, codes: &[Secret]) -> Result<Response, Wrong> {
    let page = asked.page().titled("factor-ready");
    let codes = codes.iter().map(|code| code.expose().to_owned());
    let codes = codes.collect();
    html(StatusCode::OK, &Codes { page, codes })
}
