//! The Invoke API, `POST /2015-03-31/functions/{function}/invocations`.

use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use serde_json::json;

use super::Host;
use super::invocation::{InvokeError, MAXIMUM_EVENT_BYTES, MAXIMUM_PAYLOAD_BYTES, Reply};
use crate::body::read;
use crate::identifiers::unique_id;

/// The Invoke API's one route.
pub(super) fn router() -> Router<Host> {
    Router::new().route("/2015-03-31/functions/{function}/invocations", post(invoke))
}

async fn invoke(State(host): State<Host>, Path(function): Path<String>, request: Request) -> Response {
    let name = function_name(&function);
    let kind = invocation_type(request.headers());
    let result = match kind.as_str() {
        "DryRun" => host.check(name).map(|()| StatusCode::NO_CONTENT.into_response()),
        "Event" => event(&host, name, request.into_body()).await,
        _ => request_response(&host, name, request.into_body()).await,
    };
    let mut response = result.unwrap_or_else(IntoResponse::into_response);
    if let Ok(id) = unique_id().parse() {
        response.headers_mut().insert("x-amzn-requestid", id);
    }
    response
}

/// The name in a name, an ARN, or either with an alias or version behind it.
fn function_name(function: &str) -> &str {
    let mut parts = function.split(':');
    if function.starts_with("arn:") { parts.nth(6) } else { parts.next() }.unwrap_or_default()
}

fn invocation_type(headers: &HeaderMap) -> String {
    let value = headers.get("x-amz-invocation-type").and_then(|value| value.to_str().ok());
    value.unwrap_or("RequestResponse").to_owned()
}

async fn event(host: &Host, name: &str, body: Body) -> Result<Response, InvokeError> {
    let payload = read(body, MAXIMUM_EVENT_BYTES).await.map_err(|_| InvokeError::TooLarge(MAXIMUM_EVENT_BYTES))?;
    host.invoke_event(name, payload)?;
    Ok(StatusCode::ACCEPTED.into_response())
}

async fn request_response(host: &Host, name: &str, body: Body) -> Result<Response, InvokeError> {
    let payload = read(body, MAXIMUM_PAYLOAD_BYTES).await.map_err(|_| InvokeError::TooLarge(MAXIMUM_PAYLOAD_BYTES))?;
    let version = [("x-amz-executed-version", "$LATEST"), ("content-type", "application/json")];
    Ok(match host.invoke(name, payload).await? {
        Reply::Payload(payload) => (version, payload).into_response(),
        Reply::Stream(chunks) => (version, Body::from_stream(chunks)).into_response(),
        Reply::Error(payload) => (version, [("x-amz-function-error", "Unhandled")], payload).into_response(),
    })
}

impl IntoResponse for InvokeError {
    fn into_response(self) -> Response {
        let (status, code, message) = match self {
            Self::NotFound(name) => (
                StatusCode::NOT_FOUND,
                "ResourceNotFoundException",
                format!("Function not found: {}", super::arn(&name)),
            ),
            Self::Throttled => (StatusCode::TOO_MANY_REQUESTS, "TooManyRequestsException", "Rate Exceeded.".to_owned()),
            Self::TooLarge(limit) => (
                StatusCode::PAYLOAD_TOO_LARGE,
                "RequestTooLargeException",
                format!("Request must be smaller than {limit} bytes for the InvokeFunction operation"),
            ),
            Self::NotJson => (
                StatusCode::BAD_REQUEST,
                "InvalidRequestContentException",
                "Could not parse request body into json".to_owned(),
            ),
        };
        let body = json!({ "Type": "User", "Message": message });
        (status, [("x-amzn-errortype", code)], Json(body)).into_response()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_is_named_by_its_name_or_arn_with_or_without_an_alias() {
        let arn = "arn:aws:lambda:us-east-1:000000000000:function:settings";
        for name in ["settings", "settings:live", arn, &format!("{arn}:live")] {
            assert_eq!(function_name(name), "settings", "{name}");
        }
    }
}
