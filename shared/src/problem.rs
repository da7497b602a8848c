//! Errors that a caller of the HTTP API reads: problem details, RFC 9457.

use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;

/// A kind of error: its code, its HTTP status and its title. Listed in the order in which they are checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Code {
    /// The body is over its limit.
    BodyTooLarge,
    /// No key, or none that we know.
    Unauthenticated,
    /// A valid key that opens something else.
    Forbidden,
    /// The body is not JSON.
    MalformedJson,
    /// The request is well formed but not valid; `errors` say where.
    InvalidRequest,
    /// There is no such thing.
    NotFound,
    /// The conversation has another escalation that is not final.
    AlreadyEscalated,
    /// Something is still owed to an escalation of the customer.
    EscalationOpen,
    /// Nothing can be said in the conversation any more.
    ConversationEnded,
    /// The message's id was used for another message.
    MessageIdReused,
    /// The company's channel does not take files of this type.
    FileTypeNotAllowed,
    /// The customer writes faster than the conversation takes it; `Retry-After` says when to go on.
    TooManyMessages,
    /// Only a stuck escalation can be redriven.
    NotStuck,
    /// The organisation has no settings yet.
    OrganisationNotConfigured,
    /// The settings were changed since they were read.
    StaleVersion,
    /// The key was used for another body.
    IdempotencyKeyReused,
    /// `If-Match` is missing.
    VersionRequired,
    /// Not now; `Retry-After` says when.
    Unavailable,
}

impl Code {
    /// The HTTP status.
    #[must_use]
    pub fn status(self) -> u16 {
        match self {
            Self::BodyTooLarge => 413,
            Self::Unauthenticated => 401,
            Self::Forbidden => 403,
            Self::MalformedJson | Self::InvalidRequest => 400,
            Self::NotFound => 404,
            Self::AlreadyEscalated
            | Self::EscalationOpen
            | Self::ConversationEnded
            | Self::MessageIdReused
            | Self::NotStuck
            | Self::OrganisationNotConfigured => 409,
            Self::StaleVersion => 412,
            Self::FileTypeNotAllowed => 415,
            Self::IdempotencyKeyReused => 422,
            Self::VersionRequired => 428,
            Self::TooManyMessages => 429,
            Self::Unavailable => 503,
        }
    }

    /// What people read.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::BodyTooLarge => "The body is too large",
            Self::Unauthenticated => "A valid key is required",
            Self::Forbidden => "The key does not open this",
            Self::MalformedJson => "The body is not JSON",
            Self::InvalidRequest => "The request is not valid",
            Self::NotFound => "Not found",
            Self::AlreadyEscalated => "The conversation is being escalated already",
            Self::EscalationOpen => "An escalation of the customer is open",
            Self::ConversationEnded => "The conversation is over",
            Self::MessageIdReused => "The message id was used for another message",
            Self::FileTypeNotAllowed => "Files of this type are not taken here",
            Self::TooManyMessages => "Too many messages in a short time",
            Self::NotStuck => "The escalation is not stuck",
            Self::OrganisationNotConfigured => "The organisation has no settings yet",
            Self::StaleVersion => "The settings were changed meanwhile",
            Self::IdempotencyKeyReused => "The idempotency key was used for another request",
            Self::VersionRequired => "The version is missing",
            Self::Unavailable => "Not available just now",
        }
    }
}

/// One wrong field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FieldError {
    /// Where, as a JSON pointer (RFC 6901) into the body; the name of a header or query parameter behind a slash.
    pub pointer: String,
    /// What is wrong and what is allowed. Never a quote of the value.
    pub detail: String,
}

/// An error answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Its kind.
    pub code: Code,
    /// About this occurrence.
    pub detail: Option<String>,
    /// The wrong fields.
    pub errors: Vec<FieldError>,
    /// Seconds after which a repetition makes sense.
    pub retry_after: Option<u32>,
}

/// The body of an error answer, `application/problem+json`.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Problem")]
pub struct ProblemBody<'a> {
    /// Always `about:blank`: the code tells the kind.
    r#type: &'static str,
    /// The kind of error, for people.
    title: &'static str,
    /// The HTTP status.
    status: u16,
    /// The kind of error, for programs.
    code: Code,
    /// About this occurrence. Never a quote of what a customer wrote.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    detail: Option<&'a str>,
    /// The wrong fields, at most 100.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'a [FieldError],
}

impl Problem {
    /// A problem of this kind with nothing more to say.
    #[must_use]
    pub fn new(code: Code) -> Self {
        let retry_after = (code == Code::Unavailable).then_some(2);
        Self { code, detail: None, errors: Vec::new(), retry_after }
    }

    /// With a sentence about this occurrence; never a quote of what a customer wrote.
    #[must_use]
    pub fn with_detail(self, detail: impl Into<String>) -> Self {
        Self { detail: Some(detail.into()), ..self }
    }

    /// The request is not valid for these reasons.
    #[must_use]
    pub fn invalid(errors: Vec<FieldError>) -> Self {
        Self { errors, ..Self::new(Code::InvalidRequest) }
    }

    /// The request is not valid because of one field, header or query parameter.
    #[must_use]
    pub fn invalid_field(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::invalid(vec![FieldError { pointer: pointer.into(), detail: detail.into() }])
    }

    /// The body, `application/problem+json`.
    #[must_use]
    pub fn body(&self) -> serde_json::Value {
        let body = ProblemBody {
            r#type: "about:blank",
            title: self.code.title(),
            status: self.code.status(),
            code: self.code,
            detail: self.detail.as_deref(),
            errors: &self.errors,
        };
        serde_json::to_value(body).unwrap_or_default()
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.code.title())
    }
}

impl std::error::Error for Problem {}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_problem_names_each_wrong_field() {
        let problem = Problem::invalid_field("/conversation/id", "is required");
        assert_eq!(
            problem.body(),
            json!({
                "type": "about:blank", "title": "The request is not valid", "status": 400, "code": "invalidRequest",
                "errors": [{ "pointer": "/conversation/id", "detail": "is required" }],
            })
        );
    }

    #[test]
    fn unavailable_says_when_to_come_back() {
        assert!(Problem::new(Code::Unavailable).retry_after.is_some());
        assert!(Problem::new(Code::NotFound).retry_after.is_none());
    }
}
