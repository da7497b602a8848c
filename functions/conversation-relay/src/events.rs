//! `GET …/events`: opens a connection, or says that nothing will follow.

use std::sync::Arc;

use futures_util::stream;
use http_body::Frame;
use http_body_util::{BodyExt as _, StreamBody as FrameStream};
use lambda_http::Request;
use lambda_http::http::{HeaderValue, Response, header};
use shared::conversation::LogEvent;
use shared::escalation::Escalation;
use shared::http_api::{Answer, header_text};
use shared::problem::Problem;
use tokio::sync::mpsc;
use tracing::Instrument as _;

use crate::connection::Connection;
use crate::event::EventId;
use crate::{ConversationRelay, Reply};

/// Events that a slow client may be behind before it is waited for.
const BUFFER: usize = 64;

pub(crate) async fn open(
    relay: &Arc<ConversationRelay>,
    request: &Request,
    escalation: Escalation,
) -> Result<Reply, Problem> {
    let after = header_text(request, "last-event-id").and_then(EventId::parse).unwrap_or_default();
    let log = relay.store.conversation_log(escalation.escalation_id, 0).await?;
    let end = log.records.iter().find(|record| record.event.is_end());
    if end.is_some_and(|end| end.number <= after.record) {
        return Ok(Reply::Answer(Answer::no_content()));
    }
    let (sender, receiver) = mpsc::channel(BUFFER);
    let connection = Connection::new(Arc::clone(relay), escalation, log, after, sender);
    tokio::spawn(connection.run().in_current_span());
    let frames = stream::unfold(receiver, |mut receiver| async move {
        let bytes = receiver.recv().await?;
        Some((Ok::<_, lambda_http::Error>(Frame::data(bytes)), receiver))
    });
    let mut response = Response::new(FrameStream::new(Box::pin(frames)).boxed_unsync());
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    Ok(Reply::Stream(response))
}

/// What ends the log of an escalation that has its outcome.
pub(crate) fn end_of(escalation: &Escalation) -> Option<LogEvent> {
    if !escalation.status.is_final() {
        return None;
    }
    match (&escalation.case, escalation.by) {
        (Some(case), _) => Some(LogEvent::Case { id: case.id.clone(), number: case.number.clone(), by: case.by }),
        (None, Some(by)) => Some(LogEvent::Ended { by }),
        (None, None) => None,
    }
}
