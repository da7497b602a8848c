//! API Gateway in this process: a regional REST API with Lambda proxy integrations.

mod event;
mod proxy_response;

use std::collections::HashMap;
use std::time::Duration;

use axum::Json;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use serde_json::json;
use tokio::time::Instant;

use crate::body::read;
use crate::lambda::{Host, InvokeError, Reply};
use crate::template::{GatewayResponse, GatewayResponses, Route, Template};

/// Largest request body: 10 MB.
pub const MAXIMUM_REQUEST_BYTES: usize = 10 * 1024 * 1024;

/// How long an integration may take if its route does not say.
pub const INTEGRATION_TIMEOUT: Duration = Duration::from_secs(29);

/// The API: its routes and the functions behind them.
pub(crate) struct ApiGateway {
    routes: HashMap<String, matchit::Router<Route>>,
    responses: GatewayResponses,
    binary_media_types: Vec<String>,
    host: Host,
    integration_timeout: Duration,
}

/// Why a request got no answer from its function.
enum Failure {
    NoRoute,
    TooLarge,
    Throttled,
    Broken,
    TimedOut,
}

impl ApiGateway {
    /// The API of a template, whose integrations may take so long if it does not say. Fails if two of its routes are the same.
    pub(crate) fn new(template: Template, host: Host, integration_timeout: Duration) -> anyhow::Result<Self> {
        let Template { gateway_responses: responses, binary_media_types, .. } = template;
        let mut routes: HashMap<String, matchit::Router<Route>> = HashMap::new();
        for route in template.routes {
            routes.entry(route.method.clone()).or_default().insert(route.path.clone(), route)?;
        }
        Ok(Self { routes, responses, binary_media_types, host, integration_timeout })
    }

    /// Answers a request, by the function or with API Gateway's own errors.
    pub(crate) async fn handle(&self, request: Request) -> Response {
        self.integrate(request).await.unwrap_or_else(|failure| self.refuse(failure))
    }

    /// The template's own response for a failure, else API Gateway's default.
    fn refuse(&self, failure: Failure) -> Response {
        let set = failure.response_types().into_iter().find_map(|kind| self.responses.get(kind));
        set.and_then(own_response).unwrap_or_else(|| failure.into_response())
    }

    async fn integrate(&self, request: Request) -> Result<Response, Failure> {
        let (parts, body) = request.into_parts();
        let router = self.routes.get(parts.method.as_str()).ok_or(Failure::NoRoute)?;
        let matched = router.at(resource_path(&parts)).map_err(|_| Failure::NoRoute)?;
        let body = read(body, MAXIMUM_REQUEST_BYTES).await.map_err(|_| Failure::TooLarge)?;
        let route = matched.value;
        let body = event::Body::new(&body, &parts.headers, &self.binary_media_types);
        let event = event::from_request(&parts, &body, &route.path, matched.params.iter());
        let deadline = Instant::now() + route.timeout.unwrap_or(self.integration_timeout);
        let invocation = self.host.invoke(&route.function, event.to_string().into());
        let reply = tokio::time::timeout_at(deadline, invocation).await.map_err(|_| Failure::TimedOut)??;
        match (reply, route.is_streamed) {
            (Reply::Stream(chunks), true) => proxy_response::from_stream(chunks, deadline).await,
            (Reply::Payload(payload), false) => proxy_response::from_payload(&payload),
            (Reply::Stream(_) | Reply::Payload(_) | Reply::Error(_), _) => None,
        }
        .ok_or(Failure::Broken)
    }
}

/// The path by which the resource is found: a slash at its end makes no difference to that, but the event keeps it.
fn resource_path(parts: &Parts) -> &str {
    let path = parts.uri.path();
    path.strip_suffix('/').filter(|path| !path.is_empty()).unwrap_or(path)
}

/// A response that the template sets; none if it can't be sent.
fn own_response(response: &GatewayResponse) -> Option<Response> {
    let mut builder = Response::builder().status(response.status);
    for (name, value) in &response.headers {
        builder = builder.header(name, value);
    }
    builder.body(response.body.clone().into()).ok()
}

impl Failure {
    /// The types of gateway response that a template may set for it, the nearest first. It is not documented which one answers for a
    /// function that is throttled or replies in another format; the default of all 5xx does in any case.
    fn response_types(&self) -> [&'static str; 2] {
        match self {
            Self::NoRoute => ["MISSING_AUTHENTICATION_TOKEN", "DEFAULT_4XX"],
            Self::TooLarge => ["REQUEST_TOO_LARGE", "DEFAULT_4XX"],
            Self::TimedOut => ["INTEGRATION_TIMEOUT", "DEFAULT_5XX"],
            Self::Throttled | Self::Broken => ["INTEGRATION_FAILURE", "DEFAULT_5XX"],
        }
    }
}

impl From<InvokeError> for Failure {
    fn from(error: InvokeError) -> Self {
        match error {
            InvokeError::TooLarge(_) => Self::TooLarge,
            InvokeError::Throttled => Self::Throttled,
            InvokeError::NotFound(_) | InvokeError::NotJson => Self::Broken,
        }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let (status, code, message) = match self {
            Self::NoRoute => {
                (StatusCode::FORBIDDEN, "MissingAuthenticationTokenException", "Missing Authentication Token")
            }
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "RequestTooLargeException", "Request Too Long"),
            Self::Throttled => {
                (StatusCode::INTERNAL_SERVER_ERROR, "InternalServerErrorException", "Internal server error")
            }
            Self::Broken => (StatusCode::BAD_GATEWAY, "InternalServerErrorException", "Internal server error"),
            Self::TimedOut => {
                (StatusCode::GATEWAY_TIMEOUT, "InternalServerErrorException", "Endpoint request timed out")
            }
        };
        (status, [("x-amzn-errortype", code)], Json(json!({ "message": message }))).into_response()
    }
}
