//! The one address that browsers know the service by, and what is measured against it: the Host header,
//! and whether a request comes from one of the service's own pages.

use std::fmt;
use std::str::FromStr;

use identity::Link;
use poem::http::HeaderMap;
use poem::http::header::{HOST, ORIGIN};
use url::{Host, Url};

/// Scheme, host and port, as browsers write them: `https://inrete.example.it`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    url: Url,
    /// Host and port as they are in a Host header.
    authority: String,
}

/// Why a text is no origin for the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAnOrigin {
    /// No address at all.
    #[error("this is no address: write https://inrete.example.it")]
    NotAnAddress,
    /// More than scheme, host and port.
    #[error(
        "write scheme, host and port alone, without a path or a name: https://inrete.example.it"
    )]
    MoreThanOrigin,
    /// Passwords would travel in the clear.
    #[error(
        "only https, or http on this machine (http://localhost:8017): browsers keep sign-ins and passkeys nowhere else"
    )]
    NotPrivate,
}

impl FromStr for Origin {
    type Err = NotAnOrigin;

    fn from_str(text: &str) -> Result<Self, NotAnOrigin> {
        let url: Url = text.parse().map_err(|_| NotAnOrigin::NotAnAddress)?;
        let alone = url.path() == "/"
            && url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty()
            && url.password().is_none();
        let Some(host) = url.host() else {
            return Err(NotAnOrigin::NotAnAddress);
        };
        match url.scheme() {
            "https" => {}
            "http" if is_this_machine(&host) => {}
            "http" => return Err(NotAnOrigin::NotPrivate),
            _ => return Err(NotAnOrigin::NotAnAddress),
        }
        if !alone {
            return Err(NotAnOrigin::MoreThanOrigin);
        }
        let authority = match url.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_string(),
        };
        Ok(Self { url, authority })
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.url.scheme(), self.authority)
    }
}

/// What a Host header means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Named {
    /// The origin itself.
    Origin,
    /// Another name of this machine's own, where the origin is one too.
    ThisMachine,
    /// Somebody else's, or none.
    Other,
}

impl Origin {
    /// The origin of a service that answers on this port of this machine and was told no other.
    pub fn local(port: u16) -> Self {
        let authority = format!("localhost:{port}");
        // A name and a number are always an address.
        let url = Url::parse(&format!("http://{authority}/"));
        let url = url.unwrap_or_else(|error| unreachable!("{error}"));
        Self { url, authority }
    }

    /// As an address.
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// The address of a one-time link.
    pub fn link(&self, link: &Link) -> String {
        format!("{self}/link/{}", link.secret.expose())
    }

    /// Do browsers come over TLS?
    pub fn is_https(&self) -> bool {
        self.url.scheme() == "https"
    }

    /// Whom a request was meant for.
    pub(crate) fn named(&self, headers: &HeaderMap) -> Named {
        let mut hosts = headers.get_all(HOST).iter();
        let (Some(host), None) = (hosts.next(), hosts.next()) else {
            return Named::Other;
        };
        let Ok(host) = host.to_str() else {
            return Named::Other;
        };
        let scheme = self.url.scheme();
        let Ok(asked) = format!("{scheme}://{host}/").parse::<Url>() else {
            return Named::Other;
        };
        if asked.path() != "/" || !asked.username().is_empty() || asked.query().is_some() {
            return Named::Other;
        }
        let ports = asked.port_or_known_default() == self.url.port_or_known_default();
        match (asked.host(), self.url.host()) {
            (Some(asked), Some(own)) if ports && asked == own => Named::Origin,
            (Some(asked), Some(own))
                if ports && is_this_machine(&asked) && is_this_machine(&own) =>
            {
                Named::ThisMachine
            }
            _ => Named::Other,
        }
    }

