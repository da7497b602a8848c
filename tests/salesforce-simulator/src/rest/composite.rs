//! `POST composite`: up to 25 calls in one, each of which may use what the earlier ones answered.

use std::collections::{HashMap, HashSet};

use axum::http::{Method, StatusCode};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{Operation, RestCall, Transaction, execute, parse_url, reference};
use crate::{
    fault::Effect,
    reply::{Content, Reply, RestError},
};

const MAX_SUBREQUESTS: usize = 25;
const MAX_QUERIES: usize = 5;
const ROLLED_BACK: &str = "The transaction was rolled back since another operation in the same transaction failed.";

/// The body of a composite request.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct CompositeRequest {
    #[serde(default)]
    all_or_none: bool,
    #[serde(default, rename = "collateSubrequests")]
    _collate_subrequests: bool,
    #[serde(rename = "compositeRequest")]
    subrequests: Vec<Subrequest>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Subrequest {
    method: String,
    url: String,
    reference_id: String,
    #[serde(default)]
    body: Option<Value>,
    #[serde(default)]
    http_headers: Map<String, Value>,
}

/// Carries out a composite request. The outer status is 200 whatever the subrequests answer.
pub(crate) fn run(transaction: &mut Transaction<'_>, body: Value) -> Result<Reply, RestError> {
    let request: CompositeRequest =
        serde_json::from_value(body).map_err(|error| RestError::json_parser(error.to_string()))?;
    check(&request.subrequests)?;
    let before = transaction.org.records.clone();
    let mut replies = subrequests(transaction, &request);
    let failed = replies.iter().position(|(_, reply)| !reply.status.is_success());
    if let Some(culprit) = failed.filter(|_| request.all_or_none) {
        transaction.org.records = before;
        for (_, (_, reply)) in replies.iter_mut().enumerate().filter(|(index, _)| *index != culprit) {
            *reply = halted(ROLLED_BACK).into();
        }
    }
    let responses: Vec<Value> = replies.into_iter().map(|(id, reply)| reply.into_composite(id)).collect();
    Ok(Reply::json(StatusCode::OK, json!({ "compositeResponse": responses })))
}

fn check(subrequests: &[Subrequest]) -> Result<(), RestError> {
    if subrequests.len() > MAX_SUBREQUESTS {
        let message = format!("Composite request limit exceeded. Max allowed is {MAX_SUBREQUESTS}.");
        return Err(RestError::bad_request("LIMIT_EXCEEDED", message));
    }
    if subrequests.iter().filter(|subrequest| subrequest.url.contains("/query")).count() > MAX_QUERIES {
        let message = format!("Composite request query limit exceeded. Max allowed is {MAX_QUERIES}.");
        return Err(RestError::bad_request("LIMIT_EXCEEDED", message));
    }
    let mut seen = HashSet::new();
    for Subrequest { reference_id, http_headers, .. } in subrequests {
        if !reference::is_id(reference_id) {
            return Err(invalid_input(
                "Provided ReferenceId is invalid. It can only contain letters, digits and underscores.",
            ));
        }
        if !seen.insert(reference_id) {
            return Err(invalid_input(&format!("Duplicate ReferenceId provided in a request: {reference_id}")));
        }
        if http_headers.keys().any(|name| is_reserved(name)) {
            return Err(invalid_input("Accept, Authorization and Content-Type are not allowed in httpHeaders"));
        }
    }
    Ok(())
}

fn is_reserved(header: &str) -> bool {
    ["accept", "authorization", "content-type"].contains(&header.to_ascii_lowercase().as_str())
}

fn invalid_input(message: &str) -> RestError {
    RestError::bad_request("INVALID_INPUT", message)
}

/// The reply to each subrequest; with `allOrNone`, nothing is carried out after the first that fails.
fn subrequests<'a>(transaction: &mut Transaction<'_>, request: &'a CompositeRequest) -> Vec<(&'a str, Reply)> {
    let mut answers = HashMap::new();
    let mut failed = false;
    let mut replies = Vec::new();
    for subrequest in &request.subrequests {
        let reply = if failed && request.all_or_none {
            halted(ROLLED_BACK).into()
        } else {
            run_one(transaction, subrequest, &answers).unwrap_or_else(Reply::from)
        };
        failed |= !reply.status.is_success();
        if let (true, Content::Json(value)) = (reply.status.is_success(), &reply.content) {
            answers.insert(subrequest.reference_id.clone(), value.clone());
        }
        replies.push((subrequest.reference_id.as_str(), reply));
    }
    replies
}

fn run_one(
    transaction: &mut Transaction<'_>,
    subrequest: &Subrequest,
    answers: &HashMap<String, Value>,
) -> Result<Reply, RestError> {
    let url = reference::resolve_text(&subrequest.url, answers).map_err(|error| halted(&error))?;
    let body = subrequest.body.as_ref().map(|body| reference::resolve(body, answers)).transpose();
    let body = body.map_err(|error| halted(&error))?;
    let method = Method::from_bytes(subrequest.method.as_bytes()).unwrap_or_default();
    let RestCall { operation, query, .. } = parse_url(&method, &url)?;
    if operation == Operation::Composite {
        return Err(RestError::not_found());
    }
    match transaction.faults.strike_subrequest(&transaction.org.settings.client_id, operation.route()) {
        Some(Effect::Refuse { status, error_code, message, fields }) => {
            let mut error = RestError::new(StatusCode::from_u16(status).unwrap_or_default(), &error_code, message);
            error.body.fields = fields;
            Err(error)
        }
        _ => execute(transaction, operation, &query, body),
    }
}

fn halted(message: &str) -> RestError {
    RestError::bad_request("PROCESSING_HALTED", message)
}
