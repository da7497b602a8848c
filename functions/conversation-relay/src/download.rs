//! A file of the conversation, streamed through: the customer never sees where it is, nor the token that opens it.

use futures_util::TryStreamExt as _;
use http_body::Frame;
use http_body_util::{BodyExt as _, Full, StreamBody as FrameStream};
use lambda_http::http::Response;
use shared::conversation::{Conversation, CustomerContent, LogEvent};
use shared::escalation::Escalation;
use shared::problem::{Code, Problem};
use shared::salesforce::messaging::Attachment;
use shared::store::ConversationLog;

use crate::files::headers;
use crate::{ConversationRelay, StreamBody};

/// The file of this id.
pub(crate) async fn get(
    relay: &ConversationRelay,
    escalation: &Escalation,
    file_id: &str,
) -> Result<Response<StreamBody>, Problem> {
    let log = relay.store.conversation_log(escalation.escalation_id, 0).await?;
    if let Some(response) = own(relay, escalation, &log, file_id).await? {
        return Ok(response);
    }
    let mut attachments = log.entries().into_iter().flat_map(|entry| entry.attachments());
    let attachment = attachments.find(|attachment| attachment.id == file_id);
    let attachment = attachment.ok_or(Problem::new(Code::NotFound))?;
    theirs(relay, escalation, &attachment).await
}

/// What the customer sent, from our own store.
async fn own(
    relay: &ConversationRelay,
    escalation: &Escalation,
    log: &ConversationLog,
    file_id: &str,
) -> Result<Option<Response<StreamBody>>, Problem> {
    let message = log.records.iter().find_map(|record| match &record.event {
        LogEvent::Customer(message) if message.id == file_id => Some(message),
        _ => None,
    });
    let Some(CustomerContent::File { name, content_type, digest, chunks, .. }) =
        message.map(|message| &message.content)
    else {
        return Ok(None);
    };
    let bytes = relay.store.file(escalation.escalation_id, digest, *chunks).await?;
    let body = Full::new(bytes.into()).map_err(|never| match never {}).boxed_unsync();
    Ok(Some(respond(name, content_type, body)))
}

async fn theirs(
    relay: &ConversationRelay,
    escalation: &Escalation,
    attachment: &Attachment,
) -> Result<Response<StreamBody>, Problem> {
    let conversation = Conversation::load(&relay.store, &relay.salesforce, escalation).await?;
    let conversation = conversation.ok_or(Problem::new(Code::NotFound))?;
    let answer = conversation.messaging.download(&conversation.token.access_token, &attachment.url).await;
    let answer = answer.map_err(|error| {
        tracing::warn!(%error, escalation_id = %escalation.escalation_id, "an attachment could not be fetched");
        Problem::new(if error.is_transient() { Code::Unavailable } else { Code::NotFound })
    })?;
    let chunks = answer.bytes_stream().map_ok(Frame::data).map_err(lambda_http::Error::from);
    Ok(respond(&attachment.name, &attachment.content_type, FrameStream::new(chunks).boxed_unsync()))
}

fn respond(name: &str, content_type: &str, body: StreamBody) -> Response<StreamBody> {
    let mut response = Response::new(body);
    response.headers_mut().extend(headers(name, content_type));
    response
}
