//! `Prefer: wait=N`, RFC 7240.

use std::time::Duration;

/// API Gateway gives up after 29 s; this leaves time for all else.
const LONGEST_WAIT_SECONDS: u64 = 25;

/// How long the caller prefers to wait for an outcome; above 25 s counts as 25 s. What is not understood is ignored.
pub(crate) fn wait(prefer: Option<&str>) -> Option<Duration> {
    let seconds = prefer?.split([',', ';']).find_map(|preference| {
        let (name, value) = preference.split_once('=')?;
        name.trim().eq_ignore_ascii_case("wait").then(|| value.trim().trim_matches('"').parse::<u64>().ok())?
    })?;
    Some(Duration::from_secs(seconds.min(LONGEST_WAIT_SECONDS)))
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
    fn what_is_not_understood_is_ignored() {
        for text in ["", "wait", "wait=", "wait=-1", "wait=soon", "respond-async"] {
            assert_eq!(wait(Some(text)), None, "{text}");
        }
        assert_eq!(wait(None), None);
    }
}
