//! What the customer's chat is told, and the ids by which it goes on after its connection was cut.

use std::fmt;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::Serialize;
use shared::escalation::{By, Status};
use shared::salesforce::messaging::{Choice, Link};
use shared::store::ReceiptState;
use sse_stream::Sse;

/// An event of the stream; it serialises to its data, of which every member is present. Holds what people said: it has no `Debug`.
#[derive(Clone, PartialEq, Serialize, JsonSchema)]
#[serde(untagged, rename_all_fields = "camelCase")]
pub enum CustomerEvent {
    /// The escalation's status changed.
    #[schemars(title = "StatusEvent")]
    Status {
        /// To what.
        status: Status,
        /// When.
        at: DateTime<Utc>,
    },
    /// Where the customer stands in the queue; at least one of the two is known.
    #[schemars(title = "QueueEvent")]
    Queue {
        /// Place, as Salesforce counts.
        position: Option<u64>,
        /// Seconds.
        estimated_wait_seconds: Option<u64>,
    },
    /// A human agent came or left. It is not the end.
    #[schemars(title = "AgentEvent")]
    Agent {
        /// Which.
        change: AgentChange,
        /// Display name.
        name: Option<String>,
        /// When.
        at: DateTime<Utc>,
    },
    /// Somebody said something.
    #[schemars(title = "MessageEvent")]
    Message {
        /// The client's own id for the customer's, else Salesforce's.
        id: String,
        /// Who.
        from: Sender,
        /// Display name of an agent or a bot.
        author: Option<String>,
        /// Plain text; empty if links or choices are all there is.
        text: String,
        /// In addition to what is in the text.
        links: Vec<Link>,
        /// Answers that are offered; one is given by sending its label.
        choices: Vec<Choice>,
        /// When.
        sent_at: DateTime<Utc>,
    },
    /// Somebody sent a file.
    #[schemars(title = "FileEvent")]
    File {
        /// As a message's. If one entry of Salesforce's becomes several events, all but the first have `.` and their place
        /// added to it.
        id: String,
        /// Who.
        from: Sender,
        /// Display name of an agent or a bot.
        author: Option<String>,
        /// File name.
        name: String,
        /// Media type.
        content_type: String,
        /// Bytes; only known of the customer's own.
        size: Option<u64>,
        /// Path on our side.
        url: String,
        /// When.
        sent_at: DateTime<Utc>,
    },
    /// Somebody began to type, or stopped.
    #[schemars(title = "TypingEvent")]
    Typing {
        /// Display name.
        name: Option<String>,
        /// Began.
        typing: bool,
    },
    /// What became of a message of the customer's.
    #[schemars(title = "ReceiptEvent")]
    Receipt {
        /// The client's own id.
        message_id: String,
        /// What.
        state: ReceiptState,
        /// When.
        at: DateTime<Utc>,
    },
    /// The end: there is a Case.
    #[schemars(title = "CaseEvent")]
    Case {
        /// Its record id.
        case_id: String,
        /// Its number, if it is known.
        case_number: Option<String>,
        /// Who made it.
        by: By,
    },
    /// The end: the conversation is over.
    #[schemars(title = "EndedEvent")]
    Ended {
        /// By whom.
        by: By,
    },
}

/// What an agent did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum AgentChange {
    /// Came.
    Joined,
    /// Left.
    Left,
}

/// Who said something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Sender {
    /// A human agent.
    Agent,
    /// A bot of the company.
    Bot,
    /// The company's Salesforce itself.
    System,
    /// The customer.
    Customer,
}

impl CustomerEvent {
    /// The stream's name for it.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Status { .. } => "status",
            Self::Queue { .. } => "queue",
            Self::Agent { .. } => "agent",
            Self::Message { .. } => "message",
            Self::File { .. } => "file",
            Self::Typing { .. } => "typing",
            Self::Receipt { .. } => "receipt",
            Self::Case { .. } => "case",
            Self::Ended { .. } => "ended",
        }
    }
}

/// An event, and its id if it is in the log.
#[derive(Clone, PartialEq)]
pub struct Numbered {
    /// `None` for what is not replayed.
    pub id: Option<EventId>,
    /// The event.
    pub event: CustomerEvent,
}

impl Numbered {
    /// As it goes over the wire.
    #[must_use]
    pub fn encoded(&self) -> Bytes {
        let data = serde_json::to_string(&self.event).unwrap_or_default();
        let event = Sse::default().event(self.event.name()).data(data);
        let event = match self.id {
            Some(id) => event.id(id.to_string()),
            None => event,
        };
        event.encode().unwrap_or_default()
    }
}

/// The id of an event in the log. A record may become several events, and a client may be cut off between them. The default is
/// before all others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct EventId {
    /// The record's number.
    pub record: u64,
    /// 0 for its first event.
    pub part: u16,
}

