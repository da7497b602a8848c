//! How often something is tried that may be in vain: at first each second, then less and less.

use chrono::{DateTime, TimeDelta, Utc};

const SHORTEST: TimeDelta = TimeDelta::seconds(1);
const LONGEST: TimeDelta = TimeDelta::seconds(30);

/// The pace of tries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Pace {
    tried_at: Option<DateTime<Utc>>,
    /// Until the next try.
    pause: TimeDelta,
    /// After the next try, if that is in vain too.
    next_pause: TimeDelta,
}

impl Default for Pace {
    fn default() -> Self {
        Self { tried_at: None, pause: SHORTEST, next_pause: SHORTEST }
    }
}

impl Pace {
    /// Whether it may be tried now; then the next try may come after a pause, and the pause after that is twice as long, of which
    /// `fraction` (0 to 1) takes off up to a third: those whom one outage hit do not come back together.
    pub(crate) fn may_try(&mut self, now: DateTime<Utc>, fraction: f64) -> bool {
        let may = self.tried_at.is_none_or(|tried_at| tried_at + self.pause <= now);
        if may {
            let pause = self.next_pause.to_std().unwrap_or_default().mul_f64(1.0 - fraction / 3.0);
            self.tried_at = Some(now);
            self.pause = TimeDelta::from_std(pause).unwrap_or(LONGEST).max(SHORTEST);
            self.next_pause = (self.next_pause * 2).min(LONGEST);
        }
        may
    }

    /// It was of use, or there is something new to try it for: the next try may come a second after the last, however long the pause
    /// had become.
    pub(crate) fn succeed(&mut self) {
        (self.pause, self.next_pause) = (SHORTEST, SHORTEST);
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
    #[test]
    fn what_is_new_does_not_wait_out_the_pause_of_what_was_in_vain() {
        let at = |seconds| DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds);
        let mut pace = Pace::default();
        let last = (0..100).filter(|second| pace.may_try(at(*second), 0.0)).last().unwrap();
        assert!(!pace.may_try(at(last + 1), 0.0));
        pace.succeed();
        assert!(pace.may_try(at(last + 1), 0.0));
    }
}
