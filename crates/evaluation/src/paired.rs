//! The same people at two moments: who changed, and by how much.
//!
//! Only who is known at both is compared; who is not is counted apart and never taken for unchanged.

use rust_decimal::Decimal;
use serde::Serialize;

use crate::round;

/// Yes or no, before and after.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Paired {
    /// Yes both times: kept.
    pub both: u64,
    /// Yes before and no after: lost.
    pub only_before: u64,
    /// No before and yes after: gained.
    pub only_after: u64,
    /// No both times: never.
    pub neither: u64,
    /// Not known before, after or both; in none of the four.
    pub unknown: u64,
}

impl Paired {
    /// How many are known at both moments.
    pub fn known(&self) -> u64 {
        self.both + self.only_before + self.only_after + self.neither
    }

    /// Adds one pair; none is what is not known.
    pub fn add(&mut self, before: Option<bool>, after: Option<bool>) {
        let cell = match (before, after) {
            (Some(true), Some(true)) => &mut self.both,
            (Some(true), Some(false)) => &mut self.only_before,
            (Some(false), Some(true)) => &mut self.only_after,
            (Some(false), Some(false)) => &mut self.neither,
            (None, _) | (_, None) => &mut self.unknown,
        };
        *cell += 1;
    }
}

impl FromIterator<(Option<bool>, Option<bool>)> for Paired {
    fn from_iter<I: IntoIterator<Item = (Option<bool>, Option<bool>)>>(pairs: I) -> Self {
        let mut table = Self::default();
        for (before, after) in pairs {
            table.add(before, after);
        }
        table
    }
}

/// Numbers before and after, as their differences (after − before).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Differences {
    /// How many are known at both moments.
    pub paired: u64,
    /// The median difference, exact: a whole number or a half; none of nobody.
    pub median: Option<Decimal>,
    /// How many have more after.
    pub increased: u64,
    /// How many have the same.
    pub same: u64,
    /// How many have less.
    pub decreased: u64,
    /// Not known before, after or both; not among the paired.
    pub unknown: u64,
}

impl FromIterator<(Option<i64>, Option<i64>)> for Differences {
    /// None is what is not known, and so is a difference that no number holds.
    fn from_iter<I: IntoIterator<Item = (Option<i64>, Option<i64>)>>(pairs: I) -> Self {
        let mut summary = Self::default();
        let mut differences = Vec::new();
        for (before, after) in pairs {
            let difference = before
                .zip(after)
                .and_then(|(before, after)| after.checked_sub(before));
            let Some(difference) = difference else {
                summary.unknown += 1;
                continue;
            };
            summary.paired += 1;
            *(match difference {
                1.. => &mut summary.increased,
                0 => &mut summary.same,
                _ => &mut summary.decreased,
            }) += 1;
            differences.push(difference);
        }
        summary.median = round::median_doubled(&differences)
            .map(|twice| (Decimal::from(twice) / Decimal::TWO).normalize());
        summary
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_not_known_is_not_unchanged() {
        let (yes, no) = (Some(true), Some(false));
        let pairs = [
            (yes, yes),
            (yes, no),
            (no, yes),
            (no, yes),
            (no, no),
            (None, yes),
            (no, None),
            (None, None),
        ];
        let table: Paired = pairs.into_iter().collect();
        assert_eq!(
            table,
            Paired {
                both: 1,
                only_before: 1,
                only_after: 2,
                neither: 1,
                unknown: 3,
            }
        );
        assert_eq!(table.known(), 5);
    }

    #[test]
    fn differences_are_after_less_before() {
        let pairs = [
            (Some(1), Some(4)),
            (Some(2), Some(2)),
            (Some(5), Some(3)),
            (Some(2), Some(4)),
            (None, Some(5)),
            (Some(1), None),
            (Some(i64::MIN), Some(1)),
        ];
        let summary: Differences = pairs.into_iter().collect();
        assert_eq!(
            summary,
            Differences {
                paired: 4,
                median: Some("1".parse().unwrap()),
                increased: 2,
                same: 1,
                decreased: 1,
                unknown: 3,
            }
        );
        let between: Differences = [(Some(1), Some(2)), (Some(2), Some(4))]
            .into_iter()
            .collect();
        assert_eq!(between.median, Some("1.5".parse().unwrap()));
        let nobody: Differences = [(None, Some(1))].into_iter().collect();
        assert_eq!((nobody.paired, nobody.median), (0, None));
    }
}
