//! What a customer sends: texts, typing and receipts.

use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    messaging::{
        call::{Call, check_uuid, read_json},
        conversation::{Acknowledgement, SessionStatus},
        create::Attributes,
        entry::{EntryType, Sender},
        error::MessagingError,
        scene::Scene,
        settings::MessagingOrg,
        state::random_uuid,
        uncertain::RepeatedMessage,
    },
    reply::Reply,
};

/// A message, or the JSON part of a file.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct SendRequest<M> {
    pub(crate) message: M,
    pub(crate) es_developer_name: String,
    #[serde(default)]
    pub(crate) is_new_messaging_session: bool,
    #[serde(rename = "routingAttributes")]
    _routing_attributes: Option<Attributes>,
    #[serde(rename = "language")]
    _language: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct TextMessage {
    id: String,
    message_type: MessageType,
    static_content: StaticContent,
    in_reply_to_message_id: Option<String>,
}

#[derive(Debug, Deserialize)]
enum MessageType {
    StaticContentMessage,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct StaticContent {
    format_type: FormatType,
    text: String,
}

#[derive(Debug, Deserialize)]
enum FormatType {
    Text,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct TypingRequest {
    entry_type: EntryType,
    id: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct AcknowledgementsRequest {
    acks: Vec<Acknowledgement>,
}

/// `POST conversation/{id}/message`.
pub(crate) fn message(call: &mut Call<'_>, id: &str) -> Result<Reply, MessagingError> {
    let SendRequest::<TextMessage> { message, es_developer_name, is_new_messaging_session, .. } =
        read_json(call.exchange)?;
    let MessageType::StaticContentMessage = message.message_type;
    let FormatType::Text = message.static_content.format_type;
    check_uuid("message.id", &message.id)?;
    let text = message.static_content.text;
    let settings = call.deployment(&es_developer_name)?.clone();
    if text.is_empty() || text.encode_utf16().count() > settings.uncertain.longest_text {
        return Err(MessagingError::bad_request("The text is empty or too long"));
    }
    let mut scene = call.open_conversation(id)?;
    let Some(identifier) = admit(&mut scene, &settings, is_new_messaging_session, &message.id)? else {
        return Ok(accepted(&scene, &message.id));
    };
    let parts = if settings.uncertain.split_urls { split(&text) } else { vec![text.as_str()] };
    for (part, identifier) in
        parts.into_iter().zip(std::iter::once(identifier).chain(std::iter::repeat_with(random_uuid)))
    {
        let content = if is_url(part) && settings.uncertain.split_urls { rich_link(part) } else { plain(part) };
        say(&mut scene, identifier, &content, message.in_reply_to_message_id.as_deref());
    }
    Ok(accepted(&scene, &message.id))
}

/// Decides about a message or file of the customer: the identifier of its entry, or nothing if it is to be dropped.
pub(crate) fn admit(
    scene: &mut Scene<'_>,
    settings: &MessagingOrg,
    is_new_session: bool,
    id: &str,
) -> Result<Option<String>, MessagingError> {
    let now = scene.now;
    if !scene.conversation_mut().sent.take(now, settings.messages_per_minute) {
        return Err(MessagingError::of_status(StatusCode::TOO_MANY_REQUESTS));
    }
    let is_repeated = scene.conversation().messages().any(|entry| entry.identifier == id);
    let identifier = match settings.uncertain.repeated_message {
        _ if !is_repeated => id.to_owned(),
        RepeatedMessage::Doubles => random_uuid(),
        RepeatedMessage::Ignored => return Ok(None),
        RepeatedMessage::Conflict => return Err(MessagingError::of_status(StatusCode::CONFLICT)),
    };
    wake(scene, settings, is_new_session)?;
    Ok(Some(identifier))
}

/// Opens another session if the last has ended, and routes an inactive one again.
fn wake(scene: &mut Scene<'_>, settings: &MessagingOrg, is_new_session: bool) -> Result<(), MessagingError> {
    let status = scene.conversation().session_status();
    match status {
        _ if is_new_session => scene.open_session(),
        SessionStatus::Ended if settings.pre_chat_every_session => {
            return Err(MessagingError::of_status(StatusCode::EXPECTATION_FAILED));
        }
        SessionStatus::Ended => scene.open_session(),
        SessionStatus::Inactive => scene.change_status(SessionStatus::Waiting),
        SessionStatus::New | SessionStatus::Waiting | SessionStatus::Active => {}
    }
    Ok(())
}

/// Adds the customer's message to the conversation.
pub(crate) fn say(scene: &mut Scene<'_>, identifier: String, static_content: &Value, in_reply_to: Option<&str>) {
    let sender = Sender::end_user(&scene.conversation().subject);
    let mut message = abstract_message(&identifier, static_content);
    if let Some(other) = in_reply_to {
        message["abstractMessage"]["inReplyToMessageId"] = other.into();
    }
    scene.emit_as(identifier, EntryType::Message, sender, message);
}

/// The payload of a message.
pub(crate) fn abstract_message(identifier: &str, static_content: &Value) -> Value {
    let message_type = "StaticContentMessage";
    json!({ "abstractMessage": { "messageType": message_type, "id": identifier, "staticContent": static_content } })
}

/// The content of a text.
pub(crate) fn plain(text: &str) -> Value {
    json!({ "formatType": "Text", "text": text })
}

/// The shape is from the sample client only.
fn rich_link(url: &str) -> Value {
    json!({ "formatType": "RichLink", "linkItem": { "url": url, "titleItem": { "title": url } } })
}

/// The answer to a message or file.
pub(crate) fn accepted(scene: &Scene<'_>, id: &str) -> Reply {
    let entry = json!({ "id": id, "clientTimestamp": scene.now.timestamp_millis() });
    Reply::json(StatusCode::ACCEPTED, json!({ "conversationEntries": [entry] }))
}

fn is_url(word: &str) -> bool {
    ["https://", "http://"].iter().any(|scheme| word.starts_with(scheme)) && !word.contains(char::is_whitespace)
}

/// Splits a URL off the start and off the end of a text.
fn split(text: &str) -> Vec<&str> {
    let (first, rest) = match text.split_once(char::is_whitespace) {
        Some((first, rest)) if is_url(first) => (Some(first), rest.trim()),
        _ => (None, text),
    };
    let (rest, last) = match rest.rsplit_once(char::is_whitespace) {
        Some((rest, last)) if is_url(last) => (rest.trim_end(), Some(last)),
        _ => (rest, None),
    };
    first.into_iter().chain(Some(rest).filter(|rest| !rest.is_empty())).chain(last).collect()
}

/// `POST conversation/{id}/entry`.
pub(crate) fn typing(call: &mut Call<'_>, id: &str) -> Result<Reply, MessagingError> {
    let request: TypingRequest = read_json(call.exchange)?;
    check_uuid("id", &request.id)?;
    let typing = match request.entry_type {
        EntryType::TypingStartedIndicator => true,
        EntryType::TypingStoppedIndicator => false,
        _ => return Err(MessagingError::bad_request("entryType is not a typing indicator")),
    };
    let mut scene = call.open_conversation(id)?;
    let now = scene.now;
    let conversation = scene.conversation_mut();
    (conversation.end_user_typing, conversation.end_user_typing_at) = (typing, Some(now));
    Ok(Reply::empty(StatusCode::OK))
}

/// `POST conversation/{id}/acknowledge-entries`.
pub(crate) fn acknowledge(call: &mut Call<'_>, id: &str) -> Result<Reply, MessagingError> {
    let AcknowledgementsRequest { acks } = read_json(call.exchange)?;
    for acknowledgement in &acks {
        check_uuid("id", &acknowledgement.id)?;
    }
    let mut scene = call.open_conversation(id)?;
    let is_known = |ack: &Acknowledgement| {
        scene.conversation().entries.iter().any(|entry| entry.identifier == ack.conversation_entry_id)
    };
    if !acks.iter().all(is_known) {
        return Err(MessagingError::bad_request("conversationEntryId is not known"));
    }
    scene.conversation_mut().acknowledgements.extend(acks);
    let status = scene.uncertain().acknowledgement_status;
    Ok(Reply::empty(StatusCode::from_u16(status).unwrap_or(StatusCode::OK)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_split_off_both_ends_but_not_out_of_the_middle() {
        let (url, other) = ("https://example.com/a", "http://example.com");
        assert_eq!(split(&format!("{url} or {other}")), [url, "or", other]);
        assert_eq!(split(&format!("look at {url} there")), [format!("look at {url} there")]);
        assert_eq!(split(url), [url]);
        assert_eq!(split(&format!("{url} {other}")), [url, other]);
        assert_eq!(split("plain words"), ["plain words"]);
    }
}
