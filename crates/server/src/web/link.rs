//! One-time links: for the first administrator, for whoever is invited, for whoever forgot.
//!
//! Whoever follows one leaves its secret in a cookie and goes on without it, so that it stays in no
//! address bar, no history and no screenshot. Looking uses nothing up, so that a mail program that
//! looks ahead does no harm; only the form does.

use identity::{Acceptance, Invitation, Language, Password, Refusal};
use poem::Response;
use poem::http::StatusCode;

use super::asked::Asked;
use super::cookies::Cookie;
use super::layout::{Field, FormPage, FormPart, Kind, Page, Said, go, html};
use super::wrong::{Wrong, refused};

/// The longest secret that is looked at, in bytes.
const MAX_SECRET: usize = 200;

pub(crate) async fn take(asked: &mut Asked) -> Result<Response, Wrong> {
    asked.site.limits.sign_in(asked.address, None)?;
    let secret = asked.named("secret").to_owned();
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    if secret.len() > MAX_SECRET || !secret.bytes().all(plain) {
        return Err(Wrong::NotFound);
    }
    asked.jar.keep(Cookie::Link, &secret);
    Ok(go("/link"))
}

async fn invitation(asked: &Asked) -> Result<Option<(String, Invitation)>, Wrong> {
    let Some(secret) = asked.jar.get(Cookie::Link).map(str::to_owned) else {
        return Ok(None);
    };
    let invitation = asked.identity().invitation(asked.now, &secret).await?;
    Ok(invitation.map(|invitation| (secret, invitation)))
}

pub(crate) async fn show(asked: &mut Asked) -> Result<Response, Wrong> {
    match invitation(asked).await? {
        Some((_, invitation)) => page(asked, &invitation, None),
        None => not_good(asked),
    }
}

fn not_good(asked: &mut Asked) -> Result<Response, Wrong> {
    asked.jar.forget(Cookie::Link);
    let page = asked.page().titled("link");
    let said = Said {
        lines: vec![refused(&page, &Refusal::LinkNotGood)],
        link: Some(("/sign-in", page.t("to-sign-in"))),
        page,
    };
    html(StatusCode::OK, &said)
}

/// The form. `wrong` is a field and what is wrong with it.
fn page(
    asked: &mut Asked,
    invitation: &Invitation,
    wrong: Option<(&'static str, String)>,
) -> Result<Response, Wrong> {
    let typed = |field: &str, known: &str| match asked.form.text(field) {
        "" => known.to_owned(),
        typed => typed.to_owned(),
    };
    let name = typed(
        "name",
        if invitation.first {
            ""
        } else {
            &invitation.name
        },
    );
    let display_name = typed(
        "display-name",
        if invitation.first {
            ""
        } else {
            &invitation.display_name
        },
    );
    let error = |field: &str| {
        let about = wrong.as_ref().filter(|(of, _)| *of == field);
        about.map(|(_, text)| text.clone())
    };
    let page = asked.page().titled(match invitation.first {
        true => "link-first",
        false => "link",
    });
    let mut form = FormPart::new("/link", page.t("link-go"));
    let lead = match invitation.first {
        true => {
            let field = Field::new("name", page.t("sign-in-name"), Kind::Text)
                .hint(page.t("sign-in-name-hint"))
                .value(&name)
                .autocomplete("username")
                .error(error("name"));
            form = form.field(field);
            page.t("link-first-lead")
        }
        false => {
            form = form.password_of(&invitation.name);
            page.t1("link-lead", "name", &invitation.name)
        }
    };
    let display = Field::new("display-name", page.t("display-name"), Kind::Text)
        .hint(page.t("display-name-hint"))
        .value(&display_name)
        .autocomplete("name")
        .error(error("display-name"));
    let form = form
        .field(display)
        .field(language_field(&page, page.language()))
        .field(new_password(&page, error("new-password")))
        .field(again(&page, error("again")));
    FormPage::new(page).lead(lead).form(form).answer()
}

/// The language that an account reads.
pub(crate) fn language_field(page: &Page, chosen: Language) -> Field {
    let options = vec![
        ("it".to_owned(), page.t("language-italian")),
        ("en".to_owned(), page.t("language-english")),
    ];
    Field::new("language", page.t("language"), Kind::Choice(options)).value(chosen.code())
}

/// A password that is to be.
pub(crate) fn new_password(page: &Page, error: Option<String>) -> Field {
    Field::new("new-password", page.t("new-password"), Kind::Password)
        .hint(page.n("new-password-hint", identity::MIN_PASSWORD))
        .autocomplete("new-password")
        .error(error)
}

/// The same once more, against slips.
pub(crate) fn again(page: &Page, error: Option<String>) -> Field {
    Field::new("again", page.t("new-password-again"), Kind::Password)
        .autocomplete("new-password")
        .error(error)
}

pub(crate) async fn accept(asked: &mut Asked) -> Result<Response, Wrong> {
    asked.site.limits.sign_in(asked.address, None)?;
    let Some((secret, invitation)) = invitation(asked).await? else {
        return not_good(asked);
    };
    let typed = asked.form.typed("new-password").to_owned();
    if typed != asked.form.typed("again") {
        let text = asked.t("new-password-differs");
        return page(asked, &invitation, Some(("again", text)));
    }
    let password = Password::from(typed);
    let acceptance = Acceptance {
        password: &password,
        name: invitation.first.then(|| asked.form.text("name")),
        display_name: Some(asked.form.text("display-name")),
        language: Language::from_code(asked.form.text("language")),
    };
    let identity = asked.identity();
    let accepted = identity.accept_invitation(asked.now, &secret, &acceptance);
    match accepted.await {
        Ok(_) => {
            asked.jar.forget(Cookie::Link);
            asked.say("said-account-ready");
            Ok(go("/sign-in"))
        }
        Err(identity::Error::Refused(refusal)) => {
            let field = match refusal {
                Refusal::LinkNotGood => return not_good(asked),
                Refusal::NameTaken | Refusal::NameNotValid => "name",
                Refusal::DisplayNameNotValid => "display-name",
                Refusal::Password(_) => "new-password",
                other => return Err(other.into()),
            };
            let text = super::wrong::sentence(asked.language, &refusal);
            page(asked, &invitation, Some((field, text)))
        }
        Err(error) => Err(error.into()),
    }
}
