//! `Prefer: wait=N`, RFC 7240.

use std::time::{Duration, UNIX_EPOCH};

use lambda_http::Context;

/// API Gateway gives up after 29 s; this leaves time for all else.
const LONGEST_WAIT_SECONDS: u64 = 25;
/// What the last look and the answer need.
const FOR_THE_ANSWER: Duration = Duration::from_secs(2);

/// How long the caller prefers to wait for an outcome; above 25 s counts as 25 s. What is not understood is ignored.
#[must_use]
pub fn wait(prefer: Option<&str>) -> Option<Duration> {
    let seconds = prefer?.split([',', ';']).find_map(|preference| {
        let (name, value) = preference.split_once('=')?;
        name.trim().eq_ignore_ascii_case("wait").then(|| value.trim().trim_matches('"').parse::<u64>().ok())?
    })?;
    Some(Duration::from_secs(seconds.min(LONGEST_WAIT_SECONDS)))
}

/// How long may still be waited, so that the answer is sent before the invocation ends. A deadline in the past, as
/// `cargo lambda watch` sends it, is none.
pub(crate) fn time_left(context: Option<&Context>) -> Duration {
    let deadline = context.map_or(UNIX_EPOCH, |context| UNIX_EPOCH + Duration::from_millis(context.deadline));
    let left = deadline.elapsed().err().map(|ahead| ahead.duration().saturating_sub(FOR_THE_ANSWER));
    left.unwrap_or(Duration::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_found_among_other_preferences() {
        for text in ["wait=7", "respond-async, wait=7", "Wait = 7", "wait=\"7\"", "return=minimal; wait=7"] {
            assert_eq!(wait(Some(text)), Some(Duration::from_secs(7)), "{text}");
        }
    }

    #[test]
    fn more_than_25_seconds_counts_as_25() {
        assert_eq!(wait(Some("wait=600")), Some(Duration::from_secs(25)));
    }

    #[test]
    fn a_wait_ends_before_the_invocation_does() {
        let context = |deadline: Duration| {
            let mut context = Context::default();
            context.deadline = u64::try_from((UNIX_EPOCH.elapsed().unwrap() + deadline).as_millis()).unwrap();
            context
        };
        let left = time_left(Some(&context(Duration::from_secs(10))));
        assert!((Duration::from_secs(7)..=Duration::from_secs(8)).contains(&left), "{left:?}");
        assert_eq!(time_left(Some(&context(Duration::from_secs(1)))), Duration::ZERO);
    }

    #[test]
    fn a_deadline_in_the_past_is_none() {
        let mut context = Context::default();
        context.deadline = 600_000;
        assert_eq!(time_left(Some(&context)), Duration::MAX);
        assert_eq!(time_left(None), Duration::MAX);
    }

    #[test]
    fn what_is_not_understood_is_ignored() {
        for text in ["", "wait", "wait=", "wait=-1", "wait=soon", "respond-async"] {
            assert_eq!(wait(Some(text)), None, "{text}");
        }
        assert_eq!(wait(None), None);
    }
}