    /// Does the browser say that the request comes from one of the service's own pages? What says
    /// nothing is no browser of today, or hides where it comes from.
    pub(crate) fn is_own(&self, headers: &HeaderMap) -> bool {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        // Browsers of today say it themselves, and no script can say it for them.
        if headers.contains_key("sec-fetch-site") {
            return text("sec-fetch-site") == Some("same-origin");
        }
        text(ORIGIN.as_str()) == Some(&*self.to_string())
    }
}

fn is_this_machine<S: AsRef<str>>(host: &Host<S>) -> bool {
    match host {
        Host::Domain(name) => name.as_ref() == "localhost",
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(text: &str) -> Origin {
        text.parse().unwrap()
    }

    fn headers(of: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in of {
            headers.append(*name, value.parse().unwrap());
        }
        headers
    }

    #[test]
    fn an_origin_is_scheme_host_and_port() {
        for text in [
            "https://inrete.example.it",
            "https://inrete.example.it:8443",
            "http://localhost:8017",
        ] {
            assert_eq!(origin(text).to_string(), text);
            assert_eq!(origin(&format!("{text}/")), origin(text));
        }
        assert_eq!(
            origin("https://INRETE.example.it:443").to_string(),
            "https://inrete.example.it"
        );
        use NotAnOrigin as N;
        for (text, why) in [
            ("", N::NotAnAddress),
            ("inrete.example.it", N::NotAnAddress),
            ("ftp://inrete.example.it", N::NotAnAddress),
            ("http://inrete.example.it", N::NotPrivate),
            ("http://localhost.example.it", N::NotPrivate),
            ("http://10.0.0.1", N::NotPrivate),
            ("https://inrete.example.it/it", N::MoreThanOrigin),
            ("https://inrete.example.it?x", N::MoreThanOrigin),
            ("https://me@inrete.example.it", N::MoreThanOrigin),
        ] {
            assert_eq!(text.parse::<Origin>(), Err(why), "{text}");
        }
    }

    #[test]
    fn a_request_for_another_name_is_told_apart() {
        let away = origin("https://inrete.example.it");
        let here = origin("http://localhost:8017");
        for (of, host, named) in [
            (&away, "inrete.example.it", Named::Origin),
            (&away, "INRETE.example.it:443", Named::Origin),
            (&away, "inrete.example.it:8443", Named::Other),
            (&away, "example.it", Named::Other),
            (&away, "inrete.example.it.evil.example", Named::Other),
            (&away, "evil.example@inrete.example.it", Named::Other),
            (&away, "inrete.example.it/evil", Named::Other),
            (&away, "127.0.0.1", Named::Other),
            (&here, "localhost:8017", Named::Origin),
            (&here, "127.0.0.1:8017", Named::ThisMachine),
            (&here, "[::1]:8017", Named::ThisMachine),
            (&here, "localhost", Named::Other),
            (&here, "rebound.example:8017", Named::Other),
        ] {
            assert_eq!(of.named(&headers(&[("host", host)])), named, "{host}");
        }
        assert_eq!(away.named(&headers(&[])), Named::Other);
        let twice = headers(&[("host", "inrete.example.it"), ("host", "inrete.example.it")]);
        assert_eq!(away.named(&twice), Named::Other);
    }

    #[test]
    fn only_the_services_own_pages_are_its_own() {
        let own = origin("https://inrete.example.it");
        let (site, from) = ("sec-fetch-site", "origin");
        let here = "https://inrete.example.it";
        for (of, expected) in [
            (&[(site, "same-origin")][..], true),
            (&[(site, "same-origin"), (from, "null")], true),
            (&[(from, here)], true),
            (&[(site, "same-site"), (from, here)], false),
            (&[(site, "cross-site"), (from, here)], false),
            (&[(site, "none")], false),
            (&[(from, "https://evil.example")], false),
            (&[(from, "http://inrete.example.it")], false),
            (&[(from, "null")], false),
            (&[], false),
        ] {
            assert_eq!(own.is_own(&headers(of)), expected, "{of:?}");
        }
    }
}
