//! Why there is no Case yet, sorted by what to do about it.

use chrono::{DateTime, Utc};
use shared::escalation::Stuck;
use shared::salesforce::{LimitKind, LoginError, OrgError, SalesforceError};
use shared::secrets::SecretsError;
use shared::store::StoreError;

use crate::pause::Pause;

/// Why there is no Case yet.
#[derive(Debug)]
pub(crate) enum Trouble {
    /// Time cures it: another try later.
    Later {
        /// For the timeline.
        detail: String,
        /// How long the whole organisation's org is to be left alone.
        pause: Option<Pause>,
        /// Whether an insert may have been carried out.
        outcome_unknown: bool,
    },
    /// Nothing to do before this moment; not a failure.
    NotBefore(DateTime<Utc>),
    /// A person must act.
    Admin(Stuck),
    /// The table failed: nothing can be written about it either.
    Store(StoreError),
}

impl Trouble {
    pub(crate) fn later(detail: impl Into<String>) -> Self {
        Self::Later { detail: detail.into(), pause: None, outcome_unknown: false }
    }

    pub(crate) fn admin(code: &str, detail: impl Into<String>, cure: impl Into<String>) -> Self {
        Self::Admin(Stuck { code: code.to_owned(), detail: detail.into(), cure: cure.into() })
    }

    /// Whether an insert may have been carried out all the same.
    pub(crate) fn is_outcome_unknown(&self) -> bool {
        matches!(self, Self::Store(_) | Self::Later { outcome_unknown: true, .. })
    }

    /// What is stored cannot be read: no repetition helps.
    pub(crate) fn unreadable(detail: &str) -> Self {
        let cure = "Restore the item from the table's point-in-time recovery, then redrive.";
        Self::admin("storedDataUnreadable", format!("{detail}."), cure)
    }
}

impl From<StoreError> for Trouble {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Corrupt(_) => Self::unreadable(&error.to_string()),
            error => Self::Store(error),
        }
    }
}

impl From<OrgError> for Trouble {
    fn from(error: OrgError) -> Self {
        match error {
            OrgError::Store(error) => error.into(),
            OrgError::Login(error) => error.into(),
            OrgError::Salesforce(error) => error.into(),
            OrgError::Secrets(SecretsError::Missing(_)) => Self::admin(
                "clientSecretMissing",
                "The Client Secret is not stored.",
                "Enter the Client Secret again in the settings.",
            ),
            OrgError::Secrets(error) => Self::later(error.to_string()),
        }
    }
}

impl From<LoginError> for Trouble {
    fn from(error: LoginError) -> Self {
        let detail = error.to_string();
        let pause = match error {
            LoginError::Refused { code, cure } => {
                return Self::admin("loginRefused", format!("Salesforce refused the login: {code}."), cure);
            }
            LoginError::RateExceeded => Pause::LoginRate,
            LoginError::NoOrg | LoginError::Unavailable => Pause::Outage,
        };
        Self::Later { detail, pause: Some(pause), outcome_unknown: false }
    }
}

impl From<SalesforceError> for Trouble {
    /// For calls whose refusals have been dealt with already.
    fn from(error: SalesforceError) -> Self {
        let pause = match &error {
            SalesforceError::Limited(LimitKind::Daily) => Some(Pause::DailyLimit),
            SalesforceError::Limited(LimitKind::Concurrent)
            | SalesforceError::Unavailable(_)
            | SalesforceError::UnknownOutcome(_) => Some(Pause::Outage),
            SalesforceError::SessionExpired | SalesforceError::Refused(_) => None,
        };
        Self::Later { detail: error.to_string(), pause, outcome_unknown: error.is_outcome_unknown() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_login_needs_an_admin_and_names_the_cure() {
        let error = LoginError::Refused { code: "invalid_client".into(), cure: "Enter the Client Secret again." };
        let Trouble::Admin(stuck) = Trouble::from(error) else { panic!() };
        assert_eq!(stuck.code, "loginRefused");
        assert!(stuck.cure.contains("Client Secret"));
    }

    #[test]
    fn limits_and_outages_pause_the_organisation_a_locked_row_does_not() {
        let pause = |error: SalesforceError| match Trouble::from(error) {
            Trouble::Later { pause, .. } => pause,
            _ => panic!(),
        };
        assert_eq!(pause(SalesforceError::Limited(LimitKind::Daily)), Some(Pause::DailyLimit));
        assert_eq!(pause(SalesforceError::Unavailable(429)), Some(Pause::Outage));
        assert_eq!(pause(SalesforceError::Refused(vec![])), None);
    }

    #[test]
    fn what_cannot_be_read_needs_a_person_what_cannot_be_reached_only_time() {
        assert!(matches!(Trouble::from(StoreError::Corrupt("chunk 3".into())), Trouble::Admin(_)));
        assert!(matches!(Trouble::from(StoreError::Unavailable("x".into())), Trouble::Store(_)));
    }

    #[test]
    fn only_an_answer_that_never_came_leaves_the_outcome_unknown() {
        let unknown =
            |error: SalesforceError| matches!(Trouble::from(error), Trouble::Later { outcome_unknown: true, .. });
        assert!(unknown(SalesforceError::UnknownOutcome("time-out")));
        assert!(!unknown(SalesforceError::Unavailable(429)));
    }
}
