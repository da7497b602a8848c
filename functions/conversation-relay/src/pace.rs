//! How often something is tried that may be in vain: at first each second, then less and less.

use chrono::{DateTime, TimeDelta, Utc};

const SHORTEST: TimeDelta = TimeDelta::seconds(1);
const LONGEST: TimeDelta = TimeDelta::seconds(30);

/// The pace of tries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Pace {
    not_before: Option<DateTime<Utc>>,
    pause: TimeDelta,
}

impl Default for Pace {
    fn default() -> Self {
        Self { not_before: None, pause: SHORTEST }
    }
}

impl Pace {
    /// Whether it may be tried now; then the next try may come after a pause, and the pause after that is twice as long, of which
    /// `fraction` (0 to 1) takes off up to a third: those whom one outage hit do not come back together.
    pub(crate) fn may_try(&mut self, now: DateTime<Utc>, fraction: f64) -> bool {
        let may = self.not_before.is_none_or(|not_before| not_before <= now);
        if may {
            let pause = self.pause.to_std().unwrap_or_default().mul_f64(1.0 - fraction / 3.0);
            self.not_before = Some(now + TimeDelta::from_std(pause).unwrap_or(LONGEST).max(SHORTEST));
            self.pause = (self.pause * 2).min(LONGEST);
        }
        may
    }

    /// It was of use: the next tries come each second again.
    pub(crate) fn succeed(&mut self) {
        self.pause = SHORTEST;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tries_in(seconds: i64, fraction: f64, mut pace: Pace) -> usize {
        let at = |seconds| DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds);
        (0..seconds).filter(|second| pace.may_try(at(*second), fraction)).count()
    }

    #[test]
    fn what_is_in_vain_is_tried_less_and_less() {
        assert_eq!(tries_in(3, 0.0, Pace::default()), 2);
        assert_eq!(tries_in(60, 0.0, Pace::default()), 6);
        assert_eq!(tries_in(3_600, 0.0, Pace::default()), 124);
    }

    #[test]
    fn jitter_spares_up_to_a_third() {
        assert_eq!(tries_in(3_600, 1.0, Pace::default()), 184);
    }

    #[test]
    fn what_is_of_use_is_tried_each_second() {
        let at = |seconds| DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds);
        let mut pace = Pace::default();
        let tries = (0..10).filter(|second| {
            let may = pace.may_try(at(*second), 0.5);
            pace.succeed();
            may
        });
        assert_eq!(tries.count(), 10);
    }
}
