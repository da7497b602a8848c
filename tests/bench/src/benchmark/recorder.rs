//! Records the outside calls of a function, so that the floor makes the same ones.
//!
//! Four proxies stand before DynamoDB, Secrets Manager, Lambda and Salesforce.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::Context as _;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use local::Server;
use reqwest::{Client, redirect};
use tokio::time::Instant;

use super::script::Script;

const MAXIMUM_BODY_BYTES: usize = 64 * 1024 * 1024;

/// An outside service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Service {
    DynamoDb,
    SecretsManager,
    Lambda,
    Salesforce,
}

/// A call, with what it was answered.
#[derive(Clone, Debug)]
pub(super) struct Recorded {
    pub(super) service: Service,
    pub(super) method: String,
    /// Path and query.
    pub(super) path: String,
    pub(super) headers: HeaderMap,
    pub(super) body: String,
    pub(super) answer: Bytes,
    pub(super) began: Instant,
    pub(super) ended: Instant,
}

/// The proxies. They end when this value is dropped.
pub(super) struct Recorder {
    urls: [String; 4],
    calls: Arc<Mutex<Vec<Recorded>>>,
    _servers: Vec<Server>,
}

#[derive(Clone)]
struct Proxy {
    service: Service,
    upstream: String,
    client: Client,
    calls: Arc<Mutex<Vec<Recorded>>>,
}

impl Recorder {
    /// Proxies before the services at these addresses, which are in the order of [`Service`].
    pub(super) async fn start(upstreams: [&str; 4]) -> anyhow::Result<Self> {
        use Service::{DynamoDb, Lambda, Salesforce, SecretsManager};
        let client = Client::builder().timeout(Duration::from_mins(1)).redirect(redirect::Policy::none()).build()?;
        let calls = Arc::<Mutex<Vec<_>>>::default();
        let (mut urls, mut servers) = (Vec::new(), Vec::new());
        for (service, upstream) in [DynamoDb, SecretsManager, Lambda, Salesforce].into_iter().zip(upstreams) {
            let proxy =
                Proxy { service, upstream: upstream.to_owned(), client: client.clone(), calls: Arc::clone(&calls) };
            let router = Router::new().fallback(pass).with_state(proxy);
            let (server, url) = Server::on_loopback(router).await?;
            urls.push(url);
            servers.push(server);
        }
        let urls = urls.try_into().ok().context("four services")?;
        Ok(Self { urls, calls, _servers: servers })
    }

    /// The address of a service's proxy.
    pub(super) fn url(&self, service: Service) -> &str {
        &self.urls[service as usize]
    }

    /// What was called since the last time, for the floor to call.
    pub(super) fn take(&self) -> anyhow::Result<Script> {
        Script::of(&std::mem::take(&mut *lock(&self.calls)))
    }
}

async fn pass(State(proxy): State<Proxy>, request: Request) -> Response {
    proxy.forward(request).await.unwrap_or_else(|_| StatusCode::BAD_GATEWAY.into_response())
}

impl Proxy {
    async fn forward(&self, request: Request) -> anyhow::Result<Response> {
        let began = Instant::now();
        let (parts, body) = request.into_parts();
        let path = parts.uri.path_and_query().map(ToString::to_string).unwrap_or_default();
        let body = axum::body::to_bytes(body, MAXIMUM_BODY_BYTES).await?;
        let url = format!("{}{path}", self.upstream);
        let request = self.client.request(parts.method.clone(), url).headers(parts.headers.clone());
        let answer = request.body(body.clone()).send().await?;
        let (status, mut headers) = (answer.status(), answer.headers().clone());
        headers.remove("transfer-encoding");
        headers.remove("content-encoding");
        headers.remove("content-length");
        let answer = answer.bytes().await?;
        lock(&self.calls).push(Recorded {
            service: self.service,
            method: parts.method.to_string(),
            path,
            headers: parts.headers,
            body: String::from_utf8_lossy(&body).into_owned(),
            answer: answer.clone(),
            began,
            ended: Instant::now(),
        });
        Ok((status, headers, answer).into_response())
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
