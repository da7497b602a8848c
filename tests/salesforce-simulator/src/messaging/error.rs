//! A refusal by the Messaging API.

use axum::http::{StatusCode, header};
use serde_json::json;

use crate::{
    messaging::uncertain::{ErrorShape, Uncertain},
    reply::Reply,
};

/// A refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct MessagingError {
    pub(crate) status: StatusCode,
    message: String,
}

impl MessagingError {
    pub(crate) fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, message: message.into() }
    }

    /// The refusal that such a status stands for.
    pub(crate) fn of_status(status: StatusCode) -> Self {
        let message = match status {
            StatusCode::UNAUTHORIZED => "Jwt is expired",
            StatusCode::PRECONDITION_FAILED => "Conversation Precondition failed",
            StatusCode::EXPECTATION_FAILED => "No messaging session exists for the conversation",
            StatusCode::TOO_MANY_REQUESTS => "Too many requests",
            _ => status.canonical_reason().unwrap_or("Unknown error"),
        };
        Self::new(status, message)
    }

    pub(crate) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    pub(crate) fn not_found() -> Self {
        Self::of_status(StatusCode::NOT_FOUND)
    }

    pub(crate) fn reply(&self, uncertain: Uncertain) -> Reply {
        let reply = self.body(uncertain.error_body);
        match uncertain.retry_after_seconds {
            seconds @ 1.. if self.status == StatusCode::TOO_MANY_REQUESTS => {
                reply.with(header::RETRY_AFTER, &seconds.to_string())
            }
            _ => reply,
        }
    }

    fn body(&self, shape: ErrorShape) -> Reply {
        let message = &self.message;
        let label = self.status.canonical_reason().unwrap_or_default().to_uppercase().replace(' ', "_");
        match shape {
            ErrorShape::Empty => Reply::empty(self.status),
            ErrorShape::Message => Reply::json(self.status, json!({ "message": message })),
            ErrorShape::Labelled => {
                Reply::json(self.status, json!({ "error": label, "message": message, "code": self.status.as_u16() }))
            }
            ErrorShape::List => Reply::json(self.status, json!({ "errors": [{ "message": message }] })),
        }
    }
}
