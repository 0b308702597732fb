//! Days.

use chrono::{Datelike, Days, Months, NaiveDate, Weekday};

/// First day of the experimental phase.
pub(super) const EXPERIMENT: NaiveDate = date(2024, 10, 1);
/// Last day on which the coordinator was in contact with a household.
pub(super) const LAST_CONTACT: NaiveDate = date(2025, 12, 12);
/// The day the pilot ended and became a service; who lives there stays.
pub(super) const CLOSED: NaiveDate = date(2025, 12, 15);
/// Last day on which a follow-up was tried.
pub(super) const LAST_FOLLOW_UP: NaiveDate = date(2025, 12, 29);
/// Last day on which anything was written down.
pub(super) const BOOKS_CLOSE: NaiveDate = date(2025, 12, 30);

/// A day that is known when this is compiled.
pub(super) const fn date(year: i32, month: u32, day: u32) -> NaiveDate {
    match NaiveDate::from_ymd_opt(year, month, day) {
        Some(date) => date,
        None => panic!("no such day"),
    }
}

/// `days` after `day`, or before it.
pub(super) fn plus(day: NaiveDate, days: i64) -> NaiveDate {
    let by = Days::new(days.unsigned_abs());
    if days < 0 { day - by } else { day + by }
}

/// `count` calendar months after `day`.
pub(super) fn months_after(day: NaiveDate, count: u32) -> NaiveDate {
    day + Months::new(count)
}

/// Public holidays that fall on working days of the demonstration, with Easter Monday.
const HOLIDAYS: &[(u32, u32)] = &[
    (1, 1),
    (1, 6),
    (4, 21),
    (4, 25),
    (5, 1),
    (6, 2),
    (8, 15),
    (11, 1),
    (12, 8),
    (12, 25),
    (12, 26),
];

/// `day`, or the first working day after it.
pub(super) fn working_day(day: NaiveDate) -> NaiveDate {
    let weekend = matches!(day.weekday(), Weekday::Sat | Weekday::Sun);
    let holiday = HOLIDAYS.contains(&(day.month(), day.day()));
    if weekend || holiday {
        working_day(plus(day, 1))
    } else {
        day
    }
}
