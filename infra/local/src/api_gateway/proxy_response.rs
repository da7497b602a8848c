//! A function's reply as an HTTP response.

use std::collections::BTreeMap;

use axum::BoxError;
use axum::body::{Body, Bytes};
use axum::http::header::{CONTENT_TYPE, SET_COOKIE};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::Response;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use futures_util::StreamExt as _;
use futures_util::stream::BoxStream;
use serde::Deserialize;
use serde_json::Value;
use tokio::time::{Instant, sleep_until};

/// What ends the prelude of a streamed response.
const DELIMITER: [u8; 8] = [0; 8];

type Chunks = BoxStream<'static, Result<Bytes, BoxError>>;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ProxyResponse {
    status_code: u16,
    #[serde(default)]
    headers: Option<BTreeMap<String, Value>>,
    #[serde(default)]
    multi_value_headers: Option<BTreeMap<String, Vec<Value>>>,
    #[serde(default)]
    cookies: Vec<String>,
    #[serde(default)]
    body: Option<String>,
    #[serde(default)]
    is_base64_encoded: bool,
}

/// The response that a function gave whole, or `None` if it is not in the proxy format.
pub(super) fn from_payload(payload: &[u8]) -> Option<Response> {
    let mut proxy: ProxyResponse = serde_json::from_slice(payload).ok()?;
    let body = proxy.body.take().unwrap_or_default();
    let body = if proxy.is_base64_encoded { BASE64_STANDARD.decode(body).ok()? } else { body.into_bytes() };
    response(&proxy, body.into())
}

/// The response that a function streams, cut off at the deadline; `None` if it does not begin with a prelude.
pub(super) async fn from_stream(mut chunks: Chunks, deadline: Instant) -> Option<Response> {
    let mut start = Vec::new();
    let split = loop {
        if let Some(split) = start.windows(DELIMITER.len()).position(|window| window == DELIMITER) {
            break split;
        }
        start.extend_from_slice(&chunks.next().await?.ok()?);
    };
    let proxy: ProxyResponse = serde_json::from_slice(&start[..split]).ok()?;
    let first = Bytes::from(start.split_off(split + DELIMITER.len()));
    let first = futures_util::stream::iter((!first.is_empty()).then_some(Ok(first)));
    response(&proxy, Body::from_stream(first.chain(chunks).take_until(sleep_until(deadline))))
}

fn response(proxy: &ProxyResponse, body: Body) -> Option<Response> {
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(proxy.status_code).ok()?;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    for (name, value) in proxy.headers.iter().flatten() {
        headers.insert(header_name(name)?, header_value(value)?);
    }
    for (name, values) in proxy.multi_value_headers.iter().flatten() {
        let name = header_name(name)?;
        headers.remove(&name);
        for value in values {
            headers.append(&name, header_value(value)?);
        }
    }
    for cookie in &proxy.cookies {
        headers.append(SET_COOKIE, cookie.parse().ok()?);
    }
    Some(response)
}

fn header_name(name: &str) -> Option<HeaderName> {
    name.parse().ok()
}

fn header_value(value: &Value) -> Option<HeaderValue> {
    match value {
        Value::String(text) => text.parse().ok(),
        value => value.to_string().parse().ok(),
    }
}
