//! Cookies: which there are, and how a browser has to keep them.
//!
//! Every name begins with `__Host-`: browsers take such a cookie only over a safe connection, for this
//! host alone, and for all of it. So no neighbour under the same domain can plant one.

use std::fmt::Write;

use poem::Response;
use poem::http::HeaderMap;
use poem::http::header::{COOKIE, SET_COOKIE};

/// The longest value that is looked at, in bytes; none of ours is longer.
const MAX_VALUE: usize = 512;

const MINUTE: u32 = 60;
const DAY: u32 = 24 * 60 * MINUTE;

/// Every cookie there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Cookie {
    /// The session of somebody who signed in.
    Session,
    /// Between the password and the second factor.
    Step,
    /// A browser that somebody has signed in with before.
    Device,
    /// Somebody who has not signed in: what forms are bound to.
    Visitor,
    /// Between here and an identity provider.
    Provider,
    /// The secret of a one-time link, so that it is in no address any more.
    Link,
    /// What the next page says at its top.
    Said,
    /// The language that was chosen before signing in.
    Language,
}

impl Cookie {
    /// All.
    pub(crate) const ALL: [Self; 8] = [
        Self::Session,
        Self::Step,
        Self::Device,
        Self::Visitor,
        Self::Provider,
        Self::Link,
        Self::Said,
        Self::Language,
    ];

    /// Its name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Session => "__Host-inrete",
            Self::Step => "__Host-inrete-step",
            Self::Device => "__Host-inrete-device",
            Self::Visitor => "__Host-inrete-visitor",
            Self::Provider => "__Host-inrete-provider",
            Self::Link => "__Host-inrete-link",
            Self::Said => "__Host-inrete-said",
            Self::Language => "__Host-inrete-language",
        }
    }

    /// `Strict` where it is only needed on the way from one page here to the next. `Lax` where one
    /// comes back from elsewhere: from an identity provider, from a link in an e-mail.
    fn same_site(self) -> &'static str {
        match self {
            Self::Step | Self::Device => "Strict",
            Self::Session
            | Self::Visitor
            | Self::Provider
            | Self::Link
            | Self::Said
            | Self::Language => "Lax",
        }
    }

    /// How long a browser keeps it, in seconds; until it is closed when none is given.
    fn lasts(self) -> Option<u32> {
        match self {
            Self::Session | Self::Visitor => None,
            Self::Said => Some(MINUTE),
            Self::Step | Self::Provider => Some(10 * MINUTE),
            Self::Link => Some(30 * MINUTE),
            Self::Device => Some(180 * DAY),
            Self::Language => Some(365 * DAY),
        }
    }
}

/// What a browser sent, and what it is told to keep or to forget.
#[derive(Default)]
pub(crate) struct Jar {
    sent: Vec<(Cookie, String)>,
    changed: Vec<(Cookie, Option<String>)>,
}

impl Jar {
    /// What a browser sent. A cookie that comes twice was planted, and neither counts.
    pub(crate) fn read(headers: &HeaderMap) -> Self {
        let mut sent: Vec<(Cookie, Option<String>)> = Vec::new();
        let lines = headers.get_all(COOKIE).iter();
        let pairs = lines
            .filter_map(|line| line.to_str().ok())
            .flat_map(|line| line.split(';'))
            .filter_map(|pair| pair.trim().split_once('='));
        for (name, value) in pairs {
            let Some(cookie) = Cookie::ALL.into_iter().find(|it| it.name() == name) else {
                continue;
            };
            match sent.iter_mut().find(|(known, _)| *known == cookie) {
                Some((_, twice)) => *twice = None,
                None => {
                    let short = !value.is_empty() && value.len() <= MAX_VALUE;
                    sent.push((cookie, short.then(|| value.to_owned())));
                }
            }
        }
        Self {
            sent: sent
                .into_iter()
                .filter_map(|(cookie, value)| Some((cookie, value?)))
                .collect(),
            changed: Vec::new(),
        }
    }

