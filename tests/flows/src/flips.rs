//! What is unsure about Salesforce, each the other way.

use salesforce_simulator::{
    AgentEnd, DuplicateCreate, ErrorShape, RepeatedMessage, RoutingStatus, Uncertain, WaitShown,
};

/// A change of one switch. Two are left out: an `AgentEnd::Silent` takes minutes to be found out, and has a test of its own; and
/// `abandonment_seconds` ends what no customer's chat is connected to.
pub type Flip = (&'static str, fn(&mut Uncertain));

/// Each switch, the other way than by default.
pub const FLIPS: [Flip; 37] = [
    ("a repeated create is 201", |uncertain| uncertain.duplicate_create = DuplicateCreate::Created),
    ("a repeated create opens a session", |uncertain| uncertain.duplicate_create = DuplicateCreate::NewSession),
    ("numeric_last_event_id", |uncertain| uncertain.numeric_last_event_id = true),
    ("long_org_id_on_stream", |uncertain| uncertain.long_org_id_on_stream = true),
    ("last_event_id_required", |uncertain| uncertain.last_event_id_required = true),
    ("listed_payload_as_text", |uncertain| uncertain.listed_payload_as_text = true),
    ("entries_oldest_first", |uncertain| uncertain.entries_oldest_first = true),
    ("entries_lag_ms", |uncertain| uncertain.entries_lag_ms = 4_000),
    ("no_replay", |uncertain| uncertain.no_replay = true),
    ("entries_hidden_after_close", |uncertain| uncertain.entries_hidden_after_close = true),
    ("split_urls", |uncertain| uncertain.split_urls = false),
    ("a repeated message is ignored", |uncertain| uncertain.repeated_message = RepeatedMessage::Ignored),
    ("a repeated message is 409", |uncertain| uncertain.repeated_message = RepeatedMessage::Conflict),
    ("longest_text", |uncertain| uncertain.longest_text = 4_000),
    ("continuation_keeps_expiry", |uncertain| uncertain.continuation_keeps_expiry = true),
    ("continuation_ends_old_token", |uncertain| uncertain.continuation_ends_old_token = true),
    ("second_stream_evicts", |uncertain| uncertain.second_stream_evicts = true),
    ("language_required", |uncertain| uncertain.language_required = true),
    ("errors with a label", |uncertain| uncertain.error_body = ErrorShape::Labelled),
    ("errors in a list", |uncertain| uncertain.error_body = ErrorShape::List),
    ("errors without a body", |uncertain| uncertain.error_body = ErrorShape::Empty),
    ("retry_after_seconds", |uncertain| uncertain.retry_after_seconds = 30),
    ("acknowledgement_status", |uncertain| uncertain.acknowledgement_status = 202),
    ("session_times_in_seconds", |uncertain| uncertain.session_times_in_seconds = true),
    ("queue_position_from_zero", |uncertain| uncertain.queue_position_from_zero = true),
    ("wait_shown", |uncertain| uncertain.wait_shown = WaitShown::QueuePosition),
    ("routing_status_after_end", |uncertain| uncertain.routing_status_after_end = RoutingStatus::Routed),
    ("routing_status_after_transfer", |uncertain| uncertain.routing_status_after_transfer = RoutingStatus::Initial),
    ("only the agent's leaving is told", |uncertain| uncertain.agent_end = AgentEnd::ParticipantOnly),
    ("only the session's end is told", |uncertain| uncertain.agent_end = AgentEnd::StatusOnly),
    ("stream_life_ms", |uncertain| uncertain.stream_life_ms = 1_000),
    ("ping_ms", |uncertain| uncertain.ping_ms = 1_000),
    ("duplicate_events", |uncertain| uncertain.duplicate_events = true),
    ("unknown_events", |uncertain| uncertain.unknown_events = true),
    ("attachments_need_token", |uncertain| uncertain.attachments_need_token = true),
    ("session_in_related_records", |uncertain| uncertain.session_in_related_records = false),
    ("second_close_not_found", |uncertain| uncertain.second_close_not_found = false),
];
