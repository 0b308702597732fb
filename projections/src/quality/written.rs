//! How long after it happened a fact was written down.

use chrono::{DateTime, NaiveDate, Utc};
use events::Position;
use serde::{Deserialize, Serialize};

/// The most places of slow facts a household's row names.
pub const MAX_SLOW: usize = 200;

/// Whole days from the day something happened to the day (UTC) it was first written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Band {
    /// On the same day.
    Days0,
    /// One to three days later.
    Days1To3,
    /// Four to six.
    Days4To6,
    /// Seven to ten.
    Days7To10,
    /// Eleven or more.
    Days11OrMore,
}

impl Band {
    /// Every band, the quickest first.
    pub const ALL: [Self; 5] = [
        Self::Days0,
        Self::Days1To3,
        Self::Days4To6,
        Self::Days7To10,
        Self::Days11OrMore,
    ];

    /// The band of so many days; none for what was written down before it happened.
    pub fn of(days: i64) -> Option<Self> {
        match days {
            ..0 => None,
            0 => Some(Self::Days0),
            1..=3 => Some(Self::Days1To3),
            4..=6 => Some(Self::Days4To6),
            7..=10 => Some(Self::Days7To10),
            11.. => Some(Self::Days11OrMore),
        }
    }

    /// The word for it.
    pub fn code(self) -> &'static str {
        match self {
            Self::Days0 => "days_0",
            Self::Days1To3 => "days_1_3",
            Self::Days4To6 => "days_4_6",
            Self::Days7To10 => "days_7_10",
            Self::Days11OrMore => "days_11_or_more",
        }
    }
}

/// Days from `on` to the day on which it was written down; negative when that was before.
pub fn delay(on: NaiveDate, written_at: DateTime<Utc>) -> i64 {
    written_at.date_naive().signed_duration_since(on).num_days()
}

/// How many facts were written down how soon.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timeliness {
    /// How many in each band, in the order of [`Band::ALL`].
    pub bands: [u64; 5],
    /// How many were written down before they happened.
    pub before: u64,
    /// Places of the facts in the slowest band, the first [`MAX_SLOW`] in order of position.
    pub slow: Vec<Position>,
}

impl Timeliness {
    /// One more fact.
    pub(super) fn add(&mut self, position: Position, days: i64) {
        let Some(band) = Band::of(days) else {
            self.before += 1;
            return;
        };
        for (count, of) in self.bands.iter_mut().zip(Band::ALL) {
            *count += u64::from(of == band);
        }
        if band == Band::Days11OrMore && self.slow.len() < MAX_SLOW {
            self.slow.push(position);
        }
    }

    /// How many in a band.
    pub fn count(&self, band: Band) -> u64 {
        let counts = Band::ALL.iter().zip(self.bands);
        counts
            .filter(|(of, _)| **of == band)
            .map(|(_, count)| count)
            .sum()
    }
}
