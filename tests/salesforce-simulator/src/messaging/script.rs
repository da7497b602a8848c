//! What happens to a conversation: by a script, or by a test's hand.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::messaging::conversation::EndedBy;

/// What happens to every new conversation by itself; the default is nothing, as if nobody were at work.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Script(pub Vec<Step>);

/// One thing that happens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Step {
    /// Milliseconds of the simulator's clock after the create was committed; steps of one moment keep their order.
    #[serde(default)]
    pub after_ms: u64,
    /// What happens.
    pub action: Action,
}

/// Something that Salesforce, an agent or a flow does to a conversation.
///
/// In a conversation that is closed, or whose session has ended, nobody joins or speaks any more: such an action does nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields)]
pub enum Action {
    /// The place in the queue, 1 for the next.
    QueuePosition {
        /// The place.
        position: u32,
    },
    /// Omni-Channel found a queue.
    RoutingResult {
        /// Seconds that the wait is estimated at; negative if it can't be told, absent if it wasn't asked for.
        #[serde(default)]
        estimated_wait_seconds: Option<i64>,
    },
    /// Omni-Channel found nobody.
    RoutingFailure {
        /// Why.
        #[serde(default)]
        error_messages: Vec<String>,
    },
    /// Omni-Channel offered the work to an agent.
    RoutingWork {
        /// What came of it.
        work_type: WorkType,
    },
    /// An agent takes the conversation.
    AgentJoins {
        /// The name that customers see.
        name: String,
    },
    /// An agent accepts the work that Omni-Channel offers, unless an agent has the conversation already.
    AgentAccepts {
        /// The name that customers see.
        name: String,
    },
    /// A bot takes part; nobody human has the conversation.
    ChatbotJoins {
        /// The name that customers see.
        name: String,
    },
    /// The bots leave.
    ChatbotLeaves,
    /// The agent writes.
    AgentSays {
        /// The text.
        text: String,
    },
    /// A bot writes.
    ChatbotSays {
        /// The text.
        text: String,
    },
    /// An automatic text of the channel.
    SystemSays {
        /// The text.
        text: String,
    },
    /// The agent sends a file.
    AgentSendsFile {
        /// File name.
        name: String,
        /// Media type.
        content_type: String,
        /// The bytes, which are text.
        content: String,
    },
    /// The agent sends a message of any type.
    AgentSendsMessage {
        /// `abstractMessage` without its `id`.
        message: Value,
    },
    /// The agent starts or stops typing.
    AgentTyping {
        /// Starts.
        typing: bool,
    },
    /// The customer's messages were delivered to the agent or read: each of which that was not told before.
    AgentAcknowledges {
        /// Read, not only delivered.
        read: bool,
    },
    /// The agents leave and the conversation is routed on.
    Transfer {
        /// The agent who takes it at once; it waits in a queue if absent.
        #[serde(default)]
        to: Option<String>,
    },
    /// The agents leave.
    AgentLeaves {
        /// The conversation goes back to the queue; otherwise nothing tells what comes next.
        requeue: bool,
    },
    /// One of several agents leaves; the others go on.
    OneAgentLeaves {
        /// The name that customers see.
        name: String,
    },
    /// The customer has been silent for the channel's limit; the session is not over.
    GoesInactive,
    /// The session ends; the conversation stays open.
    SessionEnds {
        /// Who or what ended it.
        by: EndedBy,
        /// The event stream and the entries tell it.
        #[serde(default = "yes")]
        with_event: bool,
    },
    /// The org's Omni-Channel flow does not route the conversation but calls the package's action.
    FlowRefuses(FlowRefusal),
}

/// What came of work that was offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the variants are Salesforce's own words")]
pub enum WorkType {
    Assigned,
    Accepted,
    Declined,
    Cancelled,
}

/// How the flow refuses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct FlowRefusal {
    /// The flow makes a Case, without our external id and with [`FLOW_CASE_MARK`](crate::FLOW_CASE_MARK).
    pub make_case: bool,
    /// Milliseconds after which each callback is sent: empty is never, two are the same callback twice.
    pub callback: Vec<u64>,
    /// The callback knows the Case's number.
    pub case_number: bool,
    /// The first callback is sent, and answered, before the create is. Only for a step with `afterMs` 0.
    pub before_create_answer: bool,
    /// What else comes of it.
    pub outcome: RefusalOutcome,
}

/// What Salesforce tells of a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum RefusalOutcome {
    /// Nothing: the session goes on waiting.
    Silent,
    /// A routing result that failed.
    RoutingFailure,
    /// The session ends after that.
    SessionEnd,
}

impl Script {
    /// An agent takes every conversation at once, as Omni-Channel tells it.
    #[must_use]
    pub fn agent_joins(name: &str) -> Self {
        Self::at_once([
            Action::RoutingResult { estimated_wait_seconds: Some(30) },
            Action::AgentAccepts { name: name.into() },
        ])
    }

    /// The flow refuses every conversation at once.
    #[must_use]
    pub fn flow_refuses(refusal: FlowRefusal) -> Self {
        Self::at_once([Action::FlowRefuses(refusal)])
    }

    /// These actions, in this order, when a conversation is created.
    #[must_use]
    pub fn at_once(actions: impl IntoIterator<Item = Action>) -> Self {
        Self(actions.into_iter().map(|action| Step { after_ms: 0, action }).collect())
    }

    /// The same with one more action at its own time.
    #[must_use]
    pub fn then(mut self, after_ms: u64, action: Action) -> Self {
        self.0.push(Step { after_ms, action });
        self
    }
}

impl Action {
    /// Whether it is something that only an agent in the conversation can do.
    pub(crate) fn needs_agent(&self) -> bool {
        matches!(
            self,
            Self::AgentSays { .. }
                | Self::AgentSendsFile { .. }
                | Self::AgentSendsMessage { .. }
                | Self::AgentTyping { .. }
                | Self::AgentLeaves { .. }
                | Self::OneAgentLeaves { .. }
        )
    }
}

impl Default for FlowRefusal {
    fn default() -> Self {
        Self {
            make_case: true,
            callback: vec![0],
            case_number: true,
            before_create_answer: false,
            outcome: RefusalOutcome::RoutingFailure,
        }
    }
}

fn yes() -> bool {
    true
}
