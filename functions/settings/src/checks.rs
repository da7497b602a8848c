//! What a connection test checks: each check with its result and, if it is not well, what to do.
//!
//! Nothing is made in the org: one sign-in, one description of Case, and one guest token, which is forgotten. Those run for eight
//! seconds each at most, so that all together stay below the 29 s of API Gateway.

use std::time::Duration;

use schemars::JsonSchema;
use secrecy::SecretString;
use serde::Serialize;
use shared::salesforce::{Salesforce, Session};
use shared::settings::Settings;

mod case_access;
mod deployment;
mod routing;
mod sign_in;

/// How long Salesforce may take for a call.
const CALL_PATIENCE: Duration = Duration::from_secs(8);

/// One check, as the API shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Check {
    /// `token`, `scopes`, `createCase`, `externalIdField`, `messagingToken`, `deploymentType`, `queuePosition` or `routingAttribute:<value>`.
    pub id: String,
    /// What came of it.
    pub result: CheckResult,
    /// What was found. Never a quote of what Salesforce answered, apart from its codes.
    pub detail: Option<String>,
    /// What to do, in the words of the product guide.
    pub cure: Option<String>,
}

/// What came of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum CheckResult {
    /// It is well.
    Passed,
    /// It is not.
    Failed,
    /// It can't be told.
    Unknown,
    /// It depends on something that failed or is not set up.
    Skipped,
}

impl Check {
    fn passed(id: &str, detail: impl Into<String>) -> Self {
        Self { id: id.to_owned(), result: CheckResult::Passed, detail: Some(detail.into()), cure: None }
    }

    fn failed(id: &str, detail: impl Into<String>, cure: impl Into<String>) -> Self {
        let (detail, cure) = (Some(detail.into()), Some(cure.into()));
        Self { id: id.to_owned(), result: CheckResult::Failed, detail, cure }
    }

    fn unknown(id: &str, detail: impl Into<String>, cure: impl Into<String>) -> Self {
        Self { result: CheckResult::Unknown, ..Self::failed(id, detail, cure) }
    }

    fn skipped(id: &str, detail: impl Into<String>) -> Self {
        Self { result: CheckResult::Skipped, ..Self::passed(id, detail) }
    }
}

/// All checks of some settings, in the order in which they are shown, and the session that was made for them.
pub(crate) async fn run(
    salesforce: &Salesforce,
    settings: &Settings,
    client_secret: &SecretString,
) -> (Vec<Check>, Option<Session>) {
    let org = org(salesforce, settings, client_secret);
    let (org, deployment) = tokio::join!(Box::pin(org), Box::pin(deployment::check(salesforce, settings)));
    let (mut checks, session) = org;
    checks.extend(deployment);
    (checks, session)
}

/// What the connected app may do, which needs a sign-in.
async fn org(
    salesforce: &Salesforce,
    settings: &Settings,
    client_secret: &SecretString,
) -> (Vec<Check>, Option<Session>) {
    let sign_in = sign_in::check(salesforce, &settings.salesforce, client_secret).await;
    let session = sign_in.session.filter(|_| sign_in.scopes.result != CheckResult::Failed);
    let case = case_access::check(salesforce, &settings.case, session.as_ref()).await;
    ([vec![sign_in.token, sign_in.scopes], case].concat(), session)
}

/// Whether the settings work: what is owed to escalations that got stuck may be tried again.
pub(crate) fn is_connected(checks: &[Check]) -> bool {
    let is = |check: &Check, id: &str| check.id == id && check.result == CheckResult::Passed;
    let may_create = ["token", "createCase"].iter().all(|id| checks.iter().any(|check| is(check, id)));
    may_create && checks.iter().all(|check| check.result != CheckResult::Failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_work_if_cases_can_be_made_and_nothing_failed() {
        let sound = vec![Check::passed("token", ""), Check::passed("createCase", ""), Check::unknown("x", "", "")];
        assert!(is_connected(&sound));
        assert!(!is_connected(&[sound.clone(), vec![Check::failed("y", "", "")]].concat()));
        assert!(!is_connected(&[Check::passed("token", ""), Check::unknown("createCase", "", "")]));
        assert!(!is_connected(&[]));
    }
}
