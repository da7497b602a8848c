//! How long to wait: pure rules.

use chrono::{DateTime, TimeDelta, Utc};
use shared::store::NotBefore;

/// First delay of an escalation after a failure; it doubles with each.
const FIRST_DELAY: TimeDelta = TimeDelta::seconds(2);
const LONGEST_DELAY: TimeDelta = TimeDelta::minutes(15);
/// An organisation whose org is down is tried at least this often.
const LONGEST_OUTAGE_PAUSE: TimeDelta = TimeDelta::minutes(5);
/// The daily quota rolls on over 24 hours: an hour gives some of it back.
const DAILY_LIMIT_PAUSE: TimeDelta = TimeDelta::hours(1);
/// 3,600 logins an hour: a quarter of it gives enough back.
const LOGIN_RATE_PAUSE: TimeDelta = TimeDelta::minutes(15);

/// Why a whole organisation's org is left alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pause {
    /// It does not answer.
    Outage,
    /// Its quota of calls is used up.
    DailyLimit,
    /// It logs in too often.
    LoginRate,
}

/// When an escalation is tried again after so many failures in a row, at least one. `fraction` is the jitter.
pub(crate) fn next_try(failures: u32, fraction: f64, now: DateTime<Utc>) -> DateTime<Utc> {
    now + jittered(doubled(failures, LONGEST_DELAY), fraction)
}

/// Until when the org is left alone, given the pause before it.
pub(crate) fn not_before(pause: Pause, earlier: Option<NotBefore>, fraction: f64, now: DateTime<Utc>) -> NotBefore {
    let failures = earlier.map_or(0, |earlier| earlier.failures).saturating_add(1);
    let delay = match pause {
        Pause::Outage => doubled(failures, LONGEST_OUTAGE_PAUSE),
        Pause::DailyLimit => DAILY_LIMIT_PAUSE,
        Pause::LoginRate => LOGIN_RATE_PAUSE,
    };
    NotBefore { at: now + jittered(delay, fraction), failures }
}

fn doubled(failures: u32, longest: TimeDelta) -> TimeDelta {
    let doublings = failures.saturating_sub(1).min(20);
    (FIRST_DELAY * (1 << doublings)).min(longest)
}

/// Between half of the delay and all of it.
fn jittered(delay: TimeDelta, fraction: f64) -> TimeDelta {
    #[expect(clippy::cast_possible_truncation, reason = "milliseconds of an hour fit")]
    let jitter = (fraction * 1000.0) as i32;
    delay / 2 + delay / 2 * jitter / 1000
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn seconds(failures: u32, fraction: f64) -> i64 {
        (next_try(failures, fraction, DateTime::UNIX_EPOCH) - DateTime::UNIX_EPOCH).num_seconds()
    }

    #[test]
    fn delays_grow_to_a_quarter_of_an_hour() {
        let delays: Vec<_> = [1, 2, 3, 9, 10, 11, 4_000_000_000].map(|failures| seconds(failures, 0.999_999)).into();
        assert_eq!(delays, [1, 3, 7, 511, 899, 899, 899]);
    }

    #[test]
    fn the_org_s_pause_grows_only_with_an_outage() {
        let earlier = Some(NotBefore { at: DateTime::UNIX_EPOCH, failures: 30 });
        let pause =
            |pause| (not_before(pause, earlier, 0.0, DateTime::UNIX_EPOCH).at - DateTime::UNIX_EPOCH).num_seconds();
        assert_eq!(pause(Pause::Outage), 150);
        assert_eq!(pause(Pause::DailyLimit), 1800);
        assert_eq!(not_before(Pause::Outage, earlier, 0.0, DateTime::UNIX_EPOCH).failures, 31);
    }

    proptest! {
        #[test]
        fn jitter_never_makes_a_delay_longer_nor_shorter_than_half(failures in 1_u32.., fraction in 0.0..1.0) {
            let whole = doubled(failures, LONGEST_DELAY);
            let delay = jittered(whole, fraction);
            prop_assert!(delay >= whole / 2 && delay <= whole);
        }
    }
}
