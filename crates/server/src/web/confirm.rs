//! Confirming who one is: after the session has locked itself, and before what is done to one's own
//! credentials.

use identity::{For, Password, Refusal};
use poem::Response;

use super::asked::Asked;
use super::layout::{Field, FormPage, FormPart, Kind, go};
use super::passkey::PasskeyPage;
use super::sign_in::{Concluded, conclude, next};
use super::wrong::{Wrong, refused};

pub(crate) async fn show(asked: &mut Asked) -> Result<Response, Wrong> {
    page(asked, None, None).await
}

async fn page(
    asked: &mut Asked,
    wrong: Option<String>,
    problem: Option<String>,
) -> Result<Response, Wrong> {
    let session = asked.session()?;
    let (locked, id) = (session.locked, session.account);
    let account = asked.identity().account(id).await?;
    let account = account.ok_or(Wrong::SignIn)?;
    let next = next(asked);
    let (title, lead) = match locked {
        true => ("unlock", "unlock-lead"),
        false => ("confirm", "confirm-lead"),
    };
    let page = asked.page().titled(title);
    let (lead, or) = (page.t(lead), page.t("or"));
    let mut forms = Vec::new();
    if account.has_password {
        let password = Field::new("password", page.t("password"), Kind::Password)
            .autocomplete("current-password")
            .error(wrong);
        let form = FormPart::new("/confirm", page.t("continue"));
        forms.push(form.password_of(&account.name).field(password));
    }
    if account.passkeys > 0 && asked.identity().has_passkeys() {
        forms.push(FormPart::new("/confirm/passkey", page.t("use-passkey")));
    }
    // Who comes by an identity provider alone comes again by it.
    let none = forms.is_empty();
    if none {
        forms.push(FormPart::new("/sign-out", page.t("sign-in-again")));
    }
    let mut shown = FormPage::new(page).lead(lead).problem(problem);
    for (place, form) in forms.into_iter().enumerate() {
        let mut form = form.hidden("next", next.clone());
        if place > 0 {
            form = form.second().after(or.clone());
        }
        shown = shown.form(form);
    }
    shown.answer()
}

pub(crate) async fn password(asked: &mut Asked) -> Result<Response, Wrong> {
    let session = asked.session()?;
    let name = session.name.clone();
    asked.site.limits.sign_in(asked.address, Some(&name))?;
    let password = Password::from(asked.form.typed("password"));
    let (identity, visit) = (asked.identity(), asked.visit());
    let outcome = identity.confirm_with_password(&visit, session, &password);
    let outcome = outcome.await?;
    asked.say("said-confirmed");
    match conclude(asked, outcome).await? {
        Concluded::Page(response) => Ok(response),
        Concluded::Refused => {
            asked.unsay();
            let text = asked.t("password-not-right");
            page(asked, Some(text), None).await
        }
    }
}

pub(crate) async fn passkey(asked: &mut Asked) -> Result<Response, Wrong> {
    asked.site.limits.sign_in(asked.address, None)?;
    let session = asked.session()?;
    let (identity, visit) = (asked.identity(), asked.visit());
    let started = identity.start_passkey(&visit, For::Session(session)).await;
    let ceremony = match started {
        Ok(ceremony) => ceremony,
        Err(identity::Error::Refused(Refusal::StartAgain)) => return Ok(go("/confirm")),
        Err(error) => return Err(error.into()),
    };
    let next = next(asked);
    let page = asked.page().titled("passkey");
    PasskeyPage::get(page, "/confirm/passkey/finish", "/confirm", &ceremony)
        .hidden("next", next)
        .answer()
}

pub(crate) async fn finish_passkey(asked: &mut Asked) -> Result<Response, Wrong> {
    asked.site.limits.sign_in(asked.address, None)?;
    let session = asked.session()?;
    let (ceremony, answer) = (asked.form.typed("ceremony"), asked.form.typed("answer"));
    let (identity, visit) = (asked.identity(), asked.visit());
    let outcome = identity.confirm_with_passkey(&visit, session, ceremony, answer);
    let outcome = outcome.await;
    let refusal = match outcome {
        Err(identity::Error::Refused(refusal)) => refusal,
        outcome => match conclude(asked, outcome?).await? {
            Concluded::Page(response) => return Ok(response),
            Concluded::Refused => Refusal::PasskeyNotRight,
        },
    };
    let line = refused(&asked.page(), &refusal);
    page(asked, None, Some(line)).await
}
