//! What the API answers.

use anyhow::ensure;
use reqwest::StatusCode;
use serde_json::Value;

use crate::request::Request;

/// An HTTP answer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: reqwest::header::HeaderMap,
    /// The body as JSON; null if there is none.
    pub body: Value,
}

impl Answer {
    /// Fails, with the body, unless the status is this one.
    pub fn expect_status(self, status: u16) -> anyhow::Result<Self> {
        ensure!(self.status.as_u16() == status, "{} instead of {status}: {}", self.status, self.body);
        Ok(self)
    }

    /// Fails, with the body, unless this is problem details (RFC 9457) of this status and code.
    pub fn expect_problem(self, status: u16, code: &str) -> anyhow::Result<Self> {
        let answer = self.expect_status(status)?;
        let Self { body, .. } = &answer;
        ensure!(answer.header("content-type") == "application/problem+json", "not problem details: {body}");
        ensure!(body["type"] == "about:blank" && body["title"].is_string(), "without type or title: {body}");
        ensure!(body["status"] == status && body["code"] == code, "not {status} {code}: {body}");
        Ok(answer)
    }

    /// The pointers of a problem's wrong fields, in its order.
    #[must_use]
    pub fn pointers(&self) -> Vec<&str> {
        self.body["errors"].as_array().into_iter().flatten().filter_map(|error| error["pointer"].as_str()).collect()
    }

    /// A header's value, empty if there is none.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

/// Sends a request and reads the answer.
pub async fn send(request: Request) -> anyhow::Result<Answer> {
    request.read().await
}
