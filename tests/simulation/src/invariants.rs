//! What must hold after every history.

mod messages;
mod outcome;
mod stream;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use salesforce_simulator::{Conversation, Handle, Record, SentCallback};
use shared::escalation::{Escalation, Event};

use crate::chat::Chat;
use crate::customer::Customer;
use crate::dynamodb::Item;
use crate::plan::Organisation;

/// What must not be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The invariant.
    pub invariant: &'static str,
    /// What is there instead.
    pub detail: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.invariant, self.detail)
    }
}

/// What is left of a history.
pub(crate) struct Evidence<'a> {
    pub(crate) is_settled: bool,
    pub(crate) customers: &'a [Arc<Customer>],
    /// Of each customer, a chat that connected once, after the end.
    pub(crate) fresh: &'a [Chat],
    /// Every state of an escalation that was ever stored, in order.
    pub(crate) states: Vec<(DateTime<Utc>, Escalation)>,
    pub(crate) escalations: &'a [Escalation],
    pub(crate) orgs: Vec<Org>,
    pub(crate) mistakes: Vec<String>,
    /// Calls that a host refused or did not answer, in each minute.
    pub(crate) refusals: BTreeMap<(String, u64), u64>,
    /// What is left of a customer who was erased.
    pub(crate) not_erased: Vec<String>,
}

/// What is left in an organisation's org.
pub(crate) struct Org {
    organisation: String,
    host: String,
    /// How long a guest token lives at least.
    token_lifetime: TimeDelta,
    cases: Vec<Record>,
    conversations: Vec<Conversation>,
    callbacks: Vec<SentCallback>,
}

impl Org {
    pub(crate) fn of(organisation: &Organisation, salesforce: &Handle) -> Self {
        let name = &organisation.name;
        Self {
            organisation: name.clone(),
            host: organisation.host.clone(),
            token_lifetime: TimeDelta::seconds(organisation.token_lifetime_seconds.into()),
            cases: salesforce.cases(name),
            conversations: salesforce.conversations(name),
            callbacks: salesforce.callbacks(name),
        }
    }
}

impl Evidence<'_> {
    fn cases(&self) -> impl Iterator<Item = &Record> {
        self.orgs.iter().flat_map(|org| &org.cases)
    }

    fn conversations(&self) -> impl Iterator<Item = &Conversation> {
        self.orgs.iter().flat_map(|org| &org.conversations)
    }
}

type Invariant = (&'static str, fn(&Evidence<'_>) -> Vec<String>);

/// All invariants, by name.
const ALL: [Invariant; 19] = [
    ("the simulation knows what it is asked", |evidence| evidence.mistakes.clone()),
    ("nobody gets an answer that should not be", outcome::no_surprises),
    ("a repeated request is answered with the same escalation", outcome::one_escalation_for_each_key),
    ("every accepted escalation has its outcome", outcome::every_escalation_is_final),
    ("nothing is stuck that time can solve", outcome::nothing_is_stuck),
    ("an outcome stays", outcome::outcomes_stay),
    ("at most one Case is ours, and it is the outcome", outcome::one_case_of_ours),
    ("at most one messaging session was opened", outcome::one_session),
    ("an org holds nothing of another organisation", outcome::no_strangers),
    ("an org that refuses is left alone", outcome::no_storms),
    ("no conversation is left open behind an outcome", outcome::nothing_is_left_open),
    ("a callback that was taken is in the timeline", outcome::callbacks_are_recorded),
    ("the timeline explains the outcome", outcome::timelines_explain),
    ("every accepted message is in the record once, or known to be undelivered", messages::each_once),
    ("nothing is said twice in a conversation", messages::nothing_is_said_twice),
    ("the messages are in the record in the order of their acceptance", messages::in_order),
    ("a chat gets each event once and in order", stream::once_and_in_order),
    ("a chat ends with the outcome", stream::ends_with_the_outcome),
    ("of a customer who is erased nothing is left", |evidence| evidence.not_erased.clone()),
];

/// Their names.
pub fn names() -> impl Iterator<Item = &'static str> {
    ALL.iter().map(|(name, _)| *name)
}

/// Checks all of them.
pub(crate) fn check(evidence: &Evidence<'_>) -> Vec<Violation> {
    let found = ALL
        .iter()
        .flat_map(|(invariant, check)| check(evidence).into_iter().map(|detail| Violation { invariant, detail }));
    found.collect()
}

/// The escalations among items of the table.
pub(crate) fn escalations<'a>(items: impl Iterator<Item = &'a Item>) -> Vec<Escalation> {
    items.filter_map(escalation).collect()
}

/// Every state with its time.
pub(crate) fn states(stored: &[(DateTime<Utc>, Item)]) -> Vec<(DateTime<Utc>, Escalation)> {
    stored.iter().filter_map(|(at, item)| Some((*at, escalation(item)?))).collect()
}

fn escalation(item: &Item) -> Option<Escalation> {
    serde_json::from_value(plain(&item.clone().into(), true)).ok()
}

/// `DynamoDB` JSON as plain JSON.
fn plain(value: &serde_json::Value, is_item: bool) -> serde_json::Value {
    use serde_json::Value;
    let Some(members) = value.as_object() else { return Value::Null };
    if is_item {
        return members.iter().map(|(name, value)| (name.clone(), plain(value, false))).collect();
    }
    match members.iter().next().map(|(kind, value)| (kind.as_str(), value)) {
        Some(("S", text)) => text.clone(),
        Some(("N", digits)) => digits.as_str().and_then(|digits| digits.parse().ok()).unwrap_or(Value::Null),
        Some(("BOOL", flag)) => flag.clone(),
        Some(("M", _)) => plain(&members["M"], true),
        Some(("L", list)) => list.as_array().into_iter().flatten().map(|value| plain(value, false)).collect(),
        _ => Value::Null,
    }
}

/// The events of a timeline, shortly.
pub(crate) fn timeline(escalation: &Escalation) -> String {
    let entries = escalation.timeline.iter().map(|entry| {
        let detail = entry.detail.as_deref().map(|detail| format!("({detail})")).unwrap_or_default();
        format!("{:?}{detail}", entry.event)
    });
    entries.collect::<Vec<_>>().join(" ")
}

fn has(escalation: &Escalation, event: Event) -> bool {
    escalation.timeline.iter().any(|entry| entry.event == event)
}

fn short(escalation: &Escalation) -> String {
    format!("{} ({})", escalation.conversation_id, &escalation.escalation_id.to_string()[..8])
}
