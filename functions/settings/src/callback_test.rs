//! The callback test: the org's action is started with a nonce, which must come back to `apex-callback`.
//!
//! The action sends it in a job of its own, so that its answer tells only that it could be started. What the job meets is told by the
//! nonce, by a call with a wrong token, or by the record of a failed callback, if the run-as user may read that.

use std::time::Duration;

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use lambda_http::http::StatusCode;
use serde_json::{Value, json};
use shared::authentication::require_organisation;
use shared::callback_test::{CallbackTest, CallbackTestFailure, CallbackTestState, CallbackTestStep};
use shared::http_api::Answer;
use shared::problem::{Code, Problem};
use shared::salesforce::{LoginError, OrgError, Refusal, SalesforceError};
use shared::settings::Settings;

use crate::SettingsApi;
use crate::bodies::{CallbackTestResult, CallbackTestStarted, CallbackTestWord};
use crate::connection_test::org;

const ACTION: &str = "FullviewTestCallback";
/// How long the org may take to start its action, or to tell what failed, each with a sign-in.
const PATIENCE: Duration = Duration::from_secs(20);
/// How far the org's clock may be behind ours.
const CLOCK_SKEW: TimeDelta = TimeDelta::seconds(2);

pub(crate) async fn start(api: &SettingsApi, organisation_id: &str) -> Result<Answer, Problem> {
    require_organisation(&api.store, organisation_id).await?;
    let settings = api.store.settings(organisation_id).await?;
    let settings = settings.ok_or_else(|| Problem::new(Code::OrganisationNotConfigured))?;
    let host = settings.salesforce.domain.as_str().to_owned();
    let test = CallbackTest::started(api.ids.uuid().simple().to_string(), host, api.clock.now());
    api.store.put_callback_test(organisation_id, &test).await?;
    if let Some(failure) = start_action(api, organisation_id, &settings, &test.nonce).await {
        api.store.note_callback_failure(organisation_id, &test.nonce, &failure).await?;
    }
    Ok(Answer::json(StatusCode::ACCEPTED, CallbackTestStarted { nonce: &test.nonce, state: CallbackTestWord::Pending }))
}

pub(crate) async fn show(api: &SettingsApi, organisation_id: &str) -> Result<Answer, Problem> {
    require_organisation(&api.store, organisation_id).await?;
    let never =
        || Problem::new(Code::NotFound).with_detail("no callback test was started, or none that still tells something");
    let now = api.clock.now();
    let mut test = api.store.callback_test(organisation_id).await?.ok_or_else(never)?;
    if !still_tells(api, organisation_id, &test, now).await? {
        return Err(never());
    }
    if test.is_to_be_looked_at(now) && api.store.begin_callback_look(organisation_id, &test, now).await? {
        look(api, organisation_id, &test).await?;
        test = api.store.callback_test(organisation_id).await?.ok_or_else(never)?;
    }
    Ok(Answer::json(StatusCode::OK, view(test.state(now))))
}

/// Whether a test tells something of how things are now: its org is still that of the settings, and the token with which the nonce
/// came back is still valid.
async fn still_tells(
    api: &SettingsApi,
    organisation_id: &str,
    test: &CallbackTest,
    now: DateTime<Utc>,
) -> Result<bool, Problem> {
    let settings = api.store.settings(organisation_id).await?;
    if settings.is_none_or(|settings| settings.salesforce.domain.as_str() != test.host) {
        return Ok(false);
    }
    let Some(digest) = &test.token_digest else { return Ok(true) };
    Ok(api.store.escalations_tokens(organisation_id).await?.valid(now).any(|token| token.digest == *digest))
}

fn view(state: CallbackTestState) -> CallbackTestResult {
    let without_failure = |state| CallbackTestResult { state, step: None, detail: None };
    match state {
        CallbackTestState::Pending => without_failure(CallbackTestWord::Pending),
        CallbackTestState::Passed => without_failure(CallbackTestWord::Passed),
        CallbackTestState::Failed(CallbackTestFailure { step, detail }) => {
            CallbackTestResult { state: CallbackTestWord::Failed, step: Some(step), detail: Some(detail) }
        }
    }
}

/// Why the action is certainly not started; `None` if it is, or may be.
async fn start_action(
    api: &SettingsApi,
    organisation_id: &str,
    settings: &Settings,
    nonce: &str,
) -> Option<CallbackTestFailure> {
    let org = org(api, organisation_id, settings);
    let input = json!({ "nonce": nonce });
    let call = org.call(async move |salesforce, session| salesforce.call_apex_action(session, ACTION, &input).await);
    let error = tokio::time::timeout(PATIENCE, call).await.ok()?.err()?;
    tracing::info!(%error, organisationId = organisation_id, "a callback test was not started");
    not_started(&error)
}

fn not_started(error: &OrgError) -> Option<CallbackTestFailure> {
    let (step, detail) = match error {
        OrgError::Salesforce(SalesforceError::UnknownOutcome(_)) => return None,
        OrgError::Salesforce(SalesforceError::Refused(refusals)) => refused(refusals),
        OrgError::Login(LoginError::Refused { code, cure }) => {
            (CallbackTestStep::SignIn, format!("The connected app can't sign in ({code}). {cure}"))
        }
        error => (
            CallbackTestStep::Unavailable,
            format!("The action was not started: {error}. Test again in a few minutes."),
        ),
    };
    Some(CallbackTestFailure { step, detail })
}

