//! An invocation: what was asked, what came back and what became of it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::BoxError;
use axum::body::Bytes;
use futures_util::Stream;
use futures_util::stream::BoxStream;
use serde::de::IgnoredAny;
use serde_json::{Value, json};
use tokio::sync::oneshot;

/// Largest payload of a synchronous invocation and largest buffered response: 6 MB.
pub const MAXIMUM_PAYLOAD_BYTES: usize = 6 * 1024 * 1024;

/// Largest payload of an asynchronous invocation: 1 MB.
pub const MAXIMUM_EVENT_BYTES: usize = 1024 * 1024;

/// What a function answered.
pub enum Reply {
    /// The response, whole.
    Payload(Bytes),
    /// The response, as it comes; an error in the stream means that the function died on the way.
    Stream(BoxStream<'static, Result<Bytes, BoxError>>),
    /// The function failed: `{"errorType", "errorMessage"}`, which is `X-Amz-Function-Error: Unhandled`.
    Error(Bytes),
}

impl Reply {
    pub(crate) fn stream(chunks: impl Stream<Item = Result<Bytes, BoxError>> + Send + 'static) -> Self {
        Self::Stream(Box::pin(chunks))
    }
}

/// How the caller wants to be answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InvocationType {
    /// Synchronously.
    RequestResponse,
    /// Asynchronously: 202 at once, the result is dropped.
    Event,
}

/// What became of an invocation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It waits for an instance or runs.
    Pending,
    /// The function answered.
    Succeeded,
    /// The function failed with this error type, for example `Sandbox.Timedout` or `Runtime.ExitError`.
    Failed(String),
    /// Accepted and, at a test's wish, never run.
    Lost,
    /// An event that found no instance within its maximum age.
    Expired,
}

/// The record of one accepted invocation.
#[derive(Debug, Clone)]
pub struct Invocation {
    /// Name of the function.
    pub function: String,
    /// Synchronous or asynchronous.
    pub invocation_type: InvocationType,
    /// What became of it.
    pub outcome: Outcome,
}

/// Why an invocation was not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvokeError {
    /// No function has this name (404 `ResourceNotFoundException`).
    #[error("there is no function {0}")]
    NotFound(String),
    /// All instances are busy (429 `TooManyRequestsException`).
    #[error("all instances are busy")]
    Throttled,
    /// The payload has more than this many bytes (413 `RequestTooLargeException`).
    #[error("the payload has more than {0} bytes")]
    TooLarge(usize),
    /// The payload is no JSON (400 `InvalidRequestContentException`).
    #[error("the payload is no JSON")]
    NotJson,
}

/// The payload, or `{}` for none, as the Invoke API takes it.
pub(super) fn checked(payload: Bytes, limit: usize) -> Result<Bytes, InvokeError> {
    if payload.len() > limit {
        return Err(InvokeError::TooLarge(limit));
    }
    if payload.is_empty() {
        return Ok(Bytes::from_static(b"{}"));
    }
    serde_json::from_slice::<IgnoredAny>(&payload).map_err(|_| InvokeError::NotJson)?;
    Ok(payload)
}

/// The place for the one reply of an invocation, whoever gives it first.
#[derive(Clone)]
pub(super) struct ReplySlot(Arc<Mutex<Slot>>);

struct Slot {
    caller: Option<oneshot::Sender<Reply>>,
    reply: Option<Reply>,
}

impl ReplySlot {
    pub(super) fn new() -> (Self, oneshot::Receiver<Reply>) {
        let (caller, received) = oneshot::channel();
        (Self(Arc::new(Mutex::new(Slot { caller: Some(caller), reply: None }))), received)
    }

    /// Keeps the reply until `deliver`, unless there is one.
    pub(super) fn fill(&self, reply: Reply) {
        self.slot().reply.get_or_insert(reply);
    }

    /// Hands the reply to the caller, who may have left; the function's work stands.
    pub(super) fn deliver(&self) {
        let mut slot = self.slot();
        if let (Some(reply), Some(caller)) = (slot.reply.take(), slot.caller.take()) {
            drop(caller.send(reply));
        }
    }

    /// Replies with an error that Lambda itself reports, and tells it as an outcome.
    pub(super) fn fail(&self, error_type: &str, message: &str) -> Outcome {
        let payload = json!({ "errorType": error_type, "errorMessage": message });
        self.fill(Reply::Error(payload.to_string().into()));
        Outcome::Failed(error_type.to_owned())
    }

    /// Replies with an error that the function reports, and tells it as an outcome.
    pub(super) fn report(&self, payload: Bytes) -> Outcome {
        let error: Value = serde_json::from_slice(&payload).unwrap_or_default();
        self.fill(Reply::Error(payload));
        Outcome::Failed(error["errorType"].as_str().unwrap_or("Unknown").to_owned())
    }

    fn slot(&self) -> MutexGuard<'_, Slot> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
