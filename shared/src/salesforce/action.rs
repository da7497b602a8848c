//! Invocable Apex actions, called over REST.

use reqwest::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use super::error::{MAX_REFUSALS, Refusal, is_name};
use super::{Salesforce, SalesforceError, Session};

/// What came of one input.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ActionResult {
    #[serde(default)]
    is_success: bool,
    #[serde(default)]
    errors: Option<Vec<ActionError>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ActionError {
    #[serde(default)]
    status_code: String,
}

impl Salesforce {
    /// Calls the invocable method of an Apex class once. A user without access to the class gets an error whose code is not documented.
    ///
    /// # Errors
    /// `Refused` with `NOT_FOUND` if there is no such action.
    pub async fn call_apex_action(&self, session: &Session, class: &str, input: &Value) -> Result<(), SalesforceError> {
        let request = self.request(session, Method::POST, &format!("/actions/custom/apex/{class}"));
        succeeded(self.read(session, request.json(&json!({ "inputs": [input] }))).await?)
    }
}

fn succeeded(results: Vec<ActionResult>) -> Result<(), SalesforceError> {
    if results.iter().all(|result| result.is_success) {
        return Ok(());
    }
    let errors = results.into_iter().flat_map(|result| result.errors.unwrap_or_default());
    let refusals = errors.filter(|error| is_name(&error.status_code)).take(MAX_REFUSALS);
    let refusal = |error: ActionError| Refusal { code: error.status_code, fields: Vec::new(), reference_id: None };
    Err(SalesforceError::Refused(refusals.map(refusal).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(results: Value) -> Result<(), String> {
        succeeded(serde_json::from_value(results).unwrap()).map_err(|error| error.to_string())
    }

    #[test]
    fn an_action_succeeds_for_its_input_or_is_refused_with_a_code() {
        assert_eq!(outcome(json!([{ "actionName": "A", "errors": null, "isSuccess": true }])), Ok(()));
        let failed = json!([{ "isSuccess": false, "errors": [{ "statusCode": "UNKNOWN_EXCEPTION", "message": "secret words" }] }]);
        assert_eq!(outcome(failed), Err("refused: UNKNOWN_EXCEPTION".into()));
    }

    #[test]
    fn what_is_no_code_is_not_repeated() {
        let failed =
            json!([{ "isSuccess": false, "errors": [{ "statusCode": "secret words" }] }, { "isSuccess": false }]);
        assert_eq!(outcome(failed), Err("refused: ".into()));
    }
}