    /// Its value as it is now: as changed, or as sent.
    pub(crate) fn get(&self, cookie: Cookie) -> Option<&str> {
        if let Some((_, value)) = self.changed.iter().find(|(it, _)| *it == cookie) {
            return value.as_deref();
        }
        let sent = self.sent.iter().find(|(it, _)| *it == cookie);
        sent.map(|(_, value)| value.as_str())
    }

    /// Tells the browser to keep it.
    pub(crate) fn keep(&mut self, cookie: Cookie, value: &str) {
        self.change(cookie, Some(value.to_owned()));
    }

    /// Tells the browser to forget it, if it sent it.
    pub(crate) fn forget(&mut self, cookie: Cookie) {
        if self.get(cookie).is_some() {
            self.change(cookie, None);
        }
    }

    fn change(&mut self, cookie: Cookie, value: Option<String>) {
        self.changed.retain(|(it, _)| *it != cookie);
        self.changed.push((cookie, value));
    }

    /// Writes what has changed into an answer.
    pub(crate) fn write(&self, response: &mut Response) {
        for (cookie, value) in &self.changed {
            let mut line = format!(
                "{}={}; Path=/; Secure; HttpOnly; SameSite={}",
                cookie.name(),
                value.as_deref().unwrap_or_default(),
                cookie.same_site()
            );
            let lasts = match value {
                Some(_) => cookie.lasts(),
                None => Some(0),
            };
            if let Some(seconds) = lasts {
                // Writing into a text does not fail.
                let _ = write!(line, "; Max-Age={seconds}");
            }
            // Our own values are ASCII.
            if let Ok(line) = line.parse() {
                response.headers_mut().append(SET_COOKIE, line);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn jar(lines: &[&str]) -> Jar {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(COOKIE, line.parse().unwrap());
        }
        Jar::read(&headers)
    }

    #[test]
    fn what_was_sent_is_read() {
        let jar = jar(&["a=b; __Host-inrete=secret", "__Host-inrete-step=x=y"]);
        assert_eq!(jar.get(Cookie::Session), Some("secret"));
        assert_eq!(jar.get(Cookie::Step), Some("x=y"));
        assert_eq!(jar.get(Cookie::Device), None);
    }

    #[test]
    fn what_comes_twice_or_too_long_counts_for_nothing() {
        let twice = jar(&["__Host-inrete=one; __Host-inrete=two"]);
        assert_eq!(twice.get(Cookie::Session), None);
        let long = format!("__Host-inrete={}", "x".repeat(MAX_VALUE + 1));
        assert_eq!(jar(&[&long]).get(Cookie::Session), None);
    }

    #[test]
    fn every_cookie_is_for_this_host_and_no_script() {
        for cookie in Cookie::ALL {
            let mut jar = Jar::default();
            jar.keep(cookie, "value");
            let mut response = Response::default();
            jar.write(&mut response);
            let line = response.headers()[SET_COOKIE].to_str().unwrap().to_owned();
            assert!(line.starts_with("__Host-inrete"), "{line}");
            for flag in ["; Path=/;", "; Secure;", "; HttpOnly;", "; SameSite="] {
                assert!(line.contains(flag), "{line}");
            }
            assert!(!line.contains("Domain"), "{line}");
        }
    }

    #[test]
    fn the_last_change_counts() {
        let mut jar = jar(&["__Host-inrete=old"]);
        jar.keep(Cookie::Session, "new");
        assert_eq!(jar.get(Cookie::Session), Some("new"));
        jar.forget(Cookie::Session);
        assert_eq!(jar.get(Cookie::Session), None);
        let mut response = Response::default();
        jar.write(&mut response);
        let lines: Vec<_> = response.headers().get_all(SET_COOKIE).iter().collect();
        assert_eq!(lines.len(), 1);
        assert!(lines[0].to_str().unwrap().contains("Max-Age=0"));
    }
}
