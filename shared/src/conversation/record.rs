//! What the durable log of a conversation holds: Salesforce's entries, and what happened on our side of it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::message_id;
use crate::escalation::{By, Status};
use crate::salesforce::messaging::Entry;

/// A record of the log, with its number. Holds what people said: it has no `Debug`.
#[derive(Clone, PartialEq)]
pub struct Record {
    /// 1 for the first.
    pub number: u64,
    /// What it is.
    pub event: LogEvent,
}

/// What a record is.
#[derive(Clone, PartialEq)]
pub enum LogEvent {
    /// An entry of Salesforce's.
    Entry(Entry),
    /// The customer said something to us.
    Customer(CustomerMessage),
    /// The escalation's status, as the customer was told.
    Status {
        /// Which.
        status: Status,
        /// Since when.
        at: DateTime<Utc>,
    },
    /// The end: there is a Case.
    Case {
        /// Its record id.
        id: String,
        /// Its number, if it is known.
        number: Option<String>,
        /// Who made it.
        by: By,
    },
    /// The end: the conversation is over.
    Ended {
        /// By whom.
        by: By,
    },
}

/// What the customer said, as they sent it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CustomerMessage {
    /// The client's own id.
    pub id: String,
    /// When we stored it.
    pub at: DateTime<Utc>,
    /// What.
    pub content: CustomerContent,
}

/// What the customer sent.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum CustomerContent {
    /// A text.
    Text(String),
    /// A file, whose bytes are stored apart.
    #[serde(rename_all = "camelCase")]
    File {
        /// Its name.
        name: String,
        /// Its media type.
        content_type: String,
        /// Its size in bytes.
        size: usize,
        /// The digest of its bytes, under which they are stored.
        digest: String,
        /// In how many chunks they are stored.
        chunks: u32,
    },
}

impl CustomerMessage {
    /// Its id in Salesforce.
    #[must_use]
    pub fn message_id(&self, escalation_id: Uuid) -> Uuid {
        message_id(escalation_id, &self.id)
    }
}

/// The stored form of what is no entry.
#[derive(Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase")]
enum Stored {
    Customer(CustomerMessage),
    Status { status: Status, at: DateTime<Utc> },
    Case { id: String, number: Option<String>, by: By },
    Ended { by: By },
}

impl LogEvent {
    /// What makes it one event, however often it is appended; `None` for what only its place makes unique.
    #[must_use]
    pub fn identity(&self) -> Option<String> {
        match self {
            Self::Entry(entry) => Some(format!("ENTRY#{}", entry.identifier)),
            Self::Customer(message) => Some(format!("CUSTOMER#{}", message.id)),
            Self::Case { .. } | Self::Ended { .. } => Some("END".to_owned()),
            Self::Status { .. } => None,
        }
    }

    /// Whether nothing can follow it.
    #[must_use]
    pub fn is_end(&self) -> bool {
        matches!(self, Self::Case { .. } | Self::Ended { .. })
    }

    /// Whether it is an end that leaves behind what was not delivered: only our own Case takes it along.
    #[must_use]
    pub fn leaves_messages_behind(&self) -> bool {
        matches!(self, Self::Ended { .. } | Self::Case { by: By::SalesforceFlow, .. })
    }

    /// For the table.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let stored = match self.clone() {
            Self::Entry(entry) => return serde_json::json!({ "kind": "entry", "source": entry.source }),
            Self::Customer(message) => Stored::Customer(message),
            Self::Status { status, at } => Stored::Status { status, at },
            Self::Case { id, number, by } => Stored::Case { id, number, by },
            Self::Ended { by } => Stored::Ended { by },
        };
        serde_json::to_value(stored).unwrap_or_default()
    }

    /// From the table; `None` if it can't be read.
    #[must_use]
    pub fn from_json(mut json: Value) -> Option<Self> {
        if json["kind"] == "entry" {
            return Entry::read(json["source"].take()).map(Self::Entry);
        }
        Some(match serde_json::from_value(json).ok()? {
            Stored::Customer(message) => Self::Customer(message),
            Stored::Status { status, at } => Self::Status { status, at },
            Stored::Case { id, number, by } => Self::Case { id, number, by },
            Stored::Ended { by } => Self::Ended { by },
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn customer(id: &str, content: CustomerContent) -> LogEvent {
        LogEvent::Customer(CustomerMessage { id: id.into(), at: DateTime::UNIX_EPOCH, content })
    }

    #[test]
    fn a_stored_event_reads_back_as_it_was() {
        let entry = Entry::read(json!({ "identifier": "e1", "entryType": "Message" })).unwrap();
        let (name, content_type, digest) = ("a.png".into(), "image/png".into(), "0".repeat(64));
        let file = CustomerContent::File { name, content_type, size: 7, digest, chunks: 1 };
        let events = [
            LogEvent::Entry(entry),
            customer("m1", CustomerContent::Text("Hello".into())),
            customer("m2", file),
            LogEvent::Status { status: Status::Waiting, at: DateTime::UNIX_EPOCH },
            LogEvent::Case { id: "500x".into(), number: None, by: By::SalesforceFlow },
            LogEvent::Ended { by: By::Inactivity },
        ];
        for event in events {
            assert!(LogEvent::from_json(event.to_json()).unwrap() == event, "{}", event.to_json());
        }
    }

    #[test]
    fn there_is_one_end_and_one_message_of_each_id() {
        let case = LogEvent::Case { id: "500x".into(), number: None, by: By::Us };
        assert_eq!(case.identity(), LogEvent::Ended { by: By::Agent }.identity());
        let message = |text: &str| customer("m1", CustomerContent::Text(text.into()));
        assert_eq!(message("a").identity(), message("b").identity());
        assert!(case.is_end() && !message("a").is_end());
    }

    #[test]
    fn only_our_own_case_takes_along_what_was_not_delivered() {
        let case = |by| LogEvent::Case { id: "500x".into(), number: None, by };
        assert!(!case(By::Us).leaves_messages_behind());
        assert!(case(By::SalesforceFlow).leaves_messages_behind());
        assert!(LogEvent::Ended { by: By::Agent }.leaves_messages_behind());
    }
}
