//! Rounding half up, in whole numbers: the same on every machine.

/// `numerator / denominator` to the nearest whole number, halves towards positive infinity.
/// None when there is nothing to divide by.
pub(crate) fn half_up(numerator: i64, denominator: i64) -> Option<i64> {
    if denominator <= 0 {
        return None;
    }
    let (n, d) = (i128::from(numerator), i128::from(denominator));
    i64::try_from((2 * n + d).div_euclid(2 * d)).ok()
}

/// The mean, rounded half up; none of nothing.
pub(crate) fn mean(values: &[i64]) -> Option<i64> {
    mean_scaled(values, 1)
}

/// The mean times `scale`, rounded half up; none of nothing.
pub(crate) fn mean_scaled(values: &[i64], scale: i64) -> Option<i64> {
    let sum: i64 = values.iter().sum();
    half_up(sum.checked_mul(scale)?, i64::try_from(values.len()).ok()?)
}

/// The median, rounded half up where it lies between two values; none of nothing.
pub(crate) fn median(values: &[i64]) -> Option<i64> {
    half_up(median_doubled(values)?, 2)
}

/// Twice the median, which is always a whole number; none of nothing.
pub(crate) fn median_doubled(values: &[i64]) -> Option<i64> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    let upper = *sorted.get(sorted.len() / 2)?;
    let lower = *sorted.get((sorted.len().checked_sub(1)?) / 2)?;
    lower.checked_add(upper)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_go_up_on_both_sides_of_zero() {
        assert_eq!(half_up(5, 2), Some(3));
        assert_eq!(half_up(-5, 2), Some(-2));
        assert_eq!(half_up(7, 3), Some(2));
        assert_eq!(half_up(-7, 3), Some(-2));
        assert_eq!(half_up(1, 0), None);
    }

    #[test]
    fn the_median_of_an_even_number_lies_between() {
        assert_eq!(median(&[10, 1, 4, 3]), Some(4));
        assert_eq!(median(&[9]), Some(9));
        assert_eq!(median(&[]), None);
        assert_eq!(mean(&[]), None);
        assert_eq!(mean_scaled(&[34, 0, 0], 100), Some(1133));
    }
}
