//! Every page: method, path, who may, and what makes it. There is no page beside this table.

use std::pin::Pin;

use poem::Response;
use poem::http::Method;
use policy::Action;

use super::asked::Asked;
use super::wrong::Wrong;
use super::{access, account, accounts, break_glass, confirm, factors, home, link, oidc, persons};
use super::{sign_in, sign_out, tokens};

/// Who may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// Anybody.
    Anybody,
    /// Who has a session, be it locked.
    Session,
    /// Who has a session that is not locked, even if a second factor is missing.
    Enrolling,
    /// Who has a session that is not locked, and a second factor if her roles take one.
    SignedIn,
    /// The same, and her roles let her do this: in the pilot that the path names, or somewhere where it
    /// names none. To what, the page asks itself.
    May(Action),
    /// Who has a token, or a session: decided field by field.
    Token,
}

/// How a page is made.
pub(crate) type Answer<'a> = Pin<Box<dyn Future<Output = Result<Response, Wrong>> + Send + 'a>>;
type Handler = for<'a> fn(&'a mut Asked) -> Answer<'a>;

/// One line.
#[derive(Debug)]
pub struct Line {
    /// How it is asked for.
    pub method: Method,
    /// Where. What begins with a colon stands for any one piece.
    pub path: &'static str,
    /// Who may.
    pub who: Who,
    pub(crate) handler: Handler,
}

impl Line {
    /// The names in its path.
    pub(crate) fn names(&self) -> impl Iterator<Item = &'static str> {
        self.path.split('/').filter_map(|it| it.strip_prefix(':'))
    }

    /// Does its path name a pilot?
    pub(crate) fn is_of_a_pilot(&self) -> bool {
        self.names().any(|name| name == "pilot")
    }

    /// The page to come back to from here: this one, or the nearest above that can be asked for without
    /// knowing more.
    pub(crate) fn back(&self) -> &'static str {
        let mut path = self.path;
        loop {
            if is_place(path) {
                return path;
            }
            match path.rfind('/') {
                Some(at) if at > 0 => path = &path[..at],
                _ => return "/",
            }
        }
    }
}

/// Can this be gone to?
pub(crate) fn is_place(path: &str) -> bool {
    let found = PAGES
        .iter()
        .find(|line| line.path == path && line.method == Method::GET);
    found.is_some_and(|line| line.names().next().is_none())
}

/// Who may ask for the page of this path.
pub(crate) fn rule(path: &str) -> Option<Who> {
    let line = PAGES
        .iter()
        .find(|line| line.path == path && line.method == Method::GET)?;
    Some(line.who)
}

macro_rules! pages {
    ($($method:ident $path:literal $who:expr => $handler:path,)+) => {
        &[$(Line {
            method: Method::$method,
            path: $path,
            who: $who,
            handler: |asked| Box::pin($handler(asked)),
        },)+]
    };
}

use Who::{Anybody, Enrolling, May, Session, SignedIn};

/// The navigation: path and text.
pub(crate) static NAV: &[(&str, &str)] = &[
    ("/", "nav-home"),
    ("/access", "nav-access"),
    ("/break-glass", "nav-break-glass"),
    ("/persons", "nav-persons"),
    ("/accounts", "nav-accounts"),
    ("/tokens", "nav-tokens"),
    ("/account", "nav-account"),
];

