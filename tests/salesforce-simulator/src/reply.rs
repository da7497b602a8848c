//! What the simulated Salesforce answers, before it becomes an HTTP response.

use axum::{
    body::Bytes,
    http::{HeaderName, HeaderValue, Method, StatusCode, header},
};
use serde::Serialize;
use serde_json::{Value, json};

use crate::messaging::stream::Subscription;

/// An answer of Salesforce.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    pub(crate) content: Content,
}

/// The body of a [`Reply`].
#[derive(Clone, Debug)]
pub(crate) enum Content {
    None,
    Json(Value),
    Raw { content_type: String, bytes: Bytes },
    Events(Subscription),
}

/// A refusal by the REST API.
#[derive(Clone, Debug)]
pub(crate) struct RestError {
    pub(crate) status: StatusCode,
    pub(crate) body: ErrorBody,
}

/// One element of the array that a refusal is answered with.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ErrorBody {
    pub(crate) message: String,
    pub(crate) error_code: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) fields: Option<Vec<String>>,
}

impl Reply {
    pub(crate) fn json(status: StatusCode, body: Value) -> Self {
        Self { status, headers: Vec::new(), content: Content::Json(body) }
    }

    pub(crate) fn empty(status: StatusCode) -> Self {
        Self { status, headers: Vec::new(), content: Content::None }
    }

    pub(crate) fn raw(status: StatusCode, content_type: &str, bytes: impl Into<Bytes>) -> Self {
        let content = Content::Raw { content_type: content_type.into(), bytes: bytes.into() };
        Self { status, headers: Vec::new(), content }
    }

    /// A stream of events, which begins when it is sent.
    pub(crate) fn events(subscription: Subscription) -> Self {
        let content = Content::Events(subscription);
        Self { status: StatusCode::OK, headers: Vec::new(), content }.with(header::CACHE_CONTROL, "no-cache")
    }

    /// The same with a header; one that HTTP can't carry is left out.
    pub(crate) fn with(mut self, name: HeaderName, value: &str) -> Self {
        self.headers.extend(HeaderValue::from_str(value).ok().map(|value| (name, value)));
        self
    }

    pub(crate) fn content_type(&self) -> Option<&str> {
        match &self.content {
            Content::None => None,
            Content::Json(_) => Some("application/json;charset=UTF-8"),
            Content::Raw { content_type, .. } => Some(content_type),
            Content::Events(_) => Some("text/event-stream;charset=UTF-8"),
        }
    }

    pub(crate) fn bytes(&self) -> Bytes {
        match &self.content {
            Content::None | Content::Events(_) => Bytes::new(),
            Content::Json(value) => value.to_string().into(),
            Content::Raw { bytes, .. } => bytes.clone(),
        }
    }

    /// The body and headers in the form that a composite response holds them.
    pub(crate) fn into_composite(self, reference_id: &str) -> Value {
        let location = self.headers.iter().find(|(name, _)| name == header::LOCATION);
        let headers = location.and_then(|(_, value)| value.to_str().ok()).map(|value| json!({ "Location": value }));
        let body = match self.content {
            Content::Json(value) => value,
            Content::None | Content::Raw { .. } | Content::Events(_) => Value::Null,
        };
        json!({
            "body": body,
            "httpHeaders": headers.unwrap_or_else(|| json!({})),
            "httpStatusCode": self.status.as_u16(),
            "referenceId": reference_id,
        })
    }
}

impl RestError {
    pub(crate) fn new(status: StatusCode, error_code: &str, message: impl Into<String>) -> Self {
        Self { status, body: ErrorBody { message: message.into(), error_code: error_code.into(), fields: None } }
    }

    pub(crate) fn bad_request(error_code: &str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, error_code, message)
    }

    /// A refusal by the database, which always has the member `fields`.
    pub(crate) fn record(error_code: &str, message: impl Into<String>, fields: &[&str]) -> Self {
        let mut error = Self::bad_request(error_code, message);
        error.body.fields = Some(fields.iter().map(ToString::to_string).collect());
        error
    }

    pub(crate) fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "NOT_FOUND", "The requested resource does not exist")
    }

    pub(crate) fn method_not_allowed(method: &Method) -> Self {
        let message = format!("HTTP Method '{method}' not allowed");
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED", message)
    }

    pub(crate) fn no_such_column(column: &str, object: &str) -> Self {
        Self::bad_request("INVALID_FIELD", format!("No such column '{column}' on sobject of type {object}"))
    }

    pub(crate) fn json_parser(message: impl Into<String>) -> Self {
        Self::bad_request("JSON_PARSER_ERROR", message)
    }
}

impl From<RestError> for Reply {
    fn from(error: RestError) -> Self {
        Self::json(error.status, json!([error.body]))
    }
}
