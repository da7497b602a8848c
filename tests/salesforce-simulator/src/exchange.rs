//! One HTTP exchange: reading the request, what a fault does to it, and writing the response.

use std::{
    io::{Read, Write},
    time::Duration,
};

use axum::{
    body::{Body, Bytes, to_bytes},
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    response::Response,
};
use flate2::{Compression, read::GzDecoder, write::GzEncoder};
use tokio::time::Instant;

use crate::{
    fault::Effect,
    handle::Handle,
    messaging::{self, stream},
    reply::{Content, ErrorBody, Reply, RestError},
};

const MAX_BODY_BYTES: usize = 64 * 1024 * 1024;
const MAX_URI_BYTES: usize = 16_384;

/// Marks, as an extension, a response that must not be sent: the connection is to be closed instead.
///
/// [`Simulator`](crate::Simulator) does so; whoever serves [`router`](crate::router) alone has to.
#[derive(Clone, Copy, Debug)]
pub struct ConnectionDropped;

/// A request that was read.
#[derive(Clone, Debug)]
pub(crate) struct Exchange {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) query: Option<String>,
    pub(crate) headers: HeaderMap,
    /// Decompressed.
    pub(crate) body: Bytes,
    /// The simulator's address as the client sees it.
    pub(crate) own_url: String,
}

/// Answers every request to Salesforce's own API.
pub(crate) async fn serve(State(handle): State<Handle>, request: Request) -> Response {
    let gzip = accepts_gzip(request.headers());
    let exchange = match Exchange::read(request).await {
        Ok(exchange) => exchange,
        Err(error) => return respond(&handle, &error.into(), gzip),
    };
    // A task of its own, because Salesforce carries on when its client has gone.
    handle.ensure_driven();
    match tokio::spawn(carry_out(handle.clone(), exchange)).await {
        Ok(Some(reply)) => respond(&handle, &reply, gzip),
        Ok(None) | Err(_) => dropped(),
    }
}

async fn carry_out(handle: Handle, exchange: Exchange) -> Option<Reply> {
    let started = Instant::now();
    let (number, effect) = handle.lock().receive(&exchange);
    let reply = match effect {
        None => Some(answer(&handle, &exchange).await),
        Some(effect) => strike(&handle, number, exchange, effect).await,
    };
    let status = reply.as_ref().map(|reply| reply.status.as_u16());
    let duration_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    handle.change(|world| world.finish(number, status, duration_ms));
    reply
}

/// Commits a request and answers it, after the callbacks that go before the answer.
async fn answer(handle: &Handle, exchange: &Exchange) -> Reply {
    let (reply, callbacks) = handle.change(|world| (world.answer(exchange), world.before_answer()));
    for callback in callbacks {
        callback.send(handle).await;
    }
    reply
}

/// What a fault makes of a request; nothing if the connection is to be dropped.
async fn strike(handle: &Handle, number: u64, exchange: Exchange, effect: Effect) -> Option<Reply> {
    match effect {
        Effect::Refuse { status, error_code, message, fields } => {
            let body = ErrorBody { message, error_code, fields };
            Some(handle.lock().refuse(&exchange, RestError { status: status_of(status), body }))
        }
        Effect::TokenError { error } => Some(error.reply()),
        Effect::MessagingError { status, after_commit } => {
            commit_if(handle, &exchange, after_commit);
            Some(messaging::refuse(&handle.lock(), &exchange, status_of(status)))
        }
        Effect::Answer { status, body, content_type, after_commit } => {
            commit_if(handle, &exchange, after_commit);
            Some(Reply::raw(status_of(status), &content_type, body))
        }
        Effect::DropConnection { after_commit } => {
            commit_if(handle, &exchange, after_commit);
            None
        }
        Effect::Delay { before_ms, after_ms } => {
            tokio::time::sleep(Duration::from_millis(before_ms)).await;
            let reply = answer(handle, &exchange).await;
            tokio::time::sleep(Duration::from_millis(after_ms)).await;
            Some(reply)
        }
        Effect::CommitLate { after_ms } => {
            hold(handle, number, exchange, after_ms);
            None
        }
        Effect::Meanwhile { action, after_commit } => Some(handle.change(|world| {
            let reply = after_commit.then(|| world.answer(&exchange));
            messaging::play(world, &exchange, action);
            reply.unwrap_or_else(|| world.answer(&exchange))
        })),
        Effect::ExpireSessions => {
            handle.lock().expire_sessions(&exchange);
            Some(answer(handle, &exchange).await)
        }
    }
}

