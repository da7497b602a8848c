//! The event stream of a customer's conversations.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures_util::{Stream, StreamExt as _};
use reqwest::Method;
use reqwest::header::ACCEPT;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;
use sse_stream::SseByteStream;

use super::entry::time;
use super::{Entry, Messaging, MessagingError};
use crate::lossy_json;

/// A stream is left sooner than that.
const LONGEST: Duration = Duration::from_mins(15);
/// The largest event that is read. An entry of more than 80 kB is kept cut.
const MAX_EVENT_BYTES: usize = 1024 * 1024;
/// Longest id of an event: it goes back to Salesforce in a header.
const MAX_ID_BYTES: usize = 200;

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
        Ok(events(self.send(request).await?.bytes_stream()))
    }
}

/// Reads the events from the bytes of a stream, the same however they are cut into pieces.
///
/// An event without an end, one that is no text, and a connection that breaks end it with `UnknownOutcome`; that the token has ended,
/// with `TokenRejected`.
pub fn events<E>(
    bytes: impl Stream<Item = Result<Bytes, E>> + Send,
) -> impl Stream<Item = Result<Streamed, MessagingError>> + Send {
    let unfinished = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&unfinished);
    let bounded = bytes.map(move |piece| {
        let piece = piece.map_err(|_| io::Error::other("the connection broke"))?;
        let before = counter.fetch_add(piece.len(), Ordering::Relaxed);
        if before > MAX_EVENT_BYTES { Err(io::Error::other("an event without an end")) } else { Ok(piece) }
    });
    SseByteStream::new(bounded).map(move |event| {
        unfinished.store(0, Ordering::Relaxed);
        let event = event.map_err(|_| MessagingError::UnknownOutcome("the stream broke"))?;
        read(event.id, event.data.as_deref())
    })
}

fn read(id: Option<String>, data: Option<&str>) -> Result<Streamed, MessagingError> {
    let data = data.unwrap_or_default();
    let mut event: Value = lossy_json::parse(data.as_bytes()).unwrap_or_default();
    let source = event.get_mut("conversationEntry").map(Value::take).unwrap_or_default();
    // Whatever people say in an entry, it is not about our token.
    if source.is_null() && data.contains("Jwt is expired") {
        return Err(MessagingError::TokenRejected);
    }
    let conversation = event["conversationId"].as_str().map(str::to_owned);
    let news = conversation.and_then(|conversation| Some((conversation, news(source)?)));
    Ok(Streamed { id: id.filter(|id| is_event_id(id)), news })
}

/// Whether a text can be sent back as `Last-Event-ID`.
pub(super) fn is_event_id(id: &str) -> bool {
    (1..=MAX_ID_BYTES).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic())
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
            let at = time(&payload["acknowledgementTimestamp"]);
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
        let streamed = read(Some("7".into()), Some(&data.to_string())).unwrap();
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
        for data in [Some("0"), Some("[]"), Some("not json"), Some("{}"), None] {
            assert!(read(None, data).unwrap().news.is_none());
        }
    }

    #[test]
    fn the_token_has_ended_when_the_stream_says_so_and_not_when_a_person_does() {
        for data in ["Jwt is expired", r#"{"error":"Jwt is expired"}"#] {
            assert!(read(None, Some(data)).err() == Some(MessagingError::TokenRejected), "{data}");
        }
        let said =
            json!({ "abstractMessage": { "staticContent": { "formatType": "Text", "text": "Jwt is expired" } } });
        assert!(matches!(streamed("Message", &said), Some(News::Entry(_))));
    }

    #[test]
    fn an_id_that_no_header_can_carry_back_is_none() {
        let id = |id: &str| read(Some(id.to_owned()), None).unwrap().id;
        assert_eq!(id("2147867834").as_deref(), Some("2147867834"));
        for odd in ["", "ä", "a b", "1\r", &"1".repeat(201)] {
            assert_eq!(id(odd), None, "{odd}");
        }
    }

    /// What is read of these pieces: the ids, and how it ended.
    async fn read_all(pieces: Vec<Bytes>) -> (Vec<Option<String>>, Option<MessagingError>) {
        let mut events = Box::pin(events(futures_util::stream::iter(pieces.into_iter().map(Ok::<_, io::Error>))));
        let mut ids = Vec::new();
        while let Some(event) = events.next().await {
            match event {
                Ok(event) => ids.push(event.id),
                Err(error) => return (ids, Some(error)),
            }
        }
        (ids, None)
    }

    #[tokio::test]
    async fn an_event_without_an_end_is_not_waited_for() {
        let first = Bytes::from("id: 1\ndata: 0\n\ndata: ");
        let pieces = [first].into_iter().chain(std::iter::repeat_n(Bytes::from(vec![b'x'; 10_000]), 1_000_000));
        let (ids, end) = read_all(pieces.collect()).await;
        assert_eq!((ids, end), (vec![Some("1".into())], Some(MessagingError::UnknownOutcome("the stream broke"))));
    }

    #[tokio::test]
    async fn many_events_are_no_large_event() {
        let event = Bytes::from(format!("id: 1\ndata: {}\n\n", "x".repeat(10_000)));
        let (ids, end) = read_all(vec![event; 300]).await;
        assert_eq!((ids.len(), end), (300, None));
    }
}
