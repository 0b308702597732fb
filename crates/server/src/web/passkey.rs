//! The page on which a browser is asked for a passkey: the only one that needs a script.

use askama::Template;
use identity::Ceremony;
use poem::Response;
use poem::http::StatusCode;

use super::layout::{Field, Page, html};
use super::wrong::Wrong;

/// The page.
#[derive(Template)]
#[template(path = "passkey.html")]
pub(crate) struct PasskeyPage {
    page: Page,
    /// What the browser is asked for: `get` or `create`.
    what: &'static str,
    lead: String,
    action: &'static str,
    options: String,
    hidden: Vec<(&'static str, String)>,
    field: Option<Field>,
    back: &'static str,
}

impl PasskeyPage {
    /// Asks for a passkey that is known.
    pub(crate) fn get(
        page: Page,
        action: &'static str,
        back: &'static str,
        ceremony: &Ceremony,
    ) -> Self {
        let lead = page.t("passkey-lead");
        Self::new(page, "get", lead, action, back, ceremony)
    }

    /// Asks for a new one, and what to call it.
    pub(crate) fn create(
        page: Page,
        action: &'static str,
        back: &'static str,
        ceremony: &Ceremony,
        label: Field,
    ) -> Self {
        let lead = page.t("passkey-create-lead");
        Self {
            field: Some(label),
            ..Self::new(page, "create", lead, action, back, ceremony)
        }
    }

    fn new(
        page: Page,
        what: &'static str,
        lead: String,
        action: &'static str,
        back: &'static str,
        ceremony: &Ceremony,
    ) -> Self {
        Self {
            page,
            what,
            lead,
            action,
            options: ceremony.options.to_string(),
            hidden: vec![("ceremony", ceremony.secret.expose().to_owned())],
            field: None,
            back,
        }
    }

    /// With a value that is not shown.
    pub(crate) fn hidden(mut self, name: &'static str, value: String) -> Self {
        self.hidden.push((name, value));
        self
    }

    pub(crate) fn answer(&self) -> Result<Response, Wrong> {
        html(StatusCode::OK, self)
    }
}