fn commit_if(handle: &Handle, exchange: &Exchange, commit: bool) {
    if commit {
        handle.change(|world| world.answer(exchange));
    }
}

fn hold(handle: &Handle, number: u64, exchange: Exchange, after_ms: Option<u64>) {
    handle.lock().hold(number, exchange);
    if let Some(after_ms) = after_ms {
        let handle = handle.clone();
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_millis(after_ms)).await;
            handle.change(|world| world.release(Some(number)));
        });
    }
}

fn status_of(status: u16) -> StatusCode {
    StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

impl Exchange {
    async fn read(request: Request) -> Result<Self, RestError> {
        let (parts, body) = request.into_parts();
        if parts.uri.to_string().len() > MAX_URI_BYTES {
            return Err(RestError::new(StatusCode::URI_TOO_LONG, "URI_TOO_LONG", "The URI is too long"));
        }
        let body = to_bytes(body, MAX_BODY_BYTES).await.map_err(|_| {
            RestError::new(StatusCode::PAYLOAD_TOO_LARGE, "REQUEST_ENTITY_TOO_LARGE", "The request is too large")
        })?;
        let host = parts.headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("localhost");
        Ok(Self {
            method: parts.method,
            path: trimmed(parts.uri.path()).into(),
            query: parts.uri.query().map(Into::into),
            own_url: format!("http://{host}"),
            body: decompressed(&parts.headers, body)?,
            headers: parts.headers,
        })
    }

    pub(crate) fn path_and_query(&self) -> String {
        match &self.query {
            Some(query) => format!("{}?{query}", self.path),
            None => self.path.clone(),
        }
    }
}

fn trimmed(path: &str) -> &str {
    path.strip_suffix('/').unwrap_or(path)
}

fn decompressed(headers: &HeaderMap, body: Bytes) -> Result<Bytes, RestError> {
    if headers.get(header::CONTENT_ENCODING).is_none_or(|encoding| encoding != "gzip") {
        return Ok(body);
    }
    let mut plain = Vec::new();
    let limit = MAX_BODY_BYTES as u64;
    GzDecoder::new(&body[..])
        .take(limit)
        .read_to_end(&mut plain)
        .map_err(|_| RestError::json_parser("The body is not valid gzip"))?;
    Ok(plain.into())
}

fn accepts_gzip(headers: &HeaderMap) -> bool {
    let value = headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok());
    value.is_some_and(|value| value.split(',').any(|encoding| encoding.trim().starts_with("gzip")))
}

fn respond(handle: &Handle, reply: &Reply, gzip: bool) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = reply.status;
    let headers = response.headers_mut();
    headers.extend(reply.headers.iter().cloned());
    if let Some(value) = reply.content_type().and_then(|value| HeaderValue::from_str(value).ok()) {
        headers.insert(header::CONTENT_TYPE, value);
    }
    if let Content::Events(subscription) = &reply.content {
        *response.body_mut() = stream::body(handle, subscription.clone());
        return response;
    }
    let bytes = reply.bytes();
    let compressed = if gzip && !bytes.is_empty() { compress(&bytes) } else { None };
    if compressed.is_some() {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    *response.body_mut() = compressed.map_or_else(|| Body::from(bytes), Body::from);
    response
}

fn compress(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).ok()?;
    encoder.finish().ok()
}

fn dropped() -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::BAD_GATEWAY;
    response.extensions_mut().insert(ConnectionDropped);
    response
}
