//! Answers invocations by way of Lambda's Runtime API, each with a stream.
//!
//! `lambda_http` does so too, but leaves Nagle's algorithm on: what follows the head of an answer, and an event that comes soon
//! after another, then waits for an acknowledgement, which Linux puts off for 40 ms.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::{FutureExt as _, StreamExt as _, TryStreamExt as _, stream};
use http_body::Frame;
use http_body_util::{BodyDataStream, StreamBody as Frames};
use hyper_util::client::legacy::connect::HttpConnector;
use lambda_http::http::{Request as HttpRequest, Response};
use lambda_http::lambda_runtime::{Context as Invoked, LambdaInvocation, MetadataPrelude};
use lambda_http::request::LambdaRequest;
use lambda_http::tower::{Layer, Service};
use lambda_http::{Error, Request, RequestExt as _};
use lambda_runtime_api_client::body::Body;
use lambda_runtime_api_client::{PooledClient, build_request};
use serde_json::json;

use crate::{ConversationRelay, StreamBody, handle};

/// Between what HTTP calls the head of an answer and its body.
const DELIMITER: [u8; 8] = [0; 8];
/// Lambda knows by it which invocation an answer is for; not every Lambda sends it.
const INVOCATION_ID: &str = "lambda-runtime-invocation-id";

/// Takes the place of the service that answers invocations in a `Runtime`.
#[derive(Clone)]
pub struct StreamedAnswers {
    relay: Arc<ConversationRelay>,
    client: Arc<PooledClient>,
}

impl StreamedAnswers {
    /// Answers with what the relay does.
    ///
    /// # Panics
    /// Outside of Lambda, where `AWS_LAMBDA_RUNTIME_API` is missing.
    #[must_use]
    pub fn new(relay: Arc<ConversationRelay>) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        Self { relay, client: Arc::new(PooledClient::builder().with_connector(connector).build()) }
    }

    async fn answer(self, invocation: LambdaInvocation) -> Result<(), Error> {
        let LambdaInvocation { parts, body, context } = invocation;
        let path = format!("/2018-06-01/runtime/invocation/{}", context.request_id);
        let mut request = match self.handled(&body, context).await {
            Ok(response) => streamed(&path, response)?,
            Err(error) => failed(&path, &error)?,
        };
        if let Some(id) = parts.headers.get(INVOCATION_ID) {
            request.headers_mut().insert(INVOCATION_ID, id.clone());
        }
        self.client.call(request).await.map(drop)
    }

    async fn handled(&self, event: &[u8], context: Invoked) -> Result<Response<StreamBody>, Error> {
        // What is wrong with it might be in the customer's words.
        let event: LambdaRequest = serde_json::from_slice(event).map_err(|_| "the event is no HTTP request")?;
        let request = Request::from(event).with_lambda_context(context);
        let handled = AssertUnwindSafe(handle(&self.relay, request)).catch_unwind().await;
        handled.map_err(|_| "the handler panicked")?
    }
}

fn streamed(path: &str, response: Response<StreamBody>) -> Result<HttpRequest<Body>, Error> {
    let (parts, body) = response.into_parts();
    let head = MetadataPrelude { headers: parts.headers, status_code: parts.status, cookies: Vec::new() };
    // Two chunks: cargo-lambda does not look for the delimiter within one.
    let first = [Bytes::from(serde_json::to_vec(&head)?), Bytes::from_static(&DELIMITER)];
    let chunks = stream::iter(first.map(Ok::<Bytes, Error>)).chain(BodyDataStream::new(body));
    let request = build_request()
        .method("POST")
        .uri(format!("{path}/response"))
        .header("content-type", "application/vnd.awslambda.http-integration-response")
        .header("lambda-runtime-function-response-mode", "streaming");
    Ok(request.body(Body::new(Frames::new(chunks.map_ok(Frame::data))))?)
}

fn failed(path: &str, error: &Error) -> Result<HttpRequest<Body>, Error> {
    tracing::error!(%error, "an invocation failed");
    let diagnostic = json!({ "errorType": "Error", "errorMessage": error.to_string() });
    let request = build_request()
        .method("POST")
        .uri(format!("{path}/error"))
        .header("lambda-runtime-function-error-type", "unhandled");
    Ok(request.body(Body::from(diagnostic.to_string()))?)
}

impl<S> Layer<S> for StreamedAnswers {
    type Service = Self;

    fn layer(&self, _: S) -> Self {
        self.clone()
    }
}

impl Service<LambdaInvocation> for StreamedAnswers {
    type Response = ();
    type Error = Error;
    type Future = BoxFuture<'static, Result<(), Error>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, invocation: LambdaInvocation) -> Self::Future {
        Box::pin(self.clone().answer(invocation))
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::{BodyExt as _, Full};
    use serde_json::Value;

    use super::*;

    async fn whole(request: HttpRequest<Body>) -> Vec<u8> {
        request.into_body().collect().await.unwrap().to_bytes().to_vec()
    }

    #[tokio::test]
    async fn an_answer_is_its_head_eight_zeros_and_its_body() {
        let body = Full::new(Bytes::from_static(b"data")).map_err(|never| match never {}).boxed_unsync();
        let response = Response::builder().status(404).header("retry-after", "1").body(body).unwrap();
        let request = streamed("/invocation/1", response).unwrap();
        assert_eq!(request.uri(), "/invocation/1/response");
        assert_eq!(request.headers()["lambda-runtime-function-response-mode"], "streaming");
        let whole = whole(request).await;
        let (head, body) = whole.split_at(whole.iter().position(|byte| *byte == 0).unwrap());
        let head: Value = serde_json::from_slice(head).unwrap();
        assert_eq!((&head["statusCode"], &head["headers"]["retry-after"]), (&404.into(), &"1".into()));
        assert_eq!(body, b"\0\0\0\0\0\0\0\0data");
    }

    #[tokio::test]
    async fn a_failure_is_told_as_one() {
        let request = failed("/invocation/1", &"the handler panicked".into()).unwrap();
        assert_eq!(request.uri(), "/invocation/1/error");
        let diagnostic: Value = serde_json::from_slice(&whole(request).await).unwrap();
        assert_eq!(diagnostic["errorMessage"], "the handler panicked");
    }
}
