//! What passes: that the customer types, or has read something. It is passed on if that can be done at once, or dropped.

use lambda_http::Request;
use serde_json::Value;
use shared::conversation::Conversation;
use shared::escalation::{Escalation, Status};
use shared::http_api::{Answer, json_body};
use shared::json_reader::JsonReader;
use shared::problem::Problem;

use crate::ConversationRelay;
use crate::admission::must_be_open;

/// Salesforce's ids are UUIDs; no message has a longer one.
pub(crate) const MAX_MESSAGE_ID_CHARACTERS: usize = 200;

/// `POST …/typing`.
pub(crate) async fn typing(
    relay: &ConversationRelay,
    request: &Request,
    escalation: Escalation,
) -> Result<Answer, Problem> {
    let is_typing = parse_typing(&json_body(request)?)?;
    must_be_open(&escalation)?;
    if let Some(conversation) = open(relay, &escalation).await? {
        let token = &conversation.token.access_token;
        let id = relay.ids.uuid();
        let sent = conversation.messaging.typing(token, escalation.escalation_id, id, is_typing).await;
        note("typing", sent);
    }
    Ok(Answer::no_content())
}

/// `POST …/read`.
pub(crate) async fn read(
    relay: &ConversationRelay,
    request: &Request,
    escalation: Escalation,
) -> Result<Answer, Problem> {
    let message_id = parse_read(&json_body(request)?)?;
    must_be_open(&escalation)?;
    if let Some(conversation) = open(relay, &escalation).await? {
        let token = &conversation.token.access_token;
        let id = relay.ids.uuid();
        let messaging = conversation.messaging;
        note("read", messaging.acknowledge_read(token, escalation.escalation_id, id, &message_id).await);
    }
    Ok(Answer::no_content())
}

/// Whether the customer types.
///
/// # Errors
/// `invalidRequest`.
pub fn parse_typing(body: &Value) -> Result<bool, Problem> {
    let mut errors = Vec::new();
    let mut reader = JsonReader::new(body, &mut errors);
    let is_typing = reader.required("typing").is_some().then(|| reader.optional_bool("typing")).flatten();
    is_typing.filter(|_| errors.is_empty()).ok_or(Problem::invalid(errors))
}

/// Which message the customer has read.
///
/// # Errors
/// `invalidRequest`.
pub fn parse_read(body: &Value) -> Result<String, Problem> {
    let mut errors = Vec::new();
    let message_id = JsonReader::new(body, &mut errors).required_string("messageId", MAX_MESSAGE_ID_CHARACTERS);
    message_id.filter(|_| errors.is_empty()).ok_or(Problem::invalid(errors))
}

async fn open<'a>(
    relay: &'a ConversationRelay,
    escalation: &'a Escalation,
) -> Result<Option<Conversation<'a>>, Problem> {
    if !matches!(escalation.status, Status::Waiting | Status::Active) {
        return Ok(None);
    }
    Ok(Conversation::load(&relay.store, &relay.salesforce, escalation).await?)
}

fn note(signal: &str, sent: Result<(), shared::salesforce::messaging::MessagingError>) {
    if let Err(error) = sent {
        tracing::debug!(signal, %error, "not passed on");
    }
}
