//! The event stream of a customer's conversations.

use std::time::Duration;

use chrono::{DateTime, Utc};
use futures_util::{Stream, StreamExt as _};
use reqwest::Method;
use reqwest::header::ACCEPT;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;
use sse_stream::SseStream;

use super::{Entry, Messaging, MessagingError};

/// A stream is left sooner than that.
const LONGEST: Duration = Duration::from_mins(15);

/// Something that came through the stream.
#[derive(Clone, PartialEq)]
pub struct Streamed {
    /// Where to go on after it. A ping may have none.
    pub id: Option<String>,
    /// The conversation that it is about, and what.
    pub news: Option<(String, News)>,
}

/// What happened in a conversation.
#[derive(Clone, PartialEq)]
pub enum News {
    /// An entry of the transcript.
    Entry(Entry),
    /// The place in the queue. Whether the first is 0 or 1 is not documented.
    QueuePosition(i64),
    /// Somebody types, or has stopped.
    Typing {
        /// Display name.
        name: Option<String>,
        /// Types.
        is_typing: bool,
    },
    /// A message of ours was delivered or read.
    Acknowledged {
        /// The message's identifier.
        identifier: String,
        /// Read; else only delivered.
        is_read: bool,
        /// When.
        at: Option<DateTime<Utc>>,
    },
}

impl Messaging<'_> {
    /// Opens the event stream; events after `last_event_id` come first, as far back as Salesforce keeps them, which is not
    /// documented. Unknown events are passed over, as Salesforce demands.
    ///
    /// # Errors
    /// `TokenRejected` if the token has ended.
    pub async fn stream(
        &self,
        token: &SecretString,
        last_event_id: Option<&str>,
    ) -> Result<impl Stream<Item = Result<Streamed, MessagingError>> + Send + use<>, MessagingError> {
        let url = format!("{}/eventrouter/v1/sse", self.deployment.url.base_url());
        let request = self
            .http
            .request(Method::GET, url)
            .timeout(LONGEST)
            .bearer_auth(token.expose_secret())
            .header(ACCEPT, "text/event-stream")
            .header("x-org-id", &self.deployment.organization_id);
        let request = match last_event_id {
            Some(id) => request.header("last-event-id", id),
            None => request,
        };
        let answer = self.http.send(request).await?;
        let status = answer.status();
        if !status.is_success() {
            return Err(MessagingError::from_answer(status, answer.headers()));
        }
        let events = SseStream::from_bytes_stream(answer.bytes_stream());
        Ok(events.map(|event| {
            let event = event.map_err(|_| MessagingError::UnknownOutcome("the stream broke"))?;
            let is_expired = event.data.as_deref().is_some_and(|data| data.contains("Jwt is expired"));
            if is_expired { Err(MessagingError::TokenRejected) } else { Ok(read(event.id, event.data.as_deref())) }
        }))
    }
}

fn read(id: Option<String>, data: Option<&str>) -> Streamed {
    let data: Value = data.and_then(|data| serde_json::from_str(data).ok()).unwrap_or_default();
    let conversation = data["conversationId"].as_str().map(str::to_owned);
    let news = conversation.and_then(|conversation| Some((conversation, news(data["conversationEntry"].clone())?)));
    Streamed { id: id.filter(|id| !id.is_empty()), news }
}

fn news(source: Value) -> Option<News> {
    let entry = Entry::read(source)?;
    let payload = entry.payload();
    Some(match entry.entry_type() {
        "QueuePosition" => News::QueuePosition(payload["position"].as_i64()?),
        "TypingStartedIndicator" => News::Typing { name: entry.sender_name, is_typing: true },
        "TypingStoppedIndicator" => News::Typing { name: entry.sender_name, is_typing: false },
        kind @ ("DeliveryAcknowledgement" | "ReadAcknowledgement") => {
            let acknowledged = &payload["acknowledgedConversationEntryIdentifier"];
            let identifier = acknowledged.as_str().or(entry.source["relatedRecords"][0].as_str())?.to_owned();
            let at = payload["acknowledgementTimestamp"].as_i64().and_then(DateTime::from_timestamp_millis);
            News::Acknowledged { identifier, is_read: kind == "ReadAcknowledgement", at }
        }
        "ProgressIndicator" | "StreamingToken" | "CloseConversation" | "EndUserConsentUpdated" => return None,
        _ => News::Entry(entry),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn streamed(entry_type: &str, payload: &Value) -> Option<News> {
        let data = json!({ "conversationId": "c1", "conversationEntry": {
            "identifier": "e1", "entryType": entry_type, "entryPayload": payload.to_string(), "senderDisplayName": "Grace",
            "relatedRecords": ["m9"] } });
        let streamed = read(Some("7".into()), Some(&data.to_string()));
        assert_eq!(streamed.id.as_deref(), Some("7"));
        streamed.news.map(|(conversation, news)| {
            assert_eq!(conversation, "c1");
            news
        })
    }

    #[test]
    fn what_belongs_to_the_transcript_is_told_from_what_passes() {
        assert!(matches!(streamed("Message", &json!({})), Some(News::Entry(_))));
        assert!(streamed("QueuePosition", &json!({ "position": 3 })) == Some(News::QueuePosition(3)));
        let typing = News::Typing { name: Some("Grace".into()), is_typing: true };
        assert!(streamed("TypingStartedIndicator", &json!({})) == Some(typing));
        assert!(streamed("ProgressIndicator", &json!({})).is_none());
    }

    #[test]
    fn an_acknowledgement_names_its_message_in_one_of_two_places() {
        let named = |payload: &Value| match streamed("ReadAcknowledgement", payload) {
            Some(News::Acknowledged { identifier, is_read: true, .. }) => identifier,
            _ => panic!(),
        };
        assert_eq!(named(&json!({ "acknowledgedConversationEntryIdentifier": "m1" })), "m1");
        assert_eq!(named(&json!({})), "m9");
    }

    #[test]
    fn a_ping_and_what_cannot_be_read_are_no_news() {
        for data in [Some("0"), Some("not json"), Some("{}"), None] {
            assert!(read(None, data).news.is_none());
        }
    }
}
