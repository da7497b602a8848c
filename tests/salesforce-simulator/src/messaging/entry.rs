//! The entries of a conversation, as the event stream and the list of entries show them.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Something that was said or happened in a conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// Unique in the conversation; a sent message's own id.
    pub identifier: String,
    /// What it is.
    pub entry_type: EntryType,
    /// Who did it.
    pub sender: Sender,
    /// What was said, if it is a message with a text or a link.
    pub text: Option<String>,
    /// `entryPayload`, as an object.
    pub payload: Value,
    /// When, by the simulator's clock.
    pub at: DateTime<Utc>,
    /// Ids of the records that it belongs to.
    pub related_records: Vec<String>,
}

/// Salesforce's entry types.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the variants are Salesforce's own names")]
pub enum EntryType {
    Message,
    ParticipantChanged,
    RoutingResult,
    RoutingWorkResult,
    QueuePosition,
    SessionStatusChanged,
    CloseConversation,
    DeliveryAcknowledgement,
    ReadAcknowledgement,
    TypingStartedIndicator,
    TypingStoppedIndicator,
}

/// Who took part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Sender {
    /// Customer, agent, bot or Salesforce itself.
    pub role: Role,
    /// The name that is shown.
    pub name: String,
    /// The token's subject, or a user's id.
    pub subject: String,
}

/// The roles that the simulator plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the variants are Salesforce's own words")]
pub enum Role {
    EndUser,
    Agent,
    Chatbot,
    System,
}

impl Entry {
    /// The `conversationEntry` of the event stream, or an element of the listed entries.
    pub(crate) fn render(&self, payload_as_text: bool) -> Value {
        let payload = if payload_as_text { self.payload.to_string().into() } else { self.payload.clone() };
        json!({
            "identifier": self.identifier,
            "entryType": self.entry_type,
            "entryPayload": payload,
            "sender": self.sender.participant(),
            "senderDisplayName": self.sender.name,
            "transcriptedTimestamp": self.at.timestamp_millis(),
            "clientTimestamp": self.at.timestamp_millis(),
            "clientDuration": 0,
            "relatedRecords": self.related_records,
        })
    }
}

impl EntryType {
    /// The name that the event stream gives it.
    pub(crate) fn event_name(self) -> &'static str {
        match self {
            Self::Message => "CONVERSATION_MESSAGE",
            Self::ParticipantChanged => "CONVERSATION_PARTICIPANT_CHANGED",
            Self::RoutingResult => "CONVERSATION_ROUTING_RESULT",
            Self::RoutingWorkResult => "CONVERSATION_ROUTING_WORK_RESULT",
            Self::QueuePosition => "CONVERSATION_QUEUE_POSITION",
            Self::SessionStatusChanged => "CONVERSATION_SESSION_STATUS_CHANGED",
            Self::CloseConversation => "CONVERSATION_CLOSE_CONVERSATION",
            Self::DeliveryAcknowledgement => "CONVERSATION_DELIVERY_ACKNOWLEDGEMENT",
            Self::ReadAcknowledgement => "CONVERSATION_READ_ACKNOWLEDGEMENT",
            Self::TypingStartedIndicator => "CONVERSATION_TYPING_STARTED_INDICATOR",
            Self::TypingStoppedIndicator => "CONVERSATION_TYPING_STOPPED_INDICATOR",
        }
    }

    /// Whether it is among a conversation's entries; the rest is on the event stream only.
    pub(crate) fn is_saved(self) -> bool {
        match self {
            Self::QueuePosition
            | Self::DeliveryAcknowledgement
            | Self::ReadAcknowledgement
            | Self::TypingStartedIndicator
            | Self::TypingStoppedIndicator => false,
            Self::Message
            | Self::ParticipantChanged
            | Self::RoutingResult
            | Self::RoutingWorkResult
            | Self::SessionStatusChanged
            | Self::CloseConversation => true,
        }
    }
}

impl Sender {
    /// Salesforce itself.
    pub(crate) fn system() -> Self {
        Self { role: Role::System, name: "Automated Process".into(), subject: "conversation".into() }
    }

    /// The customer behind a token.
    pub(crate) fn end_user(subject: &str) -> Self {
        Self { role: Role::EndUser, name: "Guest".into(), subject: subject.into() }
    }

    pub(crate) fn participant(&self) -> Value {
        let app_type = match self.role {
            Role::EndUser => "iamessage",
            Role::Agent => "agent",
            Role::Chatbot => "chatbot",
            Role::System => "conversation",
        };
        json!({ "role": self.role, "appType": app_type, "subject": self.subject, "clientIdentifier": self.subject })
    }
}
