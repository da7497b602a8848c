//! How requests get to Salesforce, and its answers back.

use std::fmt::Debug;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use reqwest::{Client, IntoUrl, Method, Request, RequestBuilder, Response};

use super::rest::CALL_TIMEOUT;

/// Carries a request to Salesforce and the answer back. [`Client`] does so over the network; a simulation has its own.
pub trait Transport: Debug + Send + Sync {
    /// Sends a request; its own time-out bounds the answer with its body.
    fn send(&self, request: Request) -> BoxFuture<'static, Result<Response, TransportError>>;
}

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TransportError {
    /// It was not reached: nothing was done.
    #[error("not reached")]
    Connect,
    /// It did not answer in time.
    #[error("time-out")]
    Timeout,
    /// The connection broke, or the answer did.
    #[error("connection lost")]
    Broken,
}

impl Transport for Client {
    fn send(&self, request: Request) -> BoxFuture<'static, Result<Response, TransportError>> {
        let answer = self.execute(request);
        Box::pin(async move { Ok(answer.await?) })
    }
}

impl From<reqwest::Error> for TransportError {
    fn from(error: reqwest::Error) -> Self {
        if error.is_connect() || error.is_builder() {
            Self::Connect
        } else if error.is_timeout() {
            Self::Timeout
        } else {
            Self::Broken
        }
    }
}

/// Builds requests, and sends them.
#[derive(Clone, Debug)]
pub(super) struct Http {
    builder: Client,
    transport: Arc<dyn Transport>,
}

impl Http {
    /// Over the network.
    pub(super) fn new(client: Client) -> Self {
        Self { transport: Arc::new(client.clone()), builder: client }
    }

    pub(super) fn through(self, transport: Arc<dyn Transport>) -> Self {
        Self { transport, ..self }
    }

    /// A request that may take as long as any; some are given less.
    pub(super) fn request(&self, method: Method, url: impl IntoUrl) -> RequestBuilder {
        self.builder.request(method, url).timeout(CALL_TIMEOUT)
    }

    pub(super) async fn send(&self, request: RequestBuilder) -> Result<Response, TransportError> {
        self.transport.send(request.build()?).await
    }
}
