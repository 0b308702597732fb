//! How often somebody may ask.
//!
//! Who asks is a number out of 65,536, made from the address or the name with a secret of this process:
//! so memory is bounded whatever comes, nothing is kept in the clear, and nobody can choose whom to share
//! a number with.

use std::hash::{BuildHasher, Hash, RandomState};
use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::{Clock, DefaultClock};
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};

/// How often: so many at once, and then one more each time.
#[derive(Clone, Copy, Debug)]
pub struct Rate {
    /// At once.
    pub burst: NonZeroU32,
    /// One more after this time.
    pub one_per: Duration,
}

impl Rate {
    const fn new(burst: u32, one_per: Duration) -> Self {
        let burst = match NonZeroU32::new(burst) {
            Some(burst) => burst,
            None => NonZeroU32::MIN,
        };
        Self { burst, one_per }
    }
}

/// The rates of a service.
#[derive(Clone, Copy, Debug)]
pub struct Rates {
    /// Pages asked for from one address.
    pub pages: Rate,
    /// Sign-ins tried from one address, right or wrong.
    pub sign_ins: Rate,
    /// Sign-ins tried for one name, from wherever.
    pub names: Rate,
    /// Bad tokens sent from one address to GraphQL.
    pub bad_tokens: Rate,
}

impl Default for Rates {
    fn default() -> Self {
        Self {
            // An office of twenty behind one address clicks less than this.
            pages: Rate::new(400, Duration::from_millis(200)),
            // An office that signs in again after lunch; then one every six seconds.
            sign_ins: Rate::new(40, Duration::from_secs(6)),
            // Somebody who tries what she can remember; then two a minute.
            names: Rate::new(15, Duration::from_secs(30)),
            // A script that goes on with yesterday's token. Nobody guesses 256 bits.
            bad_tokens: Rate::new(2000, Duration::from_millis(100)),
        }
    }
}

/// Not now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooOften {
    /// Seconds until it makes sense to try again, at least one.
    pub(crate) seconds: u64,
}

/// What was asked lately.
pub(crate) struct Limits {
    pages: Buckets,
    sign_ins: Buckets,
    names: Buckets,
    bad_tokens: Buckets,
}

impl Limits {
    pub(crate) fn new(rates: &Rates) -> Self {
        Self {
            pages: Buckets::new(rates.pages),
            sign_ins: Buckets::new(rates.sign_ins),
            names: Buckets::new(rates.names),
            bad_tokens: Buckets::new(rates.bad_tokens),
        }
    }

    /// One page more for an address.
    pub(crate) fn page(&self, address: IpAddr) -> Result<(), TooOften> {
        self.pages.take(&network(address))
    }

    /// One more try to sign in, whether with a password or with what follows it.
    pub(crate) fn sign_in(&self, address: IpAddr, name: Option<&str>) -> Result<(), TooOften> {
        self.sign_ins.take(&network(address))?;
        match name {
            Some(name) => self.names.take(&name.trim().to_lowercase()),
            None => Ok(()),
        }
    }

    /// One more bad token from an address.
    pub(crate) fn bad_token(&self, address: IpAddr) -> Result<(), TooOften> {
        self.bad_tokens.take(&network(address))
    }
}

/// Who has an address of version 6 has all of its network.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
    }
}

struct Buckets {
    limiter: RateLimiter<u16, HashMapStateStore<u16>, DefaultClock>,
    clock: DefaultClock,
    secret: RandomState,
}

impl Buckets {
    fn new(rate: Rate) -> Self {
        let quota = Quota::with_period(rate.one_per)
            .unwrap_or_else(|| Quota::per_second(rate.burst))
            .allow_burst(rate.burst);
        Self {
            limiter: RateLimiter::hashmap(quota),
            clock: DefaultClock::default(),
            secret: RandomState::new(),
        }
    }

    fn take(&self, who: &impl Hash) -> Result<(), TooOften> {
        let [low, high, ..] = self.secret.hash_one(who).to_le_bytes();
        let number = u16::from_le_bytes([low, high]);
        self.limiter.check_key(&number).map_err(|until| {
            let wait = until.wait_time_from(self.clock.now());
            TooOften {
                seconds: wait.as_secs() + 1,
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_gets_its_burst_and_no_more() {
        let rate = Rate::new(3, Duration::from_secs(3600));
        let buckets = Buckets::new(rate);
        let one: IpAddr = "203.0.113.9".parse().unwrap();
        for _ in 0..3 {
            assert_eq!(buckets.take(&one), Ok(()));
        }
        let TooOften { seconds } = buckets.take(&one).unwrap_err();
        assert!((3500..=3601).contains(&seconds), "{seconds}");
        let other: IpAddr = "203.0.113.10".parse().unwrap();
        assert_eq!(buckets.take(&other), Ok(()));
    }

    #[test]
    fn a_million_addresses_take_no_more_room_than_there_are_numbers() {
        let buckets = Buckets::new(Rate::new(1, Duration::from_secs(3600)));
        for one in 0..1_000_000u32 {
            let _ = buckets.take(&IpAddr::from(std::net::Ipv4Addr::from(one)));
        }
        assert!(buckets.limiter.len() <= 1 << 16);
    }

    #[test]
    fn a_network_of_version_6_is_one() {
        let of = |text: &str| network(text.parse().unwrap());
        assert_eq!(of("2001:db8:1:2::3"), of("2001:db8:1:2:ffff::9"));
        assert_ne!(of("2001:db8:1:2::3"), of("2001:db8:1:3::3"));
    }

    #[test]
    fn a_name_is_held_back_from_wherever_it_is_tried() {
        let rates = Rates {
            names: Rate::new(2, Duration::from_secs(3600)),
            ..Rates::default()
        };
        let limits = Limits::new(&rates);
        let from = |n: u8| IpAddr::from([198, 51, 100, n]);
        assert_eq!(limits.sign_in(from(1), Some("anna")), Ok(()));
        assert_eq!(limits.sign_in(from(2), Some("ANNA ")), Ok(()));
        assert!(limits.sign_in(from(3), Some("anna")).is_err());
        assert_eq!(limits.sign_in(from(4), None), Ok(()));
    }
}
