//! Switches for what nobody could tell about Salesforce without an org.
//!
//! Each names the sections of the Messaging fact sheet that leave it open. The defaults are the likeliest or, where a
//! client could do harm, the worst.

use serde::{Deserialize, Serialize};

use crate::messaging::conversation::RoutingStatus;

/// Behaviour of Salesforce that is not documented.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "each switch stands for a question of its own")]
pub struct Uncertain {
    /// A create with the id of a conversation that exists (3.1).
    pub duplicate_create: DuplicateCreate,
    /// `lastEventId` of a token reply is a JSON number, not a string (2.1).
    pub numeric_last_event_id: bool,
    /// The event stream takes an org id of 18 characters (5).
    pub long_org_id_on_stream: bool,
    /// An event stream without `Last-Event-Id` is refused with 400; otherwise it is live only (5).
    pub last_event_id_required: bool,
    /// `entryPayload` of listed entries is JSON text, not an object (3.4).
    pub listed_payload_as_text: bool,
    /// Entries are listed oldest first unless `direction` says otherwise (3.4).
    pub entries_oldest_first: bool,
    /// Milliseconds until an entry is listed (4.1: delivery is asynchronous).
    pub entries_lag_ms: u32,
    /// An event stream never replays, whatever its `Last-Event-Id` says (5).
    pub no_replay: bool,
    /// The entries of a closed conversation can't be listed (3.5: "nothing more can be done").
    pub entries_hidden_after_close: bool,
    /// A text with a URL at its start or end becomes two entries, the first with the message's id (4.1).
    pub split_urls: bool,
    /// A message whose id was sent before (4.1).
    pub repeated_message: RepeatedMessage,
    /// The most UTF-16 units of a text (7.3); more is 400.
    pub longest_text: usize,
    /// A renewed token ends when the old one would have (2.4).
    pub continuation_keeps_expiry: bool,
    /// A renewal ends the old token (2.4).
    pub continuation_ends_old_token: bool,
    /// A second event stream of a guest closes the first (5).
    pub second_stream_evicts: bool,
    /// A create without `language` is refused with 400 (3.1).
    pub language_required: bool,
    /// The body of a refusal (7.1).
    pub error_body: ErrorShape,
    /// `Retry-After` of a 429; none if 0 (7.1).
    pub retry_after_seconds: u32,
    /// Status of a reply to acknowledgements (4.4).
    pub acknowledgement_status: u16,
    /// The times of a session's status are seconds, not milliseconds (6.4).
    pub session_times_in_seconds: bool,
    /// `position` counts the people ahead, from 0; otherwise places in the queue, from 1 (6.4).
    pub queue_position_from_zero: bool,
    /// Which of the two measures of a wait the channel sends (6.4).
    pub wait_shown: WaitShown,
    /// `routingStatus` after a session ended in which an agent was (3.2).
    pub routing_status_after_end: RoutingStatus,
    /// `routingStatus` after an agent transferred the session or gave it back to the queue (3.2).
    pub routing_status_after_transfer: RoutingStatus,
    /// The events of an agent's end (10).
    pub agent_end: AgentEnd,
    /// Milliseconds for which Salesforce keeps an event stream open; 0 is for ever (5).
    pub stream_life_ms: u64,
    /// Milliseconds between pings (5: under 30 s).
    pub ping_ms: u64,
    /// Every event is sent twice (5).
    pub duplicate_events: bool,
    /// An event of an unknown name comes before every other (5).
    pub unknown_events: bool,
    /// Seconds without an event stream after which a conversation is abandoned and its session ends; 0 is never (10).
    pub abandonment_seconds: u32,
    /// An attachment's URL needs the guest's token (6.4).
    pub attachments_need_token: bool,
    /// `relatedRecords` of a message holds the `MessagingSession`'s id (6.3).
    pub session_in_related_records: bool,
    /// A second close is 404; otherwise 204 again (3.5).
    pub second_close_not_found: bool,
}

/// What a create with a known id does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum DuplicateCreate {
    /// 409.
    Conflict,
    /// 201, and nothing is done.
    Created,
    /// 201, and another `MessagingSession` is routed.
    NewSession,
}

/// What a message with a known id does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum RepeatedMessage {
    /// 202, and the agent sees it twice; the second entry has an identifier of its own.
    Doubles,
    /// 202, and nothing is done.
    Ignored,
    /// 409.
    Conflict,
}

/// The body of a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ErrorShape {
    /// `{"message": …}`.
    Message,
    /// `{"error": "BAD_REQUEST", "message": …, "code": 400}`.
    Labelled,
    /// `{"errors": [{"message": …}]}`.
    List,
    /// No body at all.
    Empty,
}

/// Which measures of a wait a channel sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum WaitShown {
    /// Each that a script asks for.
    Both,
    /// Only the estimated wait time.
    EstimatedWaitTime,
    /// Only the position in the queue.
    QueuePosition,
}

/// The events of an agent's end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum AgentEnd {
    /// The agent leaves, and the session's status changes.
    ParticipantAndStatus,
    /// The agent leaves.
    ParticipantOnly,
    /// The session's status changes.
    StatusOnly,
    /// None.
    Silent,
}

impl Default for Uncertain {
    fn default() -> Self {
        Self {
            duplicate_create: DuplicateCreate::Conflict,
            numeric_last_event_id: false,
            long_org_id_on_stream: false,
            last_event_id_required: false,
            listed_payload_as_text: false,
            entries_oldest_first: false,
            entries_lag_ms: 0,
            no_replay: false,
            entries_hidden_after_close: false,
            split_urls: true,
            repeated_message: RepeatedMessage::Doubles,
            longest_text: 4_096,
            continuation_keeps_expiry: false,
            continuation_ends_old_token: false,
            second_stream_evicts: false,
            language_required: false,
            error_body: ErrorShape::Message,
            retry_after_seconds: 0,
            acknowledgement_status: 200,
            session_times_in_seconds: false,
            queue_position_from_zero: false,
            wait_shown: WaitShown::Both,
            routing_status_after_end: RoutingStatus::NeedsRouting,
            routing_status_after_transfer: RoutingStatus::Transfer,
            agent_end: AgentEnd::ParticipantAndStatus,
            stream_life_ms: 0,
            ping_ms: 10_000,
            duplicate_events: false,
            unknown_events: false,
            abandonment_seconds: 0,
            attachments_need_token: false,
            session_in_related_records: true,
            second_close_not_found: true,
        }
    }
}
