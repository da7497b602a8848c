//! A proxy in front of DynamoDB that asks, with each request, what it costs.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use local::Server;
use reqwest::Client;
use serde::Serialize;
use serde_json::Value;

/// What was used.
#[derive(Clone, Copy, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Capacity {
    pub(crate) requests: f64,
    pub(crate) read_units: f64,
    pub(crate) write_units: f64,
    /// Items that were read one by one or looked at by a query.
    pub(crate) read_items: f64,
}

impl Capacity {
    /// What was used since then.
    pub(crate) fn less(self, before: Self) -> Self {
        Self {
            requests: self.requests - before.requests,
            read_units: self.read_units - before.read_units,
            write_units: self.write_units - before.write_units,
            read_items: self.read_items - before.read_items,
        }
    }
}

/// The proxy. It ends when it is dropped.
pub(crate) struct Meter {
    url: String,
    used: Arc<Mutex<Capacity>>,
    _server: Server,
}

#[derive(Clone)]
struct Metered {
    upstream: String,
    client: Client,
    used: Arc<Mutex<Capacity>>,
}

impl Meter {
    /// A meter in front of DynamoDB at this URL.
    pub(crate) async fn start(upstream: &str) -> anyhow::Result<Self> {
        let used = Arc::<Mutex<Capacity>>::default();
        let client = Client::builder().timeout(Duration::from_secs(10)).build()?;
        let metered = Metered { upstream: upstream.to_owned(), client, used: Arc::clone(&used) };
        let router = Router::new().fallback(pass).with_state(metered);
        let (server, url) = Server::on_loopback(router).await?;
        Ok(Self { url, used, _server: server })
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// What was used so far.
    pub(crate) fn read(&self) -> Capacity {
        *self.used.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn pass(State(metered): State<Metered>, headers: HeaderMap, body: Bytes) -> Response {
    metered.forward(headers, &body).await.unwrap_or_else(|_| StatusCode::BAD_GATEWAY.into_response())
}

impl Metered {
    async fn forward(&self, mut headers: HeaderMap, body: &[u8]) -> anyhow::Result<Response> {
        let mut request: Value = serde_json::from_slice(body)?;
        request["ReturnConsumedCapacity"] = "TOTAL".into();
        headers.remove("content-length");
        let target = headers.get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default();
        let is_write = ["Put", "Update", "Delete", "TransactWrite", "BatchWrite"]
            .iter()
            .any(|verb| target.rsplit('.').next().is_some_and(|operation| operation.starts_with(verb)));
        let request = self.client.post(&self.upstream).headers(headers).body(request.to_string());
        let answer = request.send().await?;
        let (status, body) = (answer.status(), answer.bytes().await?);
        self.add(is_write, &serde_json::from_slice(&body)?);
        Ok((status, [("content-type", "application/x-amz-json-1.0")], body).into_response())
    }

    fn add(&self, is_write: bool, answer: &Value) {
        let consumed = &answer["ConsumedCapacity"];
        let all = consumed.as_array().map_or_else(|| vec![consumed], |tables| tables.iter().collect());
        let units: f64 = all.into_iter().filter_map(|table| table["CapacityUnits"].as_f64()).sum();
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        used.requests += 1.0;
        used.read_items += answer["ScannedCount"].as_f64().unwrap_or_default();
        used.read_items += if answer["Item"].is_object() { 1.0 } else { 0.0 };
        *(if is_write { &mut used.write_units } else { &mut used.read_units }) += units;
    }
}
