//! Invocable Apex actions: `POST actions/custom/apex/{class}`.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::Transaction;
use crate::{
    messaging::callback::Callback,
    reply::{Reply, RestError},
    settings::TestAction,
};

const TEST_CALLBACK: &str = "FullviewTestCallback";

/// Starts the package's test, whose callback is sent by a job of its own. How a user without access to the class is refused is not
/// documented.
pub(crate) fn run(transaction: &mut Transaction<'_>, class: &str, body: &Value) -> Result<Reply, RestError> {
    let org = &mut *transaction.org;
    match org.settings.package.test_action {
        TestAction::Allowed if class == TEST_CALLBACK => {}
        TestAction::Forbidden if class == TEST_CALLBACK => {
            let message = format!("You do not have access to the Apex class named: {class}");
            return Err(RestError::new(StatusCode::FORBIDDEN, "INSUFFICIENT_ACCESS", message));
        }
        TestAction::Allowed | TestAction::Forbidden | TestAction::Missing => return Err(RestError::not_found()),
    }
    let nonces = body["inputs"].as_array().filter(|inputs| !inputs.is_empty());
    let nonces: Option<Vec<&str>> =
        nonces.and_then(|inputs| inputs.iter().map(|input| input["nonce"].as_str()).collect());
    let Some(nonces) = nonces else { return Ok(missing_input(class)) };
    let callbacks = nonces.iter().map(|nonce| Callback::of_nonce(&org.settings.client_id, nonce, transaction.now));
    org.messaging.outbox.extend(callbacks);
    let result = json!({ "actionName": class, "errors": null, "isSuccess": true, "outputValues": null });
    Ok(Reply::json(StatusCode::OK, vec![result; nonces.len()].into()))
}

fn missing_input(class: &str) -> Reply {
    let error = json!({ "statusCode": "REQUIRED_FIELD_MISSING", "message": "Missing required input parameter: nonce", "fields": [] });
    let result = json!({ "actionName": class, "errors": [error], "isSuccess": false, "outputValues": null });
    Reply::json(StatusCode::BAD_REQUEST, json!([result]))
}
