//! What many measurements of one thing say together.

use std::fmt;

use serde::Serialize;

/// The median of several measurements, and between what the middle half of them lies.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(super) struct Spread {
    pub(super) median: f64,
    /// A quarter is below.
    pub(super) low: f64,
    /// A quarter is above.
    pub(super) high: f64,
    pub(super) count: usize,
}

impl Spread {
    /// NaN if there are no measurements.
    pub(super) fn of(measurements: impl IntoIterator<Item = f64>) -> Self {
        let mut sorted: Vec<_> = measurements.into_iter().collect();
        sorted.sort_by(f64::total_cmp);
        let [low, median, high] = [1, 2, 3].map(|quarter| quantile(&sorted, quarter));
        Self { median, low, high, count: sorted.len() }
    }
}

/// Between the two measurements next to it, in proportion.
fn quantile(sorted: &[f64], quarter: usize) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else { return f64::NAN };
    let (whole, quarters) = (last * quarter / 4, last * quarter % 4);
    let (below, above) = (sorted[whole], sorted[(whole + 1).min(last)]);
    below + (above - below) * [0.0, 0.25, 0.5, 0.75][quarters]
}

/// The median, and the middle half.
impl fmt::Display for Spread {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { median, low, high, .. } = self;
        write!(formatter, "{median:>9.2}   {low:>8.2} to {high:>8.2}")
    }
}

/// By how much more than in proportion the last step costs: the slope from the last measurement but one to the last, over the
/// slope from the first to the last but one. 1 is a straight line.
///
/// NaN if there are fewer than three points.
pub(super) fn bend(points: &[(f64, f64)]) -> f64 {
    let [first, .., before, last] = points else { return f64::NAN };
    let slope = |from: &(f64, f64), to: &(f64, f64)| (to.1 - from.1) / (to.0 - from.0);
    slope(before, last) / slope(first, before)
}

/// A straight line through points.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Line {
    /// At 0.
    pub(super) base: f64,
    pub(super) slope: f64,
    /// How much of the variance it explains; 1 is all.
    pub(super) r_squared: f64,
}

impl Line {
    /// The line with the least squares of differences.
    pub(super) fn through(points: &[(f64, f64)]) -> Self {
        let (x, y) = (mean(points.iter().map(|point| point.0)), mean(points.iter().map(|point| point.1)));
        let sum =
            |term: &dyn Fn(f64, f64) -> f64| points.iter().map(|point| term(point.0 - x, point.1 - y)).sum::<f64>();
        let (xx, xy, yy) = (sum(&|dx, _| dx * dx), sum(&|dx, dy| dx * dy), sum(&|_, dy| dy * dy));
        let slope = xy / xx;
        Self { base: y - slope * x, slope, r_squared: xy * xy / (xx * yy) }
    }
}

fn mean(numbers: impl Iterator<Item = f64>) -> f64 {
    let (sum, count) = numbers.fold((0.0, 0.0), |(sum, count), number| (sum + number, count + 1.0));
    sum / count
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn of_an_odd_number_the_median_is_the_one_in_the_middle() {
        let spread = Spread::of([9.0, 1.0, 5.0, 3.0, 7.0]);
        assert_eq!((spread.low, spread.median, spread.high, spread.count), (3.0, 5.0, 7.0, 5));
    }

    #[test]
    fn of_an_even_number_it_is_between_the_two_in_the_middle() {
        assert_eq!(Spread::of([1.0, 2.0, 3.0, 10.0]).median.to_string(), "2.5");
    }

    #[test]
    fn of_none_there_is_no_number() {
        assert!(Spread::of([]).median.is_nan());
    }

    #[test]
    fn a_line_is_found_again() {
        let points: Vec<_> = [1.0, 10.0, 100.0].map(|x| (x, 3.0 + 2.0 * x)).into();
        let line = Line::through(&points);
        assert!((line.base - 3.0).abs() < 1e-9 && (line.slope - 2.0).abs() < 1e-9 && line.r_squared > 0.999);
        assert!((bend(&points) - 1.0).abs() < 1e-9);
    }

    #[test]
    fn what_grows_with_the_square_bends() {
        let squares: Vec<_> = [1.0, 10.0, 100.0, 400.0].map(|x| (x, x * x)).into();
        assert!(bend(&squares) > 4.0);
    }

    #[test]
    fn two_points_tell_no_bend() {
        assert!(bend(&[(1.0, 1.0), (2.0, 2.0)]).is_nan());
    }

    proptest! {
        #[test]
        fn half_of_the_measurements_are_within(measurements in prop::collection::vec(0.0..1e6_f64, 1..200)) {
            let Spread { low, high, count, .. } = Spread::of(measurements.clone());
            let within = measurements.iter().filter(|value| (low..=high).contains(value)).count();
            prop_assert!(within * 2 + 2 >= count);
        }
    }
}
