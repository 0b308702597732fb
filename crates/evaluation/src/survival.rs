//! The product-limit estimate (Kaplan and Meier, JASA 53, 1958), exact where it decides, with its band.
//!
//! The band is point by point: Greenwood's variance, carried over to log(−log S) so that it stays between 0
//! and 1 (Kalbfleisch and Prentice, *The Statistical Analysis of Failure Time Data*, 1980; `log-log` in R's
//! `survival`, and what lifelines draws). The interval of the median runs from the first day on which the
//! lower end has come down to a half to the first on which the upper end has (Brookmeyer and Crowley,
//! Biometrics 38, 1982). `tests/reference` holds all of it against lifelines.
//!
//! Where the curve is still 1 or has come down to 0 the transformation says nothing, and there is no band,
//! as in R; lifelines writes 1 to 1 and 0 to 0, which looks like certainty. For the median both mean the
//! same: before the first event neither end has come down, after the last one of all both have.
//!
//! The first day counts for good. When few are left, the upper end of the band can rise above a half again;
//! lifelines then says that the interval of the median has no end, or a later one.

use std::collections::BTreeMap;

use rust_decimal::{Decimal, RoundingStrategy};

use crate::indicator::{Step, Survival};
use crate::interval::{self, Bounds, LEVEL_F64};

/// How long one was observed, and whether it ended with the event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Observation {
    /// Days from the beginning to the event, or to where she was last seen without it.
    pub day: i64,
    /// Whether it was the event.
    pub event: bool,
}

/// One day of an estimate, unrounded.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// Days since the beginning.
    pub day: i64,
    /// Estimated share without the event after this day.
    pub survival: f64,
    /// The band around it; none where the share is 1 or 0.
    pub band: Option<Bounds>,
}

/// Decimal places of a printed survival.
const PLACES: u32 = 6;

/// The estimate with its band at [`LEVEL`](crate::interval::LEVEL); none of nobody. Who is censored on the
/// day of an event was still at risk of it.
pub fn kaplan_meier(observations: &[Observation]) -> Option<Survival> {
    if observations.is_empty() {
        return None;
    }
    let mut median = None;
    let mut share = Share::ONE;
    let band = estimates(observations, LEVEL_F64);
    let mut curve = Vec::with_capacity(band.len());
    for (seen, Estimate { band, .. }) in days(observations).into_iter().zip(&band) {
        if seen.events > 0 {
            share.times(seen.at_risk - seen.events, seen.at_risk);
        }
        if median.is_none() && share.is_half_or_less() {
            median = Some(seen.day);
        }
        curve.push(Step {
            day: seen.day,
            at_risk: seen.at_risk,
            events: seen.events,
            censored: seen.censored,
            survival: share.rounded(),
            lower: band.and_then(|band| interval::rounded(band.low, PLACES)),
            upper: band.and_then(|band| interval::rounded(band.high, PLACES)),
        });
    }
    Some(Survival {
        median,
        median_lower: half_reached(&band, |band| band.low),
        median_upper: half_reached(&band, |band| band.high),
        curve,
    })
}

/// The curve and its band at this level, day by day; what is printed of it is rounded.
pub fn estimates(observations: &[Observation], level: f64) -> Vec<Estimate> {
    let z = interval::two_sided_normal(1.0 - level);
    // The logarithm of the share, and Greenwood's sum: the variance of that logarithm.
    let (mut logarithm, mut variance) = (0.0, 0.0);
    let mut curve = Vec::new();
    for seen in days(observations) {
        let (events, at_risk) = (seen.events as f64, seen.at_risk as f64);
        logarithm += libm::log1p(-events / at_risk);
        variance += events / (at_risk * (at_risk - events));
        let moves = logarithm < 0.0 && logarithm.is_finite();
        let end = |z: f64| {
            let factor = libm::exp(z * libm::sqrt(variance) / -logarithm);
            libm::exp(logarithm * factor)
        };
        curve.push(Estimate {
            day: seen.day,
            survival: libm::exp(logarithm),
            band: moves.then(|| Bounds {
                low: end(z),
                high: end(-z),
            }),
        });
    }
    curve
}

/// First day on which this end of the band is a half or less.
fn half_reached(curve: &[Estimate], end: impl Fn(&Bounds) -> f64) -> Option<i64> {
    curve
        .iter()
        .find(|one| one.band.as_ref().map_or(one.survival, &end) <= 0.5)
        .map(|one| one.day)
}

/// What was seen on one day.
struct Day {
    day: i64,
    at_risk: u64,
    events: u64,
    censored: u64,
}

/// The days on which something was seen, ascending.
fn days(observations: &[Observation]) -> Vec<Day> {
    let mut seen: BTreeMap<i64, (u64, u64)> = BTreeMap::new();
    for observation in observations {
        let (events, censored) = seen.entry(observation.day).or_default();
        *(if observation.event { events } else { censored }) += 1;
    }
    let mut left = observations.len() as u64;
    let days = seen.into_iter().map(|(day, (events, censored))| {
        let at_risk = left;
        left -= events + censored;
        Day {
            day,
            at_risk,
            events,
            censored,
        }
    });
    days.collect()
}

/// A product of fractions: what is left of it after cancelling, so that 3/4 · 2/3 is a half and not nearly.
#[derive(Clone, Debug)]
struct Share {
    above: Vec<u64>,
    below: Vec<u64>,
}

