//! The span of an invocation by a hint.

use std::task::{Context, Poll};

use lambda_http::lambda_runtime::LambdaInvocation;
use lambda_http::tower::{Layer, Service};
use tracing::instrument::{Instrument as _, Instrumented};
use tracing::{Span, field};

use crate::hints::Hint;

/// Puts each invocation into a span with its request id and the hint's escalation, so that what the runtime itself says of it, such
/// as that it failed, has both. An event that is no hint, such as a tick, has the request id alone.
#[derive(Clone, Copy, Debug, Default)]
pub struct InvocationSpans;

/// The service within [`InvocationSpans`].
#[derive(Clone, Debug)]
pub struct Spanned<S>(S);

impl<S> Layer<S> for InvocationSpans {
    type Service = Spanned<S>;

    fn layer(&self, inner: S) -> Spanned<S> {
        Spanned(inner)
    }
}

impl<S: Service<LambdaInvocation>> Service<LambdaInvocation> for Spanned<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = Instrumented<S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, invocation: LambdaInvocation) -> Self::Future {
        let context = &invocation.context;
        let span = span(&context.request_id, context.xray_trace_id.as_deref(), &invocation.body);
        span.in_scope(|| self.0.call(invocation)).instrument(span)
    }
}

fn span(request_id: &str, trace_id: Option<&str>, event: &[u8]) -> Span {
    let span =
        tracing::info_span!("invocation", requestId = request_id, xrayTraceId = trace_id, escalationId = field::Empty);
    if let Ok(hint) = serde_json::from_slice::<Hint>(event) {
        span.record("escalationId", field::display(hint.escalation_id));
    }
    span
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logging::tests::lines_of;

    #[test]
    fn what_is_said_of_an_invocation_has_its_request_and_the_escalation_of_its_hint() {
        let lines = lines_of(None, || {
            let hint = br#"{"escalationId":"018f3c8e-0000-4000-8000-000000000000"}"#;
            span("r1", Some("Root=1"), hint).in_scope(|| tracing::error!("failed"));
            span("r2", None, b"{}").in_scope(|| tracing::error!("failed"));
        });
        assert_eq!((&lines[0]["requestId"], &lines[0]["xrayTraceId"]), (&"r1".into(), &"Root=1".into()));
        assert_eq!(lines[0]["escalationId"], "018f3c8e-0000-4000-8000-000000000000");
        assert_eq!(lines[1]["requestId"], "r2");
        assert!(lines[1].get("escalationId").is_none() && lines[1].get("xrayTraceId").is_none());
    }
}
