//! One request for a page: who asks, from where, with what; and what her browser is told to keep.

use std::net::IpAddr;
use std::sync::Arc;

use app::{App, Fenced};
use chrono::{DateTime, Utc};
use identity::{Identity, Language, Opened, Session, Strength, Visit};
use policy::{Action, Subject};
use url::form_urlencoded;

use super::cookies::{Cookie, Jar};
use super::form::Form;
use super::layout::{Page, Place};
use super::site::Site;
use super::table::{self, Line, NAV, Who};
use super::texts::text;
use super::wrong::Wrong;

/// The longest parameter of an address that is looked at, in bytes.
const MAX_PARAMETER: usize = 4096;

/// What a page may say about what was done on the page before. A closed list: what a browser sends back
/// is looked up here, and nothing else is ever shown.
pub(crate) const SAID: &[&str] = &[
    "said-account-ready",
    "said-confirmed",
    "said-expired",
    "said-factor-removed",
    "said-granted",
    "said-language",
    "said-lifted",
    "said-locked",
    "said-passkey-removed",
    "said-password-changed",
    "said-renamed",
    "said-restricted",
    "said-reviewed",
    "said-revoked",
    "said-session-ended",
    "said-sessions-ended",
    "said-start-again",
    "said-token-revoked",
];

/// A request for a page.
pub(crate) struct Asked {
    pub(crate) site: Arc<Site>,
    /// Its line in the table.
    pub(crate) line: &'static Line,
    pub(crate) now: DateTime<Utc>,
    pub(crate) address: IpAddr,
    pub(crate) agent: Option<String>,
    pub(crate) language: Language,
    pub(crate) jar: Jar,
    /// The session, locked or not.
    pub(crate) session: Option<Session>,
    /// What she was granted; only where the page's rule asks for a session that is not locked.
    pub(crate) subject: Option<Subject>,
    /// The service as far as it is for her; where her grants are.
    pub(crate) fenced: Option<Fenced>,
    pub(crate) form: Form,
    /// What stands after the question mark.
    pub(crate) query: String,
    /// What stands in the place of a name in the page's path.
    pub(crate) named: Vec<(String, String)>,
    /// What forms carry.
    pub(crate) token: String,
}

impl Asked {
    pub(crate) fn app(&self) -> &App {
        &self.site.app
    }

    pub(crate) fn identity(&self) -> &Identity {
        &self.site.identity
    }

    /// As the crate `identity` wants it.
    pub(crate) fn visit(&self) -> Visit<'_> {
        Visit {
            now: self.now,
            address: self.address,
            agent: self.agent.as_deref(),
            device: self.jar.get(Cookie::Device),
        }
    }

    /// The session.
    pub(crate) fn session(&self) -> Result<&Session, Wrong> {
        self.session.as_ref().ok_or(Wrong::SignIn)
    }

    /// Who asks, with what she was granted.
    pub(crate) fn subject(&self) -> Result<&Subject, Wrong> {
        self.subject.as_ref().ok_or(Wrong::SignIn)
    }

    /// The service as far as it is for her: what pages read of pilots they read through this.
    pub(crate) fn fenced(&self) -> Result<&Fenced, Wrong> {
        self.fenced.as_ref().ok_or(Wrong::SignIn)
    }

    /// May she do this anywhere?
    pub(crate) fn may(&self, action: Action) -> bool {
        let subject = self.subject.as_ref();
        subject.is_some_and(|it| policy::within_reach(it, action, self.now).is_ok())
    }

    /// What stands in the place of `:name` in the path.
    pub(crate) fn named(&self, name: &str) -> &str {
        let found = self.named.iter().find(|(known, _)| known == name);
        found.map_or("", |(_, value)| value)
    }

    /// What stands after the question mark under this name.
    pub(crate) fn asked_for(&self, name: &str) -> Option<String> {
        let mut pairs = form_urlencoded::parse(self.query.as_bytes());
        let found = pairs.find(|(known, _)| known == name);
        found
            .map(|(_, value)| value.into_owned())
            .filter(|value| value.len() <= MAX_PARAMETER)
    }

    /// A text in her language.
    pub(crate) fn t(&self, key: &str) -> String {
        text(self.language, key)
    }

    /// What the next page says at its top.
    pub(crate) fn say(&mut self, key: &'static str) {
        self.jar.keep(Cookie::Said, key);
    }

    /// The next page says nothing after all.
    pub(crate) fn unsay(&mut self) {
        self.jar.forget(Cookie::Said);
    }

    /// What every template gets. What the page before had to say is said now.
    pub(crate) fn page(&mut self) -> Page {
        let quick_exit = self.site.settings.quick_exit.to_string();
        let mut page = Page::new(self.language, self.line.back(), quick_exit);
        let said = self.jar.get(Cookie::Said).unwrap_or_default();
        page.said = SAID.iter().find(|key| **key == said).map(|key| self.t(key));
        self.jar.forget(Cookie::Said);
        page.demonstration = self.site.settings.demonstration;
        page.token.clone_from(&self.token);
        if let Some(session) = &self.session {
            page.who = Some(session.display_name.clone());
            page.locked = session.locked;
        }
        if self.subject.is_some() {
            page.nav = self.places();
        }
        page
    }

    fn places(&self) -> Vec<Place> {
        let may = |who: Who| match who {
            Who::Anybody | Who::Session | Who::Enrolling | Who::SignedIn => true,
            Who::May(action) => self.may(action),
            Who::Token => false,
        };
        let own = self.line.back();
        NAV.iter()
            .filter(|(path, _)| table::rule(path).is_some_and(may))
            .map(|(path, key)| Place {
                path,
                label: self.t(key),
                here: match *path {
                    "/" => own == "/",
                    path => own == path || own.starts_with(&format!("{path}/")),
                },
            })
            .collect()
    }

    /// Somebody signed in, or her session got another secret: nothing that was before counts any more.
    pub(crate) fn enter(&mut self, opened: Opened) {
        self.jar.keep(Cookie::Session, opened.secret.expose());
        if let Some(device) = &opened.device {
            self.jar.keep(Cookie::Device, device.expose());
        }
        for over in [
            Cookie::Step,
            Cookie::Visitor,
            Cookie::Provider,
            Cookie::Link,
        ] {
            self.jar.forget(over);
        }
        self.language = opened.session.language;
        self.token = opened.session.csrf.expose().to_owned();
        self.session = Some(opened.session);
    }

    /// How strong the session is, in the words of who decides.
    pub(crate) fn strength(session: &Session) -> policy::Strength {
        match session.strength {
            Strength::Strong => policy::Strength::Strong,
            Strength::Password => policy::Strength::Weak,
        }
    }
}
