//! What the customer says: stored before it is forwarded, and forwarded at once if that can be.

use chrono::{DateTime, TimeDelta, Utc};
use lambda_http::Request;
use lambda_http::http::StatusCode;
use serde_json::Value;
use shared::conversation::{Conversation, CustomerContent, CustomerMessage, Forwarding, LogEvent, Record};
use shared::escalation::{Escalation, Status};
use shared::http_api::{Answer, json_body};
use shared::json_reader::JsonReader;
use shared::problem::{Code, Problem};
use shared::store::{Accepted, StoreError};
use shared::utf16::units;

use crate::ConversationRelay;
use crate::admission::must_be_open;
use crate::bodies::MessageAccepted;

/// UTF-16 units of a text.
pub(crate) const MAX_TEXT_UNITS: usize = 4_000;
/// A customer writes no faster than so many messages a minute.
const MAX_IN_A_MINUTE: usize = 60;
pub(crate) const MAX_ID_CHARACTERS: usize = 64;

/// `POST …/messages`.
pub(crate) async fn post(
    relay: &ConversationRelay,
    request: &Request,
    escalation: Escalation,
) -> Result<Answer, Problem> {
    let (id, text) = parse(&json_body(request)?)?;
    must_be_open(&escalation)?;
    check_rate(relay, &escalation, &id).await?;
    let message = CustomerMessage { id, at: relay.clock.now(), content: CustomerContent::Text(text) };
    let stored = accept(relay, escalation, message).await?;
    Ok(Answer::json(StatusCode::ACCEPTED, MessageAccepted { id: stored.id, accepted_at: stored.at }))
}

/// Stores a message and tries to forward it; the first one of its id, if it is repeated.
pub(crate) async fn accept(
    relay: &ConversationRelay,
    escalation: Escalation,
    message: CustomerMessage,
) -> Result<CustomerMessage, Problem> {
    let now = relay.clock.now();
    let accepted = relay.store.accept_customer_message(escalation.escalation_id, message.clone(), now).await?;
    let Accepted::Stored(Record { event: LogEvent::Customer(stored), .. }) = accepted else {
        return Err(Problem::new(Code::ConversationEnded));
    };
    if stored.content != message.content {
        return Err(Problem::new(Code::MessageIdReused));
    }
    if let Err(error) = forward(relay, &escalation).await {
        tracing::warn!(%error, "not forwarded yet");
    }
    Ok(stored)
}

/// Refuses one message too many, unless it repeats another.
pub(crate) async fn check_rate(
    relay: &ConversationRelay,
    escalation: &Escalation,
    message_id: &str,
) -> Result<(), Problem> {
    let log = relay.store.conversation_log(escalation.escalation_id, 0).await?;
    let is_repeated = log.customer_messages().any(|known| known.id == message_id);
    let minute_ago = relay.clock.now() - TimeDelta::minutes(1);
    let recent: Vec<_> = log.customer_messages().filter(|known| known.at > minute_ago).map(|known| known.at).collect();
    if is_repeated || recent.len() < MAX_IN_A_MINUTE {
        return Ok(());
    }
    Err(Problem {
        retry_after: Some(seconds_until(recent[0] + TimeDelta::minutes(1), relay.clock.now())),
        ..Problem::new(Code::TooManyMessages)
    })
}

fn seconds_until(at: DateTime<Utc>, now: DateTime<Utc>) -> u32 {
    u32::try_from((at - now).num_seconds() + 1).unwrap_or(1)
}

/// Forwards what is pending, if the conversation is open and the agent's context is in it; then owes nothing more.
pub(crate) async fn forward(relay: &ConversationRelay, escalation: &Escalation) -> Result<(), StoreError> {
    let is_ready = matches!(escalation.status, Status::Waiting | Status::Active)
        && escalation.messaging.as_ref().is_some_and(|messaging| messaging.context_settled);
    if !is_ready {
        return Ok(());
    }
    let conversation = Conversation::load(&relay.store, &relay.salesforce, escalation).await?;
    let Some(conversation) = conversation else { return Ok(()) };
    match conversation.forward(&*relay.clock, relay.ids.uuid()).await? {
        Forwarding::Done(number) => {
            relay.store.change(escalation.escalation_id, |escalation| escalation.forwarded(number)).await.map(drop)
        }
        Forwarding::SessionEnded => {
            let now = relay.clock.now();
            relay.store.change(escalation.escalation_id, |escalation| escalation.session_has_ended(now)).await?;
            relay.hints.look(escalation.escalation_id).await;
            Ok(())
        }
        Forwarding::Unreachable => {
            relay.hints.look(escalation.escalation_id).await;
            Ok(())
        }
        Forwarding::Pending => Ok(()),
    }
}

/// Reads the body of `POST …/messages`: the client's id and the text.
///
/// # Errors
/// `invalidRequest`, with each wrong member.
pub fn parse(body: &Value) -> Result<(String, String), Problem> {
    let mut errors = Vec::new();
    let mut reader = JsonReader::new(body, &mut errors);
    let id = reader.required("id").and_then(|mut id| read_id(&mut id));
    let text = reader.required("text").and_then(|mut text| read_text(&mut text));
    match (id, text) {
        (Some(id), Some(text)) if errors.is_empty() => Ok((id, text)),
        _ => Err(Problem::invalid(errors)),
    }
}

fn read_id(id: &mut JsonReader<'_, '_>) -> Option<String> {
    let text = id.string(1, MAX_ID_CHARACTERS)?;
    if is_id(text) {
        return Some(text.to_owned());
    }
    id.reject("must consist of letters, digits, _ and -");
    None
}

/// Whether a text may be a message's id.
pub(crate) fn is_id(text: &str) -> bool {
    (1..=MAX_ID_CHARACTERS).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
}

fn read_text(text: &mut JsonReader<'_, '_>) -> Option<String> {
    let value = text.string(1, MAX_TEXT_UNITS)?;
    if value.trim().is_empty() || units(value) > MAX_TEXT_UNITS {
        text.reject("must have 1 to 4000 UTF-16 units, not only blanks");
        return None;
    }
    Some(value.to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn pointers(body: &Value) -> Vec<String> {
        parse(body).unwrap_err().errors.into_iter().map(|error| error.pointer).collect()
    }

    #[test]
    fn a_message_has_an_id_and_a_text() {
        assert_eq!(parse(&json!({ "id": "m-1_A", "text": "Hi" })).unwrap(), ("m-1_A".to_owned(), "Hi".to_owned()));
        assert_eq!(pointers(&json!({})), ["/id", "/text"]);
        assert_eq!(pointers(&json!({ "id": "m/1", "text": " " })), ["/id", "/text"]);
        assert_eq!(pointers(&json!({ "id": "x".repeat(65), "text": "x" })), ["/id"]);
    }

    #[test]
    fn a_text_s_length_is_counted_in_utf_16() {
        assert!(parse(&json!({ "id": "a", "text": "😀".repeat(2_000) })).is_ok());
        assert_eq!(pointers(&json!({ "id": "a", "text": "😀".repeat(2_001) })), ["/text"]);
    }
}
