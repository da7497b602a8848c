//! A proxy between a function and an outside service, which counts the calls and makes them fail.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use local::{Host, Server};
use reqwest::{Client, redirect};

const MAXIMUM_BODY_BYTES: usize = 64 * 1024 * 1024;

/// On which side of an outside call a function is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// The service never sees the call.
    Before,
    /// The service has done what it was asked, and the function never learns it.
    After,
}

/// The outside calls of one function, through whichever gates, in one count; and the one at which it is killed.
#[derive(Clone, Default)]
pub struct Steps(Arc<Mutex<Counting>>);

#[derive(Default)]
struct Counting {
    done: usize,
    kill: Option<Kill>,
}

#[derive(Clone)]
struct Kill {
    at: usize,
    cut: Cut,
    function: String,
    host: Host,
}

/// A proxy in front of one outside service. It ends when it is dropped.
pub struct Gate {
    url: String,
    shared: Shared,
    _server: Server,
}

#[derive(Clone)]
struct Shared {
    upstream: String,
    client: Client,
    steps: Steps,
    refusals: Arc<Mutex<VecDeque<Refusal>>>,
}

struct Refusal {
    operation: &'static str,
    body: String,
}

impl Steps {
    /// Counts from zero and kills the function at this call, the first being 1.
    pub fn kill_at(&self, call: usize, cut: Cut, function: &str, host: &Host) {
        let kill = Kill { at: call, cut, function: function.to_owned(), host: host.clone() };
        *lock(&self.0) = Counting { done: 0, kill: Some(kill) };
    }

    /// Kills no longer, and returns how many calls were made.
    #[must_use]
    pub fn spare(&self) -> usize {
        let mut counting = lock(&self.0);
        counting.kill = None;
        counting.done
    }

    fn next(&self) -> Option<Kill> {
        let mut counting = lock(&self.0);
        counting.done += 1;
        let is_now = counting.kill.as_ref().is_some_and(|kill| kill.at == counting.done);
        if is_now { counting.kill.take() } else { None }
    }
}

impl Gate {
    /// A gate in front of the service at this base URL.
    pub async fn start(upstream: &str, steps: &Steps) -> anyhow::Result<Self> {
        let client =
            Client::builder().read_timeout(Duration::from_mins(1)).redirect(redirect::Policy::none()).build()?;
        let shared = Shared { upstream: upstream.to_owned(), client, steps: steps.clone(), refusals: Arc::default() };
        let router = Router::new().fallback(pass).with_state(shared.clone());
        let (server, url) = Server::on_loopback(router).await?;
        Ok(Self { url, shared, _server: server })
    }

    /// Its base URL.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Refuses the next `times` calls of a DynamoDB operation, such as `PutItem`, with an error body as DynamoDB sends it.
    pub fn refuse(&self, operation: &'static str, times: usize, body: &str) {
        let refusals = (0..times).map(|_| Refusal { operation, body: body.to_owned() });
        lock(&self.shared.refusals).extend(refusals);
    }

    /// How many refusals are still to come.
    #[must_use]
    pub fn refusals_left(&self) -> usize {
        lock(&self.shared.refusals).len()
    }
}

async fn pass(State(shared): State<Shared>, request: Request) -> Response {
    if let Some(body) = shared.refusal(request.headers()) {
        return (StatusCode::BAD_REQUEST, [("content-type", "application/x-amz-json-1.0")], body).into_response();
    }
    let kill = shared.steps.next();
    if let Some(kill) = kill.as_ref().filter(|kill| kill.cut == Cut::Before) {
        kill.host.kill(&kill.function).await;
        return StatusCode::BAD_GATEWAY.into_response();
    }
    let answer = shared.forward(request).await.unwrap_or_else(|_| StatusCode::BAD_GATEWAY.into_response());
    if let Some(kill) = kill {
        kill.host.kill(&kill.function).await;
    }
    answer
}

impl Shared {
    fn refusal(&self, headers: &HeaderMap) -> Option<String> {
        let target = headers.get("x-amz-target")?.to_str().ok()?;
        let mut refusals = lock(&self.refusals);
        let position = refusals.iter().position(|refusal| target.ends_with(&format!(".{}", refusal.operation)))?;
        refusals.remove(position).map(|refusal| refusal.body)
    }

    async fn forward(&self, request: Request) -> anyhow::Result<Response> {
        let (parts, body) = request.into_parts();
        let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
        let body = to_bytes(body, MAXIMUM_BODY_BYTES).await?;
        let mut headers = parts.headers;
        headers.remove("host");
        let forwarded =
            self.client.request(parts.method, format!("{}{path}", self.upstream)).headers(headers).body(body);
        let answer = forwarded.send().await?;
        let (status, mut headers) = (answer.status(), answer.headers().clone());
        for name in ["content-encoding", "content-length", "transfer-encoding"] {
            headers.remove(name);
        }
        Ok((status, headers, Body::from_stream(answer.bytes_stream())).into_response())
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
