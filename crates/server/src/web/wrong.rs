//! Why a page is not answered, and the page that says so.

use identity::{Language, Refusal};
use poem::Response;
use poem::http::StatusCode;
use poem::http::header::{HeaderValue, RETRY_AFTER};

use super::layout::{Page, Said, go, html};
use super::texts::{Put, text, text_with};
use crate::http::limits::TooOften;

/// Why not.
#[derive(Debug)]
pub(crate) enum Wrong {
    /// There is no such page, or she may not know that there is.
    NotFound,
    /// The page is there, and not asked for like this.
    Method,
    /// She may not.
    Forbidden,
    /// The form is of another time, another browser or another site.
    Forged,
    /// Nobody signed in.
    SignIn,
    /// She has to confirm who she is.
    Unlock,
    /// She has to set up a second factor.
    Enrol,
    /// What she wants to do takes a sign-in of a moment ago.
    Confirm,
    /// Too often.
    TooOften(TooOften),
    /// Not a form, or not one of ours.
    NotAForm,
    /// Too long.
    TooLarge,
    /// Too slow.
    TooSlow,
    /// Something is not there that should be, for a moment.
    Unavailable,
    /// A fault, which is logged with this number.
    Fault(uuid::Uuid),
}

impl Wrong {
    /// A fault: logged here, once, with everything that led to it. No error of this house holds
    /// personal text.
    pub(crate) fn fault(what: &str, error: &dyn std::error::Error) -> Self {
        let number = crate::new_id();
        tracing::error!(%number, error = %crate::chain(error), "{what} failed");
        Self::Fault(number)
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::Forbidden | Self::Forged => StatusCode::FORBIDDEN,
            Self::SignIn | Self::Unlock | Self::Enrol | Self::Confirm => StatusCode::SEE_OTHER,
            Self::TooOften(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::NotAForm => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::Fault(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The page that says so, or the way to where it can be mended.
    pub(crate) fn answer(&self, page: Page) -> Response {
        let way = match self {
            Self::SignIn => Some("/sign-in"),
            Self::Unlock => Some("/confirm"),
            Self::Enrol => Some("/account/second-factor"),
            Self::Confirm => Some("/confirm"),
            _ => None,
        };
        if let Some(path) = way {
            // Back to where she was going, once that is done.
            return match page.path {
                "/" => go(path),
                next => go(&format!("{path}?next={next}")),
            };
        }
        let (title, line) = match self {
            Self::NotFound => ("wrong-not-found", page.t("wrong-not-found-line")),
            Self::Method => ("wrong-method", page.t("wrong-method-line")),
            Self::Forbidden => ("wrong-forbidden", page.t("wrong-forbidden-line")),
            Self::Forged => ("wrong-forged", page.t("wrong-forged-line")),
            Self::TooOften(too_often) => (
                "wrong-too-often",
                page.t1("try-later", "seconds", too_often.seconds),
            ),
            Self::NotAForm | Self::TooLarge | Self::TooSlow => {
                ("wrong-form", page.t("wrong-form-line"))
            }
            Self::Unavailable => ("wrong-unavailable", page.t("wrong-unavailable-line")),
            Self::Fault(number) => (
                "wrong-fault",
                page.t1("wrong-fault-line", "number", &number.to_string()),
            ),
            Self::SignIn | Self::Unlock | Self::Enrol | Self::Confirm => ("brand", String::new()),
        };
        let link = Some(("/", page.t("to-start")));
        let said = Said {
            page: page.titled(title),
            lines: vec![line],
            link,
        };
        let mut response = html(self.status(), &said).unwrap_or_else(|_| self.status().into());
        if let Self::TooOften(too_often) = self {
            let seconds = HeaderValue::from(too_often.seconds);
            response.headers_mut().insert(RETRY_AFTER, seconds);
        }
        response
    }
}

impl From<TooOften> for Wrong {
    fn from(too_often: TooOften) -> Self {
        Self::TooOften(too_often)
    }
}

impl From<app::Error> for Wrong {
    fn from(error: app::Error) -> Self {
        use app::Error as E;
        match error {
            E::UnknownPilot { .. }
            | E::UnknownPerson { .. }
            | E::NotBroken(app::access::NotBroken::NoOpening { .. }) => Self::NotFound,
            E::Unavailable(_) => Self::Unavailable,
            other => Self::fault("a page", &other),
        }
    }
}

/// What is refused and not said beside a field.
impl From<identity::Error> for Wrong {
    fn from(error: identity::Error) -> Self {
        match error {
            identity::Error::Refused(refusal) => refusal.into(),
            identity::Error::Database(sqlx::Error::PoolTimedOut | sqlx::Error::Io(_)) => {
                Self::Unavailable
            }
            other => Self::fault("a sign-in page", &other),
        }
    }
}

impl From<Refusal> for Wrong {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::SignedOut => Self::SignIn,
            Refusal::Locked => Self::Unlock,
            Refusal::ConfirmFirst | Refusal::NotStrong => Self::Confirm,
            Refusal::TryLater { seconds } => Self::TooOften(TooOften {
                seconds: u64::from(seconds),
            }),
            Refusal::UnknownAccount | Refusal::UnknownProvider => Self::NotFound,
            _ => Self::Forbidden,
        }
    }
}

/// The sentence for what is refused, where a page says it.
pub(crate) fn refused(page: &Page, refusal: &Refusal) -> String {
    sentence(page.language(), refusal)
}

/// The same, before there is a page.
pub(crate) fn sentence(language: Language, refusal: &Refusal) -> String {
    use identity::PasswordRefused as P;
    let t = |key| text(language, key);
    let n = |key, number: usize| text_with(language, key, &[("n", Put::Number(number as u64))]);
    match refusal {
        Refusal::NameTaken => t("refused-name-taken"),
        Refusal::NameNotValid => t("refused-name-not-valid"),
        Refusal::DisplayNameNotValid => t("refused-display-name"),
        Refusal::LabelNotValid => t("refused-label"),
        Refusal::UnknownAccount => t("refused-unknown-account"),
        Refusal::Disabled => t("refused-disabled"),
        Refusal::LinkNotGood => t("refused-link"),
        Refusal::Password(P::TooShort { least }) => n("refused-password-short", *least),
        Refusal::Password(P::TooLong { most }) => n("refused-password-long", *most),
        Refusal::Password(P::Guessable) => t("refused-password-guessable"),
        Refusal::SignedOut => t("refused-signed-out"),
        Refusal::Locked => t("refused-locked"),
        Refusal::ConfirmFirst => t("refused-confirm-first"),
        Refusal::NotStrong => t("refused-not-strong"),
        Refusal::CodeNotRight => t("refused-code"),
        Refusal::TryLater { seconds } => text_with(
            language,
            "try-later",
            &[("seconds", Put::Number(u64::from(*seconds)))],
        ),
        Refusal::StartAgain => t("refused-start-again"),
        Refusal::LastFactor => t("refused-last-factor"),
        Refusal::NoSuchFactor => t("refused-no-such-factor"),
        Refusal::NoPasskeys => t("refused-no-passkeys"),
        Refusal::PasskeyNotRight => t("refused-passkey"),
        Refusal::PasskeyKnown => t("refused-passkey-known"),
        Refusal::TooMany { limit } => n("refused-too-many", *limit as usize),
        Refusal::TokenTooLong { days } => n("refused-token-too-long", *days as usize),
        Refusal::UnknownProvider => t("refused-unknown-provider"),
        Refusal::ProviderRefused => t("refused-provider"),
        Refusal::ProviderAnswer => t("refused-provider-answer"),
        Refusal::NotInvited => t("refused-not-invited"),
        Refusal::LinkedElsewhere => t("refused-linked-elsewhere"),
    }
}
