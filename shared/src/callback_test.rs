//! A test of the way from an org to us: a nonce that the org's Apex action brings back.

use chrono::{DateTime, TimeDelta, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A nonce that has not come back after this long has failed, whatever comes later.
const PATIENCE: TimeDelta = TimeDelta::seconds(120);
/// The org's own account of a failure is read as often as this while a test is pending.
const LOOK_EVERY: TimeDelta = TimeDelta::seconds(5);

/// The last test of an organisation, with the evidence so far.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CallbackTest {
    /// What must come back. Nobody but the organisation and its org knows it.
    pub nonce: String,
    /// When it was started.
    pub started_at: DateTime<Utc>,
    /// The org's host: what was seen of one org tells nothing of another.
    pub host: String,
    /// The digest of the token with which the nonce came back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_digest: Option<String>,
    /// When the nonce first came back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub returned_at: Option<DateTime<Utc>>,
    /// What is known to have failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<CallbackTestFailure>,
    /// When the org was last asked for its own account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub looked_at: Option<DateTime<Utc>>,
}

/// What failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallbackTestFailure {
    /// Where.
    pub step: CallbackTestStep,
    /// More about it. Never a quote of what an org or a caller said.
    pub detail: String,
}

/// The steps that a callback takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum CallbackTestStep {
    /// The org may not call our API.
    RemoteSite,
    /// The org calls with another escalations token or organisation id, or with none.
    Token,
    /// The org has no such action.
    Package,
    /// The run-as user may not start it.
    Permission,
    /// The connected app can't sign in.
    SignIn,
    /// Salesforce could not be reached, or has no calls left.
    Unavailable,
    /// Nothing came back, and nobody knows why.
    Timeout,
}

/// How a test stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallbackTestState {
    /// The nonce may still come.
    Pending,
    /// The nonce came back in time.
    Passed,
    /// It did not, or it can't.
    Failed(CallbackTestFailure),
}

impl CallbackTest {
    /// A test that starts now.
    #[must_use]
    pub fn started(nonce: String, host: String, now: DateTime<Utc>) -> Self {
        Self { nonce, started_at: now, host, token_digest: None, returned_at: None, failure: None, looked_at: None }
    }

    /// How it stands at `now`. A nonce that came back in time has passed, whatever else was seen to fail; one that came later has
    /// failed, because a customer would have waited for as long.
    #[must_use]
    pub fn state(&self, now: DateTime<Utc>) -> CallbackTestState {
        let took = self.returned_at.map(|at| at - self.started_at);
        match (took, &self.failure) {
            (Some(took), _) if took <= PATIENCE => CallbackTestState::Passed,
            (_, Some(failure)) => CallbackTestState::Failed(failure.clone()),
            (Some(took), _) => {
                let seconds = took.num_seconds();
                timed_out(format!("It came back after {seconds} seconds: the way is open, but the org is slow. Test again."))
            }
            (None, None) if now - self.started_at >= PATIENCE => timed_out(
                "In Salesforce, compare FV Api Endpoint and Organisation Id in Fullview Settings, and look at Failed Fullview \
                 Callbacks in the App Launcher and at Apex Jobs in Setup."
                    .to_owned(),
            ),
            (None, None) => CallbackTestState::Pending,
        }
    }

    /// Whether it is time to ask the org for its own account of what failed: not as often as somebody looks at the test.
    #[must_use]
    pub fn is_to_be_looked_at(&self, now: DateTime<Utc>) -> bool {
        let last = self.looked_at.unwrap_or(self.started_at);
        self.state(now) == CallbackTestState::Pending && now - last >= LOOK_EVERY
    }
}

fn timed_out(detail: String) -> CallbackTestState {
    CallbackTestState::Failed(CallbackTestFailure { step: CallbackTestStep::Timeout, detail })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
    }

    fn test() -> CallbackTest {
        CallbackTest::started("n".into(), "acme.my.salesforce.com".into(), at(0))
    }

    fn failure() -> CallbackTestFailure {
        CallbackTestFailure { step: CallbackTestStep::Token, detail: "Wrong.".into() }
    }

    fn step(test: &CallbackTest, seconds: i64) -> Option<CallbackTestStep> {
        match test.state(at(seconds)) {
            CallbackTestState::Failed(failure) => Some(failure.step),
            CallbackTestState::Pending | CallbackTestState::Passed => None,
        }
    }

    #[test]
    fn one_that_does_not_come_back_is_pending_for_two_minutes() {
        assert_eq!(test().state(at(119)), CallbackTestState::Pending);
        assert_eq!(step(&test(), 120), Some(CallbackTestStep::Timeout));
    }

    #[test]
    fn one_that_came_back_in_time_has_passed_for_ever_and_whatever_failed_before() {
        let passed = CallbackTest { returned_at: Some(at(120)), failure: Some(failure()), ..test() };
        assert_eq!(passed.state(at(1_000_000)), CallbackTestState::Passed);
    }

    #[test]
    fn one_that_came_late_has_failed_and_says_when_it_came() {
        let late = CallbackTest { returned_at: Some(at(130)), ..test() };
        let CallbackTestState::Failed(failure) = late.state(at(131)) else { panic!() };
        assert!(failure.detail.contains("130 seconds"), "{}", failure.detail);
    }

    #[test]
    fn what_is_known_to_have_failed_need_not_be_waited_for() {
        let failed = CallbackTest { failure: Some(failure()), ..test() };
        assert_eq!(step(&failed, 1), Some(CallbackTestStep::Token));
    }

    #[test]
    fn the_org_is_asked_now_and_then_while_the_test_is_pending() {
        assert!(!test().is_to_be_looked_at(at(4)) && test().is_to_be_looked_at(at(5)));
        let looked = CallbackTest { looked_at: Some(at(5)), ..test() };
        assert!(!looked.is_to_be_looked_at(at(9)) && looked.is_to_be_looked_at(at(10)));
        assert!(!looked.is_to_be_looked_at(at(120)));
        assert!(!CallbackTest { returned_at: Some(at(1)), ..test() }.is_to_be_looked_at(at(9)));
    }
}
