//! What must hold, and whether it does.

use std::fmt;

use serde::Serialize;

/// A figure with its limit.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Goal {
    name: String,
    figure: f64,
    /// The most that it may be.
    limit: f64,
    unit: &'static str,
    holds: bool,
}

impl Goal {
    /// A figure that must not be above its limit; one that is no number holds nothing.
    pub(super) fn at_most(name: impl Into<String>, limit: f64, figure: f64, unit: &'static str) -> Self {
        Self { name: name.into(), figure, limit, unit, holds: figure <= limit }
    }

    /// Two figures of equal unit, of which the first must be at most so many times the second.
    pub(super) fn ratio(name: impl Into<String>, limit: f64, figure: f64, other: f64) -> Self {
        Self::at_most(name, limit, figure / other, "x")
    }

    pub(super) fn holds(&self) -> bool {
        self.holds
    }
}

impl fmt::Display for Goal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, figure, limit, unit, holds } = self;
        let holds = if *holds { "holds" } else { "MISSED" };
        write!(formatter, "{holds:<7}{figure:>10.3} {unit:<5} of at most {limit:>8.3}   {name}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_at_its_limit_holds() {
        assert!(Goal::at_most("x", 5.0, 5.0, "ms").holds() && !Goal::at_most("x", 5.0, 5.001, "ms").holds());
    }

    #[test]
    fn a_ratio_is_of_the_first_to_the_second() {
        assert!(Goal::ratio("x", 0.05, 1.0, 20.0).holds() && !Goal::ratio("x", 0.05, 20.0, 1.0).holds());
    }

    #[test]
    fn what_was_not_measured_does_not_hold() {
        assert!(!Goal::ratio("x", 1.0, 1.0, f64::NAN).holds() && !Goal::at_most("x", 1.0, f64::NAN, "ms").holds());
    }

    #[test]
    fn a_missed_goal_is_seen() {
        assert!(Goal::at_most("x", 1.0, 2.0, "ms").to_string().starts_with("MISSED"));
    }
}
