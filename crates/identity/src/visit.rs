//! One request: when, from where, with what.

use std::net::IpAddr;

use chrono::{DateTime, Utc};

/// The longest part of a User-Agent header that is looked at, in bytes.
const MAX_AGENT_HEADER: usize = 512;

/// One request of a browser.
#[derive(Clone, Copy)]
pub struct Visit<'a> {
    /// When.
    pub now: DateTime<Utc>,
    /// The client's address, behind whatever proxies are trusted. Only a keyed digest is kept.
    pub address: IpAddr,
    /// The User-Agent header. Only the browser's and the system's names are kept.
    pub agent: Option<&'a str>,
    /// The device cookie, when the browser has one: see [`Opened::device`](crate::Opened::device).
    pub device: Option<&'a str>,
}

impl std::fmt::Debug for Visit<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Visit")
            .field("now", &self.now)
            .finish_non_exhaustive()
    }
}

impl Visit<'_> {
    /// What stands for the address: all of IPv4, and the half of IPv6 that one customer is given.
    pub(crate) fn network(&self) -> Vec<u8> {
        match self.address.to_canonical() {
            IpAddr::V4(address) => address.octets().to_vec(),
            IpAddr::V6(address) => address.octets()[..8].to_vec(),
        }
    }

    /// "Firefox, Linux": enough to tell one's own sessions apart, and no more.
    pub(crate) fn family(&self) -> String {
        let header = self.agent.unwrap_or_default();
        let mut end = header.len().min(MAX_AGENT_HEADER);
        while !header.is_char_boundary(end) {
            end -= 1;
        }
        let header = &header[..end];
        let first_of = |names: &[(&str, &'static str)]| {
            let found = names.iter().find(|(part, _)| header.contains(part));
            found.map(|(_, name)| *name)
        };
        match (first_of(BROWSERS), first_of(SYSTEMS)) {
            (Some(browser), Some(system)) => format!("{browser}, {system}"),
            (Some(one), None) | (None, Some(one)) => one.to_owned(),
            (None, None) => String::from("?"),
        }
    }
}

/// What a header has in it, and the name for it. The first that fits: most browsers name others too.
const BROWSERS: &[(&str, &str)] = &[
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
    ("curl/", "curl"),
];

const SYSTEMS: &[(&str, &str)] = &[
    ("Android", "Android"),
    ("iPhone", "iOS"),
    ("iPad", "iPadOS"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn visit<'a>(address: &str, agent: Option<&'a str>) -> Visit<'a> {
        Visit {
            now: DateTime::UNIX_EPOCH,
            address: address.parse().expect("an address"),
            agent,
            device: None,
        }
    }

    #[test]
    fn only_the_family_of_a_browser_is_kept() {
        let of = |agent: &str| visit("::1", Some(agent)).family();
        assert_eq!(
            of("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"),
            "Firefox, Linux"
        );
        assert_eq!(
            of(
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36 Edg/130.0.0.0"
            ),
            "Edge, Windows"
        );
        assert_eq!(
            of(
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Mobile/15E148 Safari/604.1"
            ),
            "Safari, iOS"
        );
        assert_eq!(of("Maria's own browser"), "?");
        assert_eq!(visit("::1", None).family(), "?");
        // Cut at a character's edge.
        assert_eq!(of(&"é".repeat(MAX_AGENT_HEADER)), "?");
    }

    #[test]
    fn one_customer_of_ipv6_is_one_network() {
        let of = |address| visit(address, None).network();
        assert_eq!(of("2001:db8:1:2::1"), of("2001:db8:1:2:ffff::9"));
        assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
        assert_eq!(of("::ffff:192.0.2.1"), of("192.0.2.1"));
        assert_ne!(of("192.0.2.2"), of("192.0.2.1"));
    }

    #[test]
    fn a_visit_says_nothing_of_who_came() {
        let shown = format!("{:?}", visit("192.0.2.1", Some("agent")));
        assert!(
            !shown.contains("192") && !shown.contains("agent"),
            "{shown}"
        );
    }
}
