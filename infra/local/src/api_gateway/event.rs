//! A request as a Lambda proxy event, format 1.0.

use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};

use crate::identifiers::ACCOUNT;
use crate::identifiers::unique_id;

type MultiValue = BTreeMap<String, Vec<String>>;

/// A body as an event has it.
pub(super) struct Body {
    text: Option<String>,
    is_base64_encoded: bool,
}

impl Body {
    /// In base64 if its content type is one of the API's binary ones; else it is text, in which whatever is no UTF-8 is lost.
    pub(super) fn new(bytes: &[u8], headers: &HeaderMap, binary_media_types: &[String]) -> Self {
        let is_base64_encoded = !bytes.is_empty() && is_binary(headers, binary_media_types);
        let text =
            if is_base64_encoded { BASE64_STANDARD.encode(bytes) } else { String::from_utf8_lossy(bytes).into_owned() };
        Self { text: Some(text).filter(|text| !text.is_empty()), is_base64_encoded }
    }
}

/// The event of a request whose path matched `resource` with these parameters.
pub(super) fn from_request<'a>(
    parts: &Parts,
    body: &Body,
    resource: &str,
    parameters: impl Iterator<Item = (&'a str, &'a str)>,
) -> Value {
    let parameters: BTreeMap<_, _> = parameters.collect();
    let (headers, query) = (headers(parts), query(parts));
    json!({
        "resource": resource,
        "path": parts.uri.path(),
        "httpMethod": parts.method.as_str(),
        "headers": last_values(&headers),
        "multiValueHeaders": headers,
        "queryStringParameters": unless_empty(last_values(&query)),
        "multiValueQueryStringParameters": if query.is_empty() { Value::Null } else { json!(query) },
        "pathParameters": if parameters.is_empty() { Value::Null } else { json!(parameters) },
        "stageVariables": null,
        "requestContext": context(parts, resource, &headers),
        "body": body.text,
        "isBase64Encoded": body.is_base64_encoded,
    })
}

fn context(parts: &Parts, resource: &str, headers: &MultiValue) -> Value {
    let now = SystemTime::now();
    let first = |name: &str| headers.get(name).and_then(|values| values.first());
    let id = unique_id();
    json!({
        "accountId": ACCOUNT,
        "apiId": "local",
        "domainName": first("host"),
        "extendedRequestId": id,
        "httpMethod": parts.method.as_str(),
        "identity": { "sourceIp": "127.0.0.1", "userAgent": first("user-agent") },
        "path": parts.uri.path(),
        "protocol": "HTTP/1.1",
        "requestId": id,
        "requestTime": DateTime::<Utc>::from(now).format("%d/%b/%Y:%H:%M:%S %z").to_string(),
        "requestTimeEpoch": u64::try_from(now.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis()).unwrap_or_default(),
        "resourceId": "local",
        "resourcePath": resource,
        "stage": "local",
    })
}

fn headers(parts: &Parts) -> MultiValue {
    let mut headers = MultiValue::new();
    for (name, value) in &parts.headers {
        headers.entry(name.to_string()).or_default().push(String::from_utf8_lossy(value.as_bytes()).into_owned());
    }
    headers
}

fn query(parts: &Parts) -> MultiValue {
    let mut query = MultiValue::new();
    for (name, value) in url::form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes()) {
        query.entry(name.into_owned()).or_default().push(value.into_owned());
    }
    query
}

fn last_values(values: &MultiValue) -> Map<String, Value> {
    values.iter().filter_map(|(name, values)| Some((name.clone(), json!(values.last()?)))).collect()
}

fn unless_empty(values: Map<String, Value>) -> Value {
    if values.is_empty() { Value::Null } else { values.into() }
}

/// Whether the API takes this content as binary.
fn is_binary(headers: &HeaderMap, binary_media_types: &[String]) -> bool {
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media_type = content_type.split(';').next().unwrap_or_default().trim();
    binary_media_types.iter().any(|binary| binary == "*/*" || binary.eq_ignore_ascii_case(media_type))
}
