//! The days a figure is about.

use chrono::{Days, NaiveDate};
use serde::{Deserialize, Deserializer, Serialize};

/// A run of days, both ends included, not before [`Period::EARLIEST`] nor after [`Period::LATEST`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Period {
    from: NaiveDate,
    to: NaiveDate,
}

/// Two days make no period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadPeriod {
    /// It would end before it began.
    #[error("a period cannot end on {to}, before it begins on {from}")]
    EndsBeforeItBegins {
        /// First day asked for.
        from: NaiveDate,
        /// Last day asked for.
        to: NaiveDate,
    },
    /// It lies outside the years this program reckons with, or is longer than it counts.
    #[error(
        "a period lies between {} and {} and has at most {} days: {from} to {to} does not",
        Period::EARLIEST,
        Period::LATEST,
        Period::MOST_DAYS
    )]
    OutOfBounds {
        /// First day asked for.
        from: NaiveDate,
        /// Last day asked for.
        to: NaiveDate,
    },
}

impl Period {
    /// First day a period may contain.
    pub const EARLIEST: NaiveDate = match NaiveDate::from_ymd_opt(1900, 1, 1) {
        Some(day) => day,
        None => NaiveDate::MIN,
    };
    /// Last day a period may contain.
    pub const LATEST: NaiveDate = match NaiveDate::from_ymd_opt(2199, 12, 31) {
        Some(day) => day,
        None => NaiveDate::MAX,
    };
    /// Days a period may have: nights are counted one by one.
    pub const MOST_DAYS: i64 = 36_525;

    /// From the first to the last day, both included.
    ///
    /// # Errors
    /// [`BadPeriod`], naming both days.
    pub fn new(from: NaiveDate, to: NaiveDate) -> Result<Self, BadPeriod> {
        if to < from {
            return Err(BadPeriod::EndsBeforeItBegins { from, to });
        }
        let days = to.signed_duration_since(from).num_days() + 1;
        if from < Self::EARLIEST || to > Self::LATEST || days > Self::MOST_DAYS {
            return Err(BadPeriod::OutOfBounds { from, to });
        }
        Ok(Self { from, to })
    }

    /// First day.
    pub fn from(self) -> NaiveDate {
        self.from
    }

    /// Last day.
    pub fn to(self) -> NaiveDate {
        self.to
    }

    /// The day after the last.
    pub fn end(self) -> NaiveDate {
        // In bounds: LATEST is far from the calendar's end.
        self.to.checked_add_days(Days::new(1)).unwrap_or(self.to)
    }

    /// Does `day` lie in it?
    pub fn contains(self, day: NaiveDate) -> bool {
        self.from <= day && day <= self.to
    }
}

impl<'de> Deserialize<'de> for Period {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Raw {
            from: NaiveDate,
            to: NaiveDate,
        }
        let Raw { from, to } = Raw::deserialize(deserializer)?;
        Self::new(from, to).map_err(serde::de::Error::custom)
    }
}