impl Share {
    const ONE: Self = Self {
        above: Vec::new(),
        below: Vec::new(),
    };

    fn times(&mut self, above: u64, below: u64) {
        self.above.push(above);
        self.below.push(below);
        for a in &mut self.above {
            for b in &mut self.below {
                let common = gcd(*a, *b);
                if common > 1 {
                    *a /= common;
                    *b /= common;
                }
            }
        }
        self.above.retain(|factor| *factor != 1);
        self.below.retain(|factor| *factor != 1);
    }

    fn is_half_or_less(&self) -> bool {
        let mut doubled = self.above.clone();
        doubled.push(2);
        product(&doubled) <= product(&self.below)
    }

    fn rounded(&self) -> Decimal {
        let mut share = Decimal::ONE;
        for index in 0..self.above.len().max(self.below.len()) {
            let factor = |of: &[u64]| Decimal::from(of.get(index).copied().unwrap_or(1));
            share = share * factor(&self.above) / factor(&self.below);
        }
        share
            .round_dp_with_strategy(PLACES, RoundingStrategy::MidpointAwayFromZero)
            .normalize()
    }
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// A product that has no limit: digits to the base 2^32, the highest first, ordered by length and then
/// digit by digit.
fn product(factors: &[u64]) -> (usize, Vec<u32>) {
    let mut digits: Vec<u32> = vec![1];
    for factor in factors {
        let mut carry: u128 = 0;
        for digit in digits.iter_mut() {
            let value = u128::from(*digit) * u128::from(*factor) + carry;
            *digit = low(value);
            carry = value >> 32;
        }
        while carry > 0 {
            digits.push(low(carry));
            carry >>= 32;
        }
    }
    while digits.last() == Some(&0) {
        digits.pop();
    }
    digits.reverse();
    (digits.len(), digits)
}

/// The lowest 32 bits.
fn low(value: u128) -> u32 {
    (value & 0xffff_ffff) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn observed(days: &[(i64, bool)]) -> Vec<Observation> {
        days.iter()
            .map(|(day, event)| Observation {
                day: *day,
                event: *event,
            })
            .collect()
    }

    #[test]
    fn a_half_is_a_half() {
        // 3/4 · 2/3, which no decimal number holds.
        let survival =
            kaplan_meier(&observed(&[(5, true), (9, true), (12, false), (20, true)])).unwrap();
        assert_eq!(survival.median, Some(9));
        assert_eq!(survival.curve[1].survival, "0.5".parse().unwrap());
        assert_eq!(survival.curve[3].survival, Decimal::ZERO);
    }

    #[test]
    fn who_is_censored_on_the_day_was_at_risk() {
        let survival = kaplan_meier(&observed(&[(5, true), (5, false), (9, false)])).unwrap();
        assert_eq!(survival.median, None);
        let first = survival.curve[0];
        assert_eq!((first.at_risk, first.events, first.censored), (3, 1, 1));
        assert_eq!(first.survival, "0.666667".parse().unwrap());
        assert_eq!(survival.curve[1].at_risk, 1);
    }

    #[test]
    fn freireich_1963() {
        // The 6-mercaptopurine arm: the textbook's example.
        let days = [
            (6, true),
            (6, true),
            (6, true),
            (6, false),
            (7, true),
            (9, false),
            (10, true),
            (10, false),
            (11, false),
            (13, true),
            (16, true),
            (17, false),
            (19, false),
            (20, false),
            (22, true),
            (23, true),
            (25, false),
            (32, false),
            (32, false),
            (34, false),
            (35, false),
        ];
        let survival = kaplan_meier(&observed(&days)).unwrap();
        assert_eq!(survival.median, Some(23));
        let at = |day| {
            survival
                .curve
                .iter()
                .find(|s| s.day == day)
                .unwrap()
                .survival
                .to_string()
        };
        assert_eq!(
            (at(6), at(10), at(23)),
            ("0.857143".into(), "0.752941".into(), "0.448179".into())
        );
    }

    #[test]
    fn a_band_by_hand() {
        let survival = kaplan_meier(&observed(&[(6, true), (7, false), (9, true)])).unwrap();
        let first = survival.curve[0];
        // S = 2/3, Greenwood's sum 1/(3·2), and S^exp(±1.96·√(1/6)/−ln S).
        assert_eq!(first.lower, Some("0.054073".parse().unwrap()));
        assert_eq!(first.upper, Some("0.945206".parse().unwrap()));
        assert_eq!(survival.median_lower, Some(6));
    }

    #[test]
    fn nothing_has_happened_and_nobody_is_left() {
        let survival = kaplan_meier(&observed(&[(3, false), (5, true)])).unwrap();
        assert!(survival.curve.iter().all(|step| step.lower.is_none()));
        assert!(survival.curve.iter().all(|step| step.upper.is_none()));
        assert_eq!(
            (
                survival.median_lower,
                survival.median,
                survival.median_upper
            ),
            (Some(5), Some(5), Some(5))
        );
        let censored = kaplan_meier(&observed(&[(3, false), (5, false)])).unwrap();
        assert_eq!(
            (
                censored.median_lower,
                censored.median,
                censored.median_upper
            ),
            (None, None, None)
        );
    }

    #[test]
    fn many_censorings_overflow_nothing() {
        let days: Vec<_> = (0..2000).map(|day| (day, day % 3 == 0)).collect();
        assert!(kaplan_meier(&observed(&days)).is_some());
    }
}
