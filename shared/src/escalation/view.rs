//! What callers see of an escalation.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;

use super::{By, CaseReason, CaseReference, Decision, Escalation, Status, Stuck, TimelineEntry};

/// The escalation of the HTTP API; every member is present, `null` where there is nothing.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Escalation")]
pub struct EscalationView<'a> {
    /// Ours; also the conversation's id in Salesforce.
    escalation_id: Uuid,
    /// The caller's name for the conversation.
    conversation_id: &'a str,
    /// The outcome so far.
    status: Status,
    /// Who brought the final status about.
    by: Option<By>,
    /// Why it became a Case or ended.
    reason: Option<CaseReason>,
    /// When the caller's request was stored.
    accepted_at: DateTime<Utc>,
    /// When anything was last recorded.
    updated_at: DateTime<Utc>,
    /// What the router chose; null before it did.
    decision: Option<&'a Decision>,
    /// The Case that is the outcome.
    case: Option<&'a CaseReference>,
    /// A Case that the company's own flow made beside ours.
    flow_case: Option<&'a CaseReference>,
    /// Why a person is needed.
    stuck: Option<&'a Stuck>,
    /// All that happened, oldest first; left out in a list.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Vec<TimelineEntry>")]
    timeline: Option<&'a [TimelineEntry]>,
}

impl<'a> EscalationView<'a> {
    /// As it appears in a list.
    #[must_use]
    pub fn without_timeline(escalation: &'a Escalation) -> Self {
        Self {
            escalation_id: escalation.escalation_id,
            conversation_id: &escalation.conversation_id,
            status: escalation.status,
            by: escalation.by,
            reason: escalation.reason,
            accepted_at: escalation.accepted_at,
            updated_at: escalation.updated_at,
            decision: escalation.decision.as_ref(),
            case: escalation.case.as_ref(),
            flow_case: escalation.flow_case.as_ref(),
            stuck: escalation.stuck.as_ref(),
            timeline: None,
        }
    }

    /// As it appears by itself.
    #[must_use]
    pub fn with_timeline(escalation: &'a Escalation) -> Self {
        Self { timeline: Some(&escalation.timeline), ..Self::without_timeline(escalation) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_member_is_there_and_nothing_internal() {
        let at = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let escalation = Escalation::accepted(Uuid::nil(), "acme", "conv_1", 1, at);
        assert_eq!(
            serde_json::to_value(EscalationView::with_timeline(&escalation)).unwrap(),
            json!({
                "escalationId": "00000000-0000-0000-0000-000000000000", "conversationId": "conv_1",
                "status": "received", "by": null, "reason": null,
                "acceptedAt": "2027-01-15T08:00:00Z", "updatedAt": "2027-01-15T08:00:00Z",
                "decision": null, "case": null, "flowCase": null, "stuck": null,
                "timeline": [{ "at": "2027-01-15T08:00:00Z", "event": "accepted", "detail": null }],
            })
        );
    }

    #[test]
    fn a_list_leaves_the_timeline_out() {
        let escalation = Escalation::accepted(Uuid::nil(), "acme", "conv_1", 1, DateTime::UNIX_EPOCH);
        let view = serde_json::to_value(EscalationView::without_timeline(&escalation)).unwrap();
        assert!(view.get("timeline").is_none());
    }
}
