//! Hints to the next function: asynchronous invocations that carry ids only, and that may be lost.

use aws_sdk_lambda::Client;
use aws_sdk_lambda::error::ProvideErrorMetadata as _;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::InvocationType;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::escalation::{Escalation, Status};
use crate::metrics::Metric;

/// What an asynchronous invocation carries.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Hint {
    /// The escalation to look at.
    pub escalation_id: Uuid,
    /// Its organisation, so that what belongs to it can be read in the same request; a person who invokes a function may leave it out.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub organisation_id: Option<String>,
}

/// The alias behind which each function is deployed: it decides which version a hint reaches.
const ALIAS: &str = "live";

/// Sends hints.
#[derive(Clone, Debug)]
pub struct Hints {
    client: Client,
}

/// The function whose work an escalation of this status is, if one must act.
#[must_use]
pub fn responsible_function(status: Status) -> Option<&'static str> {
    match status {
        Status::Received => Some("business-hours-router"),
        Status::StartingMessaging => Some("messaging-session-start"),
        Status::CreatingCase => Some("case-creation"),
        _ => None,
    }
}

impl Hints {
    /// Sends hints through this client.
    #[must_use]
    pub fn new(client: Client) -> Self {
        Self { client }
    }

    /// Hints the function that is responsible for `status`. A failure is only logged: recovery hints again.
    pub async fn send(&self, status: Status, escalation: &Escalation) {
        let Some(function) = responsible_function(status) else { return };
        let (escalation_id, organisation_id) = (escalation.escalation_id, Some(escalation.organisation_id.clone()));
        let payload = serde_json::to_vec(&Hint { escalation_id, organisation_id }).unwrap_or_default();
        self.invoke(function, payload).await;
    }

    /// Hints recovery to look at one escalation: at its live conversation, or at the close that it is owed.
    pub async fn look(&self, escalation_id: Uuid) {
        let payload = serde_json::to_vec(&Hint { escalation_id, organisation_id: None }).unwrap_or_default();
        self.invoke("escalation-recovery", payload).await;
    }

    /// Hints recovery to run now instead of at its next minute.
    pub async fn wake_recovery(&self) {
        self.invoke("escalation-recovery", b"{}".to_vec()).await;
    }

    async fn invoke(&self, function: &str, payload: Vec<u8>) {
        let request = self.client.invoke().function_name(qualified(function)).invocation_type(InvocationType::Event);
        if let Err(error) = request.payload(Blob::new(payload)).send().await {
            tracing::warn!(hinted = function, code = error.code().unwrap_or("no answer"), "hint not sent");
            Metric::HintsLost.record();
        }
    }
}

/// A function's name with the alias, as the template's policies and `EventInvokeConfig` have it.
fn qualified(function: &str) -> String {
    format!("{function}:{ALIAS}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hint_carries_ids_and_nothing_else() {
        let mut hint = Hint { escalation_id: Uuid::nil(), organisation_id: None };
        let nil = "00000000-0000-0000-0000-000000000000";
        assert_eq!(serde_json::to_string(&hint).unwrap(), format!(r#"{{"escalationId":"{nil}"}}"#));
        hint.organisation_id = Some("acme".to_owned());
        let with_organisation = format!(r#"{{"escalationId":"{nil}","organisationId":"acme"}}"#);
        assert_eq!(serde_json::to_string(&hint).unwrap(), with_organisation);
    }

    #[test]
    fn a_hint_goes_to_the_alias() {
        assert_eq!(qualified("case-creation"), "case-creation:live");
    }

    #[test]
    fn nobody_is_responsible_for_what_is_final_or_stuck() {
        for status in [Status::CaseCreated, Status::Ended, Status::Stuck] {
            assert_eq!(responsible_function(status), None);
        }
    }
}
