//! Why the Messaging API did not do what we asked, in variants that a caller acts on.

use reqwest::StatusCode;
use reqwest::header::{HeaderMap, RETRY_AFTER};

use crate::metrics::SalesforceFailure;
use crate::salesforce::TransportError;

/// A call is not put off for longer, whatever is asked for: its limits are counted by the minute.
const LONGEST_RETRY_AFTER: u32 = 3_600;

/// Why a call brought no result. Its body is dropped: its form is not documented, and it can quote what a customer wrote.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MessagingError {
    /// The guest token is expired or invalid (401).
    #[error("the token is expired or invalid")]
    TokenRejected,
    /// There is no such conversation (404).
    #[error("there is no such conversation")]
    NotFound,
    /// The org could not create the `MessagingSession` record (412), for example because its data storage is full. Not to be
    /// repeated soon.
    #[error("the org could not create a messaging session (412)")]
    PreconditionFailed,
    /// The messaging session is over (417): only a new one would take the message.
    #[error("the messaging session is over")]
    SessionEnded,
    /// Too many calls (429): nothing was done.
    #[error("too many calls")]
    Limited {
        /// Salesforce's `Retry-After`, in seconds, at most an hour.
        retry_after: Option<u32>,
    },
    /// Understood and refused: nothing was done.
    #[error("refused ({0})")]
    Refused(u16),
    /// It was not reached: nothing was done.
    #[error("not available")]
    Unavailable,
    /// No usable answer: what was asked may have been done.
    #[error("no usable answer ({0})")]
    UnknownOutcome(&'static str),
}

impl MessagingError {
    /// Whether the same call may succeed later.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Limited { .. } | Self::Unavailable | Self::UnknownOutcome(_))
    }

    /// What it counts as, if it is a failure: not if it only tells how the conversation or its token stands.
    pub(super) fn failure(&self) -> Option<SalesforceFailure> {
        match self {
            Self::TokenRejected | Self::NotFound | Self::SessionEnded | Self::Refused(409) => None,
            Self::PreconditionFailed | Self::Refused(_) => Some(SalesforceFailure::Refused),
            Self::Limited { .. } => Some(SalesforceFailure::Limited),
            Self::Unavailable => Some(SalesforceFailure::Unavailable),
            Self::UnknownOutcome(_) => Some(SalesforceFailure::UnknownOutcome),
        }
    }

    /// From an answer that is not a success.
    pub(super) fn from_answer(status: StatusCode, headers: &HeaderMap) -> Self {
        match status.as_u16() {
            401 => Self::TokenRejected,
            404 => Self::NotFound,
            412 => Self::PreconditionFailed,
            417 => Self::SessionEnded,
            420 => Self::Unavailable,
            429 => Self::Limited { retry_after: retry_after(headers) },
            408 | 500.. => Self::UnknownOutcome("a server error"),
            status => Self::Refused(status),
        }
    }
}

fn retry_after(headers: &HeaderMap) -> Option<u32> {
    let seconds: u32 = headers.get(RETRY_AFTER)?.to_str().ok()?.parse().ok()?;
    Some(seconds.min(LONGEST_RETRY_AFTER))
}

impl From<TransportError> for MessagingError {
    fn from(error: TransportError) -> Self {
        match error {
            TransportError::Connect => Self::Unavailable,
            TransportError::Timeout => Self::UnknownOutcome("time-out"),
            TransportError::Broken => Self::UnknownOutcome("connection lost"),
            TransportError::TooLarge => Self::UnknownOutcome("an answer that is too large"),
        }
    }
}

impl From<reqwest::Error> for MessagingError {
    fn from(error: reqwest::Error) -> Self {
        TransportError::from(error).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(status: u16) -> MessagingError {
        MessagingError::from_answer(StatusCode::from_u16(status).unwrap(), &HeaderMap::new())
    }

    #[test]
    fn each_status_leads_to_what_is_to_be_done() {
        assert_eq!(error(401), MessagingError::TokenRejected);
        assert_eq!(error(404), MessagingError::NotFound);
        assert_eq!(error(412), MessagingError::PreconditionFailed);
        assert_eq!(error(417), MessagingError::SessionEnded);
        assert_eq!(error(400), MessagingError::Refused(400));
    }

    #[test]
    fn a_server_error_or_a_time_out_may_hide_a_success() {
        for status in [408, 500, 502, 503, 504] {
            assert!(matches!(error(status), MessagingError::UnknownOutcome(_)), "{status}");
        }
    }

    #[test]
    fn a_limit_is_waited_for_as_long_as_it_says() {
        let headers = HeaderMap::from_iter([(RETRY_AFTER, "30".parse().unwrap())]);
        let limited = MessagingError::from_answer(StatusCode::TOO_MANY_REQUESTS, &headers);
        assert_eq!(limited, MessagingError::Limited { retry_after: Some(30) });
        assert!(limited.is_transient() && !error(412).is_transient());
    }

    #[test]
    fn nobody_is_put_off_for_years() {
        let after = |text: &str| retry_after(&HeaderMap::from_iter([(RETRY_AFTER, text.parse().unwrap())]));
        assert_eq!(["3600", "3601", "4294967295"].map(after), [Some(3_600); 3]);
        for odd in ["4294967296", "-1", "1.5", "Wed, 21 Oct 2026 07:28:00 GMT", ""] {
            assert_eq!(after(odd), None, "{odd}");
        }
    }

    #[test]
    fn what_only_tells_how_things_stand_is_no_failure() {
        let failure = |status: u16| {
            MessagingError::from_answer(StatusCode::from_u16(status).unwrap(), &HeaderMap::new()).failure()
        };
        for status in [401, 404, 409, 417] {
            assert_eq!(failure(status), None, "{status}");
        }
        for (status, kind) in [
            (400, SalesforceFailure::Refused),
            (412, SalesforceFailure::Refused),
            (420, SalesforceFailure::Unavailable),
            (429, SalesforceFailure::Limited),
            (500, SalesforceFailure::UnknownOutcome),
        ] {
            assert_eq!(failure(status), Some(kind), "{status}");
        }
    }
}
