//! A file of the conversation, streamed through: the customer never sees where it is, nor the token that opens it.

use std::future::ready;

use bytes::Bytes;
use futures_util::{Stream, StreamExt as _};
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

/// Salesforce takes files of at most 5 MB (`maxFileSize` of a channel); what goes on for longer than this is none, and breaks off.
const MAX_FILE_BYTES: usize = 20 * 1024 * 1024;

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
        tracing::warn!(%error, "an attachment could not be fetched");
        Problem::new(if error.is_transient() { Code::Unavailable } else { Code::NotFound })
    })?;
    let body = FrameStream::new(until_broken(answer.bytes_stream()).map(Frame::data).map(Ok)).boxed_unsync();
    Ok(respond(&attachment.name, &attachment.content_type, body))
}

/// Up to the limit, or to where it breaks off. An error must not go on from here: it would end the process, which serves others next.
fn until_broken<E>(chunks: impl Stream<Item = Result<Bytes, E>>) -> impl Stream<Item = Bytes> {
    chunks.scan(MAX_FILE_BYTES, |left, chunk| {
        let chunk = chunk.ok().filter(|chunk| chunk.len() <= *left);
        *left -= chunk.as_ref().map_or(0, Bytes::len);
        ready(chunk)
    })
}

fn respond(name: &str, content_type: &str, body: StreamBody) -> Response<StreamBody> {
    let mut response = Response::new(body);
    response.headers_mut().extend(headers(name, content_type));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn passed(chunks: Vec<Result<Vec<u8>, &str>>) -> Vec<usize> {
        let chunks = chunks.into_iter().map(|chunk| chunk.map(Bytes::from));
        until_broken(futures_util::stream::iter(chunks)).map(|chunk| chunk.len()).collect().await
    }

    #[tokio::test]
    async fn a_file_is_passed_on_up_to_the_limit() {
        let whole = || Ok(vec![7; MAX_FILE_BYTES / 2]);
        assert_eq!(passed(vec![whole(), whole()]).await, [MAX_FILE_BYTES / 2; 2]);
        assert_eq!(passed(vec![whole(), whole(), Ok(vec![7]), Ok(vec![7])]).await, [MAX_FILE_BYTES / 2; 2]);
    }

    #[tokio::test]
    async fn an_error_ends_a_file_and_is_not_in_it() {
        assert_eq!(passed(vec![Ok(vec![7]), Err("reset"), Ok(vec![7])]).await, [1]);
    }
}
