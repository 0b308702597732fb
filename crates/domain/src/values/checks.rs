//! Lengths, ranges, days, lists without repetition.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use events::Money;
use rust_decimal::Decimal;

use crate::Refusal;
use crate::limits::{LATEST_DAY, MAX_AMOUNT, MAX_DECIMALS};

pub(super) fn text(field: &'static str, text: &str, limit: usize) -> Result<(), Refusal> {
    if text.trim().is_empty() {
        Err(Refusal::TextMissing { field })
    } else if text.chars().count() > limit {
        Err(Refusal::TextTooLong { field, limit })
    } else if text.chars().any(char::is_control) {
        Err(Refusal::TextNotPlain { field })
    } else {
        Ok(())
    }
}

pub(super) fn number<N: Into<i64>>(
    field: &'static str,
    given: N,
    least: N,
    most: N,
) -> Result<(), Refusal> {
    let (given, least, most) = (given.into(), least.into(), most.into());
    if (least..=most).contains(&given) {
        Ok(())
    } else {
        Err(Refusal::OutOfRange {
            field,
            given,
            least,
            most,
        })
    }
}

pub(super) fn money(field: &'static str, amount: Money, least: Money) -> Result<(), Refusal> {
    decimal(field, amount, least, MAX_DECIMALS)
}

pub(super) fn decimal(
    field: &'static str,
    amount: Decimal,
    least: Decimal,
    decimals: u32,
) -> Result<(), Refusal> {
    if amount.normalize().scale() > decimals {
        Err(Refusal::AmountTooFine { field, decimals })
    } else if amount < least || amount > MAX_AMOUNT {
        Err(Refusal::AmountOutOfRange {
            field,
            least,
            most: MAX_AMOUNT,
        })
    } else {
        Ok(())
    }
}

/// A day that lies ahead of `on`, or is it, if one is given.
pub(super) fn planned_day(
    field: &'static str,
    day: Option<NaiveDate>,
    on: NaiveDate,
) -> Result<(), Refusal> {
    day.map_or(Ok(()), |day| within(field, day, on, LATEST_DAY))
}

/// A day from `earliest` to `latest`.
pub(super) fn within(
    field: &'static str,
    given: NaiveDate,
    earliest: NaiveDate,
    latest: NaiveDate,
) -> Result<(), Refusal> {
    if (earliest..=latest).contains(&given) {
        Ok(())
    } else {
        Err(Refusal::DayOutOfRange {
            field,
            given,
            earliest,
            latest,
        })
    }
}

pub(super) fn not_empty<T>(field: &'static str, list: &[T]) -> Result<(), Refusal> {
    if list.is_empty() {
        Err(Refusal::ListEmpty { field })
    } else {
        Ok(())
    }
}

pub(super) fn each_once<T: Ord>(
    field: &'static str,
    list: impl Iterator<Item = T>,
    limit: usize,
) -> Result<(), Refusal> {
    let mut seen = BTreeSet::new();
    for one in list {
        if !seen.insert(one) {
            return Err(Refusal::NamedTwice { field });
        }
        if seen.len() > limit {
            return Err(Refusal::TooMany { field, limit });
        }
    }
    Ok(())
}
