//! The escalation: its states, what is kept of it, and what its callers see.

use chrono::{DateTime, TimeDelta, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

mod case_creation;
mod messaging;
mod status;
mod timeline;
mod transition;
mod view;

pub use case_creation::{CaseAttempt, CaseCreation, Mechanism};
pub use messaging::{Messaging, OwedClose, START_DEADLINE};
pub use status::{By, CaseReason, DecisionReason, Route, Status};
pub use timeline::{Event, TimelineEntry};
pub use view::EscalationView;

/// Work that is hinted to a function is owed again after this long, should the hint be lost.
pub const HINT_GRACE: TimeDelta = TimeDelta::seconds(20);

/// Events of a timeline, besides those that end it.
const LONGEST_TIMELINE: usize = 300;

/// One escalation, as it stands in the table. Its item is the truth; an invocation is only a hint.
///
/// It holds nothing that a customer wrote: the accepted request is kept apart, compressed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Escalation {
    /// Also the conversation's id in Salesforce.
    pub escalation_id: Uuid,
    /// Whose it is.
    pub organisation_id: String,
    /// The caller's name for the conversation.
    pub conversation_id: String,
    /// The outcome so far.
    pub status: Status,
    /// Who brought the final status about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<By>,
    /// Why it became a Case or ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<CaseReason>,
    /// When the caller's request was stored.
    pub accepted_at: DateTime<Utc>,
    /// When anything was last recorded.
    pub updated_at: DateTime<Utc>,
    /// What the router chose.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decision: Option<Decision>,
    /// The Case that is the outcome.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub case: Option<CaseReference>,
    /// A Case that the company's own flow made beside ours.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flow_case: Option<CaseReference>,
    /// Why a person is needed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stuck: Option<Stuck>,
    /// All that happened, oldest first.
    pub timeline: Vec<TimelineEntry>,
    /// Grows with each write; a write is conditional on the one it has read.
    pub revision: u64,
    /// When the function that is responsible for the status must act; `None` if none must. The index of what is due holds
    /// the earlier of this and [`Self::close`].
    #[serde(rename = "workDueAt", skip_serializing_if = "Option::is_none", default)]
    pub due_at: Option<DateTime<Utc>>,
    /// A conversation in Salesforce that must be closed.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub close: Option<OwedClose>,
    /// Who works on it just now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lease: Option<Lease>,
    /// Where the accepted request is kept.
    pub transcript: StoredTranscript,
    /// By what else it is found.
    #[serde(default)]
    pub found_by: FoundBy,
    /// When the time of all that is kept of it was last extended, as it was open for so long.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub extended_at: Option<DateTime<Utc>>,
    /// How far the live conversation has come; `None` if none was to be started.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub messaging: Option<Messaging>,
    /// How far the making of our Case has come.
    #[serde(default)]
    pub case_creation: CaseCreation,
    /// Whether the customer's chat has sent anything: then the conversation log has it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub has_customer_messages: bool,
}

/// What the router chose, and on what ground.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Decision {
    /// Live or Case.
    pub route: Route,
    /// Why.
    pub reason: DecisionReason,
    /// The version of the settings that were in force.
    pub settings_version: u64,
    /// The moment for which it was decided.
    pub decided_at: DateTime<Utc>,
    /// When the organisation opens next, if it is closed and opens within 400 days.
    pub next_opening: Option<DateTime<Utc>>,
}

/// A Case in the company's org.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CaseReference {
    /// Salesforce's 18-character record id.
    pub id: String,
    /// The `CaseNumber` that people use; `None` if it could not be read.
    pub number: Option<String>,
    /// Who made it.
    pub by: By,
}

/// Why automation gave up, and what an admin can do about it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Stuck {
    /// A stable word for programs.
    pub code: String,
    /// What happened, in a sentence.
    pub detail: String,
    /// The setting to change, or what to do in Salesforce.
    pub cure: String,
}

/// The right to work on an escalation, for a limited time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Lease {
    /// One invocation's own mark.
    pub id: Uuid,
    /// The invocation is certainly over after this.
    pub until: DateTime<Utc>,
}

/// Where the accepted request is kept: compressed, in this many chunks.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct StoredTranscript {
    /// At least one; one means that it was written in the accepting transaction.
    pub chunks: u32,
}

/// What an escalation is found by, besides its id and its conversation's: digests of what the caller has sent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FoundBy {
    /// SHA-256 of the idempotency key, in hex.
    pub idempotency_key: String,
    /// SHA-256 of the customer's id, in hex, if it was sent.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub customer: Option<String>,
}

