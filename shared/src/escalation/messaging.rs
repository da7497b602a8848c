//! How far the live conversation has come.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::settings::MessagingSettings;

/// A conversation that is not open after so long becomes a Case.
pub const START_DEADLINE: TimeDelta = TimeDelta::minutes(3);

/// How long after the last create attempt a 404 may still turn into an open conversation.
const LATE_CREATE: TimeDelta = TimeDelta::minutes(15);

/// How far the live conversation has come. It holds nothing that was said in it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Messaging {
    /// The deployment that it was started with; later settings do not move it.
    pub deployment: MessagingSettings,
    /// When live was chosen.
    pub chosen_at: DateTime<Utc>,
    /// When its creation was last sent; stored before that. From then on it may exist.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub create_attempted_at: Option<DateTime<Utc>>,
    /// When it was known to be open.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub opened_at: Option<DateTime<Utc>>,
    /// Whether the agent's context is in it, or can never be.
    #[serde(default)]
    pub context_settled: bool,
    /// The number, in the log, of the last thing that the customer has said, until it is known that all is in it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub undelivered: Option<u64>,
    /// Hints to start it, or to send the context, that come sooner are ignored.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub not_before: Option<DateTime<Utc>>,
    /// Failures in a row to start it or to send the context.
    #[serde(default)]
    pub failures: u32,
    /// Since when it waits for a human; counted afresh when it was requeued.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub waiting_since: Option<DateTime<Utc>>,
    /// The subjects (user ids) of the agents who were in it at the last look.
    #[serde(default)]
    pub agents: Vec<String>,
    /// How often an agent had come by then; the timeline has as many.
    #[serde(default)]
    pub joins: u32,
    /// How often an agent had left by then; the timeline has as many.
    #[serde(default)]
    pub leaves: u32,
    /// Those of them after which it was found out how the conversation goes on.
    #[serde(default)]
    pub leaves_settled: u32,
    /// The last look that succeeded.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub looked_at: Option<DateTime<Utc>>,
    /// The `MessagingSession` record, once Salesforce has named it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub session_id: Option<String>,
    /// When a message was refused because the session is over: Salesforce need not tell the end otherwise.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub session_ended_at: Option<DateTime<Utc>>,
    /// Looks since something last changed; the interval grows with them.
    #[serde(default)]
    pub looks: u32,
    /// Since when no look has succeeded.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub unreachable_since: Option<DateTime<Utc>>,
    /// Since when it is refused or over without a human, and the org's flow may still call back.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub unanswered_since: Option<DateTime<Utc>>,
    /// Since when it is not found.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub missing_since: Option<DateTime<Utc>>,
    /// When it was first seen that the last agent had left.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub leaving_since: Option<DateTime<Utc>>,
    /// Since when it is said to need routing although an agent is in it, as after an end of which nothing told.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub unrouted_since: Option<DateTime<Utc>>,
    /// Whether everything that was said in it is in the log: it was read after it was closed, or can't be read any more.
    #[serde(default)]
    pub is_read_to_its_end: bool,
    /// Whether the closing in Salesforce is settled: done, or given up because the token had run out.
    #[serde(default)]
    pub close_settled: bool,
}

/// A conversation that must be closed in Salesforce.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwedClose {
    /// When it is tried next.
    pub at: DateTime<Utc>,
    /// Tries in a row that failed.
    pub failures: u32,
}

impl Messaging {
    /// Live is chosen, nothing is sent.
    #[must_use]
    pub fn chosen(deployment: MessagingSettings, now: DateTime<Utc>) -> Self {
        Self {
            deployment,
            chosen_at: now,
            create_attempted_at: None,
            opened_at: None,
            context_settled: false,
            undelivered: None,
            not_before: None,
            failures: 0,
            waiting_since: None,
            agents: Vec::new(),
            joins: 0,
            leaves: 0,
            leaves_settled: 0,
            looked_at: None,
            session_id: None,
            session_ended_at: None,
            looks: 0,
            unreachable_since: None,
            unanswered_since: None,
            missing_since: None,
            leaving_since: None,
            unrouted_since: None,
            is_read_to_its_end: false,
            close_settled: false,
        }
    }

    /// When the start is given up.
    #[must_use]
    pub fn start_deadline(&self) -> DateTime<Utc> {
        self.chosen_at + START_DEADLINE
    }

    /// From when on a 404 proves that no conversation will appear any more.
    #[must_use]
    pub fn absent_from(&self) -> DateTime<Utc> {
        self.create_attempted_at.map_or(self.chosen_at, |at| at + LATE_CREATE)
    }

    /// Whether the last look saw how it stands.
    #[must_use]
    pub fn is_seen(&self) -> bool {
        self.unreachable_since.is_none() && self.missing_since.is_none()
    }

    /// Whether a conversation may be open in Salesforce.
    #[must_use]
    pub fn may_be_open(&self) -> bool {
        self.create_attempted_at.is_some() && !self.close_settled
    }
}
