//! The product-limit estimate (Kaplan and Meier 1958), exact where it decides.

use std::collections::BTreeMap;

use rust_decimal::{Decimal, RoundingStrategy};

use crate::indicator::{Step, Survival};

/// How long one was observed, and whether it ended with the event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Observation {
    pub(crate) day: i64,
    pub(crate) event: bool,
}

/// Decimal places of a printed survival.
const PLACES: u32 = 6;

/// The estimate; none of nobody. Who is censored on the day of an event was still at risk of it.
pub(crate) fn kaplan_meier(observations: &[Observation]) -> Option<Survival> {
    if observations.is_empty() {
        return None;
    }
    let mut days: BTreeMap<i64, (u64, u64)> = BTreeMap::new();
    for observation in observations {
        let (events, censored) = days.entry(observation.day).or_default();
        *(if observation.event { events } else { censored }) += 1;
    }
    let mut at_risk = observations.len() as u64;
    let mut median = None;
    let mut share = Share::ONE;
    let mut curve = Vec::with_capacity(days.len());
    for (day, (events, censored)) in days {
        if events > 0 {
            share.times(at_risk - events, at_risk);
        }
        if median.is_none() && share.is_half_or_less() {
            median = Some(day);
        }
        curve.push(Step {
            day,
            at_risk,
            events,
            censored,
            survival: share.rounded(),
        });
        at_risk -= events + censored;
    }
    Some(Survival { median, curve })
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
    fn many_censorings_overflow_nothing() {
        let days: Vec<_> = (0..2000).map(|day| (day, day % 3 == 0)).collect();
        assert!(kaplan_meier(&observed(&days)).is_some());
    }
}