impl EventId {
    /// Reads a `Last-Event-ID`: `12` or `12.1`, with or without spaces around it. `None` for what is no id of ours.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (record, part) = text.split_once('.').unwrap_or((text, "0"));
        Some(Self { record: record.parse().ok()?, part: part.parse().ok()? })
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.part {
            0 => write!(formatter, "{}", self.record),
            part => write!(formatter, "{}.{part}", self.record),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    fn at() -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000, 0).unwrap()
    }

    fn check(event: &CustomerEvent, name: &str, data: &Value) {
        assert_eq!((event.name(), serde_json::to_value(event).unwrap()), (name, data.clone()));
    }

    #[test]
    fn an_event_s_data_has_every_member_and_null_for_what_is_unknown() {
        let at_text = "2027-01-15T08:00:00Z";
        check(
            &CustomerEvent::Status { status: Status::CreatingCase, at: at() },
            "status",
            &json!({ "status": "creatingCase", "at": at_text }),
        );
        check(
            &CustomerEvent::Queue { position: None, estimated_wait_seconds: Some(90) },
            "queue",
            &json!({ "position": null, "estimatedWaitSeconds": 90 }),
        );
        check(
            &CustomerEvent::Agent { change: AgentChange::Joined, name: None, at: at() },
            "agent",
            &json!({ "change": "joined", "name": null, "at": at_text }),
        );
        check(
            &CustomerEvent::Typing { name: Some("Grace".into()), typing: true },
            "typing",
            &json!({ "name": "Grace", "typing": true }),
        );
        check(
            &CustomerEvent::Receipt { message_id: "m1".into(), state: ReceiptState::Undelivered, at: at() },
            "receipt",
            &json!({ "messageId": "m1", "state": "undelivered", "at": at_text }),
        );
        check(
            &CustomerEvent::Case { case_id: "500x".into(), case_number: None, by: By::SalesforceFlow },
            "case",
            &json!({ "caseId": "500x", "caseNumber": null, "by": "salesforceFlow" }),
        );
        check(&CustomerEvent::Ended { by: By::Inactivity }, "ended", &json!({ "by": "inactivity" }));
    }

    #[test]
    fn a_message_s_and_a_file_s_data_have_every_member_too() {
        let message = CustomerEvent::Message {
            id: "e1".into(),
            from: Sender::Bot,
            author: None,
            text: String::new(),
            links: vec![Link { title: "Docs".into(), url: "https://example.com/".into() }],
            choices: vec![Choice { label: "Yes".into() }],
            sent_at: at(),
        };
        let data = json!({
            "id": "e1", "from": "bot", "author": null, "text": "", "links": [{ "title": "Docs", "url": "https://example.com/" }],
            "choices": [{ "label": "Yes" }], "sentAt": "2027-01-15T08:00:00Z",
        });
        check(&message, "message", &data);
        let file = CustomerEvent::File {
            id: "e1.1".into(),
            from: Sender::System,
            author: None,
            name: "a.png".into(),
            content_type: "image/png".into(),
            size: None,
            url: "/v1/x".into(),
            sent_at: at(),
        };
        let data = json!({
            "id": "e1.1", "from": "system", "author": null, "name": "a.png", "contentType": "image/png", "size": null,
            "url": "/v1/x", "sentAt": "2027-01-15T08:00:00Z",
        });
        check(&file, "file", &data);
    }

    #[test]
    fn an_id_is_read_as_a_client_may_send_it() {
        let id = |record, part| Some(EventId { record, part });
        let cases = [
            ("12", id(12, 0)),
            ("12.0", id(12, 0)),
            (" 12.1\t", id(12, 1)),
            ("0", id(0, 0)),
            ("", None),
            ("12.", None),
            (".1", None),
            ("-1", None),
            ("12.1.1", None),
            ("12.65536", None),
            ("18446744073709551616", None),
            ("abc", None),
        ];
        for (text, expected) in cases {
            assert_eq!(EventId::parse(text), expected, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn an_id_reads_back_as_it_was_written(record: u64, part: u16) {
            let id = EventId { record, part };
            prop_assert_eq!(EventId::parse(&id.to_string()), Some(id));
        }

        #[test]
        fn ids_order_as_their_records_and_then_as_their_parts(a: (u64, u16), b: (u64, u16)) {
            let id = |(record, part)| EventId { record, part };
            prop_assert_eq!(id(a).cmp(&id(b)), a.cmp(&b));
        }

        #[test]
        fn no_text_is_too_odd_to_be_refused_as_an_id(text in ".*") {
            if let Some(id) = EventId::parse(&text) {
                prop_assert_eq!(EventId::parse(&id.to_string()), Some(id));
            }
        }
    }
}
