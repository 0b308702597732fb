//! What holds for intervals and curves whatever the data.

#![expect(clippy::unwrap_used, reason = "a test may stop and may speak")]

use evaluation::interval::{Bounds, Interval, clopper_pearson, wilson};
use evaluation::survival::{Observation, estimates, kaplan_meier};
use evaluation::{IntervalMethod, Value};
use proptest::prelude::*;
use rust_decimal::Decimal;

/// Room for the last digits of `f64`.
const ROUNDING: f64 = 1e-12;

type Of = fn(u64, u64, f64) -> Option<Bounds>;
const BOTH: [Of; 2] = [clopper_pearson, wilson];

fn counts() -> impl Strategy<Value = (u64, u64)> {
    (1_u64..=400).prop_flat_map(|n| (0..=n, Just(n)))
}

fn levels() -> impl Strategy<Value = f64> {
    prop_oneof![Just(0.95), Just(0.9), Just(0.99), 0.01_f64..0.999]
}

fn observations() -> impl Strategy<Value = Vec<Observation>> {
    let one = (0_i64..60, any::<bool>()).prop_map(|(day, event)| Observation { day, event });
    proptest::collection::vec(one, 1..120)
}

/// How likely exactly k of n are, one factor after the other. With no more than 400 trials nothing that
/// matters leaves the range of numbers.
fn probability(k: u64, n: u64, p: f64) -> f64 {
    let failures = n - k;
    let successes = (1..=k).map(|one| (failures + one) as f64 / one as f64 * p);
    let rest = (1.0 - p).powi(i32::try_from(failures).unwrap());
    successes.product::<f64>() * rest
}

proptest! {
    #[test]
    fn an_interval_holds_what_was_seen((k, n) in counts(), level in levels()) {
        let seen = k as f64 / n as f64;
        for of in BOTH {
            let Bounds { low, high } = of(k, n, level).unwrap();
            prop_assert!(0.0 <= low && low <= high && high <= 1.0, "{low} {high}");
            prop_assert!(low <= seen + ROUNDING && seen - ROUNDING <= high);
            prop_assert_eq!(low == 0.0, k == 0);
            prop_assert_eq!(high == 1.0, k == n);
        }
    }

    #[test]
    fn more_of_them_is_a_higher_interval((k, n) in counts(), level in levels()) {
        prop_assume!(k < n);
        for of in BOTH {
            let (fewer, more) = (of(k, n, level).unwrap(), of(k + 1, n, level).unwrap());
            prop_assert!(fewer.low < more.low && fewer.high < more.high);
        }
    }

    #[test]
    fn more_certainty_is_a_wider_interval((k, n) in counts(), level in 0.01_f64..0.99) {
        for of in BOTH {
            let (narrow, wide) = (of(k, n, level).unwrap(), of(k, n, level + 0.009).unwrap());
            prop_assert!(wide.low <= narrow.low && narrow.high <= wide.high);
        }
    }

    #[test]
    fn the_others_have_the_mirrored_interval((k, n) in counts(), level in levels()) {
        for of in BOTH {
            let (these, others) = (of(k, n, level).unwrap(), of(n - k, n, level).unwrap());
            prop_assert!((these.low - (1.0 - others.high)).abs() < ROUNDING);
            prop_assert!((these.high - (1.0 - others.low)).abs() < ROUNDING);
        }
    }

    /// At the ends of the exact interval what was seen, or more of it, is as unlikely as is said.
    #[test]
    fn the_exact_ends_leave_the_tails((k, n) in counts(), level in levels()) {
        let Bounds { low, high } = clopper_pearson(k, n, level).unwrap();
        let tail = (1.0 - level) / 2.0;
        if k > 0 {
            let more: f64 = (k..=n).map(|k| probability(k, n, low)).sum();
            prop_assert!((more - tail).abs() < 1e-10, "{more} {tail}");
        }
        if k < n {
            let fewer: f64 = (0..=k).map(|k| probability(k, n, high)).sum();
            prop_assert!((fewer - tail).abs() < 1e-10, "{fewer} {tail}");
        }
    }

    /// However few there are, the exact interval holds the truth at least as often as it says.
    #[test]
    fn the_exact_interval_keeps_its_word(n in 1_u64..40, truth in 0.0_f64..1.0) {
        let holds = |k: &u64| {
            let Bounds { low, high } = clopper_pearson(*k, n, 0.95).unwrap();
            low <= truth && truth <= high
        };
        let coverage: f64 = (0..=n).filter(holds).map(|k| probability(k, n, truth)).sum();
        prop_assert!(coverage >= 0.95 - 1e-9, "{coverage}");
    }

    #[test]
    fn what_is_printed_is_rounded((k, n) in counts()) {
        let ratio = Value::Ratio { numerator: k, denominator: n };
        let printed = ratio.interval().unwrap();
        prop_assert_eq!(Some(printed), Interval::of(IntervalMethod::ClopperPearson, k, n));
        let exact = clopper_pearson(k, n, 0.95).unwrap();
        for (printed, exact) in [(printed.low, exact.low), (printed.high, exact.high)] {
            prop_assert!(printed.scale() <= 4);
            let printed: f64 = printed.to_string().parse().unwrap();
            prop_assert!((printed - exact).abs() <= 0.500_001e-4);
        }
        // A share never goes without, a rate never has one.
        let json = serde_json::to_value(&ratio).unwrap();
        prop_assert_eq!(&json["ratio"]["interval"], &serde_json::to_value(printed).unwrap());
        prop_assert_eq!(Value::Rate { numerator: k, denominator: n }.interval(), None);
    }

    #[test]
    fn without_censoring_it_is_the_share_left(seen in observations()) {
        let all: Vec<_> = seen.iter().map(|one| Observation { event: true, ..*one }).collect();
        let survival = kaplan_meier(&all).unwrap();
        for step in &survival.curve {
            let left = all.iter().filter(|one| one.day > step.day).count();
            let share = Decimal::from(left) / Decimal::from(all.len());
            prop_assert!((step.survival - share).abs() <= Decimal::new(5, 7), "{step:?}");
        }
        let days: Vec<i64> = survival.curve.iter().map(|step| step.day).collect();
        let half = days.into_iter().find(|day| all.iter().filter(|one| one.day > *day).count() * 2 <= all.len());
        prop_assert_eq!(survival.median, half);
    }

    #[test]
    fn the_order_of_observations_does_not_matter(
        (seen, mixed) in observations().prop_flat_map(|seen| (Just(seen.clone()), Just(seen).prop_shuffle())),
    ) {
        prop_assert_eq!(kaplan_meier(&seen), kaplan_meier(&mixed));
        prop_assert_eq!(estimates(&seen, 0.9), estimates(&mixed, 0.9));
    }

    #[test]
    fn a_band_lies_around_its_curve(seen in observations()) {
        let survival = kaplan_meier(&seen).unwrap();
        let mut before = Decimal::ONE;
        for step in &survival.curve {
            prop_assert!(step.survival <= before);
            before = step.survival;
            if let (Some(lower), Some(upper)) = (step.lower, step.upper) {
                prop_assert!(lower <= step.survival && step.survival <= upper, "{step:?}");
                prop_assert!(Decimal::ZERO <= lower && upper <= Decimal::ONE);
            }
        }
        // None stands for never.
        let or_never = |day: Option<i64>| day.unwrap_or(i64::MAX);
        prop_assert!(or_never(survival.median_lower) <= or_never(survival.median));
        prop_assert!(or_never(survival.median) <= or_never(survival.median_upper));
    }
}
