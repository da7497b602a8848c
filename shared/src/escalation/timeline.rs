//! What happened to an escalation, in order.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TimelineEntry {
    /// When.
    pub at: DateTime<Utc>,
    /// What.
    pub event: Event,
    /// More about it. Never anything that a customer wrote.
    pub detail: Option<String>,
}

/// The kinds of things that happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Event {
    /// Stored; the caller was told so.
    Accepted,
    /// Live or Case was chosen.
    Routed,
    /// A conversation was opened in Salesforce.
    MessagingStarted,
    /// The agent's context was sent into it.
    ContextSent,
    /// A human joined.
    AgentJoined,
    /// A human left.
    AgentLeft,
    /// It waits for a human again.
    Requeued,
    /// A live conversation is being turned into a Case.
    RescueStarted,
    /// There is a Case.
    CaseCreated,
    /// The org called back.
    Callback,
    /// The conversation is over.
    Ended,
    /// The conversation was closed in Salesforce.
    ConversationClosed,
    /// It could not be closed before its token ran out.
    ConversationNotClosed,
    /// An optional part of the Case was refused and left out.
    Degraded,
    /// A try failed; there will be another.
    Retry,
    /// A person is needed.
    Stuck,
    /// It is driven on after it was stuck.
    Redriven,
}

impl Event {
    /// Whether people and orgs can bring it about without end.
    #[must_use]
    pub fn may_repeat(self) -> bool {
        matches!(
            self,
            Self::AgentJoined | Self::AgentLeft | Self::Requeued | Self::Callback | Self::Degraded | Self::Retry
        )
    }
}
