//! The Runtime API: how a function's process gets events and answers them.
//!
//! Each process has a base path of its own, so that its requests tell who it is.

use std::sync::Arc;
use std::time::SystemTime;

use axum::body::{Body, Bytes};
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{BoxError, Json, Router};
use futures_util::StreamExt as _;
use serde_json::json;
use tokio::sync::mpsc;

use super::Host;
use super::instance::Instance;
use super::invocation::{MAXIMUM_PAYLOAD_BYTES, Outcome, Reply, ReplySlot};
use crate::body::read;
use crate::identifiers::REGION;

const ERROR_BYTES: usize = 256 * 1024;

/// The Runtime API's routes, below `/runtime/{instance}`.
pub(super) fn router() -> Router<Host> {
    let api = Router::new()
        .route("/invocation/next", get(next))
        .route("/invocation/{request_id}/response", post(response))
        .route("/invocation/{request_id}/error", post(error))
        .route("/init/error", post(init_error));
    Router::new().nest("/runtime/{function}/{instance}/2018-06-01/runtime", api)
}

/// What Lambda tells a function's SDK: where it is and who; this access key may do everything, until the function has one of its own.
pub(super) const IDENTITY: [(&str, &str); 5] = [
    ("AWS_REGION", REGION),
    ("AWS_DEFAULT_REGION", REGION),
    ("AWS_ACCESS_KEY_ID", "local"),
    ("AWS_SECRET_ACCESS_KEY", "local"),
    ("AWS_SESSION_TOKEN", "local"),
];

/// The variables that Lambda sets for every function, on top of [`IDENTITY`]. It calls AWS as itself: the key is its name.
pub(super) fn environment(function: &str, instance: &str, base_url: &str) -> Vec<(&'static str, String)> {
    vec![
        ("AWS_LAMBDA_RUNTIME_API", format!("{base_url}/runtime/{function}/{instance}")),
        ("AWS_LAMBDA_FUNCTION_NAME", function.to_owned()),
        ("AWS_ACCESS_KEY_ID", function.to_owned()),
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST".to_owned()),
        ("AWS_LAMBDA_LOG_GROUP_NAME", format!("/aws/lambda/{function}")),
        ("AWS_LAMBDA_LOG_STREAM_NAME", instance.to_owned()),
        ("AWS_LAMBDA_LOG_FORMAT", "JSON".to_owned()),
        ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand".to_owned()),
        ("_HANDLER", "bootstrap".to_owned()),
        ("LANG", "en_US.UTF-8".to_owned()),
        ("TZ", ":UTC".to_owned()),
    ]
}

async fn next(State(host): State<Host>, Path((function, id)): Path<(String, String)>) -> Response {
    let Some(instance) = host.instance(&function, &id) else { return unknown() };
    let event = instance.next().await;
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let headers = [
        ("lambda-runtime-aws-request-id", event.request_id),
        ("lambda-runtime-deadline-ms", (now + event.timeout).as_millis().to_string()),
        ("lambda-runtime-invoked-function-arn", event.arn),
    ];
    (headers, [("content-type", "application/json")], event.payload).into_response()
}

async fn response(
    State(host): State<Host>,
    Path((function, id, request_id)): Path<(String, String, String)>,
    request: Request,
) -> Response {
    let Some((instance, reply)) = host.working(&function, &id, &request_id) else { return unknown() };
    let streaming = is_streaming(request.headers());
    let outcome =
        if streaming { stream(request.into_body(), &reply).await } else { whole(request.into_body(), &reply).await };
    instance.finish(outcome);
    accepted()
}

/// Takes a response whole; one that is too large is an error of the function.
pub(super) async fn whole(body: Body, reply: &ReplySlot) -> Outcome {
    let Ok(payload) = read(body, MAXIMUM_PAYLOAD_BYTES).await else {
        let limit = format!("maximum allowed payload size ({MAXIMUM_PAYLOAD_BYTES} bytes)");
        return reply.fail("Function.ResponseSizeTooLarge", &format!("Response payload size exceeded {limit}."));
    };
    reply.fill(Reply::Payload(payload));
    Outcome::Succeeded
}

/// Whether the headers of a function's response say that it is streamed.
pub(super) fn is_streaming(headers: &HeaderMap) -> bool {
    headers.get("lambda-runtime-function-response-mode").is_some_and(|mode| mode == "streaming")
}

/// Passes a response on, chunk by chunk, to its end, even if the caller has left.
pub(super) async fn stream(body: Body, reply: &ReplySlot) -> Outcome {
    let (sender, receiver) = mpsc::channel::<Result<Bytes, BoxError>>(1);
    reply.fill(Reply::stream(futures_util::stream::unfold(receiver, async |mut receiver| {
        receiver.recv().await.map(|chunk| (chunk, receiver))
    })));
    reply.deliver();
    let mut chunks = body.into_data_stream();
    while let Some(chunk) = chunks.next().await {
        let failed = chunk.is_err();
        drop(sender.send(chunk.map_err(BoxError::from)).await);
        if failed {
            return Outcome::Failed("Runtime.ExitError".to_owned());
        }
    }
    Outcome::Succeeded
}

async fn error(
    State(host): State<Host>,
    Path((function, id, request_id)): Path<(String, String, String)>,
    request: Request,
) -> Response {
    let Some((instance, reply)) = host.working(&function, &id, &request_id) else { return unknown() };
    let payload = read(request.into_body(), ERROR_BYTES).await.unwrap_or_default();
    instance.finish(reply.report(payload));
    accepted()
}

async fn init_error(
    State(host): State<Host>,
    Path((function, id)): Path<(String, String)>,
    request: Request,
) -> Response {
    let Some(instance) = host.instance(&function, &id) else { return unknown() };
    instance.fail_init(read(request.into_body(), ERROR_BYTES).await.unwrap_or_default());
    accepted()
}

impl Host {
    fn working(&self, function: &str, instance: &str, request_id: &str) -> Option<(Arc<Instance>, ReplySlot)> {
        let instance = self.instance(function, instance)?;
        let reply = instance.reply(request_id)?;
        Some((instance, reply))
    }
}

fn accepted() -> Response {
    (StatusCode::ACCEPTED, Json(json!({ "status": "OK" }))).into_response()
}

fn unknown() -> Response {
    let error = json!({ "errorType": "InvalidRequestID", "errorMessage": "Invalid request ID" });
    (StatusCode::BAD_REQUEST, Json(error)).into_response()
}
