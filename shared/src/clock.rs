//! The time, as an argument.

use chrono::{DateTime, SubsecRound as _, TimeDelta, Utc};

/// Tells the time. Rules never read it themselves.
pub trait Clock: std::fmt::Debug + Send + Sync {
    /// The present moment, in whole milliseconds.
    fn now(&self) -> DateTime<Utc>;
}

/// The machine's clock, shifted by a fixed offset that is zero in the cloud.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock {
    offset: TimeDelta,
}

impl SystemClock {
    /// A clock that runs ahead of the machine's by `offset`.
    #[must_use]
    pub fn shifted_by(offset: TimeDelta) -> Self {
        Self { offset }
    }
}

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the machine's clock")]
    fn now(&self) -> DateTime<Utc> {
        Utc::now().trunc_subsecs(3) + self.offset
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shifted_clock_runs_ahead_by_its_offset() {
        let plain = SystemClock::default().now();
        let shifted = SystemClock::shifted_by(TimeDelta::hours(12)).now();
        assert!((shifted - plain - TimeDelta::hours(12)).abs() < TimeDelta::minutes(1));
    }
}