impl Escalation {
    /// A new one: accepted, not yet routed, owed to the router.
    #[must_use]
    pub fn accepted(
        escalation_id: Uuid,
        organisation_id: &str,
        conversation_id: &str,
        chunks: u32,
        now: DateTime<Utc>,
    ) -> Self {
        Self {
            escalation_id,
            organisation_id: organisation_id.to_owned(),
            conversation_id: conversation_id.to_owned(),
            status: Status::Received,
            by: None,
            reason: None,
            accepted_at: now,
            updated_at: now,
            decision: None,
            case: None,
            flow_case: None,
            stuck: None,
            timeline: vec![TimelineEntry { at: now, event: Event::Accepted, detail: None }],
            revision: 1,
            due_at: Some(now + HINT_GRACE),
            close: None,
            lease: None,
            transcript: StoredTranscript { chunks },
            found_by: FoundBy::default(),
            extended_at: None,
            messaging: None,
            case_creation: CaseCreation::default(),
            has_customer_messages: false,
        }
    }

    /// Writes an event into the timeline, which must fit into the item: after 300 events, those that can repeat without end are left
    /// out. `detail` must not hold anything that a customer wrote. An instance whose write was held up knows an earlier time than
    /// the one before it wrote: the timeline's times never run backwards.
    pub fn record(&mut self, at: DateTime<Utc>, event: Event, detail: impl Into<Option<String>>) {
        let at = at.max(self.updated_at);
        self.updated_at = at;
        if self.timeline.len() < LONGEST_TIMELINE || !event.may_repeat() {
            self.timeline.push(TimelineEntry { at, event, detail: detail.into() });
        }
    }

    /// When recovery must look at it next; `None` if nothing is owed.
    #[must_use]
    pub fn next_due(&self) -> Option<DateTime<Utc>> {
        self.due_at.into_iter().chain(self.close.map(|close| close.at)).min()
    }

    /// Since when the outcome is there.
    #[must_use]
    pub fn ended_at(&self) -> Option<DateTime<Utc>> {
        let is_outcome = |entry: &&TimelineEntry| matches!(entry.event, Event::Ended | Event::CaseCreated);
        let outcome = self.timeline.iter().rfind(is_outcome).filter(|_| self.status.is_final());
        outcome.map(|entry| entry.at)
    }

    /// Since when the time counts for which all that is kept of it is kept, while it is open.
    #[must_use]
    pub fn kept_since(&self) -> DateTime<Utc> {
        self.extended_at.unwrap_or(self.accepted_at)
    }

    /// Whether somebody works on it at `now`.
    #[must_use]
    pub fn is_leased(&self, now: DateTime<Utc>) -> bool {
        self.lease.as_ref().is_some_and(|lease| lease.until > now)
    }

    /// Whether the lease with this id still holds the escalation, expired or not.
    #[must_use]
    pub fn is_held_by(&self, lease_id: Uuid) -> bool {
        self.lease.as_ref().is_some_and(|lease| lease.id == lease_id)
    }

    /// Takes the lease; until it ends, nobody is owed a hint.
    pub fn take_lease(&mut self, id: Uuid, until: DateTime<Utc>) {
        self.lease = Some(Lease { id, until });
        self.due_at = Some(until);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
    }

    fn escalation() -> Escalation {
        Escalation::accepted(Uuid::nil(), "acme", "conv_1", 1, at(0))
    }

    #[test]
    fn an_accepted_escalation_is_owed_to_the_router() {
        let escalation = escalation();
        assert_eq!(escalation.status, Status::Received);
        assert_eq!(escalation.due_at, Some(at(0) + HINT_GRACE));
        assert_eq!(escalation.timeline[0].event, Event::Accepted);
    }

    #[test]
    fn a_lease_holds_until_its_end_and_moves_what_is_due() {
        let mut escalation = escalation();
        escalation.take_lease(Uuid::max(), at(90));
        assert!(escalation.is_leased(at(89)));
        assert!(!escalation.is_leased(at(90)));
        assert!(escalation.is_held_by(Uuid::max()));
        assert!(!escalation.is_held_by(Uuid::nil()));
        assert_eq!(escalation.due_at, Some(at(90)));
    }

    #[test]
    fn a_timeline_s_times_never_run_backwards() {
        let mut escalation = escalation();
        escalation.record(at(10), Event::Routed, None);
        escalation.record(at(9), Event::Ended, None);
        assert_eq!((escalation.timeline[2].at, escalation.updated_at), (at(10), at(10)));
    }

    #[test]
    fn a_timeline_stays_short_enough_for_its_item_and_tells_the_outcome_all_the_same() {
        let mut escalation = escalation();
        (0..5_000).for_each(|n| escalation.record(at(n), Event::Callback, format!("case {n}")));
        escalation.record(at(5_000), Event::Ended, None);
        assert_eq!(escalation.timeline.len(), LONGEST_TIMELINE + 1);
        assert_eq!(escalation.timeline.last().unwrap().event, Event::Ended);
        assert_eq!(escalation.updated_at, at(5_000));
    }

    #[test]
    fn a_stored_escalation_reads_back_as_it_was() {
        let mut escalation = escalation();
        escalation.take_lease(Uuid::max(), at(90));
        escalation.choose_case(CaseReason::MessagingNotConfigured, at(1));
        let item: serde_dynamo::Item = serde_dynamo::to_item(&escalation).unwrap();
        assert_eq!(serde_dynamo::from_item::<_, Escalation>(item).unwrap(), escalation);
    }
}
