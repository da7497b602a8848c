//! API Gateway in this process: a regional REST API with Lambda proxy integrations.

mod event;
mod proxy_response;

use std::collections::HashMap;
use std::time::Duration;

use axum::Json;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::body::read;
use crate::lambda::{Host, InvokeError};
use crate::template::Route;

/// Largest request body: 10 MB.
pub const MAXIMUM_REQUEST_BYTES: usize = 10 * 1024 * 1024;

/// How long an integration may take to its first byte.
pub const INTEGRATION_TIMEOUT: Duration = Duration::from_secs(29);

/// The API: its routes and the functions behind them.
pub(crate) struct ApiGateway {
    routes: HashMap<String, matchit::Router<Route>>,
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
    /// An API with these routes. Fails if two of them are the same.
    pub(crate) fn new(routes: Vec<Route>, host: Host, integration_timeout: Duration) -> anyhow::Result<Self> {
        let mut by_method: HashMap<String, matchit::Router<Route>> = HashMap::new();
        for route in routes {
            by_method.entry(route.method.clone()).or_default().insert(route.path.clone(), route)?;
        }
        Ok(Self { routes: by_method, host, integration_timeout })
    }

    /// Answers a request, by the function or with API Gateway's own errors.
    pub(crate) async fn handle(&self, request: Request) -> Response {
        self.integrate(request).await.unwrap_or_else(IntoResponse::into_response)
    }

    async fn integrate(&self, request: Request) -> Result<Response, Failure> {
        let (parts, body) = request.into_parts();
        let router = self.routes.get(parts.method.as_str()).ok_or(Failure::NoRoute)?;
        let matched = router.at(parts.uri.path()).map_err(|_| Failure::NoRoute)?;
        let body = read(body, MAXIMUM_REQUEST_BYTES).await.map_err(|_| Failure::TooLarge)?;
        let event = event::from_request(&parts, &body, &matched.value.path, matched.params.iter());
        let invocation = self.host.invoke(&matched.value.function, event.to_string().into());
        let reply =
            tokio::time::timeout(self.integration_timeout, invocation).await.map_err(|_| Failure::TimedOut)??;
        proxy_response::from_reply(reply).await.ok_or(Failure::Broken)
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
