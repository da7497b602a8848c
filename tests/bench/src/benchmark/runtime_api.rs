//! The Runtime API, of one process: it gets one event at a time.
//!
//! It has an address without a path, because that is all that the runtime clients of Node and Python take.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::json;
use tokio::sync::{mpsc, oneshot};

const REQUEST_ID: &str = "8476a536-e9f4-11e8-9739-2dfe598c3fcd";
/// What a process is told it may take.
const TIMEOUT: Duration = Duration::from_mins(2);

/// What comes back: an answer, or the function's error.
pub(super) type Reply = oneshot::Receiver<Result<Bytes, Bytes>>;

/// Where events go in.
#[derive(Clone)]
pub(super) struct Exchange(Arc<Shared>);

struct Shared {
    events: mpsc::UnboundedSender<Bytes>,
    taken: tokio::sync::Mutex<mpsc::UnboundedReceiver<Bytes>>,
    reply: Mutex<Option<oneshot::Sender<Result<Bytes, Bytes>>>>,
}

impl Exchange {
    /// Hands out an event as soon as the process asks.
    pub(super) fn give(&self, event: Bytes) -> anyhow::Result<Reply> {
        let (sender, reply) = oneshot::channel();
        *self.0.reply.lock().unwrap_or_else(PoisonError::into_inner) = Some(sender);
        self.0.events.send(event)?;
        Ok(reply)
    }

    fn reply(&self, answer: Result<Bytes, Bytes>) -> Response {
        let sender = self.0.reply.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(sender) = sender {
            // Nobody waits any longer if it took too long.
            drop(sender.send(answer));
        }
        (StatusCode::ACCEPTED, Json(json!({ "status": "OK" }))).into_response()
    }
}

/// A Runtime API.
pub(super) fn router() -> (Exchange, Router) {
    let (events, taken) = mpsc::unbounded_channel();
    let exchange = Exchange(Arc::new(Shared { events, taken: taken.into(), reply: Mutex::default() }));
    let api = Router::new()
        .route("/invocation/next", get(next))
        .route(
            "/invocation/{request_id}/response",
            post(async |State(it): State<Exchange>, body: Bytes| it.reply(Ok(body))),
        )
        .route(
            "/invocation/{request_id}/error",
            post(async |State(it): State<Exchange>, body: Bytes| it.reply(Err(body))),
        )
        .route("/init/error", post(async |State(it): State<Exchange>, body: Bytes| it.reply(Err(body))))
        .layer(DefaultBodyLimit::disable())
        .with_state(exchange.clone());
    (exchange, Router::new().nest("/2018-06-01/runtime", api))
}

async fn next(State(exchange): State<Exchange>) -> Response {
    let Some(event) = exchange.0.taken.lock().await.recv().await else { return StatusCode::GONE.into_response() };
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let headers = [
        ("lambda-runtime-aws-request-id", REQUEST_ID.to_owned()),
        ("lambda-runtime-deadline-ms", (now + TIMEOUT).as_millis().to_string()),
        ("lambda-runtime-invoked-function-arn", "arn:aws:lambda:us-east-1:000000000000:function:benchmark".to_owned()),
        ("content-type", "application/json".to_owned()),
    ];
    (headers, event).into_response()
}