/// The pages.
pub static PAGES: &[Line] = pages! {
    GET  "/" SignedIn => home::show,
    POST "/language" Anybody => home::language,

    // Signing in and out.
    GET  "/sign-in" Anybody => sign_in::show,
    POST "/sign-in" Anybody => sign_in::begin,
    GET  "/sign-in/second-factor" Anybody => sign_in::second_factor,
    POST "/sign-in/code" Anybody => sign_in::code,
    POST "/sign-in/recovery-code" Anybody => sign_in::recovery_code,
    POST "/sign-in/passkey" Anybody => sign_in::passkey,
    POST "/sign-in/passkey/finish" Anybody => sign_in::finish_passkey,
    POST "/sign-in/oidc" Anybody => oidc::start,
    GET  "/sign-in/oidc/:provider" Anybody => oidc::finish,
    GET  "/link" Anybody => link::show,
    POST "/link" Anybody => link::accept,
    GET  "/link/:secret" Anybody => link::take,
    GET  "/confirm" Session => confirm::show,
    POST "/confirm" Session => confirm::password,
    POST "/confirm/passkey" Session => confirm::passkey,
    POST "/confirm/passkey/finish" Session => confirm::finish_passkey,
    POST "/lock" Session => sign_out::lock,
    POST "/sign-out" Session => sign_out::sign_out,
    GET  "/signed-out" Anybody => sign_out::show,

    // What is one's own.
    GET  "/account" SignedIn => account::show,
    POST "/account" SignedIn => account::rename,
    GET  "/account/password" SignedIn => account::password,
    POST "/account/password" SignedIn => account::change_password,
    GET  "/account/sessions" SignedIn => account::sessions,
    POST "/account/sessions" SignedIn => account::end_session,
    POST "/account/sessions/others" SignedIn => account::end_others,
    GET  "/account/second-factor" Enrolling => factors::show,
    POST "/account/second-factor/app" Enrolling => factors::start_app,
    POST "/account/second-factor/app/finish" Enrolling => factors::finish_app,
    POST "/account/second-factor/app/remove" SignedIn => factors::remove_app,
    POST "/account/second-factor/passkey" Enrolling => factors::start_passkey,
    POST "/account/second-factor/passkey/finish" Enrolling => factors::finish_passkey,
    POST "/account/second-factor/passkey/remove" SignedIn => factors::remove_passkey,
    POST "/account/second-factor/recovery-codes" SignedIn => factors::recovery_codes,
    GET  "/account/tokens" SignedIn => tokens::own,
    POST "/account/tokens" May(Action::MakeOwnToken) => tokens::make,
    POST "/account/tokens/revoke" SignedIn => tokens::revoke_own,

    // Accounts, roles, tokens.
    GET  "/accounts" May(Action::ManageAccounts) => accounts::list,
    POST "/accounts/invite" May(Action::ManageAccounts) => accounts::invite,
    POST "/accounts/one" May(Action::ManageAccounts) => accounts::one,
    POST "/accounts/one/disable" May(Action::ManageAccounts) => accounts::disable,
    POST "/accounts/one/enable" May(Action::ManageAccounts) => accounts::enable,
    POST "/accounts/one/reset" May(Action::ManageAccounts) => accounts::reset,
    POST "/accounts/one/grant" May(Action::GrantRoles) => accounts::grant,
    POST "/accounts/one/revoke" May(Action::RevokeRoles) => accounts::revoke,
    GET  "/tokens" May(Action::ManageTokens) => tokens::all,
    POST "/tokens/revoke" May(Action::ManageTokens) => tokens::revoke_any,

    // Who read what of whom.
    GET  "/access" May(Action::SeeAccessLog) => access::pilots,
    GET  "/access/:pilot" May(Action::SeeAccessLog) => access::show,
    POST "/access/:pilot" May(Action::SeeAccessLog) => access::filter,
    POST "/access/:pilot/person" May(Action::SeeAccessLog) => access::about,
    POST "/access/:pilot/review" May(Action::ReviewBreakGlass) => access::review,

    // The rights of a person.
    GET  "/persons" May(Action::ListPersons) => persons::pilots,
    GET  "/persons/:pilot" May(Action::ListPersons) => persons::list,
    POST "/persons/:pilot/one" May(Action::ListPersons) => persons::one,
    POST "/persons/:pilot/export" May(Action::ExportPerson) => persons::export,
    POST "/persons/:pilot/restrict" May(Action::RestrictPerson) => persons::restrict,
    POST "/persons/:pilot/lift" May(Action::RestrictPerson) => persons::lift,
    POST "/persons/:pilot/forget" May(Action::ForgetPerson) => persons::forget,
    POST "/persons/:pilot/forget/confirm" May(Action::ForgetPerson) => persons::forget_for_good,

    // What is not shared, in an emergency.
    GET  "/break-glass" May(Action::BreakGlass) => break_glass::pilots,
    GET  "/break-glass/:pilot" May(Action::BreakGlass) => break_glass::show,
    POST "/break-glass/:pilot" May(Action::BreakGlass) => break_glass::open,
};

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_page_is_there_once() {
        let mut seen = BTreeSet::new();
        for line in PAGES {
            let page = (line.method.as_str(), line.path);
            assert!(seen.insert(page), "{page:?} is there twice");
            assert!([Method::GET, Method::POST].contains(&line.method));
        }
    }

    #[test]
    fn only_what_a_person_needs_before_she_has_a_session_is_for_anybody() {
        for line in PAGES.iter().filter(|line| line.who == Who::Anybody) {
            let before = ["/sign-in", "/link", "/signed-out", "/language"];
            let needed = before.iter().any(|it| line.path.starts_with(it));
            assert!(needed, "{}", line.path);
        }
    }

    #[test]
    fn what_names_a_thing_in_its_address_names_no_person() {
        for name in PAGES.iter().flat_map(Line::names) {
            assert!(["pilot", "provider", "secret"].contains(&name), "{name}");
        }
    }

    #[test]
    fn one_comes_back_to_a_page_that_can_be_asked_for() {
        let back = |path: &str| PAGES.iter().find(|it| it.path == path).unwrap().back();
        assert_eq!(
            back("/account/second-factor/app/finish"),
            "/account/second-factor"
        );
        assert_eq!(back("/accounts/one/grant"), "/accounts");
        assert_eq!(back("/persons/:pilot/forget"), "/persons");
        assert_eq!(back("/sign-in/oidc/:provider"), "/sign-in");
        assert_eq!(back("/language"), "/");
        assert_eq!(back("/link/:secret"), "/link");
    }
}
