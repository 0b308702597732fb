//! Times as people in Italy read them.

use chrono::{DateTime, Datelike, Days, NaiveDate, TimeDelta, Utc, Weekday};

/// Hours that Italy's clocks are ahead of universal time, in winter.
const WINTER: i64 = 1;
/// And in summer, from the last Sunday of March to that of October, at one o'clock universal time.
const SUMMER: i64 = 2;

/// A time as Italy's clocks show it: `29/11/2026 21:44`.
pub(crate) fn time(time: DateTime<Utc>) -> String {
    let ahead = match is_summer(time) {
        true => SUMMER,
        false => WINTER,
    };
    let local = time.naive_utc() + TimeDelta::hours(ahead);
    local.format("%d/%m/%Y %H:%M").to_string()
}

/// The day a time is on in Italy.
pub(crate) fn day(at: DateTime<Utc>) -> String {
    time(at).chars().take(10).collect()
}

/// A day: `29/11/2026`.
pub(crate) fn date(day: NaiveDate) -> String {
    day.format("%d/%m/%Y").to_string()
}

fn is_summer(time: DateTime<Utc>) -> bool {
    let change = |month: u32| {
        let last = NaiveDate::from_ymd_opt(time.year(), month, 31)?;
        let back = last.weekday().days_since(Weekday::Sun);
        let sunday = last.checked_sub_days(Days::new(u64::from(back)))?;
        sunday.and_hms_opt(1, 0, 0)
    };
    let now = time.naive_utc();
    match (change(3), change(10)) {
        (Some(begins), Some(ends)) => begins <= now && now < ends,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_go_forward_and_back() {
        for (utc, shown) in [
            ("2026-03-29T00:59:59Z", "29/03/2026 01:59"),
            ("2026-03-29T01:00:00Z", "29/03/2026 03:00"),
            ("2026-10-25T00:59:59Z", "25/10/2026 02:59"),
            ("2026-10-25T01:00:00Z", "25/10/2026 02:00"),
            ("2026-12-31T23:30:00Z", "01/01/2027 00:30"),
            ("2024-07-01T12:00:00Z", "01/07/2024 14:00"),
        ] {
            assert_eq!(time(utc.parse().unwrap()), shown);
        }
        assert_eq!(day("2026-12-31T23:30:00Z".parse().unwrap()), "01/01/2027");
    }
}
