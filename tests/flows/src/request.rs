//! A request to the API, whose secrets are remembered.

use std::fmt::Display;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use axum::http::Response;
use reqwest::header::AUTHORIZATION;
use reqwest::multipart::Form;
use reqwest::{Body, Method, RequestBuilder, ResponseBuilderExt as _};
use serde_json::Value;

use crate::answer::Answer;
use crate::contract::{check_body, check_head};
use crate::secrecy::Secrecy;

/// Set by Lambda if the function failed.
const FUNCTION_ERROR: &str = "x-amz-function-error";

/// A request to the API. What it says is a secret from then on, and an error that answers it must not tell any secret.
#[derive(Debug)]
#[must_use = "it is sent by `send`"]
pub struct Request {
    builder: RequestBuilder,
    secrecy: Arc<Secrecy>,
}

impl Request {
    pub(crate) fn new(builder: RequestBuilder, secrecy: &Arc<Secrecy>) -> Self {
        Self { builder, secrecy: Arc::clone(secrecy) }
    }

    /// With a header.
    pub fn header(self, name: &str, value: impl Display) -> Self {
        self.with(|builder| builder.header(name, value.to_string()))
    }

    /// With this body.
    pub fn body(self, body: impl Into<Body>) -> Self {
        self.with(|builder| builder.body(body))
    }

    /// With this body, as JSON.
    pub fn json(self, body: &Value) -> Self {
        self.with(|builder| builder.json(body))
    }

    /// With a form, whose secrets the caller has told.
    pub(crate) fn multipart(self, form: Form) -> Self {
        self.with(|builder| builder.multipart(form))
    }

    /// Takes so long at most.
    pub(crate) fn timeout(self, timeout: Duration) -> Self {
        self.with(|builder| builder.timeout(timeout))
    }

    /// Sends it.
    pub async fn send(self) -> anyhow::Result<reqwest::Response> {
        Ok(self.execute().await?.0)
    }

    /// The answer to it, and its method.
    async fn execute(self) -> anyhow::Result<(reqwest::Response, Method)> {
        let (client, request) = self.builder.build_split();
        let request = request?;
        let authorization = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        self.secrecy.sent(request.url(), authorization, request.body().and_then(Body::as_bytes));
        let (method, url) = (request.method().clone(), request.url().clone());
        let answer = client.execute(request).await?;
        check_head(&method, url.path(), answer.status(), answer.headers())?;
        if answer.status().is_success() && !answer.headers().contains_key(FUNCTION_ERROR) {
            return Ok((answer, method));
        }
        let mut rebuilt = Response::builder().status(answer.status()).url(url.clone());
        rebuilt.headers_mut().into_iter().for_each(|headers| headers.clone_from(answer.headers()));
        let place = format!("answer {} to {method} {}", answer.status().as_u16(), url.path());
        let (headers, body) = (format!("{:?}", answer.headers()), answer.bytes().await?);
        self.secrecy.refused(&place, &format!("{headers} {}", String::from_utf8_lossy(&body)));
        Ok((rebuilt.body(body)?.into(), method))
    }

    /// Sends it, and reads the answer: what is secret in it, too.
    pub(crate) async fn read(self) -> anyhow::Result<Answer> {
        let secrecy = Arc::clone(&self.secrecy);
        let (response, method) = self.execute().await?;
        let (status, headers, url) = (response.status(), response.headers().clone(), response.url().clone());
        let text = response.text().await?;
        let body =
            if text.is_empty() { Value::Null } else { serde_json::from_str(&text).with_context(|| text.clone())? };
        check_body(&method, url.path(), status, &headers, &body)?;
        secrecy.answered(&format!("answer at {}", url.path()), &body);
        Ok(Answer { status, headers, body })
    }

    fn with(self, change: impl FnOnce(RequestBuilder) -> RequestBuilder) -> Self {
        Self { builder: change(self.builder), ..self }
    }
}