/// The code for a class that the user may not run is not documented; a class that the user can't see may look as if it were missing.
fn refused(refusals: &[Refusal]) -> (CallbackTestStep, String) {
    let code = refusals.first().map_or("no code", |refusal| &refusal.code);
    let is_missing = refusals.iter().any(|refusal| matches!(refusal.code.as_str(), "NOT_FOUND" | "HTTP_404"));
    let is_forbidden = refusals.iter().any(|refusal| {
        let words = ["ACCESS", "PERMISSION", "FORBIDDEN", "403"];
        words.iter().any(|word| refusal.code.contains(word))
    });
    if is_forbidden {
        let detail = format!("Assign the permission set Fullview Callback Runner to the Run As user ({code}).");
        return (CallbackTestStep::Permission, detail);
    }
    let detail = if is_missing {
        format!(
            "The org has no action {ACTION}, or the Run As user can't see it: then assign Fullview Callback Runner."
        )
    } else {
        format!("The action {ACTION} refused to start ({code}). It may be another version of the package.")
    };
    (CallbackTestStep::Package, detail)
}

/// Asks the org whether the callback failed there. A run-as user who may not read that leaves the test to its time-out.
async fn look(api: &SettingsApi, organisation_id: &str, test: &CallbackTest) -> Result<(), Problem> {
    let Some(settings) = api.store.settings(organisation_id).await? else { return Ok(()) };
    let org = org(api, organisation_id, &settings);
    let soql = failed_callbacks_since(test.started_at);
    let call = org.call(async move |salesforce, session| salesforce.query(session, &soql).await);
    let Ok(Ok(records)) = tokio::time::timeout(PATIENCE, call).await else { return Ok(()) };
    if let Some(failure) = records.first().and_then(failure) {
        api.store.note_callback_failure(organisation_id, &test.nonce, &failure).await?;
    }
    Ok(())
}

/// Of the package, which keeps the tests that failed for good among them; a failure that may pass is tried again there.
fn failed_callbacks_since(started_at: DateTime<Utc>) -> String {
    let since = (started_at - CLOCK_SKEW).to_rfc3339_opts(SecondsFormat::Secs, true);
    format!(
        "SELECT Problem__c, Status_Code__c FROM Fullview_Callback__c WHERE Is_Test__c = true AND CreatedDate >= {since} \
         ORDER BY CreatedDate DESC LIMIT 1"
    )
}

/// What a record says, in our words.
fn failure(record: &Value) -> Option<CallbackTestFailure> {
    let problem = record["Problem__c"].as_str().unwrap_or_default();
    let (step, detail) = match record["Status_Code__c"].as_f64() {
        Some(401.0 | 403.0) => (
            CallbackTestStep::Token,
            "The org called back with an Organisation Id or an Escalations Token that is not valid.",
        ),
        // A nonce that is unknown here is of an older test.
        Some(_) => return None,
        None if problem.contains("Unauthorized endpoint") => {
            (CallbackTestStep::RemoteSite, "Salesforce does not let the package call the FV Api Endpoint.")
        }
        None if problem.contains("Fullview Settings") => (
            CallbackTestStep::Token,
            "Fullview Settings is not complete: it needs one record with FV Api Endpoint, Organisation Id and Escalations Token.",
        ),
        None => (
            CallbackTestStep::Timeout,
            "The org could not call back: look at Failed Fullview Callbacks in the App Launcher.",
        ),
    };
    Some(CallbackTestFailure { step, detail: detail.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(code: &str) -> OrgError {
        let refusal = Refusal { code: code.into(), fields: Vec::new(), reference_id: None };
        SalesforceError::Refused(vec![refusal]).into()
    }

    fn step(error: &OrgError) -> Option<CallbackTestStep> {
        not_started(error).map(|failure| failure.step)
    }

    fn recorded(record: &Value) -> Option<CallbackTestStep> {
        failure(record).map(|failure| failure.step)
    }

    #[test]
    fn an_action_that_is_refused_names_the_step() {
        for (code, expected) in [
            ("NOT_FOUND", CallbackTestStep::Package),
            ("UNKNOWN_EXCEPTION", CallbackTestStep::Package),
            ("INSUFFICIENT_ACCESS", CallbackTestStep::Permission),
            ("HTTP_403", CallbackTestStep::Permission),
        ] {
            assert_eq!(step(&refusal(code)), Some(expected), "{code}");
        }
        let login = LoginError::Refused { code: "invalid_client".into(), cure: "Enter it again." };
        assert_eq!(step(&login.into()), Some(CallbackTestStep::SignIn));
        assert_eq!(step(&SalesforceError::Unavailable(503).into()), Some(CallbackTestStep::Unavailable));
    }

    #[test]
    fn an_action_that_may_be_started_is_waited_for() {
        assert_eq!(step(&SalesforceError::UnknownOutcome("time-out").into()), None);
    }

    #[test]
    fn the_org_s_own_record_names_the_step_and_is_never_quoted() {
        let problem = "Unauthorized endpoint, please check Setup. endpoint = https://secret";
        assert_eq!(
            recorded(&json!({ "Problem__c": problem, "Status_Code__c": null })),
            Some(CallbackTestStep::RemoteSite)
        );
        assert!(!failure(&json!({ "Problem__c": problem })).unwrap().detail.contains("secret"));
        let incomplete = json!({ "Problem__c": "Fullview Settings: Organisation Id is empty." });
        assert_eq!(recorded(&incomplete), Some(CallbackTestStep::Token));
        assert_eq!(recorded(&json!({ "Status_Code__c": 401.0 })), Some(CallbackTestStep::Token));
        assert_eq!(recorded(&json!({ "Status_Code__c": 404 })), None);
        assert_eq!(recorded(&json!({})), Some(CallbackTestStep::Timeout));
    }

    #[test]
    fn records_are_looked_for_from_the_start_of_the_test() {
        let soql = failed_callbacks_since("2026-11-20T09:14:03.900Z".parse().unwrap());
        assert!(soql.contains("CreatedDate >= 2026-11-20T09:14:01Z "), "{soql}");
    }
}
