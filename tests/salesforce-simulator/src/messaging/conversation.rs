//! A conversation and its sessions, as tests see them.

use std::collections::{BTreeMap, VecDeque};

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::messaging::entry::{Entry, EntryType, Role, Sender};

/// A conversation of a customer with an org.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Conversation {
    /// The id that the client gave it.
    pub id: String,
    /// Id of the org's `Conversation` record.
    pub record_id: String,
    /// Subject of the token that made it.
    pub subject: String,
    /// When it was made, by the simulator's clock.
    pub created_at: DateTime<Utc>,
    /// How many creates were received for its id.
    pub creates: u32,
    /// `language` of the create.
    pub language: Option<String>,
    /// The routing attributes that the flow got.
    pub routing_attributes: BTreeMap<String, String>,
    /// Those that were dropped silently: the deployment doesn't know them, or they were longer than 255.
    pub dropped_routing_attributes: BTreeMap<String, String>,
    /// Its sessions, the latest last.
    pub sessions: Vec<MessagingSession>,
    /// What `GET conversation/{id}` tells.
    pub routing_status: RoutingStatus,
    /// Not closed by the customer.
    pub is_open: bool,
    /// The agents and bots that are present.
    pub participants: Vec<Sender>,
    /// Everything that its transcript holds, in order.
    pub entries: Vec<Entry>,
    /// The place in the queue that was told last, until an agent joins.
    pub queue_position: Option<u32>,
    /// Whether the customer was typing when last heard of.
    pub end_user_typing: bool,
    /// When that was.
    pub end_user_typing_at: Option<DateTime<Utc>>,
    /// What the customer's client acknowledged.
    pub acknowledgements: Vec<Acknowledgement>,
    /// What the agents acknowledged.
    pub agent_acknowledgements: Vec<Acknowledgement>,
    /// The address under which the client knows the simulator.
    #[serde(skip)]
    pub(crate) own_url: String,
    /// Since when its customer has had no event stream.
    #[serde(skip)]
    pub(crate) unattended_since: Option<DateTime<Utc>>,
    #[serde(skip)]
    pub(crate) sent: RateLimit,
}

/// A record of `MessagingSession`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MessagingSession {
    /// `0Mw…`.
    pub id: String,
    /// `Status`.
    pub status: SessionStatus,
    /// Id of the Case that the flow made.
    pub case_id: Option<String>,
    /// When it began.
    pub started_at: DateTime<Utc>,
    /// When it ended.
    pub ended_at: Option<DateTime<Utc>>,
    /// Who or what ended it.
    pub ended_by: Option<EndedBy>,
}

/// The states of a session that the simulator plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the variants are Salesforce's own words")]
pub enum SessionStatus {
    New,
    Waiting,
    Active,
    Inactive,
    Ended,
}

/// `routingStatus` of a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[expect(missing_docs, reason = "the variants are Salesforce's own words")]
pub enum RoutingStatus {
    Initial,
    Routed,
    NeedsRouting,
    Transfer,
}

/// Who or what ended a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the variants say it")]
pub enum EndedBy {
    Agent,
    EndUser,
    Inactivity,
    System,
}

/// A receipt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Acknowledgement {
    /// Its own id.
    pub id: String,
    /// Delivered or read.
    pub entry_type: AcknowledgementType,
    /// The entry that it is about.
    pub conversation_entry_id: String,
}

/// What a receipt says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the variants are Salesforce's own words")]
pub enum AcknowledgementType {
    Delivery,
    Read,
}

/// Counts calls of the last minute.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct RateLimit(VecDeque<DateTime<Utc>>);

impl Conversation {
    /// Id of the latest session, `0Mw…`.
    #[must_use]
    pub fn session_id(&self) -> &str {
        self.sessions.last().map_or("", |session| &session.id)
    }

    /// Status of the latest session.
    #[must_use]
    pub fn session_status(&self) -> SessionStatus {
        self.sessions.last().map_or(SessionStatus::Ended, |session| session.status)
    }

    /// Who or what ended the latest session.
    #[must_use]
    pub fn ended_by(&self) -> Option<EndedBy> {
        self.sessions.last().and_then(|session| session.ended_by)
    }

    /// Names of the agents that are present; bots are not agents.
    #[must_use]
    pub fn agents(&self) -> Vec<&str> {
        self.present(Role::Agent).map(|agent| agent.name.as_str()).collect()
    }

    /// The messages and files, in order.
    #[must_use]
    pub fn messages(&self) -> impl DoubleEndedIterator<Item = &Entry> {
        self.entries.iter().filter(|entry| entry.entry_type == EntryType::Message)
    }

    /// What was said by one role, in order.
    #[must_use]
    pub fn texts_of(&self, role: Role) -> Vec<&str> {
        self.messages().filter(|entry| entry.sender.role == role).filter_map(|entry| entry.text.as_deref()).collect()
    }

    pub(crate) fn present(&self, role: Role) -> impl Iterator<Item = &Sender> {
        self.participants.iter().filter(move |participant| participant.role == role)
    }

    /// Whether anybody can still join or speak.
    pub(crate) fn is_live(&self) -> bool {
        self.is_open && self.session_status() != SessionStatus::Ended
    }

    pub(crate) fn session_mut(&mut self) -> Option<&mut MessagingSession> {
        self.sessions.last_mut()
    }
}

impl EndedBy {
    /// `sessionEndedByRole`.
    pub(crate) fn role(self) -> Role {
        match self {
            Self::Agent => Role::Agent,
            Self::EndUser => Role::EndUser,
            Self::Inactivity | Self::System => Role::System,
        }
    }
}

impl RateLimit {
    /// Counts one call, or refuses it if there were `limit` in the last minute.
    pub(crate) fn take(&mut self, now: DateTime<Utc>, limit: usize) -> bool {
        while self.0.front().is_some_and(|at| now - *at >= TimeDelta::minutes(1)) {
            self.0.pop_front();
        }
        let free = self.0.len() < limit;
        if free {
            self.0.push_back(now);
        }
        free
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minute_frees_what_it_took() {
        let mut limit = RateLimit::default();
        let now = DateTime::UNIX_EPOCH;
        assert!(limit.take(now, 2) && limit.take(now + TimeDelta::seconds(30), 2));
        assert!(!limit.take(now + TimeDelta::seconds(59), 2));
        assert!(limit.take(now + TimeDelta::seconds(60), 2));
        assert!(!limit.take(now + TimeDelta::seconds(60), 2));
    }
}
