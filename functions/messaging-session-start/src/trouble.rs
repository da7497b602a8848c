//! Why a conversation is not open, sorted by what to do about it.

use shared::salesforce::messaging::MessagingError;
use shared::store::StoreError;

/// Why a conversation is not open.
#[derive(Debug)]
pub(crate) enum Trouble {
    /// Time cures it: another try, not sooner than after so many seconds.
    Later { detail: String, retry_after: Option<u32> },
    /// Nothing that we can do opens it: a Case.
    Never { detail: String },
    /// The token is not accepted: another one.
    TokenRejected,
    /// The table failed: nothing can be written about it either.
    Store(StoreError),
}

impl Trouble {
    /// The token of an attempt is not stored any more.
    pub(crate) fn no_token() -> Self {
        Self::Never { detail: "the conversation's token is gone".to_owned() }
    }

    /// The token could not be had. 400 is what Salesforce says of a wrong deployment.
    pub(crate) fn with_token(error: &MessagingError) -> Self {
        let cure = "check organization id and developer name in the settings; the deployment must be of type Custom Client and published";
        match error {
            MessagingError::Refused(_) | MessagingError::NotFound => {
                Self::Never { detail: format!("no messaging token: {error}: {cure}") }
            }
            _ => Self::of(error, "no messaging token"),
        }
    }

    /// The conversation could not be created.
    pub(crate) fn with_create(error: &MessagingError) -> Self {
        if *error == MessagingError::TokenRejected {
            return Self::TokenRejected;
        }
        Self::of(error, "not created")
    }

    /// A creation of unknown outcome could not be settled: its token cannot be replaced, because it alone would reach it.
    pub(crate) fn with_lost_create(error: &MessagingError) -> Self {
        Self::of(error, "not known whether created")
    }

    fn of(error: &MessagingError, what: &str) -> Self {
        let detail = format!("{what}: {error}");
        match error {
            MessagingError::Limited { retry_after } => Self::Later { detail, retry_after: *retry_after },
            error if error.is_transient() => Self::Later { detail, retry_after: None },
            _ => Self::Never { detail },
        }
    }
}

impl From<StoreError> for Trouble {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Corrupt(_) => Self::Never { detail: error.to_string() },
            error => Self::Store(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_deployment_is_told_with_its_cure() {
        let Trouble::Never { detail } = Trouble::with_token(&MessagingError::Refused(400)) else { panic!() };
        assert!(detail.contains("refused (400)") && detail.contains("Custom Client"), "{detail}");
    }

    #[test]
    fn an_org_that_can_create_no_session_is_not_asked_again() {
        assert!(matches!(Trouble::with_create(&MessagingError::PreconditionFailed), Trouble::Never { .. }));
    }

    #[test]
    fn limits_and_outages_are_waited_for() {
        let limited = Trouble::with_create(&MessagingError::Limited { retry_after: Some(30) });
        assert!(matches!(limited, Trouble::Later { retry_after: Some(30), .. }));
        for error in [MessagingError::Unavailable, MessagingError::UnknownOutcome("time-out")] {
            assert!(matches!(Trouble::with_token(&error), Trouble::Later { .. }));
        }
    }
}
