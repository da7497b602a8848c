//! How long messages took.

use std::fmt;

/// Delays in milliseconds, in ascending order.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Delays(Vec<f64>);

impl Delays {
    /// The least one that is not exceeded by so many percent of all; NaN if there are none.
    pub(crate) fn percentile(&self, percent: usize) -> f64 {
        let rank = (self.0.len() * percent).div_ceil(100).max(1);
        self.0.get(rank - 1).copied().unwrap_or(f64::NAN)
    }
}

impl FromIterator<f64> for Delays {
    fn from_iter<I: IntoIterator<Item = f64>>(delays: I) -> Self {
        let mut delays: Vec<_> = delays.into_iter().collect();
        delays.sort_by(f64::total_cmp);
        Self(delays)
    }
}

/// The median, the 99th percentile and the longest.
impl fmt::Display for Delays {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [median, ninety_ninth, longest] = [50, 99, 100].map(|percent| self.percentile(percent));
        write!(formatter, "{median:>7.2} ms {ninety_ninth:>7.2} ms {longest:>7.2} ms")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_percentile_is_one_of_the_delays() {
        let delays: Delays = (1..=200).rev().map(f64::from).collect();
        let percentiles = [1, 50, 99, 100].map(|percent| delays.percentile(percent));
        assert_eq!(format!("{percentiles:?}"), "[2.0, 100.0, 198.0, 200.0]");
    }

    #[test]
    fn of_one_delay_all_are_that_one() {
        assert_eq!(Delays::from_iter([1.5]).to_string(), "   1.50 ms    1.50 ms    1.50 ms");
    }

    #[test]
    fn of_none_there_is_no_number() {
        assert!(Delays::from_iter([]).percentile(50).is_nan());
    }

    proptest! {
        #[test]
        fn so_many_percent_are_not_longer(delays in prop::collection::vec(0.0..9.0_f64, 1..300), percent in 1_usize..=100) {
            let limit = Delays::from_iter(delays.clone()).percentile(percent);
            let within = delays.iter().filter(|delay| **delay <= limit).count();
            let below = delays.iter().filter(|delay| **delay < limit).count();
            prop_assert!(within * 100 >= percent * delays.len() && below * 100 < percent * delays.len());
        }
    }
}
